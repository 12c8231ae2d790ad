"""The relatives of the perceptron rule against plain loops, scikit-learn and what is proved of them."""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from single_layers import own, rows_right, turns, whole_numbers
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import Perceptron
from watching import Watcher, row_orders, watch

import harness
import optimizers
from harness.analysis.perceptron_bound import widest_margin
from optimizers import Budget, FunctionObjective, Optimizer
from optimizers.capabilities.single_layer import UnitRows
from optimizers.perceptron.fisher import discriminant

FAMILY = [
    "perceptron-rule",
    "margin-perceptron",
    "averaged-perceptron",
    "pocket-perceptron",
    "scikit-learn-perceptron",
    "fisher-discriminant",
]
by_seed = pytest.mark.parametrize("seed", range(4))
either = pytest.mark.parametrize("separable", [True, False])


def build(name: str, **options: Any) -> Optimizer:
    return optimizers.build_optimizer({"name": name, **options})


def searched(optimizer: Optimizer, X: Any, y: Any, allowances: list[int], w: Any = None) -> Watcher:
    """Search on one layer, from zero where no start is given."""
    objective = own(X, y).objective()
    return watch(optimizer, objective, np.zeros(objective.size) if w is None else w, allowances)


def epochs_of(path: list[Any], rows: int) -> Any:
    """What was there after the last turn of each epoch."""
    return np.array(path[rows - 1 :: rows])


def orders(X: Any, y: Any) -> np.random.Generator:
    return own(X, y).objective().row_order()


# Margin


@by_seed
@either
@pytest.mark.parametrize("margin", [0.0, 1.0, 7.5])
def test_the_margin_perceptron_equals_a_plain_loop_bit_for_bit(
    seed: int, separable: bool, margin: float
) -> None:
    X, y = whole_numbers(20, 3, seed, separable)
    found = searched(build("margin-perceptron", margin=margin, learning_rate=0.25), X, y, [1] * 12)
    steps = list(turns(X, y, np.zeros(4), 0.25, orders(X, y), found.iterations, margin))
    expected = epochs_of([w for w, _ in steps], 20)
    assert found.path[1:].tobytes() == expected.tobytes()
    assert found.objective.mistakes == sum(wrong for _, wrong in steps)
    assert found.objective.cost == 2.0 * found.iterations


@given(st.integers(2, 25), st.integers(1, 3), st.integers(0, 10**6), st.floats(0, 20), st.floats(0.01, 5))
@settings(max_examples=40)
def test_the_margin_perceptron_ends_outside_its_margin_and_keeps_to_its_bounds(
    rows: int, features: int, seed: int, margin: float, eta: float
) -> None:
    X, y = whole_numbers(rows, features, seed)
    gamma = widest_margin(X, y)
    assume(gamma > 0.03)
    found = searched(build("margin-perceptron", margin=margin, learning_rate=eta), X, y, [10**6, 1])
    assert found.outcome is not None
    assert found.outcome.name == "stalled"
    w, signed = found.seen[-1].w, y[:, None] * np.column_stack([X, np.ones(rows)])
    longest = math.sqrt(np.square(signed).sum(axis=1).max())
    # What is a hair above the margin in one order of additions may be a hair below it in another.
    assert (signed @ w > margin - 1e-12 * (margin + longest * np.linalg.norm(w))).all()
    assert found.objective.mistakes <= (longest**2 + margin / eta) / gamma**2
    reached = (signed @ w).min() / np.linalg.norm(w)
    bound = gamma * margin / (2 * margin + 2 * eta * longest**2)
    assert reached >= bound * (1 - 1e-9) - 1e-12 * longest


def test_a_margin_far_above_the_learning_rate_finds_more_than_half_of_the_widest() -> None:
    layer = own(*whole_numbers(30, 2, 5)).objective().single_layer
    X, y = layer.X, layer.y
    gamma, found = widest_margin(X, y), []
    for margin in (0.0, 0.1, 100.0):
        w = (
            searched(build("margin-perceptron", margin=margin, learning_rate=0.01), X, y, [10**6, 1])
            .seen[-1]
            .w
        )
        found.append((y * (X @ w[:-1] + w[-1])).min() / np.linalg.norm(w) / gamma)
    assert found[2] > 0.5
    assert found[2] > max(found[:2])
    assert max(found) <= 1 + 1e-12


