"""Tree-structured Parzen estimator, of the package optuna."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.analysis.tuning_score import PENALTY, Score
from harness.tuning.quasi_random import quasi_random
from harness.tuning.sampler import Batch, Options, Search
from optimizers.errors import MissingExtraError
from optimizers.search_space import Choice, SearchSpace

MISSING = "the sampler tpe needs the package optuna: pip install 'neural-harness[tuning]'"


def tree_parzen(
    space: SearchSpace, declared: Sequence[Options], trials: int, rng: np.random.Generator
) -> Search:
    """Try configurations one after another, where those that did well have been dense (TPE of Optuna).

    Bergstra, Bardenet, Bengio, Kegl (2011), Algorithms for hyper-parameter optimization, NIPS 24; Akiba et
    al. (2019), Optuna. Places in the unit interval are what it searches, values of a choice as they are. Of
    scores it uses the order alone.

    Raises:
        MissingExtraError: without optuna; it names the extra.
    """
    if not space:
        yield from quasi_random(space, declared, trials, rng)
        return
    try:
        import optuna
    except ImportError:
        raise MissingExtraError(MISSING) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=int(rng.integers(2**32)))
    study = optuna.create_study(sampler=sampler, direction="minimize")
    kinds: dict[str, Any] = {
        name: optuna.distributions.CategoricalDistribution(entry.values)
        if isinstance(entry, Choice)
        else optuna.distributions.FloatDistribution(0.0, 1.0)
        for name, entry in space.items()
    }
    scores = yield Batch(list(declared))
    for options, score in zip(declared, scores, strict=True):
        places = _places(space, options)
        # One outside the space, such as a default of None, has no place that could be told.
        if places is not None:
            told = optuna.trial.create_trial(params=places, distributions=kinds, value=as_number(score))
            study.add_trial(told)
    for _ in range(trials - len(declared)):
        trial = study.ask(kinds)
        found = trial.params
        options = {
            name: found[name] if isinstance(entry, Choice) else entry.at(found[name])
            for name, entry in space.items()
        }
        (score,) = yield Batch([options])
        study.tell(trial, as_number(score))


def _places(space: SearchSpace, options: Options) -> dict[str, Any] | None:
    """Return what optuna would have asked for; None where it never asks for that."""
    if any(options[name] not in entry for name, entry in space.items()):
        return None
    return {
        name: options[name] if isinstance(entry, Choice) else entry.place(options[name])
        for name, entry in space.items()
    }


def as_number(score: Score) -> float:
    """Return a number in the order of scores, as far as 16 digits tell them apart.

    >>> scores = Score(0.0, 900.0, 1.0), Score(0.5, 10.0, 0.1), Score(0.5, 10.0, 0.2)
    >>> sorted(map(as_number, scores)) == list(map(as_number, scores))
    True
    """
    # No cost has a logarithm of 1000; half a part of a run's loss moves less than a thousandth of the cost.
    cost = min(math.log(score.cost), 999.0) if score.cost > 0.0 else 0.0
    return 1e6 * score.unsolved + cost + 1e-6 * min(score.loss, PENALTY)
