"""The examples of CONTRIBUTING.md, as the files that they would be."""

from __future__ import annotations

import re
import sys
from pathlib import Path

PAGE = Path(__file__).parent.parent / "CONTRIBUTING.md"


def examples() -> dict[str, str]:
    """Return the text of each by the name of what it defines last."""
    found = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    names = [
        re.findall(r"^(?:class |def )?([A-Za-z]\w*)(?:\(| = |:)", text, re.MULTILINE)[-1] for text in found
    ]
    return dict(zip(names, found, strict=True))


def study_files() -> dict[str, str]:
    """Return the files of the study, by their names."""
    section = PAGE.read_text(encoding="utf-8").partition("## Add a study")[2].partition("\n## ")[0]
    kinds = {"csv": "printed.csv", "toml": "protocol.toml", "python": "study.py"}
    found = re.findall(r"```(\w+)\n(.*?)```", section, flags=re.DOTALL)
    return {kinds[kind]: text for kind, text in found}


if __name__ == "__main__":
    for name, text in examples().items():
        (Path(sys.argv[1]) / f"{name.lower()}.py").write_text(text, encoding="utf-8")
