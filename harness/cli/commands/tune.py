"""``harness tune``: find the options of every optimizer of an experiment, at equal cost."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.options import COST, RETRY, REUSE, WORKERS
from harness.cli.terminal import console, echo

OUTPUT = Path("output")


@click.command(
    name="tune",
    cls=OnceCommand,
    short_help="Find options for every optimizer of an experiment, by one rule and at equal cost.",
    examples=(
        ("harness tune quickstart --trials 10", "Try ten configurations of each optimizer."),
        (
            "harness run quickstart --tuned output/quickstart-tuning",
            "Compare the tuned optimizers on new seeds.",
        ),
    ),
)
@click.argument("experiment")
@click.option(
    "--trials",
    type=int,
    metavar="NUMBER",
    default=30,
    show_default=True,
    help="Try so many configurations of each optimizer, its declared one first.",
)
@click.option(
    "--seeds",
    type=int,
    metavar="NUMBER",
    default=3,
    show_default=True,
    help="Do each configuration with so many tuning seeds, 3 or more.",
)
@click.option(
    "--sampler",
    metavar="SAMPLER",
    default="quasi-random",
    show_default=True,
    help="Find configurations by this sampler: quasi-random, tpe (extra `tuning`) or successive-halving.",
)
@click.option(
    "--per",
    metavar="UNIT",
    default="experiment",
    show_default=True,
    help="Find one configuration for all problems of the experiment, or one for each problem: experiment or "
    "problem.",
)
@click.option(
    "--seed",
    type=int,
    metavar="SEED",
    default=0,
    show_default=True,
    help="Take the randomness of the search for configurations from this seed.",
)
@COST
@click.option(
    "--output",
    type=ANY_PATH,
    metavar="FOLDER",
    show_default="output/EXPERIMENT-tuning",
    help="Keep the runs and what they have found in this folder.",
)
@WORKERS
@RETRY
@REUSE
def command(
    experiment: str,
    trials: int,
    seeds: int,
    sampler: str,
    per: str,
    seed: int,
    cost: float | None,
    output: Path | None,
    workers: int | None,
    retry: tuple[str, ...],
    reuse: str | None,
) -> None:
    """Tune every optimizer of EXPERIMENT by the same rule: a shipped experiment or a TOML file.

    The tuning seeds are none of the experiment's. Runs that are in the folder already, from the same code,
    are not done again; more trials go on where fewer have ended. `harness run EXPERIMENT --tuned FOLDER`
    takes what was found.
    """
    from harness.report.artifacts import figure_file
    from harness.report.image_files import write_plot
    from harness.report.table import render_numbers
    from harness.sweeps.experiment_file import read_experiment
    from harness.tuning.tune import tune_experiment
    from harness.tuning.tuned_file import write_tuning

    changes: dict[str, Any] = {} if cost is None else {"budget": {"cost": cost}}
    declared = read_experiment(experiment, **changes)
    folder = output if output is not None else OUTPUT / f"{declared.name}-tuning"
    found = tune_experiment(
        declared,
        trials=trials,
        seeds=seeds,
        sampler=sampler,
        per=per,
        seed=seed,
        folder=folder,
        workers=workers,
        progress=sys.stderr.isatty(),
        retry=retry,
        reuse=reuse,
        announce=lambda note: echo(f"{note}\n", err=True),
        given=experiment,
    )
    files = write_tuning(found, folder)
    figure = {"name": "tuning-curve", "estimate": found.protocol.estimate, "per": per}
    files.append(folder / figure_file(figure))

    options = {name: value for name, value in figure.items() if name != "name"}
    write_plot("tuning-curve", found.results, options, files[-1])

    echo("What tuning was allowed and what it has cost, in forward-pass equivalents:\n")
    render_numbers(_shown(found.costs(), per), console())
    echo("\nWhat it has found, over the tuning seeds:\n")
    render_numbers(_shown(found.summary(), per), console())
    for remark in found.results.remarks():
        echo(remark)
    echo(f"\nTo compare the tuned optimizers: harness run {experiment} --tuned {folder}")
    kinds = {".png": "figure", ".csv": "table", ".toml": "options"}
    for file in files:
        echo(f"{kinds[file.suffix]}: {file}")


def _shown(table: Any, per: str) -> Any:
    """Return a table without what is the same in all rows, or says nothing without a target."""
    empty = [name for name in table if name.endswith("_cost") and (table[name] == 0.0).all()]
    return table.drop(columns=[*empty, *([] if per == "problem" else ["problems"])])
