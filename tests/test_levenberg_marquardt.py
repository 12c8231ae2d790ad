"""Levenberg-Marquardt against plain NumPy and against SciPy's least squares."""

from __future__ import annotations

import functools
import itertools
import math
import tracemalloc
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.optimize import least_squares
from watching import LeastSquares, watch

import harness
import optimizers
from harness.gradients import build_source
from harness.network.network import Network
from harness.network.objective import NetworkObjective
from optimizers import Budget, LevenbergMarquardt, SumOfSquares
from optimizers.second_order.levenberg_marquardt import MOST_PARAMETERS
from optimizers.second_order.normal_equations import NormalEquations

TIMES = np.linspace(0.1, 3.0, 15)
NOISE = np.random.default_rng(0).normal(0.0, 0.2, TIMES.size)


class Fit(NamedTuple):
    """Residuals, and a start."""

    residuals: Any
    start: Any


def helical(w: Any) -> Any:
    turn = np.arctan2(w[1], w[0]) / (2 * np.pi)
    return np.array([10 * (w[2] - 10 * turn), 10 * (np.hypot(w[0], w[1]) - 1), w[2]])


FITS = {
    "rosenbrock": Fit(lambda w: np.array([10 * (w[1] - w[0] ** 2), 1 - w[0]]), [-1.2, 1.0]),
    "powell-singular": Fit(
        lambda w: np.array(
            [
                w[0] + 10 * w[1],
                math.sqrt(5) * (w[2] - w[3]),
                (w[1] - 2 * w[2]) ** 2,
                math.sqrt(10) * (w[0] - w[3]) ** 2,
            ]
        ),
        [3.0, -1.0, 0.0, 1.0],
    ),
    "helical-valley": Fit(helical, [-1.0, 0.1, 0.0]),
    "box": Fit(
        lambda w: (
            np.exp(-w[0] * TIMES) - np.exp(-w[1] * TIMES) - w[2] * (np.exp(-TIMES) - np.exp(-10 * TIMES))
        ),
        [0.0, 10.0, 5.0],
    ),
    "noisy-decay": Fit(
        lambda w: w[0] * np.exp(-w[1] * TIMES) + w[2] - np.exp(-TIMES) - NOISE, [1.0, 0.5, 0.0]
    ),
    "noisy-line": Fit(lambda w: w[0] + w[1] * TIMES - 2.0 - 3.0 * TIMES - NOISE, [0.0, 0.0]),
}


def objective_of(fit: Fit) -> SumOfSquares:
    return SumOfSquares(fit.residuals, len(fit.start))


class Alike(SumOfSquares):
    """Residuals of parameters that are taken to be alike in size, as those of a network are."""

    parameters_alike = True


def alike(fit: Fit) -> SumOfSquares:
    return Alike(fit.residuals, len(fit.start))


def plain_path(objective: Any, w: Any, steps: int, initial_damping: float) -> list[Any]:
    """The method as Madsen, Nielsen, Tingleff (2004), Methods for non-linear least squares, alg. 3.16."""
    path, factor = [w], 2.0
    damping = None
    for _ in range(steps):
        blocks = [(r.copy(), J.copy()) for r, J in objective.residuals.blocks(w)]
        r, J = np.concatenate([r for r, _ in blocks]), np.vstack([J for _, J in blocks])
        A, g = J.T @ J, J.T @ r
        if damping is None:
            damping = initial_damping * A.diagonal().max()
        h = np.linalg.solve(A + damping * np.eye(w.size), -g)
        gain = (objective.peek(w) - objective.peek(w + h)) / (h @ (damping * h - g))
        if gain > 0:
            w = w + h
            damping *= max(1 / 3, 1 - (2 * gain - 1) ** 3)
            factor = 2.0
        else:
            damping *= factor
            factor *= 2
        path.append(w)
    return path


@functools.cache
def sums(activation: str) -> tuple[Network, Any, Any]:
    X = np.random.default_rng(0).uniform(-1, 1, (100, 2))
    return Network(sizes=(2, 6, 1), activation=(activation,), loss="squared"), X, X.sum(axis=1)


def network_objective() -> NetworkObjective:
    rng = np.random.default_rng(1)
    network = Network(sizes=(3, 5, 2), activation=("tanh",), loss="half-squared")
    return NetworkObjective(
        network, rng.normal(size=(200, 3)), rng.normal(size=(200, 2)), build_source("analytic")
    )


