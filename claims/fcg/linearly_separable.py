r"""After Assumption 3.2: it includes the linearly separable case.

Statement.  "As pointed out by Cao and Gu (2019b), this assumption includes the linearly separable case." That is: if
            $y\,w^\top x \ge \rho > 0$ on the support, with $\|w\|_2 = \|x\|_2 = 1$, then there are $f \in \mathcal F$
            and $\gamma > 0$ with $y f(x) \ge \gamma$. The function is $c(u) = \mathrm{sign}(w^\top u)$, which makes
            $f(x) = \kappa\,w^\top x$, so that $\gamma = \kappa\rho$, with $\kappa = 1/\sqrt{2\pi} = 0.3989$.
Source.     Frei, Cao, Gu (2019), after Assumption 3.2.
Regime.     All $w^\top x$; $f$ depends on nothing else, because $N(0, I)$ is invariant under rotations.
Worst case. $f$ is computed from its definition. With $a = w^\top u$, $\rho = w^\top x$ and $s = \sqrt{1 - \rho^2}$,
            the mean of $\sigma(u^\top x)$ given $a$ is $s\,\phi(\rho a/s) + \rho a\,\Phi(\rho a/s)$; the mean over $a
            \sim N(0, 1)$ is by Gauss-Legendre quadrature on either side of zero. The best margin of two points of
            opposite label is exactly $\frac\kappa2\|x - x'\|_2$.
Known.      $\kappa\rho$ is the best margin for the points $(\pm\rho, s)$, so that no other function does better.
Control.    $f(x) = w^\top x$, which would give $\gamma = \rho$; without a margin, $2\gamma$ in place of $\gamma$.
            True twin: two points with $y\,w^\top x = \rho$ have margin $0.99\,\kappa\rho$.
Readings.   threshold: $y(w^\top x - t) \ge \rho$, separated by a half-space that does not touch the origin. Then
            $c(u) = (\mathrm{sign}(w^\top u) - t)/(1 + |t|)$ and $f(x) = \kappa(w^\top x - t)/(1 + |t|)$.
            without_a_margin: separable means $y\,w^\top x > 0$ on the support, as it does in everyday use.
Erratum.    Without a margin it is not included: if $x$ is uniform on the sphere and $y = \mathrm{sign}(w^\top x)$,
            then for every $\gamma > 0$ the support has points $(\pm\gamma, \sqrt{1 - \gamma^2})$, with margin
            $\kappa\gamma < \gamma$. With $y\,w^\top x \ge \rho > 0$ it is.
"""

import numpy as np
import torch

from lemmata import Axis, Claim, Verdict
from lemmata.claims.fcg import FCG
from lemmata.generators import KAPPA, pair_bound

separable = Claim(
    "fcg.assumption_3_2_includes_linear",
    paper=FCG,
    place="After Assumption 3.2",
    axes=[Axis("rho", 0.01, 0.95), Axis("t", 0.01, 0.95)],
    readings={
        "threshold": "y (w^T x - t) >= rho: the half-space need not touch the origin",
        "without_a_margin": "y w^T x > 0 on the support, which does not keep away from the hyperplane",
    },
    uses=["fcg.assumption_3_2"],
)


def mean(c, p):
    """E[c(a) sigma(u^T x)] for both signs of w^T x, where c is a function of a = w^T u alone."""
    nodes, weights = (torch.from_numpy(x).to(p.dtype) for x in np.polynomial.legendre.leggauss(100))
    a = 4.5 * (nodes + 1)  # on [0, 9]; beyond, the density is below 1e-18
    a, weights = torch.cat([-a, a]), 4.5 * torch.cat([weights, weights])
    density = KAPPA * torch.exp(-(a**2) / 2)
    rho = torch.tensor([[p.rho], [-p.rho]], dtype=p.dtype)
    s = (1 - rho**2).sqrt()
    given_a = s * KAPPA * torch.exp(-((rho * a / s) ** 2) / 2) + rho * a * torch.special.ndtr(rho * a / s)
    return (weights * density * c(a) * given_a).sum(-1)


def inner_product(p):
    return torch.tensor([p.rho, -p.rho], dtype=p.dtype)


@separable.equal("function", quantity="E[c(u) sigma(u^T x)]", expect=Verdict.HOLDS)
def sign_of_w(p):
    return mean(torch.sign, p), KAPPA * inner_product(p)


@separable.equal("function", quantity="E[c(u) sigma(u^T x)]", reading="threshold", expect=Verdict.HOLDS)
def sign_of_w_with_threshold(p):
    return mean(lambda a: (a.sign() - p.t) / (1 + p.t), p), KAPPA * (inner_product(p) - p.t) / (1 + p.t)


@separable.control("function")
def margin_rho(p):
    return mean(torch.sign, p), inner_product(p)


def two_points(p):
    """The best margin of (rho, s) and (-rho, s) with labels 1 and -1."""
    s = (1 - p.rho**2) ** 0.5
    x = torch.tensor([[[p.rho, s], [-p.rho, s]]], dtype=torch.float64)
    return pair_bound(x, torch.tensor([[1.0, -1.0]], dtype=torch.float64))[0]


def two_points_by_hand(p):
    from mpmath import mpf, pi, sqrt

    return sqrt(1 / (2 * pi)) / 2 * (2 * mpf(p.rho)), mpf(p.rho)  # kappa/2 |x - x'|, and gamma = rho


@separable.at_least(
    "margin",
    quantity="best margin",
    reading="without_a_margin",
    exact=two_points_by_hand,
    expect=Verdict.VIOLATED,
    erratum="Only with a margin, y w^T x >= rho > 0: without one, points of opposite label are as close as one likes.",
)
def every_gamma(p):
    return two_points(p), p.rho


@separable.control("margin")
def twice_gamma(p, lhs, rhs):
    return lhs, 2 * rhs


@separable.true_twin("margin")
def with_a_margin(p, lhs, rhs):
    return lhs, 0.99 * KAPPA * rhs
