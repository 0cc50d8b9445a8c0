r"""Lemma 4.4: upper bound of the gradient in a neighbourhood of the initialisation.

Statement.  There is an absolute constant $C > 0$ such that for any $\delta > 0$, provided
            $m \ge C(d \vee \log(L/\delta))$ and $\tau \le 1$, for all $\tilde W \in \mathcal W(W, \tau)$ and
            all $l$, $\|\nabla_{W_l} L_S(\tilde W)\|_F \le \theta^{\mathbb 1(2 \le l \le L)}\, C \sqrt m\,
            \mathcal E_S(\tilde W)$.
Source.     Frei, Cao, Gu (2019), Lemma 4.4, proof in B.4; it bounds the steps of gradient descent in Theorem
            3.5. The print forgets "with probability at least $1 - \delta$", without which $\delta$ has no
            meaning; the proof has it, and so has this file.
Regime.     As stated, with $\theta = 1/\Omega(L)$, which is written as $\theta = t/(L - 1)$ with $t \le 1/2$:
            there are $L - 1$ residual layers. $\tau$ is 1: the ball of radius 1 contains the others, and the
            bound does not depend on $\tau$.
Worst case. One sample: for several, the left side is at most the mean of what each would give, with the same
            weights $-\ell'$ that make $\mathcal E_S$. Then the ratio is
            $\|\tilde x_{l-1}\|\,\|\tilde\Sigma_l \tilde q_l\|$ with $q_l = (H_{l+1}^{L+1})^\top v$, which
            Frank-Wolfe maximises over the product of balls, all layers at once; its steps are rank-one
            changes, aligned with $x_{l-1}$. Both sides are then evaluated on the loss itself.
Known.      $C \le (\sqrt 2 + \sqrt{2d/m} + \tau)\,e^{(2\sqrt 2 + \tau)t}\,(2\sqrt 2 + \tau)$ for large $m$,
            by the norms of the layers.
Without.    Radii beyond 1 and $\theta = L^{-1/2}$ break it. $m \ge Cd$ seems to do nothing for one sample, which is not the
            worst $x \in S^{d-1}$.
Control.    No power of $m$; $\theta^2$ for the inner layers; $\theta = 1$ for all of them. True twin: with a
            factor $\log m$.
"""

from math import log

import torch

from lemmata import Axis, Claim, Condition, Sides, Verdict
from lemmata.adversaries.balls import frank_wolfe
from lemmata.claims.fcg import FCG
from lemmata.generators import fcg_gaussian, random_in_frobenius_balls, sphere
from lemmata.networks.fcg import backward, forward, loss_gradient, output, surrogate

STEPS = 1  # reaches 0.95 of what eight steps do, or more

lemma_4_4 = Claim(
    "fcg.lemma_4_4",
    paper=FCG,
    place="Lemma 4.4",
    axes=[
        Axis("m", 20, 160, exponent=0.5),  # not below the largest d
        Axis("L", 4, 40, exponent=0),
        Axis("d", 2, 20, exponent=0),
        Axis("inverse_t", 2.0, 40.0, exponent=0, toward="inf"),
    ],
    derived={"theta": lambda p: 1 / (p.inverse_t * (p.L - 1)), "tau": lambda p: 1.0, "delta": lambda p: 0.1},
    regime=[
        Condition(r"m \ge C d", lambda p: p.m / p.d, constant="C"),
        Condition(r"m \ge C \log(L/\delta)", lambda p: p.m / log(p.L / p.delta), constant="C"),
    ],
    uses=["fcg.eq_2_gradient", "fcg.eq_35_perturbed"],
    batch=8,  # steps in 40 layers of width 160 keep 70 MB a trial: 32 take 2.2 GB
    effort=1.25,  # smoke leaves less open: an exponent of 0.36 along L, which is 0.43 after its 141 draws
)


