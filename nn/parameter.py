"""Parameter: a tensor that a Module registers and an optimiser changes."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, ClassVar

import tinygrad_np as tnp
from tinygrad_np import Tensor, serialization


class Parameter(Tensor):
    """A leaf that wants a gradient and shares the memory of `data`.

    As an attribute of a Module it is one of its parameters.
    Raises TypeError if `data` is no Tensor. Source: PyTorch, torch.nn.Parameter.

    >>> Parameter(tnp.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        if data is None:
            data = tnp.empty(0)
        if not isinstance(data, Tensor):
            raise TypeError(f"expected the data of a Parameter as a Tensor, got {typename(data)}")
        self: Any = super().__new__(cls)
        self.array, self.version = data.array, data.version
        self.requires_grad = requires_grad
        return self

    def __deepcopy__(self, memo: dict[Any, Any]) -> Parameter:  # as in PyTorch without `grad`
        return type(self)(self.data.clone(), self.requires_grad)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        parts: tuple[Any, ...] = (self.data, self.requires_grad, OrderedDict())
        if not vars(self):
            return rebuild_parameter, parts
        return rebuild_parameter_with_state, (*parts, vars(self))

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


class _Uninitialized:
    """A tensor without a shape yet: `materialize` gives it one, and makes it an ordinary one.

    It can be converted, copied and saved. All else raises ValueError, its shape RuntimeError.
    """

    __slots__ = ()
    _held: Any = Tensor.array  # the memory behind the `array` below: empty, of the dtype to be
    cls_to_become: ClassVar[Any]

    def __new__(cls, requires_grad: bool = False, device: Any = None, dtype: Any = None) -> Any:
        self: Any = cls.cls_to_become.__new__(cls.cls_to_become)
        self.data = tnp.empty(0, device=device, dtype=dtype)
        self.requires_grad = requires_grad
        self.__class__ = cls
        return self

    def materialize(self: Any, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Become a tensor of `shape`, not set, in the dtype chosen before unless given."""
        data = tnp.empty(shape, device=device, dtype=dtype or self.data.dtype)
        self.__class__ = self.cls_to_become
        self.data = data

    @property
    def array(self) -> Any:
        raise ValueError(
            "Attempted to use an uninitialized parameter. This error happens when you are using a "
            "`LazyModule` or explicitly manipulating "
            f"`nn.parameter.{type(self).__name__}` objects. When using LazyModules Call `forward` "
            "with a dummy batch to initialize the parameters before calling other functions"
        )

    @property
    def shape(self) -> Any:
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. "
            "This error usually happens in `load_state_dict` when trying to load "
            "an uninitialized parameter into an initialized one. "
            "Call `forward` to initialize the parameters before accessing their attributes."
        )

    @property
    def data(self) -> Tensor:
        return tnp.from_numpy(self._held)

    @data.setter
    def data(self, data: Tensor) -> None:
        self._held = data.array

    @property
    def dtype(self) -> Any:
        return self.data.dtype

    def is_floating_point(self) -> bool:
        return self.data.is_floating_point()

    def to(self: Any, *args: Any, **kwargs: Any) -> Any:
        """Another one, converted."""
        copy = type(self)(self.requires_grad)
        copy.data = self.data.to(*args, **kwargs)
        return copy

    def detach(self) -> Any:
        """Itself: it has no history, and `state_dict` keeps it as it is."""
        return self

    def __deepcopy__(self, memo: dict[Any, Any]) -> Any:
        return self.to()

    def __reduce_ex__(self: Any, protocol: Any) -> tuple[Any, ...]:
        return type(self), (self.requires_grad,)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class UninitializedParameter(_Uninitialized, Parameter):  # type: ignore[override]
    """A parameter of a lazy module before its first batch: no shape, no values.

    Raises ValueError in almost every use. Source: PyTorch, torch.nn.UninitializedParameter.

    >>> weight = UninitializedParameter()
    >>> weight
    <UninitializedParameter>
    >>> weight.materialize((2, 3))
    >>> type(weight) is Parameter, weight.shape
    (True, tinygrad_np.Size([2, 3]))
    """

    cls_to_become = Parameter

    def __new__(
        cls, requires_grad: bool = True, device: Any = None, dtype: Any = None
    ) -> UninitializedParameter:
        return super().__new__(cls, requires_grad, device, dtype)


class UninitializedBuffer(_Uninitialized, Tensor):  # type: ignore[override]
    """A buffer of a lazy module before its first batch: as `UninitializedParameter`.

    Source: PyTorch, torch.nn.UninitializedBuffer.

    >>> UninitializedBuffer()
    <UninitializedBuffer>
    """

    __slots__ = ()
    cls_to_become = Tensor

    def __new__(
        cls,
        requires_grad: bool = False,
        device: Any = None,
        dtype: Any = None,
        persistent: bool = True,
    ) -> UninitializedBuffer:
        return super().__new__(cls, requires_grad, device, dtype)


def is_lazy(param: Any) -> bool:
    """Whether `param` is a parameter or buffer without a shape yet."""
    return isinstance(param, _Uninitialized)


def rebuild_parameter(data: Tensor, requires_grad: bool, hooks: Any) -> Parameter:
    """A Parameter from a pickle or a file; PyTorch's arguments."""
    return Parameter(data, requires_grad)


def rebuild_parameter_with_state(
    data: Tensor, requires_grad: bool, hooks: Any, state: dict[str, Any]
) -> Parameter:
    """The same with the attributes that the user wrote on it."""
    parameter = Parameter(data, requires_grad)
    vars(parameter).update(state)
    return parameter


serialization.GLOBALS["torch._utils._rebuild_parameter"] = rebuild_parameter
serialization.GLOBALS["torch._utils._rebuild_parameter_with_state"] = rebuild_parameter_with_state
for _kind in (UninitializedParameter, UninitializedBuffer):
    serialization.GLOBALS[f"torch.nn.parameter.{_kind.__name__}"] = _kind


def typename(x: object) -> str:
    """The class of `x`, or x if it is one, with its module unless built in: for error texts.

    >>> typename(1), typename(Parameter())
    ('int', 'nn.parameter.Parameter')
    """
    kind = x if isinstance(x, type) else type(x)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def forget_grad(tensor: Tensor, set_to_none: bool) -> None:
    """Set the gradient to None, or to zeros where there is one."""
    grad = tensor.grad
    if set_to_none or grad is None:
        tensor.grad = None
    elif grad.is_leaf:
        grad.requires_grad_(False).zero_()
    else:
        tensor.grad = grad.detach().zero_()
