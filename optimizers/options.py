"""Typed, frozen, checked options: what an optimizer or a problem may be told.

pydantic does the checking; this file gives its findings as one sentence and names the ranges that the
project uses, so that a help page can print them.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar, cast, dataclass_transform, get_args, get_origin, get_type_hints

import numpy as np
import pydantic
from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.fields import FieldInfo

from optimizers.errors import InputError, answer
from optimizers.html import html_of
from optimizers.named import Named, kebab_case
from optimizers.printable import shown

T = TypeVar("T")


LARGEST = 2**63 - 1
"""The largest whole number that a column of a table, an array and compiled code hold."""


def plain_number(value: Any) -> Any:
    """Turn a NumPy scalar into Python's own, which the strict checks then accept.

    Raises:
        ValueError: for a whole number that no array holds.
    """
    if np.ma.isMaskedArray(value):
        # What is masked has no value; ``item`` would say 0.
        return value
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    elif isinstance(value, np.ndarray):
        # NumPy before 2.4 makes a number of the only member, with a warning that few see.
        return value.tolist()
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ValueError("a number that fits into 64 bits")
    # Below 0 for NumPy's generators, and another number than 0 in a label.
    return 0.0 if isinstance(value, float) and value == 0 else value


def _tuple_of_list(value: Any) -> Any:
    """Turn the list of a TOML file into the tuple that a frozen class can hold."""
    return tuple(value) if isinstance(value, list) else value


_number = BeforeValidator(plain_number)
Positive = Annotated[float, _number, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, _number, Field(ge=0, allow_inf_nan=False)]
Real = Annotated[float, _number, Field(allow_inf_nan=False)]
Fraction = Annotated[float, _number, Field(ge=0, le=1, allow_inf_nan=False)]
BelowOne = Annotated[float, _number, Field(ge=0, lt=1, allow_inf_nan=False)]
ProperFraction = Annotated[float, _number, Field(gt=0, lt=1, allow_inf_nan=False)]
Level = Annotated[float, _number, Field(ge=0.001, le=0.999_999, allow_inf_nan=False)]
"""Probability of an interval; nearer to 0 or 1 float64 makes it empty, or knows no end of it."""
AboveOne = Annotated[float, _number, Field(gt=1, allow_inf_nan=False)]
Count = Annotated[int, _number, Field(ge=1)]
CountOrZero = Annotated[int, _number, Field(ge=0)]
TwoOrMore = Annotated[int, _number, Field(ge=2)]
UpToTenThousand = Annotated[int, _number, Field(ge=1, le=10_000)]
FourOrMore = Annotated[int, _number, Field(ge=4)]
Sizes = Annotated[tuple[Count, ...], BeforeValidator(_tuple_of_list)]
PositiveNumbers = Annotated[tuple[Positive, ...], BeforeValidator(_tuple_of_list)]


def sentence(error: pydantic.ValidationError, owner: str, known: list[str]) -> str:
    """Say the first finding of a validation error in one sentence."""
    finding = error.errors()[0]
    field = ".".join(str(part) for part in finding["loc"]) or "value"
    found = finding.get("input")
    if finding["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return f"{owner} has no option '{field}': {answer(field, known, 'options')}"
    if finding["type"] == "unexpected_positional_argument":
        return f"{owner} takes its options by name: write option=value (options: {', '.join(known)})"
    if finding["type"] in ("missing", "missing_argument", "missing_keyword_only_argument"):
        return f"{owner} needs the option '{field}', which was not given"
    field = str(finding["loc"][0]) if finding["loc"] else "value"
    return f"{owner}: option '{field}' is {shown(found)}, expected {expected_of(finding)}"


def expected_of(finding: Any) -> str:
    """Return what a finding of pydantic says was expected, in this project's words."""
    expected = str(finding["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
    for theirs, ours in (
        ("a valid tuple", "a list"),
        ("a valid integer", "a whole number"),
    ):
        expected = expected.replace(theirs, ours)
    return expected


@dataclass_transform(frozen_default=True, kw_only_default=True)
def options(cls: type[T]) -> type[T]:
    """Make a class a frozen dataclass whose fields are checked when it is built.

    Raises:
        InputError: when building, for a wrong type, a value out of range or an unknown option.

    >>> @options
    ... class Rule:
    ...     learning_rate: Positive = 0.1
    >>> Rule(learning_rate=0.5).learning_rate
    0.5
    >>> Rule(learning_rate=-1)
    Traceback (most recent call last):
    optimizers.errors.InputError: Rule: option 'learning_rate' is -1, expected greater than 0
    """
    own, named = set(vars(cls)), issubclass(cls, Named)
    built = pydantic.dataclasses.dataclass(
        frozen=True,
        kw_only=True,
        repr=not named,
        config=ConfigDict(strict=True, extra="forbid", arbitrary_types_allowed=True),
    )(cls)
    checked: Callable[..., None] = built.__init__

    def initialise(self: Any, /, *positional: Any, **values: Any) -> None:
        try:
            checked(self, *positional, **values)
        except pydantic.ValidationError as error:
            cause = error.errors()[0].get("ctx", {}).get("error")
            if isinstance(
                cause, InputError
            ):  # raised by the class's own __post_init__, and a sentence already
                raise cause from None
            known = [field.name for field in dataclasses.fields(self)]
            raise InputError(sentence(error, type(self).__name__, known)) from None

    built.__init__ = initialise  # type: ignore[method-assign, assignment]
    if named and "__repr__" not in own:
        built.__repr__ = _short  # type: ignore[method-assign]
    if "_repr_html_" not in own:
        built._repr_html_ = _as_html  # type: ignore[attr-defined]
    return cast(type[T], built)


def _short(self: Any) -> str:
    """Write a member of a family as it would be built, what is at its default left out."""
    changed = (f"{name}={getattr(self, name)!r}" for name in changed_options(self))
    return f"{type(self).__name__}({', '.join(changed)})"


def _as_html(self: Any) -> str:
    """Show an object with options in a notebook."""
    sentence = (inspect.getdoc(type(self)) or "").partition("\n")[0]
    values = {name: "none" if value is None else value for name, value in option_values(self).items()}
    return html_of(type(self).__name__, sentence, values)


def option_values(instance: Any) -> dict[str, Any]:
    """Return an instance's options as plain values, in the order they are declared.

    Tuples become lists, and an optimizer that is an option itself becomes the table that a file has for it.
    """
    return {field.name: _plain(getattr(instance, field.name)) for field in dataclasses.fields(instance)}


def _plain(value: Any) -> Any:
    if isinstance(value, Named):
        # A file has no word for None, and says "none" where None is not the default.
        table = {
            name: "none" if entry is None else entry
            for name, entry in option_values(value).items()
            if entry is not None or name in changed_options(value)
        }
        return {"name": value.name(), **table}
    return list(value) if isinstance(value, tuple) else value


def changed_options(instance: Any) -> dict[str, Any]:
    """Return the options that differ from their defaults: what a reader needs to be told."""
    defaults = {field.name: field.default for field in dataclasses.fields(instance)}
    return {
        name: value
        for name, value in option_values(instance).items()
        if getattr(instance, name) != defaults[name]
    }


def describe_range(annotation: Any) -> str:
    """Describe an option's type and range in words, for a help page.

    >>> describe_range(Positive)
    'number > 0'
    """
    if get_origin(annotation) is Annotated:
        base, *notes = get_args(annotation)
        signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
        bounds = [
            f"{sign} {getattr(bound, key):g}"
            for note in notes
            if isinstance(note, FieldInfo)
            for bound in note.metadata
            for key, sign in signs.items()
            if hasattr(bound, key)
        ]
        return " ".join([describe_range(base), " and ".join(bounds)]).strip()
    if inspect.isclass(annotation) and issubclass(annotation, Named):
        return f"{kebab_case(annotation.__name__)} by its name, or a table of name and options"
    names = {float: "number", int: "whole number", str: "text", bool: "true or false", type(None): "none"}
    if annotation in names:
        return names[annotation]
    arguments = get_args(annotation)
    if get_origin(annotation) is tuple:
        return f"list of {describe_range(arguments[0])}"
    if arguments and all(isinstance(argument, str) for argument in arguments):
        return " | ".join(arguments)
    return " or ".join(describe_range(argument) for argument in arguments) or str(annotation)


def option_ranges(cls: type) -> Mapping[str, str]:
    """Return every option of a class with its type and range in words."""
    hints = get_type_hints(cls, include_extras=True)
    return {field.name: describe_range(hints[field.name]) for field in dataclasses.fields(cls)}
