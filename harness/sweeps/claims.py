"""The claims of an experiment, held against what it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.runs.claims import Claim
from harness.runs.identity import shown_problem
from harness.sweeps.selection import Members, found
from optimizers.errors import InputError


def checked_claims(claims: Sequence[Claim], members: Members) -> tuple[Claim, ...]:
    """Return claims with every optimizer looked up and every problem by its full name.

    Arguments:
        claims: as they are declared.
        members: of every axis of the experiment.

    Raises:
        InputError: for a name that is not there or stands for several optimizers.
    """
    return tuple(
        replace(
            claim,
            better=_optimizer(claim.better, members),
            than=_optimizer(claim.than, members),
            problems=_problems(claim.problems, members),
        )
        for claim in claims
    )


def claims_left(claims: Sequence[Claim], members: Members) -> tuple[Claim, ...]:
    """Return the claims that can still be decided where some members were taken away.

    A claim about several problems stays with those that are left.
    """
    left = []
    for claim in claims:
        there = tuple(name for name in claim.problems if _is_there("problem", name, members))
        if claim.problems and not there:
            continue
        if all(_is_there("optimizer", name, members) for name in (claim.better, claim.than)):
            left.append(replace(claim, problems=there))
    return tuple(left)


def _is_there(axis: str, name: str, members: Members) -> bool:
    try:
        return bool(found(members, axis, name) if axis == "problem" else _optimizer(name, members))
    except InputError:
        return False


def _optimizer(given: str, members: Members) -> str:
    """Return the name of an optimizer, or its label where it was named by options, with its source."""
    name, by, source = given.partition(" by ")
    numbers = found(members, "optimizer", name)
    if len(numbers) > 1:
        labels = ", ".join(members["optimizer"][number].label for number in numbers)
        raise InputError(f"claims: '{name}' stands for {len(numbers)} optimizers ({labels}): give a label")
    optimizer = members["optimizer"][numbers[0]]
    plain = name if name in (optimizer.label, optimizer.name()) else str(optimizer.label)
    if by:
        (number, *_) = found(members, "gradient", source)
        return f"{plain} by {members['gradient'][number]}"
    if len(members["gradient"]) > 1 and "gradient" in optimizer.needs:
        raise InputError(
            f"claims: '{name}' runs with {len(members['gradient'])} gradient sources: write "
            f"'{name} by {members['gradient'][0]}'"
        )
    return plain


def _problems(names: Sequence[str], members: Members) -> tuple[str, ...]:
    numbers = dict.fromkeys(number for name in names for number in found(members, "problem", name))
    return tuple(shown_problem(members["problem"][number]) for number in numbers)
