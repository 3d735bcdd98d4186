"""Hooks: the user's functions that see, and may replace, what goes through a module and back."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from tinygrad_np import Handle, Tensor, autograd, is_grad_enabled

Hook = Callable[..., Any]


class Hooked:
    """What is called between hooks: before and after forward, and on the way back."""

    forward: Callable[..., Any]
    _forward_pre_hooks: dict[int, Hook]
    _forward_hooks: dict[int, Hook]
    _backward_pre_hooks: dict[int, Hook]
    _backward_hooks: dict[int, Hook]
    _with_kwargs: set[int]  # numbers of the hooks that get keyword arguments too
    _always_called: set[int]

    def __init__(self) -> None:
        super().__init__()
        vars(self).update(
            _forward_pre_hooks=OrderedDict(),
            _forward_hooks=OrderedDict(),
            _backward_pre_hooks=OrderedDict(),
            _backward_hooks=OrderedDict(),
            _with_kwargs=set(),
            _always_called=set(),
        )

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> Handle:
        """Call `hook(module, args)` before forward; it may return other arguments.

        `prepend` calls it before the hooks that are there; `with_kwargs` calls
        `hook(module, args, kwargs)`, which may return a pair of both.
        """
        handle = Handle(self._forward_pre_hooks, hook, prepend)
        if with_kwargs:
            self._with_kwargs.add(handle.id)
        return handle

    def register_forward_hook(
        self,
        hook: Hook,
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> Handle:
        """Call `hook(module, args, output)` after forward; it may return another output.

        `with_kwargs` calls `hook(module, args, kwargs, output)`; `always_call` calls it even where
        forward or another hook raised.
        """
        handle = Handle(self._forward_hooks, hook, prepend)
        if with_kwargs:
            self._with_kwargs.add(handle.id)
        if always_call:
            self._always_called.add(handle.id)
        return handle

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> Handle:
        """Call `hook(module, grad_output)` when the gradients of the outputs are known.

        `grad_output` is a tuple, None where an output is no tensor or was not used; the hook may
        return another one.
        """
        return Handle(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> Handle:
        """Call `hook(module, grad_input, grad_output)` when the gradients of the inputs are known.

        Both are tuples, `grad_input` over the positional arguments, None where one is no tensor;
        the hook may return another `grad_input`. If no input wants a gradient, it is called with
        None for all of them when those of the outputs are known.
        Source: PyTorch, torch.nn.Module.register_full_backward_hook.

        >>> import nn
        >>> import tinygrad_np as tnp
        >>> relu = nn.ReLU()
        >>> handle = relu.register_full_backward_hook(lambda module, gx, gy: print(gx, gy))
        >>> relu(tnp.tensor([-1.0, 1.0], requires_grad=True)).sum().backward()
        (tensor([0., 1.]),) (tensor([1., 1.]),)
        """
        return Handle(self._backward_hooks, hook, prepend)

    def _between_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run forward and all hooks."""
        result, pending = None, dict(self._forward_hooks)
        try:
            for number, hook in list(self._forward_pre_hooks.items()):
                args, kwargs = self._before_forward(number, hook, args, kwargs)
            gates = None
            if self._backward_hooks or self._backward_pre_hooks:
                gates = _Gates(self)
                args = gates.enter(args)
            result = self.forward(*args, **kwargs)
            for number in list(pending):
                changed = self._after_forward(number, pending.pop(number), args, kwargs, result)
                result = result if changed is None else changed
            return result if gates is None else gates.leave(result)
        except Exception:
            for number in [n for n in pending if n in self._always_called]:
                try:
                    changed = self._after_forward(number, pending[number], args, kwargs, result)
                    result = result if changed is None else changed
                except Exception as error:
                    warnings.warn(
                        "module forward hook with ``always_call=True`` raised an exception that "
                        f"was silenced as another error was raised in forward: {error}",
                        stacklevel=3,
                    )
            raise

    def _before_forward(self, number: int, hook: Hook, args: Any, kwargs: Any) -> tuple[Any, Any]:
        if number not in self._with_kwargs:
            changed = hook(self, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
            return args, kwargs
        changed = hook(self, args, kwargs)
        if changed is None:
            return args, kwargs
        if not (isinstance(changed, tuple) and len(changed) == 2):
            raise RuntimeError(
                "forward pre-hook must return None or a tuple of (new_args, new_kwargs), "
                f"but got {changed}."
            )
        return changed

    def _after_forward(self, number: int, hook: Hook, args: Any, kwargs: Any, result: Any) -> Any:
        if number in self._with_kwargs:
            return hook(self, args, kwargs, result)
        return hook(self, args, result)


class BackwardHookFunction(autograd.Function):
    """A gate: tensors pass it together, and `seen` gets all their gradients at once.

    They leave as copies, so that a change in place behind the gate is a change of the copy.
    """

    @staticmethod
    def forward(ctx: Any, seen: Hook, zeros: bool, *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.seen = seen
        ctx.set_materialize_grads(zeros)
        passed = tuple(x.clone() for x in tensors)
        ctx.mark_non_differentiable(
            *(y for x, y in zip(tensors, passed, strict=True) if not x.requires_grad)
        )
        return passed

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Any, ...]:
        return (None, None, *ctx.seen(gradients))


class _Gates:
    """The gates of one call of a module: its inputs pass the one together, its outputs the other.

    On the way back the gradients of all outputs are known at the second, and later those of all
    inputs at the first: that is where the hooks are called.
    """

    def __init__(self, module: Hooked) -> None:
        self.module = module
        self.pre_hooks = list(module._backward_pre_hooks.values())
        self.hooks = list(module._backward_hooks.values())
        self.grad_output: Any = None

    def enter(self, args: tuple[Any, ...]) -> Any:
        self.inputs = len(args)
        args, self.input_places = _through_gate(args, self._know_grad_input, zeros=True)
        return args

    def leave(self, result: Any) -> Any:
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of "
                f"Tensors but received {type(result)}",
                stacklevel=4,
            )
        outputs = result if isinstance(result, tuple) else (result,)
        self.outputs = len(outputs)
        outputs, self.output_places = _through_gate(outputs, self._know_grad_output, zeros=False)
        return outputs if isinstance(result, tuple) else outputs[0]

    def _know_grad_output(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        grads = _placed(gradients, self.output_places, self.outputs)
        for hook in self.pre_hooks:
            changed = hook(self.module, grads)
            if changed is not None:
                grads = _checked("pre hook", "grad_output", hook, changed, grads)
        if self.input_places is None:
            self._call_without_grad_input(grads)
        else:
            self.grad_output = grads
        return tuple(grads[i] for i in self.output_places or ())

    def _know_grad_input(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.grad_output is None:  # they did not come by way of the outputs
            return gradients
        grads = _placed(gradients, self.input_places, self.inputs)
        for hook in self.hooks:
            changed = hook(self.module, grads, self.grad_output)
            if changed is not None:
                grads = _checked("hook", "grad_input", hook, changed, grads)
        self.grad_output = None
        return tuple(grads[i] for i in self.input_places or ())

    def _call_without_grad_input(self, grad_output: Any) -> None:
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module "
            "outputs since no inputs require gradients. See "
            "https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html#"
            "torch.nn.Module.register_full_backward_hook for more details.",
            stacklevel=5,
        )
        for hook in self.hooks:
            changed = hook(self.module, (None,) * self.inputs, grad_output)
            nothing = isinstance(changed, tuple) and all(x is None for x in changed)
            if changed is not None and not nothing:
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always "
                    "return None or None for all gradients."
                )


