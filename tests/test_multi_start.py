"""Runs of a local method from one start after another."""

from __future__ import annotations

import tomllib
from typing import Any, ClassVar

import numpy as np
import pytest
from watching import watch

import harness
import optimizers
from harness.sweeps.fields import build_experiment
from optimizers import Adam, FunctionObjective, GeneticAlgorithm, GradientDescent, InputError, MultiStart
from optimizers.objective import Need
from optimizers.optimizer import Optimizer
from optimizers.options import option_values, options


class Recorded(FunctionObjective):
    """A function that remembers where it was asked for a gradient."""

    def __init__(self, function: Any, gradient: Any, n: int) -> None:
        super().__init__(function, n, gradient)
        self.asked: list[Any] = []

    def value_and_gradient(self, w: Any, rows: Any = None) -> tuple[float, Any]:
        self.asked.append(np.array(w))
        return super().value_and_gradient(w, rows)


def flat(seed: int = 3, patience: int = 4, iterations: int = 14) -> Recorded:
    objective = Recorded(lambda w: 1.0, lambda w: np.ones(2), 2)
    search = MultiStart(optimizer=GradientDescent(learning_rate=0.5), candidates=1, patience=patience)
    watch(search, objective, np.array([9.0, 9.0]), [iterations], seed)
    return objective


class TestGivingUp:
    def test_a_run_that_does_not_improve_is_given_up_after_its_patience(self) -> None:
        # The first iterate is an improvement on nothing; four more without one make five a run.
        asked = flat().asked
        rng = np.random.default_rng(3)
        starts = [np.array([9.0, 9.0]), rng.standard_normal(2), rng.standard_normal(2)]
        for number, start in enumerate(starts):
            for step, w in enumerate(asked[5 * number : 5 * number + 5]):
                np.testing.assert_allclose(w, start - 0.5 * step)
        assert len(asked) == 14

    def test_a_run_goes_on_while_it_improves(self) -> None:
        objective = Recorded(lambda w: float(w @ w), lambda w: 2 * w, 2)
        search = MultiStart(optimizer=GradientDescent(learning_rate=0.1), patience=1)
        watch(search, objective, np.array([9.0, 9.0]), [50])
        np.testing.assert_allclose(objective.asked[-1], np.array([9.0, 9.0]) * 0.8**49)

    @pytest.mark.parametrize(("tolerance", "expected"), [(0.3, 50), (0.37, 3)])
    def test_an_improvement_below_the_tolerance_is_none(self, tolerance: float, expected: int) -> None:
        # Each step leaves .64 of the loss.
        objective = Recorded(lambda w: float(w @ w), lambda w: 2 * w, 2)
        search = MultiStart(optimizer=GradientDescent(learning_rate=0.1), patience=1, tolerance=tolerance)
        watch(search, objective, np.array([9.0, 9.0]), [50])
        first_run = 0
        while first_run < 50 and np.allclose(objective.asked[first_run], 9.0 * 0.8**first_run):
            first_run += 1
        assert first_run == expected if expected == 50 else first_run <= expected

    def test_losses_below_zero_improve_downwards(self) -> None:
        objective = Recorded(lambda w: float(w @ w) - 100.0, lambda w: 2 * w, 2)
        search = MultiStart(
            optimizer=GradientDescent(learning_rate=1e-9), candidates=1, patience=3, tolerance=0.1
        )
        watch(search, objective, np.array([1.0, 1.0]), [8])
        assert not np.allclose(objective.asked[4], objective.asked[0], atol=1e-3)

    def test_a_run_that_diverges_is_followed_by_another(self) -> None:
        objective = Recorded(lambda w: float("nan") if w[0] > 5 else float(w @ w), lambda w: -w, 1)
        search = MultiStart(optimizer=GradientDescent(learning_rate=1.0), candidates=1, patience=50)
        watcher = watch(search, objective, np.array([4.0]), [30, 30])
        assert watcher.iterations == 60 == len(objective.asked)
        assert abs(objective.asked[2][0]) < 5
        assert np.isfinite(watcher.trail).all()

    def test_a_method_that_tells_no_losses_is_refused(self) -> None:
        @options
        class Silent(Optimizer):
            """Goes nowhere, and says nothing of it."""

            needs: ClassVar[frozenset[Need]] = frozenset()

            def iteration_cost(self, objective: Any) -> float:
                return 1.0

            def run(self, objective: Any, start: Any, rng: Any, observe: Any) -> None:
                allowance = observe(start)
                while allowance:
                    allowance = observe(start, iterations=allowance)

        search = MultiStart(optimizer=Silent(), candidates=1)
        with pytest.raises(InputError, match="tells no losses, by which runs are compared: take another one"):
            watch(search, FunctionObjective(lambda w: float(w @ w), 1), np.ones(1), [5, 5])

    def test_starts_that_lead_nowhere_come_to_an_end(self) -> None:
        start = np.full(2, 9.0)

        def only_there(w: Any) -> float:
            return 1.0 if np.array_equal(w, start) else float("nan")

        objective = FunctionObjective(only_there, 2, lambda w: np.ones(2))
        best = optimizers.minimize(objective, start, MultiStart(optimizer=Adam()), 100_000)
        assert best.outcome.name == "stalled"
        assert "100 points in a row led nowhere" in best.outcome.sentence
        assert best.w.tolist() == start.tolist()

    def test_a_narrow_valley_on_a_plateau_is_looked_for_until_the_budget_is_spent(self) -> None:
        # On a plateau the method ends where it begins; hundreds of starts lie beside the valley.
        def plateau(w: Any) -> float:
            return 1.0 if abs(w[0] - 3.05) > 0.05 else float((w[0] - 3.05) ** 2)

        search = MultiStart(candidates=1)
        best = optimizers.minimize(plateau, np.zeros(1), search, 20_000, target=1e-9)
        assert best.outcome.name == "solved"
        assert best.cost > 600


