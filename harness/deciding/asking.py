"""What goes with running until all is decided, and what does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optimizers.errors import InputError


def asked_limit(
    until_decided: bool, limit: int | None, given: Mapping[str, bool], flag: str, option: str
) -> int | None:
    """Return how many seeds a comparison may take, or None where their number is given.

    Arguments:
        until_decided: whether seeds are to be added until all is decided.
        limit: how many at the most, or None.
        given: whether seeds and a shard are given, by what these options are called.
        flag: what ``until_decided`` is called.
        option: what ``limit`` is called.

    Raises:
        InputError: for what contradicts itself.

    >>> asked_limit(True, 2000, {"seeds": False, "shard": False}, "until_decided", "max_seeds")
    2000
    """
    seeds, shard = given
    if not until_decided:
        if limit is not None:
            raise InputError(f"{option} goes with {flag}: add that, or give the number of seeds by {seeds}")
        return None
    if limit is None:
        raise InputError(f"{flag} needs {option}, the most seeds that a comparison may take, such as 2000")
    if given[seeds]:
        raise InputError(
            f"{flag} finds out how many seeds it takes, from 0 on: leave out {seeds} and all that "
            f"chooses seeds"
        )
    if given[shard]:
        raise InputError(
            f"{flag} has to know all runs to say which come next: leave out {shard}; several machines do the "
            "runs of one command with executor dask"
        )
    return limit


def chooses_seeds(settings: Sequence[str], only: Sequence[str], without: Sequence[str]) -> bool:
    """Say whether a command's changes choose seeds.

    >>> chooses_seeds(["budget.cost=9"], [], ["seed=3"])
    True
    """
    set_ = any(setting.partition("=")[0].strip() == "seeds" for setting in settings)
    return set_ or any(choice.partition("=")[0].strip() == "seed" for choice in (*only, *without))
