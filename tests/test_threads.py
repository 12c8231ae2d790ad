"""Work in several threads of one process: each with an objective of its own, everything else shared."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import harness
from optimizers import Momentum, minimize

THREADS = 4


def losses(problem: harness.problems.BaseProblem, source: str) -> list[float]:
    objective, rng = problem.objective(source), np.random.default_rng(0)
    w, found = problem.start(0), []
    for _ in range(50):
        loss, gradient = objective.value_and_gradient(w)
        w = w - 0.1 * gradient + 0.01 * rng.normal(size=w.size)
        found += [loss, *objective.values(np.array([w, -w, 2 * w]))]
    return found


@pytest.mark.parametrize("name", ["xor", "iris", "digits"])
@pytest.mark.parametrize("source", ["analytic", "reverse-autodiff"])
def test_an_objective_in_each_thread_comes_to_what_one_thread_comes_to(name: str, source: str) -> None:
    problem = harness.problems.load(name)
    alone = losses(problem, source)
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(lambda _: losses(problem, source), range(2 * THREADS)))
    assert together == [alone] * (2 * THREADS)


def test_runs_and_searches_in_threads_are_those_of_one() -> None:
    def run(seed: int) -> list[float]:
        results = harness.run(
            ["xor", "iris"], ["adam", "lbfgs", "genetic-algorithm"], budget=60, seeds=[seed]
        )
        best = minimize(lambda w: float(w @ w), [1.0, 2.0], Momentum(), 200)
        return [*results.trace["loss"], best.loss]

    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(run, range(THREADS)))
    assert together == [run(seed) for seed in range(THREADS)]
