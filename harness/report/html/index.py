"""The page that leads to the pages of several folders: of each its question and its answer in a few lines."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from harness.report.artifacts import figure_tables
from harness.report.comparison import Comparison
from harness.report.html.libraries import asset, environment
from harness.report.html.page import policy
from harness.runs.plans import figures_of
from harness.runs.tables import Tables
from optimizers.printable import printable


def write_index(pages: Sequence[tuple[Tables, Path]], index: Path) -> str:
    """Write the page that leads to others.

    Arguments:
        pages: results, and the page that was written of them.
        index: where this one will be; its links are relative to that.
    """
    entries = []
    for tables, page in pages:
        # Beside each other they are moved together; a path of Windows has strokes the other way.
        address = os.path.relpath(page, index.parent).replace(os.sep, "/")
        comparison = Comparison.of(tables)
        race = comparison.decided.declaration is not None or not figure_tables(
            tables, figures_of(page.parent)
        )
        entries.append(
            {
                "name": printable(f"{tables.name} ({page.parent})"),
                "question": tables.question,
                "contents": tables.contents(),
                "sentences": comparison.short()
                if race
                else ["It was no race: the numbers that answer it are there."],
                # Whatever bytes a name on a disk has.
                "address": quote(os.fsencode(address if address.startswith("../") else f"./{address}")),
            }
        )
    found: str = (
        environment()
        .get_template("index.html")
        .render(policy=policy(), style=asset("page.css"), entries=entries)
    )
    return found
