"""``harness plot``: draw results that are in a folder."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.terminal import echo


@click.command(name="plot", cls=OnceCommand)
@click.argument("folder", type=ANY_PATH)
@click.option("--name", default="convergence", show_default=True, help="Which plot.")
@click.option("--x", help="Of a convergence plot: cost, iteration or seconds [cost].")
@click.option("--problem", help="Of a plot of one problem, such as confusion: which one.")
@click.option("--output", type=ANY_PATH, help="Image file, .png .pdf or .svg [in FOLDER].")
def command(folder: Path, name: str, x: str | None, problem: str | None, output: Path | None) -> None:
    """Plot the results in FOLDER."""
    from harness.api import load
    from harness.plots import known_plots
    from harness.report.artifacts import check_figures, check_image, figure_file, write_figure
    from harness.sweeps.experiment import DEFAULT_FIGURE

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
