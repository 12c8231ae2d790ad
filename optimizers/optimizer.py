"""Contract 2: what the harness may ask of an optimizer.

An optimizer is a frozen set of options with a ``run`` method. It never looks at a clock or a budget: it
asks ``observe``, which answers with an allowance of iterations, and stops when that is zero. A compiled loop,
whose evaluations nobody sees, returns at once when it knows a loss at or below ``objective.target``. If it is
allowed more iterations then, the loss was told in single precision, and ``objective.target`` is a lower one.
"""

from __future__ import annotations

import importlib
import traceback
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, Self, get_args

import numpy as np

from optimizers.errors import InputError
from optimizers.named import Named
from optimizers.objective import Array, Need, Objective
from optimizers.options import changed_options, options
from optimizers.printable import printable, said_by
from optimizers.search_space import SearchSpace

LONGEST_TRACEBACK = 4000
"""Characters of a traceback that are kept, the last ones."""

OutcomeName = Literal["solved", "budget", "stalled", "diverged", "failed", "timeout"]


@dataclass(frozen=True)
class Outcome:
    """How a run ended: one of six names, and one sentence that explains it."""

    name: OutcomeName
    sentence: str
    origin: str = ""
    """Traceback of the error that ended the run."""

    @classmethod
    def of_error(cls, error: BaseException) -> Outcome:
        """Return the outcome of a run that an error has ended."""
        said = "".join(traceback.format_exception(error))
        return cls("failed", said_by(error), printable(said)[-LONGEST_TRACEBACK:])

    def __str__(self) -> str:
        return f"{self.name}: {self.sentence}"


class Observe(Protocol):
    """What an optimizer calls at its start, and again whenever its allowance is used up.

    One that is a ``SeveralLooks`` (``optimizers/several_looks.py``) may be shown several looks together.
    """

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
        """Look at the search and say how many more iterations it may do.

        Arguments:
            w: the parameters that the search would answer with now, shape (n,).
            iterations: iterations done since the last look; 0 at the start.
            losses: where the search knows them, the loss over all rows of each of the ``iterations``
                parameter vectors that led here, the one of the last look first and ``w`` itself not
                included.
            best: the parameters of the lowest of ``losses``, where the search has them.
            loss: the loss of ``w`` over all rows where the search has paid for it. It is measured in any
                case, and a run is failed that tells another.
            population_losses: the losses of the present population; ``w`` is its best member, or better.

        Returns:
            Iterations that may be done before the next look; 0 means stop.
        """


MOST_NUMBERS = 2**29
"""Numbers that a search may hold, 4 gigabytes: memory that is not there is found out when it is too late."""


@options
class Optimizer(Named, ABC):
    """A search method: frozen options, what it needs, and how it runs."""

    needs: ClassVar[frozenset[Need]]
    """What the search uses of an objective. It is refused where that is missing, and shown nothing else."""
    source: ClassVar[str]
    """The paper or book whose equations and defaults these are."""
    pays_for_loss: ClassVar[bool] = False
    """Whether the search pays for the loss of all that it shows, and tells it. Where it does not, one
    evaluation of the budget is kept back for the last."""
    variants: ClassVar[tuple[str, ...]] = ()
    """Options that make another program of it, each as it is written behind the name: ``engine=pygad``. The
    contract suite tests what they do like any other optimizer."""
    random: ClassVar[bool] = True
    """Whether ``run`` reads its generator. Of a subclass with a ``run`` of its own it does unless it says
    otherwise itself."""
    draws: ClassVar[bool] = False
    """Whether the search can leave a point without a finite loss, because it draws others."""
    search_space: ClassVar[SearchSpace] = {}
    """The options that are worth tuning, each with its range; empty where there are none."""

    def __new__(cls, *given: Any, **named: Any) -> Self:
        """Refuse a class that does not say what it needs, before a sweep comes upon it."""
        if not hasattr(cls, "needs"):
            raise InputError(
                f"optimizer {cls.__name__} does not say what it needs of an objective: give the class "
                f"needs = frozenset({{'value'}}), or others of {', '.join(get_args(Need))}"
            )
        return super().__new__(cls)

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Serve ``scipy.optimize.minimize(..., method=Adam())``.

        ``scipy_method.py``, which needs the class, enters itself in the place of this when it is first asked.
        """
        importlib.import_module("optimizers.scipy_method")
        return self(*given, **named)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "run" in vars(cls) and "random" not in vars(cls):
            cls.random = True

    @abstractmethod
    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Search from a start until ``observe`` allows no more.

        Arguments:
            objective: what to minimise, as a view: a call beyond a limit, or after the target has been
                reached, raises ``StoppedError``, which is left to pass.
            start: parameters to start from, shape (n,); left as they are.
            rng: the only source of randomness.
            observe: called with the start first.

        Returns:
            None if ``observe`` ended the search, or the reason why the search ended by itself.
        """

    @abstractmethod
    def iteration_cost(self, objective: Objective) -> float:
        """State the most that one iteration costs, in forward-pass equivalents."""

    def numbers_held(self, n: int) -> int:
        """Return how many numbers a search over n parameters holds, where they are more than some vectors."""
        return 0

    def refusal(self, objective: Objective) -> str | None:
        """Say why this optimizer cannot work on an objective, and the remedy; None if it can."""
        held = self.numbers_held(objective.size)
        if held > MOST_NUMBERS:
            return (
                f"it would hold {held / MOST_NUMBERS * 4:.3g} gigabytes, expected up to 4: "
                "take fewer parameters or a smaller population"
            )
        missing = (objective.missing(need) for need in get_args(Need) if need in self.needs)
        return next((reason for reason in missing if reason), None)

    @property
    def memoryless(self) -> bool:
        """Whether an iteration carries nothing on to the next but the parameters.

        A search that is left after any of them may then go on from its last point on other rows.
        """
        return False

    @property
    def label(self) -> str:
        """The name with the options that differ from their defaults, as a legend shows it."""
        shown = []
        for name, value in changed_options(self).items():
            option = getattr(self, name)
            shown.append(f"{name}={option.label if isinstance(option, Optimizer) else value}")
        return f"{self.name()}({', '.join(shown)})" if shown else self.name()
