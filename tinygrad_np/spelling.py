"""What the library calls itself where it prints shapes and dtypes."""

from __future__ import annotations

library = "tinygrad_np"  # "torch" while a script runs that imports torch: see pytorch_names.py


def spelled(name: str) -> str:
    """The full name of something of this library.

    >>> spelled("float32")
    'tinygrad_np.float32'
    """
    return f"{library}.{name}"
