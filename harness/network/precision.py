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


def check_single(network: Network, X: Array, Y: Array) -> None:
    """Check that a network and its data can be evaluated in single precision.

    Raises:
        InputError: for an activation or a loss without that face, or numbers beyond its range.

    >>> network = Network(sizes=(2, 2, 1), activation=("exponential",))
    >>> check_single(network, np.zeros((1, 2)), np.zeros((1, 1)))
    Traceback (most recent call last):
    ...
    optimizers.errors.InputError: activation 'exponential' is not there in single precision: take ...
    """
    for what, part in network.parts.items():
        if part.single is None:
            raise InputError(f"{what} is not there in single precision: {TAKE}")
    for name, table in (("X", X), ("Y", Y)):
        highest = np.abs(table).max()
        if highest > HIGHEST:
            raise InputError(
                f"{name} holds {highest:.3g}, where single precision ends at {HIGHEST:.3g}: {TAKE}"
            )
