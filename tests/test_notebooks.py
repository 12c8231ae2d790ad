"""The notebooks: the names that they take from this project are there, and they run from a clean start."""

from __future__ import annotations

import ast
import functools
import getpass
import importlib
import inspect
import re
import socket
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

import harness
import optimizers
from harness.coursework.derivation import Derivation
from harness.coursework.report import Report
from harness.coursework.sources import Point
from harness.network.layout import Layer
from harness.network.network import Network
from harness.network.objective import NetworkObjective
from harness.plots.animation import Animation
from harness.plots.figure import NotebookFigure
from harness.report.comparison import Comparison
from harness.report.robust_comparison import RobustComparison
from harness.studies.findings import Findings
from harness.studies.study import Choice, Study
from harness.tuning.tuning import Tuning

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PACKAGES = ("harness", "optimizers")

QUICK = ("quickstart",)
"""Run each time; the others are marked as slow."""
OWN = ("your-own",)
"""Where a definition is the story."""
LARGEST = 300_000
"""Bytes of a notebook with its outputs."""

PLACES = re.compile(r"(?<![\w.])/(?:home|root|work|tmp|Users|usr|var|opt|mnt|private)/|\b[A-Z]:\\")
"""Paths that only one machine has."""

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])

# The Jupyter machinery warns about itself; what a notebook warns about happens in a process of its own.
pytestmark = pytest.mark.filterwarnings("ignore")


def read(path: Path) -> Any:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def code_of(path: Path) -> ast.Module:
    return ast.parse("\n".join(cell.source for cell in code_cells(read(path))))


def errors(notebook: Any) -> list[str]:
    return [
        f"cell {number}: {output.ename}: {output.evalue}"
        for number, cell in enumerate(code_cells(notebook), start=1)
        for output in cell.outputs
        if output.output_type == "error"
    ]


def texts(notebook: Any) -> list[str]:
    """Return all text that outputs hold."""
    found = []
    for output in (output for cell in code_cells(notebook) for output in cell.outputs):
        found.append(output.get("text", ""))
        found += [str(data) for kind, data in output.get("data", {}).items() if not kind.startswith("image/")]
    return found


