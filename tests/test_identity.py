"""Nothing stale passes for new: what defines a run is in its identity, whatever a user wrote it with."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import functools
import hashlib
import importlib
import importlib.metadata
import json
import math
import platform
import struct
import subprocess
import sys
import threading
import types
from pathlib import Path
from typing import Any, ClassVar

import numba
import numpy as np
import pandas as pd
import pytest
import scipy.interpolate
import scipy.special

import harness
from harness.fingerprints.fingerprint import fingerprint
from harness.fingerprints.origins import is_installed, version_of
from harness.problems import PROBLEMS, FunctionProblem, Problem, ProblemFamily, load
from harness.runs.described import described, stream
from harness.runs.identity import digest_of, is_own_problem, own_code, shown_optimizer, shown_problem
from harness.runs.single_run import Run
from harness.sweeps.experiment_file import read_experiment
from optimizers import Adam, Budget, InputError, MultiStart, Optimizer
from optimizers.descent.schedule import SCHEDULES, Schedule
from optimizers.objective import Need
from optimizers.optimizer import Outcome
from optimizers.options import option_values, options

SCALE = 1.0


def scaled(w: Any) -> Any:
    return SCALE * np.sum(w * w)


def by_helper(w: Any) -> Any:
    return scaled(w)


def by_package(w: Any) -> Any:
    return users_package.inner.outer.inner.factor * np.sum(w)  # type: ignore[name-defined]  # noqa: F821


def key_of(function: Any, **changes: Any) -> str:
    return FunctionProblem(function, 2, name="same", **changes).key


def around(c: Any) -> Any:
    return lambda w: np.sum((w - c) ** 2)


class Bowl:
    """A callable with a state."""

    def __init__(self, c: float) -> None:
        self.c = c

    def __call__(self, w: Any) -> Any:
        return np.sum((w - self.c) ** 2)

    def value(self, w: Any) -> Any:
        return self(w)


class Slotted:
    __slots__ = ("c",)

    def __init__(self, c: float) -> None:
        self.c = c

    def __call__(self, w: Any) -> Any:
        return np.sum(w) * self.c


def power(w: Any, exponent: float = 2.0, *, factor: float = 1.0) -> Any:
    return factor * np.sum(w**exponent)


def other_defaults(exponent: float, factor: float) -> Any:
    def power(w: Any, exponent: float = exponent, *, factor: float = factor) -> Any:
        return factor * np.sum(w**exponent)

    return power


def compiled(c: float) -> Any:
    @numba.njit
    def function(w: Any) -> float:
        return c * (w * w).sum()

    return function


def nested(c: float) -> Any:
    def function(w: Any) -> Any:
        def inner(v: Any) -> Any:
            return c * v

        return np.sum(inner(w))

    return function


def noted(note: float) -> Any:
    function = contextlib.contextmanager(scaled)
    function.note = note  # type: ignore[attr-defined]
    return function


def beginning(c: float) -> type:
    class Begun:
        def __init__(self) -> None:
            self.c = c

    return Begun


def listing(c: float) -> type:
    @dataclasses.dataclass
    class Listed:
        entries: list[float] = dataclasses.field(default_factory=lambda: [c])

    return Listed


def with_member(kind: Any, c: float) -> type:
    return type("Made", (), {"member": kind(lambda *_: c)})


class Kind(enum.Enum):
    LOW = 1.0
    HIGH = 2.0


def kinds(c: float) -> Any:
    return enum.Enum("Kinds", {"ONLY": c}, module=__name__)


class Saved:
    """Something that says itself what its state is, without what it may forget."""

    def __init__(self, c: float, forgotten: float = 0.0) -> None:
        self.c, self.forgotten = c, forgotten

    def __getstate__(self) -> float:
        return self.c


class Many(list[float]):
    """A list of the user's own."""


def spline(middle: float) -> Any:
    heights = np.zeros(2001)
    heights[1000] = middle
    return scipy.interpolate.PPoly(heights[None, :2000], np.arange(2001.0))


two_on_one_line = (lambda w: np.sum(w**2), lambda w: np.sum(w**4))

