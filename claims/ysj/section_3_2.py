r"""Section 3.2: the outputs of residual blocks do not improve monotonically.

Statement.  $X = [1\ 2.5\ 3]$, $Y = [1\ 3\ 2]$, and a 2-block ResNet $h_1 = x + v_1\sigma(u_1 x + b_1)$,
            $h_2 = h_1 + v_2\sigma(u_2 h_1 + b_2)$, $f = w h_2 + c$, with $v_1 = 1$, $u_1 = 1$, $b_1 = -2$, $v_2 = -4$,
            $u_2 = 1$, $b_2 = -3.5$, $w = 1$, $c = 0$. Then $H_1 = [1\ 3\ 4]$ and $H_2 = [1\ 3\ 2]$; these parameters are a
            global minimum of the squared loss; $\mathrm{err}(X, Y) = 0.3205$, $\mathrm{err}(H_1, Y) = 0.3810$,
            $\mathrm{err}(H_2, Y) = 0$. So
            $\mathrm{err}(H_2, Y) \le \mathrm{err}(H_1, Y) \le \mathrm{err}(X, Y)$ is not true.
Source.     Yun, Sra, Jadbabaie (2019), section 3.2. $\mathrm{err}(X, Y)$ is "the minimum mean squared error from fitting
            $X$ and $Y$ with a linear least squares model": with an intercept, as the network has $c$.
Regime.     One case, in rational arithmetic.
Worst case. None is sought: the statement is that one exists.
Known.      The three errors are $25/78$, $8/21$ and $0$. With inputs $(x, 1)$, $\phi^1(t) = \sigma(t_1 - 2t_2)$ and
            $U_2 = (1, -7/2)$ this is a network of section 4 that satisfies both conditions of Theorem 2: $m_2 = 1 < 2 = d_x$,
            and $\det E[\ell'' h_2 h_2^\top] = 8/3$. So its conditions do not bring monotonicity back.
Control.    $b_2 = -3.4$; the errors without an intercept, 0.3538, 0.5128 and 0; $c = 1/10$; the monotone order.
"""

from fractions import Fraction as Q

import numpy as np

from lemmata import Claim, Verdict
from lemmata.claims.ysj import YSJ
from lemmata.claims.ysj.kinked import err, error, relu
from lemmata.networks.rational import greater

PLACE, ONE_CASE = "Section 3.2", [{"L": 2}]
X, Y = np.array([Q(1), Q(5, 2), Q(3)]), np.array([Q(1), Q(3), Q(2)])

blocks = Claim("ysj.sec32.blocks", paper=YSJ, place=PLACE, points=ONE_CASE)
errors = Claim("ysj.sec32.err", paper=YSJ, place=PLACE, points=ONE_CASE, uses=["ysj.sec32.blocks"])
global_min = Claim("ysj.sec32.global_min", paper=YSJ, place=PLACE, points=ONE_CASE, uses=["ysj.sec32.blocks"])
nonmonotone = Claim(
    "ysj.sec32.nonmonotone",
    paper=YSJ,
    place=PLACE,
    points=ONE_CASE,
    uses=["ysj.sec32.err", "ysj.sec32.global_min"],
)


def representations(b_2=Q(-7, 2)):
    """H_1 and H_2."""
    H_1 = X + relu(X - 2)
    return H_1, H_1 - 4 * relu(H_1 + b_2)


def risk(c=Q(0)):
    r = representations()[1] + c - Y
    return r @ r / 3


@blocks.equal("outputs", quantity="H_1 and H_2", expect=Verdict.HOLDS)
def outputs(p):
    return [*np.concatenate(representations())], [1, 3, 4, 1, 3, 2]


@blocks.control("outputs")
def another_bias(p):
    return [*np.concatenate(representations(b_2=Q(-34, 10)))], [1, 3, 4, 1, 3, 2]


def four_digits(*numbers):
    return [round(10_000 * number) for number in numbers]


@errors.equal("digits", quantity="10^4 err(X, Y), err(H_1, Y), err(H_2, Y)", expect=Verdict.HOLDS)
def digits(p):
    H_1, H_2 = representations()
    return four_digits(err(X, Y), err(H_1, Y), err(H_2, Y)), [3205, 3810, 0]


@errors.control("digits")
def without_intercept(p):
    H_1, H_2 = representations()
    return four_digits(error(Y, X), error(Y, H_1), error(Y, H_2)), [3205, 3810, 0]


@global_min.equal("risk", quantity="risk, and the smallest that there is", expect=Verdict.HOLDS)
def zero(p):
    return risk(), 0


@global_min.control("risk")
def another_intercept(p):
    return risk(c=Q(1, 10)), 0


@nonmonotone.at_least("order", quantity="err(H_1, Y)", expect=Verdict.HOLDS)
def first_block_is_worse(p):
    return greater(err(representations()[0], Y), err(X, Y))


@nonmonotone.control("order")
def monotone(p, lhs, rhs):
    return rhs, lhs
