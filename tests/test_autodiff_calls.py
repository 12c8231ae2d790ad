"""What derivatives take and give: arguments, answers, what a function reads from outside, threads."""

from __future__ import annotations

import functools
import math
import threading
import types
from dataclasses import dataclass
from datetime import datetime
from os import getenv
from random import gauss, random
from secrets import randbelow
from time import perf_counter
from typing import Any

import numpy as np
import pytest

from harness import autodiff as ad
from harness.autodiff import calls
from harness.autodiff.derivatives import traced
from harness.autodiff.evaluator import Evaluator
from harness.autodiff.program import Program
from harness.autodiff.staleness import MOST_READINGS
from optimizers.errors import InputError

W = np.array([0.7, -1.2, 2.1])
SCALE = 1.0


class TestArguments:
    @pytest.mark.parametrize(
        ("value", "said"),
        [
            (np.ma.masked_equal([1.0, -9999.0], -9999.0), "argument 0 is a masked array"),
            (np.array([1.0 + 2j]), "complex128"),
            (np.array(["2020-01-01"], dtype="datetime64[D]"), "datetime64"),
            (np.array([(1.0, 2)], dtype=[("a", float), ("b", int)]), "array of type"),
            (np.array([1.0, None]), "array of type object"),
            (["1", "2"], "list"),
            (None, "None"),
            ([[1.0, 2.0], [3.0]], "list"),
            ({"a": 1.0}, "dict"),
        ],
    )
    def test_what_is_no_array_of_real_numbers_is_refused(self, value: Any, said: str) -> None:
        with pytest.raises(InputError, match="expected real numbers") as caught:
            ad.gradient(lambda w: np.sum(w * w))(value)
        assert said in str(caught.value)

    @pytest.mark.parametrize("argument", [True, 1.0, -1, "w", (), (0, True), None])
    def test_a_place_that_is_none_is_refused(self, argument: Any) -> None:
        with pytest.raises(InputError, match="expected a place such as 0"):
            ad.gradient(lambda w: w, argument=argument)

    def test_a_place_that_is_not_there_is_refused(self) -> None:
        with pytest.raises(InputError, match="argument is 2, but the function is called with 1"):
            ad.gradient(lambda w: w, argument=2)(1.0)

    @pytest.mark.parametrize("derivative", [ad.gradient, ad.value_and_gradient, ad.jacobian, ad.hessian])
    def test_what_is_no_function_is_refused(self, derivative: Any) -> None:
        with pytest.raises(InputError, match=r"the function is 3\.0, expected a callable"):
            derivative(3.0)

    def test_a_jacobian_by_several_places_is_refused(self) -> None:
        with pytest.raises(InputError, match=r"argument is \(0, 1\), expected one place such as 0"):
            ad.jacobian(lambda w, x: w * x, argument=(0, 1))  # type: ignore[arg-type]

    def test_what_is_carried_back_needs_a_place_to_begin_at(self) -> None:
        with pytest.raises(InputError, match="vjp has no primals: hand in an array for each argument"):
            ad.vjp(np.sin)

    def test_several_places_give_a_tuple(self) -> None:
        both = ad.gradient(lambda w, x: np.sum(w * x**2), argument=(1, 0))
        by_x, by_w = both(W, 2 * W)
        assert by_x == pytest.approx(4 * W * W)
        assert by_w == pytest.approx(4 * W * W)

    def test_arguments_by_keyword_are_handed_through_and_compared(self) -> None:
        slope = ad.gradient(lambda w, power=2, name="sum": getattr(np, name)(w**power))
        assert slope(W).tolist() == pytest.approx(2 * W)
        assert slope(W, power=3).tolist() == pytest.approx(3 * W**2)
        assert slope(W, power=2, name="mean").tolist() == pytest.approx(2 * W / 3)
        weights = np.ones(3)
        weighted = ad.gradient(lambda w, a: np.sum(a * w))
        assert weighted(W, a=weights).tolist() == [1, 1, 1]
        weights[1] = 5
        assert weighted(W, a=weights).tolist() == [1, 5, 1]

    @pytest.mark.parametrize(
        "call",
        [
            lambda f: ad.hessian_vector_product(f)(np.ones(3), np.ones(1)),
            lambda f: ad.directional_derivative(f)(np.ones(3), np.ones(2)),
            lambda f: ad.jvp(f, [np.ones(3)], [np.ones((3, 1))]),
            lambda f: ad.vjp(f, np.ones(3))[1](np.ones(1)),
        ],
    )
    def test_directions_of_another_shape_are_refused(self, call: Any) -> None:
        with pytest.raises(InputError, match=r"has shape .*, expected"):
            call(lambda w: np.sum(w * w))

    def test_directions_come_in_lists(self) -> None:
        with pytest.raises(InputError, match="primals is a ndarray, expected a list"):
            ad.jvp(np.sin, W, W)
        with pytest.raises(InputError, match="2 tangents for 1 primals"):
            ad.jvp(np.sin, [W], [W, W])

    def test_conditions_stay_conditions(self) -> None:
        mask = np.array([True, False, True])
        slope = ad.gradient(lambda w, m: np.sum(np.where(~m, w, 3 * w)))
        assert slope(W, mask).tolist() == [3, 1, 3]


