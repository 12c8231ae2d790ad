"""Ways of searching for options: what they propose, in which order, and what they may spend."""

from __future__ import annotations

import importlib.util
import itertools
import math
import subprocess
import sys
from collections import Counter
from typing import Any

import numpy as np
import pytest

from harness.analysis.tuning_score import Score
from harness.tuning.sampler import Options, Search
from harness.tuning.samplers import SAMPLERS
from harness.tuning.successive_halving import PARTS, rounds, spent
from optimizers import MissingExtraError
from optimizers.search_space import Choice, Linear, Logarithmic, SearchSpace, Whole

SPACE: SearchSpace = {
    "rate": Logarithmic(1e-3, 1.0),
    "size": Whole(1, 8),
    "kind": Choice(("a", "b", None)),
}
DECLARED: list[Options] = [{"rate": 0.1, "size": 3, "kind": "a"}]


def samplers() -> list[Any]:
    return [
        pytest.param(name, marks=pytest.mark.skipif(name == "tpe" and not _optuna(), reason="extra tuning"))
        for name in SAMPLERS
    ]


def _optuna() -> bool:
    return importlib.util.find_spec("optuna") is not None


def begin(name: str, trials: int, seed: int = 0, space: SearchSpace = SPACE) -> Search:
    declared = DECLARED if space is SPACE else [{}]
    return SAMPLERS[name](space, declared, trials, np.random.default_rng(seed))


def score(options: Options) -> Score:
    """A valley whose lowest point is at rate 0.01, size 5 and kind b."""
    if not options:
        return Score(0.0, 10.0, 0.1)
    away = abs(math.log10(options["rate"]) + 2) + abs(options["size"] - 5) / 8
    return Score(0.0, 10.0 + away + 0.3 * (options["kind"] != "b"), 0.1)


def played(search: Search) -> list[tuple[Options, float]]:
    """Every configuration that is asked for, with its part of the budget."""
    asked, batch = [], next(search)
    while True:
        asked += [(options, batch.part) for options in batch.configurations]
        try:
            batch = search.send([score(options) for options in batch.configurations])
        except StopIteration:
            return asked


@pytest.mark.parametrize("name", samplers())
@pytest.mark.parametrize("trials", [1, 2, 7, 30])
def test_it_begins_with_what_was_declared_and_spends_what_it_may(name: str, trials: int) -> None:
    asked = played(begin(name, trials))
    assert asked[0][0] == DECLARED[0]
    # Each configuration pays for the largest part of the budget that it had.
    most: dict[int, float] = {}
    for options, part in asked:
        most[id(options)] = max(part, most.get(id(options), 0.0))
    assert trials - 1 < sum(most.values()) <= trials + 1e-9
    assert all(options[name] in entry for options, _ in asked for name, entry in SPACE.items())


@pytest.mark.parametrize("name", samplers())
def test_without_a_space_the_declared_configuration_is_every_trial(name: str) -> None:
    assert played(begin(name, 5, space={})) == [({}, 1.0)] * 5


@pytest.mark.parametrize("name", samplers())
def test_the_generator_alone_decides(name: str) -> None:
    assert played(begin(name, 9)) == played(begin(name, 9))
    assert played(begin(name, 9)) != played(begin(name, 9, seed=1))


@pytest.mark.parametrize("name", [name for name in samplers() if "halving" not in str(name)])
def test_more_trials_go_on_where_fewer_have_ended(name: str) -> None:
    assert played(begin(name, 20))[:9] == played(begin(name, 9))


def test_quasi_random_points_are_spread_evenly() -> None:
    # Each run of b^k points puts one into each part of length b^-k of the axis of base b.
    space = {"two": Linear(0.0, 1.0), "three": Linear(0.0, 1.0)}
    search = SAMPLERS["quasi-random"](space, [], 72, np.random.default_rng(3))
    points = next(search).configurations
    for first in range(0, 72, 8):
        parts = Counter(min(int(point["two"] * 8), 7) for point in points[first : first + 8])
        assert max(parts.values()) <= 2  # rounded to three digits
        assert len(parts) >= 7
    for first in range(0, 72, 9):
        assert len({min(int(point["three"] * 9), 8) for point in points[first : first + 9]}) >= 8


def test_tree_parzen_finds_a_valley_sooner_than_chance() -> None:
    pytest.importorskip("optuna")
    lowest = {
        name: [min(score(options).cost for options, _ in played(begin(name, 40, seed))) for seed in range(8)]
        for name in ("tpe", "quasi-random")
    }
    assert np.mean(lowest["tpe"]) < np.mean(lowest["quasi-random"])


def test_tree_parzen_asks_for_what_was_declared_outside_its_space_and_learns_from_the_rest() -> None:
    pytest.importorskip("optuna")
    outside = {"rate": 7.0, "size": 3, "kind": "a"}
    found = [
        [
            options
            for options, _ in played(SAMPLERS["tpe"](SPACE, list(declared), 12, np.random.default_rng(0)))
        ]
        for declared in ([outside, *DECLARED], DECLARED)
    ]
    assert found[0][:2] == [outside, *DECLARED]
    # It is told of what has a place alone: the rest is as without the other one.
    assert found[0][2:] == found[1][1:11]
    assert all(options["rate"] <= 1.0 for options in found[0][2:])


def test_tree_parzen_names_the_extra_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "optuna"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'neural-harness\[tuning\]'"):
        next(begin("tpe", 5))


@pytest.mark.parametrize("declared", [1, 3])
@pytest.mark.parametrize("trials", [3, 5, 30, 100])
def test_rounds_of_halving_are_as_large_as_the_budget_allows(trials: int, declared: int) -> None:
    sizes = rounds(trials, declared)
    assert sizes[0] >= sizes[1] >= sizes[2] >= declared
    paid, before = 0.0, 0.0
    for size, part in zip(sizes, PARTS, strict=True):
        paid, before = paid + size * (part - before), part
    assert spent(sizes) == pytest.approx(paid)
    assert trials - 1 < paid <= trials + 1e-9


def test_halving_lets_the_better_third_go_on() -> None:
    asked = played(begin("successive-halving", 12))
    ranks = [[options for options, part in asked if part == one] for one in PARTS]
    assert [len(rank) for rank in ranks] == list(rounds(12, 1))
    for earlier, later in itertools.pairwise(ranks):
        rest = sorted(earlier[1:], key=score)
        assert later == [earlier[0], *rest[: len(later) - 1]]


def test_a_notebook_that_tunes_nothing_does_not_wait_for_it() -> None:
    # scipy.stats takes 0.8 s, as long as all else that is imported.
    program = "import harness.api, sys; sys.exit({'scipy.stats', 'optuna'} & set(sys.modules) != set())"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
