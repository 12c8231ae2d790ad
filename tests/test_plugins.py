"""Plug-ins of other packages join every family; a broken one is named and left out, nothing is replaced."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from processes import COMMAND, install, python

MEMBERS = '''
from optimizers import Adam
from optimizers.options import options

@options
class OwnAdam(Adam):
    """Adam by another name."""

class Other:
    @options
    class Adam(Adam):
        """An impostor."""

Impostor = Other.Adam

def own_plot(results):
    """Draw nothing."""

convergence = own_plot
'''
ENTRIES = """
[harness.optimizers]
own = brought:OwnAdam
impostor = brought:Impostor
missing = brought:Missing
broken = breaks
leaves = exits
number = brought.__name__

[harness.problems]
broken = breaks

[harness.gradients]
broken = breaks

[harness.plots]
own-plot = brought:own_plot
convergence = brought:convergence
broken = breaks
"""
LEFT_OUT = {
    "impostor": "the name 'adam' is taken: it needs another one",
    "missing": "AttributeError: module 'brought' has no attribute 'Missing'",
    "broken": "RuntimeError: out of order",
    "leaves": "SystemExit: 3",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package that is installed there, as its metadata say."""
    files = {
        "brought.py": MEMBERS,
        "breaks.py": "raise RuntimeError('out of order')",
        "exits.py": "import sys\nsys.exit(3)",
    }
    return install(tmp_path_factory.mktemp("site"), ENTRIES, files)


def call(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return python(place, *COMMAND, *arguments, site=place)


def test_what_fits_is_listed_and_what_does_not_is_named_once(place: Path) -> None:
    done = call(place, "list", "optimizers")
    assert done.returncode == 0
    assert "own-adam" in done.stdout
    assert "Adam by another name." in done.stdout
    assert "An impostor." not in done.stdout
    for name, reason in LEFT_OUT.items():
        said = f"harness: plug-in '{name}' of package 'brought' (harness.optimizers) is left out: {reason}"
        assert done.stderr.count(said) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert all(line.startswith("harness: ") for line in done.stderr.splitlines())


def test_plots_too(place: Path) -> None:
    done = call(place, "list", "plots")
    assert "own-plot" in done.stdout
    assert done.stdout.count("convergence") == 1
    assert "'broken' of package 'brought' (harness.plots) is left out" in done.stderr
    shown = call(place, "show", "plot", "convergence")
    assert "Draw nothing" not in shown.stdout
    assert "the name 'convergence' is taken" in shown.stderr


def test_a_run_goes_on_without_the_broken_ones(place: Path) -> None:
    (place / "own.toml").write_text(
        'problems = "xor"\noptimizers = ["own-adam", "adam"]\nseeds = 1\nbudget = 60\n', encoding="utf-8"
    )
    done = call(place, "run", "own.toml")
    assert done.returncode == 0, done.stderr
    assert "2 runs done now" in done.stdout
    assert "Traceback" not in done.stderr
