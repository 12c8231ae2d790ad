"""Tunes every optimizer of an experiment by the same rule, at the same cost."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.runs.tables import Tables
from harness.sweeps.experiment import Experiment
from harness.sweeps.joining import joined
from harness.sweeps.sweep import sweep
from harness.tuning.contenders import Contender, contenders
from harness.tuning.samplers import SAMPLERS
from harness.tuning.seeds import tuning_seeds
from harness.tuning.study import Key, Study
from harness.tuning.tuning import PER, Protocol, Tuning
from optimizers.arguments import plain_seed
from optimizers.errors import InputError, unknown_name
from optimizers.optimizer import Optimizer
from optimizers.printable import shown

MOST_TRIALS = 10_000


def tune_experiment(
    experiment: Experiment,
    *,
    trials: int = 30,
    seeds: int = 3,
    sampler: str = "quasi-random",
    per: str = "experiment",
    seed: int = 0,
    folder: Path | None = None,
    workers: int | None = None,
    progress: bool = False,
    retry: str | Collection[str] = (),
    reuse: str | None = None,
    announce: Callable[[str], None] | None = None,
    given: str | None = None,
) -> Tuning:
    """Look for the best options of each optimizer, all by the same rule and with the same budget.

    Each optimizer is tried with as many configurations as any other, its declared one first. Each of these is
    run on the experiment's problems with the experiment's budget and with tuning seeds, which decide over
    start, split and randomness as seeds do, and which the experiment does not have; of several gradient
    sources the first serves. ``harness.analysis.tuning_score`` says which is the best.

    Arguments:
        experiment: what is tuned.
        trials: configurations of each optimizer.
        seeds: number of tuning seeds, 3 or more.
        sampler: how configurations are found: "quasi-random", "tpe" or "successive-halving".
        per: "experiment" chooses one configuration over all problems, "problem" one for each problem.
        seed: of the search's own randomness.
        folder: where the runs are kept and found again, or None.
        workers: processes; None takes one a core where there are runs enough.
        progress: whether to show a progress bar.
        retry: outcomes of which runs are done again, such as "failed".
        reuse: "other-code" takes finished runs of other code, or None.
        announce: called with a sentence before anything runs where there are runs of other code.
        given: what a command calls the experiment, its file, where that is not its name.

    Raises:
        InputError: for an argument that is wrong, or a budget without a cost.
        MissingExtraError: for the sampler tpe without optuna.
    """
    if sampler not in SAMPLERS:
        raise unknown_name("sampler", sampler, SAMPLERS)
    if per not in PER:
        raise unknown_name("kind of tuning, per", per, PER)
    if len(experiment.budgets) > 1:
        raise InputError(
            f"experiment '{experiment.name}' has {len(experiment.budgets)} budgets, and options are tuned at "
            "one: give that as its budget"
        )
    cost = experiment.budgets[0].cost
    if cost is None:
        raise InputError(
            f"experiment '{experiment.name}' has no budget in cost, by which tuning is fair: give one"
        )
    listed = contenders(experiment.optimizers)
    most = max(len(contender.declared) for contender in listed)
    if not most <= trials <= MOST_TRIALS:
        declared = "the declared configurations of an optimizer are tried first"
        raise InputError(f"trials is {shown(trials)}, expected {most} to {MOST_TRIALS}: {declared}")
    protocol = Protocol(
        given or experiment.name,
        trials,
        tuple(tuning_seeds(seeds, experiment.seeds)),
        sampler,
        per,
        plain_seed(seed),
        cost,
    )
    base = _tuning_experiment(experiment, protocol)
    groups = [[problem] for problem in base.problems] if per == "problem" else [list(base.problems)]
    done: list[Tables] = []
    studies: list[Study] = []
    said = _said_once(announce) if announce is not None else None
    options: dict[str, Any] = {
        "workers": workers,
        "progress": progress,
        "retry": retry,
        "reuse": reuse,
        "announce": said,
    }
    for problems in groups:
        found = [_study(contender, problems, protocol) for contender in listed]
        for study in found:
            study.begin()
        while any(study.batch for study in found):
            done += _round(replace(base, problems=problems), found, folder, options)
        studies += [study for study in found if study.trials]
    return Tuning(protocol, joined(done), studies)


def _said_once(announce: Callable[[str], None]) -> Callable[[str], None]:
    """Return what passes each sentence on for the first time only: a search may take many sweeps."""
    heard: set[str] = set()

    def say(sentence: str) -> None:
        if sentence not in heard:
            heard.add(sentence)
            announce(sentence)

    return say


def _tuning_experiment(experiment: Experiment, protocol: Protocol) -> Experiment:
    """Return the experiment as it is tuned: with other seeds, and without what is only measured."""
    question = f"Which options serve each optimizer of {experiment.name} best, at equal cost of tuning?"
    return replace(
        experiment,
        name=f"{experiment.name}-tuning",
        question=question,
        seeds=list(protocol.seeds),
        gradients=list(experiment.gradients[:1]),
        gradient_reference=None,
        claims=(),
        figures=[{"name": "tuning-curve", "estimate": protocol.estimate, "per": protocol.per}],
    )


def _study(contender: Contender, problems: list[Any], protocol: Protocol) -> Study:
    declared = [contender.options(optimizer) for optimizer in contender.declared]
    # The same points for all problems, and others for each optimizer.
    digest = hashlib.sha256(contender.label.encode()).digest()
    words = [int.from_bytes(digest[place : place + 4], "little") for place in range(0, 16, 4)]
    rng = np.random.default_rng(np.random.SeedSequence([protocol.seed, *words]))
    search = SAMPLERS[protocol.sampler](contender.space, declared, protocol.trials, rng)
    return Study(contender, tuple(problem.name for problem in problems), search)


def _round(
    base: Experiment, studies: list[Study], folder: Path | None, options: dict[str, Any]
) -> list[Tables]:
    """Do the runs that the searches wait for, and let them learn from them; return the runs."""
    waiting = [study for study in studies if study.batch is not None]
    done = []
    for part in dict.fromkeys(study.batch.part for study in waiting if study.batch is not None):
        chosen = [study for study in waiting if study.batch is not None and study.batch.part == part]
        (whole,) = base.budgets
        budget = replace(whole, cost=part * (whole.cost or 0.0))
        optimizers = [optimizer for study in chosen for optimizer in study.optimizers()]
        rows: dict[Key, pd.DataFrame] = {}
        # A sweep without a run is refused, which ends a command; a search only learns that it went too far.
        if not any(study.trials for study in chosen) or _works(base, optimizers):
            tables, _ = sweep(replace(base, optimizers=optimizers, budget=budget), folder, **options)
            done.append(tables)
            rows = {
                (str(name), str(text)): group
                for (name, text), group in tables.runs.groupby(["optimizer_name", "options"], sort=False)
            }
        for study in chosen:
            study.learn(rows)
    return done


def _works(experiment: Experiment, optimizers: list[Optimizer]) -> bool:
    """Say whether any of these optimizers works on any of the problems."""
    objectives = (
        problem.objective(experiment.gradients[0], experiment.seeds[0]) for problem in experiment.problems
    )
    return any(optimizer.refusal(objective) is None for objective in objectives for optimizer in optimizers)
