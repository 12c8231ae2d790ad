"""Plain functions as objectives: values, central differences, counting, input errors; and ``minimize``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from watching import watch

import harness
import optimizers
from optimizers import Budget, FunctionObjective, InputError, Minimum, Objective, minimize
from optimizers.counts import GRADIENT_ROWS, VALUE_ROWS

# FunctionObjective


class Smooth(NamedTuple):
    """One function twice: on floats, and on mpmath's numbers for exact derivatives."""

    function: Callable[[Any], float]
    exact: Callable[..., Any]
    point: tuple[float, ...]


SMOOTH = {
    "rosenbrock": Smooth(
        lambda w: float((1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2),
        lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        (-1.2, 1.0),
    ),
    "exponential": Smooth(
        lambda w: math.exp(w[0]) + math.exp(-2 * w[1]) * w[2],
        lambda x, y, z: mpmath.exp(x) + mpmath.exp(-2 * y) * z,
        (0.3, -0.7, 2.5),
    ),
    "trigonometric": Smooth(
        lambda w: math.sin(w[0]) * math.cos(3 * w[1]),
        lambda x, y: mpmath.sin(x) * mpmath.cos(3 * y),
        (0.9, 0.2),
    ),
    "logarithm": Smooth(
        lambda w: math.log1p(w[0] ** 2) + math.tanh(w[1]),
        lambda x, y: mpmath.log(1 + x**2) + mpmath.tanh(y),
        (2.0, -0.4),
    ),
    "far-out": Smooth(
        lambda w: w[0] ** 3 / 1e12 + w[1],
        lambda x, y: x**3 / 10**12 + y,
        (3.7e5, -2.2e4),
    ),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_central_differences_are_the_derivatives_to_six_digits(name: str) -> None:
    function, exact, point = SMOOTH[name]
    objective = FunctionObjective(function, len(point))
    loss, gradient = objective.value_and_gradient(point)
    with mpmath.workdps(40):
        exactly = [mpmath.mpf(number) for number in point]
        for index in range(len(point)):
            order = tuple(int(place == index) for place in range(len(point)))
            derivative = mpmath.diff(exact, tuple(exactly), order)
            assert gradient[index] == pytest.approx(float(derivative), rel=1e-6)
        assert loss == pytest.approx(float(exact(*exactly)), rel=1e-14)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=6), st.floats(0.1, 10))
def test_central_differences_of_a_quadratic_have_no_truncation_error(
    point: list[float], scale: float
) -> None:
    w = np.array(point)
    objective = FunctionObjective(lambda v: float(scale * v @ v), w.size)
    _, gradient = objective.value_and_gradient(w)
    # What is left is round-off: the value's, over a step in proportion to the parameter, which is made longer
    # where more than six digits would be lost.
    round_off = 4 * np.finfo(float).eps ** (2 / 3) * max(1.0, scale * float(w @ w))
    np.testing.assert_allclose(gradient, 2 * scale * w, rtol=2e-6, atol=round_off)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_a_gradient_by_differences_costs_2n_plus_1_values(n: int) -> None:
    calls = []
    objective = FunctionObjective(lambda w: calls.append(w.copy()) or float(w @ w), n)  # type: ignore[func-returns-value]
    assert objective.gradient.cost == 2 * n + 1
    objective.value_and_gradient(np.ones(n))
    assert len(calls) == 2 * n + 1 == objective.cost
    assert (objective.value_rows, objective.gradient_rows) == (2 * n + 1, 0)
    # One at the point itself, and two that differ from it in one coordinate, either way, for each.
    away = np.array([call - 1 for call in calls])
    assert (np.count_nonzero(away, axis=1) <= 1).all()
    assert np.sort(np.sign(away), axis=0).tolist() == [[-1.0] * n] + [[0.0] * n] * (2 * n - 1) + [[1.0] * n]


def test_every_value_counts_one_and_so_does_a_look_that_the_search_has_not_paid_for() -> None:
    objective = FunctionObjective(lambda w: float(w.sum()), 3)
    assert objective.value([1, 2, 3]) == 6.0
    assert objective.cost == 1
    assert objective.values([[1, 2, 3], [0, 0, 1], [5, 0, 0], [0, 0, 0]]).tolist() == [6.0, 1.0, 5.0, 0.0]
    assert objective.cost == 5
    assert objective.peek(np.array([5.0, 0.0, 0.0])) == 5.0
    assert objective.cost == 5
    assert objective.peek(np.ones(3)) == 3.0
    assert objective.cost == 6
    # The search is given what the look has paid for, once.
    assert [objective.value(np.ones(3)), objective.cost, objective.value(np.ones(3))] == [3.0, 6.0, 3.0]
    assert objective.counters[VALUE_ROWS] == objective.cost == 7
    assert objective.counters[GRADIENT_ROWS] == 0


