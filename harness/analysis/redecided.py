"""The claims of a comparison decided again under one choice of everything."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.analysis.anytime_area import heights_of
from harness.analysis.comparison import Decided, adjusted, in_order, usual_measure
from harness.analysis.defensible_choices import SPENDS, Change
from harness.analysis.grouping import Group, Pair, paired
from harness.analysis.measures import Heights, has_measure, measured
from harness.analysis.multiplicity import holm
from harness.analysis.other_limits import OtherLimits, Shortened, doubled
from harness.analysis.other_options import Kind, kinds_of, with_other_options
from harness.analysis.solved_difference import mcnemar_test
from harness.analysis.times import Axis
from harness.analysis.verdict import Line, Verdict, decided, evidence, missing_measure
from harness.runs.claims import By
from harness.runs.tables import Tables

NOT_DOUBLED = "there are no runs with twice the budget"
NO_PAIR = "they have no seed in common"
ENDED = "where both runs of a start end at the target, what their losses are below it is chance"
NOT_MEASURED = "the test accuracy was not measured where runs would have ended"

RATIOS: tuple[By, ...] = ("cost-to-target", "final-loss", "anytime-area")
"""Measures of which a margin is a factor; of the others it is a difference."""


@dataclass(frozen=True)
class Asked:
    """One claim on one problem."""

    problem: str
    line: Line
    other: Line
    by: By
    margin: float
    claim: int

    @classmethod
    def of(cls, found: Verdict) -> Asked:
        """Return what a verdict is the answer to."""
        return cls(found.problem, found.line, found.other, found.by, found.margin, found.claim)


class _Setup:
    """The runs with one target and budget, and what is worked out of them once."""

    def __init__(self, shortened: Shortened) -> None:
        self.shortened = shortened
        self.problems: Mapping[str, Mapping[Line, Group]] = in_order(shortened.tables)
        self._heights: dict[Axis, Heights] = {}
        self.family: dict[tuple[By | None, Axis], dict[tuple[str, Line, Line], float]] = {}

    def heights(self, by: By, axis: Axis) -> Heights | None:
        """Return the mean logarithm of each run's best loss, where that is compared."""
        if by != "anytime-area":
            return None
        if axis not in self._heights:
            self._heights[axis] = heights_of(self.shortened.tables, axis)
        return self._heights[axis]

    def reason(self, pair: Pair, by: By, usual: By, axis: Axis) -> str:
        """Say why the runs of a pair cannot be compared; nothing where they can.

        Arguments:
            pair: the runs.
            by: what is compared.
            usual: what is compared where nothing is changed.
            axis: what is spent.
        """
        sides = pair.group.ends, pair.other.ends
        ids = [run_id for ends in sides for run_id in ends["run_id"]]
        if not ids:
            return NO_PAIR
        why = next((self.shortened.unknown[one] for one in ids if one in self.shortened.unknown), "")
        if why:
            return why
        if by in SPENDS and any(np.isnan(ends[axis]).any() for ends in sides):
            return f"the {axis} of some runs are not known"
        if by == "accuracy" and not self.shortened.unmeasured.isdisjoint(ids):
            return NOT_MEASURED
        if by == "final-loss" and usual != by and bool((pair.group.solved & pair.other.solved).any()):
            return ENDED
        return "" if has_measure(pair, by, self.heights(by, axis)) else missing_measure(by)


