"""A package of others that stands in the place of this project's is named, in one sentence."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest
from processes import COMMAND, install, python, started

from harness.foreign import foreign_packages


def test_there_is_none_here() -> None:
    assert foreign_packages() == ""


@pytest.mark.parametrize("name", ["optimizers.py", "optimizers/__init__.py"])
def test_a_file_of_ones_own_in_the_place_of_optimizers_is_named(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("MINE = True\n", encoding="utf-8")
    done = started(tmp_path, *COMMAND, "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"harness: 'optimizers' is {file}, expected the package beside ")
    assert done.stderr.count("\n") == 1
    done = started(tmp_path, "-c", "import harness; harness.run")
    assert done.returncode == 1
    assert done.stderr.strip().split("\n")[-1].startswith(f"ImportError: 'optimizers' is {file}, expected ")


@pytest.mark.parametrize("package", ["harness", "optimizers"])
def test_another_distribution_with_such_a_package_is_named_beside_the_version(
    package: str, tmp_path: Path
) -> None:
    site = install(tmp_path, "", {})
    (site / "brought-1.0.dist-info" / "top_level.txt").write_text(f"{package}\n", encoding="utf-8")
    done = python(tmp_path, *COMMAND, "--version", site=site)
    assert (done.returncode, done.stdout) == (0, f"harness, version {version('neural-harness')}\n")
    assert done.stderr.startswith(f"harness: the package '{package}' is also one of brought, whose files ")
    assert done.stderr.count("\n") == 1


def test_an_import_that_fails_for_another_reason_stays_what_it_is(tmp_path: Path) -> None:
    code = "import sys; sys.modules['pandas'] = None; import harness; harness.run"
    done = python(tmp_path, "-c", code)
    assert done.returncode == 1
    assert "pandas" in done.stderr.strip().split("\n")[-1]
