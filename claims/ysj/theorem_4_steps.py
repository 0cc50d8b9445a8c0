r"""Theorem 4: the assumptions, the two steps of the proof, and the remarks on depth.

Statement.  growth: $\|\phi^l(h_{l-1}(x))\| \le \rho_l \prod_{k<l} (1 + \rho_k)\,\|x\|$.
            telescope: $\sum_{l=1}^L \rho_l \prod_{k<l} (1 + \rho_k) = \prod_{l=1}^L (1 + \rho_l) - 1$.
            size_independent: "if $\rho_l = O(1/L)$, the term $\prod(1 + \rho_l)$ is bounded above by a constant".
            vanishing: "if $\rho_l = o(1/L)$, the term $\prod(1 + \rho_l) \to 1$ as $L \to \infty$".
            Assumption 5.1 "holds for $\phi^l(t) = V_l\,\sigma(U_l t)$, where $\sigma$ is ReLU activation. In this case,
            $\rho_l$ depends on the spectral norm of $V_l$ and $U_l$": $\rho_l = \|V_l\| \|U_l\|$ will do.
            Assumption 5.2 asks for a convex differentiable loss with $|\ell'(p; y)| \le \mu$; the paper names none.
            The logistic loss with $y = \pm1$ and $\sqrt{\varepsilon^2 + (p - y)^2}$, with which Theorem 4 is checked, have
            $\mu = 1$.
Source.     Yun, Sra, Jadbabaie (2019), section 5.1 and appendix B.
Regime.     $\rho_l \ge 0$, every $L$. telescope: both sides are affine in each $\rho_l$, so that agreement for all
            $\rho \in \{0, 1\}^L$ is agreement for all $\rho$: a proof for each $L$ that is tried. $o(1/L)$ has to hold
            uniformly in $l$.
Worst case. growth: $d = 1$ and $\phi^l(t) = \rho_l |t|$, an equality in rational arithmetic; for ReLU networks
            all weights and the input positive and of rank one, and Frank-Wolfe from there and from random ones. Assumption 5.1: on the cone where the units of a set $D$ are active, the block is
            $V D U$, so that the Lipschitz constant is the largest $\|V D U\|$; for $m \le d$ every $D$ has a cone, and all
            $2^m$ are tried. Assumption 5.2: $\ell'$ on a grid from -30 to 30.
Known.      With $\rho_l = c/L$, $\prod(1 + \rho_l) = \sum_j \binom Lj (c/L)^j \le \sum_{j \le L} c^j/j! < e^c$, and unequal
            $\rho_l$ of the same sum give less. With $\rho_l = 1/(L a)$ it is at most $1 + 2/a$ for $a \ge 1$; the slow
            case here is $a = \log_2 L$. $V D U$ attains $\|V\| \|U\|$ where all is aligned and positive.
Control.    growth: $1 + \rho_k/2$. telescope: $k \le l$. size_independent: $\rho_l = c/\sqrt L$. vanishing: $\rho_l = 1/L$;
            $o(1/L)$ for each $l$ alone: $\rho_L = 1$, all others 0. Assumption 5.1: $\|V\| \|U\|/2$.
            Assumption 5.2: the square loss; $p^4/4 - p^2/2$, which is not convex.
"""

from fractions import Fraction as Q
from itertools import product
from math import isqrt, prod

import torch

from lemmata import Axis, Claim, Sides, Verdict
from lemmata.adversaries import frank_wolfe
from lemmata.adversaries.found import normals, unit
from lemmata.claims.ysj import YSJ, exponential_sum
from lemmata.networks.activations import relu
from lemmata.networks.ysj import logistic, pseudo_huber, square
from lemmata.networks.ysj_near_identity import block_outputs

PROOF, REMARK = "Appendix B, proof of Theorem 4", "Section 5.1, after Theorem 4"
INSIDE = 1 - 2**-16  # growth is attained: by weights that come this near, so that rounding does not decide

