"""A comparison as readers get it: frames, sentences, and the lines of a terminal."""

from __future__ import annotations

import functools
import html
import itertools
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from harness.analysis.comparison import Decided, best_of, decide
from harness.analysis.mean_rank import MeanRank
from harness.analysis.numbers import significant
from harness.analysis.ranking import Rank
from harness.analysis.verdict import Verdict
from harness.report.sentences import (
    OF_SEQUENCES,
    Named,
    names_of,
    notes_of,
    transfer_sentence,
    verdict_sentence,
)
from harness.runs.claims import Claim
from harness.runs.tables import Tables
from optimizers.errors import InputError

SHORT = 15
"""Lines of the short form at the most."""


@dataclass(frozen=True, repr=False)
class Comparison:
    """The answers of a comparison: frames and sentences, as ``results.compare()`` returns them.

    Attributes:
        tables: the runs.
        decided: the verdicts.
    """

    tables: Tables
    decided: Decided

    @classmethod
    def of(cls, tables: Tables, claims: Sequence[Claim] | None = None, level: float = 0.95) -> Comparison:
        """Decide the claims of a comparison; None takes those that were declared."""
        return cls(tables, decide(tables, claims, level))

    @functools.cached_property
    def named(self) -> Named:
        """What optimizers and problems are called: found once, for it looks at every run."""
        return names_of(self.tables)

    @property
    def verdicts(self) -> pd.DataFrame:
        """One row a claim and problem, with its numbers, its answer and its sentence."""
        return pd.DataFrame([self._row(found) for found in self.decided.verdicts], columns=VERDICT_COLUMNS)

    @property
    def over_problems(self) -> pd.DataFrame:
        """One row a claim over two problems or more: counts on these, the answer for problems like these."""
        rows = []
        for found in self.decided.transfers:
            counts = {
                name: getattr(found, name)
                for name in (
                    "problems",
                    "better",
                    "worse",
                    "equivalent",
                    "undecided",
                    "ahead",
                    "tied",
                    "share",
                )
            }
            low, high = found.share_interval
            ends = {"share_low": low, "share_high": high, "p": found.p, "p_holm": found.p_adjusted}
            sentence = transfer_sentence(found, self.named, self.decided.level)
            said = {"by": found.by, **counts, **ends, "verdict": found.answer, "sentence": sentence}
            rows.append({**lines_of(found.line, found.other), **said})
        return pd.DataFrame(rows, columns=TRANSFER_COLUMNS)

    @property
    def ranking(self) -> pd.DataFrame:
        """One row a problem and optimizer, the best first, with the ranks that it can have."""
        rows = [
            {
                "problem": rank.problem,
                "first": rank.first,
                "last": rank.last,
                "optimizer": rank.line[0],
                "gradient": rank.line[1],
                "n": rank.n,
                "solved": math.nan if rank.solved is None else rank.solved,
                "ahead": rank.ahead,
            }
            for rank in self.decided.ranks
        ]
        return pd.DataFrame(rows, columns=RANK_COLUMNS)

    @property
    def sentences(self) -> list[str]:
        """The verdicts in words, problem by problem and then over all of them."""
        named = self.named
        if not self.decided.verdicts and not self.decided.notes:
            return [self._nothing()]
        lines = [verdict_sentence(found, named) for found in self.decided.verdicts]
        return lines + [
            transfer_sentence(found, named, self.decided.level) for found in self.decided.transfers
        ]

    @property
    def notes(self) -> list[str]:
        """What a reader of the sentences has to know."""
        made_up = self.tables.declaration is not None and self.decided.declaration is None
        return [*notes_of(self.decided), *([OF_SEQUENCES[1]] if made_up else []), *self.named.key()]

    def short(self, height: Callable[[str], int] = lambda line: 1) -> list[str]:
        """Return the claims in at most 15 lines, or the best against the reference on each problem.

        Where the reference is the best, the one behind it stands in its place.

        Arguments:
            height: returns how many lines a sentence takes where it is printed.
        """
        named, decided = self.named, self.decided
        if not decided.verdicts:
            return [*decided.notes] or [self._nothing()]
        chosen = list(decided.verdicts)
        if not decided.declared:
            # Those of the best come first on each problem, of these the one against the reference.
            first: dict[str, Verdict] = {}
            for found in chosen:
                first.setdefault(found.problem, found)
            chosen = list(first.values())
        lines = [verdict_sentence(found, named) for found in chosen]
        over = [transfer_sentence(found, named, decided.level) for found in decided.transfers]
        # What sequences are stands with the long form.
        notes = notes_of(decided)[: len(decided.notes) + 1] if decided.declaration else self.notes
        room = SHORT - sum(map(height, notes))
        if decided.declared:
            # What is said of all problems first, where there is no room for each of them.
            fits = sum(map(height, lines + over)) <= room
            lines = lines + over if fits else over + lines
        if sum(map(height, lines)) > room:
            # One at the least, and a line that says how many there are.
            ends = list(itertools.accumulate(map(height, lines)))
            kept = max(sum(end < room for end in ends), 1)
            more = len(lines) - kept
            lines = lines[:kept] + ([f"and {more} more: `harness compare` has them all"] if more else [])
        return lines + notes

    def rank_lines(self) -> list[str]:
        """Return the ranking in words, a line a problem; who cannot be told apart shares a range of ranks."""
        named = self.named
        lines = []
        for problem in dict.fromkeys(rank.problem for rank in self.decided.ranks):
            groups: dict[str, list[str]] = {}
            for rank in self.decided.ranks:
                if rank.problem == problem:
                    groups.setdefault(rank.places, []).append(named(rank.line) + _of(rank))
            places = (f"{places} {' = '.join(names)}" for places, names in groups.items())
            lines.append(f"{named.problem(problem)}: {'; '.join(places)}")
        return lines

    def mean_ranks(self) -> list[str]:
        """Return the mean ranks over problems in a line, where there are problems enough."""
        try:
            table = MeanRank(level=self.decided.level, incomplete="leave-out").compute(self.tables)
        except InputError:
            return []
        named = self.named
        ranked = table[table["n"] > 0].sort_values(["rank", "optimizer"], kind="stable")
        said = [
            f"{row['rank']:.2f} {named((row['optimizer'], row['gradient']))} {row['letters']}"
            for row in ranked.to_dict(orient="records")
        ]
        count = f"{int(ranked['n'].iloc[0])} problems, each once"
        return [f"mean ranks over {count}; who shares a letter is not told apart: {', '.join(said)}"]

    def is_best(self, rank: Rank) -> bool:
        """Say whether an optimizer is decided to be ahead of all others of its problem."""
        others = [other for other in self.decided.ranks if other.problem == rank.problem]
        return rank.last == 1 and len(others) > 1 and best_of(self.decided.ranks, rank.problem) == rank.line

    def as_json(self) -> str:
        """Return all of it for programs; numbers that are not finite are null."""
        content = {
            "name": self.tables.name,
            "question": self.tables.question,
            "declared": self.decided.declared,
            "comparisons": self.decided.tests,
            "level": self.decided.level,
            "verdicts": finite_records(self.verdicts),
            "over_problems": finite_records(self.over_problems),
            "ranking": finite_records(self.ranking),
            "notes": self.notes,
        }
        return json.dumps(content, indent=1, allow_nan=False)

    def _nothing(self) -> str:
        runs = self.tables.runs
        if not len(runs):
            return "There are no runs to compare."
        return f"There is nothing to compare: {runs['optimizer'].iloc[0]} alone was run on each problem."

    def _row(self, found: Verdict) -> dict[str, Any]:
        effect = found.effect if found.by in ("accuracy", "solved") else _factor(found.effect)
        ends = [
            _factor(end) if found.by not in ("accuracy", "solved") else end for end in found.effect_interval
        ]
        return {
            "problem": found.problem,
            **lines_of(found.line, found.other),
            "by": found.by,
            "margin": found.margin,
            "verdict": found.answer,
            "n": found.n,
            "unpaired": found.unpaired,
            "ahead": found.ahead,
            "tied": found.tied,
            "probability": found.probability,
            "probability_low": found.probability_interval[0],
            "probability_high": found.probability_interval[1],
            "effect": effect,
            "effect_low": ends[0],
            "effect_high": ends[1],
            "solved": math.nan if found.solved is None else found.solved,
            "other_solved": math.nan if found.other_solved is None else found.other_solved,
            "difference": found.difference,
            "difference_low": found.difference_interval[0],
            "difference_high": found.difference_interval[1],
            "p": found.p,
            "p_holm": found.p_adjusted,
            "decided_at": math.nan if found.stopped is None or not found.stopped.at else found.stopped.at,
            "needed": math.nan if found.stopped is None else found.stopped.needed,
            "sentence": verdict_sentence(found, self.named),
        }

    def __repr__(self) -> str:
        """Return the sentences, a line each: what somebody wants to see who has typed `results.compare()`."""
        return "\n".join(self.sentences)

    def _repr_html_(self) -> str:
        """Show sentences, ranking and notes in a notebook."""
        items = "".join(f"<li>{html.escape(line)}</li>" for line in self.sentences)
        ranks = "".join(f"<li>{html.escape(line)}</li>" for line in self.rank_lines())
        notes = "".join(f"<p><small>{html.escape(line)}</small></p>" for line in self.notes)
        return f"<ul>{items}</ul><p>Ranks:</p><ul>{ranks}</ul>{notes}"