@pytest.mark.parametrize(("given_cost", "cost"), [(None, 3.0), (4.5, 4.5)])
def test_a_gradient_of_ones_own_is_taken_and_costs_what_is_said(
    given_cost: float | None, cost: float
) -> None:
    arguments = {} if given_cost is None else {"gradient_cost": given_cost}
    objective = FunctionObjective(lambda w: float(w @ w), 2, lambda w: [2 * w[0], 2 * w[1]], **arguments)
    loss, gradient = objective.value_and_gradient([3.0, -1.0])
    assert (loss, gradient.tolist(), gradient.dtype) == (10.0, [6.0, -2.0], np.float64)
    assert objective.cost == cost
    assert (objective.value_rows, objective.gradient_rows) == (0, 1)
    objective.value([0, 0])
    assert objective.cost == cost + 1


def test_a_function_that_changes_its_argument_does_no_harm() -> None:
    def careless(w: Any) -> float:
        w[:] = 0.0
        return 1.0

    def careless_gradient(w: Any) -> Any:
        w[:] = 7.0
        return w

    w = np.array([1.0, 2.0])
    for gradient in (None, careless_gradient):
        objective = FunctionObjective(careless, 2, gradient)
        objective.value(w)
        objective.peek(w)
        objective.values(w[None])
        objective.value_and_gradient(w)
        assert w.tolist() == [1.0, 2.0]
    best = minimize(careless, w, optimizers.GradientDescent(), 50)
    assert best.w.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("wrong", [[1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]], 1.0])
def test_parameters_of_another_shape_are_refused(wrong: Any) -> None:
    objective = FunctionObjective(lambda w: 0.0, 2)
    for use in (objective.value, objective.value_and_gradient, objective.checked):
        with pytest.raises(
            InputError, match=r"parameters have shape .*, expected \(2,\): give one flat vector"
        ):
            use(wrong)
    assert objective.cost == 0


@pytest.mark.parametrize("wrong", [[1.0, 2.0], [[1.0]], [[[1.0, 2.0]]]])
def test_a_population_of_another_shape_is_refused(wrong: Any) -> None:
    objective = FunctionObjective(lambda w: 0.0, 2)
    with pytest.raises(
        InputError, match=r"population has shape .*, expected \(P, 2\): give one row a candidate"
    ):
        objective.values(wrong)
    assert objective.cost == 0


@pytest.mark.parametrize("gradient", [lambda w: [1.0], lambda w: 3.0, lambda w: [[1.0, 2.0]]])
def test_a_gradient_of_another_shape_is_refused(gradient: Any) -> None:
    with pytest.raises(InputError, match=r"the gradient has shape .*, expected \(2,\): return one number"):
        FunctionObjective(lambda w: 0.0, 2, gradient).value_and_gradient([0, 0])


@pytest.mark.parametrize("function", [3, None, "f", np.ones(2)])
def test_what_cannot_be_called_is_refused(function: Any) -> None:
    with pytest.raises(InputError, match=r"function is .*, expected something callable with a vector"):
        FunctionObjective(function, 2)


@pytest.mark.parametrize("n", [0, -1, 2.5, "two", None])
def test_a_number_of_parameters_that_is_none_is_refused(n: Any) -> None:
    with pytest.raises(InputError, match=r"n is .*, expected"):
        FunctionObjective(lambda w: 0.0, n)


def test_a_gradient_that_cannot_be_called_is_refused() -> None:
    with pytest.raises(InputError, match="gradient"):
        FunctionObjective(lambda w: 0.0, 2, gradient=[1.0, 2.0])  # type: ignore[arg-type]


@pytest.mark.parametrize("cost", [0.0, -1.0, math.nan])
def test_a_gradient_that_would_cost_nothing_is_refused(cost: float) -> None:
    """A search that costs nothing would never use up its budget."""
    with pytest.raises(InputError, match="gradient_cost"):
        FunctionObjective(lambda w: 0.0, 2, lambda w: w, gradient_cost=cost)


