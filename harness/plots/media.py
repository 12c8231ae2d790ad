"""Where a figure is to stand: how wide it is there, and the sizes of letters that can be read there."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from harness.plots.text import inches
from optimizers.errors import unknown_name

Width = Literal["column", "page", "slide"]
"""A column of a journal (8.5 cm), its page (17.5 cm), or a slide of 25.4 by 14.3 cm."""

CENTIMETRE = 1 / 2.54
MOST_TICKS = 8
"""Numbers along an axis, whatever room there is."""


class Medium(NamedTuple):
    """Sizes of a figure that is printed as wide as it was made."""

    width: float
    """In inches."""
    label: float
    """Size of titles, axes' names and legends, in points."""
    small: float
    """Size of the numbers along the axes, in points."""
    most_columns: int
    """Panels in a row at the most."""
    ticks: int
    """Ticks that a panel in a full row has room for, along the horizontal axis."""
    heights: tuple[float, ...]
    """Height of a panel in inches, where one, two and so on are in a row; the last holds for more."""
    tallest: float
    """The most that all panels together may take, in inches, as long as each has ``lowest``."""
    lowest: float
    """The least height of a panel, in inches."""
    highest: float
    """The most that a whole figure may take in inches, as long as its panels have ``lowest``."""

    @property
    def scale(self) -> float:
        """Width of lines and marks, as a multiple of what a page has."""
        return self.label / 8.0

    def columns(self, panels: int) -> int:
        """Return how many panels are in a row, rows being filled as evenly as can be."""
        if panels == 4 and self.most_columns == 3:
            return 2
        rows = math.ceil(panels / self.most_columns)
        return min(math.ceil(panels / rows), panels) if rows < 3 else self.most_columns

    def ticks_across(self, panels: int) -> int:
        """Return how many powers of ten there is room for along the horizontal axis of a panel."""
        room = self.width / self.columns(panels) - 0.6 * self.scale
        return max(int(room / inches(7, self.small)), 2)

    def ticks_up(self, panels: int) -> int:
        """Return how many numbers there is room for along the vertical axis of a panel."""
        room = self.height(panels) - 5.0 * self.label / 72
        return min(max(int(72 * room / (2.2 * self.small)), 3), MOST_TICKS)

    def height(self, panels: int) -> float:
        """Return the height of a panel in inches."""
        columns = self.columns(panels)
        rows = math.ceil(panels / columns)
        usual = self.heights[min(columns, len(self.heights)) - 1]
        return max(min(usual, self.tallest / rows), min(self.lowest, usual))


MEDIA: dict[Width, Medium] = {
    "column": Medium(8.5 * CENTIMETRE, 7.0, 6.5, 2, 3, (2.4, 1.5), 7.5, 1.2, 22.5 * CENTIMETRE),
    "page": Medium(17.5 * CENTIMETRE, 8.0, 7.0, 3, 4, (3.4, 2.6, 2.1), 8.4, 1.4, 22.5 * CENTIMETRE),
    "slide": Medium(25.4 * CENTIMETRE, 14.0, 12.0, 4, 3, (3.9, 3.6, 3.2, 2.6), 4.2, 1.6, 14.3 * CENTIMETRE),
}


def medium_of(width: str) -> Medium:
    """Return the sizes of a figure by what its width is called.

    Raises:
        InputError: for another name.
    """
    for name, medium in MEDIA.items():
        if name == width:
            return medium
    raise unknown_name("width of a figure", width, MEDIA)