PAIRS: dict[str, tuple[Any, Any]] = {
    "closure values": (around(1.0), around(2.0)),
    "closure arrays": (around(np.array([1.0, 2.0])), around(np.array([1.0, 2.5]))),
    "the order of an array in memory": (
        around(np.arange(6.0).reshape(2, 3)),
        around(np.asfortranarray(np.arange(6.0).reshape(2, 3))),
    ),
    "closures in a list": (around([1.0, {"a": 2}]), around([1.0, {"a": 3}])),
    "types of closure values": (around(1), around(1.0)),
    "signs of zero": (around(0.0), around(-0.0)),
    "two on one line": two_on_one_line,
    "a number in the code": (lambda w: np.sum(w) * 2, lambda w: np.sum(w) * 3),
    "a number and its type": (lambda w: np.sum(w) * 2, lambda w: np.sum(w) * 2.0),
    "a name in the code": (lambda w: np.sum(w), lambda w: np.prod(w)),
    "a nested number": (lambda w: (lambda v: v + 1)(w).sum(), lambda w: (lambda v: v + 2)(w).sum()),
    "a nested closure": (nested(1.0), nested(2.0)),
    "defaults": (other_defaults(2.0, 1.0), other_defaults(3.0, 1.0)),
    "keyword defaults": (other_defaults(2.0, 1.0), other_defaults(2.0, 5.0)),
    "arguments of a partial": (functools.partial(power, exponent=2), functools.partial(power, exponent=4)),
    "the function of a partial": (functools.partial(scaled), functools.partial(power)),
    "a partial of a partial": (
        functools.partial(functools.partial(power, factor=2.0), exponent=2.0),
        functools.partial(functools.partial(power, factor=3.0), exponent=2.0),
    ),
    "states of a callable": (Bowl(1.0), Bowl(2.0)),
    "slots of a callable": (Slotted(1.0), Slotted(2.0)),
    "bound methods": (Bowl(1.0).value, Bowl(2.0).value),
    "compiled functions": (compiled(1.0), compiled(2.0)),
    "options of a compilation": (numba.njit(scaled), numba.njit(fastmath=True)(scaled)),
    "functions of a library": (np.sum, np.prod),
    "ufuncs": (scipy.special.erf, scipy.special.gamma),
    "functions of C": (math.fsum, math.prod),
    "wrapped in a vectorize": (np.vectorize(lambda x: x + 1), np.vectorize(lambda x: x + 2)),
    "cached": (functools.lru_cache(around(1.0)), functools.lru_cache(around(2.0))),
    "wrapped under a library's name": (
        functools.wraps(np.sum)(around(1.0)),
        functools.wraps(np.sum)(around(2.0)),
    ),
    "polynomials": (np.poly1d([1, 2]), np.poly1d([1, 3])),
    "a number in the middle of a library's object": (spline(1.0), spline(2.0)),
    "arrays of objects": (around(np.array([1, "a"], object)), around(np.array([1, "b"], object))),
    "sets": (around({1.0, 2.0}), around({1.0, 3.0})),
    "kinds of containers": (around([1.0, 2.0]), around((1.0, 2.0))),
    "kinds of sets": (around({1.0}), around(frozenset({1.0}))),
    "lists of an own kind": (around(Many([1.0, 2.0])), around(Many([1.0, 3.0]))),
    "masks": (around(np.ma.array([1.0, 2.0], mask=[0, 1])), around(np.ma.array([1.0, 2.0], mask=[1, 0]))),
    "data under a mask": (
        around(np.ma.array([1.0, 2.0], mask=[0, 1])),
        around(np.ma.array([1.0, 3.0], mask=[0, 1])),
    ),
    "what stands for masked numbers": (
        around(np.ma.array([1.0], mask=[1], fill_value=0.0)),
        around(np.ma.array([1.0], mask=[1], fill_value=9.0)),
    ),
    "attributes of what a library made": (around(noted(1.0)), around(noted(2.0))),
    "how an object begins": (around(beginning(1.0)), around(beginning(2.0))),
    "what a field is made by": (around(listing(1.0)), around(listing(2.0))),
    "methods of objects from C": (around("a".join), around("b".join)),
    "what a property reads": (around(with_member(property, 1.0)), around(with_member(property, 2.0))),
    "what a cached property reads": (
        around(with_member(functools.cached_property, 1.0)),
        around(with_member(functools.cached_property, 2.0)),
    ),
    "what a static method returns": (
        around(with_member(staticmethod, 1.0)),
        around(with_member(staticmethod, 2.0)),
    ),
    "what a class method returns": (
        around(with_member(classmethod, 1.0)),
        around(with_member(classmethod, 2.0)),
    ),
    "read-only tables": (
        around(types.MappingProxyType({"a": 1.0})),
        around(types.MappingProxyType({"a": 2.0})),
    ),
    "members of an enumeration": (around(Kind.LOW), around(Kind.HIGH)),
    "values of an enumeration": (around(kinds(1.0).ONLY), around(kinds(2.0).ONLY)),
    "what an object says of its state": (around(Saved(1.0)), around(Saved(2.0))),
    "slots that are set": (around(Slotted(1.0)), around(Slotted.__new__(Slotted))),
}


