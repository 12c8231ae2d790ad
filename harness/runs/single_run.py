"""One run: one optimizer, gradient source, problem and seed, from its identity to its row and its trace."""

from __future__ import annotations

import contextlib
import functools
import json
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.gradients import build_source
from harness.problems.base import BaseProblem
from harness.problems.seeds import seed_sequence
from harness.runs.columns import RUNS
from harness.runs.compiled_beside import wait_for
from harness.runs.described import RowsKept, described, plain_json, setting, stream
from harness.runs.finished import Finished
from harness.runs.identity import digest_of, digest_of_key, own_code, shown_problem
from harness.runs.recorder import Recorder, Trace
from harness.runs.shared import Searched, Shared, finish, without_warnings
from optimizers.budget import Budget
from optimizers.courses import Course
from optimizers.objective import Array, Measurable, Objective
from optimizers.observer import Observer
from optimizers.optimizer import Optimizer, Outcome
from optimizers.options import option_values
from optimizers.search import observed, search

NO_GRADIENT = "none"
"""Gradient source of a run whose optimizer asks for no gradient."""


@functools.lru_cache(maxsize=256)
def _spelled(gradient: str) -> str:
    """Return a gradient source in its one spelling: "central-difference:step=none" without the option."""
    return build_source(gradient).label


