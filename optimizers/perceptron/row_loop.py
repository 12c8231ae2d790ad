"""The compiled loop over rows that every rule of the perceptron family shares.

It reads the rows itself, which takes 20 ns for a row of four inputs. Asking the objective's kernels for the
soft cost of one row at a time took 420.
"""

from __future__ import annotations

from typing import Any

from optimizers.compilation import compiled
from optimizers.row_order import shuffle


@compiled(reassociate=True)
def forward(X: Any, row: int, w: Any) -> Any:
    """Return ``z = w x + b`` of one row; the bias is the last entry of ``w``."""
    z = 0.0
    for i in range(X.shape[1]):
        z += w[i] * X[row, i]
    return z + w[X.shape[1]]


@compiled()
def turn(X: Any, y: Any, row: int, w: Any, learning_rate: float, margins: Any) -> bool:
    """Correct ``w`` by a row that is wrong: ``w := w + 2 learning_rate y (x, 1)`` unless ``y z > margin``.

    Arguments:
        X: inputs, shape (N, features).
        y: classes, shape (N,), -1 and +1.
        row: which row.
        w: weights and bias, shape (features + 1,).
        learning_rate: half the length of a correction, for y - yhat is 2 y.
        margins: what y z has to exceed on rows of -1 and on rows of +1.

    Returns:
        Whether the row was wrong.
    """
    label = y[row]
    # Said this way round, a z that is no number counts as wrong.
    if label * forward(X, row, w) > margins[1 if label > 0.0 else 0]:
        return False
    step = 2.0 * learning_rate * label
    for i in range(X.shape[1]):
        w[i] += step * X[row, i]
    w[X.shape[1]] += step
    return True


@compiled(allocates=True)
def epochs(
    X: Any,
    y: Any,
    w: Any,
    total: Any,
    learning_rate: float,
    margins: Any,
    order: Any,
    row_order: Any,
    most: int,
) -> tuple[int, int, int]:
    """Go through all rows in a new order each epoch, up to an epoch without a mistake.

    ``total``, of shape (n,) or empty, takes the sum of the parameters after each row's turn; with it, an
    epoch without a mistake is not the last, for the sum goes on growing.

    Returns:
        Epochs done, mistakes in all of them, mistakes in the last one.
    """
    mistakes = wrong = 0
    for done in range(1, most + 1):
        shuffle(order, row_order)
        wrong = 0
        for place in range(order.size):
            wrong += turn(X, y, order[place], w, learning_rate, margins)
            for i in range(total.size):
                total[i] += w[i]
        mistakes += wrong
        if not wrong and not total.size:
            return done, mistakes, wrong
    return most, mistakes, wrong
