"""Which device computes, and that it computes in the precision that is asked for."""

from __future__ import annotations

import os

import torch

VARIABLE = "LEMMATA_DEVICE"  # set by the doors from --claims-device, inherited by every child


def default_device() -> torch.device:
    """The device of this process: the CPU unless the run was told to use a GPU.

    Raises:
        RuntimeError: if a GPU was asked for and none is there.
    """
    name = os.environ.get(VARIABLE, "cpu")
    if name != "cpu" and not torch.cuda.is_available():
        raise RuntimeError(f"device {name!r} was asked for, but torch {torch.__version__} sees no GPU: use cpu")
    return torch.device("cpu" if name == "cpu" else "cuda")


def require_full_precision() -> None:
    """Refuse to train where float32 products are rounded to fewer bits (TF32 and the like).

    Raises:
        RuntimeError: with the setting and how to undo it.
    """
    precision = torch.get_float32_matmul_precision()
    if precision != "highest" or torch.backends.cuda.matmul.allow_tf32:
        raise RuntimeError(
            f"float32 products have precision {precision!r}, TF32 {torch.backends.cuda.matmul.allow_tf32}: "
            "call torch.set_float32_matmul_precision('highest')"
        )
