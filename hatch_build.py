"""README.md as the page of a package index, which has neither this repository's pictures nor its files.

Such a page drops pictures with relative addresses, and those that are part of the text as well; an absolute
address would be that of one host. So the picture becomes the numbers that it is drawn from, and a link to a
file becomes its label.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

PICTURE = re.compile(r"!\[([^\]]*)\]\(results/([\w-]+)/[^)]*\)")
LINK = re.compile(r"\[([^\]]*)\]\((?!#|https?://)[^)]*\)")
SHOWN = ("genetic-algorithm", "momentum", "multi-start")
"""Optimizers of the table in place of the picture: those that the sentence below it names."""


class PageOfAnIndex(MetadataHookInterface):
    """Gives the package README.md without what a page of an index cannot show."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the readme."""
        root = Path(self.root)
        text = (root / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": page(text, root / "results")}


def page(text: str, results: Path) -> str:
    """Return a text in which pictures of results are tables, and links to files are their labels.

    Arguments:
        text: Markdown.
        results: folder of the reference results.
    """
    pictured = PICTURE.sub(lambda found: numbers(results / found[2] / "summary.csv"), text)
    return LINK.sub(r"\1", pictured)


def numbers(summary: Path) -> str:
    """Return the costs of some optimizers on each problem as a table of Markdown.

    Arguments:
        summary: the table of medians of a result.
    """
    with summary.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["optimizer"] in SHOWN]
    costs = {(row["problem"], row["optimizer"]): float(row["cost_to_target_median"]) for row in rows}
    lines = [
        "Forward-pass equivalents until half of the runs have reached the target:",
        "",
        f"| problem | {' | '.join(SHOWN)} |",
        "|---|" + "---:|" * len(SHOWN),
    ]
    for problem in dict.fromkeys(row["problem"] for row in rows):
        lines.append(f"| {problem} | {' | '.join(f'{costs[problem, name]:,.0f}' for name in SHOWN)} |")
    return "\n".join(lines)
