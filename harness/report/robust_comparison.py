"""How every verdict stands under each defensible choice, as readers get it: frames and sentences."""

from __future__ import annotations

import functools
import html
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from harness.analysis.comparison import Decided
from harness.analysis.robustness import Robustness, Tried, robustness
from harness.analysis.verdict import Answer
from harness.report.comparison import LINES, finite_records, lines_of
from harness.report.sentences import MEASURE, Named, names_of, notes_of
from harness.runs.claims import Claim
from harness.runs.tables import Tables

OVER = "all problems"
"""What stands in place of a problem where a verdict is over several."""

TURNED: dict[Answer, str] = {
    "better": "ahead",
    "worse": "behind",
    "equivalent": "equivalent",
    "undecided": "undecided",
}

CLAIM_COLUMNS = [
    "problem", *LINES, "by", "verdict", "choices", "held", "share", "better", "worse", "equivalent",
    "undecided", "own_choices", "own_held", "under", "not_available", "turned_by", "turned_to", "reversed_by",
    "sentence",
]  # fmt: skip
CHOICE_COLUMNS = [
    "problem", *LINES, "target", "budget", "axis", "options", "left_out", "by", "changes", "verdict",
    "estimate", "estimate_low", "estimate_high", "n", "p_holm", "not_available",
]  # fmt: skip


@dataclass(frozen=True, repr=False)
class RobustComparison:
    """Every verdict of a comparison again under each defensible choice, from ``results.robustness()``.

    Attributes:
        tables: the runs.
        decided: the verdicts themselves.
        found: how each stands, those over several problems first.
    """

    tables: Tables
    decided: Decided
    found: Sequence[Robustness]

    @classmethod
    def of(
        cls, tables: Tables, claims: Sequence[Claim] | None = None, level: float = 0.95
    ) -> RobustComparison:
        """Decide the claims under every choice; None takes those that were declared."""
        return cls(tables, *robustness(tables, claims, level))

    @functools.cached_property
    def named(self) -> Named:
        """What optimizers and problems are called: found once, for it looks at every run."""
        return names_of(self.tables)

    @property
    def claims(self) -> pd.DataFrame:
        """One row a verdict: under how many choices it holds, what else comes out, and what turns it."""
        rows = []
        for one in self.found:
            turned = one.smallest()
            opposite = one.smallest(OPPOSITE[one.answer]) if one.answer in OPPOSITE else None
            counts = {str(answer): one.counts[answer] for answer in TURNED}
            rows.append(
                {
                    "problem": one.problem or OVER,
                    **lines_of(one.line, one.other),
                    "by": one.usual.by,
                    "verdict": one.answer,
                    "choices": len(one.tried),
                    "held": one.held,
                    "share": one.share,
                    **counts,
                    "own_choices": len(one.by_own_measure),
                    "own_held": sum(tried.answer == one.answer for tried in one.by_own_measure),
                    "under": under(one),
                    "not_available": len(one.missing),
                    "turned_by": turned.choices.words(one.usual, self.named.problem) if turned else "",
                    "turned_to": turned.answer if turned else "",
                    "reversed_by": opposite.choices.words(one.usual, self.named.problem) if opposite else "",
                    "sentence": self._sentence(one),
                }
            )
        return pd.DataFrame(rows, columns=CLAIM_COLUMNS)

    @property
    def choices(self) -> pd.DataFrame:
        """One row a verdict and choice, with its numbers, or the reason why it is not available."""
        rows = []
        for one in self.found:
            about = {"problem": one.problem or OVER, **lines_of(one.line, one.other)}
            for tried in one.tried:
                low, high = tried.interval
                numbers = {"estimate": tried.estimate, "estimate_low": low, "estimate_high": high}
                chosen = {**vars(tried.choices), "changes": len(tried.choices.changes(one.usual))}
                said = {"verdict": tried.answer, "n": tried.n, "p_holm": tried.p, "not_available": ""}
                rows.append({**about, **chosen, **numbers, **said})
            for choices, why in one.missing:
                chosen = {**vars(choices), "changes": len(choices.changes(one.usual))}
                rows.append({**about, **chosen, "verdict": "", "n": 0, "not_available": why})
        return pd.DataFrame(rows, columns=CHOICE_COLUMNS)

    @property
    def sentences(self) -> list[str]:
        """Each verdict in words: the share of choices under which it holds, and what turns it."""
        if not self.found:
            return ["There is no verdict to hold against other choices: give runs of two optimizers."]
        told = [one for one in self.found if one.tried]
        same = sum(one.held == len(one.tried) for one in told)
        opposite = sum(
            one.smallest(OPPOSITE[one.answer]) is not None for one in told if one.answer in OPPOSITE
        )
        head = (
            "Verdicts that are the same under every choice that these runs can answer: "
            f"{same} of {len(told)}; that turn to their opposite under some: {opposite}."
        )
        return [head, *(self._sentence(one) for one in self.found)]

    @property
    def notes(self) -> list[str]:
        """What a reader has to know: what a choice is, and which are not available and why."""
        places: dict[tuple[str, str], list[str]] = {}
        for one in self.found:
            for choices, why in one.unavailable if one.problem else ():
                words = choices.words(one.usual, self.named.problem)
                listed = places.setdefault((words, why), [])
                if one.problem not in listed:
                    listed.append(one.problem)
        lines = [
            f"Not available: {words} on {_listed(problems)}, for {why}."
            for (words, why), problems in places.items()
        ]
        return [*notes_of(self.decided), *lines, NOTE, *self.named.key()]

    def as_json(self) -> str:
        """Return all of it for programs; numbers that are not finite are null."""
        content = {
            "name": self.tables.name,
            "question": self.tables.question,
            "declared": self.decided.declared,
            "level": self.decided.level,
            "claims": finite_records(self.claims),
            "choices": finite_records(self.choices),
            "notes": self.notes,
        }
        return json.dumps(content, indent=1, allow_nan=False)

    def _sentence(self, one: Robustness) -> str:
        named = self.named
        pair = named(one.line), named(one.other)
        place = f"on {named.problem(one.problem)}" if one.problem else "over problems"
        heads = {
            "better": f"{pair[0]} is ahead of {pair[1]} {place}",
            "worse": f"{pair[0]} is behind {pair[1]} {place}",
            "equivalent": f"{pair[0]} and {pair[1]} are equivalent {place}",
            "undecided": f"{pair[0]} against {pair[1]} {place} is undecided",
        }
        head, n = heads[one.answer], len(one.tried)
        if not n:
            return f"{head}, and these runs can answer no other choice: {one.missing[0][1]}"
        if one.held == n:
            return f"{head} under {under(one)}"
        turned = one.smallest()
        opposite = one.smallest(OPPOSITE[one.answer]) if one.answer in OPPOSITE else None
        said = []
        if turned is not None:
            said.append(f"{TURNED[turned.answer]} by {turned.choices.words(one.usual, named.problem)}")
        if opposite is not None and opposite is not turned:
            said.append(f"{TURNED[opposite.answer]} by {opposite.choices.words(one.usual, named.problem)}")
        return f"{head} under {under(one)}; the smallest change makes it {', and '.join(said)}"

    def __repr__(self) -> str:
        """Return the sentences, a line each."""
        return "\n".join(self.sentences)

    def _repr_html_(self) -> str:
        """Show sentences and notes in a notebook."""
        items = "".join(f"<li>{html.escape(line)}</li>" for line in self.sentences)
        notes = "".join(f"<p><small>{html.escape(line)}</small></p>" for line in self.notes)
        return f"<ul>{items}</ul>{notes}"


