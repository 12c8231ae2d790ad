"""Packages of others that are called as this project's are, and stand in their place."""

from __future__ import annotations

from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

DISTRIBUTION = "neural-harness"
PACKAGES = ("harness", "optimizers")


def foreign_packages() -> str:
    """Return one sentence on the first package of others that there is; nothing where there is none.

    That is an ``optimizers`` which is found elsewhere than beside this ``harness``, such as a file of that
    name in the folder where Python was started, and another distribution that brings a package of either
    name. It reads what is installed, which takes some tenths of a second: ``harness --version`` asks, and who
    could not import.
    """
    here = Path(__file__).resolve().parent.parent
    found = find_spec("optimizers")
    place = Path(found.origin).resolve() if found is not None and found.origin is not None else None
    if place is not None and place != here / "optimizers" / "__init__.py":
        return (
            f"'optimizers' is {place}, expected the package beside {here / 'harness'}: rename it where it is "
            f"yours, or keep {DISTRIBUTION} in an environment of its own"
        )
    brought = packages_distributions()
    for package in PACKAGES:
        others = sorted({name for name in brought.get(package, ()) if name != DISTRIBUTION})
        if others:
            return (
                f"the package '{package}' is also one of {', '.join(others)}, whose files may stand in the "
                f"place of this one's: keep {DISTRIBUTION} in an environment of its own"
            )
    return ""
