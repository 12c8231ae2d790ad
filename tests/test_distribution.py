"""What is handed out: a wheel with all that a run needs, its page, how to cite it, and forms for issues."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_string
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
KEPT = {".py", ".toml", ".csv", ".typed", ".html", ".css", ".js", ".md"}
"""Endings of files in the packages."""


def yaml_of(path: str) -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    return found


def test_the_citation_is_of_this_version() -> None:
    citation = yaml_of("CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
    assert citation["authors"] == PROJECT["authors"] == [{"name": "The harness developers"}]
    assert {"message", "title", "type"} <= set(citation)


def test_the_changelog_begins_with_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+?),? ", text, re.MULTILINE)[0] == PROJECT["version"]


@pytest.mark.parametrize("name", ["bug", "new-optimizer", "wrong-number"])
def test_a_form_for_issues_asks_for_what_is_needed(name: str) -> None:
    form = yaml_of(f".github/ISSUE_TEMPLATE/{name}.yml")
    assert {"name", "description", "body"} <= set(form)
    parts = form["body"]
    assert isinstance(parts, list)
    asked = [part for part in parts if part["type"] != "markdown"]
    assert len({part["id"] for part in asked}) == len(asked)
    assert all(part["attributes"]["label"] for part in asked)
    assert any(part.get("validations", {}).get("required") for part in asked)


def test_the_workflow_runs_what_continuous_integration_is_here() -> None:
    (job,) = yaml_of(".github/workflows/ci.yml")["jobs"].values()  # type: ignore[attr-defined]
    assert {"run": "bash .ci/run"} in job["steps"]
    assert f">={job['strategy']['matrix']['python'][0]}" == PROJECT["requires-python"]


def test_the_hooks_are_commands_of_the_development_environment() -> None:
    (found,) = yaml_of(".pre-commit-config.yaml")["repos"]  # type: ignore[misc]
    assert found["repo"] == "local"
    entries = [hook["entry"].split()[0] for hook in found["hooks"]]
    assert {Path(entry).name for entry in entries} == {"ruff", "mypy", "lint-imports"}
    assert all(entry.startswith(".venv/bin/") for entry in entries)


def test_the_page_of_an_index_has_numbers_for_the_picture_and_no_link_to_a_file() -> None:
    pytest.importorskip("hatchling")
    from hatch_build import page

    shown = page((ROOT / "README.md").read_text(encoding="utf-8"), ROOT / "results")
    first, _, _ = shown.partition("## Set up")
    assert "![" not in shown
    assert "| xor | 2,745 | 190 | 102 |" in first
    assert re.findall(r"\]\((?!https?://|#)", shown) == []
    assert "MIT licence." in shown


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    arguments = [
        "wheel",
        str(ROOT),
        "--no-deps",
        "--no-build-isolation",
        "--quiet",
        "--wheel-dir",
        str(folder),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pip", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (found,) = folder.glob("*.whl")
    return zipfile.ZipFile(found)


@pytest.mark.slow
def test_the_wheel_holds_both_packages_whole_and_no_results(wheel: zipfile.ZipFile) -> None:
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    own = {
        path.relative_to(ROOT).as_posix()
        for package in ("harness", "optimizers")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {Path(name).suffix for name in own} <= KEPT
    assert held == own
    for needed in (
        "harness/py.typed",
        "optimizers/py.typed",
        "harness/experiments/quickstart.toml",
        "harness/experiments/tuned/ga-vs-backprop.toml",
        "harness/studies/neurogen_xor/printed.csv",
        "harness/report/html/assets/page.html",
        "harness/report/html/assets/main.js",
    ):
        assert needed in held


@pytest.mark.slow
def test_the_wheel_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    told = message_from_string(wheel.read(name).decode())
    assert (told["Name"], told["Version"]) == (PROJECT["name"], PROJECT["version"])
    assert told["Description-Content-Type"] == "text/markdown"
    assert "| xor | 2,745 | 190 | 102 |" in told.get_payload()
    assert "![" not in told.get_payload()
    assert "docs" in told.get_all("Provides-Extra")