def test_a_gradient_that_would_cost_less_than_its_value_is_refused() -> None:
    with pytest.raises(InputError, match=r"gradient_cost is 0\.5, expected 1 evaluation or more: the value"):
        FunctionObjective(lambda w: 0.0, 2, lambda w: w, gradient_cost=0.5)
    assert FunctionObjective(lambda w: 0.0, 2, lambda w: w, gradient_cost=1.0).gradient.cost == 1.0


def test_an_objective_that_cannot_be_measured_is_refused() -> None:
    class Bare(Objective):
        """Has values, and nothing that a look could go by."""

        size = 2
        value = values = value_and_gradient = row_orders = None  # type: ignore[assignment]

    with pytest.raises(InputError, match=r"cannot be measured: make it a subclass of optimizers\.Measurable"):
        optimizers.minimize(object.__new__(Bare), [1.0, 2.0], "adam", 10)


@pytest.mark.parametrize("name", ["cmaes", "bfgs", "nelder-mead", "differential-evolution"])
def test_a_search_that_would_fill_the_memory_is_refused_before_it_begins(name: str) -> None:
    optimizer = optimizers.build_optimizer(name)
    few, many = (FunctionObjective(lambda w: 0.0, n, lambda w: w) for n in (100, 100_000_000))
    assert optimizer.refusal(few) is None
    assert 8 * optimizer.numbers_held(many.size) > 4e9
    reason = optimizer.refusal(many)
    assert reason is not None
    assert reason.startswith("it would hold ")
    assert reason.endswith(" gigabytes, expected up to 4: take fewer parameters or a smaller population")


@pytest.mark.parametrize("answer", [None, np.ones(2), "x", 1j])
def test_a_function_that_returns_no_number_is_reported_in_one_sentence(answer: Any) -> None:
    with pytest.raises(InputError, match="function"):
        FunctionObjective(lambda w: answer, 2).value([0.0, 0.0])


def test_an_error_of_the_function_itself_comes_through() -> None:
    def broken(w: Any) -> float:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        minimize(broken, [1.0], optimizers.GradientDescent(), 10)


def test_row_orders_are_the_same_whoever_asks() -> None:
    objective = FunctionObjective(lambda w: 0.0, 1)
    assert objective.row_order().random() == objective.row_order().random()


# minimize


def parabola(w: Any) -> float:
    return float((w[0] - 3) ** 2 + (w[1] + 1) ** 2)


DESCENT = optimizers.GradientDescent(learning_rate=0.2)


def test_a_minimum_is_found_with_its_loss_cost_and_iterations() -> None:
    best = minimize(parabola, [0.0, 0.0], DESCENT, 500, difference="central-difference")
    assert best.w == pytest.approx([3.0, -1.0], abs=1e-9)
    assert best.loss == parabola(best.w) < 1e-18
    # 5 values a gradient, and the last one, which is known where the search has come to stand still.
    assert (best.iterations, best.outcome.name) == (99, "budget")
    assert best.cost in (495.0, 496.0)


@pytest.mark.parametrize(
    ("budget", "iterations"),
    [
        (57, 11),
        (57.5, 11),
        (np.float64(57), 11),
        (np.int64(57), 11),
        (Budget(cost=57), 11),
        (Budget(iterations=8), 8),
        (Budget(cost=57, iterations=8), 8),
        (Budget(cost=20, iterations=8), 3),
        (Budget(seconds=60, iterations=9), 9),
    ],
)
def test_a_budget_is_a_number_or_a_budget(budget: Any, iterations: int) -> None:
    best = minimize(parabola, [0.0, 0.0], DESCENT, budget, difference="central-difference")
    assert best.iterations == iterations
    # And one value for the last loss.
    assert best.cost == 5 * iterations + 1
    assert best.outcome.name == "budget"


def test_a_budget_of_seconds_ends_a_search() -> None:
    best = minimize(parabola, [0.0, 0.0], DESCENT, Budget(seconds=0.02))
    assert best.outcome.name == "budget"
    assert best.outcome.sentence.startswith("the budget of 0.02 seconds is spent")
    assert best.iterations > 1


@pytest.mark.parametrize("budget", [0, -5, math.nan, math.inf, "10", None, True])
def test_a_budget_that_is_none_is_refused(budget: Any) -> None:
    with pytest.raises(InputError, match="Budget"):
        minimize(parabola, [0.0, 0.0], DESCENT, budget)


