"""Every rounding of a trial's own code is reached, and nothing is moved that does not round.

What is moved by an ulp half of the time stays alike in 12 runs with probability 2^-12; seeds are fixed.
"""

from __future__ import annotations

import cmath
import functools
import itertools
import math
import operator
from fractions import Fraction
from math import exp, pi
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.special
import torch
from numpy import log1p

from tests.arithmetic_sample import counted, differ, results

STEP = 0.1
X = np.random.default_rng(0).standard_normal((5, 5))
T = torch.from_numpy(X)
x, y = 1.7, 0.3 + 1e-9


def helper(a, b=0.7):
    return a * b


@functools.lru_cache
def remembered(n):
    return n / 7


class Number:
    """A user's number."""

    def __init__(self, value):
        self.value = value

    def __add__(self, other):
        return Number(self.value * 1.1 + other.value)

    @property
    def third(self):
        """A third of it."""
        return self.value / 3

    def __call__(self):
        """Its sine."""
        return math.sin(self.value)


class Square(torch.nn.Module):
    """A user's module."""

    def forward(self, t):
        """Some multiple."""
        return t * float(t.abs().max() / 3)


def noisy(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


@noisy
def decorated():
    return x / y


def into_array():
    z = np.zeros(3)
    z[1] = x
    z[1] /= y
    return z


def into_out():
    out = np.empty((5, 5))
    np.multiply(X, X, out=out)
    return out


def into_positional_out():
    out = np.empty((5, 5))
    np.matmul(X, X, out)
    return out


def at_indices():
    bins = np.zeros(2)
    np.add.at(bins, [0, 0, 1], [0.1, 0.2, 0.3])
    return bins


def into_single():
    kept = np.zeros(2, dtype=np.float32)
    kept[0], kept[1] = x, 1.0
    return kept


def into_single_tensor():
    kept = torch.zeros(2)
    kept[0] = T[0, 0]
    return kept


def into_tensor_out():
    out = torch.empty(5, 5, dtype=torch.float64)
    torch.mul(T, T, out=out)
    return out


def in_place_tensor():
    t = torch.ones(3, dtype=torch.float64)
    t.mul_(x).add_(y)
    return t


def gradient():
    t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (t.exp() * 3).backward()
    return t.grad


def loop():
    total = 0.0
    for _ in range(3):
        total += STEP
    return total


def recursion(n=5):
    return 1.0 if n == 0 else recursion(n - 1) / 3


def generator():
    def terms():
        for k in range(1, 4):
            yield 1 / k

    return max(terms()) + min(terms())


def walrus():
    thirds = [(z := k / 3) for k in range(1, 3)]
    return thirds[0] + z


def matched(value=(1, 0.3)):
    match value:
        case (1, float(z)) if z < 1.0:
            return z * x
    return None


# A lambda of its own for each: what it calls is seen from the code that calls it.
# ruff: disable[unnecessary-lambda]
REACHED = {
    "sum of two numbers": lambda: x + y,
    "power": lambda: x**y,
    "quotient of integers": lambda: 1 / 3,
    "number that is written": lambda: [0.1],
    "constant of a module": lambda: np.pi,
    "constant by name": lambda: pi,
    "constant of this module": lambda: STEP,
    "default": lambda: helper(1.0),
    "math": lambda: math.exp(x),
    "math by name": lambda: exp(x),
    "cmath": lambda: cmath.exp(1j * x),
    "modulus": lambda: abs(complex(x, y)),
    "sum": lambda: sum([0.5, 0.3, x]),
    "generator in a sum": lambda: sum(1 / k for k in (3, 7)),
    "map": lambda: list(map(math.exp, [x, y])),
    "reduce": lambda: functools.reduce(operator.mul, [x, y, x]),
    "accumulate": lambda: list(itertools.accumulate([x, y, x])),
    "operator": lambda: operator.truediv(x, y),
    "partial": lambda: functools.partial(helper, 1.3)(),
    "fraction to float": lambda: float(Fraction(1, 3)),
    "comprehension": lambda: [k / 3 for k in (1, 2)],
    "recursion": recursion,
    "loop": loop,
    "generator": generator,
    "walrus": walrus,
    "match": matched,
    "decorated": decorated,
    "cached": lambda: remembered(1),
    "operator of a class": lambda: (Number(x) + Number(y)).value,
    "property": lambda: Number(x).third,
    "object that is called": lambda: Number(x)(),
    "nested function": lambda: (lambda a: a / 3)(x),
    "numpy on a number": lambda: np.log(x),
    "numpy by name": lambda: log1p(x),
    "numpy scalar": lambda: X[0, 0] * X[0, 1],
    "item": lambda: X[0, 0].item() * 3,
    "list": lambda: X.tolist()[0][0] * 3,
    "array of a list": lambda: np.array([x / 3, 1.0]),
    "array of integers": lambda: np.arange(1, 4) / 7,
    "linspace": lambda: np.linspace(0, 1, 4),
    "sum of an array": lambda: X.sum(),
    "mean along an axis": lambda: X.mean(axis=0),
    "reduction": lambda: np.add.reduce(X.ravel()),
    "outer": lambda: np.multiply.outer(X[0], X[1]),
    "product": lambda: X @ X,
    "dot": lambda: X[0].dot(X[1]),
    "einsum": lambda: np.einsum("ij,jk->ik", X, X),
    "fft": lambda: np.fft.fft(X[0]),
    "norm": lambda: np.linalg.norm(X),
    "inverse": lambda: np.linalg.inv(X),
    "eigenvalues": lambda: np.linalg.eigvals(X),
    "svd": lambda: np.linalg.svd(X).S,
    "callback of numpy": lambda: np.vectorize(lambda a: a / 3)(X[0]),
    "scipy": lambda: scipy.linalg.solve(X, X[0]),
    "special function": lambda: scipy.special.gammaln(x),
    "into an array": into_array,
    "out=": into_out,
    "third argument": into_positional_out,
    "at": at_indices,
    "into float32": into_single,
    "astype": lambda: X.astype(np.float32),
    "float32": lambda: np.float32(x),
    "complex arrays": lambda: (X + 1j * X) ** 2,
    "torch": lambda: torch.exp(T),
    "torch scalar": lambda: torch.tensor(x, dtype=torch.float64) / 3,
    "tensor in float32": lambda: torch.tensor([x, 1.0], dtype=torch.float32),
    "to float32": lambda: T.to(torch.float32),
    "to bfloat16": lambda: T.bfloat16(),
    "bfloat16": lambda: torch.ones(3, dtype=torch.bfloat16) * 0.3,
    "into a float32 tensor": into_single_tensor,
    "torch out=": into_tensor_out,
    "torch in place": in_place_tensor,
    "torch product": lambda: T @ T,
    "torch linalg": lambda: torch.linalg.eigvalsh(T + T.T),
    "torch complex": lambda: torch.complex(T, T) * torch.complex(T, T),
    "backward": gradient,
    "func.grad": lambda: torch.func.grad(lambda t: (t**3).sum())(T),
    "forward mode": lambda: torch.func.jvp(torch.sin, (T,), (T,))[1],
    "vmap": lambda: torch.vmap(lambda row: row.norm())(T),
    "module": lambda: Square()(T),
    "sequence of modules": lambda: torch.nn.Sequential(Square(), Square())(T),
    "from_numpy": lambda: torch.from_numpy(X / 3),
}


@pytest.mark.parametrize("name", REACHED)
def test_every_way_to_round_is_reached(name):
    assert differ(REACHED[name])


def sizes():
    return int(np.sqrt(16)), int(math.log2(64)), int(8 ** (1 / 3) + 0.5), int(0.5 * 6), int(4**0.5), math.ceil(6 / 2)


ALIKE: dict[str, Any] = {
    "integers": lambda: 2.0 * 3.0 + 4,
    "binary fractions": lambda: 0.5 * 0.25 - 3.0,
    "a difference of close numbers": lambda: X[0, 0] - 0.125,
    "a number less itself": lambda: X[0, 0] - X[0, 0],
    "a quotient of equal numbers": lambda: X[0, 0] / X[0, 0],
    "sizes": sizes,
    "largest": lambda: max(X[0]),
    "negative": lambda: -X,
    "parts of an array": lambda: X[1:, ::2].T,
    "sorted": lambda: np.sort(X),
    "rounded to integers": lambda: np.floor(X),
    "matrix of integers": lambda: np.eye(3) @ np.ones((3, 3)) + 2,
    "sum of integers": lambda: np.ones(7).sum() + np.arange(5.0).sum(),
    "sums of one number": lambda: (X[:, :1].sum(axis=1), np.linalg.norm(X[:, :1], axis=1), T[:, :1].norm(dim=1)),
    "ones among others": lambda: np.array([1.0, 2.0, 3.0]) * 1.0 + np.array([0.0, 2.0, 1.0]) / 1.0,
    "slope at one": lambda: np.sqrt(1 - np.array([1.0, 0.0, -1.0]) ** 2),
    "slope at one in torch": lambda: (1 - torch.tensor([1.0, 0.0, -1.0]) ** 2).sqrt(),
    "absolute values": lambda: np.abs(X),
    "stacked": lambda: np.concatenate([X, X]),
    "tensor of integers": lambda: torch.ones(4, 4) @ torch.ones(4, 4) * 3,
    "views of tensors": lambda: T.T.reshape(-1)[:3].clone().abs(),
    "relu": lambda: torch.relu(T),
    "more views": lambda: T[:, None].squeeze(1).unsqueeze(0).expand(2, 5, 5)[0].diagonal().view(5, 1).mT.unbind(1)[0],
    "clamped": lambda: T.clamp(-0.5, 0.5).clamp_min(0),
    "float of a tensor": lambda: float(T[0, 0]),
    "to a higher precision": lambda: torch.ones(3).double(),
    "draws": lambda: np.random.default_rng(1).standard_normal(3),
    "draws of a scale that is written": lambda: np.random.default_rng(1).normal(0, 0.1, 3),
    "draws of torch": lambda: torch.rand(3, generator=torch.Generator().manual_seed(1)),
}


# ruff: enable[unnecessary-lambda]


@pytest.mark.parametrize("name", ALIKE)
def test_what_does_not_round_is_not_moved(name):
    plain = ALIKE[name]()
    for result in results(ALIKE[name]):
        parts = zip(result, plain, strict=True) if isinstance(plain, tuple) else [(result, plain)]
        assert all(np.array_equal(a, b) for a, b in parts)


def test_views_leave_their_tensor_as_it_is():
    """Every operation of torch that gives a view is known by its schema; what moved one would move what it shows."""

    def views():
        t = torch.from_numpy(X.copy())
        parts = [t.unsqueeze(0), t.T, t[1:], t.diagonal(), t.flatten(), t.unfold(0, 2, 1), t.as_strided((2, 2), (1, 1))]
        return t, torch.view_as_real(torch.complex(t, t)), parts

    for result in results(views):
        assert np.array_equal(result[0], X)


def test_ones_among_other_numbers_are_not_moved():
    """Otherwise sqrt(1 - rho^2) of a vector with itself would be no number."""
    for result in results(
        lambda: (np.array([1.0, X[0, 0]]) ** 2, torch.tensor([2.0, X[0, 0]], dtype=torch.float64) / 2)
    ):
        assert result[0][0] == 1
        assert result[1][0] == 1


def test_the_cache_of_a_user_keeps_no_moved_number():
    remembered.cache_clear()
    results(lambda: remembered(3) + remembered(1))
    assert remembered.cache_info().currsize == 0
    assert remembered(3) == 3 / 7


def test_a_sum_of_results_of_a_module_constant_moves_with_it():
    """One number that is written down is one number: it moves alike wherever it is read."""
    assert all(result == 0 for result in results(lambda: STEP - 0.1))


def test_roundings_are_counted():
    value, run = counted(lambda: math.exp(x) * y + 1)
    assert value == math.exp(x) * y + 1
    assert run.reached == 3
    assert counted(lambda: (3.0, 1.0))[1].reached == 0


DECIDES: dict[str, tuple[bool, Any]] = {
    "floor": (True, lambda: math.floor(X[0, 0] * 10)),
    "integer": (True, lambda: int(X[0, 0] * 10)),
    "comparison": (True, lambda: 1.0 if X[0, 0] * 3 < 0.5 else 2.0),
    "between": (True, lambda: 0 < X[0, 0] < 1),
    "place of the largest": (True, lambda: np.argmax(X)),
    "sign": (True, lambda: np.sign(X)),
    "torch": (True, lambda: (T > 0.1).double().sum()),
    "slope of relu": (True, lambda: torch.func.grad(lambda t: torch.relu(t).sum())(T)),
    "integers": (False, lambda: X[0, 0] if len(X) < 10 and X.shape[0] == 5 else 0.0),
    "largest": (False, lambda: np.sort(X).max() + np.abs(X).min()),
    "loop": (False, loop),
    "relu": (False, lambda: torch.relu(T @ T).sum()),
}


@pytest.mark.parametrize("name", DECIDES)
def test_it_is_known_whether_rounding_can_decide_anything(name):
    decides, function = DECIDES[name]
    assert counted(function)[1].decides == decides


def test_code_that_cannot_be_read_is_named():
    space: dict[str, Any] = {"np": np}
    exec("def hidden():\n    return np.log(1 + 1e-9)", space)
    assert counted(space["hidden"])[1].unseen == {"hidden"}


@pytest.mark.parametrize("kind", ["own", "shared"])
def test_noise_has_a_part_of_its_own_and_a_shared_one(kind):
    """The sum of n roundings of one operation spreads like n ulps, though by little, and not by n ulps at once."""

    def add():
        total, n = 0.0, 4000
        for _ in range(n):
            total += 1.0 + 2.0**-30 * x
        return total - n * (1.0 + 2.0**-30 * x)

    spread = np.std(results(add, 40)) / np.spacing(4000.0)
    assert spread > 0.5 * 0.15 / np.sqrt(3) * 4000 / 2 if kind == "shared" else spread < 4000
