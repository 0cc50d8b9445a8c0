r"""Theorem 5: the Rademacher complexity of residual ReLU networks, and what follows it.

Statement.  Given $S = (x_1, \dots, x_n)$ with $\|x_i\| \le B$, let $\mathcal F_L$ be the $L$-block ResNets
            $h_l = h_{l-1} + V_l\,\sigma(U_l h_{l-1})$, $f = w^\top h_L$ with $\|w\| \le 1$ and
            $\|V_l\|_F, \|U_l\|_F \le M_l$, of any widths. Then
            $$\widehat{\mathcal R}_n(\mathcal F_L|_S) \le \frac{B \prod_{l=1}^L (1 + 2M_l^2)}{\sqrt n}.$$
            The text after it: "the upper bound easily becomes size-independent as long as $M_l = O(1/\sqrt L)$". For
            fully connected networks, "forcing $C_l \le 1/2$" does the same, but then "the output has to be very close
            to zero for any input"; ResNets are "non-trivial networks".
Source.     Yun, Sra, Jadbabaie (2019), Theorem 5 and the text of section 5.2; proof in appendix C.
Regime.     Every $S$, $L$ and $M_l \ge 0$. Here $M_l = M$ with $M^2$ in percent, up to 1: larger $M$ makes the bound
            looser; one_sample has unequal ones, $M_l = \sqrt l\,M$. The expectation over $\epsilon$ is exact in every
            bound: all signs are enumerated.
Worst case. $n = 1$: $\widehat{\mathcal R}$ is the largest $\|h_L(x)\|$, which is $B\prod(1 + M_l^2)$, attained with all
            $V_l$, $U_l$ of rank one along $x$. $d = 1$: the supremum is at a vertex of the admissible slopes, in
            rational arithmetic for every $L$; both sides are squared to be rational. Otherwise from below, block by
            block with one neuron each; as inputs, orthonormal ones are worst without blocks, and equal and random ones
            are tried too. Fully connected: block Frank-Wolfe over all weights and the input.
Known.      $n = 1$: as above. Equal inputs on the line: $B\prod(1 + M_l^2)\,E|\sum\epsilon_i|/n \approx
            0.8\,B\prod(1 + M_l^2)/\sqrt n$. No case is known where $2M_l^2$ is needed; see the proof's steps. Fully
            connected with $C_l = 1/2$: the largest output is $2^{-L}\|x\|$, attained by rank-one weights. The
            ResNet with $M_l = c/\sqrt L$ reaches $(1 + c^2/L)^L \|x\| \ge (1 + c^2)\|x\|$.
            $(1 + 2c^2/L)^L \le \sum_{j \le L} (2c^2)^j/j! < e^{2c^2}$, term by term.
Control.    $1 + M_l^2/2$ in place of $1 + 2M_l^2$; $n^{-1}$ and $n^{-0.6}$ in place of $n^{-1/2}$. Size-independence with
            $M_l = c L^{-1/4}$. Outputs below $3^{-L}$; a ResNet without its skips.
"""

from fractions import Fraction as Q
from math import isqrt, prod

import numpy as np
import torch

from lemmata import Axis, Claim, Sides, Verdict
from lemmata.adversaries import frank_wolfe
from lemmata.adversaries.found import normals, unit
from lemmata.adversaries.rademacher import all_signs, average_on_line, deep_supremum
from lemmata.claims.ysj import YSJ, exponential_sum
from lemmata.networks.activations import relu
from lemmata.networks.ysj_near_identity import block_outputs

INSIDE = 1 - 2**-16  # the bound of fully connected networks is attained: rounding should not decide

theorem_5 = Claim(
    "ysj.theorem_5",
    paper=YSJ,
    place="Theorem 5",
    axes=[Axis("n", 1, 6), Axis("L", 1, 8), Axis("d", 1, 6), Axis("percent", 1, 100)],
    uses=["ysj.thm5.base", "ysj.thm5.peel"],
    effort=0.5,  # a draw goes through all 2^n signs, and takes up to 0.1 s
)


def M_squared(p):
    return Q(p.percent, 100)


@theorem_5.at_most("one_sample", quantity="R_n of one sample, B = 1", expect=Verdict.HOLDS)
def one_sample(p):
    h = Q(1)
    for l in range(1, p.L + 1):
        h += l * M_squared(p) * max(h, Q(0))  # w = 1, V_l = U_l = M_l = sqrt(l) M
    return h, prod(1 + 2 * l * M_squared(p) for l in range(1, p.L + 1))


@theorem_5.at_most("line", quantity="n R_n^2, d = 1", expect=Verdict.HOLDS)
def line(p, rng):
    B = 12  # of the inputs, which are integers
    x = rng.choice([-1, 1], p.n) * (B if rng.random() < 0.5 else rng.integers(1, B + 1, p.n))
    x[0] = B
    average = average_on_line([Q(int(point)) for point in x], [M_squared(p)] * p.L) / p.n
    return average**2 * p.n, (B * (1 + 2 * M_squared(p)) ** p.L) ** 2


