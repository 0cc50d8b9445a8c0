r"""Lemma 4.6: the gradient is bounded from below by the empirical risk.

Statement.  For any fixed $\delta \in (0, 1)$, assume that
            $L \ge \max\{\frac{8\ln(n^2/\delta)}{m\lambda_n^2}, \frac{200c^2}{\lambda_n}\}$. With probability at least $1 - \delta$ over
            the random initialization, we have for any $\Theta \in I_c(\Theta_0)$
            $$\|\nabla\hat R_n(\Theta)\|^2 \ge \frac{\lambda_nL}2\hat R_n(\Theta).$$
Source.     E, Ma, Wang, Wu (2019), Lemma 4.6, (4.12); $\hat R_n = \frac1{2n}\|\hat e\|^2$ by (2.1).
Regime.     As printed, with $c \ge 1$ and the smallest $L$; see `lemma_4_5`.
Worst case. The labels are free: with $J$ the gradients of $f(x_i)$ in all parameters,
            $\|\nabla\hat R_n\|^2/\hat R_n = \frac2n\,\hat e^\top JJ^\top\hat e/\|\hat e\|^2$ is smallest for the bottom eigenvector $\hat e$ of $JJ^\top$, and this is
            minimised over $I_c(\Theta_0)$ by block Frank-Wolfe, for each $\Theta_0$. All four blocks are in $J$. (That $|y_i| \le 1$ is not
            asked for.)
Known.      The proof has $\|\nabla\hat R_n\|^2 \ge \frac Ln\hat e^\top H\hat e \ge L\lambda_{\min}(H)\hat R_n$, where the last is $2L\lambda_{\min}(H)\hat R_n$: the
            true twin, $\lambda_nL\hat R_n$, holds wherever Lemma 4.5 does.
Control.    $4\lambda_nL\hat R_n$.
Readings.   As in Lemma 4.5: "literal" has rows of norm $1/\sqrt m$ inside $\sigma$, "unit" rows of norm one.
Erratum.    As Lemmas 4.4 and 4.5 it needs $\sigma$ positively homogeneous, or $m = 1$: with soft-shrink at $\frac12$, $n = d = 1$ and $m = 4$, all
            features vanish at $\Theta_0$, with $a = 0$, $r = 0$, $C = 0$; so does the gradient, but $\hat R_1 = \frac12$ for $y_1 = 1$.
"""

import torch

from lemmata import Claim, Sides, Verdict
from lemmata.claims.emww import EMWW
from lemmata.claims.emww.lemma_4_5 import FEW, POINTS, READINGS, REGIME, SMALLEST_DEPTH, TOGETHER, smallest_in_I_c
from lemmata.networks.emww import gradients

lemma_4_6 = Claim(
    "emww.lemma_4_6",
    paper=EMWW,
    place="Lemma 4.6",
    points=POINTS,
    derived=SMALLEST_DEPTH,
    regime=REGIME,
    readings=READINGS,
    uses=["emww.lemma_4_5", "emww.grad_formulas"],
    batch=TOGETHER,
    effort=FEW,
)


def slowest(states, back):
    """The smallest ||grad R||^2 / R over all labels, 2/n lambda_min(J J^T)."""
    J = torch.cat([block.flatten(2) for block in gradients(states, back)], 2)
    return 2 * torch.linalg.eigvalsh(J @ J.mT)[:, 0] / J.shape[1]


def against_half(p, rngs, unit=False):
    found = smallest_in_I_c(p, rngs, slowest, unit)
    return Sides(found.value, p.lambda_n * p.L / 2, found.random)


def no_gradient(p):
    """Chance that ||grad R||^2 < lambda_1 L R / 2 at Theta_0 for n = d = 1, soft-shrink and y_1 = 1; and delta."""
    from fractions import Fraction
    from math import isqrt

    def sigma(u):
        return max(u - Fraction(1, 2), Fraction(0))

    g = sigma(Fraction(1, isqrt(p.m)))  # up to the sign, in every unit of every block
    of_a, of_r, of_B, of_C = -g, 0, 0, 0 * g  # alpha = 1, gamma = beta = y = 0, e = -1
    squared = (p.L - 1) * p.m * (of_a**2 + of_r**2 + of_B**2 + of_C**2)
    return Fraction(squared < sigma(Fraction(1)) ** 2 * p.L / 2 * Fraction(1, 2)), Fraction(p.delta)


GRADIENT = {"quantity": "min ||grad R||^2 / R", "delta": "delta"}


@lemma_4_6.at_least(
    "gradient",
    exact=no_gradient,
    expect=Verdict.VIOLATED,
    erratum="Needs sigma positively homogeneous, or m = 1: the features of soft-shrink vanish at Theta_0 for m = 4.",
    **GRADIENT,
)
def rows_of_the_network(p, rngs):
    return against_half(p, rngs)


@lemma_4_6.at_least("gradient", reading="unit", expect=Verdict.HOLDS, **GRADIENT)
def rows_of_the_kernel(p, rngs):
    return against_half(p, rngs, unit=True)


@lemma_4_6.control("gradient")
def four(p, lhs, rhs):
    return lhs, 8 * rhs


@lemma_4_6.true_twin("gradient")
def without_the_half(p, rngs):
    found = smallest_in_I_c(p, rngs, slowest, unit=True)
    return found.value, p.lambda_n * p.L
