r"""Equation (6.2): without $C$ and $r$ the network is a random feature model.

Statement.  With $\theta = (C, r)$ and the deep net written as $f(x; a, B, \theta)$, for any $x$,
            $$f(x; a, B_0, 0) = \tilde f(x; a, B_0) = \sum_{l=1}^L (a^{(l)})^\top\sigma(B_0^{(l)}x).$$
Source.     E, Ma, Wang, Wu (2019), (6.2), where the right-hand side has lost its tilde; $\tilde f$ is that of Section 6.1.
Regime.     All $a$ and $x$, all $B_0$ of (2.5), all $\sigma$.
Worst case. None, as for every identity. $a$ is Gaussian, of any size.
Known.      What is round-off has to shrink with the precision.
Control.    $B$ in the place of $B_0$ on the left, with $\|B^{(l)} - B_0^{(l)}\|_F = 1/L$.
Readings.   "literal": $\tilde f$ has the blocks $l \le L$, as printed, and $f = y^{(L)}$ those with $l \le L - 1$, as in (2.3).
            "net": both have the blocks $l \le L - 1$.
Erratum.    As printed the two differ by the block $L$, which the network does not use. $L = 2$, $d = m = 1$, $x = 1$,
            $a^{(1)} = a^{(2)} = B_0^{(1)} = B_0^{(2)} = 1$, $\sigma$ the identity: $f = 1$, $\tilde f = 2$.
"""

import torch

from lemmata import Claim, Verdict
from lemmata.claims.emww import EMWW
from lemmata.generators.draws import normals
from lemmata.generators.initialisation import emww_initialisation
from lemmata.generators.neighbourhood import random_in_I_c
from lemmata.generators.sphere import sphere
from lemmata.networks.activations import ACTIVATIONS
from lemmata.networks.emww import Theta, forward

SAMPLES = 4  # inputs of each network

eq_6_2 = Claim(
    "emww.eq_6_2",
    paper=EMWW,
    place="Equation (6.2)",
    points=[
        {"sigma": sigma, "L": L, "m": m, "d": d}
        for L, m, d in ((2, 1, 1), (3, 4, 2), (8, 2, 5))
        for sigma in ("relu", "identity", "absolute", "tanh")
    ],
    readings={"net": "f~ has the blocks l <= L - 1, as the network of (2.3)"},
    uses=["emww.eq_2_2_equals_2_3"],
)


def both(p, rngs, blocks, c=0.0):
    """f(x; a, B, 0) and f~(x; a, B_0) with so many blocks; B = B_0 unless c says how far from it, times L."""
    theta_0, x = emww_initialisation(rngs, p.d, p.m, p.L, p.L, p.dtype), sphere(rngs, SAMPLES, p.d, p.dtype)
    a, sigma = normals(rngs, p.L, p.m, dtype=p.dtype), ACTIVATIONS[p.sigma]
    B = random_in_I_c(rngs, theta_0, c, p.L).B if c else theta_0.B
    used = slice(p.L - 1)
    f = forward(Theta(a[:, used], 0 * a[:, used], B[:, used], theta_0.C[:, used]), x, sigma).f
    features = sigma.value(torch.einsum("blmd,bnd->bnlm", theta_0.B, x))
    return f, torch.einsum("blm,bnlm->bn", a[:, :blocks], features[:, :, :blocks])


def one_block_more(p):
    """d = m = 1 and x = a = B_0 = 1 in every block: f from L - 1 blocks, f~ from L."""
    from mpmath import mpf, tanh, workdps

    sigma = {"relu": lambda u: max(u, 0), "absolute": abs, "tanh": tanh, "identity": lambda u: u}[p.sigma]
    with workdps(50):
        feature = sigma(mpf(1))
        y = mpf(0)
        for _ in range(1, p.L):
            y += feature
        return y, p.L * feature


@eq_6_2.equal(
    "output",
    quantity="f(x; a, B_0, 0)",
    exact=one_block_more,
    expect=Verdict.VIOLATED,
    erratum="f~ has the block L, which the network of (2.3) does not use: the sum has to stop at L - 1.",
)
def as_printed(p, rngs):
    return both(p, rngs, p.L)


@eq_6_2.equal("output", reading="net", quantity="f(x; a, B_0, 0)", expect=Verdict.HOLDS)
def same_blocks(p, rngs):
    return both(p, rngs, p.L - 1)


@eq_6_2.control("output")
def B_has_moved(p, rngs):
    return both(p, rngs, p.L - 1, c=1.0)
