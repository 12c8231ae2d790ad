"""Expands an experiment to its runs, and finds the pairs that cannot work."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from harness.problems import PROBLEMS
from harness.runs.identity import own_code, shown_optimizer, shown_problem
from harness.runs.settings import named_by_axes, with_axes, with_short_names
from harness.runs.single_run import NO_GRADIENT, Run
from harness.runs.tables import SKIPPED_COLUMNS
from harness.sweeps.experiment import Experiment
from optimizers.objective import Measurable
from optimizers.options import option_values


def plan(experiment: Experiment) -> tuple[list[Run], pd.DataFrame]:
    """Return the runs of an experiment, and the pairs that cannot work with their reasons."""
    runs: list[Run] = []
    skipped: dict[tuple[str, str, str], str] = {}
    there = experiment.combinations
    for p, problem in enumerate(experiment.problems):
        objectives: dict[str, Measurable] = {}
        for o, optimizer in enumerate(experiment.optimizers):
            asks = "gradient" in optimizer.needs
            # Of an optimizer that asks for no gradient the sources are all one.
            sources = [[g] for g in range(len(experiment.gradients))]
            for numbers in sources if asks else [[g for (g,) in sources]]:
                chosen = [
                    (budget, seed)
                    for b, budget in enumerate(experiment.budgets)
                    for s, seed in enumerate(experiment.seeds)
                    if any(there.has((p, o, g, b, s)) for g in numbers)
                ]
                if not chosen:
                    continue
                gradient = experiment.gradients[numbers[0]]
                shown = gradient if asks else NO_GRADIENT
                if gradient not in objectives:
                    objectives[gradient] = problem.objective(gradient, experiment.seeds[0])
                reason = optimizer.refusal(objectives[gradient])
                if reason is not None:
                    skipped[shown_problem(problem), shown_optimizer(optimizer), shown] = reason
                    continue
                reference = experiment.gradient_reference
                code = own_code(problem, optimizer, [gradient, *([reference] if reference else [])])
                for budget, together in itertools.groupby(chosen, key=lambda pair: pair[0]):
                    limits = (budget, experiment.timeout, reference, code, experiment.trace)
                    seeds = [seed for _, seed in together]
                    runs += Run(problem, optimizer, shown, 0, *limits).with_seeds(seeds)
    table = pd.DataFrame([(*key, reason) for key, reason in skipped.items()], columns=list(SKIPPED_COLUMNS))
    return runs, table


def shown_problems(experiment: Experiment) -> list[str]:
    """Return the names that an experiment's problems may have in the tables of its results."""
    plain = [shown_problem(problem) for problem in experiment.problems]
    written = named_by_axes(plain, PROBLEMS)
    names = [written.get(name, name) for name in plain]
    if len(experiment.budgets) == 1:
        return names
    run = (experiment.problems[0], experiment.optimizers[0], NO_GRADIENT, 0)
    rest = (experiment.timeout, experiment.gradient_reference, "", experiment.trace)
    settings = [Run(*run, budget, *rest).setting for budget in experiment.budgets]
    return [*names, *(f"{name} [{setting}]" for name in names for setting in settings)]


def kinds_of(runs: Sequence[Run]) -> tuple[dict[str, Any], ...]:
    """Return what runs that stand together are of, and how many they are, named as tables name it."""
    groups = [
        list(group)
        for _, group in itertools.groupby(
            runs, lambda run: (id(run.problem), id(run.optimizer), run.gradient, run.setting)
        )
    ]
    rows = [
        {
            "problem": shown_problem(run.problem),
            "optimizer": shown_optimizer(run.optimizer),
            "options": json.dumps(option_values(run.optimizer), default=repr),
            "gradient": run.gradient,
            "setting": run.setting,
        }
        for run, *_ in groups
    ]
    (short,) = with_short_names(pd.DataFrame(rows))
    named = with_axes(short)[["problem", "optimizer", "gradient"]].values.tolist()
    return tuple(
        {"problem": problem, "optimizer": optimizer, "gradient": gradient, "runs": len(group)}
        for (problem, optimizer, gradient), group in zip(named, groups, strict=True)
    )
