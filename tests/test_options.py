"""Typed options: every wrong value is answered with one sentence, and every right one is kept as it is."""

from __future__ import annotations

import dataclasses
import math
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

import harness
import optimizers
from optimizers.errors import InputError, unknown_name
from optimizers.options import (
    BelowOne,
    Count,
    CountOrZero,
    Fraction,
    NonNegative,
    Positive,
    Real,
    Sizes,
    changed_options,
    describe_range,
    option_ranges,
    option_values,
    options,
)

Colour = Literal["red", "green"]


@options
class Sample:
    """One option of each kind."""

    rate: Positive = 0.1
    weight: NonNegative = 0.0
    shift: Real = -1.0
    part: Fraction = 0.5
    decay: BelowOne = 0.9
    batch: Count | None = None
    seed: CountOrZero = 0
    hidden: Sizes = (2,)
    colour: Colour = "red"
    name: str = "mine"
    fast: bool = False


@options
class Demanding:
    """An option without a default, and two that have to fit together."""

    low: Real
    high: Real = 1.0

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise InputError(f"low is {self.low:g}, expected less than high: lower it")


class Child(Sample):
    """A plain subclass is checked as its parent is."""


# Wrong values

WRONG = [
    ("rate", 0.0, "greater than 0"),
    ("rate", -1, "greater than 0"),
    ("rate", "0.1", "a valid number"),
    ("rate", None, "a valid number"),
    ("rate", True, "a valid number"),
    ("rate", [0.1], "a valid number"),
    ("rate", math.inf, "a finite number"),
    ("rate", 1j, "a valid number"),
    ("weight", -1e-300, "greater than or equal to 0"),
    ("shift", math.inf, "a finite number"),
    ("shift", -math.inf, "a finite number"),
    ("part", 1.0000001, "less than or equal to 1"),
    ("part", -0.1, "greater than or equal to 0"),
    ("decay", 1.0, "less than 1"),
    ("decay", -0.5, "greater than or equal to 0"),
    ("batch", 0, "greater than or equal to 1"),
    ("batch", 2.0, "a whole number"),
    ("batch", "2", "a whole number"),
    ("batch", True, "a whole number"),
    ("seed", -1, "greater than or equal to 0"),
    ("hidden", 3, "a list"),
    ("hidden", "3", "a list"),
    ("colour", "blue", "'red' or 'green'"),
    ("colour", None, "'red' or 'green'"),
    ("name", 3, "a valid string"),
    ("fast", 1, "a valid boolean"),
    ("fast", "yes", "a valid boolean"),
]


@pytest.mark.parametrize(("option", "value", "expected"), WRONG)
@pytest.mark.parametrize("owner", [Sample, Child])
def test_a_wrong_value_is_answered_with_class_option_found_and_expected(
    owner: type[Sample], option: str, value: Any, expected: str
) -> None:
    with pytest.raises(InputError) as caught:
        owner(**{option: value})
    assert str(caught.value) == f"{owner.__name__}: option '{option}' is {value!r}, expected {expected}"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


# The warning is that of NumPy before 2.4, and most users do not see it.
@pytest.mark.filterwarnings("ignore:Conversion of an array:DeprecationWarning")
@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [("rate", np.array([0.5]), "a valid number"), ("batch", np.array([2]), "a whole number")],
    ids=["rate", "batch"],
)
def test_an_array_of_one_number_is_none(option: str, value: Any, expected: str) -> None:
    with pytest.raises(InputError, match=f"option '{option}' is .*, expected {expected}$"):
        Sample(**{option: value})


def test_nan_is_told_to_be_below_a_bound_or_no_finite_number() -> None:
    # Which of the two is pydantic's choice.
    with pytest.raises(InputError, match=r"expected (greater than or equal to 0|a finite number)$"):
        Sample(weight=math.nan)


@pytest.mark.parametrize(
    ("value", "found"), [((2, 0), "0"), ([2, "x"], "'x'"), ((2.5,), "2.5"), ((True,), "True")]
)
def test_a_wrong_member_of_a_list_is_named(value: Any, found: str) -> None:
    with pytest.raises(InputError, match=rf"^Sample: option 'hidden' is {found}, expected ") as caught:
        Sample(hidden=value)
    assert "\n" not in str(caught.value)


def test_the_first_of_several_wrong_values_is_answered() -> None:
    with pytest.raises(InputError, match=r"^Sample: option 'rate' is -1, expected greater than 0$"):
        Sample(rate=-1, part=7.0, colour="blue")


