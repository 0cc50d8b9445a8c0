r"""Lemma 4.4: the smallest eigenvalue of the Gram matrix at initialisation.

Statement.  For any $\delta \in (0, 1)$, assume that $L \ge \frac{8\ln(n^2/\delta)}{m\lambda_n^2}$. Then with
            probability at least $1 - \delta$ over the random initialization,
            $\lambda_{\min}(H(\Theta_0)) \ge \frac34\lambda_n$.
Source.     E, Ma, Wang, Wu (2019), Lemma 4.4. At initialisation
            $H_{i,j} = \frac1{nL}\sum_{l=1}^L\langle\sigma(B_0^{(l)}x_i), \sigma(B_0^{(l)}x_j)\rangle$ by (4.8);
            $\lambda_n = \lambda_{\min}(K)$ with $K$ of (2.6), where $w$ has norm one. $\sigma$ is any 1-Lipschitz
            function with $\sigma(0) = 0$, "e.g. Tanh, ReLU".
Regime.     $L$ is the smallest one allowed: deep narrow networks, and wide ones with $L = 2$. The points are sets
            whose $\lambda_n$ is known in closed form or by quadrature.
Worst case. None is sought: these are probabilities over $\Theta_0$. The cells with $d = 1$ have exact laws, because
            $w = \pm1$: with ReLU and $n = 1$, $mL H_{11}$ is $\text{Bin}(mL, 1/2)$ and $\lambda_1 = 1/2$.
Known.      With ReLU, $n = d = m = 1$ and $\delta = 0.1$, $L = 74$: the lemma fails with probability 0.013.
Control.    $\lambda_{\min}(H) \ge \frac54\lambda_n$.
Readings.   "literal": blocks $l \le L$, as the sums are printed; rows of $B_0$ of norm $1/\sqrt m$ inside $\sigma$.
            "unit": rows of norm one inside $\sigma$ and $1/\sqrt m$ outside, as $K$ has it; the same if $\sigma$ is
            positively homogeneous. "net": as "unit", with the blocks $l \le L - 1$ that the network (2.2) has.
Without.    At a 16th of the depth it fails in one trial of three, for ReLU and $n = d = m = 1$.
Erratum.    $E H = K$ needs $\sqrt m\,\sigma(u/\sqrt m) = \sigma(u)$. With $n = d = 1$, $m = 4$ and soft-shrink at
            1/2, $H = 0$ for every $\Theta_0$, but $\lambda_1 = 1/4$. With Tanh, three points at 120 degrees and
            $m = 4$, $\lambda_3 = 0.00147$, but $\lambda_{\min}(H) \le 0.00035$ for every $\Theta_0$. With $L - 1$
            blocks $E H = (1 - 1/L)K$, and the lemma fails at $L = 2$, however large $m$ is. In "unit" no failure
            was found; the proof, with the factor 2 of Hoeffding's inequality, gives it for $\ln(2n^2/\delta)$.
"""

from math import ceil, log

import torch

from lemmata import Claim, Condition, Verdict
from lemmata.claims.emww import EMWW
from lemmata.claims.emww.at_initialisation import NET, gram, training_set


def smallest_L(p):
    """The smallest depth of the regime, and of a network with a block."""
    return max(2, ceil(8 * log(p.n**2 / p.delta) / (p.m * p.lambda_n**2)))


