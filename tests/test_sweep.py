"""A sweep is fair, keeps what failed, does nothing twice, and gives the same bits however it is done."""

from __future__ import annotations

import itertools
import json
import math
import random
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness.gradients
from harness.gradients.analytic import Analytic
from harness.numerics.shared_work import allowed_threads, use_threads
from harness.problems import Problem, load
from harness.problems.base import BaseProblem
from harness.results import Results
from harness.runs import execution
from harness.runs.single_run import Run
from harness.runs.store import Store
from harness.runs.tables import RUN_COLUMNS, SKIPPED_COLUMNS
from harness.sweeps.experiment import Experiment
from harness.sweeps.planning import plan
from harness.sweeps.sweep import sweep
from optimizers import Adam, Budget, GradientDescent, InputError, Momentum, Optimizer, Outcome
from optimizers.genetic.genetic_algorithm import GeneticAlgorithm
from optimizers.objective import Need
from optimizers.options import CountOrZero, option_values, options
from optimizers.perceptron.rule import PerceptronRule

OUTCOMES = {"solved", "budget", "stalled", "diverged", "failed", "timeout"}
TIMES = ["seconds", "observation_seconds", "compile_seconds"]
EVERY_KIND: list[Optimizer] = [
    GradientDescent(),
    GradientDescent(batch=2),
    Adam(learning_rate=0.05),
    PerceptronRule(),
    GeneticAlgorithm(population_size=12),
]


@options
class Broken(Optimizer):
    """A search that breaks after so many values."""

    after: CountOrZero = 5

    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    source: ClassVar[str] = "nobody"

    def iteration_cost(self, objective: Any) -> float:
        return 1.0

    def run(self, objective: Any, start: Any, rng: Any, observe: Any) -> Outcome | None:
        values = 0
        allowance = observe(start) if self.after else 1
        while allowance:
            for _ in range(allowance):
                if values == self.after:
                    raise ZeroDivisionError("the search broke")
                objective.value(start)
                values += 1
            allowance = observe(start, iterations=allowance)
        return None


@options
class Silent(Broken):
    """A search that goes home without a word."""

    def run(self, objective: Any, start: Any, rng: Any, observe: Any) -> Outcome | None:
        observe(start)
        return None


def experiment(
    problems: list[BaseProblem], optimizers: list[Optimizer], seeds: list[int] | None = None, **changes: Any
) -> Experiment:
    fields: dict[str, Any] = {"budget": Budget(cost=150), "gradients": ["analytic"], **changes}
    return Experiment("test", "", problems, optimizers, seeds=[0, 1] if seeds is None else seeds, **fields)


def swept(*arguments: Any, **changes: Any) -> Results:
    return sweep(experiment(*arguments, **changes))[0]


def assert_same(one: Results, other: Results) -> None:
    """Every bit but the measured times."""
    pd.testing.assert_frame_equal(
        one.runs.drop(columns=TIMES), other.runs.drop(columns=TIMES), check_exact=True
    )
    pd.testing.assert_frame_equal(
        one.trace.drop(columns="seconds"), other.trace.drop(columns="seconds"), check_exact=True
    )
    pd.testing.assert_frame_equal(one.skipped, other.skipped)


def line(**changes: Any) -> Problem:
    """A regression on a straight line, without a hidden layer: any step that is too long diverges."""
    X = np.arange(20.0).reshape(10, 2)
    fields: dict[str, Any] = {
        "hidden": (),
        "loss": "half-squared",
        "test_fraction": 0.3,
        "name": "line",
        **changes,
    }
    return Problem.from_arrays(fields.pop("X", X), fields.pop("y", X.sum(axis=1)), **fields)


@pytest.fixture(scope="module")
def comparison() -> Results:
    return swept([load("xor"), load("setosa"), load("iris")], EVERY_KIND)


