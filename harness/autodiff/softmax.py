"""SciPy's ``logsumexp``, ``softmax`` and ``log_softmax``, for traced arrays too.

SciPy's own are plain Python that turns its argument into numbers, from version 1.13 to 1.17: a traced array
cannot pass. These take the same arguments, and hand plain arrays to SciPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.autodiff.registry import FUNCTIONS
from harness.autodiff.tracer import holds_traced


def _rule(function: Callable[..., Any]) -> Any:
    return FUNCTIONS[function]


def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    """Return ``log(sum(b exp(a)))`` without overflow.

    Arguments:
        a: array, traced or plain.
        axis: axis or axes to sum over, None for all.
        b: factors of the exponentials, of a shape that broadcasts to that of ``a``; None for 1.
        keepdims: keep the axes that are summed over, with length 1.
        return_sign: as SciPy's; refused for a traced array.

    Raises:
        TraceError: for ``return_sign`` of a traced array.

    >>> from harness.autodiff import gradient
    >>> gradient(logsumexp)([1000.0, 1000.0]).tolist()
    [0.5, 0.5]
    """
    if holds_traced(a) or holds_traced(b):
        return _rule(logsumexp)(a, axis=axis, b=b, keepdims=keepdims, return_sign=return_sign)
    import scipy.special

    return scipy.special.logsumexp(a, axis=axis, b=b, keepdims=keepdims, return_sign=return_sign)


def softmax(x: Any, axis: Any = None) -> Any:
    """Return ``exp(x) / sum(exp(x))`` without overflow.

    Arguments:
        x: array, traced or plain.
        axis: axis or axes to sum over, None for all.

    >>> softmax([1000.0, 1000.0]).tolist()
    [0.5, 0.5]
    """
    if holds_traced(x):
        return _rule(softmax)(x, axis=axis)
    import scipy.special

    return scipy.special.softmax(x, axis=axis)


def log_softmax(x: Any, axis: Any = None) -> Any:
    """Return the logarithm of the softmax, right where the softmax itself is too small for a float.

    Arguments:
        x: array, traced or plain.
        axis: axis or axes to sum over, None for all.

    >>> log_softmax([0.0, -1000.0]).tolist()
    [0.0, -1000.0]
    """
    if holds_traced(x):
        return _rule(log_softmax)(x, axis=axis)
    import scipy.special

    return scipy.special.log_softmax(x, axis=axis)
