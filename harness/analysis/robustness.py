"""Every verdict again under each defensible choice: under how many it holds, and what turns it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.analysis.comparison import Decided, decide
from harness.analysis.defensible_choices import Change, Choices, every_change, usual_choices
from harness.analysis.redecided import Asked, Redecided
from harness.analysis.transfer import Subject, Transfer, transfers
from harness.analysis.verdict import Answer, Interval, Line, Verdict
from harness.runs.claims import Claim
from harness.runs.tables import Tables

NO_CHOICE = "there is no such choice"
FEWEST_LEFT = 2
"""Problems that a verdict over several is of at the least."""


@dataclass(frozen=True)
class Tried:
    """A verdict under one choice of everything.

    Attributes:
        choices: what was chosen.
        answer: what is decided then.
        estimate: probability of being ahead from a start; over problems the part of them.
        interval: its interval.
        n: pairs, or problems.
        p: adjusted as the verdict's own.
    """

    choices: Choices
    answer: Answer
    estimate: float
    interval: Interval
    n: int
    p: float


@dataclass(frozen=True)
class Robustness:
    """One verdict under every defensible choice.

    Attributes:
        problem: its name; empty for a verdict over all problems.
        line: optimizer and gradient source that the claim says is better.
        other: those that it is compared with.
        usual: the choices that the verdict itself is decided with.
        answer: that verdict.
        tried: all choices that can be told of, the usual ones among them.
        missing: the others, each with the reason why it cannot be told of.
    """

    problem: str
    line: Line
    other: Line
    usual: Choices
    answer: Answer
    tried: list[Tried] = field(default_factory=list)
    missing: list[tuple[Choices, str]] = field(default_factory=list)

    @property
    def by_own_measure(self) -> list[Tried]:
        """Those of the choices that leave the measure as it is: any other one is another question."""
        return [one for one in self.tried if one.choices.by == self.usual.by]

    @property
    def counts(self) -> Counter[Answer]:
        """How often each answer comes out."""
        return Counter(one.answer for one in self.tried)

    @property
    def held(self) -> int:
        """Under how many choices the answer is the same."""
        return self.counts[self.answer]

    @property
    def share(self) -> float:
        """The part of the choices under which it is; NaN where there is none."""
        return self.held / len(self.tried) if self.tried else math.nan

    def smallest(self, answer: Answer | None = None) -> Tried | None:
        """Return the smallest change under which the answer is another.

        Fewer changed choices are smaller; of as many, those that stand first among the fields of ``Choices``.

        Arguments:
            answer: what it turns to; None is any other.
        """
        found = [
            one
            for one in self.tried
            if one.answer != self.answer and (answer is None or one.answer == answer)
        ]
        return min(found, key=lambda one: one.choices.order(self.usual), default=None)

    @property
    def unavailable(self) -> list[tuple[Choices, str]]:
        """The single choices that cannot be told of, each with its reason."""
        return [(choices, why) for choices, why in self.missing if len(choices.changes(self.usual)) <= 1]


def robustness(
    tables: Tables, claims: Sequence[Claim] | None = None, level: float = 0.95
) -> tuple[Decided, list[Robustness]]:
    """Decide every claim of a comparison again under each defensible choice and each combination of them.

    The target of a problem 3 times as low and as high, half and twice the budget, cost, iterations or
    seconds, every measure, the other configuration of both optimizers where there is one, and, for a verdict
    over problems, without each of them. Each verdict is adjusted as the first one was, for all that are
    decided together under the same choice (Steegen, Tuerlinckx, Gelman, Vanpaemel 2016, Increasing
    transparency through a multiverse analysis, Perspectives on Psychological Science 11; Simonsohn, Simmons,
    Nelson 2020, Specification curve analysis, Nature Human Behaviour 4). The choices are no sample, so that
    their share has no interval.

    Arguments:
        tables: the runs with their traces.
        claims: what to decide; None takes those that were declared.
        level: probability of the intervals.

    Returns:
        The verdicts themselves, and how each stands: first those over several problems, then those of one.
    """
    found = decide(tables, claims, level)
    single = {Asked.of(one): _of_problem(one) for one in found.verdicts}
    over = _over(found)
    parts = [asked for listed in over.values() for asked in listed]
    several = {
        subject: _of_transfer(transfer, over[subject])
        for subject, transfer in transfers(found.each, level).items()
    }
    again = Redecided(tables, found, [*single, *parts])
    for change in every_change():
        answers = again.answers(change)
        for asked, robust in single.items():
            choices = change.choices(robust.usual)
            if choices is not None and choices != robust.usual and asked in answers:
                _add(robust, choices, answers[asked])
        _add_transfers(several, over, answers, change, level)
    return found, [*several.values(), *single.values()]


def _of_problem(found: Verdict) -> Robustness:
    usual = usual_choices(found.by)
    robust = Robustness(found.problem, found.line, found.other, usual, found.answer)
    known = not math.isnan(found.probability)
    _add(robust, usual, found if known else found.reason or "there is no pair of runs")
    return robust


def _add(robust: Robustness, choices: Choices, answer: Verdict | str) -> None:
    if isinstance(answer, str):
        robust.missing.append((choices, answer))
        return
    estimate, interval = answer.probability, answer.probability_interval
    robust.tried.append(Tried(choices, answer.answer, estimate, interval, answer.n, answer.p_adjusted))


def _over(found: Decided) -> dict[Subject, list[Asked]]:
    """Return the claims on single problems that each verdict over several is made of."""
    parts: dict[Subject, list[Asked]] = {}
    for one in found.each:
        if not math.isnan(one.probability):
            parts.setdefault((one.line, one.other, one.claim), []).append(Asked.of(one))
    return {subject: asked for subject, asked in parts.items() if len(asked) >= FEWEST_LEFT}


def _of_transfer(found: Transfer, parts: Sequence[Asked]) -> Robustness:
    usual = usual_choices(parts[0].by)
    robust = Robustness("", found.line, found.other, usual, found.answer)
    robust.tried.append(_tried(usual, found))
    return robust


def _tried(choices: Choices, found: Transfer) -> Tried:
    return Tried(choices, found.answer, found.share, found.share_interval, found.problems, found.p_adjusted)


def _add_transfers(
    several: Mapping[Subject, Robustness],
    over: Mapping[Subject, Sequence[Asked]],
    answers: Mapping[Asked, Verdict | str],
    change: Change,
    level: float,
) -> None:
    """Decide the claims over problems under a change, of all problems and without each of them."""
    problems = dict.fromkeys(asked.problem for parts in over.values() for asked in parts)
    for left_out in ("", *problems):
        verdicts: list[Verdict] = []
        missing: dict[Subject, str] = {}
        for subject, parts in over.items():
            kept = [asked for asked in parts if asked.problem != left_out]
            if len(kept) < FEWEST_LEFT or (left_out and len(kept) == len(parts)):
                continue
            for asked in kept:
                answer = answers.get(asked, NO_CHOICE)
                if isinstance(answer, str):
                    missing.setdefault(subject, f"{answer} ({asked.problem})")
            if subject not in missing:
                verdicts += [one for one in map(answers.get, kept) if isinstance(one, Verdict)]
        found = transfers(verdicts, level)
        for subject, robust in several.items():
            choices = change.choices(robust.usual)
            if choices is None or (choices == robust.usual and not left_out):
                continue
            choices = replace(choices, left_out=left_out)
            if missing.get(subject, "").startswith(NO_CHOICE):
                continue
            if subject in missing:
                robust.missing.append((choices, missing[subject]))
            elif subject in found:
                robust.tried.append(_tried(choices, found[subject]))
