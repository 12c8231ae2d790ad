"""Derivatives of a function of NumPy arrays by differences in fifty digits: an oracle that traces nothing.

NumPy's functions take arrays of mpmath's numbers as they take any objects, so that most functions are their
own oracle; for those that do not, a test hands in plain loops.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

import harness.autodiff as ad

DIGITS = 50


def lifted(array: Any) -> Any:
    return np.vectorize(mpmath.mpf, otypes=[object])(np.asarray(array, dtype=np.float64))


def gradient(function: Callable[[Any], Any], point: Any) -> Any:
    """Central differences; the error is of the order of 1e-30."""
    with mpmath.workdps(DIGITS):
        w, step = lifted(point), mpmath.mpf(10) ** -15
        slopes = np.empty(w.shape, dtype=object)
        for place in np.ndindex(w.shape):
            move = np.zeros(w.shape, dtype=object)
            move[place] = step
            slopes[place] = (function(w + move) - function(w - move)) / (2 * step)
        return slopes.astype(np.float64)


def hessian(function: Callable[[Any], Any], point: Any) -> Any:
    with mpmath.workdps(DIGITS):
        w, step = lifted(point), mpmath.mpf(10) ** -10
        places = list(np.ndindex(w.shape))
        table = np.empty((len(places), len(places)), dtype=object)
        for row, one in enumerate(places):
            for column, two in enumerate(places[: row + 1]):
                ends = []
                for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                    move = np.zeros(w.shape, dtype=object)
                    move[one] += a * step
                    move[two] += b * step
                    ends.append(function(w + move))
                curve = (ends[0] - ends[1] - ends[2] + ends[3]) / (4 * step * step)
                table[row, column] = table[column, row] = curve
        return table.astype(np.float64).reshape(*w.shape, *w.shape)


def weighted(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Make one number of an array: the sum of its entries by fixed weights, none of which is the other."""

    def one_number(w: Any) -> Any:
        result = function(w)
        result = np.asarray(result) if isinstance(result, mpmath.mpf) else result
        size = int(np.prod(result.shape, dtype=int))
        weights = np.linspace(0.7, 1.9, size).reshape(result.shape) if size > 1 else np.ones(result.shape)
        return np.sum(result * weights)

    return one_number


def check(function: Callable[[Any], Any], point: Any, exact: Callable[[Any], Any] | None = None) -> None:
    """Hold value, gradient, both modes and the Hessian against NumPy and fifty digits.

    Arguments:
        function: from a vector or table to an array.
        point: where.
        exact: the same function for arrays of mpmath's numbers, if NumPy's own does not take them.
    """
    point = np.asarray(point, dtype=np.float64)
    oracle = weighted(exact if exact is not None else function)
    one = weighted(function)
    value, slope = ad.value_and_gradient(one)(point)
    with mpmath.workdps(DIGITS):
        exact_value = float(oracle(lifted(point)))
    np.testing.assert_allclose(value, exact_value, rtol=1e-13, atol=1e-14)
    wanted = gradient(oracle, point)
    np.testing.assert_allclose(slope, wanted, rtol=1e-11, atol=1e-12)
    direction = np.linspace(-0.8, 1.3, point.size).reshape(point.shape)
    _, along = ad.jvp(one, [point], [direction])
    np.testing.assert_allclose(along, np.sum(wanted * direction), rtol=1e-10, atol=1e-12)
    curve = hessian(oracle, point)
    np.testing.assert_allclose(ad.hessian(one)(point), curve, rtol=1e-9, atol=1e-10)
