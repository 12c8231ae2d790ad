"""Expands an experiment to its runs, and finds the pairs that cannot work."""

from __future__ import annotations

import pandas as pd

from harness.runs.identity import own_code, shown_optimizer, shown_problem
from harness.runs.single_run import NO_GRADIENT, Run
from harness.runs.tables import SKIPPED_COLUMNS
from harness.sweeps.experiment import Experiment


def plan(experiment: Experiment) -> tuple[list[Run], pd.DataFrame]:
    """Return the runs of an experiment, and the pairs that cannot work with their reasons."""
    runs: list[Run] = []
    skipped: dict[tuple[str, str, str], str] = {}
    for problem in experiment.problems:
        objectives = {name: problem.objective(name, experiment.seeds[0]) for name in experiment.gradients}
        for optimizer in experiment.optimizers:
            asks = "gradient" in optimizer.needs
            for gradient in experiment.gradients if asks else experiment.gradients[:1]:
                shown = gradient if asks else NO_GRADIENT
                reason = optimizer.refusal(objectives[gradient])
                if reason is not None:
                    skipped[shown_problem(problem), shown_optimizer(optimizer), shown] = reason
                    continue
                reference = experiment.gradient_reference
                code = own_code(problem, optimizer, [gradient, *([reference] if reference else [])])
                runs += [
                    Run(
                        problem,
                        optimizer,
                        shown,
                        seed,
                        experiment.budget,
                        experiment.timeout,
                        reference,
                        code,
                    )
                    for seed in experiment.seeds
                ]
    table = pd.DataFrame([(*key, reason) for key, reason in skipped.items()], columns=list(SKIPPED_COLUMNS))
    return runs, table
