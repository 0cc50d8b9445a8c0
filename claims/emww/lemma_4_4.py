r"""Lemma 4.4 and its proof in Appendix B: the Gram matrix at initialisation.

Statement.  For any $\delta \in (0, 1)$, assume that $L \ge \frac{8\ln(n^2/\delta)}{m\lambda_n^2}$. Then with
            probability at least $1 - \delta$ over the random initialization,
            $\lambda_{\min}(H(\Theta_0)) \ge \frac34\lambda_n$. In the proof, for $t \ge 0$ and all $i, j$, "using
            Hoeffding's inequality", $P\{|H_{i,j}(\Theta_0) - K_{i,j}| > t/n\} \le e^{-2mLt^2}$.
Source.     E, Ma, Wang, Wu (2019), Lemma 4.4 and Appendix B, which writes $k(x_i, x_j)$ for $K_{i,j}$; $H$ by
            (4.8), where
            $H_{i,j}(\Theta_0) = \frac1{nL}\sum_{l=1}^L\langle\sigma(B_0^{(l)}x_i), \sigma(B_0^{(l)}x_j)\rangle$;
            $K$ by (2.6), with $w$ of norm one. Abstract and introduction allow any 1-Lipschitz $\sigma$ with
            $\sigma(0) = 0$, "e.g. Tanh, ReLU".
Regime.     $L$ is the smallest that is allowed. Points with a closed-form $\lambda_n$, and cells with large $m$ and
            small $L$.
Worst case. None is sought: probabilities over $\Theta_0$. The cells with $d = 1$ have exact laws: there $w = \pm1$,
            and for ReLU and $n = 1$, $H_{11} = \mathrm{Bin}(mL, 1/2)/(mL)$, $\lambda_1 = 1/2$.
Known.      Hoeffding's inequality for $|\cdot|$ has a factor 2. As $mL \to \infty$ the event of the proof has
            probability $2\Phi(-2t\sqrt{mL}) \le e^{-2mLt^2}$ for $n = 1$, $d = 1$, so that only a finite $mL$ shows
            that the 2 is missing.
Control.    $\lambda_{\min}(H) \ge \frac54\lambda_n$, and $e^{-8mLt^2}$. True twin: the event of the proof with
            probability $2e^{-2mLt^2}$.
Readings.   "literal": blocks $l \le L$, as the sums are printed; the rows of $B_0$ have norm $1/\sqrt m$. "unit":
            the same, with rows of norm one in $\sigma$ and $1/\sqrt m$ outside, as in $K$; no change for positively
            homogeneous $\sigma$. "net": as "unit", with the blocks $l \le L - 1$ that the network (2.2) has.
Erratum.    Lemma 4.4: $E H = K$ needs $\sqrt m\,\sigma(u/\sqrt m) = \sigma(u)$. With $n = d = 1$, $m = 4$ and
            soft-shrink at 1/2, $H = 0$ for every $\Theta_0$, but $\lambda_1 = 1/4$. For Tanh with three points at
            120 degrees, $d = 2$, $m = 4$: $\lambda_3 = 0.00147$, but $\lambda_{\min}(H) \le 0.00035$ for every
            $\Theta_0$. With $L - 1$ blocks, $E H = (1 - 1/L)K$, and the lemma fails at $L = 2$ however large $m$
            is. It holds as read in "unit". Appendix B: $n = d = 1$, ReLU, $m = 1$, $L = 3$, $t = 0.16$: $H$ is a
            multiple of 1/3 and $K = 1/2$, so the event is certain, but $e^{-6t^2} = 0.858$.
"""

from functools import cache
from math import ceil, exp, log, sqrt

import torch

from claims.emww import EMWW
from generators.initialisation import emww_initialisation
from generators.kernel import kernel_matrix
from generators.points import antipodal_pair, orthonormal, simplex, single_point
from harness.claim import Claim, Condition
from harness.networks.activations import ACTIVATIONS

NET = "unit rows, and blocks up to L-1, as in (2.2), with 1/L in front"


DATA = {
    "one": single_point,
    "antipodal": antipodal_pair,
    "orthonormal": lambda d, sigma: orthonormal(d, d, sigma),
    "simplex": simplex,
}


@cache
def points(sigma, data, d):
    """A training set with its lambda_n."""
    return DATA[data](d, ACTIVATIONS[sigma].value)


def training_set(p):
    return points(p.sigma, p.data, p.d)


def smallest_L(p):
    """The smallest depth of the regime, and of a network with a block."""
    return max(2, ceil(8 * log(p.n**2 / p.delta) / (p.m * p.lambda_n**2)))


lemma = Claim(
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
    uses=["emww.appB_event"],
    effort=2.0,
)

event = Claim(
    "emww.appB_event",
    paper=EMWW,
    place="Appendix B",
    points=[
        {"sigma": "relu", "data": data, "d": d, "m": m, "L": L, "t": t}
        for data, d, m, L, t in (
            ("one", 1, 1, 3, 0.16),
            ("one", 1, 1, 74, 0.125),
            ("one", 1, 4, 10, 0.15),
            ("orthonormal", 2, 2, 10, 0.15),
            ("simplex", 3, 16, 4, 0.12),
        )
    ],
    derived={"delta": lambda p: exp(-2 * p.m * p.L * p.t**2)},
    readings={"net": NET},
)


