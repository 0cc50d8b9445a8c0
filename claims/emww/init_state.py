r"""Sections 2.1, 4.1 and 4.2: the network at its initialisation.

Statement.  At $\Theta_0$, by (2.5): $\|B_0^{(l)}\|_F = 1$; for all $x \in S^{d-1}$ and $l$,
            $$y^{(l)}(x;\Theta_0) = 0,\quad z^{(l)}(x;\Theta_0) = x,\quad g^{(l)}(x;\Theta_0) = \sigma(B_0^{(l)}x),\quad
              \alpha^{(l)}(x;\Theta_0) = 1,\quad \beta^{(l)}(x;\Theta_0) = 0,\quad \gamma^{(l)}(x;\Theta_0) = 0;$$
            and $\hat R_n(\Theta_0) \le 1/2$, as $f(x;\Theta_0) = 0$ and $|y_i| \le 1$.
Source.     E, Ma, Wang, Wu (2019): Section 2.1 after (2.5), Section 4.1 before Proposition 4.1, Section 4.2 before
            Proposition 4.2, and the proof of Proposition 6.7 ("where we used the fact that $\hat R_n(\Theta_0) \le 1/2$").
Regime.     All $d$, $m$, $L$, $\sigma$ with $\sigma(0) = 0$, positively homogeneous or not.
Worst case. None for the equalities. The risk is largest for $|y_i| = 1$, where it is $1/2$ exactly.
Known.      The states are computed by (2.3) and (4.3), layer by layer.
Control.    $a_0^{(l)}$ of norm $1/L$, which the remark after (2.5) allows; $\|B_0^{(l)}\|_F = \sqrt d$; $\hat R_n(\Theta_0) \le 1/4$.
Readings.   Whether blocks are counted to $L$ or to $L - 1$ changes nothing.
"""

import torch

from lemmata import Claim, Verdict
from lemmata.claims.emww import EMWW
from lemmata.generators.draws import uniforms
from lemmata.generators.initialisation import emww_initialisation, emww_larger_initialisation
from lemmata.generators.sphere import sphere
from lemmata.networks.activations import ACTIVATIONS
from lemmata.networks.emww import Theta, backward, forward, risk

SAMPLES = 4  # inputs of each network

init_state = Claim(
    "emww.init_state",
    paper=EMWW,
    place="Sections 2.1, 4.1, 4.2",
    points=[
        {"sigma": sigma, "L": L, "m": m, "d": d}
        for L, m, d in ((2, 1, 1), (5, 4, 3), (8, 2, 6))
        for sigma in ("relu", "identity", "tanh", "softshrink")
    ],
    uses=["emww.eq_2_2_equals_2_3", "emww.eq_4_3_backprop"],
)


def states(p, x, theta_0):
    """y, z, g, alpha, beta and gamma of all layers by (2.3) and (4.3), one row a trial."""
    sigma = ACTIVATIONS[p.sigma]
    s = forward(theta_0, x, sigma)
    b = backward(theta_0, s, sigma)
    return rows(s.y, s.z, s.g, b.alpha, b.beta, b.gamma)


def printed(p, x, theta_0):
    """The same as printed: 0, x, sigma(B_0 x), 1, 0 and 0."""
    zero = x.new_zeros(*x.shape[:2], p.L)
    z = x[:, :, None].expand(-1, -1, p.L, -1)
    g = ACTIVATIONS[p.sigma].value(torch.einsum("blmd,bnd->bnlm", theta_0.B, x))
    return rows(zero, z, g, 1 + zero, 0 * z, 0 * g)


def rows(*tensors):
    return torch.cat([tensor.flatten(1) for tensor in tensors], 1)


def draw(p, rngs, initialisation=emww_initialisation):
    return sphere(rngs, SAMPLES, p.d, p.dtype), initialisation(rngs, p.d, p.m, p.L, dtype=p.dtype)


@init_state.equal("states", quantity="y, z, g, alpha, beta, gamma of all layers", expect=Verdict.HOLDS)
def at_theta_0(p, rngs):
    drawn = draw(p, rngs)
    return states(p, *drawn), printed(p, *drawn)


@init_state.equal("norm", quantity="||B_0||_F of all blocks", expect=Verdict.HOLDS)
def norm_of_the_rows(p, rngs):
    norms = emww_initialisation(rngs, p.d, p.m, p.L, dtype=p.dtype).B.flatten(2).norm(dim=2)
    return norms, torch.ones_like(norms)


@init_state.at_most("risk", quantity="R_n(Theta_0)", expect=Verdict.HOLDS)
def risk_of_signs(p, rngs):
    x, theta_0 = draw(p, rngs)
    y = (uniforms(rngs, SAMPLES, dtype=p.dtype) < 0.5).to(p.dtype) * 2 - 1
    return risk(forward(theta_0, x, ACTIVATIONS[p.sigma]), y), 0.5


@init_state.control("states")
def slightly_larger_a(p, rngs):
    x, larger = draw(p, rngs, emww_larger_initialisation)
    theta_0 = Theta(larger.a, 0 * larger.r, larger.B, 0 * larger.C)
    return states(p, x, theta_0), printed(p, x, theta_0)


@init_state.control("norm")
def root_of_d(p, lhs, rhs):
    return lhs, rhs * p.d**0.5


@init_state.control("risk")
def a_quarter(p, lhs, rhs):
    return lhs, 0.25
