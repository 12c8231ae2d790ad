"""Files of the project's root on the site: what they link to, as the site has it.

README.md and its like are included where they stand (``{include} ../CHANGELOG.md``). Their links are relative
to the root: those to documents become links to pages, those to other files download the file, and of a folder
the name alone is left, for the site has no page of it.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent

PAGES = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "results/README.md": "studies.md",
    "harness/autodiff/NUMPY.md": "reference/numpy.md",
    **{
        f"results/{page.parent.name}/README.md": f"study-{page.parent.name}.md"
        for page in sorted(ROOT.glob("results/*/README.md"))
    },
}
"""Documents outside of ``docs``, and the pages that include them."""

_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_CODE = re.compile(r"(^```.*?^```|`[^`\n]+`)", re.MULTILINE | re.DOTALL)


def rewritten(text: str, path: str) -> str:
    """Return the text of a document with links that a page directly in ``docs`` can follow.

    Arguments:
        text: Markdown; what is code in it stays.
        path: of the document, from the root.

    >>> rewritten("[new](CHANGELOG.md#a), [runs](results/ga-vs-backprop)", "README.md")
    '[new](changelog.md#a), runs'
    >>> rewritten("[contract](optimizers/objective.py), `[x](y)`", "README.md")
    '[contract](../optimizers/objective.py), `[x](y)`'
    """
    folder = PurePosixPath(path).parent

    def link(match: re.Match[str]) -> str:
        image, label, target = match.groups()
        place = destination(target, folder)
        return f"{image}[{label}]({place})" if place else label

    parts = _CODE.split(text)
    return "".join(part if number % 2 else _LINK.sub(link, part) for number, part in enumerate(parts))


def destination(target: str, folder: PurePosixPath) -> str:
    """Return where a link leads on the site; nothing where it has no such place.

    Arguments:
        target: of the link, relative to the document's folder.
        folder: of the document, from the root.

    Raises:
        FileNotFoundError: for a link to a file that is not there.
    """
    if "://" in target or target.startswith("#"):
        return target
    name, mark, anchor = target.partition("#")
    path = (ROOT / folder / name).resolve()
    if not path.exists():
        raise FileNotFoundError(f"{target} is linked to and not there: mend the link")
    found = path.relative_to(ROOT).as_posix()
    if path.is_dir():
        return PAGES.get(f"{found}/README.md", "")
    if found in PAGES:
        return PAGES[found] + mark + anchor
    return found.removeprefix("docs/") + mark + anchor if found.startswith("docs/") else f"../{found}"
