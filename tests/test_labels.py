"""What stands behind a name where a user's code makes two things of it."""

from __future__ import annotations

import pandas as pd

from harness.runs.settings import told_apart

Rows = list[tuple[str, str, str]]


def labels(rows: Rows) -> list[tuple[str, str]]:
    """Return problem and optimizer as they are shown, of rows of problem, optimizer and own code."""
    frame = pd.DataFrame(rows, columns=["problem", "optimizer", "own_code"]).assign(
        gradient="analytic", setting="cost=5", problem_key="k", options="{}"
    )
    shown = told_apart(frame)
    return list(zip(shown["problem"], shown["optimizer"], strict=True))


def test_an_initializer_of_ones_own_on_one_problem_makes_no_two_optimizers() -> None:
    rows = [
        ("xor", "adam", ""),
        ("iris", "adam", "8d047c11"),
        ("xor", "lbfgs", ""),
        ("iris", "lbfgs", "8d047c11"),
    ]
    assert labels(rows) == [(problem, optimizer) for problem, optimizer, _ in rows]


def test_a_problem_is_marked_where_its_optimizers_share_what_differs() -> None:
    rows = [("iris", name, code) for name in ("adam", "lbfgs") for code in ("aaaaaa1", "bbbbbb2")]
    assert labels(rows) == [(f"iris [{code[:6]}]", name) for _, name, code in rows]


def test_an_optimizer_is_marked_where_it_alone_differs_and_then_on_all_problems() -> None:
    rows = [
        ("iris", "own", "aaaaaa1"),
        ("iris", "own", "bbbbbb2"),
        ("xor", "own", "bbbbbb2"),
        ("iris", "adam", ""),
    ]
    assert labels(rows) == [
        ("iris", "own [aaaaaa]"),
        ("iris", "own [bbbbbb]"),
        ("xor", "own [bbbbbb]"),
        ("iris", "adam"),
    ]