# Beside scikit-learn


def partial_fits(X: Any, y: Any, eta0: float, epochs: int) -> Any:
    """scikit-learn's weights after each epoch, by the other one of its two doors, from zero."""
    library = Perceptron(eta0=eta0, shuffle=False, random_state=0)
    path = []
    for order in itertools.islice(row_orders(orders(X, y), len(X)), epochs):
        library.partial_fit(X[order], y[order], classes=[-1, 1])
        path.append(np.append(library.coef_, library.intercept_))
    return np.array(path)


@by_seed
@either
def test_a_margin_of_zero_takes_the_steps_of_scikit_learn_with_half_its_rate(
    seed: int, separable: bool
) -> None:
    X, y = whole_numbers(25, 3, seed, separable)
    ours = searched(build("margin-perceptron", margin=0.0, learning_rate=0.25), X, y, [1] * 15)
    assert ours.path[1:].tobytes() == partial_fits(X, y, 0.5, ours.iterations).tobytes()


@by_seed
@either
def test_the_library_as_an_optimizer_has_the_same_start_order_and_steps(seed: int, separable: bool) -> None:
    X, y = whole_numbers(25, 3, seed, separable)
    start = np.array([1.0, -2.0, 0.5, 3.0])
    ours, library = (
        searched(build(name, learning_rate=0.25, **options), X, y, [1, 2, 5, 8], start)
        for name, options in (("margin-perceptron", {"margin": 0.0}), ("scikit-learn-perceptron", {}))
    )
    assert ours.path.tobytes() == library.path.tobytes()
    assert ours.objective.cost == library.objective.cost == 2.0 * ours.iterations
    assert (ours.outcome and ours.outcome.name) == (library.outcome and library.outcome.name)
    assert library.objective.mistakes is None, "it does not tell them"


