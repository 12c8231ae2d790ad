"""Names of problems as short as they can be without being taken for each other's."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from optimizers.errors import InputError
from optimizers.specification import parse, write

LONGEST_LABEL = 40
"""Characters up to which a label goes into a table, a legend and a sentence."""


def short_problems(problems: Sequence[str]) -> dict[str, str]:
    """Return a name for each problem: without the options that do not tell it from the others of its family.

    All of them or none, as of optimizers: none where every one can be read as it is.

    Arguments:
        problems: names as the column problem has them, a budget in brackets behind them or not.

    >>> long = "iris:hidden=[3],initializer=uniform,target=0.1,output="
    >>> list(short_problems([long + "sigmoid", long + "relu", "wine:hidden=[6]"]).values())
    ['iris:output=sigmoid', 'iris:output=relu', 'wine']
    >>> short_problems(["xor", "iris:hidden=[3]"])
    {'xor': 'xor', 'iris:hidden=[3]': 'iris:hidden=[3]'}
    """
    names = dict.fromkeys(problems)
    unchanged = {name: name for name in names}
    if max(map(len, names), default=0) <= LONGEST_LABEL:
        return unchanged
    families: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    try:
        for name in names:
            options = parse(name.partition(" [")[0])
            families[options.pop("name")][name] = options
    except InputError:
        # The name of somebody's own data may be anything.
        return unchanged
    short = {
        name: write(family, _telling(options, list(members.values()))) + "".join(name.partition(" [")[1:])
        for family, members in families.items()
        for name, options in members.items()
    }
    return {name: short[name] for name in names} if len(set(short.values())) == len(names) else unchanged


def _telling(options: dict[str, Any], members: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the options that not all of a family have alike."""
    return {
        option: value
        for option, value in options.items()
        if len({json.dumps(member.get(option, ""), default=repr) for member in members}) > 1
    }
