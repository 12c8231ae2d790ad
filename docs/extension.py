"""What Sphinx is told beside its settings: the reference from the registries, and files of the root as pages.

``.. family:: optimizers`` is replaced by a section for each member of a kind that ``harness list`` knows,
``.. public:: harness`` by one for each public name of a module (``docs/reference_text.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from pygments.lexers.special import TextLexer
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from docs.reference_text import family_text, public_text, without_options
from docs.root_files import ROOT, rewritten
from optimizers.named import Named


def setup(app: Sphinx) -> dict[str, Any]:
    """Add directives, what is done to docstrings and included files, and languages without colours."""
    app.add_directive("family", FamilyPage)
    app.add_directive("public", PublicNames)
    app.connect("autodoc-process-signature", _signature)
    # Before napoleon makes fields of it.
    app.connect("autodoc-process-docstring", _docstring, priority=100)
    app.connect("include-read", _included)
    for language in ("csv", "mermaid"):
        app.add_lexer(language, TextLexer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class _Sections(SphinxDirective):
    """Sections, each written in reStructuredText by a function of the directive's one argument."""

    required_arguments = 1
    text: Callable[[str], str]

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        return self.parse_text_to_nodes(type(self).text(self.arguments[0]), allow_section_headings=True)


class FamilyPage(_Sections):
    """A section for each member of a family."""

    text = staticmethod(family_text)

    def run(self) -> list[nodes.Node]:
        """Return the sections; a function in a file of its name is called as its package offers it."""
        sections = super().run()
        for section in sections:
            for signature in section.findall(addnodes.desc_signature):
                for place in signature.findall(addnodes.desc_addname):
                    package, _, file = place.astext().rstrip(".").rpartition(".")
                    if signature["fullname"] == file:
                        place[:] = [addnodes.desc_sig_name("", f"{package}.")]
        return sections


class PublicNames(_Sections):
    """A section for each public name of a module."""

    text = staticmethod(public_text)


def _included(app: Sphinx, path: Path, docname: str, text: list[str]) -> None:
    """Let the links of an included document lead where the site has what they lead to."""
    found = (Path(app.srcdir) / path).resolve().relative_to(ROOT).as_posix()
    text[0] = rewritten(text[0], found)


def _signature(
    app: Sphinx, what: str, name: str, found: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str, None] | None:
    """Give a class with options no signature: their list says the same, and in which range each is."""
    if _has_options(what, found):
        return "(**options)" if fields(found) else "()", None
    return None


def _docstring(app: Sphinx, what: str, name: str, found: Any, options: Any, lines: list[str]) -> None:
    """Leave the options of a class to the list of them, which has those of its bases as well."""
    if _has_options(what, found):
        lines[:] = without_options(lines)


def _has_options(what: str, found: Any) -> bool:
    return what == "class" and issubclass(found, Named) and is_dataclass(found)
