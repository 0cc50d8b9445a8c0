r"""Proposition 1, fully connected half: no local minimum is better than the best line.

Statement.  The data are those of Table 1, $f_1(x) = w_2\,\sigma(w_1 x + b_1) + b_2$. "It is easy to check that the best
            empirical risk achieved by linear models $x \mapsto wx + b$ is $\mathfrak R_{\rm lin} = 8\rho^2/15$."
            Where $w_1 > 0$, $\mathfrak R_1(\theta_1)$ is at least the entry of Table 1 for the place of $-b_1/w_1$; "the
            case where $w_1 < 0$ can be proved similarly", and the case $w_1 = 0$ "is trivially worse than
            $8\rho^2/15$". So, if $\rho \le \sqrt{5/4}$, every local minimum has
            $\mathfrak R_1(\theta_1^*) \ge \mathfrak R_{\rm lin}$.
Source.     Yun, Sra, Jadbabaie (2019), section 3.1, Proposition 1 and its proof.
Regime.     $\rho > 0$; for the last sentence $\rho \le \sqrt{5/4}$, approached from below by rationals.
Worst case. Everything is exact. For the table: at each kink $-b_1/w_1$ the best $(w_2, b_2)$ is a fit by least squares.
            For the last sentence: the infimum of $\mathfrak R_1$ over all $\theta_1$, critical or not. The functions
            with a kink between two neighbouring points make two convex cones, so that the best one is free of the
            constraint or has its kink at a point.
Known.      Relaxation: rows $(-\infty, 0)$ and $[5, \infty)$ are attained. The infimum is $\mathfrak R_{\rm lin}$ itself, and
            not only up to $\sqrt{5/4}$: the threshold is owed to the relaxation, which gives up continuity. With
            $Y = X + \rho s$, the error at a kink is $e_{xx} + 2\rho\,e_{xs} + \rho^2 e_{ss}$, and $e_{xs} \ge 0$,
            $e_{ss} \ge 8/15$ at all kinks of a grid of step $1/200$. Mirror: $(x, y) \mapsto (5 - x, 5 - y)$ maps the data to
            itself. $w_1 = 0$: $\mathfrak R_1 \ge \mathrm{Var}(Y) = \rho^2 + 7\rho/3 + 35/12$.
Control.    The best line through the origin; a row raised by 1/1000; the function with a skip connection,
            $w(x + v\,\sigma(ux + b)) + c$, in place of $f_1$; the sign of the fourth perturbation changed, or
            $(5 - x, -y)$; $2\,\mathfrak R_{\rm lin}$ for the constants.
Readings.   "any_rho": the last sentence without its condition on $\rho$, up to $\rho = 1000$.
"""

from fractions import Fraction as Q

from lemmata import Axis, Claim, Condition, Verdict
from lemmata.claims.ysj import YSJ
from lemmata.claims.ysj.kinked import err, error, points, relu, smallest_error
from lemmata.claims.ysj.prop_1 import BELOW_THRESHOLD, ROWS, fitted_row, printed_row, squared_error
from lemmata.networks.rational import greater

PROOF = "Proof of Proposition 1"
RHO = [{"eighths": n} for n in (1, 3, 8, 21, 80)]  # two polynomials of degree two that agree at three places are equal

r_lin = Claim("ysj.prop1.r_lin", paper=YSJ, place="Section 3.1", points=RHO)


@r_lin.equal("r_lin", quantity="best affine risk", expect=Verdict.HOLDS)
def best_line(p):
    rho = Q(p.eighths, 8)
    return err(*points(rho)), 8 * rho**2 / 15


@r_lin.control("r_lin")
def through_the_origin(p):
    rho = Q(p.eighths, 8)
    x, y = points(rho)
    return error(y, x), 8 * rho**2 / 15


relaxation = Claim(
    "ysj.prop1.table1_relaxation",
    paper=YSJ,
    place=PROOF,
    axes=[Axis("row", values=(1, 2, 3, 4, 5, 6, 7)), Axis("share", 1, 1000), Axis("eighths", 1, 80)],
    uses=["ysj.prop1.table1"],
)


