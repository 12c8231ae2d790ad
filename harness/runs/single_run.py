"""One run: one optimizer, gradient source, problem and seed, from its identity to its row and its trace."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import math
import time
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from harness.gradients import build_source
from harness.problems.base import BaseProblem
from harness.runs.identity import digest_of, digest_of_key, own_code, shown_optimizer, shown_problem
from harness.runs.recorder import Recorder, Trace
from optimizers.budget import Budget
from optimizers.objective import Array, Objective
from optimizers.observer import Observer
from optimizers.optimizer import Optimizer, Outcome
from optimizers.options import option_values
from optimizers.search import observed, search

NO_GRADIENT = "none"
"""Gradient source of a run whose optimizer asks for no gradient."""


class Described(NamedTuple):
    """What the rows of all runs of an optimizer say of it."""

    name: str
    label: str
    options: dict[str, Any]
    text: str
    """The options as JSON."""


def _described(optimizer: Optimizer) -> Described:
    try:
        return _described_once(optimizer)
    except TypeError:
        # Another package's optimizer may have an option that cannot be hashed, such as a list.
        return _describe(optimizer)


def _describe(optimizer: Optimizer) -> Described:
    options = option_values(optimizer)
    return Described(optimizer.name(), shown_optimizer(optimizer), options, json.dumps(options, default=repr))


@functools.lru_cache(maxsize=256)
def _stream(data_key: str, optimizer: Optimizer) -> list[int]:
    """Return the words that seed an optimizer's own randomness on a problem; each seed of a sweep asks."""
    parts = [data_key, _described(optimizer).name, _described(optimizer).options]
    text = json.dumps(parts, sort_keys=True, default=lambda value: type(value).__qualname__)
    digest = hashlib.sha256(text.encode()).digest()
    return [int.from_bytes(digest[place : place + 4], "little") for place in range(0, 16, 4)]


@functools.lru_cache(maxsize=256)
def _setting(budget: Budget, timeout: float | None, reference: str | None) -> str:
    limits = {**option_values(budget), "timeout": timeout}
    words = [f"{name}={value:.12g}" for name, value in limits.items() if value is not None]
    return ", ".join(words if reference is None else [*words, f"gradient_reference={reference}"])


