"""Studies by what a person calls them: a name, a folder of one's own, or all."""

from __future__ import annotations

from pathlib import Path

from harness.runs.parts import is_there
from harness.studies import STUDIES
from harness.studies.study import Study
from harness.sweeps.plugins import load_plugins

ALL = "all"
FILE = "study.py"


def studies_named(given: str) -> list[Study]:
    """Return the study of a name, that of a folder with ``study.py``, or all that are shipped.

    Raises:
        InputError: for an unknown name, or a folder without a study.

    >>> [study.name() for study in studies_named("neurogen-xor")]
    ['neurogen-xor']
    """
    if given == ALL:
        return [study() for study in STUDIES.values()]
    folder = Path(given)
    if given not in STUDIES and is_there(folder / FILE):
        load_plugins(folder / FILE)
        given = folder.resolve().name.replace("_", "-")
    return [STUDIES.find(given)()]