class TestSteps:
    @pytest.mark.parametrize("damping", [1e-6, 1e-3, 1.0])
    @pytest.mark.parametrize("name", FITS)
    def test_the_first_step_is_the_solution_of_the_damped_equations(self, name: str, damping: float) -> None:
        objective, start = alike(FITS[name]), np.array(FITS[name].start)
        ((r, J),) = objective.residuals.blocks(start)
        step = np.linalg.lstsq(
            np.vstack([J, math.sqrt(damping * (J * J).sum(axis=0).max()) * np.eye(start.size)]),
            np.concatenate([-r, np.zeros(start.size)]),
            rcond=None,
        )[0]
        _, look = watch(LevenbergMarquardt(initial_damping=damping), objective, start, [1]).seen
        if objective.peek(start + step) < objective.peek(start):
            assert look.w - start == pytest.approx(step, rel=1e-7, abs=1e-9)
        else:
            assert look.w.tolist() == start.tolist()

    @pytest.mark.parametrize("name", FITS)
    def test_the_path_is_that_of_the_printed_algorithm(self, name: str) -> None:
        objective, start = alike(FITS[name]), np.array(FITS[name].start)
        wanted = plain_path(objective, start, 8, 1e-3)
        found = watch(LevenbergMarquardt(), alike(FITS[name]), start, [1] * 8).path
        np.testing.assert_allclose(found, wanted[: len(found)], rtol=1e-6, atol=1e-8)

    def test_the_path_on_a_network_is_that_of_the_printed_algorithm(self) -> None:
        start = network_objective().draw_start(np.random.default_rng(3))
        wanted = plain_path(network_objective(), start, 15, 1e-2)
        watcher = watch(LevenbergMarquardt(initial_damping=1e-2), network_objective(), start, [1] * 15)
        np.testing.assert_allclose(watcher.path, wanted, rtol=1e-8, atol=1e-10)

    def test_blocks_add_up_to_the_equations_of_the_whole(self) -> None:
        objective = network_objective()
        w = objective.draw_start(np.random.default_rng(0))
        J = np.vstack([J.copy() for _, J in objective.residuals.blocks(w)])
        equations = NormalEquations(objective, w)
        assert np.triu(equations.matrix) == pytest.approx(np.triu(J.T @ J), rel=1e-12, abs=1e-14)
        assert equations.gradient == pytest.approx(objective.value_and_gradient(w)[1] / 2, rel=1e-12)
        assert equations.largest == pytest.approx((J * J).sum(axis=0).max(), rel=1e-13)

    def test_the_jacobian_is_never_held_as_a_whole(self) -> None:
        rng = np.random.default_rng(0)
        network = Network(sizes=(4, 8, 3), loss="squared")
        X, Y = rng.normal(size=(20_000, 4)), rng.normal(size=(20_000, 3))
        objective, w = NetworkObjective(network, X, Y, build_source("analytic")), network.start(rng)
        NormalEquations(objective, w)
        tracemalloc.start()
        try:
            NormalEquations(objective, w)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        # 32 million bytes as a whole.
        assert most < 600_000

    @pytest.mark.parametrize("seen", [1e-150, 1e-170])
    def test_a_decrease_far_beyond_what_was_promised_is_no_error(self, seen: float) -> None:
        # The model knows of one residual, and the step does away with another.
        lucky = SumOfSquares(
            lambda w: np.array([w[0] - seen, 1.0 if w[0] == 0.0 else 0.0]),
            1,
            lambda w: np.array([[1.0], [0.0]]),
        )
        best = optimizers.minimize(lucky, [0.0], LevenbergMarquardt(), Budget(iterations=50))
        assert best.loss < 1e-300

    def test_a_matrix_that_is_singular_is_damped_until_it_is_not(self) -> None:
        # Two parameters that do the same, and one that does nothing.
        twins = Alike(lambda w: np.array([w[0] + w[1] - 3.0, (w[0] + w[1]) ** 2 - 9.0]), 3)
        best = optimizers.minimize(twins, [0.5, 0.0, 7.0], LevenbergMarquardt(initial_damping=1e-300), 100)
        assert best.loss < 1e-25
        assert best.w[2] == 7.0


