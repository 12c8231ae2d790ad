"""Losses, one file each, found by themselves."""

from __future__ import annotations

import functools

from harness.network.loss import Loss
from optimizers.errors import unknown_name
from optimizers.registry import find_records


@functools.cache
def known_losses() -> dict[str, Loss]:
    """Return every loss by its name."""
    return find_records(__name__, Loss, "harness.losses")


def find_loss(name: str) -> Loss:
    """Return a loss by its name.

    Raises:
        InputError: for an unknown name; it says which is nearest.

    >>> find_loss("squared").equation
    'sum_k (a_k - y_k)^2'
    """
    if name not in known_losses():
        raise unknown_name("loss", name, known_losses())
    return known_losses()[name]
