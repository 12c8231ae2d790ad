"""What the gallery shows: the commands that make runs, and for every kind of figure one that draws it."""

from __future__ import annotations

from typing import NamedTuple

RUNS = {
    "quickstart": "harness run quickstart --seeds 40 --output output/gallery/quickstart",
    "comparison": "harness run ga-vs-backprop --seeds 10 --output output/gallery/comparison",
    "decided": (
        "harness run ga-vs-backprop --only optimizer=genetic-algorithm,lbfgs,momentum "
        "--only problem=xor,wine --cost 2000 --until-decided --max-seeds 200 --output output/gallery/decided"
    ),
    "sweep": (
        "harness run ga-vs-backprop-textbook --only optimizer=momentum --only problem=xor,iris --cost 2000 "
        "--set optimizers.momentum.learning_rate=[0.1,0.3,1.0,3.0] "
        "--set optimizers.momentum.momentum=[0.0,0.5,0.9] --output output/gallery/sweep"
    ),
    "tuning": "harness tune quickstart --trials 12 --seeds 3 --output output/gallery/tuning",
    "sources": "harness run gradient-error --seeds 5 --output output/gallery/sources",
    "growth": "harness run gradient-cost --output output/gallery/growth",
    "bound": "harness run perceptron-bound --seeds 50 --output output/gallery/bound",
}
"""Commands by the names of their folders."""


class Entry(NamedTuple):
    """One figure of the gallery."""

    plot: str
    """The kind of figure, as the terminal names it."""
    answers: str
    """The question that it answers, one sentence."""
    run: str
    """Which of ``RUNS`` it is drawn of."""
    options: str = ""
    """Options of ``harness plot``."""
    suffix: str = ""
    """What tells it from another figure of the same kind."""
    animated: bool = False
    """Whether it is drawn as it comes about."""

    @property
    def name(self) -> str:
        """Name of its picture, without an ending."""
        return f"{self.plot}-{self.suffix}" if self.suffix else self.plot

    @property
    def picture(self) -> str:
        """Its picture, from the page."""
        return f"gallery/{self.name}.{'gif' if self.animated else 'png'}"

    @property
    def command(self) -> str:
        """The command that draws it, at the root of the repository."""
        way = "--animate" if self.animated else "--output"
        words = ["harness plot", f"output/gallery/{self.run}", self.plot, self.options, "--width column"]
        return " ".join([*filter(None, words), way, f"docs/{self.picture}"])


ENTRIES = (
    Entry("convergence", "How far has each optimizer come for what it has spent?", "comparison",
          "--problem xor --problem wine"),
    Entry("convergence", "How does one family of optimizers do beside all others?", "comparison",
          "--set by=family --problem xor", "family"),
    Entry("cost-to-target", "What does each optimizer pay until half of its runs are solved?", "comparison",
          "--problem xor --problem wine"),
    Entry("finals", "Where did the runs end?", "comparison", "--problem xor --problem wine"),
    Entry("kaplan-meier", "Which part of the runs had reached the target by then?", "comparison",
          "--problem xor --problem wine"),
    Entry("runtime-ecdf", "Which part of many targets, easy ones and hard ones, had been reached by then?",
          "comparison", "--problem xor --problem wine"),
    Entry("performance-profile", "On how many problems is an optimizer within a factor of the best?",
          "comparison"),
    Entry("data-profile", "How many problems are solved with a given budget, whatever their size?",
          "comparison"),
    Entry("critical-differences", "Which optimizers are told apart by their ranks over all problems?",
          "comparison"),
    Entry("crossover", "From which budget on is one optimizer ahead of another?", "comparison",
          "--set against=genetic-algorithm --problem xor --problem wine"),
    Entry("deciding", "After how many seeds was a claim decided?", "decided"),
    Entry("specification-curve", "Does a verdict hold under every choice that could as well have been made?",
          "quickstart", "--set better=genetic-algorithm --set than=gradient-descent"),
    Entry("tuning-curve", "What is trying another configuration worth?", "tuning"),
    Entry("sweep-heatmap", "Which values of two options belong together?", "sweep"),
    Entry("confusion", "Which classes are taken for which?", "comparison",
          "--set problem=iris --optimizer momentum --optimizer lbfgs --optimizer genetic-algorithm"),
    Entry("decision-boundary", "Where does a trained network draw the line?", "quickstart"),
    Entry("network-diagram", "What are the weights of a trained network?", "quickstart"),
    Entry("weights-over-time", "How did each weight come to its value?", "quickstart"),
    Entry("loss-landscape", "Over which ground did the searches go, and where to?", "quickstart"),
    Entry("loss-landscape", "The same as it comes about, by what was spent.", "quickstart",
          "--set resolution=41", "animation", animated=True),
    Entry("population-spread", "How long does a population stay diverse?", "quickstart"),
    Entry("gradient-error", "How wrong is a difference quotient, for which step?", "sources"),
    Entry("gradient-cost", "What does one gradient cost as the network grows?", "growth"),
    Entry("perceptron-bound", "Does the perceptron rule keep Novikoff's bound?", "bound"),
)  # fmt: skip
"""All figures, in the order of the page."""