class TestFairness:
    def test_all_optimizers_of_a_problem_and_seed_start_from_the_same_bits_at_no_cost(
        self, comparison: Results
    ) -> None:
        first = comparison.trace.groupby("run_id", sort=False).head(1)
        assert (first[["cost", "value_rows", "gradient_rows", "iteration"]] == 0).all(axis=None)
        groups = {
            pair: set(group["loss"]) for pair, group in first.groupby(["problem", "seed"], observed=True)
        }
        assert set(groups) == set(itertools.product(["xor", "setosa", "iris"], [0, 1]))
        assert (first.groupby(["problem", "seed"], observed=True).size() >= 4).all()
        for (name, seed), losses in groups.items():
            problem = load(name)
            assert losses == {problem.objective(seed=seed).value(problem.start(seed))}

    def test_the_perceptron_rule_and_the_genetic_algorithm_are_among_them(self, comparison: Results) -> None:
        on_setosa = comparison.runs[comparison.runs["problem"] == "setosa"]
        found = {(run.optimizer_name, run.options) for run in on_setosa.itertuples()}
        assert found == {(optimizer.name(), json.dumps(option_values(optimizer))) for optimizer in EVERY_KIND}
        # Where an option differs between two optimizers of one name, both names say its value.
        labels = {"gradient-descent(batch=None)", "gradient-descent(batch=2)", "perceptron-rule"}
        assert labels < set(on_setosa["optimizer"])

    def test_seeds_differ_from_one_another(self, comparison: Results) -> None:
        starts = comparison.runs.groupby(["problem", "seed"])["start_loss"].first()
        assert starts.nunique() == len(starts) == 6

    def test_costs_are_the_multiply_adds_of_the_passes(self, comparison: Results) -> None:
        # Network 2-2-1: 6 forward, and back 6 for the weights and 2 for the deltas of the hidden layer.
        # Networks 4-1 and 4-8-3: 4 and 4; 56 forward, and back 56 and 24.
        gradient = {"xor": (6 + 6 + 2) / 6, "setosa": (4 + 4) / 4, "iris": (56 + 56 + 24) / 56}
        rows = {"xor": 4, "setosa": 105, "iris": 105}
        for run in comparison.runs.itertuples():
            per_row = gradient[run.problem]
            expected = (run.value_rows + run.gradient_rows * per_row) / rows[run.problem]
            assert run.cost == pytest.approx(expected, rel=1e-12)
            if run.optimizer_name in ("gradient-descent", "adam"):
                batch = json.loads(run.options)["batch"]
                share = 1.0 if batch is None else batch / rows[run.problem]
                if batch is None or run.iterations * batch < rows[run.problem]:
                    # And one for the loss that ended it.
                    assert run.cost == pytest.approx(run.iterations * per_row * share + 1, rel=1e-12)

    @pytest.mark.parametrize("budget", [37.0, 50.0, 150.0])
    def test_no_run_spends_more_than_its_budget_and_none_stops_an_iteration_early(
        self, budget: float
    ) -> None:
        problem = load("xor", target=None)
        searches = [GradientDescent(), Adam(batch=2), GeneticAlgorithm(population_size=12)]
        most = dict(zip([search.label for search in searches], [14 / 6, 14 / 12, 12], strict=True))
        runs = swept([problem], searches, budget=Budget(cost=budget)).runs
        assert (runs["outcome"] == "budget").all()
        for run in runs.itertuples():
            assert budget - most[run.optimizer] < run.cost <= budget * (1 + 1e-12)

    def test_a_budget_of_iterations_is_kept_to_the_iteration(self) -> None:
        runs = swept(
            [load("xor", target=None)], EVERY_KIND[:3] + EVERY_KIND[4:], budget=Budget(iterations=23)
        ).runs
        assert (runs["iterations"] == 23).all()
        assert runs["sentence"].str.contains("23 iterations").all()

    def test_a_budget_of_seconds_ends_a_run(self) -> None:
        runs = swept([load("xor", target=None)], [GradientDescent()], budget=Budget(seconds=0.02)).runs
        assert (runs["outcome"] == "budget").all()
        assert runs["sentence"].str.contains("0.02 seconds").all()
        assert (runs["iterations"] > 0).all()

    def test_the_first_limit_reached_ends_a_run(self) -> None:
        limits = Budget(cost=1e9, iterations=5, seconds=1e9)
        assert swept([load("xor")], [GradientDescent()], budget=limits).runs["iterations"].tolist() == [5, 5]

    def test_a_budget_below_one_iteration_leaves_the_start(self) -> None:
        results = swept([load("xor")], [GradientDescent(), GeneticAlgorithm()], budget=Budget(cost=1))
        # The loss of the start is all that it is enough for.
        assert results.runs["cost"].tolist() == [1.0] * 4
        assert len(results.trace) == 4
        assert (results.runs["start_loss"] == results.runs["best_loss"]).all()


