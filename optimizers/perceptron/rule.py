"""The perceptron rule: correct one unit by each row that it gets wrong."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from optimizers.compilation import compiled
from optimizers.first_class import address, caller
from optimizers.objective import VALUE_AND_GRADIENT, Array, Objective
from optimizers.optimizer import Need, Observe, Optimizer, Outcome
from optimizers.options import Positive, options
from optimizers.row_order import shuffle

_soft_cost = caller(VALUE_AND_GRADIENT)


@compiled(allocates=True)
def _epoch(
    soft_cost: int, data: Any, w: Any, gradient: Any, learning_rate: float, order: Any, row_order: Any
) -> int:
    """Go through all rows once in a new order; return how many were wrong when their turn came."""
    shuffle(order, row_order)
    mistakes = 0
    for place in range(order.size):
        _soft_cost(soft_cost, w, order[place : place + 1], data, gradient)
        # The soft cost of a row has the subgradient -y (x, 1) if the step is wrong there, else 0; the last
        # entry, the bias, is therefore not 0 for a mistake only.
        if gradient[gradient.size - 1] != 0.0:
            mistakes += 1
            for i in range(w.size):
                # y - yhat is 2y for a mistake, hence twice the subgradient.
                w[i] -= 2.0 * learning_rate * gradient[i]
    return mistakes


@options
class PerceptronRule(Optimizer):
    """Correct the weights of one unit by each row that its step gets wrong, in a new order each epoch.

    ``w := w + learning_rate (y - yhat) x`` with labels y of -1 and +1, yhat = 1 if w x + b >= 0 else -1,
    and x = 1 for the bias. One iteration is one epoch. The rule ends by itself after an epoch without a
    mistake, which it reaches in finitely many steps if some straight cut separates the classes (Novikoff
    1962), and never otherwise. A row costs a pass forward and one for the correction.

    Attributes:
        learning_rate: length of a correction; it only scales the weights if they start at zero.

    >>> import harness, optimizers
    >>> setosa = harness.problems.load("setosa")
    >>> best = optimizers.minimize(setosa.objective(), setosa.start(), PerceptronRule(), budget=200)
    >>> best.loss, best.outcome.name
    (0.0, 'stalled')
    """

    learning_rate: Positive = 0.1

    needs: ClassVar[frozenset[Need]] = frozenset({"single-layer", "rows"})
    source: ClassVar[str] = (
        "Rosenblatt (1958), The perceptron, Psychological Review 65; in the form of Novikoff (1962), "
        "On convergence proofs for perceptrons"
    )

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of an epoch: a forward and a weight-gradient pass of one layer."""
        return 2.0

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Go through the rows until an epoch has no mistake. ``rng`` is not used: the problem orders rows."""
        assert objective.perceptron is not None, "refusal() lets single layers pass only"
        soft = objective.perceptron
        function = address(soft.value_and_gradient, VALUE_AND_GRADIENT)
        w, gradient = start.copy(), np.zeros(objective.size)
        order, row_order = np.arange(objective.rows), objective.row_order()
        allowance = observe(w)
        epochs = 0
        while allowance:
            done = 0
            for _ in range(allowance):
                mistakes = _epoch(
                    function,
                    soft.gradient_data,
                    w,
                    gradient,
                    self.learning_rate,
                    order,
                    row_order,
                )
                done += 1
                if not mistakes:
                    break
            epochs += done
            allowance = observe(w, iterations=done)
            if not mistakes and allowance:
                return Outcome(
                    "stalled", f"epoch {epochs} had no mistake, so the rule has nothing left to correct"
                )
        return None
