"""What runs that differ by their seeds alone have in common; they are measured and written down together."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from harness.problems.base import BaseProblem, Measures
from harness.runs.finished import FinishedRuns
from harness.runs.recorder import Recorder, Trace, looks_at
from optimizers.objective import Array, Measurable
from optimizers.observer import Observer
from optimizers.optimizer import Outcome

Measure = Callable[[Array], Sequence[Measures]]


class Searched(NamedTuple):
    """A run whose search has ended, and whose looks have not been measured."""

    run_id: str
    seed: int
    observer: Observer
    outcome: Outcome
    recorder: Recorder
    parameters: int
    compile_seconds: float


class Shared:
    """What runs have in common that differ by their seeds.

    Where the rows of a problem are the same for all seeds, so are the objective, which each run has to
    itself while it lasts, and what measures it.

    Arguments:
        problem: the problem.
        source: gradient source that the objective is built with.
        gradient: gradient source whose quality is measured, or None.
        reference: the one that it is held against, or None.
        row: what the rows of all of them say.
        words: what the optimizer's own randomness is seeded with, beside the seed.
    """

    def __init__(
        self,
        problem: BaseProblem,
        source: str,
        gradient: str | None,
        reference: str | None,
        row: dict[str, Any],
        words: Sequence[int],
    ) -> None:
        self.problem, self.row = problem, row
        self.words = words
        self._source, self._measured = source, (gradient, reference)
        self._objective: Measurable | None = None
        self._functions: tuple[Any, ...] | None = None
        self._measure: Measure | None = None

    def objective(self, seed: int) -> Measurable:
        """Return the objective of a seed, with nothing counted; the one before is not used any more."""
        problem = self.problem
        if self._objective is None or not problem.renewed(self._objective, seed):
            self._objective = problem.objective(self._source, seed)
        return self._objective

    def is_warm(self, objective: Measurable) -> bool:
        """Say whether the run before had an objective of the same compiled functions, and was warmed up."""
        functions = None if objective.compiled is None else objective.compiled[:3]
        before, self._functions = self._functions, functions
        return functions is not None and functions == before

    def losses(self, points: Array) -> Array:
        """Return the loss at each of some points, shape (R, K, n), of a problem whose rows are the same."""
        flat = points.reshape(-1, points.shape[-1])
        return self.objective(0).peeks(flat).reshape(points.shape[:2])

    def measure(self, seed: int) -> Measure:
        """Return what measures the looks at a run of a seed; the same where their rows are the same."""
        if self._measure is None or not self.problem.same_rows:
            self._measure = self.problem.measures(seed, *self._measured)
        return self._measure

    def recorder(self, seed: int, improvements: bool) -> Recorder:
        """Return what writes the looks at a run of a seed down.

        Arguments:
            seed: the run's.
            improvements: see ``Recorder``.
        """
        return Recorder(self.measure(seed), self.problem.target, improvements)


def finish(shared: Shared, searched: Sequence[Searched]) -> FinishedRuns:
    """Measure the looks at some runs, at least one, and return their rows and traces."""
    with without_warnings():
        outcomes = _measured(searched)
        texts = _confusions(shared.problem, searched)
        looks, ends = looks_at([run.recorder for run in searched])
        rows, begin = [], 0
        for run, outcome, text, end in zip(searched, outcomes, texts, ends, strict=True):
            own = {name: looks[name][begin:end] for name in ("loss", "best_loss", "precision_error")}
            rows.append(_row(shared.row, run, outcome, text, own))
            begin = end
    return FinishedRuns({name: [row[name] for row in rows] for name in rows[0]}, looks, ends)


def _measured(searched: Sequence[Searched]) -> list[Outcome]:
    """Measure the looks of runs, those that are measured alike in one call; return how each has ended."""
    outcomes: list[Outcome] = []
    for measure, together in groupby(searched, key=lambda run: run.recorder.measure_points):
        runs = list(together)
        if len(runs) == 1 or not _measured_together(measure, [run.recorder for run in runs]):
            outcomes += [_measured_alone(run) for run in runs]
        else:
            outcomes += [run.outcome for run in runs]
    return outcomes


def _measured_together(measure: Measure, recorders: Sequence[Recorder]) -> bool:
    """Measure what waits in all of them; say whether it could be."""
    waiting = [recorder.waiting() for recorder in recorders]
    try:
        measures = measure(np.concatenate([points for _, points in waiting]))
    except Exception:
        # One of them may be at fault, and its neighbours are not.
        return False
    begin = 0
    for recorder, (rows, _) in zip(recorders, waiting, strict=True):
        recorder.put(rows, measures[begin : begin + rows.size])
        begin += rows.size
    return True


def _measured_alone(run: Searched) -> Outcome:
    try:
        run.recorder.measure()
    except Exception as error:
        return Outcome.of_error(error)
    return run.outcome


def _confusions(problem: BaseProblem, searched: Sequence[Searched]) -> list[str]:
    """Return which classes last parameters take for which, as JSON; empty where there is nothing to tell."""
    texts = [""] * len(searched)
    looked = [place for place, run in enumerate(searched) if run.recorder.last_w is not None]
    for _, places in groupby(looked, key=lambda place: problem.same_rows or searched[place].seed):
        together = list(places)
        points = np.array([searched[place].recorder.last_w for place in together])
        found = confusion_texts(problem, points, searched[together[0]].seed)
        for place, text in zip(together, found, strict=True):
            texts[place] = text
    return texts


def confusion_texts(problem: BaseProblem, points: Array, seed: int) -> list[str]:
    """Return which classes parameters, shape (K, n), take for which, as JSON; empty where there are none."""
    found = problem.confusions(points, seed)
    # Many runs of a small problem come to the same counts, which are one object.
    known = {id(entry): entry for entry in found if entry is not None}
    written = {key: json.dumps(entry._asdict(), default=str) for key, entry in known.items()}
    return [written.get(id(entry), "") for entry in found]


def _row(
    shared: dict[str, Any], run: Searched, outcome: Outcome, confusion: str, looks: Trace
) -> dict[str, Any]:
    observer, recorder = run.observer, run.recorder
    losses, best, errors = looks["loss"], looks["best_loss"], looks["precision_error"]
    meter, clock, measures = observer.meter, observer.clock, recorder.measures
    own = {
        "run_id": run.run_id,
        "seed": run.seed,
        "parameters": run.parameters,
        "outcome": outcome.name,
        "sentence": outcome.sentence,
        "traceback": outcome.origin,
        "iterations": observer.iteration,
        "cost": meter.cost,
        "value_rows": meter.value_rows,
        "gradient_rows": meter.gradient_rows,
        "seconds": clock.seconds,
        "observation_seconds": clock.observation_seconds,
        "compile_seconds": run.compile_seconds,
        "start_loss": float(losses[0]) if losses.size else math.nan,
        "final_loss": observer.final_loss,
        "best_loss": float(best[-1]) if losses.size else math.nan,
        "train_accuracy": measures.train_accuracy,
        "test_loss": measures.test_loss,
        "test_accuracy": measures.test_accuracy,
        "cost_to_target": meter.solved_cost if outcome.name == "solved" else math.nan,
        "precision_error": float(np.fmax.reduce(errors, initial=math.nan)),
        "confusion": confusion,
        "best_w": observer.best.w,
        "last_w": np.empty(0) if recorder.last_w is None else recorder.last_w,
    }
    # ``shared`` has a place for each of them, in the order of the table's columns.
    return {**shared, **own}


def without_warnings() -> np.errstate:
    """Silence NumPy about numbers beyond all measure: a run that diverges has an outcome that says so."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")