def gram(p, rngs, unit=True, blocks=None):
    """H(Theta_0), [B, n, n], with rows of norm 1 or 1/sqrt(m) inside of sigma."""
    B_0 = emww_initialisation(rngs, p.d, p.m, p.L, blocks, dtype=p.dtype).B.flatten(1, 2)
    x, scale = training_set(p).x.to(p.dtype), sqrt(p.m) if unit else 1.0
    features = ACTIVATIONS[p.sigma].value(scale * B_0 @ x.T) / scale
    return features.mT @ features / (len(x) * p.L)


def smallest_eigenvalue(p, rngs, **reading):
    return torch.linalg.eigvalsh(gram(p, rngs, **reading))[:, 0], 0.75 * p.lambda_n


def same_for_every_theta_0(p):
    """For d = 1: v^T H v with v = (1, .., 1)/sqrt(n), the same for all signs w; below 3/4 of its value at m = 1?"""
    from mpmath import exp, mp, workdps

    sigma = {"softshrink": lambda u: max(u - mp.mpf(1) / 2, 0), "elu": lambda u: u if u > 0 else exp(u) - 1}
    x = {"one": (1,), "antipodal": (1, -1)}[p.data]

    def quadratic_form(m):
        return m * sum(sigma[p.sigma](u / mp.sqrt(m)) for u in x) ** 2 / len(x) ** 2

    with workdps(50):  # at m = 1 it is lambda_n
        return int(quadratic_form(p.m) < 3 * quadratic_form(1) / 4), mp.mpf(p.delta)


def binomial_law(p):
    """P{H_11 < 3/8} for n = d = 1 and ReLU, where m L H_11 is Bin(m (L - 1), 1/2)."""
    from fractions import Fraction
    from math import comb

    N = p.m * (p.L - 1)
    return Fraction(sum(comb(N, k) for k in range(N + 1) if 8 * k < 3 * p.m * p.L), 2**N), Fraction(p.delta)


LAMBDA_MIN = {"quantity": "lambda_min(H(Theta_0))", "delta": "delta"}


@lemma.at_least("lambda_min", exact=same_for_every_theta_0, **LAMBDA_MIN)
def rows_of_the_network(p, rngs):
    return smallest_eigenvalue(p, rngs, unit=False, blocks=p.L)


@lemma.at_least("lambda_min", reading="unit", **LAMBDA_MIN)
def rows_of_the_kernel(p, rngs):
    return smallest_eigenvalue(p, rngs, blocks=p.L)


@lemma.at_least("lambda_min", reading="net", exact=binomial_law, **LAMBDA_MIN)
def blocks_of_the_network(p, rngs):
    return smallest_eigenvalue(p, rngs)


@lemma.control("lambda_min")
def five_quarters(p, lhs, rhs):
    return lhs, 5 / 3 * rhs


def deviation(p, rngs, blocks=None, t=None):
    """|H_ij - K_ij| and t/n, for the first and the last point."""
    x = training_set(p).x
    K = kernel_matrix(x, ACTIVATIONS[p.sigma].value)
    return (gram(p, rngs, blocks=blocks)[:, 0, -1] - K[0, -1]).abs(), (t or p.t) / len(x)


def law_of_L_blocks(p):
    """P{|H_11 - 1/2| > t} for n = d = 1 and ReLU, where m L H_11 is Bin(m L, 1/2), and exp(-2 m L t^2)."""
    from fractions import Fraction
    from math import comb

    from mpmath import exp, mpf

    N = p.m * p.L
    failing = sum(comb(N, k) for k in range(N + 1) if abs(Fraction(k, N) - Fraction(1, 2)) > Fraction(p.t))
    return mpf(failing) / 2**N, exp(-2 * N * mpf(p.t) ** 2)


def law_of_the_net(p):
    """P{|H_11 - 1/2| > t} for n = d = 1 and ReLU, where m L H_11 is Bin(m (L - 1), 1/2), and exp(-2 m L t^2)."""
    from fractions import Fraction
    from math import comb

    from mpmath import exp, mpf

    N, mL = p.m * (p.L - 1), p.m * p.L
    failing = sum(comb(N, k) for k in range(N + 1) if abs(Fraction(k, mL) - Fraction(1, 2)) > Fraction(p.t))
    return mpf(failing) / 2**N, exp(-2 * mL * mpf(p.t) ** 2)


EVENT = {"quantity": "|H_ij - K_ij|", "delta": "delta"}


@event.at_most("hoeffding", exact=law_of_L_blocks, **EVENT)
def with_L_blocks(p, rngs):
    return deviation(p, rngs, blocks=p.L)


@event.at_most("hoeffding", reading="net", exact=law_of_the_net, **EVENT)
def with_the_blocks_of_the_network(p, rngs):
    return deviation(p, rngs)


@event.control("hoeffding")
def half_the_distance(p, lhs, rhs):
    return lhs, rhs / 2


@event.true_twin("hoeffding")
def twice_the_probability(p, rngs):
    return deviation(p, rngs, blocks=p.L, t=sqrt(p.t**2 + log(2) / (2 * p.m * p.L)))
