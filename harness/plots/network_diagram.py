"""A trained network as nodes and edges, with its weights and biases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from harness.models import model_of
from harness.network.layout import Layer
from harness.network.network import Network
from harness.plots.families import COLOURS
from harness.plots.figure import Panels, described
from harness.plots.media import Medium, Width, medium_of
from harness.plots.style import Line, panels
from harness.plots.trained import ChosenProblem, ChosenSeeds, Trained, choose
from harness.runs.tables import Tables
from optimizers.arguments import accepts
from optimizers.errors import InputError
from optimizers.objective import Array

POSITIVE, NEGATIVE = COLOURS[0], COLOURS[1]
NEGATIVE_DASHES: Any = (0, (3.0, 1.2))
"""Negative weights are told from positive ones in grey as well."""
WIDEST, NARROWEST = 5.0, 0.15
"""Points of the widest and of the narrowest edge."""
NUMBERED = 30
"""Parameters of a network up to which each has its number."""
MOST_EDGES = 20_000
NODE = 17.0
"""Diameter of a node in points where there is room."""
PLACE, LEVEL = 0.36, 0.44
"""Where along an edge its number stands: not in the middle, where edges cross, and on a level edge free of
the node before it."""


@accepts(results=Tables, problem=ChosenProblem, seeds=ChosenSeeds, parameters=Literal["best", "last"])
def network_diagram(
    results: Tables,
    problem: ChosenProblem = None,
    seeds: ChosenSeeds = None,
    parameters: Literal["best", "last"] = "best",
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw trained networks as nodes and edges, one panel a run.

    An edge is as wide as its weight is large beside the largest weight of its network; blue is positive,
    orange and dashed is negative. A node's ring says the same of its bias. Networks of up to thirty
    parameters have all numbers.

    Arguments:
        results: runs of one network.
        problem: the problem to draw, its name or itself; it may be left out where there is one.
        seeds: the seed to draw, or several; the first where left out.
        parameters: those of the lowest loss of each run, or those of its last look.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        The Axes, an array of them where there are several.

    Raises:
        InputError: for a problem without a network, or one of more than 20,000 weights.
    """
    choice = choose("network-diagram", results, problem, seeds, width)
    network = choice.network_problem.network
    if network.products > MOST_EDGES:
        raise InputError(
            f"plot 'network-diagram' draws up to {MOST_EDGES} weights, and this network has "
            f"{network.products}: take a smaller one"
        )
    models = [model_of(run.row, choice.problem, parameters) for run in choice.runs]
    medium = medium_of(width)
    height = medium.height(len(models)) * (1.25 if network.size <= NUMBERED else 1.1)
    sizes = Geometry.of(network, medium, height)
    edge: dict[str, Any] = {"linewidth": sizes.line / 2}
    grey: dict[str, Any] = {"color": "0.5"}
    keys: dict[Line, dict[str, Any]] = {
        ("", "positive"): {**edge, "label": "positive", "color": POSITIVE},
        ("", "negative"): {**edge, "label": "negative", "color": NEGATIVE, "linestyle": NEGATIVE_DASHES},
        ("", "largest"): {**grey, "label": "as large as the largest", "linewidth": sizes.line},
        ("", "tenth"): {**grey, "label": "a tenth of it", "linewidth": sizes.line / 10},
    }
    _, found = panels(
        [run.title for run in choice.runs],
        keys,
        title=results.question or results.name,
        subtitle=choice.reading(f"{parameters} parameters", "a line: one weight", "a ring: the bias"),
        xlabel="",
        ylabel="",
        width=width,
        axes=axes,
        height=height,
    )
    for run, model in zip(choice.runs, models, strict=True):
        panel = found[run.title]
        loss = run.row["best_loss" if parameters == "best" else "final_loss"]
        words = f"{panel.get_title()}\nloss {loss:.3g}, largest {np.abs(model.w).max():.3g}"
        panel.set_title(words, fontsize=medium.label, fontweight="bold")
        draw_network(panel, network, model.w, medium, sizes)
    return described(
        found.values(),
        reading="A line is one weight, as wide as it is large beside the largest number of its network; a "
        "node's ring says the same of its bias. Blue and solid is positive, orange and dashed negative.",
        hides="What the network names; the size of a weight says little of it where its unit is saturated.",
        data=pd.concat(
            [_numbers(run, model.w, network) for run, model in zip(choice.runs, models, strict=True)],
            ignore_index=True,
        ),
    )


def _numbers(run: Trained, w: Array, network: Network) -> pd.DataFrame:
    """Return every parameter of a network; the input of a bias is 0."""
    rows = []
    for depth, layer in enumerate(network.layers(w), start=1):
        for unit, (weights, bias) in enumerate(zip(layer.weights, layer.biases, strict=True), start=1):
            rows += [(depth, unit, place, weight) for place, weight in enumerate(weights.tolist(), start=1)]
            rows.append((depth, unit, 0, float(bias)))
    table = pd.DataFrame(rows, columns=["layer", "unit", "input", "value"])
    return table.assign(**run.named)[[*run.named, *table.columns]]


