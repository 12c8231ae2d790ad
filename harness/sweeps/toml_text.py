"""Writes values as TOML, which Python reads and does not write."""

from __future__ import annotations

import json
from typing import Any


def toml_text(value: Any) -> str:
    """Write a value as TOML.

    >>> print(toml_text({"name": "two-spirals", "hidden": [16, 16], "target": 0.1, "a b": True}))
    { name = "two-spirals", hidden = [16, 16], target = 0.1, "a b" = true }
    """
    if type(value) is int:
        # A list of a thousand seeds took JSON 3 ms.
        return str(value)
    if isinstance(value, dict):
        bare = {name: name if name.isascii() and name.isidentifier() else toml_text(name) for name in value}
        return f"{{ {', '.join(f'{bare[name]} = {toml_text(entry)}' for name, entry in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_text(entry) for entry in value)}]"
    if isinstance(value, float):
        return repr(float(value))
    # JSON's text is TOML's but for the delete character, and for the halves of a pair that ASCII would take.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