@pytest.mark.parametrize(
    "start",
    [3.0, [[1.0, 2.0]], [math.nan, 0.0], [0.0, math.inf], [], ["a", "b"], [1j, 0], [[1.0, 2.0], [3.0]], None],
)
def test_a_start_that_is_no_finite_vector_is_refused(start: Any) -> None:
    with pytest.raises(InputError):
        minimize(parabola, start, DESCENT, 10)


@pytest.mark.parametrize(
    "objective", [FunctionObjective(parabola, 2), harness.problems.load("xor").objective()]
)
@pytest.mark.parametrize("away", [-1, 1, 3])
def test_a_start_of_another_length_than_the_objective_is_refused(objective: Objective, away: int) -> None:
    wrong, right = objective.size + away, objective.size
    with pytest.raises(InputError, match=rf"parameters have shape \({wrong},\), expected \({right},\)"):
        minimize(objective, np.zeros(wrong), DESCENT, 10)
    assert objective.cost == 0


def test_a_start_of_whole_numbers_is_taken_and_left_as_it_is() -> None:
    start = np.array([1, 2])
    best = minimize(parabola, start, DESCENT, 50)
    assert best.w.dtype == np.float64
    assert start.tolist() == [1, 2]


def test_a_refusal_names_the_optimizer_and_the_reason() -> None:
    with pytest.raises(
        InputError, match=r"^perceptron-rule cannot minimise this: the perceptron rule does not"
    ):
        minimize(parabola, [0.0, 0.0], optimizers.PerceptronRule(), 10)
    with pytest.raises(InputError, match=r"^adam cannot minimise this: there are no rows to take batches of"):
        minimize(parabola, [0.0, 0.0], optimizers.Adam(batch=4), 10)


def test_a_target_ends_the_search_where_it_is_reached() -> None:
    best = minimize(parabola, [0.0, 0.0], DESCENT, 5000, target=1e-3)
    assert best.outcome.name == "solved"
    assert best.loss <= 1e-3
    assert best.cost < 100
    at_once = minimize(parabola, [3.0, -1.0], DESCENT, 5000, target=0.0)
    assert (at_once.outcome.name, at_once.cost, at_once.iterations) == ("solved", 1.0, 0)


@pytest.mark.parametrize(
    "search",
    [optimizers.Momentum(), optimizers.GeneticAlgorithm(population_size=10, keep_elitism=0, keep_parents=0)],
    ids=["momentum", "genetic-algorithm"],
)
def test_a_solved_search_answers_with_a_point_at_the_target(search: Any) -> None:
    """Either search leaves the points that it has been at, also between two looks."""
    for seed, fold in enumerate(np.geomspace(10, 1e5, 25)):
        rng = np.random.default_rng(seed)
        best = minimize(parabola, [0.0, 0.0], search, 3000, target=10 / fold, rng=rng)
        assert best.loss == parabola(best.w)
        assert best.outcome.name != "solved" or best.loss <= 10 / fold, best.outcome


def test_the_best_point_is_kept_when_the_search_moves_on() -> None:
    """A step just too large: the loss rises from the first iteration on."""
    best = minimize(parabola, [1.0, 0.0], optimizers.GradientDescent(learning_rate=1.01), 5000)
    assert best.w.tolist() == [1.0, 0.0]
    assert best.loss == 5.0


def test_a_search_that_diverges_says_so() -> None:
    def quartic(w: Any) -> float:
        square = float(w[0]) * float(w[0])
        return square * square

    best = minimize(quartic, [10.0], optimizers.GradientDescent(learning_rate=1.0), 5000)
    assert best.outcome.name == "diverged"
    assert best.loss == 10.0**4
    assert best.w.tolist() == [10.0]


def test_a_step_to_infinity_in_the_middle_of_a_stretch_gives_no_warning() -> None:
    def square(w: Any) -> float:
        return float(w[0]) * float(w[0])

    objective = FunctionObjective(square, 1)
    search = watch(optimizers.GradientDescent(learning_rate=1e308), objective, np.array([10.0]), [5])
    assert search.seen[-1].w.tolist() == [-math.inf] or math.isnan(search.seen[-1].w[0])
    assert search.seen[-1].loss is None or not math.isfinite(search.seen[-1].loss)


