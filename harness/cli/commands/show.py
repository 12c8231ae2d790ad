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
@click.argument("name")
@click.option("--latex", is_flag=True, help="With `derivation`: print LaTeX.")
def command(kind: str, name: str, latex: bool) -> None:
    """Show one optimizer, problem, gradient, experiment, plot, activation or loss.

    Or `results FOLDER`; or `derivation PROBLEM`, the gradient of a problem as formulas.
    """
    if latex and kind != "derivation":
        raise InputError(f"--latex goes with `show derivation` only, not with {shown(kind)}: leave it out")
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
        for remark in results.remarks():
            echo(remark)
        echo(f"{results.name}: {status_of(Path(name)).sentence()}.")
        return
    singular = {found.singular: plural for plural, found in KINDS.items()}
    plural = singular.get(kind, kind)
    if plural not in KINDS:
        raise unknown_name("kind", kind, [*singular, "derivation", "results"])
    echo(describe(plural, name))
