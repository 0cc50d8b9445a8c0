"""These tests need a GPU: without one they fail. They use torch, numpy and pytest only."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(scope="session")
def gpu() -> torch.device:
    """The GPU of this machine."""
    if not torch.cuda.is_available():
        pytest.fail(f"torch {torch.__version__} sees no GPU: run these tests on a machine that has one", pytrace=False)
    return torch.device("cuda")