class TestOutcomes:
    def one(self, problem: BaseProblem, optimizer: Optimizer, cost: float = 3000, **changes: Any) -> Any:
        results = swept([problem], [optimizer], [0], budget=Budget(cost=cost), **changes)
        assert len(results.runs) == 1
        return results.runs.iloc[0], results.trace

    def test_solved(self) -> None:
        run, trace = self.one(load("iris"), Adam(learning_rate=0.1))
        assert run["outcome"] == "solved"
        assert run["final_loss"] <= run["target"] == 0.05
        assert 0 < run["cost_to_target"] <= run["cost"] < 3000
        assert trace["loss"].iloc[-1] == run["final_loss"]

    def test_budget(self) -> None:
        run, _ = self.one(load("iris"), GradientDescent(), cost=20)
        assert run["outcome"] == "budget"
        assert run["final_loss"] > run["target"]
        assert math.isnan(run["cost_to_target"])

    def test_diverged(self) -> None:
        run, trace = self.one(line(), GradientDescent(learning_rate=1e6))
        assert run["outcome"] == "diverged"
        assert not math.isfinite(run["final_loss"])
        assert not math.isfinite(trace["loss"].iloc[-1])
        assert math.isfinite(run["best_loss"])
        assert run["best_loss"] == trace["best_loss"].iloc[-1]

    def test_stalled(self) -> None:
        run, _ = self.one(load("setosa", target=None), PerceptronRule())
        assert run["outcome"] == "stalled"
        assert run["final_loss"] == 0
        assert math.isnan(run["target"])

    def test_timeout(self) -> None:
        run, trace = self.one(load("iris", target=None), GradientDescent(), cost=1e12, timeout=1e-9)
        assert run["outcome"] == "timeout"
        assert run["cost"] < 1e12
        assert len(trace) >= 2

    def test_failed(self) -> None:
        run, trace = self.one(load("xor"), Broken(after=41))
        assert run["outcome"] == "failed"
        assert run["sentence"] == "ZeroDivisionError: the search broke"
        # What was spent since the last look is spent all the same.
        assert (run["cost"], run["value_rows"]) == (41.0, 164)
        assert 30 < trace["cost"].iloc[-1] < 41
        assert run["start_loss"] == trace["loss"].iloc[0]

    def test_failed_before_the_first_look(self) -> None:
        run, trace = self.one(load("xor"), Broken(after=0))
        assert run["outcome"] == "failed"
        assert len(trace) == 0
        assert np.isnan([run["start_loss"], run["final_loss"], run["best_loss"], run["cost_to_target"]]).all()

    def test_a_folder_of_nothing_but_failed_runs_loads_like_any_other(self, tmp_path: Path) -> None:
        declared = experiment([load("xor")], [Broken(after=0)])
        results, _ = sweep(declared, tmp_path / "kept")
        assert_same(results, harness.load(tmp_path / "kept"))
        assert_same(results, sweep(declared)[0])
        assert results.runs["outcome"].tolist() == ["failed", "failed"]
        assert len(results.trace) == 0

    def test_failed_for_want_of_a_reason(self) -> None:
        run, _ = self.one(load("xor"), Silent())
        assert run["outcome"] == "failed"
        assert "without a reason" in run["sentence"]

    def test_no_run_is_dropped_whatever_becomes_of_it(self, tmp_path: Path) -> None:
        searches = [Broken(after=0), Broken(after=5), GradientDescent(learning_rate=1e6), Adam(), Silent()]
        results, done = sweep(experiment([line(target=1e-3)], searches), tmp_path / "kept")
        assert done == len(results.runs) == 10
        found = results.runs.groupby("optimizer", sort=False)["outcome"].agg(list).to_dict()
        assert found == {
            Broken(after=0).label: ["failed"] * 2,
            "broken(after=5)": ["failed"] * 2,
            "gradient-descent(learning_rate=1000000.0)": ["diverged"] * 2,
            "adam": ["budget"] * 2,
            "silent": ["failed"] * 2,
        }
        assert_same(results, harness.load(tmp_path / "kept"))
        again, done = sweep(experiment([line(target=1e-3)], searches), tmp_path / "kept")
        assert done == 0
        assert_same(results, again)

    def test_every_run_has_one_of_six_outcomes_and_one_sentence(self, comparison: Results) -> None:
        assert set(comparison.runs["outcome"]) <= OUTCOMES
        assert comparison.runs["sentence"].str.len().min() > 10
        assert not comparison.runs["sentence"].str.contains("\n").any()
        assert list(comparison.runs.columns) == list(RUN_COLUMNS)

    def test_an_interrupt_is_no_outcome(self) -> None:
        class Interrupted(Silent):
            def run(self, *_: Any) -> Outcome | None:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            swept([load("xor")], [Interrupted()])


