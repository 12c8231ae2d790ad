"""The network's loss once more, as the plain NumPy code of a textbook.

Nothing is compiled and nothing is differentiated here: automatic and symbolic differentiation take this
function as they take any other, and what they make of it is held against the kernels, which know nothing of
it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from harness.network.network import Network

Plain = Callable[[Any], Any]


def _sigmoid(z: Any) -> Any:
    # Imported here: `harness list` looks through the gradient sources and has no need of SciPy.
    from scipy.special import expit

    return expit(z)


ACTIVATIONS: dict[str, Plain] = {
    "identity": lambda z: z,
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0.0),
    "exponential": np.exp,
    "softmax": lambda z: np.exp(z - np.logaddexp.reduce(z, axis=0)),
}
"""From sums to activations, units by rows. The step has no derivative to find, so it is not here."""

LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "half-squared": lambda a, y: np.sum((a - y) ** 2) * 0.5,
    "squared": lambda a, y: np.sum((a - y) ** 2),
    "binary-cross-entropy": lambda z, y: np.sum(np.logaddexp(z, 0.0) - y * z),
    "categorical-cross-entropy": lambda z, y: np.sum(np.logaddexp.reduce(z, axis=0)) - np.sum(y * z),
    "perceptron-soft": lambda z, y: np.sum(np.maximum(-y * z, 0.0)),
}
"""Summed over outputs and rows; the cross-entropies take the sums of the output layer."""


def summed_loss(network: Network) -> Callable[[Any, Any, Any], Any]:
    """Return the loss of a network as a function of parameters, inputs and targets.

    Arguments:
        network: one without a step.

    Returns:
        ``loss(w, X, Y)`` for ``w`` of shape (n,), ``X`` (features, rows) and ``Y`` (outputs, rows); the sum
        over rows, not the mean.

    >>> network = Network(sizes=(1, 1))
    >>> float(summed_loss(network)(np.array([2.0, 0.5]), np.array([[1.0, 2.0]]), np.array([[2.0, 4.0]])))
    0.25
    """
    sizes, names, entry = network.sizes, network.layer_activations, network.loss_entry

    def loss(w: Any, X: Any, Y: Any) -> Any:
        a, place = X, 0
        for layer, (ins, outs) in enumerate(itertools.pairwise(sizes)):
            weights = w[place : place + ins * outs].reshape(outs, ins)
            biases = w[place + ins * outs : place + (ins + 1) * outs].reshape(outs, 1)
            place += (ins + 1) * outs
            z = weights @ a + biases
            taken_in = layer == len(sizes) - 2 and entry.takes_in is not None
            a = z if taken_in else ACTIVATIONS[names[layer]](z)
        return LOSSES[network.loss](a, Y)

    return loss