@theorem_5.at_most("networks", quantity="R_n found, B = 1", expect=Verdict.HOLDS)
def networks(p, rngs):
    x = inputs(rngs, p.n, p.d).to(p.dtype)
    signs = all_signs(p.n, x)
    M = float(M_squared(p)) ** 0.5
    starts, U, V = (unit(normals(rngs, (8, k, p.d), x)) for k in (1, p.L, p.L))
    found = deep_supremum(x, signs, [M] * p.L, starts[:, :, 0])
    h_L = block_outputs(
        M * V.flatten(0, 1)[..., None], M * U.flatten(0, 1)[:, :, None], x.repeat_interleave(8, 0), relu
    )[-1]
    random = torch.einsum("sn,bnd->bsd", signs, h_L).norm(dim=-1).unflatten(0, (len(rngs), 8)).amax(1)
    return Sides(found.mean(1) / p.n, (1 + 2 * M**2) ** p.L / p.n**0.5, random=random.mean(1) / p.n)


def inputs(rngs, n, d):
    """Unit vectors [B, n, d]: orthonormal as far as there are, all equal, or random, as each trial draws."""
    frames = [np.linalg.qr(rng.standard_normal((d, d)))[0][np.arange(n) % d] for rng in rngs]
    equal = [np.broadcast_to(frame[:1], (n, d)) for frame in frames]
    loose = [rng.standard_normal((n, d)) for rng in rngs]
    kinds = [
        (kind, equal, loose)[rng.integers(3)]
        for kind, equal, loose, rng in zip(frames, equal, loose, rngs, strict=True)
    ]
    return unit(torch.from_numpy(np.stack(kinds)))


@theorem_5.control("one_sample")
def half_of_M_squared(p, lhs, rhs):
    return lhs, prod(1 + l * M_squared(p) / 2 for l in range(1, p.L + 1))


@theorem_5.control("line")
def one_over_n(p, lhs, rhs):
    return lhs, rhs / p.n


@theorem_5.control("networks")
def a_larger_power_of_n(p, lhs, rhs):
    return lhs, rhs * p.n**-0.1


size_independent = Claim(
    "ysj.thm5.size_independent",
    paper=YSJ,
    place="Section 5.2, after Theorem 5",
    axes=[Axis("L", 1, 256), Axis("tenths", 1, 40)],  # c^2 = tenths/10
)


@size_independent.at_most("factor", quantity="prod (1 + 2 M_l^2), M_l = c/sqrt(L)", expect=Verdict.HOLDS)
def factor(p):
    s = 2 * Q(p.tenths, 10)
    return (1 + s / p.L) ** p.L, exponential_sum(s, 256)


@size_independent.control("factor")
def fourth_root_of_L(p):
    s = 2 * Q(p.tenths, 10)
    return (1 + s / (isqrt(p.L) + 1)) ** p.L, exponential_sum(s, 256)  # smaller than with sqrt(L)


trivial = Claim(
    "ysj.thm5.fc_trivial",
    paper=YSJ,
    place="Section 5.2, after Theorem 5",
    axes=[Axis("L", 1, 8), Axis("d", 1, 4), Axis("tenths", 1, 40)],  # c^2 = tenths/10
    effort=0.5,  # a search over all weights and the input takes up to 0.04 s
)


@trivial.at_most("fully_connected", quantity="largest output, C_l = 1/2", expect=Verdict.HOLDS)
def fully_connected(p, rngs):
    def output(blocks):
        *W, x = blocks
        a = unit(x)
        for W_l in W:
            a = torch.relu((W_l @ a[..., None])[..., 0])  # at the last layer too: the supremum is the same
        return a.norm(dim=-1)

    centre = [torch.zeros(len(rngs), p.d, p.d, dtype=p.dtype)] * p.L + [torch.zeros(len(rngs), p.d, dtype=p.dtype)]
    found = frank_wolfe(
        output, centre, INSIDE / 2, 2, start=[c + INSIDE / (2 * p.d) for c in centre], rngs=rngs, n_starts=2
    )
    return Sides(found.value, 2.0**-p.L, random=found.random, known=2.0**-p.L)


@trivial.at_least("residual", quantity="largest output, M_l = c/sqrt(L)", expect=Verdict.HOLDS)
def residual(p):
    c_squared, h = Q(p.tenths, 10), Q(1)
    for _ in range(p.L):
        h += c_squared / p.L * max(h, Q(0))
    return h, 1 + c_squared


@trivial.control("fully_connected")
def three_to_the_minus_L(p, lhs, rhs):
    return lhs, 3.0**-p.L


@trivial.control("residual")
def without_skips(p):
    return (Q(p.tenths, 10) / p.L) ** p.L, 1 + Q(p.tenths, 10)
