"""What ``scipy.optimize.minimize`` hands an optimizer is taken whole, or refused by its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, basinhopping, minimize, rosen, rosen_der, rosen_hess
from scipy.sparse.linalg import aslinearoperator

import optimizers
from optimizers import LBFGS, Adam, Budget, FunctionObjective, InputError, Momentum, NelderMead
from optimizers.scipy_method import BUDGET, minimize_for_scipy

START = np.array([1.3, 0.7, 0.8])


class TestWhatScipyHandsOn:
    def test_every_argument_has_a_name_of_its_own(self) -> None:
        named = set(inspect.signature(minimize_for_scipy).parameters)
        handed = set(inspect.signature(minimize).parameters) - {"method", "tol", "options"}
        assert handed <= named

    def test_an_optimizer_is_called_as_it_is(self) -> None:
        found = LBFGS()(rosen, START, jac=rosen_der)
        assert found.x.tobytes() == minimize(rosen, START, jac=rosen_der, method=LBFGS()).x.tobytes()

    def test_a_minimum_is_found_as_by_the_method_of_scipys_own(self) -> None:
        for own, theirs in ((LBFGS(), "L-BFGS-B"), (optimizers.BFGS(), "BFGS")):
            found = minimize(rosen, START, jac=rosen_der, method=own)
            expected = minimize(rosen, START, jac=rosen_der, method=theirs)
            assert found.success
            assert found.status == 0
            assert found.x == pytest.approx(expected.x, abs=1e-4)
            assert found.nfev == found.njev

    def test_further_arguments_reach_function_and_derivatives(self) -> None:
        def bowl(w: Any, centre: float, depth: float) -> float:
            return depth * float((w - centre) @ (w - centre))

        def slope(w: Any, centre: float, depth: float) -> Any:
            return 2 * depth * (w - centre)

        def product(w: Any, v: Any, centre: float, depth: float) -> Any:
            return 2 * depth * v

        method = optimizers.NewtonTrustRegion()
        found = minimize(bowl, [1.0, 5.0], (3.0, 2.0), method=method, jac=slope, hessp=product)
        assert found.x == pytest.approx([3.0, 3.0], abs=1e-9)
        assert found.nhev > 0
        alone = minimize(lambda w, centre: bowl(w, centre, 1.0), [1.0], args=2.0, method=LBFGS())
        assert alone.x == pytest.approx([2.0], abs=1e-6)

    def test_a_gradient_may_come_with_the_value(self) -> None:
        calls = [0]

        def both(w: Any) -> tuple[float, Any]:
            calls[0] += 1
            return float(rosen(w)), rosen_der(w)

        together = minimize(both, START, jac=True, method=LBFGS())
        apart = minimize(rosen, START, jac=rosen_der, method=LBFGS())
        assert together.x.tobytes() == apart.x.tobytes()
        assert calls[0] == together.nfev

    def test_a_gradient_is_paid_for_as_everywhere(self) -> None:
        objective = FunctionObjective(rosen, 3, rosen_der)
        best = optimizers.minimize(objective, START, Adam(), 300)
        found = minimize(rosen, START, jac=rosen_der, method=Adam(), options={"budget": 300})
        assert found.x.tobytes() == best.x.tobytes()
        assert (found.fun, found.cost, found.nit) == (best.fun, best.nfev, best.iterations)
        assert found.njev == found.nit
        assert found.cost == 3 * found.njev + (found.nfev - found.njev)

    @pytest.mark.parametrize("wrapped", [np.asarray, aslinearoperator], ids=["array", "operator"])
    def test_a_hessian_is_taken_for_its_products(self, wrapped: Callable[[Any], Any]) -> None:
        method = optimizers.NewtonConjugateGradient()
        found = minimize(rosen, START, jac=rosen_der, hess=lambda w: wrapped(rosen_hess(w)), method=method)
        product = minimize(rosen, START, jac=rosen_der, hessp=lambda w, v: rosen_hess(w) @ v, method=method)
        assert found.x.tobytes() == product.x.tobytes()
        assert found.nhev == product.nhev > 0
        assert found.x == pytest.approx(np.ones(3), abs=1e-4)

    @pytest.mark.parametrize(
        ("derivative", "method", "what"),
        [
            ({"jac": rosen_der}, NelderMead(), "gradient information \\(jac\\)"),
            ({"jac": rosen_der, "hess": rosen_hess}, LBFGS(), "curvature information \\(hess\\)"),
        ],
        ids=["jac", "hess"],
    )
    def test_a_derivative_that_is_not_read_is_warned_of(
        self, derivative: dict[str, Any], method: Any, what: str
    ) -> None:
        with pytest.warns(RuntimeWarning, match=f"Method {method.name()} does not use {what}") as warned:
            minimize(rosen, START, method=method, **derivative)
        assert {warning.filename for warning in warned} == {__file__}

    def test_one_number_in_an_array_is_a_number(self) -> None:
        found = minimize(lambda w: np.array([w[0] ** 2]), [3.0], method=LBFGS())
        assert found.x == pytest.approx([0.0], abs=1e-6)
        with pytest.raises(InputError, match="expected one number"):
            minimize(lambda w: np.array([1.0, 2.0]), [3.0], method=LBFGS())

    def test_a_front_end_of_scipys_takes_it_for_its_local_searches(self) -> None:
        def valleys(w: Any) -> float:
            return float(w @ w + 3 * (1 - np.cos(6 * w)).sum())

        local = {"method": LBFGS(), "options": {"budget": 200}}
        # SciPy before 1.15 has another name for it.
        drawn: dict[str, Any] = (
            {"rng": 1} if "rng" in inspect.signature(basinhopping).parameters else {"seed": 1}
        )
        found = basinhopping(valleys, [2.0], niter=30, minimizer_kwargs=local, **drawn)
        assert found.fun < 1e-9


class TestLimits:
    def test_without_any_there_is_the_evaluations_that_scipy_allows(self) -> None:
        found = minimize(rosen, START, method=Momentum(learning_rate=1e-6))
        assert found.status == 1
        assert not found.success
        assert found.nfev == found.cost
        assert BUDGET - 7 <= found.nfev <= BUDGET

    def test_each_may_be_given(self) -> None:
        for options, nit in (
            ({"maxiter": 7}, 7),
            ({"budget": Budget(iterations=8)}, 8),
            ({"budget": 1e6, "maxiter": 9}, 9),
        ):
            assert minimize(rosen, START, method=Adam(), options=options).nit == nit
        solved = minimize(rosen, START, method=LBFGS(), options={"target": 1.0})
        assert solved.success
        assert solved.fun <= 1.0
        assert "target" in solved.message

    def test_a_seed_or_a_generator_decides_the_draws(self) -> None:
        method = optimizers.EvolutionStrategy()
        given = [{}, {"rng": 0}, {"rng": np.random.default_rng(0)}, {"rng": 1}]
        found = [minimize(rosen, START, method=method, options={"budget": 50, **rng}).fun for rng in given]
        assert found[0] == found[1] == found[2] != found[3]

    def test_the_scheme_of_differences_may_be_chosen(self) -> None:
        options = {"budget": 50, "difference": "forward-difference"}
        found = minimize(rosen, START, method=Adam(), options=options)
        best = optimizers.minimize(rosen, START, Adam(), 50, difference="forward-difference")
        assert found.x.tobytes() == best.x.tobytes()

    def test_the_end_is_printed_where_it_is_asked_for(self, capsys: pytest.CaptureFixture[str]) -> None:
        found = minimize(rosen, START, method=LBFGS(), options={"disp": True})
        assert capsys.readouterr().out == f"{found.message}\n"

    def test_a_search_that_diverges_says_so(self) -> None:
        with np.errstate(over="ignore"):
            found = minimize(lambda w: float(w @ w), [1.0], method=Momentum(learning_rate=1e9))
        assert (found.status, found.success) == (2, False)
        assert "smaller step" in found.message


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"bounds": [(0, 1)] * 3}, "bounds is .*lbfgs searches everywhere"),
        ({"bounds": Bounds(0, 1)}, "bounds is .*lbfgs searches everywhere"),
        ({"constraints": {"type": "eq", "fun": rosen}}, "constraints is .*lbfgs searches everywhere"),
        ({"constraints": LinearConstraint(np.eye(3), 0, 1)}, "constraints is .*penalty"),
        ({"tol": 1e-6}, "tol is 1e-06.*give lbfgs its .*tolerance.*target"),
        ({"options": {"maxfun": 10}}, "unknown option of lbfgs under scipy.optimize.minimize, 'maxfun'"),
        ({"options": {"maxiters": 10}}, "did you mean 'maxiter'"),
        ({"options": {"maxiter": 0}}, "iterations' is 0"),
        ({"options": {"maxiter": 5, "budget": Budget(iterations=5)}}, "maxiter is 5, and budget has 5"),
        ({"options": {"budget": "much"}}, "budget is 'much'"),
        ({"options": {"target": "low"}}, "target is 'low'"),
        ({"options": {"rng": "dice"}}, "rng is 'dice'"),
        ({"options": {"rng": -1}}, "rng is -1, expected greater than or equal to 0"),
        ({"options": {"rng": True}}, "rng is True"),
        ({"options": {"difference": "2-point"}}, "difference is '2-point'"),
        ({"jac": rosen_der, "options": {"difference": "central-difference"}}, "leave one of them out"),
        ({"hess": "2-point"}, "hess is '2-point', expected something callable"),
        ({"callback": 3}, "callback is 3"),
    ],
)
def test_what_is_not_taken_is_refused_by_its_name(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        minimize(rosen, START, method=LBFGS(), **given)


def test_what_says_nothing_is_taken() -> None:
    plain = minimize(rosen, START, method=LBFGS())
    for given in ({"constraints": ()}, {"constraints": []}, {"options": {"of_the_future": None}}):
        assert minimize(rosen, START, method=LBFGS(), **given).x.tobytes() == plain.x.tobytes()


def test_a_minimum_has_scipys_names() -> None:
    best = optimizers.minimize(rosen, START, LBFGS(), 2_000)
    assert best.x is best.w
    assert (best.fun, best.nfev, best.success) == (best.loss, best.cost, True)
    assert best.message == best.outcome.sentence
