"""Trains a network as one run of the harness, and keeps what an estimator tells of it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from harness.problems.base import Measures, MeasuresTable
from harness.problems.problem import Problem
from harness.runs.described import described
from harness.runs.recorder import Recorder
from harness.runs.shared import Shared
from harness.runs.single_run import NO_GRADIENT, Run
from optimizers.budget import Budget
from optimizers.errors import InputError
from optimizers.linear_algebra_threads import one_thread
from optimizers.look import Look
from optimizers.objective import Array
from optimizers.optimizer import Optimizer, Outcome
from optimizers.several_looks import Looks


class Trained(NamedTuple):
    """What a run has come to."""

    best: Array
    """Parameters of the lowest loss, shape (n,)."""
    loss: float
    """The lowest loss."""
    last: Array
    """Parameters at the end."""
    curve: list[float]
    """Loss after each iteration, the start first; NaN where nobody knows it."""
    outcome: Outcome
    iterations: int
    cost: float
    origin: dict[str, Any]
    """Which run it was, as models say it."""


class _CurveRecorder(Recorder):
    """Keep the loss of every iterate, and measure nothing else."""

    def __init__(self, target: float | None) -> None:
        super().__init__(_unmeasured, target)
        self.curve: list[float] = []

    def __call__(self, look: Look) -> None:
        """Keep the losses that have led to a look, and its own."""
        super().__call__(look)
        between = look.iteration - len(self.curve)
        if between > 0:
            # The first of those told is that of the look before.
            unknown = [math.nan] * between
            self.curve += unknown if look.losses is None else look.losses[1:].tolist()
        # A search that is left in the middle is looked at once more where it stood.
        self.curve[look.iteration :] = [look.loss]

    def several(self, looks: Looks) -> None:
        """Keep several looks one by one, which makes the same rows."""
        for look in looks:
            self(look)


class _Unmeasured(Shared):
    """What a run needs of its problem, without what a table would want to know of it."""

    def __init__(self, run: Run) -> None:
        vars(self).update(vars(run.shared()))
        self.kept = _CurveRecorder(run.problem.target)

    def recorder(self, seed: int, improvements: bool) -> Recorder:
        """Return the one that keeps the losses."""
        return self.kept


def trained(problem: Problem, optimizer: Optimizer, gradient: str, seed: int, budget: Budget) -> Trained:
    """Do one run, bit for bit as a sweep does it, and return what it has come to.

    Arguments:
        problem: the network on its training rows.
        optimizer: the search method.
        gradient: gradient source by name, with options where wanted.
        seed: decides start, row order and the optimizer's own randomness.
        budget: the most that the run may spend.

    Raises:
        InputError: if the optimizer cannot work on the problem, with its reason, or no point had a finite
            loss.
        RuntimeError: if the search failed, with its sentence.
    """
    shown = gradient if "gradient" in optimizer.needs else NO_GRADIENT
    run = Run(problem, optimizer, shown, seed, budget)
    shared = _Unmeasured(run)
    reason = optimizer.refusal(shared.objective(seed))
    if reason is not None:
        raise InputError(f"{optimizer.name()} cannot train this network: {reason}")
    with one_thread():
        searched = run.search(shared)
    observer, outcome = searched.observer, searched.outcome
    if outcome.name == "failed":
        raise RuntimeError(f"{optimizer.label} failed: {outcome.sentence}")
    if not math.isfinite(observer.best.loss):
        raise InputError(f"{optimizer.label} found no finite loss: {outcome.sentence}")
    origin = {
        "problem": problem.name,
        "optimizer": described(optimizer).label,
        "gradient": shown,
        "run_id": run.run_id,
        "seed": seed,
    }
    last, best = shared.kept.last_w, observer.best
    return Trained(
        best.w,
        best.loss,
        best.w if last is None else last,
        shared.kept.curve,
        outcome,
        observer.iteration,
        observer.meter.cost,
        origin,
    )


def _unmeasured(points: Array) -> MeasuresTable:
    """Measure nothing."""
    return MeasuresTable(np.full((len(points), len(Measures._fields)), math.nan))
