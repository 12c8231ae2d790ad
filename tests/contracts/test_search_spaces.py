"""The contract of every optimizer's search space: it names options, builds everywhere, holds the default."""

from __future__ import annotations

import itertools
import json
import tomllib

import numpy as np
import pytest

import optimizers
from harness.sweeps.toml_text import toml_text
from optimizers import Optimizer
from optimizers.options import option_values
from optimizers.search_space import Range

CLASSES = optimizers.known_optimizers()
every_class = pytest.mark.parametrize("name", CLASSES)


def places(name: str) -> list[tuple[float, ...]]:
    """Every corner of the unit cube, and points inside."""
    size = len(CLASSES[name].search_space)
    inside = np.random.default_rng(0).random((100, size))
    return [*itertools.product((0.0, 1.0), repeat=size), *map(tuple, inside.tolist())]


@every_class
def test_it_names_options_of_its_own(name: str) -> None:
    space = CLASSES[name].search_space
    assert set(space) <= set(option_values(CLASSES[name]()))
    assert all(isinstance(entry, Range) for entry in space.values())


@every_class
def test_an_optimizer_with_options_says_what_of_them_to_tune(name: str) -> None:
    cls = CLASSES[name]
    bases = cls.__mro__[: cls.__mro__.index(Optimizer)]
    said = any("search_space" in vars(base) for base in bases)
    assert said or not option_values(cls()), "give it a search_space, {} where no option is worth tuning"


@every_class
def test_every_point_of_it_builds(name: str) -> None:
    space = CLASSES[name].search_space
    for point in places(name):
        chosen = {
            option: entry.at(place) for (option, entry), place in zip(space.items(), point, strict=True)
        }
        built = CLASSES[name](**chosen)
        assert {option: getattr(built, option) for option in space} == chosen
        # A file says the same.
        assert tomllib.loads(f"x = {toml_text(chosen)}")["x"] == chosen
        assert json.loads(json.dumps(chosen)) == chosen


@every_class
def test_the_default_is_in_it_or_a_reason_is_given(name: str) -> None:
    for option, entry in CLASSES[name].search_space.items():
        default = getattr(CLASSES[name](), option)
        if entry.reason:
            assert default not in entry, f"{option}: {entry.reason}"
        else:
            assert default in entry, option


@every_class
def test_a_place_leads_back_to_its_value(name: str) -> None:
    for option, entry in CLASSES[name].search_space.items():
        for place in np.linspace(0.0, 1.0, 41):
            value = entry.at(float(place))
            found = entry.place(value)
            assert found is not None, option
            assert entry.at(found) == value, option
