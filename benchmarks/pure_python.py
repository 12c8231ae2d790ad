"""The networks of ``sizes`` in plain Python: loops over lists, no NumPy, as in a first lecture."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from benchmarks.sizes import Size

Layer = tuple[list[list[float]], list[float]]
"""Weights, a list for each unit, and biases."""

Rows = list[tuple[list[float], list[float]]]
"""Inputs and targets of each row."""


def layers_of(size: Size, w: Sequence[float]) -> list[Layer]:
    """Cut a flat vector into the weights and biases of each layer."""
    layers, place = [], 0
    for ins, outs in zip(size.sizes[:-1], size.sizes[1:], strict=True):
        weights = []
        for _ in range(outs):
            weights.append(list(w[place : place + ins]))
            place += ins
        layers.append((weights, list(w[place : place + outs])))
        place += outs
    return layers


def rows_of(size: Size) -> Rows:
    X, Y = size.data()
    return list(zip(X.tolist(), Y.tolist(), strict=True))


def forward(layers: list[Layer], x: list[float]) -> list[list[float]]:
    """Return the inputs, the activations of each hidden layer, and the sums of the output layer."""
    numbers = [x]
    for place, (weights, biases) in enumerate(layers):
        below, sums = numbers[-1], []
        for unit, bias in zip(weights, biases, strict=True):
            total = bias
            for weight, a in zip(unit, below, strict=True):
                total += weight * a
            sums.append(total if place == len(layers) - 1 else math.tanh(total))
        numbers.append(sums)
    return numbers


def loss_and_errors(z: list[float], y: list[float]) -> tuple[float, list[float]]:
    """Return the cross-entropy of one row, and its derivative by each sum of the output layer."""
    if len(z) == 1:
        loss = max(z[0], 0.0) - y[0] * z[0] + math.log1p(math.exp(-abs(z[0])))
        return loss, [1.0 / (1.0 + math.exp(-z[0])) - y[0]]
    highest = max(z)
    powers = [math.exp(number - highest) for number in z]
    total = sum(powers)
    loss = highest + math.log(total) - sum(target * number for target, number in zip(y, z, strict=True))
    return loss, [power / total - target for power, target in zip(powers, y, strict=True)]


def mean_loss(layers: list[Layer], rows: Rows) -> float:
    total = 0.0
    for x, y in rows:
        total += loss_and_errors(forward(layers, x)[-1], y)[0]
    return total / len(rows)


def step(layers: list[Layer], rows: Rows, rate: float) -> float:
    """Take one step of gradient descent on all rows, in place; return the mean loss before it."""
    gradient = [([[0.0] * len(unit) for unit in W], [0.0] * len(b)) for W, b in layers]
    total = 0.0
    for x, y in rows:
        numbers = forward(layers, x)
        loss, errors = loss_and_errors(numbers[-1], y)
        total += loss
        for place in range(len(layers) - 1, -1, -1):
            weights, below = layers[place][0], numbers[place]
            weight_sums, bias_sums = gradient[place]
            for unit, error in enumerate(errors):
                bias_sums[unit] += error
                sums = weight_sums[unit]
                for number, a in enumerate(below):
                    sums[number] += error * a
            if place:
                errors = [
                    (1.0 - a * a) * sum(error * unit[k] for error, unit in zip(errors, weights, strict=True))
                    for k, a in enumerate(below)
                ]
    scale = rate / len(rows)
    for (W, b), (dW, db) in zip(layers, gradient, strict=True):
        for unit, sums in zip(W, dW, strict=True):
            for number, slope in enumerate(sums):
                unit[number] -= scale * slope
        for unit_number, slope in enumerate(db):
            b[unit_number] -= scale * slope
    return total / len(rows)


def breed(parents: list[list[float]], children: int, draw: random.Random) -> list[list[float]]:
    """Return children of parents that mate in turn: crossed at one point, a tenth of their genes moved."""
    bred = []
    for number in range(children):
        mother, father = parents[number % len(parents)], parents[(number + 1) % len(parents)]
        point = draw.randrange(len(mother))
        child = mother[:point] + father[point:]
        for gene in draw.sample(range(len(child)), max(1, len(child) // 10)):
            child[gene] += draw.uniform(-1.0, 1.0)
        bred.append(child)
    return bred
