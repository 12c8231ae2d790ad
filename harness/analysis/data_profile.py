"""Which part of the problems an optimizer solves for so many simplex gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from harness.analysis.profiles import measured
from harness.analysis.proportions import wilson_interval
from harness.analysis.statistic import LINE, PROBLEMS, Columns, Statistic, estimate, estimated
from harness.runs.columns import Column
from harness.runs.tables import Tables
from optimizers.options import PositiveNumbers, Real, options


@options
class DataProfile(Statistic):
    """Part of the problems that an optimizer solves for a cost in proportion to their parameters.

    ``d_s(kappa) = (problems with t_ps <= kappa (n_p + 1)) / problems``: n_p + 1 evaluations are what one
    gradient by differences takes of a problem of n_p parameters, and t_ps is the expected running time (ERT)
    in forward-pass equivalents. Problems without a target are not among them. Where an optimizer was not run
    on a problem it has not solved it. The interval is Wilson's, for problems that are drawn from such
    problems.

    Attributes:
        gradients: the kappa, numbers of simplex gradients.
        target: loss to reach; none takes the problem's own.
    """

    gradients: PositiveNumbers = (1.0, 10.0, 100.0, 1000.0, 10000.0)
    target: Real | None = None

    source: ClassVar[str] = (
        "More, Wild (2009), Benchmarking derivative-free optimization algorithms, SIAM Journal on "
        "Optimization 20, equation 2.3"
    )
    unit: ClassVar[Columns] = {
        **LINE,
        "gradients": Column("number", "cost over the number of parameters and 1"),
    }
    columns: ClassVar[Columns] = {
        **PROBLEMS,
        "present": Column("whole", "problems that it was run on"),
        **estimate("fraction", "part of the problems that it solves for that"),
    }

    def rows(self, tables: Tables) -> Iterator[dict[str, Any]]:
        """Yield a row for each line and number of gradients."""
        found = measured(tables, "cost", self.target)
        n = len(found.times)
        for place, (optimizer, gradient) in enumerate(found.lines if n else []):
            for kappa in dict.fromkeys(self.gradients):
                solved = int((found.times[:, place] <= kappa * (found.parameters + 1)).sum())
                row = {"gradients": kappa, "n": n, "present": int(found.present[:, place].sum())}
                share = estimated("fraction", solved / n, wilson_interval(solved, n, self.level))
                yield {"optimizer": optimizer, "gradient": gradient, **row, **share}