@pytest.mark.parametrize(
    ("misspelt", "answer"),
    [
        ("rte", "did you mean 'rate'? (options: {})"),
        ("colors", "did you mean 'colour'? (options: {})"),
        ("Batch", "did you mean 'batch'? (options: {})"),
        ("hidden_", "did you mean 'hidden'? (options: {})"),
        ("xyzzy", "options are: {}"),
    ],
)
def test_an_unknown_option_is_answered_with_the_nearest(misspelt: str, answer: str) -> None:
    listing = "rate, weight, shift, part, decay, batch, seed, hidden, colour, name, fast"
    with pytest.raises(InputError) as caught:
        Sample(**{misspelt: 1})
    assert str(caught.value) == f"Sample has no option '{misspelt}': {answer.format(listing)}"


def test_options_are_given_by_name() -> None:
    with pytest.raises(
        InputError, match=r"^Sample takes its options by name: write option=value \(options: rate, "
    ):
        Sample(0.1)  # type: ignore[misc]


def test_an_option_without_a_default_is_asked_for() -> None:
    with pytest.raises(InputError, match=r"^Demanding needs the option 'low', which was not given$"):
        Demanding()  # type: ignore[call-arg]


def test_a_sentence_of_the_class_itself_passes_through_unchanged() -> None:
    with pytest.raises(InputError) as caught:
        Demanding(low=3)
    assert str(caught.value) == "low is 3, expected less than high: lower it"
    assert Demanding(low=0.5).high == 1.0


def test_an_input_error_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        Sample(rate=0)


# Right values


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16, np.int64, np.int32, np.uint8])
def test_numpy_scalars_are_accepted_as_numbers(kind: Any) -> None:
    sample = Sample(rate=kind(2), part=kind(1), shift=kind(3))
    assert (sample.rate, sample.part, sample.shift) == (2.0, 1.0, 3.0)
    assert type(sample.rate) is float


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8])
def test_numpy_integers_are_accepted_as_counts(kind: Any) -> None:
    sample = Sample(batch=kind(3), seed=kind(0), hidden=(kind(4), kind(5)))
    assert (sample.batch, sample.seed, sample.hidden) == (3, 0, (4, 5))
    assert [type(number) for number in (sample.batch, sample.seed, *sample.hidden)] == [int] * 4


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_numpy_floats_are_no_counts(kind: Any) -> None:
    with pytest.raises(InputError, match=r"option 'batch' is 3\.0, expected a whole number"):
        Sample(batch=kind(3))


def test_numpy_numbers_out_of_range_are_refused_too() -> None:
    for wrong in (np.float64(-1), np.float64(np.inf), np.float32(np.nan), np.bool_(True)):
        with pytest.raises(InputError, match="Sample: option 'rate' is "):
            Sample(rate=wrong)


def test_a_whole_number_is_taken_for_a_number() -> None:
    assert type(Sample(rate=1).rate) is float


def test_lists_become_tuples_so_that_options_can_be_hashed() -> None:
    sample = Sample(hidden=[4, 4])  # type: ignore[arg-type]
    assert sample.hidden == (4, 4)
    assert hash(sample) == hash(Sample(hidden=(4, 4)))
    assert sample == Sample(hidden=(4, 4))
    assert Sample(hidden=()).hidden == ()


@given(st.floats(min_value=0, exclude_min=True, allow_infinity=False), st.floats(0, 1, exclude_max=True))
def test_numbers_in_range_are_kept_to_the_bit(rate: float, decay: float) -> None:
    sample = Sample(rate=rate, decay=decay)
    assert (sample.rate, sample.decay) == (rate, decay)


