"""Initializers, one file each, found by themselves."""

from __future__ import annotations

from harness.network.initializer import Initializer
from optimizers.registry import RecordRegistry

INITIALIZERS: RecordRegistry[Initializer] = RecordRegistry(
    "initializer", "harness.initializers", __name__, Initializer
)
"""Every initializer by its name."""
