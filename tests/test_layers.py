"""No file imports another that needs it, wherever in the file the import stands."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent


def modules() -> dict[str, Path]:
    """Return the files of the packages, and of what makes the documents, by their names as modules."""
    files = [path for package in ("harness", "optimizers", "docs") for path in (ROOT / package).rglob("*.py")]
    names = (".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files)
    return {name.removesuffix(".__init__"): path for name, path in zip(names, files, strict=True)}


def imports(name: str, path: Path, known: dict[str, Path]) -> set[str]:
    """Return the modules that a file imports: at its top, in a function, or for its types alone."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (members & known.keys()) or ({node.module} & known.keys())
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & known.keys()
    return found - {name}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return the names along one circle, or nothing."""
    state: dict[str, int] = {}
    way: list[str] = []

    def visit(name: str) -> list[str]:
        state[name] = 1
        way.append(name)
        for other in sorted(graph[name]):
            if state.get(other) == 1:
                return [*way[way.index(other) :], other]
            if other not in state and (found := visit(other)):
                return found
        way.pop()
        state[name] = 2
        return []

    return next((found for name in sorted(graph) if name not in state and (found := visit(name))), [])


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_files_import_each_other() -> None:
    known = modules()
    # What the packages offer to type checkers names everything, and nothing in them imports it from there.
    graph = {
        name: imports(name, path, known) if name not in ("harness", "optimizers") else set()
        for name, path in known.items()
    }
    assert sum(map(len, graph.values())) > 1000
    assert " -> ".join(circle(graph)) == ""


def test_files_are_small() -> None:
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in modules().values())
    assert lengths[len(lengths) // 2] < 150
    assert sum(length > 300 for length in lengths) <= 10


def test_numbers_in_csv_files_are_read_to_their_last_digit() -> None:
    """pandas 2 reads them faster, and the last digit of every third one wrong, unless it is told not to."""
    loose = []
    for path in sorted(
        path for package in ("harness", "optimizers", "benchmarks") for path in (ROOT / package).rglob("*.py")
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "read_csv":
                loose.append(path.relative_to(ROOT).as_posix())
    assert loose == ["harness/csv_tables.py"]
