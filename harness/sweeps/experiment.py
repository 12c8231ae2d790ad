"""Experiments: a question, and the runs that answer it."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.gradients import build_source
from harness.problems.base import BaseProblem
from harness.runs.claims import Claim
from harness.runs.described import RowsKept
from harness.runs.identity import digest_of, is_own_optimizer, is_own_problem, own_code
from harness.sweeps.claims import checked_claims
from harness.sweeps.selection import AXES, Combinations, combinations, exclusions
from harness.sweeps.toml_text import toml_text
from optimizers.budget import Budget
from optimizers.errors import InputError
from optimizers.optimizer import Optimizer
from optimizers.options import changed_options, option_values
from optimizers.printable import shown

DEFAULT_FIGURE = {"name": "convergence", "x": "cost"}

MOST_RUNS = 1_000_000
"""Runs of one experiment; more would fill the memory before anything runs."""


@dataclass(frozen=True)
class Experiment:
    """A named set of runs: every problem, with every optimizer, gradient source and seed.

    Attributes:
        name: the name of its folder.
        question: what it is to answer.
        problems: what is searched.
        optimizers: how it is searched.
        gradients: gradient sources, each a name with its options, such as "central-difference:step=1e-6".
        seeds: each decides split, start, row order and the optimizer's own randomness.
        budget: the most that one run may spend; several are an axis.
        timeout: seconds after which a run is given up, before the next call of a slow function at the latest,
            or None.
        gradient_reference: gradient source that each run's own is held against at every look, or None.
        trace: "looks", or "improvements" for a row at every improvement of the best loss as well, so that
            any target stands where it was met.
        plugins: files that bring optimizers, problems and others, by their paths.
        figures: the plots that answer the question, each a name and its options.
        zip: fields of axes that go together, the first of one with the first of the other, such as
            ``["problems", "budget"]``, or a list of such lists.
        exclude: combinations that are left out, each a table of axes and their values, such as
            ``{"problem": "iris", "optimizer": "genetic-algorithm"}``.
        claims: what it is to decide; none holds every optimizer against the best and against the first.
    """

    name: str
    question: str
    problems: Sequence[BaseProblem]
    optimizers: Sequence[Optimizer]
    gradients: Sequence[str]
    seeds: Sequence[int]
    budget: Budget | Sequence[Budget]
    timeout: float | None = None
    gradient_reference: str | None = None
    trace: RowsKept = "looks"
    plugins: Sequence[str] = ()
    figures: Sequence[dict[str, Any]] = field(default=(DEFAULT_FIGURE,))
    zip: Sequence[Any] = ()
    exclude: Sequence[Mapping[str, Any]] = ()
    claims: Sequence[Claim] = ()

    def __post_init__(self) -> None:
        for axis, members in self.members.items():
            if not members:
                raise InputError(f"experiment '{self.name}': {AXES[axis]} is empty, expected at least one")
        if len(self.budgets) == 1:
            object.__setattr__(self, "budget", self.budgets[0])
        runs = math.prod(map(len, self.members.values()))
        if runs > MOST_RUNS:
            raise InputError(
                f"experiment '{self.name}' has {runs:.3g} runs, expected up to {MOST_RUNS:.0e}: split it"
            )
        # One spelling for each, so that tables and the same source twice are told by the name alone.
        object.__setattr__(self, "gradients", [build_source(source).label for source in self.gradients])
        listed: dict[str, list[str | int]] = {
            "problem": [problem.name for problem in self.problems],
            "optimizer": [optimizer.label for optimizer in self.optimizers],
            "gradient source": list(self.gradients),
            "seed": list(self.seeds),
            "budget": [toml_text(_limits(budget)) for budget in self.budgets],
        }
        for label, names in listed.items():
            twice = next((name for name, count in Counter(names).items() if count > 1), None)
            if twice is not None:
                remedy = "give it once, or another name" if label == "problem" else "give it once"
                raise InputError(f"experiment '{self.name}': {label} {shown(twice)} is there twice: {remedy}")
        object.__setattr__(self, "exclude", exclusions(self.exclude))
        object.__setattr__(self, "claims", checked_claims(self.claims, self.members))
        there = self.combinations
        places = itertools.product(*(range(len(members)) for members in self.members.values()))
        if self.exclude and not any(map(there.has, places)):
            raise InputError(
                f"experiment '{self.name}': exclude leaves nothing to run: take something out of it"
            )

    @property
    def budgets(self) -> Sequence[Budget]:
        """The budgets, also where there is one."""
        return [self.budget] if isinstance(self.budget, Budget) else self.budget

    @property
    def members(self) -> dict[str, Sequence[Any]]:
        """The members of every axis, by what one is called."""
        lists = (self.problems, self.optimizers, self.gradients, self.budgets, self.seeds)
        return dict(zip(AXES, lists, strict=True))

    @property
    def combinations(self) -> Combinations:
        """Which combinations of the members are run."""
        return combinations(self.members, self.zip, self.exclude)

    def declaration(self) -> str:
        """Return the experiment as TOML, everything spelled out.

        What a user brought (own data, a function, an own class of optimizers) cannot be written down. It is
        declared as own, with a digest, so that the file never runs something else under its name.
        """
        budgets = [_limits(budget) for budget in self.budgets]
        declared: dict[str, Any] = {
            "question": self.question,
            "problems": [
                {"own": problem.name, "digest": digest_of(problem.key)}
                if is_own_problem(problem)
                else getattr(problem.family, "specification", problem.name)
                for problem in self.problems
            ],
            "gradients": list(self.gradients),
            "seeds": list(self.seeds),
            "budget": budgets if len(budgets) > 1 else budgets[0],
        }
        for name in ("zip", "exclude"):
            if getattr(self, name):
                declared[name] = list(getattr(self, name))
        if self.claims:
            declared["claims"] = [claim.table() for claim in self.claims]
        if self.plugins:
            declared["plugins"] = list(self.plugins)
        if self.timeout is not None:
            declared["timeout"] = self.timeout
        if self.gradient_reference is not None:
            declared["gradient_reference"] = self.gradient_reference
        if self.trace != "looks":
            declared["trace"] = self.trace
        if not self.figures:
            declared["figures"] = []
        lines = [f"{name} = {toml_text(value)}" for name, value in declared.items()]
        for figure in self.figures:
            lines += ["", "[[figures]]", *(f"{name} = {toml_text(value)}" for name, value in figure.items())]
        for optimizer in self.optimizers:
            lines += ["", "[[optimizers]]"]
            if is_own_optimizer(optimizer):
                code = own_code(self.problems[0], optimizer, [])
                lines += [f"own = {toml_text(optimizer.label)}", f"digest = {toml_text(code)}"]
                continue
            lines.append(f'name = "{optimizer.name()}"')
            changed = changed_options(optimizer)
            for name, value in option_values(optimizer).items():
                # TOML has no null: what is None by default is left out, and "none" stands for any other.
                if value is None and name in changed:
                    lines.append(f'{name} = "none"')
                elif value is not None:
                    # A list would be an axis; a list in a list is one value.
                    lines.append(f"{name} = {toml_text([value] if isinstance(value, list) else value)}")
        return "\n".join(lines) + "\n"


def _limits(budget: Budget) -> dict[str, Any]:
    return {name: limit for name, limit in option_values(budget).items() if limit is not None}