class TestAnswers:
    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            (None, "returns None"),
            ("text", "returns a str"),
            ({"a": 1}, "returns a dict"),
            (1 + 2j, "complex"),
            (np.ma.masked_equal([1.0], 1), "masked array"),
            ((), "returns nothing"),
        ],
    )
    @pytest.mark.parametrize("derivative", [ad.gradient, ad.jacobian, ad.hessian])
    def test_an_answer_that_is_no_array_is_refused(self, derivative: Any, answer: Any, said: str) -> None:
        with pytest.raises(InputError, match=said):
            derivative(lambda w: answer)(W)

    def test_a_list_or_a_tuple_has_a_jacobian_for_each(self) -> None:
        by_list = ad.jacobian(lambda w: [w[0] * w[1], w**2])(W)
        assert isinstance(by_list, list)
        assert by_list[0] == pytest.approx([W[1], W[0], 0])
        assert by_list[1] == pytest.approx(np.diag(2 * W))
        assert isinstance(ad.jacobian(lambda w: (w, w[0]))(W), tuple)

    def test_both_modes_take_tuples(self) -> None:
        def pair(w: Any) -> Any:
            return w**2, np.sum(w)

        value, tangent = ad.jvp(pair, [W], [np.ones(3)])
        assert value[0] == pytest.approx(W**2)
        assert tangent[0] == pytest.approx(2 * W)
        assert tangent[1] == 3
        value, back = ad.vjp(pair, W)
        assert value[1] == pytest.approx(W.sum())
        assert back((np.ones(3), 10.0))[0] == pytest.approx(2 * W + 10)
        with pytest.raises(InputError, match="no list of 2"):
            back(np.ones(3))

    @pytest.mark.parametrize(("inputs", "outputs"), [(0, 2), (2, 0), (0, 0)])
    def test_the_jacobian_of_nothing_is_an_empty_table(self, inputs: int, outputs: int) -> None:
        found = ad.jacobian(lambda w: np.sum(w) * np.ones(outputs))(np.ones(inputs))
        assert found.shape == (outputs, inputs)

    def test_the_hessian_of_a_number_is_a_number(self) -> None:
        assert ad.hessian(np.sin)(0.5).shape == ()
        assert ad.hessian(np.sin)(0.5) == pytest.approx(-np.sin(0.5), rel=1e-14)

    def test_an_array_put_together_from_numbers(self) -> None:
        found = ad.jacobian(lambda w: np.array([w[0] * w[1], 2.0, w[2] ** 2]))(W)
        assert found == pytest.approx(np.array([[W[1], W[0], 0], [0, 0, 0], [0, 0, 2 * W[2]]]))

    @pytest.mark.parametrize(
        "product",
        [
            lambda w, turned: np.add(turned, w),
            lambda w, turned: w * turned,
            lambda w, turned: turned @ w,
            lambda w, turned: w @ turned,
            lambda w, turned: np.exp(turned) @ w,
        ],
        ids=["added", "multiplied", "before a vector", "behind a vector", "of which exp is taken"],
    )
    def test_one_put_together_is_an_array_as_any_other(self, product: Any) -> None:
        found = ad.jacobian(lambda w: product(w, np.array([w[2], w[1], w[0]])))(W)
        assert found.tolist() == ad.jacobian(lambda w: product(w, w[::-1]))(W).tolist()

    def test_a_write_into_a_plain_array_is_a_sentence(self) -> None:
        def write(w: Any) -> Any:
            table = np.zeros(2)
            table[0] = w[0]
            return table.sum()

        with pytest.raises(ad.TraceError, match=r"line \d+: .*cannot be traced"):
            ad.gradient(write)(W)

    def test_an_unknown_option_is_a_sentence(self) -> None:
        with pytest.raises(ad.TraceError, match="axes"):
            ad.gradient(lambda w: np.sum(w, axes=0))(W)  # type: ignore[call-overload]


