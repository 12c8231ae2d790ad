"""Settings of the site, which ``python -m sphinx -b html docs docs/_build`` builds at the root."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

project = "harness"
author = "The harness developers"
copyright = "The harness developers, MIT licence"  # Sphinx's name for it
release = metadata.version("neural-harness")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "docs.extension",
]
exclude_patterns = ["_build", "gallery/*.caption.md"]

html_theme = "furo"
html_title = f"harness {release}"
html_copy_source = False
html_show_sourcelink = False

myst_heading_anchors = 3

napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
# Names such as ``Positive`` stand for ranges, which the tables of options have in words.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
# Each name has a heading of its own already.
toc_object_entries = False
# Dashes alone: quotation marks around options stay such as a file takes.
smartquotes_action = "D"
default_role = "code"
maximum_signature_line_length = 90