class TestDrawing:
    def test_a_further_start_is_the_lowest_of_the_points_drawn(self) -> None:
        objective = Recorded(lambda w: 1000.0 + float(w[0]), lambda w: np.zeros(1), 1)
        search = MultiStart(optimizer=GradientDescent(learning_rate=0.5), candidates=6, patience=3)
        watcher = watch(search, objective, np.array([9.0]), [21], seed=5)
        rng = np.random.default_rng(5)
        first, second = rng.standard_normal(6), rng.standard_normal(6)
        # Four iterations a run, and six for the points of a start.
        assert [float(w[0]) for w in objective.asked] == [9.0] * 4 + [first.min()] * 4 + [second.min()]
        assert watcher.iterations == 21
        assert objective.cost == 9 * 3.0 + 12
        lowest = np.minimum.accumulate([9.0, *first])
        assert watcher.trail[4:10].tolist() == (1000.0 + lowest[:6]).tolist()

    def test_no_point_is_drawn_that_is_not_allowed_any_more(self) -> None:
        objective = Recorded(lambda w: 1.0, lambda w: np.ones(2), 2)
        search = MultiStart(optimizer=GradientDescent(learning_rate=0.5), candidates=9, patience=2)
        watcher = watch(search, objective, np.array([9.0, 9.0]), [3, 2])
        assert watcher.iterations == 5
        assert objective.cost == 3 * 3.0 + 2

    def test_a_point_at_the_target_ends_the_run(self) -> None:
        best = optimizers.minimize(
            lambda w: float(w @ w),
            np.full(2, 9.0),
            MultiStart(optimizer=GradientDescent(learning_rate=1e-9), candidates=500, patience=2),
            5000,
            target=0.01,
        )
        assert best.outcome.name == "solved"
        assert best.loss <= 0.01


