"""``harness study``: re-run a published comparison, and hold what comes out against what was printed."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.options import WORKERS
from harness.cli.terminal import echo
from optimizers.errors import InputError


@click.command(
    name="study",
    cls=OnceCommand,
    short_help="Run a published comparison again, and judge what it has printed and concluded.",
    examples=(
        ("harness study neurogen-xor --quick", "Take a first look with few runs."),
        ("harness study all", "Run every shipped study, which takes minutes to an hour each."),
        ("harness study --new rumelhart-1986", "Begin a study of your own in a new folder."),
    ),
)
@click.argument("study", required=False)
@click.option("--quick", is_flag=True, help="Take a first look with few runs, in a folder of its own.")
@click.option(
    "--output",
    type=ANY_PATH,
    metavar="FOLDER",
    show_default="output/STUDY",
    help="Keep runs and page in this folder.",
)
@WORKERS
@click.option("--reference", is_flag=True, help="Also write the reference copy to results/STUDY.")
@click.option(
    "--new",
    metavar="NAME",
    show_default="no new study",
    help="Begin a study of your own in a new folder of this name, which runs as it is.",
)
def command(
    study: str | None, quick: bool, output: Path | None, workers: int | None, reference: bool, new: str | None
) -> None:
    """Re-run STUDY: the name of a shipped one (see `harness list studies`), the folder of your own, or all.

    What to believe is printed, whether what was concluded survives other choices than those that were made,
    and each criterion with its figure. The page with all of it, and with what was published beside what comes
    out here, is README.md in the folder of the study. Runs that are there are not done again.
    """
    from harness.studies.findings import perform, usual_folder
    from harness.studies.named import studies_named
    from harness.studies.reference import write_findings, write_study_reference
    from harness.studies.template import begin

    if new is not None:
        if study is not None:
            raise InputError("--new begins a study, and names it itself: leave out STUDY")
        for file in begin(new, Path()):
            echo(f"written: {file}")
        echo(f"\nFill them in, then: harness study {new}")
        return
    if study is None:
        raise InputError("no study is named: give one of `harness list studies`, a folder, or all")
    if quick and reference:
        raise InputError("a reference copy is of the whole study: leave out --quick or --reference")
    chosen = studies_named(study)
    if output is not None and len(chosen) > 1:
        raise InputError("--output is the folder of one study, and there are several: name one")
    for one in chosen:
        folder = output or usual_folder(one, quick)
        findings = perform(one, folder, quick, workers, progress=True)
        files = write_findings(findings, folder)
        if reference:
            files = write_study_reference(findings, folder, Path("results") / one.name())
        echo(f"{one.title}\n{one.question}\n")
        for sentence in findings.conclusion:
            echo(f"{sentence}")
        for sentence in findings.survival:
            echo(f"{sentence.replace('**', '')}")
        echo(f"\n{findings.met} of {len(findings.criteria)} criteria are met.")
        for criterion in findings.criteria:
            echo(f"  {criterion}")
        echo()
        for file in files:
            echo(f"{'page' if file.suffix == '.md' else 'table'}: {file}")
        echo()
