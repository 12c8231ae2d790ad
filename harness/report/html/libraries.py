"""What the page is made with: templates of Jinja, charts of Plotly, both of the extra ``report``.

Why Plotly, as measured in November 2026 with Chromium 150 on two cores (four panels of thirteen lines):

================== ============ =========== =================== ===========================================
from PyPI          in the page  its parsing drawn as            under ``script-src`` with digests alone
================== ============ =========== =================== ===========================================
plotly 7.1 (MIT)   4.8 MB       0.27 s      SVG, text is text   all charts used here
bokeh 3.9 (BSD-3)  1.3 MB       0.15 s      pixels on a canvas  no: ``CustomJS`` is compiled from text
vl-convert 1.9     bundled by   -           SVG                 no: Vega's expressions are compiled from
(BSD-3)            a 34 MB                                      text, its interpreter is another package
                   wheel
================== ============ =========== =================== ===========================================

SVG stays sharp in print and at any zoom, and the page can forbid itself every request and every script but
its own. The parsing comes after the verdicts, which a browser shows before. Neither of them can be used by a
screen reader as it is, so each chart has a sentence and a table beside it, whoever draws it.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from pathlib import Path
from typing import Any

from optimizers.errors import InputError, MissingExtraError
from optimizers.printable import printable

MISSING = "a report needs the package {}, which is not installed: pip install 'neural-harness[report]'"

ASSETS = Path(__file__).parent / "assets"


@functools.cache
def environment() -> Any:
    """Return the environment of the templates: what comes from data is text in them, and never markup.

    Raises:
        MissingExtraError: if Jinja is not installed.
    """
    try:
        import jinja2
        import markupsafe
    except ImportError as missing:
        raise MissingExtraError(MISSING.format("jinja2")) from missing

    def said(value: Any) -> Any:
        # Before it is escaped; a lone half of a surrogate pair could not even be written down.
        return printable(value) if type(value) is str else value

    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=said,
    )
    found.globals["trusted"] = markupsafe.Markup
    return found


@functools.cache
def chart_library() -> str:
    """Return the source of the library that draws the charts.

    Raises:
        MissingExtraError: if Plotly is not installed.
    """
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as missing:
        raise MissingExtraError(MISSING.format("plotly")) from missing
    source: str = get_plotlyjs()
    # In whatever letters it would end the script that it is in.
    return re.sub("</(?=script)", r"<\\/", source, flags=re.IGNORECASE)


def check_page(page: Path) -> Path:
    """Return the file of a page, if it can be one.

    Raises:
        InputError: for another ending than .html or .htm.
        MissingExtraError: if what it is made with is not installed.
    """
    if page.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{page} is no page: let it end in .html")
    environment()
    chart_library()
    return page


def asset(name: str) -> str:
    """Return a file of the page's own, as it is."""
    return (ASSETS / name).read_text(encoding="utf-8")


def digest(script: str) -> str:
    """Return what a page's policy says of a script that it may run.

    >>> digest("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    found = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(found).decode()}'"
