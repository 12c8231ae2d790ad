"""Turn losses into the fitness that PyGAD maximises, and back: the one place where a loss is negated."""

from __future__ import annotations

import math

import numpy as np

from optimizers.objective import Array

ZERO_LOSS = -math.ulp(0.0)
"""Fitness of a loss of exactly 0: the nearest number below 0. PyGAD's roulette wheels divide by the sum of
the fitnesses and raise ZeroDivisionError where all of them are 0: that is, where the problem is solved."""


def fitness_of(losses: Array) -> Array:
    """Negate losses; a loss that is infinite or NaN becomes -inf, PyGAD's own mark of a rejected solution.

    PyGAD refuses NaN. -inf ranks last and gets no share of a roulette wheel; a very bad but finite number
    would leave all the others equal shares.

    >>> fitness_of(np.array([2.0, np.nan, -1.0])).tolist()
    [-2.0, -inf, 1.0]
    """
    fitness = np.where(np.isfinite(losses), -losses, -np.inf)
    fitness[losses == 0.0] = ZERO_LOSS
    return fitness


def losses_of(fitness: Array) -> Array:
    """Return the losses behind fitnesses, exactly; a rejected solution has the loss inf.

    >>> losses_of(fitness_of(np.array([2.0, 0.0, np.nan, -1.0]))).tolist()
    [2.0, 0.0, inf, -1.0]
    """
    return np.where(fitness == ZERO_LOSS, 0.0, -fitness)


def comparable_with_mean(fitness: Array) -> Array:
    """Return fitnesses with the worst finite one in the place of -inf, which would take any mean along.

    >>> comparable_with_mean(np.array([-2.0, -np.inf, -5.0])).tolist()
    [-2.0, -5.0, -5.0]
    """
    finite = np.isfinite(fitness)
    return np.where(finite, fitness, fitness[finite].min()) if finite.any() else fitness
