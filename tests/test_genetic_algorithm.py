"""The genetic algorithm: every operator, the look protocol, counting, randomness and refusals."""

from __future__ import annotations

import ast
import dataclasses
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args
from unittest import mock

import numpy as np
import pygad
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optimizers
from optimizers import FunctionObjective, InputError
from optimizers.genetic.genetic_algorithm import (
    SILENT,
    Crossover,
    GeneticAlgorithm,
    Mutation,
    ParentSelection,
)
from optimizers.objective import VALUE_ROWS, Array

SELECTIONS, CROSSOVERS, MUTATIONS = get_args(ParentSelection), get_args(Crossover), get_args(Mutation)
START = np.full(6, 2.0)


def sphere(population: Array) -> Array:
    """A sphere with another centre in each coordinate, so that rearranging values makes a difference."""
    return np.square(population - np.linspace(-1.0, 1.5, population.shape[1])).sum(axis=1)


class Batched(FunctionObjective):
    """A vectorised function that keeps its own record of what it was asked."""

    def __init__(self, function: Any = sphere, n: int = 6) -> None:
        super().__init__(lambda w: float(function(w[None])[0]), n)
        self.function = function
        self.batches: list[Array] = []

    @property
    def evaluated(self) -> int:
        return sum(len(batch) for batch in self.batches)

    def values(self, population: Any, rows: Any = None) -> Array:
        table = self.checked_population(population)
        self.batches.append(table.copy())
        self.counters[VALUE_ROWS] += len(table)
        return self.function(table)


@dataclasses.dataclass
class Seen:
    w: Array
    iterations: int
    losses: Array | None
    loss: float | None
    population_losses: Array | None
    evaluated: int


class Watcher:
    """An ``observe`` that answers with prepared allowances, then with 0, and remembers each look."""

    outcome: optimizers.Outcome | None

    def __init__(self, objective: Batched, allowances: list[int]) -> None:
        self.objective = objective
        self.allowances = [*allowances, 0]
        self.seen: list[Seen] = []

    def __call__(
        self,
        w: Array,
        *,
        iterations: int = 0,
        losses: Array | None = None,
        best: Array | None = None,
        loss: float | None = None,
        population_losses: Array | None = None,
    ) -> int:
        evaluated = self.objective.evaluated
        self.seen.append(Seen(w.copy(), iterations, losses, loss, population_losses, evaluated))
        return self.allowances.pop(0)


def search(
    optimizer: GeneticAlgorithm,
    allowances: list[int],
    function: Any = sphere,
    start: Array = START,
    seed: int = 3,
) -> Watcher:
    objective = Batched(function, start.size)
    watcher = Watcher(objective, allowances)
    watcher.outcome = optimizer.run(objective, start, np.random.default_rng(seed), watcher)
    return watcher


@contextmanager
def runs_of_pygad() -> Iterator[list[pygad.GA]]:
    """Note every PyGAD instance that runs meanwhile."""
    instances: list[pygad.GA] = []
    run = pygad.GA.run
    with mock.patch.object(pygad.GA, "run", lambda self: (instances.append(self), run(self))[1]):
        yield instances


def amount(mutation: str | None) -> dict[str, Any]:
    return {"mutation_probability": (0.5, 0.1)} if mutation == "adaptive" else {}


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("crossover", [*CROSSOVERS, None])
@pytest.mark.parametrize("mutation", [*MUTATIONS, None])
def test_every_operator_lowers_the_loss(selection: Any, crossover: Any, mutation: Any) -> None:
    if crossover is None and mutation is None:
        pytest.skip("refused: nothing would change")
    keep = {} if crossover is not None else {"keep_elitism": 0, "keep_parents": 2, "num_parents_mating": 6}
    optimizer = GeneticAlgorithm(
        population_size=14,
        parent_selection_type=selection,
        crossover_type=crossover,
        mutation_type=mutation,
        **amount(mutation),
        **keep,
    )
    watcher = search(optimizer, [1, 24])
    first, last = watcher.seen[1], watcher.seen[2]
    lowest = min(last.losses.min(), last.loss)
    assert lowest < first.loss


def names_known_to_pygad(**wrong: str) -> set[str]:
    with pytest.raises(TypeError, match="Supported names are") as caught:
        pygad.GA(1, 2, len, sol_per_pop=4, num_genes=2, logger=SILENT, suppress_warnings=True, **wrong)
    return set(ast.literal_eval(str(caught.value).partition("Supported names are ")[2].rstrip(".")))


