"""A multilayer perceptron of any depth: sizes, activations, loss and initialisation, checked as a whole."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BeforeValidator

from harness.network.activation import FORWARD, Activation, forward_of_each
from harness.network.activations import find_activation
from harness.network.initializers import find_initializer
from harness.network.layout import Layer, gradient_cost, layer_views, parameter_count
from harness.network.loss import Loss
from harness.network.losses import find_loss
from optimizers.errors import InputError
from optimizers.function_addresses import address
from optimizers.objective import Array
from optimizers.options import Sizes, options
from optimizers.printable import shown

MOST_PARAMETERS = 10**8
"""Parameters of a network at the most: a vector of them takes 800 megabytes, and a search holds several."""


MOST_NUMBERS = 1_000_000
"""Activations of a layer that are held at once, of many networks: 8 megabytes."""


def _names(value: object) -> object:
    """Turn one name into a tuple of one, and a list from a file into a tuple."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


@options
class Network:
    """A network, without its parameters and without data.

    Attributes:
        sizes: units of each layer from the input to the output, at least two.
        activation: activation of the hidden layers: one name for all, or one for each.
        loss: name of the loss.
        output: activation of the output layer; the usual one of the loss where left out.
        initializer: how a start is drawn, times a number where wanted: "uniform:scale=2".

    Raises:
        InputError: for an unknown name, or parts that do not fit one another.

    >>> network = Network(sizes=(2, 2, 1), activation="sigmoid", loss="binary-cross-entropy")
    >>> network.size, network.output_activation
    (9, 'sigmoid')
    >>> network.predict(np.zeros(9), [[0.0, 1.0]]).tolist()
    [[0.5]]
    """

    sizes: Sizes
    activation: Annotated[tuple[str, ...], BeforeValidator(_names)] = ("tanh",)
    loss: str = "half-squared"
    output: str | None = None
    initializer: str = "glorot"

    def __post_init__(self) -> None:
        if len(self.sizes) < 2:
            raise InputError(
                f"Network: option 'sizes' is {list(self.sizes)}, expected at least input and output, "
                "such as [2, 2, 1]"
            )
        for name in self.activation + ((self.output,) if self.output is not None else ()):
            find_activation(name)
        find_loss(self.loss)
        find_initializer(self.initializer)
        if self.size > MOST_PARAMETERS:
            raise InputError(
                f"a network of sizes {shown(list(self.sizes))} has {self.size:.3g} parameters, "
                f"expected up to {MOST_PARAMETERS:.0e}: take fewer units"
            )
        hidden = len(self.sizes) - 2
        if hidden and len(self.activation) not in (1, hidden):
            raise InputError(
                f"Network: option 'activation' names {len(self.activation)} activations for {hidden} hidden "
                "layers: give one name for all, or one for each"
            )
        for name in self.activation if hidden else ():
            if not find_activation(name).hidden:
                raise InputError(f"activation '{name}' stands in the output layer only: take another one")
        if not self.loss_entry.stands_on(self.output_activation):
            raise InputError(
                f"loss '{self.loss}' does not fit output activation '{self.output_activation}': "
                f"take {' or '.join(self.loss_entry.outputs)}"
            )
        output = find_activation(self.output_activation)
        if output.shares_one and self.sizes[-1] < 2:
            raise InputError(
                f"activation '{output.name}' on one output is always 1: take two outputs, or 'sigmoid' with "
                "binary-cross-entropy"
            )
        if self.loss_entry.targets == "distribution" and self.sizes[-1] < 2:
            raise InputError(
                f"loss '{self.loss}' takes an output for each class, found one: take two outputs, or "
                "'sigmoid' with binary-cross-entropy"
            )
        if not output.has_gradient and hidden:
            raise InputError(
                f"activation '{output.name}' has no gradient, so it is for one layer only: take 'sigmoid'"
            )

    @property
    def loss_entry(self) -> Loss:
        """The loss's record."""
        return find_loss(self.loss)

    @property
    def output_activation(self) -> str:
        """Name of the output layer's activation."""
        return self.loss_entry.output if self.output is None else self.output

    @property
    def layer_activations(self) -> tuple[str, ...]:
        """Names of all layers' activations, from the first hidden layer to the output."""
        hidden = len(self.sizes) - 2
        names = self.activation * hidden if len(self.activation) == 1 else self.activation
        return (*names[:hidden], self.output_activation)

    @property
    def parts(self) -> dict[str, Activation | Loss]:
        """The records of its activations and of its loss, by what a sentence calls them.

        >>> list(Network(sizes=(2, 3, 1)).parts)
        ["activation 'tanh'", "activation 'identity'", "loss 'half-squared'"]
        """
        activations = {f"activation '{name}'": find_activation(name) for name in self.layer_activations}
        return {**activations, f"loss '{self.loss}'": self.loss_entry}

    @property
    def size(self) -> int:
        """Number of parameters n."""
        return parameter_count(self.sizes)

    @property
    def products(self) -> int:
        """Multiply-adds of a forward pass of one row: what cost is counted in."""
        return sum(ins * outs for ins, outs in itertools.pairwise(self.sizes))

    @property
    def gradient_cost(self) -> float:
        """Cost of a value with its gradient by backpropagation, in forward-pass equivalents."""
        return gradient_cost(self.sizes)

    @property
    def no_gradient(self) -> str:
        """Why there is no gradient, or an empty sentence."""
        if not self.loss_entry.has_gradient:
            return f"loss '{self.loss}' counts mistakes, and its gradient is zero wherever it exists"
        for name in self.layer_activations:
            if not find_activation(name).has_gradient:
                return f"activation '{name}' has a gradient of zero wherever it exists"
        return ""

    def layers(self, w: Array) -> list[Layer]:
        """Return each layer's weights and biases as views of ``w``."""
        return layer_views(w, self.sizes)

    def start(self, rng: np.random.Generator) -> Array:
        """Draw parameters to start from, shape (n,)."""
        return find_initializer(self.initializer).start(self.sizes, rng)

    def predictions(self, points: Array, X: Array) -> Iterator[Array]:
        """Yield ``predict`` of each of some parameters, shape (K, n), to the same bits."""
        rows = len(X)
        at_once = max(1, MOST_NUMBERS // (rows * max(self.sizes)))
        for first in range(0, len(points), at_once):
            some = points[first : first + at_once]
            below, begin = np.ascontiguousarray(X.T), 0
            for (ins, outs), name in zip(itertools.pairwise(self.sizes), self.layer_activations, strict=True):
                weights = some[:, begin : begin + ins * outs].reshape(-1, outs, ins)
                begin += (ins + 1) * outs
                sums = np.ascontiguousarray(weights @ below + some[:, begin - outs : begin, np.newaxis])
                flat = sums.reshape(-1)
                forward_of_each(address(find_activation(name).forward, FORWARD), flat, len(some), outs, rows)
                below = flat.reshape(len(some), outs, rows)
            yield from below.transpose(0, 2, 1)

    def predict(self, w: ArrayLike, X: ArrayLike) -> Array:
        """Return the activations of the output layer, shape (rows, outputs).

        Arguments:
            w: parameters, shape (n,).
            X: inputs, shape (rows, features).

        Raises:
            InputError: if a shape does not fit.
        """
        vector = np.ascontiguousarray(w, dtype=np.float64)
        inputs = np.asarray(X, dtype=np.float64)
        if vector.shape != (self.size,):
            raise InputError(f"w has shape {vector.shape}, expected ({self.size},) for sizes {self.sizes}")
        if inputs.ndim != 2 or inputs.shape[1] != self.sizes[0]:
            raise InputError(f"X has shape {inputs.shape}, expected (rows, {self.sizes[0]})")
        rows = inputs.shape[0]
        below = np.ascontiguousarray(inputs.T)
        for (weights, biases), name in zip(self.layers(vector), self.layer_activations, strict=True):
            sums = np.ascontiguousarray(weights @ below + biases[:, None])
            flat = sums.reshape(-1)
            find_activation(name).forward(flat, 0, biases.size, rows)
            below = flat.reshape(biases.size, rows)
        return np.ascontiguousarray(below.T)
