"""The pocket algorithm: the perceptron rule, and beside it the best weights that it came through."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from optimizers.compilation import compiled
from optimizers.counts import CORRECTION_COST
from optimizers.objective import Array, Need, Objective
from optimizers.optimizer import Observe, Optimizer, Outcome
from optimizers.options import Positive, options
from optimizers.perceptron.row_loop import forward, turn
from optimizers.perceptron.rule import STEP
from optimizers.row_order import shuffle
from optimizers.search_space import Logarithmic, SearchSpace

PLACE, RUN, LONGEST, RIGHT, STANDING = range(5)
"""Places in the state: the next row's place in the order, rows right since the last mistake, the most of
those that the pocket's weights had, rows that the pocket gets right, where the present weights stand."""
NEW, REJECTED, KEPT = range(3)
"""Where weights stand: not checked yet, checked and no better than the pocket's, in the pocket."""


@compiled()
def _rows_right(X: Any, y: Any, w: Any) -> int:
    """Count the rows that the step gets right."""
    right = 0
    for row in range(X.shape[0]):
        right += (forward(X, row, w) >= 0.0) == (y[row] > 0.0)
    return right


@compiled(allocates=True)
def _carry_on(
    X: Any,
    y: Any,
    w: Any,
    pocket: Any,
    learning_rate: float,
    margins: Any,
    order: Any,
    row_order: Any,
    state: Any,
    most: int,
) -> tuple[int, int, int, int]:
    """Do iterations, each up to a check of the ratchet or the end of an epoch.

    Returns:
        Iterations done, fewer than ``most`` where the pocket gets every row right; turns, checks, mistakes.
    """
    turns = checks = mistakes = 0
    for done in range(1, most + 1):
        if state[PLACE] == order.size:
            shuffle(order, row_order)
            state[PLACE] = 0
        while state[PLACE] < order.size and (state[STANDING] != NEW or state[RUN] <= state[LONGEST]):
            if turn(X, y, order[state[PLACE]], w, learning_rate, margins):
                mistakes += 1
                state[RUN], state[STANDING] = 0, NEW
            else:
                state[RUN] += 1
                if state[STANDING] == KEPT:
                    state[LONGEST] = max(state[LONGEST], state[RUN])
            state[PLACE] += 1
            turns += 1
        if state[STANDING] == NEW and state[RUN] > state[LONGEST]:
            right = _rows_right(X, y, w)
            checks += 1
            state[STANDING] = REJECTED
            if right > state[RIGHT]:
                state[RIGHT], state[LONGEST], state[STANDING] = right, state[RUN], KEPT
                for i in range(w.size):
                    pocket[i] = w[i]
                if right == order.size:
                    return done, turns, checks, mistakes
    return most, turns, checks, mistakes


@options
class PocketPerceptron(Optimizer):
    """Keep the weights that get the most rows right while the perceptron rule goes on.

    The rule goes its way, ``w := w + learning_rate (y - yhat) x``, with the rows in the order in which the
    perceptron rule has them (Gallant draws each at random). The pocket holds the best weights so far, the
    start at first. Weights that got more rows right in a row than those in the pocket ever did are checked on
    all rows, once, and take their place if they get more of them right (the ratchet). So the answer never
    gets worse in the number of mistakes, also on classes that no cut separates. It ends by itself when the
    pocket gets every row right.

    A row's turn costs a pass forward and one for the correction, a check one pass of all rows. An iteration
    ends with a check or with the epoch, whichever comes first, so that it costs 3 at most; the first one
    checks the start.

    Attributes:
        learning_rate: half the length of a correction.

    >>> import harness, optimizers
    >>> pair = harness.problems.load("iris-pair:one=versicolor,other=virginica,loss=perceptron-hard")
    >>> best = optimizers.minimize(pair.objective(), pair.start(), PocketPerceptron(), budget=3_000)
    >>> best.loss, best.outcome.name
    (0.02, 'budget')
    """

    learning_rate: Positive = 0.1

    search_space: ClassVar[SearchSpace] = {"learning_rate": Logarithmic(1e-3, 10.0)}
    needs: ClassVar[frozenset[Need]] = frozenset({"single-layer"})
    source: ClassVar[str] = (
        "Gallant (1990), Perceptron-based learning algorithms, IEEE Transactions on Neural Networks 1, "
        "pocket algorithm with ratchet"
    )

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of an epoch with one check."""
        return CORRECTION_COST + 1.0

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Go on until the pocket gets every row right. ``rng`` is not used: the problem orders rows."""
        layer = objective.single_layer
        w, pocket = start.copy(), start.copy()
        order, row_order = np.arange(objective.rows), objective.row_order()
        state = np.array([objective.rows, 0, -1, -1, NEW])
        layer.count_rows(mistakes=0)
        allowance = observe(pocket)
        while allowance:
            done, turns, checks, mistakes = _carry_on(
                layer.X, layer.y, w, pocket, self.learning_rate, STEP, order, row_order, state, allowance
            )
            layer.count_rows(checks * objective.rows, corrected_rows=turns, mistakes=mistakes)
            allowance = observe(pocket, iterations=done)
            if state[RIGHT] == objective.rows and allowance:
                return Outcome("stalled", f"the weights in the pocket get all {objective.rows} rows right")
        return None
