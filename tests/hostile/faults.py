"""Numerical faults: what overflows, vanishes, explodes or has no slope, for each optimizer and source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import harness
from harness.gradients import SOURCES
from harness.problems import FunctionProblem, Problem
from optimizers.options import option_ranges
from optimizers.registry import OPTIMIZERS

from .oracle import hold_run
from .tally import Answer, Tally, asked, unfit

Function = Callable[[Any], Any]


def _quiet(function: Function) -> Function:
    """Let a function overflow without a warning of NumPy's, as a user's function may."""

    def quiet(w: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(w)

    return quiet


def _raises(error: BaseException, beyond: float = 0.0) -> Function:
    def function(w: Any) -> Any:
        if float(np.asarray(w)[0]) > beyond:
            raise error
        return np.sum(w * w)

    return function


FUNCTIONS: dict[str, Function] = {
    "bowl": lambda w: np.sum(w**2),
    "overflow": lambda w: np.sum(np.exp(1000.0 * w)),
    "steep": lambda w: np.sum(1e300 * w**2),
    "steeper": lambda w: np.sum(1e308 * w**2) * 10.0,
    "flat": lambda w: np.sum(1e-300 * w**2),
    "subnormal": lambda w: np.sum(1e-320 * w**2),
    "vanishing": lambda w: -np.sum(np.exp(-((w * 40.0) ** 2))),
    "exploding": lambda w: np.sum(w**8) * 1e12,
    "pole": lambda w: np.sum(1.0 / w**2),
    "pole of both signs": lambda w: np.sum(1.0 / w),
    "unbounded": lambda w: np.sum(w) * 1e10,
    "unbounded cubic": lambda w: np.sum(w**3),
    "logarithm": lambda w: np.sum(w - np.log(w)),
    "root": lambda w: np.sum(np.sqrt(w)),
    "infinite left": lambda w: np.where(w[0] < 0, np.inf, np.sum(w**2)),
    "not a number left": lambda w: np.where(w[0] < 0, np.nan, np.sum(w**2)),
    "minus infinity": lambda w: np.where(w[0] < 0.1, -np.inf, np.sum(w**2)),
    "always infinite": lambda w: np.sum(w) * 0.0 + np.inf,
    "never a number": lambda w: np.sum(w) * np.nan,
    "plateau": lambda w: np.sum(w) * 0.0 + 3.0,
    "steps": lambda w: float(np.sum(np.floor(np.asarray(w) * 4.0))),
    "kink": lambda w: np.sum(np.abs(w)),
    "kinks": lambda w: np.max(np.abs(w)) + np.sum(np.abs(w - 0.5)),
    "cliff": lambda w: np.where(w[0] > 0.5, 1e200, np.sum(w**2)),
    "narrow": lambda w: np.sum((w * 1e8 - 1.0) ** 2),
    "cancellation": lambda w: np.sum((1e16 + w) - 1e16),
    "not a number near": lambda w: np.where(np.sum(w**2) < 0.05, np.nan, np.sum(w**2)),
    "infinite near": lambda w: np.where(np.sum(w**2) < 0.05, np.inf, np.sum(w**2)),
    "error right": _raises(ZeroDivisionError("division by zero")),
    "end of iteration": _raises(StopIteration()),
    "assertion": _raises(AssertionError("\x1b[31m\nno")),
    "recursion": _raises(RecursionError("too deep")),
    "memory": _raises(MemoryError()),
    "system exit": _raises(RuntimeError("x" * 5000), beyond=-2.0),
    "none": lambda w: None,
    "complex": lambda w: np.sum(np.asarray(w)) + 1j,
    "text": lambda w: "3",
    "vector": lambda w: np.asarray(w),
    "one of one": lambda w: np.asarray(w)[:1] ** 2,
    "whole": lambda w: 7,
    "truth": lambda w: bool(np.sum(np.asarray(w)) > 0),
    "huge whole": lambda w: 10**400,
    "masked": lambda w: np.ma.masked,
}
"""Functions that searches meet, and what users return by mistake."""

DERIVATIVES: dict[str, Function | None] = {
    "none": None,
    "right": lambda w: 2.0 * w,
    "not a number": lambda w: np.full(len(w), np.nan),
    "infinite": lambda w: np.full(len(w), np.inf),
    "zero": lambda w: np.zeros(len(w)),
    "wrong sign": lambda w: -2.0 * w,
    "wrong shape": lambda w: np.zeros(len(w) + 1),
    "text": lambda w: "x",
    "raises": _raises(ZeroDivisionError("no slope")),
    "huge": lambda w: np.full(len(w), 1e308),
    "tiny": lambda w: np.full(len(w), 5e-324),
    "changes its point": lambda w: w.fill(0.0) or w,
}
"""Derivatives by hand of the bowl, right and wrong."""

RATES = (1e-320, 1e-300, 1e10, 1e150, 1e300)
"""Learning rates at which steps vanish or explode."""

Case = Callable[[], tuple[Any, list[Any]]]
"""Returns a problem and the optimizers that search it."""


def of_function(function: str, n: int) -> Case:
    """Search one function."""

    def made() -> tuple[Any, list[Any]]:
        return FunctionProblem(_quiet(FUNCTIONS[function]), n, name="odd", key=f"{function} {n}"), list(
            OPTIMIZERS
        )

    return made


def of_derivative(derivative: str) -> Case:
    """Search a bowl by a derivative of a user's, which may be wrong."""

    def made() -> tuple[Any, list[Any]]:
        bowl, slope = _quiet(FUNCTIONS["bowl"]), DERIVATIVES[derivative]
        return FunctionProblem(bowl, 2, name="odd", derivative=slope, key=f"by {derivative}"), list(
            OPTIMIZERS
        )

    return made