def test_there_are_notebooks_and_a_list_of_them() -> None:
    listed = re.findall(
        r"\]\(([\w-]+)\.ipynb\)", (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    )
    assert sorted(listed) == [path.stem for path in NOTEBOOKS]
    assert {*QUICK, *OWN} < set(listed)


@every_notebook
def test_it_was_run_from_its_first_cell_to_its_last(path: Path) -> None:
    notebook = read(path)
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert errors(notebook) == []
    assert sum(bool(cell.outputs) for cell in cells) > len(cells) / 2
    # A warning, or a bar of progress, that a reader would have to look past.
    assert [output for cell in cells for output in cell.outputs if output.get("name") == "stderr"] == []
    assert path.stat().st_size < LARGEST


@every_notebook
def test_it_names_no_machine_and_nobody(path: Path) -> None:
    host, user = socket.gethostname(), getpass.getuser()
    names = [name for name in (host, user) if len(name) > 3 and name not in ("root", "runner", "localhost")]
    for text in texts(read(path)):
        assert PLACES.search(text) is None
        assert not any(re.search(rf"\b{re.escape(name)}\b", text) for name in names)


@every_notebook
def test_it_defines_nothing_that_a_reader_would_have_to_read_first(path: Path) -> None:
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    found = [ast.unparse(node) for node in ast.walk(code_of(path)) if isinstance(node, defined)]
    assert bool(found) == (path.stem in OWN), found


@functools.cache
def known_members() -> set[str]:
    """Return the names of all members of what a notebook gets from this project, pandas and NumPy."""
    classes = [
        *(harness.Results, harness.Model, optimizers.Minimum, optimizers.Outcome, NetworkObjective),
        *(Comparison, RobustComparison, Tuning, Findings, Study, Choice, Animation, NotebookFigure),
        *(Derivation, Report, harness.coursework.Formula, Point, Layer, Network),
        *(pd.DataFrame, pd.Series, np.ndarray, str, list, dict, np.random.Generator),
    ]
    members = {name for cls in classes for name in dir(cls)}
    members |= {
        name for cls in classes for base in cls.__mro__ for name in vars(base).get("__annotations__", {})
    }
    return members | set(dir(harness.problems.load("xor"))) | set(dir(harness.plots))


def package_of(thing: Any) -> str:
    name = thing.__name__ if isinstance(thing, ModuleType) else getattr(thing, "__module__", None) or ""
    return str(name).partition(".")[0]


def first_name(node: ast.expr) -> str:
    """Return the name that a chain of attributes, calls and subscripts begins with."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def misused(code: ast.Module) -> list[str]:
    """Return what the code takes from this project that is not there: names, members and arguments.

    Members of what is not a name of an import are held against those of all that a notebook gets; what begins
    with another package's name, or is defined in the notebook, is left alone.
    """
    found, modules = [], {}
    for node in ast.walk(code):
        if isinstance(node, ast.Import):
            for alias in node.names:
                modules[alias.asname or alias.name.partition(".")[0]] = importlib.import_module(alias.name)
        elif isinstance(node, ast.ImportFrom) and node.module:
            module = importlib.import_module(node.module)
            for alias in node.names:
                if hasattr(module, alias.name):
                    modules[alias.asname or alias.name] = getattr(module, alias.name)
                else:
                    found.append(f"{node.module}.{alias.name}")
    elsewhere = {node.name for node in ast.walk(code) if isinstance(node, ast.ClassDef)} | {"self"}
    elsewhere |= {name for name, value in modules.items() if package_of(value) not in PACKAGES}

    def resolved(node: ast.expr) -> Any:
        """Return what a chain of names from an import on is; None for any other expression."""
        if isinstance(node, ast.Name):
            return modules.get(node.id)
        owner = resolved(node.value) if isinstance(node, ast.Attribute) else None
        return getattr(owner, node.attr, None) if isinstance(owner, ModuleType | type) else None  # type: ignore[attr-defined]

    for node in ast.walk(code):
        if isinstance(node, ast.Attribute):
            owner = resolved(node.value)
            there = hasattr(owner, node.attr) if owner is not None else node.attr in known_members()
            if not there and first_name(node) not in elsewhere:
                found.append(ast.unparse(node))
        elif isinstance(node, ast.Call):
            function = resolved(node.func)
            if function is None and isinstance(node.func, ast.Attribute):
                plot = isinstance(node.func.value, ast.Attribute) and node.func.value.attr == "plot"
                function = getattr(harness.plots if plot else harness.Results, node.func.attr, None)
            if callable(function) and package_of(function) in PACKAGES:
                takes = inspect.signature(function).parameters
                if not any(each.kind is each.VAR_KEYWORD for each in takes.values()):
                    given = [argument.arg for argument in node.keywords if argument.arg]
                    found += [f"{ast.unparse(node.func)}({name}=)" for name in given if name not in takes]
    return found


@pytest.mark.parametrize(
    "code",
    [
        "import harness\nharness.runn('xor', 'adam', budget=5)",
        "import harness\nharness.run('xor', 'adam', budgets=5)",
        "import harness\nharness.coursework.known_example()",
        "import optimizers\noptimizers.Adam(rate=0.1)",
        "import harness\nresults = harness.load('folder')\nresults.compared()",
        "import harness\nresults = harness.load('folder')\nresults.plot.convergence(xs='cost')",
        "import harness\nresults = harness.load('folder')\nresults.model('xor', 'adam', seeds=0)",
        "from optimizers.options import Positiv",
    ],
)
def test_a_name_that_is_not_there_is_noticed(code: str) -> None:
    assert len(misused(ast.parse(code))) == 1


@every_notebook
def test_all_that_it_takes_from_this_project_is_there(path: Path) -> None:
    assert misused(code_of(path)) == []


def executed(path: Path, folder: Path) -> Any:
    """Return a notebook as running it in an empty folder, beside the reference results, leaves it."""
    place = folder / "notebooks"
    place.mkdir()
    (folder / "results").symlink_to(ROOT / "results")
    notebook = read(path)
    client = nbclient.NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(place)}},
    )
    client.execute()
    return notebook


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[] if path.stem in QUICK else pytest.mark.slow, id=path.stem)
        for path in NOTEBOOKS
    ],
)
def test_it_runs_from_a_clean_start(path: Path, tmp_path: Path) -> None:
    notebook = executed(path, tmp_path)
    assert errors(notebook) == []
    assert all(cell.execution_count for cell in code_cells(notebook))
    assert [kinds(cell) for cell in code_cells(notebook)] == [kinds(cell) for cell in code_cells(read(path))]


def kinds(cell: Any) -> set[str]:
    """Return of which kinds the outputs of a cell are: text, tables, pictures; a bar that is gone is none."""
    shown = [output.get("data", {"text/plain": output.get("text", "")}) for output in cell.outputs]
    return {kind for data in shown for kind, content in data.items() if content}
