"""``harness study``: re-run a published comparison, and hold what comes out against what was printed."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.terminal import echo
from optimizers.errors import InputError


@click.command(name="study", cls=OnceCommand, short_help="Re-run a published comparison and judge it.")
@click.argument("study", required=False)
@click.option("--quick", is_flag=True, help="A first look with few runs.")
@click.option("--output", type=ANY_PATH, help="Folder of the study [output/STUDY].")
@click.option("--workers", type=int, help="Processes [one a core where there is work enough].")
@click.option("--reference", is_flag=True, help="Also write the reference copy to results/STUDY.")
@click.option("--new", help="Begin a study of your own in a new folder of this name.")
def command(
    study: str | None, quick: bool, output: Path | None, workers: int | None, reference: bool, new: str | None
) -> None:
    """Re-run STUDY: the name of a shipped one (see `harness list studies`), the folder of your own, or all.

    Prints what was published beside what comes out here, each criterion with its figure, what to believe, and
    whether what was concluded survives other choices than those that were made;
    the page with all of it is README.md in the folder of the study. Runs that are there are not done again.
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
