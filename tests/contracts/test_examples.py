"""What every worked example has to do; a new file is found by itself."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np
import pytest

from harness.coursework import known_examples, load
from harness.coursework.derivation import Derivation
from harness.coursework.example import Example, Formula
from harness.coursework.report import VERDICTS, WIDTH, Report
from harness.gradients import known_sources

every_example = pytest.mark.parametrize("name", known_examples())


def report(example: Example, seed: int = 0) -> Report:
    return example.report(np.random.default_rng(seed))


@functools.cache
def reported(name: str, seed: int = 0) -> Report:
    """Return the report of an example as it is, which the seed alone decides."""
    return report(load(name), seed)


def with_correct_print(example: Example) -> Example:
    """The example as it should have been printed."""
    changes: dict[str, Any] = {"printed": example.correct}
    if isinstance(example, Derivation) and example.printed_figures:
        exact = {figure.name: f"{figure.exact:.12f}" for figure in report(example).figures}
        changes["printed_figures"] = tuple(exact.items())
    return dataclasses.replace(example, **changes)


@every_example
def test_it_has_a_title_a_situation_and_two_formulas_to_read_and_to_run(name: str) -> None:
    example = load(name)
    assert example.name() == name
    assert example.title
    assert not example.title.endswith(".")
    assert len(example.situation) > 40
    for formula in (example.printed, example.correct):
        assert formula.lines
        assert all(formula.lines)
        assert callable(formula.function)


@every_example
def test_a_report_follows_from_the_seed_alone(name: str) -> None:
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    assert report(load(name), 3) == reported(name, 3)
    assert reported(name, 3) != reported(name, 2)
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


@every_example
def test_the_verdict_is_one_of_three_at_any_points(name: str) -> None:
    found = {reported(name, seed).verdict for seed in range(4)}
    assert len(found) == 1
    assert found <= set(VERDICTS)


@every_example
def test_the_first_sentence_begins_with_the_verdict(name: str) -> None:
    found = reported(name)
    word = "right, but rounded" if found.verdict == "rounded" else found.verdict
    assert found.sentences[0].startswith(word)
    assert all(sentence.endswith(".") for sentence in found.sentences)


@every_example
def test_every_gradient_source_agrees_with_the_correct_formula_or_says_why_it_cannot(name: str) -> None:
    for seed in range(4):
        found = reported(name, seed)
        errors = {row.source: row.error for row in found.agreement}
        for source in known_sources():
            if source in found.refusals:
                assert ": take " in found.refusals[source]
                continue
            assert errors[source] < (1e-6 if "difference" in source else 1e-10)
            assert source in found.groups[0]
        assert errors["autodiff of the plain loss"] < 1e-12


@every_example
def test_what_should_have_been_printed_is_right(name: str) -> None:
    found = report(with_correct_print(load(name)))
    assert found.verdict == "right"
    assert len(found.groups) == 1


@every_example
def test_a_printed_gradient_that_is_twice_too_large_is_found_wrong_by_that_factor(name: str) -> None:
    example = load(name)
    if not isinstance(example, Derivation):
        pytest.skip("derives no gradient of a network")
    right = example.correct.function

    def doubled(layers: Any, x: Any, y: Any, *keep: Any) -> Any:
        return [type(layer)(2 * layer.weights, 2 * layer.biases) for layer in right(layers, x, y, *keep)]

    found = report(dataclasses.replace(example, printed=Formula(("doubled",), doubled)))
    assert found.verdict == "wrong"
    assert found.sentences[0] == "wrong: times 2."
    assert "is 2 times the right one; no part is right." in found.sentences[1]


@every_example
def test_the_page_fits_a_terminal_and_says_everything(name: str) -> None:
    found = reported(name)
    page = str(found)
    assert all(len(line) <= WIDTH for line in page.splitlines())
    assert all(line.isascii() for line in page.splitlines())
    for line in (*found.printed, *found.correct):
        assert f"  {line}\n" in page
    flowing = " ".join(page.split())
    for words in (load(name).title, *found.sentences, *found.refusals):
        assert " ".join(words.split()) in flowing
    for row in found.agreement:
        assert row.source in page
    for figure in found.figures:
        assert figure.printed in page
        assert f"{figure.exact:.10f}" in page


@every_example
def test_tables_are_frames(name: str) -> None:
    found = reported(name)
    assert found.table().columns.tolist() == ["source", "error", "digits", "group"]
    assert found.table()["source"].is_unique
    assert len(found.table()) == len(found.agreement)
    assert found.figure_table().columns.tolist() == ["name", "printed", "exact", "digits", "holds"]
    assert len(found.figure_table()) == len(found.figures)
