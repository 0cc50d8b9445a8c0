"""GPU machines are often offline: the GPU tests need torch, numpy and pytest, and a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent.parent
ABSENT = ("scipy", "hypothesis", "pebble", "sympy", "mpmath", "jinja2", "threadpoolctl", "xdist", "jax")
RUN = f"""
import sys
sys.modules.update(dict.fromkeys({ABSENT}))  # importing one of these raises
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "tests/gpu"]))
"""


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU: python -m pytest tests/gpu says more")
def test_without_a_gpu_they_fail_and_do_not_skip():
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    command = [sys.executable, "-c", RUN]
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "sees no GPU" in ran.stdout
    summary = ran.stdout.splitlines()[-1]
    assert " error" in summary
    assert "skipped" not in summary
    assert "passed" not in summary
