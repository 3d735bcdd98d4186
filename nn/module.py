"""Module: a part of a network that is called, trained, saved, moved and printed."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from collections.abc import Callable, Mapping
from typing import Any, Self

import tinygrad_np as tnp
from tinygrad_np import Handle, Tensor, no_grad, scope

from .parameter import Parameter, forget_grad
from .tree import Tree


class _IncompatibleKeys(namedtuple("_IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What `load_state_dict` could not match."""

    __slots__ = ()

    def __repr__(self) -> str:
        matched = not (self.missing_keys or self.unexpected_keys)
        return "<All keys matched successfully>" if matched else super().__repr__()


def _missing_forward(self: Module, *args: Any, **kwargs: Any) -> Any:
    raise NotImplementedError(
        f'Module [{type(self).__name__}] is missing the required "forward" function'
    )


class Module(Tree):
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
        vars(self).update(training=True, _forward_pre_hooks={}, _forward_hooks={})

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run `forward` between the hooks; what it computes belongs to this module in pictures."""
        with scope(self):
            if not (self._forward_pre_hooks or self._forward_hooks):
                return self.forward(*args, **kwargs)
            for hook in list(self._forward_pre_hooks.values()):
                changed = hook(self, args)
                if changed is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
            result = self.forward(*args, **kwargs)
            for hook in list(self._forward_hooks.values()):
                changed = hook(self, args, result)
                result = result if changed is None else changed
            return result

    def register_forward_pre_hook(self, hook: Callable[[Any, Any], Any]) -> Handle:
        """Call `hook(module, args)` before forward; it may return other arguments."""
        return Handle(self._forward_pre_hooks, hook)

    def register_forward_hook(self, hook: Callable[[Any, Any, Any], Any]) -> Handle:
        """Call `hook(module, args, output)` after forward; it may return another output."""
        return Handle(self._forward_hooks, hook)

    # -- saving and loading

    def state_dict(
        self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> OrderedDict[str, Tensor]:
        """Parameters and persistent buffers by dotted name, detached and sharing their memory.

        >>> import nn
        >>> list(nn.Linear(3, 2).state_dict())
        ['weight', 'bias']
        """
        result = OrderedDict() if destination is None else destination
        for name, tensor in self._saved().items():
            result[prefix + name] = tensor if keep_vars else tensor.detach()
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(
                    destination=result, prefix=f"{prefix}{name}.", keep_vars=keep_vars
                )
        return result

    def _saved(self) -> dict[str, Tensor]:
        """What is saved of this module itself."""
        buffers = {k: v for k, v in self._buffers.items() if k not in self._unsaved}
        return {k: v for k, v in {**self._parameters, **buffers}.items() if v is not None}

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copy the tensors of `state_dict` into those of the same names, or `assign` them.

        Everything that fits is loaded before RuntimeError names what does not: tensors of other
        shapes and, if `strict`, missing and unexpected names. Raises TypeError for no mapping.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        keys = _IncompatibleKeys([], [])
        errors: list[str] = []
        with no_grad():
            self._load(state_dict, "", assign, keys, errors)
        if strict:
            for what, names in [
                ("Unexpected", keys.unexpected_keys),
                ("Missing", keys.missing_keys),
            ]:
                if names:
                    quoted = ", ".join(f'"{name}"' for name in names)
                    errors.insert(0, f"{what} key(s) in state_dict: {quoted}. ")
        if errors:
            text = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {self._get_name()}:\n\t{text}")
        return keys

    def _load(
        self, state: Mapping[str, Any], prefix: str, assign: bool, keys: Any, errors: list[str]
    ) -> None:
        own = self._saved()
        for name, tensor in own.items():
            key = prefix + name
            if key not in state:
                keys.missing_keys.append(key)
            elif error := self._misfit(key, tensor, state[key]):
                errors.append(error)
            elif assign:
                setattr(self, name, _like(tensor, state[key]))
            else:
                tensor.copy_(state[key].reshape(tensor.shape))
        for key in state:
            name, dot, _ = key.removeprefix(prefix).partition(".")
            if name not in (self._modules if dot else own):
                keys.unexpected_keys.append(key)
        for name, module in self._modules.items():
            if module is not None:
                path = f"{prefix}{name}."
                below = {k: v for k, v in state.items() if k.startswith(path)}
                module._load(below, path, assign, keys, errors)

    @staticmethod
    def _misfit(key: str, own: Tensor, given: Any) -> str | None:
        if not isinstance(given, Tensor):
            return (
                f'While copying the parameter named "{key}", expected tinygrad_np.Tensor or '
                f"Tensor-like object from checkpoint but received {type(given)}"
            )
        if own.shape == given.shape or (own.ndim == 0 and given.shape == (1,)):
            return None
        return (
            f"size mismatch for {key}: copying a param with shape {given.shape} from checkpoint, "
            f"the shape in current model is {own.shape}."
        )

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

    def half(self) -> Self:
        """Convert to float16."""
        return self.to(tnp.float16)

    def float(self) -> Self:
        """Convert to float32."""
        return self.to(tnp.float32)

    def double(self) -> Self:
        """Convert to float64."""
        return self.to(tnp.float64)

    def cpu(self) -> Self:
        """Itself: it is on the CPU already."""
        return self

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


def _like(own: Tensor, given: Tensor) -> Tensor:
    """`given` itself as a buffer, or as a parameter that wants a gradient if `own` does."""
    if not isinstance(own, Parameter):
        return given
    if isinstance(given, Parameter):
        return given.requires_grad_(own.requires_grad)
    return Parameter(given, own.requires_grad)
