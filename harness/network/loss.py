"""What a loss is: one record with everything that any part of the harness asks of it.

A compiled loss works on the output layer of a tile: ``function(o, o0, t, t0, t_stride, units, m, scratch, s0,
with_delta)``. It writes the loss of each of the ``m`` rows to ``scratch[s0:s0 + m]`` (2m more are free to
use) and, when asked, the derivative by ``o`` over ``o`` itself. ``o`` holds the activations of the output
layer, or its sums z where the loss is stated from logits: ``takes_in`` then names the output activation
that the loss has in itself.

The loss of a data set is the mean over its rows of the sum over outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numba import types

from harness.network.activation import COMPLEX
from harness.network.activations import known_activations
from harness.network.faces import check_faces, package_of
from optimizers.compilation import compiled
from optimizers.errors import InputError, unknown_name
from optimizers.signatures import REALS

U = np.uint64

ROW_LOSSES = types.void(
    *(REALS, types.int64),
    *(REALS, types.int64, types.int64),
    *(types.int64, types.int64),
    *(REALS, types.int64, types.boolean),
)

COMPLEX_ROW_LOSS = types.complex128(COMPLEX, types.int64, types.int64, REALS, types.int64, types.int64)
"""``complex_form(o, start, units, targets, t0, t_stride)``: the loss of one row, from activations, or from
sums where the real loss takes the output activation in."""

Targets = Literal["numbers", "probabilities", "distribution", "signs"]


@dataclass(frozen=True)
class Loss:
    """One loss. What it lacks is refused, with the reason, where it is needed and nowhere else.

    Attributes:
        name: its name in files and at the terminal, in kebab-case.
        equation: what is printed.
        targets: what it takes as targets.
        output: the usual output activation.
        function: compiled, see above.
        exact: the equation once more, ``exact(m, outputs, targets)``, the loss of one row from the
            activations of its output layer, with the functions of a module such as ``math`` or ``mpmath``:
            what tests hold all else against.
        plain: ``plain(o, y)``, the sum over outputs and rows of arrays of that shape, in NumPy code that can
            be traced; ``o`` as the compiled function takes it. Without it automatic and symbolic
            differentiation refuse it.
        complex_form: compiled, see ``COMPLEX_ROW_LOSS``; without it the complex step refuses it.
        single: the compiled function once more, for float32 arrays; without it a network is evaluated in
            float64 alone.
        misses: compiled, of the form of the function: 1 for a row whose class is named wrongly, 0 for
            others, see ``wrong_classes.py``; without it no accuracy is measured.
        any_output: whether it may stand on every other output activation as well.
        takes_in: the output activation that it has in itself.
        has_gradient: whether its derivative is more than zero wherever it exists.
        curvature: the factor c where the derivative is ``c (a - y)``: by the activations, or by the sums
            where the loss takes the output activation in; without it there are no products with the Hessian.
        squares: the factor c where the loss is ``c sum_k (a_k - y_k)^2``; without it there are no residuals.
        kinks: numbers that the function takes at which it or its derivative jumps.

    Raises:
        InputError: for a wrong name, unknown targets, or a face that is not compiled.

    >>> from harness.network.losses import known_losses
    >>> known_losses()["binary-cross-entropy"].outputs, known_losses()["squared"].outputs[:2]
    (('sigmoid',), ('identity', 'exponential'))
    """

    name: str
    equation: str
    targets: Targets
    output: str
    function: Any
    exact: Callable[[Any, Sequence[Any], Sequence[Any]], Any]
    plain: Callable[[Any, Any], Any] | None = None
    complex_form: Any = None
    single: Any = None
    misses: Any = None
    any_output: bool = False
    takes_in: str | None = None
    has_gradient: bool = True
    curvature: float | None = None
    squares: float | None = None
    kinks: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        optional = {"complex_form": self.complex_form, "single": self.single, "misses": self.misses}
        check_faces("loss", self.name, {"function": self.function}, optional)
        if self.targets not in get_args(Targets):
            raise unknown_name(f"kind of targets of loss '{self.name}',", self.targets, get_args(Targets))
        if self.takes_in is not None and (self.takes_in != self.output or self.any_output):
            raise InputError(
                f"loss '{self.name}' takes in '{self.takes_in}' and stands on other outputs as well: "
                f"give it output='{self.takes_in}' alone"
            )

    @property
    def package(self) -> str:
        """The top-level package that brings it."""
        return package_of(self.function)

    def stands_on(self, output: str) -> bool:
        """Say whether it may stand on an output activation."""
        return output == self.output or (self.any_output and output in known_activations())

    @property
    def outputs(self) -> tuple[str, ...]:
        """Output activations that it may stand on, the usual one first."""
        others = (name for name in known_activations() if name != self.output)
        return (self.output, *others) if self.any_output else (self.output,)


@compiled()
def clear(scratch: Any, start: int, m: int) -> None:
    """Write a loss of 0 for each of ``m`` rows."""
    first = U(start)
    for r in range(U(m)):
        scratch[first + r] = 0.0
