"""Families of optimizers, and the colours that the members of each share a hue of."""

from __future__ import annotations

from collections.abc import Sequence

from optimizers.package_files import part_with_class
from optimizers.registry import OPTIMIZERS

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito (2008), told apart by colour-blind readers; their yellow is too faint for a line on white."""

SHADES: dict[str, tuple[str, ...]] = {
    "first order": ("#0072B2", "#56B4E9", "#08306B", "#3D5BF5"),
    "second order": ("#D55E00", "#6B1F04", "#F7A27C", "#A8455A"),
    "populations": ("#009E73", "#00441B", "#7CCBB0", "#1B6E5A"),
    "perceptrons": ("#CC79A7", "#67004F", "#E3A8C8", "#9B3F86"),
    "single points": ("#E69F00", "#6E4A00", "#E8BE62", "#A87400"),
    "others": ("#000000", "#737373", "#404040", "#A0A0A0"),
}
"""Of each family one hue, whose first shade is Okabe and Ito's; the others differ from it in lightness, which
no colour-blindness takes away."""

_PACKAGES = {
    "descent": "first order",
    "second_order": "second order",
    "scipy": "second order",
    "multi_start": "second order",
    "genetic": "populations",
    "evolution": "populations",
    "perceptron": "perceptrons",
    "local": "single points",
}
"""The family by the package of ``optimizers`` that an optimizer, or the class that it extends, is in."""


def family_of(name: str, gradient: str = "") -> str:
    """Return the family of an optimizer, a key of ``SHADES``.

    Arguments:
        name: its plain name, as the column ``optimizer_name`` has it.
        gradient: its gradient source, by which one is told that is not installed here.

    >>> family_of("adam"), family_of("lbfgs"), family_of("nelder-mead"), family_of("unheard-of", "analytic")
    ('first order', 'second order', 'single points', 'first order')
    """
    # Most are told by their files alone; numba comes with the classes.
    part = part_with_class("optimizers", name)
    if part in _PACKAGES and part != "scipy":
        return _PACKAGES[part]
    if name not in OPTIMIZERS:
        return "first order" if gradient else "others"
    optimizer = OPTIMIZERS[name]
    needs = {str(need) for need in optimizer.needs}
    for base in optimizer.__mro__:
        package, _, rest = base.__module__.partition(".")
        found = _PACKAGES.get(rest.partition(".")[0]) if package == "optimizers" else None
        if found is not None:
            # SciPy's simplex asks for values alone, its other methods for gradients.
            simplex = package == "optimizers" and rest.startswith("scipy") and "gradient" not in needs
            return "single points" if simplex else found
    return "others"


def shades(families: Sequence[str]) -> list[str]:
    """Return a colour for each of some optimizers, given their families in the order of the experiment.

    Where all are of one family, its hue would say nothing, and they have a hue each.

    >>> shades(["first order", "populations", "first order"])
    ['#0072B2', '#009E73', '#56B4E9']
    >>> shades(["populations", "populations"])
    ['#0072B2', '#D55E00']
    """
    if len(set(families)) == 1:
        return [COLOURS[place % len(COLOURS)] for place in range(len(families))]
    before = dict.fromkeys(families, 0)
    found = []
    for family in families:
        found.append(SHADES[family][before[family] % len(SHADES[family])])
        before[family] += 1
    return found
