r"""Theorem 2: a critical point is as good as the best linear predictor, or a strict saddle.

Statement.  Let $\ell(\cdot\,; y)$ be convex and twice differentiable, and $\theta^*$ a twice-differentiable critical point of
            $\mathfrak R$. If $E[\ell''(f_{\theta^*}(x); y)\,h_L(x)h_L(x)^\top]$ is full-rank and
            $\mathrm{col}([U_2^{*\top} \cdots U_L^{*\top}]) \subsetneq R^{d_x}$, then at least one of these holds:
            $\mathfrak R(\theta^*) \le \mathfrak R_{\rm lin}$; $\lambda_{\min}(\nabla^2\mathfrak R(\theta^*)) < 0$.
Source.     Yun, Sra, Jadbabaie (2019), Theorem 2, Appendix A. $h_1 = x + V_1\phi^1(x)$,
            $h_l = h_{l-1} + V_l\phi^l(U_l h_{l-1})$, $f = w^\top h_L$. The functions $\phi^l$ may have parameters $z$: fixing
            them leaves a critical point critical, and takes rows from the Hessian that the proof does not use.
Regime.     Every $L$, every width, every $\phi^l$, every distribution. Tested: entrywise $\phi$, the same in all blocks.
Worst case. Random starts find critical points with $w = 0$ and little else. Instead, labels are made for random
            parameters: with the squared loss, $\theta$ is critical exactly if the residuals are in the null space of the
            gradients of $f$. All is then rational and nothing has a tolerance. The strata are the cases of the proof, $w$
            outside the span of the rows of the $U_l$, in it, and zero. $\lambda_{\min} < 0$ is shown by a direction: $w$ moves by $-t\,\Delta b_l$ and $V_l$ by $\Delta = \alpha
            b_l^\top$ with $U_k\alpha = 0$ for all $k$ and $b_l = E[\ell'\phi^l]$, and a forward pass of power series
            measures the curvature. The same in floating point for the logistic loss and smooth activations, where labels
            and weights of the samples are made.
Known.      The first condition is not needed: the proof takes $-A^{-1}\Delta b_l$ for $w$, but for small $t$ the direction
            with $-t\,\Delta b_l$ is one of descent whatever the rank of $A$ is. The second is needed.
Control.    A strict local minimum with $d_x = 1$, $L = 2$, $U_2 \ne 0$, $\mathfrak R = 0.561$, $\mathfrak R_{\rm lin} =
            0.220$, whose Hessian is above $1/10$ by its pivots; a loss that is not convex, $q^4/4 + q^3/3 - q^2$ with
            $q = py$; $\mathfrak R(\theta^*) \le \mathfrak R_{\rm lin}$ alone, with $w$ in the span.
Readings.   "any_rank": without the first condition, at samples that leave out a coordinate, where
            $E[\ell'' h_L h_L^\top]$ is singular.
"""

from fractions import Fraction as Q

import torch

from lemmata import Claim, Verdict
from lemmata.claims.ysj import YSJ
from lemmata.claims.ysj.critical import CASES, CURVATURE, LINEAR, SHAPES, better_of_both, draw, strict_minimum
from lemmata.claims.ysj.weighted import best_linear_risk, smallest_curvature, weighted

theorem_2 = Claim(
    "ysj.theorem_2",
    paper=YSJ,
    place="Theorem 2",
    points=[*CASES, LINEAR],
    readings={"any_rank": "without the condition on the rank, at singular matrices"},
    uses=["ysj.thm2.case1_risk", "ysj.thm2.case2"],
    effort=0.2,  # the strata are the cases, one draw of each in smoke: in rational numbers, it takes up to 0.2 s
)


@theorem_2.at_most("disjunction", quantity="R, or R_lin plus a curvature", expect=Verdict.HOLDS)
def disjunction(p, rng):
    return better_of_both(draw(p, rng))


@theorem_2.control("disjunction")
def parameters_that_cover(p):
    point = strict_minimum()
    return min(point.risk, point.best_linear_risk + CURVATURE), point.best_linear_risk


@theorem_2.control("disjunction")
def loss_that_is_not_convex(p):
    # d = L = 1, phi = |x|, V = 0, w = 1, x = y = 1 or -1: q = w at both samples
    loss, second = (lambda q: Q(q**4, 4) + Q(q**3, 3) - q**2), 3 + 2 - 2
    return min(loss(1), loss(-2) + second), loss(-2)  # l'(1) = l'(-2) = 0; the Hessian is l''(1) times the identity


@theorem_2.control("disjunction")
def without_the_saddles(p, rng):
    point = draw(p, rng)
    return point.risk, point.best_linear_risk


@theorem_2.at_most("disjunction", quantity="R, or R_lin plus a curvature", reading="any_rank", expect=Verdict.HOLDS)
def without_representation_coverage(p, rng):
    return better_of_both(draw(p, rng, thin=True))


other_losses = Claim(
    "ysj.theorem_2_logistic",
    paper=YSJ,
    place="Theorem 2",
    points=[
        {"shape": shape, "phi": "tanh", "w": w}
        for shape, (_, _, k) in SHAPES.items()
        for w in ("outside", "inside", "zero")
        if k or w != "inside"
    ],
    uses=["ysj.thm2.case1_risk", "ysj.thm2.case2"],
    effort=0.5,  # the strata are the cases: 4 draws of each in smoke
)


@other_losses.at_most("disjunction", quantity="R, or R_lin plus a curvature", expect=Verdict.HOLDS)
def logistic_loss(p, rngs):
    point = weighted(p, rngs)
    risk, r_lin = point.risk(point.theta), best_linear_risk(point)
    if p.w == "outside":
        return risk, r_lin  # Case 1 of the proof
    curvature = smallest_curvature(point)
    return torch.where(curvature < 0, risk.minimum(r_lin + curvature), risk), r_lin


@other_losses.control("disjunction")
def logistic_loss_without_the_saddles(p, rngs):
    point = weighted(p, rngs)
    return point.risk(point.theta), best_linear_risk(point)
