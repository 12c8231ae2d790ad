"""Options at the edges of their ranges and beyond: of each optimizer, problem, network, plot."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import harness
from harness.analysis import STATISTICS
from harness.gradients import SOURCES
from harness.problems import PROBLEMS, Problem
from optimizers.budget import Budget
from optimizers.options import option_ranges
from optimizers.printable import shown
from optimizers.registry import OPTIMIZERS

from .oracle import hold, hold_runs
from .tally import Tally, Wrong, asked

NUMBERS: tuple[Any, ...] = (
    0,
    -0.0,
    1,
    -1,
    2,
    3,
    0.5,
    1.0,
    1e-300,
    5e-324,
    -5e-324,
    2.2250738585072014e-308,
    1e300,
    1.7976931348623157e308,
    float("nan"),
    float("inf"),
    -float("inf"),
    2**31,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63),
    10**400,
)
"""Edges of the numbers themselves."""


def others() -> tuple[Any, ...]:
    """Values that are no plain numbers."""
    return (
        True,
        False,
        np.bool_(True),
        np.float32(0.5),
        np.float16(0.5),
        np.longdouble(0.5),
        np.int8(2),
        np.int64(3),
        np.uint64(2**64 - 1),
        np.float64("nan"),
        np.float64("inf"),
        np.array(2),
        np.array([2]),
        np.array(0.5),
        np.ma.masked,
        1j,
        np.complex128(1),
        Decimal("0.5"),
        Decimal("NaN"),
        Fraction(1, 2),
        "0.5",
        "2",
        "",
        " ",
        "x",
        "nan",
        "none",
        "None",
        "x" * 5000,
        "\x1b[31m",
        "a\0b",
        "\udcff",
        None,
        [],
        [2],
        [2, 3],
        [0],
        [-1],
        [[2]],
        ["tanh"],
        ["tanh", "x"],
        [None],
        [float("nan")],
        (),
        (2,),
        (2.0,),
        {},
        {"name": "adam"},
        {2},
        b"2",
        object(),
        len,
        int,
        ...,
        range(2),
        np.datetime64("2020"),
        Path("x"),
    )


def edges(words: str) -> Iterator[Any]:
    """Yield the bounds that an option's words name, and what is just beyond and within."""
    for _, bound in re.findall(r"([<>]=?) (-?[\d.e+]+)", words):
        number = float(bound)
        whole = "whole" in words
        step = (lambda x, way: x + way) if whole else (lambda x, way: math.nextafter(x, x + way))
        for value in (number, step(number, 1.0), step(number, -1.0)):
            yield int(value) if whole and value.is_integer() else value
    yield from re.findall(r"[\w-]+(?= \||$)|(?<=\| )[\w-]+", words)


def values(words: str) -> list[Any]:
    """Return all that an option is tried with."""
    return [*edges(words), *NUMBERS, *others()]


TOO_MUCH = 10**5
"""A whole number that is allowed, and takes memory or minutes to no end."""

SMALL: dict[str, dict[str, Any]] = {
    "two-moons": {"rows": 20},
    "separable": {"rows": 20},
    "bbob": {"dimension": 2},
    "digits": {"hidden": [2]},
}


def try_optimizer(name: str, option: str, value: Any) -> None:
    """Build an optimizer with one option, and run it; what it cannot train it refuses."""
    optimizer = OPTIMIZERS[name](**{option: value})
    refused = optimizer.refusal(harness.problems.load("xor").objective())
    problem = "setosa:hidden=[]" if refused else "xor"
    if "perceptron" in name:
        problem = "setosa:hidden=[],loss=perceptron-soft"
    results = harness.run([problem], [optimizer], budget=Budget(cost=12, seconds=10), seeds=1)
    hold_runs(results)


def try_problem(name: str, option: str, value: Any) -> None:
    """Build a problem with one option, and hold the loss of its start against plain loops."""
    given = SMALL.get(name, {}) | ({"file": "own.csv", "predict": "y"} if name == "table" else {})
    problem = harness.problems.load(name, **given | {option: value})
    if isinstance(problem, Problem) and problem.data(0)[0].size > TOO_MUCH:
        return
    start = problem.start(0)
    if not np.isfinite(start).all():
        raise Wrong(f"the start is {start}")
    objective = problem.objective()
    hold(problem, start, 0, objective.peek(start), "at the start")
    if problem.precision == "float64" and objective.value(start) != objective.peek(start):
        raise Wrong(f"a search is told {objective.value(start)!r} at the start, not what is measured")


