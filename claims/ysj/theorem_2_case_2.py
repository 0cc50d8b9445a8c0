r"""Proof of Theorem 2, Case 2: where w is in the span of the rows of the U_l, there is a direction of descent.

Statement.  Let $w \in \mathcal U = \mathrm{col}([U_2^\top \cdots U_L^\top]) \subsetneq R^{d_x}$, $\alpha \in \mathcal
            U^\perp$, $\Delta = \alpha\beta^\top$, and let $\delta$ move $w$ by $\epsilon$ and $V_l$ by $\Delta$. Then
            $\tilde h_L = h_L + \Delta\phi^l(U_l h_{l-1})$ and
            $f_{\theta+\delta} = f_\theta + \epsilon^\top h_L + \epsilon^\top\Delta\phi^l(U_l h_{l-1})$. With
            $A = E[\ell'' h_L h_L^\top]$ and $b = E[\ell'\phi^l(U_l h_{l-1})]$,
            $\frac12\delta^\top\nabla^2\mathfrak R(\theta)\delta = \epsilon^\top\Delta b + \frac12\epsilon^\top A\epsilon$;
            its minimum over $\epsilon$, at $\epsilon = -A^{-1}\Delta b$, is $-\frac12 b^\top\Delta^\top A^{-1}\Delta b$. So
            $\lambda_{\min}(\nabla^2\mathfrak R(\theta)) < 0$ at a critical point with some $b_l \ne 0$.
Source.     Yun, Sra, Jadbabaie (2019), Appendix A, Case 2.
Regime.     Every $\theta$ with $w \in \mathcal U$ for the identities, critical or not; $w = 0$ too.
Worst case. None is sought: everything is rational, with the squared loss. The curvature comes from a forward pass of power
            series in $t$ at $\theta + t\delta$, which knows no formula; the moved network is run as it is. For
            $\lambda_{\min} < 0$ the labels make random parameters critical, and the curvature in one explicit direction
            is below zero.
Known.      In the plane of $(\alpha, 0)$ and $(0, \alpha b^\top/\|b\|)$, with $\|\alpha\| = 1$, the Hessian is
            $\begin{pmatrix} a & \|b\| \\ \|b\| & 0 \end{pmatrix}$, $a = \alpha^\top A\alpha$, whose determinant is negative
            whatever the rank of $A$ is: $\lambda_{\min} \le (a - \sqrt{a^2 + 4\|b\|^2})/2$.
Control.    Any $\alpha$; the cross term without its factor 2; half of the best $\epsilon$; $w \notin \mathcal U$.
"""

from fractions import Fraction as Q

import numpy as np

from lemmata import Claim, Verdict
from lemmata.claims.ysj import YSJ
from lemmata.claims.ysj.critical import OUTSIDE, SADDLES, anywhere, draw, integers, missed
from lemmata.networks.rational import less, rank, solve
from lemmata.networks.ysj_exact import forward

PLACE = "Appendix A, Case 2"
# All is rational: what fails does so at almost every draw. Smoke makes two of each case, or one where it takes 0.1 s.
TWO, ONE = 0.3, 0.2


def move(point, rng, alpha=None):
    """A block l, its Delta for an alpha, of the complement unless given, and an epsilon."""
    l = int(rng.integers(1, len(point.theta.V) + 1))
    alpha = missed(point.theta)[0] if alpha is None else alpha
    beta = integers(rng, point.theta.V[l - 1].shape[1])
    return l, np.outer(alpha, beta), integers(rng, len(alpha))


propagation = Claim("ysj.thm2.propagation", paper=YSJ, place=PLACE, points=SADDLES, effort=TWO)


def moved_network(p, rng, any_alpha=False):
    """The moved network's last layer and outputs, and what the proof says that they are."""
    point = anywhere(p, rng)
    alpha = integers(rng, len(point.theta.w)) if any_alpha else None
    l, Delta, epsilon = move(point, rng, alpha)
    after = forward(point.theta.moved(point.theta.only(w=epsilon, V={l: Delta})), point.x, point.phi)
    step = point.out.phi[l - 1] @ Delta.T
    f = point.out.f + point.out.h[-1] @ epsilon + step @ epsilon
    return [*after.h[-1].flat, *after.f], [*(point.out.h[-1] + step).flat, *f]


@propagation.equal("outputs", quantity="moved h_L and f", expect=Verdict.HOLDS)
def outputs(p, rng):
    return moved_network(p, rng)


@propagation.control("outputs")
def any_alpha(p, rng):
    return moved_network(p, rng, any_alpha=True)


quadratic = Claim(
    "ysj.thm2.case2_quadratic",
    paper=YSJ,
    place=PLACE,
    points=SADDLES,
    uses=["ysj.thm2.propagation"],
    effort=TWO,
)


def form(p, rng, cross):
    point = anywhere(p, rng)
    l, Delta, epsilon = move(point, rng)
    printed = cross * epsilon @ Delta @ point.b(l) + epsilon @ point.A @ epsilon
    return point.curvature(point.theta.only(w=epsilon, V={l: Delta})), printed


@quadratic.equal("form", quantity="second derivative along delta", expect=Verdict.HOLDS)
def second_order(p, rng):
    return form(p, rng, cross=2)


@quadratic.control("form")
def cross_term_once(p, rng):
    return form(p, rng, cross=1)


def smallest(p, rng, share):
    """The curvature at a share of -A^{-1} Delta b, and the printed minimum; with beta = b."""
    point = anywhere(p, rng)
    while rank(point.A) < len(point.A):
        point = anywhere(p, rng)
    l, _, _ = move(point, rng)
    Delta = np.outer(missed(point.theta)[0], point.b(l))
    best = -solve(point.A, Delta @ point.b(l))
    return point.curvature(point.theta.only(w=share * best, V={l: Delta})), best @ Delta @ point.b(l)


@quadratic.equal("minimum", quantity="smallest second derivative over epsilon", expect=Verdict.HOLDS)
def at_the_best_epsilon(p, rng):
    return smallest(p, rng, share=1)


@quadratic.control("minimum")
def half_of_epsilon(p, rng):
    return smallest(p, rng, share=Q(1, 2))


case2 = Claim("ysj.thm2.case2", paper=YSJ, place=PLACE, points=SADDLES, uses=["ysj.thm2.case2_quadratic"], effort=ONE)


def curvature_of_descent(point):
    """The smallest curvature, of all blocks, in the direction of the proof; and that it is negative."""
    alpha = missed(point.theta)[0]
    blocks = range(1, len(point.theta.V) + 1)
    return less(min(point.curvature(point.descent(l, alpha)) for l in blocks), 0)


@case2.at_most("curvature", quantity="second derivative in the direction of the proof", expect=Verdict.HOLDS)
def direction_of_descent(p, rng):
    point = draw(p, rng)
    while not any(any(point.b(l)) for l in range(1, len(point.theta.V) + 1)):
        point = draw(p, rng)
    return curvature_of_descent(point)


@case2.control("curvature")
def w_outside(p, rng):
    return curvature_of_descent(draw(p.replace(**OUTSIDE[int(rng.integers(len(OUTSIDE)))]), rng))