def test_every_name_of_pygad_is_reachable() -> None:
    assert names_known_to_pygad(crossover_type="?") == set(CROSSOVERS)
    assert names_known_to_pygad(mutation_type="?") == set(MUTATIONS)
    several_objectives = {"nsga2", "tournament_nsga2", "nsga3", "tournament_nsga3"}
    assert names_known_to_pygad(parent_selection_type="?") == set(SELECTIONS) | several_objectives


@pytest.mark.parametrize("selection", ["nsga2", "tournament_nsga2", "nsga3", "tournament_nsga3"])
def test_pygad_itself_refuses_one_objective_to_the_selections_that_are_left_out(selection: str) -> None:
    ga = pygad.GA(
        2, 2, lambda *_: 0.0, sol_per_pop=4, num_genes=2, parent_selection_type=selection,
        nsga3_num_divisions=2, logger=SILENT, suppress_warnings=True,
    )  # fmt: skip
    with pytest.raises(TypeError, match="single-objective"):
        ga.run()


def test_none_can_be_written_in_a_file() -> None:
    built = optimizers.build_optimizer({"name": "genetic-algorithm", "crossover_type": "none"})
    assert isinstance(built, GeneticAlgorithm)
    assert built.crossover_type is None
    adaptive = GeneticAlgorithm(mutation_type="adaptive", mutation_num_genes=[3, 1])  # type: ignore[arg-type]
    assert adaptive.mutation_num_genes == (3, 1)


def test_the_first_look_is_at_the_start_and_costs_nothing() -> None:
    watcher = search(GeneticAlgorithm(), [])
    (only,) = watcher.seen
    assert only.evaluated == 0
    assert only.iterations == 0
    np.testing.assert_array_equal(only.w, START)
    assert watcher.objective.cost == 0


@pytest.mark.parametrize("elite", [0, 1, 4])
def test_looks_tell_the_loss_of_every_iterate(elite: int) -> None:
    optimizer = GeneticAlgorithm(population_size=12, keep_elitism=elite)
    single = search(optimizer, [1] * 12)
    answers = [look.w for look in single.seen]
    answer_losses = sphere(np.array(answers))
    stretched = search(optimizer, [3, 1, 5, 3])
    place = 0
    for look, allowed in zip(stretched.seen[1:], [3, 1, 5, 3], strict=True):
        assert look.iterations == allowed
        np.testing.assert_array_equal(look.losses, answer_losses[place : place + allowed])
        place += allowed
        np.testing.assert_array_equal(look.w, answers[place])
        assert look.loss == answer_losses[place] == sphere(look.w[None])[0] == look.population_losses.min()
        assert look.population_losses.shape == (12,)
    for look, earlier in zip(single.seen[2:], single.seen[1:], strict=False):
        assert look.losses.tolist() == [earlier.loss]


def test_population_losses_are_those_of_the_population_that_was_paid_for() -> None:
    watcher = search(GeneticAlgorithm(population_size=8, keep_elitism=0, keep_parents=0), [1] * 6)
    for look, batch in zip(watcher.seen[1:], watcher.objective.batches, strict=True):
        np.testing.assert_array_equal(look.population_losses, sphere(batch))


def test_without_elite_the_answer_may_get_worse_and_is_told_as_it_is() -> None:
    optimizer = GeneticAlgorithm(population_size=6, keep_elitism=0, keep_parents=0)
    losses = np.array([look.loss for look in search(optimizer, [1] * 60).seen[1:]])
    assert (np.diff(losses) > 0).any()


@pytest.mark.parametrize("allowances", [[], [1], [4], [1, 1, 2]])
@pytest.mark.parametrize("mutation", ["random", "adaptive"])
def test_nothing_is_evaluated_after_the_stop(allowances: list[int], mutation: Any) -> None:
    optimizer = GeneticAlgorithm(population_size=10, mutation_type=mutation, **amount(mutation))
    watcher = search(optimizer, allowances)
    assert watcher.seen[-1].evaluated == watcher.objective.evaluated == watcher.objective.value_rows
    if allowances:
        # PyGAD does not pay again for the elite, nor for offspring equal to a parent.
        most = 10 + (sum(allowances) - 1) * int(optimizer.iteration_cost(watcher.objective))
        assert 10 <= watcher.objective.evaluated <= most


