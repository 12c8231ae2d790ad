"""How far every kernel is from what the machine can do, on one thread and on all.

``at peak``: the time that the multiply-adds alone would take at the peak of fused multiply-adds, which a
kernel of our own reaches just before (``peak``). ``at all rates``: that, and the exponentials,
logarithms, divisions and additions at the rates that they reach alone (``machine_rates``), one after the
other. ``at all rates and its clock``: these rates at the clock that the processor had while the kernel ran:
it lowers it by a tenth and more where vectors are multiplied and data move as well, and takes milliseconds
to raise it again; the peak of the first tenths of a millisecond after the kernel tells. The ratio is the
part of our own time that these are. ``roofline.png`` and ``roofline.md`` show the
same with what was counted; the table ``machine`` has the rates, on one thread and how many times as much on
all.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numba
import numpy as np

from benchmarks import epoch, generation, gradient_step, population, work_counts
from benchmarks.machine_rates import Limits, peak_now, rates, unit_of
from benchmarks.measurement import Row, compared
from benchmarks.sizes import SIZES, Size
from benchmarks.timing import REST, timed
from benchmarks.work_counts import Work
from harness.numerics.shared_work import allowed_threads, use_threads

LIMITS = ("at peak", "at all rates", "at all rates and its clock")

Build = Callable[[], Callable[[], object]]
"""Returns a workload."""


@dataclass(frozen=True)
class Kernel:
    """One thing that is measured.

    Attributes:
        kind: such as ``gradient``.
        size: network and rows.
        work: what one time of it consists of.
        build: returns a workload.
        times: how often the workload does it.
    """

    kind: str
    size: Size
    work: Work
    build: Build
    times: int

    @property
    def name(self) -> str:
        return f"{self.kind} {self.size.name}"


def kernels() -> Iterator[Kernel]:
    """Yield every kernel: gradients, populations, generations and epochs."""
    for size in SIZES:
        steps = gradient_step.steps_for("ours", size)
        yield Kernel(
            "gradient", size, work_counts.gradient(size), _bound(gradient_step.ours, size, steps), steps
        )
        times, work = population.times(size, "ours"), work_counts.population(size, population.CANDIDATES)
        yield Kernel("population", size, work, _bound(_populations, size), times)
    for size in generation.SIZES:
        count = generation.generations_of("ours", size)
        work = work_counts.generation(size, generation.MEMBERS)
        yield Kernel("generation", size, work, _bound(generation.ours, size, count), count + 1)
    for size in epoch.SIZES:
        for batch in epoch.BATCHES:
            epochs = epoch.epochs_of("ours", size, batch)
            work = work_counts.gradient(size, -(-size.rows // batch))
            yield Kernel(f"epoch-by-{batch}", size, work, _bound(epoch.ours, size, batch, epochs), epochs)


def _bound(build: Callable[..., Callable[[], object]], *arguments: object) -> Build:
    return lambda: build(*arguments)


def _populations(size: Size) -> Callable[[], object]:
    return population.repeated({"ours": population.ours(size)}, size)["ours"]


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    """Let compiled loops take so many threads."""
    before = allowed_threads()
    use_threads(count)
    try:
        yield
    finally:
        use_threads(before)


def on_threads(count: int, build: Build) -> Callable[[], object]:
    """Return a workload that is built and done with so many threads."""
    with threads(count):
        work = build()

    def run() -> None:
        with threads(count):
            work()

    return run


def work_name(kernel: str, count: int) -> str:
    return f"{kernel}, {count} thread{'s' if count > 1 else ''}"


def measure(repeats: int) -> Iterator[Row]:
    """Measure the machine's rates, then every kernel on one thread and on all."""
    counts = list(dict.fromkeys((1, numba.config.NUMBA_NUM_THREADS)))
    found = {count: rates(count) for count in counts}
    for name, one in found[1].items():
        most = found[counts[-1]][name]
        yield compared("machine", name, "all threads", one / 1e9, most / 1e9, unit_of(name))
    limits = {count: Limits(count) for count in counts}
    for kernel in kernels():
        # A step of a few rows is one thread's whatever there are.
        for count in counts[:1] if kernel.kind.startswith("epoch") else counts:
            yield from _beside_its_limits(kernel, limits[count], repeats)


def _beside_its_limits(kernel: Kernel, limits: Limits, repeats: int) -> Iterator[Row]:
    """Measure the rates and the kernel in turn, and hold each round of it against the rates before it."""
    run = on_threads(limits.threads, kernel.build)
    run()
    rounds = []
    for _ in range(repeats):
        time.sleep(REST)
        before, fast = limits.measure(), peak_now()
        seconds = timed(run)
        clock = peak_now() / fast
        whole = kernel.work.seconds(before)
        at_peak = kernel.work.products / before["multiply-adds"]
        rounds.append((seconds / kernel.times, at_peak, whole, whole / min(clock, 1.0)))
    ours, *held_against = 1e6 * np.transpose(rounds)
    for peer, limit in zip(LIMITS, held_against, strict=True):
        yield compared("roofline", work_name(kernel.name, limits.threads), peer, ours, limit, "us")
