r"""Theorem 4: the risk at critical points of a ResNet of any architecture.

Statement.  $h_l = h_{l-1} + \phi^l_z(h_{l-1})$, $f = w^\top h_L$, where each $\phi^l_z$ is $\rho_l$-Lipschitz with
            $\phi^l_z(0) = 0$ (Assumption 5.1), and the loss is convex and differentiable with $|\ell'| \le \mu$
            (Assumption 5.2). For any critical point $\theta^*$ of the risk and any $\hat t$ that attains the best linear
            risk $\mathfrak R_{\rm lin} = E\,\ell(\hat t^\top x; y)$,
            $$\mathfrak R(\theta^*) \le \mathfrak R_{\rm lin}
              + \mu \|\hat t\| \Big(\prod_{l=1}^L (1 + \rho_l) - 1\Big) E\|x\|.$$
Source.     Yun, Sra, Jadbabaie (2019), Theorem 4; proof in appendix B. Assumption 5.1 is printed with
            $\rho_l(0) = 0$, which can only mean $\phi^l(0) = 0$: without it the last control fails.
Regime.     Every distribution for which $\hat t$ exists, every $L$ and $\rho_l$ (here all are $\rho$; `growth` has
            unequal ones). The blocks may be any feedforward network,
            so also one without parameters that are trained: then critical means $\partial\mathfrak R/\partial w = 0$, all that
            the proof uses. By convexity such a $w$ is a minimiser, and each choice of blocks gives one value
            $\min_w \mathfrak R$ to compare. $\hat t$ is the shortest one. $\mu = 1$.
Worst case. $d = 1$, in rational arithmetic with the Huber loss: blocks with slopes in $[-\rho_l, \rho_l]$ on each side of 0
            can give any $h_L(x) = ax$ for $x > 0$ and $bx$ for $x < 0$ with $a, b$ between $\prod(1 - \rho_l)$ and
            $\prod(1 + \rho_l)$, and only $a/b$ counts. "witness" is $x = \pm1$, $y = x$ and $\phi^l = \rho_l |h|$, the extreme
            ratio; "line" has random integers as data, and the largest of six ratios, the two extreme ones among
            them. "networks": $V_l\,\sigma(U_l \cdot)$ with $\|V_l\| = \|U_l\| = \sqrt{\rho_l}$ in any dimension, by
            ascent over all $V_l$, $U_l$, with the best $w$ at each step.
Known.      witness, with Huber's threshold to 0: $\mathfrak R - \mathfrak R_{\rm lin} \to \frac12\big(1 - \prod\frac{1 - \rho_l}{1 + \rho_l}\big)$,
            so that the ratio to the bound is $1/(1 + \rho)$ for $L = 1$ and tends to 1 as $\sum\rho_l \to 0$: no factor
            below 1 will do, at any $L$. Networks stay far below it.
Control.    Half of the additive term, a quarter for networks; the constant block $\phi = 5$, which is 0-Lipschitz with $\phi(0) \ne 0$.
"""

from fractions import Fraction as Q

import torch

from lemmata import Axis, Claim, Sides, Verdict
from lemmata.adversaries import frank_wolfe
from lemmata.adversaries.found import normals, unit
from lemmata.claims.ysj import YSJ
from lemmata.networks.activations import ACTIVATIONS
from lemmata.networks.ysj import logistic, pseudo_huber
from lemmata.networks.ysj_near_identity import best_top_layer, block_outputs

line = Claim(
    "ysj.theorem_4",
    paper=YSJ,
    place="Theorem 4",
    # rho = permille/1000, which has to be below 1; Huber's threshold is 1/sharpness.
    axes=[Axis("L", 1, 64), Axis("permille", 1, 900), Axis("sharpness", 4, 4096)],
    uses=["ysj.thm4.growth", "ysj.thm4.telescope"],
    effort=0.5,  # in rational numbers, at the extreme ratio: random data come second
)


def huber(r, eps):
    """r^2 / (2 eps) near 0, |r| - eps/2 beyond: convex, differentiable, and 1-Lipschitz."""
    return r**2 / (2 * eps) if abs(r) <= eps else abs(r) - eps / 2


def minimiser(h, y, eps):
    """The smallest w that minimises the risk: the first zero of its derivative, which is piecewise linear."""

    def slope(w):
        return sum(a * min(max((w * a - b) / eps, -1), 1) for a, b in zip(h, y, strict=True))

    kinks = sorted((b + side * eps) / a for a, b in zip(h, y, strict=True) for side in (-1, 1))
    right = next(i for i, w in enumerate(kinks) if slope(w) >= 0)
    before, after = slope(kinks[right - 1]), slope(kinks[right])
    return kinks[right] - (kinks[right] - kinks[right - 1]) * after / (after - before)


def risk(h, y, eps):
    """min_w R, exact."""
    w = minimiser(h, y, eps)
    return sum(huber(w * a - b, eps) for a, b in zip(h, y, strict=True)) / len(y)


def shortest(x, y, eps):
    """t_hat: of all minimisers, which are an interval, the one nearest to 0."""
    low, high = minimiser(x, y, eps), -minimiser(x, [-b for b in y], eps)
    return min(max(low, Q(0)), high)