@pytest.mark.parametrize("mutation", ["random", "adaptive"])
@pytest.mark.parametrize("budget", [9, 10, 95, 333])
def test_a_budget_of_cost_is_obeyed_to_within_a_generation(budget: int, mutation: Any) -> None:
    optimizer = GeneticAlgorithm(population_size=10, mutation_type=mutation, **amount(mutation))
    objective = Batched()
    best = optimizers.minimize(objective, START, optimizer, budget)
    assert best.outcome.name == "budget"
    assert budget - optimizer.iteration_cost(objective) < objective.cost <= budget
    assert objective.cost == objective.evaluated == best.cost


def test_no_iteration_costs_more_than_was_stated() -> None:
    for mutation in ("random", "adaptive"):
        optimizer = GeneticAlgorithm(
            population_size=10, keep_elitism=0, keep_parents=3, parent_selection_type="random",
            mutation_type=mutation, **amount(mutation),
        )  # fmt: skip
        watcher = search(optimizer, [1] * 30)
        spent = np.diff([look.evaluated for look in watcher.seen])
        assert spent.max() <= optimizer.iteration_cost(watcher.objective)


def test_the_start_is_member_0_and_left_as_it_is() -> None:
    start = START.copy()
    start.flags.writeable = False
    optimizer = GeneticAlgorithm(population_size=7, init_range_low=-1.0, init_range_high=1.0)
    watcher = search(optimizer, [9], start=start)
    first = watcher.objective.batches[0]
    np.testing.assert_array_equal(first[0], START)
    assert first.shape == (7, 6)
    assert (np.abs(first[1:]) <= 1).all()
    assert len(np.unique(first[1:])) == 36


def test_the_same_seed_gives_the_same_bits() -> None:
    for mutation in MUTATIONS:
        optimizer = GeneticAlgorithm(population_size=10, mutation_type=mutation, **amount(mutation))
        once, again, other = (search(optimizer, [2, 8], seed=seed).seen[-1] for seed in (5, 5, 6))
        np.testing.assert_array_equal(once.w, again.w)
        np.testing.assert_array_equal(once.population_losses, again.population_losses)
        assert not np.array_equal(once.population_losses, other.population_losses)


def test_how_often_it_is_looked_at_changes_nothing() -> None:
    optimizer = GeneticAlgorithm(population_size=10)
    often, once = search(optimizer, [1] * 20).seen[-1], search(optimizer, [20]).seen[-1]
    np.testing.assert_array_equal(often.w, once.w)
    np.testing.assert_array_equal(often.population_losses, once.population_losses)


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"parent_selection_type": "rws", "crossover_type": "uniform", "mutation_probability": 0.3},
        {"parent_selection_type": "tournament", "k_tournament": 5, "crossover_type": "sbx"},
        {"parent_selection_type": "sus", "mutation_type": "polynomial", "polynomial_mutation_eta": 5.0},
        {"parent_selection_type": "rank", "keep_elitism": 0, "keep_parents": 2, "num_parents_mating": 4},
        {"mutation_type": "adaptive", "mutation_percent_genes": (50.0, 20.0), "crossover_probability": 0.7},
        {"mutation_type": "swap", "crossover_type": "two_points", "num_parents_mating": 3},
        {"mutation_num_genes": 2, "mutation_by_replacement": True, "random_mutation_max_val": 0.5},
        {"crossover_type": None, "init_range_low": -2.0},
    ],
)
def test_pygad_driven_by_hand_finds_the_same_bits(chosen: dict[str, Any]) -> None:
    optimizer = GeneticAlgorithm(population_size=12, **chosen)
    last = search(optimizer, [5, 21], seed=11).seen[-1]

    rng = np.random.default_rng(11)
    population = rng.uniform(optimizer.init_range_low, optimizer.init_range_high, (12, 6))
    population[0] = START
    given = {name.replace("k_tour", "K_tour"): value for name, value in chosen.items()}
    given.setdefault("num_parents_mating", 6)
    ga = pygad.GA(
        num_generations=25,
        fitness_func=lambda ga, w, index: -float(sphere(w[None])[0]),
        initial_population=population,
        random_seed=int(rng.integers(2**32)),
        suppress_warnings=True,
        logger=SILENT,
        **given,
    )
    ga.run()
    w, fitness, _ = ga.best_solution(ga.last_generation_fitness)
    np.testing.assert_array_equal(last.w, w)
    assert last.loss == -fitness
    np.testing.assert_array_equal(last.population_losses, -ga.last_generation_fitness)


