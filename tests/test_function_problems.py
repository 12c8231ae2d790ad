"""Plain functions as problems: their minima, and their gradients by every source."""

from __future__ import annotations

import importlib
import itertools
import re
from typing import Any

import mpmath
import numpy as np
import pandas as pd
import pytest
from oracles import relative_difference

import harness
from harness.gradients import build_source, known_sources
from harness.problems import FunctionProblem, known_problems, load
from harness.problems.functions import FunctionFamily
from harness.runs.single_run import Run
from harness.sweeps.fields import build_experiment
from harness.sweeps.planning import plan
from optimizers import Adam, Budget, GeneticAlgorithm, GradientDescent, InputError
from optimizers.function_objective import FunctionObjective

FAMILIES = {name: family for name, family in known_problems().items() if issubclass(family, FunctionFamily)}
NAMES = [*FAMILIES, "sphere:n=1", "rosenbrock:n=5", "rastrigin:n=3"]
TOLERANCES = {"central-difference": 1e-6, "forward-difference": 1e-4}
"""What a source's gradient may be off by; every other source is exact."""

every_function = pytest.mark.parametrize("name", NAMES)
every_source = pytest.mark.parametrize("source", known_sources())


def family_of(name: str) -> Any:
    given = harness.problems.parse(name)
    return FAMILIES[given.pop("name")](**given)


def by_mpmath(name: str, w: Any) -> Any:
    """The function once more, as its docstring has it, in numbers of 50 digits."""
    n = len(w)
    if name == "sphere":
        return mpmath.fsum(x**2 for x in w)
    if name == "rosenbrock":
        return mpmath.fsum(100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in itertools.pairwise(w))
    if name == "rastrigin":
        return 10 * n + mpmath.fsum(x**2 - 10 * mpmath.cos(2 * mpmath.pi * x) for x in w)
    assert name == "logistic-map"
    (x,) = w
    return 64 * x * (1 - x) * (1 - 2 * x) ** 2 * (1 - 8 * x + 8 * x**2) ** 2


def expected_gradient(name: str, w: Any) -> Any:
    """Differences of 50 digits, exact to those of a float."""
    kind = name.partition(":")[0]
    with mpmath.workdps(50):
        point, step = [mpmath.mpf(float(x)) for x in w], mpmath.mpf(10) ** -16
        slopes = []
        for i in range(len(point)):
            above, below = list(point), list(point)
            above[i] += step
            below[i] -= step
            slopes.append((by_mpmath(kind, above) - by_mpmath(kind, below)) / (2 * step))
        return np.array([float(slope) for slope in slopes])


def points(name: str) -> list[Any]:
    if name == "logistic-map":
        return [np.array([x]) for x in (0.2, 0.05, 0.37, 0.9)]
    return [load(name).start(seed) for seed in range(4)]


class TestTheFunctions:
    @every_function
    def test_the_known_minimum_is_one(self, name: str) -> None:
        family, objective = family_of(name), load(name).objective()
        w = family.minimum()
        value, gradient = objective.value_and_gradient(w)
        assert value == pytest.approx(0.0, abs=1e-15)
        np.testing.assert_allclose(gradient, 0.0, atol=1e-12)
        rng = np.random.default_rng(0)
        assert all(objective.value(w + 0.01 * rng.standard_normal(w.size)) > value for _ in range(50))

    @every_function
    def test_the_value_is_the_one_of_the_equation(self, name: str) -> None:
        for w in points(name):
            with mpmath.workdps(50):
                expected = float(by_mpmath(name.partition(":")[0], [mpmath.mpf(float(x)) for x in w]))
            assert load(name).objective().value(w) == pytest.approx(expected, rel=1e-13)

    def test_the_logistic_map_starts_where_the_paper_looks(self) -> None:
        problem = load("logistic-map")
        for seed in (0, 1, 77):
            value, gradient = problem.objective().value_and_gradient(problem.start(seed))
            assert problem.start(seed).tolist() == [0.2]
            assert value == pytest.approx(0.28901376, rel=1e-14)
            assert gradient[0] == pytest.approx(9.0660864, rel=1e-14)

    @every_function
    def test_starts_fill_the_box(self, name: str) -> None:
        low, high = family_of(name).box
        starts = np.array([load(name).start(seed) for seed in range(60)])
        assert starts.min() >= low
        assert starts.max() <= high
        assert np.ptp(starts) >= 0.9 * (high - low)

    def test_one_number_is_no_valley_and_two_are_no_map(self) -> None:
        for name in ("rosenbrock:n=1", "logistic-map:n=2", "sphere:n=0"):
            with pytest.raises(InputError, match="option 'n' is"):
                load(name)


