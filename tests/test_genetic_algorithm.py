"""The genetic algorithm with either engine: operators, the look protocol, counting, randomness, refusals."""

from __future__ import annotations

import itertools
from typing import Any, get_args

import numpy as np
import pytest
from genetic_cases import (
    CROSSOVERS,
    MUTATIONS,
    SELECTIONS,
    START,
    Batched,
    amount,
    search,
    sphere,
)
from thinning import left_to_slow

import optimizers
from optimizers import InputError
from optimizers.genetic.genetic_algorithm import GeneticAlgorithm
from optimizers.genetic.genetic_options import Engine
from optimizers.objective import Array

every_engine = pytest.mark.parametrize("engine", get_args(Engine))


def every_combination(*axes: Any) -> list[Any]:
    """Every engine with every combination; PyGAD, which is slow, with a quarter of them.

    Any two members of two axes are among these where the third axis has four members.
    """
    cases = []
    for engine in get_args(Engine):
        for places in itertools.product(*(range(len(axis)) for axis in axes)):
            case = (engine, *(axis[place] for axis, place in zip(axes, places, strict=True)))
            cases.append(left_to_slow(case) if engine == "pygad" and sum(places) % 4 else case)
    return cases


@pytest.mark.parametrize(
    ("engine", "selection", "crossover", "mutation"),
    every_combination(SELECTIONS, [*CROSSOVERS, None], [*MUTATIONS, None]),
)
def test_every_operator_lowers_the_loss(engine: Any, selection: Any, crossover: Any, mutation: Any) -> None:
    if crossover is None and mutation is None:
        pytest.skip("refused: nothing would change")
    keep = {} if crossover is not None else {"keep_elitism": 0, "keep_parents": 2, "num_parents_mating": 6}
    optimizer = GeneticAlgorithm(
        engine=engine,
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


def test_none_can_be_written_in_a_file() -> None:
    built = optimizers.build_optimizer({"name": "genetic-algorithm", "crossover_type": "none"})
    assert isinstance(built, GeneticAlgorithm)
    assert built.crossover_type is None
    adaptive = GeneticAlgorithm(mutation_type="adaptive", mutation_num_genes=[3, 1])  # type: ignore[arg-type]
    assert adaptive.mutation_num_genes == (3, 1)


@every_engine
def test_the_first_look_is_at_the_start_and_costs_nothing(engine: Any) -> None:
    watcher = search(GeneticAlgorithm(engine=engine), [])
    (only,) = watcher.seen
    assert only.evaluated == 0
    assert only.iterations == 0
    np.testing.assert_array_equal(only.w, START)
    assert watcher.objective.cost == 0


@every_engine
@pytest.mark.parametrize("elite", [0, 1, 4])
def test_looks_tell_the_loss_of_every_iterate(engine: Any, elite: int) -> None:
    optimizer = GeneticAlgorithm(engine=engine, population_size=12, keep_elitism=elite)
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


@every_engine
def test_population_losses_are_those_of_the_population_that_was_paid_for(engine: Any) -> None:
    watcher = search(
        GeneticAlgorithm(engine=engine, population_size=8, keep_elitism=0, keep_parents=0), [1] * 6
    )
    for look, batch in zip(watcher.seen[1:], watcher.objective.batches, strict=True):
        np.testing.assert_array_equal(look.population_losses, sphere(batch))


@every_engine
def test_without_elite_the_answer_may_get_worse_and_is_told_as_it_is(engine: Any) -> None:
    optimizer = GeneticAlgorithm(engine=engine, population_size=6, keep_elitism=0, keep_parents=0)
    losses = np.array([look.loss for look in search(optimizer, [1] * 60).seen[1:]])
    assert (np.diff(losses) > 0).any()


@every_engine
@pytest.mark.parametrize("allowances", [[], [1], [4], [1, 1, 2]])
@pytest.mark.parametrize("mutation", ["random", "adaptive"])
def test_nothing_is_evaluated_after_the_stop(engine: Any, allowances: list[int], mutation: Any) -> None:
    optimizer = GeneticAlgorithm(
        engine=engine, population_size=10, mutation_type=mutation, **amount(mutation)
    )
    watcher = search(optimizer, allowances)
    assert watcher.seen[-1].evaluated == watcher.objective.evaluated == watcher.objective.value_rows
    if allowances:
        # PyGAD does not pay again for the elite, nor for offspring equal to a parent.
        most = 10 + (sum(allowances) - 1) * int(optimizer.iteration_cost(watcher.objective))
        assert 10 <= watcher.objective.evaluated <= most


@every_engine
@pytest.mark.parametrize("mutation", ["random", "adaptive"])
@pytest.mark.parametrize("budget", [9, 10, 95, 333])
def test_a_budget_of_cost_is_obeyed_to_within_a_generation(engine: Any, budget: int, mutation: Any) -> None:
    optimizer = GeneticAlgorithm(
        engine=engine, population_size=10, mutation_type=mutation, **amount(mutation)
    )
    objective = Batched()
    best = optimizers.minimize(objective, START, optimizer, budget)
    assert best.outcome.name == "budget"
    assert budget - optimizer.iteration_cost(objective) < objective.cost <= budget
    assert objective.cost == objective.evaluated == best.cost


@every_engine
def test_no_iteration_costs_more_than_was_stated(engine: Any) -> None:
    for mutation in ("random", "adaptive"):
        optimizer = GeneticAlgorithm(
            engine=engine, population_size=10, keep_elitism=0, keep_parents=3, parent_selection_type="random",
            mutation_type=mutation, **amount(mutation),
        )  # fmt: skip
        watcher = search(optimizer, [1] * 30)
        spent = np.diff([look.evaluated for look in watcher.seen])
        assert spent.max() <= optimizer.iteration_cost(watcher.objective)


@every_engine
def test_the_start_is_member_0_and_left_as_it_is(engine: Any) -> None:
    start = START.copy()
    start.flags.writeable = False
    optimizer = GeneticAlgorithm(engine=engine, population_size=7, init_range_low=-1.0, init_range_high=1.0)
    watcher = search(optimizer, [9], start=start)
    first = watcher.objective.batches[0]
    np.testing.assert_array_equal(first[0], START)
    assert first.shape == (7, 6)
    assert (np.abs(first[1:]) <= 1).all()
    assert len(np.unique(first[1:])) == 36


@every_engine
def test_the_same_seed_gives_the_same_bits(engine: Any) -> None:
    for mutation in MUTATIONS:
        optimizer = GeneticAlgorithm(
            engine=engine, population_size=10, mutation_type=mutation, **amount(mutation)
        )
        once, again, other = (search(optimizer, [2, 8], seed=seed).seen[-1] for seed in (5, 5, 6))
        np.testing.assert_array_equal(once.w, again.w)
        np.testing.assert_array_equal(once.population_losses, again.population_losses)
        assert not np.array_equal(once.population_losses, other.population_losses)


@every_engine
def test_how_often_it_is_looked_at_changes_nothing(engine: Any) -> None:
    optimizer = GeneticAlgorithm(engine=engine, population_size=10)
    often, once = search(optimizer, [1] * 20).seen[-1], search(optimizer, [20]).seen[-1]
    np.testing.assert_array_equal(often.w, once.w)
    np.testing.assert_array_equal(often.population_losses, once.population_losses)


@every_engine
def test_an_error_in_a_later_generation_comes_through(engine: Any) -> None:
    calls = []

    def failing(population: Array) -> Array:
        calls.append(len(population))
        if len(calls) == 3:
            raise FloatingPointError("late")
        return sphere(population)

    with pytest.raises(FloatingPointError, match="late"):
        search(GeneticAlgorithm(engine=engine, population_size=6), [9], failing)


def with_holes(population: Array) -> Array:
    losses = sphere(population)
    losses[population[:, 0] > 1.0] = np.nan
    losses[population[:, 1] > 2.5] = np.inf
    losses[population[:, 2] > 3.0] = -np.inf
    return losses


@every_engine
@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("mutation", ["random", "adaptive"])
@pytest.mark.parametrize("elite", [0, 1])
def test_losses_that_are_not_finite_are_survived(
    engine: Any, selection: Any, mutation: Any, elite: int
) -> None:
    if selection == "random" and not elite:
        pytest.skip("nothing selects, so that the population drifts into the holes and dies out")
    optimizer = GeneticAlgorithm(
        engine=engine, population_size=20, parent_selection_type=selection, mutation_type=mutation,
        keep_elitism=elite, **amount(mutation),
    )  # fmt: skip
    watcher = search(optimizer, [1, 40], with_holes)
    first, last = watcher.seen[1:]
    assert watcher.outcome is None
    assert np.isinf(first.population_losses).any()
    assert np.isfinite(last.loss)
    assert min(last.losses.min(), last.loss) < first.loss
    # The start itself, at 2, lies in a hole.
    assert first.losses.tolist() == [np.inf]


@every_engine
@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_population_without_a_finite_loss_ends_the_search(engine: Any, selection: Any, bad: float) -> None:
    calls = []

    def vanishing(population: Array) -> Array:
        calls.append(len(population))
        return sphere(population) if len(calls) < 4 else np.full(len(population), bad)

    optimizer = GeneticAlgorithm(
        engine=engine, population_size=6, parent_selection_type=selection, keep_elitism=0, keep_parents=0
    )
    watcher = search(optimizer, [10, 10], vanishing)
    assert [look.iterations for look in watcher.seen] == [0, 4]
    assert watcher.seen[-1].loss == np.inf
    assert len(watcher.seen[-1].losses) == 4
    assert len(calls) == 4
    assert watcher.outcome.name == "diverged"
    assert "iteration 4" in watcher.outcome.sentence


@every_engine
def test_an_observer_that_stops_there_gives_the_reason_itself(engine: Any) -> None:
    def nowhere(population: Array) -> Array:
        return np.full(len(population), np.nan)

    watcher = search(GeneticAlgorithm(engine=engine, population_size=6), [5], nowhere)
    assert watcher.outcome is None
    assert [look.iterations for look in watcher.seen] == [0, 1]


@every_engine
@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("holes", [False, True])
def test_a_loss_of_exactly_zero_everywhere_is_survived(engine: Any, selection: Any, holes: bool) -> None:
    def solved(population: Array) -> Array:
        return np.where(holes & (population[:, 0] > 1.5), np.nan, 0.0)

    optimizer = GeneticAlgorithm(engine=engine, population_size=8, parent_selection_type=selection)
    last = search(optimizer, [1, 9], solved).seen[-1]
    assert last.loss == 0.0
    assert not np.signbit(last.loss)


@pytest.mark.parametrize(
    ("engine", "n", "crossover", "mutation"),
    every_combination([1, 2, 3], [*CROSSOVERS, None], [*MUTATIONS, None]),
)
def test_few_parameters_work_or_are_refused(engine: Any, n: int, crossover: Any, mutation: Any) -> None:
    if crossover is None and mutation is None:
        pytest.skip("refused: nothing would change")
    optimizer = GeneticAlgorithm(
        engine=engine,
        population_size=10,
        crossover_type=crossover,
        mutation_type=mutation,
        **amount(mutation),
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
        (
            {"mutation_type": "swap", "mutation_by_replacement": True},
            r"'random' or 'adaptive' \(and no bits\) with it",
        ),
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
        ({"bits": 4, "gene_low": -1.0}, "'gene_low' is -1.0, expected none with bits, which never leave"),
        (
            {"output_weights": "least-squares", "gene_high": 5.0},
            "'gene_high' is 5.0, expected none with output_weights='least-squares', which knows none",
        ),
        (
            {"output_weights": "least-squares", "bits": 4},
            "'bits' is 4, expected none with output_weights='least-squares', which rounds nothing",
        ),
        ({"bits": 4, "mutation_type": "gaussian"}, "works on bits: set mutation_type='random', or leave"),
        ({"keep_parents": -1}, "expected greater than or equal to 0"),
        ({"populationsize": 5}, "did you mean 'population_size'"),
    ],
)
def test_options_that_do_not_go_together_are_refused(chosen: dict[str, Any], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        GeneticAlgorithm(**chosen)
