"""The tables of what can be traced, and how an entry is declared, called and checked.

A declaration says what NumPy's function takes, word for word, and what of it the rule reads:

    @function(np.diff, "a, n=1, axis=-1, prepend=NONE, append=NONE")
    @method(...)
    def difference(x, n=1, axis=-1, prepend=NONE, append=NONE): ...

The rule's parameters without a default take the first arguments by position. All others are handed over
by name: a parameter of NumPy's that the rule does not have is refused by name as soon as it is not at its
default. ``NONE`` stands for NumPy's "no value": what was not given has the rule's own default.

What NumPy refuses is refused, and shapes are NumPy's: before its rule an entry runs the NumPy function
itself, called the same way, on arrays of ones of the same shapes (`Entry.__call__`). So a rule may assume
that its arguments are right.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.autodiff.registry import FUNCTIONS, METHODS, UFUNC_METHODS, UFUNCS, public_name
from harness.autodiff.tracer import Traced, emit, members, refused
from optimizers.printable import shown

NONE: Any = np._NoValue

Rule = Callable[..., Any]

_UFUNC = (
    "out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None, "
    "axes=NONE, axis=NONE, keepdims=False"
)


@dataclass(frozen=True)
class Entry:
    """One function that can be traced.

    Attributes:
        name: as users write it: ``np.sum``, ``x.sum``, ``np.add.reduce``.
        original: NumPy's function.
        signature: what it takes.
        rule: what it is in terms of primitives; its parameters are what is read.
        checked: whether NumPy's function is run on ones first; not where ones are no fair stand-in.
    """

    name: str
    original: Callable[..., Any]
    signature: inspect.Signature
    rule: Rule
    checked: bool = True

    @functools.cached_property
    def leading(self) -> tuple[str, ...]:
        """Names of the arguments that the rule takes by position."""
        own = inspect.signature(self.rule).parameters.values()
        count = sum(parameter.default is inspect.Parameter.empty for parameter in own)
        return tuple(self.signature.parameters)[:count]

    @functools.cached_property
    def reads(self) -> tuple[str, ...]:
        """Names of the parameters that are read."""
        own = list(inspect.signature(self.rule).parameters)
        others = own[len(self.leading) :]
        return (*self.leading, *(name for name in others if name in self.signature.parameters))

    @functools.cached_property
    def refuses(self) -> tuple[str, ...]:
        """Names of the parameters that are refused unless they are at their default."""
        return tuple(name for name in self.signature.parameters if name not in self.reads)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Emit the function's instructions.

        Raises:
            TraceError: for what NumPy refuses, and for options that are not read, by name.
        """
        bound = self._bound(arguments, options)
        plain = self._on_ones(arguments, options) if self.checked else NONE
        result = self.emitted(bound)
        return result if plain is NONE else self._agreed(result, plain)

    def emitted(self, bound: inspect.BoundArguments) -> Any:
        """Call the rule with what it reads."""
        bound.apply_defaults()
        given = {name: bound.arguments[name] for name in self.reads if name in bound.arguments}
        leading = [given.pop(name) for name in self.leading]
        return self.rule(*leading, **{name: value for name, value in given.items() if value is not NONE})

    def _bound(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> inspect.BoundArguments:
        unknown = [name for name in options if name not in self.signature.parameters]
        if unknown:
            raise refused(f"the option {shown(unknown[0])} of {self.name}", "leave it out")
        try:
            bound = self.signature.bind(*arguments, **options)
        except TypeError as error:
            raise refused(f"this call of {self.name} ({error})", "call it as NumPy's is called") from None
        for name in self.refuses:
            default = self.signature.parameters[name].default
            value = bound.arguments.get(name, default)
            if not _is_default(name, value, default):
                raise refused(f"the option {name}={_shown(value)} of {self.name}", "leave it out")
        return bound

    def _on_ones(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        ones = [self.stand_in(value) for value in arguments]
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return self.original(*ones, **{name: self.stand_in(value) for name, value in options.items()})
            except (TypeError, ValueError, IndexError, ZeroDivisionError) as error:
                said = str(error).split("\n")[0].rstrip(".")
                raise refused(f"this call of {self.name}", f"NumPy refuses it ({said})") from None

    def stand_in(self, value: Any) -> Any:
        """Return what NumPy's function is tried out on in place of an argument."""
        return stand_in(value)

    def _agreed(self, result: Any, plain: Any) -> Any:
        """Return the result, marked as a condition where NumPy's is one; its shape has to be NumPy's."""
        if isinstance(result, list | tuple) and isinstance(plain, list | tuple):
            pairs = zip(result, plain, strict=True)
            parts = [self._agreed(part, other) for part, other in pairs]
            return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
        if not isinstance(result, Traced):
            return result
        dtype = np.asarray(plain).dtype
        if dtype.kind not in "biuf":
            raise refused(f"{self.name} with a result of type {dtype}", "keep to real numbers")
        if result.shape != np.shape(plain):
            raise AssertionError(f"{self.name} gives shape {result.shape}, NumPy gives {np.shape(plain)}")
        if dtype.kind == "b" and not result.condition:
            # What NumPy adds up from truth values is true where any is.
            result = emit("sign", emit("absolute", result))
        return Traced(result.origin, result.place, condition=dtype.kind == "b")


def _is_default(name: str, value: Any, default: Any) -> bool:
    if value is default or value is NONE:
        return True
    if name == "dtype" and not isinstance(value, Traced):
        try:
            return bool(np.dtype(value) == np.float64)
        except TypeError:
            return False
    return (
        isinstance(value, bool | np.bool | int | str)
        and isinstance(default, bool | int | str)
        and (value == default)
    )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 30 and "\n" not in text else f"<{type(value).__name__}>"


def stand_in(value: Any) -> Any:
    """Return a plain value of the same shape and kind: ones in place of traced arrays, wherever they are."""
    if isinstance(value, Traced):
        return np.ones(value.shape, dtype=value.dtype)
    if isinstance(value, list | tuple):
        parts = [stand_in(part) for part in value]
        return parts if isinstance(value, list) else tuple(parts)
    if isinstance(value, dict):
        return {name: stand_in(part) for name, part in value.items()}
    if isinstance(value, np.ndarray) and value.dtype == object and members(value):
        return np.ones(value.shape)
    return value


def signature_of(text: str) -> inspect.Signature:
    """Read a signature from the declaration's own words."""
    return inspect.signature(eval(f"lambda {text}: None", {"NONE": NONE}))


def method_signature(takes: str) -> inspect.Signature:
    """Read a method's signature, the array itself left out."""
    if "/" in takes.split(", "):
        return signature_of(f"self, {takes}")
    return signature_of(f"self, /, {takes}" if takes else "self, /")


def ufunc(name: str, original: Any = None) -> Callable[[Rule], Rule]:
    """Declare a ufunc; the rule takes its arrays alone, for every option of a ufunc changes NumPy's result.

    Arguments:
        name: of a ufunc of NumPy.
        original: the ufunc, or a function that returns it, if it is not NumPy's.
    """

    def declare(rule: Rule) -> Rule:
        found = getattr(np, name) if original is None else original
        count = len(inspect.signature(rule).parameters)
        arrays = "x" if count == 1 else ", ".join(f"x{place + 1}" for place in range(count))
        prefix = "np" if original is None else "scipy.special"
        UFUNCS[name] = Entry(f"{prefix}.{name}", found, signature_of(f"{arrays}, /, {_UFUNC}"), rule)
        return rule

    return declare


def ufunc_method(name: str, kind: str, takes: str) -> Callable[[Rule], Rule]:
    """Declare a method of a ufunc of NumPy, such as ``add.reduce``."""

    def declare(rule: Rule) -> Rule:
        original = getattr(getattr(np, name), kind)
        UFUNC_METHODS[name, kind] = Entry(f"np.{name}.{kind}", original, signature_of(takes), rule)
        return rule

    return declare


def function(original: Any, takes: str, checked: bool = True) -> Callable[[Rule], Rule]:
    """Declare a function of NumPy, with what it takes in NumPy's words."""

    def declare(rule: Rule) -> Rule:
        FUNCTIONS[original] = Entry(public_name(original), original, signature_of(takes), rule, checked)
        return rule

    return declare


def method(name: str, takes: str, checked: bool = True) -> Callable[[Rule], Rule]:
    """Declare a method of an array, with what it takes in NumPy's words, without the array itself."""

    def declare(rule: Rule) -> Rule:
        METHODS[name] = Entry(f"x.{name}", getattr(np.ndarray, name), method_signature(takes), rule, checked)
        return rule

    return declare
