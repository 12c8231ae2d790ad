"""A trained network as nodes and edges, with its weights and biases."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from harness.models import model_of
from harness.network.layout import Layer
from harness.network.network import Network
from harness.plots.style import ALONE, COLOURS, LABEL, PAIR, SMALL, Line, fold, panels
from harness.plots.trained import ChosenProblem, ChosenSeeds, choose
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
PLACE = 0.36
"""Where along an edge its number stands: beyond the middle, edges cross."""


@accepts(results=Tables, problem=ChosenProblem, seeds=ChosenSeeds)
def network_diagram(
    results: Tables,
    problem: ChosenProblem = None,
    seeds: ChosenSeeds = None,
    parameters: Literal["best", "last"] = "best",
) -> Figure:
    """Draw trained networks as nodes and edges, one panel a run.

    An edge is as wide as its weight is large beside the largest weight of its network; blue is positive,
    orange and dashed is negative. A node's ring says the same of its bias. Networks of up to thirty
    parameters have all numbers.

    Arguments:
        results: runs of one network.
        problem: the problem to draw, its name or itself; it may be left out where there is one.
        seeds: the seed to draw, or several; the first where left out.
        parameters: those of the lowest loss of each run, or those of its last look.

    Returns:
        The figure.

    Raises:
        InputError: for a problem without a network, or one of more than 20,000 weights.
    """
    choice = choose("network-diagram", results, problem, seeds)
    network = choice.network_problem.network
    if network.products > MOST_EDGES:
        raise InputError(
            f"plot 'network-diagram' draws up to {MOST_EDGES} weights, and this network has "
            f"{network.products}: take a smaller one"
        )
    models = [model_of(run.row, choice.problem, parameters) for run in choice.runs]
    edge: dict[str, Any] = {"linewidth": WIDEST / 2}
    keys: dict[Line, dict[str, Any]] = {
        ("", "positive"): {**edge, "label": "positive", "color": POSITIVE},
        ("", "negative"): {**edge, "label": "negative", "color": NEGATIVE, "linestyle": NEGATIVE_DASHES},
        ("", "largest"): {"label": "as large as the largest", "color": "0.5", "linewidth": WIDEST},
        ("", "tenth"): {"label": "a tenth of it", "color": "0.5", "linewidth": WIDEST / 10},
    }
    width = ALONE[0] if len(models) == 1 else PAIR[0]
    said = "an edge: one weight; a ring, or the number beside it: the bias"
    figure, axes = panels(
        [run.title for run in choice.runs],
        keys,
        title=results.question or results.name,
        subtitle=fold(choice.reading(f"{parameters} parameters", said), width, LABEL),
        xlabel="",
        ylabel="",
    )
    for run, model in zip(choice.runs, models, strict=True):
        panel = axes[run.title]
        loss = run.row["best_loss" if parameters == "best" else "final_loss"]
        words = f"{panel.get_title()}\nloss {loss:.3g}, largest weight {np.abs(model.w).max():.3g}"
        panel.set_title(words, fontsize=LABEL, fontweight="bold")
        draw_network(panel, network, model.w)
    return figure


def draw_network(panel: Axes, network: Network, w: Array) -> None:
    """Draw one network.

    Arguments:
        panel: where it is drawn.
        network: sizes and activations.
        w: parameters, shape (n,).
    """
    panel.set_axis_off()
    panel.set_xlim(-0.3, len(network.sizes) - 0.7)
    panel.set_ylim(-0.34, 1.22)
    largest = float(np.abs(w).max()) or 1.0
    layers, numbered = network.layers(w), network.size <= NUMBERED
    size = min(NODE, 150.0 / max(network.sizes))
    for depth, layer in enumerate(layers):
        _draw_edges(panel, layer, depth, largest, numbered)
    for depth, units in enumerate(network.sizes):
        biases = layers[depth - 1].biases if depth else None
        for unit, height in enumerate(heights(units)):
            ring: dict[str, Any] = {"markeredgecolor": "0.3", "markeredgewidth": 0.8}
            if biases is not None:
                ring["markeredgecolor"] = POSITIVE if biases[unit] >= 0 else NEGATIVE
                ring["markeredgewidth"] = max(0.6, min(size / 3, _width(float(biases[unit]), largest)))
            panel.plot(depth, height, "o", markersize=size, markerfacecolor="white", zorder=3, **ring)
            label = _label(network, depth, unit)
            if size >= 11 and label:
                panel.text(depth, height, label, fontsize=SMALL, ha="center", va="center", zorder=4)
            if biases is not None and numbered:
                # On the side away from the edges.
                side = 1 if height > 0.5 else -1
                panel.annotate(
                    written(float(biases[unit])),
                    (depth, height),
                    xytext=(0, side * (size / 2 + 3)),
                    textcoords="offset points",
                    fontsize=SMALL,
                    ha="center",
                    va="bottom" if side > 0 else "top",
                    zorder=4,
                )
    for depth, name in enumerate(["inputs", *network.layer_activations]):
        panel.text(depth, -0.34, name, fontsize=SMALL, ha="center", va="bottom", color="0.35")


def heights(units: int) -> Array:
    """Return where the units of a layer are, from top to bottom, between 1 and 0.

    >>> heights(1).tolist(), heights(3).tolist()
    ([0.5], [1.0, 0.5, 0.0])
    """
    return np.linspace(1.0, 0.0, units) if units > 1 else np.array([0.5])


def _draw_edges(panel: Axes, layer: Layer, depth: int, largest: float, numbered: bool) -> None:
    """Draw the weights of one layer, the largest on top."""
    outs, ins = layer.weights.shape
    below, above = heights(ins), heights(outs)
    order = np.argsort(np.abs(layer.weights), axis=None, kind="stable")
    segments, looks = [], []
    for place in order.tolist():
        to, source = divmod(place, ins)
        weight = float(layer.weights[to, source])
        segments.append(np.array([[depth, below[source]], [depth + 1, above[to]]]))
        looks.append((weight, _width(weight, largest)))
        if numbered:
            x, y = depth + PLACE, below[source] + PLACE * (above[to] - below[source])
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
            panel.text(x, y, written(weight), fontsize=SMALL, ha="center", va="center", bbox=box, zorder=3.5)
    edges = LineCollection(
        segments,
        colors=[POSITIVE if weight >= 0 else NEGATIVE for weight, _ in looks],
        linewidths=[width for _, width in looks],
        linestyles=["solid" if weight >= 0 else NEGATIVE_DASHES for weight, _ in looks],
        zorder=1,
    )
    panel.add_collection(edges)


def written(number: float) -> str:
    """Write a number of a network with its sign, in three digits.

    >>> written(1.5), written(-12.345)
    ('+1.50', '\u221212.3')
    """
    return f"{number:+#.3g}".removesuffix(".").replace("-", "\u2212")


def _width(weight: float, largest: float) -> float:
    return max(NARROWEST, WIDEST * abs(weight) / largest)


def _label(network: Network, depth: int, unit: int) -> str:
    if depth == 0:
        return f"x{unit + 1}"
    return f"y{unit + 1}" if depth == len(network.sizes) - 1 else f"h{unit + 1}"
