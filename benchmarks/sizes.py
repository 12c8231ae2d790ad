"""The six networks that everything is measured on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.gradients import build_source
from harness.network.network import Network
from harness.network.objective import NetworkObjective
from harness.network.precision import DOUBLE, Precision
from optimizers.objective import Array


@dataclass(frozen=True)
class Size:
    """A network on so many rows.

    Attributes:
        sizes: units of each layer, from the input on.
        rows: rows of data, drawn from a normal distribution.
        activation: of the hidden units.
        given_loss: a loss other than the cross-entropy that fits the outputs.
        input_scale: standard deviation of the inputs.
    """

    sizes: tuple[int, ...]
    rows: int
    activation: str = "tanh"
    given_loss: str | None = None
    input_scale: float = 1.0

    @property
    def name(self) -> str:
        return f"{'-'.join(str(size) for size in self.sizes)} x {self.rows}"

    @property
    def loss(self) -> str:
        if self.given_loss is not None:
            return self.given_loss
        return "binary-cross-entropy" if self.sizes[-1] == 1 else "categorical-cross-entropy"

    @property
    def gradient_products(self) -> int:
        """Multiply-adds of one gradient over all rows."""
        return 2 * self.value_products + self.rows * sum(self._products[1:])

    @property
    def value_products(self) -> int:
        """Multiply-adds of one loss over all rows."""
        return self.rows * sum(self._products)

    @property
    def _products(self) -> list[int]:
        return [ins * outs for ins, outs in zip(self.sizes[:-1], self.sizes[1:], strict=True)]

    def network(self) -> Network:
        return Network(sizes=self.sizes, activation=(self.activation,), loss=self.loss)

    def data(self) -> tuple[Array, Array]:
        rng = np.random.default_rng(0)
        X = self.input_scale * rng.normal(size=(self.rows, self.sizes[0]))
        outputs = self.sizes[-1]
        if outputs == 1:
            return X, rng.integers(0, 2, (self.rows, 1)).astype(np.float64)
        return X, np.eye(outputs)[rng.integers(0, outputs, self.rows)]

    def objective(self, gradient: str = "analytic", precision: Precision = DOUBLE) -> NetworkObjective:
        X, Y = self.data()
        return NetworkObjective(self.network(), X, Y, build_source(gradient), precision=precision)

    def start(self) -> Array:
        return self.network().start(np.random.default_rng(1))


SIZES = (
    Size((2, 2, 1), 4),
    Size((4, 8, 3), 150),
    Size((30, 16, 1), 569),
    Size((64, 32, 10), 1797),
    Size((30, 64, 64, 2), 569),
    Size((64, 256, 10), 1797),
)
