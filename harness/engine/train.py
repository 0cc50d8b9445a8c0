r"""Train networks of Frei, Cao, Gu (2019) by gradient descent, as many at a time as fit, and get their traces.

    traces = train([Run(Network(d, m, L, theta), draw_key(rng), x, y, eta, steps) for ...])
    traces[0].distance.max()

A run is a function of what is written in it: batch, chunk, device and worker change nothing that goes in, and on a
CPU where the self-test says so (`lemmata.engine.selftest`) not one bit of what comes out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from lemmata.engine.chunks import Shape, TooLargeError, buckets, chunk_size
from lemmata.engine.descent import WIDTHS, Descent, Stop, padded
from lemmata.engine.device import default_device, require_full_precision
from lemmata.engine.log import note
from lemmata.engine.memory import budget as memory_budget
from lemmata.engine.products import Products, choose
from lemmata.engine.segments import run_segments
from lemmata.generators.addressed import fill_normals
from lemmata.networks.checks import require_finite, require_shape

SMALLEST_STEP = 1e-12  # in float32; norms are sums of squares, which vanish below 1e-38


@dataclass(frozen=True)
class Network:
    """An architecture of Section 2.

    Attributes:
        d: input dimension.
        m: width.
        L: number of hidden layers.
        theta: residual scaling.
        m_out: width m_{L+1}, even; m unless given.
        skip: False for the non-residual twin x_l = relu(W_l^T x_{l-1}).
    """

    d: int
    m: int
    L: int
    theta: float
    m_out: int | None = None
    skip: bool = True

    @property
    def layers(self) -> list[tuple[int, int]]:
        """Rows and columns of W_1 .. W_{L+1}."""
        m_out = self.m if self.m_out is None else self.m_out
        return list(pairwise([self.d, *[self.m] * self.L, m_out]))

    def shape(self, n: int) -> Shape:
        """Padded sizes, on n samples."""
        return Shape(tuple((padded(rows, WIDTHS), padded(columns, WIDTHS)) for rows, columns in self.layers), n)


@dataclass(frozen=True, eq=False)
class Run:
    """One training run, with everything that is needed to make it again.

    Attributes:
        network: the architecture.
        key: 64 bits from which the initial weights are drawn, entries N(0, 2/m_l) (Assumption 3.3).
        x: inputs [n, d].
        y: labels +1 and -1, [n].
        eta: step size.
        steps: K; the trace describes W^(0) .. W^(K).
    """

    network: Network
    key: int
    x: Tensor
    y: Tensor
    eta: float
    steps: int

    def __post_init__(self) -> None:
        require_shape("x", self.x, None, self.network.d)
        require_shape("y", self.y, len(self.x))
        require_finite("x", self.x)
        if not bool((self.y.abs() == 1).all()):
            raise ValueError(f"labels y hold {self.y[self.y.abs() != 1][0].item()}: use +1 and -1")
        if not 0 < self.eta < math.inf or self.steps < 0:
            raise ValueError(f"eta = {self.eta}, steps = {self.steps}: give a positive step size and a number of steps")
        if min(self.network.d, self.network.m, self.network.L) < 1:
            raise ValueError(f"{self.network}: d, m and L must be at least 1")


@dataclass(frozen=True, eq=False)
class Trace:
    """What a run went through, in float64; row k is measured at W^(k).

    The rows end with the last step, or with the row at which the stop condition came true. From the first number that
    is not finite on, every quantity is +inf: the run diverged.

    Attributes:
        loss: L_S, [k+1].
        surrogate: E_S, [k+1].
        gradient: ||grad_{W_l} L_S||_F, [k+1, L+1].
        distance: ||W_l^(k) - W_l^(0)||_F, [k+1, L+1]; between exact rows an upper bound, see :func:`train`.
        diverged: did it?
        stopped: did the stop condition end it?
        kernel: name of the matrix products' kernel.
        chunk: how many networks were trained together.
    """

    loss: Tensor
    surrogate: Tensor
    gradient: Tensor
    distance: Tensor
    diverged: bool
    stopped: bool
    kernel: str
    chunk: int


def train(
    runs: Sequence[Run],
    *,
    dtype: torch.dtype = torch.float64,
    stop: Stop | None = None,
    distance_every: int = 1,
    device: torch.device | None = None,
    budget: int | None = None,
) -> list[Trace]:
    """Train all networks; the traces come in the order of the runs.

    Args:
        runs: of any shapes; those of one shape are trained together.
        dtype: float64, or float32. The initial weights are the same numbers in both.
        stop: takes what a step measured, a :class:`lemmata.engine.descent.Row` of tensors over networks, and says
            where to stop, [B]; a step after it came true is not part of the trace. It must not read numbers back to
            the host.
        distance_every: measure distances in every so many steps. In between the triangle inequality bounds them: the
            last exact value and the length of the path since, an upper bound up to rounding.
        device: where; that of the run unless given.
        budget: bytes that may be used; what is left of the worker's share unless given.

    Raises:
        ValueError: if there are no runs, distance_every is below one, or a step is too small for float32.
        TooLargeError: if one network alone does not fit.
    """
    if not runs or distance_every < 1:
        raise ValueError(f"{len(runs)} runs, distance_every = {distance_every}: give at least one of each")
    smallest = min(run.eta for run in runs)
    if dtype == torch.float32 and smallest < SMALLEST_STEP:
        raise ValueError(f"eta = {smallest:g}: in float32 the square of such a step vanishes; train in float64")
    require_full_precision()
    device = device or default_device()
    if budget is None:
        budget = torch.cuda.mem_get_info(device)[0] * 85 // 100 if device.type == "cuda" else memory_budget()
    traces: dict[int, Trace] = {}
    for members in buckets([(run.network, len(run.x)) for run in runs]).values():
        members.sort(key=lambda i: runs[i].steps)
        together = [runs[i] for i in members]
        traces |= zip(members, _train_bucket(together, dtype, stop, distance_every, device, budget), strict=True)
    return [traces[i] for i in range(len(runs))]


def _train_bucket(
    runs: list[Run], dtype: torch.dtype, stop: Stop | None, distance_every: int, device: torch.device, budget: int
) -> list[Trace]:
    """Chunk by chunk; where memory runs out, with half the chunk. The shortest runs come first."""
    shape = runs[0].network.shape(len(runs[0].x))
    size = chunk_size(shape, dtype.itemsize, runs[-1].steps, budget, gpu=device.type == "cuda")
    traces: list[Trace] = []
    while len(traces) < len(runs):
        try:
            chunk = runs[len(traces) : len(traces) + size]
            traces += _train_chunk(chunk, shape, dtype, stop, distance_every, device)
        except (RuntimeError, MemoryError) as error:
            if not _is_out_of_memory(error):
                raise
            if size == 1:
                raise TooLargeError(
                    f"out of memory with a single {runs[0].network}: lower the largest m or L"
                ) from error
            size = max(min(size, len(chunk)) // 2, 1)
    return traces


def _is_out_of_memory(error: Exception) -> bool:
    """Torch reports a failed allocation on a CPU as a RuntimeError of its own."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)


