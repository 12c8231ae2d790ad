"""Does runs one after another, those that differ by their seeds alone from what they share."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import groupby

from harness.runs.finished import FinishedRuns
from harness.runs.shared import Searched, Shared, finish
from harness.runs.side_by_side import done_together, most_together
from harness.runs.single_run import Run

BLOCK_SECONDS = 0.1
"""Seconds of searches after which they are measured and handed out: what a kill loses at the most, beside
the run that it meets."""

BLOCK_NUMBERS = 1_000_000
"""Parameters that wait to be measured: 8 megabytes."""


def executed(runs: Sequence[Run], seconds: float = BLOCK_SECONDS) -> Iterator[FinishedRuns]:
    """Do runs in their order; yield them in blocks as they are finished.

    An interrupt leaves what has been searched by then behind it, measured.

    Arguments:
        runs: the runs.
        seconds: of searches after which a block ends.
    """
    for _, alike in groupby(runs, key=kind_of):
        together = list(alike)
        shared = together[0].shared()
        most = most_together(together[0], shared) if len(together) > 1 and seconds else 1
        finished: list[FinishedRuns] = []
        waiting: list[Searched] = []
        began, numbers, place, count = time.monotonic(), 0, 0, 1
        while place < len(together):
            here = together[place : place + count]
            since = time.monotonic()
            try:
                if len(here) == 1:
                    waiting.append(here[0].search(shared))
                    numbers += waiting[-1].recorder.numbers
                    since += waiting[-1].compile_seconds
                elif (done := done_together(here, shared)) is not None:
                    finished = [_joined(finished, shared, waiting), done] if waiting else [*finished, done]
                    waiting, numbers = [], 0
                else:
                    most = count = 1
                    continue
            except KeyboardInterrupt:
                if finished or waiting:
                    yield _joined(finished, shared, waiting)
                raise
            place += len(here)
            now = time.monotonic()
            left = seconds - (now - began)
            # The little that is left is not worth a call of its own.
            if left <= seconds / 4 or numbers > BLOCK_NUMBERS:
                yield _joined(finished, shared, waiting)
                finished, waiting, began, numbers, left = [], [], now, 0, seconds
            # The first of a kind goes alone, and shows how many of them a block may hold.
            count = min(most, max(1, int(left / max(now - since, 1e-9) * len(here))))
        if finished or waiting:
            yield _joined(finished, shared, waiting)


def _joined(finished: Sequence[FinishedRuns], shared: Shared, waiting: Sequence[Searched]) -> FinishedRuns:
    """Return what is finished, and behind it what is to be measured; there is something of either."""
    return FinishedRuns.joined([*finished, finish(shared, waiting)] if waiting else finished)


def kind_of(run: Run) -> tuple[object, ...]:
    """Return what a run has in common with those that differ by their seeds; objects count as themselves."""
    same = id(run.problem), id(run.optimizer), id(run.budget)
    return (*same, run.gradient, run.timeout, run.gradient_reference, run.own_code, run.trace)
