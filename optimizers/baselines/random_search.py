"""Random search: the least that a method has to beat."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from optimizers.objective import Array, Objective
from optimizers.optimizer import Need, Observe, Optimizer, Outcome
from optimizers.options import options

BATCH = 64
"""Draws that are evaluated together: one at a time, a draw took 1.6 times as long on small networks."""


@options
class RandomSearch(Optimizer):
    """Draw points from where starts of the problem come, and keep the best.

    ``w := x`` if ``f(x) < f(w)``, with x drawn by the objective. One iteration is one draw; the first is the
    start.

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(2), RandomSearch(), budget=1000)
    >>> best.loss < 0.1
    True
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    source: ClassVar[str] = "Brooks (1958), A discussion of random methods, Operations Research 6"

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of one value."""
        return 1.0

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Draw until ``observe`` allows no more."""
        w, loss, done = start.copy(), math.nan, 0
        allowance = observe(w)
        while allowance:
            losses = np.empty(allowance)
            for begin in range(0, allowance, BATCH):
                places = range(min(BATCH, allowance - begin))
                points = np.array([objective.draw_start(rng) if done + place else start for place in places])
                found = objective.values(points)
                # The lowest loss before each draw and after the last; fmin passes over what is no number.
                lowest = np.fmin.accumulate(np.append(loss, found))
                losses[begin : begin + len(points)] = lowest[:-1]
                if done == 0:
                    losses[0] = found[0]
                # The loss before the first draw is no number either, and nothing compares with it.
                if not lowest[-1] >= loss:
                    w = points[np.where(np.isnan(found), np.inf, found).argmin()]
                    loss = float(lowest[-1])
                done += len(points)
            allowance = observe(w.copy(), iterations=allowance, losses=losses, loss=loss)
        return None
