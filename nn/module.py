"""Module: a part of a network that is called, trained, saved, moved and printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import tinygrad_np as tnp
from tinygrad_np import Tensor, scope

from .hooks import Hooked
from .parameter import forget_grad
from .state import Saved


def _missing_forward(self: Module, *args: Any, **kwargs: Any) -> Any:
    raise NotImplementedError(
        f'Module [{type(self).__name__}] is missing the required "forward" function'
    )


class Module(Hooked, Saved):
    """The base of all layers and networks: write `__init__` and `forward`, call the instance.

    Parameters and modules that are assigned as attributes are registered: `parameters()` gives
    them to an optimiser, `state_dict()` to a file.
    Source: PyTorch, torch.nn.Module.

    >>> class Twice(Module):
    ...     def forward(self, x):
    ...         return 2 * x
    >>> Twice()(tnp.ones(2))
    tensor([2., 2.])
    """

    training: bool
    forward: Callable[..., Any] = _missing_forward

    def __init__(self) -> None:
        super().__init__()
        self.training = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run `forward` between the hooks; what it computes belongs to this module in pictures."""
        with scope(self):
            if (
                self._forward_hooks
                or self._forward_pre_hooks
                or self._backward_hooks
                or self._backward_pre_hooks
            ):
                return self._between_hooks(args, kwargs)
            return self.forward(*args, **kwargs)

    # -- modes and conversions

    def train(self, mode: bool = True) -> Self:
        """Switch itself and everything below to training, which dropout and batch norm heed.

        Raises ValueError if `mode` is no bool.
        """
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Switch to evaluation: the opposite of `train`."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Want gradients of all parameters, or of none."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            forget_grad(parameter, set_to_none)

    def apply(self, fn: Callable[[Any], Any]) -> Self:
        """Call `fn` with every module below and then with itself."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert all parameters and buffers of floating point in place, as `Tensor.to` would.

        Raises TypeError for a dtype of integers, RuntimeError for a device other than the CPU.
        """

        def convert(tensor: Tensor) -> Tensor:
            if not tensor.is_floating_point():
                return tensor
            result = tensor.to(*args, **kwargs)
            if not result.is_floating_point():
                raise TypeError(
                    "nn.Module.to only accepts floating point dtypes, "
                    f"but got desired dtype={result.dtype}"
                )
            return result

        return self._apply(convert)

    def _apply(self, convert: Callable[[Tensor], Tensor]) -> Self:
        for module in self.children():
            module._apply(convert)
        for parameter in self._parameters.values():
            if parameter is not None:
                grad, parameter.grad = parameter.grad, None
                parameter.data = convert(parameter.data)
                parameter.grad = None if grad is None else convert(grad.detach())
        for name, buffer in self._buffers.items():
            self._buffers[name] = buffer if buffer is None else convert(buffer)
        return self

    def type(self, dst_type: Any) -> Self:
        """Convert all parameters and buffers, those of integers too, as `Tensor.type` would."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def half(self) -> Self:
        """Convert to float16."""
        return self.to(tnp.float16)

    def bfloat16(self) -> Self:
        """Not supported: NumPy has no bfloat16. Raises TypeError."""
        raise TypeError("bfloat16 is not part of tinygrad_np: use half(), float() or double()")

    def float(self) -> Self:
        """Convert to float32."""
        return self.to(tnp.float32)

    def double(self) -> Self:
        """Convert to float64."""
        return self.to(tnp.float64)

    def cpu(self) -> Self:
        """Itself: it is on the CPU already."""
        return self

    def cuda(self, device: Any = None) -> Self:
        """Not supported: raises RuntimeError, which names the device."""
        return self.to("cuda")

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to do: what is called is the Python that you read."""

    # -- printing

    def extra_repr(self) -> str:
        """What a layer shows of itself between the brackets; subclasses write it."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr()
        children = [f"({name}): {module!r}" for name, module in self._modules.items()]
        if not children and "\n" not in extra:
            return f"{self._get_name()}({extra})"
        return in_brackets(self._get_name(), [*extra.splitlines(), *children])


def in_brackets(name: str, parts: list[str]) -> str:
    """`name(` and the parts, each indented on lines of its own, and `)`."""
    lines = "".join(f"\n{part}" for part in parts).replace("\n", "\n  ")
    return f"{name}({lines}\n)" if parts else f"{name}()"