def of_rate(rate: float, loss: str) -> Case:
    """Train a network by steps that vanish or explode."""

    def made() -> tuple[Any, list[Any]]:
        rated = [kind for kind in OPTIMIZERS.values() if "learning_rate" in option_ranges(kind)]
        return harness.problems.load("xor", loss=loss), [kind(learning_rate=rate) for kind in rated]  # type: ignore[call-arg]

    return made


def of_targets(scale: float, rows: int) -> Case:
    """Train a network on numbers whose squares overflow or vanish."""

    def made() -> tuple[Any, list[Any]]:
        rng = np.random.default_rng(rows)
        problem = Problem.from_arrays(
            rng.normal(size=(rows, 2)),
            rng.normal(size=rows) * scale,
            loss="half-squared",
            hidden=(2,),
            scale=False,
            test_fraction=0.0,
            initializer="uniform:scale=1e3" if scale > 1 else "glorot",
        )
        return problem, list(OPTIMIZERS)

    return made


def cases() -> Iterator[tuple[str, Case]]:
    """Yield every case: what it is called, and what makes it."""
    for function in FUNCTIONS:
        for n in (1, 3):
            yield f"{function} of {n}", of_function(function, n)
    for derivative in DERIVATIVES:
        yield f"derivative {derivative}", of_derivative(derivative)
    for scale in (1e-300, 1e-160, 1e160, 1e300):
        yield f"targets times {scale:g}", of_targets(scale, 6)
    for rate in RATES:
        for loss in ("binary-cross-entropy", "half-squared"):
            yield f"rate {rate:g}, {loss}", of_rate(rate, loss)


def try_case(name: str, case: Case, seed: int, tally: Tally, optimizers: Sequence[str] | None = None) -> None:
    """Run a case with every optimizer and source that takes it, and count each run and each refusal.

    Arguments:
        name: what it is called.
        case: makes it.
        seed: of the runs.
        tally: counts.
        optimizers: some of them by their names, or all.
    """
    done: list[Any] = []

    def run() -> None:
        problem, searched = case()
        chosen = [
            one
            for one in searched
            if optimizers is None or (one if isinstance(one, str) else one.name()) in optimizers
        ]
        results = harness.run([problem], chosen, gradients=list(SOURCES), budget=60, seeds=[seed], workers=1)
        done.extend((results, problem))

    answer = asked(run, seconds=300)
    if answer.how != "results":
        tally.add(name, answer)
        return
    results, problem = done
    none = results.trace.iloc[:0]
    traces = dict(list(results.trace.groupby("run_id", observed=True)))
    for row in results.runs.itertuples():
        what = f"{name} by {row.optimizer}, {row.gradient}"
        tally.add(what, asked(lambda: hold_run(row, traces.get(row.run_id, none), problem)))  # noqa: B023
    for row in results.skipped.itertuples():
        found = unfit(row.reason)
        tally.add(
            f"{name} by {row.optimizer}", Answer("tracebacks" if found else "refused", found or row.reason)
        )


def campaign(tally: Tally, most: int, seed: int, place: Path) -> None:
    """Try every optimizer with every source on faults, for one seed after another until it is enough."""
    while tally.counted.total() < most:
        every = list(cases())
        for number in np.random.default_rng(seed).permutation(len(every)):
            name, case = every[number]
            try_case(f"{name}, seed {seed}", case, seed, tally)
        seed += 1
