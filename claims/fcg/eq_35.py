r"""Equations (35) and (38): activations and interlayer maps stay bounded in a neighbourhood of the initialisation.

Statement.  Since $\tau \le 1$, for all $\tilde W \in \mathcal W(W, \tau)$, with probability at least $1-\delta$, for all
            $i \in [n]$ and for all $l$,
            $$\|\tilde x_{l-1,i}\|_2 \le C_1, \qquad \|\tilde H_{l+1}^{L+1}\|_2 \le C_2. \quad (35)$$
            For $\|\tilde W_l - W_l\|_2 \le \tau$ and an absolute constant $C_2$ with $\|\tilde W_l\|_2 \le C_2$,
            $$\|\tilde H_l^L\|_2 \le (1 + \theta C_2)^L \le C_3. \quad (38)$$
Source.     Frei, Cao, Gu (2019), (35) in the proof of Lemma 4.4, (38) in that of Lemma B.5.
Regime.     $m \ge C(d \vee \log(L/\delta))$ and $\tau \le 1$: $\tau = 1$ contains the smaller ones. Lemma B.5 does not say
            $\tau \le 1$, but without it $C_2$ is no constant. $\theta = \frac12/(L-1)$, because there are
            $L - 1$ residual layers; the norms fall with $\theta$.
Worst case. One sample point. Block Frank-Wolfe over the product of balls: on $\|\tilde x_L\|$, the largest of the
            $\|\tilde x_l\|$ with $l \le L$, because no coordinate ever falls; on $p^\top \tilde H_2^{L+1} u$ with the top singular pair
            $(p, u)$ at hand. Its steps have rank one, so that Frobenius and spectral balls give the same. $\tilde H_l^{L+1}$
            is largest for $l = 2$.
Known.      With $\tilde W_l = C_2 I$ and a positive input all units are active, and
            $\|\tilde H_2^L\|_2 = (1 + \theta C_2)^{L-1}$: (38) is an equality but for one factor, one factor a layer.
Control.    (35): $\theta = L^{-1/2}$. (38): one factor less than there are. True twin of (35):
            with a factor $\log m$.
"""

from fractions import Fraction as Q
from math import log

import torch

from lemmata import Axis, Claim, Condition, Sides, Verdict
from lemmata.adversaries import frank_wolfe, lanczos, pseudo_random_start
from lemmata.claims.fcg import FCG
from lemmata.generators import fcg_gaussian, random_in_frobenius_balls, sphere
from lemmata.networks.fcg import apply_interlayer, apply_interlayer_transposed, forward

STEPS = 1  # reaches 0.84 of what eight steps do, or more

perturbed = Claim(
    "fcg.eq_35_perturbed",
    paper=FCG,
    place="Equation (35)",
    axes=[
        Axis("m", 8, 96, exponent=0),
        Axis("L", 2, 16, exponent=0),
        Axis("m_over_d", 1.0, 16.0, exponent=0, toward="inf"),
    ],
    derived={
        "theta": lambda p: 1 / (2 * (p.L - 1)),
        "d": lambda p: max(1, int(p.m / p.m_over_d)),
        "tau": lambda p: 1.0,
        "delta": lambda p: 0.1,
    },
    regime=[
        Condition(r"m \ge C d", lambda p: p.m / p.d, constant="C"),
        Condition(r"m \ge C \log(L/\delta)", lambda p: p.m / log(p.L / p.delta), constant="C"),
    ],
    uses=["fcg.lemma_B1", "fcg.lemma_B2", "fcg.lemma_B4_lipschitz_used"],
    batch=8,  # steps in 16 layers of width 96: 32 networks take 0.4 GB
)

submultiplicative = Claim(
    "fcg.eq_38",
    paper=FCG,
    place="Equation (38)",
    axes=[Axis("C_2", values=(1, 3, 7)), Axis("L", 2, 64), Axis("inverse_theta", 1, 128)],
)


def weights(p, rngs):
    return fcg_gaussian(rngs, p.d, p.m, p.L, p.m + p.m % 2), sphere(rngs, 1, p.d)


def top_right_vector(W, net, l, l2, steps=6):
    """Top right singular vector of H_l^{l2} at the one input, as rows [B, 1, 1, m]."""
    B, _, m = net.x[l - 1].shape

    def product(a):
        return apply_interlayer(W, net, l, l2, a.reshape(B, 1, 1, -1)).reshape(B, -1)

    def transposed(b):
        return apply_interlayer_transposed(W, net, l, l2, b.reshape(B, 1, 1, -1)).reshape(B, -1)

    return lanczos(product, transposed, pseudo_random_start(net.x[l - 1]), steps).right.reshape(B, 1, 1, m)


def interlayer_norm(W, x, theta):
    """||H_2^{L+1}(x)||_2 at one input, [B]; differentiable in W with the singular vector held fixed."""
    net = forward(W, x, theta)
    with torch.no_grad():
        u = top_right_vector(W, net, 2, net.L + 1)
    return apply_interlayer(W, net, 2, net.L + 1, u).flatten(1).norm(dim=-1)


def largest(measure, p, rngs):
    """Largest measure(W, x) over the balls, and at a random point of them."""
    W, x = weights(p, rngs)
    found = frank_wolfe(lambda tilde: measure(tilde, x), W, p.tau, STEPS)
    return Sides(found.value, 1.0, random=measure(random_in_frobenius_balls(rngs, W, p.tau), x))


@perturbed.at_most(
    "activation",
    quantity="largest ||x_L||",
    up_to_constant=True,
    delta="delta",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def largest_activation(p, rngs):
    return largest(lambda W, x: forward(W, x, p.theta).x[p.L][:, 0].norm(dim=-1), p, rngs)


@perturbed.at_most(
    "interlayer",
    quantity="largest ||H_2^{L+1}||",
    up_to_constant=True,
    delta="delta",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def largest_interlayer(p, rngs):
    return largest(lambda W, x: interlayer_norm(W, x, p.theta), p, rngs)


@perturbed.control("activation")
@perturbed.control("interlayer")
def theta_of_order_root_L(p):
    return p.replace(theta=p.L**-0.5)


@perturbed.true_twin("activation")
def with_a_logarithm(p, lhs, rhs):
    return lhs, log(p.m)


def scaled_identities(p):
    """||H_2^L|| for W_l = C_2 I and a positive input."""
    return (1 + Q(p.C_2, p.inverse_theta)) ** (p.L - 1)


@submultiplicative.at_most("product", quantity="largest ||H_l^L||", expect=Verdict.HOLDS)
def equal_but_for_one_factor(p):
    return scaled_identities(p), (1 + Q(p.C_2, p.inverse_theta)) ** p.L


@submultiplicative.control("product")
def one_factor_less(p):
    return scaled_identities(p), (1 + Q(p.C_2, p.inverse_theta)) ** (p.L - 2)
