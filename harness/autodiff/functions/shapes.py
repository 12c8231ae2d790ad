"""Reshapes, broadcasts, functions of shapes alone, and the attributes of an array."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.autodiff.algebra import spread
from harness.autodiff.functions.moving import moves, taken
from harness.autodiff.functions.table import Entry, function, method, signature_of, stand_in
from harness.autodiff.registry import ATTRIBUTES, FUNCTIONS, METHODS, public_name
from harness.autodiff.tracer import Traced, refused

moves(np.reshape, "a, /, shape=NONE, order='C', *, newshape=NONE, copy=None")


@function(np.broadcast_to, "array, shape, subok=False")
def broadcast_to(x: Any, shape: Any) -> Any:
    """Repeat along axes of length 1, and along new ones in front."""
    return spread(x, np.zeros(shape))[0]


@function(np.broadcast_arrays, "*args, subok=False")
def broadcast_arrays(args: Any) -> Any:
    """Broadcast arrays against each other."""
    return tuple(spread(*args))


@dataclass(frozen=True)
class ShapesOnly(Entry):
    """A function whose answer depends on shapes alone: NumPy's own answer for ones, and fixed."""

    @functools.cached_property
    def leading(self) -> tuple[str, ...]:
        """The array."""
        return tuple(self.signature.parameters)[:1]

    @functools.cached_property
    def reads(self) -> tuple[str, ...]:
        """All parameters."""
        return tuple(self.signature.parameters)

    def emitted(self, bound: inspect.BoundArguments) -> Any:
        """Return NumPy's answer."""
        for name, value in bound.arguments.items():
            bound.arguments[name] = stand_in(value)
        return self.original(*bound.args, **bound.kwargs)


def shapes_only(original: Any, takes: str) -> None:
    """Declare a function whose answer depends on shapes alone."""
    FUNCTIONS[original] = ShapesOnly(
        public_name(original), original, signature_of(takes), original, checked=False
    )


shapes_only(np.shape, "a")
shapes_only(np.ndim, "a")
shapes_only(np.size, "a, axis=None")
shapes_only(np.zeros_like, "a, dtype=None, order='K', subok=True, shape=None, *, device=None")
shapes_only(np.ones_like, "a, dtype=None, order='K', subok=True, shape=None, *, device=None")
shapes_only(np.empty_like, "prototype, /, dtype=None, order='K', subok=True, shape=None, *, device=None")
shapes_only(np.full_like, "a, fill_value, dtype=None, order='K', subok=True, shape=None, *, device=None")
shapes_only(np.iscomplexobj, "x")
shapes_only(np.isrealobj, "x")
shapes_only(np.result_type, "*arrays_and_dtypes")


@function(np.copy, "a, order='K', subok=False")
@method("copy", "order='C'")
def copy(x: Any, order: Any = "K") -> Any:
    """Return the same numbers; where they lie in memory is not the program's concern."""
    return taken(x, np.arange(x.size).reshape(x.shape))


@method("astype", "dtype, order='K', casting='unsafe', subok=True, copy=True", checked=False)
def as_type(x: Any, dtype: Any, copy: Any = True) -> Any:
    """Return the same numbers as float64; other types would round them."""
    if np.dtype(dtype) != np.float64 and np.dtype(dtype) != x.dtype:
        raise refused(f"the type {np.dtype(dtype)} in x.astype", "keep to float64")
    return Traced(x.origin, x.place, condition=np.dtype(dtype) == bool)


def _ones_of(name: str) -> Callable[[Any], Any]:
    return lambda x: getattr(np.ones(x.shape), name)


ATTRIBUTES["T"] = lambda x: METHODS["transpose"](x)
ATTRIBUTES["mT"] = lambda x: FUNCTIONS[np.matrix_transpose](x)
ATTRIBUTES["real"] = lambda x: x
for _name in ("imag", "itemsize", "nbytes"):
    ATTRIBUTES[_name] = _ones_of(_name)
