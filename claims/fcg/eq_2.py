r"""Equation (2): the gradient of the output in the weights of one layer.

Statement.  $\nabla_{W_l} f_W(x) = \theta^{\mathbb 1(2 \le l \le L)}\, x_{l-1}\, v^\top
            H_{l+1}^{L+1}\,\Sigma_l(x)$ for $1 \le l \le L+1$.
Source.     Frei, Cao, Gu (2019), section 2, equation (2).
Regime.     None: all weights, inputs, $\theta$ and widths at which $f_W$ is differentiable in $W$, that is,
            no unit stands on its kink, $w_{l,j}^\top x_{l-1} \ne 0$. Gaussian weights miss the kinks with
            probability one as long as $x_{l-1} \ne 0$; where all of $x_1$ is zero, both sides vanish.
Worst case. None, as for every identity: Gaussian weights and inputs, all layers at once.
Known.      Automatic differentiation of the forward pass, which uses no formula of the paper. Its difference
            to the formula has to shrink with the precision.
Control.    Without the factor $\theta$; and with $\Sigma_{l+1}$ in place of $\Sigma_l$, as the proof of Lemma
            4.4 (B.4) prints it in the lines after equation (34). True twin: Euler's identity,
            $\langle W_l, \nabla_{W_l} f\rangle = f$ for $l = 1$ and $l = L + 1$.
"""

import torch

from lemmata import Axis, Claim, Verdict
from lemmata.claims.fcg import FCG
from lemmata.claims.fcg.eq_1 import network
from lemmata.networks.fcg import backward, forward, gradient, output

eq_2 = Claim(
    "fcg.eq_2_gradient",
    paper=FCG,
    place="Equation (2)",
    axes=[
        Axis("d", 1, 8),
        Axis("m", 2, 32),
        Axis("L", 1, 6),
        Axis("ratio", 1, 4),  # m_{L+1} = 2 ratio
        Axis("theta", 0.01, 2.0),
    ],
)


def by_autograd(W, net):
    """Gradients of the summed outputs in W_1 .. W_{L+1}."""
    leaves = [W_l.detach().requires_grad_() for W_l in W]
    return torch.autograd.grad(output(forward(leaves, net.x[0], net.theta)).sum(), leaves)


def flat(layers):
    """All layers of a network in one row."""
    return torch.cat([layer.flatten(1) for layer in layers], dim=1)


@eq_2.equal("gradient", quantity="all entries of all gradients", expect=Verdict.HOLDS)
def formula(p, rngs):
    W, net = network(p, rngs)
    return flat([gradient(W, net, l).sum(1) for l in range(1, p.L + 2)]), flat(by_autograd(W, net))


@eq_2.control("gradient")
def theta_omitted(p, rngs):
    p = p.replace(L=p.L + 1, theta=p.theta / 4)  # there has to be a residual layer, and theta must not be 1
    W, net = network(p, rngs)
    layers = [gradient(W, net, l).sum(1) / (p.theta if 2 <= l <= p.L else 1) for l in range(1, p.L + 2)]
    return flat(layers), flat(by_autograd(W, net))


@eq_2.true_twin("gradient")
def euler_identity(p, rngs):
    W, net = network(p, rngs)  # f is homogeneous of degree one in W_1 and in W_{L+1}
    ends = [(W[l - 1] * gradient(W, net, l).sum(1)).sum((1, 2)) for l in (1, p.L + 1)]
    return torch.stack(ends, dim=1), output(net).sum(1, keepdim=True).expand(-1, 2)


@eq_2.control("gradient")
def pattern_of_the_next_layer(p, rngs):
    p = p.replace(L=p.L + 1)  # Sigma_1 and Sigma_2 are of one size
    W, net = network(p, rngs)
    q = backward(W, net)[1] * net.sigma[2]
    return net.x[0].mT @ q, by_autograd(W, net)[0]
