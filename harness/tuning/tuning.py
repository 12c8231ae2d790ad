"""What tuning leaves: the options that it chose, all that it tried, and what that has cost."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from harness.analysis.tuning_curve import Estimate, tuning_curve
from harness.runs.tables import Tables
from harness.tuning.study import Study
from optimizers.errors import InputError
from optimizers.optimizer import Optimizer

PER = ("experiment", "problem")
"""Over what one configuration is chosen."""


@dataclass(frozen=True)
class Chosen:
    """The configuration that tuning chose for one optimizer.

    Attributes:
        label: the optimizer's name, with the options that were not tuned.
        problems: over which it was chosen.
        space: names of the options that were tuned.
        declared: what the experiment has without tuning.
        tuned: what it has with it.
    """

    label: str
    problems: tuple[str, ...]
    space: tuple[str, ...]
    declared: tuple[Optimizer, ...]
    tuned: Optimizer


@dataclass(frozen=True)
class Protocol:
    """How an experiment was tuned: the same for all its optimizers.

    Attributes:
        experiment: its name, or its file.
        trials: configurations with the whole budget that each search may spend.
        seeds: tuning seeds, none of which an evaluation has.
        sampler: how configurations were found.
        per: "experiment" for one configuration over all problems, "problem" for one for each.
        seed: of the search's own randomness.
        cost: budget of a run.
    """

    experiment: str
    trials: int
    seeds: tuple[int, ...]
    sampler: str
    per: str
    seed: int
    cost: float

    @property
    def estimate(self) -> Estimate:
        """How its curve is drawn: an expectation where no configuration depends on another."""
        return "expected" if self.sampler == "quasi-random" else "so-far"

    @property
    def command(self) -> str:
        """The command that does the same again."""
        return (
            f"harness tune {self.experiment} --trials {self.trials} --seeds {len(self.seeds)} "
            f"--sampler {self.sampler} --per {self.per} --seed {self.seed} --cost {self.cost:.12g}"
        )


@dataclass(frozen=True, repr=False)
class Tuning:
    """The outcome of tuning.

    Attributes:
        protocol: how it was done.
        results: all runs that it took.
        studies: the searches, one for each optimizer and group of problems on which it works.
    """

    protocol: Protocol
    results: Tables
    studies: Sequence[Study]

    def __repr__(self) -> str:
        return f"Tuning({self.protocol.command}: {len(self.results.runs)} runs)"

    def _repr_html_(self) -> str:
        """Show in a notebook what was chosen."""
        head = f"<p><code>{html.escape(self.protocol.command)}</code></p>"
        return head + self.summary().to_html(index=False, border=0, float_format="{:.3g}".format)

    @property
    def chosen(self) -> list[Chosen]:
        """The tuned configuration of each optimizer, in the experiment's order."""
        return [
            Chosen(
                study.contender.label,
                study.problems,
                tuple(study.contender.space),
                study.contender.declared,
                study.contender.configuration(study.best().options),
            )
            for study in self.studies
        ]

    @property
    def optimizers(self) -> list[Optimizer]:
        """The tuned optimizers, to be compared with seeds of their own.

        Raises:
            InputError: where each problem has its own.
        """
        if self.protocol.per == "problem":
            raise InputError("each problem has options of its own: take them from chosen, by problem")
        return [chosen.tuned for chosen in self.chosen]

    def trials(self) -> pd.DataFrame:
        """Return the history: one row a configuration that was tried, in the order of the search.

        Columns optimizer, problems (those that it is chosen over), trial (from 1), options (the tuned ones,
        as JSON), budget (of a run, in cost), runs, unsolved, cost_to_target and loss (see
        ``harness.analysis.tuning_score``) and cost (what its runs spent).
        """
        rows = []
        for study in self.studies:
            for number, trial in enumerate(study.trials, start=1):
                score = trial.score._asdict()
                rows.append(
                    {
                        "optimizer": study.contender.label,
                        "problems": ", ".join(study.problems),
                        "trial": number,
                        "options": json.dumps(dict(trial.options), default=repr),
                        "budget": trial.part * self.protocol.cost,
                        "whole": trial.part == 1.0,
                        "runs": trial.runs,
                        "unsolved": score["unsolved"],
                        "cost_to_target": score["cost"],
                        "loss": score["loss"],
                        "cost": trial.cost,
                    }
                )
        return pd.DataFrame(rows)

    def costs(self) -> pd.DataFrame:
        """Return what tuning was allowed and what it spent: one row an optimizer and group of problems.

        Columns optimizer, problems (those of the group on which it works), trials (configurations tried),
        seeds, runs, budget (the most that they may cost: equal for all on the same problems, to within one
        configuration) and cost (what they did cost; a run ends at its target).
        """
        rows = []
        for study in self.studies:
            rows.append(
                {
                    "optimizer": study.contender.label,
                    "problems": ", ".join(study.problems),
                    "trials": len(study.trials),
                    "seeds": len(self.protocol.seeds),
                    "runs": sum(trial.runs for trial in study.trials),
                    "budget": sum(trial.part * self.protocol.cost * trial.runs for trial in study.trials),
                    "cost": sum(trial.cost for trial in study.trials),
                }
            )
        return pd.DataFrame(rows)

    def summary(self) -> pd.DataFrame:
        """Return what was chosen and what that changed over the tuning seeds, a row as in ``costs``.

        Columns optimizer, problems, configuration (the tuned options), and of the declared configuration and
        of the tuned one the part of the runs that was solved, the cost to the target and the loss; see
        ``harness.analysis.tuning_score``.
        """
        rows = []
        for study in self.studies:
            best = study.best()
            row: dict[str, Any] = {
                "optimizer": study.contender.label,
                "problems": ", ".join(study.problems),
                "configuration": ", ".join(f"{name}={value}" for name, value in best.options.items())
                or "nothing to tune",
            }
            scores = {"declared": study.trials[0].score, "tuned": best.score}
            row |= {f"{kind}_solved": 1.0 - score.unsolved for kind, score in scores.items()}
            row |= {f"{kind}_cost": score.cost for kind, score in scores.items()}
            row |= {f"{kind}_loss": score.loss for kind, score in scores.items()}
            rows.append(row)
        return pd.DataFrame(rows)

    def curve(self) -> pd.DataFrame:
        """Return how good the best configuration is against what it has cost to find it.

        See ``harness.analysis.tuning_curve``. Where configurations do not depend on each other the best of k
        is an expectation, otherwise the best so far.
        """
        return tuning_curve(self.trials(), self.protocol.estimate)
