"""What every study is: a published comparison with its protocol, its printed numbers and its criteria."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from harness.report.reference_copy import ReferenceSize
from harness.runs.single_run import Run
from harness.runs.tables import Tables
from harness.studies.criterion import Criterion
from harness.studies.printed import Ours, read_printed
from harness.studies.survival import PublishedClaim
from harness.sweeps.experiment import Experiment
from harness.sweeps.experiment_file import read_experiment
from optimizers.budget import Budget
from optimizers.named import Named


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a study is judged by. One is no other's equal, so that what follows from it can be kept.

    Attributes:
        runs: of every experiment, by its name.
        measured: what ``Study.measure`` has returned, by name.
        robust: how the verdicts of experiments stand under other choices, where that was kept: a reference
            copy has not all rows of its traces, which it is read off.
    """

    runs: Mapping[str, Tables]
    measured: Mapping[str, pd.DataFrame]
    robust: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """Where the runs are not what was published, or where it does not say what it did.

    Attributes:
        about: what the publication leaves open, or does in another way.
        chosen: what is done here, and why.
    """

    about: str
    chosen: str


class Study(Named, ABC):
    """A published comparison that can be run again and judged.

    A subclass stands in ``study.py`` of a folder of its own. Beside it are the experiments, one TOML file
    each, and ``printed.csv``. Its name is that of the folder with ``-`` for ``_``.

    Attributes:
        title: one line.
        citation: where it was published.
        question: what it asked.
        claimed: what it concluded, in one sentence.
        choices: every ambiguity and deviation.
        quick: seeds of every experiment for a first look.
        quick_part: part of every budget for a first look.
        shipped: experiments that it takes from those that come with the project.
        published_claims: its conclusions as claims that its experiments declare: the page says whether they
            survive other choices.
        copied: how much of each experiment goes into the reference copy; None for as much as usual.
    """

    title: ClassVar[str]
    citation: ClassVar[str]
    question: ClassVar[str]
    claimed: ClassVar[str]
    choices: ClassVar[Sequence[Choice]]
    quick: ClassVar[int] = 10
    quick_part: ClassVar[float] = 1.0
    shipped: ClassVar[Sequence[str]] = ()
    published_claims: ClassVar[Sequence[PublishedClaim]] = ()
    copied: ClassVar[ReferenceSize | None] = None

    def measure(self, quick: bool) -> Mapping[str, pd.DataFrame]:
        """Return what no run of an experiment tells, such as what another library comes to.

        It is done each time that the study is run, and kept as CSV.

        Arguments:
            quick: whether for a first look.
        """
        return {}

    def chosen(self, name: str, planned: Sequence[Run], before: Mapping[str, Tables]) -> list[Run]:
        """Return the runs of an experiment that are done: all, or those that others have pointed out.

        Arguments:
            name: of the experiment.
            planned: its runs.
            before: what experiments before it have found; they are done in the order of ``experiments``.
        """
        return list(planned)

    def tables(self, evidence: Evidence) -> Mapping[str, pd.DataFrame]:
        """Return tables of the page beside printed and ours, by their titles."""
        return {}

    @abstractmethod
    def ours(self, evidence: Evidence) -> Iterable[Ours]:
        """Yield our counterpart of every printed number.

        Arguments:
            evidence: runs of every experiment of ``experiments``, and what was measured beside.
        """

    @abstractmethod
    def criteria(self, evidence: Evidence) -> Iterable[Criterion]:
        """Yield what has to come out, each with what did."""

    @abstractmethod
    def conclusion(self, evidence: Evidence) -> Sequence[str]:
        """Return what to believe, in three sentences, every number with its interval."""

    @classmethod
    def name(cls) -> str:
        """Return the name at the terminal: that of the folder."""
        return cls.folder().name.replace("_", "-")

    @classmethod
    def folder(cls) -> Path:
        """Return the folder with the protocol."""
        return Path(inspect.getfile(cls)).parent

    @classmethod
    def experiments(cls, quick: bool = False) -> dict[str, Experiment]:
        """Return the experiments by their names.

        Arguments:
            quick: whether for a first look.
        """
        named = {name: name for name in cls.shipped}
        named |= {file.stem: str(file) for file in sorted(cls.folder().glob("*.toml"))}
        if not quick:
            return {name: read_experiment(given) for name, given in named.items()}
        return {
            name: _shortened(read_experiment(given, seeds=cls.quick), cls.quick_part)
            for name, given in named.items()
        }

    @classmethod
    def printed(cls) -> pd.DataFrame:
        """Return the published numbers, as ``read_printed`` does."""
        return read_printed(cls.folder() / "printed.csv")


def _shortened(experiment: Experiment, part: float) -> Experiment:
    """Return an experiment with a part of every budget, where exclusions name budgets in them as well."""
    if part == 1.0:
        return experiment
    exclude = [
        {
            axis: [_part_of(_budget(value), part) for value in values] if axis == "budget" else values
            for axis, values in entry.items()
        }
        for entry in experiment.exclude
    ]
    budgets = [_part_of(budget, part) for budget in experiment.budgets]
    return replace(experiment, budget=budgets, exclude=exclude)


def _budget(named: Any) -> Budget:
    """Return the budget that an exclusion names: by its limits, or by its cost alone."""
    return Budget(**named) if isinstance(named, Mapping) else Budget(cost=named)


def _part_of(budget: Budget, part: float) -> Budget:
    iterations = budget.iterations
    return Budget(
        cost=None if budget.cost is None else budget.cost * part,
        iterations=None if iterations is None else max(1, round(iterations * part)),
        seconds=None if budget.seconds is None else budget.seconds * part,
    )
