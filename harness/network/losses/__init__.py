"""Losses, one file each, found by themselves."""

from __future__ import annotations

from collections.abc import Mapping

from harness.network.loss import Loss
from optimizers.registry import RecordRegistry

LOSSES: RecordRegistry[Loss] = RecordRegistry("loss", "harness.losses", __name__, Loss)
"""Every loss by its name."""


def known_losses() -> Mapping[str, Loss]:
    """Return every loss by its name."""
    return LOSSES


def find_loss(name: str) -> Loss:
    """Return a loss by its name.

    Raises:
        InputError: for an unknown name; it says which is nearest.

    >>> find_loss("squared").equation
    'sum_k (a_k - y_k)^2'
    """
    return LOSSES.find(name)
