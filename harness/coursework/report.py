"""What a worked example reports: formulas, verdict, sentences and tables, as data and as a page of text."""

from __future__ import annotations

import html
import re
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from harness.coursework.agreement import FLOAT_DIGITS, Agreement
from harness.coursework.figures import Figure

if TYPE_CHECKING:
    import pandas as pd

Verdict = Literal["right", "rounded", "wrong"]
VERDICTS: tuple[Verdict, ...] = ("right", "rounded", "wrong")

WIDTH = 80
INDENT = "  "
_GLUE = "\0"


@dataclass(frozen=True)
class Table:
    """A small table of text: what it shows, the names of its columns, and its rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, repr=False)
class Report:
    """The verdict on one printed formula, and the numbers that it was drawn from.

    Attributes:
        name: name of the example.
        title: one line on it.
        situation: the network and what is derived.
        printed: the formula as printed.
        correct: the correct formula.
        verdict: ``right``, ``rounded`` (the formula is right, its figures were rounded on the way) or
            ``wrong``.
        sentences: the verdict in words, the first one by itself enough.
        measure: what the errors of ``agreement`` are errors of.
        agreement: every answer beside the correct formula.
        figures: printed figures beside the exact ones.
        refusals: the reason of each gradient source that did not take part.
        details: the table that the verdict was read from.
    """

    name: str
    title: str
    situation: str
    printed: tuple[str, ...]
    correct: tuple[str, ...]
    verdict: Verdict
    sentences: tuple[str, ...]
    measure: str
    agreement: tuple[Agreement, ...]
    figures: tuple[Figure, ...] = ()
    refusals: dict[str, str] = field(default_factory=dict)
    details: Table | None = None

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Who agrees with whom; the group of the correct formula comes first."""
        count = 1 + max(row.group for row in self.agreement)
        return tuple(
            tuple(row.source for row in self.agreement if row.group == group) for group in range(count)
        )

    def table(self) -> pd.DataFrame:
        """Return the agreement as a frame: source, error, digits, group."""
        import pandas as pd

        return pd.DataFrame(self.agreement, columns=list(Agreement._fields))

    def figure_table(self) -> pd.DataFrame:
        """Return the figures as a frame: name, printed, exact, digits, holds."""
        import pandas as pd

        return pd.DataFrame(self.figures, columns=list(Figure._fields))

    def __repr__(self) -> str:
        return f"<report on {self.name}: {self.verdict}>"

    def _repr_html_(self) -> str:
        """Show the page of text in a notebook."""
        # Jupyter gives a page's own font to what is preformatted, in which no column stands below another.
        return f'<pre style="font-family: monospace">{html.escape(str(self))}</pre>'

    def __str__(self) -> str:
        """Return the page of text, 80 columns wide."""
        blocks = [filled(f"{self.name}: {self.title}")]
        blocks += [filled(paragraph) for paragraph in self.situation.split("\n\n") if paragraph]
        if self.printed == self.correct:
            blocks += [_listed("Printed, and correct", self.printed)]
        else:
            blocks += [_listed("Printed", self.printed), _listed("Correct", self.correct)]
        first, *others = self.sentences
        blocks += [filled(f"Verdict: {first}"), *(filled(sentence) for sentence in others)]
        blocks += [self._agreement_text()]
        if self.details is not None:
            blocks += [_table_text(self.details)]
        if self.figures:
            rows = tuple(
                (
                    row.name,
                    row.printed,
                    f"{row.exact:.10f}",
                    "yes" if row.holds else f"to {row.digits} digits",
                )
                for row in self.figures
            )
            blocks += [_table_text(Table("Figures", ("", "printed", "exact", "holds"), rows))]
        return "\n\n".join(blocks)

    def _agreement_text(self) -> str:
        width = max(len(row.source) for row in self.agreement)
        lines = [filled(self.measure)]
        for group, members in enumerate(self.groups):
            together = "agree with one another" if len(members) > 1 else "stands alone"
            lines.append(f"{INDENT}{together}:")
            for row in self.agreement:
                if row.group == group:
                    error = f"{row.error:.1e}" if row.error else "0"
                    count = "all" if row.digits == FLOAT_DIGITS else str(row.digits)
                    lines.append(f"{INDENT * 2}{row.source:<{width}}  {error:>7}  {count:>3} digits")
        lines += [
            textwrap.fill(
                f"{name} was not asked: {reason}",
                WIDTH,
                initial_indent=INDENT,
                subsequent_indent=INDENT * 2,
            )
            for name, reason in self.refusals.items()
        ]
        return "\n".join(lines)


def filled(text: str) -> str:
    """Wrap a paragraph to the width of a page; what is short in brackets stays on one line."""
    whole = re.sub(
        r"\([^()]{1,12}\)|[(\[][-\d., ]+[)\]]",
        lambda found: found[0].replace(" ", _GLUE),
        " ".join(text.split()),
    )
    return textwrap.fill(whole, WIDTH, break_on_hyphens=False).replace(_GLUE, " ")


def _listed(heading: str, lines: tuple[str, ...]) -> str:
    return "\n".join([heading, *(INDENT + line for line in lines)])


def _table_text(table: Table) -> str:
    widths = [max(map(len, column)) for column in zip(table.columns, *table.rows, strict=True)]

    def line(cells: tuple[str, ...]) -> str:
        rest: Any = zip(cells[1:], widths[1:], strict=True)
        return INDENT + "  ".join([cells[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in rest)])

    heads = [line(table.columns)] if any(table.columns) else []
    return "\n".join([filled(table.title), *heads, *map(line, table.rows)])
