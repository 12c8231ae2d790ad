"""The perceptron rule against a plain loop, descent on its soft cost, and Novikoff's bound."""

from __future__ import annotations

import functools
import itertools
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls
from single_layers import own, whole_numbers
from watching import Watcher, row_orders, watch

import harness
import optimizers
from harness.gradients import known_sources
from optimizers import Budget, FunctionObjective, InputError

PerceptronRule: Any = optimizers.PerceptronRule
LOSSES = ("perceptron-soft", "perceptron-hard", "binary-cross-entropy", "half-squared", "squared")


class Epochs(NamedTuple):
    """What the plain loop did: parameters after each epoch, the start first, and mistakes of each epoch."""

    path: Any
    mistakes: list[int]


def plain_perceptron(X: Any, y: Any, w: Any, eta: float, rng: np.random.Generator, epochs: int) -> Epochs:
    """The rule in plain loops, over labels of -1 and +1; it ends after an epoch without a mistake."""
    weights = [float(number) for number in w]
    path, mistakes = [list(weights)], []
    for order in itertools.islice(row_orders(rng, len(X)), epochs):
        wrong = 0
        for row in order:
            x = [*(float(number) for number in X[row]), 1.0]
            z = sum(weight * number for weight, number in zip(weights, x, strict=True))
            said = 1.0 if z >= 0 else -1.0
            wrong += said != y[row]
            weights = [
                weight + eta * (y[row] - said) * number for weight, number in zip(weights, x, strict=True)
            ]
        path.append(list(weights))
        mistakes.append(wrong)
        if not wrong:
            break
    return Epochs(np.array(path), mistakes)


@functools.cache
def setosa() -> harness.Problem:
    return harness.problems.load("setosa")


