"""Methods of SciPy through the adapter, against SciPy called directly."""

from __future__ import annotations

import math
import operator
import warnings
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from watching import LeastSquares, Watcher, watch

import harness
import optimizers
from optimizers import Budget, FunctionObjective
from optimizers.scipy.adapter import ScipyMethod

METHODS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "lbfgs": (
        {"memory": 3, "function_tolerance": 0.0, "gradient_tolerance": 1e-9},
        {"maxcor": 3, "ftol": 0.0, "gtol": 1e-9},
    ),
    "bfgs": ({"gradient_tolerance": 1e-8}, {"gtol": 1e-8}),
    "conjugate-gradient": ({"gradient_tolerance": 1e-7}, {"gtol": 1e-7}),
    "newton-conjugate-gradient": ({"parameter_tolerance": 1e-9}, {"xtol": 1e-9}),
    "nelder-mead": (
        {"adaptive": True, "parameter_tolerance": 1e-6, "function_tolerance": 1e-7},
        {"adaptive": True, "xatol": 1e-6, "fatol": 1e-7},
    ),
}
"""Options of ours, and the same in SciPy's names."""

MOST_CALLS = 1200
every_method = pytest.mark.parametrize("name", METHODS)


class EnoughError(Exception):
    """Ends a search that goes on for too long."""


class Noted:
    """An objective that writes down what it is asked for."""

    def __init__(self, objective: Any) -> None:
        self.objective = objective
        self.asked: list[tuple[str, bytes]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.objective, name)

    def note(self, what: str, *arguments: Any) -> Any:
        if len(self.asked) == MOST_CALLS:
            raise EnoughError
        self.asked.append((what, np.array(arguments).tobytes()))
        return operator.attrgetter(what)(self.objective)(*arguments)

    def value(self, w: Any) -> Any:
        return self.note("value", w)

    def value_and_gradient(self, w: Any) -> Any:
        return self.note("value_and_gradient", w)

    @property
    def curvature(self) -> Any:
        return SimpleNamespace(product=self.product)

    def product(self, w: Any, v: Any) -> Any:
        return self.note("curvature.product", w, v)


def directly(method: Any, objective: Noted, start: Any, settings: dict[str, Any]) -> Any:
    """Call SciPy; None where it was ended."""
    with_gradient = "gradient" in method.needs
    with suppress(EnoughError), np.errstate(all="ignore"):
        return minimize(
            objective.value_and_gradient if with_gradient else objective.value,
            start.copy(),
            jac=with_gradient or None,
            hessp=objective.curvature.product if "curvature" in method.needs else None,
            method=method.method,
            options={**settings, "maxiter": 10**6},
        )
    return None


