r"""Equation (2.6) and Assumption 2.1: the kernel of the initialisation, and training sets on which it is regular.

Statement.  For the given activation function, $k_0(x, x') = E_{w \sim \pi_0}[\sigma(w^\top x)\sigma(w^\top x')]$ is a symmetric
            positive definite function: for all finite sets of points, $(k_0(x_i, x_j))$ has no negative eigenvalue.
            For the given training data it is assumed that $K = (k_0(x_i, x_j)/n)$ is positive definite:
            $\lambda_n = \lambda_{\min}(K) > 0$.
Source.     E, Ma, Wang, Wu (2019), (2.6), Assumption 2.1, (2.7).
Regime.     All $\sigma$, $d$, $n$ for the kernel; ReLU, leaky ReLU, identity, absolute value and Tanh are here. Points are uniform, with
            copies and opposites of some among them, so that matrices are singular or nearly so.
Worst case. None is sought: $\sum_{i,j}v_iv_jk_0(x_i, x_j) = E(\sum_iv_i\sigma(w^\top x_i))^2$ cannot be negative.
Known.      $k_0 = \sum_ks_k^2\sum_jY_{k,j}(x)Y_{k,j}(x')$ over an orthonormal basis of harmonics, with the $s_k$ of the Funk-Hecke formula.
            What an eigenvalue can be below zero is rounding: 16 units of the precision times $k_0(x, x)$, and for Tanh $10^{-12}$ of the quadrature.
            For ReLU $s_k = 0$ for odd $k \ge 3$: the kernel is not strictly positive definite, and Assumption 2.1 does not follow
            from distinct points. On a regular hexagon $\sum_i(-1)^i\sigma(w^\top x_i) = \frac12w^\top\sum_i(-1)^ix_i + 0 = 0$.
Control.    $\sigma(w^\top x)\sigma(-w^\top x')$ in the kernel. For the assumption, sets of distinct points with $\lambda_n = 0$: a hexagon
            and ReLU, opposite points and Tanh.
"""

import torch

from lemmata import Claim, Verdict
from lemmata.claims.emww import EMWW
from lemmata.claims.emww.at_initialisation import DATA
from lemmata.generators.draws import uniforms
from lemmata.generators.kernel import SMALLEST_LAMBDA, k_0, kernel_matrix
from lemmata.generators.sphere import sphere
from lemmata.networks.activations import ACTIVATIONS

QUADRATURE = 1e-12  # what it may make of an eigenvalue of zero: k_0 of Tanh has no closed form

psd = Claim(
    "emww.k0_psd",
    paper=EMWW,
    place="Equation (2.6)",
    points=[
        {"sigma": sigma, "n": n, "d": d}
        for sigma, n, d in (
            ("relu", 2, 1),
            ("relu", 6, 2),
            ("relu", 24, 5),
            ("leaky_relu(0.1)", 12, 3),
            ("identity", 8, 3),
            ("absolute", 8, 2),
            ("tanh", 4, 3),
        )
    ],
)
assumption = Claim(
    "emww.assump_2_1",
    paper=EMWW,
    place="Assumption 2.1",
    points=[
        {"sigma": sigma, "data": data, "d": d}
        for sigma, data, d in (
            ("relu", "one", 1),
            ("relu", "antipodal", 3),
            ("relu", "simplex", 6),
            ("relu", "pentagon", 2),
            ("identity", "orthonormal", 4),
            ("absolute", "orthonormal", 2),
            ("tanh", "orthonormal", 3),
            ("tanh", "simplex", 2),
        )
    ],
    uses=["emww.k0_psd"],
)


def degenerate(p, rngs):
    """Uniform points, of which every third is a copy and every fourth an opposite of the one before, [B, n, d]."""
    x = sphere(rngs, p.n, p.d, p.dtype)
    x[:, 2::3] = x[:, 1:-1:3]
    x[:, 3::4] = -x[:, 2:-1:4]
    near = (x + 1e-3 * (uniforms(rngs, p.n, p.d, dtype=p.dtype) - 0.5))[:, : p.n // 3]
    x[:, : p.n // 3] = near / near.norm(dim=2, keepdim=True)
    return x


def smallest_of_all(p, rngs, sign=1):
    """lambda_min(K) / k_0(x, x), and what rounding may make of zero; with k_0(x, -x') for the sign -1."""
    x = degenerate(p, rngs)
    sigma = ACTIVATIONS[p.sigma].value
    k = k_0((sign * x @ x.mT).clamp(-1, 1), p.d, sigma) / k_0(x.new_ones(()), p.d, sigma)
    rounding = 16 * torch.finfo(p.dtype).eps + (QUADRATURE if p.sigma == "tanh" else 0)
    return torch.linalg.eigvalsh((k + k.mT) / (2 * p.n))[:, 0], -rounding


@psd.at_least("eigenvalue", quantity="lambda_min(K) / k_0(x, x)", expect=Verdict.HOLDS)
def no_negative_eigenvalue(p, rngs):
    return smallest_of_all(p, rngs)


@psd.control("eigenvalue")
def opposite_weights(p, rngs):
    return smallest_of_all(p, rngs, sign=-1)


def polygon(n):
    angle = 2 * torch.pi * torch.arange(n, dtype=torch.float64) / n
    return torch.stack([angle.cos(), angle.sin()], 1)


def points(p):
    """The set named p.data, regular or not."""
    if p.data in {"pentagon", "hexagon"}:
        return polygon({"pentagon": 5, "hexagon": 6}[p.data])
    if p.data == "opposite":
        return torch.stack([torch.eye(p.d, dtype=torch.float64)[0], -torch.eye(p.d, dtype=torch.float64)[0]])
    return DATA[p.data](p.d, ACTIVATIONS[p.sigma].value).x


@assumption.at_least("positive", quantity="lambda_n", expect=Verdict.HOLDS)
def smallest_eigenvalue(p):
    K = kernel_matrix(points(p), ACTIVATIONS[p.sigma].value)
    return float(torch.linalg.eigvalsh(K)[0]), SMALLEST_LAMBDA


@assumption.control("positive")
def hexagon(p):
    return p.replace(sigma="relu", data="hexagon", d=2)


@assumption.control("positive")
def opposite_and_odd(p):
    return p.replace(sigma="tanh", data="opposite", d=2)
