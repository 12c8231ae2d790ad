"""What a comparison is to decide and when it ends, written down before its first run."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.runs.claims import By
from harness.runs.parts import is_there, read_bytes, write_whole
from optimizers.errors import InputError

FILE = "declaration.json"
"""File of a folder of results that was declared before its first run."""

LEVEL = 0.95
"""Probability with which all of its verdicts are right together."""

EVEN = 0.1
"""Margin of a claim that names none: how far from 1/2 the probability of being ahead may be."""

Line = tuple[str, str]


@dataclass(frozen=True)
class DeclaredClaim:
    """A claim on one problem, with all that it leaves open settled.

    Attributes:
        claim: number of the claim that it belongs to.
        problem: its name.
        line: optimizer and gradient source that the claim says is better.
        other: those that it is compared with.
        by: what is compared.
        margin: smallest difference that matters, as of a claim; 0 is ``EVEN``.
    """

    claim: int
    problem: str
    line: Line
    other: Line
    by: By
    margin: float

    def margin_in_words(self) -> str:
        """Say what counts as equivalent.

        >>> DeclaredClaim(0, "xor", ("adam", ""), ("rprop", ""), "cost-to-target", 0.1).margin_in_words()
        'within a factor of 1.1'
        """
        if not self.margin:
            return f"ahead on {50 - 100 * EVEN:.0f} to {50 + 100 * EVEN:.0f} % of the starts"
        if self.by in ("solved", "accuracy"):
            return f"within {self.margin:.3g}"
        return f"within a factor of {1 + self.margin:.3g}"


@dataclass(frozen=True)
class Declaration:
    """What is to be decided, and when it ends.

    Attributes:
        claims: each on one problem.
        limit: seeds that a comparison may take at the most.
        level: probability with which all verdicts are right together.
        experiment: digest of the experiment as declared, without its seeds.
    """

    claims: Sequence[DeclaredClaim]
    limit: int
    level: float
    experiment: str

    @property
    def each(self) -> float:
        """The level of one claim (Bonferroni), with which all of them hold together, however they depend."""
        return 1.0 - (1.0 - self.level) / max(len(self.claims), 1)

    @property
    def digest(self) -> str:
        """What tells it from any other declaration."""
        return hashlib.sha256(json.dumps(self._table(), sort_keys=True).encode()).hexdigest()[:16]

    def sentences(self) -> list[str]:
        """Say it in words, a line a claim.

        >>> claim = DeclaredClaim(0, "xor", ("adam", "analytic"), ("rprop", "analytic"), "solved", 0.1)
        >>> for line in Declaration([claim], 2000, 0.95, "").sentences():
        ...     print(line)
        Declared before the first run (digest 6b96576703cce045): up to 2000 seeds, 1 claim, all at 95 %
        together. adam against rprop on xor by solved: equivalent is within 0.1.
        """
        count = f"{len(self.claims)} claim{'' if len(self.claims) == 1 else 's'}"
        sources = {name for claim in self.claims for _, name in (claim.line, claim.other) if name}
        head = (
            f"Declared before the first run (digest {self.digest}): up to {self.limit} seeds, {count}, "
            f"all at "
            f"{100 * self.level:g} % together."
        )
        return [head, *(_sentence(claim, len(sources) > 1) for claim in self.claims)]

    def _table(self) -> dict[str, Any]:
        claims = [asdict(claim) for claim in self.claims]
        return {"claims": claims, "limit": self.limit, "level": self.level, "experiment": self.experiment}


def _sentence(claim: DeclaredClaim, several: bool) -> str:
    one, other = (
        f"{name} by {source}" if several and source else name for name, source in (claim.line, claim.other)
    )
    return f"{one} against {other} on {claim.problem} by {claim.by}: equivalent is {claim.margin_in_words()}."


def read_declaration(folder: Path) -> Declaration | None:
    """Return what a folder was declared to decide, or None.

    Raises:
        InputError: if its file is not what was written.
    """
    file = folder / FILE
    if not is_there(file):
        return None
    try:
        table = json.loads(read_bytes(file))
        claims = tuple(
            DeclaredClaim(**{**claim, "line": tuple(claim["line"]), "other": tuple(claim["other"])})
            for claim in table["claims"]
        )
        found = Declaration(claims, table["limit"], table["level"], table["experiment"])
        if found.digest != table["digest"]:
            raise ValueError("digest")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(
            f"{file} is not what was written before the first run: bring that back, or begin in another "
            f"folder"
        ) from None
    return found


def keep_declaration(folder: Path, asked: Declaration | None, has_runs: bool) -> None:
    """Write a declaration into a folder, or see that it is the one that is there.

    Arguments:
        folder: of the results.
        asked: what the command is to decide; None where the command says how many seeds it takes.
        has_runs: whether runs are there.

    Raises:
        InputError: if the folder was declared to decide something else, or its runs came before.
    """
    there = read_declaration(folder)
    if asked is None and there is None:
        return
    if asked is None:
        raise InputError(
            f"{folder} was declared to decide its claims with up to {there.limit if there else 0} seeds, and "
            "other runs may not join: go on with --until-decided --max-seeds "
            f"{there.limit if there else 0}, or give another folder with --output"
        )
    if there is None:
        if has_runs:
            raise InputError(
                f"{folder} holds runs from before the claims were declared: give another folder with --output"
            )
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        table = {**asked._table(), "digest": asked.digest, "written": now}
        write_whole(folder / FILE, (json.dumps(table, indent=1) + "\n").encode())
    elif there.digest != asked.digest:
        raise InputError(
            f"{folder} was declared to decide something else ({_difference(there, asked)}): give the command "
            "that began it, or another folder with --output"
        )


def _difference(there: Declaration, asked: Declaration) -> str:
    """Say what differs first."""
    if there.limit != asked.limit:
        return f"up to {there.limit} seeds, now {asked.limit}"
    if there.claims != asked.claims:
        gone = [claim for claim in there.claims if claim not in asked.claims]
        new = [claim for claim in asked.claims if claim not in there.claims]
        first = _sentence((gone or new)[0], several=False).rstrip(".")
        return f"{'without' if gone else 'now with'} the claim {first}"
    return "another experiment: its budget, its options or its data differ"