class TestEverySource:
    @every_function
    @every_source
    def test_the_gradient_is_the_one_of_fifty_digits(self, name: str, source: str) -> None:
        objective = load(name).objective(source)
        for w in points(name):
            value, gradient = objective.value_and_gradient(w)
            assert value == objective.peek(w), "the bits of the function itself"
            expected = expected_gradient(name, w)
            assert relative_difference(gradient, expected) < TOLERANCES.get(source, 1e-12)

    @every_function
    @every_source
    def test_the_cost_that_is_stated_is_the_cost_that_is_counted(self, name: str, source: str) -> None:
        problem = load(name)
        objective = problem.objective(source)
        _, stated = build_source(source).build_function(problem.function, problem.n)
        assert objective.gradient.cost == stated >= 1
        w = problem.start()
        objective.value_and_gradient(w)
        assert objective.cost == pytest.approx(stated, rel=1e-15)
        assert (objective.gradient_rows == 0) == build_source(source).by_values
        objective.value(w)
        objective.values([w, w])
        assert objective.cost == pytest.approx(stated + 3, rel=1e-15)

    @pytest.mark.parametrize(
        ("source", "passes"), [("forward-difference", 4), ("central-difference", 7), ("complex-step", 4)]
    )
    def test_sources_that_call_the_function_call_it_as_often_as_they_say(
        self, source: str, passes: int
    ) -> None:
        calls = []

        def cube(w: Any) -> Any:
            calls.append(w.dtype)
            return np.sum(w**3)

        objective = FunctionProblem(cube, 3).objective(source)
        calls.clear()
        objective.value_and_gradient([1.0, 2.0, 3.0])
        assert len(calls) == passes
        complex_calls = calls.count(np.dtype(np.complex128))
        assert objective.cost == passes + 3 * complex_calls

    def test_the_costs_of_a_cubic_are_the_operations_counted_by_hand(self) -> None:
        # w**3: n powers and n summands, 2n. Back: 3 w**2 and its product with 1s, at most 3n.
        problem = FunctionProblem(lambda w: np.sum(w**3), 4)
        reverse = problem.objective("reverse-autodiff").gradient.cost
        forward = problem.objective("forward-autodiff").gradient.cost
        assert reverse is not None
        assert forward is not None
        assert 1 < reverse <= 1 + 3 * 4 / 8
        assert reverse < forward <= 1 + 4 * 5 * 4 / 8

    @pytest.mark.parametrize("source", ["forward-difference", "central-difference"])
    def test_a_step_is_taken_as_given(self, source: str) -> None:
        problem = FunctionProblem(lambda w: w[0] ** 3, 1)
        _, (slope,) = problem.objective(f"{source}:step=0.5").value_and_gradient([1.0])
        assert slope == (4.75 if source == "forward-difference" else 3.25)

    def test_central_differences_are_those_of_a_function_objective(self) -> None:
        problem, w = load("rosenbrock:n=4"), np.array([0.1, -2.0, 30.0, 1.0])
        own = FunctionObjective(problem.function, 4)
        assert (
            own.value_and_gradient(w)[1].tobytes()
            == problem.objective("central-difference").value_and_gradient(w)[1].tobytes()
        )

    @every_source
    def test_what_is_given_stays_and_what_is_returned_is_new(self, source: str) -> None:
        objective, w = load("rosenbrock").objective(source), np.array([0.5, 0.25])
        _, first = objective.value_and_gradient(w)
        _, second = objective.value_and_gradient(w)
        assert w.tolist() == [0.5, 0.25]
        assert first.tobytes() == second.tobytes()
        first[...] = np.nan
        assert np.isfinite(second).all()

    @every_source
    def test_nan_gives_nan_without_a_warning(self, source: str) -> None:
        with np.errstate(invalid="ignore"):
            assert np.isnan(load("sphere").objective(source).value_and_gradient(np.full(10, np.nan))[0])

    def test_stable_functions_stay_finite_as_formulas(self) -> None:
        problem = FunctionProblem(lambda w: np.log(1 + np.exp(w[0])) + np.logaddexp(w[0], w[1]), 2)
        _, gradient = problem.objective("symbolic").value_and_gradient([3.0, -800.0])
        assert gradient[0] == pytest.approx(1 / (1 + np.exp(-3.0)) + 1, rel=1e-14)


