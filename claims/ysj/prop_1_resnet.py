r"""Proposition 1, ResNet half: a local minimum that is better than the best line.

Statement.  $f_2(x) = w(x + v\,\sigma(ux + b)) + c$ on the data of Table 1. "Choose $v = 0.5\rho$, $u = 1$, and $b = -3$",
            and "the optimal $w$ and $c$": then
            $\mathfrak R_2(\theta_2) = \frac{\rho^2(12\rho^2 + 82\rho + 215)}{21\rho^2 + 156\rho + 420}$, "and it is
            strictly smaller than $8\rho^2/15$ on $\rho \in (0, \sqrt{5/4}]$". So there is a local minimum $\theta_2^*$
            of $\mathfrak R_2$ with $\mathfrak R_2(\theta_2^*) < \mathfrak R_{\rm lin}$. And "it follows from [21] that all
            local minima of $\mathfrak R_2$ have risk values at most $\mathfrak R_{\rm lin}$".
Source.     Yun, Sra, Jadbabaie (2019), section 3.1, Proposition 1 and its proof; [21] is Shamir (2018).
Regime.     $\rho > 0$; $\rho \le \sqrt{5/4}$ where it is printed, approached from below by rationals.
Worst case. Everything is exact. The formula: both sides are quotients of polynomials in $\rho$ of degrees 4 and 2, so that
            agreement at seven values is agreement at all; nine are compared. Existence: the witness is the best function
            with its kink at $x = 2$. It is a global minimum, as the smallest error of all continuous functions with one
            kink is the same; that these are all the $f_2$, and that the smallest is attained, is what the proof leaves
            out. All minima: at given $(u, b)$ the risk is smooth in $(w, v, c)$ and has two sorts of critical points, the
            best fit by $1$, $x$, $\sigma(ux + b)$, and one with $w = 0$, where the Hessian in $(w, v)$ is
            $\begin{pmatrix} p & q \\ q & 0 \end{pmatrix}$ with $q \ne 0$, and negative in the direction
            $(1, -(p + 1)/2q)$.
Known.      The global minimum is $29\rho^2/57 = \frac{145}{152}\,\mathfrak R_{\rm lin}$ for every $\rho$. The printed
            point is better than the best line up to $\rho = 3(1 + \sqrt{21})/4 = 4.19$, with a ratio between 0.959 and
            0.972 on the printed interval.
Control.    83 in place of 82; $\rho$ up to 5; $0.95\,\mathfrak R_{\rm lin}$; critical points in place of minima; the best
            kink at another point.
"""

from fractions import Fraction as Q

from lemmata import Axis, Claim, Condition, Verdict
from lemmata.claims.ysj import YSJ
from lemmata.claims.ysj.kinked import coefficients, error, points, relu, smallest_error
from lemmata.claims.ysj.prop_1 import BELOW_THRESHOLD
from lemmata.networks.rational import less

PROOF = "Proof of Proposition 1"
SHARE = [Axis("share", 1, 1000)]  # rho = share/1000 sqrt(5/4)
UP_TO_THE_THRESHOLD = [Condition(r"\rho \le \sqrt{5/4}", lambda p: 1000 / p.share)]


def rho_of(p):
    return BELOW_THRESHOLD * Q(p.share, 1000)


def printed(rho, linear=82):
    return rho**2 * (12 * rho**2 + linear * rho + 215) / (21 * rho**2 + 156 * rho + 420)


def f_2(theta, x):
    w, v, u, b, c = theta
    return w * (x + v * relu(u * x + b)) + c


def risk(theta, x, y):
    """R_2(theta_2)."""
    r = f_2(theta, x) - y
    return Q(r @ r, len(y))


closed_form = Claim(
    "ysj.prop1.r2_closed_form",
    paper=YSJ,
    place=PROOF,
    points=[{"eighths": n} for n in (1, 2, 3, 5, 8, 13, 21, 34, 80)],  # rho = eighths/8
)


def at_the_printed_point(rho):
    """The risk with the printed v, u and b, and the best w and c."""
    x, y = points(rho)
    H = x + rho / 2 * relu(x - 3)
    c, w = coefficients(y, x**0, H)
    return risk((w, rho / 2, 1, -3, c), x, y)


