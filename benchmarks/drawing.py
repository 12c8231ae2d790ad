"""What analysing and drawing 10,000 runs takes: all verdicts, each again under every choice, and all figures.

Eight optimizers on five problems, 250 seeds each, so real traces and real networks. One process does the
runs; another one loads them, decides, and writes every figure that applies to them, one after the other. Its
seconds are the processor's, which others at work on the machine do not lengthen; its memory is the most that
it ever had.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measurement import Row, compared

PROBLEMS = ("xor", "parity:bits=3", "two-moons", "setosa", "iris")
OPTIMIZERS = (
    "gradient-descent:learning_rate=0.5",
    "momentum:learning_rate=0.1",
    "adam:learning_rate=0.05",
    "rprop",
    "lbfgs",
    "genetic-algorithm",
    "particle-swarm",
    "evolution-strategy",
)
SEEDS, COST = 250, 1_000
MOST_SECONDS, MOST_MEGABYTES = 30.0, 2_000.0
NEEDED: dict[str, dict[str, Any]] = {
    "confusion": {"problem": "iris"},
    "specification-curve": {"better": "lbfgs", "than": "genetic-algorithm", "problem": "iris"},
    **{
        name: {"problem": "xor"}
        for name in ("loss-landscape", "network-diagram", "population-spread", "weights-over-time")
    },
    "decision-boundary": {"problem": "two-moons"},
}
"""Options without which a plot does not know what to draw of so many runs."""


def done(folder: Path) -> None:
    """Do the runs."""
    import harness

    claims = [{"better": "lbfgs", "than": name.partition(":")[0]} for name in OPTIMIZERS if name != "lbfgs"]
    harness.run(
        list(PROBLEMS), list(OPTIMIZERS), seeds=SEEDS, budget=COST, folder=folder / "runs", claims=claims
    )


def drawn(folder: Path) -> dict[str, Any]:
    """Load the runs, decide all claims, and draw all figures; return the seconds of each."""
    import harness
    from harness.plots import known_plots
    from harness.report.image_files import write_plot
    from optimizers.errors import InputError

    seconds: dict[str, float] = {}
    left_out = []

    def timed(name: str, work: Callable[[], Any]) -> Any:
        before = time.process_time()
        found = work()
        seconds[name] = time.process_time() - before
        return found

    before = time.process_time()
    results = timed("load", lambda: harness.load(folder / "runs"))
    runs = len(results.runs)
    if runs != len(PROBLEMS) * len(OPTIMIZERS) * SEEDS:
        raise SystemExit(f"there are {runs} runs, expected {len(PROBLEMS) * len(OPTIMIZERS) * SEEDS}")
    timed("verdicts", lambda: results.compare().sentences)
    timed("verdicts under every choice", lambda: results.robustness().claims)
    timed("summary", results.summary)
    for name in known_plots():
        options, image = NEEDED.get(name, {}), folder / f"{name}.png"
        try:
            timed(
                name,
                lambda name=name, options=options, image=image: write_plot(name, results, options, image),
            )
        except InputError as refusal:
            left_out.append(f"{name}: {refusal}")
    whole = time.process_time() - before
    return {"seconds": seconds, "whole": whole, "memory": most_megabytes(), "left_out": left_out}


def most_megabytes() -> float:
    """Return the most memory that this program ever had.

    Not ``ru_maxrss`` where Linux has better: that goes on from what the process was before it ran this.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_a_process(part: str, folder: Path) -> str:
    """Return what a process of its own writes that does one part."""
    code = [sys.executable, "-m", "benchmarks.drawing", part, str(folder)]
    return subprocess.run(code, check=True, text=True, stdout=subprocess.PIPE).stdout


def measure(repeats: int) -> Iterator[Row]:
    """Measure seconds of the processor and memory, against the most that they should be."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        in_a_process("done", folder)
        found = [json.loads(in_a_process("drawn", folder).splitlines()[-1]) for _ in range(min(repeats, 3))]
    best = min(found, key=lambda one: one["whole"])
    for what, taken in sorted(best["seconds"].items(), key=lambda pair: -pair[1]):
        print(f"{taken:8.2f} s  {what}", file=sys.stderr)
    for line in best["left_out"]:
        print(f"left out: {line}", file=sys.stderr)
    number = len(PROBLEMS) * len(OPTIMIZERS) * SEEDS
    for unit, limit, taken in (
        ("s", MOST_SECONDS, [one["whole"] for one in found]),
        ("MB", MOST_MEGABYTES, [one["memory"] for one in found]),
    ):
        yield compared("drawing", f"{number} runs", f"{limit:g} {unit}", np.array(taken), limit, unit)


if __name__ == "__main__":
    if sys.argv[1] == "done":
        done(Path(sys.argv[2]))
    else:
        print(json.dumps(drawn(Path(sys.argv[2]))))