@dataclass(frozen=True)
class Run:
    """What defines one run. Two runs with the same ``run_id`` are the same run.

    ``own_code`` is the digest of the classes that a user brought, worked out here where it is left out; it
    takes a while, so whoever declares many runs of one optimizer does so once.
    """

    problem: BaseProblem
    optimizer: Optimizer
    gradient: str
    seed: int
    budget: Budget
    timeout: float | None = None
    gradient_reference: str | None = None
    own_code: str | None = None
    trace: RowsKept = "looks"

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", int(self.seed))
        if self.gradient != NO_GRADIENT:
            object.__setattr__(self, "gradient", _spelled(self.gradient))
        if self.own_code is None:
            object.__setattr__(self, "own_code", own_code(self.problem, self.optimizer, [self.source()]))

    @functools.cached_property
    def run_id(self) -> str:
        """A digest of everything that defines the run, whatever the order it was declared in."""
        return digest_of(f'{self._beginning}, "seed": {self.seed}{self._end}')

    @functools.cached_property
    def _beginning(self) -> str:
        """All that defines the run but its seed and timeout, which come last where JSON sorts its keys."""
        said = described(self.optimizer)
        parts = {
            "problem": self.problem.key,
            "optimizer": said.name,
            "options": said.options,
            "gradient": self.gradient,
            "budget": option_values(self.budget),
        }
        if self.gradient_reference is not None:
            parts["gradient_reference"] = self.gradient_reference
        if self.own_code:
            parts["own_code"] = self.own_code
        if self.trace != "looks":
            parts["rows"] = self.trace
        return plain_json(parts)[:-1]

    @functools.cached_property
    def _end(self) -> str:
        return f', "timeout": {json.dumps(self.timeout)}}}'

    def with_seeds(self, seeds: Iterable[int]) -> list[Run]:
        """Return the same run by other seeds."""
        # What all of them have in common is worked out once.
        common = {"_beginning": self._beginning, "_end": self._end, "setting": self.setting}
        fields = {name: value for name, value in vars(self).items() if name != "run_id"} | common
        runs = []
        for seed in seeds:
            run = object.__new__(Run)
            vars(run).update(fields, seed=int(seed))
            runs.append(run)
        return runs

    @functools.cached_property
    def setting(self) -> str:
        """What limits the run and what is measured along it, in words."""
        return setting(self.budget, self.timeout, self.gradient_reference, self.trace)

    @functools.cached_property
    def problem_key(self) -> str:
        """A digest of all that defines the problem."""
        return digest_of_key(self.problem.key)

    def source(self) -> str:
        """Return the gradient source that the objective is built with."""
        return "analytic" if self.gradient == NO_GRADIENT else self.gradient

    def generator(self) -> np.random.Generator:
        """Return the optimizer's own randomness, a stream apart from the problem's.

        Budget and gradient source have no part in it: a larger budget goes on with the same curve.
        """
        return _generator(self.seed, stream(self.problem.data_key, self.optimizer))

    def execute(self) -> tuple[dict[str, Any], Trace]:
        """Do the run; return its row and its trace. An error of the search is an outcome, not an end."""
        shared = self.shared()
        return finish(shared, [self.search(shared)])[0]

    def shared(self) -> Shared:
        """Return what the run has in common with those that differ by their seeds."""
        own = None if self.gradient == NO_GRADIENT else self.gradient
        target, said = self.problem.target, described(self.optimizer)
        columns = tuple(RUNS)
        row = dict.fromkeys(columns[: columns.index("last_w") + 1]) | {
            "problem": shown_problem(self.problem),
            "optimizer": said.label,
            "optimizer_name": said.name,
            "options": said.text,
            "gradient": self.gradient,
            "target": math.nan if target is None else target,
            "precision": self.problem.precision,
            "setting": self.setting,
            "problem_key": self.problem_key,
            "own_code": self.own_code,
        }
        words = stream(self.problem.data_key, self.optimizer)
        return Shared(self.problem, self.source(), own, self.gradient_reference, row, words)

    def search(self, shared: Shared) -> Searched:
        """Let the optimizer search; what is measured afterwards is left to ``finish``.

        Arguments:
            shared: made of this run, or of one that differs by its seed.
        """
        objective = shared.objective(self.seed)
        compile_seconds = 0.0 if shared.is_warm(objective) else self.warm_up(objective)
        start = self.problem.start(self.seed)
        try:
            observer, recorder = self.observer(shared, objective, start)
        except Exception as error:
            # A search that breaks is data like any other, and must not take the sweep with it.
            recorder = self._recorder(shared)
            observer = Observer(objective, 1.0, self.budget, self.problem.target, recorder, self.timeout)
            outcome = observer.close(broken=Outcome.of_error(error))
        else:
            # Making a generator takes 20 us, as many as a hundred steps of a 2-2-1 network.
            rng = _generator(self.seed, shared.words) if self.optimizer.random else _UNREAD
            with without_warnings():
                outcome = search(self.optimizer, start, rng, observer, contain=True)
        return Searched(self.run_id, self.seed, observer, outcome, recorder, start.size, compile_seconds)

    def retold(self, shared: Shared, start: Array, course: Course) -> Searched:
        """Return the run as ``search`` does, whose search was taken along with others.

        Arguments:
            shared: made of a run that differs by its seed.
            start: where it began, shape (n,).
            course: what it has gone through.

        Raises:
            RetellingError: if it has to search by itself.
        """
        observer, recorder = self.observer(shared, shared.objective(self.seed), start)
        outcome = search(course, start, _UNREAD, observer, contain=False)
        return Searched(self.run_id, self.seed, observer, outcome, recorder, start.size, 0.0)

    def observer(self, shared: Shared, objective: Measurable, start: Array) -> tuple[Observer, Recorder]:
        """Return the observer of a search that is about to begin, and what it keeps."""
        recorder = self._recorder(shared)
        limits = (self.budget, self.problem.target, recorder, self.timeout)
        return observed(self.optimizer, objective, start, *limits, recorder.several), recorder

    def _recorder(self, shared: Shared) -> Recorder:
        return shared.recorder(self.seed, self.trace == "improvements")

    def lost(self, sentence: str) -> Finished:
        """Return row and trace of a run that failed without a word of its own, as one whose process ended.

        Arguments:
            sentence: what is known of it.
        """
        shared = self.shared()
        objective = shared.objective(self.seed)
        recorder = self._recorder(shared)
        observer = Observer(objective, 1.0, self.budget, self.problem.target, recorder, self.timeout)
        outcome = observer.close(broken=Outcome("failed", sentence))
        searched = Searched(self.run_id, self.seed, observer, outcome, recorder, objective.size, 0.0)
        return finish(shared, [searched])[0]

    def warm_up(self, built: Objective | None = None) -> float:
        """Do two iterations of this kind, once a process, so that the clock sees no compilation.

        A plain function is not called for it: neither a timeout nor the cost knows of this.

        Arguments:
            built: the run's objective where there is one already; it is left as it is.

        Returns:
            Seconds that it took; 0 where the process had done it before.
        """
        began = time.perf_counter()
        functions = (built or self.problem.objective(self.source(), self.seed)).compiled
        # Which functions are compiled depends on options too, and a large problem has some that use threads.
        kind = (
            described(self.optimizer).text,
            type(self.optimizer),
            self.source(),
            type(self.problem),
            # What a traced derivative compiles is a matter of the function.
            functions[:3] if functions is not None else self.problem.key,
        )
        if kind in _warm:
            return 0.0
        _warm.add(kind)
        wait_for(self.optimizer)
        objective = self.problem.rehearsal(self.source(), self.seed)
        # An error here will meet the run itself as well, which reports it.
        with contextlib.suppress(Exception), without_warnings():
            start = self.problem.start(self.seed)
            observer = observed(self.optimizer, objective, start, Budget(iterations=2))
            search(self.optimizer, start, self.generator(), observer, contain=True)
            self.problem.measures(self.seed)(observer.best.w[None])
        return time.perf_counter() - began


def _generator(seed: int, words: Sequence[int]) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed_sequence(seed, words)))


_UNREAD = np.random.default_rng(0)
"""Handed to searches that do not read it."""

_warm: set[tuple[Any, ...]] = set()
"""Kinds of runs that this process has compiled."""