class TestInnerFunctions:
    def test_an_inner_gradient_reads_an_outer_array(self) -> None:
        found = ad.gradient(lambda w: ad.gradient(lambda v: np.sum(w * v**2))(np.ones(3))[0])(W)
        assert found.tolist() == [2, 0, 0]

    def test_through_two_levels(self) -> None:
        def outer(w: Any) -> Any:
            def middle(v: Any) -> Any:
                return ad.gradient(lambda u: np.sum(w * v * u**3))(np.full(3, 2.0))[1]

            return np.sum(ad.gradient(middle)(np.ones(3)) * w)

        # 3 u^2 w_1 = 12 w_1 by v is 12 w_1 at place 1, times w_1 is 12 w_1^2.
        assert ad.gradient(outer)(W) == pytest.approx([0, 24 * W[1], 0])

    @pytest.mark.parametrize("mode", ["jvp", "vjp", "hessian", "jacobian"])
    def test_every_derivative_does(self, mode: str) -> None:
        def inner(w: Any) -> Any:
            function: Any = lambda v: np.sum(w**2 * v**2)  # noqa: E731
            ones = np.ones(3)
            if mode == "jvp":
                return ad.jvp(function, [ones], [ones])[1]
            if mode == "vjp":
                return np.sum(ad.vjp(function, ones)[1](1.0)[0])
            if mode == "hessian":
                return np.sum(ad.hessian(function)(ones))
            return np.sum(ad.jacobian(function)(ones))

        assert ad.gradient(inner)(W) == pytest.approx(4 * W)

    def test_a_hessian_of_an_outer_array(self) -> None:
        found = ad.gradient(lambda w: np.sum(ad.hessian(lambda v: np.sum(v**4))(w)))(W)
        assert found == pytest.approx(24 * W)

    def test_a_program_that_would_read_an_outer_array_is_refused(self) -> None:
        with pytest.raises(
            ad.TraceError, match="reads an array of an outer trace: hand it in as an argument"
        ):
            ad.gradient(lambda w: traced(lambda v: np.sum(w * v), [(3,)]))(W)

    def test_an_array_that_escaped_its_trace_is_refused(self) -> None:
        escaped: list[Any] = []

        def keep(w: Any) -> Any:
            escaped.append(w)
            return np.sum(w)

        ad.gradient(keep)(W)
        with pytest.raises(ad.TraceError, match="a trace that has ended"):
            ad.gradient(lambda w: np.sum(w * escaped[0]))(W)
        with pytest.raises(ad.TraceError, match="a trace that has ended"):
            np.exp(escaped[0])


class Model:
    """Something with a bound method."""

    factor = 2.0

    def __init__(self) -> None:
        self.scale = 1.0
        self.table = np.ones(3)

    def helper(self, w: Any) -> Any:
        return SCALE * self.scale * w

    def loss(self, w: Any) -> Any:
        return np.sum(self.helper(w) * self.table * self.factor)


def by_global(w: Any) -> Any:
    return np.sum(w) * SCALE


class PrivateSlots:
    __slots__ = ("__scale",)

    def __init__(self) -> None:
        self.set(1.0)

    def set(self, scale: float) -> None:
        self.__scale = scale

    def loss(self, w: Any) -> Any:
        return np.sum(w) * self.__scale


@dataclass
class Fields:
    scale: float = 1.0

    def loss(self, w: Any) -> Any:
        return np.sum(w) * self.scale


class Slots:
    """Something whose attributes are in slots, one of them not set."""

    __slots__ = ("scale", "table", "unset")

    def __init__(self) -> None:
        self.scale = 1.0
        self.table = np.ones(3)

    def loss(self, w: Any) -> Any:
        return self.scale * np.sum(w * self.table)


class Holder:
    """Something whose class holds an instance."""

    model = Model()

    def loss(self, w: Any) -> Any:
        return np.sum(w) * self.model.scale

    @functools.cached_property
    def unused(self) -> float:
        return 1.0


