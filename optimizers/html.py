"""What a notebook shows of one thing: its name, what it is, and its facts."""

from __future__ import annotations

import html
from collections.abc import Mapping


def html_of(title: str, sentence: str, facts: Mapping[str, object]) -> str:
    """Return a title, a sentence and a table of facts as HTML, every text escaped.

    >>> html_of("Adam", "A <rule>.", {"learning_rate": 0.1})
    '<p><strong>Adam</strong>: A &lt;rule&gt;.</p><table><tr><th>learning_rate</th><td>0.1</td></tr></table>'
    """
    rows = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(str(value))}</td></tr>"
        for name, value in facts.items()
    )
    said = f": {html.escape(sentence)}" if sentence else ""
    return f"<p><strong>{html.escape(title)}</strong>{said}</p>" + (f"<table>{rows}</table>" if rows else "")
