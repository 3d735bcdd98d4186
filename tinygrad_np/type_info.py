"""The limits of dtypes: finfo and iinfo."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes


class finfo:
    """The limits of a floating-point dtype (the default dtype if none is given).

    Raises TypeError for an integer dtype.

    >>> finfo(dtypes.float16)
    finfo(resolution=0.001, min=-65504, max=65504, eps=0.000976562, smallest_normal=6.10352e-05, \
tiny=6.10352e-05, dtype=float16)

    Source: https://docs.pytorch.org/docs/stable/type_info.html
    """

    def __init__(self, type: Any = None) -> None:
        ours = dtypes.get_default_dtype() if type is None else dtypes.ours(type)
        if not ours.is_floating_point:
            raise TypeError(
                "finfo() requires a floating point input type. "
                f"Use tinygrad_np.iinfo to handle '{ours}'"
            )
        info = np.finfo(ours.dtype)
        self.dtype, self.bits = ours.name, info.bits
        self.resolution = float(f"1e-{info.precision}")
        for limit in ("min", "max", "eps", "smallest_normal", "tiny"):
            setattr(self, limit, float(getattr(info, limit)))

    def __repr__(self) -> str:
        limits = {k: v for k, v in vars(self).items() if k not in ("dtype", "bits")}
        text = ", ".join(f"{name}={value:g}" for name, value in limits.items())
        return f"finfo({text}, dtype={self.dtype})"


class iinfo:
    """The limits of an integer dtype.

    Raises TypeError for a floating-point dtype and for bool.

    >>> iinfo(dtypes.uint8)
    iinfo(min=0, max=255, dtype=uint8)

    Source: https://docs.pytorch.org/docs/stable/type_info.html
    """

    def __init__(self, type: Any) -> None:
        ours = dtypes.ours(type)
        if ours.is_floating_point:
            raise TypeError(
                f"iinfo() requires an integer input type. Use tinygrad_np.finfo to handle '{ours}'"
            )
        if ours is dtypes.bool:
            raise TypeError("tinygrad_np.bool is not supported by tinygrad_np.iinfo")
        info = np.iinfo(ours.dtype)
        self.dtype, self.bits, self.min, self.max = ours.name, info.bits, info.min, info.max

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