SETTINGS = {"scale": 1.0}


def by_entry(w: Any) -> Any:
    return np.sum(w) * SETTINGS["scale"]


def bound_entry(w: Any, entry: Any = SETTINGS.get) -> Any:
    return np.sum(w) * entry("scale")


def by_rounding(w: Any, rounded: Any = math.floor) -> Any:
    return np.sum(w) * rounded(1.5)


def by_new_array(w: Any, make: Any = np.array) -> Any:
    return np.sum(w * make([1.0, 1.0, 1.0]))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Program]:
    """The programs that have been made since."""
    programs: list[Program] = []

    def counted(program: Program) -> Evaluator:
        programs.append(program)
        return Evaluator(program)

    monkeypatch.setattr(calls, "Evaluator", counted)
    return programs


class TestWhatIsReadFromOutside:
    def test_attributes_in_slots(self) -> None:
        model = Slots()
        slope = ad.gradient(model.loss)
        assert slope(W).tolist() == [1, 1, 1]
        model.scale = 2.0
        assert slope(W).tolist() == [2, 2, 2]
        model.table[1] = 5.0
        assert slope(W).tolist() == [2, 10, 2]

    def test_attributes_in_private_slots(self) -> None:
        model = PrivateSlots()
        slope = ad.gradient(model.loss)
        assert slope(W).tolist() == [1, 1, 1]
        model.set(2.0)
        assert slope(W).tolist() == [2, 2, 2]

    def test_fields_of_a_dataclass(self, made: list[Program]) -> None:
        model = Fields()
        slope = ad.gradient(model.loss)
        for _ in range(3):
            assert slope(W).tolist() == [1, 1, 1]
        assert len(made) == 1
        model.scale = 2.0
        assert slope(W).tolist() == [2, 2, 2]

    @pytest.mark.parametrize("decorate", [functools.singledispatch, functools.lru_cache])
    def test_a_decorator_of_pythons(self, decorate: Any) -> None:
        factor = 1.0

        class Kept:
            """Something that is not traced, so that it can be kept."""

        @decorate
        def scale(kept: Any) -> float:
            return factor

        kept = Kept()
        slope = ad.gradient(lambda w: np.sum(w) * scale(kept))
        assert slope(W).tolist() == [1, 1, 1]
        factor = 2.0
        # What a cache has kept stays, as where nothing is traced.
        assert slope(W).tolist() == [scale(kept)] * 3

    def test_a_decorator_of_ones_own(self) -> None:
        factors = [1.0]

        def scaled(function: Any) -> Any:
            @functools.wraps(function)
            def inner(w: Any) -> Any:
                return factors[0] * function(w)

            return inner

        slope = ad.gradient(scaled(np.sum))
        assert slope(W).tolist() == [1, 1, 1]
        factors[0] = 2.0
        assert slope(W).tolist() == [2, 2, 2]

    def test_an_attribute_of_the_function_itself(self) -> None:
        def function(w: Any) -> Any:
            return np.sum(w) * function.scale  # type: ignore[attr-defined]

        function.scale = 1.0  # type: ignore[attr-defined]
        slope = ad.gradient(function)
        assert slope(W).tolist() == [1, 1, 1]
        function.scale = 3.0  # type: ignore[attr-defined]
        assert slope(W).tolist() == [3, 3, 3]

    def test_a_class_that_takes_the_place_of_what_it_inherits(self) -> None:
        class Child(Fields):
            @property
            def doubled(self) -> float:
                return 2.0 * self.scale

        class Grandchild(Child):
            def loss(self, w: Any) -> Any:
                return np.sum(w) * self.doubled

        slope = ad.gradient(Grandchild().loss)
        assert slope(W).tolist() == [2, 2, 2]
        Grandchild.doubled = 5.0  # type: ignore[assignment, method-assign]
        assert slope(W).tolist() == [5, 5, 5]

    def test_what_the_class_of_a_class_reads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Kind(type):
            @property
            def scale(cls) -> float:
                return SCALE

        class Scaled(metaclass=Kind):
            def loss(self, w: Any) -> Any:
                return np.sum(w) * type(self).scale

        slope = ad.gradient(Scaled().loss)
        assert slope(W).tolist() == [1, 1, 1]
        monkeypatch.setitem(globals(), "SCALE", 3.0)
        assert slope(W).tolist() == [3, 3, 3]

    def test_a_derivative_of_a_derivative_is_traced_once_while_it_stays(self, made: list[Program]) -> None:
        curvature = ad.jacobian(ad.gradient(lambda w: np.sum(w**3)))
        assert curvature(W).tolist() == np.diag(6 * W).tolist()
        before = len(made)
        for _ in range(3):
            curvature(W)
        assert len(made) == before

    def test_an_instance_that_a_class_holds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        slope = ad.gradient(Holder().loss)
        assert slope(W).tolist() == [1, 1, 1]
        monkeypatch.setattr(Holder.model, "scale", 3.0)
        assert slope(W).tolist() == [3, 3, 3]

    def test_a_variable_that_is_set_later(self) -> None:
        def function(w: Any) -> Any:
            try:
                return np.sum(w) * factor
            except NameError:
                return np.sum(w)

        slope = ad.gradient(function)
        assert slope(W).tolist() == [1, 1, 1]
        factor = 3.0
        assert slope(W).tolist() == [3, 3, 3]

    def test_a_number_that_becomes_one_of_another_type(self) -> None:
        factor: Any = 2.0
        slope = ad.gradient(lambda w: np.sum(w) * (factor if isinstance(factor, float) else 0.5))
        assert slope(W).tolist() == [2, 2, 2]
        factor = 2
        assert slope(W).tolist() == [0.5, 0.5, 0.5]

    def test_an_entry_by_a_method_that_is_bound_to_its_container(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slope = ad.gradient(bound_entry)
        assert slope(W).tolist() == [1, 1, 1]
        monkeypatch.setitem(SETTINGS, "scale", 4.0)
        assert slope(W).tolist() == [4, 4, 4]

    def test_more_objects_than_are_compared(self, made: list[Program]) -> None:
        many = [[float(number)] for number in range(MOST_READINGS + 1)]
        slope = ad.gradient(lambda w: np.sum(w) * many[-1][0])
        for number in range(3):
            many[-1][0] = float(number)
            assert slope(W).tolist() == [number] * 3
        assert len(made) == 3

    @pytest.mark.parametrize(
        "function",
        [Model().loss, Slots().loss, Holder().loss, by_entry, bound_entry, by_rounding, by_new_array],
        ids=[
            *("an instance", "slots", "an instance in a class", "an entry", "a bound method"),
            *("a function of a module", "a function of NumPy"),
        ],
    )
    def test_a_function_is_traced_once_while_what_it_reads_stays(
        self, function: Any, made: list[Program]
    ) -> None:
        slope = ad.gradient(function)
        for _ in range(3):
            assert slope(W).tolist() == slope(W).tolist()
        assert len(made) == 1

    @pytest.mark.parametrize(
        "draw",
        [
            *(random, gauss, lambda: randbelow(9), lambda: datetime.now().microsecond),
            *(perf_counter, lambda: len(getenv("HOME", ""))),
        ],
        ids=["random", "gauss", "randbelow", "datetime.now", "perf_counter", "getenv"],
    )
    def test_what_answers_differently_every_time_is_asked_every_time(
        self, draw: Any, made: list[Program]
    ) -> None:
        slope = ad.gradient(lambda w: np.sum(w) * draw())
        for _ in range(3):
            slope(W)
        assert len(made) == 3

    def test_a_closure(self) -> None:
        scale, table = 1.0, np.ones(3)
        slope = ad.gradient(lambda w: scale * np.sum(table * w))
        assert slope(W).tolist() == [1, 1, 1]
        scale = 2.0
        assert slope(W).tolist() == [2, 2, 2]
        table[0] = 5.0
        assert slope(W).tolist() == [10, 2, 2]

    def test_a_global_also_through_a_helper(self, monkeypatch: pytest.MonkeyPatch) -> None:
        direct, behind = ad.gradient(by_global), ad.hessian(lambda w: by_global(w) ** 2)
        assert direct(W).tolist() == [1, 1, 1]
        assert behind(W)[0, 0] == 2
        monkeypatch.setitem(globals(), "SCALE", 3.0)
        assert direct(W).tolist() == [3, 3, 3]
        assert behind(W)[0, 0] == 18

    def test_an_instance_its_class_and_what_its_methods_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        model = Model()
        slope = ad.gradient(model.loss)
        assert slope(W).tolist() == [2, 2, 2]
        model.scale = 2.0
        assert slope(W).tolist() == [4, 4, 4]
        model.table[2] = 0.0
        assert slope(W).tolist() == [4, 4, 0]
        monkeypatch.setattr(Model, "factor", 1.0)
        assert slope(W).tolist() == [2, 2, 0]
        monkeypatch.setitem(globals(), "SCALE", 10.0)
        assert slope(W).tolist() == [20, 20, 0]
        monkeypatch.setattr(Model, "helper", lambda self, w: w)
        assert slope(W).tolist() == [1, 1, 0]

    def test_a_container_and_a_partial(self) -> None:
        settings: dict[str, Any] = {"scale": 1.0, "more": [1.0]}
        slope = ad.gradient(functools.partial(lambda w, s: np.sum(w) * s["scale"] * s["more"][0], s=settings))
        assert slope(W).tolist() == [1, 1, 1]
        settings["scale"] = 2.0
        assert slope(W).tolist() == [2, 2, 2]
        settings["more"][0] = 2.0
        assert slope(W).tolist() == [4, 4, 4]

    def test_a_default_and_new_code(self) -> None:
        def function(w: Any, scale: Any = [1.0]) -> Any:  # noqa: B006
            return np.sum(w) * scale[0]

        slope = ad.gradient(function)
        assert slope(W).tolist() == [1, 1, 1]
        function.__defaults__[0][0] = 2.0  # type: ignore[index]
        assert slope(W).tolist() == [2, 2, 2]
        function.__code__ = (lambda w, scale=None: np.sum(w * w)).__code__
        assert slope(W).tolist() == pytest.approx(2 * W)

    def test_a_member_of_a_module(self) -> None:
        settings = types.ModuleType("settings_of_this_test")
        settings.scale = 1.0  # type: ignore[attr-defined]
        slope = ad.gradient(lambda w: np.sum(w) * settings.scale)
        assert slope(W).tolist() == [1, 1, 1]
        settings.scale = 4.0  # type: ignore[attr-defined]
        assert slope(W).tolist() == [4, 4, 4]

    def test_a_derivative_of_a_derivative_looks_through(self) -> None:
        scale = 1.0
        inner = ad.gradient(lambda w: scale * np.sum(w**2))
        outer = ad.jacobian(inner)
        assert outer(W)[0, 0] == 2
        scale = 3.0
        assert outer(W)[0, 0] == 6

    def test_randomness_is_drawn_anew(self) -> None:
        rng = np.random.default_rng(0)
        slope = ad.gradient(lambda w: np.sum(rng.normal(size=3) * w))
        wanted = np.random.default_rng(0)
        for _ in range(3):
            assert slope(W) == pytest.approx(wanted.normal(size=3))

    def test_the_legacy_generator_too(self) -> None:
        np.random.seed(3)  # noqa: NPY002
        slope = ad.gradient(lambda w: np.sum(np.random.normal(size=3) * w))  # noqa: NPY002
        found = [slope(W).tolist() for _ in range(2)]
        np.random.seed(3)  # noqa: NPY002
        wanted = [np.random.normal(size=3) for _ in range(2)]  # noqa: NPY002
        assert found[0] == pytest.approx(wanted[0])
        assert found[1] == pytest.approx(wanted[1])

    def test_what_is_the_same_is_traced_once(self, made: list[Program]) -> None:
        table = np.ones(3)
        slope = ad.gradient(lambda w, x: np.sum(w * x * table) * SCALE)
        for _ in range(3):
            slope(W, W)
        table[0] = 1.0
        slope(W, W)
        assert len(made) == 1
        table[0] = 2.0
        slope(W, W)
        slope(W, W)
        assert len(made) == 2


@pytest.mark.parametrize("derivative", [ad.gradient, ad.hessian, ad.value_and_gradient])
def test_several_threads_at_once(derivative: Any) -> None:
    n = 40
    called = derivative(lambda w: np.sum(np.sin(w) * np.exp(np.cos(w))) ** 2)
    points = [np.full(n, 0.1 * k) for k in range(1, 5)]
    wanted = [called(point) for point in points]
    wrong: list[int] = []

    def work(place: int) -> None:
        for _ in range(50):
            found = called(points[place])
            pairs = (
                zip(found, wanted[place], strict=True)
                if isinstance(found, tuple)
                else [(found, wanted[place])]
            )
            if not all(np.array_equal(a, b) for a, b in pairs):
                wrong.append(place)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
