r"""Corollary 3: the conclusion of Theorem 2 from the widths alone, and its example.

Statement.  If $\sum_{l=2}^L m_l < d_x$, then at every twice-differentiable critical point with
            $E[\ell'' h_L h_L^\top]$ full-rank the conclusion of Theorem 2 holds, because
            $\mathrm{col}([U_2^\top \cdots U_L^\top]) \subsetneq R^{d_x}$ "always". Example: blocks
            $h \mapsto h + v_l\,\sigma(u_l^\top h)$ with ReLU $\sigma$. "Even this simple architecture is a universal
            approximator [15]. Notice that Corollary 3 applies to this architecture as long as the depth $L \le d_x$."
Source.     Yun, Sra, Jadbabaie (2019), Corollary 3 and the example after it; [15] is Lin, Jegelka (2018).
Regime.     $\sum_{l=2}^L m_l < d_x$; in the example $L \le d_x$. The first block of the example is $V_1\phi^1_z$ with
            $\phi^1_z(t) = \sigma(z^\top t)$, so that $m_2 = \dots = m_L = 1$.
Worst case. Corollary: the exact critical points of Theorem 2, with rows of the $U_l$ in general position. Rank: $d_x - 1$ rows
            in general position. Approximation: on $x > 0$ a network is $f(1)\,x$, and all slopes occur; the one that is
            nearest to the constant 1 on $[1, 7]$ is $x/5$, because $\int_1^5 x\,dx = \int_5^7 x\,dx$.
Known.      All networks of the example are positively homogeneous, $f(cx) = c f(x)$ for $c > 0$, because they have no
            biases; those of [15] have them. The mean distance of the constant 1 on $[1, 7]$ from all of them is $1/3$.
Control.    $\sum m_l = d_x = 1$ with the strict minimum of Theorem 2; $d_x$ rows; $L = d_x + 1$; the network
            $f = 0$.
Readings.   "augmented": inputs $(x, 1)$, which is how biases come in without a bias.
Erratum.    A slip that a reader repairs silently: the blocks of [15] have biases, and the example leaves them out. Without
            them the architecture is no universal approximator. With inputs $(x, 1)$, and $v_l$ whose last entry is 0, the
            blocks are $v\,\sigma(u^\top h + b)$; the widths $m_l = 1$ stay. Only the constant is measured here, the theorem of
            [15] is not.
"""

from fractions import Fraction as Q
from itertools import pairwise

from lemmata import Axis, Claim, Condition, Verdict
from lemmata.claims.ysj import YSJ
from lemmata.claims.ysj.critical import CASES, CURVATURE, SHAPES, better_of_both, draw, integers, strict_minimum
from lemmata.networks.rational import rank

NARROW = [case for case in CASES if sum(SHAPES[case["shape"]][1]) < SHAPES[case["shape"]][0]]

cor3 = Claim(
    "ysj.cor3",
    paper=YSJ,
    place="Corollary 3",
    points=NARROW,
    uses=["ysj.theorem_2", "ysj.cor3.sufficient"],
    effort=0.2,  # two draws of each case in smoke: in rational numbers, one takes up to 0.2 s
)


@cor3.at_most("disjunction", quantity="R, or R_lin plus a curvature", expect=Verdict.HOLDS)
def disjunction(p, rng):
    return better_of_both(draw(p, rng))


@cor3.control("disjunction")
def sum_of_widths_equal_to_d(p):
    point = strict_minimum()
    return min(point.risk, point.best_linear_risk + CURVATURE), point.best_linear_risk


FEW = 0.3  # exact, and almost all rows of integers have the same rank

sufficient = Claim("ysj.cor3.sufficient", paper=YSJ, place="Section 4.2", axes=[Axis("d", 2, 16)], effort=FEW)


@sufficient.at_most("rank", quantity="rank of the rows of U_2 .. U_L", expect=Verdict.HOLDS)
def rank_of_rows(p, rng):
    return rank(integers(rng, p.d - 1, p.d)), p.d - 1


@sufficient.control("rank")
def one_row_more(p, rng):
    return rank(integers(rng, p.d, p.d)), p.d - 1


example = Claim(
    "ysj.cor3.example",
    paper=YSJ,
    place="Example after Corollary 3",
    axes=[Axis("d", 1, 1000), Axis("L", 1, 1000)],
    regime=[Condition("L <= d_x", lambda p: p.d / p.L)],
    uses=["ysj.cor3"],
)


@example.at_most("widths", quantity="sum of the widths m_2 .. m_L", expect=Verdict.HOLDS)
def widths(p):
    return sum(1 for _ in range(2, p.L + 1)), p.d - 1


@example.control("widths")
def one_block_more(p):
    return p.replace(L=p.d + 1)


universal = Claim(
    "ysj.cor3.universal",
    paper=YSJ,
    place="Example after Corollary 3",
    points=[{"inverse": n} for n in (2, 4, 10)],  # epsilon = 1/n
    readings={"augmented": "inputs (x, 1)"},
)


def distance(slope, intercept=0):
    """Mean of |slope x + intercept - 1| over [1, 7], for a line that crosses 1 at most once there."""
    zero = Q(1 - intercept) / slope if slope else Q(7)
    ends = [Q(1), min(max(zero, Q(1)), Q(7)), Q(7)]
    return sum((b - a) * abs(slope * (a + b) / 2 + intercept - 1) for a, b in pairwise(ends)) / 6


def smallest_distance(p):
    """The mean of |x/5 - 1| over [1, 7]; no other slope is nearer, as the mean of x sign(x/5 - 1) vanishes."""
    from fractions import Fraction

    def integral(F):  # of x/5 - 1, which changes its sign at 5
        return (F(7) - F(5)) - (F(5) - F(1))

    assert integral(lambda x: Fraction(x * x, 2)) == 0  # of x sign(x/5 - 1), the derivative in the slope
    return integral(lambda x: Fraction(x * x, 10) - x) / 6, Fraction(1, p.inverse)


@universal.at_most(
    "distance",
    quantity="distance from the constant 1",
    exact=smallest_distance,
    expect=Verdict.VIOLATED,
    erratum="Without biases f(cx) = c f(x): the constant 1 on [1, 7] is 1/3 away from all networks. Blocks with a bias are meant.",
)
def without_biases(p):
    return distance(Q(1, 5)), Q(1, p.inverse)


@universal.at_most("distance", quantity="distance from the constant 1", reading="augmented", expect=Verdict.HOLDS)
def with_a_constant_coordinate(p):
    return distance(0, intercept=1), Q(1, p.inverse)  # w = (0, 1), V = 0


@universal.control("distance")
def zero_network(p):
    return distance(0), Q(1, p.inverse)