growth = Claim(
    "ysj.thm4.growth",
    paper=YSJ,
    place=PROOF,
    axes=[Axis("l", 1, 6), Axis("d", 1, 3), Axis("tenths", 1, 30)],  # the average of rho is tenths/10
    effort=0.25,  # a search over all weights takes up to 0.06 s, and starts where the bound is attained
)


def rho(p):
    """rho_1 .. rho_l, not all equal; their average is tenths/10."""
    return [Q(p.tenths * 2 * k, 10 * (p.l + 1)) for k in range(1, p.l + 1)]


def grown(rho):
    """rho_l prod_{k<l} (1 + rho_k)."""
    return rho[-1] * prod(1 + r for r in rho[:-1])


@growth.at_most("line", quantity="|phi^l(h_{l-1}(1))|, d = 1", expect=Verdict.HOLDS)
def growth_on_the_line(p):
    h = Q(1)
    for r in rho(p):
        image = r * abs(h)
        h += image
    return image, grown(rho(p))


@growth.at_most("networks", quantity="largest ||phi^l(h_{l-1})|| found", expect=Verdict.HOLDS)
def growth_of_networks(p, rngs):
    scales = torch.tensor([float(r) for r in rho(p)], dtype=p.dtype).sqrt()[:, None, None] * INSIDE

    def image(blocks):
        V, U = (scales * at_norm_one(W) for W in blocks[:2])
        h = block_outputs(V, U, unit(blocks[2])[:, None], relu)
        return (h[-1] - h[-2]).norm(dim=-1)[:, 0]

    start = [torch.ones(len(rngs), *size, dtype=p.dtype) for size in ((p.l, p.d, p.d), (p.l, p.d, p.d), (p.d,))]
    found = frank_wolfe(image, [0 * s for s in start], 4 * p.l, 2, start=start, rngs=rngs, n_starts=2)
    return Sides(found.value, float(grown(rho(p))), random=found.random, known=float(grown(rho(p))))


def at_norm_one(W):
    """Matrices of spectral norm one, or zero."""
    return W / torch.linalg.matrix_norm(W, 2, keepdim=True).clamp(min=1e-12)


@growth.control("line")
@growth.control("networks")
def half_of_rho(p, lhs, rhs):
    before = rho(p)[:-1]
    return lhs, rhs * prod(1 + r / 2 for r in before) / prod(1 + r for r in before)


telescope = Claim("ysj.thm4.telescope", paper=YSJ, place=PROOF, axes=[Axis("L", 1, 10)])


@telescope.equal("sum", quantity="sum rho_l prod (1 + rho_k)", expect=Verdict.HOLDS)
def telescoped(p):
    vertices = list(product((0, 1), repeat=p.L))
    left = [sum(grown(rho[: l + 1]) for l in range(p.L)) for rho in vertices]
    return left, [prod(1 + r for r in rho) - 1 for rho in vertices]


@telescope.control("sum")
def one_factor_more(p):
    vertices = list(product((0, 1), repeat=p.L))
    left = [sum(grown(rho[: l + 1]) * (1 + rho[l]) for l in range(p.L)) for rho in vertices]
    return left, [prod(1 + r for r in rho) - 1 for rho in vertices]


size_independent = Claim(
    "ysj.thm4.size_independent",
    paper=YSJ,
    place=REMARK,
    axes=[Axis("L", 1, 256), Axis("tenths", 1, 40)],  # c = tenths/10
)


@size_independent.at_most("factor", quantity="prod (1 + rho_l), rho_l = c/L", expect=Verdict.HOLDS)
def factor(p):
    c = Q(p.tenths, 10)
    return (1 + c / p.L) ** p.L, exponential_sum(c, 256)


@size_independent.control("factor")
def root_of_L(p):
    c = Q(p.tenths, 10)
    return (1 + c / (isqrt(p.L) + 1)) ** p.L, exponential_sum(c, 256)  # smaller than with sqrt(L)


