"""A command imports what it needs and nothing else, and one member of a family without the others."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from processes import started

from harness.plots import has_no_table, known_plots

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


def test_what_is_foretold_imports_no_matplotlib(tmp_path: Path) -> None:
    assert "matplotlib" not in imported(tmp_path, "run", "quickstart", "--dry-run")


def test_a_run_imports_the_members_that_it_names(tmp_path: Path) -> None:
    found = imported(tmp_path, "run", "quickstart", "--only", "optimizer=gradient-descent", "--seeds", "1")
    assert {"optimizers.descent.gradient_descent", "harness.problems.boolean"} <= found
    assert (tmp_path / "output" / "quickstart" / "convergence-cost.png").is_file()
    others = {
        "optimizers.evolution",
        "optimizers.second_order",
        "optimizers.perceptron",
        "optimizers.scipy",
        "harness.problems.real_data",
        "harness.gradients.symbolic",
        "harness.tuning",
        "harness.exchange",
    }
    assert not found & others


DATA = """
import sys
import harness
for name in ("iris", "setosa", "wine", "breast-cancer", "digits"):
    harness.problems.load(name)
print("sklearn" in sys.modules)
"""


def test_data_that_scikit_learn_carries_are_read_without_its_import(tmp_path: Path) -> None:
    done = started(tmp_path, "-c", DATA)
    assert done.stdout.split() == ["False"], done.stderr


WORKER = """
import sys
import harness.sweeps.worker
print(*sorted({"pandas", "pyarrow", "matplotlib", "rich", "loky", "sklearn"} & set(sys.modules)))
"""


def test_a_worker_imports_no_tables(tmp_path: Path) -> None:
    done = started(tmp_path, "-c", WORKER)
    assert done.returncode == 0, done.stderr
    assert not done.stdout.split()


BEGUN = """
import gc, os
from harness.sweeps.worker import begin
begin(os.getppid(), (), None)
print(gc.get_freeze_count() > 10_000)
"""


def test_a_worker_does_not_look_through_what_it_has_imported_for_garbage(tmp_path: Path) -> None:
    done = started(tmp_path, "-c", BEGUN)
    assert done.stdout.split() == ["True"], done.stderr


OPERATORS = """
import optimizers
from optimizers.genetic.crossover import CROSSOVERS
from optimizers.genetic.mutation import MUTATIONS
from optimizers.genetic.selection import SELECTORS

optimizers.minimize(lambda w: float(w @ w), [1.0, 2.0, 3.0], "genetic-algorithm", budget=500)
for family in (SELECTORS, CROSSOVERS, MUTATIONS):
    print(*sorted({each.py_func.__name__ for each in family.values() if each.overloads}))
"""


def test_a_genetic_algorithm_compiles_the_operators_that_it_has(tmp_path: Path) -> None:
    done = started(tmp_path, "-c", OPERATORS)
    assert done.stdout.split() == ["steady_state", "single_point", "drawing"], done.stderr


def test_the_text_of_a_plot_says_whether_it_has_a_table() -> None:
    found = {name for name, plot in known_plots().items() if hasattr(sys.modules[plot.__module__], "table")}
    assert found
    assert found == {name for name in known_plots() if not has_no_table(name)}


def test_a_module_that_is_imported_first_brings_no_optimizers_along(tmp_path: Path) -> None:
    # That went round in a circle: all optimizers were looked through for one of the name `endings`.
    script = "import sys, optimizers.limits; print(*sys.modules)"
    done = started(tmp_path, "-c", script)
    assert done.returncode == 0, done.stderr
    assert "optimizers.multi_start" not in done.stdout.split()
