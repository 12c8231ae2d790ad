"""``harness plot``: draw results that are in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.terminal import echo
from optimizers.specification import parse


@click.command(name="plot", cls=OnceCommand, short_help="Plot results.")
@click.argument("folder", type=ANY_PATH)
@click.option(
    "--name",
    default="convergence",
    show_default=True,
    help="Which plot; options may follow it, as in convergence:x=seconds,band=0.9.",
)
@click.option(
    "--set", "settings", multiple=True, help="An option of the plot, as in band=0.9; may be repeated."
)
@click.option("--x", help="Of a convergence plot: cost, iteration or seconds [cost].")
@click.option("--problem", "problems", multiple=True, help="Only this problem; may be repeated.")
@click.option("--optimizer", "optimizers", multiple=True, help="Only this optimizer; may be repeated.")
@click.option("--seed", "seeds", multiple=True, type=int, help="Only this seed; may be repeated.")
@click.option("--output", type=ANY_PATH, help="Image file, .png .pdf or .svg [in FOLDER].")
def command(
    folder: Path,
    name: str,
    settings: tuple[str, ...],
    x: str | None,
    problems: tuple[str, ...],
    optimizers: tuple[str, ...],
    seeds: tuple[int, ...],
    output: Path | None,
) -> None:
    """Plot the results in FOLDER."""
    from harness.api import load
    from harness.plots import known_plots
    from harness.report.artifacts import check_figures, check_image, figure_file, write_figure
    from harness.sweeps.experiment import DEFAULT_FIGURE

    listed = [*settings, *([f"x={x}"] if x is not None else [])]
    given = parse(f"{name}{',' if ':' in name else ':'}{','.join(listed)}" if listed else name, "plot")
    usual = DEFAULT_FIGURE if given["name"] == DEFAULT_FIGURE["name"] else {}
    figure: dict[str, Any] = usual | given
    check_figures([figure])
    asked = {"problem": list(problems), "optimizer": list(optimizers), "seed": list(seeds)}
    chosen = {column: values for column, values in asked.items() if values}
    words = figure | {column: values for column, values in chosen.items() if column != "seed"}
    numbers = {"seeds": "-".join(["seed", *map(str, seeds)])} if seeds else {}
    file = output if output is not None else folder / figure_file(words | numbers)
    check_image(file)
    results = load(folder)
    for column, values in chosen.items():
        results = results.where(**{column: values})
    plot = figure.pop("name")
    write_figure(known_plots()[plot](results, **figure), file)
    echo(f"figure: {file}")
    for remark in results.remarks():
        echo(remark)
