r"""Proposition 4.2: backward stability.

Statement.  If $L \ge 6c^2$, we have for any $\Theta \in I_c(\Theta_0)$ and $x$
            $$|\alpha^{(l)}(x;\Theta) - 1| \le \frac{5c}L,\quad \|\beta^{(l)}(x;\Theta)\| \le \frac{4c}L,\quad
              \|\gamma^{(l)}(x;\Theta)\| \le \frac{3c}L,$$
            where $\alpha^{(l)}$, $\beta^{(l)}$, $\gamma^{(l)}$ are the gradients of $f(x;\Theta)$ in $y^{(l)}$,
            $z^{(l)}$, $g^{(l)}$.
Source.     E, Ma, Wang, Wu (2019), Proposition 4.2, (4.4). $I_c(\Theta_0)$ is Definition 1, with $c \ge 1$.
Regime.     $L \ge 6c^2$, $c \ge 1$. Nothing is random: all $d$, $m$, $\sigma$, all $\Theta_0$ of (2.5), and all $x$
            of whatever norm, because $x$ enters through $|\sigma'| \le 1$ only.
Worst case. The network of Proposition 4.1, where $\sigma' = 1$:
            $\gamma^{(l)} = \varepsilon(\alpha^{(l+1)} + \beta^{(l+1)})$,
            $\beta^{(l)} = (1+\varepsilon)\gamma^{(l)}$, $\alpha^{(l)} = \alpha^{(l+1)} + \varepsilon\gamma^{(l)}$
            with $\varepsilon = c/L$ are the suprema, in rational arithmetic. "sampled" attacks linear networks with
            $d = 1$ near random $\Theta_0$, where they are attained too.
Known.      With $C = 0$ alone $\alpha^{(1)} - 1 = (1 + \varepsilon^2)^{L-1} - 1 \ge (L-1)c^2/L^2$.
Control.    $0.8\,c^2/L$ for $\alpha$, and $0.9\,c/L$ for $\beta$ and $\gamma$. True twin: in ReLU networks with
            $d = 2$ the attack stays below the suprema.
Without.    $L \ge 6c^2$ is needed, $c \ge 1$ is not.
Readings.   "proof": the proof arrives at $\alpha^{(l)} \le 1 + 5c\,\varepsilon_c$, that is $5c^2/L$.
Erratum.    The first bound of (4.4) lacks a factor $c$; it is false for every $c \ge 6$, at every depth. Found at
            $c = 5$, $L = 150$: with $d = m = 1$, $x = B_0 = 1$ and all parameters raised by $1/30$,
            $\alpha^{(1)} - 1 = 0.1869$ exceeds $5c/L = 0.1667$. Lemmas 4.3 and 4.5 quote $5c/L$; with $5c^2/L$
            instead the factor of Lemma 4.3 stays, as $(1 + 5s)^2(1 + 6s)^2 \le 1 + 50s$ for $s = c^2/L \le 1/100$.
"""

from fractions import Fraction as Q

from lemmata import Claim, Verdict
from lemmata.adversaries.skip_network import suprema
from lemmata.claims.emww import (
    EFFORT,
    EMWW,
    NETWORKS,
    SMALL_RADII,
    deep,
    depth,
    radius_and_depth,
    relu_below_supremum,
    sampled,
    too_shallow,
)

alpha = Claim(
    "emww.prop_4_2_alpha",
    paper=EMWW,
    place="Proposition 4.2",
    axes=radius_and_depth(6),
    derived={"L": depth},
    regime=deep(6),
    readings={"proof": "5c^2/L in place of 5c/L, as the proof has it"},
    uses=["emww.eq_4_3_backprop"],
    batch=NETWORKS,
    effort=EFFORT,
)
beta = Claim(
    "emww.prop_4_2_beta",
    paper=EMWW,
    place="Proposition 4.2",
    axes=radius_and_depth(6),
    derived={"L": depth},
    regime=deep(6),
    uses=["emww.eq_4_3_backprop"],
    batch=NETWORKS,
    effort=EFFORT,
)
gamma = Claim(
    "emww.prop_4_2_gamma",
    paper=EMWW,
    place="Proposition 4.2",
    axes=radius_and_depth(6),
    derived={"L": depth},
    regime=deep(6),
    uses=["emww.eq_4_3_backprop"],
    batch=NETWORKS,
    effort=EFFORT,
)


