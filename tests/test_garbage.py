"""No search through all objects of the process falls into runs; what is due is done at the end."""

from __future__ import annotations

import gc
import math
from collections.abc import Iterator

import pytest

from harness.sweeps import garbage
from harness.sweeps.garbage import rarely_searched_for


@pytest.fixture
def found() -> Iterator[list[int]]:
    """Generations that were searched from here on; what there was before does not count."""
    before = gc.get_threshold()
    # What is there by now is left out, of which a part has to come anew before all is searched.
    gc.freeze()
    gc.set_threshold(50, 2, 2)
    generations: list[int] = []

    def noted(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            generations.append(info["generation"])

    gc.callbacks.append(noted)
    yield generations
    gc.callbacks.remove(noted)
    gc.set_threshold(*before)
    gc.unfreeze()


def made(count: int) -> list[list[int]]:
    return [[number] for number in range(count)]


def test_a_search_through_all_objects_waits_for_the_end(
    found: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage, "SHORTEST", 0.0)
    with rarely_searched_for():
        kept = made(5_000)
        assert set(found) == {0, 1}
    assert found[-1] == 2
    assert len(kept) == 5_000
    assert gc.get_threshold() == (50, 2, 2)


def test_without_it_that_comes_on_the_way(found: list[int]) -> None:
    kept = made(5_000)
    assert 2 in found
    assert len(kept) == 5_000


def test_nothing_is_searched_where_little_was_made(found: list[int]) -> None:
    with rarely_searched_for():
        pass
    assert 2 not in found


def test_nothing_is_searched_where_hardly_any_time_has_passed(
    found: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage, "SHORTEST", math.inf)
    with rarely_searched_for():
        kept = made(5_000)
    assert 2 not in found
    assert len(kept) == 5_000


def test_searches_that_are_off_stay_off(found: list[int]) -> None:
    gc.disable()
    # There may have been one since the fixture began to listen.
    found.clear()
    try:
        with rarely_searched_for():
            made(10_000)
        assert found == []
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_an_error_leaves_the_thresholds_as_they_were(found: list[int]) -> None:
    with pytest.raises(KeyError), rarely_searched_for():
        raise KeyError
    assert gc.get_threshold() == (50, 2, 2)