def sizes(W, x, theta, layers):
    """Gradient norms over theta^{1(2 <= l <= L)} E_S, one sample: |x_{l-1}| |Sigma_l q_l|, [B, layers]."""
    net = forward(W, x, theta)
    q = backward(W, net)
    norms = [net.x[l - 1].norm(dim=-1) * (q[l] * net.sigma[l]).norm(dim=-1) for l in layers]
    return torch.cat(norms, dim=1)


def worst_gradient(p, rngs, layers, label=1):
    """Largest gradient norm, surrogate loss, and sizes(...) at a random point of the balls, each [B]."""
    W = fcg_gaussian(rngs, p.d, p.m, p.L, p.m + p.m % 2)
    x = sphere(rngs, 1, p.d)

    def largest(candidate):
        return sizes(candidate, x, p.theta, layers).amax(1)

    tilde = frank_wolfe(largest, W, p.tau, STEPS).point
    random = largest(random_in_frobenius_balls(rngs, W, p.tau))

    net = forward(tilde, x, p.theta)
    y = label * output(net).sign()  # label 1 is the right one, which makes E_S small
    E_S = surrogate(net, y)
    gradients = loss_gradient(tilde, net, y)
    norms = torch.stack([gradients[l - 1].flatten(1).norm(dim=1) for l in layers], dim=1).amax(1)
    return norms, E_S, random


@lemma_4_4.at_most(
    "end_layers",
    quantity="largest gradient of the layers 1 and L+1",
    up_to_constant=True,
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def end_layers(p, rngs):
    norms, E_S, random = worst_gradient(p, rngs, (1, p.L + 1))
    return Sides(norms, p.m**0.5 * E_S, random=random * E_S)


@lemma_4_4.at_most(
    "inner_layers",
    quantity="largest gradient of the layers 2..L",
    up_to_constant=True,
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def inner_layers(p, rngs):
    norms, E_S, random = worst_gradient(p, rngs, range(2, p.L + 1))
    return Sides(norms, p.theta * p.m**0.5 * E_S, random=p.theta * random * E_S)


@lemma_4_4.true_twin("end_layers")
def with_a_logarithm(p, lhs, rhs):
    return lhs, rhs * log(p.m)


@lemma_4_4.control("end_layers")
def without_the_root_of_m(p, lhs, rhs):
    return lhs, rhs / p.m**0.5


@lemma_4_4.control("end_layers")
def theta_is_one(p, rngs):
    # The output is beyond what exp can take; with the wrong label E_S stays near one.
    p = p.replace(theta=1.0, m=20)
    norms, E_S, _ = worst_gradient(p, rngs, (1, p.L + 1), label=-1)
    return norms, p.m**0.5 * E_S


@lemma_4_4.control("inner_layers")
def theta_squared(p, lhs, rhs):
    return lhs, p.theta * rhs


narrow = lemma_4_4.without(
    "width",
    r"m \ge C d",
    bounds=["end_layers"],
    axes=[Axis("narrowness", 1, 16)],
    derived={"d": lambda p: p.narrowness * p.m, "L": lambda p: 4, "inverse_t": lambda p: 2.0},
)
FEW = 0.5  # smoke shows the growth with 70 draws
one_shape = {"m": lambda p: 20, "L": lambda p: 4, "d": lambda p: 2}
far = lemma_4_4.without(
    "radius",
    assumption=r"$\tau \le 1$",
    bounds=["end_layers"],
    axes=[Axis("tau", 1.0, 6.0, toward="inf")],
    derived=one_shape | {"inverse_t": lambda p: 20.0},
    effort=FEW,
    expect={"end_layers": Verdict.TREND},
)
strong_skips = lemma_4_4.without(
    "theta",
    assumption=r"$\theta = 1/\Omega(L)$",
    bounds=["end_layers"],
    axes=[Axis("L", 4, 40)],
    derived=one_shape | {"inverse_t": lambda p: 2 * (p.L - 1) ** -0.5},
    effort=FEW,
    expect={"end_layers": Verdict.TREND},
)
