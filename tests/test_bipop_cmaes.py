"""CMA-ES begun again: the sizes are pycma's, the first search is `cmaes`, and all of a budget is spent."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

import optimizers
from optimizers import CMAES, BipopCMAES, FunctionObjective
from optimizers.evolution.bipop_cmaes import MOST_DOUBLINGS, Schedule

cma = pytest.importorskip("cma", reason="of the extra test")


def rastrigin(w: Any) -> float:
    return float(10 * w.size + np.sum(w * w - 10 * np.cos(2 * np.pi * w)))


class Drawn:
    """Gives the numbers that another program has drawn, in their order."""

    def __init__(self, numbers: list[float]) -> None:
        self.numbers = numbers

    def uniform(self) -> float:
        return self.numbers.pop(0)


def test_sizes_steps_and_budgets_are_those_of_pycma(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own loop over searches, with what it drew and what each search spent told to ours."""
    begun: list[tuple[float, int, float, int]] = []
    calls, drawn = 0, []
    strategy = cma.evolution_strategy.CMAEvolutionStrategy
    really, uniform = strategy.__init__, np.random.uniform

    def init(self: Any, x0: Any, sigma0: float, inopts: Any) -> None:
        begun.append((sigma0, inopts["popsize"], inopts["maxiter"], calls))
        really(self, x0, sigma0, inopts)

    def draw() -> float:
        drawn.append(uniform())
        return drawn[-1]

    def function(w: Any) -> float:
        nonlocal calls
        calls += 1
        return rastrigin(w) + 1.0

    monkeypatch.setattr(strategy, "__init__", init)
    monkeypatch.setattr(np.random, "uniform", draw)
    settings = {"popsize": 7, "maxiter": 40, "verbose": -9, "verb_log": 0, "seed": 3, "signals_filename": ""}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cma.fmin(function, [2.0, -1.0], 2.0, settings, restarts=5, bipop=True)
    ends = [*(calls_before for *_, calls_before in begun[1:]), calls]
    schedule = Schedule(7, 2.0, Drawn(drawn))  # type: ignore[arg-type]
    large = 0
    for (step, size, most, before), after in zip(begun, ends, strict=True):
        ours = schedule.begin()
        assert (ours.candidates, ours.step) == (size, pytest.approx(step, rel=1e-12))
        # Its own limit of 40 populations holds as well.
        assert min(40.0, ours.most / size) == pytest.approx(float(most), rel=1e-12)
        large += ours.large
        schedule.end(ours, after - before)
    assert large == 5
    assert len(begun) > 8, "there were small ones in between"
    assert not drawn


def test_large_populations_double_so_often_and_no_more() -> None:
    schedule = Schedule(6, 0.5, np.random.default_rng(0))
    sizes = []
    for _ in range(400):
        begun = schedule.begin()
        if begun.large:
            sizes.append(begun.candidates)
            assert (begun.step, begun.most) == (0.5, math.inf)
        elif sizes:
            assert 6 <= begun.candidates <= sizes[-1]
            assert 0.005 <= begun.step <= 0.5
        schedule.end(begun, 100)
    assert sizes[:MOST_DOUBLINGS] == [6 * 2**power for power in range(1, MOST_DOUBLINGS + 1)]
    assert set(sizes[MOST_DOUBLINGS:]) == {6 * 2**MOST_DOUBLINGS}
    assert abs(len(sizes) - 200) <= 1, "both kinds are given the same"


def points_of(optimizer: optimizers.Optimizer, budget: float) -> tuple[list[bytes], optimizers.Minimum]:
    seen = []

    def function(w: Any) -> float:
        seen.append(w.tobytes())
        return rastrigin(w)

    objective = FunctionObjective(function, 3, start=lambda rng: rng.uniform(-5, 5, 3))
    rng = np.random.default_rng(4)
    return seen, optimizers.minimize(objective, [2.0, 3.0, -4.0], optimizer, budget, rng=rng)


def test_the_first_search_is_that_of_cmaes_and_then_it_goes_on() -> None:
    once, ended = points_of(CMAES(), 6_000)
    assert ended.outcome.name == "stalled"
    again, best = points_of(BipopCMAES(), 6_000)
    assert again[: len(once)] == once
    assert best.outcome.name == "budget"
    assert best.cost == best.iterations == len(again) == 6_000
    assert best.loss < ended.loss


@pytest.mark.parametrize("seed", range(2))
def test_it_finds_the_minimum_among_many(seed: int) -> None:
    objective = FunctionObjective(rastrigin, 3, start=lambda rng: rng.uniform(-5, 5, 3))
    start, rng = np.array([4.0, -3.0, 2.0]), np.random.default_rng(seed)
    best = optimizers.minimize(objective, start, BipopCMAES(step=2.0), 30_000, target=1e-8, rng=rng)
    assert best.outcome.name == "solved"
    assert best.loss == rastrigin(best.w) <= 1e-8
    assert best.cost == objective.cost
