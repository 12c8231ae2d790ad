"""The gradient by central differences."""

from __future__ import annotations

from typing import Any, ClassVar

from harness.gradients.differences import EPSILON, Difference, block, loss_at, losses_of, step_of
from harness.network.network import Network
from optimizers.compilation import compiled
from optimizers.options import options

CUBE_ROOT = EPSILON ** (1 / 3)


@compiled()
def value_and_gradient(w: Any, rows: Any, data: Any, gradient: Any) -> float:
    """Return the loss and write its central differences; see ``optimizers.signatures.VALUE_AND_GRADIENT``."""
    candidates, losses = block(w, data)
    # The differences do without this value, but the loss is owed: the mean of the two sides is another
    # number (by h^2 E''/2, 4e-11 of the loss), and a run's trace has to show the loss where it stands.
    loss = loss_at(w, rows, data)
    pairs = losses.size // 2
    for first in range(0, w.size, pairs):
        count = min(pairs, w.size - first)
        for p in range(count):
            i = first + p
            step = step_of(w, i, data, CUBE_ROOT)
            candidates[2 * p, i] = w[i] + step
            candidates[2 * p + 1, i] = w[i] - step
        losses_of(candidates[: 2 * count], rows, data, losses[: 2 * count])
        for p in range(count):
            i = first + p
            # The distance that was really gone, which rounding makes differ from two steps.
            distance = candidates[2 * p, i] - candidates[2 * p + 1, i]
            gradient[i] = (losses[2 * p] - losses[2 * p + 1]) / distance
            candidates[2 * p, i] = candidates[2 * p + 1, i] = w[i]
    return loss


@options
class CentralDifference(Difference):
    """Central differences: two values more for each parameter, about two thirds of the digits right.

    ``dE/dw_i = (E(w + h_i e_i) - E(w - h_i e_i)) / (2 h_i)``, with an error of ``h_i^2 E'''/6`` from
    truncation and ``eps E / h_i`` from round-off; ``h_i = eps^(1/3) max(s_i, abs(w_i))`` balances the two.
    The size s_i is told by the data, so that these may be in any units: see ``differences.typical_sizes``.

    Attributes:
        step: how far to go along each coordinate; none takes the ``h_i`` above. A step that is lost in the
            rounding of a parameter gives NaN: no distance was gone.
    """

    source: ClassVar[str] = (
        "Nocedal, Wright (2006), Numerical Optimization, 2nd ed., sec. 8.1; "
        "Gill, Murray, Wright (1981), Practical Optimization"
    )
    relative: ClassVar[float] = CUBE_ROOT
    sides: ClassVar[int] = 2
    function: ClassVar[Any] = value_and_gradient

    def cost(self, network: Network) -> float:
        """Return one for the loss itself and two for each parameter, ``2n + 1``."""
        return 2.0 * network.size + 1.0