def by_hand(p):
    """alpha^(1) - 1 of the extremal ReLU network, rounded down to 30 digits, and 5c/L."""
    from fractions import Fraction

    c, L = Fraction(p.c), p.L
    P, Q = (c / L).as_integer_ratio()

    def f(y):  # d = m = 1, x = B_0 = 1, a = r = C = B - B_0 = P/Q = c/L, started from y^(1) = y
        z = one = 1  # states are fractions z/one, y/one, and a unit is g/(Q one)
        for _ in range(L - 1):
            g, one = max((Q + P) * z + P * y, 0), one * Q**2
            z, y = one + P * g, Q**2 * y + P * g
        return Fraction(y, one)

    slope = f(1) - f(0)  # no unit comes to its kink: f is affine between
    return Fraction(int((slope - 1) * 10**30), 10**30), 5 * c / L


ALPHA = {
    "exact": by_hand,
    "expect": Verdict.VIOLATED,
    "erratum": "A factor c is missing: |alpha - 1| <= 5c^2/L, as the proof has it.",
}


@alpha.at_most("supremum", quantity="largest |alpha - 1|", **ALPHA)
def supremum_of_alpha(p):
    return suprema(p.c, p.L).alpha, 5 * Q(p.c) / p.L


@alpha.at_most("supremum", quantity="largest |alpha - 1|", reading="proof", expect=Verdict.HOLDS)
def supremum_of_alpha_in_the_proof(p):
    return suprema(p.c, p.L).alpha, 5 * Q(p.c) ** 2 / p.L


@beta.at_most("supremum", quantity="largest ||beta||", expect=Verdict.HOLDS)
def supremum_of_beta(p):
    return suprema(p.c, p.L).beta, 4 * Q(p.c) / p.L


@gamma.at_most("supremum", quantity="largest ||gamma||", expect=Verdict.HOLDS)
def supremum_of_gamma(p):
    return suprema(p.c, p.L).gamma, 3 * Q(p.c) / p.L


@alpha.at_most("sampled", quantity="largest |alpha - 1| found", **ALPHA)
def sampled_alpha(p, rngs):
    return sampled(p, rngs, "alpha", 5 * p.c / p.L)


@alpha.at_most("sampled", quantity="largest |alpha - 1| found", reading="proof", expect=Verdict.HOLDS)
def sampled_alpha_in_the_proof(p, rngs):
    return sampled(p, rngs, "alpha", 5 * p.c**2 / p.L)


@beta.at_most("sampled", quantity="largest ||beta|| found", expect=Verdict.HOLDS)
def sampled_beta(p, rngs):
    return sampled(p, rngs, "beta", 4 * p.c / p.L)


@gamma.at_most("sampled", quantity="largest ||gamma|| found", expect=Verdict.HOLDS)
def sampled_gamma(p, rngs):
    return sampled(p, rngs, "gamma", 3 * p.c / p.L)


@alpha.control("supremum")
@alpha.control("sampled")
def eight_tenths(p, lhs, rhs):
    return lhs, 8 * Q(p.c) ** 2 / (10 * p.L)


@beta.control("supremum")
@beta.control("sampled")
@gamma.control("supremum")
@gamma.control("sampled")
def nine_tenths(p, lhs, rhs):
    return lhs, 9 * Q(p.c) / (10 * p.L)


@alpha.true_twin("sampled")
def relu_alpha(p, rngs):
    return relu_below_supremum(p, rngs, "alpha")


@beta.true_twin("sampled")
def relu_beta(p, rngs):
    return relu_below_supremum(p, rngs, "beta")


@gamma.true_twin("sampled")
def relu_gamma(p, rngs):
    return relu_below_supremum(p, rngs, "gamma")


DEPTH, ONE = r"L \ge 6c^2", r"c \ge 1"
FAILS, STAYS = Verdict.VIOLATED, Verdict.HOLDS

alpha_shallow = alpha.without(
    "depth", DEPTH, bounds=["supremum-proof"], expect={"supremum-proof": FAILS}, **too_shallow(6)
)
beta_shallow = beta.without("depth", DEPTH, bounds=["supremum"], expect={"supremum": FAILS}, **too_shallow(6))
gamma_shallow = gamma.without("depth", DEPTH, bounds=["supremum"], expect={"supremum": FAILS}, **too_shallow(6))
alpha_near = alpha.without("radius", ONE, bounds=["supremum-proof"], expect={"supremum-proof": STAYS}, **SMALL_RADII)
beta_near = beta.without("radius", ONE, bounds=["supremum"], expect={"supremum": STAYS}, **SMALL_RADII)
gamma_near = gamma.without("radius", ONE, bounds=["supremum"], expect={"supremum": STAYS}, **SMALL_RADII)
