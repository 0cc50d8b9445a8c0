"""Small statements that are true, by families, in the forms in which one writes them; rounding makes many of them fail.

A family makes a case from random numbers: code that computes two sides from parameters and a generator, and by how
much the statement is true, computed in 60 digits where that is not zero. Both sides of an identity are equal: it is
an inequality without slack, in both directions.
"""

# A function is a statement, whose name is its docstring.
# ruff: file-ignore[undocumented-public-function]

from __future__ import annotations

import cmath
import functools
import itertools
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import mpmath
import numpy as np
import torch
from scipy import special

Generator = np.random.Generator
Code = Callable[[Any, Generator], tuple[Any, Any]]
STEP = 0.1  # a number of the module, which is no binary one


@dataclass(frozen=True)
class Case:
    """A true statement lhs <= rhs.

    Attributes:
        code: both sides.
        point: its parameters.
        exact: of the parameters, rhs - lhs as mathematics has it; zero for an identity.
    """

    code: Code
    point: dict[str, float | int] = field(default_factory=dict)
    exact: Callable[..., Any] | None = None

    @property
    def slack(self) -> float:
        """The exact rhs - lhs, computed in 60 digits."""
        with mpmath.workdps(60):
            return float(self.exact(**self.point)) if self.exact else 0.0

    def near(self, draw: Generator) -> Case:
        """The same statement at parameters of the same size."""
        point = {k: v * 1.5 ** draw.uniform(-1, 1) if isinstance(v, float) else v for k, v in self.point.items()}
        return replace(self, point=point)


Family = Callable[[Generator], Case]
FAMILIES: dict[str, list[Family]] = {}


def family(name: str) -> Callable[[Family], Family]:
    """Add a maker of cases to a family."""

    def add(make: Family) -> Family:
        FAMILIES.setdefault(name, []).append(make)
        return make

    return add


def power_of_ten(draw: Generator, low: float, high: float) -> float:
    return float(10 ** draw.uniform(low, high))


# ---- cancellation ----


