"""Frei, Cao, Gu (2019), and the width that its regimes ask for."""

from collections.abc import Callable
from math import ceil, log

from harness.claim import Paper
from harness.parameters import Params

FCG = Paper(
    "fcg",
    "S. Frei, Y. Cao, Q. Gu. Algorithm-dependent generalization bounds for overparameterized deep residual networks. "
    "NeurIPS 2019.",
    "https://arxiv.org/abs/1910.02934",
)


def width(p: Params) -> int:
    """Smallest even width m with m >= kappa d log(mL/delta), the regime of Lemma 4.1 at C_0 = kappa."""
    return _smallest(lambda m: p.kappa * p.d * log(m * p.L / p.delta))


def width_of_ball(p: Params) -> int:
    """Smallest even width m with m >= kappa tau^(-4/3) d log(m/(tau delta)), as Lemmas B.4 and 4.2 ask for."""
    return _smallest(lambda m: p.kappa * p.tau ** (-4 / 3) * p.d * log(m / (p.tau * p.delta)))


def _smallest(needed: Callable[[int], float]) -> int:
    """Smallest even m with m >= needed(m): from 2 upwards, m -> needed(m) converges because a logarithm is concave."""
    m = 2
    while (least := needed(m)) > m:
        m = 2 * ceil(least / 2)
    return m