vanishing = Claim(
    "ysj.thm4.vanishing",
    paper=YSJ,
    place=REMARK,
    axes=[Axis("log2_L", 1, 12)],
    derived={"L": lambda p: 2**p.log2_L},
)


@vanishing.at_most("factor", quantity="prod (1 + rho_l) - 1, rho_l = 1/(L log2 L)", expect=Verdict.HOLDS)
def vanishing_factor(p):
    return (1 + Q(1, p.L * p.log2_L)) ** p.L - 1, Q(2, p.log2_L)


@vanishing.control("factor")
def one_over_L(p):
    return (1 + Q(1, p.L)) ** p.L - 1, Q(2, p.log2_L)


@vanishing.control("factor")
def the_last_block_alone(p):
    return Q(1), Q(2, p.log2_L)  # rho_L = 1, others 0: o(1/L) for each fixed l


lipschitz = Claim(
    "ysj.ass51.example",
    paper=YSJ,
    place="Section 5.1, after Assumption 5.1",
    axes=[Axis("m", 2, 4), Axis("spare", 1, 3)],
    derived={"d": lambda p: p.m + p.spare - 1},
    effort=0.5,  # each draw goes through all 2^m sets of active units
)


@lipschitz.at_most("blocks", quantity="Lipschitz constant of V sigma(U .)", expect=Verdict.HOLDS)
def largest_on_a_cone(p, rngs):
    V, U = normals(rngs, (p.d, p.m), None).to(p.dtype), normals(rngs, (p.m, p.d), None).to(p.dtype)
    D = torch.tensor(list(product((0.0, 1.0), repeat=p.m)), dtype=p.dtype)
    slopes = torch.linalg.matrix_norm((V[:, None] * D[:, None]) @ U[:, None], 2)  # of V D U
    return slopes.amax(1), torch.linalg.matrix_norm(V, 2) * torch.linalg.matrix_norm(U, 2)


@lipschitz.at_most("one_neuron", quantity="squared quotient at u and 0", expect=Verdict.HOLDS)
def one_neuron(p, rng):
    v, u = ([int(entry) or 1 for entry in rng.integers(-9, 10, p.d)] for _ in range(2))
    v_v, u_u = sum(entry**2 for entry in v), sum(entry**2 for entry in u)
    return Q(v_v * max(u_u, 0) ** 2, u_u), Q(v_v * u_u)  # |v sigma(u^T u) - v sigma(0)|^2 / |u|^2


@lipschitz.control("blocks")
@lipschitz.control("one_neuron")
def half_of_the_product(p, lhs, rhs):
    return lhs, rhs / 2


LOSSES = {"logistic": logistic, "pseudo_huber": pseudo_huber(1.0), "sharp": pseudo_huber(0.01)}
GRID = torch.linspace(-30, 30, 2401, dtype=torch.float64)

loss = Claim(
    "ysj.ass52.example",
    paper=YSJ,
    place="Assumption 5.2",
    points=[{"loss": name, "y": y} for name in LOSSES for y in (-1.0, 1.0)],
)


def slopes(p, loss):
    return loss.first(GRID, torch.full_like(GRID, p.y))


@loss.at_most("slope", quantity="largest |l'|", expect=Verdict.HOLDS)
def largest_slope(p):
    return float(slopes(p, LOSSES[p.loss]).abs().max()), 1.0


@loss.equal("convex", quantity="steps on which l' falls", expect=Verdict.HOLDS)
def falling_slopes(p):
    return int((slopes(p, LOSSES[p.loss]).diff() < 0).sum()), 0


@loss.control("slope")
def square_loss(p):
    return float(slopes(p, square).abs().max()), 1.0


@loss.control("convex")
def not_convex(p):
    return int(((GRID**3 - GRID).diff() < 0).sum()), 0  # of l = p^4/4 - p^2/2
