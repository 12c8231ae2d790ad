"""What 100,000 runs take: seconds of doing, loading and summing them up, and memory of the process that does.

Seconds of processors say what a machine with nothing else to do would take: its own and its workers', shared
out over the cores.

    python -m benchmarks.many_runs                 20,000 runs of the quickstart's kind
    python -m benchmarks.many_runs 100000
    python -m benchmarks.many_runs --simulated 1000000

Each step is a process of its own, whose memory is read four times a second. Simulated runs are not searched:
rows and traces of one block of real ones go into the store again and again, under other ids and seeds.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SAMPLE_SECONDS = 0.25
BLOCK = 10_000
"""Simulated runs that are written at a time: as many as two workers do in five seconds, about."""


def resident() -> float:
    """Return the memory of this process in megabytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def worked() -> dict[str, float]:
    """Return the seconds of processors that this process and its workers have had."""
    tick = os.sysconf("SC_CLK_TCK")
    seconds = {"own": 0.0, "workers": 0.0}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if os.getpid() in (int(process.name), int(fields[1])):
            kind = "own" if int(process.name) == os.getpid() else "workers"
            seconds[kind] += (int(fields[11]) + int(fields[12])) / tick
    return seconds


@contextmanager
def sampled(samples: list[float]) -> Iterator[None]:
    """Read the memory at intervals."""
    ended = threading.Event()

    def read() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            samples.append(resident())

    reader = threading.Thread(target=read, daemon=True)
    samples.append(resident())
    reader.start()
    try:
        yield
    finally:
        ended.set()
        reader.join()
        samples.append(resident())


def measured(work: Callable[[], Any]) -> tuple[dict[str, Any], Any]:
    """Return seconds and memory of a piece of work, and what it came to."""
    samples: list[float] = []
    before, began = worked(), time.perf_counter()
    with sampled(samples):
        found = work()
    seconds, after = time.perf_counter() - began, worked()
    tenth = [samples[len(samples) * part // 10] for part in range(10)] + [samples[-1]]
    busy = {kind: after[kind] - before[kind] for kind in after}
    return {"seconds": seconds, **busy, "peak": max(samples), "at": tenth}, found


def done(folder: Path, runs: int) -> dict[str, Any]:
    """Do runs of the quickstart's kind."""
    from harness.sweeps.experiment_file import read_experiment
    from harness.sweeps.sweep import sweep

    experiment = read_experiment("quickstart", seeds=-(-runs // 3))
    # Imports and compilation are no matter of the number of runs.
    sweep(read_experiment("quickstart", seeds=2), None, 1)
    figures, (results, number) = measured(lambda: sweep(experiment, folder, progress=False))
    if len(results.runs) != number:
        raise SystemExit(f"{number} runs were done, {len(results.runs)} are there")
    return {f"sweep of {number} runs": figures}


def simulated(folder: Path, runs: int) -> dict[str, Any]:
    """Write runs that nobody has done."""
    import numpy as np

    import harness
    from harness.runs.plans import Plan
    from harness.runs.store import Store

    real = harness.run("xor", ["adam", "rprop"], seeds=50, budget=2_000, workers=1)
    store, (rows, trace) = Store(folder), (real.runs, real.trace)
    numbers = np.repeat(np.arange(len(rows)), trace["run_id"].value_counts(sort=False).to_numpy())
    times = BLOCK // len(rows)
    tiled = rows.take(np.tile(np.arange(len(rows)), times)).reset_index(drop=True)
    looks = trace.take(np.tile(np.arange(len(trace)), times)).reset_index(drop=True)
    run_of = np.concatenate([numbers + len(rows) * part for part in range(times)])

    def write() -> None:
        ids = []
        for begin in range(0, runs, BLOCK):
            block = [
                hashlib.sha256(str(number).encode()).hexdigest()[:16]
                for number in range(begin, begin + BLOCK)
            ]
            ids += block
            store.append_tables(
                tiled.assign(run_id=block, seed=tiled["seed"] + begin),
                looks.assign(run_id=np.array(block, dtype=object)[run_of]),
            )
        store.write_plan(Plan("simulated", "", tuple(ids), (), rows["fingerprint"].iloc[0], False))

    figures, _ = measured(write)
    return {f"writing {runs} runs, {len(looks) * (runs // BLOCK)} looks": figures}


def loaded(folder: Path, runs: int) -> dict[str, Any]:
    """Load what is there, and sum it up."""
    import harness

    loading, results = measured(lambda: harness.load(folder))
    summing, summary = measured(results.summary)
    if len(results.runs) < runs or not 0 < len(summary) < 10:
        raise SystemExit(f"{len(results.runs)} runs are there, expected {runs}")
    return {"load": loading, "summary": summing}


def traced(folder: Path, runs: int) -> dict[str, Any]:
    """Load what is there, with all traces."""
    import harness

    figures, trace = measured(lambda: harness.load(folder).trace)
    if len(trace) < runs:
        raise SystemExit(f"the traces have {len(trace)} rows, expected more than {runs}")
    return {"load with traces": figures}


PARTS: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "done": done,
    "simulated": simulated,
    "loaded": loaded,
    "traced": traced,
}


def in_a_process(part: str, folder: Path, runs: int) -> None:
    code = [sys.executable, "-m", "benchmarks.many_runs", str(runs), "--part", part, "--folder", str(folder)]
    answer = subprocess.run(code, stdout=subprocess.PIPE, check=True, text=True).stdout
    for name, figures in json.loads(answer.splitlines()[-1]).items():
        along = " ".join(f"{memory:.0f}" for memory in figures["at"])
        print(
            f"{name}: {figures['seconds']:.2f} s, of processors {figures['own']:.2f} s of its own and",
            end=" ",
        )
        print(f"{figures['workers']:.2f} s of workers; {figures['peak']:.0f} MB at most, along it {along}")
        sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.many_runs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("runs", nargs="?", type=int, default=20_000, metavar="RUNS", help="how many (20000)")
    parser.add_argument("--simulated", action="store_true", help="write rows, and search nothing")
    parser.add_argument("--traces", action="store_true", help="also load all traces")
    parser.add_argument("--folder", type=Path, help="where runs are kept; a temporary one otherwise")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.runs < 1:
        parser.error(f"RUNS is {given.runs}, expected 1 or more")
    if given.part:
        print(json.dumps(PARTS[given.part](given.folder, given.runs)))
        return
    place = Path(tempfile.mkdtemp(prefix="many-runs-")) if given.folder is None else given.folder
    try:
        busy = os.getloadavg()[0]
        print(f"{len(os.sched_getaffinity(0))} cores, {busy:.1f} processes at work before")
        in_a_process("simulated" if given.simulated else "done", place / "runs", given.runs)
        in_a_process("loaded", place / "runs", given.runs)
        if given.traces:
            in_a_process("traced", place / "runs", given.runs)
        print(f"{os.getloadavg()[0]:.1f} processes at work after")
    finally:
        if given.folder is None:
            shutil.rmtree(place)


if __name__ == "__main__":
    main()
