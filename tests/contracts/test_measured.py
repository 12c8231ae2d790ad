"""Claims are measured: cost is calls, a solved run is at its target, and no search is believed."""

from __future__ import annotations

import dataclasses
import itertools
import math
import time
from typing import Any, ClassVar

import numpy as np
import pytest

import harness
import optimizers
from harness.runs.single_run import Run
from optimizers import Budget, FunctionObjective, SumOfSquares
from optimizers.objective import Need
from optimizers.optimizer import Optimizer, Outcome
from optimizers.options import options
from optimizers.watch import StoppedError

CLASSES = optimizers.known_optimizers()
START = np.array([1.5, 0.4, -0.8])


class Counted:
    """A function of three numbers and its residuals, which count their calls."""

    def __init__(self) -> None:
        self.calls = 0

    def value(self, w: Any) -> float:
        self.calls += 1
        return float((w[0] - 0.6) ** 2 + 2 * (w[1] + 0.3) ** 2 + (w[2] * w[0]) ** 2)

    def residuals(self, w: Any) -> Any:
        self.calls += 1
        return np.array([w[0] - 0.6, w[1] + 0.3, w[2] * w[0], w[2] - 0.1])


ON_FUNCTIONS = [
    name for name, found in CLASSES.items() if found().refusal(FunctionObjective(lambda w: 0.0, 3)) is None
]
ON_SUMS = [name for name, found in CLASSES.items() if found().refusal(SumOfSquares(lambda w: w, 3)) is None]


@pytest.mark.parametrize("name", ON_FUNCTIONS)
def test_the_cost_of_a_function_is_the_number_of_its_calls(name: str) -> None:
    for budget, target in itertools.product([1, 2, 3, 7, 8, 50, 333], [None, 0.05]):
        counted = Counted()
        best = optimizers.minimize(counted.value, START, CLASSES[name](), budget, target=target)
        assert counted.calls == best.cost <= budget
        assert best.outcome.name in ("budget", "solved", "stalled"), best.outcome
        assert best.loss == Counted().value(best.w)
        if best.outcome.name == "solved":
            assert best.loss <= 0.05


@pytest.mark.parametrize("name", ON_SUMS)
def test_the_cost_of_a_sum_of_squares_is_the_number_of_its_calls(name: str) -> None:
    for budget, target in itertools.product([1, 2, 3, 7, 8, 60], [None, 0.05]):
        counted = Counted()
        best = optimizers.minimize(
            SumOfSquares(counted.residuals, 3), START, CLASSES[name](), budget, target=target
        )
        assert counted.calls == best.cost <= budget
        assert best.outcome.name in ("budget", "solved", "stalled"), best.outcome


@pytest.mark.parametrize("name", ["iris", "setosa"])
@pytest.mark.parametrize("optimizer", CLASSES)
def test_a_solved_run_is_reported_at_its_target(name: str, optimizer: str) -> None:
    problem, search = harness.problems.load(name), CLASSES[optimizer]()
    if search.refusal(problem.objective()) is not None:
        pytest.skip("refused")
    gradient = "analytic" if "gradient" in search.needs else "none"
    row, trace = Run(problem, search, gradient, 1, Budget(cost=3000)).execute()
    assert row["cost"] <= 3000
    assert row["cost"] == trace["cost"][-1]
    assert row["outcome"] != "failed", row["sentence"]
    if row["outcome"] == "solved":
        assert row["final_loss"] == row["best_loss"] <= problem.target
        assert row["cost_to_target"] == row["cost"]


def test_all_of_the_solved_runs_of_annealing_end_at_the_target() -> None:
    results = harness.run("iris", optimizers.SimulatedAnnealing(), seeds=5, budget=5000)
    solved = results.runs[results.runs["outcome"] == "solved"]
    assert len(solved) == 5
    assert (solved["final_loss"] <= solved["target"]).all()


