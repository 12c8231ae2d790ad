"""Fisher's linear discriminant: one unit on two classes, without a search."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from optimizers.capabilities.single_layer import UnitRows
from optimizers.objective import Array, Need, Objective
from optimizers.optimizer import Observe, Optimizer, Outcome
from optimizers.options import options

FLAT = 1e-10
"""Share of the largest scatter below which there is none in a direction, all features scaled alike."""


@options
class FisherDiscriminant(Optimizer):
    """Place one unit in closed form, where the classes differ most beside their scatter.

    ``w = S^-1 (m1 - m0)`` with the classes' means m0 and m1 and their pooled covariance S, and the threshold
    in the middle of the projected means, ``b = -w (m0 + m1) / 2``. This is the answer of largest ``(w (m1 -
    m0))^2 / w S w``, and z is the log odds of two normal classes of one covariance, equally frequent. Where
    the means differ in a direction in which neither class scatters at all, w is the part of m1 - m0 in such
    directions. The one iteration replaces the start by the answer; it costs the multiply-adds of the means,
    of S and of its eigenvectors.

    >>> import harness, optimizers
    >>> setosa = harness.problems.load("setosa")
    >>> best = optimizers.minimize(setosa.objective(), setosa.start(), FisherDiscriminant(), budget=20)
    >>> best.loss, best.iterations, best.outcome.name
    (0.0, 1, 'stalled')
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"single-layer"})
    source: ClassVar[str] = (
        "Fisher (1936), The use of multiple measurements in taxonomic problems, Annals of Eugenics 7; in the "
        "form of Bishop (2006), Pattern Recognition and Machine Learning, eq. 4.30"
    )

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of the answer."""
        return _rows_spent(objective) / objective.rows

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Answer in one iteration. ``rng`` is not used."""
        layer = objective.single_layer
        if not observe(start.copy()):
            return None
        w = discriminant(UnitRows(layer.X, layer.y))
        layer.count_rows(_rows_spent(objective))
        if not observe(w, iterations=1):
            return None
        return Outcome("stalled", "the discriminant is a closed form, and there is nothing to improve")


def _rows_spent(objective: Objective) -> int:
    """Return the multiply-adds of means, covariance and eigenvectors, in those of one row's pass."""
    features = objective.size - 1
    # Eigenvectors take 9 d^3 flops, two of them a multiply-add (Golub, Van Loan, 4th ed., section 8.3).
    return objective.rows * (1 + features) + math.ceil(4.5 * features**2)


def discriminant(rows: UnitRows) -> Array:
    """Return weights and bias, shape (features + 1,).

    >>> rows = UnitRows(np.array([[0.0], [2.0], [5.0], [7.0]]), np.array([-1.0, -1.0, 1.0, 1.0]))
    >>> discriminant(rows).round(12).tolist()
    [2.5, -8.75]
    """
    X, y = rows
    low, high = X[y < 0], X[y > 0]
    means = low.mean(axis=0), high.mean(axis=0)
    within = np.vstack([low - means[0], high - means[1]])
    covariance = within.T @ within / max(len(X) - 2, 1)
    # In deviations of the features, so that the units they come in do not decide what scatters.
    deviations = np.sqrt(covariance.diagonal())
    deviations = np.where(deviations > 0, deviations, 1.0)
    apart = (means[1] - means[0]) / deviations
    scatter, directions = np.linalg.eigh(covariance / np.outer(deviations, deviations))
    along = directions.T @ apart
    flat = scatter <= FLAT * scatter.max()
    if np.linalg.norm(along[flat]) > math.sqrt(FLAT) * np.linalg.norm(apart):
        w = directions[:, flat] @ along[flat] / deviations
    else:
        w = directions[:, ~flat] @ (along[~flat] / scatter[~flat]) / deviations
    return np.append(w, -w @ (means[0] + means[1]) / 2)
