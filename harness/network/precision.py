"""How precisely a network is evaluated for a search, and which networks can be evaluated less precisely."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from harness.network.activation import Activation
from harness.network.loss import Loss
from harness.network.network import Network
from optimizers.errors import InputError
from optimizers.objective import Array

Precision = Literal["float64", "float32"]

DOUBLE: Precision = "float64"
SINGLE: Precision = "float32"

TAKE = "take precision='float64'"
"""What helps where something is not there in single precision."""

HIGHEST = float(np.finfo(np.float32).max)


def pair_of(activation: Activation, precision: Precision) -> Any:
    """Return the compiled pair of an activation, forward and backward; None if it has none."""
    return activation.single if precision == SINGLE else (activation.forward, activation.backward)


def function_of(loss: Loss, precision: Precision) -> Any:
    """Return the compiled function of a loss; None if it has none."""
    return loss.single if precision == SINGLE else loss.function


def check_single(network: Network) -> None:
    """Check that a network can be evaluated in single precision.

    Raises:
        InputError: for an activation or a loss without that face.

    >>> check_single(Network(sizes=(2, 2, 1), activation=("exponential",)))
    Traceback (most recent call last):
    ...
    optimizers.errors.InputError: activation 'exponential' is not there in single precision: take ...
    """
    for what, part in network.parts.items():
        if part.single is None:
            raise InputError(f"{what} is not there in single precision: {TAKE}")


def check_range(X: Array, Y: Array) -> None:
    """Check that no number of some data is beyond the range of single precision.

    Raises:
        InputError: for one that is.

    >>> check_range(np.array([[-1e39]]), np.zeros((1, 1)))
    Traceback (most recent call last):
    ...
    optimizers.errors.InputError: X holds a number of size 1e+39, where single precision ends at 3.4e+38: ...
    """
    for name, table in (("X", X), ("Y", Y)):
        highest = np.abs(table).max()
        if highest > HIGHEST:
            raise InputError(
                f"{name} holds a number of size {highest:.3g}, where single precision ends at {HIGHEST:.3g}: "
                f"{TAKE}"
            )


def precision_errors(told: Array, measured: Array) -> Array:
    """Return how far losses in single precision are from those in double precision, as a part of these.

    Where both are the same it is 0; infinite where one of them is beyond all range and the other is not.

    Arguments:
        told: losses in single precision, shape (K,).
        measured: the same in double precision.

    >>> precision_errors(np.array([1.5, 0.0, np.inf, np.nan]), np.array([1.0, 0.0, 2.0, np.nan])).tolist()
    [0.5, 0.0, inf, nan]
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(told == measured, 0.0, np.abs(told - measured) / np.abs(measured))