class TestBest:
    def test_the_answer_is_the_best_of_all_runs_and_the_trail_never_rises(self) -> None:
        objective = Recorded(
            lambda w: float(w @ w + 3 * (1 - np.cos(6 * w)).sum()), lambda w: 2 * w + 18 * np.sin(6 * w), 1
        )
        search = MultiStart(optimizer=GradientDescent(learning_rate=0.01), candidates=1, patience=5)
        watcher = watch(search, objective, np.array([3.0]), [7] * 40)
        asked = [objective.peek(w) for w in objective.asked]
        assert watcher.seen[-1].loss == min(asked)
        assert objective.peek(watcher.seen[-1].w) == min(asked)
        np.testing.assert_array_equal(watcher.trail, [asked[0], *np.minimum.accumulate(asked)[:-1]])
        assert watcher.seen[-1].loss < 1e-6

    def test_more_starts_solve_what_one_start_does_not(self) -> None:
        xor = harness.problems.load("xor")
        solved = {}
        for search in (Adam(learning_rate=0.05), MultiStart(optimizer=Adam(learning_rate=0.05))):
            outcomes = [
                optimizers.minimize(xor.objective(seed=s), xor.start(s), search, 10_000, target=xor.target)
                for s in range(10)
            ]
            solved[search.name()] = sum(found.outcome.name == "solved" for found in outcomes)
        assert solved["multi-start"] == 10 > solved["adam"]


class TestOptions:
    def test_a_file_names_the_method_or_gives_a_table(self) -> None:
        assert MultiStart(optimizer="momentum").optimizer == optimizers.Momentum()
        built = MultiStart(optimizer={"name": "adam", "learning_rate": 0.3})
        assert built.optimizer == Adam(learning_rate=0.3)
        assert built.label == "multi-start(optimizer=adam(learning_rate=0.3))"

    def test_an_experiment_is_written_and_read_back(self) -> None:
        search = MultiStart(optimizer=GeneticAlgorithm(crossover_type=None, keep_elitism=2), patience=7)
        table = {"question": "q?", "problems": ["xor"], "seeds": 1, "budget": {"cost": 5}}
        declared = build_experiment("own", {**table, "optimizers": [search]}).declaration()
        again = build_experiment("own", tomllib.loads(declared))
        assert again.optimizers == [search]
        assert again.declaration() == declared

    def test_plain_values_are_those_of_a_file(self) -> None:
        values = option_values(MultiStart(optimizer=Adam(batch=None, learning_rate=0.5)))
        assert values["optimizer"]["name"] == "adam"
        assert values["optimizer"]["learning_rate"] == 0.5
        assert "batch" not in values["optimizer"]

    def test_the_needs_are_those_of_the_method(self) -> None:
        assert MultiStart(optimizer=GeneticAlgorithm()).needs == GeneticAlgorithm.needs | {"value"}
        assert MultiStart(optimizer="adam").needs == Adam.needs | {"value"}

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"optimizer": "perceptron-rule"}, "perceptron-rule, expected a method that tells the loss"),
            ({"optimizer": Adam(batch=8)}, "leave its option 'batch' out"),
            ({"optimizer": "adamm"}, "did you mean 'adam'"),
            ({"optimizer": {"name": "adam", "rate": 1}}, "has no option 'rate'"),
            ({"optimizer": 3}, "option 'optimizer' is 3, expected"),
            ({"patience": 0}, "greater than or equal to 1"),
        ],
    )
    def test_what_does_not_fit_is_refused_in_a_sentence(self, options: dict[str, Any], message: str) -> None:
        with pytest.raises(InputError, match=message):
            MultiStart(**options)


def test_an_optimizer_that_does_not_say_what_it_needs_is_refused_where_it_is_made() -> None:
    @options
    class Forgetful(Optimizer):
        """Has everything else."""

        def iteration_cost(self, objective: Any) -> float:
            return 1.0

        def run(self, objective: Any, start: Any, rng: Any, observe: Any) -> None:
            observe(start)

    with pytest.raises(
        InputError, match=r"^optimizer Forgetful does not say what it needs .* needs = frozenset"
    ):
        Forgetful()
