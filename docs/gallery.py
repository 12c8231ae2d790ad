"""Make the gallery: does the runs, draws every kind of figure from them, and writes the page.

    python -m docs.gallery             runs that are missing, all pictures, the page
    python -m docs.gallery --page      the page alone, from the captions that are there

At the root of the repository. What the page says of a figure is the caption that the harness leaves beside
it.
"""

from __future__ import annotations

import argparse
import io
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

from PIL import Image

from docs.entries import ENTRIES, RUNS, Entry

DOCS = Path(__file__).parent
ROOT = DOCS.parent
PAGE = DOCS / "gallery.md"
LARGEST = 60_000
"""Bytes of a picture at the most; of an animation four times as many."""
DPI, SAVED_DPI = 150, 300
"""Dots of an inch in the gallery, and in what the harness saves."""
COLOURS = 256
ALWAYS = ("Runs: ", "Drawn by the plot ")
"""How the parts of a caption begin that the commands say as well."""

HEAD = """\
# Gallery

Every kind of figure that the harness draws, each with the question that it answers, how it is to be read,
what it does not show, and the commands that made it. All are a journal's column wide (`--width page` and
`--width slide` are made for their places in the same way) and drawn from few runs. `harness plot` leaves the
caption and the numbers that are drawn beside each figure. The pictures here have half the resolution of what
these commands save.

This page and its pictures are made by `python -m docs.gallery`.

"""


def main() -> None:
    """Make what the arguments ask for."""
    parser = argparse.ArgumentParser(
        prog="python -m docs.gallery",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--page", action="store_true", help="write the page alone")
    parser.add_argument(
        "--only", action="append", metavar="PLOT", help="draw this plot alone; may be repeated"
    )
    given = parser.parse_args()
    if not given.page:
        for entry in ENTRIES:
            if not given.only or entry.plot in given.only:
                draw(entry)
    if not given.only:
        clear()
    PAGE.write_text(page(), encoding="utf-8")


def draw(entry: Entry) -> None:
    """Draw one picture, after the runs that it is of."""
    if not (ROOT / "output" / "gallery" / entry.run / "summary.csv").is_file():
        call(RUNS[entry.run])
    call(entry.command)
    picture = DOCS / entry.picture
    if not entry.animated:
        shrink(picture)
        picture.with_suffix(".data.csv").unlink()


def call(command: str) -> None:
    """Run a command of the harness, as it is printed on the page."""
    print(f"$ {command}", flush=True)
    arguments = shlex.split(command)[1:]
    code = [sys.executable, "-c", "from harness.cli.entry import main; main()", *arguments]
    subprocess.run(code, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def shrink(picture: Path) -> None:
    """Give a picture the resolution of a page on a screen, and as many colours as a figure has."""
    image = Image.open(picture).convert("RGB")
    size = (image.width * DPI // SAVED_DPI, image.height * DPI // SAVED_DPI)
    small = image.resize(size, Image.Resampling.LANCZOS)
    # Of the ways to choose colours this one keeps those of thin lines: none is off by more than 10 of 255.
    small = small.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    small.save(buffer, format="png", optimize=True, dpi=(DPI, DPI))
    if buffer.tell() > LARGEST:
        raise SystemExit(f"{picture} takes {buffer.tell()} bytes, expected {LARGEST} at the most: draw less")
    picture.write_bytes(buffer.getvalue())


def clear() -> None:
    """Remove what no entry has made."""
    for path in DOCS.joinpath("gallery").iterdir():
        if path.name not in files():
            path.unlink()


def files() -> set[str]:
    """Return the names of all files that belong to the pictures: themselves, and their captions."""
    captions = {f"{entry.name}.caption.md" for entry in ENTRIES if not entry.animated}
    return captions | {Path(entry.picture).name for entry in ENTRIES}


def page() -> str:
    """Return the page, from the captions beside the pictures."""
    parts = [HEAD + contents()]
    for entry in ENTRIES:
        commands = "\n".join(folded(command) for command in (RUNS[entry.run], entry.command))
        parts.append(
            f"## {heading(entry)}\n\n{entry.answers}\n\n![{heading(entry)}]({entry.picture})\n\n"
            f"{caption(entry)}```sh\n{commands}\n```\n"
        )
    return "\n".join(parts)


def contents() -> str:
    """Return links to all figures, in one paragraph."""
    links = [f"[{heading(entry)}](#{heading(entry).replace(', ', '-')})" for entry in ENTRIES]
    return textwrap.fill(" | ".join(links), 110, break_long_words=False, break_on_hyphens=False) + "\n"


def heading(entry: Entry) -> str:
    """Return what an entry is called on the page."""
    return ", ".join(filter(None, (entry.plot, entry.suffix)))


def caption(entry: Entry) -> str:
    """Return how a figure is to be read and what it does not show; nothing for one that moves."""
    if entry.animated:
        return ""
    kept = (DOCS / "gallery" / f"{entry.name}.caption.md").read_text(encoding="utf-8")
    parts = [part for part in kept.strip().split("\n\n") if not part.startswith(ALWAYS)]
    return textwrap.indent("\n\n".join(parts), "> ", lambda line: True).replace("> \n", ">\n") + "\n\n"


def folded(command: str) -> str:
    """Return a command in lines that a shell takes as one."""
    lines = textwrap.wrap(
        command, 100, break_long_words=False, break_on_hyphens=False, subsequent_indent="  "
    )
    return " \\\n".join(lines)


if __name__ == "__main__":
    main()
