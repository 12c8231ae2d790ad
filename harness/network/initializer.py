"""What an initializer is: one record with how starts are drawn, and what is printed of their spread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from harness.network.faces import check_faces, package_of
from harness.network.layout import parameter_count
from optimizers.errors import InputError
from optimizers.objective import Array
from optimizers.printable import shown

OfLayer = Callable[[int, int], float]
"""``of_layer(ins, outs)``: a number of a layer, from the units below it and its own."""


@dataclass(frozen=True)
class Initializer:
    """One initializer. Weights have mean 0.

    Attributes:
        name: its name in files and at the terminal, in kebab-case.
        equation: what is printed: how weights are drawn, and biases where they are not 0.
        source: the paper that it comes from.
        draw: ``draw(sizes, rng)``, from the units of all layers, from the input on, and a generator to
            parameters as ``harness.network.layout`` lays them out.
        variance: of a weight, as the paper has it; what tests hold draws against.
        bound: what no weight is larger than, as the paper has it; None where there is no such number.
        bias_variance: of a bias; 0 where biases begin at 0.

    Raises:
        InputError: for a wrong name, or what cannot be called.

    >>> from harness.network.initializers import INITIALIZERS
    >>> INITIALIZERS["he"].variance(8, 3)
    0.25
    """

    name: str
    equation: str
    source: str
    draw: Callable[[tuple[int, ...], np.random.Generator], Array]
    variance: OfLayer
    bound: OfLayer | None = None
    bias_variance: float = 0.0

    def __post_init__(self) -> None:
        check_faces("initializer", self.name, {}, {})
        for face in ("draw", "variance") + (("bound",) if self.bound is not None else ()):
            found = getattr(self, face)
            if not callable(found):
                raise InputError(
                    f"initializer '{self.name}': {face} is {shown(found)}, expected a function: write one"
                )

    @property
    def package(self) -> str:
        """The top-level package that brings it."""
        return package_of(self.draw)

    def start(self, sizes: tuple[int, ...], rng: np.random.Generator) -> Array:
        """Return parameters to start from, shape (n,).

        Raises:
            InputError: if it draws anything but n numbers.
        """
        w = np.asarray(self.draw(sizes, rng))
        if w.shape != (parameter_count(sizes),) or w.dtype != np.float64:
            raise InputError(
                f"initializer '{self.name}' draws {w.dtype} of shape {w.shape}, expected float64 of shape "
                f"({parameter_count(sizes)},): fill an array of harness.network.layout.parameter_count(sizes)"
            )
        return w


def scaled(initializer: Initializer, scale: float) -> Initializer:
    """Return an initializer that draws the same numbers times a factor, biases as well.

    Arguments:
        initializer: whose draws are taken.
        scale: the factor, above 0.
    """
    bound = initializer.bound

    def draw(sizes: tuple[int, ...], rng: np.random.Generator) -> Array:
        return scale * initializer.draw(sizes, rng)

    return replace(
        initializer,
        equation=f"{scale:g} times: {initializer.equation}",
        draw=draw,
        variance=lambda ins, outs: scale**2 * initializer.variance(ins, outs),
        bound=None if bound is None else lambda ins, outs: scale * bound(ins, outs),
        bias_variance=scale**2 * initializer.bias_variance,
    )
