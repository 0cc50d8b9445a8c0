r"""Remark 1: how large the smallest eigenvalue of the kernel matrix is.

Statement.  $\lambda_n \le \min_{i \in [n]}K_{i,i} \le 1/n$. If $\{x_i\}_{i=1}^n$ are independently drawn from $\pi_0$, it was shown in
            [6] that with high probability $\lambda_n \ge \mu_n/2$, where $\mu_n$ is the $n$-th eigenvalue of the
            operator $T_{k_0}: L^2(S^{d-1}, \pi_0) \to L^2(S^{d-1}, \pi_0)$,
            $T_{k_0}f(x) = \int_{S^{d-1}}k_0(x, x')f(x')\,d\pi_0(x')$.
Source.     E, Ma, Wang, Wu (2019), Remark 1; [6] is Braun (2006) on the eigenvalues of kernel matrices.
Regime.     First part: all $\sigma$, $d$ and points. Second: no rate is printed; "high probability" is read as a chance of at least one
            half, for all $n$ and $d$; ReLU.
Worst case. First part: $\lambda_n = \min_iK_{i,i}$ for orthonormal points and linear $\sigma$, and $K_{i,i} = 1/n$ for $d = 1$ too.
            Second: none, a chance over the points.
Known.      $\mu_n$ by the Funk-Hecke formula: for $d = 2$ it is $\pi^{-2}$, $\frac1{16}$ twice, and $\pi^{-2}(k^2-1)^{-2}$ twice for
            $k = 2, 4, 6, \dots$, so that $\mu_n \approx \pi^{-2}n^{-4}$.
Control.    $\lambda_n \le \frac1{2nd}$, which is true for ReLU only; $\lambda_n \ge 2\mu_n$. True twin: $\lambda_n \le \frac1{nd}$.
Erratum.    The second part is false for large $n$, for every $d \ge 2$: two points at an angle $s$ have
            $\lambda_n \le (\kappa(1) - \kappa(\cos s))/n \approx \frac{s^2}{4dn}$, and the closest two of $n$ points are at
            $s \sim n^{-2/(d-1)}$, so that $\lambda_n \lesssim n^{-(d+3)/(d-1)}$, but $\mu_n \sim n^{-(d+2)/(d-1)}$. For $d = 2$ the
            chance that no two are closer than $s$ is $(1 - \frac{ns}{2\pi})^{n-1}$: at $n = 128$ this alone makes $\lambda_n < \mu_n/2$ in
            69 of 100 cases. What [6] has is $|\lambda_i - \mu_i| \le C(r, n)\mu_i + E(r, n)$: it helps for $i$ much smaller than $n$.
"""

import torch

from lemmata import Axis, Claim, Verdict
from lemmata.claims.emww import EMWW
from lemmata.claims.emww.at_initialisation import training_set
from lemmata.generators.harmonics import eigenvalues
from lemmata.generators.kernel import kernel_matrix
from lemmata.generators.sphere import sphere
from lemmata.networks.activations import ACTIVATIONS

diagonal = Claim(
    "emww.rem1_diag",
    paper=EMWW,
    place="Remark 1",
    points=[
        {"sigma": sigma, "data": data, "d": d}
        for sigma, data, d in (
            ("identity", "one", 1),
            ("absolute", "one", 1),
            ("identity", "orthonormal", 3),
            ("relu", "antipodal", 1),
            ("relu", "simplex", 4),
            ("relu", "orthonormal", 3),
            ("tanh", "orthonormal", 2),
            ("elu", "antipodal", 2),
            ("softshrink", "one", 2),
        )
    ],
)
braun = Claim(
    "emww.rem1_braun",
    paper=EMWW,
    place="Remark 1",
    points=[{"n": n, "d": 2} for n in (2, 128)],
    effort=0.25,  # 30 samples a point in smoke convict: nearly every one fails at n = 128
)


def K_ii(p):
    """min_i K_ii and n; the diagonal of K is constant."""
    x = training_set(p).x
    return float(kernel_matrix(x[:1], ACTIVATIONS[p.sigma].value)) / len(x), len(x)


@diagonal.at_most("lambda_n", quantity="lambda_n", expect=Verdict.HOLDS)
def below_the_diagonal(p):
    return training_set(p).lambda_n, K_ii(p)[0]


@diagonal.at_most("K_ii", quantity="min_i K_ii", expect=Verdict.HOLDS)
def below_one_over_n(p):
    smallest, n = K_ii(p)
    return smallest, 1 / n


@diagonal.control("lambda_n")
@diagonal.control("K_ii")
def as_for_relu(p, lhs, rhs):
    return lhs, 1 / (2 * p.d * K_ii(p)[1])


@diagonal.true_twin("K_ii")
def with_d(p, lhs, rhs):
    return lhs, 1 / (p.d * K_ii(p)[1])


def close_pair(p):
    """d = 2: chance that two of n points are so close that they alone make lambda_n < mu_n / 2, and one half."""
    from mpmath import cos, findroot, mpf, pi, sin, sqrt, workdps

    with workdps(50):
        k = 2 * ((p.n - 2) // 2)  # mu_n belongs to cos(k phi) or sin(k phi), for n > 3
        mu = 1 / (pi * (k**2 - 1)) ** 2 if p.n > 3 else mpf(1) / 16

        def gap(s):
            return (1 - (sin(s) + (pi - s) * cos(s)) / pi) / (4 * p.n) - mu / 2

        s = findroot(gap, 2 * sqrt(p.n * mu))
        return 1 - (1 - p.n * s / (2 * pi)) ** (p.n - 1), mpf(1) / 2


def smallest_of_a_sample(p, rngs):
    x = sphere(rngs, p.n, p.d, p.dtype)
    return torch.linalg.eigvalsh(kernel_matrix(x))[:, 0], eigenvalues(p.n, p.d)[-1] / 2


@braun.at_least(
    "mu_n",
    quantity="lambda_n",
    delta=0.5,
    exact=close_pair,
    expect=Verdict.VIOLATED,
    erratum="Not for the n-th of n eigenvalues: two close points make lambda_n smaller than mu_n by a power of n.",
)
def half_of_mu_n(p, rngs):
    return smallest_of_a_sample(p, rngs)


@braun.control("mu_n")
def twice_mu_n(p, lhs, rhs):
    return lhs, 4 * rhs


@braun.true_twin("mu_n")
def largest(p, rngs):
    """The largest eigenvalue, and mu_1 / 2."""
    x = sphere(rngs, p.n, p.d, p.dtype)
    return torch.linalg.eigvalsh(kernel_matrix(x))[:, -1], eigenvalues(1, p.d)[0] / 2


braun.phase_map("mu_n", over=(Axis("n", 2, 64), Axis("d", 2, 16)))
