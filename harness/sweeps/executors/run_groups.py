"""Runs that travel together: as many of one kind as take about a second."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter, deque
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

import cloudpickle

from harness.problems.base import BaseProblem
from harness.runs.described import RowsKept
from harness.runs.execution import kind_of
from harness.runs.single_run import Run
from optimizers.budget import Budget
from optimizers.errors import InputError
from optimizers.optimizer import Optimizer
from optimizers.printable import said_by

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
        self.seconds = 0.0
        """Of one run; 0 while no group has come back."""

    def length(self) -> float:
        """Return how long what is left of it may take."""
        return (self.seconds or SECONDS) * len(self.seeds)


class _New:
    """Kinds of which no run was taken yet, so that one is found that shares little with those being compiled.

    No look at all of them: kinds of one class of optimizer lie together, and in them those of one problem.
    """

    def __init__(self, kinds: Sequence[_Kind]) -> None:
        self._kinds: dict[type[Optimizer], dict[int, deque[_Kind]]] = {}
        self._busy: set[int] = set()
        """Kinds that were taken and are being compiled."""
        self._problems: Counter[int] = Counter()
        self._optimizers: Counter[type[Optimizer]] = Counter()
        for kind in kinds:
            template = kind.template
            of_optimizer = self._kinds.setdefault(type(template.optimizer), {})
            of_optimizer.setdefault(template.problem, deque()).append(kind)

    def left(self) -> bool:
        """Say whether there are any."""
        return bool(self._kinds)

    def take(self) -> _Kind:
        """Return the kind that shares least with those that are being compiled, the first of several."""
        *_, optimizer, problem = min(self._candidates())
        of_optimizer = self._kinds[optimizer]
        kind = of_optimizer[problem].popleft()
        if not of_optimizer[problem]:
            del of_optimizer[problem]
        if not of_optimizer:
            del self._kinds[optimizer]
        self._count(kind.template, 1)
        return kind

    def compiled(self, template: RunGroup) -> None:
        """Learn that a kind is compiled."""
        if template.kind in self._busy:
            self._count(template, -1)

    def _count(self, template: RunGroup, number: int) -> None:
        (self._busy.add if number > 0 else self._busy.remove)(template.kind)
        self._problems[template.problem] += number
        self._optimizers[type(template.optimizer)] += number

    def _candidates(self) -> Iterator[tuple[int, int, type[Optimizer], int]]:
        """Yield each class of optimizers with its first kinds: of busy problems, and of the first other."""
        for optimizer, of_problem in self._kinds.items():
            for problem, kinds in of_problem.items():
                shared = self._problems[problem]
                yield shared + self._optimizers[optimizer], kinds[0].template.kind, optimizer, problem
                if not shared:
                    break


class Groups:
    """Hand out runs in groups.

    The first group of each kind comes first, and is one run: whoever does it compiles what the kind needs,
    and others compile other kinds meanwhile. The next ones take a second by the measured time of a run, and
    less when little is left of all kinds together, so that the workers end at the same time. (A share of what
    is left of the one kind made 1,070 groups of 4,620 runs of 77 kinds where 186 do; on Dask a group takes
    4 ms of the process that hands it out.)

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
        self._new = _New(self._kinds)
        self._untaken = len(runs)
        self._seconds_left = sum(kind.length() for kind in self._kinds)
        """How long the runs may take that nobody has taken."""
        self._longest: list[tuple[float, int]] = []
        """Kinds that have begun, the longest first; an entry whose length holds no more is passed over."""
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
        return bool(self._suspects or self._untaken)

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
        if self._new.left():
            return self._taken(self._new.take(), 1)
        # The longest first: what is left for the end should be short.
        while True:
            length, number = heapq.heappop(self._longest)
            kind = self._kinds[number]
            if kind.seeds and -length == kind.length():
                break
        lasting = min(SECONDS, self._seconds_left / (2 * workers))
        count = max(round(lasting / kind.seconds), 1) if kind.seconds else 1
        return self._taken(kind, min(count, len(kind.seeds)))

    def came_back(self, group: RunGroup, seconds: float) -> None:
        """Learn what a group has taken, without its compilation."""
        kind = self._kinds[group.kind]
        self._seconds_left -= kind.length()
        kind.seconds = max(seconds / len(group.seeds), 1e-6)
        self._seconds_left += kind.length()
        self._new.compiled(kind.template)
        self._wait(kind)

    def suspect(self, group: RunGroup) -> None:
        """Take back a group whose worker died, in halves: alone, they show which run it was."""
        middle = len(group.seeds) // 2
        halves = (group.seeds[:middle], group.seeds[middle:])
        self._suspects.extend(group._replace(seeds=seeds, suspected=True) for seeds in halves if seeds)

    def _taken(self, kind: _Kind, count: int) -> RunGroup:
        self._seconds_left -= kind.length()
        seeds = tuple(kind.seeds.popleft() for _ in range(count))
        self._seconds_left += kind.length()
        self._untaken -= count
        self._wait(kind)
        return kind.template._replace(seeds=seeds)

    def _wait(self, kind: _Kind) -> None:
        """Enter a kind among those that have begun, with the length that it has now."""
        if kind.seeds:
            heapq.heappush(self._longest, (-kind.length(), kind.template.kind))


def unsendable(error: Exception) -> InputError:
    """Build the error for runs that cannot be sent to another process."""
    return InputError(
        f"these runs cannot be sent to another process ({said_by(error)}): "
        "do them in this one, with workers=1"
    )
