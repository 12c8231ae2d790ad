"""The example of scikit-learn computed again, held against scikit-learn itself."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import MinMaxScaler

from harness.network.layout import layer_views
from harness.problems import load
from harness.problems.problem import Problem
from harness.studies.sklearn_mlp_curves import recomputed
from harness.studies.sklearn_mlp_curves.falling import FALLING, falling_losses
from harness.studies.sklearn_mlp_curves.recomputed import CASES, ended, losses_of, our_optimizer, start_of
from optimizers.objective import Array

EPOCHS = 60


def problem_of(name: str) -> Problem:
    found = load(f"min-max:of={name}")
    assert isinstance(found, Problem)
    return found


@functools.cache
def fitted(case: str, epochs: int) -> Any:
    X, y = load_iris(return_X_y=True)
    options = {"solver": "sgd", "learning_rate_init": 0.2, **CASES[case]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MLPClassifier(random_state=0, max_iter=epochs, n_iter_no_change=10**6, **options)
        return model.fit(MinMaxScaler().fit_transform(X), y)


@pytest.mark.parametrize(("name", "read"), [("iris", load_iris), ("digits", load_digits)])
def test_columns_are_scaled_as_scikit_learn_does(name: str, read: Any) -> None:
    X, Y, _, _ = problem_of(name).data(0)
    expected, labels = read(return_X_y=True)
    np.testing.assert_allclose(X, MinMaxScaler().fit_transform(expected), atol=1e-15)
    assert np.argmax(Y, axis=1).tolist() == labels.tolist()


@pytest.mark.parametrize("case", ["constant", "momentum", "Nesterov"])
def test_losses_are_those_of_scikit_learn_epoch_by_epoch(case: str) -> None:
    curve, _ = losses_of(problem_of("iris"), our_optimizer("iris", case), EPOCHS)
    np.testing.assert_allclose(curve, fitted(case, EPOCHS).loss_curve_, rtol=1e-5)


@pytest.mark.parametrize(("case", "off"), [("Adam", 1e-3), ("inverse scaling", 0.12)])
def test_what_is_done_otherwise_makes_little_difference(case: str, off: float) -> None:
    curve, _ = losses_of(problem_of("iris"), our_optimizer("iris", case), EPOCHS)
    np.testing.assert_allclose(curve, fitted(case, EPOCHS).loss_curve_, rtol=off)


@pytest.mark.parametrize("case", FALLING)
def test_a_falling_rate_can_be_had_as_scikit_learn_has_it(case: str) -> None:
    """With its long first step, and momentum that remembers steps."""
    curve = falling_losses(problem_of("iris"), case, EPOCHS, long=True, steps=True)
    np.testing.assert_allclose(curve, fitted(case, EPOCHS).loss_curve_, rtol=1e-9)


@pytest.mark.parametrize("case", FALLING)
def test_a_falling_rate_computed_step_by_step_is_that_of_our_optimizers(case: str) -> None:
    """But for biases, which the weight decay of ours pulls at too."""
    curve = falling_losses(problem_of("iris"), case, EPOCHS, long=False, steps=False)
    ours, _ = losses_of(problem_of("iris"), our_optimizer("iris", case), EPOCHS)
    np.testing.assert_allclose(curve, ours, rtol=1e-5)


def test_the_loss_of_given_parameters_is_scikit_learns_with_its_penalty() -> None:
    """By its probabilities and its metric: cross-entropy, and alpha / (2 m) of the squared weights."""
    model, problem = fitted("momentum", EPOCHS), problem_of("iris")
    w = packed(problem, model.coefs_, model.intercepts_)
    X, _, _, _ = problem.data(0)
    labels = load_iris(return_X_y=True)[1]
    expected = log_loss(labels, model.predict_proba(X))
    expected += 1e-4 / (2 * 150) * sum(float(np.sum(weights**2)) for weights in model.coefs_)
    found = problem.objective().peek(w) + recomputed.penalty(w, problem.network.sizes, 150)
    assert found == pytest.approx(expected, rel=1e-12)


def test_the_start_is_that_of_scikit_learn() -> None:
    """Which a step of no length leaves where it is."""
    X, y = load_iris(return_X_y=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MLPClassifier(random_state=0, max_iter=1, solver="sgd", learning_rate_init=1e-300)
        model.fit(MinMaxScaler().fit_transform(X), y)
    problem = problem_of("iris")
    start = start_of(problem.network.sizes)
    np.testing.assert_allclose(start, packed(problem, model.coefs_, model.intercepts_), rtol=1e-12)


@pytest.mark.parametrize("case", ["constant", "momentum", "Nesterov", "Adam"])
def test_it_ends_where_scikit_learn_ends(case: str) -> None:
    """By the rule alone, on the losses that scikit-learn had."""
    X, y = load_iris(return_X_y=True)
    options = {"solver": "sgd", "learning_rate_init": 0.2, **CASES[case]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MLPClassifier(random_state=0, max_iter=400, **options).fit(MinMaxScaler().fit_transform(X), y)
    assert ended(np.array(model.loss_curve_)) == model.n_iter_


def packed(problem: Problem, coefs: list[Array], intercepts: list[Array]) -> Array:
    w = start_of(problem.network.sizes)
    for layer, weights, biases in zip(layer_views(w, problem.network.sizes), coefs, intercepts, strict=True):
        layer.weights[:], layer.biases[:] = weights.T, biases
    return w
