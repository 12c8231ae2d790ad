"""Holds results against what plain loops make of their parameters."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from oracles import exact_row_loss, mean_loss

import harness
from harness.problems.function_problem import FunctionProblem
from harness.problems.problem import Problem

from .tally import Wrong, unfit

CLOSE = 1e-9
"""Relative difference of two losses at which one of them is wrong."""

MOST_PRODUCTS = 300_000
"""Rows times parameters that plain loops take."""


def true_loss(problem: Any, w: Any, seed: int) -> float | None:
    """Return the loss of parameters in plain Python, infinite beyond float64; None if it is long."""
    if isinstance(problem, FunctionProblem):
        with np.errstate(all="ignore"):
            return float(problem.function(np.array(w)))
    if not isinstance(problem, Problem):
        return None
    X, Y, _, _ = problem.data(seed)
    if X.shape[0] * len(w) > MOST_PRODUCTS:
        return None
    try:
        found = mean_loss(problem.network, list(w), X, Y)
    except (OverflowError, ValueError, ZeroDivisionError):
        found = math.nan
    if math.isfinite(found):
        return found
    # Beyond the range of floats on the way, but perhaps not at the end.
    return exact_loss(problem, w, seed)


def exact_loss(problem: Any, w: Any, seed: int) -> float | None:
    """Return the loss of parameters by mpmath in many digits; None if that is long."""
    X, Y, _, _ = problem.data(seed)
    if X.shape[0] * len(w) > MOST_PRODUCTS // 100 or not np.isfinite(w).all():
        return None
    exact = [exact_row_loss(problem.network, list(w), x, y, digits=400) for x, y in zip(X, Y, strict=True)]
    return float(sum(exact) / len(exact))


def _close(true: float, loss: float) -> bool:
    if not math.isfinite(true) and not math.isfinite(loss):
        return True
    return abs(true - loss) <= CLOSE * max(abs(true), abs(loss)) + 1e-12


def hold(problem: Any, w: Any, seed: int, loss: float, what: str) -> None:
    """Raise ``Wrong`` where the loss of parameters is another than was said."""
    true = true_loss(problem, w, seed)
    if true is not None and not _close(true, loss) and isinstance(problem, Problem):
        # Plain loops cancel where units are saturated.
        true = exact_loss(problem, w, seed)
    if true is not None and not _close(true, loss):
        raise Wrong(f"{what}: loss {loss!r} is said, {true!r} is the loss of its parameters")


SAYS_WHY = re.compile(r"iteration \d+|no point|the start is at fault|does not pay")
"""What a run that diverged says."""

OUTCOMES = ("solved", "budget", "stalled", "diverged", "failed", "timeout")


def hold_runs(results: Any, problems: dict[str, Any] | None = None) -> int:
    """Hold every run of some results against plain loops; return how many there were.

    Arguments:
        results: as ``harness.run`` or ``harness.load`` return them.
        problems: problems by their names; others are built from these.
    """
    built: dict[str, Any] = dict(problems or {})
    for run in results.runs.itertuples():
        if run.problem not in built:
            built[run.problem] = harness.problems.load(run.problem.partition(" [")[0])
        hold_run(run, results.trace[results.trace["run_id"] == run.run_id], built[run.problem])
    return len(results.runs)


def hold_run(run: Any, trace: Any, problem: Any) -> None:
    """Hold one run against plain loops.

    Arguments:
        run: its row.
        trace: its rows of the trace.
        problem: what was searched.
    """
    last = run.traceback.rpartition("File ")[2]
    if run.outcome == "failed" and "/harness/" in last and "InputError" not in last:
        raise RuntimeError(f"failed inside: {run.sentence} {run.traceback[-300:]}")
    said = f"{run.optimizer} on {run.problem} with seed {run.seed}"
    if run.outcome not in OUTCOMES or unfit(run.sentence):
        raise Wrong(f"{said}: outcome {run.outcome!r}, sentence {run.sentence!r}")
    if run.outcome == "diverged" and not SAYS_WHY.search(run.sentence):
        raise Wrong(f"{said}: diverged, and neither where nor why: {run.sentence!r}")
    for w, loss in ((run.best_w, run.best_loss), (run.last_w, run.final_loss)):
        unpaid = math.isnan(loss) and "does not pay" in run.sentence
        if len(w) and not unpaid:
            hold(problem, w, int(run.seed), float(loss), f"{said} ({run.outcome})")
    if run.outcome == "solved" and not run.best_loss <= run.target:
        raise Wrong(f"{said}: solved with {run.best_loss} above the target {run.target}")
    if math.isfinite(run.start_loss) and not run.best_loss <= run.start_loss:
        raise Wrong(f"{said}: best loss {run.best_loss} above that of the start, {run.start_loss}")
    if run.outcome != "failed" and run.iterations > 0 and not len(run.best_w):
        raise Wrong(f"{said}: no best point was kept ({run.outcome})")
    lowest = trace["loss"][np.isfinite(trace["loss"])].min()
    if lowest == lowest and not run.best_loss <= lowest:
        raise Wrong(f"{said}: best loss {run.best_loss} above {lowest} of its trace")
    seen = trace["iteration"].max() if len(trace) else run.iterations
    # What fails after an iteration, before its loss is known, is seen up to the one before.
    if seen > run.iterations or (seen < run.iterations and run.outcome != "failed"):
        raise Wrong(f"{said}: {run.iterations} iterations, {seen} in its trace")