def global_states() -> tuple[Any, ...]:
    numpy_state = np.random.get_state()  # noqa: NPY002
    return (numpy_state[1].tobytes(), *numpy_state[2:], random.getstate())


def test_the_global_random_states_are_as_before() -> None:
    np.random.seed(1)  # noqa: NPY002
    random.seed(1)
    before = global_states()
    search(GeneticAlgorithm(population_size=6), [5])
    assert global_states() == before


def test_the_global_random_states_are_as_before_an_exception_too(capfd: Any, caplog: Any) -> None:
    def failing(population: Array) -> Array:
        np.random.seed(2)  # noqa: NPY002
        random.seed(2)
        raise ZeroDivisionError("of my own")

    before = global_states()
    with pytest.raises(ZeroDivisionError, match="of my own"):
        search(GeneticAlgorithm(population_size=6), [5], failing)
    assert global_states() == before
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_an_error_in_a_later_generation_comes_through() -> None:
    calls = []

    def failing(population: Array) -> Array:
        calls.append(len(population))
        if len(calls) == 3:
            raise FloatingPointError("late")
        return sphere(population)

    with pytest.raises(FloatingPointError, match="late"):
        search(GeneticAlgorithm(population_size=6), [9], failing)


def with_holes(population: Array) -> Array:
    losses = sphere(population)
    losses[population[:, 0] > 1.0] = np.nan
    losses[population[:, 1] > 2.5] = np.inf
    losses[population[:, 2] > 3.0] = -np.inf
    return losses


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("mutation", ["random", "adaptive"])
@pytest.mark.parametrize("elite", [0, 1])
def test_losses_that_are_not_finite_are_survived(selection: Any, mutation: Any, elite: int) -> None:
    if selection == "random" and not elite:
        pytest.skip("nothing selects, so that the population drifts into the holes and dies out")
    optimizer = GeneticAlgorithm(
        population_size=20, parent_selection_type=selection, mutation_type=mutation, keep_elitism=elite,
        **amount(mutation),
    )  # fmt: skip
    watcher = search(optimizer, [1, 40], with_holes)
    first, last = watcher.seen[1:]
    assert watcher.outcome is None
    assert np.isinf(first.population_losses).any()
    assert np.isfinite(last.loss)
    assert min(last.losses.min(), last.loss) < first.loss
    # The start itself, at 2, lies in a hole.
    assert first.losses.tolist() == [np.inf]


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_population_without_a_finite_loss_ends_the_search(selection: Any, bad: float) -> None:
    calls = []

    def vanishing(population: Array) -> Array:
        calls.append(len(population))
        return sphere(population) if len(calls) < 4 else np.full(len(population), bad)

    optimizer = GeneticAlgorithm(
        population_size=6, parent_selection_type=selection, keep_elitism=0, keep_parents=0
    )
    watcher = search(optimizer, [10, 10], vanishing)
    assert [look.iterations for look in watcher.seen] == [0, 4]
    assert watcher.seen[-1].loss == np.inf
    assert len(watcher.seen[-1].losses) == 4
    assert len(calls) == 4
    assert watcher.outcome.name == "diverged"
    assert "iteration 4" in watcher.outcome.sentence


def test_an_observer_that_stops_there_gives_the_reason_itself() -> None:
    def nowhere(population: Array) -> Array:
        return np.full(len(population), np.nan)

    watcher = search(GeneticAlgorithm(population_size=6), [5], nowhere)
    assert watcher.outcome is None
    assert [look.iterations for look in watcher.seen] == [0, 1]


@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("holes", [False, True])
def test_a_loss_of_exactly_zero_everywhere_is_survived(selection: Any, holes: bool) -> None:
    def solved(population: Array) -> Array:
        return np.where(holes & (population[:, 0] > 1.5), np.nan, 0.0)

    optimizer = GeneticAlgorithm(population_size=8, parent_selection_type=selection)
    last = search(optimizer, [1, 9], solved).seen[-1]
    assert last.loss == 0.0
    assert not np.signbit(last.loss)


