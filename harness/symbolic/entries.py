"""Functions of SymPy's expressions as functions of arrays of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def each(function: Callable[..., Any]) -> Callable[..., Any]:
    """Apply a function to each entry of arrays of one shape."""

    def apply(*arrays: Any, **_: Any) -> Any:
        out = np.empty(arrays[0].shape, dtype=object)
        for place in np.ndindex(out.shape):
            out[place] = function(*(array[place] for array in arrays))
        return out

    return apply


def reduced(function: Callable[..., Any]) -> Callable[..., Any]:
    """Apply a function of many entries along an axis, which stays with length 1."""

    def apply(x: Any, axis: int) -> Any:
        rows = np.moveaxis(x, axis, -1)
        out = np.empty(rows.shape[:-1], dtype=object)
        for place in np.ndindex(out.shape):
            out[place] = function(*rows[place])
        return np.expand_dims(out, axis)

    return apply
