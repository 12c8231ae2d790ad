"""The example computed again: by the installed scikit-learn, and by our optimizers from its starts."""

from __future__ import annotations

import functools
import importlib
import math
import warnings
from typing import Any

import numpy as np
import pandas as pd

import optimizers
from harness.network.layout import layer_views, parameter_count
from harness.problems import load
from harness.problems.problem import Problem
from optimizers.descent.base import Descent
from optimizers.objective import Array
from optimizers.perceptron.rule import PerceptronRule

ALPHA = 1e-4
"""scikit-learn's L2 penalty: ``alpha |W|^2 / (2 m)`` over the weights, of a batch of m rows."""
TOLERANCE, PATIENCE = 1e-4, 10
"""An epoch that is not better than the best by so much is one too many, and so many are the end."""
BATCH = 200
EPOCHS = {"iris": 400, "digits": 15}
CASES: dict[str, dict[str, Any]] = {
    "constant": {"momentum": 0.0},
    "momentum": {"momentum": 0.9, "nesterovs_momentum": False},
    "Nesterov": {"momentum": 0.9, "nesterovs_momentum": True},
    "inverse scaling": {"momentum": 0.0, "learning_rate": "invscaling"},
    "inverse scaling + momentum": {
        "momentum": 0.9,
        "nesterovs_momentum": False,
        "learning_rate": "invscaling",
    },
    "inverse scaling + Nesterov": {
        "momentum": 0.9,
        "nesterovs_momentum": True,
        "learning_rate": "invscaling",
    },
    "Adam": {"solver": "adam", "learning_rate_init": 0.01},
}
DIGITS = ("constant", "momentum", "Nesterov")
"""Of which numbers on digits are known."""
PERCEPTRON = "digits: perceptron"


def by_scikit_learn() -> pd.DataFrame:
    """Return loss and accuracy of every case by the installed scikit-learn, and its version."""
    network, linear = (
        importlib.import_module(f"sklearn.{name}") for name in ("neural_network", "linear_model")
    )
    version = importlib.import_module("sklearn").__version__
    rows = []
    for data, case in _cases():
        X, _, labels = rows_of(data)
        options = {"solver": "sgd", "learning_rate_init": 0.2, **CASES[case]}
        model = network.MLPClassifier(random_state=0, max_iter=EPOCHS[data], **options)
        with warnings.catch_warnings():
            # It says that fifteen epochs are few, as the example does.
            warnings.simplefilter("ignore")
            model.fit(X, labels)
        found = {"loss": model.loss_, "accuracy": model.score(X, labels), "epochs": model.n_iter_}
        rows.append({"case": f"{data}: {case}", **found, "version": version})
    X, labels = importlib.import_module("sklearn.datasets").load_digits(return_X_y=True)
    rule = linear.Perceptron(tol=1e-3, random_state=0).fit(X, labels)
    found = {"loss": math.nan, "accuracy": rule.score(X, labels), "epochs": rule.n_iter_}
    return pd.DataFrame([*rows, {"case": PERCEPTRON, **found, "version": version}])


def by_our_optimizers() -> pd.DataFrame:
    """Return loss and accuracy of every case by our optimizers, from the starts of ``random_state=0``."""
    rows = []
    for data, case in _cases():
        problem, (X, _, labels) = problem_of(data), rows_of(data)
        curve, w = losses_of(problem, our_optimizer(data, case), EPOCHS[data])
        (outputs,) = problem.network.predictions(w[None, :], X)
        epochs = ended(curve)
        # Where it ends before the last epoch, these are not its last parameters.
        whole = epochs == EPOCHS[data]
        found = {
            "loss": curve[epochs - 1],
            "accuracy": float(np.mean(np.argmax(outputs, axis=1) == labels)) if whole else math.nan,
        }
        rows.append({"case": f"{data}: {case}", **found, "epochs": epochs})
    accuracy, epochs = perceptrons_on_digits()
    return pd.DataFrame(
        [*rows, {"case": PERCEPTRON, "loss": math.nan, "accuracy": accuracy, "epochs": epochs}]
    )


def on_digits_by_order(orders: int) -> pd.DataFrame:
    """Return the loss of each case on digits from the same start, with the rows in several orders.

    Arguments:
        orders: how many.
    """
    rows = []
    for case in DIGITS:
        for order in range(orders):
            curve, _ = losses_of(problem_of("digits"), our_optimizer("digits", case), EPOCHS["digits"], order)
            rows.append({"case": f"digits: {case}", "order": order, "loss": curve[-1]})
    return pd.DataFrame(rows)


def our_optimizer(data: str, case: str) -> Descent:
    """Return our optimizer for a case of the example.

    Arguments:
        data: "iris" or "digits".
        case: of ``CASES``.
    """
    rows = len(rows_of(data)[0])
    batch = min(BATCH, rows)
    common: dict[str, Any] = {"batch": batch} if batch < rows else {}
    if case == "Adam":
        # Without decay: ours pulls at biases too, and a step of Adam does not shrink with the gradient. It
        # would move those of inactive units a full step: after 40 epochs of iris 0.151 in place of 0.173.
        return optimizers.Adam(learning_rate=0.01, **common)
    rate, common = 0.2, common | {"weight_decay": ALPHA / batch}
    if case.startswith("inverse scaling"):
        # Its rate is 0.2 / sqrt(1 + rows seen), which is this but for the very first step.
        common |= {"schedule": "inverse-scaling", "power": 0.5}
        rate /= math.sqrt(batch)
    if case.endswith("omentum"):
        return optimizers.Momentum(learning_rate=rate, momentum=0.9, **common)
    if case.endswith("Nesterov"):
        return optimizers.Nesterov(learning_rate=rate, momentum=0.9, **common)
    return optimizers.GradientDescent(learning_rate=rate, **common)


