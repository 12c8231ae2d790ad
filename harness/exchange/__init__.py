"""Exchange formats, one file each, found by themselves: results go out in them, logs come in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.exchange.exchange_format import ExchangeFormat
from optimizers.registry import ClassRegistry

FORMATS: ClassRegistry[ExchangeFormat] = ClassRegistry(
    "exchange format",
    "harness.formats",
    __name__,
    ExchangeFormat,  # type: ignore[type-abstract]
    "csv",
)
"""Every exchange format by its name in kebab-case."""


def known_formats() -> Mapping[str, type[ExchangeFormat]]:
    """Return every exchange format by its name in kebab-case."""
    return FORMATS


def build_format(specification: str | Mapping[str, Any]) -> ExchangeFormat:
    """Build an exchange format from its name and options.

    Arguments:
        specification: ``"csv"``, or a table of name and options.

    Raises:
        InputError: for an unknown name or option; it says which is nearest.

    >>> build_format("csv").name()
    'csv'
    """
    return FORMATS.build(specification)


def as_format(form: object) -> ExchangeFormat:
    """Return an exchange format that is given itself, by its name or by a table of name and options.

    Raises:
        InputError: for anything else.
    """
    return form if isinstance(form, ExchangeFormat) else build_format(form)  # type: ignore[arg-type]