def kink(p):
    """A place in the interval of a row; its left end, where it has one, at share = 1."""
    if p.row == 1:
        return -Q(p.share, 100)
    return p.row - 2 + Q(p.share - 1, 100 if p.row == 7 else 1000)


@relaxation.at_least("rows", quantity="R_1 at the best (w_2, b_2)", expect=Verdict.HOLDS)
def best_at_a_kink(p):
    rho = Q(p.eighths, 8)
    x, y = points(rho)
    return error(y, x**0, relu(x - kink(p))), sum(fitted_row(p.row - 1, rho))


@relaxation.control("rows")
def raised(p, lhs, rhs):
    return lhs, rhs + Q(1, 1000)


fc = Claim(
    "ysj.prop1.fc",
    paper=YSJ,
    place="Proposition 1",
    points=[
        {"share": share} for share in (1, 2, 3, 5, 10, 100, 250, 500, 750, 900, 1000)
    ],  # rho = share/1000 sqrt(5/4)
    regime=[Condition(r"\rho \le \sqrt{5/4}", lambda p: 1000 / p.share)],
    readings={"any_rho": "rho = share, whatever its size"},
    uses=["ysj.prop1.table1_relaxation", "ysj.prop1.threshold", "ysj.prop1.mirror", "ysj.prop1.w1_zero"],
)


def infimum(rho, degree=0):
    """The smallest R_1 with w_1 > 0, and with w_1 < 0; constants, of w_1 = 0, are among either."""
    x, y = points(rho)
    return min(smallest_error(x, y, degree), smallest_error(5 - x[::-1], y[::-1], degree))


@fc.at_least("infimum", quantity="infimum of R_1", expect=Verdict.HOLDS)
def up_to_the_threshold(p):
    rho = BELOW_THRESHOLD * Q(p.share, 1000)
    return infimum(rho), 8 * rho**2 / 15


@fc.at_least("infimum", quantity="infimum of R_1", reading="any_rho", expect=Verdict.HOLDS)
def for_any_rho(p):
    return infimum(p.share), Q(8 * p.share**2, 15)


@fc.control("infimum")
def with_a_skip_connection(p):
    rho = BELOW_THRESHOLD * Q(p.share, 1000)
    return infimum(rho, degree=1), 8 * rho**2 / 15


mirror = Claim("ysj.prop1.mirror", paper=YSJ, place=PROOF, points=[{"k": k, **rho} for k in ROWS for rho in RHO])


def mirrored_row(k, x, y):
    """Constant error of the last k points and linear error of the others, each over 6: the pieces for w_1 < 0."""
    n = 6 - k
    return squared_error([*x[n:]], [*y[n:]], 0) / 6, squared_error([*x[:n]], [*y[:n]], 1) / 6


@mirror.equal("rows", quantity="constant and linear error for w_1 < 0", expect=Verdict.HOLDS)
def rows(p):
    rho = Q(p.eighths, 8)
    return [*mirrored_row(p.k, *points(rho))], [*printed_row(p.k, rho)]


@mirror.control("rows")
def one_sign_changed(p):
    rho = Q(p.eighths, 8)
    x, y = points(rho)
    y[3] += 2 * rho
    return [*mirrored_row(p.k, x, y)], [*printed_row(p.k, rho)]


@mirror.equal("data", quantity="(5 - x, 5 - y), in reverse", expect=Verdict.HOLDS)
def data_set(p):
    x, y = points(Q(p.eighths, 8))
    return [*(5 - x[::-1]), *(5 - y[::-1])], [*x, *y]


@mirror.control("data")
def y_reflected_at_zero(p):
    x, y = points(Q(p.eighths, 8))
    return [*(5 - x[::-1]), *(-y[::-1])], [*x, *y]


w1_zero = Claim("ysj.prop1.w1_zero", paper=YSJ, place=PROOF, axes=[Axis("tenths", 1, 1000)])  # rho = tenths/10


@w1_zero.at_least("constants", quantity="best constant", expect=Verdict.HOLDS)
def best_constant(p):
    x, y = points(Q(p.tenths, 10))
    return greater(error(y, x**0), 8 * Q(p.tenths, 10) ** 2 / 15)


@w1_zero.control("constants")
def twice_the_best_line(p, lhs, rhs):
    return lhs, 2 * rhs
