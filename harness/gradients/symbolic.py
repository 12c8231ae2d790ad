"""The gradient by symbolic differentiation: formulas by SymPy, written as code and compiled."""

from __future__ import annotations

import atexit
import functools
import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from harness.gradients.plain_forms import foreign_forms, plain_refusal
from harness.gradients.traced_functions import Current, trace_refusal
from harness.network.network import Network
from harness.network.source import Function, GradientSource, ValueAndGradient
from harness.symbolic import derivation_of
from harness.symbolic.size_limits import too_large
from optimizers.compilation import cache_directory
from optimizers.errors import InputError
from optimizers.machine_code import warn_of_no_cache
from optimizers.objective import Array
from optimizers.private_folder import make_private
from optimizers.signatures import Data


class Symbolic(GradientSource):
    """Symbolic differentiation: SymPy's derivative of the whole loss by each parameter, compiled.

    ``dE/dw_i`` is a formula in parameters, inputs and targets. The formulas of all parameters are factored,
    what they have in common is computed once (``sympy.cse``), and what is left is compiled as straight-line
    code over one row. Code is kept beside the machine code, so a network is derived once and never again.

    Sigmoid, softplus and log-sum-exp stay whole, so that logits of any size stay finite; a cross-entropy is
    ``log-sum-exp(z) - y z``, and near 0 it is right to ``eps abs(z)`` only. Where two sides of a maximum meet
    (relu at 0) the derivative is the mean of both.
    """

    traces: ClassVar[bool] = True
    source: ClassVar[str] = (
        "Meurer et al. (2017), SymPy: symbolic computing in Python, PeerJ Computer Science 3:e103; "
        "Griewank, Walther (2008), Evaluating Derivatives, 2nd ed., sec. 1"
    )

    def build(self, network: Network, data: Data) -> tuple[Any, Data]:
        """Return the function compiled from the formulas, with the data as they are."""
        return _generated(network).value_and_gradient, data

    def cost(self, network: Network) -> float:
        """Return multiplications and divisions of the formulas for a row, over those of a pass forward.

        Every one that the code has is counted, also those of losses and of activations' derivatives; what
        is inside an exponential or tanh is not, as with every other source.
        """
        return float(_generated(network).MULTIPLICATIONS / network.products)

    def refusal(self, network: Network) -> str | None:
        """Refuse what has no gradient or no formula, and what takes too long to derive and compile."""
        return network.no_gradient or too_large(network.sizes) or plain_refusal(network, _generated)

    def function_refusal(self, function: Function, n: int) -> str | None:
        """Refuse a function that cannot be traced or has no formula, and one of too many parameters."""
        if reason := trace_refusal(function, n):
            return reason
        try:
            derivation_of(function, n)
        except InputError as error:
            return f"{str(error).replace(': ', ', ')}: take reverse-autodiff or central-difference"
        return None

    def build_function(self, function: Function, n: int) -> tuple[ValueAndGradient, float]:
        """Return a plain function with the formulas of its gradient, written as NumPy code.

        The cost is counted: one for the value, and the operations of the formulas of the gradient over those
        of the value, both freed of repetition.
        """
        if reason := self.function_refusal(function, n):
            raise InputError(reason)
        found = derivation_of(function, n)

        def code() -> Callable[..., list[Any]]:
            derived = derivation_of(function, n)
            return _numpy_code(derived.parameters, derived.gradient)

        current = Current(function, code)

        def value_and_gradient(w: Array) -> tuple[float, Array]:
            slopes = current.get()
            with np.errstate(all="ignore"):
                return float(function(w)), np.array(slopes(*w), dtype=np.float64)

        return value_and_gradient, 1.0 + _operations(found.gradient) / max(1, _operations([found.value]))


def _numpy_code(parameters: Sequence[Any], formulas: Sequence[Any]) -> Callable[..., list[Any]]:
    """Return formulas as NumPy code, what is repeated computed once."""
    import sympy

    kept_whole = {
        "LogSumExp": lambda *terms: np.logaddexp.reduce(terms),
        "Sigmoid": lambda z: np.exp(-np.logaddexp(0.0, -z)),
    }
    return sympy.lambdify(parameters, list(formulas), [kept_whole, "numpy"], cse=True)


def _operations(formulas: Sequence[Any]) -> int:
    """Count the operations of formulas, what is repeated once."""
    import sympy

    definitions, short = sympy.cse(list(formulas))
    return int(sum(sympy.count_ops(part) for part in [*(meaning for _, meaning in definitions), *short]))


def _generated(network: Network) -> ModuleType:
    """Return the module of a network's formulas, derived where it is not in the cache folder yet."""
    # How a start is drawn makes no difference to the formulas.
    definition = f"{network.sizes} {network.layer_activations} {network.loss} {_sympy_version()}"
    # The cache folder is that of this package's sources, which other packages are no part of.
    definition += "".join(f" {digest}" for digest in foreign_forms(network))
    digest = hashlib.sha256(definition.encode()).hexdigest()[:16]
    name = f"symbolic-{digest}.py"
    try:
        return _loaded(_written(cache_directory("harness"), name, network))
    except OSError as error:
        warn_of_no_cache(str(cache_directory("harness")), error)
        return _loaded(_written(_passing_folder(), name, network))


def _written(folder: Path, name: str, network: Network) -> Path:
    """Return the file of a network's formulas in a folder that nobody else can write."""
    make_private(folder)
    file = folder / name
    if not file.is_file():
        from harness.symbolic.source_code import source_code

        _write_whole(file, source_code(network))
    return file


@functools.cache
def _passing_folder() -> Path:
    """Return a folder that ends with the process, for where nothing can be kept."""
    folder = Path(tempfile.mkdtemp(prefix="harness-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@functools.lru_cache(maxsize=64)
def _loaded(file: Path) -> ModuleType:
    name = f"harness.symbolic.{file.stem.replace('-', '_')}"
    specification = importlib.util.spec_from_file_location(name, file)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    # numba looks a function's module up by its name when it reads machine code from the disk.
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


def _sympy_version() -> str:
    try:
        return metadata.version("sympy")
    except metadata.PackageNotFoundError:
        return "missing"


def _write_whole(file: Path, text: str) -> None:
    """Write a file aside and then give it its name: another process finds all of it or nothing."""
    descriptor, aside = tempfile.mkstemp(dir=file.parent, suffix=".aside")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
        # The same time whoever writes it: numba compiles anew what has another time than it had.
        os.utime(aside, (0, 0))
        Path(aside).replace(file)
    except OSError:
        Path(aside).unlink(missing_ok=True)
        raise