def test_options_are_frozen() -> None:
    for name in ("rate", "brand_new"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(Sample(), name, 1.0)


def test_replacing_an_option_checks_it_again() -> None:
    assert dataclasses.replace(Sample(rate=2.0), batch=3) == Sample(rate=2.0, batch=3)
    with pytest.raises(InputError, match="option 'rate' is -1, expected greater than 0"):
        dataclasses.replace(Sample(), rate=-1)


# Telling


def test_option_values_are_plain_and_in_the_order_they_are_declared() -> None:
    values = option_values(Sample(hidden=(3, 4), batch=5))
    assert list(values) == [field.name for field in dataclasses.fields(Sample)]  # type: ignore[arg-type]
    assert values["hidden"] == [3, 4]
    assert type(values["hidden"]) is list
    assert Sample(**values) == Sample(hidden=(3, 4), batch=5)


def test_changed_options_are_those_that_differ_from_their_defaults() -> None:
    assert changed_options(Sample()) == {}
    assert changed_options(Sample(rate=0.1, hidden=[2])) == {}  # type: ignore[arg-type]
    assert changed_options(Sample(fast=True, hidden=(8,))) == {"hidden": [8], "fast": True}
    assert changed_options(Demanding(low=0.0)) == {"low": 0.0}


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (Positive, "number > 0"),
        (NonNegative, "number >= 0"),
        (Real, "number"),
        (Fraction, "number >= 0 and <= 1"),
        (BelowOne, "number >= 0 and < 1"),
        (Count, "whole number >= 1"),
        (CountOrZero, "whole number >= 0"),
        (Sizes, "list of whole number >= 1"),
        (Count | None, "whole number >= 1 or none"),
        (Colour, "red | green"),
        (Colour | None, "red | green or none"),
        (bool, "true or false"),
        (str, "text"),
        (int, "whole number"),
        (float, "number"),
        (tuple[str, ...], "list of text"),
        (Annotated[int, Field(ge=2, le=12)], "whole number >= 2 and <= 12"),
        (Annotated[Positive, Field(le=100)], "number > 0 and <= 100"),
        (Annotated[float, Field(gt=0.125)], "number > 0.125"),
    ],
)
def test_a_range_is_described_in_words(annotation: Any, words: str) -> None:
    assert describe_range(annotation) == words


def test_every_option_is_listed_with_its_range() -> None:
    ranges = option_ranges(Sample)
    assert list(ranges) == list(option_values(Sample()))
    assert ranges["batch"] == "whole number >= 1 or none"
    assert ranges["colour"] == "red | green"


@pytest.mark.parametrize("name", optimizers.known_optimizers())
def test_the_ranges_of_every_optimizer_read_as_words(name: str) -> None:
    for option, words in option_ranges(optimizers.known_optimizers()[name]).items():
        assert words, option
        assert not any(sign in words for sign in ("typing", "Annotated", "<class", "FieldInfo", "[")), words


# Unknown names


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("adma", "unknown optimizer 'adma': did you mean 'adam'? (known: adam, genetic-algorithm, momentum)"),
        ("Adam", "unknown optimizer 'Adam': did you mean 'adam'? (known: adam, genetic-algorithm, momentum)"),
        (
            "Genetic_Algorithm",
            "unknown optimizer 'Genetic_Algorithm': did you mean 'genetic-algorithm'? "
            "(known: adam, genetic-algorithm, momentum)",
        ),
        ("zzz", "unknown optimizer 'zzz': known are: adam, genetic-algorithm, momentum"),
        (7, "unknown optimizer 7: known are: adam, genetic-algorithm, momentum"),
        ("", "unknown optimizer '': known are: adam, genetic-algorithm, momentum"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: object, sentence: str) -> None:
    error = unknown_name("optimizer", name, ["momentum", "adam", "genetic-algorithm"])
    assert isinstance(error, InputError)
    assert str(error) == sentence


def test_where_nothing_is_known_the_answer_says_so() -> None:
    assert str(unknown_name("plot", "x", [])) == "unknown plot 'x': known are: none"


@pytest.mark.parametrize("specification", [{}, {"learning_rate": 0.1}, {"name": 3}, {"name": None}])
def test_an_optimizer_without_a_name_is_refused(specification: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r'an optimizer has no name: found .*, expected name = "adam"'):
        optimizers.build_optimizer(specification)


def test_building_leaves_the_table_as_it_is() -> None:
    table = {"name": "adam", "learning_rate": 0.5}
    optimizers.build_optimizer(table)
    assert table == {"name": "adam", "learning_rate": 0.5}


def test_a_name_that_no_class_has_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'optimizers' has no attribute 'Adma'"):
        optimizers.Adma  # noqa: B018


def test_a_picture_of_its_own_stays_with_a_class_of_options() -> None:
    @options
    class Drawn:
        """Has a picture."""

        size: Positive = 1.0

        def _repr_html_(self) -> str:
            return f"<svg width='{self.size}'/>"

    assert Drawn(size=2.0)._repr_html_() == "<svg width='2.0'/>"


def test_minus_zero_is_zero() -> None:
    for zero in (-0.0, np.float32(-0.0)):
        assert math.copysign(1, optimizers.GradientDescent(weight_decay=zero).weight_decay) == 1
    below, above = (harness.problems.load("two-moons", noise=noise, rows=10) for noise in (-0.0, 0.0))
    assert below.key == above.key
