"""Numerical faults: what overflows, vanishes, explodes or has no slope, for each optimizer and source."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import harness
from harness.gradients import SOURCES
from harness.problems import FunctionProblem, Problem
from optimizers.registry import OPTIMIZERS

from .oracle import hold_runs
from .tally import Tally, Wrong, asked

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

SAYS_WHY = re.compile(r"iteration \d+|no point|the start is at fault|does not pay")


def hold_outcomes(results: Any, problems: dict[str, Any]) -> None:
    """Hold runs against plain loops, and their ends against what they have to say."""
    hold_runs(results, problems)
    for run in results.runs.itertuples():
        if run.outcome == "diverged" and not SAYS_WHY.search(run.sentence):
            raise Wrong(f"diverged, and neither where nor why: {run.sentence!r}")
        if len(run.sentence) > 700 or not run.sentence.isprintable():
            raise Wrong(f"no sentence: {run.sentence[:200]!r}")
        if math.isfinite(run.start_loss) and not run.best_loss <= run.start_loss:
            raise Wrong(f"best loss {run.best_loss} above that of the start, {run.start_loss}")
        if run.outcome != "failed" and run.iterations > 0 and not len(run.best_w):
            raise Wrong(f"no best point was kept: {run.outcome}")


def try_function(function: str, optimizer: str, source: str, n: int, seed: int) -> None:
    """Search one function by one optimizer and source."""
    problem = FunctionProblem(_quiet(FUNCTIONS[function]), n, name="odd", key=f"{function} {n}")
    _run(problem, optimizer, source, seed)


def _run(problem: Any, optimizer: Any, source: str, seed: int) -> None:
    results = harness.run([problem], [optimizer], gradients=[source], budget=60, seeds=[seed])
    hold_outcomes(results, {str(name): problem for name in results.runs["problem"]})


def try_derivative(derivative: str, optimizer: str, seed: int) -> None:
    """Search a bowl by a derivative of a user's, which may be wrong."""
    problem = FunctionProblem(
        _quiet(FUNCTIONS["bowl"]),
        2,
        name="odd",
        derivative=DERIVATIVES[derivative],
        key=f"derivative {derivative}",
    )
    _run(problem, optimizer, "analytic", seed)


def try_rate(optimizer: str, rate: float, loss: str, source: str, seed: int) -> None:
    """Train a network by steps that vanish or explode."""
    problem = harness.problems.load("xor", loss=loss)
    _run(problem, OPTIMIZERS[optimizer](learning_rate=rate), source, seed)  # type: ignore[call-arg]


def try_targets(optimizer: str, scale: float, source: str, seed: int) -> None:
    """Train a network on numbers whose squares overflow or vanish."""
    rng = np.random.default_rng(seed)
    problem = Problem.from_arrays(
        rng.normal(size=(6, 2)),
        rng.normal(size=6) * scale,
        loss="half-squared",
        hidden=(2,),
        scale=False,
        test_fraction=0.0,
        initializer="uniform:scale=1e3" if scale > 1 else "glorot",
    )
    _run(problem, optimizer, source, seed)


def cases(seed: int) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield every case: what it is called, and what tries it."""
    sources = list(SOURCES)
    for optimizer, kind in OPTIMIZERS.items():
        asks = "gradient" in kind.needs
        for function in FUNCTIONS:
            for source in sources if asks else sources[:1]:
                for n in (1, 3):
                    yield (
                        f"{function} of {n} by {optimizer}, {source}",
                        lambda f=function, o=optimizer, s=source, n=n: try_function(f, o, s, n, seed),
                    )
        for derivative in DERIVATIVES if asks else ():
            yield (
                f"derivative {derivative} by {optimizer}",
                lambda d=derivative, o=optimizer: try_derivative(d, o, seed),
            )
        for source in sources if asks else sources[:1]:
            for scale in (1e-300, 1e-160, 1e160, 1e300):
                yield (
                    f"targets times {scale:g} by {optimizer}, {source}",
                    lambda o=optimizer, c=scale, s=source: try_targets(o, c, s, seed),
                )
            if "learning_rate" not in kind.__dataclass_fields__ or "perceptron" in optimizer:
                continue
            for rate in RATES:
                for loss in ("binary-cross-entropy", "half-squared"):
                    yield (
                        f"rate {rate:g}, {loss}, by {optimizer}, {source}",
                        lambda o=optimizer, r=rate, w=loss, s=source: try_rate(o, r, w, s, seed),
                    )


def campaign(most: int, seed: int, place: Path) -> Tally:
    """Try every optimizer with every source on every fault, or as many as are asked for, drawn."""
    tally = Tally("numerical faults")
    every = list(cases(seed))
    order = np.random.default_rng(seed).permutation(len(every))[:most]
    for number in order:
        name, tried = every[number]
        tally.add(name, asked(tried))
    return tally
