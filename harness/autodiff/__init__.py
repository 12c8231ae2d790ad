"""Automatic differentiation of NumPy-like code: trace it once, transform the program, evaluate it compiled.

>>> import numpy as np
>>> from harness.autodiff import gradient, hessian
>>> def rosenbrock(w):
...     return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
>>> gradient(rosenbrock)(np.array([0.0, 2.0])).tolist()
[-2.0, 400.0]
>>> hessian(rosenbrock)(np.array([0.0, 2.0])).tolist()
[[-798.0, 0.0], [0.0, 200.0]]
"""

from __future__ import annotations

from harness.autodiff.derivatives import (
    directional_derivative,
    gradient,
    hessian,
    hessian_vector_product,
    jacobian,
    jvp,
    value_and_gradient,
    vjp,
)
from harness.autodiff.softmax import log_softmax, logsumexp, softmax
from harness.autodiff.tracer import TraceError

__all__ = [
    "TraceError",
    "directional_derivative",
    "gradient",
    "hessian",
    "hessian_vector_product",
    "jacobian",
    "jvp",
    "log_softmax",
    "logsumexp",
    "softmax",
    "value_and_gradient",
    "vjp",
]