LINES = ("optimizer", "gradient", "other", "other_gradient")
VERDICT_COLUMNS = [
    "problem", *LINES, "by", "margin", "verdict", "n", "unpaired", "ahead", "tied",
    "probability", "probability_low", "probability_high", "effect", "effect_low", "effect_high",
    "solved", "other_solved", "difference", "difference_low", "difference_high", "p", "p_holm",
    "decided_at", "needed", "sentence",
]  # fmt: skip
TRANSFER_COLUMNS = [
    *LINES, "by", "problems", "better", "worse", "equivalent", "undecided", "ahead", "tied", "share",
    "share_low", "share_high", "p", "p_holm", "verdict", "sentence",
]  # fmt: skip
RANK_COLUMNS = ["problem", "first", "last", "optimizer", "gradient", "n", "solved", "ahead"]


def lines_of(line: tuple[str, str], other: tuple[str, str]) -> dict[str, str]:
    """Return the columns that say which two optimizers are compared."""
    return dict(zip(LINES, (*line, *other), strict=True))


def _of(rank: Rank) -> str:
    """Say how many solved where not all did, and how often it is ahead."""
    solved = "" if rank.solved in (None, rank.n) else f", solved {rank.solved}/{rank.n}"
    return f" ({significant(rank.ahead)}{solved})" if not math.isnan(rank.ahead) else ""


def _factor(logarithm: float) -> float:
    return math.exp(logarithm) if not logarithm > 700 else math.inf


def finite_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table; numbers that are not finite are None."""

    def finite(value: Any) -> Any:
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return [
        {str(name): finite(value) for name, value in row.items()} for row in table.to_dict(orient="records")
    ]