def rounded(w: Any) -> Any:
    return float(np.round(w[0])) + 0.0 * float(w[0])


class TestRefusals:
    @pytest.mark.parametrize(
        ("function", "reason"),
        [
            (lambda w: np.sum(np.abs(w)), "returns float64 for complex numbers"),
            (lambda w: np.sum(w * np.abs(w - 2.0)), "not complex differentiable"),
            (lambda w: float(w[0]) ** 2, "complex numbers"),
            (lambda w: np.sum(np.arctan2(w, 1.0)), "takes no complex numbers, TypeError"),
        ],
    )
    @pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
    def test_the_complex_step_needs_a_function_of_complex_numbers(self, function: Any, reason: str) -> None:
        objective = FunctionProblem(function, 2).objective("complex-step")
        assert reason in objective.gradient.cause
        assert not objective.gradient
        with pytest.raises(InputError, match="no gradient: "):
            objective.value_and_gradient([1.0, 2.0])
        assert objective.counters.tolist() == [0, 0]
        assert np.isfinite(objective.value([1.0, 2.0]))

    @every_source
    def test_what_is_refused_is_not_built_either(self, source: str) -> None:
        def function(w: Any) -> float:
            return 1.0 if w[0].real > 0 else float(abs(w[0]))

        built = build_source(source)
        reason = built.function_refusal(function, 2)
        if reason is None:
            assert built.by_values
            assert np.isfinite(built.build_function(function, 2)[0](np.ones(2))[0])
        else:
            with pytest.raises(InputError, match=re.escape(reason)):
                built.build_function(function, 2)

    @every_source
    def test_every_refusal_names_its_remedy_and_no_source_breaks(self, source: str) -> None:
        for function in (rounded, lambda w: np.sum(np.abs(w)), lambda w: 1.0 if w[0] > 0 else 2.0):
            objective = FunctionProblem(function, 1).objective(source)
            if not objective.gradient:
                reason, colon, remedy = objective.gradient.cause.rpartition(": take ")
                assert reason
                assert colon
                assert remedy
                with pytest.raises(InputError):
                    build_source(source).build_function(function, 1)

    @pytest.mark.parametrize("source", ["reverse-autodiff", "forward-autodiff", "symbolic"])
    def test_more_than_one_number_has_no_gradient(self, source: str) -> None:
        objective = FunctionProblem(lambda w: 2.0 * w, 2).objective(source)
        assert not objective.gradient
        assert "more than one number" in objective.gradient.cause
        assert ": take " in objective.gradient.cause

    def test_analytic_is_served_where_there_is_a_derivative_by_hand(self) -> None:
        without = FunctionProblem(lambda w: np.sum(w**2), 2)
        assert without.objective().gradient.cause.startswith("no derivative by hand is given: take ")
        given = FunctionProblem(lambda w: np.sum(w**2), 2, derivative=lambda w: 2 * w)
        assert given.objective().value_and_gradient([1.0, 2.0])[1].tolist() == [2.0, 4.0]
        # The value takes a product and a sum a number, its derivative a product: half as much again.
        assert given.objective().gradient.cost == 1.5
        wrong = FunctionProblem(lambda w: np.sum(w**2), 2, derivative=lambda w: 2.0)
        with pytest.raises(InputError, match=r"shape \(\), expected \(2,\)"):
            wrong.objective().value_and_gradient([1.0, 2.0])

    def test_a_derivative_that_cannot_be_traced_costs_the_bound(self) -> None:
        def by_hand(w: Any) -> Any:
            return [2.0 * float(w[0])]

        assert FunctionProblem(lambda w: w[0] ** 2, 1, derivative=by_hand).objective().gradient.cost == 3.0

    def test_a_plan_skips_what_is_refused_with_the_reason(self) -> None:
        table = {
            "problems": [FunctionProblem(lambda w: np.sum(np.abs(w)), 2, name="own")],
            "optimizers": [Adam(), GeneticAlgorithm()],
            "gradients": ["complex-step", "reverse-autodiff"],
            "seeds": 2,
            "budget": 20,
        }
        runs, skipped = plan(build_experiment("test", table))
        assert len(runs) == 4
        assert skipped["gradient"].tolist() == ["complex-step"]
        assert "complex numbers" in skipped["reason"][0]

    def test_a_box_that_is_none_is_refused(self) -> None:
        for low, high in ((1.0, 0.0), ([0.0, 0.0, 0.0], 1.0), (0.0, np.inf)):
            with pytest.raises(InputError, match="box"):
                FunctionProblem(lambda w: w[0], 2, low=low, high=high)
        with pytest.raises(InputError, match="high is 'wide'"):
            FunctionProblem(lambda w: w[0], 2, high="wide")  # type: ignore[arg-type]

    def test_a_derivative_that_cannot_be_called_is_refused(self) -> None:
        with pytest.raises(
            InputError, match=r"derivative is 2\.0, expected something callable with a vector"
        ):
            FunctionProblem(lambda w: w[0], 1, derivative=2.0)  # type: ignore[arg-type]


