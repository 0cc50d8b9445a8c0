r"""The numbers of Lemmas B.2 and 4.1: 1.01, 1.015, 1.02 and 1.024.

Statement.  (12): the products of residual layers have norms of at most $(1 + \theta C_0')^L \le \exp(C_0'\theta L)
            \le 1.01$, by "the choice of scale $\theta = 1/\Omega(L)$ and taking $\theta$ small". With them $\|\hat
            x_l\|_2 \le 1.01 \cdot 1.004 \le 1.015$ for $2 \le l \le L$ and, by (13), $\|x_l\|_2 \le 1.02 + C_1/m \le
            1.024$ for all $l$.
Source.     Frei, Cao, Gu (2019), Lemma B.2 and appendix C.1; the proof of Lemma 4.1, appendix B.1.
Regime.     (12) at $\theta L = 0.0035$ with $C_0' = 2\sqrt2$, the limit of $\|W_l\|_2$ for square $W_l$; the last
            step at $m = 250\, C_1$.
Worst case. Direct evaluation. For $\theta = 1/L$: $\|x_L\|_2/\|x_1\|_2$, which the norm in (12) is not less than, in
            its limit for $m \to \infty$. It obeys $N_1 = 1$, $s_1 = 1/\sqrt\pi$, $N_l^2 = (1 + \theta^2) N_{l-1}^2 +
            2\theta s_{l-1} N_{l-1}/\sqrt\pi$, $s_l = s_{l-1} + \theta N_{l-1}/\sqrt\pi$, with $s_l =
            \lim\langle\mathbf 1, x_l\rangle/\sqrt m$.
Known.      $\log(1.01)/(2\sqrt2) = 0.003518$ is the largest $\theta L$ that this proof of (12) allows as $L \to
            \infty$.
Control.    $\theta L = 0.01$; 1.005 for 1.004; $m = 249\, C_1$.
Readings.   one_over_L: $\theta = 1/L$, which is one of the $\theta = 1/\Omega(L)$.
Erratum.    (12), and with it 1.015 and 1.02, asks for $\theta L$ below a small absolute constant. That $\theta =
            1/\Omega(L)$ is not enough: for $\theta = 1/L$ the norm in (12) is at least $1.25$ at $L = 2$ and $1.498$
            at $L = 1000$.
"""

from fractions import Fraction as Q
from math import pi, sqrt

from lemmata import Axis, Claim, Verdict
from lemmata.claims.fcg import FCG

product = Claim(
    "fcg.const_1_01",
    paper=FCG,
    place="Equation (12)",
    axes=[Axis("L", 2, 1000)],
    readings={"one_over_L": "theta = 1/L, which is one of the theta = 1/Omega(L)"},
    uses=["fcg.lemma_B1"],
)
activations = Claim(
    "fcg.const_1_02", paper=FCG, place="Proof of Lemma 4.1", axes=[Axis("C_1", 1, 1000)], uses=["fcg.const_1_01"]
)


@product.at_most("exponential", quantity="(1 + C_0' theta)^L", expect=Verdict.HOLDS)
def theta_small(p):
    C, t = 2 * sqrt(2), 0.0035
    return (1 + C * t / p.L) ** p.L, 1.01


def limit_of_wide_networks(p):
    from mpmath import mp, mpf, pi, sqrt

    mp.dps = 50
    theta, norm, mass = 1 / mpf(p.L), mpf(1), 1 / sqrt(pi)
    for _ in range(2, p.L + 1):
        step = theta * norm / sqrt(pi)
        norm, mass = sqrt((1 + theta**2) * norm**2 + 2 * mass * step), mass + step
    return norm, mpf("1.01")


@product.at_most(
    "exponential",
    quantity="||x_L|| / ||x_1||",
    reading="one_over_L",
    exact=limit_of_wide_networks,
    expect=Verdict.VIOLATED,
    erratum="theta L has to be below a constant, 0.0035 by the proof: for theta = 1/L the norm is at least 1.25.",
)
def theta_one_over_L(p):
    theta, norm, mass = 1 / p.L, 1.0, 1 / sqrt(pi)
    for _ in range(2, p.L + 1):
        step = theta * norm / sqrt(pi)
        norm, mass = sqrt((1 + theta**2) * norm**2 + 2 * mass * step), mass + step
    return norm, 1.01


@product.control("exponential")
def theta_L_is_one_hundredth(p):
    return (1 + 2 * sqrt(2) * 0.01 / p.L) ** p.L, 1.01


@activations.at_most("product", quantity="1.01 times 1.004", expect=Verdict.HOLDS)
def chain(p):
    return Q("1.01") * Q("1.004"), Q("1.015")


@activations.at_most("lift", quantity="1.02 + C_1/m at m = 250 C_1", expect=Verdict.HOLDS)
def from_the_net_to_the_sphere(p):
    return Q("1.02") + Q(p.C_1, 250 * p.C_1), Q("1.024")


@activations.control("product")
def larger_first_layer(p):
    return Q("1.01") * Q("1.005"), Q("1.015")


@activations.control("lift")
def narrower(p):
    return Q("1.02") + Q(p.C_1, 249 * p.C_1), Q("1.024")