def train(
    problem: harness.Problem, epochs: int, w: Any, eta: float, stretches: int = 1, seed: int = 0
) -> Watcher:
    objective = problem.objective(seed=seed)
    looks = [stretches] * -(-epochs // stretches)
    return watch(PerceptronRule(learning_rate=eta), objective, w, looks)


# The rule


@pytest.mark.parametrize("seed", range(4))
def test_the_rule_equals_a_plain_loop_on_setosa(seed: int) -> None:
    X, Y, _, _ = setosa().data(seed)
    for eta in (0.1, 0.37):
        rng = setosa().objective(seed=seed).row_order()
        start = 5 * setosa().start(seed)
        expected = plain_perceptron(X, Y[:, 0], start, eta, rng, 50)
        found = train(setosa(), 50, start, eta, seed=seed)
        assert len(expected.mistakes) > 1
        assert expected.mistakes[-1] == 0
        assert found.path.shape == expected.path.shape
        np.testing.assert_allclose(found.path, expected.path, rtol=1e-12, atol=1e-12)


@given(
    st.integers(2, 40),
    st.integers(1, 4),
    st.integers(0, 10**6),
    st.booleans(),
    st.sampled_from([0.25, 1.0, 8.0]),
)
@settings(max_examples=40)
def test_the_rule_equals_a_plain_loop_bit_for_bit_where_sums_are_exact(
    rows: int, features: int, seed: int, separable: bool, eta: float
) -> None:
    X, y = whole_numbers(rows, features, seed, separable)
    problem = own(X, y)
    start = np.random.default_rng(seed).integers(-3, 4, features + 1).astype(np.float64)
    expected = plain_perceptron(X, y, start, eta, problem.objective().row_order(), 30)
    found = train(problem, 30, start, eta)
    assert found.path.tobytes() == expected.path.tobytes()


@pytest.mark.parametrize("separable", [True, False])
def test_mistakes_of_each_epoch_equal_those_of_a_plain_loop(separable: bool) -> None:
    """A tiny feature with the sign of the label adds the same to its weight at each mistake."""
    rng = np.random.default_rng(4)
    X = rng.normal(size=(300, 3))
    y = np.where(X @ [1.0, -0.5, 0.7] > 0.1, 1, -1) if separable else rng.choice([-1, 1], 300)
    tally, eta = 2.0**-30, 0.5
    X = np.column_stack([X, tally * y])
    problem = own(X, y)
    expected = plain_perceptron(X, y, np.zeros(5), eta, problem.objective().row_order(), 12)
    found = train(problem, 12, np.zeros(5), eta)
    assert len(expected.mistakes) > 3
    assert (np.diff(found.path[:, 3]) / (2 * eta * tally)).tolist() == expected.mistakes
    assert found.objective.mistakes == sum(expected.mistakes)


def test_looking_elsewhere_gives_the_same_bits() -> None:
    X, y = whole_numbers(40, 3, 9, separable=False)
    X = X / 7
    ends = [train(own(X, y), 30, np.full(4, 0.3), 0.11, stretches).seen[-1] for stretches in (1, 2, 5, 30)]
    assert len({look.w.tobytes() for look in ends}) == 1
    assert len({look.counters for look in ends}) == 1


@pytest.mark.parametrize("seed", range(3))
def test_the_rule_is_descent_by_patterns_on_the_soft_cost_with_twice_the_step(seed: int) -> None:
    eta, start = 0.1, 5 * setosa().start(seed)
    rule = train(setosa(), 40, start, eta, seed=seed)
    epochs, rows = rule.iterations, setosa().objective(seed=seed).rows
    assert epochs > 1
    descent = optimizers.GradientDescent(batch=1, learning_rate=2 * eta)
    patterns = watch(descent, setosa().objective(seed=seed), start, [rows] * epochs)
    np.testing.assert_allclose(rule.path, patterns.path, rtol=1e-12, atol=1e-12)
    assert np.abs(np.diff(rule.path, axis=0)).max() > 0.1
    assert rule.objective.cost == pytest.approx(patterns.objective.cost, rel=1e-12)


def test_the_learning_rate_only_scales_what_starts_at_zero() -> None:
    X, y = whole_numbers(30, 3, 2)
    paths = [train(own(X, y), 20, np.zeros(4), eta).path for eta in (0.5, 1.0, 4.0)]
    assert (paths[0] * 2).tolist() == paths[1].tolist()
    assert (paths[1] * 4).tolist() == paths[2].tolist()


# Starts, ends and ties


def test_at_zero_the_step_says_plus_one_so_that_the_first_mistake_is_a_minus() -> None:
    X, y = np.array([[1.0], [2.0], [3.0]]), np.array([1, -1, 1])
    # Every row has z = 0: those of +1 are right, and the one of -1 is corrected with its own x.
    problem = own(X, y)
    order = next(row_orders(problem.objective().row_order(), 3)).tolist()
    found = train(problem, 1, np.zeros(2), 1.0).path[-1]
    w = np.zeros(2)
    for row in order:
        said = 1 if w @ [X[row, 0], 1.0] >= 0 else -1
        w += (y[row] - said) * np.array([X[row, 0], 1.0])
    assert found.tolist() == w.tolist()
    lone = train(own(X[:2], y[:2]), 1, np.zeros(2), 1.0).path[-1]
    assert lone.tolist() != [0.0, 0.0]


def test_nothing_is_corrected_where_every_tie_says_plus_one_rightly() -> None:
    # z is 0 on the row of +1 and -1 on the row of -1.
    problem = own(np.array([[0.0], [-1.0]]), np.array([1, -1]))
    w = np.array([1.0, 0.0])
    best = optimizers.minimize(problem.objective(), w, PerceptronRule(), 50)
    assert best.w.tolist() == w.tolist()
    assert (best.iterations, best.outcome.name, best.loss) == (1, "stalled", 0.0)


def test_at_zero_the_soft_cost_is_zero_and_yet_the_rule_goes_on() -> None:
    """The soft cost of w = 0 is 0, its least; without a target the rule still separates the classes."""
    objective = setosa().objective()
    assert objective.peek(np.zeros(objective.size)) == 0.0
    best = train(setosa(), 50, np.zeros(objective.size), 0.1)
    X, Y, _, _ = setosa().data()
    said = np.where(X @ best.seen[-1].w[:-1] + best.seen[-1].w[-1] >= 0, 1, -1)
    assert (said == Y[:, 0]).all()
    assert best.iterations > 1


def test_the_rule_stalls_after_an_epoch_without_a_mistake() -> None:
    X, Y, _, _ = setosa().data()
    expected = plain_perceptron(X, Y[:, 0], 5 * setosa().start(), 0.1, setosa().objective().row_order(), 500)
    best = optimizers.minimize(setosa().objective(), 5 * setosa().start(), PerceptronRule(), 5000)
    assert best.outcome.name == "stalled"
    assert best.outcome.sentence.startswith(f"epoch {len(expected.mistakes)} had no mistake")
    assert best.iterations == len(expected.mistakes)
    assert best.cost == 2.0 * best.iterations
    assert best.loss == 0.0


def test_with_a_target_the_rule_is_solved_and_not_stalled() -> None:
    best = optimizers.minimize(setosa().objective(), 5 * setosa().start(), PerceptronRule(), 5000, target=0.0)
    assert best.outcome.name == "solved"
    assert best.loss == 0.0


def test_a_stop_in_the_epoch_without_a_mistake_is_the_observers() -> None:
    X, Y, _, _ = setosa().data()
    start = 5 * setosa().start()
    last = len(plain_perceptron(X, Y[:, 0], start, 0.1, setosa().objective().row_order(), 500).mistakes)
    assert train(setosa(), last, start, 0.1).outcome is None
    after = train(setosa(), last + 1, start, 0.1)
    assert after.outcome is not None
    assert after.outcome.name == "stalled"
    assert after.iterations == last


def test_an_epoch_without_a_mistake_is_the_last_whatever_was_allowed() -> None:
    X, Y, _, _ = setosa().data()
    start = 5 * setosa().start()
    expected = plain_perceptron(X, Y[:, 0], start, 0.1, setosa().objective().row_order(), 500)
    once = train(setosa(), 2000, start, 0.1, stretches=1000)
    assert once.iterations == len(expected.mistakes) < 1000
    assert once.objective.cost == 2.0 * once.iterations
    assert once.outcome is not None
    assert once.outcome.sentence.startswith(f"epoch {once.iterations} had no mistake")


@pytest.mark.parametrize("budget", [Budget(cost=61), Budget(iterations=30)])
def test_on_classes_that_no_cut_separates_the_rule_runs_to_its_budget(budget: Budget) -> None:
    problem = own(np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0]))
    best = optimizers.minimize(problem.objective(), np.zeros(3), PerceptronRule(), budget)
    assert best.outcome.name == "budget"
    assert best.iterations == 30
    assert best.cost == 60 + 1