class TestMinima:
    @pytest.mark.parametrize("name", FITS)
    def test_are_those_of_scipy(self, name: str) -> None:
        fit = FITS[name]
        wanted = 2 * least_squares(fit.residuals, fit.start, xtol=1e-15, ftol=1e-15, gtol=1e-15).cost
        best = optimizers.minimize(objective_of(fit), fit.start, LevenbergMarquardt(), Budget(iterations=300))
        assert best.loss <= wanted * (1 + 1e-9) + 1e-20

    @pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
    def test_a_sum_is_learnt_to_a_millionth_of_a_millionth(self, activation: str) -> None:
        network, X, y = sums(activation)
        for seed in (1, 2, 3):
            objective = NetworkObjective(network, X, y, build_source("analytic"))
            start = network.start(np.random.default_rng(seed))
            target = 1e-12 * objective.peek(start)
            best = optimizers.minimize(
                objective, start, LevenbergMarquardt(), Budget(iterations=1000), target=target
            )
            assert best.outcome.name == "solved", (seed, best)

    def test_xor_is_solved_to_1e_20_for_200_forward_passes_from_most_starts(self) -> None:
        X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
        problem = harness.Problem.from_arrays(
            X, [0.0, 1.0, 1.0, 0.0], hidden=(2,), loss="squared", test_fraction=0, scale=False, target=1e-20
        )
        results = harness.run(problem, LevenbergMarquardt(), seeds=5, budget=Budget(cost=200))
        assert (results.runs["outcome"] == "solved").sum() >= 3


class TestEnds:
    def run(self, objective: Any, start: Any) -> optimizers.Minimum:
        return optimizers.minimize(objective, start, LevenbergMarquardt(), Budget(iterations=300))

    def test_where_the_residuals_are_zero(self) -> None:
        best = self.run(SumOfSquares(lambda w: 2.0 * w, 2), [0.0, 0.0])
        assert best.outcome.name == "stalled"
        assert "the gradient is zero" in best.outcome.sentence
        assert best.iterations == 1

    def test_where_nothing_depends_on_the_parameters(self) -> None:
        best = self.run(SumOfSquares(lambda w: np.ones(3), 2), [1.0, 2.0])
        assert "the gradient is zero" in best.outcome.sentence
        assert best.loss == 3.0

    @pytest.mark.parametrize("name", ["noisy-decay", "noisy-line", "rosenbrock"])
    def test_at_a_minimum_soon_after_it_is_reached(self, name: str) -> None:
        best = self.run(objective_of(FITS[name]), FITS[name].start)
        assert best.outcome.name == "stalled", best
        assert "no step lowers the loss any more" in best.outcome.sentence or best.loss == 0
        assert best.iterations < 80

    def test_at_a_minimum_of_zeros_at_once(self) -> None:
        # Beside such parameters no step is small; the decrease that it promises is.
        best = self.run(SumOfSquares(lambda w: np.array([w[0] - 1.0, w[0] + 1.0, w[0] ** 2]), 1), [0.3])
        assert best.loss == pytest.approx(2.0, rel=1e-15)
        assert best.iterations < 16, "16 where only the length of a step counts"

    def test_where_the_jacobian_is_not_finite(self) -> None:
        best = self.run(SumOfSquares(lambda w: np.ones(1), 1, lambda w: np.full((1, 1), np.inf)), [1.0])
        assert "the Jacobian is not finite" in best.outcome.sentence
        assert best.loss == 1.0

    @pytest.mark.parametrize("beyond", [math.nan, math.inf])
    def test_a_step_to_where_the_loss_is_not_finite_is_not_taken(self, beyond: float) -> None:
        walled = SumOfSquares(
            lambda w: np.array([w[0] - 1.0 if w[0] < 0.5 else beyond]), 1, lambda w: np.ones((1, 1))
        )
        best = self.run(walled, [0.0])
        assert best.w[0] == pytest.approx(0.5, abs=1e-6)
        assert best.outcome.name == "stalled"

    def test_a_last_look_that_allows_no_more_has_ended_it_first(self) -> None:
        for allowances, ended in (([300], False), ([300, 1], True)):
            watcher = watch(LevenbergMarquardt(), objective_of(FITS["noisy-line"]), np.zeros(2), allowances)
            assert 1 <= watcher.iterations < 300
            assert (watcher.outcome is not None) == ended


