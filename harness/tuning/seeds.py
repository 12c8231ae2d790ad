"""The seeds of tuning, which no evaluation has."""

from __future__ import annotations

from collections.abc import Collection

from optimizers.errors import InputError
from optimizers.options import LARGEST
from optimizers.printable import shown

LEAST = 3
"""Seeds at the least: of one or two starts the luck is tuned."""

MOST = 10_000


def tuning_seeds(count: int, evaluation: Collection[int]) -> list[int]:
    """Return seeds counted down from the largest one there is, without those of an evaluation.

    Evaluations count up from 0, so the two meet only where somebody gives the largest by hand.

    Arguments:
        count: how many, 3 or more.
        evaluation: the seeds with which the tuned optimizers are judged.

    Raises:
        InputError: for fewer.

    >>> tuning_seeds(3, [0, 1, 9223372036854775806])
    [9223372036854775807, 9223372036854775805, 9223372036854775804]
    """
    if not LEAST <= count <= MOST:
        raise InputError(
            f"seeds is {shown(count)}, expected {LEAST} to {MOST} for tuning: fewer tune the luck of a start"
        )
    taken = set(evaluation)
    below = range(LARGEST, LARGEST - count - len(taken), -1)
    return [seed for seed in below if seed not in taken][:count]
