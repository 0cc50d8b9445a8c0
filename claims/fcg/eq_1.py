r"""Section 2: the output through the interlayer activations, $f_W(x) = v^\top H_{l+1}^{L+1}(x)\,x_l$.

Statement.  With $H_l^{l'}(x) = \prod_{r=l}^{l'} (I + \theta\,\Sigma_r(x) W_r^\top)$ for
            $2 \le l \le l' \le L$, $H_1^{l'}(x) = H_2^{l'}(x)\,\Sigma_1(x) W_1^\top$ and
            $H_l^{L+1}(x) = \Sigma_{L+1}(x) W_{L+1}^\top H_l^L(x)$, the output is
            $f_W(x) = v^\top H_{l+1}^{L+1}(x)\,x_l$ for any $l \in \{0, 1, \dots, L+1\}$ and any $x$.
Source.     Frei, Cao, Gu (2019), section 2, equation (1) and the sentence after it.
Regime.     None: all weights, all inputs, all $\theta$, all widths $m_{L+1}$. The print leaves two cases
            open, which are read as $H_1^1 = \Sigma_1 W_1^\top$ and
            $H_{L+1}^{L+1} = \Sigma_{L+1} W_{L+1}^\top$; $H_{L+2}^{L+1}$ is the empty product, the identity.
Worst case. None: an identity fails for generic arguments if it fails at all, because both sides are
            polynomials in the weights on every activation cone. So Gaussian weights and inputs, at every $l$
            at once, for shapes that meet each case of the definition: $L = 1$ (no residual layer), $L = 2$
            (one), more.
Known.      The two sides are computed apart: the output by the forward recursion with ReLU, the right side by
            products with $\Sigma_r$ and $W_r^\top$. Their difference has to shrink with the precision.
Control.    One factor without its skip: $\theta\,\Sigma_2 W_2^\top$ in place of
            $I + \theta\,\Sigma_2 W_2^\top$.
"""

import torch

from lemmata import Axis, Claim, Verdict
from lemmata.claims.fcg import FCG
from lemmata.generators import fcg_gaussian, sphere
from lemmata.networks.fcg import apply_interlayer, forward, output, signs

SAMPLES = 3  # inputs of each network

eq_1 = Claim(
    "fcg.eq_1_output",
    paper=FCG,
    place="Section 2, after equation (1)",
    axes=[
        Axis("d", 1, 8),
        Axis("m", 2, 32),
        Axis("L", 1, 6),
        Axis("ratio", 1, 4),  # m_{L+1} = 2 ratio, even, smaller or larger than m
        Axis("theta", 0.01, 2.0),
    ],
)


def network(p, rngs):
    """Weights, and one forward pass for a few inputs of any norm."""
    W = fcg_gaussian(rngs, p.d, p.m, p.L, 2 * p.ratio, dtype=p.dtype)
    x = 3 * sphere(rngs, SAMPLES, p.d, p.dtype)
    return W, forward(W, x, p.theta)


def through_layer(W, net, l):
    """v^T H_{l+1}^{L+1} x_l for every sample, [B, n]."""
    image = apply_interlayer(W, net, l + 1, net.L + 1, net.x[l][:, :, None]).squeeze(2)
    return image @ signs(image.shape[-1]).to(image)


@eq_1.equal("output", quantity="f_W(x), for each l", expect=Verdict.HOLDS)
def every_layer(p, rngs):
    W, net = network(p, rngs)
    right = torch.stack([through_layer(W, net, l) for l in range(p.L + 2)], dim=1)
    return output(net)[:, None].expand_as(right), right


@eq_1.control("output")
def one_skip_dropped(p, rngs):
    p = p.replace(L=p.L + 1)  # there has to be a layer 2 with a skip
    W, net = network(p, rngs)
    branch = net.x[2] - net.x[1]  # theta Sigma_2 W_2^T x_1
    return output(net), through_layer(W, net._replace(x=[*net.x[:2], branch, *net.x[3:]]), 2)