def test_the_generator_handed_in_is_the_only_randomness() -> None:
    search = optimizers.GeneticAlgorithm(population_size=6)

    def once(rng: np.random.Generator | None) -> Minimum:
        return minimize(parabola, [0.0, 0.0], search, 60, rng=rng)

    first, same, other = (once(np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert first.w.tobytes() == same.w.tobytes() != other.w.tobytes()
    assert once(None).w.tobytes() == once(None).w.tobytes() == once(np.random.default_rng(0)).w.tobytes()
    rng = np.random.default_rng(5)
    assert once(rng).w.tobytes() == first.w.tobytes()
    assert once(rng).w.tobytes() != first.w.tobytes(), "a generator moves on"


def test_how_gradients_are_taken_may_be_chosen() -> None:
    costs = {}
    for difference in (None, "adaptive-difference", "central-difference", "forward-difference"):
        best = minimize(parabola, [0.0, 0.0], DESCENT, Budget(iterations=4), difference=difference)
        assert best.w == pytest.approx([3 * (1 - 0.6**4), -(1 - 0.6**4)], rel=1e-6)
        costs[difference] = best.cost
    # The first gradient by forward differences looks to both sides of a parameter that is 0, and so do four
    # central ones; each search pays for the last loss.
    assert costs["central-difference"] == 4 * 5 + 1
    assert costs["forward-difference"] == costs["adaptive-difference"] == costs[None] == 5 + 3 * 3 + 1


def test_an_objective_brings_its_own_gradient() -> None:
    objective = FunctionObjective(parabola, 2)
    with pytest.raises(InputError, match="the objective brings its own gradient: leave it out here"):
        minimize(objective, [0.0, 0.0], DESCENT, 50, difference="forward-difference")
    with pytest.raises(InputError, match="difference is 'both', expected one of"):
        minimize(parabola, [0.0, 0.0], DESCENT, 50, difference="both")


def test_a_search_by_forward_differences_goes_on_by_central_ones_where_it_would_end() -> None:
    def valley(w: Any) -> float:
        return float(100 * (w[1] - w[0] ** 2) ** 2 + (1 - w[0]) ** 2) + 1.0

    # Four starts: where one search ends differs from one processor to the next.
    starts = ([-1.2, 1.0], [-1.5, 2.0], [0.0, 2.0], [2.0, -1.0])
    found = {
        difference: [
            minimize(valley, start, optimizers.BFGS(), 5000, difference=difference) for start in starts
        ]
        for difference in ("forward-difference", "adaptive-difference", "central-difference")
    }
    away = {
        difference: np.exp(np.mean([np.log(np.abs(best.w - 1.0).max()) for best in searches]))
        for difference, searches in found.items()
    }
    cost = {difference: sum(best.cost for best in searches) for difference, searches in found.items()}
    assert away["adaptive-difference"] < away["forward-difference"] / 3
    assert cost["adaptive-difference"] < 0.8 * cost["central-difference"]


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (np.ma.array([1.0, 2.0], mask=[True, False]), "start is masked in row 0"),
        ([1.0, 2j], "start holds complex numbers"),
        (["1", "2"], "start holds '1', expected numbers"),
        ([[1.0, 2.0]], "expected a flat vector of finite numbers"),
        ([1.0, np.nan], "expected a flat vector of finite numbers"),
        (None, "start is None, expected numbers"),
    ],
)
def test_a_start_that_is_none_is_refused_in_a_sentence(start: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        minimize(parabola, start, DESCENT, 50)


def test_an_objective_of_a_network_is_minimised_as_well() -> None:
    xor = harness.problems.load("xor")
    objective = xor.objective(seed=3)
    best = minimize(objective, xor.start(3), optimizers.Adam(learning_rate=0.1), 5000, target=xor.target)
    assert best.outcome.name == "solved"
    assert best.cost == objective.cost
    assert best.loss == pytest.approx(objective.peek(best.w), rel=1e-12)
    assert best.loss <= 0.01


def test_an_objective_used_before_keeps_its_count() -> None:
    """The costs of two searches on one objective add up in it, and each has its own."""
    objective = FunctionObjective(parabola, 2, difference="central-difference")
    minimize(objective, [0.0, 0.0], DESCENT, Budget(iterations=3))
    best = minimize(objective, [0.0, 0.0], DESCENT, Budget(iterations=3))
    assert (best.iterations, best.cost, objective.cost) == (3, 16.0, 32.0)
