r"""Lemma 6.4: near the initialisation the network is close to the random feature model.

Statement.  If $\Theta = (a, B, \theta) \in I_c(\Theta_0)$, then we have for any $x \in S^{d-1}$ (and any $l$)
            $$|f(x; a, B, \theta) - \tilde f(x; a, B_0)| \le \frac{6c^2\|a\|}L,\quad
              \|\nabla_{a^{(l)}}f(x; a, B, \theta) - \nabla_{a^{(l)}}\tilde f(x; a, B_0)\| \le \frac{c^2}L.$$
Source.     E, Ma, Wang, Wu (2019), Lemma 6.4. $a \in R^{mL}$ are the stacked parameters, and $\|a\|^2 = \sum_l\|a^{(l)}\|^2$ where the
            lemma is used, in Lemma 6.5 and Theorem 6.6.
Regime.     No depth is printed; the proof uses Propositions 4.1 and 4.2, so that $L \ge 6c^2$ and $c \ge 1$ are taken. All $d$, $m$,
            $\sigma$, $\Theta_0$ of (2.5). Nothing is random. The sums have the blocks $l \le L - 1$ of (2.3); with the block $L$
            in $\tilde f$ alone the first bound is false for $a^{(L)}$ alone, see `eq_6_2`.
Worst case. $f - \tilde f = \sum_l(a^{(l)})^\top(g^{(l)} - g_0^{(l)})$ and $\nabla_{a^{(l)}}f = \alpha^{(l+1)}g^{(l)}$. The extremal network of
            Propositions 4.1 and 4.2 has the largest $\|a^{(l)}\|$, $\|g - g_0\|$ and $|\alpha - 1|$ in every layer, and all of them
            aligned: it attains the supremum of the second, and of $|f - \tilde f|$.
Known.      As $L$ grows at fixed $c$ the worst $|f - \tilde f|$ is of order $c^3/L$, the bound of order $c^3/L^{3/2}$; the worst
            $\|\nabla_{a^{(l)}}f - \nabla_{a^{(l)}}\tilde f\|$ tends to $(c^2 + 2c)/L$.
Control.    $c^2$ in place of $6c^2$, and $c^2/L^2$.
Without.    $L \ge 6c^2$ and $c \ge 1$ are needed in both, as "sum" and as "proof".
Readings.   "sum": $\sum_l\|a^{(l)}\|$ in place of $\|a\|$, which is what the proof adds up. "proof": the line before the last of the
            proof, with $5c^2/L$ for $|\alpha - 1|$ as in the proof of Proposition 4.2: $(1 + 5c^2/L)\,6c^2/L + 5c^2/L$.
Erratum.    First: $\sum_l\|a^{(l)}\| \le \sqrt L\|a\|$, not $\|a\|$; it fails at every depth, by a factor that grows like $\sqrt L$. With
            $d = m = 1$, $x = B_0 = 1$ and all parameters raised by $1/6$, $c = 1$, $L = 6$:
            $|f - \tilde f| = 0.386$, but $6c^2\|a\|/L = \sqrt5/6 = 0.373$. Theorem 6.6 then has $c_n^3/L$, see there. Second:
            $(1 + 5c/L)\,6c^2/L + 5c/L \le c^2/L$ is false for all $c$ and $L$, and so is the lemma: in the same network
            $\alpha^{(2)}g^{(1)} - g_0^{(1)} = 0.325$, but $c^2/L = 0.167$. A constant is missing, and 16 is enough.
"""

from fractions import Fraction as Q

from lemmata import Axis, Claim, Verdict
from lemmata.claims.emww import EFFORT, EMWW, SMALL_RADII, deep, depth, radius_and_depth, too_shallow
from lemmata.networks.emww import extremal

f = Claim(
    "emww.lemma_6_4_f",
    paper=EMWW,
    place="Lemma 6.4",
    axes=radius_and_depth(6),
    derived={"L": depth},
    regime=deep(6),
    readings={"sum": "sum_l ||a^(l)|| in place of ||a||"},
    uses=["emww.eq_6_2", "emww.prop_4_1_g"],
    effort=EFFORT,
)
grad = Claim(
    "emww.lemma_6_4_grad",
    paper=EMWW,
    place="Lemma 6.4",
    axes=radius_and_depth(6),
    derived={"L": depth},
    regime=deep(6),
    readings={"proof": "(1 + 5c^2/L) 6c^2/L + 5c^2/L, with |alpha - 1| as in the proof of Proposition 4.2"},
    uses=["emww.grad_formulas", "emww.prop_4_1_g", "emww.prop_4_2_alpha"],
    effort=EFFORT,
)


