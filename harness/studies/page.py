"""The page of a study: what was claimed, what was found, and what to believe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from harness.analysis.numbers import significant
from harness.report.robust_comparison import NOTE
from harness.studies.findings import Findings
from harness.studies.survival import HEADS, robust_rows

SURVIVAL = (
    "To find a number again is one thing, to believe what was concluded from it another. Each conclusion is "
    "a claim here, decided by paired runs, and decided again under every other choice that could be defended "
    "as well: when a start counts as solved, how much may be spent, what is counted, what is compared. A "
    "conclusion that holds under all of them is one about the optimizers; one that hangs on a choice is one "
    "about the choice."
)
OTHER_CHOICES = (
    "The same verdicts under other choices: under how many each comes out the same, what comes out "
    "otherwise, and the smallest change that alters it."
)


def page(findings: Findings, figures: Sequence[str] = ()) -> str:
    """Return the page of a study as Markdown.

    Arguments:
        findings: what was found.
        figures: paths of images, as seen from the page.
    """
    study = findings.study
    criteria = findings.criteria
    declared = ", ".join(f"`{name}.toml`" for name in findings.evidence.runs)
    lines = [
        f"# {study.title}",
        "",
        f"{study.question}",
        "",
        f"Published: {study.citation}",
        "",
        f"It concluded: {study.claimed}",
        "",
        *(["**A first look with few runs: not the study's numbers.**", ""] if findings.quick else []),
        "## In short",
        "",
        *(f"{number}. {sentence}" for number, sentence in enumerate(findings.conclusion, 1)),
        "",
        *_survival(findings),
        *_numbers(findings.numbers),
        *(
            line
            for title, table in study.tables(findings.evidence).items()
            for line in _section(title, table)
        ),
        "## Criteria",
        "",
        f"{findings.met} of {len(criteria)} are met.",
        "",
        *_table(
            ("", "criterion", "found", "bounds", "n"),
            ([c.answer, c.statement, c.figure, c.bounds, str(c.n)] for c in criteria),
        ),
    ]
    for name, comparison in findings.comparisons.items():
        question = findings.evidence.runs[name].question
        lines += [f"## {question}" if question else f"## {name}", ""]
        lines += [f"- {sentence}" for sentence in comparison.sentences]
        lines += ["", *(f"{note}\n" for note in comparison.notes)]
        lines += [OTHER_CHOICES, "", *_table(HEADS, robust_rows(findings.robustness[name])), f"{NOTE}", ""]
    if figures:
        lines += ["## Figures", "", *(f"![{figure}]({figure})\n" for figure in figures)]
    lines += [
        "## Protocol",
        "",
        f"The runs are declared in {declared} of the study's folder. What the publication leaves open, and "
        f"what is done in another way here:",
        "",
        *_table(("about", "chosen"), ([choice.about, choice.chosen] for choice in study.choices)),
        "## Again",
        "",
        f"    harness study {study.name()}{' --quick' if findings.quick else ''}",
        "",
        "Runs that are there are not done again. Folders of the experiments hold every run with its outcome, "
        "and versions, commit and machine.",
    ]
    return "\n".join(lines).rstrip() + "\n"


def _survival(findings: Findings) -> list[str]:
    """Return whether what was published survives."""
    sentences = findings.survival
    if not sentences:
        return []
    return [
        "## Does the published conclusion survive?",
        "",
        SURVIVAL,
        "",
        *(f"- {sentence}" for sentence in sentences),
        "",
    ]


def _numbers(numbers: pd.DataFrame) -> list[str]:
    """Return the printed numbers beside ours."""
    if not len(numbers):
        return []
    rows = [
        [
            str(row["case"]),
            str(row["quantity"]),
            significant(row["printed"])
            + ("" if np.isnan(row["spread"]) else f" ± {significant(row['spread'])}"),
            f"{significant(row['ours'])} {_interval(row['low'], row['high'])}".rstrip(),
            str(row["our_n"]),
            "" if np.isnan(row["ratio"]) else f"{row['ratio']:.2g}",
            f"{row['place']} ({row['status']})",
        ]
        for row in numbers.to_dict("records")
    ]
    heads = ("case", "quantity", "printed", "ours", "runs", "ours / printed", "from")
    return ["## Printed and ours", "", *_table(heads, rows)]


def _section(title: str, table: pd.DataFrame) -> list[str]:
    """Return a table of the study's own under its title."""
    rows = [
        [significant(cell) if isinstance(cell, float) else str(cell) for cell in row]
        for row in table.to_numpy(dtype=object)
    ]
    return [f"## {title}", "", *_table(list(map(str, table)), rows)]


def _interval(low: float, high: float) -> str:
    return "" if np.isnan(low) or np.isnan(high) else f"[{significant(low)}, {significant(high)}]"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    first, *cells = [[cell.replace("|", "\\|") for cell in row] for row in (heads, *rows)]
    lines = [f"| {' | '.join(first)} |", f"|{'|'.join('---' for _ in heads)}|"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in cells), ""]
