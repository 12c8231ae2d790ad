"""Branch coverage of both packages, kernels included: ``python tests/branch_coverage.py``.

All tests of the default run are measured by coverage.py as they are, and those of compiled functions once
more with ``NUMBA_DISABLE_JIT=1``, for what is compiled leaves no lines. Each group of files is a process;
what it has measured stays in ``.coverage-parts`` until that is deleted, so that a run that was ended goes
on. A group with a test that fails counts, and is named at the end.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import coverage

ROOT = Path(__file__).parent.parent
PARTS = ROOT / ".coverage-parts"
GROUP = 10
"""Files of one process: starting one takes as long as a file of quick tests."""

UNCOMPILED = (
    *("contracts/test_activations.py", "contracts/test_losses.py", "contracts/test_primitives.py"),
    *("contracts/test_gradient_sources.py", "test_elementary.py", "test_candidate_lanes.py"),
    *("test_network_curvature.py", "test_perceptron.py", "test_perceptron_family.py", "test_measures.py"),
    *("test_confusion.py", "test_difference_sources.py", "test_differences.py", "test_autodiff_edges.py"),
    *("test_autodiff_families.py", "test_complex_functions.py", "test_schedules.py", "test_several_looks.py"),
    *("test_genetic_operators.py", "test_genetic_options.py", "test_genetic_memetic.py", "test_symbolic.py"),
    *("test_levenberg_marquardt.py", "test_newton_trust_region.py", "test_output_weights.py"),
    *(
        "test_uncompiled.py",
        "test_twin_loops.py",
        "test_signatures.py",
        "test_network.py",
        "test_baselines_single_point.py",
    ),
    *("test_baselines_cmaes.py", "test_bipop_cmaes.py", "test_metaheuristics_2021.py"),
    *("test_elementary_single.py", "test_single_precision.py", "test_board_without_helpers.py"),
)
"""Files with tests of compiled functions against something independent, on data small enough for Python."""

TOO_LONG = "not distribution_of_pygad"
"""Tests of thousands of draws are left out where every draw is Python."""


def measure(files: list[Path], name: str, *options: str, **environment: str) -> bool:
    """Run files of tests in one process, unless they have been; say whether all passed."""
    done = PARTS / f"{name}.passed"
    if done.exists():
        return done.read_text() == "yes"
    passed = not subprocess.run(
        [
            *(sys.executable, "-m", "coverage", "run", f"--data-file={PARTS / name}", "-m", "pytest"),
            *("-n0", "-q", "-p", "no:cacheprovider", *options, *map(str, files)),
        ],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
    ).returncode
    done.write_text("yes" if passed else "no")
    return passed


def folder_of(path: Path) -> str:
    """Return the folder of a package that a file is in, or the package for what lies beside them."""
    parts = path.relative_to(ROOT).parts
    return "/".join(parts[: min(2, len(parts) - 1)])


def table() -> None:
    """Print the coverage of branches and of statements by folder, and the files that lack most."""
    measured = coverage.Coverage(config_file=str(ROOT / "pyproject.toml"), data_file=str(PARTS / "whole"))
    parts = [str(path) for path in PARTS.glob("*-*") if path.suffix != ".passed"]
    measured.combine(parts, keep=True)
    found: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    lacking = []
    # Code that was written while it ran, such as that of formulas, lies elsewhere.
    files = [name for name in measured.get_data().measured_files() if Path(name).is_relative_to(ROOT)]
    for name in sorted(files):
        numbers = measured._analyze(name).numbers
        counts = (
            *(numbers.n_executed_branches, numbers.n_branches),
            *(numbers.n_executed, numbers.n_statements),
        )
        for place in (folder_of(Path(name)), "all"):
            found[place] = [a + b for a, b in zip(found[place], counts, strict=True)]
        lacking.append((numbers.n_missing + numbers.n_missing_branches, name))
    print("| folder | branches | of | % | statements | of | % |\n|---|---|---|---|---|---|---|")
    for place, (taken, branches, run, statements) in sorted(found.items(), key=lambda one: one[0] == "all"):
        print(
            f"| {place} | {taken} | {branches} | {100 * taken / max(branches, 1):.1f} "
            f"| {run} | {statements} | {100 * run / max(statements, 1):.1f} |"
        )
    for missing, name in sorted(lacking, reverse=True)[:40]:
        print(f"{missing:5d} missing in {Path(name).relative_to(ROOT)}", file=sys.stderr)


def main() -> None:
    """Measure what is not measured yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", action="store_true", help="only print what has been measured")
    if not parser.parse_args().table:
        PARTS.mkdir(exist_ok=True)
        tests = ROOT / "tests"
        uncompiled = [tests / name for name in UNCOMPILED]
        files = [*sorted(tests.glob("test_*.py")), *sorted((tests / "contracts").glob("test_*.py"))]
        groups = [("python", uncompiled), ("compiled", files)]
        failed = []
        for mode, chosen in groups:
            for first in range(0, len(chosen), GROUP):
                group, name = chosen[first : first + GROUP], f"{mode}-{first:03d}"
                options = ("-k", TOO_LONG) if mode == "python" else ()
                off = {"NUMBA_DISABLE_JIT": "1"} if mode == "python" else {}
                if not measure(group, name, *options, **off):
                    failed.append(name)
        if failed:
            print(f"tests failed in {', '.join(failed)}", file=sys.stderr)
    table()


if __name__ == "__main__":
    main()
