"""How many seeds the undecided comparisons get next."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from harness.analysis.probability_sequence import LOOKS_APART, looks
from harness.analysis.verdict import Verdict
from harness.deciding.declaring import Kind
from harness.runs.declaration import Declaration

FIRST = 10
"""Seeds of the first block: with 9 pairs a claim is decided where one side always wins."""

LEAST_GROWTH, MOST_GROWTH = 1.25, 2.0
"""A block grows a comparison by a quarter at the least, for each has its beginning to pay, and to twice its
size at the most, for the estimate that says how many seeds it takes is rough."""


def first_block(declaration: Declaration) -> dict[Kind, int]:
    """Return how many seeds each optimizer that a claim is about gets first on each problem."""
    return {
        (claim.problem, line): min(FIRST, declaration.limit)
        for claim in declaration.claims
        for line in (claim.line, claim.other)
    }


def next_block(
    seeds: Mapping[Kind, int], verdicts: Sequence[Verdict], declaration: Declaration
) -> dict[Kind, int]:
    """Return how many seeds each gets in all; the same where all is decided or the limit is reached.

    Both sides of an undecided comparison get the same seeds; what is in none stays as it is. It follows from
    the data alone.

    Arguments:
        seeds: how many each has.
        verdicts: of all claims, on these.
        declaration: gives the limit.
    """
    wanted = dict(seeds)
    for found in verdicts:
        assert found.stopped is not None
        # A claim about what the runs do not have is not decided by more of them.
        if found.stopped.at is not None or (found.n and math.isnan(found.probability)):
            continue
        sides = [(found.problem, line) for line in (found.line, found.other)]
        there = min(seeds[side] for side in sides)
        size = there * min(max(found.stopped.needed / max(found.n, 1), LEAST_GROWTH), MOST_GROWTH)
        for side in sides:
            wanted[side] = max(wanted[side], min(_next_look(math.ceil(size)), declaration.limit))
    return wanted


def _next_look(size: int) -> int:
    """Return the first number of pairs from a size on after which what is known is looked at."""
    found = looks(size + size // LOOKS_APART + 1)
    return int(found[np.searchsorted(found, size)])
