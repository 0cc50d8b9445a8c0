"""The Gram matrix at initialisation, on training sets with known lambda_n."""

from functools import cache
from math import sqrt

from lemmata.generators.initialisation import emww_initialisation
from lemmata.generators.points import antipodal_pair, orthonormal, simplex, single_point
from lemmata.networks.activations import ACTIVATIONS

NET = "unit rows, and blocks up to L-1, as in (2.2), with 1/L in front"
DATA = {
    "one": single_point,
    "antipodal": antipodal_pair,
    "orthonormal": lambda d, sigma: orthonormal(d, d, sigma),
    "simplex": simplex,
}


def training_set(p):
    """The points named p.data in dimension p.d, with their lambda_n for the activation p.sigma."""
    return _training_set(p.data, p.d, p.sigma)


@cache
def _training_set(data, d, sigma):
    return DATA[data](d, ACTIVATIONS[sigma].value)


def gram(p, rngs, unit=True, blocks=None):
    """H(Theta_0) by (4.8), [B, n, n], with rows of norm 1 or 1/sqrt(m) inside sigma; L - 1 blocks unless given."""
    B_0 = emww_initialisation(rngs, p.d, p.m, p.L, blocks, dtype=p.dtype).B.flatten(1, 2)
    x, scale = training_set(p).x.to(p.dtype), sqrt(p.m) if unit else 1.0
    features = ACTIVATIONS[p.sigma].value(scale * B_0 @ x.T) / scale
    return features.mT @ features / (len(x) * p.L)
