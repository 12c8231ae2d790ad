"""What to write in place of a function that cannot be traced, where there is something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.autodiff.registry import FUNCTIONS

GENERAL = "write it with functions that can be"

_ORDER = "take the numbers themselves, with np.sort, np.max, np.min or np.quantile"
_DECOMPOSITION = "write it with np.linalg.solve, inv, det, slogdet or cholesky"
_WITHOUT_NAN = "replace NaN first, as in np.sum(np.where(np.isnan(x), 0.0, x))"

REMEDIES: dict[Callable[..., Any], str] = {
    np.linalg.lstsq: "solve the normal equations, np.linalg.solve(A.T @ A, A.T @ b)",
    np.linalg.pinv: "solve the normal equations, np.linalg.solve(A.T @ A, A.T @ b)",
    np.linalg.tensorsolve: "reshape, and take np.linalg.solve",
    np.linalg.tensorinv: "reshape, and take np.linalg.inv",
    np.gradient: "take differences, as in (x[2:] - x[:-2]) / (2 * step)",
    np.interp: "interpolate with np.where, or with a fixed matrix of weights: W @ y",
    **dict.fromkeys((np.argsort, np.argmax, np.argmin, np.argpartition, np.partition), _ORDER),
    **dict.fromkeys((np.searchsorted, np.unique, np.nonzero, np.argwhere), _ORDER),
    **dict.fromkeys(
        (np.linalg.eig, np.linalg.eigh, np.linalg.eigvals, np.linalg.eigvalsh, np.linalg.svd), _DECOMPOSITION
    ),
    **dict.fromkeys((np.linalg.qr, np.linalg.cond, np.linalg.matrix_rank), _DECOMPOSITION),
    **dict.fromkeys((np.nansum, np.nanmean, np.nanmax, np.nanmin, np.nanprod, np.nanvar), _WITHOUT_NAN),
    **dict.fromkeys((np.nanstd, np.nanmedian, np.nanquantile, np.nanpercentile), _WITHOUT_NAN),
    **dict.fromkeys((np.nancumsum, np.nancumprod), _WITHOUT_NAN),
}
"""By NumPy function."""


def of_method(name: str) -> str:
    """Return what to write in place of a method of an array."""
    if name == "sort":
        return "take np.sort(x), which makes a new array"
    return REMEDIES.get(getattr(np, name, None), GENERAL)  # type: ignore[arg-type]


OWN = ("log_softmax", "logsumexp", "softmax")


def of_scipy(name: str) -> str:
    """Return what to write in place of a function of SciPy that is plain Python."""
    if name in OWN:
        return f"take harness.autodiff.{name}"
    if getattr(np.linalg, name, None) in FUNCTIONS:
        return f"take np.linalg.{name}"
    return "write it with NumPy's functions, or with SciPy's ufuncs such as erf and gammaln"
