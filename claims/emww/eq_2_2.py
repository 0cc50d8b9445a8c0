r"""Equations (2.2) and (2.3): the network in one state, and in two.

Statement.  With $U^{(l)} = \begin{pmatrix}C^{(l)}\\(a^{(l)})^\top\end{pmatrix}$,
            $V^{(l)} = \begin{pmatrix}B^{(l)} & r^{(l)}\end{pmatrix}$ and
            $h^{(l)} = \begin{pmatrix}z^{(l)}\\y^{(l)}\end{pmatrix}$ the recursion $h^{(1)} = (x, 0)^\top$,
            $$h^{(l+1)} = \begin{pmatrix}h^{(1)}_{1:d}\\h^{(l)}_{d+1}\end{pmatrix} + U^{(l)}\sigma(V^{(l)}h^{(l)}),
              \quad l = 1, \dots, L-1,\qquad f(x;\Theta) = w^\top h^{(L)},\quad w = (0, \dots, 0, 1)^\top,$$
            can be re-written as $z^{(1)} = x$, $y^{(1)} = 0$,
            $z^{(l+1)} = z^{(1)} + C^{(l)}\sigma(B^{(l)}z^{(l)} + r^{(l)}y^{(l)})$,
            $y^{(l+1)} = y^{(l)} + (a^{(l)})^\top\sigma(B^{(l)}z^{(l)} + r^{(l)}y^{(l)})$, $f(x;\Theta) = y^{(L)}$.
Source.     E, Ma, Wang, Wu (2019), (2.2) and (2.3).
Regime.     All $\Theta$ and $x$. Parameters are Gaussian and no smaller than the inputs, so that no state is close to its start.
Worst case. None, as for every identity: all states of all layers at once, the last of which is the output.
Known.      What is round-off has to shrink with the precision.
Control.    $h^{(l)}$ in place of $(h^{(1)}_{1:d}, h^{(l)}_{d+1})$, the usual residual network. The two have the same $h^{(2)}$, and
            the same output up to $L = 3$. True twin: the units of every block in another order.
"""

import torch

from lemmata import Claim, Verdict
from lemmata.claims.emww import EMWW
from lemmata.claims.emww.eq_4_3 import flat, network, reordered
from lemmata.networks.emww import forward

eq_2_2 = Claim(
    "emww.eq_2_2_equals_2_3",
    paper=EMWW,
    place="Equations (2.2), (2.3)",
    points=[
        {"sigma": sigma, "L": L, "m": m, "d": d}
        for L, m, d in ((3, 1, 1), (4, 3, 2), (6, 2, 4))
        for sigma in ("relu", "absolute", "tanh", "identity")
    ],
)


def in_one_state(theta, x, sigma, usual=False):
    """h^(1) .. h^(L) by (2.2), [B, 1, L, d + 1]; the usual residual network carries h^(l) in its first d entries too."""
    U = torch.cat([theta.C, theta.a[:, :, None]], 2)
    V = torch.cat([theta.B, theta.r[..., None]], 3)
    h = [torch.cat([x, torch.zeros_like(x[..., :1])], 2)]
    for l in range(U.shape[1]):
        skip = h[-1] if usual else torch.cat([h[0][..., :-1], h[-1][..., -1:]], 2)
        h.append(skip + sigma.value(h[-1] @ V[:, l].mT) @ U[:, l].mT)
    return torch.stack(h, 2)


def in_two_states(theta, x, sigma):
    """The same by (2.3)."""
    s = forward(theta, x, sigma)
    return torch.cat([s.z, s.y[..., None]], 3)


@eq_2_2.equal("states", quantity="h of all layers", expect=Verdict.HOLDS)
def rewritten(p, rngs):
    net = network(p, rngs)
    return flat([in_one_state(*net)]), flat([in_two_states(*net)])


@eq_2_2.control("states")
def usual_residual_network(p, rngs):
    net = network(p, rngs)
    return flat([in_one_state(*net, usual=True)]), flat([in_two_states(*net)])


@eq_2_2.true_twin("states")
def units_in_another_order(p, rngs):
    theta, x, sigma = network(p, rngs)
    return flat([in_one_state(theta, x, sigma)]), flat([in_two_states(reordered(theta), x, sigma)])
