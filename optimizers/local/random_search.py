"""Random search: the least that a method has to beat."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from optimizers.counts import VALUE_ROWS
from optimizers.objective import Array, Need, Objective
from optimizers.optimizer import Observe, Optimizer, Outcome
from optimizers.options import options

BATCH = 64
"""Draws that are evaluated together: one at a time, a draw took 1.6 times as long on small networks. A plain
function is called one at a time, and a draw behind the one that reaches the target is not evaluated."""


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

    needs: ClassVar[frozenset[Need]] = frozenset({"population"})
    pays_for_loss: ClassVar[bool] = True
    draws: ClassVar[bool] = True
    source: ClassVar[str] = "Brooks (1958), A discussion of random methods, Operations Research 6"

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of one value."""
        return 1.0

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Draw until ``observe`` allows no more."""
        w, loss, done = start.copy(), math.nan, 0
        batch = 1 if objective.compiled is None else BATCH
        allowance = observe(w)
        while allowance:
            losses, begin = np.empty(allowance), 0
            while begin < allowance and not loss <= objective.target:
                places = range(min(batch, allowance - begin))
                points = np.array([objective.draw_start(rng) if done + place else start for place in places])
                found = objective.values(points)
                behind = len(points) - 1 - int((found <= objective.target).argmax())
                if behind < len(points) - 1 or found[0] <= objective.target:
                    # What was drawn along with the point that ends the search is not paid for.
                    points, found = points[: len(points) - behind], found[: len(points) - behind]
                    objective.counters[VALUE_ROWS] -= behind * objective.rows
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
                begin += len(points)
            allowance = observe(w.copy(), iterations=begin, losses=losses[:begin], loss=loss)
        return None
