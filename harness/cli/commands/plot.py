"""``harness plot``: draw results that are in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.terminal import echo
from optimizers.errors import InputError
from optimizers.specification import parse


@click.command(
    name="plot",
    cls=OnceCommand,
    short_help="Draw the results in a folder, with a caption and the numbers beside the image.",
    examples=(
        ("harness plot output/quickstart", "Draw the best loss against the cost."),
        (
            "harness plot output/quickstart finals --set of=accuracy",
            "Draw where runs ended, by their accuracy.",
        ),
        (
            "harness plot output/quickstart --x seconds --output fig.pdf",
            "Draw against time, into a file of choice.",
        ),
    ),
)
@click.argument("folder", type=ANY_PATH)
@click.argument("plot", required=False)
@click.option(
    "--name",
    metavar="PLOT",
    show_default="convergence",
    help="Draw this plot, with options as in convergence:x=seconds,band=0.9; the same as PLOT.",
)
@click.option(
    "--set",
    "settings",
    metavar="OPTION=VALUE",
    multiple=True,
    show_default="as `harness show plot PLOT` has them",
    help="Set an option of the plot, as in band=0.9; may be repeated.",
)
@click.option(
    "--width",
    metavar="PLACE",
    show_default="page",
    help="Size it for a column or a page of a journal, or a slide: column, page or slide.",
)
@click.option(
    "--x",
    metavar="AXIS",
    show_default="cost",
    help="Draw a convergence plot against cost (in forward-pass equivalents), iteration or seconds.",
)
@click.option(
    "--problem",
    "problems",
    metavar="PROBLEM",
    multiple=True,
    show_default="all",
    help="Draw the runs of this problem only; may be repeated.",
)
@click.option(
    "--optimizer",
    "optimizers",
    metavar="OPTIMIZER",
    multiple=True,
    show_default="all",
    help="Draw the runs of this optimizer only, named as in the legend; may be repeated.",
)
@click.option(
    "--seed",
    "seeds",
    metavar="SEED",
    multiple=True,
    type=int,
    show_default="all",
    help="Draw the runs of this seed only; may be repeated.",
)
@click.option(
    "--output",
    type=ANY_PATH,
    metavar="FILE",
    show_default="a name of its own in FOLDER, .png",
    help="Write the image to this file, which ends in .png, .pdf or .svg.",
)
@click.option(
    "--animate",
    type=ANY_PATH,
    metavar="FILE",
    show_default="no animation",
    help="Write the plot as it comes about to this file, which ends in .gif or .html, in place of the image.",
)
def command(
    folder: Path,
    plot: str | None,
    name: str | None,
    settings: tuple[str, ...],
    width: str | None,
    x: str | None,
    problems: tuple[str, ...],
    optimizers: tuple[str, ...],
    seeds: tuple[int, ...],
    output: Path | None,
    animate: Path | None,
) -> None:
    """Draw the results in FOLDER: PLOT is the name of one of `harness list plots`, with options.

    A caption and the numbers that are drawn are left beside the image.
    """
    from harness.api import load
    from harness.report.artifacts import check_figures, figure_file
    from harness.report.image_files import check_image, write_plot
    from harness.sweeps.experiment import DEFAULT_FIGURE

    if plot is not None and name is not None:
        raise InputError(f"the plot is named twice, {plot} and --name {name}: leave one of them out")
    called = plot or name or str(DEFAULT_FIGURE["name"])
    named = {"x": x, "width": width}
    listed = [*settings, *(f"{option}={value}" for option, value in named.items() if value is not None)]
    given = parse(f"{called}{',' if ':' in called else ':'}{','.join(listed)}" if listed else called, "plot")
    usual = DEFAULT_FIGURE if given["name"] == DEFAULT_FIGURE["name"] else {}
    figure: dict[str, Any] = usual | given
    check_figures([figure])
    asked = {"problem": list(problems), "optimizer": list(optimizers), "seed": list(seeds)}
    chosen = {column: values for column, values in asked.items() if values}
    words = figure | {column: values for column, values in chosen.items() if column != "seed"}
    numbers = {"seeds": "-".join(["seed", *map(str, seeds)])} if seeds else {}
    file = output if output is not None else folder / figure_file(words | numbers)
    check_image(file)
    if animate is not None:
        # Once Matplotlib's settings are known to be text.
        from harness.plots.animation import check_animation
        from harness.report.animations import animated

        check_animation(animate)
        animated(str(figure["name"]))
    results = load(folder)
    for column, values in chosen.items():
        results = results.where(**{column: values})
    called = str(figure.pop("name"))
    if animate is not None:
        echo(f"animation: {animated(called)(results, **figure).save(animate)}")
    else:
        write_plot(called, results, figure, file)
        echo(f"figure: {file}")
    for remark in results.remarks():
        echo(remark)
