"""What a module saves and loads: its parameters and persistent buffers by dotted name."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from collections.abc import Callable, Mapping
from typing import Any

from tinygrad_np import Handle, Tensor, no_grad

from .parameter import Parameter
from .tree import Tree


class _IncompatibleKeys(namedtuple("_IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What `load_state_dict` could not match."""

    __slots__ = ()

    def __repr__(self) -> str:
        matched = not (self.missing_keys or self.unexpected_keys)
        return "<All keys matched successfully>" if matched else super().__repr__()


class Saved(Tree):
    """A tree whose tensors become a dict and come from one."""

    _version = 1  # of the format of its state, which goes into the metadata
    _state_dict_pre_hooks: dict[int, Callable[..., Any]]
    _state_dict_hooks: dict[int, Callable[..., Any]]
    _load_state_dict_pre_hooks: dict[int, Callable[..., Any]]
    _load_state_dict_post_hooks: dict[int, Callable[..., Any]]

    def __init__(self) -> None:
        super().__init__()
        vars(self).update(
            _state_dict_pre_hooks={},
            _state_dict_hooks={},
            _load_state_dict_pre_hooks={},
            _load_state_dict_post_hooks={},
        )

    def state_dict(
        self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> OrderedDict[str, Tensor]:
        """Parameters and persistent buffers by dotted name, detached and sharing their memory.

        >>> import nn
        >>> list(nn.Linear(3, 2).state_dict())
        ['weight', 'bias']
        """
        result: Any = OrderedDict() if destination is None else destination
        if destination is None:
            result._metadata = OrderedDict()
        own = {"version": self._version}
        if hasattr(result, "_metadata"):
            result._metadata[prefix[:-1]] = own
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        for name, tensor in self._saved().items():
            result[prefix + name] = tensor if keep_vars else tensor.detach()
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(
                    destination=result, prefix=f"{prefix}{name}.", keep_vars=keep_vars
                )
        for hook in self._state_dict_hooks.values():
            if hook(self, result, prefix, own) is not None:
                raise RuntimeError("state_dict post-hook must return None")
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
            metadata = getattr(state_dict, "_metadata", {})
            self._load(dict(state_dict), "", metadata, assign, keys, errors)
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
            raise RuntimeError(
                f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{text}"
            )
        return keys

    def _load(
        self,
        state: dict[str, Any],
        prefix: str,
        metadata: Mapping[str, Any],
        assign: bool,
        keys: Any,
        errors: list[str],
    ) -> None:
        local = metadata.get(prefix[:-1], {})
        for hook in self._load_state_dict_pre_hooks.values():
            hook(self, state, prefix, local, True, *keys, errors)
        own = self._saved()
        for name, tensor in own.items():
            key = prefix + name
            if key not in state:
                keys.missing_keys.append(key)
            elif error := _misfit(key, tensor, state[key]):
                errors.append(error)
            elif assign:
                setattr(self, name, _like(tensor, state[key]))
            else:
                tensor.copy_(state[key].reshape(tensor.shape))
        for key in state:
            name, dot, _ = key.removeprefix(prefix).partition(".")
            if key.startswith(prefix) and name not in (self._modules if dot else own):
                keys.unexpected_keys.append(key)
        for name, module in self._modules.items():
            if module is not None:
                path = f"{prefix}{name}."
                below = {k: v for k, v in state.items() if k.startswith(path)}
                module._load(below, path, metadata, assign, keys, errors)
        for hook in self._load_state_dict_post_hooks.values():
            if hook(self, keys) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected "
                    "to return new values, if incompatible_keys need to be modified, it should be "
                    "done inplace."
                )

    def register_state_dict_pre_hook(self, hook: Callable[[Any, str, bool], None]) -> Handle:
        """Call `hook(module, prefix, keep_vars)` before the state of this module is taken."""
        return Handle(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Callable[..., None]) -> Handle:
        """Call `hook(module, state_dict, prefix, local_metadata)` after; it may change the dict."""
        return Handle(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., None]) -> Handle:
        """Call `hook` before this module is loaded; it may change the dict and all the lists.

        Its arguments are module, state_dict, prefix, local_metadata, strict, missing_keys,
        unexpected_keys and error_msgs.
        """
        return Handle(self._load_state_dict_pre_hooks, hook)

    def register_load_state_dict_post_hook(self, hook: Callable[[Any, Any], None]) -> Handle:
        """Call `hook(module, incompatible_keys)` after this module is loaded."""
        return Handle(self._load_state_dict_post_hooks, hook)


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


def _like(own: Tensor, given: Tensor) -> Tensor:
    """`given` itself as a buffer, or as a parameter that wants a gradient if `own` does."""
    if not isinstance(own, Parameter):
        return given
    if isinstance(given, Parameter):
        return given.requires_grad_(own.requires_grad)
    return Parameter(given, own.requires_grad)