class TestCounting:
    def test_a_jacobian_is_asked_for_only_after_a_step_that_was_taken(self) -> None:
        objective, start = objective_of(FITS["rosenbrock"]), np.array(FITS["rosenbrock"].start)
        asked: list[int] = []
        original = objective.residuals.blocks
        objective.residuals.blocks = lambda w: asked.append(1) or original(w)  # type: ignore[method-assign, func-returns-value]
        watcher = watch(LevenbergMarquardt(), objective, start, [1] * 12)
        path = watcher.path
        taken = [a.tobytes() != b.tobytes() for a, b in itertools.pairwise(path)]
        assert not all(taken)
        # The first, and one after every step taken, but for the last, whose Jacobian nobody has asked for.
        assert len(asked) == 1 + sum(taken[:-1])
        # By differences a Jacobian takes four values; those at its point are known but for the start's.
        assert objective.value_rows == 1 + 4 * len(asked) + len(taken)
        assert objective.cost == objective.value_rows

    def test_the_answer_never_gets_worse(self) -> None:
        for name in FITS:
            objective = objective_of(FITS[name])
            watcher = watch(LevenbergMarquardt(), objective, np.array(FITS[name].start), [3] * 10)
            assert (np.diff(watcher.trail) <= 0).all()

    def test_a_run_of_the_harness_has_no_gradient_source(self) -> None:
        problem = harness.Problem.from_arrays(
            np.arange(12.0)[:, None], np.arange(12.0) ** 2, hidden=(3,), loss="squared", test_fraction=0
        )
        results = harness.run(
            problem,
            ["levenberg-marquardt", "lbfgs"],
            gradients=["analytic", "central-difference"],
            seeds=1,
            budget=Budget(cost=100),
        )
        runs = results.runs.set_index(["optimizer", "gradient"])
        assert [gradient for name, gradient in runs.index if name == "levenberg-marquardt"] == ["none"]
        run = runs.loc[("levenberg-marquardt", "none")]
        jacobians, values = run["gradient_rows"] / 12, run["value_rows"] / 12
        price = problem.objective().residuals.cost
        assert price is not None
        # Ten parameters; a pass of a row takes 6 multiply-adds, and 50 for each parameter are free.
        of_a_jacobian = max(0.0, 12 * (10**2 / 2 + 10) - 50 * 10) / (12 * 6)
        assert 10**3 / 6 < 50 * 10, "a step is free"
        assert run["cost"] == pytest.approx(jacobians * (price + of_a_jacobian) + values, rel=1e-12)
        assert run["cost"] <= 100


class TestRefusals:
    def test_too_many_parameters(self) -> None:
        network = Network(sizes=(1, MOST_PARAMETERS // 3, 1), loss="squared")
        objective = NetworkObjective(network, [[1.0]], [1.0], build_source("analytic"))
        assert objective.size == 3001
        reason = LevenbergMarquardt().refusal(objective)
        assert reason == (
            "3,001 parameters are more than the 3,000 for which steps are solved for: "
            "take a smaller network, or lbfgs"
        )

    def test_a_damping_that_would_not_be_read(self) -> None:
        reason = LevenbergMarquardt(initial_damping=0.5).refusal(objective_of(FITS["box"]))
        assert reason == (
            "initial_damping is 0.5, and the search of a plain function begins with a ball as large as its "
            "start: leave it out"
        )

    def test_a_loss_that_is_no_sum_of_squares(self) -> None:
        reason = LevenbergMarquardt().refusal(harness.problems.load("xor").objective())
        assert reason == (
            "loss 'binary-cross-entropy' is no sum of squares: take a quasi-Newton method such as lbfgs"
        )

    def test_a_ledger_agrees_where_there_is_no_gradient(self) -> None:
        objective = LeastSquares(gradient=False)
        best = optimizers.minimize(objective, [-0.2, 0.3, 0.9], LevenbergMarquardt(), Budget(iterations=9))
        assert best.cost == pytest.approx(math.fsum(objective.ledger), rel=1e-13)
        assert best.w == pytest.approx(objective.minimum, rel=1e-7)
