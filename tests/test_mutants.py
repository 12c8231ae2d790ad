"""Mutation testing puts one slip at a time into a source, and finds the functions that it is in."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from mutants import changed_functions, mutants, place_of

ROOT = Path(__file__).parent.parent

SOURCE = '''
"""A module."""

LIMIT = 3
MADE = sorted([2, 1])

def halved(x: float = 1.0) -> float:
    """Return a half, but of 7 and below."""
    if x <= 7 and not x == 0:
        return x / 2
    raise ValueError(f"{x + 1} is more than 7")

class Steps:
    size: int = 4

    def step(self, to, away):
        self.reset()
        return max(to - away, 0) if to else pow(to, away)
'''


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (4, ["3 -> 4", "3 -> 2"]),
        (5, []),
        (7, []),
        (8, []),
        (10, ["return x / 2 -> return None", "x / 2 -> x * 2", "2 -> 3", "2 -> 1"]),
        (11, ["raise ValueError(f'{x + 1} is more than 7') -> pass"]),
        (14, []),
        (17, ["self.reset() -> pass"]),
    ],
)
def test_each_has_one_slip_where_one_counts(line: int, expected: list[str]) -> None:
    assert [f"{one.before} -> {one.after}" for one in mutants(SOURCE) if one.line == line] == expected


def test_comparisons_conditions_and_arguments_have_theirs() -> None:
    found = {f"{one.before} -> {one.after}" for one in mutants(SOURCE)}
    assert {
        "x <= 7 and (not x == 0) -> x <= 7 or not x == 0",
        "x <= 7 -> x < 7",
        "x <= 7 -> x > 7",
        "not x == 0 -> x == 0",
        "x == 0 -> x != 0",
        "to - away -> to + away",
        "pow(to, away) -> pow(away, to)",
    } <= found
    assert not any(one.startswith("max(to - away, 0) ->") for one in found), "the same either way"


def test_each_differs_in_one_function_or_one_statement_and_the_source_stays_as_it_was() -> None:
    whole = compile(SOURCE, "source.py", "exec")
    numbers = []
    for one in mutants(SOURCE):
        assert ast.unparse(one.tree) != ast.unparse(ast.parse(SOURCE))
        changed = list(changed_functions(whole, compile(one.tree, "source.py", "exec")))
        numbers.append(len(changed))
        if changed:
            assert place_of(changed[0][0])[0] in ("halved", "Steps.step")
    assert numbers[:2] == [0, 0]
    assert set(numbers[2:]) == {1}


@pytest.mark.slow
def test_what_tests_notice_is_killed_and_what_they_do_not_is_alive() -> None:
    done = subprocess.run(
        [sys.executable, "tests/mutation.py", "harness/analysis/multiplicity.py", "--sample", "3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    *_, row = done.stdout.splitlines()
    name, found, drawn, *verdicts = (cell.strip() for cell in row.strip("| ").split("|"))
    assert (name, drawn) == ("harness/analysis/multiplicity.py", "3"), done.stderr
    assert int(found) > 3
    assert sum(map(int, verdicts)) == 3
    assert int(verdicts[0]) >= 1
