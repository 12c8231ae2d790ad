"""Turns labels into the targets that a loss takes and outputs into classes, and splits off test rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.network.loss import Loss
from optimizers.arrays import any_array, real_array
from optimizers.capabilities.single_layer import UnitRows
from optimizers.errors import InputError
from optimizers.objective import Array, Rows
from optimizers.printable import shown


def encode_targets(labels: ArrayLike, loss: Loss) -> tuple[Array, NDArray[Any] | None]:
    """Turn labels into targets of shape (N, outputs), and return the classes where there are any.

    Arguments:
        labels: class labels (numbers or text) of shape (N,); numbers of shape (N,) or (N, outputs) for a
            squared loss; rows that sum to 1 for categorical cross-entropy.
        loss: the loss's entry.

    Returns:
        Targets, and the classes in the order of the outputs (None for a regression). One output stands for
        two classes, the second of which is the positive one.

    Raises:
        InputError: if the labels do not fit the loss.

    >>> from harness.network.losses import find_loss
    >>> targets, classes = encode_targets(["no", "yes", "no"], find_loss("perceptron-soft"))
    >>> targets.ravel().tolist(), classes.tolist()
    ([-1.0, 1.0, -1.0], ['no', 'yes'])
    """
    given = label_array(labels)
    if given.dtype.kind == "f" and not np.isfinite(given).all():
        raise InputError(f"y holds {given[~np.isfinite(given)].flat[0]}: remove such rows, or fill them in")
    if given.ndim > 2:
        # Of what lies deeper NumPy makes columns without a word, in an order that nobody has said.
        raise InputError(
            f"y has shape {given.shape}, expected (rows,) or (rows, outputs): lay it out in columns"
        )
    if loss.targets == "numbers":
        if given.dtype.kind not in "iufb":
            raise InputError(
                f"y holds {shown(given.flat[0])}, but loss '{loss.name}' takes numbers: "
                "take categorical-cross-entropy for named classes"
            )
        numbers = given.astype(np.float64).reshape(len(given), -1)
        binary = numbers.shape[1] == 1 and np.array_equal(np.unique(numbers), [0, 1])
        return numbers, np.array([0, 1]) if binary else None
    if loss.targets == "distribution" and given.ndim == 2 and given.shape[1] > 1:
        return _distributions(given), np.arange(given.shape[1])
    if given.ndim == 2 and given.shape[1] == 1:
        # One column of a data frame.
        given = given[:, 0]
    if given.ndim != 1:
        raise InputError(f"y has shape {given.shape}, expected one label for each row")
    if given.dtype.kind == "f" and not np.array_equal(given, np.round(given)):
        raise InputError(
            f"y holds {given[given != np.round(given)][0]:g}, but loss '{loss.name}' takes class labels: "
            "take half-squared for a regression"
        )
    try:
        classes, codes = np.unique(given, return_inverse=True)
    except TypeError:
        kinds = sorted({type(label).__name__ for label in given})
        raise InputError(
            f"y mixes labels of types {', '.join(kinds)}: give one label of one type a row"
        ) from None
    if loss.targets == "distribution":
        if classes.size < 2:
            raise InputError(f"y has {classes.size} class, but loss '{loss.name}' needs at least two")
    elif classes.size != 2:
        raise InputError(
            f"y has {classes.size} classes, but loss '{loss.name}' takes two: "
            "take categorical-cross-entropy for more"
        )
    return class_targets(codes, classes.size, loss), classes


def class_targets(codes: Rows, classes: int, loss: Loss) -> Array:
    """Return the targets of rows by the places of their classes, shape (N, outputs).

    Arguments:
        codes: place of each row's class, shape (N,).
        classes: how many there are; two, but for a loss that takes an output for each.
        loss: the loss's entry.

    >>> from harness.network.losses import find_loss
    >>> class_targets(np.array([0, 1]), 2, find_loss("perceptron-soft")).ravel().tolist()
    [-1.0, 1.0]
    """
    if loss.targets == "distribution":
        return np.eye(classes)[codes]
    low = -1.0 if loss.targets == "signs" else 0.0
    return np.where(codes == 1, 1.0, low)[:, None]


def label_array(labels: ArrayLike) -> NDArray[Any]:
    """Return labels as an array of numbers or text.

    Raises:
        InputError: for masked, missing, complex or dated labels, and lists of uneven length.

    >>> label_array(["no", "yes"]).tolist()
    ['no', 'yes']
    """
    given = any_array("y", labels)
    if given.dtype.kind in "cMmV":
        return real_array("y", given)  # which refuses it
    for label in given.ravel() if given.dtype.kind == "O" else ():
        # NaN is the one thing that is not itself; NaT and pandas' NA are neither, or nothing.
        missing = label is None or not isinstance(label, str | int | float | bool | np.generic | bytes)
        if missing or label != label or isinstance(label, np.datetime64 | complex):
            raise InputError(f"y holds {shown(label)}, expected classes or numbers: leave such rows out")
    return given


def _distributions(given: NDArray[Any]) -> Array:
    """Return rows of probabilities, of which those of a shorter type than float64 are made to sum to 1.

    Probabilities in float32 sum to 1 to seven digits, and no further.
    """
    table = real_array("y", given)
    sums = table.sum(axis=1, keepdims=True)
    if given.dtype.kind == "f" and given.dtype.itemsize < 8:
        close = np.abs(sums - 1) <= given.shape[1] * np.finfo(given.dtype).eps
        table = np.where(close, table / np.where(close, sums, 1.0), table)
    return table


def named_classes(outputs: Array, targets: Array, loss: Loss) -> tuple[Rows, Rows]:
    """Return the class that the outputs name for each row, and the true one, as places among the classes.

    Arguments:
        outputs: activations of the output layer, shape (N, outputs).
        targets: as encoded for the loss, same shape.
        loss: the loss's entry; one output says "positive" from 0 on for signs, from 0.5 on elsewhere.

    >>> from harness.network.losses import find_loss
    >>> outputs, targets = np.array([[0.2], [0.5], [0.9]]), np.array([[0.0], [0.0], [1.0]])
    >>> [codes.tolist() for codes in named_classes(outputs, targets, find_loss("binary-cross-entropy"))]
    [[0, 1, 1], [0, 0, 1]]
    """
    if outputs.shape[1] > 1:
        return outputs.argmax(axis=1), targets.argmax(axis=1)
    middle = 0.0 if loss.targets == "signs" else 0.5
    return (outputs[:, 0] >= middle).astype(np.int64), (targets[:, 0] > middle).astype(np.int64)


def confusion_counts(predicted: Rows, true: Rows, classes: int) -> list[list[int]]:
    """Count how often each class was taken for each: a row a true class, a column a predicted one.

    >>> confusion_counts(np.array([0, 1, 1]), np.array([0, 0, 1]), 2)
    [[1, 1], [0, 1]]
    """
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (true, predicted), 1)
    table: list[list[int]] = counts.tolist()
    return table


def unit_costs(layer: UnitRows, w: Array) -> tuple[float, float]:
    """Return the hard and the soft cost of one unit, ``sum max(-y yhat, 0)`` and ``sum max(-y z, 0)``.

    The hard cost is the number of rows that the step gets wrong, yhat = 1 if z >= 0 else -1.

    Arguments:
        layer: rows and classes.
        w: weights and bias, shape (features + 1,).

    >>> unit_costs(UnitRows(np.array([[1.0], [3.0]]), np.array([1.0, -1.0])), np.array([2.0, 0.5]))
    (1.0, 6.5)
    """
    z = layer.X @ w[:-1] + w[-1]
    hard = np.maximum(-layer.y * np.where(z >= 0, 1.0, -1.0), 0.0)
    return float(hard.sum()), float(np.maximum(-layer.y * z, 0.0).sum())


def split_rows(
    strata: NDArray[Any] | None, rows: int, test_fraction: float, rng: np.random.Generator
) -> tuple[Rows, Rows]:
    """Draw training and test rows, each class in the same proportion.

    Arguments:
        strata: class of each row, or None for one stratum.
        rows: number of rows N.
        test_fraction: part of the rows to test on, 0 for none.
        rng: source of the draw.

    Returns:
        Row numbers of the training and of the test rows, each in rising order.
    """
    if not test_fraction:
        return np.arange(rows), np.arange(0)
    groups = [np.arange(rows)] if strata is None else [np.flatnonzero(strata == c) for c in np.unique(strata)]
    test = np.concatenate(
        [rng.permutation(group)[: int(np.floor(test_fraction * group.size + 0.5))] for group in groups]
    )
    trained = np.ones(rows, dtype=bool)
    trained[test] = False
    return np.flatnonzero(trained), np.sort(test)