@every_method
@pytest.mark.parametrize("on", ["rosenbrock", "rosenbrock:n=5", "rastrigin", "xor", "parity"])
@pytest.mark.parametrize("changed", [False, True], ids=["defaults", "options"])
def test_scipy_asks_for_the_same_points_as_when_it_is_called(name: str, on: str, changed: bool) -> None:
    ours, theirs = METHODS[name] if changed else ({}, {})
    method, problem = optimizers.build_optimizer({"name": name, **ours}), harness.problems.load(on)
    start = problem.start(1)
    called, adapted = Noted(problem.objective()), Noted(problem.objective())
    result = directly(method, called, start, theirs)
    watcher = Watcher(adapted, [7] * (MOST_CALLS // 7) + [MOST_CALLS % 7])  # type: ignore[arg-type]
    own = method.run(adapted, start, np.random.default_rng(0), watcher)  # type: ignore[arg-type]
    assert adapted.asked == called.asked
    assert len(adapted.asked) > 5
    # Linear algebra is charged beside the calls; see tests/contracts/test_measured.py.
    assert adapted.cost - adapted.charged == pytest.approx(called.cost, rel=1e-12)
    if result is not None:
        assert own is not None
        assert own.name == "stalled"
        assert str(result.message).strip().rstrip(".") in own.sentence
        # What SciPy answers is among the points, and ours is the best of them.
        assert any(point == result.x.tobytes() for _, point in adapted.asked)
        assert watcher.seen[-1].loss <= result.fun


@pytest.mark.parametrize("name", ["lbfgs", "bfgs", "conjugate-gradient", "newton-conjugate-gradient"])
def test_the_answer_is_scipys_on_a_bowl(name: str) -> None:
    objective, start = LeastSquares(), np.array([-0.2, 0.3, 0.9])
    method = optimizers.build_optimizer(name)
    result = directly(method, Noted(LeastSquares()), start, {})
    best = optimizers.minimize(objective, start, method, 1000)
    assert best.w.tolist() == result.x.tolist()
    assert best.loss == result.fun


@every_method
def test_scipys_own_limits_never_end_a_search(name: str) -> None:
    method = optimizers.build_optimizer(name)
    assert isinstance(method, ScipyMethod)
    limits = {
        key: value for key, value in method.settings().items() if key.startswith("max") and key != "maxcor"
    }
    assert limits
    assert all(limit == 2**31 - 1 for limit in limits.values())


def test_a_search_goes_on_beyond_what_scipy_would_have_allowed() -> None:
    # Its own limit is 200 n values.
    rng = np.random.default_rng(0)
    noisy = FunctionObjective(lambda w: float(w @ w) + rng.random(), 2)
    search = optimizers.NelderMead(parameter_tolerance=0.0, function_tolerance=0.0)
    assert watch(search, noisy, np.ones(2), [2000]).iterations == 2000


@every_method
@pytest.mark.parametrize("beyond", [math.nan, math.inf])
def test_no_warning_leaks_where_numbers_are_not_finite(name: str, beyond: float) -> None:
    cliff = FunctionObjective(
        lambda w: float(w @ w) if w[0] > 0.5 else beyond,
        2,
        lambda w: 2 * w if w[0] > 0.5 else np.full(2, beyond),
        hessian_product=lambda w, v: 2 * v if w[0] > 0.5 else np.full(2, beyond),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        watcher = watch(optimizers.build_optimizer(name), cliff, np.array([1.0, 1.0]), [1] * 300)
    assert watcher.outcome is None or watcher.outcome.name == "stalled"
    assert math.isfinite(watcher.seen[-1].loss)


def test_nelder_mead_puts_nan_behind_every_number() -> None:
    def valley(w: Any) -> float:
        return float(100 * (w[1] - w[0] ** 2) ** 2 + (1 - w[0]) ** 2)

    def path(beyond: float) -> Any:
        walled = FunctionObjective(lambda w: valley(w) if w[1] < 1.02 else beyond, 2)
        return watch(optimizers.NelderMead(), walled, np.array([-1.2, 1.0]), [1] * 300).path

    # 243 values where SciPy compares with NaN, 178 where it compares with infinity.
    assert path(math.nan).tolist() == path(math.inf).tolist()
    assert path(math.nan)[-1] == pytest.approx([1.0, 1.0], abs=1e-3)


@every_method
def test_every_call_is_an_iteration_at_its_price(name: str) -> None:
    objective = LeastSquares()
    method = optimizers.build_optimizer(name)
    best = optimizers.minimize(objective, [-0.2, 0.3, 0.9], method, Budget(iterations=40))
    assert best.iterations == len(objective.ledger) <= 40
    assert best.cost == pytest.approx(math.fsum(objective.ledger), rel=1e-13)
    assert max(objective.ledger) <= method.iteration_cost(objective)


@every_method
def test_a_budget_is_kept_to_the_last_call(name: str) -> None:
    problem = harness.problems.load("xor", target=None)
    results = harness.run(problem, optimizers.build_optimizer(name), seeds=1, budget=Budget(cost=60))
    run = results.runs.iloc[0]
    price = optimizers.build_optimizer(name).iteration_cost(problem.objective())
    assert 60 - price < run["cost"] <= 60
    assert run["outcome"] == "budget"


def test_importing_the_package_leaves_scipy_alone() -> None:
    import subprocess
    import sys

    code = "import sys, optimizers; optimizers.known_optimizers(); print('scipy.optimize' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