@pytest.mark.parametrize("seed", range(30))
def test_the_rule_differs_from_scikit_learn_in_ties_only(seed: int) -> None:
    """At z = 0 our step says +1; the library corrects a row of either class."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(20, 3)), rng.choice([-1, 1], 20)
    first = next(row_orders(orders(X, y), 20))[0]
    ours = searched(build("perceptron-rule", learning_rate=0.1), X, y, [1] * 10).path[1:]
    library = partial_fits(X, y, 0.2, 10)
    # From zero the first row is a tie, and there is no other one.
    if y[first] == -1:
        np.testing.assert_allclose(ours, library, rtol=1e-11, atol=1e-13)
    else:
        assert np.abs(ours[0] - library[0]).max() > 1e-3


def test_a_tie_of_plus_one_is_right_for_the_rule_and_wrong_for_the_library() -> None:
    X, y = np.array([[2.0], [-1.0]]), np.array([1, -1])
    w = np.array([1.0, -2.0])  # z = 0 on the row of +1, and -3 on that of -1.
    assert searched(build("perceptron-rule"), X, y, [3, 1], w).seen[-1].w.tolist() == w.tolist()
    for name, options in (("scikit-learn-perceptron", {}), ("margin-perceptron", {"margin": 0.0})):
        assert searched(build(name, **options), X, y, [1], w).seen[-1].w.tolist() == [1.4, -1.8]


# Average


@by_seed
@either
@pytest.mark.parametrize("allowances", [[1] * 9, [2, 7], [9]])
def test_the_averaged_perceptron_is_the_mean_over_all_turns(
    seed: int, separable: bool, allowances: list[int]
) -> None:
    X, y = whole_numbers(15, 2, seed, separable)
    X = X / 7
    start = np.array([0.3, -0.1, 0.7])
    found = searched(build("averaged-perceptron"), X, y, allowances, start)
    steps = list(turns(X, y, start, 0.1, orders(X, y), 9))
    path = np.array([w for w, _ in steps])
    means = path.cumsum(axis=0) / np.arange(1, len(path) + 1)[:, None]
    expected = means[15 * np.cumsum(allowances) - 1]
    assert found.outcome is None, "an average moves on without mistakes"
    np.testing.assert_allclose(found.path[1:], expected, rtol=1e-12, atol=1e-13)
    assert found.objective.mistakes == sum(wrong for _, wrong in steps)
    assert found.objective.cost == 3.0 * 9


def test_the_average_settles_where_the_rule_jumps() -> None:
    pair = harness.problems.load("iris-pair:one=versicolor,other=virginica")
    ends = {}
    for name in ("perceptron-rule", "averaged-perceptron"):
        watcher = watch(build(name), pair.objective(), pair.start(), [1] * 300)
        layer = watcher.objective.single_layer
        X, y = layer.X, layer.y
        costs = [rows_right(X, y, w.tolist()) for w in watcher.path[-60:]]
        ends[name] = (np.mean(costs), np.ptp(costs))
    assert ends["averaged-perceptron"][0] > ends["perceptron-rule"][0]
    assert ends["averaged-perceptron"][1] < ends["perceptron-rule"][1]


# Pocket


def plain_pocket(X: Any, y: Any, start: Any, eta: float, iterations: int) -> tuple[Any, list[float]]:
    """Gallant's algorithm in plain loops: the pocket and the cost after each iteration."""
    rows = len(X)
    w = pocket = [float(number) for number in start]
    run, longest, right, checked, kept = 0, -1, -1, False, False
    path, costs, cost, place = [], [], 0.0, 0
    steps = turns(X, y, start, eta, orders(X, y), 10**9)

    def check() -> None:
        nonlocal pocket, longest, right, checked, kept, cost
        cost += 1.0
        checked, found = True, rows_right(X, y, w)
        if found > right:
            pocket, longest, right, kept = w, run, found, True

    while len(path) < iterations and right < rows:
        ended = False
        if run > longest and not checked:
            check()
            ended = True
        while not ended:
            w, wrong = next(steps)
            place, cost = place + 1, cost + 2.0 / rows
            if wrong:
                run, checked, kept = 0, False, False
            else:
                run += 1
                longest = max(longest, run) if kept else longest
            if run > longest and not checked:
                check()
                ended = True
            ended |= place % rows == 0
        path.append(pocket)
        costs.append(cost)
    return np.array(path), costs


@pytest.mark.parametrize("seed", range(6))
@either
def test_the_pocket_equals_plain_loops(seed: int, separable: bool) -> None:
    X, y = whole_numbers(20, 3, seed, separable)
    start = np.random.default_rng(seed).integers(-3, 4, 4).astype(np.float64)
    found = searched(build("pocket-perceptron", learning_rate=0.25), X, y, [1] * 40 + [30], start)
    path, costs = plain_pocket(X, y, start, 0.25, found.iterations)
    assert len(path) == found.iterations
    singles = min(40, found.iterations)
    assert found.path[1 : singles + 1].tobytes() == path[:singles].tobytes()
    assert found.seen[-1].w.tobytes() == path[-1].tobytes()
    np.testing.assert_allclose(
        [look.cost for look in found.seen[1 : singles + 1]], costs[:singles], rtol=1e-12
    )
    assert found.objective.cost == pytest.approx(costs[-1])


@given(st.integers(2, 40), st.integers(1, 3), st.integers(0, 10**6), st.booleans())
@settings(max_examples=30)
def test_the_pocket_never_gets_worse_than_it_was_or_than_the_start(
    rows: int, features: int, seed: int, separable: bool
) -> None:
    X, y = whole_numbers(rows, features, seed, separable)
    start = np.random.default_rng(seed).normal(size=features + 1)
    found = searched(build("pocket-perceptron"), X, y, [1] * 60, start)
    right = [rows_right(X, y, w.tolist()) for w in found.path]
    assert right == sorted(right)
    if found.outcome is not None:
        assert right[-1] == rows
        assert f"all {rows} rows right" in found.outcome.sentence


