"""What PyGAD has no operator for, written for its extension points: blend crossover, gaussian mutation."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizers.objective import Array


class Blend:
    """Cross by BLX-alpha, with mates as PyGAD's own operators choose them.

    Arguments:
        alpha: part of the parents' distance by which their interval is widened on either side.
    """

    def __init__(self, alpha: float) -> None:
        self.alpha = alpha

    def __call__(self, parents: Array, shape: tuple[int, int], ga: Any) -> Array:
        """Return the offspring."""
        offspring = np.empty(shape)
        for child in range(shape[0]):
            first, second = child % len(parents), (child + 1) % len(parents)
            if ga.crossover_probability is not None:
                drawn = ga.numpy_random_generator.random(size=len(parents))
                candidates = np.flatnonzero(drawn < ga.crossover_probability).tolist()
                if not candidates:
                    offspring[child] = parents[first]
                    continue
                first, second = (
                    ga.python_random_generator.sample(candidates, 2)
                    if len(candidates) > 1
                    else candidates * 2
                )
            low = np.minimum(parents[first], parents[second])
            length = np.abs(parents[first] - parents[second])
            part = ga.numpy_random_generator.uniform(-self.alpha, 1.0 + self.alpha, shape[1])
            offspring[child] = low + part * length
        return offspring


class Gaussian:
    """Mutate by normal numbers, in genes as PyGAD's own operators choose them.

    Arguments:
        deviation: standard deviation of a number.
    """

    def __init__(self, deviation: float) -> None:
        self.deviation = deviation

    def __call__(self, offspring: Array, ga: Any) -> Array:
        """Return the offspring, mutated."""
        for solution in offspring:
            chosen = ga.select_mutation_gene_indices()
            solution[chosen] += ga.numpy_random_generator.normal(0.0, self.deviation, len(chosen))
        return offspring
