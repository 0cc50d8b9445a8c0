r"""Proof of Lemma 4.1: no coordinate of the hidden layers falls below its value in the first.

Statement.  "We note that it deterministically holds that $\hat x_{l,j} \ge \hat x_{1,j}$ for such $l$ and all $j$",
            where "such" are the layers $2 \le l \le L$. It carries the lower bound of Lemma 4.1 from the first layer
            on.
Source.     Frei, Cao, Gu (2019), appendix B.1, after (14).
Regime.     All weights and inputs, $\theta > 0$.
Worst case. Equality: a unit that is inactive in all layers $2, \dots, L$ keeps its value. Random integer weights, of
            which the last column in these layers is negative, in exact arithmetic; $\theta$ is rational.
Known.      $x_l - x_{l-1} = \theta\,\sigma(W_l^\top x_{l-1}) \ge 0$.
Control.    $-\theta$; the network without skip connections; the layer $L + 1$ too, which has none.
"""

from fractions import Fraction as Q

import numpy as np

from lemmata import Axis, Claim, Verdict
from lemmata.claims.fcg import FCG

monotone = Claim(
    "fcg.coordinatewise_monotone",
    paper=FCG,
    place="Proof of Lemma 4.1, after (14)",
    axes=[Axis("d", 1, 4), Axis("m", 1, 5), Axis("L", 2, 6), Axis("sixteenths", 1, 64)],
    derived={"theta": lambda p: p.sixteenths / 16},  # without rounding
)


def relu(z):
    return np.maximum(z, 0)


def smallest_rise(p, rng, theta, skip=True, last=False):
    """The least x_{l,j} - x_{1,j}, and zero, as rational numbers."""
    rows = (p.d, *[p.m] * p.L)
    W = [rng.integers(-3, 4, (before, p.m)).astype(object) for before in rows]
    for W_l in W[1 : p.L]:
        W_l[:, -1] = -abs(W_l[:, -1])
    x_1 = relu(rng.integers(-3, 4, p.d).astype(object) @ W[0])
    x, rises = x_1, []
    for W_l in W[1 : p.L]:
        x = (x if skip else 0) + Q(theta) * relu(x @ W_l)
        rises.append(x - x_1)
    if last:
        rises.append(relu(x @ W[p.L]) - x_1)
    return Q(min(map(min, rises))), Q(0)


@monotone.at_least("coordinates", quantity="least x_{l,j} - x_{1,j}", expect=Verdict.HOLDS)
def least_coordinate(p, rng):
    return smallest_rise(p, rng, p.theta)


@monotone.control("coordinates")
def negative_theta(p, rng):
    return smallest_rise(p, rng, -p.theta)


@monotone.control("coordinates")
def no_skip(p, rng):
    return smallest_rise(p, rng, p.theta, skip=False)


@monotone.control("coordinates")
def last_layer_too(p, rng):
    return smallest_rise(p, rng, p.theta, last=True)
