"""Brier's score, the squared error of an output for each class (1950, Monthly Weather Review 78, eq. 2)."""

from __future__ import annotations

from dataclasses import replace

from harness.network.losses.squared import SQUARED
from harness.network.wrong_classes import missed_class

# The squared error takes numbers, scaled as those of a regression are; here targets are classes, one output
# for each, as old comparisons of networks have it.
BRIER = replace(
    SQUARED,
    name="brier",
    targets="distribution",
    output="softmax",
    misses=missed_class,
)
