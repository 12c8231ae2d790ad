"""The gradient by the complex step."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from harness.gradients.complex_pass import STEP, row_loss
from harness.gradients.remembered import Remembered
from harness.network.activation import COMPLEX_FORWARD
from harness.network.activations import find_activation
from harness.network.kernels import ROWS
from harness.network.loss import COMPLEX_ROW_LOSS
from harness.network.network import Network
from harness.network.source import Function, GradientSource, ValueAndGradient
from optimizers.compilation import compiled
from optimizers.counts import VALUE_ROWS
from optimizers.errors import InputError
from optimizers.function_addresses import address
from optimizers.objective import Array
from optimizers.options import options
from optimizers.printable import said_by
from optimizers.signatures import Data

COMPLEX_COST = 4.0
"""Evaluations that a complex evaluation of a plain function counts for."""

TRIED_SIZES, TRIED_EACH = (1e-2, 1.0, 4.0, 30.0, 1000.0), 4
"""Sizes of the parameters at which a plain function is tried, and points of each."""
ALL_DIRECTIONS = 10
"""Parameters up to which each is tried by itself, beside all of them at once."""


@compiled()
def value_and_gradient(w: Any, rows: Any, data: Any, gradient: Any) -> float:
    """Return the loss and write its gradient; see ``optimizers.signatures.VALUE_AND_GRADIENT``."""
    integers, workspace, counters = data.integers, data.workspace, data.counters
    count = rows.size if rows.size else integers[ROWS]
    counters[VALUE_ROWS] += (2 * w.size + 1) * count
    a = workspace.view(np.complex128)
    loss = 0.0
    for i in range(w.size):
        total = 0j
        for r in range(count):
            total += row_loss(w, i, rows[r] if rows.size else r, data, a)
        gradient[i] = total.imag / STEP / count
        loss = total.real / count
    return loss


@options
class ComplexStep(GradientSource):
    """The complex step: a pass with one complex parameter for each parameter, all digits right.

    ``dE/dw_i = Im E(w + i h e_i) / h``, with an error of ``h^2 E'''/6`` and none from cancellation, for
    nothing is subtracted. The loss is the real part.

    Only what a complex number can go through is differentiable this way: no relu, no step, no perceptron.
    """

    source: ClassVar[str] = (
        "Squire, Trapp (1998), Using complex variables to estimate derivatives of real functions, SIAM "
        "Review 40; Martins, Sturdza, Alonso (2003), The complex-step derivative approximation, ACM TOMS 29"
    )

    def build(self, network: Network, data: Data) -> tuple[Any, Data]:
        """Return the compiled function, with the addresses of the complex functions and a row's workspace."""
        reals, integers, counters = data.reals, data.integers, data.counters
        forms = [find_activation(name).complex_form for name in network.layer_activations]
        own = [address(form, COMPLEX_FORWARD) for form in forms]
        own.append(address(network.loss_entry.complex_form, COMPLEX_ROW_LOSS))
        # Two floats for each complex number.
        workspace = np.zeros(2 * sum(network.sizes))
        return value_and_gradient, Data(reals, np.append(integers, own), workspace, counters)

    def cost(self, network: Network) -> float:
        """Return ``2n + 1``, which is what the passes amount to in multiply-adds.

        A pass forward with complex activations takes two multiply-adds for each real weight, where a real
        pass takes one, so n passes cost 2n. In the pass of a weight, its imaginary part takes one more, and
        over all weights these make one real pass. As everywhere, biases and activations are not counted.
        """
        return 2.0 * network.size + 1.0

    def refusal(self, network: Network) -> str | None:
        """Refuse what is not complex differentiable, and what has no complex version."""
        if network.no_gradient:
            return network.no_gradient
        for what, part in network.parts.items():
            if part.complex_form is None:
                reason = (
                    "is not complex differentiable, for what compares looks at the real part alone"
                    if part.kinks
                    else "has no complex form"
                )
                return f"{what} {reason}: take central-difference or analytic"
        return None

    def function_refusal(self, function: Function, n: int) -> str | None:
        """Refuse a function that complex numbers do not go through.

        It is tried once, at some twenty points near 0 and far from it, where its derivatives by the complex
        step must be those along the reals, for each parameter and for all at once. Nobody is charged for it:
        a hundred calls and more for each parameter. What the points do not come upon, such as a branch that
        is not analytic in a small region, is not seen.
        """
        return _refusals.get(function, n, lambda: self._tried(function, n), shape_only=True)

    @staticmethod
    def _tried(function: Function, n: int) -> str | None:
        remedy = "take central-difference or reverse-autodiff"
        rng = np.random.default_rng(0)
        tried = [np.linspace(0.3, 0.7, n)]
        tried += [size * rng.uniform(-1.0, 1.0, n) for size in TRIED_SIZES for _ in range(TRIED_EACH)]
        with np.errstate(all="ignore"):
            for w in tried:
                if reason := _difference(function, w, rng):
                    return f"{reason}: {remedy}"
        return None

    def build_function(self, function: Function, n: int) -> tuple[ValueAndGradient, float]:
        """Return a plain function with its gradient by n complex evaluations; ``4n + 1``.

        The product of two complex numbers takes four real ones, so a complex evaluation counts four times.
        """
        if reason := self.function_refusal(function, n):
            raise InputError(reason)

        def value_and_gradient(w: Array) -> tuple[float, Array]:
            with np.errstate(all="ignore"):
                slopes = [_moved(function, w, i, STEP).imag / STEP for i in range(n)]
            return float(function(w)), np.array(slopes, dtype=np.float64)

        return value_and_gradient, COMPLEX_COST * n + 1.0


_refusals: Remembered[str | None] = Remembered()


def _difference(function: Function, w: Array, rng: np.random.Generator) -> str:
    """Say how a function's complex derivatives at a point are not the real ones, or nothing."""
    try:
        value = float(function(w.copy()))
    except Exception as error:
        return f"the function cannot be tried, {said_by(error)}"
    if not math.isfinite(value):
        # Outside of where the function is defined there is nothing to compare.
        return ""
    directions = [*(np.eye(w.size) if w.size <= ALL_DIRECTIONS else []), rng.uniform(-1.0, 1.0, w.size)]
    for v in directions:
        try:
            answer = function(w + 1j * STEP * v)
            ends = [float(function(w + side * v)) for side in (1e-5, -1e-5, 5e-6, -5e-6)]
        except Exception as error:
            return f"the function takes no complex numbers, {said_by(error)}"
        if not isinstance(answer, complex):
            return f"the function returns {type(answer).__name__} for complex numbers"
        slope, along = answer.imag / STEP, (ends[0] - ends[1]) / 2e-5
        nearer = (ends[2] - ends[3]) / 1e-5
        # Where two differences disagree, across a kink or in rounding, they say nothing of the slope.
        allowed = 1e-3 * max(1.0, abs(along)) + 10.0 * abs(along - nearer) + 1e-9 * abs(value)
        if math.isfinite(along) and math.isfinite(nearer) and not abs(slope - along) <= allowed:
            return "the function is not complex differentiable"
    return ""


def _moved(function: Function, w: Array, index: int, step: float) -> Any:
    """Return a function's value at ``w + i step e_index``."""
    point: Any = w.astype(np.complex128)
    point[index] += complex(0.0, step)
    return function(point)