_described_once = functools.lru_cache(maxsize=256)(_describe)


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

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", int(self.seed))
        if self.gradient != NO_GRADIENT:
            # One spelling: "central-difference:step=none" is "central-difference", and the same run.
            object.__setattr__(self, "gradient", build_source(self.gradient).label)
        if self.own_code is None:
            object.__setattr__(self, "own_code", own_code(self.problem, self.optimizer, [self.source()]))

    @functools.cached_property
    def run_id(self) -> str:
        """A digest of everything that defines the run, whatever the order it was declared in."""
        parts = {
            "problem": self.problem.key,
            "optimizer": _described(self.optimizer).name,
            "options": _described(self.optimizer).options,
            "gradient": self.gradient,
            "seed": self.seed,
            "budget": option_values(self.budget),
            "timeout": self.timeout,
        }
        if self.gradient_reference is not None:
            parts["gradient_reference"] = self.gradient_reference
        if self.own_code:
            parts["own_code"] = self.own_code
        # What is no plain value counts in ``own_code``; its own text may hold an address.
        return digest_of(json.dumps(parts, sort_keys=True, default=lambda value: type(value).__qualname__))

    @functools.cached_property
    def setting(self) -> str:
        """What limits the run and what is measured along it, in words."""
        return _setting(self.budget, self.timeout, self.gradient_reference)

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
        words = _stream(self.problem.data_key, self.optimizer)
        return np.random.default_rng(np.random.SeedSequence([self.seed, *words]))

    def execute(self) -> tuple[dict[str, Any], Trace]:
        """Do the run; return its row and its trace. An error of the search is an outcome, not an end."""
        objective = self.problem.objective(self.source(), self.seed)
        compile_seconds = self.warm_up(objective)
        start = self.problem.start(self.seed)
        own = None if self.gradient == NO_GRADIENT else self.gradient
        measure = self.problem.measures(self.seed, own, self.gradient_reference)
        recorder = Recorder(measure, self.problem.target)
        limits = (self.budget, self.problem.target, recorder, self.timeout)
        try:
            observer = observed(self.optimizer, objective, start, *limits, keep_several=recorder.several)
        except Exception as error:
            # A search that breaks is data like any other, and must not take the sweep with it.
            observer = Observer(objective, 1.0, *limits)
            outcome = observer.close(error=f"{type(error).__name__}: {error}")
        else:
            with _without_warnings():
                outcome = search(self.optimizer, start, self.generator(), observer, contain=True)
        with _without_warnings():
            try:
                recorder.measure()
            except Exception as error:
                outcome = Outcome("failed", f"{type(error).__name__}: {error}")
        trace = recorder.trace(self.run_id)
        return self._row(observer, outcome, recorder, trace, objective, compile_seconds), trace

    def _row(
        self,
        observer: Observer,
        outcome: Outcome,
        recorder: Recorder,
        trace: Trace,
        objective: Objective,
        compile_seconds: float,
    ) -> dict[str, Any]:
        target, described = self.problem.target, _described(self.optimizer)
        return {
            "run_id": self.run_id,
            "problem": shown_problem(self.problem),
            "optimizer": described.label,
            "optimizer_name": described.name,
            "options": described.text,
            "gradient": self.gradient,
            "seed": self.seed,
            "parameters": objective.size,
            "target": math.nan if target is None else target,
            "outcome": outcome.name,
            "sentence": outcome.sentence,
            "iterations": observer.iteration,
            "cost": observer.meter.cost,
            "value_rows": observer.meter.value_rows,
            "gradient_rows": observer.meter.gradient_rows,
            "seconds": observer.clock.seconds,
            "observation_seconds": observer.clock.observation_seconds,
            "compile_seconds": compile_seconds,
            "start_loss": float(trace["loss"][0]) if trace["loss"].size else math.nan,
            "final_loss": observer.final_loss,
            "best_loss": float(trace["best_loss"][-1]) if trace["loss"].size else math.nan,
            "train_accuracy": recorder.measures.train_accuracy,
            "test_loss": recorder.measures.test_loss,
            "test_accuracy": recorder.measures.test_accuracy,
            "cost_to_target": observer.meter.solved_cost if outcome.name == "solved" else math.nan,
            "confusion": self._confusion(recorder.last_w),
            "setting": self.setting,
            "problem_key": self.problem_key,
            "own_code": self.own_code,
            "best_w": observer.best.w,
            "last_w": np.empty(0) if recorder.last_w is None else recorder.last_w,
        }

    def _confusion(self, w: Array | None) -> str:
        """Return which classes parameters take for which, as JSON; empty where there is nothing to tell."""
        with _without_warnings():
            found = None if w is None else self.problem.confusion(w, self.seed)
        return json.dumps(found._asdict(), default=str) if found is not None else ""

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
            _described(self.optimizer).text,
            type(self.optimizer),
            self.source(),
            type(self.problem),
            # What a traced derivative compiles is a matter of the function.
            functions[:3] if functions is not None else self.problem.key,
        )
        if kind in _warm:
            return 0.0
        _warm.add(kind)
        objective = self.problem.rehearsal(self.source(), self.seed)
        # An error here will meet the run itself as well, which reports it.
        with contextlib.suppress(Exception), _without_warnings():
            start = self.problem.start(self.seed)
            observer = observed(self.optimizer, objective, start, Budget(iterations=2))
            search(self.optimizer, start, self.generator(), observer, contain=True)
            self.problem.measures(self.seed)(observer.best.w[None])
        return time.perf_counter() - began


def _without_warnings() -> np.errstate:
    """Silence NumPy about numbers beyond all measure: a run that diverges has an outcome that says so."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")


_warm: set[tuple[Any, ...]] = set()
"""Kinds of runs that this process has compiled."""
