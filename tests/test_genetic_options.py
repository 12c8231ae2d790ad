"""Options that PyGAD has not, or has otherwise: bits, bounds, saturation, adaptive mutation; both loops."""

from __future__ import annotations

import functools
import math
from typing import Any, get_args

import numba
import numpy as np
import pygad
import pytest
from genetic_cases import START, Batched, search, sphere
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from watching import watch

import harness
import optimizers
from harness.numerics.shared_work import use_threads
from optimizers.genetic.below_mean import judge, total_of
from optimizers.genetic.coding import Coding, express_all, impress
from optimizers.genetic.genetic_algorithm import GeneticAlgorithm
from optimizers.genetic.genetic_options import Engine
from optimizers.genetic.memetic_algorithm import MemeticAlgorithm
from optimizers.genetic.pygad_engine import SILENT
from optimizers.objective import Array

every_engine = pytest.mark.parametrize("engine", get_args(Engine))


# Bits


def decoded(genes: Array, bits: int, low: float, high: float) -> list[float]:
    """The weights that bits stand for, by Python's own whole numbers."""
    text = "".join(str(int(gene)) for gene in genes)
    numbers = [int(text[place : place + bits], 2) for place in range(0, len(text), bits)]
    return [low + (high - low) * number / (2**bits - 1) for number in numbers]


@given(st.integers(1, 52), st.integers(1, 4), st.data())
def test_bits_stand_for_the_weights_of_goldberg(bits: int, n: int, data: Any) -> None:
    low, high = data.draw(st.sampled_from([(-4.0, 4.0), (0.0, 1.0), (-0.3, 17.5)]))
    genes = data.draw(arrays.arrays(np.float64, (3, n * bits), elements=st.sampled_from([0.0, 1.0])))
    weights = express_all(Coding(bits, low, high), genes, n)
    for chromosome, w in zip(genes, weights, strict=True):
        np.testing.assert_allclose(w, decoded(chromosome, bits, low, high), rtol=1e-14, atol=1e-14)


@given(st.integers(1, 30), st.lists(st.floats(-9.0, 9.0), min_size=1, max_size=4))
def test_weights_go_to_the_nearest_of_the_code_and_stay_there(bits: int, weights: list[float]) -> None:
    coding, w = Coding(bits, -4.0, 4.0), np.array(weights)
    chromosome = np.empty((1, w.size * bits))
    impress(coding, w, chromosome, 0)
    assert np.isin(chromosome, (0.0, 1.0)).all()
    step, near = 8.0 / (2**bits - 1), express_all(coding, chromosome, w.size)[0]
    assert (np.abs(near - np.clip(w, -4.0, 4.0)) <= step / 2 * (1 + 1e-6)).all()
    again = np.empty_like(chromosome)
    impress(coding, near, again, 0)
    np.testing.assert_array_equal(again, chromosome)


@every_engine
@pytest.mark.parametrize("bits", [1, 5])
def test_with_bits_the_start_is_paid_for_beside_its_nearest_neighbour(engine: Any, bits: int) -> None:
    optimizer = GeneticAlgorithm(engine=engine, population_size=8, bits=bits)
    start = np.array([0.3, -2.2, 3.9, 0.1, 1.0, -5.0])
    watcher = search(optimizer, [1, 12], start=start)
    alone, first, *later = watcher.objective.batches
    np.testing.assert_array_equal(alone, start[None])
    step = 8.0 / (2**bits - 1)
    grid = -4.0 + step * np.arange(2**bits)
    np.testing.assert_allclose(first[0], [grid[np.abs(grid - weight).argmin()] for weight in start])
    for batch in (first, *later):
        places = (batch + 4.0) / step
        np.testing.assert_allclose(places, np.rint(places), atol=1e-9)
        assert ((batch >= -4.0) & (batch <= 4.0 + 1e-12)).all()
    look = watcher.seen[1]
    assert look.losses.tolist() == [sphere(start[None])[0]]
    assert look.evaluated == 9 == optimizer.iteration_cost(watcher.objective)
    assert len(look.population_losses) == 8


@every_engine
def test_every_bit_of_the_first_population_is_the_toss_of_a_coin(engine: Any) -> None:
    optimizer = GeneticAlgorithm(
        engine=engine, population_size=400, bits=3, init_range_low=0, init_range_high=7
    )
    first = search(optimizer, [1]).objective.batches[1][1:]
    counts = np.bincount(np.rint(first).astype(int).ravel(), minlength=8)
    assert counts.sum() == 399 * 6
    assert np.abs(counts - 399 * 6 / 8).max() < 5 * math.sqrt(399 * 6 / 8)


@every_engine
def test_more_bits_come_nearer_to_the_minimum(engine: Any) -> None:
    ends = []
    for bits in (2, 4, 9):
        optimizer = GeneticAlgorithm(engine=engine, population_size=30, bits=bits)
        ends.append(min(search(optimizer, [120], seed=seed).seen[-1].loss for seed in range(3)))
    assert ends[0] > ends[1] > ends[2]
    step = 8.0 / 3.0
    grid = -4.0 + step * np.arange(4)
    least = np.square(grid[:, None] - np.linspace(-1.0, 1.5, 6)).min(axis=0).sum()
    assert ends[0] == pytest.approx(least), "the best that two bits have"


