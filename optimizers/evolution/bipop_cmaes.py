"""CMA-ES begun again and again, with large populations and small ones in turn."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import ClassVar, NamedTuple

import numpy as np

from optimizers.evolution.adaptation import course_of, draw, learn
from optimizers.evolution.cmaes import CMAES, rank
from optimizers.evolution.criteria import met
from optimizers.objective import Array, Objective
from optimizers.optimizer import Observe, Outcome
from optimizers.options import options

MOST_DOUBLINGS = 9
"""How often the large population is doubled at the most."""


class Begun(NamedTuple):
    """One search of CMA-ES among several."""

    large: bool
    candidates: int
    step: float
    most: float
    """Evaluations after which it is given up."""


class Schedule:
    """Population sizes and steps of one search after another.

    The first search has the default size. From then on that kind goes on which has spent less, the first
    search counting with the small ones: a large population is twice the last large one; a small one is
    ``floor(default (last large / default)^(u^2))`` with the step times ``0.01^v``, u and v uniform in [0, 1],
    and may spend half of what all large ones have. The last large one is half of the next, which the paper's
    formula is written in.

    Arguments:
        candidates: the default size.
        step: the first standard deviation of searches that are not small.
        rng: draws u and v.

    >>> schedule = Schedule(10, 2.0, np.random.default_rng(0))
    >>> sizes = []
    >>> for _ in range(5):
    ...     begun = schedule.begin()
    ...     sizes.append((begun.large, begun.candidates))
    ...     schedule.end(begun, 1000 if begun.large else 600)
    >>> sizes
    [(False, 10), (True, 20), (False, 10), (True, 40), (False, 10)]
    """

    def __init__(self, candidates: int, step: float, rng: np.random.Generator) -> None:
        self._candidates, self._step, self._rng = candidates, step, rng
        self._doublings = 0
        self._spent: dict[bool, list[int]] = {False: [], True: []}

    def begin(self) -> Begun:
        """Return the search that is next."""
        small, large = sum(self._spent[False]), sum(self._spent[True])
        if not self._spent[False]:
            return Begun(False, self._candidates, self._step, math.inf)
        if small >= large:
            self._doublings = min(self._doublings + 1, MOST_DOUBLINGS)
            return Begun(True, self._candidates * 2**self._doublings, self._step, math.inf)
        step = self._step * 0.01 ** self._rng.uniform()
        size = self._candidates * (2.0**self._doublings) ** (self._rng.uniform() ** 2)
        return Begun(False, int(size), step, 0.5 * large)

    def end(self, begun: Begun, evaluations: int) -> None:
        """Count what a search has spent."""
        self._spent[begun.large].append(evaluations)


@options
class BipopCMAES(CMAES):
    """Begin CMA-ES again where it ends, with a population twice as large or with small ones.

    The first search is ``cmaes`` from the run's start; each further one begins at a point that is drawn.
    Large populations, each twice the last, find their way in a landscape that is a bowl from afar; small
    ones with small steps between them find narrow valleys by chance. Both kinds are given the same number of
    evaluations. One iteration is one candidate, so that all of a budget can be spent; the first is the
    start. The answer is the best point so far. Of 21 problems of bbob with many minima (functions 3, 15, 16,
    19, 20, 21 and 24, dimension 2, step 2, 20,000 evaluations) it solves 18, as many as cma's own loop does;
    ``cmaes`` solves 4.

    Attributes:
        step: standard deviation of the first population in each parameter, and the largest of a small one. A
            quarter of the width of where starts are drawn is usual: 2 on bbob.
        population_size: candidates in the first population, 2 or more; None takes ``4 + floor(3 log n)``.

    >>> import numpy as np, optimizers
    >>> def many_valleys(w):
    ...     return float(w @ w + 3 * (1 - np.cos(6 * w)).sum())
    >>> best = optimizers.minimize(many_valleys, np.full(3, 4.0), BipopCMAES(), budget=10_000, target=1e-8)
    >>> best.outcome.name
    'solved'
    """

    source: ClassVar[str] = (
        "Hansen (2009), Benchmarking a BI-population CMA-ES on the BBOB-2009 function testbed, GECCO, pp. "
        "2389-2396; in the form of Hansen, Akimoto, Baudis (2019), CMA-ES/pycma"
    )

    def numbers_held(self, n: int) -> int:
        """Return those of a search with the largest population."""
        largest = self._candidates(n) * 2**MOST_DOUBLINGS
        return CMAES(population_size=largest).numbers_held(n)

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of one candidate with its part of the linear algebra, most in the first search."""
        share = self._share(objective.size, self._candidates(objective.size))
        return 1.0 + objective.linear_algebra_cost(share)

    def _share(self, n: int, candidates: int) -> float:
        """Return the multiply-adds of one of the candidates of a population."""
        return replace(self, population_size=candidates).multiply_adds(n) / candidates

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Begin one search after another until ``observe`` allows no more."""
        schedule = Schedule(self._candidates(start.size), self.step, rng)
        begun, begin = schedule.begin(), start
        found = _Found(objective, observe, start)
        found.losses(start[np.newaxis], 0.0)
        while found.left:
            course = course_of(begin, begun.step, begun.candidates)
            share, evaluations, ending = self._share(start.size, begun.candidates), 0, 0
            while found.left and not ending and evaluations < begun.most:
                draw(course, rng)
                losses = found.losses(course.candidates, share)
                if losses is not None:
                    evaluations += losses.size
                    rank(losses, course)
                    learn(course)
                    ending = met(course)
            if found.left:
                schedule.end(begun, evaluations)
                begun, begin = schedule.begin(), objective.draw_start(rng)
        return None


class _Found:
    """What all searches have found so far, told candidate by candidate.

    Arguments:
        objective: what is minimised.
        observe: the run's.
        start: the point that a look sees first.

    Attributes:
        left: candidates that may be evaluated before the next look.
    """

    def __init__(self, objective: Objective, observe: Observe, start: Array) -> None:
        self._objective, self._observe = objective, observe
        self._w, self._loss = start.copy(), math.nan
        self._trail: list[float] = []
        self._begun = False
        self.left = observe(self._w.copy())

    def losses(self, points: Array, share: float) -> Array | None:
        """Return the losses of a population, shape (P,); None where the run ends before all are known.

        Arguments:
            points: shape (P, n).
            share: multiply-adds that go with each of them.
        """
        found = np.empty(len(points))
        done = 0
        while done < len(points) and self.left:
            part = points[done : done + self.left]
            self._objective.charge(share * len(part), len(part))
            found[done : done + len(part)] = self._objective.values(part)
            for place, loss in enumerate(found[done : done + len(part)].tolist()):
                # The first of all is the start, whose loss is not known before.
                self._trail.append(self._loss if self._begun else loss)
                self._begun = True
                if loss < self._loss or math.isnan(self._loss):
                    self._w, self._loss = part[place].copy(), loss
            done += len(part)
            self.left -= len(part)
            if not self.left or self._loss <= self._objective.target:
                self._look(found[:done])
        return found if done == len(points) else None

    def _look(self, population: Array) -> None:
        trail, self._trail = np.array(self._trail), []
        self.left = self._observe(
            self._w.copy(),
            iterations=len(trail),
            losses=trail,
            loss=self._loss,
            population_losses=population.copy(),
        )
