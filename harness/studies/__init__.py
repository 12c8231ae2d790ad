"""Published comparisons, re-run: protocol, printed numbers, criteria and a page, a folder each.

A study is a package of this one: ``study.py`` says what is compared and judged, its TOML files are the
runs, ``printed.csv`` the numbers of the paper. It is found by itself; what it has to be is
``harness.studies.study``.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.studies.study import Study
from optimizers.registry import ClassRegistry

STUDIES: ClassRegistry[Study] = ClassRegistry(
    "study",
    "harness.studies",
    __name__,
    Study,  # type: ignore[type-abstract]
    "neurogen-xor",
)
"""Every study by its name."""


def known_studies() -> Mapping[str, type[Study]]:
    """Return every study by its name."""
    return STUDIES
