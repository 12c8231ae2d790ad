"""``harness show``: one thing of a kind, the results in a folder, or a derivation."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

import click

from harness.cli.catalogue import KINDS, describe, listing
from harness.cli.group import OnceCommand
from harness.cli.terminal import console, echo
from optimizers.errors import InputError, unknown_name
from optimizers.printable import shown


@click.command(
    name="show",
    cls=OnceCommand,
    short_help="Show one entry of a kind with its options, results in a folder, or a derivation.",
    examples=(
        ("harness show optimizer adam", "Print its equation, paper and options with defaults and ranges."),
        ("harness show results output/quickstart", "Print the table of the runs."),
        ("harness show output/quickstart --statistic time-to-target", "Print one statistic of the runs."),
        ("harness show derivation xor --latex", "Print loss and gradient of the network on XOR as formulas."),
    ),
)
@click.argument("kind")
@click.argument("name", required=False)
@click.option("--latex", is_flag=True, help="Print a derivation as LaTeX.")
@click.option(
    "--statistic",
    metavar="STATISTIC",
    show_default="the table of medians",
    help="Print this statistic of results, one of `harness list statistics`, with options as in "
    "solved-fraction:level=0.9.",
)
@click.pass_context
def command(context: click.Context, kind: str, name: str | None, latex: bool, statistic: str | None) -> None:
    """Show one entry of a KIND, such as an optimizer, problem, gradient, experiment, plot or statistic.

    `harness list` has the kinds and their entries. `show results FOLDER` prints the table of the runs in a
    folder, `show FOLDER --statistic STATISTIC` one statistic of them, and `show derivation PROBLEM` the loss
    and the gradient of a problem as formulas.
    """
    if latex and kind != "derivation":
        raise InputError(f"--latex goes with `show derivation` only, not with {shown(kind)}: leave it out")
    if statistic is not None:
        _show_statistic(kind, name, statistic)
        return
    singular = {found.singular: plural for plural, found in KINDS.items()}
    if kind not in (*singular, *KINDS, "derivation", "results"):
        raise _no_kind(kind, singular)
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
    echo(describe(singular.get(kind, kind), name))


def _no_kind(word: str, singular: Mapping[str, str]) -> InputError:
    """Build the error for a word that is no kind; it may be a folder, or an entry whose kind was left out."""
    said = shown(word).strip("'")
    with contextlib.suppress(OSError, ValueError):
        if Path(word).is_dir():
            return InputError(f"{said} is a folder: write harness show results {said}")
    for kind, plural in singular.items():
        if word in listing(plural):
            article = "an" if kind[0] in "aeiou" else "a"
            return InputError(f"{said} is {article} {kind}: write harness show {kind} {said}")
    return unknown_name("kind", word, [*singular, *singular.values(), "derivation", "results"])


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
