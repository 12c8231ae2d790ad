"""Simulated annealing: take steps that lead up too, ever more rarely."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from pydantic import Field

from optimizers.compilation import compiled
from optimizers.objective import Array
from optimizers.options import Positive, options
from optimizers.records import numbers_of, vectors_of
from optimizers.search_space import Logarithmic, NearOne, SearchSpace
from optimizers.single_point import SinglePointSearch

Cooling = Annotated[Positive, Field(le=1)]


class Settings(NamedTuple):
    """What the rule reads."""

    cooling: float


class State(NamedTuple):
    """What it remembers, one number each: ``Walk``, and what it changes."""

    step: Any
    temperature: Any


@compiled()
def _metropolis(loss: float, candidate_loss: float, state: Any, settings: Any, rng: Any) -> bool:
    temperature = vectors_of(State, state).temperature
    # A temperature that has become 0 leaves exp(-inf), no chance at all. Compared, not subtracted: from one
    # infinity to another is no rise.
    accepted = candidate_loss <= loss or rng.random() < np.exp((loss - candidate_loss) / temperature[0])
    temperature[0] *= numbers_of(Settings, settings).cooling
    return accepted


@options
class SimulatedAnnealing(SinglePointSearch):
    """Step at random, and stay at a worse point with a chance that falls as the temperature does.

    ``x = w + step z`` with z standard normal; ``w := x`` with probability
    ``min(1, exp(-(f(x) - f(w)) / temperature))``; then ``temperature := cooling temperature``. The answer is
    the present point, the best of a stretch is handed on with it. One iteration is one evaluation, the first
    that of the start.

    Attributes:
        step: standard deviation of a step in each parameter.
        initial_temperature: rise in the loss that is accepted with probability 1/e at first.
        cooling: factor of the temperature after each candidate, up to 1, which keeps it.

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(5), SimulatedAnnealing(), budget=10_000)
    >>> best.loss < 1e-2
    True
    """

    step: Positive = 0.1
    initial_temperature: Positive = 0.1
    cooling: Cooling = 0.999

    search_space: ClassVar[SearchSpace] = {
        "step": Logarithmic(1e-3, 10.0),
        "initial_temperature": Logarithmic(1e-4, 10.0),
        "cooling": NearOne(0.9, 0.99999),
    }
    source: ClassVar[str] = (
        "Kirkpatrick, Gelatt, Vecchi (1983), Optimization by simulated annealing, Science 220, with their "
        "geometric cooling and the rule of Metropolis et al. (1953), Journal of Chemical Physics 21"
    )
    accept: ClassVar[Any] = _metropolis

    def state(self) -> Array:
        """Return step and temperature."""
        return np.array(State(self.step, self.initial_temperature))

    def settings(self, size: int) -> Array:
        """Return the factor of the temperature."""
        return np.array(Settings(self.cooling))
