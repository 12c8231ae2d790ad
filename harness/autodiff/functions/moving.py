"""Functions that move entries and compute none: NumPy's own, run on the numbers of the places."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.autodiff.algebra import reshaped
from harness.autodiff.functions.table import Entry, method_signature, signature_of
from harness.autodiff.program import Shape, Trace
from harness.autodiff.registry import FUNCTIONS, METHODS, SYNTAX, public_name
from harness.autodiff.tracer import Traced, emit, holds_traced, lifted, refused, trace_of
from optimizers.printable import shown


def numbered(shape: Shape) -> Any:
    """Return an array of a shape that holds the flat places of its entries."""
    return np.arange(math.prod(shape)).reshape(shape)


def _listed(places: Any) -> bytes:
    return np.ascontiguousarray(places, dtype=np.int64).tobytes()


def taken(x: Any, places: Any) -> Any:
    """Return the entries of x at flat places, in the shape of the places."""
    shape = tuple(int(length) for length in places.shape)
    if math.prod(shape) == x.size and np.array_equal(places.ravel(), np.arange(x.size)):
        return Traced(x.origin, reshaped(x, shape).place, x.condition)
    result = emit("take", x, settings=(_listed(places), shape))
    if x.ndim == 2 and shape == x.shape[::-1] and np.array_equal(places, numbered(x.shape).T):
        x.origin.turned[result.place] = x.place
    return Traced(x.origin, result.place, x.condition)


def turned(x: Any, axis: int, to: int = -1) -> Any:
    """Return x with one axis moved to another place, the last one unless said."""
    return taken(x, np.moveaxis(numbered(x.shape), axis, to))


def indexed(x: Any, key: Any) -> Any:
    """Return ``x[key]`` for a fixed key."""
    if holds_traced(key):
        raise refused("an index that depends on the data", "use np.where")
    try:
        places = numbered(x.shape)[key]
    except (IndexError, TypeError, ValueError) as error:
        raise refused(f"an index of an array of shape {x.shape}", f"NumPy refuses it ({error})") from None
    return taken(x, np.asarray(places))


SYNTAX["index"] = indexed


def arranged(trace: Trace, parts: Sequence[Any], places: Any) -> Any:
    """Return entries of several arrays in the order that NumPy gave to their numbers.

    Arguments:
        trace: where they belong.
        parts: the arrays.
        places: numbers of entries, 1, 2, 3 ... through all arrays, in the result's shape; 0 stands for 0.
    """
    if isinstance(places, list | tuple):
        return type(places)([arranged(trace, parts, part) for part in places])
    arrays = [lifted(trace, part) for part in parts]
    condition = all(array.condition for array in arrays)
    places = np.asarray(places)
    if len(arrays) == 1 and places.all():
        return taken(arrays[0], places - 1)
    flat = places.ravel()
    entries = sum(array.size for array in arrays)
    once = np.bincount(flat, minlength=entries + 1)[1:]
    if (once == 1).all():
        where = np.empty(entries, dtype=np.int64)
        where[flat[flat > 0] - 1] = np.flatnonzero(flat)
        return _put_in(trace, arrays, where, places.shape, condition)
    pool = _put_in(trace, arrays, np.arange(entries), (entries,), condition)
    kept = taken(pool, np.maximum(places - 1, 0))
    if not places.all():
        kept = emit("select", (places > 0).astype(float), kept, np.zeros(places.shape))
    return Traced(trace, kept.place, condition)


def _put_in(trace: Trace, arrays: Sequence[Any], where: Any, shape: Shape, condition: bool) -> Any:
    """Put the entries of each array where a list says, and add up."""
    if len(arrays) == 1 and np.array_equal(where, np.arange(math.prod(shape))):
        return taken(arrays[0], numbered(shape))
    joined, first = None, 0
    for array in arrays:
        listed = where[first : first + array.size]
        first += array.size
        if array.size:
            placed = emit("put", array, settings=(_listed(listed), tuple(int(n) for n in shape)))
            joined = placed if joined is None else emit("add", joined, placed)
    if joined is None:
        joined = lifted(trace, np.zeros(shape))
    return Traced(trace, joined.place, condition)


@dataclass(frozen=True)
class Mover(Entry):
    """An entry whose parameters NumPy reads itself, all but ``without``."""

    without: tuple[str, ...] = ()

    @functools.cached_property
    def leading(self) -> tuple[str, ...]:
        """The first argument: the array, or the arrays."""
        return tuple(self.signature.parameters)[:1]

    @functools.cached_property
    def reads(self) -> tuple[str, ...]:
        """All parameters but those that are refused."""
        return tuple(name for name in self.signature.parameters if name not in self.without)

    def emitted(self, bound: inspect.BoundArguments) -> Any:
        """Run NumPy's function on the numbers of the places, and move entries as it moved them."""
        if bound.arguments.get("order") in ("A", "K"):
            raise refused(
                f"the option order={shown(bound.arguments['order'])} of {self.name}", "take order='C' or 'F'"
            )
        for name in self.without:
            bound.arguments.pop(name, None)
        for name, value in bound.arguments.items():
            if name not in self.leading and holds_traced(value):
                raise refused(f"{name} of {self.name} that depends on the data", "hand in fixed numbers")
        return self.moved(bound)

    def moved(self, bound: inspect.BoundArguments) -> Any:
        """Move the entries of the first argument."""
        (first,) = self.leading
        x = bound.arguments[first]
        if not holds_traced(x):
            raise refused(f"{self.name} by a traced argument", "hand in fixed numbers")
        trace = trace_of(x)
        x = lifted(trace, x)
        bound.arguments[first] = numbered(x.shape) + 1
        return arranged(trace, [x], self.original(*bound.args, **bound.kwargs))


