"""A long load: short runs by the hundred thousand, and commands that are killed at random and go on.

    python tests/soak.py --runs 1000000 --kills 1000 --seed 1       hours on two cores
    python tests/soak.py --runs 20000 --kills 30 --seed 1           minutes

Commands do the runs of one folder after another, and are ended by SIGKILL, SIGTERM or SIGINT at random
moments until all kills are spent; then each goes on to its end, and every run of its plan is to be there,
once, with its trace. After that one process does sweep after sweep, as many runs again, and its memory, open
files, processes and threads are sampled: the lower ends of the 95 % intervals of their slopes are to be too
small to matter.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

ROOT = Path(__file__).resolve().parent.parent
BEGIN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
COMMAND = [sys.executable, "-c", f"{BEGIN}from harness.cli.entry import main; main()", "run", "soak.toml"]
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
EXPERIMENT = """
problems = ["xor", "setosa"]
optimizers = ["adam", "rprop", "hill-climbing", "genetic-algorithm"]
seeds = {seeds}
budget = 30
figures = []
"""
KINDS = 8
"""Runs of the experiment for each seed."""

EXECUTORS = ("serial", "processes:workers=2")
LARGEST = 100_000
"""Runs of a folder at the most."""

LONGEST_END = 300.0
"""Seconds that a command has for its end behind its signal, on however busy a machine."""

WARM, SAMPLES = 300, 60
"""Sweeps before the first sample, when 64 megabytes of data and 256 descriptions are kept, and after."""

MOST_GROWTH = {"megabytes": 0.02, "open files": 0.002, "processes": 0.002, "threads": 0.002}
"""Growth for each thousand runs that would matter: twenty megabytes for a million, two files."""

KEPT = """
import gc, sys, os
from pathlib import Path
import psutil
import harness
from harness.sweeps.fields import build_experiment
from harness.sweeps.sweep import sweep
table = {{"problems": ["xor", "setosa"], "budget": 30,
         "optimizers": ["adam", "rprop", "hill-climbing", "genetic-algorithm"]}}
process = psutil.Process()
for number in range({sweeps}):
    seeds = list(range(number * {seeds}, (number + 1) * {seeds}))
    results, done = sweep(build_experiment("soak", {{**table, "seeds": seeds}}), executor={executor!r})
    assert done == len(results.runs) == {seeds} * {kinds}
    del results
    if number < {warm}:
        continue
    gc.collect()
    family = [process, *process.children(recursive=True)]
    print(process.memory_info().rss / 1e6, sum(each.num_fds() for each in family), len(family),
          sum(each.num_threads() for each in family), flush=True)
"""


class Slope(NamedTuple):
    """Growth for each thousand runs, with its 95 % interval."""

    estimate: float
    low: float
    high: float

    @classmethod
    def of(cls, samples: np.ndarray, runs: int) -> Slope:
        """Fit a line by Theil and Sen, which one jump leaves alone, to samples this many runs apart."""
        thousands = np.arange(len(samples)) * runs / 1000
        found = stats.theilslopes(samples, thousands, 0.95)
        return cls(found.slope, found.low_slope, found.high_slope)


def started(folder: Path, executor: str) -> subprocess.Popen[str]:
    """Begin or go on with the runs of a folder."""
    return subprocess.Popen(
        [*COMMAND, "--executor", executor],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def traceback_in(err: str) -> bool:
    """Say whether a command has said more than its sentences."""
    return "Traceback" in err


def soaked(folder: Path, seeds: int, kills: int, rng: np.random.Generator) -> tuple[int, int, int]:
    """Do a folder's runs with commands that are killed; return how many were, hung, and had a traceback."""
    folder.mkdir()
    (folder / "soak.toml").write_text(EXPERIMENT.format(seeds=seeds), encoding="utf-8")
    killed = hung = tracebacks = 0
    # As long as the rest takes by itself, about, so that kills fall into runs and not behind them.
    patience = 2.0 + seeds * KINDS / 2_000 / max(1, kills)
    while True:
        process = started(folder, EXECUTORS[killed % len(EXECUTORS)])
        last = killed == kills
        number = SIGNALS[int(rng.integers(len(SIGNALS)))]
        if not last:
            time.sleep(float(rng.uniform(0.2, patience)))
            if process.poll() is None and number == signal.SIGINT:
                os.killpg(process.pid, number)
            elif process.poll() is None:
                process.send_signal(number)
        try:
            _, err = process.communicate(timeout=None if last else LONGEST_END)
        except subprocess.TimeoutExpired:
            hung += 1
            os.killpg(process.pid, signal.SIGKILL)
            _, err = process.communicate()
        tracebacks += traceback_in(err)
        if process.returncode == 0:
            # Where it was done before its signal came, the kills that are left go to another folder.
            return killed, hung, tracebacks
        if last:
            raise SystemExit(f"the command in {folder} ended with {process.returncode}: {err[-2000:]}")
        killed += 1


