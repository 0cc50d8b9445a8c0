r"""Proposition 4.1, the proof: a recursion for $\|z - x\| + |y|$, its sum, and what is read off from it.

Statement.  Let $L \ge 4c^2$, $\varepsilon = c/L$ and $o^{(l)} = \|z^{(l)} - x\|$. As $2\varepsilon \le 1$, the inequality
            $$o^{(l+1)} + |y^{(l+1)}| \le 2\varepsilon(1 + \varepsilon)\,o^{(l)} + (1 + 2\varepsilon^2)|y^{(l)}|
              + 2\varepsilon(1 + \varepsilon)$$
            can be simplified as
            $$o^{(l+1)} + |y^{(l+1)}| \le (1 + 2\varepsilon^2)(o^{(l)} + |y^{(l)}|) + 2.25\varepsilon
              \le 2.25\varepsilon\sum_{l'=0}^l(1 + 2\varepsilon)^{l'} \le 2.25L\varepsilon\,e^{2L\varepsilon^2} \le 4c.$$
            Then $|y^{(l)}| \le 4c$ gives $o^{(l+1)} \le 1.25\varepsilon\,o^{(l)} + 2.25\varepsilon$, hence $o^{(l)} \le 4c/L$; by
            inserting both, $\|B^{(l)}z^{(l)} + r^{(l)}y^{(l)} - B_0^{(l)}x\| \le 6c^2/L$.
Source.     E, Ma, Wang, Wu (2019), proof of Proposition 4.1. "$o^{(0)} + |y^{(0)}|$" is read as $o^{(l)} + |y^{(l)}|$.
Regime.     $L \ge 4c^2$, $c \ge 1$, where $\varepsilon \le 1/4$. Numbers only, exact ones except for the exponential.
Worst case. "step": the difference of the two sides does not depend on $|y^{(l)}|$ and falls in $o^{(l)}$, so that
            $o^{(1)} = y^{(1)} = 0$ is the worst. "sum": $l = L - 1$. "z": the limit of the recursion. "g": equality in
            $\varepsilon(1 + o) + o + \varepsilon|y|$ at $o = 4\varepsilon$, $|y| = 4c$.
Known.      Proposition 4.1 itself holds for all $c \ge 1$: its suprema are known, see `prop_4_1`.
Control.    $2\varepsilon$ in the step; half of the sum; $2.5$ in place of $2.25$ in the end; $o \le 2c/L$; $4c^2/L$.
Readings.   "wide": $2.5\varepsilon$ in the step. "squared": $(1 + 2\varepsilon^2)^{l'}$ in the sum, which is what the step gives.
Erratum.    "step": $2\varepsilon(1 + \varepsilon) \le 2.25\varepsilon$ needs $\varepsilon \le 1/8$, not $\varepsilon \le 1/2$. At $c = 1$, $L = 4$ the
            first step, from $o = y = 0$, has $5/8 > 9/16$. "sum": $\varepsilon^2$ is printed as $\varepsilon$; at $c = 1$, $L = 4$
            $\frac14\sum_{l' < 4}(3/2)^{l'} = 65/32 > e^{1/2}$. "g": inserted, the estimates give $(5 + 4c + 4c/L)\,c/L$, which is at most
            $6c^2/L$ for $c \ge 2.5 + 2c/L$ only; at $c = 1$, $L = 4$ it is $10/4$ against $6/4$. The proof is complete for $c \ge 3$.
"""

from fractions import Fraction as Q
from math import exp

from lemmata import Claim, Verdict
from lemmata.claims.emww import EFFORT, EMWW, deep, depth, radius_and_depth

proof = Claim(
    "emww.prop_4_1_recursion",
    paper=EMWW,
    place="Proposition 4.1, proof",
    axes=radius_and_depth(4),
    derived={"L": depth},
    regime=deep(4),
    readings={"wide": "2.5 in place of 2.25 in the step", "squared": "1 + 2 eps^2 in place of 1 + 2 eps in the sum"},
    uses=["emww.eq_2_2_equals_2_3", "emww.init_state"],
    effort=EFFORT,
)


def eps(p):
    return Q(p.c) / p.L


def first_step(p):
    """o^(2) + |y^(2)| for d = m = 1, x = B_0 = 1, all parameters raised by c/L, and 2.25 c/L."""
    from fractions import Fraction

    rise = Fraction(p.c) / p.L
    g = (1 + rise) * 1 + rise * 0
    z, y = 1 + rise * g, rise * g
    return abs(z - 1) + abs(y), Fraction(9, 4) * rise


