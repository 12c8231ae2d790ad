"""Layout of the parameters, cost of a gradient, starts, and predictions against NumPy and scikit-learn."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest
from cases import every_network, label, make_case
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import forward, layer_parameters, relative_difference, sums_and_outputs

from harness.network.initializers import INITIALIZERS
from harness.network.layout import gradient_cost, layer_views, parameter_count
from harness.network.network import Network

layer_sizes = st.lists(st.integers(1, 6), min_size=2, max_size=5).map(tuple)


@given(layer_sizes)
def test_parameter_count_is_the_number_of_weights_and_biases(sizes: tuple[int, ...]) -> None:
    layers = layer_parameters(range(parameter_count(sizes)), sizes)
    counted = sum(len(biases) + sum(map(len, weights)) for weights, biases in layers)
    assert parameter_count(sizes) == counted


@given(layer_sizes)
def test_layers_are_views_that_hold_weights_unit_by_unit_and_then_biases(sizes: tuple[int, ...]) -> None:
    w = np.arange(float(parameter_count(sizes)))
    expected = layer_parameters(w.tolist(), sizes)
    for layer, (weights, biases) in zip(layer_views(w, sizes), expected, strict=True):
        assert layer.weights.tolist() == weights
        assert layer.biases.tolist() == biases
        assert np.shares_memory(layer.weights, w)
        assert np.shares_memory(layer.biases, w)
        layer.weights[...] = -1.0
        layer.biases[...] = -1.0
    assert (w == -1.0).all(), "every number of the vector belongs to a layer"


class Counter:
    """Multiplies, and counts how often."""

    def __init__(self) -> None:
        self.count = 0

    def times(self, a: float, b: float) -> float:
        self.count += 1
        return a * b


def textbook_gradient(network: Network, w: Any, x: Any, y: Any, counter: Counter) -> list[float]:
    """Backpropagation for one row of a tanh network with identity output and half squared loss.

    The counter counts each product with a weight, and each product that makes the derivative by a weight.
    """
    layers = layer_parameters(w, network.sizes)
    levels = [list(x)]
    for index, (weights, biases) in enumerate(layers):
        sums = [
            bias + sum(counter.times(weight, a) for weight, a in zip(unit, levels[-1], strict=True))
            for unit, bias in zip(weights, biases, strict=True)
        ]
        levels.append(sums if index == len(layers) - 1 else np.tanh(sums).tolist())
    delta = [output - target for output, target in zip(levels[-1], y, strict=True)]
    gradient: list[float] = []
    for index in range(len(layers) - 1, -1, -1):
        weights, below = layers[index][0], levels[index]
        gradient = [counter.times(d, a) for d in delta for a in below] + delta + gradient
        if index:
            carried = [
                sum(counter.times(weights[k][i], d) for k, d in enumerate(delta)) for i in range(len(below))
            ]
            delta = [d * (1 - a * a) for d, a in zip(carried, below, strict=True)]
    return gradient


@settings(max_examples=50)
@given(layer_sizes)
def test_gradient_cost_is_what_a_literal_backpropagation_counts(sizes: tuple[int, ...]) -> None:
    network = Network(sizes=sizes, activation="tanh", loss="half-squared")
    case = make_case(network, rows=1)
    both = Counter()
    gradient = textbook_gradient(network, case.w.tolist(), case.X[0], case.Y[0], both)
    passed_forward = sum(ins * outs for ins, outs in itertools.pairwise(sizes))
    objective = case.objective()
    assert relative_difference(objective.value_and_gradient(case.w)[1], gradient) < 1e-12
    assert gradient_cost(sizes) == pytest.approx(both.count / passed_forward, rel=1e-15)
    assert objective.gradient.cost == network.gradient_cost == gradient_cost(sizes)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_start_is_finite_and_repeats_with_its_seed_only(name: str) -> None:
    network = Network(sizes=(7, 5, 3), initializer=name)
    one, again, other = (network.start(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one.shape == (network.size,)
    assert one.dtype == np.float64
    assert np.isfinite(one).all()
    assert one.tobytes() == again.tobytes()
    assert np.array_equal(one, other) == (name == "zeros")


def assert_moments(weights: Any, variance: float) -> None:
    """Mean 0 and a variance, each within five standard errors."""
    count = weights.size
    assert abs(weights.mean()) < 5 * np.sqrt(variance / count)
    # The variance of a sample variance is at most that of a normal sample, 2 sigma^4 / n.
    assert abs(weights.var() - variance) < 5 * variance * np.sqrt(2 / count)


def test_uniform_draws_weights_and_biases_between_minus_and_plus_one_half() -> None:
    w = Network(sizes=(200, 100, 50), initializer="uniform").start(np.random.default_rng(0))
    assert np.abs(w).max() <= 0.5
    assert np.abs(w).max() > 0.499
    assert_moments(w, 1 / 12)


def test_glorot_draws_weights_within_its_bound_and_no_biases() -> None:
    network = Network(sizes=(200, 100, 50), initializer="glorot")
    for weights, biases in network.layers(network.start(np.random.default_rng(0))):
        bound = np.sqrt(6 / sum(weights.shape))
        assert np.abs(weights).max() <= bound
        assert np.abs(weights).max() > 0.99 * bound
        assert_moments(weights, bound**2 / 3)
        assert not biases.any()


def test_he_draws_weights_of_variance_two_over_the_units_below_and_no_biases() -> None:
    network = Network(sizes=(200, 100, 50), initializer="he")
    for weights, biases in network.layers(network.start(np.random.default_rng(0))):
        assert_moments(weights, 2 / weights.shape[1])
        assert np.abs(weights).max() > 3 * np.sqrt(2 / weights.shape[1]), "a normal distribution has tails"
        assert not biases.any()


@pytest.mark.parametrize("network", list(every_network((6, 4), 5, pairs=False)), ids=label)
def test_predictions_equal_a_plain_forward_pass(network: Network) -> None:
    case = make_case(network, rows=9)
    found = network.predict(case.w, case.X)
    _, expected = sums_and_outputs(network, case.w, case.X)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)
    loops = forward(network, case.w.tolist(), case.X[3])[-1]
    np.testing.assert_allclose(found[3], loops, rtol=1e-12, atol=1e-14)


def test_predictions_do_not_change_their_arguments() -> None:
    case = make_case(Network(sizes=(5, 3, 2), activation="relu"), rows=4)
    w, X = case.w.copy(), case.X.copy()
    case.network.predict(w, X)
    assert w.tobytes() == case.w.tobytes()
    assert X.tobytes() == case.X.tobytes()


def copied(model: Any, network: Network) -> Any:
    """The fitted weights of a scikit-learn network in our layout."""
    w = np.empty(network.size)
    for layer, weights, biases in zip(network.layers(w), model.coefs_, model.intercepts_, strict=True):
        layer.weights[...] = weights.T
        layer.biases[...] = biases
    return w


def fitted(model: Any, X: Any, y: Any) -> Any:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


HIDDEN_IN_SCIKIT_LEARN = {"logistic": "sigmoid", "tanh": "tanh", "relu": "relu", "identity": "identity"}


@pytest.mark.parametrize("data", ["iris", "digits"])
@pytest.mark.parametrize("hidden", HIDDEN_IN_SCIKIT_LEARN)
def test_class_probabilities_equal_those_of_scikit_learn(hidden: str, data: str) -> None:
    from sklearn import datasets
    from sklearn.neural_network import MLPClassifier

    X, y = getattr(datasets, f"load_{data}")(return_X_y=True)
    classifier = MLPClassifier(hidden_layer_sizes=(7, 5), activation=hidden, max_iter=5, random_state=0)
    model = fitted(classifier, X, y)
    network = Network(
        sizes=(X.shape[1], 7, 5, len(model.classes_)),
        activation=HIDDEN_IN_SCIKIT_LEARN[hidden],
        loss="categorical-cross-entropy",
    )
    found = network.predict(copied(model, network), X)
    np.testing.assert_allclose(found, model.predict_proba(X), rtol=1e-10, atol=1e-14)
    assert (model.classes_[found.argmax(axis=1)] == model.predict(X)).all()


def test_the_probability_of_one_of_two_classes_equals_that_of_scikit_learn() -> None:
    from sklearn import datasets
    from sklearn.neural_network import MLPClassifier

    X, y = datasets.load_iris(return_X_y=True)
    classifier = MLPClassifier(hidden_layer_sizes=(6,), activation="tanh", max_iter=20, random_state=0)
    model = fitted(classifier, X, y == 2)
    network = Network(sizes=(4, 6, 1), activation="tanh", loss="binary-cross-entropy")
    found = network.predict(copied(model, network), X)
    np.testing.assert_allclose(found[:, 0], model.predict_proba(X)[:, 1], rtol=1e-10)


@pytest.mark.parametrize("hidden", HIDDEN_IN_SCIKIT_LEARN)
def test_predicted_numbers_equal_those_of_scikit_learn(hidden: str) -> None:
    from sklearn import datasets
    from sklearn.neural_network import MLPRegressor

    X, y = datasets.load_iris(return_X_y=True)
    numbers = np.column_stack([y, X[:, 3]])
    regressor = MLPRegressor(hidden_layer_sizes=(8,), activation=hidden, max_iter=20, random_state=0)
    model = fitted(regressor, X[:, :3], numbers)
    network = Network(sizes=(3, 8, 2), activation=HIDDEN_IN_SCIKIT_LEARN[hidden], loss="half-squared")
    found = network.predict(copied(model, network), X[:, :3])
    np.testing.assert_allclose(found, model.predict(X[:, :3]), rtol=1e-10, atol=1e-12)
