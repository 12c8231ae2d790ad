"""The engine that is PyGAD: its names, its bits, what it holds on to, and both engines side by side."""

from __future__ import annotations

import ast
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pygad
import pytest
from genetic_cases import CROSSOVERS, MUTATIONS, SELECTIONS, START, search, sphere

import optimizers
from optimizers.genetic.genetic_algorithm import GeneticAlgorithm
from optimizers.genetic.pygad_engine import SILENT
from optimizers.objective import Array


@contextmanager
def runs_of_pygad() -> Iterator[list[pygad.GA]]:
    """Note every PyGAD instance that runs meanwhile."""
    instances: list[pygad.GA] = []
    run = pygad.GA.run
    with mock.patch.object(pygad.GA, "run", lambda self: (instances.append(self), run(self))[1]):
        yield instances


def names_known_to_pygad(**wrong: str) -> set[str]:
    with pytest.raises(TypeError, match="Supported names are") as caught:
        pygad.GA(1, 2, len, sol_per_pop=4, num_genes=2, logger=SILENT, suppress_warnings=True, **wrong)
    return set(ast.literal_eval(str(caught.value).partition("Supported names are ")[2].rstrip(".")))


def test_every_name_of_pygad_is_reachable() -> None:
    assert names_known_to_pygad(crossover_type="?") == set(CROSSOVERS) - {"blend"}
    assert names_known_to_pygad(mutation_type="?") == set(MUTATIONS) - {"gaussian"}
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
    optimizer = GeneticAlgorithm(engine="pygad", population_size=12, **chosen)
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
    search(GeneticAlgorithm(engine="pygad", population_size=6), [5])
    assert global_states() == before


def test_the_global_random_states_are_as_before_an_exception_too(capfd: Any, caplog: Any) -> None:
    def failing(population: Array) -> Array:
        np.random.seed(2)  # noqa: NPY002
        random.seed(2)
        raise ZeroDivisionError("of my own")

    before = global_states()
    with pytest.raises(ZeroDivisionError, match="of my own"):
        search(GeneticAlgorithm(engine="pygad", population_size=6), [5], failing)
    assert global_states() == before
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_nothing_grows_from_generation_to_generation() -> None:
    with runs_of_pygad() as instances:
        search(GeneticAlgorithm(engine="pygad", population_size=4), [1, 300])
    sizes = {
        name: len(value)
        for name, value in vars(instances[0]).items()
        if hasattr(value, "__len__") and not isinstance(value, str)
    }
    assert max(sizes.values()) <= 6, sizes


def test_importing_the_module_does_not_import_pygad() -> None:
    program = "import sys, optimizers.genetic.genetic_algorithm; sys.exit('pygad' in sys.modules)"
    root = Path(optimizers.__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0
