"""The tree of modules: what assigning an attribute registers, and how it is walked and found."""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType
from typing import Any

from tinygrad_np import Tensor

from .parameter import Parameter, typename


class Tree:
    """A node with parameters, buffers and children, which are attributes too.

    Assigning a Parameter or a Tree registers it; other tensors are registered by `register_buffer`.
    """

    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Any]
    _unsaved: set[str]  # names of the buffers that are not persistent

    def __init__(self) -> None:
        vars(self).update(_parameters={}, _buffers={}, _modules={}, _unsaved=set())

    def __getattr__(self, name: str) -> Any:
        own = vars(self)
        for registry in ("_parameters", "_buffers", "_modules"):
            if registry in own and name in own[registry]:
                return own[registry][name]
        raise AttributeError(
            f"'{type(self).__name__}' object has no attribute '{name}'", name=name, obj=self
        )

    def __setattr__(self, name: str, value: Any) -> None:
        registered = vars(self).get
        if isinstance(value, Parameter):
            if registered("_parameters") is None:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name, except_for="_parameters")
            self.register_parameter(name, value)
        elif name in registered("_parameters", ()):
            self._parameters[name] = _fitting(value, NoneType, "parameter", name, "nn.Parameter")
        elif isinstance(value, Tree):
            if registered("_modules") is None:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name, except_for="_modules")
            self._modules[name] = value
        elif name in registered("_modules", ()):
            self._modules[name] = _fitting(value, NoneType, "child module", name, "nn.Module")
        elif name in registered("_buffers", ()):
            kinds = Tensor | None
            self._buffers[name] = _fitting(value, kinds, "buffer", name, "tinygrad_np.Tensor")
        else:
            object.__setattr__(self, name, value)

    def _forget(self, name: str, except_for: str) -> None:
        own = vars(self)
        for registry in {"_parameters", "_buffers", "_modules"} - {except_for}:
            own[registry].pop(name, None)
        own.pop(name, None)

    def __delattr__(self, name: str) -> None:
        for registry in (self._parameters, self._buffers, self._modules):
            if name in registry:
                del registry[name]
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        registered = [*self._parameters, *self._buffers, *self._modules]
        return sorted(n for n in {*super().__dir__(), *registered} if not n[0].isdigit())

    # -- registering by name

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Make `param` the parameter `name`; None keeps its place.

        Raises AttributeError before __init__, TypeError for other values, KeyError for a bad name.
        """
        self._check_name(name, "parameter", "_parameters")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{typename(param)}' object to parameter '{name}' "
                "(nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be "
                f"created explicitly. To express '{name}' as a function of another Tensor, "
                "compute the value in the forward() method."
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Make `tensor` the buffer `name`: state that is saved, if `persistent`, but not trained.

        Raises AttributeError before __init__, TypeError for other values, KeyError for a bad name.
        """
        self._check_name(name, "buffer", "_buffers")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' "
                "(tinygrad_np.Tensor or None required)"
            )
        self._buffers[name] = tensor
        (self._unsaved.discard if persistent else self._unsaved.add)(name)

    def add_module(self, name: str, module: Any) -> None:
        """Make `module` the child `name`.

        Raises TypeError if it is no Module or None, KeyError for a bad name.
        """
        if module is not None and not isinstance(module, Tree):
            raise TypeError(f"{typename(module)} is not a Module subclass")
        self._check_name(name, "module", "_modules")
        self._modules[name] = module

    def register_module(self, name: str, module: Any) -> None:
        """The same as `add_module`."""
        self.add_module(name, module)

    def _check_name(self, name: str, what: str, registry: str) -> None:
        if registry not in vars(self):
            raise AttributeError(f"cannot assign {what} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{what} name should be a string. Got {typename(name)}")
        if "." in name:
            got = f", got: {name}" if what == "module" else ""
            raise KeyError(f'{what} name can\'t contain "."{got}')
        if name == "":
            raise KeyError(f'{what} name can\'t be empty string ""')
        if name not in vars(self)[registry] and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")

    # -- finding by dotted name

    def get_submodule(self, target: str) -> Any:
        """The module at the dotted path `target`, or itself for "". Raises AttributeError."""
        module = self
        for name in target.split(".") if target else ():
            if not hasattr(module, name):
                raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Tree):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def set_submodule(self, target: str, module: Any, strict: bool = False) -> None:
        """Put `module` at the dotted path `target`, where if `strict` one must be already.

        Raises ValueError for an empty path or what is no Module, AttributeError for a wrong path.
        """
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Tree):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict or hasattr(parent, name):
            parent.get_submodule(name)
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at the dotted path `target`. Raises AttributeError."""
        module, name = self._owner(target)
        if not isinstance(getattr(module, name), Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return getattr(module, name)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at the dotted path `target`. Raises AttributeError."""
        module, name = self._owner(target)
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return module._buffers[name]

    def _owner(self, target: str) -> tuple[Any, str]:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        return module, name

    # -- walking: in the order of registration, parents before children

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """(dotted name, module) of itself and everything below, each once."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, _joined(prefix, name), remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Any]:
        """Itself and every module below, each once."""
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """(name, module) of the direct children, each once."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Any]:
        """The direct children, each once."""
        return (module for _, module in self.named_children())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """(dotted name, parameter) of itself and, with `recurse`, everything below, each once."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of itself and, with `recurse`, of everything below, each once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """(dotted name, buffer) of itself and, with `recurse`, of everything below, each once."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of itself and, with `recurse`, of everything below, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _named(
        self, registry: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen = set()
        modules = (
            self.named_modules(None, prefix, remove_duplicate) if recurse else [(prefix, self)]
        )
        for path, module in modules:
            for name, member in vars(module)[registry].items():
                if member is not None and member not in seen:
                    if remove_duplicate:
                        seen.add(member)
                    yield _joined(path, name), member


def _fitting(value: Any, kinds: Any, what: str, name: str, expected: str) -> Any:
    if not isinstance(value, kinds):
        raise TypeError(
            f"cannot assign '{typename(value)}' as {what} '{name}' ({expected} or None expected)"
        )
    return value


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
