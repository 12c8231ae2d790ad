"""Brier's score: the squared error of an output for each class (Brier 1950, Monthly Weather Review 78, eq. 2)."""

from __future__ import annotations

from dataclasses import replace

from harness.network.losses.squared import SQUARED
from harness.network.wrong_classes import missed_class

# The squared error takes numbers, which are scaled as those of a regression are; here classes are targets, one
# output for each, as old comparisons of networks have it.
BRIER = replace(
    SQUARED,
    name="brier",
    targets="distribution",
    output="softmax",
    misses=missed_class,
)
