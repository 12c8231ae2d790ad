"""Results whose names and sentences try to become markup, and pages, read as a parser reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import numpy as np
from odd_results import ODD_NAMES
from synthetic import build, run_row, synthetic, trace_rows

from harness.results import Results

HOSTILE = (
    "</script><script>window.hacked = 1</script>",
    "<!--<script>",
    "<img src=x onerror='window.hacked=1'>",
    '<a href="javascript:window.hacked=1">link</a>',
    "\u2028\u2029 ${window.hacked=1} %{x} {{ 7*7 }} {% raw %}",
    "&lt;b&gt;&amp;</title></style>",
    '" onmouseover="window.hacked=1',
    "turned \u202e and rung \x07",
)
VOID = {"meta", "link", "br", "input", "img", "hr"}


def hostile() -> Results:
    """Runs whose every text is hostile, with traces, failures and refusals."""
    runs, trace = [], []
    for place, name in enumerate((*HOSTILE, *ODD_NAMES[::3])):
        for seed in range(2):
            run_id = f"{place} {seed}"
            failed = seed == 1 and place % 5 == 0
            runs.append(
                run_row(
                    run_id, HOSTILE[place % 3], name, seed=seed, sentence=f"ended: {name}",
                    options=json.dumps({name: name}),
                    outcome="failed" if failed else "budget",
                    traceback=f"Traceback of {name}" if failed else "",
                    final_loss=np.nan if failed else 0.1 + place, host=name, version=name,
                )
            )  # fmt: skip
            trace += trace_rows(run_id, [0.0, 30.0, 300.0], [1.0 + place, 0.5 + place, 0.1 + place])
    skipped = [{"problem": name, "optimizer": name, "gradient": "-", "reason": name} for name in HOSTILE]
    return build(runs, trace, skipped, name=HOSTILE[0], question=HOSTILE[2])


def plain() -> Results:
    """Three optimizers on two problems."""
    return synthetic(np.random.default_rng(3), seeds=12)


@dataclass
class Read(HTMLParser):
    """What a parser makes of a page.

    Attributes:
        elements: name and attributes of each, in their order.
        texts: what stands in elements but for scripts and styles.
        scripts: the attributes and the content of each script.
        unclosed: elements that were not closed, or closed twice.
    """

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    scripts: list[tuple[dict[str, str | None], str]] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.unclosed.append(tag)

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "script":
            attributes, before = self.scripts[-1]
            self.scripts[-1] = attributes, before + data
        elif not self._open or self._open[-1] != "style":
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    @property
    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.elements if "id" in attributes]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    @property
    def data(self) -> dict[str, Any]:
        """What the page's script is handed."""
        found: dict[str, Any] = json.loads(self.scripts[0][1])
        return found


def read(page: str) -> Read:
    parser = Read()
    parser.feed(page)
    parser.close()
    parser.unclosed += parser._open
    return parser
