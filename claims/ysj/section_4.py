r"""Section 4, around Theorem 2: the losses of Assumption 4.1, and the conjecture about parameters that cover.

Statement.  "The loss function $\ell(p; y)$ is a convex and twice differentiable function of $p$", which "is satisfied by
            standard losses such as square error loss and logistic loss". Conjecture: "if the parameter coverage
            condition is not satisfied, i.e., $\mathrm{col}([U_2^* \cdots U_L^*]^\top) = R^{d_x}$, we conjecture that since
            the parameters already cover the full feature space, the critical point should be of 'good' quality".
Source.     Yun, Sra, Jadbabaie (2019), Assumption 4.1 and the end of section 4.2.
Regime.     Assumption: $\ell = (p - y)^2$ and $\log(1 + e^{-yp})$. Conjecture: one case.
Worst case. Convexity: the tangent at $p$ against the value at $q$, as the proof of Theorem 2 uses it, near and far.
            Differentiability: difference quotients of $\ell'$ against the largest $\ell''$, around $p = 0$ too, where the
            logistic loss has it. Conjecture: $d_x = 1$, $L = 2$, $\phi(t) = t/(1 + t^2)$, $V_1 = -13/4$, $V_2 = 5/2$,
            $U_2 = -5/4$, $w = 1$, and five samples whose labels make this a critical point.
Known.      There $\mathfrak R = 0.561$, $\mathfrak R_{\rm lin} = 0.220$, and all pivots of the Hessian minus $1/10$ are
            positive: a strict local minimum that is 2.5 times worse than the best line.
Control.    $q^4/4 + q^3/3 - q^2$, which is not convex; the hinge; $\mathfrak R_{\rm lin}/2$.
Readings.   "as_theorem_2": "of good quality" is the conclusion of Theorem 2, $\mathfrak R \le \mathfrak R_{\rm lin}$ or
            $\lambda_{\min} < 0$.
Erratum.    The conjecture is informal, "good" stands in quotation marks, and only this reading of it is refuted. What every
            critical point has, by convexity in $w$: $\mathfrak R(\theta^*) \le E\,\ell(0; y)$, here $0.561 \le 2.359$.
"""

import torch

from lemmata import Claim, Verdict
from lemmata.claims.ysj import YSJ
from lemmata.claims.ysj.critical import CURVATURE, strict_minimum
from lemmata.networks.ysj import logistic, square

LOSSES = {"square": square, "logistic": logistic}

ass41 = Claim(
    "ysj.ass41",
    paper=YSJ,
    place="Assumption 4.1",
    points=[{"loss": "square", "y": y} for y in (-3, 0, 1)] + [{"loss": "logistic", "y": y} for y in (-1, 1)],
)


def predictions(p, rngs):
    """Two predictions a trial, near to each other or far."""
    draws = torch.tensor(
        [[rng.normal(), rng.normal(), 10.0 ** rng.uniform(-2, 1)] for rng in rngs], dtype=torch.float64
    )
    return (draws[:, 0] * draws[:, 2]).to(p.dtype), (draws[:, 1] * draws[:, 2]).to(p.dtype)


@ass41.at_least("convex", quantity="loss at q", expect=Verdict.HOLDS)
def above_its_tangents(p, rngs):
    q, at = predictions(p, rngs)
    loss, y = LOSSES[p.loss], torch.tensor(float(p.y), dtype=p.dtype)
    return loss.value(q, y), loss.value(at, y) + loss.first(at, y) * (q - at)


@ass41.control("convex")
def two_wells(p, rngs):
    q, at = predictions(p, rngs)
    return q**4 / 4 + q**3 / 3 - q**2, at**4 / 4 + at**3 / 3 - at**2 + (at**3 + at**2 - 2 * at) * (q - at)


STEP = 2.0**-10  # of a difference quotient; a power of two, so that p + STEP is exact


@ass41.at_most("second", quantity="difference quotient of l'", expect=Verdict.HOLDS)
def quotients(p, rngs):
    q, other = predictions(p, rngs)
    q = torch.where(other > 0, 0 * q, (q / STEP).round() * STEP)  # a grid on which sums and differences are exact
    loss, y = LOSSES[p.loss], torch.tensor(float(p.y), dtype=p.dtype)
    largest = 2.0 if p.loss == "square" else p.y**2 / 4
    return (loss.first(q + STEP, y) - loss.first(q - STEP, y)).abs() / (2 * STEP), largest


@ass41.control("second")
def hinge(p, rngs):
    q, _ = predictions(p, rngs)  # around its kink at 1
    after, before = ((1 + (q + side) * STEP < 1).to(q) for side in (1, -1))
    return (after - before).abs() / (2 * STEP), 2.0


conjecture = Claim(
    "ysj.sec4.conjecture",
    paper=YSJ,
    place="End of section 4.2",
    points=[{"d": 1, "L": 2}],
    readings={"as_theorem_2": "of good quality: R <= R_lin, or the Hessian has a negative eigenvalue"},
    uses=["ysj.theorem_2"],
)


def certificate(p):
    from fractions import Fraction

    from sympy import Matrix, Rational, eye, hessian, symbols

    def phi(t):
        return t / (1 + t**2)

    w, V_1, V_2, U_2, x = theta = symbols("w V_1 V_2 U_2 x")
    h_1 = x + V_1 * phi(x)
    f = w * (h_1 + V_2 * phi(U_2 * h_1))
    at = dict(zip(theta, (1, Rational(-13, 4), Rational(5, 2), Rational(-5, 4)), strict=False))
    X = Matrix([3, Rational(-3, 4), Rational(-1, 4), Rational(-3, 2), -4])

    def at_all(g):
        return [g.subs({**at, x: x_i}) for x_i in X]

    J = Matrix([at_all(f.diff(parameter)) for parameter in theta[:4]])
    r = J.nullspace()[0]  # residuals f - y: the gradient of the mean of (f - y)^2 is 2/5 J r = 0
    r = r / max(abs(r)) * (-1 if r[0] > 0 else 1)
    y = Matrix(at_all(f)) - r
    second = [hessian(f, theta[:4]).subs({**at, x: x_i}) for x_i in X]
    H = (J * J.T + sum((r[i] * second[i] for i in range(5)), 0 * J * J.T)) * Rational(2, 5)
    shifted = H - eye(4) / 10
    is_minimum = all(shifted[:k, :k].det() > 0 for k in range(1, 5))
    R, R_lin = r.dot(r) / 5, (y.dot(y) - X.dot(y) ** 2 / X.dot(X)) / 5
    lhs = min(R, R_lin + Rational(1, 10)) if is_minimum else R_lin
    return Fraction(int(lhs.p), int(lhs.q)), Fraction(int(R_lin.p), int(R_lin.q))


@conjecture.at_most(
    "quality",
    quantity="R, or R_lin plus the smallest eigenvalue",
    reading="as_theorem_2",
    exact=certificate,
    expect=Verdict.VIOLATED,
    erratum='Not if "good" is the conclusion of Theorem 2: a strict local minimum has R = 0.561 > R_lin = 0.220.',
)
def strict_local_minimum(p):
    point = strict_minimum()
    return min(point.risk, point.best_linear_risk + CURVATURE), point.best_linear_risk


@conjecture.control("quality")
def half_of_the_best_line(p, lhs, rhs):
    return lhs, rhs / 2
