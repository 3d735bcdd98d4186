"""Weighted sums of rows or columns: what interpolation and adaptive average pools are made of."""

from __future__ import annotations

import numpy

from .. import layout
from ..op import Op
from ..samples import ErrorSample, Sample
from .creation import ones


class Resample(Op):
    """y[i] = sum over j of matrix[i, j] * x[j] along dim;   dx = Resample by matrix^T of g"""

    matrix: numpy.ndarray
    dim: int  # 2 or 3 of (N, C, H, W)

    def forward(self, x):
        count = self.matrix.shape[1]
        if x.ndim != 4 or x.shape[self.dim] != count:
            raise ValueError(
                f"expected x (N, C, H, W) with size {count} at dimension {self.dim}, one element "
                f"for each column of the matrix, got {x.shape}"
            )
        total = self.xp.result_type(x, self.xp.float32)  # sums of float16 are taken in float32
        rows = layout.memory(x).astype(total, copy=False)
        axis = 0 if self.dim == 2 else 2  # of (H, C, W, N)
        y = self.xp.zeros((*rows.shape[:axis], len(self.matrix), *rows.shape[axis + 1 :]), total)
        rows, sums = self.xp.moveaxis(rows, axis, 0), self.xp.moveaxis(y, axis, 0)
        for i, weights in enumerate(self.matrix):
            for j in weights.nonzero()[0]:  # no others: 0 * inf would be nan
                sums[i] += float(weights[j]) * rows[j]
        return layout.logical(y.astype(x.dtype, copy=False))

    def dx(self, g):
        return Resample(self.matrix.T, self.dim)(g)

    def samples(r):
        yield Sample(r.normal(2, 3, 4, 2), matrix=r.normal(5, 4), dim=2)
        yield Sample(r.normal(2, 1, 2, 3), matrix=numpy.eye(4, 3), dim=3)
        yield Sample(r.normal(0, 2, 3, 3), matrix=r.normal(2, 3), dim=3)
        for shape in [(1, 1, 4, 3), (4, 4)]:
            yield ErrorSample(
                lambda shape=shape: Resample(numpy.eye(2, 3), 2)(ones(*shape)),
                rf"\(N, C, H, W\) with size 3 at dimension 2, .* got \({str(shape)[1:-1]}\)",
            )

    def reference(self, torch, x):
        matrix = torch.from_numpy(self.matrix.copy()).to(x.dtype)
        return torch.tensordot(x, matrix, ([self.dim], [1])).movedim(-1, self.dim)
