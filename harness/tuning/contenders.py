"""The optimizers of an experiment as tuning sees them: what stays, what is tried, what was declared."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from harness.analysis.contender import contender_label
from harness.tuning.sampler import Options
from optimizers.errors import InputError
from optimizers.optimizer import Optimizer
from optimizers.options import option_values
from optimizers.search_space import Choice, Range, SearchSpace


@dataclass(frozen=True)
class Contender:
    """One optimizer to be tuned.

    Attributes:
        label: its name, with the options that tuning leaves as they are.
        declared: the experiment's own configurations of it: what it is without tuning. They are tried first.
        space: its search space, without options that do not go with those that stay.
    """

    label: str
    declared: tuple[Optimizer, ...]
    space: SearchSpace

    def configuration(self, options: Options) -> Optimizer:
        """Return the optimizer with other values of the options that are tuned."""
        return with_options(self.declared[0], options)

    def options(self, optimizer: Optimizer) -> dict[str, Any]:
        """Return the values of the options that are tuned."""
        return {name: getattr(optimizer, name) for name in self.space}


def contenders(optimizers: Sequence[Optimizer]) -> list[Contender]:
    """Return what there is to be tuned among the optimizers of an experiment, in their order.

    Those that differ in nothing but options that are tuned are one: three learning rates declared side by
    side are a tuning by hand, and are the first three to be tried.

    >>> from optimizers import Adam
    >>> found = contenders([Adam(), Adam(batch=8), Adam(learning_rate=0.1)])
    >>> [(contender.label, len(contender.declared)) for contender in found]
    [('adam', 2), ('adam(batch=8)', 1)]
    """
    together: dict[tuple[type[Optimizer], str], list[Optimizer]] = {}
    for optimizer in optimizers:
        space = _space_beside(optimizer)
        staying = {name: value for name, value in option_values(optimizer).items() if name not in space}
        text = json.dumps(staying, default=repr)
        together.setdefault((type(optimizer), text), []).append(optimizer)
    return [Contender(_label(alike[0]), tuple(alike), _space_beside(alike[0])) for alike in together.values()]


def with_options(optimizer: Optimizer, options: Options) -> Optimizer:
    """Return an optimizer with other values of some options."""
    return type(optimizer)(**{**_objects(optimizer), **options})


def _label(optimizer: Optimizer) -> str:
    return contender_label(type(optimizer), _objects(optimizer), _space_beside(optimizer))


def _objects(optimizer: Optimizer) -> dict[str, Any]:
    return {field.name: getattr(optimizer, field.name) for field in fields(optimizer)}


def _space_beside(optimizer: Optimizer) -> SearchSpace:
    """Return the search space without options that the others refuse, such as one without effect."""
    return {name: entry for name, entry in optimizer.search_space.items() if _fits(optimizer, name, entry)}


def _fits(optimizer: Optimizer, name: str, entry: Range) -> bool:
    tried = entry.values if isinstance(entry, Choice) else (entry.at(0.0), entry.at(1.0))
    try:
        for value in itertools.islice(tried, 100):
            with_options(optimizer, {name: value})
    except InputError:
        return False
    return True
