"""The best output weights of a network whose output is linear, under a squared loss: linear least squares.

With the activations H of the layer below in columns, and a column of ones for the biases, the loss is least
where ``|| [H 1] V - Y ||`` is. V is the solution of least norm, by a complete orthogonal factorisation
(Golub, Van Loan, Matrix Computations, 4th ed., sections 5.3 and 5.5).
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np

from harness.network.activations import find_activation
from harness.network.network import Network
from optimizers.objective import Array


def refusal(network: Network) -> str:
    """Say why output weights are no matter of linear least squares, or return an empty sentence."""
    if network.loss_entry.squares is None:
        return f"loss '{network.loss}' is no sum of squares, so that no linear system has its minimum"
    if not find_activation(network.output_activation).linear:
        return f"output activation '{network.output_activation}' is not linear in the output weights"
    return ""


def cost(sizes: tuple[int, ...], rows: int) -> float:
    """Return the cost of one candidate's output weights, in forward-pass equivalents.

    Counted in multiply-adds, leading terms. Every weight below the output once a row. For p unknowns an
    output (the units below and the bias), N rows and k outputs, with m and q the larger and the smaller of N
    and p: ``q^2 (m - q / 3)`` for the reflections of the factorisation, ``q^2 (p - q)`` more where rows are
    fewer than unknowns, ``k (2 m q - q^2)`` to reflect the targets, and ``k q^2 / 2`` for the triangular
    system.

    >>> round(cost((1, 1), 6), 3), round(cost((4, 8, 3), 150), 3)
    (7.222, 2.939)
    """
    products = [ins * outs for ins, outs in itertools.pairwise(sizes)]
    unknowns, outputs = sizes[-2] + 1, sizes[-1]
    m, q = max(rows, unknowns), min(rows, unknowns)
    factorisation = q**2 * (m - q / 3) + q**2 * (unknowns - q)
    solution = outputs * (2 * m * q - q**2 + q**2 / 2)
    return (rows * sum(products[:-1]) + factorisation + solution) / (rows * sum(products))


def solved(network: Network, w: Array, X: Array, Y: Array) -> Array:
    """Return parameters whose output weights and biases are the best for the others.

    They are left as they are where the activations below them are not finite.

    Arguments:
        network: the network.
        w: parameters, shape (n,).
        X: inputs, shape (N, features).
        Y: targets, shape (N, outputs).
    """
    parameters = w.copy()
    *hidden, output = network.layers(parameters)
    below, rows = np.ascontiguousarray(X.T), X.shape[0]
    for (weights, biases), name in zip(hidden, network.layer_activations, strict=False):
        with np.errstate(all="ignore"):
            sums = weights @ below + biases[:, None]
        flat = sums.reshape(-1)
        find_activation(name).forward(flat, 0, biases.size, rows)
        below = flat.reshape(sums.shape)
    if not np.isfinite(below).all():
        return parameters
    system = np.empty((below.shape[0] + 1, rows))
    system[:-1], system[-1] = below, 1.0
    best = _least_squares(system.T, Y)
    output.weights[:], output.biases[:] = best[:-1].T, best[-1]
    return parameters


def _least_squares(system: Array, Y: Array) -> Array:
    """Return the solution of least norm of ``system V = Y``, to the bits of ``scipy.linalg.lstsq``.

    LAPACK is called without what that function asks and checks on the way, which took three times as long as
    the factorisation of fifty rows and seven unknowns.
    """
    (rows, unknowns), outputs = system.shape, Y.shape[1]
    threshold = np.finfo(np.float64).eps * max(rows, unknowns)
    solve, room = _lapack(rows, unknowns, outputs, float(threshold))
    right = np.zeros((max(rows, unknowns), outputs), order="F")
    right[:rows] = Y
    _, best, _, _, info = solve(
        system, right, np.zeros((unknowns, 1), dtype=np.int32), threshold, room, True, True
    )
    if info < 0:
        raise ValueError(f"argument {-info} of LAPACK's dgelsy is wrong")
    solution: Array = best[:unknowns]
    return solution


@functools.lru_cache(maxsize=64)
def _lapack(rows: int, unknowns: int, outputs: int, threshold: float) -> tuple[Any, int]:
    """Return LAPACK's ``dgelsy``, and how much room it wants to work in."""
    # Imported here, so that importing this package stays cheap.
    from scipy.linalg import lapack

    room, info = lapack.dgelsy_lwork(rows, unknowns, outputs, threshold)
    if info:
        raise ValueError(f"argument {-info} of LAPACK's dgelsy is wrong")
    return lapack.dgelsy, int(room)
