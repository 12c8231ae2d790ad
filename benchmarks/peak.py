"""The peak of fused multiply-adds of this machine, by a kernel that does nothing else.

Accumulators that depend on nothing but themselves stay in registers, as many as hide the time from the start
of an instruction to its result (4 cycles, two units: 8 at the least). The loop is written in LLVM's own
words, for the compiler makes of a loop in Python what it likes: vectors as wide as the processor's
registers, and ``llvm.fma``. ``inner_loop`` shows what became of it.

    python -m benchmarks.peak
"""

from __future__ import annotations

import re
from typing import Any

import llvmlite.binding
import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from benchmarks.timing import at_once

ROUNDS = 4
"""Times that each accumulator is worked on before the loop looks at its counter."""

SECONDS, REPEATS = 0.002, 300
"""What one measurement takes, about, and how many there are: many short ones, for some to go undisturbed."""


def registers() -> tuple[int, int]:
    """Return how many doubles the widest registers of this processor hold, and accumulators for the loop."""
    features = llvmlite.binding.get_host_cpu_features()
    if features.get("avx512f"):
        return 8, 20
    # Sixteen registers, two of which hold what is multiplied by and added.
    return (4, 12) if features.get("avx2") and features.get("fma") else (2, 12)


WIDTH, ACCUMULATORS = registers()
FACTOR, ADDEND = 1.0 - 1e-12, 1e-12


@intrinsic
def _multiply_and_add(typing: Any, factor: Any, addend: Any, times: Any) -> Any:
    """Set each accumulator ``times * ROUNDS`` times to itself by a factor and an addend; return their sum."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        double, vector = ir.DoubleType(), ir.VectorType(ir.DoubleType(), WIDTH)
        kind = ir.FunctionType(vector, [vector, vector, vector])
        fused = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{WIDTH}f64")

        def spread(number: Any) -> Any:
            all_alike = ir.Constant(vector, ir.Undefined)
            for lane in range(WIDTH):
                all_alike = builder.insert_element(all_alike, number, ir.Constant(ir.IntType(32), lane))
            return all_alike

        by, plus = spread(arguments[0]), spread(arguments[1])
        places = []
        for number in range(ACCUMULATORS):
            # No two of them alike, or the compiler would make one of them.
            place = cgutils.alloca_once(builder, vector)
            starts = [float(number * WIDTH + lane + 1) for lane in range(WIDTH)]
            builder.store(ir.Constant(vector, [ir.Constant(double, start) for start in starts]), place)
            places.append(place)
        with cgutils.for_range(builder, arguments[2]):
            for _ in range(ROUNDS):
                for place in places:
                    builder.store(builder.call(fused, [builder.load(place), by, plus]), place)
        whole = builder.load(places[0])
        for place in places[1:]:
            whole = builder.fadd(whole, builder.load(place))
        total = ir.Constant(double, 0.0)
        for lane in range(WIDTH):
            total = builder.fadd(total, builder.extract_element(whole, ir.Constant(ir.IntType(32), lane)))
        return total

    return types.float64(types.float64, types.float64, types.intp), write


@numba.njit(types.float64(types.float64, types.float64, types.intp), nogil=True)
def multiply_and_add(factor: float, addend: float, times: int) -> float:
    """Do ``times * ROUNDS * ACCUMULATORS * WIDTH`` multiply-adds in registers; return the sum of them all."""
    return _multiply_and_add(factor, addend, times)


def multiply_adds(times: int) -> int:
    return times * ROUNDS * ACCUMULATORS * WIDTH


def seconds_of(threads: int, times: int) -> float:
    return at_once(threads, lambda _: multiply_and_add(FACTOR, ADDEND, times))


def rate(threads: int = 1, repeats: int = REPEATS) -> float:
    """Return multiply-adds a second, the best of some: a peak is what nothing stood in the way of."""
    times = 1_000
    times = round(times * SECONDS / min(seconds_of(1, times) for _ in range(20)))
    return threads * multiply_adds(times) / min(seconds_of(threads, times) for _ in range(repeats))


def inner_loop() -> list[str]:
    """Return the instructions of the innermost loop of the kernel, as the processor gets them."""
    (assembly,) = multiply_and_add.inspect_asm().values()
    lines = [line.strip() for line in assembly.splitlines()]
    labels = {line[:-1]: number for number, line in enumerate(lines) if re.fullmatch(r"\.?\w+:", line)}
    loops = []
    for number, line in enumerate(lines):
        target = re.fullmatch(r"(?:j\w+|b\.?\w*)\s+(\.?\w+)", line)
        if target and labels.get(target[1], number) < number:
            loops.append([found for found in lines[labels[target[1]] + 1 : number + 1] if found[:1] != "."])
    return max(loops, key=lambda loop: sum("fm" in line for line in loop))


def main() -> None:
    """Print the peak of one core and of all, and what the innermost loop is made of."""
    counted: dict[str, int] = {}
    for line in inner_loop():
        name = line.split()[0]
        counted[name] = counted.get(name, 0) + 1
    made_of = ", ".join(f"{count} {name}" for name, count in counted.items())
    print(f"{ACCUMULATORS} accumulators of {WIDTH} doubles; the loop: {made_of}")
    for threads in dict.fromkeys((1, numba.config.NUMBA_NUM_THREADS)):
        print(f"{threads} threads: {rate(threads) / 1e9:.1f} thousand million multiply-adds a second")


if __name__ == "__main__":
    main()
