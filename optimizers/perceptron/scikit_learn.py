"""The perceptron of scikit-learn, as a row beside our own."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from optimizers.counts import CORRECTION_COST
from optimizers.objective import Array, Need, Objective
from optimizers.optimizer import Observe, Optimizer, Outcome
from optimizers.options import Positive, options
from optimizers.row_order import shuffle
from optimizers.search_space import Logarithmic, SearchSpace


@options
class ScikitLearnPerceptron(Optimizer):
    """Let scikit-learn's Perceptron take each epoch, from the same start and with the rows in the same order.

    ``w := w + eta0 y x`` where ``y (w x + b) <= 0``, with ``eta0 = 2 learning_rate``: the steps of the
    perceptron rule, but for ties, where z = 0 is wrong for either class. One iteration is one epoch, a call
    of its ``fit`` that begins at the weights of the last. It ends by itself after an epoch that changed
    nothing. A row costs a pass forward and one for the correction. The library does not tell its mistakes.

    Attributes:
        learning_rate: half the length of a correction.

    >>> import harness, optimizers
    >>> setosa = harness.problems.load("setosa")
    >>> search = ScikitLearnPerceptron()
    >>> best = optimizers.minimize(setosa.objective(), setosa.start(), search, budget=200)
    >>> best.loss, best.outcome.name
    (0.0, 'stalled')
    """

    learning_rate: Positive = 0.1

    search_space: ClassVar[SearchSpace] = {"learning_rate": Logarithmic(1e-3, 10.0)}
    needs: ClassVar[frozenset[Need]] = frozenset({"single-layer"})
    source: ClassVar[str] = (
        "Pedregosa et al. (2011), Scikit-learn: machine learning in Python, Journal of Machine Learning "
        "Research 12, sklearn.linear_model.Perceptron"
    )

    @property
    def memoryless(self) -> bool:
        """Whether the next epoch begins at the weights alone; its order of the rows is as good as any."""
        return True

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of an epoch: a pass forward and one for the corrections."""
        return CORRECTION_COST

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Fit epoch by epoch until one changes nothing. ``rng`` is not used: the problem orders rows."""
        # Its import takes a second, so it waits until here.
        from sklearn.linear_model import Perceptron

        layer = objective.single_layer
        # tol=None: one epoch a call, without a warning that it did not converge. Without a random_state it
        # would draw from NumPy's global one, although it shuffles nothing.
        library = Perceptron(eta0=2 * self.learning_rate, shuffle=False, max_iter=1, tol=None, random_state=0)
        w = start.copy()
        order, row_order = np.arange(objective.rows), objective.row_order()
        allowance = observe(w)
        finished, changed = 0, True
        while allowance:
            done = 0
            while done < allowance and changed:
                shuffle(order, row_order)
                # A copy, for it trains in the array that it is handed.
                library.fit(layer.X[order], layer.y[order], coef_init=w[:-1].copy(), intercept_init=w[-1])
                found = np.append(library.coef_, library.intercept_)
                changed = not np.array_equal(found, w)
                w = found
                done += 1
            finished += done
            layer.count_rows(corrected_rows=done * objective.rows)
            allowance = observe(w, iterations=done)
            if not changed and allowance:
                return Outcome("stalled", f"epoch {finished} changed nothing, so there was no mistake in it")
        return None
