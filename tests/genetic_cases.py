"""A function, an observer and options to try the genetic algorithm with."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args

import numpy as np
from hypothesis import strategies as st

import optimizers
from optimizers import FunctionObjective, InputError
from optimizers.counts import VALUE_ROWS
from optimizers.genetic.genetic_algorithm import GeneticAlgorithm
from optimizers.genetic.genetic_options import Crossover, Mutation, ParentSelection
from optimizers.objective import Array

SELECTIONS, CROSSOVERS, MUTATIONS = get_args(ParentSelection), get_args(Crossover), get_args(Mutation)
START = np.full(6, 2.0)


def sphere(population: Array) -> Array:
    """A sphere with another centre in each coordinate, so that rearranging values makes a difference."""
    return np.square(population - np.linspace(-1.0, 1.5, population.shape[1])).sum(axis=1)


class Batched(FunctionObjective):
    """A vectorised function that keeps its own record of what it was asked."""

    def __init__(self, function: Any = sphere, n: int = 6) -> None:
        super().__init__(self._single, n)
        self.function = function
        self.batches: list[Array] = []

    def _single(self, w: Array) -> float:
        """Return the loss of one point that is asked for by a look."""
        self.batches.append(w[None].copy())
        return float(self.function(w[None])[0])

    @property
    def evaluated(self) -> int:
        return sum(len(batch) for batch in self.batches)

    def value(self, w: Any, rows: Any = None) -> float:
        return float(self.values(np.array(w)[None])[0])

    def values(self, population: Any, rows: Any = None) -> Array:
        table = self.checked_population(population)
        losses, asked = np.empty(len(table)), np.ones(len(table), dtype=bool)
        for place, w in enumerate(table):
            if w.tobytes() == self._prepaid:
                # A look has paid for it.
                known = self._evaluated.loss(w.tobytes())
                assert known is not None
                losses[place], asked[place], self._prepaid = known, False, None
        self.batches.append(table[asked])
        self.counters[VALUE_ROWS] += int(asked.sum())
        losses[asked] = self.function(table[asked])
        for w, loss in zip(table, losses, strict=True):
            # And a look at a point that was asked for is no call.
            self._evaluated.keep(w.tobytes(), float(loss))
        return losses


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


def amount(mutation: str | None) -> dict[str, Any]:
    return {"mutation_probability": (0.5, 0.1)} if mutation == "adaptive" else {}


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
        "saturation": draw(st.none() | st.integers(1, 30)),
    }
    if draw(st.booleans()):
        chosen["num_parents_mating"] = draw(st.integers(1, size))
    if not chosen["keep_elitism"] and draw(st.booleans()):
        chosen["keep_parents"] = draw(st.integers(0, size))
    if chosen["parent_selection_type"] == "tournament":
        chosen["k_tournament"] = draw(st.integers(1, size))
    if chosen["crossover_type"] is not None:
        chosen["crossover_probability"] = draw(st.none() | st.floats(0, 1))
    coding = draw(st.sampled_from(["plain", "plain", "bounds", "bits"]))
    if coding == "bits":
        chosen["bits"] = draw(st.integers(1, 9))
    elif coding == "bounds":
        chosen["gene_low"] = draw(st.none() | st.floats(-9, 0))
        chosen["gene_high"] = draw(st.none() | st.floats(0.125, 9))
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


def accepted(chosen: dict[str, Any], n: int, **more: Any) -> GeneticAlgorithm | None:
    """Return the optimizer where the options go together and with n parameters."""
    try:
        optimizer = GeneticAlgorithm(**chosen, **more)
    except InputError:
        return None
    return optimizer if optimizer.refusal(Batched(n=n)) is None else None
