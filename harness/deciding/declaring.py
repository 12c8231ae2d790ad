"""From an experiment and a limit to what is declared before the first run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.analysis.comparison import chosen_line, is_one_of
from harness.runs.claims import By, Claim
from harness.runs.declaration import LEVEL, Declaration, DeclaredClaim, Line
from harness.runs.identity import digest_of
from harness.runs.single_run import NO_GRADIENT, Run
from harness.sweeps.experiment import Experiment
from harness.sweeps.fields import MOST_SEEDS
from harness.sweeps.planning import kinds_of, plan
from optimizers.errors import InputError
from optimizers.printable import shown

Kind = tuple[str, Line]
"""Names of a problem, and of an optimizer with its gradient source, as tables have them."""

FEWEST = 10
"""The least that a limit may be: with fewer pairs than 9 nothing can be decided, however large."""


def named_runs(runs: Sequence[Run]) -> list[tuple[Kind, Run]]:
    """Return runs with the names that tables give to what they are of.

    Arguments:
        runs: of all kinds of the experiment, for which options a name says depends on the others.
    """
    names = [kind for kind in kinds_of(runs) for _ in range(kind["runs"])]
    return [
        ((name["problem"], (name["optimizer"], _source(name["gradient"]))), run)
        for name, run in zip(names, runs, strict=True)
    ]


def _source(gradient: str) -> str:
    return "" if gradient == NO_GRADIENT else gradient


def declare(experiment: Experiment, limit: int) -> Declaration:
    """Return what an experiment is to decide with up to so many seeds.

    Its claims, each on each of its problems; where it has none, every optimizer against the first, which is
    what it knows of the matter before it runs.

    Arguments:
        experiment: its seeds have no part in it.
        limit: seeds that a comparison may take.

    Raises:
        InputError: for a limit that is none, seeds that are chosen otherwise, or where nothing is to decide.
    """
    if not FEWEST <= limit <= MOST_SEEDS:
        raise InputError(
            f"max-seeds is {shown(limit)}, expected from {FEWEST}, below which nothing can be decided, to "
            f"{MOST_SEEDS}"
        )
    _refuse_chosen_seeds(experiment)
    runs, skipped = plan(with_seeds(experiment, 1))
    kinds: dict[str, dict[Line, Run]] = {}
    for (problem, line), run in named_runs(runs):
        kinds.setdefault(problem, {})[line] = run
    claims = _claims(experiment.claims, kinds) if experiment.claims else _against_first(kinds)
    if not claims:
        reasons = "; ".join(sorted(set(skipped["reason"])))
        raise InputError(
            f"experiment '{experiment.name}' has nothing to decide: name two optimizers that run on one "
            f"problem" + (f" ({reasons})" if reasons else "")
        )
    # Neither what it is called nor what is drawn of it changes what is decided.
    bare = replace(with_seeds(experiment, 1), question="", figures=(), claims=())
    return Declaration(tuple(claims), limit, LEVEL, digest_of(bare.declaration()))


def with_seeds(experiment: Experiment, seeds: int) -> Experiment:
    """Return an experiment with the first so many seeds."""
    return replace(experiment, seeds=tuple(range(seeds)))


def _refuse_chosen_seeds(experiment: Experiment) -> None:
    for name, entries in (("zip", experiment.zip), ("exclude", experiment.exclude)):
        for entry in [entries, *entries]:
            if not isinstance(entry, str) and ("seeds" in entry or "seed" in entry):
                raise InputError(
                    f"experiment '{experiment.name}': {name} names seeds, which follow from the runs with "
                    "until-decided: take them out of it"
                )


def _claims(claims: Sequence[Claim], kinds: Mapping[str, Mapping[Line, Run]]) -> list[DeclaredClaim]:
    found = []
    for number, claim in enumerate(claims):
        if claim.by == "anytime-area":
            raise InputError(
                f"claims: '{claim.better}' is to be better by anytime-area, which has no bounds that hold at "
                "every number of seeds: take cost-to-target, final-loss, solved or accuracy"
            )
        for problem, runs in kinds.items():
            if claim.problems and not is_one_of(problem, claim.problems):
                continue
            names = {line: run.optimizer.name() for line, run in runs.items()}
            one, other = (chosen_line(names, given) for given in (claim.better, claim.than))
            if isinstance(one, str) or isinstance(other, str):
                # Refused on this problem, which the table of skipped pairs says.
                continue
            by = claim.by or _usual(runs[one])
            found.append(DeclaredClaim(number, problem, one, other, by, claim.margin))
    return found


def _against_first(kinds: Mapping[str, Mapping[Line, Run]]) -> list[DeclaredClaim]:
    first = next((line for runs in kinds.values() for line in runs), None)
    return [
        DeclaredClaim(0, problem, line, first, _usual(runs[line]), 0.0)
        for problem, runs in kinds.items()
        for line in runs
        if first is not None and first in runs and line != first
    ]


def _usual(run: Run) -> By:
    return "final-loss" if run.problem.target is None else "cost-to-target"