def _through_gate(values: Any, seen: Hook, zeros: bool) -> tuple[Any, list[int] | None]:
    """A tuple whose tensors have passed a gate, and where they stand; None if nothing is recorded.

    `zeros` says whether `seen` gets zeros or None for a tensor that was not used.
    """
    places = [i for i, x in enumerate(values) if isinstance(x, Tensor)]
    if not (is_grad_enabled() and any(values[i].requires_grad for i in places)):
        return values, None
    passed = list(values)
    tensors = BackwardHookFunction.apply(seen, zeros, *(values[i] for i in places))
    for i, x in zip(places, tensors, strict=True):
        passed[i] = x
    return tuple(passed) if type(values) is tuple else type(values)(*passed), places


def _placed(gradients: tuple[Any, ...], places: list[int] | None, count: int) -> tuple[Any, ...]:
    """The gradients in their places among all arguments or outputs, and None elsewhere."""
    at = dict(zip(places or (), gradients, strict=True))
    return tuple(at.get(i) for i in range(count))


def _checked(kind: str, what: str, hook: Hook, changed: Any, before: tuple[Any, ...]) -> Any:
    """What a backward hook returned, or an error where it does not fit what it was given."""
    if len(changed) != len(before):
        raise RuntimeError(
            f"Backward {kind} returned an invalid number of {what}, "
            f"got {len(changed)}, but expected {len(before)}"
        )
    for new, old in zip(changed, before, strict=True):
        if new is not None and not isinstance(new, Tensor):
            raise TypeError(f"expected Variable, but hook returned '{type(new).__name__}'")
        if new is not None and old is not None and new.shape != old.shape:
            name = getattr(hook, "__name__", repr(hook))
            raise RuntimeError(f"hook '{name}' has changed the size of value")
    return tuple(changed)