lemma_4_4 = Claim(
    "emww.lemma_4_4",
    paper=EMWW,
    place="Lemma 4.4",
    points=[
        {"sigma": sigma, "data": data, "d": d, "m": m, "delta": delta}
        for sigma, data, d, m, delta in (
            ("relu", "one", 1, 1, 0.1),
            ("relu", "one", 1, 1, 0.3),
            ("relu", "one", 1, 64, 0.1),
            ("relu", "antipodal", 1, 8, 0.1),
            ("relu", "simplex", 2, 16, 0.1),
            ("identity", "orthonormal", 2, 4, 0.3),
            ("tanh", "orthonormal", 2, 4, 0.1),
            ("elu", "antipodal", 1, 16, 0.1),
            ("softshrink", "one", 1, 4, 0.1),
        )
    ],
    derived={
        "n": lambda p: len(training_set(p).x),
        "lambda_n": lambda p: training_set(p).lambda_n,
        "L": smallest_L,
    },
    regime=[
        Condition(
            r"L \ge 8 \ln(n^2/\delta) / (m \lambda_n^2)",
            lambda p: p.L * p.m * p.lambda_n**2 / (8 * log(p.n**2 / p.delta)),
        )
    ],
    readings={"unit": "rows of norm one in sigma and 1/sqrt(m) outside, as in the kernel", "net": NET},
    uses=["emww.appB_event", "emww.eq_H_init"],
    effort=2.0,  # a failure is not rare: after 3 in the 120 draws of smoke, "unit" is still open at delta = 0.1
)


def same_for_every_theta_0(p):
    """d = 1: v^T H v with v = (1, .., 1)/sqrt(n) is the same for all signs w; is it below 3/4 lambda_n?"""
    from mpmath import exp, mpf, sqrt, workdps

    sigma = {"softshrink": lambda u: max(u - mpf(1) / 2, 0), "elu": lambda u: u if u > 0 else exp(u) - 1}
    x = {"one": (1,), "antipodal": (1, -1)}[p.data]

    def quadratic_form(m):
        return m * sum(sigma[p.sigma](u / sqrt(m)) for u in x) ** 2 / len(x) ** 2

    with workdps(50):  # at m = 1 it is lambda_n
        return int(quadratic_form(p.m) < 3 * quadratic_form(1) / 4), mpf(p.delta)


def binomial_law(p):
    """P{H_11 < 3/8} for n = d = 1 and ReLU, where m L H_11 is Bin(m (L - 1), 1/2)."""
    from fractions import Fraction
    from math import comb

    N = p.m * (p.L - 1)
    return Fraction(sum(comb(N, k) for k in range(N + 1) if 8 * k < 3 * p.m * p.L), 2**N), Fraction(p.delta)


def smallest_eigenvalue(p, rngs, **reading):
    return torch.linalg.eigvalsh(gram(p, rngs, **reading))[:, 0], 0.75 * p.lambda_n


LAMBDA_MIN = {"quantity": "lambda_min(H(Theta_0))", "delta": "delta"}


@lemma_4_4.at_least(
    "lambda_min",
    exact=same_for_every_theta_0,
    expect=Verdict.VIOLATED,
    erratum="E H = K needs sigma positively homogeneous: soft-shrink, ELU and Tanh fail at moderate m.",
    **LAMBDA_MIN,
)
def rows_of_the_network(p, rngs):
    return smallest_eigenvalue(p, rngs, unit=False, blocks=p.L)


@lemma_4_4.at_least("lambda_min", reading="unit", expect=Verdict.HOLDS, **LAMBDA_MIN)
def rows_of_the_kernel(p, rngs):
    return smallest_eigenvalue(p, rngs, blocks=p.L)


@lemma_4_4.at_least(
    "lambda_min",
    reading="net",
    exact=binomial_law,
    expect=Verdict.VIOLATED,
    erratum="With the L - 1 blocks of (2.2), E H = (1 - 1/L) K, which is below 3/4 K for L < 4.",
    **LAMBDA_MIN,
)
def blocks_of_the_network(p, rngs):
    return smallest_eigenvalue(p, rngs)


@lemma_4_4.control("lambda_min")
def five_quarters(p, lhs, rhs):
    return lhs, 5 / 3 * rhs


shallow = lemma_4_4.without(
    "depth",
    lemma_4_4.regime[0].statement,
    bounds=["lambda_min-unit"],
    points=[{"sigma": "relu", "data": data, "d": 1, "m": 1, "delta": 0.1} for data in ("one", "antipodal")],
    derived={"L": lambda p: smallest_L(p) // 16},
    expect={"lambda_min-unit": Verdict.VIOLATED},
    effort=0.5,  # 60 draws a point in smoke: one of three fails where one of ten may
)