def moves(original: Any, takes: str, without: tuple[str, ...] = ()) -> None:
    """Declare a function of one array that moves its entries or leaves zeros."""
    FUNCTIONS[original] = Mover(
        public_name(original), original, signature_of(takes), original, without=without
    )


def method_moves(name: str, takes: str = "", without: tuple[str, ...] = ()) -> None:
    """Declare a method of an array that moves its entries."""
    original = getattr(np.ndarray, name)
    METHODS[name] = Mover(f"x.{name}", original, method_signature(takes), original, without=without)


moves(np.ravel, "a, order='C'")
moves(np.transpose, "a, axes=None")
moves(np.permute_dims, "a, axes=None")
moves(np.matrix_transpose, "x, /")
moves(np.linalg.matrix_transpose, "x, /")
moves(np.swapaxes, "a, axis1, axis2")
moves(np.moveaxis, "a, source, destination")
moves(np.rollaxis, "a, axis, start=0")
moves(np.expand_dims, "a, axis")
moves(np.squeeze, "a, axis=None")
moves(np.roll, "a, shift, axis=None")
moves(np.flip, "m, axis=None")
moves(np.flipud, "m")
moves(np.fliplr, "m")
moves(np.rot90, "m, k=1, axes=(0, 1)")
moves(np.diag, "v, k=0")
moves(np.diagflat, "v, k=0")
moves(np.diagonal, "a, offset=0, axis1=0, axis2=1")
moves(np.linalg.diagonal, "x, /, *, offset=0")
moves(np.tril, "m, k=0")
moves(np.triu, "m, k=0")
moves(np.repeat, "a, repeats, axis=None")
moves(np.tile, "A, reps")
moves(np.resize, "a, new_shape")
moves(np.take, "a, indices, axis=None, out=None, mode='raise'", without=("out",))
moves(np.take_along_axis, "arr, indices, axis=-1")
moves(np.delete, "arr, obj, axis=None")
moves(np.split, "ary, indices_or_sections, axis=0")
moves(np.array_split, "ary, indices_or_sections, axis=0")
moves(np.hsplit, "ary, indices_or_sections")
moves(np.vsplit, "ary, indices_or_sections")
moves(np.dsplit, "ary, indices_or_sections")

method_moves("ravel", "order='C'")
method_moves("flatten", "order='C'")
method_moves("transpose", "*axes")
method_moves("swapaxes", "axis1, axis2, /")
method_moves("squeeze", "axis=None")
method_moves("repeat", "repeats, /, axis=None")
method_moves("take", "indices, /, axis=None, out=None, mode='raise'", without=("out",))
method_moves("diagonal", "offset=0, axis1=0, axis2=1")
method_moves("reshape", "*shape, order='C', copy=None")
method_moves("compress", "condition, /, axis=None, out=None", without=("out",))
