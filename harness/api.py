"""What a notebook calls: run experiments, and load their results."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harness.problems.base import BaseProblem
from harness.results import Results
from harness.runs.parts import is_there
from harness.runs.store import Store
from harness.sweeps.executors.executor import Executor
from harness.sweeps.experiment import Experiment
from harness.sweeps.fields import build_experiment
from harness.sweeps.sweep import sweep
from optimizers.arguments import Name, Text, Truth, accepts
from optimizers.errors import InputError
from optimizers.observer import Budget
from optimizers.optimizer import Optimizer
from optimizers.options import Count, Positive
from optimizers.printable import shown


@accepts(
    timeout=Positive | None,
    workers=Count | None,
    gradient_reference=Text | None,
    name=Name,
    question=Text,
    reuse=Text | None,
    shard=Text | None,
    wait=Truth,
    progress=Truth,
)
def run(
    problems: str | BaseProblem | Sequence[str | BaseProblem],
    optimizers: str | Optimizer | Sequence[str | Optimizer],
    *,
    budget: Budget | float | Sequence[Budget | float],
    gradients: str | Sequence[str] = ("analytic",),
    seeds: int | Sequence[int] = 10,
    folder: str | Path | None = None,
    workers: int | None = None,
    executor: str | Mapping[str, Any] | Executor | None = None,
    timeout: float | None = None,
    retry: str | Sequence[str] = (),
    reuse: str | None = None,
    shard: str | None = None,
    wait: bool = True,
    gradient_reference: str | None = None,
    exclude: Mapping[str, object] | Sequence[Mapping[str, object]] = (),
    name: str = "notebook",
    question: str = "",
    progress: bool = False,
) -> Results:
    """Compare optimizers on problems, every one from the same starts and with the same budget.

    Arguments:
        problems: problems, or their names.
        optimizers: optimizers, or their names.
        budget: a ``Budget``, or a number: the most cost of a run, in forward-pass equivalents; several
            are an axis, and every run is done with each.
        gradients: gradient sources by name, with options where wanted: "central-difference:step=1e-6".
        seeds: number of seeds, or the seeds.
        folder: where runs are kept; those that are there already, from the same code, are not done again.
        workers: processes of this machine; None takes one a core where there is work enough.
        executor: what does the runs, in place of ``workers``: "serial", "processes:workers=4",
            "dask:address=tcp://10.0.0.5:8786".
        timeout: seconds after which a run is given up.
        retry: outcomes of which the folder's runs are done again: "failed", "timeout" or a list of them. The
            new row stands from then on; the old one stays in the folder.
        reuse: "other-code" takes the folder's runs of other code instead of doing them again.
        shard: part of the runs that is done, as "3/10"; ``harness merge`` puts the folders together.
        wait: whether to wait for another process that does runs in the folder; an error otherwise.
        gradient_reference: gradient source that each run's own is held against at every look, uncounted.
        exclude: combinations that are left out, such as ``{"problem": "iris", "optimizer": "cmaes"}``.
        name: name of the results.
        question: what they are to answer.
        progress: whether to show a progress bar.

    Raises:
        InputError: for anything that is wrong, in one sentence.

    >>> import optimizers
    >>> results = run("xor", optimizers.Adam(learning_rate=0.1), budget=500, seeds=2)
    >>> results.runs[["problem", "optimizer_name", "seed"]].values.tolist()
    [['xor', 'adam', 0], ['xor', 'adam', 1]]
    """
    table = {
        "question": question,
        "problems": _listed(problems),
        "optimizers": _listed(optimizers),
        "gradients": _listed(gradients),
        "seeds": _plain(seeds),
        "budget": _plain(budget),
        "timeout": timeout,
        "gradient_reference": gradient_reference,
        "exclude": _plain(exclude),
    }
    experiment: Experiment = build_experiment(name, table)
    tables, _ = sweep(
        experiment,
        None if folder is None else _path(folder),
        workers,
        progress,
        executor=executor,
        retry=retry,
        reuse=reuse,
        shard=shard,
        wait=wait,
    )
    return Results.of(tables)


def load(folder: str | Path) -> Results:
    """Load the results that runs left in a folder, of all experiments that were run in it.

    ``results.plans`` says which runs each of them has, the column ``fingerprint`` which code they are of.

    Raises:
        InputError: if there are none, or they are damaged.
    """
    path = _path(folder)
    if not is_there(path) or not path.is_dir():
        raise InputError(f"{folder} is no folder: give the one that `harness run` printed at its end")
    return Results.of(Store(path).load())


LONGEST_PART = 255
"""Bytes of a name in a path."""


def _listed(value: object) -> object:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]


def _plain(value: object) -> object:
    """Turn NumPy's numbers into Python's, and any sequence into a list."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str | bytes) else value


def _path(folder: object) -> Path:
    text = os.fspath(folder) if isinstance(folder, os.PathLike) else folder
    if not isinstance(text, str):
        raise InputError(f"folder is {shown(folder)}, expected the path of a folder")
    too_long = any(len(os.fsencode(part)) > LONGEST_PART for part in Path(text).parts)
    if not text or "\0" in text or too_long:
        raise InputError(f"folder is {shown(folder)}, which no folder can be called: give another path")
    return Path(text)
