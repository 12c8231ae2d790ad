"""Every input that a network or its objective refuses, and what the refusal says.

A refusal names the field, what was found there, and what was expected.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.gradients import build_source
from harness.network.network import Network
from harness.network.objective import NetworkObjective
from optimizers.errors import InputError

X = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
ONES, SIGNS = np.ones((3, 1)), np.array([1.0, -1.0, 1.0])


def refusal(call: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def objective(
    loss: str = "half-squared", inputs: Any = X, targets: Any = ONES, **options: Any
) -> NetworkObjective:
    options = {"sizes": (2, 1)} | options
    return NetworkObjective(Network(loss=loss, **options), inputs, targets, build_source("analytic"))


NETWORKS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown activation": (
        {"sizes": (2, 2, 1), "activation": "sigmod"},
        ["activation", "'sigmod'", "did you mean 'sigmoid'", "tanh"],
    ),
    "unknown activation of one of two layers": (
        {"sizes": (2, 2, 2, 1), "activation": ("tanh", "rellu")},
        ["activation", "'rellu'", "did you mean 'relu'"],
    ),
    "unknown output": (
        {"sizes": (2, 3), "output": "soft-max", "loss": "squared"},
        ["activation", "'soft-max'", "did you mean 'softmax'"],
    ),
    "empty output": ({"sizes": (2, 3), "output": ""}, ["activation", "''", "identity"]),
    "unknown loss": (
        {"sizes": (2, 1), "loss": "binary-crossentropy"},
        ["loss", "'binary-crossentropy'", "did you mean 'binary-cross-entropy'", "half-squared"],
    ),
    "unknown initializer": (
        {"sizes": (2, 1), "initializer": "glorott"},
        ["initializer", "'glorott'", "did you mean 'glorot'", "he, uniform"],
    ),
    "step in a hidden layer": ({"sizes": (2, 2, 1), "activation": "step"}, ["'step'", "output layer only"]),
    "softmax in a hidden layer": (
        {"sizes": (2, 2, 2, 1), "activation": ("tanh", "softmax")},
        ["'softmax'", "output layer only"],
    ),
    "step behind a hidden layer": (
        {"sizes": (2, 2, 1), "loss": "perceptron-hard"},
        ["'step'", "one layer only", "sigmoid"],
    ),
    "loss that does not fit the output": (
        {"sizes": (2, 1), "loss": "binary-cross-entropy", "output": "tanh"},
        ["'binary-cross-entropy'", "'tanh'", "take sigmoid"],
    ),
    "softmax on one output": (
        {"sizes": (2, 1), "loss": "categorical-cross-entropy"},
        ["'softmax'", "one output", "binary-cross-entropy"],
    ),
    "squared loss of a softmax on one output": (
        {"sizes": (2, 1), "loss": "squared", "output": "softmax"},
        ["'softmax'", "one output"],
    ),
    "classes of which one output tells": (
        {"sizes": (2, 1), "loss": "brier", "output": "sigmoid"},
        ["'brier'", "an output for each class", "found one", "binary-cross-entropy"],
    ),
    "no output layer": ({"sizes": (2,)}, ["'sizes'", "[2]", "[2, 2, 1]"]),
    "no sizes": ({"sizes": ()}, ["'sizes'", "[]", "[2, 2, 1]"]),
    "layer without units": ({"sizes": (2, 0, 1)}, ["'sizes'", "greater than or equal to 1"]),
    "half a unit": ({"sizes": (2, 1.5, 1)}, ["'sizes'", "whole number"]),
    "three activations for two layers": (
        {"sizes": (2, 2, 2, 1), "activation": ("tanh", "tanh", "tanh")},
        ["'activation'", "3 activations", "2 hidden", "one for each"],
    ),
    "no activation": ({"sizes": (2, 2, 1), "activation": ()}, ["'activation'", "0 activations", "1 hidden"]),
    "unknown option": ({"sizes": (2, 1), "los": "squared"}, ["'los'", "did you mean 'loss'"]),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_whose_parts_do_not_fit_is_refused_with_field_found_and_expected(name: str) -> None:
    options, fragments = NETWORKS[name]
    message = refusal(Network, **options)
    for fragment in fragments:
        assert fragment in message


def with_number(array: Any, row: int, column: int, number: float) -> Any:
    changed = np.array(array, dtype=float)
    changed[row, column] = number
    return changed


DATA: dict[str, tuple[dict[str, Any], list[str]]] = {
    "inputs too wide": ({"inputs": np.ones((3, 3))}, ["X", "(3, 3)", "(rows, 2)"]),
    "inputs flat": ({"inputs": np.ones(3)}, ["X", "(3,)", "(rows, 2)"]),
    "no rows": ({"inputs": np.ones((0, 2)), "targets": []}, ["X", "(0, 2)", "at least one row"]),
    "too few targets": ({"targets": [1.0, 2.0]}, ["Y", "(2, 1)", "(3, 1)"]),
    "targets too wide": ({"targets": np.ones((3, 2))}, ["Y", "(3, 2)", "(3, 1)"]),
    "ragged inputs": ({"inputs": [[1.0, 2.0], [1.0], [3.0, 4.0]]}, ["X"]),
    "text in inputs": ({"inputs": [["a", "b"]] * 3}, ["X", "'a'", "number"]),
    "text in targets": ({"targets": ["yes", "no", "yes"]}, ["Y", "'yes'", "number"]),
    "nan in inputs": ({"inputs": with_number(X, 2, 1, np.nan)}, ["X", "nan", "row 2, column 1", "remove"]),
    "infinity in inputs": ({"inputs": with_number(X, 1, 0, np.inf)}, ["X", "inf", "row 1, column 0"]),
    "nan in targets": ({"targets": with_number(ONES, 1, 0, np.nan)}, ["Y", "nan", "row 1, column 0"]),
    "infinity in targets": ({"targets": with_number(ONES, 0, 0, -np.inf)}, ["Y", "-inf", "row 0, column 0"]),
    "probability above 1": (
        {"loss": "binary-cross-entropy", "targets": [0.0, 1.0, 1.5]},
        ["Y", "'binary-cross-entropy'", "1.5", "0 to 1"],
    ),
    "one probability above 1 among many that fit": (
        {
            "loss": "binary-cross-entropy",
            "inputs": np.ones((7, 2)),
            "targets": [0.0, 0.1, 0.2, 0.3, 0.4, 1.5, 0.5],
        },
        ["Y", "1.5", "0 to 1"],
    ),
    "negative probability": (
        {"loss": "binary-cross-entropy", "targets": [-1.0, 1.0, 1.0]},
        ["Y", "-1", "0 to 1"],
    ),
    "distribution that does not sum to 1": (
        {"loss": "categorical-cross-entropy", "sizes": (2, 2), "targets": [[1, 0], [0.5, 0.4], [0, 1]]},
        ["Y", "'categorical-cross-entropy'", "0.4", "sum to 1"],
    ),
    "distribution with a negative part": (
        {"loss": "categorical-cross-entropy", "sizes": (2, 2), "targets": [[1.5, -0.5], [1, 0], [0, 1]]},
        ["Y", "-0.5", "one column a class"],
    ),
    "labels 0 and 1 for a perceptron": (
        {"loss": "perceptron-soft", "targets": [0.0, 1.0, 1.0]},
        ["Y", "'perceptron-soft'", "found 0,", "-1 and +1"],
    ),
}


@pytest.mark.parametrize("name", DATA)
def test_data_that_do_not_fit_are_refused_with_field_found_and_expected(name: str) -> None:
    options, fragments = DATA[name]
    message = refusal(objective, **options)
    for fragment in fragments:
        assert fragment in message


ROWS: dict[str, tuple[Any, list[str]]] = {
    "one too high": ([0, 3], ["rows", "0 to 3", "0 to 2"]),
    "negative": ([-1, 1], ["rows", "-1 to 1", "0 to 2"]),
    "none": ([], ["rows", "[]", "at least one"]),
    "fractions": ([0.0, 1.0], ["rows", "[0.0, 1.0]", "row number"]),
    "a mask": (np.array([True, False, True]), ["rows", "True", "row number"]),
    "a table": (np.array([[0, 1]]), ["rows", "[[0, 1]]", "flat list"]),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows_that_are_not_there_are_refused_by_every_method(name: str) -> None:
    rows, fragments = ROWS[name]
    asked = objective()
    w = np.zeros(3)
    for call, argument in ((asked.value, w), (asked.values, w[None]), (asked.value_and_gradient, w)):
        message = refusal(call, argument, rows=rows)
        for fragment in fragments:
            assert fragment in message


@pytest.mark.parametrize("rows", [[2, 0], (2, 0), np.array([2, 0], np.int32), np.array([2, 0], np.uint8)])
def test_row_numbers_of_any_whole_type_are_taken(rows: Any) -> None:
    asked = objective(targets=[1.0, 2.0, 4.0])
    assert asked.value(np.zeros(3), rows=rows) == 8.5 / 2


def test_parameters_of_a_wrong_shape_are_refused_by_every_method() -> None:
    asked = objective()
    for w, found in ((np.zeros(4), "(4,)"), (np.zeros((3, 1)), "(3, 1)"), (1.0, "(1,)")):
        for call in (asked.value, asked.value_and_gradient):
            message = refusal(call, w)
            assert "parameters" in message
            assert found in message
            assert "(3,)" in message
    for shape in ((3,), (2, 4), (1, 2, 3)):
        message = refusal(asked.values, np.zeros(shape))
        assert "population" in message
        assert str(shape) in message
        assert "(P, 3)" in message


def test_predictions_refuse_wrong_shapes() -> None:
    network = Network(sizes=(2, 1))
    message = refusal(network.predict, np.zeros(4), X)
    assert "w has shape (4,)" in message
    assert "(3,)" in message
    message = refusal(network.predict, np.zeros(3), X[:, :1])
    assert "X has shape (3, 1)" in message
    assert "(rows, 2)" in message
    assert "(2,)" in refusal(network.predict, np.zeros(3), X[0])


@pytest.mark.parametrize(
    ("loss", "output", "reason"),
    [
        ("perceptron-hard", "step", "counts mistakes"),
        ("squared", "step", "'step'"),
        ("half-squared", "step", "'step'"),
    ],
)
def test_the_gradient_of_a_step_is_refused_with_the_reason(loss: str, output: str, reason: str) -> None:
    asked = objective(loss, targets=SIGNS, output=output)
    assert not asked.gradient
    assert asked.compiled is not None
    assert asked.compiled.value_and_gradient is None
    assert np.isfinite(asked.value(np.ones(3)))
    message = refusal(asked.value_and_gradient, np.zeros(3))
    assert "gradient" in message
    assert reason in message
    assert asked.counters.tolist() == [3, 0]


def test_an_unknown_gradient_source_is_refused_with_the_nearest_name() -> None:
    message = refusal(build_source, "analitic")
    assert "gradient source" in message
    assert "did you mean 'analytic'" in message
