"""``harness run``: do the runs of an experiment that are not done yet, and show what came out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.terminal import console, echo

OUTPUT = Path("output")


@click.command(name="run", cls=OnceCommand, short_help="Run an experiment.")
@click.argument("experiment")
@click.option("--seeds", type=int, help="Number of seeds, in place of the experiment's.")
@click.option("--cost", type=float, help="Budget of each run in forward-pass equivalents, in place of its.")
@click.option("--output", type=ANY_PATH, help="Folder of the results [output/EXPERIMENT].")
@click.option("--workers", type=int, help="Processes [one a core where there are runs enough].")
@click.option(
    "--retry", multiple=True, help="Do runs of this outcome again: failed or timeout; may be repeated."
)
@click.option("--reuse", help="other-code: take finished runs of other code instead of doing them again.")
@click.option(
    "--tuned",
    is_flag=False,
    flag_value="",
    help="Take tuned options: those that come with the experiment, or those in a folder of `harness tune`.",
)
@click.option("--check", is_flag=True, help="First check the gradient sources; kept as gradient-check.csv.")
@click.option("--reference", is_flag=True, help="Also write the reference copy to results/EXPERIMENT.")
def command(
    experiment: str,
    seeds: int | None,
    cost: float | None,
    output: Path | None,
    workers: int | None,
    retry: tuple[str, ...],
    reuse: str | None,
    tuned: str | None,
    check: bool,
    reference: bool,
) -> None:
    """Run EXPERIMENT: the name of a shipped one (see `harness list experiments`) or a TOML file.

    Runs that are in the folder already, from the same code, are not done again. Runs of other code stay
    there and are done again, unless --reuse says otherwise.
    """
    from harness.analysis.summary import summarize
    from harness.report.artifacts import check_figures, figure_tables, write_artifacts, write_reference
    from harness.report.table import render, render_numbers
    from harness.sweeps.experiment_file import read_experiment
    from harness.sweeps.sweep import sweep
    from harness.tuning.tune import joined

    changes: dict[str, Any] = {}
    if seeds is not None:
        changes["seeds"] = seeds
    if cost is not None:
        changes["budget"] = {"cost": cost}
    declared = read_experiment(experiment, **changes)
    check_figures(declared.figures, [problem.name for problem in declared.problems])
    parts = [declared]
    if tuned is not None:
        from harness.tuning.tuned_file import other_budget, tuned_experiments, tuned_file

        file = tuned_file(tuned, declared.name)
        parts = tuned_experiments(declared, file)
        if other := other_budget(declared, file):
            echo(f"{other}\n", err=True)
    name = parts[0].name
    folder = output if output is not None else OUTPUT / name
    if check:
        from harness.report.artifacts import write_check

        echo(f"table: {write_check(declared, folder)}\n")
    swept = [
        sweep(
            part,
            folder,
            workers,
            progress=sys.stderr.isatty(),
            retry=retry,
            reuse=reuse,
            announce=lambda note: echo(f"{note}\n", err=True),
        )
        for part in parts
    ]
    results, done = joined([tables for tables, _ in swept]), sum(number for _, number in swept)
    files = write_artifacts(results, declared.figures, folder)
    if reference:
        files = write_reference(results, declared.figures, folder, Path("results") / name)

    before = len(results.runs) - done
    if declared.question:
        echo(f"{declared.question}\n")
    render(summarize(results), results.skipped, console())
    for name, table in figure_tables(results, declared.figures).items():
        echo(f"\n{name}:\n")
        render_numbers(table, console())
    echo(
        f"\n{_counted(done, 'run')} done now, {before} found in {folder}."
        if done
        else f"\nNothing to run: {_counted(before, 'run')} of this experiment found in {folder}."
    )
    failed = int((results.runs["outcome"] == "failed").sum())
    if failed:
        echo(f"{_counted(failed, 'run')} failed: the same command with --retry failed does them again.")
    for remark in results.remarks():
        echo(remark)
    for file in files:
        echo(f"{'figure' if file.suffix == '.png' else 'table'}: {file}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