@torch.no_grad()
def _train_chunk(
    runs: Sequence[Run],
    shape: Shape,
    dtype: torch.dtype,
    stop: Stop | None,
    distance_every: int,
    device: torch.device,
) -> list[Trace]:
    def batch(rows: list[Tensor]) -> Tensor:
        return torch.stack(rows).to(device, dtype)

    network = runs[0].network
    x = F.pad(batch([run.x for run in runs]), (0, shape.layers[0][0] - network.d))
    products = choose(shape.n, shape.m, dtype, device)
    descent = Descent(
        _initial_weights(runs, shape, products, x),
        x,
        batch([run.y for run in runs]),
        torch.tensor([run.eta for run in runs], dtype=dtype, device=device),
        theta=network.theta,
        m_out=network.layers[-1][1],
        skip=network.skip,
        stop=stop,
        products=products,
    )
    rows = run_segments(descent, runs[-1].steps + 1, distance_every).cpu().double()
    note(products.name, str(dtype).removeprefix("torch."), device.type, len(runs))
    return [_trace(rows[:, :, b], run.steps, products.name, len(runs)) for b, run in enumerate(runs)]


def _initial_weights(runs: Sequence[Run], shape: Shape, products: Products, like: Tensor) -> list[Tensor]:
    """W_1 .. W_{L+1} with entries N(0, 2/m_l), in float64 rounded to float32, padded with zeros."""
    weights = []
    for layer, ((rows, columns), wide) in enumerate(zip(runs[0].network.layers, shape.layers, strict=True)):
        W = products.weights(len(runs), *wide, like=like).zero_()
        fill_normals(W[:, :rows, :columns], [run.key for run in runs], layer, math.sqrt(2 / columns), single=True)
        weights.append(W)
    return weights


def _trace(rows: Tensor, steps: int, kernel: str, chunk: int) -> Trace:
    """The rows of one network, [K+1, 2 + 2(L+1) + 1], cut where it stopped and infinite from where it diverged."""
    still = (rows[: steps + 1, -1] == 0).nonzero()  # the stop condition came true in this row
    end = int(still[0]) if len(still) else steps
    rows = rows[: end + 1, :-1]
    bad = (~rows.isfinite()).any(1).nonzero()
    if len(bad):
        rows[int(bad[0]) :] = math.inf
    gradient, distance = rows[:, 2:].chunk(2, dim=1)
    return Trace(rows[:, 0], rows[:, 1], gradient, distance, bool(len(bad)), bool(len(still)), kernel, chunk)
