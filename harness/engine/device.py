"""Which device computes, and that it computes in the precision that is asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

FORCE_TF32 = ("NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE")  # over the head of every setting
VARIABLE = "LEMMATA_DEVICE"  # set by the doors from --claims-device, inherited by every child


def on_gpu() -> bool:
    """Was this process told to use a GPU?"""
    return os.environ.get(VARIABLE, "cpu") != "cpu"


def default_device() -> torch.device:
    """The device of this process: the CPU unless the run was told to use a GPU.

    Raises:
        RuntimeError: if a GPU was asked for and none is there.
    """
    import torch

    if on_gpu() and not torch.cuda.is_available():
        raise RuntimeError(f"a GPU was asked for, but torch {torch.__version__} sees none: use --claims-device cpu")
    return torch.device("cuda" if on_gpu() else "cpu")


def require_full_precision() -> None:
    """Refuse to train where float32 products are rounded to fewer bits (TF32 and the like).

    Raises:
        RuntimeError: with the setting and how to undo it.
    """
    import torch

    forced = [name for name in FORCE_TF32 if os.environ.get(name) == "1"]
    if forced:
        raise RuntimeError(f"{forced[0]}=1 rounds float32 products to TF32: unset it")
    precision = torch.get_float32_matmul_precision()
    if precision != "highest" or torch.backends.cuda.matmul.allow_tf32:
        raise RuntimeError(
            f"float32 products have precision {precision!r}, TF32 {torch.backends.cuda.matmul.allow_tf32}: "
            "call torch.set_float32_matmul_precision('highest')"
        )
