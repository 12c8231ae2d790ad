"""Activations, one file each, found by themselves."""

from __future__ import annotations

import functools

from harness.network.activation import Activation
from optimizers.errors import unknown_name
from optimizers.registry import find_records


@functools.cache
def known_activations() -> dict[str, Activation]:
    """Return every activation by its name."""
    return find_records(__name__, Activation, "harness.activations")


def find_activation(name: str) -> Activation:
    """Return an activation by its name.

    Raises:
        InputError: for an unknown name; it says which is nearest.

    >>> find_activation("sigmoid").equation
    'a = 1 / (1 + exp(-z))'
    """
    if name not in known_activations():
        raise unknown_name("activation", name, known_activations())
    return known_activations()[name]
