r"""Equation (4.8) at initialisation: the Gram matrix of the random features.

Statement.  With $H_{i,j}(\Theta) = \frac1{nL}\sum_{l=1}^L\langle\nabla_{a^{(l)}}f(x_i), \nabla_{a^{(l)}}f(x_j)\rangle$,
            $$H_{i,j}(\Theta_0) = \frac1{nL}\sum_{l=1}^L\langle\sigma(B_0^{(l)}x_i), \sigma(B_0^{(l)}x_j)\rangle.$$
Source.     E, Ma, Wang, Wu (2019), (4.8) and the display after it.
Regime.     All $x_i$, all $\Theta_0$ of (2.5), all $\sigma$.
Worst case. None, as for every identity: all entries at once.
Known.      The left-hand side by automatic differentiation of $f = y^{(L)}$ of (2.3) in $a$, one input at a time.
Control.    $\frac1L$ in place of $\frac1{nL}$. True twin: for positively homogeneous $\sigma$, rows of norm one inside $\sigma$ and
            $1/\sqrt m$ outside.
Readings.   "literal": both sums run to $L$; the block $L$, which (2.3) does not use, has $\nabla_{a^{(L)}}f = 0$. "net": both sums
            run to $L - 1$.
Erratum.    As printed the right-hand side counts the block $L$, and is too large by $\frac1{nL}\|\sigma(B_0^{(L)}x_i)\|^2$ on the
            diagonal. $L = 2$, $n = d = m = 1$, $x = B_0 = 1$, $\sigma$ the identity: $H = \frac12$, the right-hand side is 1. What follows
            from it in Lemma 4.4 is said there.
"""

import torch

from lemmata import Claim, Verdict
from lemmata.claims.emww import EMWW
from lemmata.generators.initialisation import emww_initialisation
from lemmata.generators.sphere import sphere
from lemmata.networks.activations import ACTIVATIONS
from lemmata.networks.emww import Theta, forward

SAMPLES = 3  # n, the points of a training set

eq_4_8 = Claim(
    "emww.eq_H_init",
    paper=EMWW,
    place="Equation (4.8)",
    points=[
        {"sigma": sigma, "L": L, "m": m, "d": d}
        for L, m, d in ((2, 1, 1), (3, 4, 2), (8, 2, 5))
        for sigma in ("relu", "identity", "absolute", "tanh")
    ],
    readings={"net": "both sums run to L - 1, over the blocks of the network (2.3)"},
    uses=["emww.grad_formulas", "emww.init_state"],
)


def both(p, rngs, blocks, unit=False):
    """H(Theta_0) by (4.8), and the sum of the features' inner products over so many blocks, [B, n, n]."""
    theta_0, x = emww_initialisation(rngs, p.d, p.m, p.L, p.L, p.dtype), sphere(rngs, SAMPLES, p.d, p.dtype)
    sigma, scale = ACTIVATIONS[p.sigma], p.m**0.5 if unit else 1.0
    of_f = by_autograd(theta_0, x, sigma)
    features = sigma.value(scale * torch.einsum("blmd,bnd->bnlm", theta_0.B[:, :blocks], x)) / scale
    return inner_products(of_f, p.L), inner_products(features, p.L)


def by_autograd(theta_0, x, sigma):
    """Gradients of f in a^(l) for l = 1, .., L, [B, n, L, m], at Theta_0; f has the blocks up to L - 1."""
    a = torch.zeros_like(theta_0.a[:, :-1]).requires_grad_()
    f = forward(Theta(a, theta_0.r[:, :-1], theta_0.B[:, :-1], theta_0.C[:, :-1]), x, sigma).f
    of_f = [torch.autograd.grad(f[:, i].sum(), a, retain_graph=True)[0] for i in range(f.shape[1])]
    return torch.nn.functional.pad(torch.stack(of_f, 1), (0, 0, 0, 1))


def inner_products(v, L):
    v = v.flatten(2)
    return v @ v.mT / (v.shape[1] * L)


def one_block_more(p):
    """H and the right-hand side for n = d = m = 1, x = B_0 = 1."""
    from mpmath import diff, mpf, tanh, workdps

    sigma = {"relu": lambda u: max(u, 0), "absolute": abs, "tanh": tanh, "identity": lambda u: u}[p.sigma]
    with workdps(50):
        of_a = [diff(lambda a: a * sigma(mpf(1)), 0) for _ in range(1, p.L)] + [0]  # the block L is not in f
        return sum(v**2 for v in of_a) / p.L, sum(sigma(mpf(1)) ** 2 for _ in range(p.L)) / p.L


@eq_4_8.equal(
    "entries",
    quantity="H_ij(Theta_0)",
    exact=one_block_more,
    expect=Verdict.VIOLATED,
    erratum="The network of (2.3) has L - 1 blocks: the sum of the features has to stop there.",
)
def as_printed(p, rngs):
    return both(p, rngs, p.L)


@eq_4_8.equal("entries", reading="net", quantity="H_ij(Theta_0)", expect=Verdict.HOLDS)
def same_blocks(p, rngs):
    return both(p, rngs, p.L - 1)


@eq_4_8.control("entries")
def without_n(p, rngs):
    H, features = both(p, rngs, p.L - 1)
    return H, SAMPLES * features


@eq_4_8.true_twin("entries")
def unit_rows(p, rngs):
    if not ACTIVATIONS[p.sigma].homogeneous:
        p = p.replace(m=1)  # then the rows have norm one
    return both(p, rngs, p.L - 1, unit=True)
