"""The graph as PyTorch shows it: the names of its nodes, and its leaves as nodes."""

from __future__ import annotations

from typing import Any, ClassVar


class Node:
    """What `grad_fn` and `next_functions` lead to."""

    torch_name: ClassVar[str] = ""  # where it is not the class's name; whole where not ...Backward0
    edges: Any = ()

    def name(self) -> str:
        """The name that PyTorch would give this node."""
        return _whole(self.torch_name or type(self).__name__)

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes of the inputs, with output number 0: an op has one differentiable output."""
        return tuple(
            (edge if edge is None or isinstance(edge, Node) else AccumulateGrad(edge), 0)
            for edge in self.edges
        )

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"


class AccumulateGrad(Node):
    """A leaf, `variable`, whose gradient is added to its `grad`. Made on demand; the same leaf
    gives an equal one.
    """

    def __init__(self, variable: Any) -> None:
        self.variable = variable

    def name(self) -> str:
        return "torch::autograd::AccumulateGrad"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AccumulateGrad) and other.variable is self.variable

    def __hash__(self) -> int:
        return hash((AccumulateGrad, id(self.variable)))

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {id(self.variable):#x}>"


def named(result: Any, name: str) -> Any:
    """`result`, the node that made it bearing the name of the one op that PyTorch has for it.

    `name` as in `Op.torch_name`. Only for a tensor that the caller has just made.

    >>> import tinygrad_np as tnp
    >>> x = tnp.tensor([1.0], requires_grad=True)
    >>> tnp.named(x * x.sigmoid(), "Silu")
    tensor([0.7311], grad_fn=<SiluBackward0>)
    """
    node = getattr(result, "_node", None)  # an array, as in a rule, has none
    if node is not None:
        node.name = lambda: _whole(name)
    return result


def _whole(name: str) -> str:
    return name if "Backward" in name else f"{name}Backward0"
