"""Traces of the shipped experiments have the recorded bits, whoever does the runs and in which order."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import digests
import pytest

import optimizers
from harness.problems import known_problems
from harness.runs.single_run import Run

QUICK = ("perceptron-bound", "quickstart", digests.EVERY_OPTIMIZER)


@functools.cache
def undisturbed(name: str) -> digests.Digests:
    return digests.digests_of(name, executor="serial")


def reversed_order(runs: Sequence[Run]) -> list[Run]:
    return list(runs)[::-1]


def as_recorded(name: str) -> digests.Digests | None:
    """What is recorded of an experiment; of another processor or other versions nothing can be expected."""
    found = digests.recorded()
    return None if found is None else {name: found[name]}


@pytest.mark.parametrize("name", QUICK)
def test_bits_are_those_recorded_and_the_same_in_another_order(name: str) -> None:
    found = undisturbed(name)
    assert found[name]
    if (before := as_recorded(name)) is not None:
        assert digests.differing(before, found) == [], "python tests/digests.py --renew, where that is meant"
    again = digests.digests_of(name, reversed_order, executor="serial") if name == "quickstart" else found
    assert digests.differing(found, again) == []


def test_every_optimizer_and_every_problem_is_among_them() -> None:
    runs = undisturbed(digests.EVERY_OPTIMIZER)[digests.EVERY_OPTIMIZER]
    done = {kind.partition("(")[0].partition(" by ")[0] for kinds in runs.values() for kind in kinds}
    assert set(optimizers.known_optimizers()) <= {kind.partition(",")[0] for kind in done}
    named = {problem["name"] for problem in digests._every_problem()}
    assert named >= set(known_problems()) - {"bbob"}


def test_another_bit_is_another_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "quickstart"
    tables, _ = digests.sweep(digests.experiment(name))
    before, trace = digests.digests_in(tables), tables.trace
    place = trace.columns.get_loc("loss")
    loss = trace["loss"].to_numpy().copy()
    loss[-1] = digests.np.nextafter(loss[-1], 2.0)
    changed = trace.copy()
    changed.isetitem(place, loss)
    monkeypatch.setattr(type(tables), "trace", property(lambda self: changed))
    assert len(digests.differing({name: before}, {name: digests.digests_in(tables)})) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", digests.names())
def test_bits_are_the_same_whoever_does_the_runs(name: str) -> None:
    """Do each seven times: three minutes. ``python -m pytest -m slow tests/test_recorded_digests.py``"""
    found = undisturbed(name)
    if (before := as_recorded(name)) is not None:
        assert digests.differing(before, found) == []
    hows = ("serial", "processes:workers=1", "processes:workers=2", "processes:workers=3", "dask:workers=2")
    for how in hows:
        assert digests.differing(found, digests.digests_of(name, executor=how)) == [], how
    assert (
        digests.differing(found, digests.digests_of(name, reversed_order, executor="processes:workers=2"))
        == []
    )
    assert digests.differing(found, digests.digests_of(name, reversed_order, executor="serial")) == []