def test_nothing_grows_from_generation_to_generation() -> None:
    with runs_of_pygad() as instances:
        search(GeneticAlgorithm(population_size=4), [1, 300])
    sizes = {
        name: len(value)
        for name, value in vars(instances[0]).items()
        if hasattr(value, "__len__") and not isinstance(value, str)
    }
    assert max(sizes.values()) <= 6, sizes


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("crossover", [*CROSSOVERS, None])
@pytest.mark.parametrize("mutation", [*MUTATIONS, None])
def test_few_parameters_work_or_are_refused(n: int, crossover: Any, mutation: Any) -> None:
    if crossover is None and mutation is None:
        pytest.skip("refused: nothing would change")
    optimizer = GeneticAlgorithm(
        population_size=10, crossover_type=crossover, mutation_type=mutation, **amount(mutation)
    )
    objective = Batched(n=n)
    reason = optimizer.refusal(objective)
    if mutation in ("inversion", "scramble") or (mutation == "swap" and n == 1):
        assert reason is not None
        assert "changes nothing" in reason
        with pytest.raises(InputError, match="mutation_type='random'"):
            optimizers.minimize(objective, np.full(n, 2.0), optimizer, 100)
    else:
        assert reason is None
        watcher = search(optimizer, [30], start=np.full(n, 2.0))
        assert watcher.seen[-1].loss < sphere(np.full((1, n), 2.0))[0]