# Novikoff


def margin(X: Any, y: Any) -> float:
    """The widest margin of a cut through the origin, with the input 1 for the bias.

    The shortest u with ``signed @ u >= 1``, by Lawson and Hanson's least distance programming.
    """
    signed = y[:, None] * np.column_stack([X, np.ones(len(X))])
    table, right = np.vstack([signed.T, np.ones(len(X))]), np.array([0.0, 0.0, 0.0, 1.0])
    residual = table @ nnls(table, right)[0] - right
    u = -residual[:-1] / residual[-1]
    assert (signed @ u).min() == pytest.approx(1.0)
    return float(1 / np.linalg.norm(u))


@pytest.mark.parametrize("seed", range(8))
def test_mistakes_from_zero_keep_to_novikoffs_bound(seed: int) -> None:
    X, y = whole_numbers(12, 2, 100 + seed)
    X = X / 6
    bound = (np.square(X).sum(axis=1).max() + 1) / margin(X, y) ** 2
    tally, eta = 2.0**-40, 0.5
    problem = own(np.column_stack([X, tally * y]), y)
    watcher = train(problem, int(bound) + 2, np.zeros(4), eta)
    assert watcher.outcome is not None, (
        "an epoch without a mistake comes before there are more than the bound"
    )
    mistakes = watcher.seen[-1].w[2] / (2 * eta * tally)
    assert mistakes == watcher.objective.mistakes
    assert 1 <= mistakes <= bound


# Whatever the loss


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("separable", [True, False])
def test_the_rule_takes_the_same_steps_whatever_the_loss(loss: str, separable: bool) -> None:
    X, y = whole_numbers(30, 3, 3, separable)
    problem = own(X, (y + 1) // 2, loss)
    expected = plain_perceptron(X, y, np.zeros(4), 0.5, problem.objective().row_order(), 15)
    assert train(problem, 15, np.zeros(4), 0.5).path.tobytes() == expected.path.tobytes()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("source", known_sources())
def test_an_epoch_costs_a_pass_forward_and_one_for_the_weights_whatever_the_loss(
    loss: str, source: str
) -> None:
    X, y = whole_numbers(30, 3, 3, separable=False)
    objective = own(X, (y + 1) // 2, loss).objective(source)
    assert PerceptronRule().iteration_cost(objective) == 2.0
    watcher = watch(PerceptronRule(), objective, np.zeros(4), [1, 4, 2])
    assert [look.cost for look in watcher.seen] == [0.0, 2.0, 10.0, 14.0]


@pytest.mark.parametrize("loss", LOSSES)
def test_a_budget_of_cost_ends_the_rule_whatever_the_loss(loss: str) -> None:
    X, y = whole_numbers(30, 3, 3, separable=False)
    objective = own(X, (y + 1) // 2, loss).objective()
    watcher = watch(PerceptronRule(), objective, np.zeros(4), [5])
    assert watcher.objective.cost > 0, "a search that costs nothing would never use up its budget"
    best = optimizers.minimize(own(X, (y + 1) // 2, loss).objective(), np.zeros(4), PerceptronRule(), 40)
    # One is kept back for the loss of the last weights.
    assert (best.iterations, best.cost, best.outcome.name) == (19, 39.0, "budget")


def test_labels_of_zero_and_one_are_learnt_under_cross_entropy() -> None:
    X, Y, _, _ = setosa().data()
    problem = own(X, (Y[:, 0] > 0).astype(int), "binary-cross-entropy")
    best = optimizers.minimize(problem.objective(), problem.start(), PerceptronRule(learning_rate=1.0), 500)
    assert best.outcome.name == "stalled"
    assert problem.measures()(best.w[None])[0].train_accuracy == 1.0


# Refusals


def test_a_hidden_layer_is_refused_with_the_reason() -> None:
    xor = harness.problems.load("xor")
    with pytest.raises(InputError, match="does not train hidden layers") as caught:
        optimizers.minimize(xor.objective(), xor.start(), PerceptronRule(), 10)
    assert str(caught.value).startswith("perceptron-rule cannot minimise this: ")
    assert ": take a problem with one layer" in str(caught.value)


def test_more_than_two_classes_and_plain_functions_are_refused() -> None:
    iris = harness.problems.load("iris", hidden=())
    one = harness.Problem.from_arrays(
        np.arange(6.0)[:, None], np.arange(6.0), hidden=(), loss="half-squared", test_fraction=0
    )
    for objective in (iris.objective(), one.objective(), FunctionObjective(lambda w: 0.0, 3)):
        reason = PerceptronRule().refusal(objective)
        assert reason is not None
        assert "one output unit on two classes" in reason