# Bounds


@every_engine
@pytest.mark.parametrize(
    "chosen",
    [
        {"mutation_type": "gaussian", "gaussian_mutation_deviation": 3.0},
        {"crossover_type": "blend", "blend_crossover_alpha": 2.0},
        {"mutation_type": "adaptive", "mutation_num_genes": (4, 2), "random_mutation_max_val": 5.0},
        {"crossover_type": "sbx", "sbx_crossover_eta": 0.5, "mutation_type": "polynomial"},
    ],
)
def test_offspring_never_leave_the_gene_bounds(engine: Any, chosen: dict[str, Any]) -> None:
    optimizer = GeneticAlgorithm(engine=engine, population_size=12, gene_low=-0.5, gene_high=1.25, **chosen)
    watcher = search(optimizer, [30])
    np.testing.assert_array_equal(watcher.objective.batches[0][0], START, "the start is taken as it is")
    others = np.vstack([watcher.objective.batches[0][1:], *watcher.objective.batches[1:]])
    assert ((others >= -0.5) & (others <= 1.25)).all()
    assert (others == 1.25).any() or chosen.get("crossover_type") == "sbx"
    assert (others < 0.0).any()


@every_engine
def test_one_bound_may_stand_alone(engine: Any) -> None:
    watcher = search(GeneticAlgorithm(engine=engine, population_size=12, gene_low=0.0), [30])
    others = np.vstack([watcher.objective.batches[0][1:], *watcher.objective.batches[1:]])
    assert others.min() == 0.0
    assert others.max() > 3.0


# Saturation


@every_engine
@pytest.mark.parametrize("allowances", [[1] * 400, [400, 400], [3, 50, 400, 400]])
def test_a_search_without_a_new_best_ends_by_itself(engine: Any, allowances: list[int]) -> None:
    optimizer = GeneticAlgorithm(engine=engine, population_size=6, saturation=9)
    watcher = search(optimizer, allowances)
    assert watcher.outcome is not None
    assert watcher.outcome.name == "stalled"
    last = watcher.seen[-1]
    assert (
        f"9 generations in a row found nothing better than loss {last.loss:.6g}" == watcher.outcome.sentence
    )
    trail = [*np.concatenate([look.losses for look in watcher.seen[1:]])[1:], last.loss]
    best = np.minimum.accumulate(trail)
    assert best[-10] == best[-1]
    stretches = "".join("=" if same else "<" for same in np.diff(best) == 0)
    assert "=" * 9 not in stretches[:-1]
    assert watcher.objective.evaluated == last.evaluated


def test_an_observer_that_stops_there_too_gives_the_reason_itself() -> None:
    whole = search(GeneticAlgorithm(population_size=6, saturation=9), [1000])
    done = whole.seen[-1].iterations
    assert search(GeneticAlgorithm(population_size=6, saturation=9), [done]).outcome is None
    assert search(GeneticAlgorithm(population_size=6, saturation=9), [done - 1]).outcome is None


def test_saturation_counts_as_pygad_does() -> None:
    watcher = search(GeneticAlgorithm(engine="pygad", population_size=12, saturation=7), [1000], seed=11)
    rng = np.random.default_rng(11)
    population = rng.uniform(-4.0, 4.0, (12, 6))
    population[0] = START
    ga = pygad.GA(
        num_generations=1000,
        num_parents_mating=6,
        fitness_func=lambda ga, w, index: -float(sphere(w[None])[0]),
        initial_population=population,
        random_seed=int(rng.integers(2**32)),
        stop_criteria="saturate_7",
        suppress_warnings=True,
        logger=SILENT,
    )
    ga.run()
    assert watcher.seen[-1].iterations == ga.generations_completed + 1


@every_engine
def test_a_population_of_copies_ends_by_itself_where_a_budget_of_cost_would_never_be_spent(
    engine: Any,
) -> None:
    optimizer = GeneticAlgorithm(engine=engine, population_size=4, mutation_type=None)
    best = optimizers.minimize(Batched(), START, optimizer, 10_000)
    assert best.outcome.name == "stalled"
    assert best.outcome.sentence.startswith("1000 generations in a row brought forth nothing but copies")
    assert 1000 < best.iterations < 1100
    assert best.cost < 200


@every_engine
def test_generations_that_cost_nothing_do_not_add_up(engine: Any) -> None:
    """One gene in five hundred mutates: most generations of four are copies, none of them the end."""
    optimizer = GeneticAlgorithm(engine=engine, population_size=4, mutation_probability=0.002)
    watcher = search(optimizer, [2500])
    assert watcher.outcome is None
    assert watcher.objective.evaluated < 500


# Adaptive mutation


