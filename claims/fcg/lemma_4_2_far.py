r"""Lemma 4.2, network output: pairs across the whole neighbourhood.

Statement.  Let $W$ be generated via Gaussian initialization, $\tau \le 1$, and
            $h(\hat W, \tilde W) = \|\hat W_1 - \tilde W_1\|_2 + \theta\sum_{l=2}^L \|\hat W_l - \tilde W_l\|_2
            + \|\hat W_{L+1} - \tilde W_{L+1}\|_2$. There exist absolute constants $C, \bar C > 0$ such that if
            $m \ge C(\tau^{-2/3}(\log m)^{-1}\log(L/\delta) \vee \tau^{-4/3} d\log(m/(\tau\delta)) \vee d\log(mL/\delta))$,
            then with probability at least $1-\delta$, for all $x \in S^{d-1}$ and
            $\hat W, \tilde W \in \mathcal W(W, \tau)$,
            $$f_{\hat W}(x) - f_{\tilde W}(x) - \sum_{l=1}^{L+1} \mathrm{tr}[(\hat W_l - \tilde W_l)^\top
            \nabla_{W_l} f_{\tilde W}(x)] \le \bar C \tau^{1/3}\sqrt{m\log m}\; h + \bar C\sqrt m\; h^2.$$
Source.     Frei, Cao, Gu (2019), Lemma 4.2, first display; proof in appendix B.2, equations (16) to (26).
Readings.   As in `lemma_4_2`: as printed, and with an absolute value on the left.
Regime.     $t = \theta(L-1) = 1/{\tt inverse\_t} \le 1$. The second condition, there for the supremum over $x$, is met at
            $C = 1$ only for $\tau$ near one; here $x$ is a random input.
Worst case. $h = 4\tau$ in two layers: $\hat W$ and $\tilde W$ are opposite points of the ball; short steps are in `lemma_4_2`.
            Layer $1$ moves $x_L$, along $q_1 = (H_2^{L+1})^\top v$, and layer $L+1$ listens to just that move, which makes a
            term of order $h^2$. Ten Frank-Wolfe steps in all layers found two to three times more at $\tau = 1$, at a greater
            cost. All changes are of rank one, where spectral and Frobenius norm agree.
Known.      $h \le 2\tau(2 + t)$ in the ball, so the second term is at most $2\tau^{2/3}(2 + t)/\sqrt{\log m}$ times the first.
            It is the larger one in some of these pairs, with $\tau$ near one.
Control.    No power of $m$; and a true twin, the bound without its second term.
"""

import torch

from lemmata import Axis, Claim, Sides
from lemmata.adversaries.found import unit
from lemmata.claims.fcg import FCG
from lemmata.claims.fcg.lemma_4_2 import (
    READINGS,
    REGIME,
    SCALE,
    SHAPE,
    USES,
    initialisation,
    outer,
    random_rank_one,
    remainder,
    terms,
    with_layers,
)
from lemmata.networks.fcg import backward, forward, signs

far = Claim(
    "fcg.lemma_4_2_f_far",
    paper=FCG,
    place="Lemma 4.2",
    axes=[Axis("inverse_tau", 1.0, 10.0, exponent=-1 / 3, toward="inf"), Axis("m", 40, 320, exponent=0.5), *SHAPE],
    derived={"tau": lambda p: 1 / p.inverse_tau, **SCALE},
    regime=REGIME,
    readings=READINGS,
    uses=USES,
)


def farthest(p, rngs, sides):
    """The left side for cross-layer pairs and for random ones, each [B, sides], between opposite points of the ball."""
    W, x = initialisation(p, rngs, 1)
    net = forward(W, x, p.theta)
    q_1 = (backward(W, net)[1] * net.sigma[1])[:, 0]
    v = signs(W[-1].shape[-1]).expand(len(x), -1)

    def ends(first, last):
        return [with_layers(W, {1: W[0] + s * first, p.L + 1: W[-1] + s * last}) for s in (p.tau, -p.tau)]

    def cross_layer(side):
        first = outer(x[:, 0], unit(side * q_1))
        plus, minus = (forward(W_end, x, p.theta).x[p.L][:, 0] for W_end in ends(first, 0.0))
        return ends(first, outer(unit(plus - minus), unit((side * v).clamp(min=0))))

    def left_side(pair):
        W_hat, W_tilde = pair
        return remainder(W_hat, W_tilde, x, p.theta)

    found = [left_side(cross_layer(side)) for side in sides]
    random = [left_side(ends(*(random_rank_one(rngs, W[l]) for l in (0, -1)))) for _ in sides]
    return torch.cat(found, 1), torch.cat(random, 1)


@far.at_most("f", quantity="f_hat minus its linearisation", up_to_constant=True, delta="delta")
def one_sided_far(p, rngs):
    found, random = farthest(p, rngs, sides=(1,))
    return Sides(found.amax(1), terms(p, 4 * p.tau), random=random.amax(1))


@far.at_most("f", quantity="|f_hat minus its linearisation|", up_to_constant=True, delta="delta", reading="two_sided")
def two_sided_far(p, rngs):
    found, random = farthest(p, rngs, sides=(1, -1))
    return Sides(found.abs().amax(1), terms(p, 4 * p.tau), random=random.abs().amax(1))


@far.control("f")
def no_power_of_m(p, lhs, rhs):
    return lhs, rhs / p.m**0.5


@far.true_twin("f")
def without_the_second_term(p, lhs, rhs):
    return lhs, terms(p, 4 * p.tau)[0]