def farthest(p):
    """|f - f~| of the extremal network: sum_l a^(l) (g^(l) - g_0^(l))."""
    return p.c / p.L * sum(extremal(p.c, p.L).g)


def by_hand(p):
    """(f - f~)^2 and 36 c^4 ||a||^2 / L^2 of the extremal network, rounded down to 30 digits."""
    from fractions import Fraction

    c, L = Fraction(p.c), p.L
    e, z, y = c / L, Fraction(1), Fraction(0)
    for _ in range(L - 1):
        g = max((1 + e) * z + e * y, 0)
        z, y = 1 + e * g, Fraction(int((y + e * g) * 10**40), 10**40)
        z = Fraction(int(z * 10**40), 10**40)
    tilde = (L - 1) * e
    return Fraction(int((y - tilde) ** 2 * 10**30), 10**30), 36 * c**4 * (L - 1) * e**2 / L**2


def slope_by_hand(p):
    """alpha^(2) g^(1) - g_0^(1) of the extremal network with c/L = e, and c^2/L."""
    from fractions import Fraction

    c, L = Fraction(p.c), p.L
    e, alpha, beta = c / L, Fraction(1), Fraction(0)
    for _ in range(L - 2):  # back to layer 2
        gamma = e * alpha + e * beta
        alpha, beta = alpha + e * gamma, (1 + e) * gamma
        alpha, beta = (Fraction(int(v * 10**40), 10**40) for v in (alpha, beta))
    return alpha * (1 + e) - 1, c**2 / L


@f.at_most(
    "output",
    quantity="largest |f - f~|",
    exact=by_hand,
    expect=Verdict.VIOLATED,
    erratum="sum_l ||a^(l)|| in place of ||a||, which is smaller by a factor of up to sqrt(L).",
)
def stacked(p):
    return farthest(p), 6 * p.c**2 / p.L * (p.L - 1) ** 0.5 * p.c / p.L


@f.at_most("output", reading="sum", quantity="largest |f - f~|", expect=Verdict.HOLDS)
def added_up(p):
    return farthest(p), 6 * p.c**2 / p.L * (p.L - 1) * p.c / p.L


def steepest(p):
    """Largest |alpha^(l+1) g^(l) - g_0^(l)| of the extremal network."""
    most = extremal(p.c, p.L)
    return max(alpha + g + alpha * g for alpha, g in zip(most.alpha[1:], most.g, strict=True))


@grad.at_most(
    "slope",
    quantity="largest ||grad_a f - grad_a f~||",
    exact=slope_by_hand,
    expect=Verdict.VIOLATED,
    erratum="A constant is missing: 16c^2/L is enough for L >= 6c^2.",
)
def as_printed(p):
    return steepest(p), p.c**2 / p.L


@grad.at_most("slope", reading="proof", quantity="largest ||grad_a f - grad_a f~||", expect=Verdict.HOLDS)
def last_line_but_one(p):
    s = p.c**2 / p.L
    return steepest(p), (1 + 5 * s) * 6 * s + 5 * s


@f.control("output")
def a_sixth(p, lhs, rhs):
    return lhs, rhs / 6


@grad.true_twin("slope")
def sixteen(p):
    return steepest(p), 16 * p.c**2 / p.L


@grad.control("slope")
def inverse_square(p, lhs, rhs):
    return lhs, (Q(p.c) / p.L) ** 2


f.phase_map("output", over=(Axis("c", values=(0.25, 0.5, 1, 2, 4, 8, 16, 32)), Axis("L", 2, 512)))

DEPTH, ONE = r"L \ge 6c^2", r"c \ge 1"
OF_F = {"bounds": ["output-sum"], "expect": {"output-sum": Verdict.VIOLATED}}
OF_GRAD = {"bounds": ["slope-proof"], "expect": {"slope-proof": Verdict.VIOLATED}}

f_shallow = f.without("depth", DEPTH, **OF_F | too_shallow(6))
f_near = f.without("radius", ONE, **OF_F | SMALL_RADII)
grad_shallow = grad.without("depth", DEPTH, **OF_GRAD | too_shallow(6))
grad_near = grad.without("radius", ONE, **OF_GRAD | SMALL_RADII)
