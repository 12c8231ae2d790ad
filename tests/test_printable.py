"""Values in sentences are short, on one line, and harmless to a terminal."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizers.errors import InputError, unknown_name
from optimizers.optimizer import Outcome
from optimizers.printable import LONGEST, printable, said_by, shown


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no text for this")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.5, "0.5"),
        ("adam", "'adam'"),
        (2**63, "9223372036854775808"),
        (10**5000, "a whole number of some 5001 digits"),
        (-(10**5000), "a whole number of some 5001 digits"),
        ([1, [2, [3]]], "[1, [2, [3]]]"),
        ("a\nb", "'a\\nb'"),
        ("\x1b[31m", "'\\x1b[31m'"),
    ],
    ids=range(8),
)
def test_values_are_shown_as_they_were_written(value: Any, expected: str) -> None:
    assert shown(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "x" * 5000,
        list(range(10**6)),
        {str(place): [10**5000] for place in range(1000)},
        np.arange(10**6).reshape(1000, 1000),
        [[[[[[[[10**6000]]]]]]]],
        Broken(),
        [Broken()] * 100,
        type("Odd", (), {"__repr__": lambda self: "\x1b[2J" * 100})(),
    ],
    ids=range(8),
)
def test_whatever_it_is_it_stays_short_and_on_one_line(value: Any) -> None:
    text = shown(value)
    assert len(text) <= LONGEST
    assert text.isprintable()


def test_a_list_within_itself_has_an_end() -> None:
    endless: list[Any] = []
    for _ in range(100_000):
        endless = [endless]
    assert len(shown(endless)) <= LONGEST


@given(st.text())
def test_what_is_printable_holds_nothing_that_a_terminal_acts_on(text: str) -> None:
    kinds = {unicodedata.category(character) for character in printable(text).replace("\n", "")}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    printable(text).encode("utf-8")
    if text.isprintable():
        assert printable(text) == text


def test_errors_are_printable_whatever_they_are_made_of() -> None:
    error = InputError("problem \x1b]0;gone\x07\u202e has no rows")
    assert str(error) == "problem \\x1b]0;gone\\x07\\u202e has no rows"
    assert len(str(unknown_name("optimizer", "y" * 100_000, ["adam", "momentum"]))) < 200


def test_a_list_of_names_stays_short_however_many_there_are() -> None:
    many = [f"adam(learning_rate={number})" for number in range(1_000)]
    for said in (
        str(unknown_name("optimizer", "x", many)),
        str(unknown_name("optimizer", "x", ["y" * 5_000])),
    ):
        assert len(said) < 800
    assert str(unknown_name("optimizer", "x", many)).endswith(" more")


def test_what_an_error_of_others_says_is_one_short_printable_line() -> None:
    for said in ("x" * 5_000, "word " * 5_000, "\x1b[31m\nno", "\udcff\0", ""):
        for sentence in (said_by(RuntimeError(said)), Outcome.of_error(RuntimeError(said)).sentence):
            assert sentence.startswith("RuntimeError")
            assert sentence.isprintable()
            assert len(sentence) < 400


def test_no_error_has_a_word_without_end() -> None:
    path = "/".join(["folder"] * 30)
    assert path in str(InputError(f"{path} is no folder"))
    for word in ("9" * 5_000, "y" * 400, "/".join(["folder"] * 500)):
        said = str(InputError(f"{word} is no folder: give another"))
        assert len(said) < 150
        assert said.startswith(word[:50])
        assert said.endswith(" is no folder: give another")


@given(st.text(st.characters()))
def test_nothing_is_left_but_letters_marks_spaces_and_lines(text: str) -> None:
    left = printable(text)
    assert all(c.isprintable() or c == "\n" or unicodedata.category(c) == "Zs" for c in left)
    assert printable(left) == left
