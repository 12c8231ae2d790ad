"""Checks arguments of plain functions as options are checked: one rule for files and for Python."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, cast

import pydantic
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from optimizers.errors import InputError
from optimizers.options import LARGEST, expected_of, plain_number
from optimizers.printable import shown

Function = TypeVar("Function", bound=Callable[..., Any])

LONGEST_NAME = 200


def _named(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_NAME or not text.isprintable():
        raise ValueError(f"a name of 1 to {LONGEST_NAME} letters on one line")
    return text


_plain = BeforeValidator(plain_number)
Truth = Annotated[bool, _plain]
Text = Annotated[str, _plain]
Name = Annotated[str, _plain, AfterValidator(_named)]
Seed = Annotated[int, _plain, Field(ge=0, le=LARGEST)]
Size = Annotated[int, _plain, Field(ge=1, le=10**9)]
"""A number of parameters."""


def accepts(**kinds: Any) -> Callable[[Function], Function]:
    """Have named arguments checked, and NumPy's scalars turned into Python's, before a function is entered.

    Arguments:
        kinds: types as options have them, such as ``Positive | None``, by the names of arguments.

    Raises:
        InputError: from the function, for an argument that is not of its kind.

    >>> @accepts(part=Annotated[float, Field(gt=0)])
    ... def half(part):
    ...     return part / 2
    >>> half(3)
    1.5
    >>> half("3")
    Traceback (most recent call last):
    ...
    optimizers.errors.InputError: part is '3', expected a valid number
    """

    def decorate(function: Function) -> Function:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def checked(*positional: Any, **named: Any) -> Any:
            bound = signature.bind(*positional, **named)
            for name, kind in kinds.items():
                if name in bound.arguments:
                    bound.arguments[name] = as_kind(name, bound.arguments[name], kind)
            return function(*bound.args, **bound.kwargs)

        checked.kinds = kinds  # type: ignore[attr-defined]
        return cast(Function, checked)

    return decorate


_STRICT = ConfigDict(strict=True)


# Made when it is first needed: twenty take as long as importing this package.
@functools.cache
def _adapter(kind: Any) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(kind, config=_STRICT)


def as_kind(name: str, value: Any, kind: Any) -> Any:
    """Return a value as its kind has it: an option's type, or a class of this project's.

    Raises:
        InputError: for anything else.
    """
    if isinstance(kind, type):
        if not isinstance(value, kind):
            raise InputError(f"{name} is {shown(value)}, expected an object of the class {kind.__name__}")
        return value
    try:
        return _adapter(kind).validate_python(value)
    except pydantic.ValidationError as error:
        expected = " or ".join(dict.fromkeys(expected_of(finding) for finding in error.errors()))
        raise InputError(f"{name} is {shown(value)}, expected {expected}") from None


def plain_seed(seed: Any) -> int:
    """Return a seed as a whole number of Python's, from 0 to 2^63 - 1.

    >>> plain_seed(3)
    3
    """
    if type(seed) is int and 0 <= seed <= LARGEST:
        return seed
    return int(as_kind("seed", seed, Seed))
