"""Starts a local method again and again, and keeps the best point of all its runs."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import BeforeValidator, Field

from optimizers.errors import InputError
from optimizers.objective import Array, Need, Objective
from optimizers.optimizer import Observe, Optimizer, Outcome
from optimizers.options import BelowOne, Count, options
from optimizers.registry import build_optimizer
from optimizers.scipy.methods import LBFGS
from optimizers.search_space import Logarithmic, SearchSpace, Whole

MOST_IN_VAIN = 100
"""Points drawn in a row that lead to no finite loss, or to no iteration, after which there is no use in
drawing another. A point on a plateau is none of them: a narrow valley may be found by drawing alone."""


def _built(value: Any) -> Any:
    """Build the method that a file names."""
    if not isinstance(value, str | dict):
        return value
    return build_optimizer(value)


@options
class MultiStart(Optimizer):
    """Run a local method from one start after another, and answer with the best point of all runs.

    The first start is the run's own; each further one is the lowest of some points that are drawn from where
    starts of the objective come. A run of the method is given up, and the next one begun, where the method
    ends by itself, where its loss is no longer finite, or where ``patience`` of its iterations in a row have
    not lowered the best loss of this run by ``tolerance`` of it. All runs share the one budget. One iteration
    is one of the method, or one point drawn.

    Attributes:
        optimizer: the local method, such as ``LBFGS()``; in a file its name, or a table of name and options.
        candidates: points drawn for each further start. Of 573 searches of global test functions with 5,000
            evaluations each, 485 reached the minimum with 1, 497 with 10 and 503 with 25; xor is solved at a
            median cost of 153, 179 and 225.
        patience: iterations without an improvement worth the name, after which a run is given up.
        tolerance: part of the loss that has to go for an improvement to be worth the name.

    >>> import numpy as np, optimizers
    >>> def many_valleys(w):
    ...     return float(w @ w + 3 * (1 - np.cos(6 * w)).sum())
    >>> search = MultiStart(optimizer=optimizers.GradientDescent(learning_rate=0.01))
    >>> best = optimizers.minimize(many_valleys, [2.0], search, budget=5_000)
    >>> best.loss < 1e-6
    True
    """

    optimizer: Annotated[Optimizer, BeforeValidator(_built), Field(validate_default=False)] = LBFGS()
    candidates: Count = 10
    patience: Count = 100
    tolerance: BelowOne = 0.001

    search_space: ClassVar[SearchSpace] = {
        "candidates": Whole(1, 100, logarithmic=True),
        "patience": Whole(10, 1000, logarithmic=True),
        "tolerance": Logarithmic(1e-6, 0.1),
    }
    pays_for_loss: ClassVar[bool] = True
    draws: ClassVar[bool] = True
    needs: ClassVar[frozenset[Need]] = frozenset({"value", "gradient"})
    source: ClassVar[str] = (
        "Marti (2003), Multi-start methods, in Handbook of Metaheuristics; Boender, Rinnooy Kan, Timmer, "
        "Stougie (1982), A stochastic method for global optimization, Mathematical Programming 22"
    )

    def __post_init__(self) -> None:
        if "single-layer" in self.optimizer.needs:
            raise InputError(
                f"MultiStart: option 'optimizer' is {self.optimizer.name()}, expected a method that tells "
                "the loss of its iterates: take a gradient method"
            )
        if getattr(self.optimizer, "batch", None) is not None:
            raise InputError(
                "MultiStart: option 'optimizer' takes batches, which do not know the loss over all rows that "
                "runs are compared by: leave its option 'batch' out"
            )
        # What it needs is what its method needs, and values of what is drawn; of the class that is said for
        # the default.
        object.__setattr__(self, "needs", self.optimizer.needs | {"value"})

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of an iteration of the method."""
        return self.optimizer.iteration_cost(objective)

    def refusal(self, objective: Objective) -> str | None:
        """Refuse what the method refuses."""
        return self.optimizer.refusal(objective)

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Start the method anew until ``observe`` allows no more."""
        runs = _Runs(observe, start, self.patience, self.tolerance, objective)
        in_vain = 0
        while runs.left:
            before = runs.iterations
            runs.begin()
            ended = self.optimizer.run(objective, start, rng, runs)
            if not runs.left:
                break
            in_vain = 0 if runs.finite and runs.iterations > before else in_vain + self.candidates
            if in_vain >= MOST_IN_VAIN:
                runs.finish()
                reason = f" ({ended})" if ended is not None else ""
                return Outcome("stalled", f"{in_vain} points in a row led nowhere{reason}")
            start = self._next_start(objective, rng, runs)
        return None

    def _next_start(self, objective: Objective, rng: np.random.Generator, runs: _Runs) -> Array:
        """Return the lowest of the points that are drawn, each of which takes an iteration."""
        if self.candidates == 1:
            return objective.draw_start(rng)
        points = [objective.draw_start(rng) for _ in range(self.candidates)]
        losses: list[float] = []
        for point in points:
            loss = objective.value(point)
            losses.append(math.inf if math.isnan(loss) else loss)
            runs.drew(point, loss)
            if not runs.left:
                break
        return points[int(np.argmin(losses))]


class _Runs:
    """The ``observe`` of the local method, which passes the best of all its runs on to the real one.

    Runs are judged by iterations, never by looks, so that looking more often changes nothing.

    Attributes:
        left: iterations that the real ``observe`` still allows.
        iterations: iterations done by all runs.
    """

    def __init__(
        self, observe: Observe, start: Array, patience: int, tolerance: float, objective: Objective
    ) -> None:
        self.iterations = 0
        self._objective = objective
        self._observe = observe
        self._patience = patience
        self._tolerance = tolerance
        self._best_w = start.copy()
        self._best = math.nan
        self._trail: list[float] = []
        self.left = observe(start.copy())
        self.begin()

    def begin(self) -> None:
        """Begin a run of the local method."""
        self._worthy = math.inf
        self._since = 0
        self._allowed = 0

    @property
    def finite(self) -> bool:
        """Whether the present run has come to a finite loss."""
        return self._worthy < math.inf

    def __call__(
        self,
        w: Array,
        *,
        iterations: int = 0,
        losses: Array | None = None,
        best: Array | None = None,
        loss: float | None = None,
        population_losses: Array | None = None,
    ) -> int:
        """Note a stretch of the local method; return how far it may go, 0 to give its run up."""
        lost = loss is not None and not math.isfinite(loss)
        reached = loss is not None and loss <= self._objective.target
        if not iterations and not lost and not reached:
            return self._allow()
        if losses is None and not lost and not reached:
            raise InputError("the optimizer tells no losses, by which runs are compared: take another one")
        # An iterate whose loss ends the run has been paid for, and its iteration is not counted.
        told = losses if losses is not None else np.empty(0)
        self._note(told, loss, iterations + int((lost or reached) and iterations < self._allowed))
        if best is not None and told.size:
            self._improve(best, float(told.min()))
        if loss is not None:
            self._improve(w, loss)
        if not self.left or reached:
            self.finish()
        return 0 if lost or reached else self._allow()

    def drew(self, w: Array, loss: float) -> None:
        """Note a point that was drawn, an iteration by itself."""
        self._trail.append(self._best)
        self.iterations += 1
        self.left -= 1
        if math.isfinite(loss):
            self._improve(w, loss)
        if not self.left or loss <= self._objective.target:
            self.finish()

    def _note(self, losses: Array, loss: float | None, iterations: int) -> None:
        """Add a stretch to the trail of the best loss so far, and find out how long nothing has improved.

        A method that knows the loss of the point it has come to knows one more than its ``losses``, and the
        first of them is old; one that does not is an iteration behind.
        """
        if math.isnan(self._best):
            self._best = float(losses[0]) if losses.size else math.inf
        known = losses if loss is None else np.append(losses[1:], loss)
        running = self._best
        for place in range(iterations):
            self._trail.append(running)
            seen = float(known[place]) if place < known.size else math.inf
            running = min(running, seen) if math.isfinite(seen) else running
            if seen < self._worthy:
                self._worthy, self._since = seen - self._tolerance * abs(seen), 0
            else:
                self._since += 1
        self.iterations += iterations
        self.left -= iterations

    def _improve(self, w: Array, loss: float) -> None:
        if loss <= self._best:
            self._best_w, self._best = w.copy(), loss

    def _allow(self) -> int:
        """Return how many iterations the run may go on: no further than to where it might be given up.

        That is after the first one already, for the loss of a start may not be finite.
        """
        known = math.isfinite(self._worthy)
        self._allowed = min(self.left, max(self._patience - self._since, 0) if known else 1)
        return self._allowed

    def finish(self) -> None:
        """Look at what has been done since the last look."""
        if not self._trail:
            return
        trail, self._trail = np.array(self._trail), []
        self.left = self._observe(self._best_w.copy(), iterations=len(trail), losses=trail, loss=self._best)
