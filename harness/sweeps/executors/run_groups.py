"""Runs that travel together: as many of one kind as take about a second."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import cloudpickle

from harness.problems.base import BaseProblem
from harness.runs.described import RowsKept
from harness.runs.execution import kind_of
from harness.runs.single_run import Run
from optimizers.budget import Budget
from optimizers.errors import InputError
from optimizers.optimizer import Optimizer

SECONDS = 1.0
"""What a group should take: sending one takes a millisecond, and what a killed worker had done of it is done
again."""


class RunGroup(NamedTuple):
    """Runs of one kind, that differ by their seeds, without their problem: that travels once a worker."""

    kind: int
    """Which kind."""
    problem: int
    """Which of the sweep's problems."""
    optimizer: Optimizer
    gradient: str
    budget: Budget
    timeout: float | None
    gradient_reference: str | None
    own_code: str | None
    trace: RowsKept
    seeds: tuple[int, ...]
    suspected: bool = False
    """Whether it was with a worker that died."""

    def runs(self, problems: Sequence[BaseProblem]) -> list[Run]:
        """Return the runs, each complete."""
        first = Run(
            problems[self.problem],
            self.optimizer,
            self.gradient,
            self.seeds[0],
            budget=self.budget,
            timeout=self.timeout,
            gradient_reference=self.gradient_reference,
            own_code=self.own_code,
            trace=self.trace,
        )
        return first.with_seeds(self.seeds)


class _Kind:
    """The runs of a kind that nobody has taken yet."""

    def __init__(self, template: RunGroup) -> None:
        self.template = template
        self.seeds: deque[int] = deque()
        self.begun = False
        self.seconds = 0.0
        """Of one run; 0 while no group has come back."""


class Groups:
    """Hand out runs in groups.

    The first group of each kind comes first, and is one run: whoever does it compiles what the kind needs,
    and others compile other kinds meanwhile. The next ones are as large as the measured time of a run says.

    Arguments:
        runs: what is to be done.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self.problems = list({id(run.problem): run.problem for run in runs}.values())
        places = {id(problem): place for place, problem in enumerate(self.problems)}
        numbers: dict[Hashable, int] = {}
        self._kinds: list[_Kind] = []
        for run in runs:
            number = numbers.setdefault(kind_of(run), len(numbers))
            if number == len(self._kinds):
                template = RunGroup(
                    kind=number,
                    problem=places[id(run.problem)],
                    optimizer=run.optimizer,
                    gradient=run.gradient,
                    budget=run.budget,
                    timeout=run.timeout,
                    gradient_reference=run.gradient_reference,
                    own_code=run.own_code,
                    trace=run.trace,
                    seeds=(),
                )
                self._kinds.append(_Kind(template))
            self._kinds[number].seeds.append(run.seed)
        self._suspects: deque[RunGroup] = deque()

    def luggage(self) -> tuple[str, bytes]:
        """Return the problems as what travels once a worker, with its digest.

        Raises:
            InputError: if one cannot be sent to another process.
        """
        try:
            content: bytes = cloudpickle.dumps(self.problems)
        except Exception as error:
            raise unsendable(error) from None
        return hashlib.sha256(content).hexdigest(), content

    def left(self) -> bool:
        """Say whether there are runs that nobody has taken."""
        return bool(self._suspects) or any(kind.seeds for kind in self._kinds)

    def suspected(self) -> bool:
        """Say whether groups wait that were at work when a worker died."""
        return bool(self._suspects)

    def take(self, workers: int) -> RunGroup:
        """Return a group, where there is one left.

        Arguments:
            workers: how many share the work.
        """
        if self._suspects:
            return self._suspects.popleft()
        waiting = [kind for kind in self._kinds if kind.seeds]
        new = [kind for kind in waiting if not kind.begun]
        if new:
            return self._taken(self._strangest(new), 1)
        # The longest first: what is left for the end should be short.
        kind = max(waiting, key=lambda kind: (kind.seconds or SECONDS) * len(kind.seeds))
        share = -(-len(kind.seeds) // (2 * workers))
        count = max(round(SECONDS / kind.seconds), 1) if kind.seconds else 1
        return self._taken(kind, min(count, share))

    def came_back(self, group: RunGroup, seconds: float) -> None:
        """Learn what a group has taken, without its compilation."""
        self._kinds[group.kind].seconds = max(seconds / len(group.seeds), 1e-6)

    def suspect(self, group: RunGroup) -> None:
        """Take back a group whose worker died, in halves: alone, they show which run it was."""
        middle = len(group.seeds) // 2
        halves = (group.seeds[:middle], group.seeds[middle:])
        self._suspects.extend(group._replace(seeds=seeds, suspected=True) for seeds in halves if seeds)

    @staticmethod
    def _taken(kind: _Kind, count: int) -> RunGroup:
        kind.begun = True
        return kind.template._replace(seeds=tuple(kind.seeds.popleft() for _ in range(count)))

    def _strangest(self, new: Sequence[_Kind]) -> _Kind:
        """Return the kind that shares least with those that are being compiled."""
        busy = [kind.template for kind in self._kinds if kind.begun and not kind.seconds]

        def shared(kind: _Kind) -> int:
            mine = kind.template
            return sum(
                (mine.problem == other.problem) + (type(mine.optimizer) is type(other.optimizer))
                for other in busy
            )

        return min(new, key=shared)


def unsendable(error: Exception) -> InputError:
    """Build the error for runs that cannot be sent to another process."""
    return InputError(
        f"these runs cannot be sent to another process ({type(error).__name__}: {error}): "
        "do them in this one, with workers=1"
    )