def counted(folder: Path, seeds: int) -> tuple[int, int, int]:
    """Return how many runs of the plan are there, how many not, and how many twice or without a trace."""
    import harness
    from harness.runs.store import Store
    from harness.sweeps.experiment_file import read_experiment
    from harness.sweeps.planning import plan

    planned = {run.run_id for run in plan(read_experiment(str(folder / "soak.toml")))[0]}
    assert len(planned) == seeds * KINDS
    kept = Store(folder / "output/soak").finished(("run_id",))["run_id"]
    traced = set(harness.load(folder / "output/soak").trace["run_id"].unique())
    twice = int(kept.duplicated().sum()) + len(set(kept) - planned) + len(planned & set(kept) - traced)
    return len(planned & set(kept)), len(planned - set(kept)), twice


def flat(runs: int, executor: str) -> dict[str, Slope]:
    """Do runs in one process, and return how what it holds grows."""
    sweeps = WARM + SAMPLES
    seeds = max(1, runs // KINDS // sweeps)
    code = KEPT.format(sweeps=sweeps, warm=WARM, seeds=seeds, kinds=KINDS, executor=executor)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    samples = pd.DataFrame(
        [map(float, line.split()) for line in done.stdout.splitlines()], columns=list(MOST_GROWTH)
    )
    return {name: Slope.of(samples[name].to_numpy(), seeds * KINDS) for name in samples}


def main() -> int:
    """Do as the command line says; return 1 where anything was lost, done twice or growing."""
    reader = argparse.ArgumentParser(prog="python tests/soak.py", description=__doc__)
    reader.add_argument("--runs", type=int, default=20_000)
    reader.add_argument("--kills", type=int, default=30)
    reader.add_argument("--seed", type=int, default=1)
    given = reader.parse_args()
    rng = np.random.default_rng(given.seed)
    began, killed, stuck, tracebacks = time.monotonic(), 0, 0, 0
    total = np.zeros(3, dtype=int)
    with tempfile.TemporaryDirectory(prefix="harness-soak-") as made:
        left, number = given.runs, 0
        while left > 0 or killed < given.kills:
            runs = min(max(left, KINDS), LARGEST)
            seeds = -(-runs // KINDS)
            # The share of the kills that this folder's runs are of all, rounded up.
            share = min(given.kills - killed, -(-given.kills * runs // max(given.runs, 1)))
            fallen, hung, said = soaked(Path(made) / str(number), seeds, share, rng)
            found = np.array(counted(Path(made) / str(number), seeds))
            total, killed = total + found, killed + fallen
            stuck, tracebacks = stuck + hung, tracebacks + said
            left, number = left - seeds * KINDS, number + 1
            print(
                f"folder {number}: {found[0]} runs, {fallen} kills, {time.monotonic() - began:.0f} s",
                flush=True,
            )
    done, lost, twice = total
    print(
        f"runs {done}, kills {killed}, folders {number}; lost {lost}, twice or without trace {twice}, "
        f"hung {stuck}, traceback {tracebacks}",
        flush=True,
    )
    wrong = bool(lost or twice or stuck or tracebacks)
    for executor in EXECUTORS:
        for name, slope in flat(given.runs, executor).items():
            grows = slope.low > MOST_GROWTH[name]
            wrong |= grows
            print(
                f"{executor}: {name} for each thousand runs: {slope.estimate:.5f} "
                f"({slope.low:.5f} to {slope.high:.5f}){', which grows' if grows else ''}"
            )
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
