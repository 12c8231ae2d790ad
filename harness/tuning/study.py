"""The search for one optimizer's options on some problems: what was tried, and how it did."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from harness.analysis.tuning_score import WORST, Score, score_of
from harness.tuning.contenders import Contender
from harness.tuning.sampler import Batch, Options, Search
from optimizers.optimizer import Optimizer
from optimizers.options import option_values

Key = tuple[str, str]
"""Name and options of an optimizer, as the table of runs has them."""


def key_of(optimizer: Optimizer) -> Key:
    """Return how the rows of an optimizer's runs are found."""
    return optimizer.name(), json.dumps(option_values(optimizer), default=repr)


@dataclass
class Trial:
    """One configuration that was tried.

    Attributes:
        options: of those that are tuned.
        part: of the experiment's budget that its runs had.
        score: how it did with that.
        runs: how many they were.
        cost: what they have spent.
    """

    options: Options
    part: float = 0.0
    score: Score = WORST
    runs: int = 0
    cost: float = 0.0


@dataclass
class Study:
    """One contender on some problems, while it is tuned.

    Attributes:
        contender: what is tuned.
        problems: names of the problems over which one configuration is chosen; once runs are there, of those
            on which the optimizer works.
        search: proposes configurations.
        batch: those that are to be tried next; None at the end.
        trials: those that were tried, in their order.
        expected: runs of a configuration that no problem refuses.
    """

    contender: Contender
    problems: tuple[str, ...]
    search: Search
    batch: Batch | None = None
    trials: list[Trial] = field(default_factory=list)
    expected: int = 0

    def begin(self) -> None:
        """Ask for the first configurations."""
        self.batch = next(self.search, None)

    def optimizers(self) -> list[Optimizer]:
        """Return the optimizers of the present batch, each once."""
        assert self.batch is not None
        built = map(self.contender.configuration, self.batch.configurations)
        return list({optimizer.label: optimizer for optimizer in built}.values())

    def learn(self, rows: Mapping[Key, pd.DataFrame]) -> None:
        """Score the present batch by its runs, and ask for the next.

        Arguments:
            rows: the runs of each configuration.
        """
        assert self.batch is not None
        found = [
            rows.get(key_of(self.contender.configuration(options))) for options in self.batch.configurations
        ]
        self.expected = max([self.expected, *(len(runs) for runs in found if runs is not None)])
        if not self.expected:
            # It works on none of these problems, whatever its options.
            self.search.close()
            self.batch = None
            return
        if not self.trials:
            worked = [runs["problem"] for runs in found if runs is not None]
            self.problems = tuple(dict.fromkeys(pd.concat(worked)))
        scores = []
        for options, runs in zip(self.batch.configurations, found, strict=True):
            trial = self._trial(options)
            trial.part = self.batch.part
            trial.runs = 0 if runs is None else len(runs)
            trial.score = WORST if runs is None or len(runs) < self.expected else score_of(runs)
            trial.cost = 0.0 if runs is None else float(runs["cost"].sum())
            scores.append(trial.score)
        try:
            self.batch = self.search.send(scores)
        except StopIteration:
            self.batch = None

    def _trial(self, options: Options) -> Trial:
        """Return the trial of a configuration: the one that it had already with less of the budget."""
        known = next((trial for trial in self.trials if trial.options is options), None)
        if known is None:
            known = Trial(options)
            self.trials.append(known)
        return known

    def best(self) -> Trial:
        """Return the best of those that had the whole budget; of equal ones the first."""
        return min((trial for trial in self.trials if trial.part == 1.0), key=lambda trial: trial.score)