class Geometry(NamedTuple):
    """Sizes of what is drawn in a panel, in points."""

    node: float
    """Diameter of a node."""
    line: float
    """Width of the widest line."""
    low: float
    """Lower end of the vertical axis, on which units are from 1 to 0."""
    high: float
    """Its upper end."""

    @classmethod
    def of(cls, network: Network, medium: Medium, height: float) -> Geometry:
        """Return the sizes for a panel of a height in inches, its title included."""
        node = NODE * medium.scale
        numbers = 1.3 * medium.small
        above = 2.0 + node / 2 + (numbers if network.size <= NUMBERED else 0.0)
        below = above + numbers
        # Three lines of title; what is left is the units'.
        inner = max(72 * height - 3.9 * medium.label - above - below, 30.0)
        node = min(node, 0.8 * inner / max(max(network.sizes) - 1, 1))
        return cls(node, WIDEST * medium.scale * min(1.0, node / 10), -below / inner, 1.0 + above / inner)


def draw_network(panel: Axes, network: Network, w: Array, medium: Medium, sizes: Geometry) -> None:
    """Draw one network.

    Arguments:
        panel: where it is drawn.
        network: sizes and activations.
        w: parameters, shape (n,).
        medium: where the figure is to stand.
        sizes: of what is drawn.
    """
    panel.set_axis_off()
    panel.set_xlim(-0.3, len(network.sizes) - 0.7)
    panel.set_ylim(sizes.low, sizes.high)
    largest = float(np.abs(w).max()) or 1.0
    layers, numbered, size = network.layers(w), network.size <= NUMBERED, sizes.node
    small: dict[str, Any] = {"fontsize": medium.small, "ha": "center", "zorder": 4}
    for depth, layer in enumerate(layers):
        _draw_edges(panel, layer, depth, largest, sizes, medium.small if numbered else None)
    for depth, units in enumerate(network.sizes):
        biases = layers[depth - 1].biases if depth else None
        for unit, height in enumerate(heights(units)):
            ring: dict[str, Any] = {"markeredgecolor": "0.3", "markeredgewidth": 0.8 * medium.scale}
            if biases is not None:
                ring["markeredgecolor"] = POSITIVE if biases[unit] >= 0 else NEGATIVE
                width = sizes.line * abs(float(biases[unit])) / largest
                ring["markeredgewidth"] = max(0.6, min(size / 3, width))
            panel.plot(depth, height, "o", markersize=size, markerfacecolor="white", zorder=3, **ring)
            if size >= 1.8 * medium.small:
                panel.text(depth, height, _label(network, depth, unit), va="center", **small)
            if biases is not None and numbered:
                # On the side away from the edges.
                side = 1 if height > 0.5 else -1
                panel.annotate(
                    written(float(biases[unit])),
                    (depth, height),
                    xytext=(0, side * (size / 2 + ring["markeredgewidth"] / 2 + 2)),
                    textcoords="offset points",
                    va="bottom" if side > 0 else "top",
                    **small,
                )
    for depth, name in enumerate(["inputs", *network.layer_activations]):
        panel.text(depth, sizes.low, name, va="bottom", color="0.35", **small)


def heights(units: int) -> Array:
    """Return where the units of a layer are, from top to bottom, between 1 and 0.

    >>> heights(1).tolist(), heights(3).tolist()
    ([0.5], [1.0, 0.5, 0.0])
    """
    return np.linspace(1.0, 0.0, units) if units > 1 else np.array([0.5])


def _draw_edges(
    panel: Axes, layer: Layer, depth: int, largest: float, sizes: Geometry, letters: float | None
) -> None:
    """Draw the weights of one layer, the largest on top; with numbers where these have a size."""
    outs, ins = layer.weights.shape
    below, above = heights(ins), heights(outs)
    order = np.argsort(np.abs(layer.weights), axis=None, kind="stable")
    segments, weights = [], []
    for place in order.tolist():
        to, source = divmod(place, ins)
        weight = float(layer.weights[to, source])
        segments.append(np.array([[depth, below[source]], [depth + 1, above[to]]]))
        weights.append(weight)
        if letters is not None:
            part = LEVEL if below[source] == above[to] else PLACE
            x, y = depth + part, below[source] + part * (above[to] - below[source])
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
            centred: dict[str, Any] = {"ha": "center", "va": "center", "bbox": box, "zorder": 2.5}
            panel.text(x, y, written(weight), fontsize=letters, **centred)
    edges = LineCollection(
        segments,
        colors=[POSITIVE if weight >= 0 else NEGATIVE for weight in weights],
        linewidths=[max(NARROWEST, sizes.line * abs(weight) / largest) for weight in weights],
        linestyles=["solid" if weight >= 0 else NEGATIVE_DASHES for weight in weights],
        zorder=1,
    )
    panel.add_collection(edges)


def written(number: float) -> str:
    """Write a number of a network with its sign, in three digits.

    >>> written(1.5), written(-12.345)
    ('+1.50', '\u221212.3')
    """
    return f"{number:+#.3g}".removesuffix(".").replace("-", "\u2212")


def _label(network: Network, depth: int, unit: int) -> str:
    if depth == 0:
        return f"x{unit + 1}"
    return f"y{unit + 1}" if depth == len(network.sizes) - 1 else f"h{unit + 1}"
