"""Names under which runs of several experiments stand in one table without being taken for each other's."""

from __future__ import annotations

import contextlib
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from harness.gradients import SOURCES
from harness.problems import PROBLEMS
from harness.runs.identity import digest_of
from harness.runs.problem_names import LONGEST_LABEL
from optimizers.errors import InputError
from optimizers.options import changed_options, option_values
from optimizers.registry import ClassRegistry
from optimizers.specification import write


def with_short_names(*tables: pd.DataFrame) -> tuple[pd.DataFrame, ...]:
    """Return tables whose optimizers are named without options, if one of their labels is too long to read.

    All of them or none: a name alone beside a label would pass for the optimizer with its defaults. Where an
    optimizer is there with several configurations, options are what tells them apart, and stay.

    Arguments:
        tables: of one set of results, each with a column optimizer.

    >>> runs = pd.DataFrame({"optimizer": ["adam(learning_rate=0.2)", "momentum(momentum=0.5)"]})
    >>> skipped = pd.DataFrame({"optimizer": ["rprop(initial_step=0.335, shrink=0.416, growth=1.18)"]})
    >>> [table["optimizer"].tolist() for table in with_short_names(runs, skipped)]
    [['adam', 'momentum'], ['rprop']]
    >>> with_short_names(runs)[0]["optimizer"].tolist()
    ['adam(learning_rate=0.2)', 'momentum(momentum=0.5)']
    """
    labels = list(dict.fromkeys(str(label) for table in tables for label in table["optimizer"].unique()))
    kinds = [_kind(label) for label in labels]
    if len(set(kinds)) < len(kinds) or max(map(len, labels), default=0) <= LONGEST_LABEL:
        return tables
    own = [" (own)" if label.endswith(" (own)") else "" for label in labels]
    short = {label: kind.strip() + mark for label, kind, mark in zip(labels, kinds, own, strict=True)}
    return tuple(table.assign(optimizer=table["optimizer"].map(short)) for table in tables)


def with_axes(runs: pd.DataFrame) -> pd.DataFrame:
    """Return runs whose names say every option that differs, its default as well, and the budget if it does.

    A label has the options that differ from their defaults, so that of three learning rates one would stand
    there without its number.

    Arguments:
        runs: with the columns problem, optimizer, options, gradient and setting.

    >>> with_axes(pd.DataFrame({
    ...     "problem": ["parity", "parity:bits=4", "xor"], "gradient": "analytic",
    ...     "setting": "cost=5", "optimizer": ["adam", "adam(batch=2)", "rprop"],
    ...     "options": ['{"batch": 1}', '{"batch": 2}', "{}"],
    ... })).T.iloc[[0, 3]].values.tolist()
    [['parity:bits=3', 'parity:bits=4', 'xor'], ['adam(batch=1)', 'adam(batch=2)', 'rprop']]
    """
    runs = _with_options(runs)
    return _with_words(runs, runs["problem"], "problem", "setting", str)


def named_by_axes(names: Sequence[str], registry: ClassRegistry[Any]) -> dict[str, str]:
    """Return new names for values of an axis that do not say which value they are, because it is the default.

    Arguments:
        names: as ``optimizers.specification.write`` writes them.
        registry: of the families.

    >>> named_by_axes(["parity", "parity:bits=4", "xor"], PROBLEMS)
    {'parity': 'parity:bits=3'}
    """
    families: dict[str, dict[str, dict[str, Any]]] = {}
    alike = Counter(name.partition(":")[0] for name in names)
    for name in names:
        family = name.partition(":")[0]
        if alike[family] > 1 and family in registry:
            # Own data under such a name are no member of the family.
            with contextlib.suppress(InputError):
                member = registry.build(name)
                changed = dict.fromkeys(changed_options(member))
                families.setdefault(family, {})[name] = {"": changed, **option_values(member)}
    written = {}
    for family, members in families.items():
        axes = _axes(
            [{name: value for name, value in options.items() if name} for options in members.values()]
        )
        for name, options in members.items():
            said = {option: options[option] for option in options if option in options[""] or option in axes}
            if said.keys() != options[""].keys():
                written[name] = write(family, said)
    return written


def _axes(members: Sequence[dict[str, Any]]) -> set[str]:
    """Return the options in which alone members differ from each other.

    Problems that differ in several options at once are no values of one axis, and their names say enough.
    """
    texts = [
        {option: json.dumps(value, default=repr) for option, value in member.items()} for member in members
    ]
    axes = set()
    for option in texts[0]:
        others = [tuple(text for name, text in member.items() if name != option) for member in texts]
        if len(set(others)) < len(others):
            axes.add(option)
    return axes


