r"""Proof of Theorem 2, Case 1: where w is outside the span of the rows of the U_l, the risk is at most that of a line.

Statement.  $\frac{\partial\mathfrak R}{\partial w} = E[\ell' h_L]$ and
            $\frac{\partial\mathfrak R}{\partial V_l} = E\big[\ell'\prod_{k=l+1}^L(I + U_k^\top J_k^\top V_k^\top)\,w\,
            \phi^l(U_l h_{l-1})^\top\big]$, which is $w\,b_l^\top + \sum_{k>l} U_k^\top E_k$ with
            $b_l = E[\ell'\phi^l(U_l h_{l-1})]$. At a critical point with
            $w \notin \mathcal U = \mathrm{col}([U_2^\top \cdots U_L^\top])$, therefore $b_l = 0$ for all $l$, then
            $E[\ell' h_L] = \dots = E[\ell' x] = 0$, and by convexity $\mathfrak R(\theta) \le \mathfrak R_{\rm lin}$, without
            the condition on the rank. If $L = 1$, "any critical point with $w^* \ne 0$ satisfies
            $\mathfrak R(\theta^*) \le \mathfrak R_{\rm lin}$ even without the first condition".
Source.     Yun, Sra, Jadbabaie (2019), Appendix A, Case 1, and the discussion of Theorem 2. The matrices $E_k$ are in
            $R^{m_k \times n_l}$, not in $R^{m_l \times n_l}$ as printed.
Regime.     Every $\theta$ for the formulas and for convexity; every critical point outside $\mathcal U$ for the rest.
Worst case. None is sought: everything is rational, with the squared loss and labels that make random parameters critical.
            Derivatives are those of a forward pass of power series, which knows no formula. Half of the samples leave
            out a coordinate, so that $E[\ell'' h_L h_L^\top]$ is singular.
Known.      For $\alpha$ with $U_k\alpha = 0$ for all $k$, $\alpha^\top\,\partial\mathfrak R/\partial V_l =
            (\alpha^\top w)\,b_l^\top$ at every $\theta$: all of Case 1 for $b_l$ in one line. At a critical point with all $V_l = 0$,
            $\mathfrak R(\theta) = \mathfrak R_{\rm lin}$.
Control.    The product in reverse; any $\alpha$; $w \in \mathcal U$ that is not zero; $\mathfrak R(\theta) <
            \mathfrak R_{\rm lin}$; convexity without the $V_l b_l$; $L = 2$ with $w \in \mathcal U$.
"""

from fractions import Fraction as Q
from functools import reduce

import numpy as np

from lemmata import Claim, Verdict
from lemmata.claims.ysj import YSJ
from lemmata.claims.ysj.critical import CASES, INSIDE, LINEAR, OUTSIDE, anywhere, draw, integers, missed
from lemmata.networks.rational import less

PLACE = "Appendix A, Case 1"
FEW = 0.2  # all is rational: a formula that fails does so at almost every draw; smoke has one of each case or more
THICK_AND_THIN = [{**case, "thin": thin} for case in (*OUTSIDE, LINEAR) for thin in (0, 1)]

gradients = Claim("ysj.thm2.gradients", paper=YSJ, place=PLACE, points=CASES, effort=FEW)


def printed(point, in_reverse=False):
    """dR/dw and dR/dV_1 .. dR/dV_L as printed, entry by entry."""
    theta, out, n = point.theta, point.out, len(point.y)
    blocks = [sum(s * h for s, h in zip(point.slopes, out.h[-1], strict=True))]
    for l, V in enumerate(theta.V, start=1):
        total = 0 * V
        for i in range(n):
            factors = [np.eye(len(theta.w), dtype=int).astype(object)]
            for k in range(l + 1, len(theta.V) + 1):
                J = np.diag(point.phi.slope(out.pre[k - 1][i]))
                factors.append(factors[0] + theta.U[k - 2].T @ J.T @ theta.V[k - 1].T)
            product = reduce(np.matmul, factors[::-1] if in_reverse else factors)
            total = total + point.slopes[i] * np.outer(product @ theta.w, out.phi[l - 1][i])
        blocks.append(total)
    return [Q(entry, n) for block in blocks for entry in block.flat]


def measured(point):
    """The same derivatives, each along its own axis."""
    theta = point.theta
    count = theta.w.size + sum(V.size for V in theta.V)
    return [point.slope(axis) for _, axis in zip(range(count), theta.axes(), strict=False)]


@gradients.equal("gradients", quantity="dR/dw and dR/dV_l", expect=Verdict.HOLDS)
def formulas(p, rng):
    point = anywhere(p, rng)
    return printed(point), measured(point)


