"""The network's loss once more, as the plain NumPy code of a textbook: put together from the plain forms.

Nothing is compiled and nothing is differentiated here: automatic and symbolic differentiation take this
function as they take any other, and what they make of it is held against the kernels, which know nothing of
it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from harness.network.activations import find_activation
from harness.network.network import Network
from optimizers.errors import InputError

REMEDY = "take central-difference or analytic"


def refusal(network: Network) -> str:
    """Say which part of a network has no plain form, or return an empty sentence.

    >>> refusal(Network(sizes=(1, 1)))
    ''
    """
    missing = [what for what, part in network.parts.items() if part.plain is None]
    return f"{missing[0]} has no plain form to differentiate" if missing else ""


def summed_loss(network: Network) -> Callable[[Any, Any, Any], Any]:
    """Return the loss of a network as a function of parameters, inputs and targets.

    Arguments:
        network: the network.

    Returns:
        ``loss(w, X, Y)`` for ``w`` of shape (n,), ``X`` (features, rows) and ``Y`` (outputs, rows); the sum
        over rows, not the mean.

    Raises:
        InputError: where a part of the network has no plain form.

    >>> import numpy as np
    >>> network = Network(sizes=(1, 1))
    >>> float(summed_loss(network)(np.array([2.0, 0.5]), np.array([[1.0, 2.0]]), np.array([[2.0, 4.0]])))
    0.25
    """
    if reason := refusal(network):
        raise InputError(f"{reason}: {REMEDY}")
    sizes, entry = network.sizes, network.loss_entry
    plain: list[Any] = [find_activation(name).plain for name in network.layer_activations]
    # Of the entry the function reads these alone: of all that the entry leads to, nobody could say at a call
    # whether it has changed, and the loss would be traced each time.
    plain_loss: Any = entry.plain
    last_is_taken_in = entry.takes_in is not None

    def loss(w: Any, X: Any, Y: Any) -> Any:
        a, place = X, 0
        for layer, (ins, outs) in enumerate(itertools.pairwise(sizes)):
            weights = w[place : place + ins * outs].reshape(outs, ins)
            biases = w[place + ins * outs : place + (ins + 1) * outs].reshape(outs, 1)
            place += (ins + 1) * outs
            z = weights @ a + biases
            taken_in = layer == len(sizes) - 2 and last_is_taken_in
            a = z if taken_in else plain[layer](z)
        return plain_loss(a, Y)

    return loss
