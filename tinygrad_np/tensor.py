"""Tensor: an array, its gradient, and the edge to what made it.

Methods and operators are filled in by the files of `ops/` (see `tensor_method`), where the
functions of the same names live; `tensor.pyi` lists them all.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy

from . import dtypes, printing
from .backend import CPU, device
from .hooks import AfterAccumulation, Handle
from .size import Size
from .versions import Version, View


class Tensor:
    """An n-dimensional array that records what is done to it.

    `Tensor(data)` and `Tensor(*sizes)` make the default dtype, as in PyTorch: prefer `tensor`.
    `array` is the NumPy array, `grad` the accumulated gradient, `grad_fn` the op that made it.

    >>> import tinygrad_np as tnp
    >>> x = tnp.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = (
        "__weakref__",
        "_grad",
        "_hooks",
        "_node",
        "_requires_grad",
        "array",
        "version",
        "view_of",
    )

    array: numpy.ndarray
    version: Version
    view_of: View | None
    _grad: Tensor | None
    _hooks: dict[int, Any] | None
    _node: Any
    _requires_grad: bool

    def __new__(cls, *data: Any) -> Tensor:
        if len(data) == 1 and not isinstance(data[0], int):
            array = numpy.array(numpy.asarray(data[0]), dtypes.get_default_dtype())
        else:
            array = numpy.zeros(data or (0,), dtypes.get_default_dtype())
        return wrap(array, cls=cls)

    # -- the graph

    @property
    def edge(self) -> Any:
        """Where the gradient of this tensor goes: its node, itself if a leaf, None if nowhere."""
        if self.view_of is not None and self.view_of.rewrites != self.version.rewrites:
            self.view_of.retrace(self)
        node = self._node
        return node if node is not None else self if self._requires_grad else None

    @property
    def grad_fn(self) -> Any:
        """The op that made this tensor; None for a leaf."""
        edge = self.edge
        return None if edge is self else edge

    @property
    def is_leaf(self) -> bool:
        """Whether no op made this tensor: gradients gather in the `grad` of leaves."""
        return self.grad_fn is None

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded."""
        return self.edge is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if self.grad_fn is not None:
            if wanted:
                return
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a "
                "computed variable in a subgraph that doesn't require differentiation use "
                "var_no_grad = var.detach()."
            )
        if wanted and self.array.dtype.kind != "f":
            raise RuntimeError(
                "Only Tensors of floating point dtype can require gradients, not "
                f"{dtypes.of(self.array)}"
            )
        self._requires_grad = bool(wanted)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad` in place and return self."""
        self.requires_grad = requires_grad
        return self

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward gathered here; None before, and after zero_grad()."""
        return self._grad

    @grad.setter
    def grad(self, grad: Tensor | None) -> None:
        if grad is not None:
            if grad is self:
                raise RuntimeError("can't assign Variable as its own grad")
            if not isinstance(grad, Tensor):
                raise TypeError(f"assigned grad expected to be a Tensor or None, got {type(grad)}")
            if grad.shape != self.shape or grad.array.dtype != self.array.dtype:
                raise RuntimeError(
                    f"assigned grad has data of a different size or dtype: expected "
                    f"{dtypes.of(self.array)} {list(self.shape)}, "
                    f"got {dtypes.of(grad.array)} {list(grad.shape)}"
                )
        self._grad = grad

    def detach(self) -> Tensor:
        """The same memory without history; a change of either is seen by both."""
        return without_history(self, self.version)

    def detach_(self) -> Tensor:
        """Forget this tensor's history, in place. Raises RuntimeError for a view."""
        if self.view_of is not None:
            raise RuntimeError("Can't detach views in-place. Use detach() instead.")
        self._node, self._requires_grad = None, False
        return self

    @property
    def data(self) -> Tensor:
        """The same memory without history; changes made through it are not tracked."""
        return without_history(self, Version())

    @data.setter
    def data(self, data: Tensor) -> None:
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        if self.requires_grad and data.array.dtype.kind != "f":
            raise RuntimeError(
                "data set to a tensor that requires gradients must be floating point"
            )
        self.array, self.view_of = data.array, without_history(data, self.version).view_of

    def become_view(self, source: Tensor, op: Any) -> None:
        """Share the version of `source`, whose memory this tensor shows through `op`."""
        self.version = source.version
        self.view_of = View(source, op, self.version.rewrites)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Handle:
        """Call `hook(grad)` when this tensor's gradient is known; it may return another one."""
        edge = self.edge
        if edge is None:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if edge is self:
            self._hooks = hooks = {} if self._hooks is None else self._hooks
        else:
            edge.hooks = hooks = {} if edge.hooks is None else edge.hooks
        return Handle(hooks, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> Handle:
        """Call `hook(tensor)` when backward has added to the `grad` of this leaf."""
        if self.grad_fn is not None:
            text = "post accumulate grad hooks cannot be registered on non-leaf tensors"
            raise RuntimeError(text)
        return self.register_hook(AfterAccumulation(hook))

    def retain_grad(self) -> None:
        """Keep the gradient of this non-leaf tensor in its `grad`; nothing to do for a leaf."""
        if self.edge is None:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self.grad_fn is not None:
            self.grad_fn.retained = weakref.ref(self)

    # -- what it is; more in ops/inspect.py

    @property
    def shape(self) -> Size:
        """The sizes of all dimensions."""
        return Size(self.array.shape)

    @property
    def dtype(self) -> dtypes.dtype:
        """The element type."""
        return dtypes.of(self.array)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    @property
    def device(self) -> device:
        """Where the memory lies: always the CPU."""
        return CPU

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        try:
            node = self.grad_fn
            name, requires_grad = node and node.name(), self.requires_grad
        except RuntimeError:  # one of several views, whose base was changed in place
            name, requires_grad = "Invalid", True
        return printing.tensor_text(self.array, grad_fn=name, requires_grad=requires_grad)


def wrap(array: Any, node: Any = None, version: Version | None = None, cls: Any = Tensor) -> Tensor:
    """The Tensor of an array that an op made, or an object of a subclass: no checks, no copy."""
    tensor = object.__new__(cls)
    tensor.array = array if type(array) is numpy.ndarray else numpy.asarray(array)
    tensor.version = version or Version()
    tensor._node = node
    tensor._requires_grad = False
    tensor._grad = tensor._hooks = tensor.view_of = None
    return tensor


def without_history(tensor: Tensor, version: Version) -> Tensor:
    """The memory of a tensor, shown through the same views: its strides are known from them."""
    views = []
    while tensor.view_of is not None:
        views.append((tensor.array, tensor.view_of.op))
        tensor = tensor.view_of.source
    result = wrap(tensor.array, version=version)
    for array, op in reversed(views):
        source, result = result, wrap(array)
        result.become_view(source, op)
    return result
