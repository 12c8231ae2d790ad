"""How large a network may be for formulas; nothing here needs SymPy."""

from __future__ import annotations

import itertools
import math

PARAMETERS = 500
PATHS = 10_000
"""Most parameters, and most paths from a parameter to the outputs, summed over parameters: a formula has a
term for each. Seconds to derive and to compile, once for a network:

    2-2-1          9 parameters        9 paths     0.02    0.9
    4-8-3         67                 147           0.4     1.0
    5-6-5-3       89                 663           1.2     1.3
    8-12-11-3    287               4,068           6.2     5.1
    4-6-6-6-3    135               4,143           5.6     2.9
    30-16-1      513                 513           2.1     7.7
    8-9-9-9-3    291              22,413          32       9.2
    6-7-7-7-7-3  241              59,811         110      15
"""

PARTS = 10_000
"""Most parts, symbols and operations, of a plain function's formula: longer ones are neither read nor
derived in reasonable time (a recurrent network over 8 steps has 93,397, and takes 5 minutes)."""

REMEDY = "take reverse-autodiff or analytic"


def paths(sizes: tuple[int, ...]) -> int:
    """Count the paths from each parameter to the outputs, summed over parameters.

    >>> paths((2, 2, 1)), paths((4, 6, 6, 6, 3))
    (9, 4143)
    """
    return sum(
        (ins + 1) * outs * math.prod(sizes[layer + 2 :])
        for layer, (ins, outs) in enumerate(itertools.pairwise(sizes))
    )


def too_many_parameters(count: int) -> str | None:
    """Say why so many parameters are too many for formulas; None if they are not."""
    if count <= PARAMETERS:
        return None
    return f"{count:,} parameters are more than the {PARAMETERS} for which formulas are derived and read"


def too_large(sizes: tuple[int, ...]) -> str | None:
    """Say why a network is too large to be derived and compiled, and the remedy; None if it is not.

    >>> too_large((4, 8, 3)) is None
    True
    >>> too_large((6, 7, 7, 7, 7, 3)).partition(":")[2]
    ' take reverse-autodiff or analytic'
    """
    count = sum((ins + 1) * outs for ins, outs in itertools.pairwise(sizes))
    if count > PARAMETERS:
        return (
            f"the network has {count:,} parameters, and formulas serve up to {PARAMETERS}, which take 10 "
            f"seconds to derive and compile: {REMEDY}"
        )
    if (terms := paths(sizes)) > PATHS:
        return (
            f"the formulas of a network this deep have {terms:,} terms, and serve up to {PATHS:,}, which "
            f"take 20 seconds to derive and compile: {REMEDY}"
        )
    return None
