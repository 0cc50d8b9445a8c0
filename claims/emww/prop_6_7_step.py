r"""Proposition 6.7, the proof: the risks of two models whose outputs are close.

Statement.  With $e_i = f(x_i;\Theta_t) - y_i$ and $\Delta_i = \tilde f(x_i; a_t, B_0) - f(x_i;\Theta_t)$, $|\Delta_i| \le 1$,
            $$\Big|\frac1{2n}\sum_{i=1}^n(f(x_i;\Theta_t) - y_i)^2 - (f(x_i;\Theta_t) - y_i + \Delta_i)^2\Big|
              = \Big|\frac1n\sum_{i=1}^ne_i\Delta_i\Big| + \Big|\frac1{2n}\Delta_i^2\Big|
              \le 2\hat R_n(\Theta_t)\max_i|\Delta_i|.$$
Source.     E, Ma, Wang, Wu (2019), proof of Proposition 6.7. It is to bound $|\mathcal R(\Theta_t) - \mathcal E(a_t; B_0)|$, which are population risks,
            but has the sums over the sample.
Regime.     All $e_i$ and $|\Delta_i| \le 1$; $\hat R_n \le \hat R_n(\Theta_0) \le \frac12$. Numbers only.
Worst case. All $e_i = e$ and $\Delta_i = \Delta$ of the same sign, as for $n = 1$: the left-hand side is $e\Delta + \Delta^2/2$, the right-hand side
            $e^2\Delta$. In exact arithmetic.
Known.      $\frac1n\sum_i|e_i| \le \sqrt{2\hat R_n}$, with equality where all $|e_i|$ are the same.
Control.    Half of the corrected bound; $\frac12\max_i|\Delta_i|$ for the conclusion, which is $\frac32\max_i|\Delta_i|$ where $\hat R_n \le \frac12$.
Readings.   "root": $\sqrt{2\hat R_n}\max_i|\Delta_i| + \frac12\max_i\Delta_i^2$ on the right.
Erratum.    The risk is of second order in $e$, and $e\Delta$ of first: with $n = 1$, $e = 0$ and $\Delta = 1$ it says $\frac12 \le 0$, and it fails
            for all $0 \le e \le 1$, $0 < \Delta \le 1$. "root" holds, and $\frac32\max_i|\Delta_i|$ where $\hat R_n \le \frac12$, so that
            the bound $\lesssim c_n^3/L^{3/2}$ that is drawn from it stays, up to a constant.
"""

from fractions import Fraction as Q

from lemmata import Axis, Claim, Verdict
from lemmata.claims.emww import EMWW

step = Claim(
    "emww.prop_6_7_step",
    paper=EMWW,
    place="Proposition 6.7, proof",
    axes=[
        Axis("e", values=(2**-10, 2**-5, 0.125, 0.25, 0.5, 0.75, 1.0)),
        Axis("Delta", values=(2**-10, 2**-5, 0.125, 0.25, 0.5, 0.75, 1.0)),
    ],
    readings={"root": "sqrt(2R) max|Delta| + max Delta^2 / 2"},
    uses=["emww.init_state"],
)


def difference(p):
    """|(e^2 - (e + Delta)^2) / 2|."""
    return abs(Q(p.e) ** 2 - (Q(p.e) + Q(p.Delta)) ** 2) / 2


def by_hand(p):
    """Both sides for n = 1, f = e, y = 0 and f~ = e + Delta."""
    from fractions import Fraction

    f, y = Fraction(p.e), 0
    tilde = f + Fraction(p.Delta)
    R, E = (f - y) ** 2 / 2, (tilde - y) ** 2 / 2
    return abs(R - E), 2 * R * abs(tilde - f)


@step.at_most(
    "risks",
    quantity="|R - E|",
    exact=by_hand,
    expect=Verdict.VIOLATED,
    erratum="The risk is of second order in e: it has to be sqrt(2R) max|Delta| + max Delta^2 / 2.",
)
def as_printed(p):
    return difference(p), Q(p.e) ** 2 * Q(p.Delta)


@step.at_most("risks", reading="root", quantity="|R - E|", expect=Verdict.HOLDS)
def with_the_root(p):
    return difference(p), Q(p.e) * Q(p.Delta) + Q(p.Delta) ** 2 / 2


@step.at_most("conclusion", quantity="|R - E|", expect=Verdict.HOLDS)
def where_R_is_small(p):
    return difference(p), Q(3, 2) * Q(p.Delta)


@step.control("risks")
def half_of_it(p, lhs, rhs):
    return lhs, (Q(p.e) * Q(p.Delta) + Q(p.Delta) ** 2 / 2) / 2


@step.control("conclusion")
def a_third(p, lhs, rhs):
    return lhs, rhs / 3