@closed_form.equal("formula", quantity="R_2", expect=Verdict.HOLDS)
def formula(p):
    rho = Q(p.eighths, 8)
    return at_the_printed_point(rho), printed(rho)


@closed_form.control("formula")
def one_coefficient_changed(p):
    rho = Q(p.eighths, 8)
    return at_the_printed_point(rho), printed(rho, linear=83)


strict = Claim(
    "ysj.prop1.r2_strict",
    paper=YSJ,
    place=PROOF,
    axes=SHARE,
    regime=UP_TO_THE_THRESHOLD,
    uses=["ysj.prop1.r2_closed_form"],
)


@strict.at_most("strict", quantity="R_2 at the printed point", expect=Verdict.HOLDS)
def below_the_best_line(p):
    return less(printed(rho_of(p)), 8 * rho_of(p) ** 2 / 15)


@strict.control("strict")
def rho_up_to_five(p):
    rho = Q(p.share, 200)
    return less(printed(rho), 8 * rho**2 / 15)


exists = Claim(
    "ysj.prop1.r2_exists",
    paper=YSJ,
    place="Proposition 1",
    axes=SHARE,
    regime=UP_TO_THE_THRESHOLD,
    uses=["ysj.prop1.r2_strict", "ysj.prop1.r_lin"],
)


def best_with_a_kink(rho, kink):
    """A theta_2 with the best of all functions that have their kink at a given point, and its risk."""
    x, y = points(rho)
    c, w, jump = coefficients(y, x**0, x, relu(x - kink))
    return risk((w, jump / w, 1, -kink, c), x, y)


@exists.at_most("witness", quantity="R_2 at its global minimum", expect=Verdict.HOLDS)
def witness(p):
    return less(best_with_a_kink(rho_of(p), 2), 8 * rho_of(p) ** 2 / 15)


@exists.control("witness")
def five_percent_below(p, lhs, rhs):
    return lhs, Q(95, 100) * rhs


@exists.equal("global", quantity="smallest R_2, and that of the witness", expect=Verdict.HOLDS)
def global_minimum(p):
    return best_with_a_kink(rho_of(p), 2), smallest_error(*points(rho_of(p)), degree=1)


@exists.control("global")
def kink_at_one(p):
    return best_with_a_kink(rho_of(p), 1), smallest_error(*points(rho_of(p)), degree=1)


every_minimum = Claim(
    "ysj.prop1.r2_all",
    paper=YSJ,
    place="Section 3.1",
    points=[
        {"eighths": n, "u": u, "halves": halves}  # b = -u halves/2, a kink at halves/2
        for n in (1, 8, 80)
        for u in (1, -1)
        for halves in range(-1, 12)
    ],
)


def critical_points(p):
    """The risks of the critical points in (w, v, c), each with the curvature in some direction, or 0."""
    x, y = points(Q(p.eighths, 8))
    unit = relu(p.u * (x - Q(p.halves, 2)))
    found = [(error(y, x**0, x, unit), Q(0))]
    rest = y - sum(y) / Q(6)
    if (slope := rest @ unit) != 0:  # w = 0, c the mean, and v such that dR/dw = 0
        h = x - Q(rest @ x) / slope * unit
        w_w, w_v = 2 * Q(h @ h, 6), -2 * Q(slope, 6)  # second derivatives; that in v, twice, is zero
        s = -(w_w + 1) / (2 * w_v)
        found.append((Q(rest @ rest, 6), (w_w + 2 * s * w_v) / (1 + s**2)))
    return found


@every_minimum.at_most("minima", quantity="R_2, or R_lin plus a negative curvature", expect=Verdict.HOLDS)
def minima(p):
    r_lin = Q(p.eighths, 8) ** 2 * Q(8, 15)
    return max(min(risk, r_lin + curvature) if curvature < 0 else risk for risk, curvature in critical_points(p)), r_lin


@every_minimum.control("minima")
def critical_points_with_w_zero(p):
    return max(risk for risk, _ in critical_points(p)), Q(p.eighths, 8) ** 2 * Q(8, 15)