def test_the_pocket_follows_the_path_of_the_rule_and_ends_when_it_has_every_row() -> None:
    X, y = whole_numbers(30, 3, 1)
    pocket = searched(build("pocket-perceptron"), X, y, [1] * 2000)
    rule = searched(build("perceptron-rule"), X, y, [1] * 2000)
    assert pocket.outcome is not None
    assert pocket.outcome.name == "stalled"
    assert pocket.objective.mistakes == rule.objective.mistakes
    assert pocket.seen[-1].w.tobytes() == rule.seen[-1].w.tobytes()


def test_on_classes_that_no_cut_separates_the_pocket_is_better_than_the_rule() -> None:
    pair = harness.problems.load("iris-pair:one=versicolor,other=virginica,loss=perceptron-hard")
    ends = {
        name: watch(build(name), pair.objective(), pair.start(), [600]).seen[-1].w
        for name in ("perceptron-rule", "pocket-perceptron")
    }
    layer = pair.objective().single_layer
    X, y = layer.X, layer.y
    right = {name: rows_right(X, y, w.tolist()) for name, w in ends.items()}
    assert right["pocket-perceptron"] >= 97
    assert right["pocket-perceptron"] > right["perceptron-rule"]


def test_a_start_that_gets_every_row_right_is_kept_for_the_price_of_its_check() -> None:
    X, y = np.array([[1.0], [-1.0]]), np.array([1, -1])
    found = searched(build("pocket-perceptron"), X, y, [5, 5], np.array([1.0, 0.0]))
    assert (found.iterations, found.objective.cost, found.objective.mistakes) == (1, 1.0, 0)
    assert found.seen[-1].w.tolist() == [1.0, 0.0]


# Fisher


@functools.cache
def layer_of(name: str) -> UnitRows:
    found = harness.problems.load(name).objective().single_layer
    return UnitRows(found.X, found.y)


LAYERS = [
    "setosa",
    "iris-pair",
    "iris-pair:one=versicolor,other=virginica",
    "two-moons:hidden=[]",
    "breast-cancer:hidden=[]",
]


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("solver", ["svd", "lsqr", "eigen"])
def test_fishers_direction_is_that_of_scikit_learn(name: str, solver: str) -> None:
    X, y = layer_of(name)
    library = LinearDiscriminantAnalysis(solver=solver).fit(X, y).coef_[0]
    w = discriminant(layer_of(name))[:-1]
    np.testing.assert_allclose(w / np.linalg.norm(w), library / np.linalg.norm(library), rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", LAYERS)
def test_fishers_weights_and_threshold_are_those_of_the_formula(name: str) -> None:
    X, y = layer_of(name)
    low, high = X[y < 0], X[y > 0]
    pooled = (
        np.cov(low, rowvar=False, ddof=0) * len(low) + np.cov(high, rowvar=False, ddof=0) * len(high)
    ) / (len(X) - 2)
    expected = np.linalg.solve(pooled, high.mean(axis=0) - low.mean(axis=0))
    w = discriminant(layer_of(name))
    np.testing.assert_allclose(w[:-1], expected, rtol=1e-8)
    projected = [X[y == side] @ w[:-1] + w[-1] for side in (-1, 1)]
    assert projected[0].mean() == pytest.approx(-projected[1].mean(), rel=1e-9)
    assert projected[1].mean() > 0


def criterion(X: Any, y: Any, w: Any) -> float:
    low, high = (X[y == side] @ w for side in (-1, 1))
    return float((high.mean() - low.mean()) ** 2 / (low.var() * len(low) + high.var() * len(high)))


@given(st.integers(0, 10**6), st.integers(1, 4))
@settings(max_examples=30)
def test_no_direction_has_a_larger_criterion_than_fishers(seed: int, features: int) -> None:
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(30, features)) * 10.0 ** rng.integers(-4, 5, features), np.repeat([-1.0, 1.0], 15)
    w = discriminant(UnitRows(X, y))[:-1]
    best = criterion(X, y, w)
    for other in rng.normal(size=(20, features)) / X.std(axis=0):
        assert criterion(X, y, other) <= best * (1 + 1e-9)


