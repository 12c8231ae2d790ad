"""What this machine reaches in each kind of work by itself: products, elementary functions, memory.

Each rate is the best of many short measurements, on one thread and on all of them at once, each with arrays
of its own. Elementary functions are our own (``harness.numerics.elementary``), on arrays that stay in the
first cache. Memory is the triad ``a = b + s c`` (McCalpin 1995), three times eight bytes an element, on
arrays that stay in the first cache, in the second, and in none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import peak
from benchmarks.timing import at_once, timed
from harness.numerics.elementary import exponential, hyperbolic_tangent, log_one_plus
from optimizers.compilation import compiled
from optimizers.linear_algebra_threads import one_thread
from optimizers.objective import Array

U = np.uint64
ELEMENTS = 1024
"""Numbers of an array that stays in the first cache, with two others."""

TRIADS = {"triad in first cache": 1024, "triad in second cache": 2**14, "triad in memory": 2**24}
"""Numbers of each of the three arrays: 24 kB, 400 kB and 400 MB in all."""

BYTES = 24
"""What a triad moves for an element, a line that is read for being written to not counted."""

REPEATS, SECONDS = 60, 0.002

NOW = 10_000
"""Times that the peak's loop goes round for the clock of a moment: a tenth of a millisecond."""


@compiled()
def _tangents(x: Array, y: Array, times: int) -> None:
    for _ in range(times):
        for i in range(U(x.size)):
            y[i] = hyperbolic_tangent(x[i])


@compiled()
def _exponentials(x: Array, y: Array, times: int) -> None:
    for _ in range(times):
        for i in range(U(x.size)):
            y[i] = exponential(x[i])


@compiled()
def _logarithms(x: Array, y: Array, times: int) -> None:
    for _ in range(times):
        for i in range(U(x.size)):
            y[i] = log_one_plus(x[i])


@compiled()
def _divisions(x: Array, y: Array, times: int) -> None:
    for _ in range(times):
        for i in range(U(x.size)):
            y[i] = 1.0 / x[i]


@compiled()
def _additions(x: Array, y: Array, times: int) -> None:
    for _ in range(times):
        for i in range(U(x.size)):
            y[i] += x[i]


@compiled()
def _triad(b: Array, c: Array, a: Array, times: int) -> None:
    for _ in range(times):
        for i in range(U(a.size)):
            a[i] = b[i] + 3.0 * c[i]


ELEMENTARY: dict[str, Any] = {
    "tanh": _tangents,
    "exponential": _exponentials,
    "logarithm": _logarithms,
    "division": _divisions,
    "addition": _additions,
}
"""Each on one array, into another."""


class Limits:
    """The rates of multiply-adds and of elementary functions on so many threads, for many short measurements.

    A processor changes its frequency from second to second, more than a kernel lacks of the peak: what it
    reached is held against what the machine did just before.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        works: dict[str, tuple[float, Callable[[int, int], object]]] = {
            "multiply-adds": (
                peak.multiply_adds(1),
                lambda thread, times: peak.multiply_and_add(peak.FACTOR, peak.ADDEND, times),
            ),
            **{name: (ELEMENTS, _on_own_arrays(function, threads)) for name, function in ELEMENTARY.items()},
        }
        self._works = {name: _calibrated(amount, work) for name, (amount, work) in works.items()}

    def measure(self, repeats: int = 3) -> dict[str, float]:
        """Return each rate a second, the best of some that take ``SECONDS`` each."""
        return {
            name: self.threads * amount / min(at_once(self.threads, work) for _ in range(repeats))
            for name, (amount, work) in self._works.items()
        }


def peak_now() -> float:
    """Return one core's multiply-adds a second of this moment, before a lowered clock has risen again.

    Of one, for several would have to be brought together first, which takes as long.
    """
    return float(peak.multiply_adds(NOW) / min(peak.seconds_of(1, NOW) for _ in range(2)))


def _on_own_arrays(function: Any, threads: int) -> Callable[[int, int], object]:
    x = [np.random.default_rng(thread).uniform(0.1, 3.0, ELEMENTS) for thread in range(threads)]
    y = [np.zeros(ELEMENTS) for _ in x]
    return lambda thread, times: function(x[thread], y[thread], times)


def _seconds(work: Callable[[int, int], object], times: int) -> float:
    return timed(lambda: work(0, times))


def _calibrated(amount: float, work: Callable[[int, int], object]) -> tuple[float, Callable[[int], object]]:
    """Return what a measurement of ``SECONDS`` comes to on one thread, and what does it."""
    work(0, 1)
    some, taken = 1, _seconds(work, 1)
    while taken < SECONDS / 20:
        some *= 8
        taken = min(_seconds(work, some) for _ in range(3))
    times = max(1, round(SECONDS * some / taken))
    return times * amount, lambda thread: work(thread, times)


def best_rate(amount: float, threads: int, work: Callable[[int, int], object], repeats: int) -> float:
    """Return how much a second is done, the best of some.

    Arguments:
        amount: what one time on one thread comes to.
        threads: how many work at once.
        work: takes the number of its thread and the times.
        repeats: measurements.
    """
    done, calibrated = _calibrated(amount, work)
    return threads * done / min(at_once(threads, calibrated) for _ in range(repeats))


def triad_rate(elements: int, threads: int, repeats: int = REPEATS) -> float:
    """Return the bytes a second that a triad on arrays of so many numbers moves, shared out over threads."""
    share = elements if elements <= max(TRIADS.values()) // threads else elements // threads
    arrays = [[np.full(share, number) for number in (1.0, 2.0, 0.0)] for _ in range(threads)]
    few = repeats if elements < 10**6 else 10
    return best_rate(BYTES * share, threads, lambda thread, times: _triad(*arrays[thread], times), few)


def dgemm_rate(threads: int, repeats: int = 9, size: int = 1024) -> float:
    """Return multiply-adds a second of NumPy's matrix product, on one thread or on as many as BLAS takes."""
    a = np.random.default_rng(0).normal(size=(size, size))

    def best() -> float:
        a @ a
        return float(size**3 / min(timed(lambda: a @ a) for _ in range(repeats)))

    if threads > 1:
        return best()
    with one_thread():
        return best()


def rates(threads: int) -> dict[str, float]:
    """Return every rate by its name: multiply-adds, functions or bytes a second."""
    return {
        **Limits(threads).measure(REPEATS),
        "dgemm": dgemm_rate(threads),
        **{name: triad_rate(elements, threads) for name, elements in TRIADS.items()},
    }


def unit_of(name: str) -> str:
    """Return the unit that a rate is shown in.

    >>> unit_of("triad in memory"), unit_of("tanh")
    ('GB/s', '1e9/s')
    """
    return "GB/s" if name.startswith("triad") else "1e9/s"
