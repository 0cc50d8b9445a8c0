r"""Proposition 4.2: backward stability.

Statement.  If $L \ge 6c^2$, we have for any $\Theta \in I_c(\Theta_0)$ and $x$
            $$|\alpha^{(l)}(x;\Theta) - 1| \le \frac{5c}L,\quad \|\beta^{(l)}(x;\Theta)\| \le \frac{4c}L,\quad
              \|\gamma^{(l)}(x;\Theta)\| \le \frac{3c}L,$$
            where $\alpha^{(l)}$, $\beta^{(l)}$, $\gamma^{(l)}$ are the gradients of $f(x;\Theta)$ in $y^{(l)}$, $z^{(l)}$, $g^{(l)}$.
Source.     E, Ma, Wang, Wu (2019), Proposition 4.2, (4.4); $I_c(\Theta_0)$ with $c \ge 1$ as in Definition 1, block $l \le L-1$.
Regime.     $L \ge 6c^2$, $c \ge 1$. Nothing is random: all $d$, $m$, $\sigma$, all $\Theta_0$ of (2.5), and all $x$ of any norm, for $x$
            enters through $|\sigma'| \le 1$ only.
Worst case. As in Proposition 4.1: $d = m = 1$, $x = B_0 = 1$, all parameters raised by $\varepsilon = c/L$, $\sigma' = 1$. Then
            $\gamma^{(l)} = \varepsilon(\alpha^{(l+1)} + \beta^{(l+1)})$, $\beta^{(l)} = (1+\varepsilon)\gamma^{(l)}$, $\alpha^{(l)} = \alpha^{(l+1)} + \varepsilon\gamma^{(l)}$ are the suprema.
            "sampled" attacks linear networks with $d = 1$, width 2, near sampled $\Theta_0$, where they are attained too.
Known.      $\alpha^{(1)} - 1 \ge (1 + \varepsilon^2)^{L-1} - 1 \approx c^2/L$ with $C = 0$ already: (4.4) lacks a factor $c$.
Control.    $0.8\,c^2/L$ for $\alpha$, $0.9\,c/L$ for $\beta$ and $\gamma$. True twin: near ReLU networks with $d = 2$ the attack stays
            below the suprema.
Readings.   "proof": the proof arrives at $\alpha^{(l)} \le 1 + 5c\,\varepsilon_c$, which is $5c^2/L$.
Erratum.    The first bound of (4.4) is false for every $c \ge 6$, at every depth. The smallest case met is $c = 5$, $L = 150$:
            with $d = m = 1$, $x = B_0 = 1$ and all parameters raised by $1/30$, $\alpha^{(1)} = 1.182 > 1 + 5c/L = 1.167$. It
            should read $|\alpha^{(l)} - 1| \le 5c^2/L$, as in its proof. Lemmas 4.3 and 4.5 quote $5c/L$; they survive with
            $5c^2/L$, as $(1 + 5s)^2(1 + 6s)^2 \le 1 + 50s$ for $s = c^2/L \le 1/100$.
"""

from fractions import Fraction as Q

from claims.emww import EMWW, largest, neighbourhood
from harness.adversaries.skip_network import suprema
from harness.claim import Claim, Condition, Sides
from harness.networks.activations import relu

REGIME = [Condition(r"L \ge 6c^2", lambda p: p.L / (6 * p.c**2)), Condition(r"c \ge 1", lambda p: p.c)]
PROOF = {"proof": r"5c^2/L, where the proof arrives: alpha <= 1 + 5 c eps_c"}

alpha = Claim(
    "emww.prop_4_2_alpha", paper=EMWW, place="Proposition 4.2", regime=REGIME, readings=PROOF, **neighbourhood(6)
)
beta = Claim("emww.prop_4_2_beta", paper=EMWW, place="Proposition 4.2", regime=REGIME, **neighbourhood(6))
gamma = Claim("emww.prop_4_2_gamma", paper=EMWW, place="Proposition 4.2", regime=REGIME, **neighbourhood(6))


def by_hand(p):
    """alpha^(1) - 1 of the extremal ReLU network, rounded down to 30 digits, and 5c/L."""
    from fractions import Fraction

    c, L = Fraction(p.c), p.L
    eps = c / L

    def f(y):  # d = m = 1, x = B_0 = 1, a = r = C = B - B_0 = c/L
        z = Fraction(1)
        for _ in range(L - 1):
            g = max((1 + eps) * z + eps * y, 0)
            z, y = 1 + eps * g, y + eps * g
        return y

    slope = f(Fraction(1)) - f(Fraction(0))  # alpha^(1): no unit is on its kink, f is affine in y^(1) >= 0
    return Fraction(int((slope - 1) * 10**30), 10**30), 5 * c / L


def sampled(p, rngs, name, deviation, bound, *network):
    found = largest(p, rngs, deviation, *network)
    return Sides(found.value, bound, found.random, float(getattr(suprema(p.c, p.L), name)))


@alpha.at_most("supremum", quantity="largest |alpha - 1|", exact=by_hand)
def supremum_of_alpha(p):
    return suprema(p.c, p.L).alpha, 5 * Q(p.c) / p.L


@alpha.at_most("supremum", quantity="largest |alpha - 1|", reading="proof")
def supremum_of_alpha_in_the_proof(p):
    return suprema(p.c, p.L).alpha, 5 * Q(p.c) ** 2 / p.L


@beta.at_most("supremum", quantity="largest ||beta||")
def supremum_of_beta(p):
    return suprema(p.c, p.L).beta, 4 * Q(p.c) / p.L


@gamma.at_most("supremum", quantity="largest ||gamma||")
def supremum_of_gamma(p):
    return suprema(p.c, p.L).gamma, 3 * Q(p.c) / p.L


def deviation_of_alpha(near):
    return near.backward.alpha[..., None] - 1


@alpha.at_most("sampled", quantity="largest |alpha - 1| found", exact=by_hand)
def sampled_alpha(p, rngs):
    return sampled(p, rngs, "alpha", deviation_of_alpha, 5 * p.c / p.L)


@alpha.at_most("sampled", quantity="largest |alpha - 1| found", reading="proof")
def sampled_alpha_in_the_proof(p, rngs):
    return sampled(p, rngs, "alpha", deviation_of_alpha, 5 * p.c**2 / p.L)


@beta.at_most("sampled", quantity="largest ||beta|| found")
def sampled_beta(p, rngs):
    return sampled(p, rngs, "beta", lambda near: near.backward.beta, 4 * p.c / p.L)


@gamma.at_most("sampled", quantity="largest ||gamma|| found")
def sampled_gamma(p, rngs):
    return sampled(p, rngs, "gamma", lambda near: near.backward.gamma, 3 * p.c / p.L)


@alpha.control("supremum")
@alpha.control("sampled")
def eight_tenths(p, lhs, rhs):
    return lhs, 4 * Q(p.c) ** 2 / (5 * p.L)


@beta.control("supremum")
@beta.control("sampled")
def nine_tenths_beta(p, lhs, rhs):
    return lhs, 9 * Q(p.c) / (10 * p.L)


@gamma.control("supremum")
@gamma.control("sampled")
def nine_tenths_gamma(p, lhs, rhs):
    return lhs, 9 * Q(p.c) / (10 * p.L)