@gradients.control("gradients")
def product_in_reverse(p, rng):
    point = anywhere(p, rng)
    return printed(point, in_reverse=True), measured(point)


case1 = Claim(
    "ysj.thm2.case1",
    paper=YSJ,
    place=PLACE,
    points=OUTSIDE,
    uses=["ysj.thm2.gradients"],
    effort=0.3,  # as FEW: three draws of each case
)


def along_alpha(point, alpha):
    """alpha^T dR/dV_l and (alpha^T w) b_l^T for all l."""
    lhs, rhs = [], []
    for l, V in enumerate(point.theta.V, start=1):
        for j, unit in enumerate(np.eye(V.shape[1], dtype=int).astype(object)):
            lhs.append(point.slope(point.theta.only(V={l: np.outer(alpha, unit)})))
            rhs.append(alpha @ point.theta.w * point.b(l)[j])
    return lhs, rhs


@case1.equal("identity", quantity="alpha^T dR/dV_l", expect=Verdict.HOLDS)
def identity(p, rng):
    point = anywhere(p, rng)
    return along_alpha(point, missed(point.theta)[0])


@case1.control("identity")
def any_alpha(p, rng):
    point = anywhere(p, rng)
    return along_alpha(point, integers(rng, len(point.theta.w)))


def all_b(point):
    b = [entry for l in range(1, len(point.theta.V) + 1) for entry in point.b(l)]
    return b, [0] * len(b)


@case1.equal("b", quantity="b_1 .. b_L at critical points", expect=Verdict.HOLDS)
def b_vanishes(p, rng):
    return all_b(draw(p, rng))


@case1.control("b")
def w_inside(p, rng):
    return all_b(draw(p.replace(**INSIDE[int(rng.integers(len(INSIDE)))]), rng))


case1_risk = Claim(
    "ysj.thm2.case1_risk", paper=YSJ, place=PLACE, points=THICK_AND_THIN, uses=["ysj.thm2.case1"], effort=FEW
)


def slopes_times_outputs(point):
    entries = [entry for h in point.out.h for entry in point.slopes @ h]
    return entries, [0] * len(entries)


@case1_risk.equal("outputs", quantity="E[l' h_0] .. E[l' h_L]", expect=Verdict.HOLDS)
def outputs(p, rng):
    return slopes_times_outputs(draw(p, rng, thin=p.thin))


@case1_risk.control("outputs")
def outputs_with_w_inside(p, rng):
    return slopes_times_outputs(draw(p.replace(**INSIDE[int(rng.integers(len(INSIDE)))]), rng))


def convexity_of_the_loss(p, rng, blocks=1):
    """R(theta) - E[l(t^T x; y)] and (w - t)^T dR/dw + t^T sum_l V_l b_l."""
    point = anywhere(p, rng)
    theta, n = point.theta, len(point.y)
    t = theta.w if rng.random() < 0.5 else integers(rng, len(theta.w))
    of_t = Q(sum((point.x @ t - point.y) ** 2), n)
    of_w = point.slopes @ point.out.h[-1] * Q(1, n)
    moved = sum(V @ point.b(l) for l, V in enumerate(theta.V, start=1))
    return point.risk - of_t, (theta.w - t) @ of_w + blocks * t @ moved


@case1_risk.at_most("convexity", quantity="R(theta) - E l(t.x)", expect=Verdict.HOLDS)
def convexity(p, rng):
    return convexity_of_the_loss(p, rng)


@case1_risk.control("convexity")
def without_the_blocks(p, rng):
    return convexity_of_the_loss(p, rng, blocks=0)


@case1_risk.at_most("risk", quantity="R at critical points", expect=Verdict.HOLDS)
def risk(p, rng):
    point = draw(p, rng, thin=p.thin)
    return point.risk, point.best_linear_risk


@case1_risk.control("risk")
def strictly_below(p, lhs, rhs):
    return less(lhs, rhs)


one_block = Claim(
    "ysj.thm2.one_block",
    paper=YSJ,
    place="Section 4.2, after Theorem 2",
    points=[case for case in THICK_AND_THIN if case["shape"] == "one block"],
    uses=["ysj.thm2.case1_risk"],
    effort=FEW,
)


@one_block.at_most("risk", quantity="R at critical points", expect=Verdict.HOLDS)
def risk_of_one_block(p, rng):
    point = draw(p, rng, thin=p.thin)
    return point.risk, point.best_linear_risk


@one_block.control("risk")
def two_blocks(p, rng):
    point = draw(p.replace(shape="one unit", phi="absolute", w="inside"), rng)
    return point.risk, point.best_linear_risk
