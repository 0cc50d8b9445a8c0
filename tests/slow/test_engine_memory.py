"""A CPU kills where a GPU raises: what the engine says that it needs has to hold, in a fresh process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
MEASURE = """
import sys, torch
torch.set_num_threads(1)
def peak():  # of this program alone: ru_maxrss also remembers the process that started it
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return int(status["VmHWM"].split()[0])
from lemmata.engine import train as training
from lemmata.engine.products import choose
from lemmata.engine.train import Network, Run, train
d, m, L, n, count, bits = map(int, sys.argv[1:])
dtype = {32: torch.float32, 64: torch.float64}[bits]
network, angles = Network(d, m, L, 1 / L), torch.arange(n * d, dtype=torch.float64).view(n, d)
x = torch.nn.functional.normalize(angles.sin(), dim=-1)
y = torch.where(x[:, 0] >= 0, 1.0, -1.0).double()
runs = [Run(network, key, x, y, 0.1 / m, 3) for key in range(count)]
training.chunk_size = lambda *_, **__: count  # all of them together
small = Network(d, 32, 2, 0.5)
train([Run(small, 0, x, y, 0.1, 3)], dtype=dtype)  # libraries are warm, and their buffers there
choose(n, m, dtype, x.device)  # kernels are tried once a process
before = peak()
train(runs, dtype=dtype)
after = peak()
print((after - before) * 1024, count * network.shape(n).bytes(dtype.itemsize, 3))
"""


@pytest.mark.parametrize(
    "shape", [(20, 256, 8, 100, 32, 32), (20, 128, 64, 64, 12, 32), (50, 1024, 8, 200, 2, 64), (8, 2048, 1, 50, 1, 32)]
)
def test_peak_memory_is_what_the_formula_says(shape):
    # The promise is 1.1 times the formula; 12 MB are the slack of the allocator and of temporary rows.
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", MEASURE, *map(str, shape)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    measured, formula = map(int, ran.stdout.split())
    assert 0.5 * formula < measured <= 1.1 * formula + 12e6