class Redecided:
    """The claims of a comparison, to be decided again.

    Arguments:
        tables: the runs with their traces.
        found: what was decided of them.
        asked: the claims on single problems that are to be decided again.
    """

    def __init__(self, tables: Tables, found: Decided, asked: Sequence[Asked]) -> None:
        self._limits = OtherLimits(tables)
        self._doubled = doubled(tables)
        self._targetless = set(tables.runs["problem"]) - set(
            tables.runs.loc[tables.runs["target"].notna(), "problem"]
        )
        self._found = found
        self._asked = tuple(dict.fromkeys(asked))
        self._setups: dict[tuple[float, float], _Setup] = {}
        self._kinds: dict[str, dict[Line, Kind | None]] = {}

    def answers(self, change: Change) -> dict[Asked, Verdict | str]:
        """Return each claim's verdict under a change, or why there is none; nothing where it is no choice.

        A problem without a target has no other one, and optimizers of which no other options were run have
        none. All that can be decided are one family of tests, as they were the first time.
        """
        setup = self._setup(change.target, min(change.budget, 1.0))
        found: dict[Asked, Verdict | str] = {}
        pairs: dict[Asked, Pair] = {}
        for asked in self._asked:
            pair = self._pair(setup, asked, change)
            if pair is None or (change.target != 1.0 and asked.problem in self._targetless):
                continue
            by = asked.by if change.by is None else change.by
            why = pair if isinstance(pair, str) else setup.reason(pair, by, asked.by, change.axis)
            if isinstance(pair, str) or why:
                found[asked] = why
            else:
                pairs[asked] = pair
        for asked, verdict in zip(pairs, self._decided(setup, pairs, change), strict=True):
            # Under the names that it was asked by, whichever problem and options it is of.
            found[asked] = replace(
                verdict, problem=asked.problem, line=asked.line, other=asked.other, claim=asked.claim
            )
        return found

    def _setup(self, target: float, budget: float) -> _Setup:
        if (target, budget) not in self._setups:
            # Changes come target by target, and what is left of a trace may be large.
            self._setups = {key: setup for key, setup in self._setups.items() if key[0] == target}
            self._setups[target, budget] = _Setup(self._limits.ended(target, budget))
        return self._setups[target, budget]

    def _pair(self, setup: _Setup, asked: Asked, change: Change) -> Pair | str | None:
        problem = asked.problem if change.budget <= 1.0 else self._doubled.get(asked.problem, "")
        groups = setup.problems.get(problem, {})
        if asked.line not in groups or asked.other not in groups:
            return NOT_DOUBLED
        lines: tuple[Line, Line] | str | None = (asked.line, asked.other)
        if change.options == "other":
            if problem not in self._kinds:
                self._kinds[problem] = kinds_of(groups)
            lines = with_other_options(self._kinds[problem], asked.line, asked.other)
        return lines if lines is None or isinstance(lines, str) else paired(*(groups[one] for one in lines))

    def _decided(self, setup: _Setup, pairs: Mapping[Asked, Pair], change: Change) -> list[Verdict]:
        count, level = len(self._found.verdicts) if self._found.declared else 1, self._found.level
        verdicts = []
        for asked, pair in pairs.items():
            by = asked.by if change.by is None else change.by
            margin = asked.margin if (by in RATIOS) == (asked.by in RATIOS) else 0.0
            heights = setup.heights(by, change.axis)
            verdicts.append(evidence(pair, by, margin, count, level, axis=change.axis, heights=heights))
        if self._found.declared:
            return adjusted(verdicts)
        family = self._family(setup, change)
        return [
            decided(one, family[pair.group.problem, pair.group.line, pair.other.line])
            for one, pair in zip(verdicts, pairs.values(), strict=True)
        ]

    def _family(self, setup: _Setup, change: Change) -> dict[tuple[str, Line, Line], float]:
        """Return the p-value of every two optimizers of each problem, adjusted for all of them."""
        key = change.by, change.axis
        if key not in setup.family:
            names, values = [], []
            for problem, groups in setup.problems.items():
                usual = usual_measure(groups.values())
                by = usual if change.by is None else change.by
                for one, other in itertools.combinations(groups.values(), 2):
                    pair = paired(one, other)
                    if setup.reason(pair, by, usual, change.axis):
                        continue
                    found = measured(pair, by, change.axis, setup.heights(by, change.axis)).leads
                    names.append((problem, one.line, other.line))
                    values.append(mcnemar_test(int((found == 1.0).sum()), int((found == 0.0).sum())))
            p_values = holm(np.array(values, dtype=np.float64))
            forward = dict(zip(names, map(float, p_values), strict=True))
            turned = {(name, other, one): p for (name, one, other), p in forward.items()}
            setup.family[key] = forward | turned
        return setup.family[key]
