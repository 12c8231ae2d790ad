"""``harness run``: do the runs of an experiment that are not done yet, and show what came out."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from harness.cli.done import as_json_text, report_done, written
from harness.cli.foretelling import foretell
from harness.cli.group import ANY_PATH, OnceCommand
from harness.cli.options import COST, RETRY, REUSE, WORKERS
from harness.cli.terminal import echo
from optimizers.errors import InputError, unknown_name

if TYPE_CHECKING:
    from harness.sweeps.experiment import Experiment

OUTPUT = Path("output")


@click.command(
    name="run",
    cls=OnceCommand,
    short_help="Do the runs of an experiment that are not done yet, and show what they decide.",
    examples=(
        ("harness run quickstart", "Compare three optimizers on XOR in a few seconds."),
        ("harness run mine.toml --seeds 50", "Run your own experiment with the seeds from 0 to 49."),
        (
            "harness run mine.toml --set optimizers.adam.learning_rate=[0.01,0.1]",
            "Try two learning rates of Adam.",
        ),
        ("harness run mine.toml --dry-run", "Say what would be done, and how long it takes."),
    ),
)
@click.argument("experiment")
@click.option(
    "--seeds",
    metavar="SEEDS",
    show_default="as the experiment has them",
    help="Do runs with so many seeds from 0 on, with a range of them as 100:200, or with a list as 3,5.",
)
@click.option(
    "--until-decided",
    is_flag=True,
    help="Add seeds until every claim is decided, or has taken as many as are allowed.",
)
@click.option(
    "--max-seeds",
    type=int,
    metavar="NUMBER",
    show_default="none",
    help="Allow a comparison so many seeds until it is decided.",
)
@COST
@click.option(
    "--set",
    "settings",
    metavar="FIELD=VALUE",
    multiple=True,
    show_default="as the experiment has them",
    help="Set a field of the experiment, as in budget.cost=1000, or to a list, which is an axis; may be "
    "repeated.",
)
@click.option(
    "--only",
    metavar="AXIS=NAMES",
    multiple=True,
    show_default="all runs",
    help="Leave out all runs but these, as in optimizer=adam,lbfgs; may be repeated.",
)
@click.option(
    "--without",
    metavar="AXIS=NAMES",
    multiple=True,
    show_default="no run",
    help="Leave out these runs, as in problem=iris; may be repeated.",
)
@click.option(
    "--output",
    type=ANY_PATH,
    metavar="FOLDER",
    show_default="output/EXPERIMENT",
    help="Keep the results in this folder.",
)
@WORKERS
@click.option(
    "--executor",
    metavar="EXECUTOR",
    show_default="automatic",
    help="Let this do the runs, one of `harness list executors`, with options as in processes:workers=4.",
)
@click.option(
    "--address",
    metavar="ADDRESS",
    show_default="a cluster on this machine",
    help="Find the scheduler of --executor dask at this address, such as tcp://10.0.0.5:8786.",
)
@RETRY
@REUSE
@click.option(
    "--fail-on",
    metavar="OUTCOMES",
    show_default="none",
    help="End with status 1 where a run has one of these outcomes, as in failed,diverged,timeout.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a summary as JSON, for a script.")
@click.option(
    "--tuned",
    metavar="[FOLDER]",
    is_flag=False,
    flag_value="",
    show_default="as the experiment has them",
    help="Take tuned options: those in this folder of `harness tune` or, without one, those that come with "
    "the experiment.",
)
@click.option(
    "--shard",
    metavar="K/N",
    show_default="all runs",
    help="Do this part of the runs, as in 3/10; `harness merge` puts the parts together.",
)
@click.option(
    "--no-wait",
    is_flag=True,
    help="End at once where another process does runs in the folder, in place of waiting.",
)
@click.option(
    "--dry-run", is_flag=True, help="Say what would be done and how long it takes, and do nothing of it."
)
@click.option(
    "--check",
    is_flag=True,
    help="First hold the gradient sources against each other, and keep that as gradient-check.csv.",
)
@click.option(
    "--watch",
    is_flag=True,
    help="Write the page of `harness report` again and again while runs are done, as report.html in the "
    "folder; a browser that shows it keeps up by itself (extra `report`).",
)
@click.option("--reference", is_flag=True, help="Also write the reference copy to results/EXPERIMENT.")
def command(
    experiment: str,
    seeds: str | None,
    until_decided: bool,
    max_seeds: int | None,
    cost: float | None,
    settings: tuple[str, ...],
    only: tuple[str, ...],
    without: tuple[str, ...],
    output: Path | None,
    workers: int | None,
    executor: str | None,
    address: str | None,
    retry: tuple[str, ...],
    reuse: str | None,
    fail_on: str | None,
    as_json: bool,
    tuned: str | None,
    shard: str | None,
    no_wait: bool,
    dry_run: bool,
    check: bool,
    watch: bool,
    reference: bool,
) -> None:
    """Run EXPERIMENT: the name of a shipped one (see `harness list experiments`), a TOML file or a folder.

    A folder of results goes on with what was run in it last, changes included.

    Runs that are in the folder already, from the same code, are not done again. Runs of other code stay
    there and are done again, unless --reuse says otherwise.

    With --until-decided --max-seeds 2000 the seeds follow from the runs: blocks of them, the same for both
    sides of a comparison, until each claim is decided (better, worse or equivalent) or has taken 2000. What
    is claimed is written into the folder before its first run; without claims it is every optimizer against
    the first. The intervals hold at every number of seeds.

    With --watch another process of the lowest priority writes the page, and pauses ten times as long as that
    takes of the processor. Where seconds are what is compared, leave it out.
    """
    from harness.report.artifacts import check_figures
    from harness.report.html.libraries import check_page
    from harness.sweeps.changes import seeds_of
    from harness.sweeps.experiment_file import read_experiment
    from harness.sweeps.joining import joined
    from harness.sweeps.planning import shown_problems
    from harness.sweeps.results_folder import folder_of
    from harness.sweeps.sweep import sweep

    ends = _outcomes(fail_on)
    if dry_run and as_json:
        raise InputError("--json tells what was done, and --dry-run does nothing: leave one of them out")
    if dry_run and watch:
        raise InputError("--watch shows runs, and --dry-run does none: leave one of them out")
    limit = None
    if until_decided or max_seeds is not None:
        from harness.deciding.asking import asked_limit, chooses_seeds

        fixed = seeds is not None or chooses_seeds(settings, only, without)
        given = {"--seeds": fixed, "--shard": shard is not None}
        limit = asked_limit(until_decided, max_seeds, given, "--until-decided", "--max-seeds")
    changes: dict[str, Any] = {}
    if seeds is not None:
        changes["seeds"] = seeds_of(seeds)
    if cost is not None:
        changes["budget"] = {"cost": cost}
    declared = read_experiment(experiment, settings=settings, only=only, without=without, **changes)
    check_figures(declared.figures, shown_problems(declared))
    parts = [declared]
    if tuned is not None:
        from harness.tuning.tuned_file import other_budget, tuned_experiments, tuned_file

        file = tuned_file(tuned, declared.name)
        parts = tuned_experiments(declared, file)
        if other := other_budget(declared, file):
            echo(f"{other}\n", err=True)
    name = parts[0].name
    folder = output or folder_of(experiment) or OUTPUT / name
    if limit is not None and len(parts) > 1:
        raise InputError("--until-decided goes with options tuned for the experiment, not for each problem")
    if dry_run:
        foretell(parts, limit, folder, retry, reuse, shard)
        return
    page = check_page(folder / "report.html") if watch else None
    if check:
        from harness.report.artifacts import write_check

        table = write_check(declared, folder)
        if not as_json:
            echo(f"table: {table}\n")
    options: dict[str, Any] = {
        "progress": True,
        "executor": _executor(executor, address),
        "retry": retry,
        "reuse": reuse,
        "wait": not no_wait,
        "announce": lambda note: echo(f"{note}\n", err=True),
    }
    with _watched(page, folder, declared):
        if limit is not None:
            from harness.deciding.until_decided import run_until_decided

            results, done = run_until_decided(parts[0], limit, folder, workers, **options)
        else:
            swept = [sweep(part, folder, workers, shard=shard, **options) for part in parts]
            results, done = joined([tables for tables, _ in swept]), sum(number for _, number in swept)
    if not len(results.runs):
        nothing = f"Nothing to run: no run of this experiment is in shard {shard}."
        echo(as_json_text(results, done, folder, []) if as_json else nothing)
        return
    files, undrawn = written(results, declared, folder, Path("results") / name if reference else None)
    files += [page] if page is not None else []

    if as_json:
        echo(as_json_text(results, done, folder, files))
    else:
        report_done(results, done, declared, folder, files)
    if undrawn is not None:
        raise undrawn
    if results.runs["outcome"].isin(ends).any():
        raise SystemExit(1)


def _watched(page: Path | None, folder: Path, declared: Experiment) -> AbstractContextManager[object]:
    """Return the context in which a page is written again and again, or one without a page."""
    if page is None:
        return nullcontext()
    from harness.report.html.watching import Watch, watched

    echo(f"page: {page}, written again as runs finish\n", err=True)
    return watched(Watch(folder, page, declared.name, declared.question))


def _outcomes(named: str | None) -> list[str]:
    """Return the outcomes that are named, each looked up."""
    from optimizers.optimizer import OutcomeName

    listed = [] if named is None else [name.strip() for name in named.split(",")]
    for name in listed:
        if name not in get_args(OutcomeName):
            raise unknown_name("outcome", name, get_args(OutcomeName))
    return listed


def _executor(named: str | None, address: str | None) -> dict[str, Any] | None:
    """Return the executor that is named, as a table."""
    from harness.sweeps.executors import EXECUTORS

    if named is None:
        if address is not None:
            raise InputError("--address is given without an executor: add --executor dask")
        return None
    return EXECUTORS.read(named) | ({} if address is None else {"address": address})
