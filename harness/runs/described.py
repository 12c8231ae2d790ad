"""What the rows of all runs of an optimizer, or under one budget, have in common."""

from __future__ import annotations

import functools
import hashlib
import json
from typing import Any, Literal, NamedTuple

from harness.runs.identity import shown_optimizer
from optimizers.budget import Budget
from optimizers.optimizer import Optimizer
from optimizers.options import option_values


class Described(NamedTuple):
    """What the rows of all runs of an optimizer say of it."""

    name: str
    label: str
    options: dict[str, Any]
    text: str
    """The options as JSON."""


def described(optimizer: Optimizer) -> Described:
    """Return what rows say of an optimizer."""
    try:
        return _described_once(optimizer)
    except TypeError:
        # Another package's optimizer may have an option that cannot be hashed, such as a list.
        return _describe(optimizer)


def _describe(optimizer: Optimizer) -> Described:
    options = option_values(optimizer)
    return Described(optimizer.name(), shown_optimizer(optimizer), options, json.dumps(options, default=repr))


_described_once = functools.lru_cache(maxsize=256)(_describe)


def stream(data_key: str, optimizer: Optimizer) -> list[int]:
    """Return the words that seed an optimizer's own randomness on a problem."""
    said = described(optimizer)
    return _words(data_key, said.name, plain_json(said.options))


@functools.lru_cache(maxsize=256)
def _words(data_key: str, name: str, options: str) -> list[int]:
    # Put together as JSON writes a list.
    text = f"[{json.dumps(data_key)}, {json.dumps(name)}, {options}]"
    digest = hashlib.sha256(text.encode()).digest()
    return [int.from_bytes(digest[place : place + 4], "little") for place in range(0, 16, 4)]


def plain_json(value: Any) -> str:
    """Return options as JSON, with the name of its class for what is no plain value."""
    # What is no plain value counts in ``own_code``; its own text may hold an address.
    return json.dumps(value, sort_keys=True, default=lambda value: type(value).__qualname__)


RowsKept = Literal["looks", "improvements"]
"""Which rows a trace has: those of the looks with the best between them, or every improvement as well."""


@functools.lru_cache(maxsize=256)
def setting(budget: Budget, timeout: float | None, reference: str | None, trace: RowsKept = "looks") -> str:
    """Return what limits runs and what is measured along them, in words."""
    limits = {**option_values(budget), "timeout": timeout}
    words = [f"{name}={value:.12g}" for name, value in limits.items() if value is not None]
    if reference is not None:
        words.append(f"gradient_reference={reference}")
    return ", ".join(words if trace == "looks" else [*words, f"trace={trace}"])
