"""How the functions of the other families are called by the contract suite of traced functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

X = np.array([[0.31, 0.87, 0.52], [0.75, 0.18, 0.64]])
Y = np.array([[0.43, 0.29, 0.91], [0.68, 0.84, 0.22]])
S = np.array([[0.31, 0.87, 0.52], [0.75, 0.18, 0.64], [0.12, 0.95, 0.37]])
POSITIVE = S @ S.T + np.eye(3)

ARRAYS: dict[str, tuple[Any, ...]] = {
    "np.arccosh": (X + 1,),
    "np.einsum": (X, Y),
    "np.tensordot": (X, Y.T),
    "np.linalg.tensordot": (X, Y.T),
    "np.cross": (S, S.T),
    "np.linalg.cross": (S, S.T),
    "np.convolve": (X[0], Y[1, :2]),
    "np.correlate": (X[0], Y[1, :2]),
    "np.matvec": (X, Y[0]),
    "np.vecmat": (X[:, 0], Y),
    "np.polyval": (X[0], Y),
    "np.linalg.solve": (S, X.T),
    "np.linalg.inv": (S,),
    "np.linalg.det": (S,),
    "np.linalg.slogdet": (S,),
    "np.linalg.cholesky": (POSITIVE,),
    "np.linalg.matrix_power": (S,),
    "np.linalg.multi_dot": (S, S.T),
}

SPECIAL: dict[tuple[str, str], list[Any]] = {
    ("np.sort", "kind"): ["stable", "quicksort", "bogosort"],
    ("np.sort", "stable"): [True, False],
    ("np.average", "weights"): [Y, Y[0], Y[:, 0]],
    ("np.average", "axis"): [1, 0, None, (0, 1), (1, 0), 2],
    ("np.average", "returned"): [True],
    ("np.trapezoid", "x"): [np.array([0.1, 0.4, 1.1]), Y],
    ("np.trapezoid", "dx"): [0.3, 2],
    ("np.trapezoid", "axis"): [1, 0, -1, 2],
    ("np.cumulative_prod", "include_initial"): [True, False],
    ("np.einsum", "optimize"): [True, "greedy", False],
    ("np.tensordot", "axes"): [1, 0, 2, ([0], [1]), ([0, 1], [1, 0]), (1, 0), ([0], [0, 1])],
    ("np.linalg.tensordot", "axes"): [1, 0, ([0, 1], [1, 0])],
    ("np.cross", "axisa"): [0, 1, 2],
    ("np.cross", "axisb"): [0, -1],
    ("np.cross", "axisc"): [0, -1, 2],
    ("np.cross", "axis"): [0, 1, 2],
    ("np.linalg.cross", "axis"): [0, 1, 2],
    ("np.convolve", "mode"): ["same", "valid", "full", "wrap"],
    ("np.correlate", "mode"): ["same", "valid", "full"],
    ("np.linalg.cholesky", "upper"): [True, False],
    ("np.linalg.matrix_power", "n"): [2, 0, 1, -1, 5, -2],
    ("np.linalg.vecdot", "axis"): [0, 1, 2],
    **{
        (f"np.{name}", parameter): values
        for name, scale in (("quantile", 1), ("percentile", 100))
        for parameter, values in {
            "q": [0.3 * scale, [0.0, 0.9 * scale], 1.0 * scale, [[0.5 * scale]], 1.1 * scale],
            "method": ["linear"],
        }.items()
    },
    ("harness.autodiff.logsumexp", "b"): [2.0, Y, np.array([1.0, 0.0, 2.0]), np.array([1.0, -0.1, 2.0])],
    **{
        (f"harness.autodiff.{name}", "axis"): [1, 0, -1, None, (0, 1), (1, 0), 2, (0, 0)]
        for name in ("logsumexp", "softmax", "log_softmax")
    },
}

CALLS: dict[str, Callable[..., Any]] = {
    "np.einsum": lambda a, b, **given: np.einsum("ij,kj->ik", a, b, **given),
}
"""Functions whose first arguments are no arrays."""

REFUSED_VALUES: dict[str, Any] = {
    "overwrite_input": True,
    "weights": X,
    "interpolation": "linear",
    "return_sign": True,
}

TOLERANCES: dict[str, float] = {
    **dict.fromkeys(("np.linalg.solve", "np.linalg.inv", "np.linalg.matrix_power"), 1e-13),
    **dict.fromkeys(("np.linalg.det", "np.linalg.slogdet", "np.linalg.cholesky"), 1e-13),
    # Of arguments near its zeros at 1 and 2.
    "scipy.special.gammaln": 1e-14,
}
"""Relative difference from NumPy's and SciPy's values, where they compute in another way."""
