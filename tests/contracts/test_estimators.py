"""Every optimizer, whoever wrote it, trains scikit-learn's estimators, or refuses with its own sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from watching import watch

import harness
import optimizers
from harness.estimators import NetworkClassifier, NetworkRegressor
from optimizers import FunctionObjective, InputError
from optimizers.descent.base import Descent
from optimizers.specification import parse

CLASSES = optimizers.known_optimizers()
NAMES = [*CLASSES, *(f"{name}:{text}" for name, found in CLASSES.items() for text in found.variants)]
BUDGET = 60
X = np.random.default_rng(5).normal(size=(12, 2))
LABELS = np.where(X[:, 0] + X[:, 1] > 0, "above", "below")
NUMBERS = np.column_stack([X[:, 0] * X[:, 1], X[:, 0] - 2 * X[:, 1]])

ESTIMATORS = {
    "classifier": (NetworkClassifier(hidden=(2,)), LABELS),
    "unit": (NetworkClassifier(hidden=()), LABELS),
    "regressor": (NetworkRegressor(hidden=(2,)), NUMBERS),
}


def build(name: str) -> optimizers.Optimizer:
    return optimizers.build_optimizer(parse(name))


def problem(kind: str) -> harness.Problem:
    estimator, y = ESTIMATORS[kind]
    loss = "half-squared" if kind == "regressor" else "binary-cross-entropy"
    return harness.Problem.from_arrays(X, y, hidden=estimator.hidden, loss=loss, test_fraction=0)


REFUSALS = {
    (name, kind): build(name).refusal(problem(kind).objective()) for kind in ESTIMATORS for name in NAMES
}


def test_every_optimizer_trains_some_estimator() -> None:
    assert {name for (name, _), reason in REFUSALS.items() if reason is None} == set(NAMES)


@pytest.mark.parametrize(("name", "kind"), REFUSALS)
def test_it_trains_as_a_run_does_or_says_why_not(name: str, kind: str) -> None:
    estimator, y = ESTIMATORS[kind]
    network = clone(estimator).set_params(optimizer=name, budget=BUDGET, random_state=1)
    if REFUSALS[name, kind] is not None:
        with pytest.raises(InputError) as raised:
            network.fit(X, y)
        assert str(raised.value).startswith(f"{parse(name)['name']} cannot train this network: ")
        assert str(REFUSALS[name, kind]) in str(raised.value)
        return
    network.fit(X, y)
    runs = harness.run(problem(kind), name, seeds=[1], budget=BUDGET, executor="serial").runs.iloc[0]
    assert network.model_.w.tobytes() == runs["best_w"].tobytes()
    assert (network.cost_, network.n_iter_) == (runs["cost"], runs["iterations"])
    assert (network.outcome_.name, network.outcome_.sentence) == (runs["outcome"], runs["sentence"])
    assert network.loss_ == runs["best_loss"]
    assert network.predict(X).shape == y.shape
    assert len(network.loss_curve_) == network.n_iter_ + 1


def alone(name: str) -> Any:
    def bowl(w: Any) -> float:
        return float((w[0] - 0.6) ** 2 + 2 * (w[1] + 0.3) ** 2)

    return FunctionObjective(bowl, 2, lambda w: np.array([2.0, 4.0]) * (w - np.array([0.6, -0.3])))


def goes_on_as_if_it_had_not_been_left(name: str) -> bool:
    whole = watch(build(name), alone(name), np.array([1.5, 0.4]), [3, 2]).path
    rest = watch(build(name), alone(name), whole[-2], [2]).path
    return bool(rest[-1].tobytes() == whole[-1].tobytes())


DESCENTS = [name for name in CLASSES if issubclass(CLASSES[name], Descent)]


def test_gradient_descent_carries_nothing_on() -> None:
    assert build("gradient-descent").memoryless
    assert not build("gradient-descent:batch=4").memoryless
    assert not build("gradient-descent:schedule=cosine,period=9").memoryless


# Rules of one layer go through the rows in another order then: tests/test_estimators.py holds them together.
LEFT = [name for name in NAMES if build(name).memoryless and "single-layer" not in build(name).needs]


@pytest.mark.parametrize("name", LEFT)
def test_what_carries_nothing_on_may_be_left_after_any_iteration(name: str) -> None:
    assert goes_on_as_if_it_had_not_been_left(name)


@pytest.mark.parametrize("name", [name for name in DESCENTS if not build(name).memoryless])
def test_a_descent_that_says_that_it_carries_more_does(name: str) -> None:
    assert not goes_on_as_if_it_had_not_been_left(name)