def try_source(name: str, option: str, value: Any) -> None:
    """Build a gradient source with one option, and search by it."""
    label = SOURCES.build({"name": name, option: value}).label
    hold_runs(harness.run(["sphere:n=2"], ["gradient-descent"], gradients=[label], budget=20, seeds=1))


def try_budget(name: str, option: str, value: Any) -> None:
    """Run with one limit, and one that ends it."""
    limits = {"seconds": 0.2} | {option: value}
    hold_runs(harness.run(["sphere"], ["gradient-descent"], budget=Budget(**limits), seeds=1))


def try_plot(results: Any, name: str, option: str, value: Any) -> None:
    """Draw with one option, and write the figure."""
    try:
        drawn = getattr(harness.plots, name.replace("-", "_"))(results, **{option: value})
        if drawn is None:
            raise Wrong("nothing was drawn")
    finally:
        plt.close("all")


def try_statistic(results: Any, name: str, option: str, value: Any) -> None:
    """Ask for a statistic with one option."""
    table = results.statistic(name, **{option: value})
    for column in table.columns:
        if column in ("low", "high") and table[column].isna().all() and len(table) > 3:
            return


NETWORK = (
    "hidden",
    "activation",
    "loss",
    "output",
    "initializer",
    "test_fraction",
    "scale",
    "target",
    "name",
    "key",
)
"""Options of a problem of one's own data that are not of a family."""
INITIALIZERS = (
    "glorot:scale=0",
    "glorot:scale=-1",
    "glorot:scale=nan",
    "glorot:scale=inf",
    "uniform:scale=1e308",
    "uniform:scale=5e-324",
    "he:scale=1e400",
    "he:scale=",
    "uniform:scale=x",
    "uniform:no=1",
    "zeros:scale=2",
    "glorot:scale=1,scale=2",
    "uniform:scale=true",
    "uniform:scale=[1]",
    ":",
    "glorot:",
    "uniform:scale=-0.0",
)


def try_network(option: str, value: Any) -> None:
    """Make a problem of arrays with one option, and run it."""
    rng = np.random.default_rng(0)
    problem = Problem.from_arrays(rng.normal(size=(8, 2)), [0, 1] * 4, **{"hidden": (2,), option: value})
    if problem.network.size > TOO_MUCH:
        return
    results = harness.run([problem], ["gradient-descent"], budget=6, seeds=1)
    hold_runs(results, {str(name): problem for name in results.runs["problem"]})


def cases(results: Any) -> Iterator[tuple[str, Any]]:
    """Yield every case: what it is called, and what tries it."""
    families: tuple[tuple[Any, Any], ...] = (
        (OPTIMIZERS, try_optimizer),
        (PROBLEMS, try_problem),
        (SOURCES, try_source),
        ({"budget": Budget}, try_budget),
        (STATISTICS, lambda *given: try_statistic(results, *given)),
    )
    for members, tried in families:
        for name, member in members.items():
            for option, words in option_ranges(member).items():
                for value in values(words):
                    if _endless(option, value):
                        continue
                    yield (
                        f"{name}, {option} = {shown(value)}",
                        lambda t=tried, n=name, o=option, v=value: t(n, o, v),
                    )
    for option in NETWORK:
        more = INITIALIZERS if option == "initializer" else ()
        for value in [*values(""), *more]:
            yield f"network, {option} = {shown(value)}", lambda o=option, v=value: try_network(o, v)
    for name, plot in harness.plots.known_plots().items():
        for option in list(inspect.signature(plot).parameters)[1:]:
            yield from (
                (
                    f"plot {name}, {option} = {shown(value)}",
                    lambda n=name, o=option, v=value: try_plot(results, n, o, v),
                )
                for value in values("number >= 0 and <= 1")
            )


def _endless(option: str, value: Any) -> bool:
    """Whether a whole number is in range and only asks for more memory than others should miss."""
    return option in ("n", "rows", "features") and isinstance(value, int | float) and TOO_MUCH < value < 2**31


def campaign(tally: Tally, most: int, seed: int, place: Path) -> None:
    """Try every option with every value, or as many of them as are asked for, drawn."""
    (place / "own.csv").write_text("x,y\n1,a\n2,b\n3,a\n4,b\n", encoding="utf-8")
    results = harness.run(
        ["xor", "setosa"], ["adam", "rprop"], budget=30, seeds=3, gradient_reference="analytic"
    )
    every = list(cases(results))
    order = np.random.default_rng(seed).permutation(len(every))[:most]
    for number in order:
        name, tried = every[number]
        tally.add(name, asked(tried))
