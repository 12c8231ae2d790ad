"""SymPy, or the sentence that says how to get it."""

from __future__ import annotations

from typing import Any

from optimizers.errors import MissingExtraError

try:
    import sympy as _sympy
except ImportError as missing:
    raise MissingExtraError(
        "symbolic derivatives need SymPy, which is not installed: pip install 'neural-harness[symbolic]'"
    ) from missing

sympy: Any = _sympy
"""SymPy has no annotations: what comes from it is Any."""

__all__ = ["sympy"]
