"""A command imports what it needs and nothing else, and one member of a family without the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from processes import started

IMPORTED = """
import sys
from harness.cli.entry import main
try:
    main({arguments!r})
except SystemExit as end:
    assert end.code == 0, end.code
with open("imported", "w") as file:
    file.write(" ".join(sys.modules))
"""


def imported(folder: Path, *arguments: str) -> set[str]:
    """Return the modules that a command has imported when it ends."""
    done = started(folder, "-c", IMPORTED.format(arguments=list(arguments)))
    assert done.returncode == 0, done.stderr
    return set((folder / "imported").read_text(encoding="utf-8").split())


@pytest.mark.parametrize("arguments", [("list",), ("list", "plots"), ("--help",)], ids=" ".join)
def test_what_is_listed_is_not_imported(arguments: tuple[str, ...], tmp_path: Path) -> None:
    heavy = {"numpy", "pandas", "matplotlib", "numba", "scipy", "sympy", "pydantic", "pyarrow"}
    assert not imported(tmp_path, *arguments) & heavy


def test_a_run_imports_the_members_that_it_names(tmp_path: Path) -> None:
    found = imported(tmp_path, "run", "quickstart", "--only", "optimizer=gradient-descent", "--seeds", "1")
    assert {"optimizers.descent.gradient_descent", "harness.problems.boolean"} <= found
    assert "harness.plots.convergence" in found
    others = {
        "optimizers.evolution",
        "optimizers.second_order",
        "optimizers.perceptron",
        "optimizers.scipy",
        "harness.plots.loss_landscape",
        "harness.problems.real_data",
        "harness.gradients.symbolic",
        "harness.tuning",
        "harness.exchange",
    }
    assert not found & others