def test_a_feature_that_says_nothing_has_no_weight_and_one_that_says_all_has_all() -> None:
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(20, 3)), np.repeat([-1.0, 1.0], 10)
    X[:, 1] = 7.0
    constant = discriminant(UnitRows(X, y))
    assert constant[1] == 0.0
    np.testing.assert_allclose(constant[[0, 2, 3]], discriminant(UnitRows(X[:, [0, 2]], y)), rtol=1e-9)
    X[:, 1] = 5.0 + y
    w = discriminant(UnitRows(X, y))
    np.testing.assert_allclose(w / w[1], [0, 1, 0, -5], atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_with_more_features_than_rows_fisher_separates_what_can_be_separated(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(8, 30)), np.repeat([-1.0, 1.0], 4)
    w = discriminant(UnitRows(X, y))
    assert rows_right(X, y, w.tolist()) == 8
    for side in (-1, 1):
        assert np.ptp(X[y == side] @ w[:-1]) < 1e-6 * abs(w[:-1]).max()


def test_fisher_takes_one_iteration_and_its_cost_is_that_of_its_products() -> None:
    setosa = harness.problems.load("setosa")
    objective = setosa.objective()
    price = build("fisher-discriminant").iteration_cost(objective)
    assert price == pytest.approx((105 * (1 + 4) + 4.5 * 16) / 105)
    best = optimizers.minimize(objective, setosa.start(), build("fisher-discriminant"), Budget(iterations=9))
    assert (best.iterations, best.cost, best.outcome.name) == (1, price, "stalled")
    few = setosa.objective()
    best = optimizers.minimize(few, setosa.start(), build("fisher-discriminant"), price * 0.99)
    # The loss of the start is all that it is enough for.
    assert (best.iterations, best.cost, best.outcome.name) == (0, 1.0, "budget")


# What all of them have in common


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("loss", ["binary-cross-entropy", "half-squared", "perceptron-hard"])
def test_steps_and_costs_are_the_same_whatever_the_loss(name: str, loss: str) -> None:
    soft, other = (
        watch(build(name), harness.problems.load(problem).objective(), np.ones(5), [3, 2])
        for problem in ("setosa", f"setosa:loss={loss}")
    )
    assert soft.path.tobytes() == other.path.tobytes()
    assert [look.cost for look in soft.seen] == [look.cost for look in other.seen]


@pytest.mark.parametrize("name", FAMILY)
def test_hidden_layers_more_classes_and_functions_are_refused(name: str) -> None:
    iris = harness.problems.load("iris", hidden=())
    for objective in (
        harness.problems.load("xor").objective(),
        iris.objective(),
        FunctionObjective(lambda w: 0.0, 3),
    ):
        reason = build(name).refusal(objective)
        assert reason is not None
        assert "hidden layers" in reason
        assert "two classes" in reason
        assert ": take a problem with one layer" in reason
    if name != "fisher-discriminant":
        assert reason.startswith("the perceptron rule does not train hidden layers")


def test_mistakes_are_told_by_those_that_correct_them_row_by_row_only() -> None:
    told = set()
    for name in [*FAMILY, "gradient-descent"]:
        objective = harness.problems.load("setosa").objective()
        looks: list[int | None] = []

        def observe(w: Any, objective: Any = objective, looks: Any = looks, **_: Any) -> int:
            looks.append(objective.mistakes)
            return 1 if len(looks) < 3 else 0

        build(name).run(objective, np.ones(5), np.random.default_rng(0), observe)
        if looks[-1] is not None:
            told.add(name)
            assert looks[0] == 0
            assert looks == sorted(looks)
    assert told == {*FAMILY} - {"scikit-learn-perceptron", "fisher-discriminant"}