class Powered:
    """A function that is equal to all of its kind, and holds what cannot be looked into."""

    def __init__(self, analytic: bool) -> None:
        self.analytic, self.rng = analytic, np.random.default_rng(0)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Powered)

    def __hash__(self) -> int:
        return 1

    def __call__(self, w: Any) -> Any:
        return np.sum(w**2 if self.analytic else (w * np.conj(w)))


class TestRuns:
    def test_optimizers_run_with_sources_as_an_axis(self) -> None:
        results = harness.run(
            ["sphere:n=2", "rosenbrock", "logistic-map"],
            [Adam(learning_rate=0.01), GradientDescent(learning_rate=0.0005), GeneticAlgorithm()],
            gradients=list(known_sources()),
            budget=60,
            seeds=2,
        )
        assert results.skipped.empty
        assert len(results.runs) == 3 * 2 * (2 * len(known_sources()) + 1)
        assert not results.runs["outcome"].isin(["failed", "diverged"]).any()
        assert results.runs["train_accuracy"].isna().all()
        assert (results.runs["best_loss"] <= results.runs["start_loss"]).all()
        for _, group in results.runs[results.runs["gradient"] != "none"].groupby(["problem", "seed"]):
            assert group["start_loss"].nunique() == 1, "one start, and the same bits for every source"

    @pytest.mark.parametrize("gradient", ["analytic", "forward-difference", "reverse-autodiff", "symbolic"])
    def test_a_function_is_called_as_often_as_the_runs_have_paid_for(
        self, gradient: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Compiling before the clock took calls of its own: a slow function met them before any timeout.
        monkeypatch.setattr("harness.runs.single_run._warm", set())
        calls = 0

        def bowl(w: Any) -> Any:
            nonlocal calls
            calls += isinstance(w, np.ndarray) and w.dtype == np.float64
            return np.sum((w - 3.0) ** 4)

        problem = FunctionProblem(bowl, 2, key="bowl", derivative=lambda w: 4 * (w - 3.0) ** 3)
        for optimizer in ("gradient-descent", "lbfgs", "genetic-algorithm"):
            calls = 0
            run = harness.run(problem, optimizer, gradients=gradient, seeds=1, budget=250).runs.iloc[0]
            assert run["outcome"] != "failed", run["sentence"]
            # A gradient of its own is paid for with its value, which is one call.
            assert calls == run["value_rows"] + run["gradient_rows"] > 1

    @pytest.mark.parametrize(
        ("source", "looked"),
        [
            ("complex-step", "harness.gradients.complex_step._difference"),
            ("reverse-autodiff", "harness.gradients.traced_functions.traced"),
            ("symbolic", "harness.gradients.traced_functions.traced"),
        ],
    )
    def test_a_function_is_looked_into_once_as_long_as_what_it_reads_is_the_same(
        self, source: str, looked: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looks = 0
        where, _, name = looked.rpartition(".")
        really = getattr(importlib.import_module(where), name)

        def look(*arguments: Any) -> Any:
            nonlocal looks
            looks += 1
            return really(*arguments)

        monkeypatch.setattr(looked, look)
        centre = np.array([3.0, 4.0])
        problem = FunctionProblem(lambda w: np.sum((w - centre) ** 4), 2, key="bowl")
        for _ in range(3):
            problem.objective(source)
        first, looks = looks, 0
        problem.objective(source)
        assert not looks
        centre[0] = 5.0
        problem.objective(source)
        assert looks == first > 0

    def test_functions_that_are_equal_are_told_apart(self) -> None:
        functions = Powered(True), Powered(False)
        assert functions[0] == functions[1]
        refusals = [build_source("complex-step").function_refusal(function, 1) for function in functions]
        assert refusals[0] is None
        assert "not complex differentiable" in (refusals[1] or "")

    def test_the_first_row_of_the_trace_is_the_same_for_every_source(self) -> None:
        first = [
            Run(load("rosenbrock"), Adam(), source, 3, Budget(iterations=2)).execute()[1]
            for source in known_sources()
        ]
        for row in first:
            for column in ("loss", "best_loss", "cost", "gradient_norm"):
                assert row[column][0] == first[0][column][0]

    def test_the_same_seed_gives_the_same_bits(self) -> None:
        for source in known_sources():
            one, again = (
                pd.DataFrame(Run(load("rastrigin"), Adam(), source, 1, Budget(cost=60)).execute()[1])
                for _ in range(2)
            )
            timeless = [column for column in one if "seconds" not in column]
            assert one[timeless].equals(again[timeless])

    def test_the_logistic_map_is_solved_at_the_minimum_downhill(self) -> None:
        problem = load("logistic-map")
        row, _ = Run(
            problem, GradientDescent(learning_rate=0.001), "reverse-autodiff", 0, Budget(iterations=500)
        ).execute()
        assert row["outcome"] == "solved"

    def test_two_functions_of_one_name_are_two_problems(self) -> None:
        one = FunctionProblem(lambda w: np.sum(w**2), 2)
        other = FunctionProblem(lambda w: np.sum(w**4), 2)
        assert one.key != other.key
        assert one.start(1).tobytes() == other.start(1).tobytes()

    def test_measures_of_a_function_are_its_gradient_and_how_a_source_does(self) -> None:
        problem = load("rosenbrock")
        w = problem.start()
        measures = problem.measures(0, "forward-difference", "analytic")(w[None])[0]
        assert measures.gradient_norm == pytest.approx(np.linalg.norm(expected_gradient("rosenbrock", w)))
        assert 0 < measures.gradient_error < 1e-6
        assert measures.gradient_cosine == pytest.approx(1.0)
        assert np.isnan(FunctionProblem(rounded, 1).measures()(np.ones((1, 1)))[0].gradient_norm)
        by_hand = FunctionProblem(rounded, 1, derivative=lambda w: [-3.0 * w[0]])
        assert by_hand.measures()(np.full((1, 1), 2.0))[0].gradient_norm == 6.0
