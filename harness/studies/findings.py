"""What a study has found: its runs, and all that follows from them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from harness.report.comparison import Comparison
from harness.runs.parts import is_there
from harness.runs.store import Store
from harness.runs.tables import Tables
from harness.studies.criterion import Criterion
from harness.studies.printed import beside
from harness.studies.study import Evidence, Study
from harness.sweeps.sweep import sweep
from optimizers.errors import InputError

MEASURED = "measured"
"""Folder, in that of a study, of what was measured beside its runs."""


@dataclass(frozen=True)
class Findings:
    """The runs of a study, and what follows from them; everything is computed from the runs.

    Attributes:
        study: what was run.
        evidence: its runs, and what was measured beside them.
        quick: whether they are those of a first look.
    """

    study: Study
    evidence: Evidence
    quick: bool = False

    @functools.cached_property
    def numbers(self) -> pd.DataFrame:
        """The printed numbers with ours beside them, as ``harness.studies.printed.beside`` returns them."""
        return beside(self.study.printed(), self.study.ours(self.evidence))

    @functools.cached_property
    def criteria(self) -> list[Criterion]:
        """What had to come out, with what did."""
        return list(self.study.criteria(self.evidence))

    @functools.cached_property
    def conclusion(self) -> list[str]:
        """What to believe."""
        return list(self.study.conclusion(self.evidence))

    @functools.cached_property
    def comparisons(self) -> dict[str, Comparison]:
        """The verdicts of the experiments that declare claims."""
        return {name: Comparison.of(tables) for name, tables in self.evidence.runs.items() if tables.claims}

    @property
    def met(self) -> int:
        """How many criteria are met."""
        return sum(criterion.met for criterion in self.criteria)

    def criteria_table(self) -> pd.DataFrame:
        """Return one row a criterion."""
        return pd.DataFrame([criterion.row() for criterion in self.criteria])


def perform(
    study: Study,
    folder: Path,
    quick: bool = False,
    workers: int | None = None,
    progress: bool | None = None,
) -> Findings:
    """Do the runs of a study that its folder lacks.

    Arguments:
        study: what is run.
        folder: of the study; each experiment has a folder in it.
        quick: whether only a first look is wanted.
        workers: processes; None takes one a core where there is work enough.
        progress: as of ``harness.sweeps.sweep.sweep``.

    Returns:
        What was found.

    Raises:
        InputError: as of ``sweep``.
    """
    runs: dict[str, Tables] = {}
    for name, experiment in study.experiments(quick).items():
        chosen = functools.partial(study.chosen, name, before=dict(runs))
        runs[name], _ = sweep(experiment, folder / name, workers, progress, chosen=chosen)
    return Findings(study, Evidence(runs, study.measure(quick)), quick)


def stored(study: Study, folder: Path) -> Findings:
    """Return what was found in runs that a folder holds, such as a reference copy.

    Arguments:
        study: whose folder it is.
        folder: of the study; each experiment has a folder in it.

    Raises:
        InputError: if one of the experiments is not there.
    """
    wanted = list(study.experiments())
    missing = [name for name in wanted if not is_there(folder / name)]
    if missing:
        raise InputError(f"{folder} has no runs of {missing[0]}: run `harness study {study.name()}`")
    measured = {file.stem: pd.read_csv(file) for file in sorted((folder / MEASURED).glob("*.csv"))}
    return Findings(study, Evidence({name: Store(folder / name).load() for name in wanted}, measured))
