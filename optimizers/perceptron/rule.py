"""The perceptron rule, and the same with a margin: correct one unit by each row that it gets wrong."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import ClassVar

import numpy as np

from optimizers.counts import CORRECTION_COST
from optimizers.objective import Array, Need, Objective
from optimizers.optimizer import Observe, Optimizer, Outcome
from optimizers.options import NonNegative, Positive, options
from optimizers.perceptron.row_loop import epochs
from optimizers.search_space import Logarithmic, SearchSpace

STEP = np.array([0.0, math.nextafter(0.0, -1.0)])
"""What y z has to exceed for the step to be right, on rows of -1 and of +1: it says +1 where z >= 0."""


@options
class RowByRow(Optimizer):
    """Correct one unit by each row that it gets wrong, in a new order each epoch, one epoch an iteration.

    Attributes:
        learning_rate: half the length of a correction; from a start at zero it only scales the weights.
    """

    learning_rate: Positive = 0.1

    search_space: ClassVar[SearchSpace] = {"learning_rate": Logarithmic(1e-3, 10.0)}
    needs: ClassVar[frozenset[Need]] = frozenset({"single-layer"})

    @property
    def memoryless(self) -> bool:
        """Whether the next epoch begins at the weights alone; its order of the rows is as good as any."""
        return True

    @abstractmethod
    def margins(self) -> Array:
        """Return what y z has to exceed for a row to be right, on rows of -1 and of +1, shape (2,)."""

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of an epoch: a pass forward and one for the corrections."""
        return CORRECTION_COST

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Go through the rows until an epoch has no mistake. ``rng`` is not used: the problem orders rows."""
        layer, margins = objective.single_layer, self.margins()
        w, total = start.copy(), np.empty(0)
        order, row_order = np.arange(objective.rows), objective.row_order()
        layer.count_rows(mistakes=0)
        allowance = observe(w)
        finished = 0
        while allowance:
            done, mistakes, wrong = epochs(
                layer.X, layer.y, w, total, self.learning_rate, margins, order, row_order, allowance
            )
            finished += done
            layer.count_rows(corrected_rows=done * objective.rows, mistakes=mistakes)
            allowance = observe(w, iterations=done)
            if not wrong and allowance:
                return Outcome(
                    "stalled", f"epoch {finished} had no mistake, so the rule has nothing left to correct"
                )
        return None


@options
class PerceptronRule(RowByRow):
    """Correct the weights of one unit by each row that its step gets wrong, in a new order each epoch.

    ``w := w + learning_rate (y - yhat) x`` with labels y of -1 and +1, yhat = 1 if w x + b >= 0 else -1,
    and x = 1 for the bias. One iteration is one epoch. The rule ends by itself after an epoch without a
    mistake, and never where no straight cut separates the classes. From a start at zero it makes at most
    ``(R / gamma)^2`` mistakes, R the length of the longest row (x, 1) and gamma the widest margin that a cut
    through the origin of these rows leaves on either side. A row costs a pass forward and one for the
    correction.

    Attributes:
        learning_rate: half the length of a correction; from a start at zero it only scales the weights.

    >>> import harness, optimizers
    >>> setosa = harness.problems.load("setosa")
    >>> best = optimizers.minimize(setosa.objective(), setosa.start(), PerceptronRule(), budget=200)
    >>> best.loss, best.outcome.name
    (0.0, 'stalled')
    """

    source: ClassVar[str] = (
        "Rosenblatt (1958), The perceptron, Psychological Review 65; in the form of Novikoff (1962), "
        "On convergence proofs for perceptrons"
    )

    def margins(self) -> Array:
        """Return the margins of the step."""
        return STEP


@options
class MarginPerceptron(RowByRow):
    """Correct the weights of one unit by each row within a margin of its cut, right or wrong.

    ``w := w + 2 learning_rate y x`` unless ``y (w x + b) > margin``, with labels y of -1 and +1 and x = 1 for
    the bias. One iteration is one epoch. It ends by itself after an epoch without a correction, when every
    row has ``y z > margin``. From a start at zero it makes at most ``(R^2 + margin / learning_rate) /
    gamma^2`` corrections (Novikoff's argument, with R and gamma as for the perceptron rule), and what it ends
    with leaves at least ``gamma margin / (2 margin + 2 learning_rate R^2)`` on either side: the larger the
    margin is beside the learning rate, the closer to half of the widest. Each correction counts as a mistake.

    Attributes:
        learning_rate: half the length of a correction.
        margin: what y z has to exceed on every row, in the units of z. With 0 only ties are taken in another
            way than by the perceptron rule: z = 0 is wrong for either class.

    >>> import harness, optimizers
    >>> setosa = harness.problems.load("setosa")
    >>> objective = setosa.objective()
    >>> best = optimizers.minimize(objective, setosa.start(), MarginPerceptron(margin=0.5), budget=200)
    >>> X, y = objective.single_layer.X, objective.single_layer.y
    >>> best.outcome.name, (y * (X @ best.w[:-1] + best.w[-1])).min() > 0.5
    ('stalled', np.True_)
    """

    margin: NonNegative = 1.0

    search_space: ClassVar[SearchSpace] = {
        **RowByRow.search_space,
        "margin": Logarithmic(1e-3, 10.0),
    }
    source: ClassVar[str] = (
        "Duda, Hart, Stork (2001), Pattern Classification, 2nd ed., section 5.5 (perceptron with margin); "
        "Krauth, Mezard (1987), Learning algorithms with optimal stability in neural networks, J. Phys. A 20"
    )

    def margins(self) -> Array:
        """Return the same margin for both classes."""
        return np.full(2, self.margin)