def _with_options(runs: pd.DataFrame) -> pd.DataFrame:
    """Return runs whose problems, sources and optimizers are named with every option that differs."""
    for column, registry in (("problem", PROBLEMS), ("gradient", SOURCES)):
        written = named_by_axes(list(map(str, runs[column].unique())), registry)
        if written:
            runs = runs.assign(**{column: [written.get(name, name) for name in runs[column]]})
    # To take rows of options copies all of them, which are the longest texts of a run.
    places = np.flatnonzero(~runs.duplicated(["optimizer", "options"])).tolist()
    found = [tuple(str(runs[name].iat[place]) for name in ("optimizer", "options")) for place in places]
    if len({_kind(label) for label, _ in found}) == len(found):
        # No optimizer is there with more than one choice of options.
        return runs
    chosen = [(label, text, _read(text)) for label, text in found]
    named = {}
    for label, text, options in chosen:
        alike = [other for other_label, _, other in chosen if _kind(other_label) == _kind(label)]
        missing = [
            f"{option}={value}"
            for option, value in options.items()
            if any(option in other and other[option] != value for other in alike)
            and not re.search(rf"(?<!\w){option}=", label)
        ]
        if missing and not label.endswith("(own)"):
            name, _, listed = label.removesuffix(")").partition("(")
            named[label, text] = f"{name}({', '.join(filter(None, [*missing, listed]))})"
    if not named:
        return runs
    pairs = zip(runs["optimizer"], runs["options"], strict=True)
    return runs.assign(optimizer=[named.get(pair, pair[0]) for pair in pairs])


def _kind(label: str) -> str:
    return label.partition("(")[0]


def _read(options: str) -> dict[str, object]:
    try:
        found = json.loads(options)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def told_apart(runs: pd.DataFrame) -> pd.DataFrame:
    """Return runs whose names say what the same name would hide.

    Where a problem is there with more than one budget, its name is followed by the budget; where more
    than one thing has the same name, such as own data that were changed, by a digest. An optimizer of which
    options differ under one label likewise. The code that a user brought to a run is that of its problem, its
    gradient source and its optimizer together: it is held against that of runs of the same three names, and
    where all optimizers of a problem share what differs, it is the problem that is marked.

    Arguments:
        runs: of one experiment or of several, with the columns of ``RUN_COLUMNS``.

    >>> told_apart(pd.DataFrame({
    ...     "problem": ["xor", "xor", "iris"], "setting": ["cost=5", "cost=9", "cost=9"], "problem_key": "k",
    ...     "optimizer": "adam", "options": "{}", "own_code": "", "gradient": "analytic",
    ... }))["problem"].tolist()
    ['xor [cost=5]', 'xor [cost=9]', 'iris']
    """
    runs = _with_options(runs)
    problems, optimizers = runs["problem"], runs["optimizer"]
    for column, written in (("setting", str), ("problem_key", _short)):
        runs = _with_words(runs, problems, "problem", column, written)
    runs = _with_own_code(runs)
    return _with_words(runs, optimizers, "optimizer", "options", _digested)


def _with_own_code(runs: pd.DataFrame) -> pd.DataFrame:
    """Return runs where a digest of a user's code stands behind what would be taken for the same.

    Of one problem and source, code that several optimizers share is none of theirs. An optimizer that is
    marked on one problem is marked on all, for it is one there and the other here.
    """
    if runs["own_code"].nunique() < 2:
        # Most often: to group the runs takes ten times as long.
        return runs
    same = [runs["problem"], runs["gradient"]]
    differs = runs["own_code"].groupby([*same, runs["optimizer"]]).transform("nunique") > 1
    if not differs.any():
        return runs
    shared = runs["optimizer"].groupby([*same, runs["own_code"]]).transform("nunique") > 1
    optimizers = runs["optimizer"]
    own = optimizers.isin(optimizers[differs & ~shared])
    for names, marked in (("problem", differs & shared), ("optimizer", own)):
        behind = runs[names] + " [" + runs["own_code"].map(lambda code: _short(code) or "unknown") + "]"
        runs = runs.assign(**{names: runs[names].mask(marked, behind)})
    return runs


def _with_words(
    runs: pd.DataFrame, plain: pd.Series[str], names: str, column: str, written: Callable[[str], str]
) -> pd.DataFrame:
    """Return runs where what a column says stands behind a name that has several of it.

    Arguments:
        runs: the runs.
        plain: the names as they are before anything stands behind them.
        names: the column that is changed.
        column: what tells them apart.
        written: how it is written.
    """
    if runs[column].nunique() < 2:
        # Most often: to group the names takes ten times as long.
        return runs
    several = runs[column].groupby(plain).transform("nunique") > 1
    if not several.any():
        return runs
    shown = {text: written(text) if text else "unknown" for text in runs[column][several].unique()}
    behind = runs[names][several] + " [" + runs[column][several].map(shown) + "]"
    return runs.assign(**{names: runs[names].mask(several, behind)})


def unmarked(name: str) -> str:
    """Return a name without what tells it from others of that name.

    >>> unmarked("xor:hidden=[4] [cost=5]")
    'xor:hidden=[4]'
    """
    return name.partition(" [")[0]


def _short(digest: str) -> str:
    return digest[:6]


def _digested(options: str) -> str:
    """Return a name for options, which are too long for one themselves."""
    return digest_of(options)[:6]
