"""Activations, one file each, found by themselves."""

from __future__ import annotations

from collections.abc import Mapping

from harness.network.activation import Activation
from optimizers.registry import RecordRegistry

ACTIVATIONS: RecordRegistry[Activation] = RecordRegistry(
    "activation", "harness.activations", __name__, Activation
)
"""Every activation by its name."""


def known_activations() -> Mapping[str, Activation]:
    """Return every activation by its name."""
    return ACTIVATIONS


def find_activation(name: str) -> Activation:
    """Return an activation by its name.

    Raises:
        InputError: for an unknown name; it says which is nearest.

    >>> find_activation("sigmoid").equation
    'a = 1 / (1 + exp(-z))'
    """
    return ACTIVATIONS.find(name)
