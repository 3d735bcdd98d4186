"""`tinygrad_np.linalg`: norms. Source: PyTorch, torch.linalg."""

from .ops.norm import linalg_norm as norm
from .ops.norm import matrix_norm, vector_norm
from .refused import refusing

__all__ = ["matrix_norm", "norm", "vector_norm"]

__getattr__ = refusing(__name__)
