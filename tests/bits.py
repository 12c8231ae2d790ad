"""Runs pairs of optimizer and problem, and prints a digest of all numbers of each that are no times.

    python tests/bits.py PAIRS SHUFFLE PART      as a process of its own, so that what ran before is chosen

PAIRS says how many pairs are drawn, SHUFFLE in which order they run, PART such as ``1/2`` which of them.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any

import numpy as np

import harness
import optimizers
from harness.runs.single_run import Run
from harness.sweeps.fields import build_experiment
from harness.sweeps.planning import plan
from optimizers.linear_algebra_threads import one_thread

VARIANTS: tuple[dict[str, Any], ...] = (
    {"name": "genetic-algorithm", "engine": "pygad"},
    {"name": "genetic-algorithm", "bits": 16},
    {"name": "memetic-algorithm", "engine": "pygad"},
    {"name": "genetic-algorithm", "mutation_type": "adaptive", "mutation_probability": [[0.4, 0.1]]},
    {"name": "adam", "batch": 8},
    {"name": "gradient-descent", "batch": 1, "schedule": "cosine", "period": 50},
    {"name": "momentum", "weight_decay": 0.01},
)
PROBLEMS = (
    "xor",
    "parity:bits=3",
    "iris",
    "setosa",
    "iris-pair",
    "two-moons",
    "diabetes",
    "iris-pair:one=setosa,other=virginica,hidden=[],loss=perceptron-soft",
    "rosenbrock",
    "rastrigin",
)
GRADIENTS = ("analytic", "forward-autodiff", "reverse-autodiff", "central-difference", "symbolic")
TIMES = ("seconds", "observation_seconds", "compile_seconds")
ORIGIN = ("version", "commit", "host", "provenance", "fingerprint")
SEEDS, FEW = 3, 200
COST = 150.0


def candidates(seeds: int) -> list[Run]:
    """Return every run that can be done: each optimizer and variant on each problem that it serves."""
    table = {
        "problems": list(PROBLEMS),
        "optimizers": [*optimizers.known_optimizers(), *VARIANTS],
        "gradients": list(GRADIENTS),
        "seeds": seeds,
        "budget": {"cost": COST},
    }
    return plan(build_experiment("bits", table))[0]


def drawn(count: int) -> list[Run]:
    """Draw runs, as many of each optimizer as there are of any where they suffice."""
    rng, groups = np.random.default_rng(0), {}
    # Ids of all the runs of three seeds are seconds of work, and one has enough for a few of each optimizer.
    for run in candidates(SEEDS if count > FEW else 1):
        groups.setdefault(run.optimizer.label, []).append(run)
    shuffled = [[group[place] for place in rng.permutation(len(group))] for group in groups.values()]
    in_turn = [
        group[turn] for turn in range(max(map(len, shuffled))) for group in shuffled if turn < len(group)
    ]
    return in_turn[:count]


def digest(run: Run) -> str:
    """Do a run; return a digest of its row and its trace, to the last bit."""
    row, trace = run.execute()
    hashed = hashlib.sha256()
    for table in (row, trace):
        for name in sorted(table):
            if name not in TIMES and name not in ORIGIN:
                hashed.update(name.encode())
                hashed.update(exact(table[name]))
    return hashed.hexdigest()[:16]


def exact(value: Any) -> bytes:
    """Return the bits of a number or of an array, and the text of anything else."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "if":
        return value.tobytes()
    return np.float64(value).tobytes() if isinstance(value, float) else str(value).encode()


def main(count: int, shuffle: int, part: str) -> None:
    """Print a JSON object: the digest of each run by its optimizer, problem, source and seed."""
    runs = drawn(count)
    place, parts = map(int, part.split("/"))
    order = np.random.default_rng(shuffle).permutation(len(runs))[place - 1 :: parts]
    found = {}
    with one_thread():
        for number in order:
            run = runs[number]
            name = f"{run.optimizer.label} on {run.problem.name} by {run.gradient}, seed {run.seed}"
            found[name] = digest(run)
    print(json.dumps(found))


if __name__ == "__main__":
    assert harness.__file__
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
