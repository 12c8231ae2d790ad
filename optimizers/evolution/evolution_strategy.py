"""The evolution strategy of one parent and one child, with a step that adapts."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from pydantic import Field

from optimizers.compilation import compiled
from optimizers.objective import Array
from optimizers.options import Positive, Real, options
from optimizers.records import numbers_of, vectors_of
from optimizers.search_space import Logarithmic, SearchSpace
from optimizers.single_point import LARGEST_STEP, SinglePointSearch, Walk

Damping = Annotated[Real, Field(ge=0.1)]


class Factors(NamedTuple):
    """What the rule multiplies the step by."""

    after_success: float
    after_failure: float


@compiled()
def _one_fifth(loss: float, candidate_loss: float, state: Any, settings: Any, rng: Any) -> bool:
    success = candidate_loss <= loss
    factors, step = numbers_of(Factors, settings), vectors_of(Walk, state).step
    # On a plateau every step is a success: without an end to its growth the step, and w with it, overflows
    # after about 900 sqrt(n + 1) evaluations.
    step[0] = min(step[0] * (factors.after_success if success else factors.after_failure), LARGEST_STEP)
    return success


@options
class EvolutionStrategy(SinglePointSearch):
    """Mutate one parent, keep the better of the two, and adapt the step to one success in five.

    The (1+1)-ES: ``x = w + step z`` with z standard normal; ``step := step exp((s - 1/5) / damping)``, where
    s is 1 if ``f(x) <= f(w)``, else 0; and ``w := x`` if s is 1. The step ends its growth at 1e100, which
    only a plateau leads to. One iteration is one evaluation, the first that of the start.

    Attributes:
        step: standard deviation of the first mutation, in each parameter.
        damping: what the adaptation is slowed by, 0.1 or more; None takes ``sqrt(n + 1)`` for n parameters.

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(5), EvolutionStrategy(), budget=1000)
    >>> best.loss < 1e-6
    True
    """

    step: Positive = 0.5
    damping: Damping | None = None

    search_space: ClassVar[SearchSpace] = {
        "step": Logarithmic(0.01, 10.0),
        "damping": Logarithmic(0.5, 50.0, reason="None takes sqrt(n + 1)"),
    }
    source: ClassVar[str] = (
        "Rechenberg (1973), Evolutionsstrategie; in the form of Hansen, Arnold, Auger (2015), Evolution "
        "strategies, Springer Handbook of Computational Intelligence, section 3.1, after Kern et al. (2004), "
        "Learning probability distributions in continuous evolutionary algorithms, Natural Computing 3"
    )
    accept: ClassVar[Any] = _one_fifth

    def state(self) -> Array:
        """Return the step."""
        return np.array(Walk(self.step))

    def settings(self, size: int) -> Array:
        """Return the factors of the step after a success and after a failure."""
        damping = math.sqrt(size + 1) if self.damping is None else self.damping
        return np.array(Factors(math.exp(0.8 / damping), math.exp(-0.2 / damping)))
