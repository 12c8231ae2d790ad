"""CMA-ES, on the package cma, which comes with an optional extra."""

from __future__ import annotations

import importlib.util
import math
from typing import Any, ClassVar

import numpy as np

from optimizers.evolution.cma_package import MISSING, Strategy
from optimizers.global_random_state import global_random_state_kept
from optimizers.objective import Array, Need, Objective
from optimizers.optimizer import Observe, Optimizer, Outcome
from optimizers.options import Positive, TwoOrMore, options
from optimizers.search_space import Logarithmic, SearchSpace, Whole


@options
class CMAES(Optimizer):
    """Draw candidates from a normal distribution whose mean, step and covariance adapt (cma).

    ``x = m + step y`` with y normal with covariance C. The mean m moves to a weighted mean of the better
    half; C learns from the better and the worse y and from the path of m, the step from the length of that
    path. One iteration is one population, but for the first, which evaluates the start alone, where m begins.
    The answer is the best point so far.

    The search ends by itself where one of cma's own criteria is met, such as ``tolfun``: losses of late that
    differ by less than 1e-11. C takes n^2 numbers, and its decomposition n^3 operations now and then: a
    population takes 0.3 ms for 10 parameters, 5 ms for 400 and 0.3 s for 2400, without its losses.

    Attributes:
        step: standard deviation of the first population in each parameter.
        population_size: candidates in a population, 2 or more; None takes ``4 + floor(3 log n)``.

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(5), CMAES(), budget=1000)
    >>> best.loss < 1e-6
    True
    """

    step: Positive = 0.5
    population_size: TwoOrMore | None = None

    search_space: ClassVar[SearchSpace] = {
        "step": Logarithmic(0.05, 5.0),
        "population_size": Whole(4, 100, logarithmic=True, reason="None takes 4 + 3 log(n)"),
    }
    needs: ClassVar[frozenset[Need]] = frozenset({"population"})
    pays_for_loss: ClassVar[bool] = True
    draws: ClassVar[bool] = True
    source: ClassVar[str] = (
        "Hansen, Ostermeier (2001), Completely derandomized self-adaptation in evolution strategies, "
        "Evolutionary Computation 9; in the form and with the defaults of Hansen, Akimoto, Baudis (2019), "
        "CMA-ES/pycma"
    )

    def _candidates(self, n: int) -> int:
        """Return the size of a population for n parameters."""
        return 4 + math.floor(3 * math.log(n)) if self.population_size is None else self.population_size

    def multiply_adds(self, n: int) -> float:
        """Return those of one population, leading terms.

        A candidate takes n^2 to draw, and n^2 / 2 in the covariance; its eigenvectors take 4.5 n^3, which are
        due once in ``n / 10`` populations or so (Hansen 2016, The CMA evolution strategy: a tutorial, B.2).
        """
        return 1.5 * n * n * self._candidates(n) + 4.5 * n**3 / max(1.0, n / 10)

    def numbers_held(self, n: int) -> int:
        """Return those of the covariance, its square root and eigenvectors, and of the population."""
        return 3 * n * n + 2 * self._candidates(n) * n

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of one population, with that of its linear algebra."""
        candidates = float(self._candidates(objective.size))
        return candidates + objective.linear_algebra_cost(self.multiply_adds(objective.size), candidates)

    def refusal(self, objective: Objective) -> str | None:
        """Refuse to work without the package."""
        return super().refusal(objective) if importlib.util.find_spec("cma") else MISSING

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Draw populations until ``observe`` allows no more, or one of cma's criteria is met.

        Raises:
            MissingExtraError: if cma is not installed.
        """
        # Before the first look starts a clock: the import takes a second, with the plots that come along.
        strategy = Strategy(start, self.step, self._candidates(start.size), rng)
        # From 300 parameters on cma checks some of its own numbers at random, and draws which from the global
        # state.
        with global_random_state_kept():
            return _search(strategy, objective, start, observe, self.multiply_adds(start.size))


def _search(
    strategy: Strategy, objective: Objective, start: Array, observe: Observe, multiply_adds: float
) -> Outcome | None:
    """Pay for the start, and for populations from then on."""
    w, loss, iteration = start.copy(), math.nan, 0
    met: dict[str, Any] = {}
    allowance = observe(w)
    while allowance:
        losses = np.empty(allowance)
        done = 0
        while done < allowance and not met and not loss <= objective.target:
            points = strategy.population() if iteration else start[np.newaxis]
            if iteration:
                objective.charge(multiply_adds, len(points))
            found = objective.values(points)
            if iteration:
                met = strategy.learn(found)
            else:
                loss = float(found[0])
            losses[done] = loss
            best = int(np.where(np.isnan(found), np.inf, found).argmin())
            if found[best] < loss or math.isnan(loss):
                w, loss = points[best].copy(), float(found[best])
            done += 1
            iteration += 1
        allowance = observe(
            w.copy(), iterations=done, losses=losses[:done], loss=loss, population_losses=found
        )
        if met and allowance:
            criteria = ", ".join(f"{name}={value}" for name, value in met.items())
            reason = f"CMA-ES met its own criterion {criteria} at iteration {iteration}, loss {loss:.6g}"
            return Outcome("stalled", reason)
    return None
