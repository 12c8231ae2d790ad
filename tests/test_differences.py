"""Differences of plain functions whose parameters have any size."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import optimizers
from harness.problems.function_problem import FunctionProblem
from optimizers import FunctionObjective, InputError, SumOfSquares
from optimizers.differences import SCHEMES, Differences

DIGITS = {"central-difference": 1e-8, "forward-difference": 1e-6, "adaptive-difference": 1e-6}


@pytest.mark.parametrize("scheme", SCHEMES)
class TestSizes:
    @pytest.mark.parametrize("size", 10.0 ** np.arange(-10, 11, 2))
    def test_slopes_are_right_in_any_units(self, scheme: str, size: float) -> None:
        objective = FunctionObjective(
            lambda w: (w[0] / size - 1) ** 4 + (w[0] / size - 1) ** 2, 1, difference=scheme
        )
        _, gradient = objective.value_and_gradient([2 * size])
        assert gradient[0] == pytest.approx(6 / size, rel=DIGITS[scheme])

    def test_parameters_of_different_sizes_beside_each_other(self, scheme: str) -> None:
        sizes = np.array([1e-9, 1e9, 1.0])
        fit = SumOfSquares(lambda w: np.exp(w / sizes), 3, difference=scheme)
        ((_, jacobian),) = fit.residuals.blocks(sizes)
        assert jacobian * sizes == pytest.approx(math.e * np.eye(3), rel=DIGITS[scheme])

    def test_a_parameter_that_is_small_by_chance_is_no_parameter_of_that_size(self, scheme: str) -> None:
        objective = FunctionObjective(lambda w: float(np.exp(w).sum()), 2, difference=scheme)
        objective.value_and_gradient([1.0, 2.0])
        for w in ([1e-12, 1.0], [0.0, 1e-7]):
            assert objective.value_and_gradient(w)[1] == pytest.approx(np.exp(w), rel=100 * DIGITS[scheme])

    @pytest.mark.parametrize("size", [1e-10, 1e-6, 1.0, 1e4])
    def test_a_parameter_of_0_has_the_size_that_the_function_shows(self, scheme: str, size: float) -> None:
        def bowl(w: Any) -> float:
            return float((w[0] / size - 1) ** 4 + (w[0] / size - 1) ** 2)

        objective = FunctionObjective(bowl, 1, difference=scheme)
        assert objective.value_and_gradient([0.0])[1][0] * size == pytest.approx(-6.0, rel=1e-4)
        assert objective.value_and_gradient([size / 2])[1][0] * size == pytest.approx(-1.5, rel=1e-5)

    def test_a_small_parameter_beside_a_large_value(self, scheme: str) -> None:
        objective = FunctionObjective(lambda w: float(w[0] ** 2 + np.exp(w[1])), 2, difference=scheme)
        slopes = objective.value_and_gradient([100.0, 1e-9])[1]
        assert slopes == pytest.approx([200.0, 1.0], rel=1e-3)

    def test_a_minimum_at_0_has_no_slope(self, scheme: str) -> None:
        objective = FunctionObjective(lambda w: float(w @ w) + 1.0, 2, difference=scheme)
        assert objective.value_and_gradient([0.0, 0.0])[1] == pytest.approx([0.0, 0.0], abs=1e-6)
        assert objective.value_and_gradient([1.0, 0.0])[1] == pytest.approx([2.0, 0.0], abs=1e-6)

    def test_a_slope_without_end_at_0_does_not_become_none(self, scheme: str) -> None:
        objective = FunctionObjective(lambda w: float(np.sqrt(w[0])) - 2.0, 1, difference=scheme)
        assert objective.value_and_gradient([0.0])[1][0] > 100.0
        assert objective.value_and_gradient([1e-22])[1][0] > 100.0

    def test_typical_sizes_may_be_told(self, scheme: str) -> None:
        objective = FunctionObjective(
            lambda w: float(np.exp(w[0] / 1e-9)), 1, difference=scheme, sizes=[1e-9]
        )
        assert objective.value_and_gradient([0.0])[1][0] * 1e-9 == pytest.approx(1.0, rel=1e-5)

    def test_cost_is_the_number_of_calls(self, scheme: str) -> None:
        calls = []

        def function(w: Any) -> float:
            calls.append(1)
            return float(w @ w)

        objective = FunctionObjective(function, 3, difference=scheme)
        objective.value_and_gradient([1.0, 0.5, -2.0])
        wanted = 4 if scheme == "forward-difference" else 7
        assert len(calls) == objective.cost == objective.gradient.cost == wanted

    def test_where_the_function_ends_the_slope_is_that_to_the_other_side(self, scheme: str) -> None:
        def walled(w: Any) -> float:
            return float(w[0] ** 2) if w[0] <= 1.0 else math.nan

        objective = FunctionObjective(walled, 1, difference=scheme)
        assert objective.value_and_gradient([1.0])[1][0] == pytest.approx(2.0, rel=1e-4)
        mirrored = FunctionObjective(lambda w: walled(-w), 1, difference=scheme)
        assert mirrored.value_and_gradient([-1.0])[1][0] == pytest.approx(-2.0, rel=1e-4)

    def test_a_function_that_ends_on_both_sides_has_no_slope(self, scheme: str) -> None:
        found = Differences(scheme)(lambda w: 0.0 if w[0] == 1.0 else math.inf, np.ones(1), 0.0)
        assert np.isnan(found).all()

    def test_a_function_problem_takes_the_same_differences(self, scheme: str) -> None:
        if scheme == "adaptive-difference":
            pytest.skip("a scheme for whole searches, no gradient source")

        def function(w: Any) -> Any:
            return (w[0] / 1e-8 - 1) ** 4 + (w[0] / 1e-8 - 1) ** 2 + w[1] ** 2

        w = np.array([2e-8, 3.0])
        ours = FunctionObjective(lambda w: float(function(w)), 2, difference=scheme)
        theirs = FunctionProblem(function, 2).objective(scheme)
        assert theirs.value_and_gradient(w)[1].tolist() == ours.value_and_gradient(w)[1].tolist()


class TestAdaptive:
    """Forward far from a minimum, central near to it, each parameter by itself."""

    def test_far_from_a_minimum_a_gradient_takes_one_value_a_parameter(self) -> None:
        objective = FunctionObjective(lambda w: float(np.exp(w).sum()), 3, difference="adaptive-difference")
        objective.value_and_gradient([1.0, 0.5, -2.0])
        assert objective.cost == objective.gradient.cost == 7
        for taken, w in enumerate(([1.1, 0.4, -2.1], [0.9, 0.2, -2.2]), 1):
            gradient = objective.value_and_gradient(w)[1]
            assert objective.cost == 7 + 4 * taken
            assert gradient == pytest.approx(np.exp(w), rel=1e-6)

    def test_a_parameter_at_its_minimum_takes_two_and_is_right(self) -> None:
        def valley(w: Any) -> float:
            return float(1e6 * (w[0] - 1.0) ** 2 + 1.0 + np.exp(w[1]))

        slopes = {}
        for scheme in SCHEMES:
            objective = FunctionObjective(valley, 2, difference=scheme)
            objective.value_and_gradient([1.001, 0.5])
            before = objective.cost
            objective.value_and_gradient([1.0 + 1e-9, 0.4])
            first = objective.cost - before
            slopes[scheme] = objective.value_and_gradient([1.0, 0.4])[1]
            second = objective.cost - before - first
            if scheme == "adaptive-difference":
                assert (first, second) == (3, 4), "the next gradient is the one that knows"
        assert abs(slopes["adaptive-difference"][0]) < 1e-3 < 1e-2 < abs(slopes["forward-difference"][0])

    def test_it_goes_back_to_one_value_where_it_is_steep_again(self) -> None:
        objective = FunctionObjective(lambda w: float(w[0] ** 2), 1, difference="adaptive-difference")
        spent = []
        for number in (1.0, 1e-9, 1e-9, 0.5, 0.5):
            before = objective.cost
            objective.value_and_gradient([number])
            spent.append(objective.cost - before)
        assert spent == [3, 2, 3, 3, 2]

    def test_a_second_search_begins_from_nothing(self) -> None:
        objective = FunctionObjective(lambda w: float(np.exp(w[0])), 1, difference="adaptive-difference")
        objective.value_and_gradient([1.0])
        objective.value_and_gradient([2.0])
        objective.begin()
        before = objective.cost
        objective.value_and_gradient([2.0])
        assert objective.cost - before == 3

    def test_a_jacobian_is_taken_so_too(self) -> None:
        fit = SumOfSquares(lambda w: np.exp(w * np.arange(1.0, 4.0)), 1, difference="adaptive-difference")
        for number in (1.0, 0.9):
            ((_, jacobian),) = fit.residuals.blocks([number])
        rates = np.arange(1.0, 4.0)
        assert jacobian[:, 0] == pytest.approx(rates * np.exp(0.9 * rates), rel=1e-6)
        assert fit.cost == 3 + 2


class TestSum:
    def test_a_scheme_that_is_unknown_is_refused(self) -> None:
        with pytest.raises(
            InputError, match="difference is 'both', expected one of: central-difference, forward"
        ):
            FunctionObjective(np.sum, 2, difference="both")

    @pytest.mark.parametrize("sizes", [[0.0, 1.0], [-1.0, 1.0], [math.inf, 1.0], [1.0]])
    def test_sizes_that_are_none_are_refused(self, sizes: Any) -> None:
        with pytest.raises(InputError, match="sizes"):
            FunctionObjective(np.sum, 2, sizes=sizes)


class TestWhatFunctionsReturn:
    @staticmethod
    def rosenbrock(w: Any) -> Any:
        return np.array([10 * (w[1] - w[0] ** 2), 1 - w[0]])

    def test_a_buffer_that_is_filled_again_and_again_is_copied(self) -> None:
        buffer, table = np.empty(2), np.empty((2, 2))

        def residuals(w: Any) -> Any:
            buffer[:] = self.rosenbrock(w)
            return buffer

        def jacobian(w: Any) -> Any:
            table[:] = [[-20 * w[0], 10.0], [-1.0, 0.0]]
            return table

        for derivatives in (None, jacobian):
            fit = SumOfSquares(residuals, 2, derivatives)
            best = optimizers.minimize(fit, (2.0, 2.0), optimizers.LevenbergMarquardt(), 500)
            assert best.w == pytest.approx([1.0, 1.0], rel=1e-8)

    def test_a_value_that_is_a_buffer_is_copied(self) -> None:
        buffer, slope = np.empty(()), np.empty(2)

        def function(w: Any) -> Any:
            buffer[...] = w @ w
            return buffer

        def gradient(w: Any) -> Any:
            slope[:] = 2 * w
            return slope

        objective = FunctionObjective(function, 2, gradient)
        first = objective.value_and_gradient([1.0, 2.0])
        objective.value_and_gradient([9.0, 9.0])
        assert (first[0], first[1].tolist()) == (5.0, [2.0, 4.0])
        assert FunctionObjective(function, 2).value_and_gradient([1.0, 2.0])[1] == pytest.approx([2.0, 4.0])

    @pytest.mark.parametrize(
        "answer", [None, 1j, "3", [1.0], np.ma.masked, np.ma.array(1.0, mask=True), {}, [1j, 2]]
    )
    def test_a_value_that_is_no_number_is_refused(self, answer: Any) -> None:
        with pytest.raises(InputError, match="function return"):
            FunctionObjective(lambda w: answer, 2).value([1.0, 2.0])

    @pytest.mark.parametrize(
        ("answer", "message"),
        [
            (None, "is None, expected numbers"),
            (np.array([1j, 2]), "complex numbers"),
            (np.ma.array([1.0, 2.0], mask=[0, 1]), "masked in row 1"),
            (["a", "b"], "expected numbers"),
            (3.0, r"shape \(\)"),
            ([], r"shape \(0,\)"),
        ],
    )
    def test_residuals_that_are_no_numbers_are_refused(self, answer: Any, message: str) -> None:
        with pytest.raises(InputError, match=message):
            SumOfSquares(lambda w: answer, 2).value([1.0, 2.0])
        if np.ndim(answer) == 1 and len(answer):
            with pytest.raises(InputError, match=message):
                list(SumOfSquares(np.sin, 2, lambda w: [answer, answer]).residuals.blocks([1.0, 2.0]))

    def test_residuals_of_another_length_are_refused(self) -> None:
        fit = SumOfSquares(lambda w: np.ones(2 if w[0] < 1 else 3), 1)
        fit.value([0.0])
        with pytest.raises(InputError, match="the residuals are 3 numbers, and 2 at another point"):
            fit.value([2.0])

    def test_a_number_of_parameters_may_be_numpys(self) -> None:
        assert SumOfSquares(np.sin, np.prod((2, 3))).size == 6
        with pytest.raises(InputError, match="n is True"):
            FunctionObjective(np.sum, True)

    @pytest.mark.parametrize("start", [[1j, 2.0], None, np.ma.array([1.0, 2.0], mask=[1, 0]), [1.0]])
    def test_a_start_that_is_no_vector_of_numbers_is_refused(self, start: Any) -> None:
        objective = FunctionObjective(lambda w: float(w @ w), 2, start=lambda rng: start)
        with pytest.raises(InputError, match="the start"):
            objective.draw_start(np.random.default_rng(0))
