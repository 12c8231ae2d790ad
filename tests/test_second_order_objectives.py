"""Second derivatives and residuals of plain functions, and the calls that a library makes of an objective."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from traceable import CASES
from watching import LeastSquares, Watcher

import harness
from optimizers import Budget, FunctionObjective, InputError, SumOfSquares
from optimizers.evaluations import Evaluations
from optimizers.observer import Observer
from optimizers.watch import StoppedError

RECORDED = json.loads((Path(__file__).parent / "recorded" / "autodiff.json").read_text())
TIMES = np.linspace(0.0, 3.0, 7)


def product_of(table: Any) -> Any:
    return lambda w, v: np.asarray(table) @ v


class TestFunctionObjective:
    TABLE = np.array([[4.0, 1.0], [1.0, 3.0]])

    def build(self, **options: Any) -> FunctionObjective:
        return FunctionObjective(
            lambda w: 0.5 * float(w @ self.TABLE @ w), 2, lambda w: self.TABLE @ w, **options
        )

    def test_a_product_is_what_was_handed_in_and_is_paid_for(self) -> None:
        objective = self.build(hessian_product=product_of(self.TABLE), hessian_cost=4.5)
        assert objective.curvature.product([9.0, 9.0], [1.0, 2.0]).tolist() == [6.0, 7.0]
        assert objective.curvature.cost == objective.cost == 4.5
        assert (objective.hessian_rows, objective.gradient_rows, objective.value_rows) == (1, 1, 0)
        assert objective.curvature.cause == ""

    def test_a_product_costs_six_values_unless_it_is_said_otherwise(self) -> None:
        assert self.build(hessian_product=product_of(self.TABLE)).curvature.cost == 6.0

    def test_what_is_handed_in_cannot_change_the_search(self) -> None:
        def careless(w: Any, v: Any) -> Any:
            w[:] = v[:] = np.nan
            return np.zeros(2)

        w, v = np.ones(2), np.ones(2)
        self.build(hessian_product=careless).curvature.product(w, v)
        assert [*w, *v] == [1.0] * 4

    def test_without_one_the_reason_names_a_remedy(self) -> None:
        objective = self.build()
        assert not objective.curvature
        assert ": take lbfgs" in objective.curvature.cause
        with pytest.raises(InputError, match="no products with the Hessian: the function comes without"):
            objective.curvature.product([0, 0], [0, 0])
        assert objective.cost == 0

    @pytest.mark.parametrize("answer", [[1.0], 3.0, [[1.0, 2.0]]])
    def test_a_product_of_another_shape_is_refused(self, answer: Any) -> None:
        objective = self.build(hessian_product=lambda w, v: answer)
        with pytest.raises(InputError, match=r"the product with the Hessian has shape .*, expected \(2,\)"):
            objective.curvature.product([0, 0], [0, 0])

    def test_options_that_are_wrong_are_refused(self) -> None:
        with pytest.raises(InputError, match="hessian_product is 3, expected something callable"):
            self.build(hessian_product=3)
        with pytest.raises(InputError, match="hessian_cost is 0, expected greater than 0"):
            self.build(hessian_product=product_of(self.TABLE), hessian_cost=0)

    def test_there_are_no_residuals(self) -> None:
        objective = self.build()
        assert not objective.residuals
        assert "SumOfSquares" in objective.residuals.cause
        with pytest.raises(InputError, match="no residuals: the function is not given as a sum of squares"):
            objective.residuals.blocks([0, 0])


class TestFunctionProblems:
    @pytest.mark.parametrize("name", CASES)
    def test_products_are_those_of_the_hessian_that_jax_found(self, name: str) -> None:
        case = CASES[name]
        problem = harness.problems.function_problem.FunctionProblem(
            lambda w: case.function(np, w), case.point.size
        )
        objective = problem.objective("reverse-autodiff")
        v = np.random.default_rng(2).normal(size=case.point.size)
        wanted = np.array(RECORDED[name]["hessian"]) @ v
        found = objective.curvature.product(case.point, v)
        assert np.linalg.norm(found - wanted) <= 1e-11 * max(1.0, float(np.linalg.norm(wanted)))
        assert objective.cost == objective.curvature.cost
        assert objective.hessian_rows == 1

    @pytest.mark.parametrize("name", ["sphere", "rosenbrock", "rosenbrock:n=6", "rastrigin", "logistic-map"])
    def test_products_are_differences_of_gradients(self, name: str) -> None:
        problem = harness.problems.load(name)
        objective, w = problem.objective(), problem.start(1)
        v, step = np.random.default_rng(2).normal(size=w.size), 1e-5
        above, below = (objective.value_and_gradient(w + side * step * v)[1] for side in (1, -1))
        assert objective.curvature.product(w, v) == pytest.approx((above - below) / (2 * step), rel=1e-6)

    def test_the_cost_is_counted_in_operations_of_the_function(self) -> None:
        table = np.random.default_rng(0).normal(size=(6, 6))
        problem = harness.problems.function_problem.FunctionProblem(lambda w: w @ (table @ w), 6)
        cost = problem.objective("reverse-autodiff").curvature.cost
        # 36 + 6 multiply-adds there; here a product with the table and one with its transpose, and sums.
        assert cost is not None
        assert 72 <= cost * 42 <= 72 + 3 * 6

    def test_code_that_cannot_be_traced_is_refused_with_its_line(self) -> None:
        problem = harness.problems.function_problem.FunctionProblem(
            lambda w: float(w[0]) ** 2, 1, derivative=lambda w: 2 * w
        )
        objective = problem.objective()
        assert objective.gradient
        assert not objective.curvature
        assert objective.curvature.cause.endswith(": take lbfgs")
        with pytest.raises(InputError, match="cannot be traced"):
            objective.curvature.product([1.0], [1.0])
        assert objective.cost == 0


class TestSumOfSquares:
    @staticmethod
    def residuals(w: Any) -> Any:
        return w[0] * np.exp(-w[1] * TIMES) - 2.0

    @staticmethod
    def jacobian(w: Any) -> Any:
        curve = np.exp(-w[1] * TIMES)
        return np.stack([curve, -w[0] * TIMES * curve], axis=1)

    W = np.array([1.3, 0.4])

    def test_the_loss_is_the_sum_of_squares_and_its_gradient_twice_that_of_the_residuals(self) -> None:
        objective = SumOfSquares(self.residuals, 2, self.jacobian)
        r, J = self.residuals(self.W), self.jacobian(self.W)
        value, gradient = objective.value_and_gradient(self.W)
        assert value == objective.value(self.W) == pytest.approx(r @ r, rel=1e-15)
        assert gradient == pytest.approx(2 * J.T @ r, rel=1e-15)
        ((found_r, found_J),) = objective.residuals.blocks(self.W)
        assert found_r.tolist() == r.tolist()
        assert found_J.tolist() == J.tolist()

    def test_without_a_jacobian_it_is_taken_by_central_differences(self) -> None:
        objective = SumOfSquares(self.residuals, 2)
        ((_, J),) = objective.residuals.blocks(self.W)
        assert pytest.approx(self.jacobian(self.W), rel=1e-8, abs=1e-9) == J
        assert objective.cost == objective.residuals.cost == 5.0
        _, gradient = objective.value_and_gradient(self.W)
        assert gradient == pytest.approx(2 * self.jacobian(self.W).T @ self.residuals(self.W), rel=1e-8)

    def test_calls_are_counted(self) -> None:
        objective = SumOfSquares(self.residuals, 2, self.jacobian, jacobian_cost=2.5)
        list(objective.residuals.blocks(self.W))
        objective.value_and_gradient(self.W)
        objective.value(self.W)
        assert objective.cost == 2.5 + 2.5 + 1
        assert (objective.jacobian_rows, objective.gradient_rows, objective.value_rows) == (1, 2, 1)
        assert SumOfSquares(self.residuals, 2, self.jacobian).residuals.cost == 3.0

    def test_residuals_that_a_look_has_paid_for_are_those_of_their_point(self) -> None:
        calls: list[Any] = []

        def noted(w: Any) -> Any:
            calls.append(w.tolist())
            return self.residuals(w)

        objective = SumOfSquares(noted, 2, self.jacobian)
        one, other = self.W, 2.0 * self.W
        objective.peek(one)
        objective.peek(other)
        objective.peek(one)
        _, slope = objective.value_and_gradient(one)
        assert slope == pytest.approx(2 * self.jacobian(one).T @ self.residuals(one), rel=1e-15)
        # A look at a point that is known is no call, and leaves the residuals of the last one behind.
        assert calls == [one.tolist(), other.tolist(), one.tolist()]

    @pytest.mark.parametrize("by_hand", [True, False])
    def test_residuals_at_the_target_end_the_search_at_the_price_of_a_value(self, by_hand: bool) -> None:
        objective = SumOfSquares(self.residuals, 2, self.jacobian if by_hand else None)
        w = np.array([2.0, 0.0])
        observer = Observer(objective, 1.0, Budget(cost=100), target=1e-9)
        observer(self.W)
        before = observer.meter.spent()
        with contextlib.suppress(StoppedError):
            list(observer.view.residuals.blocks(w))
        assert observer.over
        assert observer.meter.spent() - before == 1.0
        assert observer.close().name == "solved"
        assert (observer.best.w.tolist(), observer.best.loss) == ([2.0, 0.0], 0.0)

    def test_residuals_of_a_network_at_the_target_are_as_good_as_a_value(self) -> None:
        problem = harness.problems.load("xor", loss="squared")
        objective = problem.objective()
        observer = Observer(objective, 1.0, Budget(cost=100), target=10.0)
        w = problem.start()
        squares = sum(float(r @ r) for r, _ in observer.view.residuals.blocks(w))
        assert squares == pytest.approx(objective.peek(w), rel=1e-14)
        assert observer.over
        assert (objective.jacobian_rows, objective.value_rows) == (0, objective.rows)
        # Above the target they are what they are.
        other = problem.objective()
        list(Observer(other, 1.0, Budget(cost=100), target=1e-9).view.residuals.blocks(w))
        assert (other.jacobian_rows, other.value_rows) == (other.rows, 0)

    def test_shapes_that_do_not_fit_are_refused(self) -> None:
        with pytest.raises(InputError, match=r"residuals have shape \(1, 2\), expected \(m,\)"):
            SumOfSquares(lambda w: w[None], 2).value(self.W)
        wrong = SumOfSquares(self.residuals, 2, lambda w: self.jacobian(w).T)
        with pytest.raises(InputError, match=r"Jacobian has shape \(2, 7\), expected \(7, 2\)"):
            list(wrong.residuals.blocks(self.W))

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((3, 2), "residuals is 3, expected something callable"),
            ((np.sin, 2, 3), "jacobian is 3, expected something callable"),
            ((np.sin, 2, np.cos, 0), "jacobian_cost is 0, expected greater than 0"),
            ((np.sin, 0), "n is 0, expected greater than or equal to 1"),
        ],
    )
    def test_arguments_that_are_wrong_are_refused(self, arguments: Any, message: str) -> None:
        with pytest.raises(InputError, match=message):
            SumOfSquares(*arguments)


class TestEvaluations:
    START = np.array([-0.2, 0.3, 0.9])

    def test_a_product_is_an_iteration_that_finds_no_point(self) -> None:
        objective = LeastSquares()
        watcher = Watcher(objective, [2, 3])
        asked = Evaluations(objective, self.START, watcher)
        asked.value_and_gradient(self.START)
        v = np.ones(3)
        assert (
            asked.hessian_product(self.START, v).tolist()
            == objective.curvature.product(self.START, v).tolist()
        )
        first = objective.peek(self.START)
        _, look = watcher.seen
        assert look.iterations == 2
        assert look.losses.tolist() == [first, first]
        assert (look.w.tolist(), look.loss) == (self.START.tolist(), first)

    def test_a_product_ends_the_search_where_nothing_more_is_allowed(self) -> None:
        objective = LeastSquares()
        asked = Evaluations(objective, self.START, Watcher(objective, [2]))
        asked.value(self.START)
        with pytest.raises(StoppedError):
            asked.hessian_product(self.START, np.ones(3))

    def test_a_loop_that_ends_by_itself_is_looked_at_once_more_where_it_did_something(self) -> None:
        objective = LeastSquares()
        watcher = Watcher(objective, [5, 5])
        asked = Evaluations(objective, self.START, watcher)
        asked.value(self.START)
        asked.value(objective.minimum)
        asked.finish()
        assert [look.iterations for look in watcher.seen] == [0, 2]
        assert watcher.seen[-1].w.tolist() == objective.minimum.tolist()
        asked.finish()
        assert len(watcher.seen) == 2

    def test_a_last_look_may_end_the_search(self) -> None:
        objective = LeastSquares()
        asked = Evaluations(objective, self.START, Watcher(objective, [5]))
        asked.value(self.START)
        with pytest.raises(StoppedError):
            asked.finish()
