"""Sequences of different lengths in one tensor: padded to one length, or packed without padding."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable, Sequence
from typing import Any, Self

import tinygrad_np as tnp
from tinygrad_np import Tensor

_Fields = namedtuple("_Fields", ["data", "batch_sizes", "sorted_indices", "unsorted_indices"])


class PackedSequence(_Fields):
    """All first elements, then all second ones, ...: `data`, and how many there are of each.

    `batch_sizes` falls from the number of sequences, which stand in order of falling length:
    `sorted_indices` put them so and `unsorted_indices` put them back (None: they came so).
    Made by `pack_padded_sequence` and `pack_sequence`; recurrent layers take it and give it back.
    Source: PyTorch, torch.nn.utils.rnn.PackedSequence.

    >>> pack_sequence([tnp.tensor([1, 2, 3]), tnp.tensor([4])]).data
    tensor([1, 4, 2, 3])
    """

    __slots__ = ()
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> Self:
        if batch_sizes is None:
            if not (isinstance(data, list | tuple) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """The same with `data.to(...)`; itself where nothing changes."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else type(self)(data, *self[1:])

    def double(self) -> Self:
        """Convert `data` to float64."""
        return self.to(tnp.float64)

    def float(self) -> Self:
        """Convert `data` to float32."""
        return self.to(tnp.float32)

    def half(self) -> Self:
        """Convert `data` to float16."""
        return self.to(tnp.float16)

    def long(self) -> Self:
        """Convert `data` to int64."""
        return self.to(tnp.int64)


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes `permutation`; None for None.

    >>> invert_permutation(tnp.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    return tnp.from_numpy(permutation.numpy().argsort())


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Padded sequences `(T, B, *)`, or `(B, T, *)` if `batch_first`, without their padding.

    `lengths` must fall, unless `enforce_sorted=False` sorts the sequences. Raises RuntimeError for
    lengths that rise, are below 1, or are not one for each sequence.
    Source: PyTorch, torch.nn.utils.rnn.pack_padded_sequence.

    >>> pack_padded_sequence(tnp.tensor([[1, 4], [2, 0]]), [2, 1]).data
    tensor([1, 4, 2])
    """
    lengths = tnp.as_tensor(lengths, dtype=tnp.int64).numpy()
    input = input.transpose(0, 1) if batch_first else input
    order = None
    if not enforce_sorted and lengths.ndim == 1:
        order = (-lengths).argsort(stable=True)
        lengths, input = lengths[order], input[:, order]
        order = tnp.from_numpy(order)
    _check_lengths(lengths, input)
    if lengths[0] > len(input):
        raise RuntimeError(f"Expected all lengths to be at most {len(input)}, got {lengths[0]}")
    mask = tnp.arange(int(lengths[0])).unsqueeze(1) < tnp.from_numpy(lengths)
    return PackedSequence(input[: len(mask)][mask], mask.sum(1), order)


def _check_lengths(lengths: Any, input: Tensor) -> None:
    if lengths.ndim != 1:
        raise RuntimeError(
            f"'lengths' argument should be a 1D CPU int64 tensor, but got {lengths.ndim}D cpu Long "
            "tensor"
        )
    if input.numel() == 0:
        raise RuntimeError("Cannot pack empty tensors.")
    if lengths.size != input.shape[1]:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {lengths.size} "
            f"(batch_size={input.shape[1]})"
        )
    if (lengths <= 0).any():
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' "
            "that is <= 0"
        )
    if (lengths[1:] > lengths[:-1]).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. "
            "You can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to "
            "sidestep this requirement if you do not need ONNX exportability."
        )


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The sequences `(T, B, *)` in their first order, padded to one length, and their lengths.

    Raises ValueError for a `total_length` below the longest.
    Source: PyTorch, torch.nn.utils.rnn.pad_packed_sequence.

    >>> pad_packed_sequence(pack_sequence([tnp.tensor([1, 2]), tnp.tensor([4])]), batch_first=True)
    (tensor([[1, 2],
            [4, 0]]), tensor([2, 1]))
    """
    data, batch_sizes, _, unsorted = sequence
    longest = total = len(batch_sizes)
    if total_length is not None:
        if total_length < longest:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in input, "
                f"but got total_length={total_length} and max sequence length being {longest}"
            )
        total = total_length
    mask = tnp.arange(int(batch_sizes[0])) < batch_sizes.unsqueeze(1)
    lengths = mask.sum(0)
    shape = (total, int(batch_sizes[0]), *data.shape[1:])
    padded = tnp.full(shape, padding_value, dtype=data.dtype)
    if total > longest:
        mask = tnp.arange(total).unsqueeze(1) < lengths
    padded[mask] = data
    if unsorted is not None:
        padded, lengths = padded[:, unsorted], lengths[unsorted]
    return padded.transpose(0, 1) if batch_first else padded, lengths


def pad_sequence(
    sequences: Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences `(L, *)` side by side, padded to the longest: `(T, B, *)`, or `(B, T, *)`.

    Raises RuntimeError for no sequences, and for a side other than "left" and "right".
    Source: PyTorch, torch.nn.utils.rnn.pad_sequence.

    >>> pad_sequence([tnp.tensor([1, 2]), tnp.tensor([4])], batch_first=True, padding_value=9)
    tensor([[1, 2],
            [4, 9]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            "pad_sequence: Expected iterable for input sequences, but got arg of type: "
            f"{type(sequences)}"
        )
    sequences = tuple(sequences)
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError(
            f"Expected padding_side to be one of left or right, but got {padding_side}."
        )
    longest = max(len(sequence) for sequence in sequences)
    padded = []
    for sequence in sequences:
        missing = longest - len(sequence)
        ends = (missing, 0) if padding_side == "left" else (0, missing)
        widths = (0, 0) * (sequence.ndim - 1) + ends
        padded.append(tnp.pad(sequence, widths, value=padding_value) if missing else sequence)
    return tnp.stack(padded, dim=0 if batch_first else 1)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """The sequences that `pad_sequence` padded. Source: PyTorch, torch.nn.utils.rnn.unpad_sequence.

    >>> unpad_sequence(tnp.tensor([[1, 2], [4, 0]]), tnp.tensor([2, 1]), batch_first=True)
    [tensor([1, 2]), tensor([4])]
    """
    by_sequence = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [x[: int(length)] for x, length in zip(by_sequence, lengths, strict=True)]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """`pack_padded_sequence` of a list of sequences `(L, *)`.

    Source: PyTorch, torch.nn.utils.rnn.pack_sequence.

    >>> pack_sequence([tnp.tensor([4]), tnp.tensor([1, 2])], enforce_sorted=False)
    PackedSequence(data=tensor([1, 4, 2]), batch_sizes=tensor([2, 1]), \
sorted_indices=tensor([1, 0]), unsorted_indices=tensor([1, 0]))
    """
    lengths = [len(sequence) for sequence in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences of a packed one. Source: PyTorch, torch.nn.utils.rnn.unpack_sequence.

    >>> unpack_sequence(pack_sequence([tnp.tensor([1, 2]), tnp.tensor([4])]))
    [tensor([1, 2]), tensor([4])]
    """
    return unpad_sequence(*pad_packed_sequence(packed_sequences))