@every_engine
def test_adaptive_mutation_pays_for_offspring_before_they_mutate(engine: Any) -> None:
    optimizer = GeneticAlgorithm(
        engine=engine, population_size=10, keep_elitism=2, mutation_type="adaptive", mutation_num_genes=(6, 1)
    )
    watcher = search(optimizer, [8])
    _, *later = watcher.objective.batches
    before, after = later[::2], later[1::2]
    assert [len(batch) for batch in (*before, *after)] == [8] * 14
    changes = [(one != other).sum(axis=1) for one, other in zip(before, after, strict=True)]
    assert set(np.concatenate(changes).tolist()) == {1, 6}
    for batch, changed in zip(before, changes, strict=True):
        assert sphere(batch)[changed == 6].min() > sphere(batch)[changed == 1].max(), "the worse mutate more"


@every_engine
def test_nothing_is_paid_for_twice_where_adaptive_mutation_is_switched_off(engine: Any) -> None:
    optimizer = GeneticAlgorithm(
        engine=engine, population_size=10, mutation_type="adaptive", mutation_probability=(0.0, 0.0)
    )
    assert search(optimizer, [1, 5]).seen[-1].evaluated <= 10 + 5 * 9


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("kind", [GeneticAlgorithm, MemeticAlgorithm])
def test_a_child_at_the_target_ends_the_search_before_it_mutates(kind: Any, compiled: bool) -> None:
    """With hardly a chance adaptive mutation changes nothing: what is new comes from crossover or steps."""
    problem = harness.problems.load("xor")
    chosen = kind(population_size=12, mutation_type="adaptive", mutation_probability=(1e-9, 1e-9))

    def best(target: float | None) -> Any:
        objective = problem.objective()
        if not compiled:
            objective.compiled = None
        rng = np.random.default_rng(3)
        return optimizers.minimize(objective, problem.start(3), chosen, 240, target=target, rng=rng)

    lowest = best(None)
    found = best(lowest.loss)
    assert (found.outcome.name, found.loss) == ("solved", lowest.loss)
    assert found.w.tolist() == lowest.w.tolist()
    assert found.cost < lowest.cost


@every_engine
def test_a_population_without_a_finite_loss_is_lost(engine: Any) -> None:
    found = optimizers.minimize(
        lambda w: math.inf if w.any() else 1.0,
        np.zeros(3),
        GeneticAlgorithm(engine=engine, population_size=4, keep_elitism=0, keep_parents=0),
        500,
    )
    assert found.outcome.name == "diverged"


@pytest.mark.parametrize("size", [1, 7, 8, 9, 128])
def test_numbers_are_added_up_as_numpy_does(size: int) -> None:
    numbers = np.random.default_rng(size).normal(size=size)
    assert total_of(numbers) == numbers.sum()


@pytest.mark.parametrize(
    ("paid", "wanted"),
    [
        ([1.0, 4.0, 1.5], [0, 1, 0]),
        ([1.0, math.inf, 6.0], [0, 1, 1]),
        ([1.0, math.nan, 6.0], [0, 1, 1]),
        ([math.inf, math.nan, math.inf], [0, 0, 0]),
    ],
    ids=str,
)
def test_children_are_worse_than_the_mean_of_all_an_infinite_one_counting_as_the_worst(
    paid: list[float], wanted: list[int]
) -> None:
    kept, worse = np.array([0.5]), np.full(3, 9)
    judge(kept, np.array(paid), np.empty(4), worse)
    assert worse.tolist() == wanted


# Both kinds of loop, and threads


CHOICES: list[dict[str, Any]] = [
    {"bits": 6},
    {"mutation_type": "adaptive", "mutation_probability": (0.4, 0.1)},
    {"gene_low": -1.0, "gene_high": 2.0, "crossover_type": "blend"},
    {"keep_elitism": 0, "keep_parents": 3, "parent_selection_type": "tournament"},
    {"crossover_type": "uniform", "crossover_probability": 0.3, "mutation_probability": 0.02},
    {"crossover_type": None, "mutation_type": "gaussian"},
]


@functools.cache
def iris() -> harness.Problem:
    return harness.problems.load("iris")


@pytest.mark.parametrize("chosen", CHOICES)
@pytest.mark.parametrize("kind", [GeneticAlgorithm, MemeticAlgorithm])
def test_the_compiled_loop_and_the_python_loop_find_the_same(kind: Any, chosen: dict[str, Any]) -> None:
    paths, counters = [], []
    for compiled in (True, False):
        objective = iris().objective()
        if not compiled:
            objective.compiled = None
        watcher = watch(kind(population_size=14, **chosen), objective, iris().start(), [1, 1, 4, 9])
        paths.append(watcher.path)
        counters.append(watcher.seen[-1].counters)
    np.testing.assert_allclose(*paths, rtol=1e-9, atol=1e-12)
    assert counters[0] == counters[1]


def test_threads_change_no_bit() -> None:
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("there is one thread")
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(600, 16)), np.eye(4)[rng.integers(0, 4, 600)]
    problem = harness.Problem.from_arrays(X, Y, hidden=(24,), test_fraction=0)
    paths = []
    try:
        for threads in (1, 2):
            use_threads(threads)
            watcher = watch(GeneticAlgorithm(), problem.objective(), problem.start(), [3, 4])
            paths.append(watcher.path.tobytes())
    finally:
        use_threads(numba.config.NUMBA_NUM_THREADS)
    assert paths[0] == paths[1]