def losses_of(problem: Problem, optimizer: Descent, epochs: int, order: int = 0) -> tuple[Array, Array]:
    """Return the loss with its penalty before each epoch, as scikit-learn has it, and the last parameters.

    Of whole batches it is scikit-learn's number; of smaller ones scikit-learn takes the mean over the batches
    of an epoch, each at the parameters before its step, of which this is the mean of both ends.

    Arguments:
        problem: its data and network.
        optimizer: of the rows of a batch.
        epochs: passes over the rows.
        order: seed of the problem, which here is that of the order of its rows alone.
    """
    objective, rows = problem.objective(), len(_rows_of_problem(problem))
    batch = min(optimizer.batch or rows, rows)
    each = math.ceil(rows / batch)
    found: list[float] = []
    last = start_of(problem.network.sizes)

    def look(w: Array, *, iterations: int = 0, losses: Array | None = None, best: Array | None = None,
             loss: float | None = None, population_losses: Array | None = None) -> int:  # fmt: skip
        nonlocal last
        last = w.copy()
        found.append(objective.peek(w) + penalty(w, problem.network.sizes, batch))
        return each if len(found) <= epochs else 0

    optimizer.run(problem.objective(seed=order), last.copy(), np.random.default_rng(0), look)
    ends = np.array(found)
    return (ends[:-1] if each == 1 else (ends[:-1] + ends[1:]) / 2), last


def penalty(w: Array, sizes: tuple[int, ...], rows: int) -> float:
    """Return ``alpha |W|^2 / (2 m)`` over the weights without the biases.

    >>> round(penalty(np.array([3.0, 4.0, 100.0]), (2, 1), 5) * 1e4, 6)
    2.5
    """
    return ALPHA / (2 * rows) * sum(float(np.sum(layer.weights**2)) for layer in layer_views(w, sizes))


def start_of(sizes: tuple[int, ...], seed: int = 0) -> Array:
    """Return the parameters with which scikit-learn's network of ReLU units begins.

    Weights and biases of a layer from U(-b, b), ``b = sqrt(6 / (ins + outs))``, in its order.
    """
    rng = np.random.RandomState(seed)
    w = np.zeros(parameter_count(sizes))
    for weights, biases in layer_views(w, sizes):
        outs, ins = weights.shape
        bound = math.sqrt(6.0 / (ins + outs))
        weights[:] = rng.uniform(-bound, bound, (ins, outs)).T
        biases[:] = rng.uniform(-bound, bound, outs)
    return w


def ended(losses: Array) -> int:
    """Return after how many epochs scikit-learn would have ended, all of them where it would not.

    >>> ended(np.array([1.0, 0.5, *[0.5] * 20]))
    13
    """
    best, idle = math.inf, 0
    for epoch, loss in enumerate(losses, 1):
        idle = idle + 1 if loss > best - TOLERANCE else 0
        best = min(best, float(loss))
        if idle > PATIENCE:
            return epoch
    return len(losses)


def perceptrons_on_digits(epochs: int = 50) -> tuple[float, int]:
    """Return the accuracy of ten perceptrons, each of one digit against the rest, and their epochs.

    The digit whose perceptron says the most is the answer, on the rows that they were trained with.
    """
    X, labels = importlib.import_module("sklearn.datasets").load_digits(return_X_y=True)
    said = []
    for digit in range(10):
        problem = Problem.from_arrays(
            X, (labels == digit).astype(np.int64), hidden=(), loss="perceptron-soft", initializer="zeros",
            test_fraction=0.0, scale=False,
        )  # fmt: skip
        ends = [np.zeros(X.shape[1] + 1)]

        def look(w: Array, *, iterations: int = 0, ends: list[Array] = ends, **told: Any) -> int:
            ends.append(w.copy())
            return len(X) if len(ends) <= epochs + 1 else 0

        PerceptronRule().run(problem.objective(), ends[0].copy(), np.random.default_rng(digit), look)
        (layer,) = layer_views(ends[-1], problem.network.sizes)
        said.append(X @ layer.weights[0] + layer.biases[0])
    return float(np.mean(np.argmax(said, axis=0) == labels)), epochs


def _cases() -> list[tuple[str, str]]:
    return [("iris", case) for case in CASES] + [("digits", case) for case in DIGITS]


@functools.cache
def problem_of(data: str) -> Problem:
    """Return "iris" or "digits" with columns from 0 to 1 and the network of the example."""
    problem = load(f"min-max:of={data}")
    if not isinstance(problem, Problem):
        raise TypeError(f"{data} is a network on data")
    return problem


def _rows_of_problem(problem: Problem) -> Array:
    return problem.data(0)[0]


@functools.cache
def rows_of(data: str) -> tuple[Array, Array, Array]:
    """Return inputs from 0 to 1, their targets, and the numbers of their classes."""
    X, Y, _, _ = problem_of(data).data(0)
    return X, Y, np.argmax(Y, axis=1)
