"""What a way of searching for options is: it proposes configurations and is told how they did."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from harness.analysis.tuning_score import Score
from optimizers.search_space import SearchSpace

Options = Mapping[str, Any]
"""A value for each option of a search space."""


class Batch(NamedTuple):
    """Configurations to be tried at once.

    Attributes:
        configurations: their options. An object that was there before goes on, with more of the budget; one
            that is merely equal is a trial of its own.
        part: what part of the experiment's budget each of their runs has.
    """

    configurations: Sequence[Options]
    part: float = 1.0


Search = Generator[Batch, list[Score], None]
"""Yields batches, and is sent their scores in the same order; what was run with a part of 1 may be chosen."""

Sampler = Callable[[SearchSpace, Sequence[Options], int, np.random.Generator], Search]
"""Begins a search: of a space, the declared configurations, the trials that it may spend, and randomness.

A trial is one configuration with the whole budget. The declared ones are tried first. All that a search
spends is up to ``trials`` times the budget, for each tuning seed and problem.
"""


def point(space: SearchSpace, places: Sequence[float]) -> Options:
    """Return the configuration at a place of the unit cube."""
    return {name: entry.at(place) for (name, entry), place in zip(space.items(), places, strict=True)}
