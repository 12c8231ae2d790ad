"""What the runs say: summaries and statistics, where a run that failed counts as much as one that did not.

A statistic is one file, found by itself; ``harness.analysis.statistic`` is what it has to be.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.analysis.statistic import Statistic
from optimizers.registry import ClassRegistry

STATISTICS: ClassRegistry[Statistic] = ClassRegistry(
    "statistic",
    "harness.statistics",
    __name__,
    Statistic,  # type: ignore[type-abstract]
    "solved-fraction",
)
"""Every statistic by its name in kebab-case."""


def known_statistics() -> Mapping[str, type[Statistic]]:
    """Return every statistic by its name in kebab-case."""
    return STATISTICS


def build_statistic(specification: str) -> Statistic:
    """Build a statistic from its name and options.

    Arguments:
        specification: ``"solved-fraction"``, or with options ``"solved-fraction:level=0.9"``.

    Raises:
        InputError: for an unknown name or option; it says which is nearest.

    >>> build_statistic("solved-fraction:level=0.9")
    SolvedFraction(level=0.9)
    """
    return STATISTICS.build(specification)
