"""The protocol as data: numbers of the published programs, and what is changed in their variants."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path

from optimizers.options import Count, Fraction, NonNegative, Positive, options

FILE = Path(__file__).with_name("protocol.toml")
BACKPROPAGATION, GENETIC = "BP", "GA"
PUBLISHED = "as published"


@options
class Task:
    """One data set with the options that were chosen for it.

    Attributes:
        name: of the data.
        available: rows to draw from, the first of the data.
        hidden: units of the hidden layer.
        momentum: what is added of the deltas of the row before.
        mutation: chance of a gene to mutate.
        tournament: part of the population without its elites that enters a tournament.
        deviation: standard deviation of a mutation, to which the error of the child is added.
    """

    name: str = ""
    available: Count = 1
    hidden: Count = 1
    momentum: NonNegative = 0.0
    mutation: Fraction = 0.0
    tournament: Fraction = 0.0
    deviation: NonNegative = 0.0


@options
class Variant:
    """A program, as published or with something changed.

    Attributes:
        method: backpropagation, BP, or the genetic algorithm, GA.
        name: what is changed.
        bias_for_each_weight: whether backpropagation adds to a bias once for each weight of its unit.
        running_error: whether the error of an epoch is its mean while weights change.
        momentum: whether deltas of the row before are added.
        scaled_before_split: whether test rows have a part in the scaling.
        logistic: whether the units of the genetic algorithm are logistic; leaky ReLU otherwise.
        even: whether the population of the genetic algorithm keeps its size.
    """

    method: str = BACKPROPAGATION
    name: str = PUBLISHED
    bias_for_each_weight: bool = True
    running_error: bool = True
    momentum: bool = True
    scaled_before_split: bool = True
    logistic: bool = False
    even: bool = False


@options
class Population:
    """What the genetic algorithm has on every problem.

    Attributes:
        population: members.
        elites: part of them that lives on and may mate.
        crossover: chance of a couple to be crossed.
    """

    population: Count = 100
    elites: Fraction = 0.05
    crossover: Fraction = 0.9


@options
class Protocol:
    """All of it.

    Attributes:
        runs: of each program on each problem.
        discarded: those of them that end worst.
        rows: drawn for a run.
        training_rows: of these.
        start: weights begin between this and its negative.
        epochs: or generations.
        target: error at which a run counts as trained.
        learning_rate: of backpropagation.
        genetic: see ``Population``.
        problems: the data sets.
        variants: the programs.
    """

    runs: Count = 100
    discarded: Count = 20
    rows: Count = 100
    training_rows: Count = 70
    start: Positive = 0.5
    epochs: Count = 100
    target: Positive = 0.1
    learning_rate: Positive = 0.1
    genetic: Population = Population()
    problems: tuple[Task, ...] = ()
    variants: tuple[Variant, ...] = ()


@functools.cache
def protocol() -> Protocol:
    """Return what ``protocol.toml`` says.

    >>> [task.name for task in protocol().problems], protocol().genetic.population
    (['iris', 'wine', 'breast-cancer'], 100)
    """
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    table["genetic"] = Population(**table["genetic"])
    table["problems"] = tuple(Task(**row) for row in table["problems"])
    table["variants"] = tuple(Variant(**row) for row in table["variants"])
    return Protocol(**table)
