"""A study as a notebook asks for it: run, judged and written down by one call."""

from __future__ import annotations

from pathlib import Path

from harness.runs.parts import path_of
from harness.studies.findings import Findings, perform, usual_folder
from harness.studies.named import studies_named
from harness.studies.reference import write_findings
from optimizers.arguments import Text, Truth, accepts
from optimizers.errors import InputError
from optimizers.options import Count


@accepts(name=Text, quick=Truth, workers=Count | None, progress=Truth | None)
def study(
    name: str,
    *,
    quick: bool = False,
    folder: str | Path | None = None,
    workers: int | None = None,
    progress: bool | None = None,
) -> Findings:
    """Re-run a published comparison, and hold what comes out against what was printed.

    What ``harness study`` prints is in what is returned: ``numbers`` (printed and ours),
    ``criteria_table()``, ``verdicts`` and ``robust_verdicts`` as frames, ``conclusion`` and ``survival`` as
    sentences, and ``results("today")`` for the runs of one experiment. Runs that the folder holds are not
    done again.

    Arguments:
        name: of a shipped study (see `harness list studies`), or the folder of one of your own.
        quick: whether a first look with few runs is enough.
        folder: of the study, where its runs and its page go; None is that of the command line, output/NAME.
        workers: processes of this machine; None takes one a core where there is work enough.
        progress: whether to show how far it is; None does so in a notebook.

    Raises:
        InputError: for an unknown study, or several.

    >>> import harness, tempfile
    >>> found = harness.study("gradient-error", quick=True, folder=tempfile.mkdtemp(), workers=1)
    >>> list(found.criteria_table().columns)[:4], found.met == len(found.criteria)
    (['criterion', 'found', 'low', 'high'], True)
    >>> (found.folder / "README.md").is_file(), list(found.evidence.runs)
    (True, ['gradient-error'])
    """
    chosen = studies_named(name)
    if len(chosen) > 1:
        raise InputError(f"'{name}' is {len(chosen)} studies: name one, such as {chosen[0].name()}")
    place = usual_folder(chosen[0], quick) if folder is None else path_of(folder)
    findings = perform(chosen[0], place, quick, workers, progress)
    write_findings(findings, place)
    return findings