def test_a_target_costs_the_same_whatever_the_way_to_it() -> None:
    """In a compiled loop, and by one call after another: j gradients, and the value that decides."""
    problem = harness.problems.load("iris")
    found = []
    for path in ("compiled", "python"):
        objective = problem.objective()
        if path == "python":
            objective.compiled = None
        search = optimizers.Rprop()
        best = optimizers.minimize(objective, problem.start(), search, 500, target=problem.target)
        assert best.outcome.name == "solved"
        assert best.cost == pytest.approx(best.iterations * objective.gradient.cost + 1, rel=1e-12)
        found.append((best.cost, best.iterations))
    assert found[0] == found[1]


# A search that is wrong


@options
class Wrong(Optimizer):
    """Break the contract in one way."""

    way: str = "none"

    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    source: ClassVar[str] = "nobody (2026)"

    def iteration_cost(self, objective: Any) -> float:
        return {"price": math.nan, "cheap": 0.1}.get(self.way, 1.0)

    def run(self, objective: Any, start: Any, rng: Any, observe: Any) -> Any:
        if self.way == "early":
            return None
        if self.way == "claim":
            return observe(start, loss=0.0) and None
        if self.way == "solved":
            observe(start)
            return Outcome("solved", "surely")
        if self.way == "answer":
            observe(start)
            return "done"
        if self.way == "elsewhere":
            observe(start + 1.0)
            return None
        if self.way == "start":
            observe(start)
            start += 1.0
            return Outcome("stalled", "at the wrong place")
        if self.way == "raises":
            raise StopIteration
        allowance = observe(start.copy())
        w = start - 0.1
        loss = objective.value(w)
        if self.way == "loss":
            loss -= 1e-3
        if self.way == "nan":
            loss = math.nan
        arguments: dict[str, Any] = {"iterations": 1, "loss": loss}
        arguments.update(
            {
                "many": {"iterations": allowance + 1},
                "negative": {"iterations": -1},
                "half": {"iterations": 0.5},
                "losses": {"losses": np.zeros(7)},
                "best": {"losses": np.array([-1.0]), "best": w},
                "text": {"loss": "low"},
            }.get(self.way, {})
        )
        observe(w[:1] if self.way == "shape" else w, **arguments)
        return Outcome("stalled", "that was all")


WAYS = (
    *("early", "claim", "solved", "answer", "elsewhere", "start", "raises", "loss", "nan", "many"),
    *("negative", "half", "losses", "best", "text", "shape", "price"),
)


@pytest.mark.parametrize("problem", ["xor", "rosenbrock"])
@pytest.mark.parametrize("way", WAYS)
def test_a_search_that_breaks_its_contract_is_a_failed_run(way: str, problem: str) -> None:
    row, _ = Run(harness.problems.load(problem), Wrong(way=way), "none", 0, Budget(cost=100)).execute()
    assert row["outcome"] == "failed"
    assert len(row["sentence"]) > 10
    assert math.isnan(row["cost_to_target"])


def test_a_search_that_keeps_it_is_none() -> None:
    row, _ = Run(harness.problems.load("xor"), Wrong(), "none", 0, Budget(cost=100)).execute()
    assert (row["outcome"], row["sentence"]) == ("stalled", "that was all")


class Deaf(Optimizer):
    """Go on, whatever is raised."""

    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    source: ClassVar[str] = "nobody (2026)"
    refused: ClassVar[list[int]] = []

    def iteration_cost(self, objective: Any) -> float:
        return 1.0

    def run(self, objective: Any, start: Any, rng: Any, observe: Any) -> Any:
        observe(start)
        refused = 0
        for step in range(500):
            try:
                objective.value(start + step)
            except StoppedError:
                refused += 1
        self.refused.append(refused)
        return None


def test_who_swallows_the_end_does_not_go_on_for_free() -> None:
    counted = Counted()
    best = optimizers.minimize(counted.value, START, Deaf(), 20)
    assert counted.calls == best.cost == 20
    assert best.outcome.name == "budget"
    assert Deaf.refused[-1] == 480


def test_a_view_has_no_door_that_does_not_count() -> None:
    seen = []

    class Looks(Deaf):
        def run(self, objective: Any, start: Any, rng: Any, observe: Any) -> Any:
            seen.append(objective)
            observe(start)
            return Outcome("stalled", "only looked")

    optimizers.minimize(Counted().value, START, Looks(), 20)
    assert not hasattr(seen[0], "peek")


