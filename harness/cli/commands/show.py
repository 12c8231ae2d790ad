"""``harness show``: one thing of a kind, the results in a folder, or a derivation."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.catalogue import KINDS, describe
from harness.cli.group import OnceCommand
from harness.cli.terminal import console, echo
from optimizers.errors import InputError, unknown_name
from optimizers.printable import shown


@click.command(name="show", cls=OnceCommand, short_help="Show one thing, results or a derivation.")
@click.argument("kind")
@click.argument("name", required=False)
@click.option("--latex", is_flag=True, help="With `derivation`: print LaTeX.")
@click.option("--statistic", help="Of results: print this one, with options as in solved-fraction:level=0.9.")
@click.pass_context
def command(context: click.Context, kind: str, name: str | None, latex: bool, statistic: str | None) -> None:
    """Show one optimizer, problem, gradient, experiment, plot, statistic, format, activation or loss.

    Or `results FOLDER`, `FOLDER --statistic NAME`; or `derivation PROBLEM`, the gradient of a problem as
    formulas.
    """
    if latex and kind != "derivation":
        raise InputError(f"--latex goes with `show derivation` only, not with {shown(kind)}: leave it out")
    if statistic is not None:
        _show_statistic(kind, name, statistic)
        return
    if name is None:
        raise click.MissingParameter(ctx=context, param_hint="'NAME'", param_type="argument")
    if kind == "derivation":
        from harness.problems import load as load_problem
        from harness.symbolic import derivation_of_problem

        found = derivation_of_problem(load_problem(name))
        echo(found.latex() if latex else found)
        return
    if kind == "results":
        from harness.analysis.summary import summarize
        from harness.api import load
        from harness.report.table import render
        from harness.runs.status import status_of

        results = load(name)
        render(summarize(results), results.skipped, console())
        for line in results.declaration.sentences() if results.declaration else ():
            echo(line)
        for remark in results.remarks():
            echo(remark)
        echo(f"{results.name}: {status_of(Path(name)).sentence()}.")
        return
    singular = {found.singular: plural for plural, found in KINDS.items()}
    plural = singular.get(kind, kind)
    if plural not in KINDS:
        raise unknown_name("kind", kind, [*singular, "derivation", "results"])
    echo(describe(plural, name))


def _show_statistic(kind: str, name: str | None, specification: str) -> None:
    """Print a statistic of the results in a folder, which is the last of the two words."""
    from harness.analysis import STATISTICS
    from harness.api import load
    from harness.report.table import render_numbers
    from harness.runs.tables import gradient_sources

    if name is not None and kind != "results":
        raise InputError(
            f"--statistic goes with results, not with {shown(kind)}: write show FOLDER --statistic NAME"
        )
    chosen = STATISTICS.build(specification)
    results = load(kind if name is None else name)
    table = chosen.compute(results)
    if len(gradient_sources(results.runs)) < 2:
        table = table.drop(columns=["gradient", "other_gradient"], errors="ignore")
    render_numbers(table, console())
    echo(f"\n{chosen.summary()}")
    for remark in results.remarks():
        echo(remark)
