"""Formulas of functions that no network needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special
from oracles import relative_difference

import harness.autodiff as ad
from harness.symbolic import derivation_of
from harness.symbolic.functions import written_out
from optimizers.errors import InputError

POINT = np.array([0.3, 0.6, 0.2, 0.7])

CASES: dict[str, Callable[[Any], Any]] = {
    "arcsin": lambda w: np.sum(np.arcsin(w) * w),
    "arccos": lambda w: np.sum(np.arccos(w) * w),
    "arctan": lambda w: np.sum(np.arctan(w) * w),
    "arcsinh": lambda w: np.sum(np.arcsinh(w) * w),
    "arccosh": lambda w: np.sum(np.arccosh(w + 1) * w),
    "arctanh": lambda w: np.sum(np.arctanh(w) * w),
    "arctan2": lambda w: np.arctan2(w[0], w[1]),
    "erf": lambda w: np.sum(scipy.special.erf(w) * w),
    "erfc": lambda w: np.sum(scipy.special.erfc(w) * w),
    "gammaln": lambda w: np.sum(scipy.special.gammaln(w) * w),
    "digamma": lambda w: np.sum(scipy.special.digamma(w) * w),
    "logit": lambda w: np.sum(scipy.special.logit(w) * w),
    "entr": lambda w: np.sum(scipy.special.entr(w) * w),
    "xlogy": lambda w: scipy.special.xlogy(w[0], w[1]),
    "logsumexp": ad.logsumexp,
    "softmax": lambda w: np.sum(ad.softmax(w) * w),
    "cumprod": lambda w: np.sum(np.cumprod(w)),
    "matmul": lambda w: np.sum(w.reshape(2, 2, 1) @ w.reshape(2, 1, 2)),
    "solve": lambda w: np.sum(np.linalg.solve(w.reshape(2, 2), w[:2]) ** 2),
    "det": lambda w: np.linalg.det(w.reshape(2, 2)),
    "slogdet": lambda w: np.sum(np.stack(np.linalg.slogdet(w.reshape(2, 2)))),
    "cholesky": lambda w: np.sum(np.linalg.cholesky(w.reshape(2, 2) + np.eye(2)) ** 3),
}


@pytest.mark.parametrize("name", CASES)
def test_the_formula_of_the_gradient_is_that_of_automatic_differentiation(name: str) -> None:
    found = derivation_of(CASES[name], POINT.size)
    values = dict(zip(found.parameters, POINT, strict=True))
    slopes = [float(written_out(found.expanded(part)).evalf(30, subs=values)) for part in found.gradient]
    assert relative_difference(slopes, ad.gradient(CASES[name])(POINT)) < 1e-11


def test_sorting_has_no_formula() -> None:
    with pytest.raises(InputError, match=r"sorting has no formula.*harness\.autodiff"):
        derivation_of(np.median, 3)
