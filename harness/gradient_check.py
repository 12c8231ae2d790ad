"""Holds every gradient source against every other, and against derivatives in fifty digits."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from harness.autodiff.derivatives import traced
from harness.autodiff.primitive import PRIMITIVES
from harness.autodiff.program import Program
from harness.gradients import build_source, known_sources
from harness.network.plain_loss import refusal, summed_loss
from harness.problems.base import CHECK, BaseProblem, compared
from harness.problems.function_problem import FunctionProblem
from harness.problems.problem import Problem
from optimizers.arguments import Seed, accepts
from optimizers.objective import Array

COLUMNS = ["source", "relative_error", "against", "cosine", "cost", "microseconds", "reason"]
DIGITS = 50
EXACT_ROWS, EXACT_PARAMETERS = 20, 30
"""Rows that fifty digits are spent on, and parameters up to which each is moved by itself: a second or two.
Of a larger network all weights of a layer are moved at once, each up or down at random, and so are its
biases: two derivatives a layer, in which every parameter has its part."""

REPEATS, LEAST_SECONDS = 5, 0.01


@accepts(problem=BaseProblem, seed=Seed)
def check(problem: BaseProblem, seed: int = 0, sources: Sequence[str] = ()) -> pd.DataFrame:
    """Compare gradient sources at a problem's start.

    The reference is ``analytic`` over all rows, or ``reverse-autodiff`` where there is no derivative by hand.
    It is itself held against derivatives by mpmath in fifty digits over some rows: the first row of the
    table. Every parameter is moved, by itself or together with the rest of its layer (``directions``).

    Arguments:
        problem: a network on a data set, or a function.
        seed: which start and split.
        sources: names of gradient sources; all of them where left out.

    Returns:
        A row a source: norm of the difference to the reference over the reference's norm, cosine of the angle
        between them, cost in forward-pass equivalents, microseconds of one gradient over all rows (median of
        several), or the reason why the source does not serve this problem.

    >>> import harness
    >>> table = check(harness.problems.load("xor"), sources=["analytic", "reverse-autodiff"])
    >>> (table["relative_error"] < 1e-12).all()
    np.True_
    """
    w = problem.start(seed)
    against = "analytic" if problem.objective("analytic", seed).gradient else "reverse-autodiff"
    held = problem.objective(against, seed)
    reference = held.value_and_gradient(w)[1] if held.gradient else None
    rows = [_exact_row(problem, seed, w, against)] if reference is not None else []
    for name in sources or known_sources():
        label = build_source(name).label
        objective = problem.objective(name, seed)
        if not objective.gradient or reference is None:
            rows.append(_refused(label, objective.gradient.cause))
            continue
        away, cosine = compared(objective.value_and_gradient(w)[1], reference)
        seconds = _median_seconds(lambda o=objective: o.value_and_gradient(w))  # type: ignore[misc]
        rows.append([label, away, against, cosine, objective.gradient.cost, seconds * 1e6, ""])
    return pd.DataFrame(rows, columns=COLUMNS)


def _refused(label: str, reason: str) -> list[Any]:
    return [label, math.nan, "", math.nan, math.nan, math.nan, reason]


def _median_seconds(work: Callable[[], object]) -> float:
    """Return seconds of one call: the median of several stretches, each long enough to be timed."""
    work()
    calls = 1
    taken: list[float] = []
    while len(taken) < REPEATS:
        began = time.perf_counter()
        for _ in range(calls):
            work()
        seconds = time.perf_counter() - began
        if seconds < LEAST_SECONDS and not taken:
            calls *= 2
        else:
            taken.append(seconds / calls)
    return float(np.median(taken))


def _exact_row(problem: BaseProblem, seed: int, w: Array, against: str) -> list[Any]:
    """Return the row that holds the reference against mpmath, for all parameters over some rows."""
    objective = problem.objective(against, seed)
    rng = np.random.default_rng(problem.seed_sequence(seed, CHECK))
    ways = directions(problem, rng)
    if isinstance(problem, Problem):
        rows = rng.permutation(objective.rows)[:EXACT_ROWS]
        X, Y, _, _ = problem.data(seed)
        if reason := refusal(problem.network):
            return _refused(against, reason)
        program = traced(summed_loss(problem.network), [w.shape, X[rows].T.shape, Y[rows].T.shape])
        wanted = exact_derivatives(program, [w, X[rows].T, Y[rows].T], ways) / len(rows)
        found = ways @ objective.value_and_gradient(w, rows)[1]
    elif isinstance(problem, FunctionProblem):
        wanted = exact_derivatives(traced(problem.function, [w.shape]), [w], ways)
        found = ways @ objective.value_and_gradient(w)[1]
    else:
        return _refused(
            against, "no exact derivatives for this kind of problem: take a network or a function"
        )
    error, cosine = compared(found, wanted)
    return [against, error, f"{DIGITS} digits", cosine, math.nan, math.nan, ""]


def directions(problem: BaseProblem, rng: np.random.Generator) -> Array:
    """Return the directions to take derivatives along, shape (directions, n): every parameter is in one.

    Arguments:
        problem: decides which parameters belong together.
        rng: draws the signs.

    >>> import harness
    >>> directions(harness.problems.load("xor"), np.random.default_rng(0)).shape
    (9, 9)
    >>> directions(harness.problems.load("iris"), np.random.default_rng(0)).shape
    (4, 67)
    """
    n = problem.start().size
    if n <= EXACT_PARAMETERS:
        return np.eye(n)
    blocks = [np.arange(n)]
    if isinstance(problem, Problem):
        layers = problem.network.layers(np.arange(n, dtype=np.float64))
        blocks = [part.ravel().astype(np.int64) for layer in layers for part in (layer.weights, layer.biases)]
    ways = np.zeros((len(blocks), n))
    for way, block in zip(ways, blocks, strict=True):
        way[block] = rng.choice([-1.0, 1.0], block.size)
    return ways


def exact_derivatives(program: Program, inputs: Sequence[Array], ways: Array) -> Array:
    """Return derivatives of a traced program along directions, by differences in fifty digits.

    Arguments:
        program: of one number, such as the loss of a network in plain NumPy code.
        inputs: where; the first is moved.
        ways: the directions, a row each.
    """
    import mpmath

    with mpmath.workdps(DIGITS):
        lift = np.vectorize(mpmath.mpf, otypes=[object])
        exact = [lift(array) for array in inputs]
        step = mpmath.mpf(10) ** (-DIGITS // 3)
        derivatives = []
        for way in ways:
            ends = []
            for sign in (1, -1):
                moved = exact[0] + lift(way.reshape(exact[0].shape)) * (sign * step)
                ends.append(_exact_value(mpmath, program, [moved, *exact[1:]]))
            derivatives.append(float((ends[0] - ends[1]) / (2 * step)))
    return np.array(derivatives)


def _exact_value(m: Any, program: Program, inputs: Sequence[Any]) -> Any:
    values = dict(zip(program.inputs, inputs, strict=True))
    lift = np.vectorize(m.mpf, otypes=[object])
    values.update({place: lift(array) for place, array in program.constants.items()})
    for step in program.instructions:
        arrays = [values[place] for place in step.inputs]
        values[step.output] = PRIMITIVES[step.primitive].exact(m, *arrays, *step.settings)
    return np.asarray(values[program.outputs[0]]).reshape(())[()]
