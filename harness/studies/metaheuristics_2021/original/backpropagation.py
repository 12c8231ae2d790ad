"""Backpropagation row by row as it was published: a bias learns once for each weight of its logistic unit.

Weights lie unit by unit, the bias of a unit behind its weights, those of the hidden layer first.
"""

from __future__ import annotations

import math
from typing import Any

from optimizers.compilation import compiled


@compiled()
def train(
    w: Any,
    X: Any,
    Y: Any,
    units: Any,
    rate: float,
    momentum: float,
    bias_for_each_weight: bool,
    running_error: bool,
    errors: Any,
) -> None:
    """Change weights for some epochs, and write the error of each.

    With d the delta of a unit, (y - a) a (1 - a) in the output layer, ``w_i := w_i + rate d x_i`` and
    ``b := b + rate d``: the published loop over i has the second inside. It also adds ``momentum`` times a
    delta of the row before, to every weight whatever its input; deltas are counted from the first of the
    hidden layer, so that output units get those of hidden ones.

    Arguments:
        w: changed in place.
        X: training rows, shape (N, inputs), in the order in which every epoch goes through them.
        Y: 1 for the class of a row, 0 for others, shape (N, outputs).
        units: place for the activations and deltas, and the deltas before, shape (3, hidden + outputs).
        rate: learning rate.
        momentum: see above.
        bias_for_each_weight: whether that loop is as published.
        running_error: whether an epoch's error is of each row before the step that it makes, or of all rows
            after the last one.
        errors: to be written, one an epoch: the mean over rows of the squared error summed over outputs.
    """
    rows, inputs = X.shape
    outputs = Y.shape[1]
    hidden = units.shape[1] - outputs
    a, delta, before = units[0], units[1], units[2]
    first = hidden * (inputs + 1)
    bias_inputs = inputs if bias_for_each_weight else 1
    bias_hidden = hidden if bias_for_each_weight else 1
    for epoch in range(errors.size):
        total = 0.0
        for row in range(rows):
            for unit in range(delta.size):
                before[unit] = delta[unit]
            total += _forward(w, X[row], Y[row], a)
            for k in range(outputs):
                out = a[hidden + k]
                delta[hidden + k] = out * (1.0 - out) * (Y[row, k] - out)
            for j in range(hidden):
                error = 0.0
                for k in range(outputs):
                    error += w[first + k * (hidden + 1) + j] * delta[hidden + k]
                delta[j] = a[j] * (1.0 - a[j]) * error
            pull = momentum if row else 0.0
            for j in range(hidden):
                place = j * (inputs + 1)
                for i in range(inputs):
                    w[place + i] += rate * X[row, i] * delta[j] + pull * before[j]
                w[place + inputs] += rate * delta[j] * bias_inputs
            for k in range(outputs):
                place = first + k * (hidden + 1)
                for j in range(hidden):
                    w[place + j] += rate * a[j] * delta[hidden + k] + pull * before[k]
                w[place + hidden] += rate * delta[hidden + k] * bias_hidden
        if not running_error:
            total = 0.0
            for row in range(rows):
                total += _forward(w, X[row], Y[row], a)
        errors[epoch] = total / rows


@compiled()
def _forward(w: Any, x: Any, y: Any, a: Any) -> float:
    """Write the activations of one row; return its squared error."""
    inputs, outputs = x.size, y.size
    hidden = a.size - outputs
    first = hidden * (inputs + 1)
    for j in range(hidden):
        place = j * (inputs + 1)
        z = w[place + inputs]
        for i in range(inputs):
            z += w[place + i] * x[i]
        a[j] = 1.0 / (1.0 + math.exp(-z))
    total = 0.0
    for k in range(outputs):
        place = first + k * (hidden + 1)
        z = w[place + hidden]
        for j in range(hidden):
            z += w[place + j] * a[j]
        a[hidden + k] = 1.0 / (1.0 + math.exp(-z))
        total += (a[hidden + k] - y[k]) ** 2
    return total
