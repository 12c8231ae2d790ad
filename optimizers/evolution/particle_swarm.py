"""Particle swarm optimization with a constriction coefficient."""

from __future__ import annotations

import math
from typing import Any, ClassVar, NamedTuple

import numpy as np

from optimizers.compilation import compiled
from optimizers.counted_numbers import counted_pair, drawn_key
from optimizers.errors import InputError
from optimizers.objective import Array
from optimizers.options import NonNegative, TwoOrMore, options
from optimizers.population import PopulationSearch
from optimizers.printable import shown
from optimizers.records import numbers_of
from optimizers.search_space import Linear, SearchSpace, Whole


class Settings(NamedTuple):
    """What the rule reads."""

    constriction: float
    cognitive: float
    social: float


@compiled()
def _fly(kept: Any, best: int, positions: Any, velocities: Any, settings: Any, rng: Any) -> None:
    constriction, cognitive, social = numbers_of(Settings, settings)
    # One number after the other from the generator took half of a generation on the 2-2-1 network.
    key, size = drawn_key(rng), positions.shape[1]
    for i in range(positions.shape[0]):
        for j in range(size):
            position = positions[i, j]
            one, other = counted_pair(key, i * size + j)
            own = cognitive * one * (kept[i, j] - position)
            others = social * other * (kept[best, j] - position)
            velocities[i, j] = constriction * (velocities[i, j] + own + others)
            positions[i, j] = position + velocities[i, j]


@options
class ParticleSwarm(PopulationSearch):
    """Let particles fly on, drawn to the best point of their own and to the best of the swarm.

    ``v := chi (v + cognitive r1 (p - x) + social r2 (g - x))``, ``x := x + v``, in each parameter with r1 and
    r2 even in [0, 1), p the best point of the particle and g that of all, both of the last iteration; with
    ``phi = cognitive + social``, ``chi = 2 / (phi - 2 + sqrt(phi (phi - 4)))``, which is 0.7298 by default.

    Particle 0 begins at the start, the others anywhere in the initial range; the first velocity is half the
    way to another point of it. There are no bounds: particles may leave the range, and chi brings them back.
    One iteration is one move of all, the first evaluates where they begin. The losses of the population are
    those of the particles' best points.

    Attributes:
        population_size: particles, 2 or more.
        init_range_low: lower end of the initial range, in each parameter.
        init_range_high: its upper end.
        cognitive: c1, pull of the best point of one's own.
        social: c2, pull of the best point of all; c1 + c2 has to be above 4.

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(5), ParticleSwarm(), budget=5000)
    >>> best.loss < 1e-4
    True
    """

    population_size: TwoOrMore = 50
    cognitive: NonNegative = 2.05
    social: NonNegative = 2.05

    # Both pulls end above 2: their sum has to be above 4.
    search_space: ClassVar[SearchSpace] = {
        "population_size": Whole(10, 200, logarithmic=True),
        "cognitive": Linear(2.01, 3.0),
        "social": Linear(2.01, 3.0),
    }
    source: ClassVar[str] = (
        "Kennedy, Eberhart (1995), Particle swarm optimization; with the constriction of Clerc, Kennedy "
        "(2002), The particle swarm, IEEE Transactions on Evolutionary Computation 6; 50 particles as in "
        "Bratton, Kennedy (2007), Defining a standard for particle swarm optimization"
    )
    propose: ClassVar[Any] = _fly

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cognitive + self.social <= 4.0:
            raise InputError(
                f"ParticleSwarm: options 'cognitive' and 'social' are {shown(self.cognitive)} and "
                f"{shown(self.social)}, expected a sum above 4, which the constriction is made for: raise one"
            )

    def settings(self) -> Array:
        """Return the constriction coefficient and both pulls."""
        pull = self.cognitive + self.social
        constriction = 2.0 / (pull - 2.0 + math.sqrt(pull * (pull - 4.0)))
        return np.array(Settings(constriction, self.cognitive, self.social))

    def state(self, population: Array, rng: np.random.Generator) -> Array:
        """Return the first velocities: half the way to another point of the range (Clerc 2006)."""
        drawn = rng.uniform(self.init_range_low, self.init_range_high, population.shape)
        return 0.5 * (drawn - population)
