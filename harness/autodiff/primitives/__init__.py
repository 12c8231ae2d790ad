"""The primitives: one file a family, found by itself.

An entry has the shape of the result, the compiled value, and for each input two rules, written in
primitives again: ``push`` carries a tangent of that input to a tangent of the result (jvp), ``pull``
carries a cotangent of the result back to one of that input (vjp). A rule is called with the tangent or
cotangent, the result, the inputs and the settings. None stands for a derivative of zero.

Where a primitive works on each entry by itself both rules are the same: a product with the derivative.

What is imported here is what networks need. The other files are imported when something asks for one of
theirs.
"""

from __future__ import annotations

from harness.autodiff.primitives import arithmetic, elementary, pieces, shapes

__all__ = ["arithmetic", "elementary", "pieces", "shapes"]
