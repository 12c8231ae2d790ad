"""A whole comparison: gradient descent, momentum, Adam and a genetic algorithm on four problems, ten seeds.

Ours is one call of ``harness.run`` with its store, traces, accuracies and test losses. The peers are the same
comparison as one would write it: the same starts, data, losses, budgets and targets, gradient methods that
end at the same losses, and a list of losses a run to show for it. PyTorch evaluates PyGAD's population as one
batch. JAX compiles each loop once a problem, with ``lax.while_loop``; in ``jax + evosax, vmap`` all seeds of
a problem go through it together.

Each party works in a process of its own: the first time includes compilation (ours with an empty cache), the
second does not. PyTorch compiles nothing, and does it once.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.measurement import Row, check_same, compared, installed

ROUNDS = 3
PARTIES: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "ours": ("benchmarks.whole.ours", 2, ()),
    "torch + pygad": ("benchmarks.whole.torch_pygad", 1, ("torch", "pygad")),
    "jax + evosax": ("benchmarks.whole.jax_evosax", 2, ("jax", "evosax")),
    "jax + evosax, vmap": ("benchmarks.whole.jax_evosax_vmap", 2, ("jax", "evosax")),
}


def in_a_process(module: str, times: int) -> dict[str, Any]:
    """Let one party do its work so many times in a fresh process; return its seconds and its losses."""
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.comparison", module, str(times)],
            capture_output=True,
            text=True,
            env={**os.environ, "NUMBA_CACHE_DIR": cache},
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"{module} failed:\n{done.stderr}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(repeats: int) -> Iterator[Row]:
    """Measure every party once with and once without compilation, all in turn; a round takes minutes."""
    parties = {
        party: (module, times)
        for party, (module, times, needs) in PARTIES.items()
        if len(installed(*needs)) == len(needs)
    }
    rounds = [
        {party: in_a_process(module, times) for party, (module, times) in parties.items()}
        for _ in range(min(repeats, ROUNDS))
    ]
    for party in parties:
        if party == "ours":
            continue
        for found in rounds:
            for key, losses in found[party]["losses"].items():
                # The last bits differ, and thousands of steps make them grow.
                ours = found["ours"]["losses"][key]
                check_same(f"{party} on {key}", {"ours": ours, party: losses}, 1e-6)
        for said, place in (("compilation excluded", -1), ("with compilation", 0)):
            mine, other = (
                np.array([found[name]["seconds"][place] for found in rounds]) for name in ("ours", party)
            )
            yield compared("comparison", said, party, mine, other, "s")


def main() -> None:
    """Do one party's work some times, and print what came of it."""
    parser = argparse.ArgumentParser(description="one party of the whole comparison")
    parser.add_argument("module")
    parser.add_argument("times", type=int)
    given = parser.parse_args()
    party = importlib.import_module(given.module)
    seconds, losses = [], {}
    for _ in range(given.times):
        began = time.perf_counter()
        losses = party.compare()
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"seconds": seconds, "losses": losses}))


if __name__ == "__main__":
    main()
