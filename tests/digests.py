"""Digests of the traces of every shipped experiment, and the record of them.

    python tests/digests.py             what is other than recorded on this kind of processor
    python tests/digests.py --renew     record anew, after a change that is meant to change bits

A trace depends on seed and code alone where processor and libraries are the same: one that has other vector
instructions adds and fuses in another order. So there is a record for each kind of processor, with the
versions that it was made by.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
from bits import TIMES, VARIANTS, exact
from threadpoolctl import threadpool_info

import optimizers
from harness.problems import known_problems
from harness.runs.columns import TRACE_LABELS
from harness.runs.single_run import Run
from harness.runs.tables import Tables
from harness.sweeps.experiment import Experiment
from harness.sweeps.experiment_file import read_experiment, shipped_experiments
from harness.sweeps.fields import build_experiment
from harness.sweeps.sweep import sweep
from optimizers.errors import MissingExtraError

RECORD = Path(__file__).parent / "recorded" / "digests"
LIBRARIES = ("numba", "llvmlite", "numpy", "scipy", "scikit-learn", "pygad", "sympy")
"""What computes, or makes the data."""

LATER = ("precision_error",)
"""Columns that came after the first record: where they say nothing of a run, its digest is what it was."""

COST = {"cost": 150.0}
SERVED = (
    "xor",
    "iris",
    "diabetes",
    "iris-pair:one=setosa,other=virginica,hidden=[],loss=perceptron-soft",
    "rosenbrock",
)
"""A problem of each kind that some optimizer asks for."""

EVERY_OPTIMIZER, EVERY_PROBLEM = "every optimizer", "every problem"

Digests = dict[str, dict[str, dict[str, str]]]
"""A digest for each experiment, problem, and optimizer with its gradient source."""


def names() -> list[str]:
    """Return what digests are recorded of: shipped experiments, and all optimizers and problems."""
    return [*shipped_experiments(), EVERY_OPTIMIZER, EVERY_PROBLEM]


def experiment(name: str) -> Experiment:
    """Return an experiment cut down to its first seed and a budget of milliseconds."""
    if name in shipped_experiments():
        return read_experiment(name, seeds=1, budget=COST)
    table: dict[str, Any] = {"seeds": 1, "budget": COST}
    if name == EVERY_OPTIMIZER:
        table |= {"problems": list(SERVED), "optimizers": [*optimizers.known_optimizers(), *VARIANTS]}
    else:
        table |= {"problems": _every_problem(), "optimizers": ["adam", "lbfgs", "evolution-strategy"]}
    return build_experiment(name.replace(" ", "-"), table)


FILES = Path(tempfile.mkdtemp(prefix="harness-"))
"""Where problems of files have theirs; the record does not name it."""
atexit.register(shutil.rmtree, FILES, ignore_errors=True)


def _every_problem() -> list[dict[str, Any]]:
    found = []
    for name, family in known_problems().items():
        given = {"name": name, **family.example(FILES)}
        try:
            build_experiment("one", {"problems": [given], "optimizers": ["adam"], "seeds": 1, "budget": COST})
        except MissingExtraError:
            continue
        found.append(given)
    return found


def digests_of(name: str, chosen: Callable[[Sequence[Run]], list[Run]] | None = None, **how: Any) -> Digests:
    """Do the runs of an experiment; return a digest of the trace and the last parameters of each.

    Arguments:
        name: of the experiment.
        chosen: puts the runs into another order, or leaves some out.
        how: what ``sweep`` is told of who does them.
    """
    tables, _ = sweep(experiment(name), chosen=chosen, **how)
    return {name: digests_in(tables)}


def digests_in(tables: Tables) -> dict[str, dict[str, str]]:
    """Return a digest of the trace and the kept parameters of each run, by problem and optimizer."""
    looks = {str(run): rows for run, rows in tables.trace.groupby("run_id", sort=False)}
    found: dict[str, dict[str, str]] = {}
    for row in tables.runs.to_dict("records"):
        hashed = hashlib.sha256()
        rows = looks[row["run_id"]]
        for column in sorted(rows):
            if column in LATER and rows[column].isna().all():
                continue
            # What was asked for is no result: a digest of it, and names, which may have a path in them.
            if column not in (*TIMES, "run_id", *TRACE_LABELS):
                hashed.update(column.encode() + _bits(rows[column].to_numpy()))
        for column in ("outcome", "cost", "best_w", "last_w"):
            hashed.update(column.encode() + _bits(row[column]))
        kind = " by ".join(filter(None, (row["optimizer"], row["gradient"])))
        found.setdefault(row["problem"].replace(f"{FILES}/", ""), {})[f"{kind}, seed {row['seed']}"] = (
            hashed.hexdigest()[:12]
        )
    return found


def _bits(value: Any) -> bytes:
    if isinstance(value, np.ndarray) and value.dtype.kind not in "if":
        return "\0".join(map(str, value)).encode()
    return exact(value)


def surroundings() -> dict[str, Any]:
    """Return what the bits of a trace depend on beside the seed and this project's code."""
    from scipy import linalg  # noqa: F401  # loads the linear algebra that is asked for here

    target = numba.core.registry.cpu_target.target_context.codegen()
    features = target._tm_features if hasattr(target, "_tm_features") else ""
    blas = sorted({pool["architecture"] for pool in threadpool_info() if pool["user_api"] == "blas"})
    return {
        "processor": numba.config.CPU_NAME or llvm.get_host_cpu_name(),
        "features": hashlib.sha256(str(features).encode()).hexdigest()[:8],
        "linear algebra": " ".join(blas),
        "system": f"{platform.system()} {platform.machine()} {' '.join(platform.libc_ver())}",
        "versions": {name: version(name) for name in LIBRARIES},
    }


def recorded() -> Digests | None:
    """Return what is recorded of this kind of processor with these versions; None where nothing is."""
    file = RECORD / f"{surroundings()['processor']}.json"
    if not file.is_file():
        return None
    found = json.loads(file.read_text(encoding="utf-8"))
    return found["digests"] if found["surroundings"] == surroundings() else None


def differing(one: Digests, other: Digests) -> list[str]:
    """Name the runs of both that differ, and those that one of them lacks."""
    flat = [
        {
            (name, problem, run): found
            for name, problems in digests.items()
            for problem, runs in problems.items()
            for run, found in runs.items()
        }
        for digests in (one, other)
    ]
    keys = flat[0] | flat[1]
    return [": ".join(key) for key in keys if flat[0].get(key) != flat[1].get(key)]


def main(arguments: list[str]) -> int:
    """Record the digests, or say what differs from the record."""
    found: Digests = {}
    for name in names():
        found |= digests_of(name)
    if arguments == ["--renew"]:
        RECORD.mkdir(exist_ok=True)
        file = RECORD / f"{surroundings()['processor']}.json"
        table = {"surroundings": surroundings(), "digests": found}
        file.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        print(f"{sum(len(runs) for problems in found.values() for runs in problems.values())} runs: {file}")
        return 0
    before = recorded()
    if before is None:
        print("nothing is recorded of this kind of processor with these versions: --renew records it")
        return 1
    others = differing(before, found)
    print("\n".join([f"{len(others)} runs differ from the record", *others]))
    return int(bool(others))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
