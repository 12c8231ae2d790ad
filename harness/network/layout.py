"""Where each layer's numbers are in the flat parameter vector, and what a pass costs."""

from __future__ import annotations

import functools
import itertools
from typing import NamedTuple

from optimizers.objective import Array


class Layer(NamedTuple):
    """One layer's parameters as views of the flat vector.

    ``weights`` has shape (units of this layer, units below), ``biases`` shape (units of this layer,).
    """

    weights: Array
    biases: Array


@functools.cache
def parameter_count(sizes: tuple[int, ...]) -> int:
    """Return the number of parameters n of a network.

    >>> parameter_count((2, 2, 1))
    9
    """
    return sum((ins + 1) * outs for ins, outs in itertools.pairwise(sizes))


def layer_views(w: Array, sizes: tuple[int, ...]) -> list[Layer]:
    """Return each layer's weights and biases as views of the flat vector.

    Layers follow one another from the input on; a layer's weights come first, unit by unit, then its
    biases.

    >>> import numpy as np
    >>> first, last = layer_views(np.arange(9.0), (2, 2, 1))
    >>> first.weights.tolist(), first.biases.tolist(), last.weights.tolist(), last.biases.tolist()
    ([[0.0, 1.0], [2.0, 3.0]], [4.0, 5.0], [[6.0, 7.0]], [8.0])
    """
    layers, place = [], 0
    for ins, outs in itertools.pairwise(sizes):
        end = place + ins * outs
        layers.append(Layer(w[place:end].reshape(outs, ins), w[end : end + outs]))
        place = end + outs
    return layers


def forward_multiply_adds(sizes: tuple[int, ...]) -> int:
    """Return the multiply-adds of one row's pass forward: every weight once.

    >>> forward_multiply_adds((2, 2, 1))
    6
    """
    return sum(ins * outs for ins, outs in itertools.pairwise(sizes))


def gradient_cost(sizes: tuple[int, ...]) -> float:
    """Return the cost of one value with its gradient by backpropagation, in forward-pass equivalents.

    Counted in multiply-adds a row. Forward: every weight once. Back: every weight once for the weight
    gradients, and every weight above the first layer once more to carry the deltas down. Biases and
    activations are not counted on either side.

    >>> gradient_cost((2, 2, 1)), gradient_cost((4, 3))
    (2.3333333333333335, 2.0)
    """
    products = [ins * outs for ins, outs in itertools.pairwise(sizes)]
    forward = forward_multiply_adds(sizes)
    return (2 * forward + sum(products[1:])) / forward