def test_more_mutating_genes_than_parameters_are_refused() -> None:
    objective = Batched(n=3)
    assert GeneticAlgorithm(mutation_num_genes=3).refusal(objective) is None
    assert "expected at most 3" in (GeneticAlgorithm(mutation_num_genes=4).refusal(objective) or "")
    pair = GeneticAlgorithm(mutation_type="adaptive", mutation_num_genes=(4, 1))
    assert "expected at most 3" in (pair.refusal(objective) or "")
    two_thirds, half = (
        GeneticAlgorithm(mutation_type="scramble", mutation_percent_genes=part) for part in (67, 50)
    )
    assert two_thirds.refusal(objective) is None
    assert "1 of 3 parameters" in (half.refusal(objective) or "")


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"population_size": 1}, "'population_size' is 1, expected 2 or more"),
        ({"num_parents_mating": 51}, r"'num_parents_mating' is 51, expected at most population_size \(50\)"),
        ({"init_range_low": 4.0}, r"'init_range_low' is 4.0, expected less than init_range_high \(4.0\)"),
        ({"random_mutation_min_val": 2.0}, r"expected less than random_mutation_max_val \(1.0\)"),
        ({"parent_selection_type": "tournament", "k_tournament": 51}, "'k_tournament' is 51, expected at"),
        ({"k_tournament": 4}, "expected parent_selection_type='tournament' with it"),
        ({"crossover_type": None, "crossover_probability": 0.5}, "expected a crossover_type with it"),
        ({"crossover_type": None, "parent_selection_type": "rws"}, "a crossover_type or keep_elitism=0"),
        ({"sbx_crossover_eta": 3.0}, "expected crossover_type='sbx' with it"),
        ({"polynomial_mutation_eta": 3.0}, "expected mutation_type='polynomial' with it"),
        ({"mutation_type": "swap", "mutation_by_replacement": True}, "'random' or 'adaptive' with it"),
        ({"mutation_type": None, "mutation_probability": 0.5}, "expected a mutation_type with it"),
        ({"keep_parents": 2}, "expected keep_elitism=0 with it"),
        ({"crossover_type": None, "mutation_type": None}, "expected a mutation where there is no crossover"),
        ({"keep_elitism": 50}, "'keep_elitism' is 50, which keeps 50 of 50"),
        ({"keep_elitism": 0, "num_parents_mating": 50}, "'keep_parents' is None, which keeps 50 of 50"),
        ({"keep_elitism": 0, "keep_parents": 26}, r"expected at most num_parents_mating \(25\)"),
        ({"keep_elitism": 0, "crossover_type": None}, "keeps 25, expected at most 24 without crossover"),
        (
            {"keep_elitism": 0, "crossover_type": None, "keep_parents": 3, "num_parents_mating": 48},
            "'num_parents_mating' is 48, expected at most 47",
        ),
        ({"mutation_probability": 0.5, "mutation_num_genes": 2}, "expected none beside mutation_probability"),
        ({"mutation_type": "adaptive"}, r"expected two numbers with mutation_type='adaptive': give \(0.5"),
        ({"mutation_type": "adaptive", "mutation_probability": 0.5}, "expected two numbers with"),
        ({"mutation_probability": (0.5, 0.1)}, "expected one number without mutation_type='adaptive'"),
        ({"mutation_type": "adaptive", "mutation_num_genes": (1, 2)}, "expected the first, for the worse"),
        ({"mutation_type": "swap", "mutation_num_genes": 1}, "expected 2 or more to be rearranged"),
        ({"mutation_probability": 1.5}, "'mutation_probability' is 1.5, expected less than or equal to 1"),
        ({"mutation_percent_genes": 0.0}, "expected greater than 0"),
        ({"crossover_type": "triple_point"}, "expected 'single_point', 'two_points'"),
        ({"parent_selection_type": "nsga2"}, "'parent_selection_type' is 'nsga2', expected 'sss'"),
        ({"keep_parents": -1}, "expected greater than or equal to 0"),
        ({"populationsize": 5}, "did you mean 'population_size'"),
    ],
)
def test_options_that_do_not_go_together_are_refused(chosen: dict[str, Any], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        GeneticAlgorithm(**chosen)


def test_importing_the_module_does_not_import_pygad() -> None:
    program = "import sys, optimizers.genetic.genetic_algorithm; sys.exit('pygad' in sys.modules)"
    root = Path(optimizers.__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0


@st.composite
def any_options(draw: Any) -> dict[str, Any]:
    """Draw options that may or may not go together; those that take an effect are the likelier ones."""
    size = draw(st.integers(2, 9))
    chosen: dict[str, Any] = {
        "population_size": size,
        "parent_selection_type": draw(st.sampled_from(SELECTIONS)),
        "crossover_type": draw(st.sampled_from([*CROSSOVERS, None])),
        "mutation_type": draw(st.sampled_from([*MUTATIONS, None])),
        "keep_elitism": draw(st.integers(0, size)),
    }
    if draw(st.booleans()):
        chosen["num_parents_mating"] = draw(st.integers(1, size))
    if not chosen["keep_elitism"] and draw(st.booleans()):
        chosen["keep_parents"] = draw(st.integers(0, size))
    if chosen["parent_selection_type"] == "tournament":
        chosen["k_tournament"] = draw(st.integers(1, size))
    if chosen["crossover_type"] is not None:
        chosen["crossover_probability"] = draw(st.none() | st.floats(0, 1))
    number: Any = {
        "mutation_probability": st.floats(0, 1),
        "mutation_num_genes": st.integers(1, 4),
        "mutation_percent_genes": st.floats(1, 100),
    }
    adaptive = chosen["mutation_type"] == "adaptive"
    if chosen["mutation_type"] is not None and (adaptive or draw(st.booleans())):
        option = draw(st.sampled_from(sorted(number)))
        pair = st.tuples(number[option], number[option]).map(lambda both: (max(both), min(both)))
        chosen[option] = draw(pair if adaptive else number[option])
    return chosen


@settings(max_examples=150, deadline=None)
@given(any_options(), st.integers(1, 5), st.lists(st.integers(1, 4), max_size=4), st.booleans())
def test_whatever_options_are_accepted_run_and_are_told_truly(
    chosen: dict[str, Any], n: int, allowances: list[int], holes: bool
) -> None:
    try:
        optimizer = GeneticAlgorithm(**chosen)
    except InputError:
        return
    if optimizer.refusal(Batched(n=n)) is not None:
        return

    def function(population: Array) -> Array:
        return np.where(holes & (population[:, 0] > 3.0), np.nan, sphere(population))

    start, objective = np.full(n, 2.0), Batched(function, n)
    watcher = Watcher(objective, allowances)
    populations = []

    def observe(w: Array, **told: Any) -> int:
        populations.extend(ga.population.copy() for ga in instances)
        return watcher(w, **told)

    with runs_of_pygad() as instances:
        optimizer.run(objective, start, np.random.default_rng(3), observe)
    assert [look.iterations for look in watcher.seen[1:]] == allowances
    answer = sphere(start[None])[0]
    for look, population in zip(watcher.seen[1:], populations, strict=True):
        assert len(look.losses) == look.iterations
        assert look.losses[0] == answer
        np.testing.assert_array_equal(look.population_losses, np.nan_to_num(function(population), nan=np.inf))
        assert look.loss == look.population_losses.min() == function(look.w[None])[0]
        answer = look.loss
    assert objective.value_rows == objective.evaluated == watcher.seen[-1].evaluated
    assert objective.cost <= sum(allowances) * optimizer.iteration_cost(objective)
