r"""Proposition 1, fully connected half: Table 1 and the threshold $\rho \le \sqrt{5/4}$.

Statement.  The data are $x_i = 0, 1, \dots, 5$ and $y = (-\rho, 1-\rho, 2+\rho, 3-\rho, 4+\rho, 5+\rho)$. A network
            $f_1(x) = w_2\,\sigma(w_1 x + b_1) + b_2$ with $w_1 > 0$ is constant for $x \le -b_1/w_1$ and linear
            beyond. Table 1 lists, for each place of $-b_1/w_1$ between the points, the error of the best constant
            on the points below and of the best line on the points above, each divided by 6, and their sum.
            If $\rho \le \sqrt{5/4}$, no sum is below the best linear risk $\mathfrak R_{\rm lin} = 8\rho^2/15$.
Source.     Yun, Sra, Jadbabaie (2019), section 3.1, Proposition 1 and Table 1.
Regime.     Every $\rho > 0$ for the table. Both errors are polynomials of degree at most two in $\rho$, so that
            agreement at three values of $\rho$ is agreement at all; five are compared.
Worst case. None is sought: each of the seven rows is evaluated in rational arithmetic. The printed threshold is
            irrational, so $\rho = \sqrt{5/4}$ is approached from below by rationals; the row of $[1, 2)$ meets
            $\mathfrak R_{\rm lin}$ exactly there.
Known.      Row minus $\mathfrak R_{\rm lin}$ is $1/12 - \rho^2/15$ for the row of $[1, 2)$, with root $\sqrt{5/4}$. The row
            of $[3, 4)$ is $\rho^2/2 + \rho/3 + 5/6$, above $8\rho^2/15$ until $\rho = 5 + 5\sqrt 2$.
Without.    Beyond $\sqrt{5/4}$ the row of $[1, 2)$ is below $\mathfrak R_{\rm lin}$ at once.
Control.    Table: the linear coefficient of the row $[3, 4)$ replaced by 1/2. Threshold: the same beyond it, at
            $\rho = 6/5$, where the row of $[1, 2)$ is lower than $\mathfrak R_{\rm lin}$.
"""

from fractions import Fraction as Q
from math import isqrt

from lemmata import Axis, Claim, Condition, Verdict
from lemmata.claims.ysj import YSJ

ROWS = tuple(range(7))  # k points lie at or below the kink: (-oo, 0), [0, 1), ..., [5, oo)
BELOW_THRESHOLD = Q(isqrt(5 * 10**24 // 4), 10**12)  # the largest multiple of 1e-12 at most sqrt(5/4)


def data(rho):
    """The six points of section 3.1, as rationals."""
    signs = (-1, -1, 1, -1, 1, 1)
    return [Q(x) for x in range(6)], [x + s * rho for x, s in enumerate(signs)]


def squared_error(x, y, degree):
    """Smallest sum of squares of a polynomial fit of degree 0 or 1; zero for no points."""
    if not x:
        return Q(0)
    n, mean_x, mean_y = len(x), sum(x) / Q(len(x)), sum(y) / Q(len(y))
    s_yy = sum((b - mean_y) ** 2 for b in y)
    s_xx = sum((a - mean_x) ** 2 for a in x)
    if degree == 0 or n == 1:
        return s_yy
    return s_yy - sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) ** 2 / s_xx


def fitted_row(k, rho):
    """Constant error of the first k points and linear error of the others, each over 6, computed from the data."""
    x, y = data(rho)
    return squared_error(x[:k], y[:k], 0) / 6, squared_error(x[k:], y[k:], 1) / 6


def printed_row(k, rho):
    """The same two entries as Table 1 prints them."""
    constant = (
        Q(0),
        Q(0),
        Q(1, 12),
        4 * rho**2 / 9 + 2 * rho / 3 + Q(1, 3),
        rho**2 / 2 + rho / 3 + Q(5, 6),
        4 * rho**2 / 5 + 4 * rho / 3 + Q(5, 3),
        rho**2 + 7 * rho / 3 + Q(35, 12),
    )
    linear = (8 * rho**2 / 15, 8 * rho**2 / 15, 7 * rho**2 / 15, rho**2 / 9, Q(0), Q(0), Q(0))
    return constant[k], linear[k]


def printed_sum(k, rho):
    """The last column of Table 1."""
    return (
        8 * rho**2 / 15,
        8 * rho**2 / 15,
        7 * rho**2 / 15 + Q(1, 12),
        5 * rho**2 / 9 + 2 * rho / 3 + Q(1, 3),
        rho**2 / 2 + rho / 3 + Q(5, 6),
        4 * rho**2 / 5 + 4 * rho / 3 + Q(5, 3),
        rho**2 + 7 * rho / 3 + Q(35, 12),
    )[k]


table = Claim(
    "ysj.prop1.table1",
    paper=YSJ,
    place="Table 1",
    points=[{"k": k, "eighths": n} for k in ROWS for n in (1, 3, 8, 21, 80)],  # rho = n/8
)


@table.equal("entries", quantity="constant error, linear error, sum", expect=Verdict.HOLDS)
def entries(p):
    rho = Q(p.eighths, 8)
    fitted, printed = fitted_row(p.k, rho), printed_row(p.k, rho)
    return [*fitted, sum(fitted)], [*printed, printed_sum(p.k, rho)]


@table.control("entries")
def one_coefficient_changed(p):
    rho = Q(p.eighths, 8)
    constant, linear = printed_row(p.k, rho)
    changed = constant + (rho / 6 if p.k == 4 else 0)  # rho/3 -> rho/2 in the row of [3, 4)
    return [*fitted_row(p.k, rho)], [changed, linear]


threshold = Claim(
    "ysj.prop1.threshold",
    paper=YSJ,
    place="Proof of Proposition 1",
    axes=[Axis("row", values=(1, 2, 3, 4, 5, 6, 7)), Axis("share", 1, 1000)],  # rho = share/1000 sqrt(5/4)
    regime=[Condition(r"\rho \le \sqrt{5/4}", lambda p: 1000 / p.share)],
    uses=["ysj.prop1.table1"],
)


@threshold.at_least("rows", quantity="row of Table 1", expect=Verdict.HOLDS)
def rows(p):
    rho = BELOW_THRESHOLD * Q(p.share, 1000)
    return sum(fitted_row(p.row - 1, rho)), 8 * rho**2 / 15


@threshold.control("rows")
def beyond_the_threshold(p):
    return p.replace(share=1074)  # rho = 1.2008


beyond = threshold.without(
    "threshold", r"\rho \le \sqrt{5/4}", axes=[Axis("share", 1001, 4000)], expect={"rows": Verdict.VIOLATED}
)