def additive_term(x, y, eps, factor):
    return abs(shortest(x, y, eps)) * (factor - 1) * sum(map(abs, x)) / len(x)


@line.at_most("witness", quantity="R - R_lin, x = y = +-1", expect=Verdict.HOLDS)
def witness(p):
    rho, eps = Q(p.permille, 1000), Q(1, p.sharpness)
    x = y = [Q(1), Q(-1)]
    h = [(1 + rho) ** p.L, -((1 - rho) ** p.L)]
    return risk(h, y, eps) - risk(x, y, eps), additive_term(x, y, eps, (1 + rho) ** p.L)


@line.at_most("line", quantity="largest R - R_lin, d = 1", expect=Verdict.HOLDS)
def on_the_line(p, rng):
    rho, eps = Q(p.permille, 1000), Q(1, p.sharpness)
    x = [Q(int(a)) for a in rng.choice([-3, -2, -1, 1, 2, 3], 4)]
    y = [a + int(noise) for a, noise in zip(x, rng.integers(-1, 2, 4), strict=True)]
    if not shortest(x, y, eps):
        y = x  # else the bound is 0, attained by w = 0
    extreme = ((1 + rho) / (1 - rho)) ** p.L
    ratios = [
        extreme,
        1 / extreme,
        *(1 + (extreme - 1) * Q(k, 3) for k in (1, 2)),
        *(1 + (1 / extreme - 1) * Q(k, 3) for k in (1, 2)),
    ]
    largest = max(risk([a if a > 0 else ratio * a for a in x], y, eps) for ratio in ratios)
    return largest - risk(x, y, eps), additive_term(x, y, eps, (1 + rho) ** p.L)


@line.control("witness")
@line.control("line")
def half_of_the_term(p, lhs, rhs):
    return lhs, rhs / 2


@line.control("witness")
def a_constant_block(p):
    rho, eps = Q(p.permille, 1000), Q(1, p.sharpness)
    x = y = [Q(1), Q(2)]
    return risk([a + 5 for a in x], y, eps) - risk(x, y, eps), additive_term(x, y, eps, 1 + rho)


LOSSES = {"logistic": logistic, "pseudo_huber": pseudo_huber(0.5), "sharp": pseudo_huber(0.05)}

networks = Claim(
    "ysj.theorem_4_networks",
    paper=YSJ,
    place="Theorem 4",
    points=[
        {"sigma": sigma, "loss": loss, "d": d, "L": L, "rho": rho}
        for sigma, loss, d, L, rho in (
            ("absolute", "sharp", 1, 1, 0.05),
            ("relu", "pseudo_huber", 1, 3, 0.5),
            ("absolute", "pseudo_huber", 2, 4, 0.1),
            ("relu", "logistic", 2, 8, 0.05),
            ("tanh", "logistic", 3, 2, 1.5),
        )
    ],
    uses=["ysj.thm4.growth", "ysj.thm4.telescope"],
    effort=0.2,  # an ascent over all blocks, with the best w at each step, takes 0.15 s
)


def data(p, rngs):
    """Inputs x and -x, with noise, or with labels that contradict themselves so that the minimum is attained."""
    x, noise = normals(rngs, (4, p.d), None).to(p.dtype), normals(rngs, (8,), None).to(p.dtype)
    t = unit(normals(rngs, (p.d,), None).to(p.dtype))
    x = torch.cat([x, -x], 1)
    y = (x @ t[..., None])[..., 0] + 0.1 * noise
    return (torch.cat([x, x, x], 1), torch.cat([y.sign(), y.sign(), -y.sign()], 1)) if p.loss == "logistic" else (x, y)


@networks.at_most("networks", quantity="R - R_lin found", expect=Verdict.HOLDS)
def largest_risk(p, rngs):
    x, y = data(p, rngs)
    loss = LOSSES[p.loss]

    def least_risk(h):
        w = best_top_layer(h, y, loss)
        return loss.value((h * w[:, None]).sum(-1), y).mean(-1)

    def value(blocks):
        V, U = (p.rho**0.5 * W / torch.linalg.matrix_norm(W, 2, keepdim=True).clamp(min=1e-9) for W in blocks)
        return least_risk(block_outputs(V, U, x, ACTIVATIONS[p.sigma])[-1]) - linear

    linear = least_risk(x)
    t_hat = best_top_layer(x, y, loss).norm(dim=-1)
    centre = torch.zeros(len(rngs), p.L, p.d, p.d, dtype=p.dtype)
    found = frank_wolfe(value, [centre] * 2, 1.0, 4, start=[centre + 0.5 / (p.d * p.L)] * 2, rngs=rngs, n_starts=2)
    term = t_hat * ((1 + p.rho) ** p.L - 1) * x.norm(dim=-1).mean(-1)
    return Sides(found.value.clamp(min=0), term, random=found.random)  # blocks that are 0 give 0


@networks.control("networks")
def a_quarter_of_the_term(p, lhs, rhs):
    return lhs, rhs / 4
