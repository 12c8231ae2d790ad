"""Writes what a study has found: tables, figures and page, and the copy that comes with the project."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

from harness.report.artifacts import figure_file, write_artifacts
from harness.report.reference_copy import write_reference
from harness.runs.csv_cells import csv_of
from harness.runs.parts import is_there, write_whole
from harness.studies.findings import MEASURED, PAGE, ROBUST, Findings
from harness.studies.page import page
from harness.sweeps.experiment import Experiment

NUMBERS, CRITERIA, VERDICTS = "printed-and-ours.csv", "criteria.csv", "verdicts.csv"


def write_findings(findings: Findings, folder: Path) -> list[Path]:
    """Write tables, figures and page into the folder of a study.

    Returns:
        The files of the study itself, the page last.
    """
    experiments = findings.study.experiments(findings.quick)
    for name, experiment in experiments.items():
        write_artifacts(findings.evidence.runs[name], experiment.figures, folder / name)
    return _write(findings, experiments, folder)


def write_study_reference(findings: Findings, source: Path, folder: Path) -> list[Path]:
    """Replace a folder by a compact copy of a study.

    Arguments:
        findings: of the runs.
        source: folder of the study.
        folder: the reference folder, for example ``results/neurogen-xor``.

    Returns:
        The files of the study itself, the page last.
    """
    experiments = findings.study.experiments(findings.quick)
    for name, experiment in experiments.items():
        runs = findings.evidence.runs[name]
        size = findings.study.copied
        write_reference(runs, experiment.figures, source / name, folder / name, size)
    return _write(findings, experiments, folder)


def _reading(figure: Path) -> str:
    """Return how a figure is to be read, of its caption, and nothing where it has none."""
    caption = figure.with_suffix(".caption.md")
    parts = caption.read_text(encoding="utf-8").split("\n\n") if is_there(caption) else []
    # Between the question and the number of runs: how it is read, what it does not show, and short names.
    return "\n\n".join(itertools.takewhile(lambda part: not part.startswith("Runs: "), parts[1:]))


def _write(findings: Findings, experiments: Mapping[str, Experiment], folder: Path) -> list[Path]:
    for name, table in findings.evidence.measured.items():
        write_whole(folder / MEASURED / f"{name}.csv", csv_of(table))
    tables = {NUMBERS: findings.numbers, CRITERIA: findings.criteria_table()}
    if findings.comparisons:
        tables |= {VERDICTS: findings.verdicts, ROBUST: findings.robust_verdicts}
    for file, table in tables.items():
        write_whole(folder / file, csv_of(table))
    figures = [
        f"{name}/{figure_file(figure)}"
        for name, experiment in experiments.items()
        for figure in experiment.figures
    ]
    write_whole(folder / PAGE, page(findings, {one: _reading(folder / one) for one in figures}).encode())
    return [folder / file for file in (*tables, PAGE)]
