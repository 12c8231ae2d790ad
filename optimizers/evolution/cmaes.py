"""CMA-ES: candidates from a normal distribution that learns its covariance."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from optimizers.compilation import compiled
from optimizers.evolution.adaptation import course_of, draw, learn
from optimizers.evolution.criteria import met, names_of
from optimizers.evolution.rates import covariance_rates, recombination_weights
from optimizers.function_addresses import address, caller
from optimizers.generator_address import generator_address, generator_at
from optimizers.objective import ALL_ROWS, Array, Need, Objective, Rows
from optimizers.optimizer import Observe, Optimizer, Outcome
from optimizers.options import Positive, TwoOrMore, options
from optimizers.points import copy_point
from optimizers.search_space import Logarithmic, SearchSpace, Whole
from optimizers.signatures import VALUES

WORST = 1e300
"""Stands for a loss that is not finite, and ranks last."""

_values = caller(VALUES)


@compiled()
def rank(found: Any, course: Any) -> None:
    """Hand losses on to what learns from them, those that are not finite as ``WORST``."""
    for k in range(found.size):
        course.losses[k] = WORST if np.isnan(found[k]) else min(found[k], WORST)


@compiled(allocates=True)
def _search(
    values: int,
    data: Any,
    rows: Any,
    course: Any,
    drawing: Any,
    first: int,
    w: Any,
    loss: float,
    found: Any,
    losses: Any,
    target: float,
) -> tuple[float, int, int]:
    """Do iterations from ``first`` on, one for each place in ``losses``; iteration 0 evaluates the start.

    ``values`` is an address, ``drawing`` that of a generator. ``losses`` takes the lowest loss before
    each iteration, ``found`` those of the last population, ``w`` the parameters of the lowest.

    Returns:
        The lowest loss, iterations done, and the criteria met that end the search.
    """
    ending, rng = 0, generator_at(drawing)
    for done in range(losses.size):
        if first + done == 0:
            copy_point(course.mean, course.candidates[0])
            _values(values, course.candidates[:1], rows, data, found[:1])
            loss = found[0]
            losses[0] = loss
        else:
            losses[done] = loss
            draw(course, rng)
            _values(values, course.candidates, rows, data, found)
            for k in range(found.size):
                if found[k] < loss or (np.isnan(loss) and not np.isnan(found[k])):
                    loss = found[k]
                    copy_point(course.candidates[k], w)
            rank(found, course)
            learn(course)
            ending = met(course)
        if ending or loss <= target:
            return loss, done + 1, ending
    return loss, losses.size, ending


def _search_python(objective: Objective, *rest: Any) -> tuple[float, int, int]:
    """Run the same lines against a Python objective."""

    def values(candidates: Array, rows: Rows, data: None, losses: Array) -> None:
        losses[:] = objective.values(candidates)

    found: tuple[float, int, int] = _search.py_func(values, None, ALL_ROWS, *rest)
    return found


@options
class CMAES(Optimizer):
    """Draw candidates from a normal distribution whose mean, step and covariance adapt.

    ``x = m + step y`` with y normal with covariance C. The mean m moves to a weighted mean of the better
    half; C learns from the better and the worse y and from the path of m, the step from the length of that
    path. One iteration is one population, but for the first, which evaluates the start alone, where m begins.
    The answer is the best point so far.

    The search ends by itself where one of pycma's criteria is met, such as ``tolfun``: losses of late that
    differ by less than 1e-11. C takes n^2 numbers, and its Cholesky factor n^3 / 6 multiply-adds now and
    then, where eigenvectors take several n^3.

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
        "Evolutionary Computation 9; in the form of Hansen (2016), The CMA evolution strategy: a tutorial, "
        "arXiv:1604.00772, with the defaults of Hansen, Akimoto, Baudis (2019), CMA-ES/pycma, and the "
        "Cholesky factor of Krause, Arbones, Igel (2016), NIPS 29"
    )

    def _candidates(self, n: int) -> int:
        """Return the size of a population for n parameters."""
        return 4 + math.floor(3 * math.log(n)) if self.population_size is None else self.population_size

    def multiply_adds(self, n: int) -> float:
        """Return those of one population, leading terms.

        A candidate takes n^2 / 2 to draw, and as many in the covariance; a Cholesky factor takes n^3 / 6, and
        is due once in ``1 / (10 n (c_1 + c_mu))`` populations (Hansen 2016, B.2).
        """
        candidates = self._candidates(n)
        weights = recombination_weights(n, candidates)
        parents = 1.0 / float((weights[weights > 0.0] ** 2).sum())
        gap = 0.1 / n / sum(covariance_rates(n, candidates, parents))
        return n * n * candidates + n**3 / 6.0 / max(1.0, gap)

    def numbers_held(self, n: int) -> int:
        """Return those of the covariance, its factor, and of the population."""
        return 2 * n * n + 3 * self._candidates(n) * n

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of one population, with that of its linear algebra."""
        candidates = float(self._candidates(objective.size))
        return candidates + objective.linear_algebra_cost(self.multiply_adds(objective.size), candidates)

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Draw populations until ``observe`` allows no more, or one of its own criteria is met."""
        candidates, multiply_adds = self._candidates(start.size), self.multiply_adds(start.size)
        charges = objective.linear_algebra_cost(multiply_adds, candidates) > 0.0
        course, functions = course_of(start, self.step, candidates), objective.compiled
        if functions is not None:
            values = address(functions.values, VALUES)
        drawing = rng if functions is None else generator_address(rng)
        w, loss, first, found = start.copy(), math.nan, 0, np.empty(candidates)
        allowance = observe(w)
        while allowance:
            losses = np.empty(allowance)
            place = (course, drawing, first, w, loss, found, losses, objective.target)
            if functions is not None:
                loss, done, ending = _search(values, functions.data, ALL_ROWS, *place)
            else:
                loss, done, ending = _search_python(objective, *place)
            if charges:
                for iteration in range(first, first + done):
                    # The start is no population.
                    if iteration:
                        objective.charge(multiply_adds, candidates)
            first += done
            population_losses = found[:1] if first == 1 else found
            allowance = observe(
                w.copy(),
                iterations=done,
                losses=losses[:done],
                loss=loss,
                population_losses=population_losses.copy(),
            )
            if ending and allowance:
                said = f"criterion {names_of(ending, course)} at iteration {first}, loss {loss:.6g}"
                return Outcome("stalled", f"CMA-ES met its own {said}")
        return None
