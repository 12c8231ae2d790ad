"""Does runs one after another, those that differ by their seeds alone from what they share."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import groupby

from harness.runs.shared import Finished, Searched, finish
from harness.runs.single_run import Run

BLOCK_SECONDS = 0.1
"""Seconds of searches after which they are measured and handed out: what a kill loses at the most, beside
the run that it meets."""

BLOCK_NUMBERS = 1_000_000
"""Parameters that wait to be measured: 8 megabytes."""


def executed(runs: Sequence[Run], seconds: float = BLOCK_SECONDS) -> Iterator[list[Finished]]:
    """Do runs in their order; yield them in blocks as they are finished.

    An interrupt leaves what has been searched by then behind it, measured.

    Arguments:
        runs: the runs.
        seconds: of searches after which a block ends.
    """
    for _, alike in groupby(runs, key=kind_of):
        together = list(alike)
        shared = together[0].shared()
        waiting: list[Searched] = []
        began, numbers = time.monotonic(), 0
        for run in together:
            try:
                searched = run.search(shared)
            except KeyboardInterrupt:
                if waiting:
                    yield finish(shared, waiting)
                raise
            waiting.append(searched)
            numbers += searched.recorder.numbers
            if time.monotonic() - began > seconds or numbers > BLOCK_NUMBERS:
                yield finish(shared, waiting)
                waiting, began, numbers = [], time.monotonic(), 0
        if waiting:
            yield finish(shared, waiting)


def kind_of(run: Run) -> tuple[object, ...]:
    """Return what a run has in common with those that differ by their seeds; objects count as themselves."""
    same = id(run.problem), id(run.optimizer), id(run.budget)
    return (*same, run.gradient, run.timeout, run.gradient_reference, run.own_code, run.trace)
