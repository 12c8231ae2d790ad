"""What a notebook calls: run experiments, tune them, and load their results."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.deciding.asking import asked_limit
from harness.deciding.until_decided import run_until_decided
from harness.exchange import as_format
from harness.exchange.exchange_format import ExchangeFormat
from harness.exchange.folders import keep, read
from harness.problems.base import BaseProblem
from harness.results import Results
from harness.runs.described import RowsKept
from harness.runs.parts import is_there, path_of
from harness.runs.store import Store
from harness.sweeps.executors.executor import Executor
from harness.sweeps.experiment import Experiment
from harness.sweeps.experiment_file import read_experiment
from harness.sweeps.fields import build_experiment
from harness.sweeps.sweep import sweep
from harness.tuning.tune import tune_experiment
from harness.tuning.tuned_file import write_tuning
from harness.tuning.tuning import Tuning
from optimizers.arguments import Name, Seed, Text, Truth, accepts
from optimizers.budget import Budget
from optimizers.errors import InputError
from optimizers.optimizer import Optimizer
from optimizers.options import Count, Positive
from optimizers.printable import shown

SEEDS = 10
"""Seeds of an experiment that says nothing of them."""


@accepts(
    timeout=Positive | None,
    workers=Count | None,
    gradient_reference=Text | None,
    name=Name,
    question=Text,
    reuse=Text | None,
    shard=Text | None,
    wait=Truth,
    progress=Truth | None,
    until_decided=Truth,
    max_seeds=Count | None,
)
def run(
    problems: str | BaseProblem | Sequence[str | BaseProblem],
    optimizers: str | Optimizer | Sequence[str | Optimizer],
    *,
    budget: Budget | float | Sequence[Budget | float],
    gradients: str | Sequence[str] = ("analytic",),
    seeds: int | Sequence[int] = SEEDS,
    until_decided: bool = False,
    max_seeds: int | None = None,
    folder: str | Path | None = None,
    workers: int | None = None,
    executor: str | Mapping[str, Any] | Executor | None = None,
    timeout: float | None = None,
    retry: str | Sequence[str] = (),
    reuse: str | None = None,
    shard: str | None = None,
    wait: bool = True,
    gradient_reference: str | None = None,
    trace: RowsKept = "looks",
    exclude: Mapping[str, object] | Sequence[Mapping[str, object]] = (),
    claims: Mapping[str, Any] | Sequence[Mapping[str, Any]] = (),
    name: str = "notebook",
    question: str = "",
    progress: bool | None = None,
) -> Results:
    """Compare optimizers on problems, every one from the same starts and with the same budget.

    Arguments:
        problems: problems, or their names.
        optimizers: optimizers, or their names.
        budget: a ``Budget``, or a number: the most cost of a run, in forward-pass equivalents; several
            are an axis, and every run is done with each.
        gradients: gradient sources by name, with options where wanted: "central-difference:step=1e-6".
        seeds: number of seeds, or the seeds; to be left out with ``until_decided``, which finds that out.
        until_decided: whether seeds are added until every claim is decided; without claims it is every
            optimizer against the first. What is claimed is written into the folder before its first run.
        max_seeds: with ``until_decided``, the most seeds that a comparison may take.
        folder: where runs are kept; those that are there already, from the same code, are not done again. The
            trace is read from it when it is first asked for, so keep it as long as that may be.
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
        trace: "looks", or "improvements" for a row at every improvement of the best loss as well.
        exclude: combinations that are left out, such as ``{"problem": "iris", "optimizer": "cmaes"}``.
        claims: what is to be decided, such as ``{"better": "lbfgs", "than": "adam", "margin": 0.1}``; see
            ``results.compare()``.
        name: name of the results.
        question: what they are to answer.
        progress: whether to show how far it is; None does so in a notebook.

    Raises:
        InputError: for anything that is wrong, in one sentence.

    >>> import optimizers
    >>> results = run("xor", optimizers.Adam(learning_rate=0.1), budget=500, seeds=2)
    >>> results.runs[["problem", "optimizer_name", "seed"]].values.tolist()
    [['xor', 'adam', 0], ['xor', 'adam', 1]]
    >>> fields = {"budget": 500, "until_decided": True, "max_seeds": 50}
    >>> for sentence in run("iris", ["rprop", "lbfgs"], **fields).compare().sentences:
    ...     print(sentence.partition(":")[0])
    lbfgs is ahead of rprop on iris
    """
    fixed = not isinstance(seeds, int) or isinstance(seeds, bool) or seeds != SEEDS
    given = {"seeds": fixed, "shard": shard is not None}
    limit = asked_limit(until_decided, max_seeds, given, "until_decided", "max_seeds")
    table = {
        "question": question,
        "problems": _listed(problems),
        "optimizers": _listed(optimizers),
        "gradients": _listed(gradients),
        "seeds": _plain(seeds),
        "budget": _plain(budget),
        "timeout": timeout,
        "gradient_reference": gradient_reference,
        "trace": trace,
        "exclude": _plain(exclude),
        "claims": _plain(claims),
    }
    experiment: Experiment = build_experiment(name, table)
    place = None if folder is None else path_of(folder)
    options: dict[str, Any] = {"executor": executor, "retry": retry, "reuse": reuse, "wait": wait}
    if limit is not None:
        tables, _ = run_until_decided(experiment, limit, place, workers, progress, **options)
    else:
        tables, _ = sweep(experiment, place, workers, progress, shard=shard, **options)
    return Results.of(tables)


@accepts(
    trials=Count,
    seeds=Count,
    sampler=Text,
    per=Text,
    seed=Seed,
    workers=Count | None,
    reuse=Text | None,
    progress=Truth,
)
def tune(
    experiment: str | Path | Mapping[str, Any] | Experiment,
    *,
    trials: int = 30,
    seeds: int = 3,
    sampler: str = "quasi-random",
    per: str = "experiment",
    seed: int = 0,
    folder: str | Path | None = None,
    workers: int | None = 1,
    retry: str | Sequence[str] = (),
    reuse: str | None = None,
    progress: bool = False,
) -> Tuning:
    """Find the options of each optimizer of an experiment, all by the same rule and at the same cost.

    The seeds of tuning are none of the experiment's. What comes out goes into ``run`` as
    ``tuning.optimizers``; ``tuning.trials()`` is the history, ``tuning.costs()`` what it took,
    ``tuning.curve()`` what more of it would be worth.

    Arguments:
        experiment: a shipped one by its name, the path of a file, or the fields of one as a table.
        trials: configurations of each optimizer, the declared one first.
        seeds: number of tuning seeds, 3 or more.
        sampler: "quasi-random", "tpe" (extra ``tuning``) or "successive-halving".
        per: "experiment" chooses one configuration over all problems, "problem" one for each.
        seed: of the search's own randomness.
        folder: where runs are kept and found again, and options and tables are written.
        workers: processes; None takes one a core where there are runs enough.
        retry: outcomes of which the folder's runs are done again, as of ``run``.
        reuse: "other-code" takes the folder's runs of other code instead of doing them again.
        progress: whether to show a progress bar.

    Raises:
        InputError: for anything that is wrong, in one sentence.
        MissingExtraError: for the sampler tpe without optuna.

    >>> import harness
    >>> fields = {"problems": "xor", "optimizers": ["rprop", "gradient-descent"], "budget": 300}
    >>> tuning = tune(fields, trials=4)
    >>> tuning.costs()[["optimizer", "trials", "seeds", "budget"]].values.tolist()
    [['rprop', 4, 3, 3600.0], ['gradient-descent', 4, 3, 3600.0]]
    >>> harness.run("xor", tuning.optimizers, budget=300, seeds=5)
    Results('notebook': 1 problem x 2 optimizers, 10 runs (4 budget, 6 solved))
    """
    given = None
    if isinstance(experiment, Mapping):
        experiment = build_experiment("notebook", dict(experiment))
    elif not isinstance(experiment, Experiment):
        given = os.fspath(experiment) if isinstance(experiment, os.PathLike) else experiment
        if not isinstance(given, str):
            raise InputError(
                f"experiment is {shown(experiment)}, expected a name, a file or a table of fields"
            )
        experiment = read_experiment(given)
    place = None if folder is None else path_of(folder)
    found = tune_experiment(
        experiment,
        trials=trials,
        seeds=seeds,
        sampler=sampler,
        per=per,
        seed=seed,
        folder=place,
        workers=workers,
        progress=progress,
        retry=retry,
        reuse=reuse,
        given=given,
    )
    if place is not None:
        write_tuning(found, place)
    return replace(found, results=Results.of(found.results))


def load(folder: str | Path) -> Results:
    """Load the results that runs left in a folder, of all experiments that were run in it.

    ``results.plans`` says which runs each of them has, the column ``fingerprint`` which code they are of.
    ``results.trace`` is read from the folder when it is first asked for; whether its files are what was
    written is seen here.

    Raises:
        InputError: if there are none, or they are damaged.
    """
    path = path_of(folder)
    if not is_there(path) or not path.is_dir():
        raise InputError(f"{folder} is no folder: give the one that `harness run` printed at its end")
    return Results.of(Store(path).load())


@accepts(add=Truth)
def import_results(
    folder: str | Path,
    form: str | ExchangeFormat,
    output: str | Path | None = None,
    *,
    add: bool = False,
) -> Results:
    """Read what another program has logged, as results.

    Arguments:
        folder: that holds the logs, or an export.
        form: an exchange format, or its name: "ioh"; see `harness list formats`.
        output: where they are kept as a folder of results, which ``load`` takes; None keeps them nowhere.
        add: whether they may go beside results that this folder holds already.

    Raises:
        InputError: if there is nothing of the format, it is damaged, or the output folder is not empty.

    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> files = run("xor", "adam", budget=50, seeds=2).export("csv", folder)
    >>> import_results(folder, "csv")
    Results('notebook': 1 problem x 1 optimizer, 2 runs (2 budget))
    """
    tables = read(as_format(form), path_of(folder))
    if output is None:
        return Results.of(tables)
    keep(tables, path_of(output), add)
    kept = load(output)
    return replace(kept, notes=[*kept.notes, *tables.notes])


def _listed(value: object) -> object:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]


def _plain(value: object) -> object:
    """Turn NumPy's numbers into Python's, and any sequence into a list."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str | bytes) else value
