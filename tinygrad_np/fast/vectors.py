"""Writes LLVM code on vectors of numbers: what a function of Numba's `intrinsic` emits.

Numba keeps compiled loops on disk for as long as their own file stands: after a change here delete
`fast/__pycache__`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import binding, ir
from numba.core import types
from numba.extending import intrinsic

WIDE = binding.get_host_cpu_features().get("avx512f", False)
BYTES = 64 if WIDE else 32  # of a vector
INT, _INT32 = ir.IntType(64), ir.IntType(32)


class Emit:
    """Writes LLVM code on vectors of the numbers of an array type of Numba."""

    def __init__(self, context: Any, builder: Any, array: Any, width: int = BYTES) -> None:
        self.context, self.b = context, builder
        self.size = array.dtype.bitwidth // 8
        self.lanes = width // self.size
        self.vector = ir.VectorType(context.get_value_type(array.dtype), self.lanes)
        self.zero = ir.Constant(self.vector, None)

    def data(self, array: Any, value: Any) -> Any:
        return self.context.make_array(array)(self.context, self.b, value).data

    def items(self, value: Any, count: int) -> list[Any]:
        """Those of a tuple."""
        return [self.b.extract_value(value, i) for i in range(count)]

    def at(self, *terms: Any) -> Any:
        """a + b * c + ... of (a, (b, c), ...), ints of Python or of LLVM."""
        total = ir.Constant(INT, 0)
        for term in terms:
            factors = term if isinstance(term, tuple) else (term,)
            product = ir.Constant(INT, 1)
            for v in factors:
                product = self.b.mul(product, ir.Constant(INT, v) if isinstance(v, int) else v)
            total = self.b.add(total, product)
        return total

    def _place(self, data: Any, at: Any) -> Any:
        return self.b.bitcast(self.b.gep(data, [at]), self.vector.as_pointer())

    def load(self, data: Any, at: Any) -> Any:
        return self.b.load(self._place(data, at), align=self.size)

    def store(self, value: Any, data: Any, at: Any) -> None:
        self.b.store(value, self._place(data, at), align=self.size)

    def prefetch(self, data: Any, at: Any, write: int) -> None:
        """Ask for what lies there before it is needed."""
        byte, number = ir.IntType(8).as_pointer(), _INT32
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        ask = self.b.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        numbers = [ir.Constant(number, v) for v in (write, 3, 1)]
        self.b.call(ask, [self.b.bitcast(self.b.gep(data, [at]), byte), *numbers])

    def all_lanes(self, value: Any) -> Any:
        one = self.b.insert_element(self.zero, value, ir.Constant(_INT32, 0))
        return self.b.shuffle_vector(one, self.zero, self.lane_numbers([0] * self.lanes))

    def sum(self, v: Any) -> Any:
        """Of a vector's lanes, by halves."""
        half = self.lanes // 2
        while half:
            order = [(i + half) % self.lanes for i in range(self.lanes)]
            v = self.b.fadd(v, self.b.shuffle_vector(v, v, self.lane_numbers(order)))
            half //= 2
        return self.b.extract_element(v, ir.Constant(_INT32, 0))

    def lane_numbers(self, numbers: list[int]) -> Any:
        return ir.Constant(ir.VectorType(_INT32, self.lanes), numbers)

    def only_last(self, count: Any) -> Callable[[Any], Any]:
        """A function of a vector: its last `count` lanes, and zeros before them."""
        lanes = ir.Constant(_INT32, self.lanes)
        limit = self.b.sub(lanes, self.b.trunc(count, _INT32))
        numbers = self.lane_numbers([*range(self.lanes)])
        one = self.b.insert_element(numbers, limit, ir.Constant(_INT32, 0))
        limits = self.b.shuffle_vector(one, one, self.lane_numbers([0] * self.lanes))
        is_last = self.b.icmp_signed(">=", numbers, limits)
        return lambda vector: self.b.select(is_last, vector, self.zero)

    def fma(self, a: Any, b: Any, c: Any) -> Any:
        return self.b.fadd(self.b.fmul(a, b, flags=("contract",)), c, flags=("contract",))

    def clamp(self, i: int, count: Any) -> Any:
        """min(i, count - 1)."""
        last = self.b.sub(count, ir.Constant(INT, 1))
        number = ir.Constant(INT, i)
        return self.b.select(self.b.icmp_signed("<", number, last), number, last)

    def loop(self, start: Any, stop: Any, step: int, sums: list[Any], body: Any) -> list[Any]:
        """sums = body(i, sums) for i in range(start, stop, step)."""
        b = self.b
        before, head = b.block, b.append_basic_block("head")
        inner, end = b.append_basic_block("body"), b.append_basic_block("end")
        b.branch(head)
        b.position_at_end(head)
        i, values = b.phi(INT), [b.phi(v.type) for v in sums]
        b.cbranch(b.icmp_signed("<", i, stop), inner, end)
        b.position_at_end(inner)
        after = [b.add(i, ir.Constant(INT, step)), *body(i, [*values])]
        for phi, first, following in zip([i, *values], [start, *sums], after, strict=True):
            phi.add_incoming(first, before)
            phi.add_incoming(following, b.block)
        b.branch(head)
        b.position_at_end(end)
        return values


@intrinsic
def whole_vectors(typing):
    """Have LLVM use the widest vectors in the loops of the function that calls this.

    Of AVX-512 it takes half by itself, as some processors run slower with all: a sum of e^x takes
    87 us and not 135 so. What only moves memory gains nothing.
    """

    def emit(context, builder, _, args):
        # llvmlite knows no such attribute and would refuse it.
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), emit