def sum_by_hand(p):
    """The printed sum over L terms, added up, and L e^(2 L eps^2)."""
    from mpmath import exp, mpf, workdps

    with workdps(50):
        rise = mpf(p.c) / p.L
        total, term = mpf(0), mpf(1)
        for _ in range(p.L):
            total += term
            term *= 1 + 2 * rise
        return total / p.L, exp(2 * p.L * rise**2)


def inserted_by_hand(p):
    """||B - B_0|| ||z|| + ||B_0|| ||z - x|| + ||r|| |y| with all at their bounds, and 6 c^2 / L."""
    from fractions import Fraction

    radius = Fraction(p.c) / p.L
    z_minus_x, y = 4 * radius, 4 * Fraction(p.c)
    return radius * (1 + z_minus_x) + 1 * z_minus_x + radius * y, 6 * radius * Fraction(p.c)


@proof.at_most(
    "step",
    quantity="o + |y| after a step from 0",
    exact=first_step,
    expect=Verdict.VIOLATED,
    erratum="2.25 eps needs eps <= 1/8; for eps <= 1/4 it is 2.5 eps.",
)
def simplified(p):
    return 2 * eps(p) * (1 + eps(p)), Q(9, 4) * eps(p)


@proof.at_most("step", reading="wide", quantity="o + |y| after a step from 0", expect=Verdict.HOLDS)
def simplified_with_room(p):
    return 2 * eps(p) * (1 + eps(p)), Q(5, 2) * eps(p)


def mean_of_powers(u, L):
    """1/L sum_{l' < L} (1 + u)^l'."""
    return ((1 + float(u)) ** L - 1) / (float(u) * L)


@proof.at_most(
    "sum",
    quantity="mean of the powers",
    exact=sum_by_hand,
    expect=Verdict.VIOLATED,
    erratum="A square is missing: the step gives (1 + 2 eps^2)^l'.",
)
def as_printed(p):
    return mean_of_powers(2 * eps(p), p.L), exp(2 * p.c**2 / p.L)


@proof.at_most("sum", reading="squared", quantity="mean of the powers", expect=Verdict.HOLDS)
def of_the_step(p):
    return mean_of_powers(2 * eps(p) ** 2, p.L), exp(2 * p.c**2 / p.L)


@proof.at_most("end", quantity="2.25 L eps e^(2 L eps^2)", expect=Verdict.HOLDS)
def last_inequality(p):
    return 2.25 * p.c * exp(2 * p.c**2 / p.L), 4 * p.c


@proof.at_most("z_step", quantity="o after a step from 0, with |y| = 4c", expect=Verdict.HOLDS)
def with_y_of_4c(p):
    return eps(p) * (1 + eps(p) + 4 * eps(p) * Q(p.c)), Q(9, 4) * eps(p)


@proof.at_most("z", quantity="limit of the recursion for o", expect=Verdict.HOLDS)
def limit_of_z(p):
    return Q(9, 4) * eps(p) / (1 - Q(5, 4) * eps(p)), 4 * eps(p)


@proof.at_most(
    "g",
    quantity="||Bz + ry - B_0 x|| with the estimates inserted",
    exact=inserted_by_hand,
    expect=Verdict.VIOLATED,
    erratum="The estimates give (5 + 4c + 4c/L) c/L, which is at most 6c^2/L for c >= 2.5 + 2c/L only; 10c^2/L is enough.",
)
def inserted(p):
    return eps(p) * (5 + 4 * eps(p) + 4 * Q(p.c)), 6 * Q(p.c) * eps(p)


@proof.control("step")
def two_eps(p, lhs, rhs):
    return lhs, 2 * eps(p)


@proof.control("sum")
def half_of_it(p, lhs, rhs):
    return lhs, rhs / 2


@proof.control("end")
def with_2_5(p, lhs, rhs):
    return lhs / 2.25 * 2.5, rhs


@proof.control("z_step")
def with_2(p, lhs, rhs):
    return lhs, 2 * eps(p)


@proof.control("z")
def half_of_4(p, lhs, rhs):
    return lhs, rhs / 2


@proof.control("g")
def four(p, lhs, rhs):
    return lhs, 4 * Q(p.c) * eps(p)


@proof.true_twin("g")
def ten(p, lhs, rhs):
    return lhs, 10 * Q(p.c) * eps(p)
