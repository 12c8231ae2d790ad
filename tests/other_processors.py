"""How far traces of one seed come apart between processors: the same runs, compiled for others.

    python tests/other_processors.py        two minutes; prints a table

Machine code for a processor without AVX-512 or fused multiply-adds runs here as well, and so do OpenBLAS's
kernels for one. What comes out is what such a processor would come to in these parts of the computation.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
TARGETS = {
    "this processor": {},
    "AVX2 with fused multiply-adds (haswell)": {"NUMBA_CPU_NAME": "haswell", "OPENBLAS_CORETYPE": "Haswell"},
    "SSE2 alone (generic)": {
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
        "OPENBLAS_CORETYPE": "Nehalem",
    },
}
PROBLEMS = ("xor", "iris", "two-moons", "diabetes")
OPTIMIZERS = (
    "gradient-descent",
    "adam",
    "rprop",
    "lbfgs",
    "newton-trust-region",
    "genetic-algorithm",
    "cmaes",
)
ITERATIONS = (1, 10, 100, 1_000)
SEEDS = 5
END = "the end"
RUN = f"""
import sys
import numpy as np
import harness
found = harness.run({list(PROBLEMS)!r}, {list(OPTIMIZERS)!r}, seeds={SEEDS}, workers=1,
                    budget={{"iterations": {ITERATIONS[-1]}}})
names = dict(zip(found.runs["run_id"], found.runs["optimizer_name"]))
losses = {{}}
for run, rows in found.trace.groupby("run_id"):
    iteration, best = rows["iteration"].to_numpy(), rows["best_loss"].to_numpy()
    at = [best[iteration <= k][-1] if k <= iteration[-1] else np.nan for k in {list(ITERATIONS)!r}]
    losses.setdefault(names[run], []).append([*at, best[-1]])
np.savez(sys.argv[1], **losses)
"""


def losses(folder: Path, number: int, environment: dict[str, str]) -> dict[str, np.ndarray]:
    """Do the runs for one processor; return the best losses of each at some iterations, and at its end.

    A run that ended before has no loss there.
    """
    file = folder / f"{number}.npz"
    surroundings = {"PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(folder / f"cache{number}"), **environment}
    subprocess.run([sys.executable, "-c", RUN, str(file)], env={**os.environ, **surroundings}, check=True)
    with np.load(file) as found:
        return {name: found[name] for name in found.files}


def main() -> None:
    """Print the largest relative differences, and how many runs have the same losses to the bit."""
    with tempfile.TemporaryDirectory() as made:
        found = [losses(Path(made), number, given) for number, given in enumerate(TARGETS.values())]
    here = found[0]
    for target, there in list(zip(TARGETS, found, strict=True))[1:]:
        print(f"\n{target}: largest relative difference of the best loss after k iterations")
        columns = [*(f"k = {number}" for number in ITERATIONS), END, "same bits"]
        print(f"{f'{len(PROBLEMS)} problems, {SEEDS} seeds':22}" + "".join(f"{each:>11}" for each in columns))
        for optimizer, one in here.items():
            other = there[optimizer]
            apart = np.abs(one - other) / np.maximum(np.abs(one), np.finfo(float).tiny)
            worst = ["" if np.isnan(column).all() else f"{np.nanmax(column):.1e}" for column in apart.T]
            same = sum(np.array_equal(*pair, equal_nan=True) for pair in zip(one, other, strict=True))
            cells = [*worst, f"{same}/{len(one)}"]
            print(f"{optimizer:22}" + "".join(f"{each:>11}" for each in cells))


if __name__ == "__main__":
    main()
