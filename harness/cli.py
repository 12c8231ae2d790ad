"""The command line: ``harness run | list | show | check | plot``."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click

from harness.catalogue import KINDS, describe, details, listing
from harness.terminal import console, echo
from optimizers.errors import InputError, unknown_name
from optimizers.shown import shown

OUTPUT = Path("output")

ANY_PATH = click.Path(readable=False, path_type=Path)
"""Of a folder that cannot be read it is said later what that means."""


class _Command(click.Command):
    """A command that takes an option once; of two that contradict each other click takes the last."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        _, _, order = self.make_parser(context).parse_args(args=list(arguments))
        for option, count in Counter(order).items():
            if count > 1 and isinstance(option, click.Option) and not (option.multiple or option.is_flag):
                raise InputError(
                    f"option {option.opts[0]} is given {count} times, expected once: leave out one"
                )
        return super().parse_args(context, arguments)


class _Commands(click.Group):
    """Commands, of which a misspelt one is answered with the nearest."""

    command_class = _Command

    def resolve_command(self, context: click.Context, arguments: list[str]) -> Any:
        if arguments and self.get_command(context, arguments[0]) is None and not arguments[0].startswith("-"):
            raise unknown_name("command", arguments[0], self.commands)
        return super().resolve_command(context, arguments)


@click.group(
    cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="neural-harness", prog_name="harness")
@click.pass_context
def harness(context: click.Context) -> None:
    """Compare ways of training a small neural network, and tell the truth about them."""
    if context.invoked_subcommand is None:
        echo(context.get_help())


@harness.command()
@click.argument("experiment")
@click.option("--seeds", type=int, help="Number of seeds, in place of the experiment's.")
@click.option("--cost", type=float, help="Budget of each run in forward-pass equivalents, in place of its.")
@click.option("--output", type=ANY_PATH, help="Folder of the results [output/EXPERIMENT].")
@click.option("--workers", type=int, help="Processes [one a core where there are runs enough].")
@click.option(
    "--retry", multiple=True, help="Do runs of this outcome again: failed or timeout; may be repeated."
)
@click.option("--reuse", help="other-code: take finished runs of other code instead of doing them again.")
@click.option("--check", is_flag=True, help="First check the gradient sources; kept as gradient-check.csv.")
@click.option("--reference", is_flag=True, help="Also write the reference copy to results/EXPERIMENT.")
def run(
    experiment: str,
    seeds: int | None,
    cost: float | None,
    output: Path | None,
    workers: int | None,
    retry: tuple[str, ...],
    reuse: str | None,
    check: bool,
    reference: bool,
) -> None:
    """Run EXPERIMENT: the name of a shipped one (see `harness list experiments`) or a TOML file.

    Runs that are in the folder already, from the same code, are not done again. Runs of other code stay
    there and are done again, unless --reuse says otherwise.
    """
    from harness.analysis.summary import summarize
    from harness.analysis.table import render, render_numbers
    from harness.experiment import read_experiment
    from harness.report.artifacts import check_figures, figure_tables, write_artifacts, write_reference
    from harness.sweep import sweep

    changes: dict[str, Any] = {}
    if seeds is not None:
        changes["seeds"] = seeds
    if cost is not None:
        changes["budget"] = {"cost": cost}
    declared = read_experiment(experiment, **changes)
    check_figures(declared.figures, [problem.name for problem in declared.problems])
    folder = output if output is not None else OUTPUT / declared.name
    if check:
        from harness.report.artifacts import write_check

        echo(f"table: {write_check(declared, folder)}\n")
    results, done = sweep(
        declared,
        folder,
        workers,
        progress=sys.stderr.isatty(),
        retry=retry,
        reuse=reuse,
        announce=lambda note: echo(f"{note}\n", err=True),
    )
    files = write_artifacts(results, declared.figures, folder)
    if reference:
        files = write_reference(results, declared.figures, folder, Path("results") / declared.name)

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


@harness.command(name="list")
@click.argument("kind", required=False)
def list_(kind: str | None) -> None:
    """List what there is, of one KIND or of all: optimizers, problems, gradients, examples ..."""
    if kind is not None and kind not in KINDS:
        raise unknown_name("kind", kind, KINDS)
    for name in (kind,) if kind else KINDS:
        if kind is None:
            echo(f"{name}:")
        entries, more = listing(name), details(name)
        width = max(len(entry) for entry in entries)
        for entry, line in entries.items():
            echo(f"  {entry:<{width}}  {line}")
            if kind is not None and entry in more:
                echo(f"  {'':<{width}}  {more[entry]}")
        if kind is None:
            echo()


@harness.command()
@click.argument("kind")
@click.argument("name")
@click.option("--latex", is_flag=True, help="With `derivation`: print LaTeX.")
def show(kind: str, name: str, latex: bool) -> None:
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
        from harness.analysis.table import render
        from harness.api import load

        results = load(name)
        render(summarize(results), results.skipped, console())
        for remark in results.remarks():
            echo(remark)
        return
    singular = {plural.removesuffix("s") if plural != "losses" else "loss": plural for plural in KINDS}
    plural = singular.get(kind, kind)
    if plural not in KINDS:
        raise unknown_name("kind", kind, [*singular, "derivation", "results"])
    echo(describe(plural, name))


@harness.command()
@click.argument("problem")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Which start and split."
)
@click.option("--gradient", multiple=True, help="A gradient source; may be given again [all of them].")
def check(problem: str, seed: int, gradient: tuple[str, ...]) -> None:
    """Hold the gradient sources against each other, and against fifty digits, at PROBLEM's start."""
    from harness.analysis.table import render_check
    from harness.gradient_check import check as compare
    from harness.problems import load

    loaded = load(problem)
    echo(f"{loaded!r}\n")
    render_check(compare(loaded, seed, gradient), console())


@harness.command()
@click.argument("folder", type=ANY_PATH)
@click.option("--name", default="convergence", show_default=True, help="Which plot.")
@click.option("--x", help="Of a convergence plot: cost, iteration or seconds [cost].")
@click.option("--problem", help="Of a plot of one problem, such as confusion: which one.")
@click.option("--output", type=ANY_PATH, help="Image file, .png .pdf or .svg [in FOLDER].")
def plot(folder: Path, name: str, x: str | None, problem: str | None, output: Path | None) -> None:
    """Plot the results in FOLDER."""
    from harness.api import load
    from harness.experiment import DEFAULT_FIGURE
    from harness.plots import known_plots
    from harness.report.artifacts import check_figures, check_image, figure_file, write_figure

    asked = {option: value for option, value in (("x", x), ("problem", problem)) if value is not None}
    usual = {option: value for option, value in DEFAULT_FIGURE.items() if name == DEFAULT_FIGURE["name"]}
    figure = usual | {"name": name} | asked
    check_figures([figure])
    file = output if output is not None else folder / figure_file(figure)
    check_image(file)
    del figure["name"]
    results = load(folder)
    write_figure(known_plots()[name](results, **figure), file)
    echo(f"figure: {file}")
    for remark in results.remarks():
        echo(remark)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
