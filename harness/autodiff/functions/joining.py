"""Functions that put arrays together: NumPy's own, run on the numbers of the places."""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.autodiff.functions.moving import Mover, arranged
from harness.autodiff.functions.table import signature_of
from harness.autodiff.program import Trace
from harness.autodiff.registry import FUNCTIONS, SYNTAX, public_name
from harness.autodiff.tracer import Traced, holds_traced, trace_of


@dataclass(frozen=True)
class Joiner(Mover):
    """An entry that puts several arrays together; ``arrays`` names the arguments that hold them."""

    arrays: tuple[str, ...] = ()

    @functools.cached_property
    def leading(self) -> tuple[str, ...]:
        """The arguments that hold arrays."""
        return self.arrays

    def moved(self, bound: inspect.BoundArguments) -> Any:
        """Give the entries of all arrays numbers, counted through, and move them."""
        held = [bound.arguments[name] for name in self.arrays]
        trace = trace_of(held)
        parts: list[Any] = []
        for name in self.arrays:
            bound.arguments[name] = _numbered(bound.arguments[name], parts)
        return arranged(trace, parts, self.original(*bound.args, **bound.kwargs))


def _numbered(value: Any, parts: list[Any]) -> Any:
    """Replace each array by the numbers of its entries, counted through, and collect the arrays.

    A list or tuple without traced members is one array to NumPy as well.
    """
    if isinstance(value, list | tuple) and holds_traced(value):
        numbers = [_numbered(part, parts) for part in value]
        return numbers if isinstance(value, list) else tuple(numbers)
    first = sum(np.size(part) if not isinstance(part, Traced) else part.size for part in parts)
    shape = value.shape if isinstance(value, Traced) else np.shape(value)
    count = int(np.prod(shape, dtype=int))
    parts.append(value)
    return np.arange(first + 1, first + count + 1).reshape(shape)


def joins(original: Any, takes: str, *arrays: str, without: tuple[str, ...] = ()) -> None:
    """Declare a function that puts arrays together; ``arrays`` names the arguments that hold them."""
    FUNCTIONS[original] = Joiner(
        public_name(original), original, signature_of(takes), original, without=without, arrays=arrays
    )


def put_together(trace: Trace, array: Any) -> Traced:
    """Return an array of objects, some of them traced numbers, as a traced array."""
    numbers = np.arange(1, array.size + 1).reshape(array.shape)
    result: Traced = arranged(trace, list(array.ravel()), numbers)
    return result


SYNTAX["put together"] = put_together


_TYPED = ("dtype", "casting")

joins(
    np.concatenate,
    "arrays, /, axis=0, out=None, *, dtype=None, casting='same_kind'",
    "arrays",
    without=("out", *_TYPED),
)
joins(
    np.stack,
    "arrays, axis=0, out=None, *, dtype=None, casting='same_kind'",
    "arrays",
    without=("out", *_TYPED),
)
joins(np.hstack, "tup, *, dtype=None, casting='same_kind'", "tup", without=_TYPED)
joins(np.vstack, "tup, *, dtype=None, casting='same_kind'", "tup", without=_TYPED)
joins(np.dstack, "tup", "tup")
joins(np.column_stack, "tup", "tup")
joins(np.block, "arrays", "arrays")
joins(np.append, "arr, values, axis=None", "arr", "values")
joins(np.atleast_1d, "*arys", "arys")
joins(np.atleast_2d, "*arys", "arys")
joins(np.atleast_3d, "*arys", "arys")
