"""The beginning of a study of one's own: protocol, printed numbers and criteria to be filled in."""

from __future__ import annotations

import re
from pathlib import Path

from harness.runs.parts import is_there, write_whole
from harness.studies import STUDIES
from optimizers.errors import InputError
from optimizers.printable import shown

EXPERIMENT = """\
question = "Does the published order of the optimizers come back?"
problems = "xor:activation=sigmoid,output=sigmoid,loss=half-squared,target=0.01"
seeds = 50
budget = { iterations = 20_000 }
# What today's rules are to decide, before you look.
claims = [{ better = "momentum", than = "gradient-descent", by = "cost-to-target", margin = 0.1 }]

[[optimizers]]
name = "gradient-descent"
learning_rate = 1.0

[[optimizers]]
name = "momentum"
learning_rate = 1.0
momentum = 0.9
"""

PRINTED = """\
# The numbers as they are printed; status is found (read in the source) or recalled.
case,quantity,printed,spread,n,place,status
gradient-descent,iterations,2000,300,10,table 1,recalled
momentum,iterations,250,60,10,table 1,recalled
"""

STUDY = '''\
"""One line: what was compared, by whom, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from harness.studies.criterion import Criterion
from harness.studies.estimates import mean_of, ratio_of_means
from harness.studies.printed import Ours
from harness.studies.study import Choice, Evidence, Study
from harness.studies.survival import PublishedClaim
from optimizers.objective import Array


class {name}(Study):
    """One line: what is re-run."""

    title = "Is momentum worth it on XOR?"
    citation = "author (year), title, where, page"
    question = "What the publication asked, for a reader who does not know it."
    claimed = "what it concluded, in its own terms."
    choices = (Choice("what it leaves open", "what is done here, and why"),)
    published_claims = (
        PublishedClaim("Momentum is faster", "momentum", "gradient-descent", experiment="protocol"),
    )
    quick = 10

    def ours(self, evidence: Evidence) -> Iterator[Ours]:
        """Yield our counterpart of every row of printed.csv."""
        for case in ("gradient-descent", "momentum"):
            iterations = _iterations(evidence, case)
            mean, (low, high) = mean_of(iterations, least=0.0)
            yield Ours(case, "iterations", mean, len(iterations), low, high)

    def criteria(self, evidence: Evidence) -> Iterator[Criterion]:
        """Yield what has to come out; decide on it before you look."""
        plain, momentum = (_iterations(evidence, case) for case in ("gradient-descent", "momentum"))
        ratio, (low, high) = ratio_of_means(plain, momentum)
        yield Criterion(
            "momentum is faster by this factor",
            ratio,
            at_least=2.0,
            n=len(plain) + len(momentum),
            low=low,
            high=high,
        )

    def conclusion(self, evidence: Evidence) -> Sequence[str]:
        """Return what to believe, in three sentences, every number with its interval."""
        (criterion,) = self.criteria(evidence)
        return [f"Momentum needs fewer iterations by a factor of {{criterion.figure}}."]


def _iterations(evidence: Evidence, optimizer: str) -> Array:
    """Return the iterations of the runs that reached the target."""
    table = evidence.runs["protocol"].runs
    solved = table[(table["optimizer_name"] == optimizer) & (table["outcome"] == "solved")]
    return solved["iterations"].to_numpy(dtype=np.float64)
'''


def begin(name: str, place: Path) -> list[Path]:
    """Write a small study that runs as it is, to be made into another one.

    Arguments:
        name: of the study and its folder, in small letters with ``-``.
        place: where the folder is to be.

    Returns:
        Its files.

    Raises:
        InputError: for a name that is taken or none, or a folder that is there.

    >>> import tempfile
    >>> [file.name for file in begin("my-paper", Path(tempfile.mkdtemp()))]
    ['protocol.toml', 'printed.csv', 'study.py']
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise InputError(
            f"study {shown(name)}: expected a name in small letters, digits and '-', such as 'author-1995'"
        )
    folder = place / name
    if name in STUDIES or is_there(folder):
        raise InputError(f"study {shown(name)} is there already: give it another name")
    files = {
        "protocol.toml": EXPERIMENT,
        "printed.csv": PRINTED,
        "study.py": STUDY.format(name="".join(part.capitalize() for part in name.split("-"))),
    }
    for file, content in files.items():
        write_whole(folder / file, content.encode())
    return [folder / file for file in files]
