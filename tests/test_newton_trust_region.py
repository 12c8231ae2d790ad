"""Newton in a trust region against exact steps, the printed algorithm, and SciPy's own."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from watching import LeastSquares, watch

import harness
import optimizers
from optimizers import Budget, FunctionObjective, NewtonTrustRegion
from optimizers.second_order.newton_trust_region import Path


def quadratic(table: Any, centre: Any) -> FunctionObjective:
    return FunctionObjective(
        lambda w: 0.5 * float((w - centre) @ table @ (w - centre)),
        centre.size,
        lambda w: table @ (w - centre),
        hessian_product=lambda w, v: table @ v,
    )


def symmetric(seed: int, n: int, positive: bool) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(n, n))
    return (table @ table.T / n + 0.1 * np.eye(n) if positive else table + table.T), rng.normal(size=n)


def steihaug(table: Any, g: Any, radius: float) -> Any:
    """Algorithm 7.2 of Nocedal and Wright as it is printed, with the tolerance of algorithm 7.1."""
    tolerance = min(0.5, math.sqrt(np.linalg.norm(g))) * np.linalg.norm(g)
    z, r, d = np.zeros(g.size), g, -g

    def to_the_surface(z: Any, d: Any) -> Any:
        return z + max(np.roots([d @ d, 2 * z @ d, z @ z - radius**2]).real) * d

    for _ in range(g.size):
        if d @ table @ d <= 0:
            return to_the_surface(z, d)
        alpha = r @ r / (d @ table @ d)
        if np.linalg.norm(z + alpha * d) >= radius:
            return to_the_surface(z, d)
        z, r_next = z + alpha * d, r + alpha * table @ d
        if np.linalg.norm(r_next) < tolerance:
            return z
        d = -r_next + (r_next @ r_next) / (r @ r) * d
        r = r_next
    return z


class TestTheStep:
    @settings(max_examples=150)
    @given(st.integers(0, 10**6), st.integers(1, 8), st.booleans(), st.floats(1e-3, 1e3))
    def test_is_that_of_the_printed_algorithm(self, seed: int, n: int, positive: bool, radius: float) -> None:
        table, g = symmetric(seed, n, positive)
        step, promised = Path(lambda v: table @ v, g).within(radius)
        assert step == pytest.approx(steihaug(table, g, radius), rel=1e-6, abs=1e-9 * max(1.0, radius))
        assert np.linalg.norm(step) <= radius * (1 + 1e-9)
        model = float(g @ step + 0.5 * step @ table @ step)
        assert promised == pytest.approx(-model, rel=1e-8, abs=1e-9)
        assert promised > 0

    @settings(max_examples=80)
    @given(st.integers(0, 10**6), st.integers(1, 8), st.booleans(), st.floats(0.5, 100))
    def test_in_a_smaller_ball_asks_for_no_product_again(
        self, seed: int, n: int, positive: bool, radius: float
    ) -> None:
        table, g = symmetric(seed, n, positive)
        asked = [0]

        def product(v: Any) -> Any:
            asked[0] += 1
            return table @ v

        path = Path(product, g)
        path.within(radius)
        before = asked[0]
        assert before <= n
        for part in (0.9, 0.5, 0.1, 1e-3):
            step, promised = path.within(part * radius)
            afresh = Path(lambda v: table @ v, g).within(part * radius)
            assert step.tolist() == afresh[0].tolist()
            assert promised == afresh[1]
        assert asked[0] == before

    def test_goes_on_where_the_ball_has_grown(self) -> None:
        table, g = symmetric(3, 6, True)
        path = Path(lambda v: table @ v, g)
        path.within(0.01)
        assert path.within(100.0)[0].tolist() == Path(lambda v: table @ v, g).within(100.0)[0].tolist()

    def test_of_a_curvature_that_is_not_finite_stays_in_the_ball(self) -> None:
        step, _ = Path(lambda v: np.full(2, np.nan), np.array([3.0, 4.0])).within(2.0)
        assert step == pytest.approx([-1.2, -1.6])


class TestTheSearch:
    @pytest.mark.parametrize("n", [1, 2, 5, 20])
    def test_solves_a_quadratic_in_one_step_where_the_tolerance_is_tight(self, n: int) -> None:
        table, centre = symmetric(n, n, True)
        # The tolerance is the root of the gradient: nearly none for a gradient this small.
        objective = quadratic(1e-16 * table, centre)
        search = NewtonTrustRegion(initial_radius=1e3, gradient_tolerance=0.0)
        watcher = watch(search, objective, np.zeros(n), [1] * (3 * n + 2))
        moved = next(place for place, w in enumerate(watcher.path) if w.any())
        assert n <= moved - 2 <= 2 * n, "products, of which rounding takes some more than n"
        assert watcher.path[moved] == pytest.approx(centre, rel=1e-6)

    def test_takes_newtons_step_exactly(self) -> None:
        # In one number conjugate gradients end after one product, at the minimum of the model.
        curve = FunctionObjective(
            lambda w: float(np.cosh(w[0])),
            1,
            lambda w: np.sinh(w),
            hessian_product=lambda w, v: np.cosh(w) * v,
        )
        watcher = watch(NewtonTrustRegion(), curve, np.array([0.7]), [1] * 5)
        once = 0.7 - math.tanh(0.7)
        twice = once - math.tanh(once)
        assert watcher.path[:, 0].tolist() == pytest.approx([0.7, 0.7, 0.7, once, once, twice], rel=1e-12)

    @pytest.mark.parametrize("name", ["rosenbrock", "rosenbrock:n=10", "sphere:n=30"])
    def test_finds_the_known_minimum(self, name: str) -> None:
        problem = harness.problems.load(name)
        for seed in range(3):
            best = optimizers.minimize(
                problem.objective(), problem.start(seed), NewtonTrustRegion(), Budget(iterations=3000)
            )
            assert best.outcome.name == "stalled"
            assert best.loss < 1e-15 or name == "rosenbrock:n=10"
            gradient = problem.objective().value_and_gradient(best.w)[1]
            assert np.linalg.norm(gradient) < 1e-6

    def test_takes_the_path_of_scipys(self) -> None:
        problem = harness.problems.load("rosenbrock:n=6")
        objective, start = problem.objective(), problem.start(2)
        steps: list[Any] = [start]
        minimize(
            lambda w: objective.value_and_gradient(w)[0],
            start,
            jac=lambda w: objective.value_and_gradient(w)[1],
            hessp=objective.curvature.product,
            method="trust-ncg",
            callback=lambda w: steps.append(w.copy()),
            options={"gtol": 1e-8},
        )
        watcher = watch(NewtonTrustRegion(), problem.objective(), start, [1] * 600)
        seen, taken = (
            [w for w, later in itertools.pairwise(path) if w.tobytes() != later.tobytes()]
            for path in (watcher.path, steps)
        )
        # Until the first step that is foretold so badly that the radius follows from it, not from the ball.
        assert len(seen) > 5
        np.testing.assert_allclose(seen[:5], taken[:5], rtol=1e-9)
        assert watcher.outcome is not None
        assert watcher.path[-1] == pytest.approx(steps[-1], rel=1e-6)

    def test_leaves_a_saddle(self) -> None:
        saddle = FunctionObjective(
            lambda w: float(w[0] ** 4 - w[0] ** 2 + w[1] ** 2),
            2,
            lambda w: np.array([4 * w[0] ** 3 - 2 * w[0], 2 * w[1]]),
            hessian_product=lambda w, v: np.array([(12 * w[0] ** 2 - 2) * v[0], 2 * v[1]]),
        )
        best = optimizers.minimize(saddle, [1e-6, 1.0], NewtonTrustRegion(), Budget(iterations=200))
        assert best.loss == pytest.approx(-0.25, abs=1e-14)

    def test_trains_a_network_to_where_the_gradient_vanishes(self) -> None:
        rng = np.random.default_rng(2)
        problem = harness.Problem.from_arrays(
            rng.normal(size=(60, 3)),
            rng.normal(size=(60, 2)),
            hidden=(4,),
            loss="half-squared",
            test_fraction=0,
        )
        objective = problem.objective()
        best = optimizers.minimize(objective, problem.start(), NewtonTrustRegion(), Budget(iterations=3000))
        assert best.outcome.name == "stalled"
        # 424 gradients where a step ends after n products.
        assert objective.counters[1] / 60 < 150
        assert np.linalg.norm(problem.objective().value_and_gradient(best.w)[1]) < 1e-7

    @pytest.mark.parametrize("radius", [0.01, 0.3])
    def test_no_step_is_longer_than_the_ball(self, radius: float) -> None:
        problem = harness.problems.load("rosenbrock")
        search = NewtonTrustRegion(initial_radius=5.0, largest_radius=radius)
        path = watch(search, problem.objective(), problem.start(), [1] * 40).path
        lengths = np.linalg.norm(np.diff(path, axis=0), axis=1)
        assert 0.9 * radius < lengths.max() <= radius * (1 + 1e-9)


class TestCounting:
    def test_a_step_that_is_not_taken_costs_a_gradient_and_no_product(self) -> None:
        # The model knows nothing of the wall.
        objective = FunctionObjective(
            lambda w: float(w[0] ** 2) if w[0] > 0.9 else 5.0,
            1,
            lambda w: 2 * w,
            hessian_product=lambda w, v: 2 * v,
        )
        watcher = watch(NewtonTrustRegion(initial_radius=3.0), objective, np.array([1.0]), [1] * 5)
        assert objective.hessian_rows == 1
        assert objective.gradient_rows == 5
        assert watcher.seen[-1].w[0] == pytest.approx(1 - 1 / 16)

    def test_the_cost_of_a_run_is_that_of_its_gradients_and_products(self) -> None:
        problem = harness.problems.load("xor")
        objective = problem.objective()
        best = optimizers.minimize(objective, problem.start(), NewtonTrustRegion(), 500)
        gradients, products = objective.counters[1] / 4, objective.hessian_rows / 4
        assert best.iterations == gradients + products
        assert best.cost == pytest.approx(gradients * 14 / 6 + products * 28 / 6, rel=1e-12)
        assert products > 0

    def test_an_iteration_costs_what_is_dearer(self) -> None:
        objective = harness.problems.load("xor").objective()
        assert NewtonTrustRegion().iteration_cost(objective) == objective.curvature.cost == 28 / 6
        objective = harness.problems.load("xor").objective("central-difference")
        assert NewtonTrustRegion().iteration_cost(objective) == objective.gradient.cost == 19


class TestEnds:
    def run(self, objective: Any, start: Any, **changed: Any) -> optimizers.Minimum:
        return optimizers.minimize(objective, start, NewtonTrustRegion(**changed), Budget(iterations=400))

    def test_where_the_gradient_has_vanished(self) -> None:
        table, centre = symmetric(1, 4, True)
        best = self.run(quadratic(table, centre), centre)
        assert best.iterations == 1
        assert "the gradient has vanished to 0, loss 0" in best.outcome.sentence

    def test_where_what_is_promised_is_lost_in_rounding(self) -> None:
        # Steps of 1e-8 change nothing of a loss this large.
        raised = FunctionObjective(
            lambda w: 1e6 + float(np.cosh(w - 1.0).sum()),
            2,
            lambda w: np.sinh(w - 1.0),
            hessian_product=lambda w, v: np.cosh(w - 1.0) * v,
        )
        best = self.run(raised, [3.0, 4.0], gradient_tolerance=0.0)
        assert "what another step promises is lost in rounding" in best.outcome.sentence
        assert best.loss == 1e6 + 2
        assert raised.gradient_rows - raised.hessian_rows <= 8

    @pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e-100, 1e100, 1e150])
    def test_and_without_an_error_whatever_the_scale_of_the_loss(self, scale: float) -> None:
        scaled = FunctionObjective(
            lambda w: scale * float(np.cosh(w).sum()),
            2,
            lambda w: scale * np.sinh(w),
            hessian_product=lambda w, v: scale * np.cosh(w) * v,
        )
        best = self.run(scaled, [1.0, -2.0], gradient_tolerance=0.0)
        assert best.outcome.name == "stalled"
        # The square of a gradient, or its product with the Hessian, has to be a number for more than an end.
        assert not 1e-110 < scale < 1e110 or best.loss == pytest.approx(2 * scale, rel=1e-12)

    @pytest.mark.parametrize("slope", [math.nan, math.inf])
    def test_where_the_gradient_is_not_finite(self, slope: float) -> None:
        broken = FunctionObjective(
            lambda w: 1.0, 2, lambda w: np.full(2, slope), hessian_product=lambda w, v: v
        )
        best = self.run(broken, [1.0, 1.0])
        assert "the gradient is not finite" in best.outcome.sentence

    def test_where_the_hessian_is_not_finite(self) -> None:
        broken = FunctionObjective(
            lambda w: float(w @ w), 2, lambda w: 2 * w, hessian_product=lambda w, v: np.full(2, np.nan)
        )
        best = self.run(broken, [1.0, 1.0])
        assert best.outcome.name == "stalled"

    @pytest.mark.parametrize("loss", [math.nan, math.inf])
    def test_where_nothing_but_the_start_is_finite(self, loss: float) -> None:
        lonely = FunctionObjective(
            lambda w: 1.0 if w[0] == 1.0 else loss, 1, lambda w: np.ones(1), hessian_product=lambda w, v: v
        )
        best = self.run(lonely, [1.0])
        assert (best.loss, best.w.tolist()) == (1.0, [1.0])
        assert best.outcome.name == "stalled"
        assert best.iterations < 60

    def test_a_ledger_agrees(self) -> None:
        objective = LeastSquares()
        best = self.run(objective, [-0.2, 0.3, 0.9])
        assert best.cost == pytest.approx(math.fsum(objective.ledger), rel=1e-13)
        assert best.w == pytest.approx(objective.minimum, rel=1e-7)
