"""The complex step on plain functions: the right slope, or a sentence that it cannot be had."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import harness
from harness.problems import FunctionProblem

NOT_ANALYTIC: dict[str, Any] = {
    "huber": lambda w: np.sum(np.where(np.abs(w) < 1, 0.5 * w * w, np.abs(w) - 0.5)),
    "absolute": lambda w: np.sum(np.abs(w)),
    "absolute times one": lambda w: np.sum(np.abs(w) * (1 + 0j) + w**2),
    "real part": lambda w: np.sum(w.real**2 + 0j),
    "conjugate": lambda w: np.sum(w * np.conj(w)),
    "norm": lambda w: np.linalg.norm(w) + w[0] * 0,
    "absolute far out": lambda w: np.where(w[0] < -20, abs(w[0]), w[0] ** 2) + w[1] ** 2,
    "absolute near 0": lambda w: np.where(abs(w[0]) < 0.05, abs(w[0]), w[0] ** 2) + w[1] ** 2,
}
SERVED: dict[str, tuple[Any, Any]] = {
    "maximum": (lambda w: np.maximum(w, 0).sum(), [1.0, 0.0]),
    "largest": (lambda w: np.max(w), [1.0, 0.0]),
    "branch": (lambda w: w[0] ** 2 if w[0] > 100 else w[0] ** 3, [27.0, 0.0]),
    "product": (lambda w: np.exp(-(w[0] ** 2)) * w[1], [-6 * np.exp(-9.0) * -2.0, np.exp(-9.0)]),
    "logarithm": (lambda w: np.log(w[0]) + w[1], [1 / 3, 1.0]),
}


@pytest.mark.parametrize("name", NOT_ANALYTIC)
def test_what_is_not_analytic_is_refused(name: str) -> None:
    objective = FunctionProblem(NOT_ANALYTIC[name], 2).objective("complex-step")
    assert "take central-difference or reverse-autodiff" in objective.gradient.cause
    assert objective.cost == 0


def test_what_is_defined_between_0_and_1_alone_is_tried_there() -> None:
    def function(w: Any) -> Any:
        return np.sum(np.log(w) + np.log(1.0 - w)) + np.real(w[0])

    objective = FunctionProblem(function, 8).objective("complex-step")
    assert "the function is not complex differentiable" in objective.gradient.cause


def test_a_slope_is_as_along_the_reals_to_a_thousandth() -> None:
    for off, refused in ((1.5e-3, True), (0.5e-3, False)):
        problem = FunctionProblem(lambda w, off=off: 0.5 * w[0] + off * np.real(w[0]), 1)
        cause = problem.objective("complex-step").gradient.cause
        assert bool(cause) == refused


def test_what_answers_differently_every_time_is_tried_once() -> None:
    calls = 0
    rng = np.random.default_rng(0)

    def noisy(w: Any) -> Any:
        nonlocal calls
        calls += 1
        return np.sum(w**2) + 1e-6 * rng.normal()

    problem = FunctionProblem(noisy, 2, key="noisy")
    causes = {problem.objective("complex-step").gradient.cause}
    tried = calls
    causes.add(problem.objective("complex-step").gradient.cause)
    assert len(causes) == 1
    assert calls == tried > 0


@pytest.mark.parametrize("name", SERVED)
def test_what_is_analytic_or_branches_on_the_real_part_has_its_slope(name: str) -> None:
    function, slope = SERVED[name]
    objective = FunctionProblem(function, 2).objective("complex-step")
    assert objective.gradient.cause == ""
    assert objective.value_and_gradient([3.0, -2.0])[1] == pytest.approx(slope, rel=1e-12, abs=1e-300)


def test_the_valleys_that_come_with_it_are_served() -> None:
    assert harness.problems.load("rosenbrock").objective("complex-step").gradient.cause == ""
