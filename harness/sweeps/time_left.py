"""How long the rest of a sweep takes, by what its runs have taken so far."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from harness.runs.identity import shown_optimizer
from harness.runs.single_run import Run

MEASURED = ("problem_key", "optimizer", "gradient", "setting")
"""Columns of a row that say what its time is the time of."""

COMPILED = 0.1
"""Seconds of compilation that count as such; less is machine code found on the disk."""

ENOUGH = 1.0
"""Seconds without compilation after which something is known of how fast a sweep goes."""


def measured_as(run: Run) -> tuple[str, ...]:
    """Return what the time of a run is the time of, as ``MEASURED`` says of its row."""
    return run.problem_key, shown_optimizer(run.optimizer), run.gradient, run.setting


class TimeLeft:
    """Estimate how long the rest takes: what is left of each kind, by the mean time of its runs.

    Kinds differ by a factor of a thousand, and the first run of each may wait for compilation, so that the
    beginning says nothing of the rest by its runs a second. How many runs go on side by side, and what comes
    on top of their searches, is measured since something was compiled last.

    Arguments:
        left: how many runs of each kind are to be done.

    >>> left = TimeLeft({("xor", "adam", "analytic", "cost=5"): 3})
    >>> left.seconds() is None
    True
    """

    def __init__(self, left: Mapping[Hashable, int]) -> None:
        self._left = Counter(left)
        self._unknown = sum(self._left.values())
        self._means: dict[Hashable, tuple[float, int]] = {}
        self._expected = 0.0
        """Seconds of search that are left, of kinds that were measured."""
        self._began = time.monotonic()
        self._searched, self.done = 0.0, 0
        """Seconds of search and runs since something was compiled."""

    def advance(self, row: Mapping[str, Any], alike: Sequence[float] | None = None) -> None:
        """Learn from one finished run, or from several of one kind that compiled nothing.

        Arguments:
            row: of one of them.
            alike: the seconds of each, search and observation, where they are several.
        """
        kind = tuple(row[name] for name in MEASURED)
        seconds = [row["seconds"] + row["observation_seconds"]] if alike is None else alike
        if row["compile_seconds"] > COMPILED:
            self._began, self._searched, self.done = time.monotonic(), 0.0, 0
        else:
            # A run that takes minutes may have begun before.
            passed = time.monotonic() - self._began
            self._searched += sum(min(taken, passed) for taken in seconds)
            self.done += len(seconds)
        mean, number = self._means.get(kind, (0.0, 0))
        if not number:
            self._unknown -= self._left[kind]
        new = (mean * number + sum(seconds)) / (number + len(seconds))
        self._expected += new * (self._left[kind] - len(seconds)) - mean * self._left[kind] * (number > 0)
        self._left[kind] -= len(seconds)
        self._means[kind] = new, number + len(seconds)

    def rate(self) -> float | None:
        """Return runs a second since something was compiled last, None where too little is known."""
        passed = time.monotonic() - self._began
        return self.done / passed if self.done and passed >= ENOUGH else None

    def seconds(self) -> float | None:
        """Return the seconds that the rest takes, None while they are not known.

        They are not while a kind is left of which no run was done, or at first after a compilation.
        """
        passed = time.monotonic() - self._began
        if self._unknown or not self._searched or passed < ENOUGH:
            return None
        return max(self._expected, 0.0) * passed / self._searched


def kinds_of(runs: Iterable[Run]) -> Counter[Hashable]:
    """Count runs by what their time is the time of."""
    counted: Counter[tuple[int, int, str, str]] = Counter()
    first: dict[tuple[int, int, str, str], Run] = {}
    for run in runs:
        key = id(run.problem), id(run.optimizer), run.gradient, run.setting
        counted[key] += 1
        first.setdefault(key, run)
    kinds: Counter[Hashable] = Counter()
    for key, number in counted.items():
        kinds[measured_as(first[key])] += number
    return kinds
