"""Hill climbing: take any step that does not lead up."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from optimizers.compilation import compiled
from optimizers.objective import Array
from optimizers.options import Positive, options
from optimizers.search_space import Logarithmic, SearchSpace
from optimizers.single_point import SinglePointSearch, Walk


@compiled()
def _not_worse(loss: float, candidate_loss: float, state: Any, settings: Any, rng: Any) -> bool:
    return candidate_loss <= loss


@options
class HillClimbing(SinglePointSearch):
    """Step at random with a constant spread, and stay at the new point unless it is worse.

    Stochastic hill climbing: ``x = w + step z`` with z standard normal; ``w := x`` if ``f(x) <= f(w)``. It is
    the evolution strategy without adaptation of the step. One iteration is one evaluation, the first that of
    the start.

    Attributes:
        step: standard deviation of a step in each parameter. Good ones shrink with the number of
            parameters: about 0.3 for ten, 0.01 for thousands.

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(5), HillClimbing(), budget=1000)
    >>> best.loss < 1e-2
    True
    """

    step: Positive = 0.1

    search_space: ClassVar[SearchSpace] = {"step": Logarithmic(1e-3, 10.0)}
    source: ClassVar[str] = (
        "Juels, Wattenberg (1995), Stochastic hillclimbing as a baseline method for evaluating genetic "
        "algorithms, NIPS 8; with the steps of Matyas (1965), Random optimization, Automation and Remote "
        "Control 26"
    )
    accept: ClassVar[Any] = _not_worse

    def state(self) -> Array:
        """Return the step."""
        return np.array(Walk(self.step))