BROUGHT: dict[str, tuple[Any, str]] = {
    "a dispatcher": (np.mean, "numpy"),
    "a function": (json.dumps, "json"),
    "a class": (np.poly1d, "numpy"),
    "an object": (np.poly1d([1, 2]), "numpy"),
    "a module": (np, "numpy"),
    "a ufunc": (np.sin, "numpy"),
    "a method from C": (np.ndarray.sum, "numpy"),
    "a ufunc of another": (scipy.special.erf, "scipy"),
    "a function that it made": (noted(1.0), "contextlib"),
    "what is copied by its name": (pd.NA, "pandas"),
}
"""What a library brings, and the library."""


class TestFunctions:
    @pytest.mark.parametrize("kind", PAIRS)
    def test_two_functions_under_one_name_are_two_problems(self, kind: str) -> None:
        one, other = PAIRS[kind]
        assert key_of(one) != key_of(other)
        assert key_of(one) == key_of(one)

    @pytest.mark.parametrize("make", [around, nested, compiled, Bowl, Slotted, lambda c: Bowl(c).value])
    def test_the_same_function_made_again_is_the_same_problem(self, make: Any) -> None:
        assert key_of(make(1.5)) == key_of(make(1.5))

    def test_what_an_object_leaves_out_of_its_state_has_no_part_in_it(self) -> None:
        assert key_of(around(Saved(1.0, 2.0))) == key_of(around(Saved(1.0, 3.0)))

    def test_a_constant_and_a_helper_belong_to_the_function(self, monkeypatch: pytest.MonkeyPatch) -> None:
        keys = [key_of(by_helper)]
        monkeypatch.setattr(sys.modules[__name__], "SCALE", 2.0)
        keys.append(key_of(by_helper))
        monkeypatch.setattr(sys.modules[__name__], "scaled", lambda w: SCALE * np.sum(w**4))
        keys.append(key_of(by_helper))
        assert len(set(keys)) == 3
        monkeypatch.undo()
        assert key_of(by_helper) == keys[0]

    def test_a_method_that_is_corrected_makes_another_problem(self, monkeypatch: pytest.MonkeyPatch) -> None:
        before = key_of(Bowl(1.0))
        monkeypatch.setattr(Bowl, "__call__", lambda self, w: np.sum((w + self.c) ** 2))
        assert key_of(Bowl(1.0)) != before

    def test_a_corrected_derivative_makes_another_problem(self) -> None:
        keys = {key_of(scaled, derivative=slope) for slope in (None, lambda w: 2 * w, lambda w: 3 * w)}
        assert len(keys) == 3

    def test_a_module_of_the_users_own_counts_by_what_is_called(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.syspath_prepend(tmp_path)
        keys = []
        for factor in (1, 2, 1):
            (tmp_path / "users_helpers.py").write_text(
                f"def deep(w):\n    return {factor} * w.sum()\n\n\ndef helper(w):\n    return deep(w)\n",
                encoding="utf-8",
            )
            sys.modules.pop("users_helpers", None)
            importlib.invalidate_caches()
            # A file that is rewritten within a second would be read from its cache.
            monkeypatch.setattr(sys, "dont_write_bytecode", True)
            module: Any = importlib.import_module("users_helpers")

            def function(w: Any, module: Any = module) -> Any:
                import users_helpers

                return users_helpers.helper(w)

            keys.append(fingerprint(function.__code__, module.helper))
            keys.append(key_of(lambda w, call=function: call(w)))
        sys.modules.pop("users_helpers")
        assert keys[0] == keys[4] != keys[2]
        assert keys[1] == keys[5] != keys[3]

    def test_neither_file_nor_line_nor_hash_seed_has_a_part_in_it(self, tmp_path: Path) -> None:
        source = (
            "from harness.fingerprints.fingerprint import fingerprint\n"
            "import numpy as np\n"
            "def function(w):\n"
            "    return np.sum(w) if 'a' in {'a', 'b', 'c', 'd', 'e'} else CONSTANTS\n"
            "CONSTANTS = {'x', 'y', 'z', 'u', 'v'}\n"
            "print(fingerprint(function))\n"
        )
        found = set()
        for seed, lines in enumerate(["", "\n\n# further down\n"]):
            file = tmp_path / f"file_{seed}.py"
            file.write_text(lines + source, encoding="utf-8")
            answer = subprocess.run(
                [sys.executable, str(file)],
                env={"PYTHONHASHSEED": str(seed + 1), "PYTHONPATH": str(Path(harness.__file__).parents[1])},
                capture_output=True,
                text=True,
                check=True,
            )
            found.add(answer.stdout)
        assert len(found) == 1

    def test_functions_that_call_each_other_come_to_an_end(self) -> None:
        def make(c: float) -> Any:
            def one(w: Any) -> Any:
                return other(w) if np.sum(w) > c else w

            def other(w: Any) -> Any:
                return one(w - 1)

            return one

        assert key_of(make(1.0)) == key_of(make(1.0)) != key_of(make(2.0))

    @pytest.mark.parametrize(
        ("held", "named"),
        [
            (np.random.default_rng(0), "numpy.random._generator.Generator"),
            (np.random.RandomState(0), "RandomState"),
            (threading.Lock(), "lock"),
            (iter([1.0]), "list_iterator"),
            ((x for x in ()), "generator"),
            (np.frompyfunc(abs, 1, 1), "ufunc"),
        ],
    )
    def test_what_cannot_be_fingerprinted_is_refused_with_its_name_and_a_remedy(
        self, held: Any, named: str
    ) -> None:
        def function(w: Any) -> Any:
            return held and np.sum(w)

        with pytest.raises(InputError) as caught:
            FunctionProblem(function, 2, name="noisy")
        sentence = str(caught.value)
        assert "problem 'noisy' depends on 'held'" in sentence
        assert named in sentence
        assert "key=" in sentence
        assert FunctionProblem(function, 2, name="noisy", key="mine").key == "mine"

    @pytest.mark.parametrize("kind", BROUGHT)
    def test_what_a_library_brings_counts_by_its_version(
        self, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        held, library = BROUGHT[kind]
        before = fingerprint(held, lambda w: held)
        monkeypatch.setattr(
            "harness.fingerprints.code.version_of",
            lambda top: "another" if top == library else version_of(top),
        )
        assert fingerprint(held, lambda w: held) != before

    def test_what_comes_with_the_project_counts_by_its_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        before = fingerprint(load, Adam, Adam(), harness)
        monkeypatch.setattr("harness.fingerprints.code.version_of", lambda top: f"another of {top}")
        assert fingerprint(load, Adam, Adam(), harness) == before

    def test_a_module_that_is_imported_when_it_is_called_belongs_to_the_function(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setattr(sys, "dont_write_bytecode", True)

        def function(w: Any) -> Any:
            import users_later

            return users_later.factor * w.sum()

        keys = []
        for factor in (1, 2, 1):
            (tmp_path / "users_later.py").write_text(f"factor = {factor}\n", encoding="utf-8")
            sys.modules.pop("users_later", None)
            importlib.invalidate_caches()
            keys.append(key_of(function))
        sys.modules.pop("users_later")
        assert keys[0] == keys[2] != keys[1]

    def test_a_module_in_a_module_of_the_users_own_counts_by_what_is_called(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outer, inner = types.ModuleType("users_package"), types.ModuleType("users_package.inner")
        # As modules of one package that import each other.
        outer.inner, inner.outer = inner, outer  # type: ignore[attr-defined]
        monkeypatch.setitem(globals(), "users_package", outer)
        keys = []
        for factor, unused in ((1.0, 1.0), (2.0, 1.0), (1.0, 2.0)):
            inner.factor, inner.unused = factor, unused  # type: ignore[attr-defined]
            keys.append(key_of(by_package))
        assert keys[0] == keys[2] != keys[1]

    def test_a_module_that_is_not_there_is_known_by_its_name(self) -> None:
        def one(w: Any) -> Any:
            import nobody_has_this

            return nobody_has_this.call(w)

        def other(w: Any) -> Any:
            import nobody_has_that

            return nobody_has_that.call(w)

        assert key_of(one) == key_of(one) != key_of(other)

    def test_a_compiled_module_of_the_users_own_counts_by_its_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        module, file = types.ModuleType("users_compiled"), tmp_path / "users_compiled.so"
        module.__file__ = str(file)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        found = []
        for content in (b"one", b"another", b"one"):
            file.write_bytes(content)
            found.append(fingerprint(module))
        assert found[0] == found[2] != found[1]
        file.unlink()
        assert fingerprint(module) not in found

    def test_what_is_refused_within_a_table_is_named_by_its_place_there(self) -> None:
        with pytest.raises(InputError, match="depends on 'door', a _thread"):
            key_of(around({"door": threading.Lock()}))

    def test_libraries_are_told_from_the_users_own_modules(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # One that is a file, and says its version in its metadata alone.
        assert is_installed("typing_extensions")
        assert version_of.__wrapped__("typing_extensions") == importlib.metadata.version("typing_extensions")
        assert version_of.__wrapped__("math") == platform.python_version()
        versioned = types.ModuleType("versioned_by_itself")
        versioned.__version__ = "1.2"  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "versioned_by_itself", versioned)
        assert version_of("versioned_by_itself") == "1.2"
        assert version_of("nobody_has_this") == ""
        assert not is_installed("nobody_has_this")
        assert not is_installed.__wrapped__("__main__")

    def test_an_open_file_is_refused(self, tmp_path: Path) -> None:
        with (tmp_path / "data").open("w") as file, pytest.raises(InputError, match="TextIOWrapper"):
            key_of(lambda w: file.write(str(w)))


class TestKeptRuns:
    def test_two_closures_under_one_name_have_their_own_numbers(self, tmp_path: Path) -> None:
        for c in (1.0, 5.0):
            problem = FunctionProblem(around(c), 2, name="bowl", low=0, high=0)
            results = harness.run(problem, "hill-climbing", budget=20, seeds=1, folder=tmp_path)
            assert results.runs["start_loss"].tolist() == [2 * c * c]
            assert results.runs["problem"].tolist() == ["bowl"]
        # Both are kept, and no table takes one for the other.
        loaded = harness.load(tmp_path)
        assert sorted(loaded.runs["start_loss"]) == [2.0, 50.0]
        assert loaded.runs["problem"].nunique() == 2
        assert loaded.runs["problem"].str.startswith("bowl [").all()


@options
class Walk(Optimizer):
    """A search of a user's own."""

    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    source: ClassVar[str] = "nobody"

    length = 0.5

    def iteration_cost(self, objective: Any) -> float:
        return 1.0

    def step(self, w: Any) -> Any:
        return w - self.length

    def run(self, objective: Any, start: Any, rng: Any, observe: Any) -> Outcome | None:
        observe(start.copy())
        observe(self.step(start), iterations=1)
        return Outcome("stalled", "one step is all that it does")


def named_adam() -> Any:
    @options
    class Adam(Walk):
        """A search under a name that is taken."""

    return Adam()


class Mixin:
    def step(self, w: Any) -> Any:
        return w * SCALE


@options
class Listing(Walk):
    """A search of the user's own with an option that has no hash."""

    entries: Any = None


class TestStreams:
    """What seeds an optimizer's own randomness; another stream would be another number in every table."""

    @pytest.mark.parametrize("optimizer", [Adam(learning_rate=0.5), MultiStart(), Walk()])
    def test_its_words_are_the_first_of_a_digest(self, optimizer: Optimizer) -> None:
        said = [load("xor").data_key, optimizer.name(), option_values(optimizer)]
        text = json.dumps(said, sort_keys=True, default=lambda value: type(value).__qualname__)
        expected = struct.unpack("<4I", hashlib.sha256(text.encode()).digest()[:16])
        assert stream(load("xor").data_key, optimizer) == list(expected)

    def test_options_without_a_hash_are_described_as_well(self) -> None:
        said = described(Listing(entries=[1.0, 2.0]))
        assert (said.name, said.options["entries"]) == ("listing", [1.0, 2.0])
        assert said.text == '{"entries": [1.0, 2.0]}'


class TestOptimizers:
    def identity(self, optimizer: Optimizer) -> str:
        return Run(load("xor"), optimizer, "none", 0, Budget(cost=5)).run_id

    def test_the_code_of_an_own_class_belongs_to_the_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = [self.identity(Walk()), self.identity(Walk())]
        monkeypatch.setattr(Walk, "step", lambda self, w: w - 2 * self.length)
        found.append(self.identity(Walk()))
        monkeypatch.setattr(Walk, "length", 0.25)
        found.append(self.identity(Walk()))
        assert found[0] == found[1]
        assert len(set(found)) == 3

    def test_base_classes_and_what_they_use_belong_to_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        @options
        class Mixed(Mixin, Walk):
            """A search with a base class of the user's own."""

        found = [self.identity(Mixed())]
        monkeypatch.setattr(sys.modules[__name__], "SCALE", 3.0)
        found.append(self.identity(Mixed()))
        monkeypatch.setattr(Mixin, "step", lambda self, w: w + 1)
        found.append(self.identity(Mixed()))
        assert len(set(found)) == 3

    def test_an_own_class_inside_another_optimizer_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        @options
        class Descending(Walk):
            """A local method of the user's own."""

        outer = MultiStart(optimizer=Descending())
        before = self.identity(outer)
        monkeypatch.setattr(Walk, "length", 0.125)
        assert self.identity(outer) != before

    def test_the_code_of_an_own_class_of_problems_is_told_by_sixteen_digits(self) -> None:
        class Doubled(FunctionProblem):
            """A problem of the user's own."""

        class Tripled(FunctionProblem):
            """Another one."""

            factor = 3

        codes = [own_code(cls(scaled, 2, name="same"), Adam(), []) for cls in (Doubled, Tripled, Doubled)]
        assert codes[0] == codes[2] != codes[1]
        assert all(len(code) == 16 and int(code, 16) for code in codes)
        assert own_code(FunctionProblem(scaled, 2, name="same"), Adam(), []) == ""
        # The first half of a quarter of SHA-256, by itself: it names files that are there already.
        assert digest_of("abc") == "ba7816bf8f01cfea"

    def test_data_under_a_name_that_builds_nothing_are_own(self) -> None:
        def named(name: str) -> Problem:
            return Problem.from_arrays([[0.0], [1.0]], [0, 1], test_fraction=0, name=name)

        for name in ("mine", "xor:depth=3", "parity:bits=x"):
            assert is_own_problem(named(name)), name
        assert [shown_problem(named(name)) for name in ("mine", "xor")] == ["mine", "xor (own)"]

    def test_data_under_the_name_of_a_brought_family_are_own_unless_they_are_its_own(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        @options
        class Halves(ProblemFamily):
            """Own data."""

            def data(self) -> Any:
                return np.arange(8.0)[:, None], np.arange(8) >= 4

        monkeypatch.setattr(PROBLEMS, "_members", {**PROBLEMS, "halves": Halves})
        built = load("halves")
        assert not is_own_problem(built)
        built.family = None
        assert not is_own_problem(built), "the same key"
        assert shown_problem(built) == "halves"
        other = Problem.from_arrays([[0.0], [1.0]], [0, 1], test_fraction=0, name="halves")
        assert is_own_problem(other)
        assert shown_problem(other) == "halves (own)"

    def test_a_brought_schedule_is_told_by_its_code(self, monkeypatch: pytest.MonkeyPatch) -> None:
        codes = []
        for function in (compiled(1.0), compiled(2.0)):
            brought = Schedule("mine", "a factor", SCHEDULES["constant"].reads, function)
            monkeypatch.setattr(SCHEDULES, "_members", {**SCHEDULES, "mine": brought})
            codes.append(own_code(load("xor"), Adam(schedule="mine"), []))  # type: ignore[arg-type]
        assert codes[0] != codes[1]
        assert "" not in codes
        assert own_code(load("xor"), Adam(), []) == ""

    def test_what_comes_with_the_project_has_no_code_of_its_own(self) -> None:
        assert own_code(load("xor"), MultiStart(), ["analytic"]) == ""
        assert shown_optimizer(Adam(learning_rate=0.5)) == Adam(learning_rate=0.5).label

    def test_an_edit_is_seen_by_a_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        one = harness.run("xor", Walk(), budget=5, seeds=1, folder=tmp_path)
        monkeypatch.setattr(Walk, "step", lambda self, w: w * 0)
        other = harness.run("xor", Walk(), budget=5, seeds=1, folder=tmp_path)
        assert other.runs["final_loss"].tolist() == [pytest.approx(math.log(2))]
        assert one.runs["final_loss"].tolist() != other.runs["final_loss"].tolist()
        assert harness.load(tmp_path).runs["optimizer"].nunique() == 2

    def test_an_own_class_under_a_known_name_is_marked(self) -> None:
        results = harness.run("xor", named_adam(), budget=5, seeds=1)
        assert results.runs["optimizer"].tolist() == ["adam (own)"]


class TestProblems:
    def own(self, **changes: Any) -> Problem:
        fields: dict[str, Any] = {"hidden": (), "test_fraction": 0.0, "name": "iris", **changes}
        return Problem.from_arrays([[0.0], [1.0], [2.0], [3.0]], fields.pop("y", list("aabb")), **fields)

    def test_own_data_under_a_known_name_are_marked_in_every_table(self) -> None:
        results = harness.run(self.own(), "adam", budget=5, seeds=1)
        assert results.runs["problem"].tolist() == ["iris (own)"]
        assert harness.run("iris", "adam", budget=5, seeds=1).runs["problem"].tolist() == ["iris"]

    def test_the_declaration_of_own_data_runs_nothing_else(self, tmp_path: Path) -> None:
        harness.run(self.own(), ["adam", Walk()], budget=5, seeds=1, folder=tmp_path)
        with pytest.raises(InputError) as caught:
            read_experiment(str(tmp_path / "experiment.toml"))
        sentence = str(caught.value)
        assert "problem 'iris' is your own" in sentence
        assert "cannot be built again from a file" in sentence
        assert "harness.run" in sentence

    def test_the_declaration_of_an_own_optimizer_runs_nothing_else(self, tmp_path: Path) -> None:
        harness.run("xor", named_adam(), budget=5, seeds=1, folder=tmp_path)
        with pytest.raises(InputError, match="optimizer 'adam' is your own"):
            read_experiment(str(tmp_path / "experiment.toml"))

    def test_names_of_classes_belong_to_the_data(self) -> None:
        assert self.own().key != self.own(y=list("ccdd")).key

    def test_the_code_and_the_data_of_an_own_family_belong_to_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        @options
        class Steps(ProblemFamily):
            """Own data."""

            def data(self) -> Any:
                return np.arange(8.0)[:, None], np.arange(8) >= SCALE * 4

        keys = [Steps().build().key]
        monkeypatch.setattr(sys.modules[__name__], "SCALE", 0.5)
        keys.append(Steps().build().key)
        monkeypatch.setattr(Steps, "data", lambda self: (np.ones((8, 1)), np.arange(8) > 3))
        keys.append(Steps().build().key)
        assert len(set(keys)) == 3

    def test_numbers_of_numpy_are_numbers(self) -> None:
        one = FunctionProblem(scaled, np.int64(2), name="a", target=np.int64(1))  # type: ignore[arg-type]
        assert one.key == FunctionProblem(scaled, 2, name="a", target=1.0).key
        assert self.own(target=np.float32(0.5)).key == self.own(target=0.5).key
        results = harness.run("xor", "adam", budget=np.int64(5), seeds=[np.int64(3), np.uint8(0)])
        assert results.runs["seed"].tolist() == [3, 0]
        assert len(harness.run("xor", "adam", budget=5, seeds=np.int64(2)).runs) == 2  # type: ignore[arg-type]

    @pytest.mark.parametrize("target", ["low", math.nan, math.inf, True, [1.0], 10**400])
    def test_a_target_that_is_no_number_is_refused(self, target: Any) -> None:
        for make in (lambda: self.own(target=target), lambda: FunctionProblem(scaled, 2, target=target)):
            with pytest.raises(InputError, match="target is"):
                make()
