"""Runs drawn at random, and a digest of all that each of them left: a script for processes of their own.

``python tests/same_bits_cases.py '{"cases": [0, 1, 2], "seed": 0, "threads": 1}'`` prints them.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any

import numba
import numpy as np

import harness
import optimizers
from harness.gradients import known_sources
from harness.single_run import NO_GRADIENT, Run
from optimizers import Budget
from optimizers.specification import parse

VARIANTS = (
    *("genetic-algorithm:engine=pygad", "genetic-algorithm:bits=16", "memetic-algorithm:engine=pygad"),
    *("gradient-descent:batch=1", "adam:batch=8", "adamw:batch=3", "rmsprop:weight_decay=0.01"),
    *("momentum:schedule=cosine,period=50", "nesterov:clip_norm=0.1"),
)
PROBLEMS = ("xor", "iris", "setosa", "parity", "two-moons", "rosenbrock")
OPTIMIZERS = (*optimizers.known_optimizers(), *VARIANTS)


def case(number: int) -> Run:
    """Return one run that can work, drawn by its number."""
    rng = np.random.default_rng([2026, number])
    while True:
        # Each optimizer in its turn, so that none is left out; all else is drawn.
        optimizer = optimizers.build_optimizer(parse(OPTIMIZERS[number % len(OPTIMIZERS)]))
        problem = harness.problems.load(str(rng.choice(PROBLEMS)))
        gradient = str(rng.choice(list(known_sources()))) if "gradient" in optimizer.needs else NO_GRADIENT
        seed, cost = int(rng.integers(1000)), int(rng.integers(50, 500))
        try:
            run = Run(problem, optimizer, gradient, seed, Budget(cost=cost))
            refused = optimizer.refusal(problem.objective(run.source(), seed))
        except optimizers.InputError as error:
            refused = str(error)
        if refused is None:
            return run


def digest(run: Run) -> str:
    """Return a digest of every number of a run but its seconds."""
    row, trace = run.execute()
    kept: dict[str, Any] = {name: value for name, value in row.items() if "seconds" not in name}
    parts = [json.dumps(kept, sort_keys=True, default=float).encode()]
    for name in sorted(trace):
        if "seconds" not in name:
            values = np.asarray(trace[name])
            parts += [
                name.encode(),
                values.tobytes() if values.dtype != object else repr(list(values)).encode(),
            ]
    return hashlib.sha256(b"\n".join(parts)).hexdigest()[:16]


def main() -> None:
    """Do the cases that the first argument names, in an order drawn from its seed."""
    asked = json.loads(sys.argv[1])
    numba.set_num_threads(min(asked["threads"], numba.config.NUMBA_NUM_THREADS))
    order = np.random.default_rng(asked["seed"]).permutation(asked["cases"])
    print(json.dumps({int(number): digest(case(int(number))) for number in order}))


if __name__ == "__main__":
    main()