@family("cancellation")
def adding_and_taking_away(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = rng.random()
        return abs((x + p.c) - p.c - x), 0.0

    return Case(code, {"c": power_of_ten(draw, 1, 10)})


@family("cancellation")
def difference_of_roots(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        return math.sqrt(p.x + 1) - math.sqrt(p.x), 1 / (math.sqrt(p.x + 1) + math.sqrt(p.x))

    return Case(code, {"x": power_of_ten(draw, 0, 12)})


@family("cancellation")
def quadratic_formula(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        root = np.sqrt(p.b**2 - 4 * p.c)
        return (-p.b + root) / 2, 2 * p.c / (-p.b - root)

    return Case(code, {"b": power_of_ten(draw, 0.5, 7), "c": float(draw.uniform(0.1, 1))})


@family("cancellation")
def derivative_of_a_square(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        def f(x: float) -> float:
            return 3.7 * x**2 + 0.3 * x

        x = rng.standard_normal()
        return (f(x + p.h) - f(x - p.h)) / (2 * p.h), 7.4 * x + 0.3

    return Case(code, {"h": power_of_ten(draw, -8, -1)})


@family("cancellation")
def expanded_power(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = torch.tensor(p.x, dtype=torch.float64)
        coefficients = [math.comb(p.n, k) * (-1) ** k for k in range(p.n + 1)]
        value = torch.zeros((), dtype=torch.float64)
        for coefficient in coefficients:
            value = value * x + coefficient
        return value, (x - 1) ** p.n

    return Case(code, {"x": float(draw.uniform(0.9, 1.1)), "n": int(draw.integers(3, 9))})


# ---- saturation ----


@family("saturation")
def logarithm_below_its_tangent(draw: Generator) -> Case:
    x = power_of_ten(draw, -17, -3)
    return Case(lambda p, rng: (np.log(1 + p.x), p.x), {"x": x}, lambda x: x - mpmath.log1p(x))


@family("saturation")
def cosine_above_its_parabola(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = torch.tensor(p.x, dtype=torch.float64)
        return 1 - torch.cos(x), x**2 / 2

    x = power_of_ten(draw, -9, -2)
    return Case(code, {"x": x}, lambda x: mpmath.mpf(x) ** 2 / 2 - 2 * mpmath.sin(mpmath.mpf(x) / 2) ** 2)


@family("saturation")
def exponential_above_its_tangent(draw: Generator) -> Case:
    x = power_of_ten(draw, -16, -4)
    return Case(lambda p, rng: (p.x, math.exp(p.x) - 1), {"x": x}, lambda x: mpmath.expm1(x) - x)


@family("saturation")
def cosine_below_a_smaller_parabola(draw: Generator) -> Case:
    x = power_of_ten(draw, -11, -5)

    def slack(x: float) -> Any:
        return 2 * mpmath.sin(mpmath.mpf(x) / 2) ** 2 - mpmath.mpf(x) ** 2 / 4

    return Case(lambda p, rng: (p.x**2 / 4, 1 - math.cos(p.x)), {"x": x}, slack)


@family("saturation")
def tail_of_tanh(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        return 1 - np.tanh(p.x), 2 / (1 + np.exp(2 * p.x))

    return Case(code, {"x": float(draw.uniform(1, 25))})


@family("saturation")
def tail_of_erf(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = torch.full((3,), p.x, dtype=torch.float64)
        return (1 - torch.erf(x)).sum(), torch.special.erfc(x).sum()

    return Case(code, {"x": float(draw.uniform(0.5, 7))})


@family("saturation")
def sine_of_multiples_of_pi(draw: Generator) -> Case:
    return Case(lambda p, rng: (abs(np.sin(p.n * np.pi)), 0.0), {"n": int(draw.integers(1, 1000))})


# ---- floors of iterations ----


@family("floors")
def gradient_descent(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x, star = torch.tensor(2.0, dtype=torch.float64), torch.tensor(1.0, dtype=torch.float64)

        def f(x: torch.Tensor) -> torch.Tensor:
            return 0.15 * (x - 1) ** 2 + p.level

        first = f(x) - f(star)
        for _ in range(p.T):
            x = x - 0.3 * (x - 1)
        return f(x) - f(star), 0.7 ** (2 * p.T) * first

    return Case(code, {"T": int(draw.integers(2, 60)), "level": float(draw.uniform(0, 100))})


@family("floors")
def newton_for_a_root(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x, a = 1.0, 1 + rng.random()
        for _ in range(8):
            x = (x + a / x) / 2
        return x * x, a

    return Case(code)


@family("floors")
def power_iteration(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        Q, _ = np.linalg.qr(rng.standard_normal((p.n, p.n)))
        A = Q @ np.diag(0.3 ** np.arange(p.n)) @ Q.T
        x = rng.standard_normal(p.n)
        for _ in range(60):
            x = A @ x
            x /= np.linalg.norm(x)
        return x @ A @ x, np.linalg.eigvalsh(A)[-1]

    return Case(code, {"n": int(draw.integers(2, 8))})


@family("floors")
def recursion_backwards(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        value = 1 - 1 / math.e  # of the integral of x^n exp(x - 1), by I_n = 1 - n I_(n-1)
        for n in range(1, p.n + 1):
            value = 1 - n * value
        return value, 1.0

    def slack(n: int) -> Any:
        return 1 - mpmath.quad(lambda x: x**n * mpmath.exp(x - 1), [0, 1])

    return Case(code, {"n": int(draw.integers(2, 20))}, slack)


# ---- ill-conditioned problems ----


@family("inverses")
def inverse_of_a_gaussian_matrix(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        A = rng.standard_normal((p.n, p.n))
        return A @ np.linalg.inv(A), np.eye(p.n)

    return Case(code, {"n": int(draw.integers(2, 40))})


@family("inverses")
def solution_with_a_hilbert_matrix(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        H = np.array([[1 / (i + j + 1) for j in range(p.n)] for i in range(p.n)])
        x = np.ones(p.n)
        return np.linalg.solve(H, H @ x), x

    return Case(code, {"n": int(draw.integers(2, 8))})


@family("inverses")
def quadratic_form_of_an_inverse(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        A = torch.from_numpy(rng.standard_normal((p.n, p.n)))
        A = A @ A.T + p.ridge * torch.eye(p.n, dtype=torch.float64)
        x = torch.from_numpy(rng.standard_normal(p.n))
        return x @ torch.linalg.inv(A) @ x, x @ torch.cholesky_solve(x[:, None], torch.linalg.cholesky(A))[:, 0]

    return Case(code, {"n": int(draw.integers(2, 12)), "ridge": power_of_ten(draw, -6, 0)})


@family("inverses")
def determinant_of_a_product(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        A, B = rng.standard_normal((2, p.n, p.n))
        return np.linalg.det(A @ B), np.linalg.det(A) * np.linalg.det(B)

    return Case(code, {"n": int(draw.integers(2, 20))})


@family("inverses")
def orthogonal_after_gram_and_schmidt(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        a = rng.standard_normal(p.n)
        b = a + p.angle * rng.standard_normal(p.n)
        a = a / np.linalg.norm(a)
        b = b - (a @ b) * a
        return abs(a @ b) / np.linalg.norm(b), 0.0

    return Case(code, {"n": int(draw.integers(2, 40)), "angle": power_of_ten(draw, -8, 0)})


# ---- low precision inside ----


@family("float32")
def softmax_in_single_precision(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        return torch.softmax(torch.tensor(rng.standard_normal(p.n), dtype=torch.float32), 0).sum(), 1.0

    return Case(code, {"n": int(draw.integers(4, 300))})


@family("float32")
def product_in_single_precision(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        A, x = rng.standard_normal((p.n, p.n)), rng.standard_normal(p.n)
        return (A.astype(np.float32) @ x.astype(np.float32)).astype(float), A @ x

    return Case(code, {"n": int(draw.integers(2, 100))})


@family("float32")
def stored_in_single_precision(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = rng.random(p.n)
        kept = np.zeros(p.n, dtype=np.float32)
        for i in range(p.n):
            kept[i] = x[i] * 3
        return kept.sum(dtype=float), 3 * x.sum()

    return Case(code, {"n": int(draw.integers(2, 50))})


@family("float32")
def network_in_single_precision(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        W, V = (torch.from_numpy(rng.standard_normal((p.n, p.n))) / p.n**0.5 for _ in range(2))
        x = torch.from_numpy(rng.standard_normal(p.n))

        def f(W: torch.Tensor, V: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
            return (V @ torch.tanh(W @ x)).norm()

        return f(W.float(), V.float(), x.float()).double(), f(W, V, x)

    return Case(code, {"n": int(draw.integers(2, 60))})


@family("float32")
def brain_floats(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = torch.from_numpy(rng.random(p.n))
        return (x.bfloat16() * 3).double().sum(), 3 * x.sum()

    return Case(code, {"n": int(draw.integers(2, 50))})


@family("float32")
def mean_of_many_rows(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = (rng.random((p.n, 3)) + p.offset).astype(np.float32)
        return x.mean(axis=0), x.astype(float).mean(axis=0)

    return Case(code, {"n": int(draw.integers(10, 3000)), "offset": power_of_ten(draw, -1, 3)})


# ---- sums ----


@family("sums")
def sum_in_two_orders(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = rng.standard_normal(p.n)
        return x.sum(), np.sort(x).sum()

    return Case(code, {"n": int(draw.integers(3, 5000))})


@family("sums")
def harmonic_sum_in_two_orders(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        return sum(1 / k for k in range(1, p.n)), sum(1 / k for k in reversed(range(1, p.n)))

    return Case(code, {"n": int(draw.integers(3, 400))})


@family("sums")
def the_same_number_many_times(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        total = 0.0
        for _ in range(p.n):
            total += STEP
        return total, p.n / 10

    return Case(code, {"n": int(draw.integers(3, 3000))})


@family("sums")
def running_sum_of_a_constant(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        return torch.full((p.n,), p.x, dtype=torch.float64).cumsum(0)[-1], p.n * p.x

    return Case(code, {"n": int(draw.integers(3, 20000)), "x": float(draw.random())})


@family("sums")
def variance_in_one_pass(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = torch.from_numpy(rng.standard_normal(p.n)) + p.offset
        return (x**2).mean() - x.mean() ** 2, ((x - x.mean()) ** 2).mean()

    return Case(code, {"n": int(draw.integers(2, 200)), "offset": power_of_ten(draw, -1, 8)})


@family("sums")
def variance_of_a_library(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = rng.standard_normal(p.n) + p.offset
        return np.var(x), np.mean(x * x) - np.mean(x) ** 2

    return Case(code, {"n": int(draw.integers(2, 200)), "offset": power_of_ten(draw, -1, 7)})


@family("sums")
def mixed_signs_and_sizes(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = rng.standard_normal(p.n) * 10 ** rng.uniform(-3, p.spread, p.n)
        y = np.concatenate([x, -x, [1.0]])
        return rng.permutation(y).sum(), 1.0

    return Case(code, {"n": int(draw.integers(2, 300)), "spread": float(draw.uniform(0, 6))})


# ---- norms and identities of linear algebra ----


@family("identities")
def norm_of_a_unit_vector(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = rng.standard_normal(p.n)
        return np.linalg.norm(x / np.linalg.norm(x)), 1.0

    return Case(code, {"n": int(draw.integers(2, 300))})


@family("identities")
def trace_of_a_product(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        A, B = rng.standard_normal((2, p.n, p.n))
        return np.trace(A @ B), np.trace(B @ A)

    return Case(code, {"n": int(draw.integers(2, 60))})


@family("identities")
def largest_singular_value(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        A = torch.from_numpy(rng.standard_normal((p.n, p.n)))
        return torch.linalg.matrix_norm(A, 2), torch.linalg.eigvalsh(A.mT @ A)[-1].sqrt()

    return Case(code, {"n": int(draw.integers(2, 50))})


@family("identities")
def sum_of_eigenvalues(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        A = rng.standard_normal((p.n, p.n))
        return np.linalg.eigvals(A).sum().real, np.trace(A)

    return Case(code, {"n": int(draw.integers(2, 50))})


@family("identities")
def parallelogram(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x, y = rng.standard_normal((2, p.n))
        return np.linalg.norm(x + y) ** 2 + np.linalg.norm(x - y) ** 2, 2 * (x @ x) + 2 * (y @ y)

    return Case(code, {"n": int(draw.integers(1, 100))})


@family("identities")
def three_matrices(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        A, B, C = (torch.from_numpy(rng.standard_normal((p.n, p.n))) for _ in range(3))
        return (A @ B) @ C, torch.einsum("ij,jk,kl->il", A, B, C)

    return Case(code, {"n": int(draw.integers(1, 40))})


@family("identities")
def log_determinant(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        A = torch.from_numpy(rng.standard_normal((p.n, p.n)))
        A = A @ A.T + torch.eye(p.n, dtype=torch.float64)
        return torch.linalg.slogdet(A).logabsdet, torch.linalg.eigvalsh(A).log().sum()

    return Case(code, {"n": int(draw.integers(2, 30))})


@family("identities")
def rotated_vector(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        Q = np.linalg.qr(rng.standard_normal((p.n, p.n))).Q
        x = rng.standard_normal(p.n)
        return np.sqrt(np.sum((Q @ x) ** 2)), np.sqrt(x.dot(x))

    return Case(code, {"n": int(draw.integers(2, 80))})


@family("identities")
def smallest_eigenvalue_of_a_gram_matrix(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        A = rng.standard_normal((p.n, 2 * p.n))
        return -np.linalg.eigvalsh(A.T @ A)[0], 0.0

    return Case(code, {"n": int(draw.integers(1, 20))})


# ---- functions ----


@family("functions")
def sine_and_cosine(draw: Generator) -> Case:
    return Case(lambda p, rng: (math.sin(p.x) ** 2 + math.cos(p.x) ** 2, 1.0), {"x": float(draw.uniform(-50, 50))})


@family("functions")
def hyperbola(draw: Generator) -> Case:
    return Case(lambda p, rng: (math.cosh(p.x) ** 2 - math.sinh(p.x) ** 2, 1.0), {"x": float(draw.uniform(0, 12))})


@family("functions")
def exponential_of_a_sum(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x, y = rng.standard_normal(2) * p.scale
        return math.exp(x) * math.exp(y), math.exp(x + y)

    return Case(code, {"scale": power_of_ten(draw, -1, 2)})


@family("functions")
def logarithm_of_the_gamma_function(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        return special.gammaln(p.x + 1), special.gammaln(p.x) + np.log(p.x)

    return Case(code, {"x": power_of_ten(draw, -2, 3)})


@family("functions")
def log_sum_exp(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = torch.from_numpy(rng.standard_normal(p.n)) * p.scale
        return torch.log(torch.exp(x).sum()), torch.logsumexp(x, 0)

    return Case(code, {"n": int(draw.integers(1, 200)), "scale": power_of_ten(draw, -1, 2)})


@family("functions")
def likelihood_and_its_logarithm(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = rng.uniform(0.3, 1.0, p.n)
        return x.prod(), np.exp(np.log(x).sum())

    return Case(code, {"n": int(draw.integers(1, 400))})


@family("functions")
def beyond_the_smallest_number(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        return math.exp(-p.x) * math.exp(p.x / 2), math.exp(-p.x / 2)

    return Case(code, {"x": float(draw.uniform(600, 940))})


@family("functions")
def logistic(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        return np.log(1 + np.exp(p.x)) - np.log(1 + np.exp(-p.x)), p.x

    return Case(code, {"x": float(draw.uniform(-30, 30))})


# ---- plain numbers ----


@family("numbers")
def decimals(draw: Generator) -> Case:
    k = int(draw.integers(0, 4))

    def code(p: Any, rng: Generator) -> Any:
        return [(1 - 0.9, 0.1), (100 * (1 - 0.99), 1.0), (0.1 + 0.2, 0.3), (1e6 * (1 - 0.999999), 1.0)][p.k]

    return Case(code, {"k": k})


@family("numbers")
def product_of_a_list(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = rng.uniform(0.5, 2, p.n).tolist()
        return functools.reduce(operator.mul, x), math.exp(math.fsum(map(math.log, x)))

    return Case(code, {"n": int(draw.integers(2, 100))})


@family("numbers")
def accumulated(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = [p.x * i for i in range(1, p.n)]
        return list(itertools.accumulate(x))[-1], p.x * (p.n * (p.n - 1) // 2)

    return Case(code, {"n": int(draw.integers(3, 200)), "x": float(draw.random())})


@family("numbers")
def golden_ratio(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        a, b = 1.0, (1 - math.sqrt(5)) / 2  # powers of the small root, by the recursion of Fibonacci
        for _ in range(p.n):
            a, b = b, a + b
        return a, ((1 - math.sqrt(5)) / 2) ** p.n

    return Case(code, {"n": int(draw.integers(2, 40))})


@family("numbers")
def floor_of_a_product(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        n = int(rng.integers(1, 100))
        return n, math.floor(n * 0.1 * 10)

    return Case(code)


class Dual:
    """A number with a derivative."""

    def __init__(self, value: float, slope: float) -> None:
        self.value, self.slope = value, slope

    def __mul__(self, other: Dual) -> Dual:
        return Dual(self.value * other.value, self.value * other.slope + self.slope * other.value)

    def __sub__(self, other: Dual) -> Dual:
        return Dual(self.value - other.value, self.slope - other.slope)


@family("numbers")
def dual_numbers(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x, c = Dual(p.x, 1.0), Dual(p.c, 0.0)
        y = (x * x - c) * x - c * x * c
        return y.slope, 3 * p.x**2 - p.c - p.c**2

    return Case(code, {"x": float(draw.uniform(0, 3)), "c": power_of_ten(draw, 0, 6)})


# ---- derivatives ----


@family("derivatives")
def gradient_of_least_squares(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        A = torch.from_numpy(rng.standard_normal((p.n, p.n)))
        x = torch.from_numpy(rng.standard_normal(p.n)).requires_grad_()
        ((A @ x) ** 2).sum().backward()
        assert x.grad is not None
        return x.grad, 2 * A.T @ (A @ x.detach())

    return Case(code, {"n": int(draw.integers(1, 40))})


@family("derivatives")
def slope_of_the_soft_plus(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = torch.tensor(p.x, dtype=torch.float64)
        return torch.func.grad(lambda t: torch.log(1 + torch.exp(t)))(x), torch.sigmoid(x)

    return Case(code, {"x": float(draw.uniform(-30, 30))})


@family("derivatives")
def forward_mode(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x, v = torch.from_numpy(rng.standard_normal((2, p.n)))
        _, slope = torch.func.jvp(lambda t: (t.sin() * t).sum(), (x,), (v,))
        return slope, ((x.cos() * x + x.sin()) * v).sum()

    return Case(code, {"n": int(draw.integers(1, 40))})


@family("derivatives")
def mapped(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        X = torch.from_numpy(rng.standard_normal((p.n, 5)))
        return torch.vmap(lambda x: (x * x).sum().sqrt() + p.c - p.c)(X), X.norm(dim=1)

    return Case(code, {"n": int(draw.integers(1, 20)), "c": power_of_ten(draw, 0, 6)})


# ---- written in place ----


@family("in place")
def written_into_arrays(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x, y = rng.standard_normal((2, p.n))
        z = np.empty(p.n)
        np.multiply(x, y, out=z)
        z += p.c
        z -= p.c
        return z.sum(), x @ y

    return Case(code, {"n": int(draw.integers(1, 50)), "c": power_of_ten(draw, 0, 8)})


@family("in place")
def written_into_tensors(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = torch.from_numpy(rng.standard_normal(p.n))
        z = torch.empty_like(x)
        torch.add(x, p.c, out=z)
        z.sub_(p.c).mul_(2)
        return z, 2 * x

    return Case(code, {"n": int(draw.integers(1, 50)), "c": power_of_ten(draw, 0, 8)})


@family("in place")
def added_at_indices(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x, where = rng.random(p.n), rng.integers(0, 3, p.n)
        bins = np.zeros(3)
        np.add.at(bins, where, x)
        return bins, np.array([x[where == k].sum() for k in range(3)])

    return Case(code, {"n": int(draw.integers(2, 300))})


@family("in place")
def entry_by_entry(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        A = rng.standard_normal((p.n, p.n))
        B = np.zeros((p.n, p.n))
        for i in range(p.n):
            for j in range(p.n):
                for k in range(p.n):
                    B[i, j] += A[i, k] * A[j, k]
        return B, A @ A.T

    return Case(code, {"n": int(draw.integers(1, 6))})


# ---- complex numbers ----


@family("complex")
def modulus_of_a_phase(draw: Generator) -> Case:
    return Case(lambda p, rng: (abs(cmath.exp(1j * p.t)), 1.0), {"t": float(draw.uniform(-100, 100))})


@family("complex")
def parseval(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        x = rng.standard_normal(p.n)
        return (np.abs(np.fft.fft(x)) ** 2).mean(), (x**2).sum()

    return Case(code, {"n": int(draw.integers(2, 300))})


@family("complex")
def roots_of_unity(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        return abs(np.exp(2j * np.pi * np.arange(p.n) / p.n).sum()), 0.0

    return Case(code, {"n": int(draw.integers(2, 200))})


@family("complex")
def unitary_matrix(draw: Generator) -> Case:
    def code(p: Any, rng: Generator) -> Any:
        A = torch.complex(*(torch.from_numpy(rng.standard_normal((p.n, p.n))) for _ in range(2)))
        U = torch.linalg.qr(A).Q
        return (U @ U.mH - torch.eye(p.n)).abs().max(), 0.0

    return Case(code, {"n": int(draw.integers(2, 20))})
