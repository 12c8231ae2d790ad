"""The page of a study: what was claimed, what was found, and what to believe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from harness.analysis.numbers import significant
from harness.report.comparison import Comparison
from harness.report.robust_comparison import NOTE
from harness.studies.findings import Findings
from harness.studies.survival import HEADS, robust_rows
from optimizers.budget import Budget

SURVIVAL = (
    "To find a number again is one thing, to believe what was concluded from it another. Each conclusion is "
    "a claim here, decided by paired runs, and decided again under every other choice that could be defended "
    "as well: when a start counts as solved, how much may be spent, what is counted, what is compared. A "
    "conclusion that holds under all of them is one about the optimizers; one that hangs on a choice is one "
    "about the choice."
)
AHEAD = (
    "Of two runs from one start the one that reached the target at less cost is ahead; one that reached it "
    "is ahead of one that did not; of two that did not, the one with the lower loss. Where some runs never "
    "got there, only a bound of the ratio of costs is known: 'at the most', 'at the least'. The sign test "
    "asks whether so many leads could be chance, and Holm's adjustment allows for several claims being "
    "tested at once."
)
COLUMNS = (
    "In brackets: 95 % intervals; ±: the standard deviation that was printed; found: read in the source, "
    "recalled: from memory; runs, n: what a figure is computed from."
)
OTHER_CHOICES = (
    "The same verdicts under other choices: under how many each comes out the same, what comes out "
    "otherwise, and the smallest change that alters it."
)


def page(findings: Findings, figures: Mapping[str, str] | None = None) -> str:
    """Return the page of a study as Markdown.

    Arguments:
        findings: what was found.
        figures: how each image is to be read, by its path as seen from the page.
    """
    study = findings.study
    criteria = findings.criteria
    declared = ", ".join(f"`{path}`" for path in _declared(findings))
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
        f"{findings.met} of {len(criteria)} are met. Where an interval crosses a bound, more runs could "
        "turn the answer.",
        "",
        *_table(
            ("", "criterion", "found", "bounds", "n"),
            ([c.answer, c.statement, c.figure, c.bounds, str(c.n)] for c in criteria),
        ),
    ]
    for name, comparison in findings.comparisons.items():
        question = findings.evidence.runs[name].question
        lines += [f"## {question}" if question else f"## {name}", "", _limits(findings, name), ""]
        lines += [f"- {sentence}" for sentence in comparison.sentences]
        lines += ["", AHEAD, "", *(f"{note}\n" for note in (*comparison.notes, *_too_few(comparison)))]
        lines += [OTHER_CHOICES, "", *_table(HEADS, robust_rows(findings.robustness[name])), f"{NOTE}", ""]
    if figures:
        lines += ["## Figures", ""]
        lines += [f"![{figure}]({figure})\n\n{reading}\n" for figure, reading in figures.items()]
    lines += [
        "## Protocol",
        "",
        f"The runs are declared in {declared}. What the publication leaves open, and what is done in another "
        "way here:",
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
    return ["## Printed and ours", "", COLUMNS, "", *_table(heads, rows)]


def _declared(findings: Findings) -> list[str]:
    """Return the files that declare the runs, as seen from the packages."""
    study, package = findings.study, Path(__file__).parent.parent
    files = []
    for name in findings.evidence.runs:
        own = study.folder() / f"{name}.toml"
        file = package / "experiments" / f"{name}.toml" if name in study.shipped else own
        # A study of one's own stands anywhere.
        inside = file.is_relative_to(package)
        files.append(str(file.relative_to(package.parent)) if inside else file.name)
    return files


def _limits(findings: Findings, name: str) -> str:
    """Say what a run of an experiment may spend, and where it ends."""
    budgets = findings.study.experiments(findings.quick)[name].budgets
    said = " or ".join(_limit(budget) for budget in budgets)
    targets = sorted(set(findings.evidence.runs[name].runs["target"].dropna()))
    ends = (
        "the target of its problem"
        if len(targets) > 1
        else f"the target, a loss of {targets[0]:g}"
        if targets
        else ""
    )
    reach = f", and ends where it reaches {ends}" if ends else ""
    return (
        f"Each run may spend {said}{reach}. Cost is counted in forward passes: one is all training rows "
        "once through the network, and a gradient costs as many as its multiply-adds amount to, between two "
        "and three."
    )


def _limit(budget: Budget) -> str:
    cost = f"{budget.cost:,.0f} forward passes" if budget.cost is not None else ""
    iterations = f"{budget.iterations:,} iterations" if budget.iterations is not None else ""
    seconds = f"{budget.seconds:g} seconds" if budget.seconds is not None else ""
    return " and ".join(filter(None, (cost, iterations, seconds)))


def _too_few(comparison: Comparison) -> Iterator[str]:
    """Say where there are too few problems for any claim over all of them to be decided."""
    over = comparison.decided.transfers
    problems = max((found.problems for found in over), default=0)
    # Of Holm's adjustment the first step, and all problems alike.
    least = len(over) * 2.0 ** (1 - problems)
    if over and least > 1 - comparison.decided.level:
        yield (
            f"Of problems like these nothing can be decided here: with {problems} problems and {len(over)} "
            f"claims the least p-value is {min(least, 1.0):.2g}, even where all problems agree."
        )


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