class TestRepetition:
    def test_the_same_seed_gives_the_same_bits_twice(self, comparison: Results) -> None:
        assert_same(comparison, swept([load("xor"), load("setosa"), load("iris")], EVERY_KIND))

    def test_the_bits_of_a_run_do_not_depend_on_its_neighbours(self, comparison: Results) -> None:
        alone = swept([load("iris")], [EVERY_KIND[4]], [1])
        run_id = alone.runs["run_id"].iloc[0]
        together = comparison.trace[comparison.trace["run_id"] == run_id].reset_index(drop=True)
        pd.testing.assert_frame_equal(
            alone.trace.drop(columns="seconds"), together.drop(columns="seconds"), check_categorical=False
        )

    def test_one_worker_or_two_give_the_same_bits_in_the_same_order(
        self, comparison: Results, tmp_path: Path
    ) -> None:
        declared = experiment([load("xor"), load("setosa"), load("iris")], EVERY_KIND)
        in_memory, done = sweep(declared, workers=2)
        assert done == len(comparison.runs)
        assert_same(comparison, in_memory)
        on_disk, _ = sweep(declared, tmp_path / "two", workers=2)
        assert_same(comparison, on_disk)

    def test_one_thread_or_all_of_them_give_the_same_bits(self) -> None:
        declared = experiment(
            [load("digits", target=None)],
            [GradientDescent(), GradientDescent(batch=700), GeneticAlgorithm(population_size=4)],
            [0],
            budget=Budget(cost=12),
        )
        threads = allowed_threads()
        every, _ = sweep(declared)
        use_threads(1)
        try:
            one, _ = sweep(declared)
        finally:
            use_threads(threads)
        assert_same(every, one)

    def test_whatever_is_compiled_is_compiled_before_the_clock_once_a_process(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("harness.runs.single_run._warm", set())
        problems = [load("xor"), load("digits")]
        declared = experiment(problems, [GradientDescent(), GradientDescent(batch=2)], budget=Budget(cost=6))
        runs, _ = plan(declared)
        compiled = {(run.problem.name, run.optimizer.label, run.seed): run.warm_up() > 0 for run in runs}
        # Where there are threads, a large problem has functions of its own.
        kinds = {problem.objective().compiled[:3] for problem in problems}
        first = [compiled[problem.name, "gradient-descent", 0] for problem in problems]
        assert first == [True, len(kinds) == 2]
        assert not any(new for (_, _, seed), new in compiled.items() if seed == 1)
        assert (sweep(declared)[0].runs["compile_seconds"] == 0).all()

    def test_the_random_states_of_the_caller_are_left_alone(self) -> None:
        np.random.seed(5)  # noqa: NPY002  # the caller's global state is what this is about
        random.seed(5)
        before = np.random.get_state(), random.getstate()  # noqa: NPY002
        swept([load("xor"), load("setosa")], EVERY_KIND, [0])
        after = np.random.get_state(), random.getstate()  # noqa: NPY002
        assert before[1] == after[1]
        for one, other in zip(before[0], after[0], strict=True):
            assert np.array_equal(one, other)

    def test_the_random_states_of_the_caller_decide_nothing(self, comparison: Results) -> None:
        np.random.seed(99)  # noqa: NPY002
        random.seed(99)
        again = swept([load("xor")], EVERY_KIND)
        runs = comparison.runs[comparison.runs["problem"] == "xor"].reset_index(drop=True)
        pd.testing.assert_frame_equal(again.runs.drop(columns=TIMES), runs.drop(columns=TIMES))


PROBLEMS = [load("xor"), load("xor", target=0.02), load("parity"), load("parity", bits=4), line()]
SEARCHES: list[Optimizer] = [
    Adam(), Adam(learning_rate=0.5), Adam(batch=1), GradientDescent(), GradientDescent(learning_rate=0.001),
    Momentum(), GeneticAlgorithm(), GeneticAlgorithm(mutation_probability=0.5),
]  # fmt: skip
BUDGETS = [
    Budget(cost=100),
    Budget(cost=101),
    Budget(iterations=100),
    Budget(seconds=100),
    Budget(cost=100, seconds=1),
]
DEFINITIONS = st.tuples(
    st.integers(0, len(PROBLEMS) - 1),
    st.integers(0, len(SEARCHES) - 1),
    st.sampled_from(["analytic", "none", "central-difference"]),
    st.integers(0, 2**63 - 1) | st.integers(0, 2),
    st.integers(0, len(BUDGETS) - 1),
    st.sampled_from([None, 1.0, 2.0]),
)


def run_of(problem: int, search: int, gradient: str, seed: int, budget: int, timeout: float | None) -> Run:
    return Run(PROBLEMS[problem], SEARCHES[search], gradient, seed, BUDGETS[budget], timeout)


class TestIdentity:
    @settings(max_examples=300)
    @given(definition=DEFINITIONS, other=DEFINITIONS)
    def test_runs_are_the_same_where_everything_that_defines_them_is(
        self, definition: Any, other: Any
    ) -> None:
        assert run_of(*definition).run_id == run_of(*definition).run_id
        assert (run_of(*definition).run_id == run_of(*other).run_id) == (definition == other)

    @settings(max_examples=200)
    @given(definition=DEFINITIONS, other=DEFINITIONS, place=st.integers(0, 5))
    def test_one_difference_in_any_field_makes_another_run(
        self, definition: Any, other: Any, place: int
    ) -> None:
        changed = (*definition[:place], other[place], *definition[place + 1 :])
        assert (run_of(*changed).run_id == run_of(*definition).run_id) == (changed == definition)

    def test_every_run_has_a_stream_of_randomness_of_its_own(self) -> None:
        runs = plan(experiment([load("xor"), load("setosa")], [Adam(), GeneticAlgorithm()], [0, 1, 2]))[0]
        assert len({run.generator().random() for run in runs}) == len(runs) == 12

    def test_the_order_of_the_declaration_changes_no_run(self) -> None:
        problems, searches = [load("xor"), load("setosa")], [Adam(), GeneticAlgorithm()]
        one = plan(experiment(problems, searches, [3, 4]))[0]
        other = plan(experiment(problems[::-1], searches[::-1], [4, 3]))[0]
        assert {run.run_id for run in one} == {run.run_id for run in other}
        assert [run.run_id for run in one] == [run.run_id for run in other[::-1]]
        by_id = {run.run_id: run for run in other}
        for run in one:
            assert run.generator().random() == by_id[run.run_id].generator().random()

    def test_a_number_is_the_same_however_it_is_written(self) -> None:
        first = Run(load("xor"), Adam(learning_rate=1), "analytic", 0, Budget(cost=5))
        second = Run(
            load("xor:bits=2".partition(":")[0]), Adam(learning_rate=1.0), "analytic", 0, Budget(cost=5.0)
        )
        third = Run(load("xor"), Adam(learning_rate=np.float64(1)), "analytic", 0, Budget(cost=np.int64(5)))
        assert first.run_id == second.run_id == third.run_id

    def test_all_that_defines_own_data_defines_the_run(self) -> None:
        X = np.arange(20.0).reshape(10, 2)
        y = X.sum(axis=1)
        other_X, other_y = X.copy(), y.copy()
        other_X[3, 1] += 1e-12
        other_y[9] = -1
        variants = [
            line(), line(X=other_X), line(y=other_y), line(name="other"), line(hidden=(3,)),
            line(loss="squared"), line(hidden=(3,), activation="relu"), line(output="tanh"),
            line(initializer="he"), line(test_fraction=0.2), line(scale=False), line(target=0.5),
        ]  # fmt: skip
        identities = {Run(problem, Adam(), "analytic", 0, Budget(cost=5)).run_id for problem in variants}
        assert len(identities) == len(variants)
        again = line(X=X.tolist(), y=y.astype(int))
        assert Run(again, Adam(), "analytic", 0, Budget(cost=5)).run_id in identities

    def test_an_identity_is_a_short_name_that_no_file_system_minds(self) -> None:
        run_id = Run(load("xor"), Adam(), "analytic", 0, Budget(cost=5)).run_id
        assert len(run_id) == 16
        assert set(run_id) <= set("0123456789abcdef")


class Executions:
    """Counts what is executed, and interrupts where it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, interrupt_at: int | None = None) -> None:
        self.run_ids: list[str] = []
        self.interrupt_at = interrupt_at
        search = Run.search

        def counted(run: Run, shared: Any) -> Any:
            if len(self.run_ids) == self.interrupt_at:
                raise KeyboardInterrupt
            self.run_ids.append(run.run_id)
            return search(run, shared)

        monkeypatch.setattr(Run, "search", counted)
        # Each by itself, so that all of them are counted.
        monkeypatch.setattr(execution, "most_together", lambda run, shared: 1)


class TestResuming:
    SEARCHES: ClassVar[list[Optimizer]] = [GradientDescent(), Adam(), GeneticAlgorithm(population_size=10)]

    def test_finished_runs_are_not_done_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        executions = Executions(monkeypatch)
        declared = experiment([load("xor")], self.SEARCHES)
        first, done = sweep(declared, tmp_path / "kept")
        assert done == len(executions.run_ids) == 6
        second, done = sweep(declared, tmp_path / "kept")
        assert done == 0
        assert len(executions.run_ids) == 6
        pd.testing.assert_frame_equal(first.runs, second.runs)
        pd.testing.assert_frame_equal(first.trace, second.trace)

    def test_only_what_is_new_in_an_experiment_is_done(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sweep(experiment([load("xor")], self.SEARCHES), tmp_path / "kept")
        executions = Executions(monkeypatch)
        larger = experiment([load("xor"), load("setosa")], [*self.SEARCHES, Momentum()], [0, 1, 2])
        results, done = sweep(larger, tmp_path / "kept")
        assert done == len(executions.run_ids) == 2 * 4 * 3 - 6
        assert results.runs["run_id"].tolist() == [run.run_id for run in plan(larger)[0]]
        assert_same(results, sweep(larger)[0])

    def test_a_smaller_experiment_shows_its_own_runs_only_and_loses_none(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        large = experiment([load("xor")], self.SEARCHES)
        small = experiment([load("xor")], self.SEARCHES[:1], [1])
        sweep(large, tmp_path / "kept")
        results, done = sweep(small, tmp_path / "kept")
        assert done == 0
        assert results.runs["run_id"].tolist() == [plan(small)[0][0].run_id]
        assert set(results.trace["run_id"]) == set(results.runs["run_id"])
        executions = Executions(monkeypatch)
        sweep(large, tmp_path / "kept")
        assert executions.run_ids == []

    @pytest.mark.parametrize("flush_seconds", [0.0, 1e9])
    @pytest.mark.parametrize("interrupt_at", [0, 1, 4])
    def test_an_interrupt_keeps_what_is_finished_and_the_next_call_does_the_rest(
        self, interrupt_at: int, flush_seconds: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("harness.sweeps.sweep.FLUSH_SECONDS", flush_seconds)
        monkeypatch.setattr("harness.sweeps.executors.serial.BLOCK_SECONDS", flush_seconds)
        declared = experiment([load("xor")], self.SEARCHES)
        executions = Executions(monkeypatch, interrupt_at)
        with pytest.raises(KeyboardInterrupt):
            sweep(declared, tmp_path / "kept")
        assert set(Store(tmp_path / "kept").finished()["run_id"]) == set(executions.run_ids)
        assert len(executions.run_ids) == interrupt_at
        if interrupt_at:
            assert len(harness.load(tmp_path / "kept").runs) == interrupt_at

        executions.interrupt_at = None
        results, done = sweep(declared, tmp_path / "kept")
        assert done == 6 - interrupt_at
        assert executions.run_ids == [run.run_id for run in plan(declared)[0]]
        assert_same(results, sweep(declared)[0])

    def test_without_a_folder_nothing_is_kept_anywhere(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        swept([load("xor")], [Adam()])
        assert list(tmp_path.iterdir()) == []


class Twin(Analytic):
    """A second gradient source, the same as the first."""


class TestSkipping:
    def test_a_pair_that_cannot_work_is_skipped_with_the_reason_and_the_remedy(
        self, comparison: Results
    ) -> None:
        assert list(comparison.skipped.columns) == list(SKIPPED_COLUMNS)
        found = comparison.skipped[["problem", "optimizer", "gradient"]].values.tolist()
        assert found == [["xor", "perceptron-rule", "none"], ["iris", "perceptron-rule", "none"]]
        for reason in comparison.skipped["reason"]:
            assert "does not train hidden layers" in reason
            assert "take a problem with one layer" in reason
        ran = set(zip(comparison.runs["problem"], comparison.runs["optimizer_name"], strict=True))
        assert ("xor", "perceptron-rule") not in ran
        assert ("setosa", "perceptron-rule") in ran

    def test_a_loss_without_a_gradient_is_left_to_searches_that_need_none(self) -> None:
        problem = load("setosa", loss="perceptron-hard")
        results = swept(
            [problem], [GradientDescent(), GeneticAlgorithm(population_size=10), PerceptronRule()]
        )
        assert results.skipped[["optimizer", "gradient"]].values.tolist() == [
            ["gradient-descent", "analytic"]
        ]
        reason = results.skipped["reason"].iloc[0]
        assert "counts mistakes" in reason
        assert "take a genetic algorithm" in reason
        assert set(results.runs["optimizer_name"]) == {"genetic-algorithm", "perceptron-rule"}

    def test_where_nothing_can_run_the_reasons_are_said_and_nothing_is_written(self, tmp_path: Path) -> None:
        declared = experiment([load("xor"), load("iris")], [PerceptronRule()])
        with pytest.raises(
            InputError, match="'test' has no run that can work: the perceptron rule"
        ) as caught:
            sweep(declared, tmp_path / "never")
        # The reason that both pairs share is said once.
        assert str(caught.value).count("hidden layers") == 1
        assert not (tmp_path / "never").exists()

    def test_gradients_are_an_axis_for_those_that_use_one_and_not_for_the_others(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sources = {"analytic": Analytic, "twin": Twin}
        monkeypatch.setattr(harness.gradients.SOURCES, "_members", sources)
        searches = [GradientDescent(), GeneticAlgorithm(population_size=10), PerceptronRule()]
        results = swept([load("setosa"), load("xor")], searches, gradients=["analytic", "twin"])
        counts = results.runs.groupby(["problem", "optimizer_name", "gradient"]).size().to_dict()
        assert counts == {
            ("setosa", "gradient-descent", "analytic"): 2,
            ("setosa", "gradient-descent", "twin"): 2,
            ("setosa", "genetic-algorithm", "none"): 2,
            ("setosa", "perceptron-rule", "none"): 2,
            ("xor", "gradient-descent", "analytic"): 2,
            ("xor", "gradient-descent", "twin"): 2,
            ("xor", "genetic-algorithm", "none"): 2,
        }
        assert len(results.skipped) == 1
        descents = results.runs[results.runs["optimizer_name"] == "gradient-descent"]
        one, other = (descents[descents["gradient"] == source] for source in ("analytic", "twin"))
        assert one["final_loss"].tolist() == other["final_loss"].tolist()
        assert not set(one["run_id"]) & set(other["run_id"])


class TestArguments:
    @pytest.mark.parametrize("workers", [0, -1, 1.5, "two", True])
    def test_workers_are_a_whole_number_above_0(self, workers: Any, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"workers is .*expected a whole number, 1 or more"):
            sweep(experiment([load("xor")], [Adam()]), tmp_path / "never", workers=workers)
        assert not (tmp_path / "never").exists()

    def test_an_experiment_without_runs_cannot_be_declared(self) -> None:
        fields: dict[str, Any] = {
            "problems": [load("xor")],
            "optimizers": [Adam()],
            "gradients": ["analytic"],
            "seeds": [0],
        }
        for name in fields:
            with pytest.raises(InputError, match=f"{name} is empty, expected at least one"):
                Experiment("test", "", budget=Budget(cost=1), **{**fields, name: []})

    def test_the_progress_bar_says_nothing_on_standard_output(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        sweep(experiment([load("xor")], [Adam()]), progress=True)
        assert capsys.readouterr().out == ""

    def test_the_row_of_a_run_repeats_what_was_asked_for(self, comparison: Results) -> None:
        for run in comparison.runs.itertuples():
            (optimizer,) = (
                search
                for search in EVERY_KIND
                if (search.name(), option_values(search)) == (run.optimizer_name, json.loads(run.options))
            )
            target = load(run.problem).target
            assert run.target == target
            assert run.gradient == ("analytic" if "gradient" in optimizer.needs else "none")


def stumbles(w: Any) -> float:
    raise ZeroDivisionError("nothing to divide\x1b[31m by")


def test_a_run_that_an_error_ends_keeps_its_traceback(tmp_path: Path) -> None:
    broken = harness.problems.FunctionProblem(stumbles, 2, name="broken", key="broken")
    kept = harness.run([broken, "xor"], "hill-climbing", budget=20, seeds=1, folder=tmp_path / "kept")
    for results in (kept, harness.load(tmp_path / "kept")):
        origin, none = results.runs["traceback"]
        assert origin.startswith("Traceback (most recent call last):")
        assert "in stumbles\n" in origin
        assert origin.rstrip().endswith("ZeroDivisionError: nothing to divide\\x1b[31m by")
        assert none == ""
