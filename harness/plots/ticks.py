"""Ends and ticks of logarithmic axes, whatever the numbers on them."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axis import Axis
from matplotlib.ticker import MaxNLocator, NullFormatter

SMALLEST, LARGEST = 1e-320, 1.7e308
"""Ends of the longest axis that Matplotlib draws."""


def with_margins(low: float, high: float) -> tuple[float, float]:
    """Return the ends of a logarithmic axis: a margin of 6 % beyond both, of a fifth of a number at least.

    Arguments:
        low: smallest number to be shown, above 0.
        high: largest one.

    >>> with_margins(1.0, 1.0), with_margins(1e-323, 1e308)
    ((0.8333333333333334, 1.2), (1e-320, 1.7e+308))
    """
    # By logarithms: the ratio of two numbers is not always one.
    exponent = max(0.06 * (math.log10(high) - math.log10(low)), math.log10(1.2))
    ends = math.log10(low) - exponent, math.log10(high) + exponent
    return max(low / 10**exponent, SMALLEST), high * 10**exponent if ends[1] < 308 else LARGEST


def logarithmic_ticks(axis: Axis, low: float, high: float, most: int, *, zero: bool = False) -> None:
    """Name a few powers of ten on an axis; numbers between them where there are fewer than two.

    Arguments:
        axis: the horizontal or vertical axis of a panel.
        low: smallest number, above 0, that may have a tick.
        high: largest number that may have a tick.
        most: how many ticks may be named.
        zero: whether 0 has a place at the axis's end, and a tick.
    """
    low, high = max(low, SMALLEST), min(high, LARGEST)
    if not low <= high:
        # Nothing on it is a number.
        return
    # A hair of rounding, for a limit that is itself a power of ten.
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    powers = range(first, last + 1)
    within = 10.0 ** np.arange(first - 1, last + 1)
    with np.errstate(over="ignore"):
        multiples = np.outer(within, np.arange(1, 10))
    between = multiples[:, 1:].ravel() if len(powers) <= most else within
    if len(powers) > 1:
        named = [power for power in powers if power % math.ceil(len(powers) / most) == 0]
        if zero and len(powers) > most:
            # The first power of ten stands close to 0.
            named = [power for power in named if power != first]
        ticks, labels = [10.0**power for power in named], [f"$10^{{{power}}}$" for power in named]
    else:
        ticks = [tick for tick in multiples[:, [0, 1, 4]].ravel() if low <= tick <= high]
        if len(ticks) < 3:
            # By their digits: near the largest number there is a sum of two is none.
            power = 10.0 ** math.floor(math.log10(high))
            found = MaxNLocator(most).tick_values(low / power, high / power)
            ticks = [tick * power for tick in found if low / power <= tick <= high / power]
        while len(ticks) > max(most, 2):
            ticks = ticks[::2]
        labels = [f"{tick:g}" for tick in ticks]
    if zero:
        ticks, labels = [0.0, *ticks], ["0", *labels]
    axis.set_ticks(ticks, labels=labels)
    axis.set_ticks(between[(between >= low) & (between <= high)], minor=True)
    axis.set_minor_formatter(NullFormatter())
