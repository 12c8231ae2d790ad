"""SciPy's special functions: its ufuncs under their own names."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from harness.autodiff.algebra import affine, spread
from harness.autodiff.functions.elementary import from_scipy
from harness.autodiff.functions.table import ufunc
from harness.autodiff.primitives.special_functions import polygamma
from harness.autodiff.tracer import emit


def _one(name: str, rule: Callable[[Any], Any]) -> None:
    ufunc(name, from_scipy(name))(rule)


def _normal_distribution(x: Any) -> Any:
    return affine(emit("erfc", affine(x, -1 / math.sqrt(2))), 0.5)


_one("erf", lambda x: emit("erf", x))
_one("erfc", lambda x: emit("erfc", x))
_one("logit", lambda x: emit("logit", x))
_one("gammaln", lambda x: emit("log_gamma", x))
_one("psi", lambda x: polygamma(x, 0))
_one("entr", lambda x: emit("entropy", x))
_one("ndtr", _normal_distribution)
_one("log_expit", lambda x: affine(emit("log_add_exp", *spread(0.0, affine(x, -1))), -1))


@ufunc("xlogy", from_scipy("xlogy"))
def x_log_y(x: Any, y: Any) -> Any:
    """Multiply by a logarithm; 0 by any is 0."""
    return emit("x_log_y", *spread(x, y))
