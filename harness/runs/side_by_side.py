"""Runs that differ by their seeds alone, taken along in one compiled call and written down as one table.

Most of them go on to the end of their budget. They have the same looks, and have spent the same at each, so
one of them is told to an observer look by look, and the others take its counts. Whatever else a run comes to
(its target, a number that is not finite, a search that is not what it says) is found out by an observer of
its own, which is told of the run afterwards. Either way the numbers are those of a run by itself, to the last
bit.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from harness.problems.base import Measures
from harness.runs.alike import Alike
from harness.runs.finished import FinishedRuns
from harness.runs.recorder import COUNTS, measures_table
from harness.runs.shared import Searched, Shared, confusion_texts, finish, without_warnings
from harness.runs.single_run import Run
from optimizers.courses import Courses, RetellingError, SideBySide
from optimizers.look_faults import same_loss
from optimizers.objective import Array

MOST_NUMBERS = 1_000_000
"""Numbers that runs leave behind which are taken along together: 8 megabytes."""

OF_THE_LAST = ("train_accuracy", "test_loss", "test_accuracy")
"""What a row says of its last look."""


def most_together(run: Run, shared: Shared) -> int:
    """Return how many runs like this one may be taken along together; 1 where each goes by itself.

    No clock may break one of them off, and their rows have to be the same.
    """
    limited = run.timeout is not None or run.budget.seconds is not None or run.trace != "looks"
    # What a search in single precision is told is not what is written down.
    limited |= run.problem.precision != "float64"
    if limited or not isinstance(run.optimizer, SideBySide) or not run.problem.same_rows:
        return 1
    start = run.problem.start(run.seed)
    try:
        stretches = run.observer(shared, shared.objective(run.seed), start)[0].whole_run()
    except Exception:
        # Each of them says so by itself.
        return 1
    numbers = int(stretches.sum()) + 2 * stretches.size * start.size
    return max(1, MOST_NUMBERS // numbers) if numbers else 1


def done_together(runs: Sequence[Run], shared: Shared) -> FinishedRuns | None:
    """Do runs; return None where they have to be done one by one.

    Arguments:
        runs: they differ by their seeds, and are no more than ``most_together``.
        shared: made of one of them.
    """
    optimizer = runs[0].optimizer
    assert isinstance(optimizer, SideBySide)
    starts = runs[0].problem.starts([run.seed for run in runs])
    observer, _ = runs[0].observer(shared, shared.objective(runs[0].seed), starts[0])
    with without_warnings():
        courses = optimizer.courses(observer.view, starts, observer.whole_run())
        try:
            return None if courses is None else _Block(runs, shared, starts, courses).finished()
        except RetellingError:
            return None


class _Block:
    """Runs that have been taken along.

    Arguments:
        runs: the runs.
        shared: what they have in common.
        starts: where they began, shape (R, n).
        courses: what they have gone through.
    """

    def __init__(self, runs: Sequence[Run], shared: Shared, starts: Array, courses: Courses) -> None:
        self._runs, self._shared, self._starts, self._courses = runs, shared, starts, courses
        self._written: dict[int, FinishedRuns] = {}
        """Runs that an observer was told of, by their places."""

    def finished(self) -> FinishedRuns:
        """Return row and trace of each run."""
        places, alike = self._written_alike()
        if alike is not None and len(places) == len(self._runs):
            return alike
        for place in places:
            self._written.pop(place, None)
        there = [*places, *self._written]
        left = [place for place in range(len(self._runs)) if place not in set(there)]
        parts = [*([] if alike is None else [alike]), *self._written.values()]
        if left:
            parts.append(finish(self._shared, [self._told(place) for place in left]))
        return FinishedRuns.joined(parts).taking(np.argsort([*there, *left]))

    def _told(self, place: int) -> Searched:
        """Tell an observer of a run."""
        return self._runs[place].retold(self._shared, self._starts[place], self._courses.of(place))

    def _written_alike(self) -> tuple[list[int], FinishedRuns | None]:
        """Return the runs that have the same looks up to the end of their budget, and their places."""
        began, courses, target = time.perf_counter(), self._courses, self._runs[0].problem.target
        places = np.flatnonzero(courses.done == courses.losses.shape[1])
        points = np.concatenate([self._starts[places, np.newaxis], courses.points[places]], axis=1)
        losses = self._shared.losses(points)
        kept = np.isfinite(losses).all(axis=1)
        if target is not None:
            kept &= (losses > target).all(axis=1)
        for first in places[kept].tolist():
            one = self._told(first)
            self._written[first] = finish(self._shared, [one])
            row, trace = self._written[first][0]
            if row["outcome"] == "budget":
                break
        else:
            return [], None
        kept &= (courses.counters[places] == courses.counters[first]).all(axis=(1, 2))
        places, points, losses = places[kept], points[kept], losses[kept]
        looked = np.isin(trace["iteration"], np.append(0, courses.stretches.cumsum()))
        counts = np.array([trace[name][looked] for name in COUNTS[:-1]], dtype=np.float64)
        alike = Alike(courses.stretches, counts, courses.seconds[places], losses, courses.losses[places])
        looks, told, lowest = alike.best()
        best = points[np.arange(places.size), looks]
        best[told] = courses.bests[places[told], looks[told] - 1]
        # What a search tells of its lowest loss is not believed.
        measured = self._shared.losses(best[:, np.newaxis])[:, 0]
        found = zip(lowest.tolist(), measured.tolist(), losses[:, 0].tolist(), strict=True)
        honest = [same_loss(*three) for three in found]
        if not any(honest):
            return [], None
        seconds = (time.perf_counter() - began) / places.size
        try:
            measures = measures_table(self._shared.measure(row["seed"])(points.reshape(-1, best.shape[1])))
        except Exception:
            # One of them may be at fault, and its neighbours are not.
            return [], None
        runs, last = [self._runs[place] for place in places.tolist()], np.ascontiguousarray(points[:, -1])
        at_last = measures.reshape(*losses.shape, -1)[:, -1]
        table, ends = alike.looks(measures)
        own = {
            "run_id": [run.run_id for run in runs],
            "seed": [run.seed for run in runs],
            "sentence": [one.observer.ended_alike(loss).sentence for loss in lowest.tolist()],
            "seconds": alike.seconds.tolist(),
            "start_loss": losses[:, 0].tolist(),
            "final_loss": losses[:, -1].tolist(),
            "best_loss": table["best_loss"][np.array(ends) - 1].tolist(),
            **{name: at_last[:, Measures._fields.index(name)].tolist() for name in OF_THE_LAST},
            "confusion": confusion_texts(self._runs[0].problem, last, row["seed"]),
            "best_w": list(best),
            "last_w": list(last),
        }
        common = {**row, "observation_seconds": seconds, "compile_seconds": 0.0}
        rows = {name: [value] * len(runs) for name, value in common.items()} | own
        written = FinishedRuns(rows, table, ends)
        if not all(honest):
            places, written = places[honest], written.taking(np.flatnonzero(honest))
        return places.tolist(), written