@pytest.mark.parametrize("name", ["adam", "lbfgs", "random-search", "particle-swarm"])
def test_a_limit_in_seconds_holds_within_an_iteration_of_a_slow_function(name: str) -> None:
    calls = []

    def slow(w: Any) -> float:
        calls.append(w)
        time.sleep(0.02)
        return float(w @ w)

    best = optimizers.minimize(slow, np.ones(100), CLASSES[name](), Budget(seconds=0.1))
    assert best.outcome.name == "budget"
    assert "seconds" in best.outcome.sentence
    assert len(calls) == best.cost <= 7


# Smaller things


def test_an_objective_can_be_minimised_twice() -> None:
    objective = FunctionObjective(Counted().value, 3)
    first, second = (optimizers.minimize(objective, START, optimizers.Momentum(), 200) for _ in range(2))
    assert first.w.tobytes() == second.w.tobytes()
    # Without what an array is compared by: Python 3.13 holds no array for itself.
    assert dataclasses.replace(first, w=None) == dataclasses.replace(second, w=None)


@pytest.mark.parametrize("bad", [math.inf, math.nan])
@pytest.mark.parametrize("name", ON_FUNCTIONS)
def test_a_start_without_a_finite_loss(name: str, bad: float) -> None:
    def half(w: Any) -> float:
        return bad if w[0] < 0 else float((w[0] - 0.5) ** 2)

    best = optimizers.minimize(half, [-0.05], CLASSES[name](), 3000)
    if CLASSES[name].draws:
        assert best.loss < 0.5, best.outcome
    else:
        assert best.outcome.name == "diverged"
        assert "the start is at fault" in best.outcome.sentence


def test_numbers_of_numpy_are_numbers_and_names_of_scipy_are_there() -> None:
    best = optimizers.minimize(
        Counted().value, START, optimizers.Adam(), np.int64(100), target=np.float32(0.5)
    )
    assert best.x is best.w
    assert (best.fun, best.nfev, best.message) == (best.loss, best.cost, best.outcome.sentence)
    assert best.success == (best.outcome.name == "solved")


def test_stop_iteration_of_a_function_is_an_error_and_no_end() -> None:
    def ends(w: Any) -> float:
        raise StopIteration

    with pytest.raises(RuntimeError, match="StopIteration"):
        optimizers.minimize(ends, START, optimizers.GeneticAlgorithm(engine="pygad"), 100)


@pytest.mark.parametrize("name", ["bfgs", "levenberg-marquardt", "cmaes"])
def test_linear_algebra_that_grows_faster_than_n_is_charged(name: str) -> None:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(20, 12))
    wide = harness.Problem.from_arrays(X, np.sin(X[:, 0]), hidden=(16,), loss="squared", test_fraction=0)
    objective, search = wide.objective(), CLASSES[name]()
    best = optimizers.minimize(objective, wide.start(), search, 900)
    calls = objective.value_rows + objective.gradient.cost * objective.counters[1]
    calls += objective.residuals.cost * objective.jacobian_rows
    assert objective.charged > 0
    assert best.cost == pytest.approx(calls / objective.rows + objective.charged, rel=1e-12)
    assert best.cost <= 900
    # By the formulas of the methods, and passes of 12 * 16 + 16 multiply-adds for each of 20 rows.
    n, a_pass = objective.size, 20 * (12 * 16 + 16)
    if name == "bfgs":
        gradients = objective.counters[1] // 20
        assert objective.charged == pytest.approx((gradients - 1) * (4 * n * n - 50 * n) / a_pass, rel=1e-9)
    plain = FunctionObjective(lambda w: float(w @ w), 200)
    plain.charge(1e12)
    assert plain.cost == 0.0


def test_the_usual_methods_are_charged_nothing() -> None:
    problem = harness.problems.load("breast-cancer")
    for name in ("lbfgs", "adam", "rprop", "conjugate-gradient", "particle-swarm", "random-search"):
        objective = problem.objective()
        optimizers.minimize(objective, problem.start(), CLASSES[name](), 200)
        assert objective.charged == 0.0