def under(one: Robustness) -> str:
    """Say under how many choices a verdict is the same, and what else comes out.

    Those by other measures are counted apart, for they ask another question.
    """
    own = one.by_own_measure
    others = [tried for tried in one.tried if tried.choices.by != one.usual.by]
    said = [f"{_held(own, one.answer)} by {MEASURE[one.usual.by]}"] if own else []
    return " and ".join([*said, *([f"{_held(others, one.answer)} by other measures"] if others else [])])


def _held(tried: Sequence[Tried], answer: Answer) -> str:
    """Say under how many choices an answer comes out."""
    n, counts = len(tried), Counter(one.answer for one in tried)
    if counts[answer] == n:
        return "the one choice" if n == 1 else f"all {n} choices"
    rest = ", ".join(
        f"{TURNED[other]} under {counts[other]}" for other in TURNED if other != answer and counts[other]
    )
    return f"{counts[answer]} of {n} ({rest})"


OPPOSITE: dict[Answer, Answer] = {"better": "worse", "worse": "better"}

NOTE = (
    "A choice is a target (as it is, 3 times as low, 3 times as high), a budget (as it is, half, twice), "
    "what is spent (cost, iterations, seconds), a measure, the options of both where others were run, and "
    "over problems which of them is left out; each combination that these runs can answer counts once. Those "
    "by other measures are counted apart: they ask another question. Other targets and halves of a budget "
    "are read off the traces, and may be off by up to 15 % of what a run would have spent."
)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) < 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"
