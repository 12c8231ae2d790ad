"""Options of a frozen object by names such as ``optimizer__learning_rate``, read and changed.

scikit-learn changes nested parameters in place. Options are frozen, so an object with other ones takes the
place of the object that was there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from optimizers.errors import unknown_name
from optimizers.named import Named

Frozen = TypeVar("Frozen")


def nested_options(found: Any) -> dict[str, Any]:
    """Return the options of an object, and behind each that has options itself those.

    >>> from optimizers import LBFGS, MultiStart
    >>> found = nested_options(MultiStart(optimizer=LBFGS(memory=5)))
    >>> found["patience"], found["optimizer__memory"]
    (100, 5)
    """
    options: dict[str, Any] = {}
    for field in dataclasses.fields(found):
        value = options[field.name] = getattr(found, field.name)
        if isinstance(value, Named):
            options |= {f"{field.name}__{name}": inner for name, inner in nested_options(value).items()}
    return options


def with_options(found: Frozen, changes: Mapping[str, Any]) -> Frozen:
    """Return the same object with other options, by names as ``nested_options`` has them.

    Raises:
        InputError: for an unknown name, or a value that the option does not take.

    >>> from optimizers import Adam
    >>> with_options(Adam(), {"learning_rate": 0.5}).label
    'adam(learning_rate=0.5)'
    """
    own: dict[str, Any] = {}
    inner: dict[str, dict[str, Any]] = {}
    for name, value in changes.items():
        outer, deeper, rest = name.partition("__")
        if deeper:
            inner.setdefault(outer, {})[rest] = value
        else:
            own[outer] = value
    for outer, options in inner.items():
        holder = own.get(outer, getattr(found, outer, None))
        if not isinstance(holder, Named):
            known = [name for name, value in nested_options(found).items() if isinstance(value, Named)]
            raise unknown_name(f"option with options of {type(found).__name__}", outer, known)
        own[outer] = with_options(holder, options)
    return dataclasses.replace(found, **own)  # type: ignore[type-var]
