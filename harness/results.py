"""The results of a comparison, and what can be asked of them."""

from __future__ import annotations

import html
from dataclasses import dataclass, fields

import pandas as pd

from harness.analysis.summary import summarize
from harness.report.table import HEADINGS, as_text, notes, skipped_lines
from harness.runs.tables import Tables


@dataclass(frozen=True, eq=False, repr=False)
class Results(Tables):
    """The tables of a comparison, as ``harness.run`` and ``harness.load`` return them.

    ``runs``, ``trace`` and ``skipped`` are frames of pandas; see ``harness.runs.tables.Tables``.
    """

    @classmethod
    def of(cls, tables: Tables) -> Results:
        """Return tables as results."""
        return cls(**{field.name: getattr(tables, field.name) for field in fields(Tables)})

    def summary(self) -> pd.DataFrame:
        """Return one row a problem, optimizer and gradient source: medians and quartiles over all runs."""
        return summarize(self)

    def _repr_html_(self) -> str:
        """Show name, question and summary in a notebook."""
        summary = self.summary()
        parts = [f"<p><strong>{html.escape(self.name)}</strong>: {html.escape(self.contents())}</p>"]
        if self.question:
            parts.append(f"<p><em>{html.escape(self.question)}</em></p>")
        text = as_text(summary)
        if len(text):
            titles = {name: heading.replace("\n", " ") for name, heading in HEADINGS.items()}
            parts.append(text.rename(columns=titles).to_html(index=False, border=0))
        small = (
            self.remarks()
            + notes(text)
            + [f"skipped: {line}" for line in skipped_lines(summary, self.skipped)]
        )
        parts += [f"<p><small>{html.escape(line)}</small></p>" for line in small]
        return "\n".join(parts)
