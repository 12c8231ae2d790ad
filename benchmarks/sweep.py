"""A sweep: the same descent from 100 starts, runs a second.

JAX: ``jit`` of ``vmap`` over the starts of ``lax.scan`` over the steps, all 100 side by side, as a user of
JAX does sweeps. Ours: ``harness.run`` as it comes, with traces, accuracies and the table of runs, shared out
over processes where there is work enough; ``bare``: our compiled loops without the harness, one run after the
other. All end at the same losses. Times are without compilation and without the start of processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import harness
from benchmarks import jax_network
from benchmarks.measurement import Row, check_same, compared, installed
from benchmarks.sizes import SIZES, Size
from benchmarks.timing import alternate
from optimizers import GradientDescent
from optimizers.objective import Array

SEEDS, STEPS = 100, 1_000
SWEPT = (Size((2, 2, 1), 40), *SIZES[1:3])
RATE = 0.05

Run = Callable[[], Array]
"""Returns the loss of each run behind its last step."""


def problem_of(size: Size) -> harness.Problem:
    """Return a problem of the size's data, all rows trained on, as they are."""
    X, Y = size.data()
    labels = Y.argmax(axis=1) if Y.shape[1] > 1 else Y.ravel().astype(int)
    return harness.Problem.from_arrays(
        X, labels, hidden=size.sizes[1:-1], loss=size.loss, test_fraction=0, scale=False, name="sweep"
    )


def ours(size: Size) -> Run:
    problem, budget = problem_of(size), harness.Budget(iterations=STEPS)
    descent = GradientDescent(learning_rate=RATE)

    def run() -> Array:
        runs = harness.run(problem, descent, seeds=SEEDS, budget=budget, progress=False).runs
        return runs.sort_values("seed")["final_loss"].to_numpy()

    return run


def bare(size: Size) -> Run:
    problem, descent = problem_of(size), GradientDescent(learning_rate=RATE)
    objective, starts = problem.objective(), problem.starts(range(SEEDS))

    def one(start: Array) -> float:
        ends = []

        def observe(w: Array, *, iterations: int = 0, **_: Any) -> int:
            ends.append(w)
            return 0 if iterations else STEPS

        descent.run(objective, start, np.random.default_rng(0), observe)
        return objective.value(ends[-1])

    return lambda: np.array([one(start) for start in starts])


def in_jax(size: Size) -> Run:
    import jax
    import jax.numpy as jnp

    X, Y = jax_network.arrays(size)

    def loss(layers: Any) -> Any:
        return jax_network.mean_loss(size, layers, X, Y)

    def step(layers: Any, _: Any) -> tuple[Any, None]:
        return jax.tree.map(lambda w, g: w - RATE * g, layers, jax.grad(loss)(layers)), None

    def search(start: Any) -> Any:
        return loss(jax.lax.scan(step, jax_network.layers_of(size, start), None, length=STEPS)[0])

    starts = jnp.asarray(problem_of(size).starts(range(SEEDS)))
    together = jax.jit(jax.vmap(search))
    return lambda: np.asarray(together(starts))


BUILDS: dict[str, Callable[[Size], Run]] = {"ours": ours, "bare": bare, "jax": in_jax}


def measure(repeats: int) -> Iterator[Row]:
    """Measure runs a second of the three smaller networks; the ratio is ours over theirs."""
    peers = ["bare", *installed("jax")]
    for size in SWEPT:
        runs = {name: BUILDS[name](size) for name in ("ours", *peers)}
        # The last bits differ, and a thousand steps make them grow.
        check_same(size.name, {name: run() for name, run in runs.items()}, 1e-7)
        taken = alternate(runs, min(repeats, 5))
        for name in peers:
            mine, theirs = (SEEDS / taken[party] for party in ("ours", name))
            yield compared("sweep", size.name, name, mine, theirs, "runs/s", mine / theirs)
