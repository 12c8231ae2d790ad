"""What all descents share: rows and batches, weight decay, the loop and the looks."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, NamedTuple

import numpy as np

from optimizers.compiled_clock import IS_THERE
from optimizers.courses import Courses, SideBySide
from optimizers.descent.loop import UPDATE, Changes, descend, descend_python
from optimizers.errors import InputError
from optimizers.function_addresses import address
from optimizers.objective import ALL_ROWS, Array, Need, Objective, Rows
from optimizers.optimizer import Observe, Optimizer, Outcome
from optimizers.options import Count, NonNegative, options
from optimizers.several_looks import SeveralLooks
from optimizers.signatures import VALUE_AND_GRADIENT

Gradient = Callable[[Array], Array]
"""The gradient at a point, for a plain form; each call takes the rows of the next step."""


class Nothing(NamedTuple):
    """What a rule reads, or remembers, that names nothing."""


@options
class Descent(Optimizer, SideBySide):
    """Follow the gradient with an update rule.

    A subclass names the rule twice, as a compiled function ``update(w, gradient, state, settings, step)`` and
    in its ``plain`` form, and what it reads and remembers. All else (rows, batches, loop, looks) is here.

    Attributes:
        batch: rows of one step. None takes all of them, 1 is the pattern-by-pattern training of the
            textbooks. The rows are shuffled before each epoch, in an order that depends on problem and seed
            only; the last batch of an epoch holds what is left.
        weight_decay: the rule is given ``gradient + weight_decay * w``, the gradient of the loss and
            ``weight_decay |w|^2 / 2``, biases included (Krogh, Hertz 1992). All losses that are reported are
            without this penalty.
    """

    batch: Count | None = None
    weight_decay: NonNegative = 0.0

    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    random: ClassVar[bool] = False
    update: ClassVar[Any]
    reads: ClassVar[Any] = Nothing
    """NamedTuple of the numbers in ``settings``, each named as the option or attribute that it is."""
    remembers: ClassVar[Any] = Nothing
    """NamedTuple of the vectors in ``state``, each of a number for every parameter."""
    steps_alike: ClassVar[int] = 200
    """Steps for which rounding leaves ``update`` and ``plain`` within 1e-12 of each other on a network."""

    def __init_subclass__(cls) -> None:
        """Refuse a rule that lacks one of its two forms.

        Raises:
            InputError: if a class has an ``update`` of its own and no ``plain``, or ``plain`` alone, or if it
                reads what it does not have.
        """
        super().__init_subclass__()
        own = vars(cls)
        if "update" in own and "plain" not in own:
            raise InputError(
                f"{cls.__name__} has a compiled update and no plain form of it, expected both: write a "
                "method plain(self, w, gradient, rates) that yields w after each step, as its paper has it"
            )
        if "plain" in own and not hasattr(cls, "update"):
            raise InputError(
                f"{cls.__name__} has a plain form and no compiled update, expected both: write a compiled "
                "function update(w, gradient, state, settings, step) and name it in the class"
            )
        absent = [name for name in cls.reads._fields if not hasattr(cls, name)]
        if absent:
            raise InputError(
                f"{cls.__name__} reads '{absent[0]}', expected an option or a property of that name: "
                "declare it, or leave it out of what the rule reads"
            )

    def __post_init__(self) -> None:
        if self.batch is not None:
            object.__setattr__(self, "needs", self.needs | {"rows"})

    def settings(self) -> Array:
        """Return the numbers that the rule ``reads``, in an array of their own."""
        return np.array([getattr(self, name) for name in self.reads._fields], dtype=np.float64)

    def state(self, size: int) -> Array:
        """Return what the rule ``remembers``, as it is before the first step: zeros."""
        return np.zeros(len(self.remembers._fields) * size)

    @abstractmethod
    def plain(self, w: Array, gradient: Gradient, rates: Iterable[float]) -> Iterator[Array]:
        """Yield the parameters after each step, by NumPy and loops, as the paper of the rule prints it.

        Tests hold ``update`` against it. It is written from the paper and not from ``update``, and leaves
        weight decay that goes through the gradient, clipping and batches to who calls it.

        Arguments:
            w: parameters to start from, shape (n,); left as they are.
            gradient: returns the gradient at a point, shape (n,); called once a step.
            rates: the learning rate of each step, above 0. A rule without one takes as many steps.
        """

    @property
    def memoryless(self) -> bool:
        """Whether the rule remembers nothing, and no batches have an order to be kept."""
        return not self.remembers._fields and self.batch is None

    @property
    def coupled_decay(self) -> float:
        """The weight decay that goes through the gradient."""
        return self.weight_decay

    def changes(self, first: int, count: int) -> Changes | None:
        """Return what ``count`` iterations from ``first`` on do to learning rate and gradient."""
        if not self.coupled_decay:
            return None
        return Changes(np.zeros(0), 0, math.inf, self.coupled_decay)

    def _batch_rows(self, objective: Objective) -> int:
        """Return the rows of one step, 0 for all of them."""
        return 0 if self.batch is None or self.batch >= objective.rows else self.batch

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of one gradient over the rows of one step."""
        rows = self._batch_rows(objective) or objective.rows
        return objective.gradient.cost * rows / objective.rows

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Step until ``observe`` allows no more. ``rng`` is not used: the row order is the problem's."""
        batch = self._batch_rows(objective)
        several = observe if objective.compiled is not None and isinstance(observe, SeveralLooks) else None
        order = np.arange(objective.rows) if batch else ALL_ROWS.copy()
        rows = (order, batch, objective.row_order() if batch else None)
        w, state, settings = start[np.newaxis], self.state(objective.size)[np.newaxis], self.settings()
        first = 0
        allowance = observe(start)
        while allowance:
            stretches = np.array([allowance]) if several is None else several.ahead()
            here = Courses.begun(stretches, w, objective.counters, not batch)
            self._descend(objective, rows, first, settings, state, here)
            w, first = here.w, first + int(here.done[0])
            allowance = here.of(0).tell(observe)
        return None

    def courses(self, objective: Objective, starts: Array, stretches: Rows) -> Courses | None:
        """Search from several starts; None for batches, for each search has a row order of its own."""
        overridden = type(self).run is not Descent.run
        if overridden or objective.compiled is None or self._batch_rows(objective) or not IS_THERE:
            return None
        rows = (ALL_ROWS.copy(), 0, None)
        states = np.tile(self.state(objective.size), (len(starts), 1))
        found = Courses.begun(stretches, starts, objective.counters, True)
        self._descend(objective, rows, 0, self.settings(), states, found)
        return found

    def _descend(
        self, objective: Objective, rows: Any, first: int, settings: Array, states: Array, here: Courses
    ) -> None:
        """Take searches along from iteration ``first`` on."""
        functions, update = objective.compiled, type(self).update
        # The loss of a batch is not the loss over all rows.
        target = objective.target if here.known else math.nan
        changes = self.changes(first, here.losses.shape[1])
        rest = (changes, *rows, first, target, settings, states, *here[:-1])
        if functions is None:
            descend_python(objective, update, *rest)
        else:
            function = address(functions.value_and_gradient, VALUE_AND_GRADIENT)
            rule = address(update, UPDATE)
            descend(function, rule, functions.gradient_data, objective.rows, *rest)
