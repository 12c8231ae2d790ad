"""Verdicts as sentences, each with its estimate, its interval and the number it is of."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.analysis.comparison import Decided
from harness.analysis.numbers import significant
from harness.analysis.transfer import Transfer
from harness.analysis.verdict import Line, Verdict
from harness.runs.problem_names import short_problems
from harness.runs.tables import Tables, gradient_sources

MEASURE = {
    "cost-to-target": "cost to the target",
    "final-loss": "final loss",
    "solved": "starts solved",
    "accuracy": "test accuracy",
    "anytime-area": "area under the curve of the best loss",
}
OF_ITS = {
    "cost-to-target": "cost",
    "final-loss": "final loss",
    "anytime-area": "geometric mean of the best loss along the run",
}
MOST_NEEDED = 1e6
"""Seeds beyond which an undecided comparison is as good as even."""

OF_SEQUENCES = (
    "A pair is two runs from one start. Decided by confidence sequences, which hold at every number of "
    "seeds; those of being ahead hold for all claims together, those of sizes each for itself at the level "
    "of its claim.",
    "The number of seeds followed from the runs, so that only declared claims are judged rightly: ranks, and "
    "claims made up later, go by intervals of a fixed number, which such runs make too narrow.",
)


class Named:
    """What optimizers and problems are called in sentences.

    Arguments:
        problems: all that there are, for a name is as short as they allow.
        several: whether there are several gradient sources, so that an optimizer is called with its own.

    >>> Named(["xor"], several=True)(("adam", "analytic"))
    'adam by analytic'
    """

    def __init__(self, problems: Sequence[str], several: bool) -> None:
        self._several, self._short = several, short_problems(problems)

    def __call__(self, line: Line) -> str:
        """Return what an optimizer is called."""
        return f"{line[0]} by {line[1]}" if self._several and line[1] else line[0]

    def problem(self, problem: str) -> str:
        """Return what a problem is called."""
        return self._short.get(problem, problem)

    def key(self) -> list[str]:
        """Return what the short names of problems stand for, a sentence where there are any."""
        told = [f"{short} is {name}" for name, short in self._short.items() if short != name]
        return [f"Problems in short: {'; '.join(told)}."] if told else []


def names_of(tables: Tables) -> Named:
    """Return what the optimizers and problems of tables are called."""
    return Named([*map(str, tables.runs["problem"].unique())], len(gradient_sources(tables.runs)) > 1)


def verdict_sentence(found: Verdict, named: Named) -> str:
    """Return a verdict as one sentence."""
    one, other, place = named(found.line), named(found.other), named.problem(found.problem)
    margin = found.stopped.margin if found.stopped else _margin(found)
    heads = {
        "better": f"{one} is ahead of {other} on {place}",
        "worse": f"{one} is behind {other} on {place}",
        "equivalent": f"{one} and {other} are equivalent on {place} ({margin})",
        "undecided": f"{one} against {other} on {place} is undecided",
    }
    reason = f" ({found.reason})" if found.reason else ""
    if math.isnan(found.probability):
        return f"{heads[found.answer]}{reason or ' (no pair of runs)'}, {_count(found.n, 'pair')}"
    parts = [_starts(found)] if found.by != "solved" else []
    parts += [_effect(found, named), _solved(found), _stopped(found) if found.stopped else _unpaired(found)]
    said = ", ".join(part for part in parts if part)
    about = f", by {MEASURE[found.by]}" if found.by != "cost-to-target" else ""
    return f"{heads[found.answer]}{about}{reason}: {said}{_beyond(found)}"


def transfer_sentence(found: Transfer, named: Named, level: float = 0.95) -> str:
    """Return a claim over several problems as one sentence.

    What was decided on these problems is one claim, what holds for problems like them is another.
    """
    counts = {name: getattr(found, name) for name in ("better", "worse", "equivalent", "undecided")}
    said = ", ".join(f"{name} on {number}" for name, number in counts.items() if number)
    tied = f", tied on {found.tied}" if found.tied else ""
    on_others = {"better": "ahead", "worse": "behind"}.get(found.answer, "undecided")
    return (
        f"{named(found.line)} against {named(found.other)} on these {found.problems} problems: {said}; "
        f"on problems like these {on_others}: ahead on {found.ahead} of {found.problems}{tied} "
        f"({_percent(level)} % interval {_between(found.share_interval, 0.5)} %)"
    )


def notes_of(decided: Decided) -> list[str]:
    """Return what a reader of the verdicts has to know."""
    lines = list(decided.notes)
    if decided.declaration is not None:
        return [*lines, decided.declaration.sentences()[0], *OF_SEQUENCES]
    if not decided.tests:
        return lines
    most = max((found.n for found in decided.verdicts), default=0)
    if most < decided.fewest:
        lines.append(
            f"With {_count(most, 'pair')} and {_count(decided.tests, 'comparison')} no difference can be "
            f"decided, however large: take {decided.fewest} seeds or more"
            + ("." if decided.declared else ", or declare the claims that matter, which are fewer.")
        )
    what = "claims on problems" if decided.declared else "comparisons, of every two optimizers on a problem"
    lines.append(
        f"A pair is two runs from one start. Decided by the sign test at {_percent(1 - decided.level)} %, "
        f"adjusted by Holm for {decided.tests} {what}; each interval is of its own."
    )
    return lines


def _starts(found: Verdict) -> str:
    tied = f", tied on {found.tied}" if found.tied else ""
    # Whose starts they are has to be said where the sentence begins with both.
    who = {"better": "", "worse": "ahead ", "equivalent": "the first is ahead ", "undecided": "ahead "}
    return (
        f"{who[found.answer]}on {found.ahead} of {found.n} starts{tied} "
        f"({_interval_word(found)} {_between(found.probability_interval, 0.5)} %)"
    )


def _interval_word(found: Verdict) -> str:
    return f"{'time-uniform ' if found.stopped else ''}{_percent(found.level)} % interval"


def _stopped(found: Verdict) -> str:
    """Say when it was decided, or how many seeds it would take."""
    assert found.stopped is not None
    if found.stopped.at is not None:
        return f"decided after {_count(found.stopped.at, 'seed')}"
    if found.stopped.needed > MOST_NEEDED:
        return "no number of seeds is in sight that would decide it"
    digits = 1 - math.floor(math.log10(found.stopped.needed))
    return f"about {round(found.stopped.needed, digits):,.0f} seeds would decide it"


def _effect(found: Verdict, named: Named) -> str:
    """Say by how much, as far as that is known."""
    if found.by == "solved":
        low, high = found.difference_interval
        return (
            f"solves {found.solved} against {found.other_solved} of {found.n} starts, a difference of "
            f"{_percent(found.difference)} % ({_interval_word(found)} {_between((low, high), 0.0)} %)"
        )
    if math.isnan(found.effect):
        return ""
    low, high = found.effect_interval
    if found.by == "accuracy":
        word = "higher" if found.effect >= 0 else "lower"
        ends = (f"{low:+.3f}", f"{high:+.3f}")
        return f"test accuracy {word} by {abs(found.effect):.3f} {_interval((low, high), ends)}"
    of_its = OF_ITS[found.by]
    if math.isinf(found.effect):
        # More than half of what the ratio is the centre of is 0, or has no end.
        without = "would never reach the target" if found.by == "cost-to-target" else "have no loss"
        whose = found.other if found.effect < 0 else found.line
        return f"no ratio, for too many runs of {named(whose)} {without}"
    interval = _interval((low, high), (_times(low), _times(high)))
    if not found.effect_exact and found.effect == 0:
        return f"the ratio of {of_its} is not known {interval}"
    bound = "" if found.effect_exact else " at the most" if found.effect < 0 else " at the least"
    times = _times(found.effect)
    return f"at {times}{' of' if '/' in times else ' times'} its {of_its}{bound} {interval}"


def _interval(ends: tuple[float, float], said: tuple[str, str]) -> str:
    if all(math.isinf(end) for end in ends):
        return "(no interval)"
    if math.isinf(ends[0]):
        return f"(below {said[1]})"
    return f"(above {said[0]})" if math.isinf(ends[1]) else f"({said[0]} to {said[1]})"


def _times(logarithm: float) -> str:
    """Write a factor from its logarithm.

    >>> [_times(math.log(factor)) for factor in (1 / 179, 0.5, 0.83, 1.0, 12.34)]
    ['1/179', '1/2', '0.83', '1', '12.3']
    """
    if abs(logarithm) > 700:
        return "0" if logarithm < 0 else "inf"
    factor = math.exp(logarithm)
    if factor <= 0.5 + 1e-9:
        return f"1/{_short(1.0 / factor)}"
    return f"{factor:.3g}" if factor < 2 else _short(factor)


def _short(number: float) -> str:
    return significant(number) if number >= 1000 else f"{number:.3g}"


def _solved(found: Verdict) -> str:
    """Say how many solved, where not all did, for then what else is said is of runs of two kinds."""
    if found.solved is None or found.other_solved is None or found.by == "solved":
        return ""
    if found.solved == found.other_solved == found.n:
        return f"all {2 * found.n} runs solved"
    return f"solved {found.solved} and {found.other_solved} of {found.n}"


def _unpaired(found: Verdict) -> str:
    return f"{_count(found.unpaired, 'run')} without a partner left out" if found.unpaired else ""


def _margin(found: Verdict) -> str:
    if found.by in ("solved", "accuracy"):
        return f"within {found.margin:.3g}"
    return f"within a factor of {1 + found.margin:.3g}"


def _beyond(found: Verdict) -> str:
    """Say where a difference that is there may be too small to matter."""
    if not found.margin or found.answer not in ("better", "worse"):
        return ""
    allowed = found.margin if found.by in ("accuracy", "solved") else math.log1p(found.margin)
    ends = found.difference_interval if found.by == "solved" else found.effect_interval
    if min(ends) > allowed or max(ends) < -allowed:
        return ""
    return f"; whether it is by more than the margin ({_margin(found)}) is not decided"


def _percent(share: float) -> str:
    """Write a share in per cent.

    >>> _percent(0.95), _percent(0.999), _percent(0.0)
    ('95', '99.9', '0')
    """
    return f"{round(100 * share, 1):g}" if share > 0.99 else f"{100 * share:.0f}"


def _between(ends: tuple[float, float], even: float) -> str:
    """Write an interval in per cent, an end beside the line of no difference not as if it stood on it.

    >>> _between((0.364, 0.4992), 0.5), _between((0.5, 0.613), 0.5), _between((-0.004, 0.2), 0.0)
    ('36 to 49.9', '50 to 61', '-0.4 to 20')
    """
    said = []
    for end in ends:
        digits = next((d for d in range(4) if round(100 * end, d) != 100 * even), 0)
        said.append(f"{100 * end:.{digits}f}")
    return " to ".join(said)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
