"""Ranges against what they say: ends, shares, roundings, and that nothing leaves them."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizers import InputError
from optimizers.search_space import Choice, Linear, Logarithmic, NearOne, Range, Whole

RANGES: tuple[Range, ...] = (
    Linear(-3.0, -0.05),
    Linear(0.0, 1.0),
    Logarithmic(1e-8, 1e3),
    NearOne(0.5, 0.99999),
    Whole(1, 5),
    Whole(3, 200, logarithmic=True),
    Choice((False, True)),
    Choice(("sss", "rank", None)),
)
every_range = pytest.mark.parametrize("entry", RANGES, ids=str)
unit = st.floats(0.0, 1.0)


@every_range
@given(place=unit)
def test_every_place_has_a_value_within(entry: Range, place: float) -> None:
    value = entry.at(place)
    assert value in entry
    back = entry.place(value)
    assert back is not None
    assert 0.0 <= back <= 1.0
    assert entry.at(back) == value


@every_range
@given(first=unit, second=unit)
def test_a_higher_place_has_no_lower_value(entry: Range, first: float, second: float) -> None:
    if isinstance(entry, Choice):
        return
    low, high = sorted((first, second))
    assert entry.at(low) <= entry.at(high)


@given(place=unit)
def test_scales_are_those_of_the_formulas(place: float) -> None:
    assert Linear(-2.0, 6.0).at(place) == pytest.approx(-2.0 + 8.0 * place, rel=5e-3, abs=5e-3)
    assert Logarithmic(1e-4, 1e2).at(place) == pytest.approx(10 ** (-4 + 6 * place), rel=5.1e-3)
    assert 1 - NearOne(0.9, 0.9999).at(place) == pytest.approx(10 ** (-1 - 3 * place), rel=5.1e-3)


@pytest.mark.parametrize("entry", [entry for entry in RANGES if not isinstance(entry, Choice)], ids=str)
def test_both_ends_belong_to_a_range(entry: Any) -> None:
    assert (entry.at(0.0), entry.at(1.0)) == (entry.low, entry.high)
    assert entry.low in entry
    assert entry.high in entry
    assert entry.low - 1 not in entry
    assert entry.high + 1 not in entry


def test_whole_numbers_have_equal_shares() -> None:
    counted = Counter(Whole(1, 5).at(place / 1000) for place in range(1000))
    assert counted == dict.fromkeys(range(1, 6), 200)
    counted = Counter(Choice(("a", "b", "c", "d")).at(place / 1000) for place in range(1000))
    assert counted == dict.fromkeys("abcd", 250)


def test_whole_numbers_on_a_logarithmic_scale_have_shares_of_their_ratios() -> None:
    entry, steps = Whole(2, 40, logarithmic=True), 100_000
    counted = Counter(entry.at(place / steps) for place in range(steps))
    for number in range(2, 41):
        share = math.log((number + 1) / number) / math.log(41 / 2)
        assert counted[number] == pytest.approx(steps * share, abs=2)


@pytest.mark.parametrize("value", [None, "0.5", True, math.nan, math.inf, -1e9])
def test_other_values_are_outside(value: Any) -> None:
    assert not any(value in entry for entry in RANGES[:6])
    assert (value in RANGES[6]) == (value is True)


def test_a_help_page_reads_them() -> None:
    assert list(map(str, RANGES)) == [
        "-3 to -0.05",
        "0 to 1",
        "1e-08 to 1000, logarithmic",
        "0.5 to 0.99999, logarithmic in the distance from 1",
        "1 to 5",
        "3 to 200, logarithmic",
        "false | true",
        "sss | rank | none",
    ]


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Linear(1.0, 1.0), "expected low below high"),
        (lambda: Linear(0.0, math.inf), "expected low below high"),
        (lambda: Linear(math.nan, 1.0), "expected low below high"),
        (lambda: Logarithmic(0.0, 1.0), "expected a number above 0"),
        (lambda: NearOne(0.5, 1.0), "expected a number below 1"),
        (lambda: Whole(1, 2.0), "expected a whole number"),  # type: ignore[arg-type]
        (lambda: Whole(0, 5, logarithmic=True), "expected 1 or more"),
        (lambda: Choice(()), "expected a tuple of one"),
        (lambda: Choice("ab"), "expected a tuple of one"),  # type: ignore[arg-type]
    ],
)
def test_a_range_that_is_none_is_refused(build: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        build()
