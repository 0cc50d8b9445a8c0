"""Frei, Cao, Gu (2019), and the width that its regimes ask for."""

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
    """Smallest even width m with m >= kappa d log(mL/delta), the regime of Lemma 4.1 at C_0 = kappa.

    Found by iterating m -> kappa d log(mL/delta) upwards from 2, which converges because the logarithm is concave.
    """
    m = 2
    while (needed := p.kappa * p.d * log(m * p.L / p.delta)) > m:
        m = 2 * ceil(needed / 2)
    return m
