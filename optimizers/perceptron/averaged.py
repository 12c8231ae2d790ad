"""The averaged perceptron: the rule's path, answered with the mean of all weights that it went through."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from optimizers.counts import CORRECTION_COST
from optimizers.objective import Array, Need, Objective
from optimizers.optimizer import Observe, Optimizer, Outcome
from optimizers.options import Positive, options
from optimizers.perceptron.row_loop import epochs
from optimizers.perceptron.rule import STEP
from optimizers.search_space import Logarithmic, SearchSpace


@options
class AveragedPerceptron(Optimizer):
    """Average the weights that the perceptron rule has after each row's turn.

    ``w := w + learning_rate (y - yhat) x`` as in the perceptron rule, with the same rows in the same order;
    the answer after T epochs of N rows is ``(w_1 + ... + w_TN) / TN``, w_t being the weights after the t-th
    turn. So weights that survived many rows count more, and on classes that no cut separates the answer
    settles where the rule's own goes on jumping. The average moves on when there are no more mistakes, so
    only budget or target end it. A row costs a pass forward, one for the correction and one for the sum.

    Attributes:
        learning_rate: half the length of a correction.

    >>> import harness, optimizers
    >>> setosa = harness.problems.load("setosa")
    >>> search = AveragedPerceptron()
    >>> best = optimizers.minimize(setosa.objective(), setosa.start(), search, budget=300, target=0.0)
    >>> best.outcome.name, (best.cost - 1) % 3
    ('solved', 0.0)
    """

    learning_rate: Positive = 0.1

    search_space: ClassVar[SearchSpace] = {"learning_rate": Logarithmic(1e-3, 10.0)}
    needs: ClassVar[frozenset[Need]] = frozenset({"single-layer"})
    source: ClassVar[str] = (
        "Freund, Schapire (1999), Large margin classification using the perceptron algorithm, Machine "
        "Learning 37; averaged as in Collins (2002), Discriminative training methods for hidden Markov models"
    )

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of an epoch: passes forward, for the corrections and for the sum."""
        return CORRECTION_COST + 1.0

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Go on until ``observe`` allows no more. ``rng`` is not used: the problem orders rows."""
        layer = objective.single_layer
        w, total = start.copy(), np.zeros(objective.size)
        order, row_order = np.arange(objective.rows), objective.row_order()
        layer.count_rows(mistakes=0)
        allowance = observe(w)
        turns = 0
        while allowance:
            done, mistakes, _ = epochs(
                layer.X, layer.y, w, total, self.learning_rate, STEP, order, row_order, allowance
            )
            rows = done * objective.rows
            turns += rows
            layer.count_rows(value_rows=rows, corrected_rows=rows, mistakes=mistakes)
            allowance = observe(total / turns, iterations=done)
        return None
