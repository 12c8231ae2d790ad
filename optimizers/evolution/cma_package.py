"""The package cma behind two calls: silent, on one thread, with no randomness but the generator handed in."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from optimizers.errors import MissingExtraError
from optimizers.linear_algebra_threads import one_thread
from optimizers.objective import Array

MISSING = "CMA-ES needs the package cma, which is not installed: pip install 'neural-harness[cma]'"

WORST = 1e300
"""Stands for a loss that is not finite; cma would give NaN a place in the middle of the ranking."""


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the warnings of cma away, and the filters for warnings that it adds from what follows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class Strategy:
    """A search of cma by ask and tell, which ends by cma's own criteria alone, whatever the iteration.

    Arguments:
        start: the first mean, shape (n,).
        step: the first standard deviation.
        candidates: size of a population.
        rng: draws the candidates.

    Raises:
        MissingExtraError: if the extra is not installed.
    """

    def __init__(self, start: Array, step: float, candidates: int, rng: np.random.Generator) -> None:
        try:
            with _quiet():
                import cma
        except ImportError as missing:
            raise MissingExtraError(MISSING) from missing
        # One thread: the decomposition would take every one that linear algebra has, and wait for cores on
        # which the threads of the losses just computed go on spinning for a while: on two cores, a generation
        # on the 4-8-3 network took 18 ms in place of 1.5.
        self._candidates: list[Array] = []
        settings = {
            "popsize": candidates,
            "randn": lambda *shape: rng.standard_normal(shape),
            "maxiter": math.inf,
            "verbose": -9,
            "verb_log": 0,
            "signals_filename": "",
        }
        with self._running():
            self._search: Any = cma.CMAEvolutionStrategy(start.copy(), step, settings)

    @contextmanager
    def _running(self) -> Iterator[None]:
        with _quiet(), one_thread():
            yield

    def population(self) -> Array:
        """Draw a population, shape (P, n)."""
        with self._running():
            self._candidates = self._search.ask()
        return np.array(self._candidates)

    def learn(self, losses: Array) -> dict[str, Any]:
        """Learn from the losses of the population drawn last; return the criteria met that end the search."""
        ranked = np.minimum(np.where(np.isnan(losses), WORST, losses), WORST)
        with self._running():
            self._search.tell(self._candidates, ranked.tolist())
            return dict(self._search.stop())
