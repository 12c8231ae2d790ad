"""Running products, whose slopes are finite where some factors are 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.autodiff.algebra import reshaped
from harness.autodiff.functions.moving import turned
from harness.autodiff.functions.reductions import array_of
from harness.autodiff.functions.table import function, method, ufunc_method
from harness.autodiff.tracer import emit


@function(np.cumprod, "a, axis=None, dtype=None, out=None")
@method("cumprod", "axis=None, dtype=None, out=None")
def running_product(x: Any, axis: Any = None) -> Any:
    """Multiply up to each entry."""
    x = array_of(x)
    if axis is None:
        x, axis = reshaped(x, (x.size,)), 0
    rows = turned(x, axis)
    # y[i] = x[i] y[i-1] from y[0] = x[0]: minus zero is what changes no number when added, 0 included.
    keep = np.full(rows.shape, -0.0)
    first = np.where(np.arange(rows.shape[-1]) == 0, rows, keep)
    return turned(emit("recurrence", first, rows), -1, axis)


@ufunc_method("multiply", "accumulate", "array, /, axis=0, dtype=None, out=None")
def accumulate(x: Any, axis: Any = 0) -> Any:
    """Multiply up to each entry."""
    return running_product(x, axis)


def cumulative_product(x: Any, axis: Any = None, include_initial: Any = False) -> Any:
    """Multiply up to each entry, on request with the product of none in front."""
    x = array_of(x)
    axis = 0 if axis is None else axis
    result = running_product(x, axis)
    if not include_initial:
        return result
    shape = list(x.shape)
    shape[axis] = 1
    return np.concatenate([np.ones(shape), result], axis)


if hasattr(np, "cumulative_prod"):  # since NumPy 2.1
    function(np.cumulative_prod, "x, /, *, axis=None, dtype=None, out=None, include_initial=False")(
        cumulative_product
    )
