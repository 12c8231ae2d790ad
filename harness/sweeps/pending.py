"""What of an experiment is done in a folder, and what is left to do."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from harness.runs.plans import Plan, records
from harness.runs.single_run import Run
from harness.runs.status import PASSING
from harness.sweeps.experiment import Experiment
from harness.sweeps.planning import kinds_of
from harness.sweeps.shards import Shard
from optimizers.errors import InputError, unknown_name
from optimizers.printable import shown

OTHER_CODE = "other-code"
"""Word for finished runs of another fingerprint."""


def asked_of(
    experiment: Experiment, runs: Sequence[Run], skipped: pd.DataFrame, fingerprint: str, reuse: str | None
) -> Plan:
    """Return the plan of an experiment.

    Arguments:
        experiment: as it is declared.
        runs: all of its runs.
        skipped: the combinations that were refused.
        fingerprint: of the code that the runs are asked of.
        reuse: ``OTHER_CODE`` takes finished runs of other code for those of this one, or None.

    Raises:
        InputError: if there is nothing to run, or something else is to be reused.
    """
    if reuse not in (None, OTHER_CODE):
        raise unknown_name("kind of runs to reuse", reuse, [OTHER_CODE])
    if not runs:
        reasons = "; ".join(sorted(set(skipped["reason"])))
        raise InputError(f"experiment '{experiment.name}' has no run that can work: {reasons}")
    return Plan(
        experiment.name,
        experiment.question,
        tuple(run.run_id for run in runs),
        records(skipped),
        fingerprint,
        reuse == OTHER_CODE,
        experiment.declaration(),
        kinds_of(runs),
    )


def pending_of(
    runs: Sequence[Run], done: pd.DataFrame, again: Collection[str], shard: Shard | None
) -> list[Run]:
    """Return the runs that are left to do.

    Arguments:
        runs: those that are asked for.
        done: rows of those that are finished.
        again: outcomes that are done again.
        shard: part of them, or None.
    """
    there = set(done["run_id"][~done["outcome"].isin(list(again))])
    return [run for run in runs if run.run_id not in there and (shard is None or shard.holds(run.run_id))]


def outcomes_to_retry(retry: str | Collection[str]) -> set[str]:
    """Read which outcomes are done again.

    Raises:
        InputError: for an outcome that would come again.
    """
    if not isinstance(retry, str | list | tuple | set | frozenset) or not all(
        isinstance(name, str) for name in retry
    ):
        raise InputError(f"retry is {shown(retry)}, expected outcomes such as 'failed'")
    listed = [
        name.strip() for entry in ([retry] if isinstance(retry, str) else retry) for name in entry.split(",")
    ]
    for name in listed:
        if name not in PASSING:
            raise unknown_name("outcome to retry", name, PASSING)
    return set(listed)


def kept_aside(asked: Plan, kept: pd.DataFrame, done: pd.DataFrame) -> tuple[str, ...]:
    """Say how many of the runs that are asked for are there from other code only, and how to take them."""
    aside = set(kept["run_id"]) & set(asked.runs) - set(done["run_id"])
    if not aside:
        return ()
    counted = "1 run of other code is" if len(aside) == 1 else f"{len(aside)} runs of other code are"
    return (
        f"{counted} kept aside and done again; to take what is there: "
        '--reuse other-code (in Python reuse="other-code")',
    )
