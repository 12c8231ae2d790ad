"""Figures that move: drawn again for each frame, and written as a GIF or as a page with controls."""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.animation import HTMLWriter, PillowWriter
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from harness.plots.media import Medium
from harness.runs.parts import write_whole
from harness.runs.replay import Replay
from optimizers.errors import InputError
from optimizers.objective import Array

FRAMES = 40
"""Frames of a run, so that what is written stays under three megabytes."""
PER_SECOND = 8
"""Frames a second."""
HELD = 2.0
"""Seconds that the last frame of a GIF stays."""
DPI = 90
COLOURS = 200
"""Colours of all frames together."""
NEARLY_WHITE = 246
KINDS = (".gif", ".html")


@dataclass(frozen=True, eq=False)
class Animation:
    """A figure, and how it is drawn again for each frame. The same runs give the same bytes.

    Attributes:
        figure: drawn as its last frame is.
        frames: how many there are.
        draw: draws one of them, counted from 0.
    """

    figure: Figure
    frames: int
    draw: Callable[[int], None]

    def save(self, file: str | Path) -> Path:
        """Write all frames, as a GIF or as a page with controls.

        Arguments:
            file: its path, which ends in .gif or .html.

        Raises:
            InputError: for another ending, or where it cannot be written.
        """
        path = Path(file)
        write_whole(path, self.content(check_animation(path)))
        return path

    def content(self, kind: str) -> bytes:
        """Return what a file of all frames holds.

        Arguments:
            kind: an ending of ``KINDS``.
        """
        # Panels stay where they are, whatever is written in them.
        self.figure.set_dpi(DPI)
        self.draw(self.frames - 1)
        self.figure.draw_without_rendering()
        self.figure.set_layout_engine("none")
        if kind == ".gif":
            buffer = io.BytesIO()
            self._write(_Gif(buffer), "animation.gif")
            return buffer.getvalue()
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "animation.html"
            self._write(_Page(), str(page))
            text = page.read_text(encoding="utf-8")
        # Matplotlib names the player by chance, so that a notebook may hold several.
        (chance,) = set(re.findall(r"_anim_img([0-9a-f]{32})", text))
        name = hashlib.sha256(text.replace(chance, "").encode()).hexdigest()[:32]
        return text.replace(chance, name).encode()

    def _write(self, writer: Any, place: str) -> None:
        with writer.saving(self.figure, place, DPI):
            for frame in range(self.frames):
                self.draw(frame)
                writer.grab_frame()

    def _repr_html_(self) -> str:
        """Show the player in a notebook."""
        return self.content(".html").decode()


class _Gif(PillowWriter):
    """Write frames of one palette, of which the last one stays for a while."""

    def __init__(self, buffer: io.BytesIO) -> None:
        super().__init__(fps=PER_SECOND)
        self._buffer = buffer
        self._taken: list[Image.Image] = []

    def grab_frame(self, **_: Any) -> None:
        """Take a frame."""
        self._taken.append(_picture(self.fig))

    def finish(self) -> None:
        """Write the file."""
        first, *others = of_one_palette(self._taken)
        times = [1000 // PER_SECOND] * len(others) + [int(1000 * HELD)]
        first.save(self._buffer, "GIF", save_all=True, append_images=others, duration=times, loop=0)


class _Page(HTMLWriter):
    """Write a page of frames of one palette, which take a third of those of all colours."""

    def __init__(self) -> None:
        super().__init__(fps=PER_SECOND, embed_frames=True, default_mode="once", embed_limit=1000)
        self._taken: list[Image.Image] = []

    def grab_frame(self, **_: Any) -> None:
        """Take a frame."""
        self._taken.append(_picture(self.fig))

    def finish(self) -> None:
        """Write the file."""
        for frame in of_one_palette(self._taken):
            self.fig = _Still(frame)  # type: ignore[assignment]  # it is asked to save itself, and no more
            super().grab_frame()  # type: ignore[no-untyped-call]
        super().finish()


class _Still:
    """A frame that saves itself as a figure does."""

    def __init__(self, frame: Image.Image) -> None:
        self._frame = frame

    def savefig(self, file: io.BytesIO, **_: Any) -> None:
        """Write the frame."""
        self._frame.save(file, "PNG", optimize=True)


def _picture(figure: Figure) -> Image.Image:
    # ``savefig`` would draw it twice. Matplotlib has no types for it.
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def of_one_palette(frames: Sequence[Image.Image]) -> list[Image.Image]:
    """Return frames in the same few colours, without dots of mixed ones: what stays is not written again."""
    width, height = frames[0].size
    chosen = [frames[0], frames[len(frames) // 2], frames[-1]]
    sample = Image.new("RGB", (width, len(chosen) * height))
    for place, frame in enumerate(chosen):
        sample.paste(frame, (0, place * height))
    found = sample.quantize(COLOURS, method=Image.Quantize.MEDIANCUT).getpalette()
    colours = np.array(found).reshape(-1, 3)
    # The paper stays white, which a mean of nearly white colours is not.
    colours[colours.min(axis=1) > NEARLY_WHITE] = 255
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours.ravel().tolist())
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]


def check_animation(path: Path) -> str:
    """Return the kind of animation that the ending of a file names.

    Raises:
        InputError: for another ending.
    """
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise InputError(f"{path} is no animation that is written here: let it end in .gif or .html")
    return kind


def moments(replays: Sequence[Replay], frames: int = FRAMES) -> Array:
    """Return the costs at which frames show some runs: 0, then evenly spaced logarithms up to the dearest.

    Arguments:
        replays: the runs.
        frames: how many.
    """
    spent = np.concatenate([replay.cost for replay in replays])
    above = spent[spent > 0]
    if not above.size:
        return np.zeros(1)
    # A hair of rounding, so that the last moment is not before the last look.
    later = np.geomspace(above.min(), above.max(), frames - 1) * (1 + 1e-12)
    return np.concatenate([[0.0], later])


def clock_of(panel: Axes, medium: Medium) -> Text:
    """Return the place of a panel where a frame says what had been spent."""
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
    place = panel.transAxes
    return panel.text(0.02, 0.98, "", transform=place, fontsize=medium.label, va="top", bbox=box, zorder=9)


def at_cost(cost: float) -> str:
    """Say what had been spent.

    >>> at_cost(123.4)
    'cost 123'
    """
    return f"cost {cost:,.0f}"


def looks_by(replay: Replay, cost: float) -> int:
    """Return how many looks at a run there had been by a cost, at least one: the start."""
    return max(1, int(np.searchsorted(replay.cost, cost, side="right")))
