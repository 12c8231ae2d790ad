"""What a study has found: its runs, and all that follows from them."""

from __future__ import annotations

import functools
import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from harness.csv_tables import read_csv
from harness.report.comparison import Comparison
from harness.report.robust_comparison import RobustComparison
from harness.results import Results
from harness.runs.parts import is_there
from harness.runs.store import Store
from harness.runs.tables import Tables
from harness.studies.criterion import Criterion
from harness.studies.printed import beside
from harness.studies.study import Evidence, Study
from harness.studies.survival import survival
from harness.sweeps.sweep import sweep
from optimizers.errors import InputError, unknown_name

MEASURED = "measured"
"""Folder, in that of a study, of what was measured beside its runs."""

OUTPUT = Path("output")

PAGE = "README.md"

ROBUST = "robustness.csv"
"""How the verdicts of all experiments of a study stand under other choices, the experiment in a column."""


@dataclass(frozen=True, repr=False)
class Findings:
    """The runs of a study, and what follows from them; everything is computed from the runs.

    Attributes:
        study: what was run.
        evidence: its runs, and what was measured beside them.
        quick: whether they are those of a first look.
        folder: of the study, where there is one; its page is ``README.md``.
    """

    study: Study
    evidence: Evidence
    quick: bool = False
    folder: Path | None = None

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

    @functools.cached_property
    def robustness(self) -> dict[str, pd.DataFrame]:
        """How these verdicts stand under other choices, as ``RobustComparison.claims`` has it."""
        return {
            name: self.evidence.robust[name]
            if name in self.evidence.robust
            else RobustComparison.of(self.evidence.runs[name]).claims
            for name in self.comparisons
        }

    @property
    def survival(self) -> list[str]:
        """Whether the published conclusions survive, a sentence each."""
        return survival(self.study.published_claims, self.robustness)

    @property
    def verdicts(self) -> pd.DataFrame:
        """The verdicts of all experiments that declare claims, as ``results.compare().verdicts`` has them."""
        return _together({name: comparison.verdicts for name, comparison in self.comparisons.items()})

    @property
    def robust_verdicts(self) -> pd.DataFrame:
        """How all verdicts stand under other choices, as ``results.robustness().claims`` has it."""
        return _together(self.robustness)

    def results(self, experiment: str) -> Results:
        """Return the runs of an experiment as results, to be plotted and asked more.

        Raises:
            InputError: for an experiment that the study does not have.
        """
        if experiment not in self.evidence.runs:
            raise unknown_name(f"experiment of {self.study.name()}", experiment, self.evidence.runs)
        return Results.of(self.evidence.runs[experiment])

    @property
    def met(self) -> int:
        """How many criteria are met."""
        return sum(criterion.met for criterion in self.criteria)

    def criteria_table(self) -> pd.DataFrame:
        """Return one row a criterion."""
        return pd.DataFrame([criterion.row() for criterion in self.criteria])

    def __repr__(self) -> str:
        look = "a first look at " if self.quick else ""
        return f"<{look}{self.study.name()}: {self.met} of {len(self.criteria)} criteria are met>"

    def _repr_html_(self) -> str:
        """Show in a notebook what the command line shows."""
        lines = [*self.conclusion, *(line.replace("**", "") for line in self.survival)]
        parts = [
            f"<p><strong>{html.escape(self.study.title)}</strong> {html.escape(self.study.question)}</p>"
        ]
        parts += [f"<p>{html.escape(line)}</p>" for line in lines]
        parts.append(f"<p>{self.met} of {len(self.criteria)} criteria are met.</p>")
        parts.append(self.criteria_table().to_html(index=False, border=0))
        if self.folder is not None:
            parts.append(f"<p><small>page: {html.escape(str(self.folder / PAGE))}</small></p>")
        return "\n".join(parts)


def usual_folder(study: Study, quick: bool = False) -> Path:
    """Return the folder of a study where none is named: that of the command line."""
    return OUTPUT / (f"{study.name()}-quick" if quick else study.name())


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
    return Findings(study, Evidence(runs, study.measure(quick)), quick, folder)


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
    measured = {file.stem: read_csv(file) for file in sorted((folder / MEASURED).glob("*.csv"))}
    runs = {name: Store(folder / name).load() for name in wanted}
    return Findings(study, Evidence(runs, measured, _kept_robustness(folder)), folder=folder)


def _kept_robustness(folder: Path) -> dict[str, pd.DataFrame]:
    """Return how verdicts stand under other choices, as the whole runs have said it."""
    if not is_there(folder / ROBUST):
        return {}
    table = read_csv(folder / ROBUST, keep_default_na=False)
    return {
        str(name): rows.drop(columns="experiment").reset_index(drop=True)
        for name, rows in table.groupby("experiment", sort=False)
    }


def _together(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the tables of several experiments as one, the experiment in a column."""
    named = [table.assign(experiment=name) for name, table in tables.items()]
    return pd.concat(named, ignore_index=True) if named else pd.DataFrame()
