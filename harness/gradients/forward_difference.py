"""The gradient by forward differences."""

from __future__ import annotations

from typing import Any, ClassVar

from harness.gradients.differences import EPSILON, Difference, block, loss_at, losses_of, step_of
from harness.network.network import Network
from optimizers.compilation import compiled
from optimizers.options import options

SQUARE_ROOT = EPSILON**0.5


@compiled()
def value_and_gradient(w: Any, rows: Any, data: Any, gradient: Any) -> float:
    """Return the loss and write its forward differences; see ``optimizers.signatures.VALUE_AND_GRADIENT``."""
    candidates, losses = block(w, data)
    loss = loss_at(w, rows, data)
    for first in range(0, w.size, losses.size):
        count = min(losses.size, w.size - first)
        for p in range(count):
            i = first + p
            candidates[p, i] = w[i] + step_of(w, i, data, SQUARE_ROOT)
        losses_of(candidates[:count], rows, data, losses[:count])
        for p in range(count):
            i = first + p
            # The distance that was really gone, which rounding makes differ from the step.
            gradient[i] = (losses[p] - loss) / (candidates[p, i] - w[i])
            candidates[p, i] = w[i]
    return loss


@options
class ForwardDifference(Difference):
    """Forward differences: one value more for each parameter, about half the digits right.

    ``dE/dw_i = (E(w + h_i e_i) - E(w)) / h_i``, with an error of ``h_i E''/2`` from truncation and
    ``2 eps E / h_i`` from round-off; ``h_i = sqrt(eps) max(s_i, abs(w_i))`` balances the two.
    The size s_i is told by the data, so that these may be in any units: see ``differences.typical_sizes``.

    Attributes:
        step: how far to go along each coordinate; none takes the ``h_i`` above. A step that is lost in the
            rounding of a parameter gives NaN: no distance was gone.
    """

    source: ClassVar[str] = (
        "Nocedal, Wright (2006), Numerical Optimization, 2nd ed., sec. 8.1; "
        "Gill, Murray, Wright (1981), Practical Optimization"
    )
    relative: ClassVar[float] = SQUARE_ROOT
    sides: ClassVar[int] = 1
    function: ClassVar[Any] = value_and_gradient

    def cost(self, network: Network) -> float:
        """Return one for the loss itself and one for each parameter, ``n + 1``."""
        return network.size + 1.0
