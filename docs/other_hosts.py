"""Whether the built site asks another host for anything when its pages are opened.

    python -m docs.other_hosts docs/_build

Links that a reader may follow are none: what counts is what a browser loads by itself.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

ELSEWHERE = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
IN_STYLE = re.compile(r"""(?:url\(\s*['"]?|@import\s+['"])((?:https?:)?//[^'")\s]+)""", re.IGNORECASE)
LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "embed": "src", "object": "data"}
"""What a browser loads for an element, beside the ``href`` of a ``link``."""
HARMLESS_LINKS = {"author", "canonical", "copyright", "index", "next", "prev", "search"}
"""Kinds of ``link`` that lead somewhere and load nothing."""


class _Loads(HTMLParser):
    """Collects what a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in LOADS:
            self.found.append(given.get(LOADS[tag], ""))
        elif tag == "link" and given.get("rel", "") not in HARMLESS_LINKS:
            self.found.append(given.get("href", ""))
        self.found += IN_STYLE.findall(given.get("style", ""))


def other_hosts(folder: Path) -> list[str]:
    """Return what pages and style sheets load from other hosts, each with the file that does.

    Arguments:
        folder: of the built site.

    Raises:
        FileNotFoundError: if there is no page in it.
    """
    pages, styles = sorted(folder.rglob("*.html")), sorted(folder.rglob("*.css"))
    if not pages:
        raise FileNotFoundError(f"{folder} has no page: build the site first")
    found = []
    for page in pages:
        loads = _Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        found += [f"{page}: {target}" for target in loads.found if ELSEWHERE.match(target)]
    for style in styles:
        found += [f"{style}: {target}" for target in IN_STYLE.findall(style.read_text(encoding="utf-8"))]
    return found


if __name__ == "__main__":
    asked = other_hosts(Path(sys.argv[1]))
    print("\n".join(asked) or "no page asks another host for anything")
    sys.exit(bool(asked))
