r"""Appendix A, after (A.2): the compositional norm, which is to be the path norm of the residual network.

Statement.  Here the compositional norm is defined by (in this case it is the direct extension of the path norm [22] to ResNets)
            $$\|\Theta\|_{\mathcal P} = |w|^\top\prod_{l=1}^L(I + |U^{(l)}||V^{(l)}|)\,|V^{(0)}|,\qquad |A| = (|a_{i,j}|).$$
Source.     E, Ma, Wang, Wu (2019), Appendix A, for the network (A.1): $h^{(1)} = V^{(0)}x$, $h^{(l+1)} = h^{(l)} + U^{(l)}\sigma(V^{(l)}h^{(l)})$,
            $l = 1, ..., L - 1$, $f = w^\top h^{(L)}$, with $V^{(0)} = (I_d, 0)^\top$ and $w = (0, ..., 0, 1)$. The path norm of [22], with one norm for
            every unit, is the sum of $\prod|\text{weight}|$ over all paths from an input to the output; what it is for is
            $|f(x)| \le \|\Theta\|_{\mathcal P}\|x\|_\infty$ (two bounds).
Regime.     All $d$, $m$, $L$ and $\Theta$; what is drawn are integers from $-3$ to $3$. Exact arithmetic.
Worst case. The paths are listed one by one. For ReLU and every 1-Lipschitz $\sigma$ with $\sigma(0) = 0$, $|f|$ is largest over
            $\|x\|_\infty \le 1$ and all signs of the weights where all are positive, with ReLU: there it is the path norm.
Known.      The print does not say in which order the factors of $\prod_{l=1}^LA_l$ stand; $h^{(L)}$ has the last block on the left.
Control.    $I - |U^{(l)}||V^{(l)}|$ in place of $I + |U^{(l)}||V^{(l)}|$.
Readings.   The right-hand side is a row of $d$ numbers, and a penalty is one number: their sum. The block $L$, which (A.1) does not
            use, is zero. "literal": the factors in the order of the network, the last block on the left, which makes it the
            path norm that the text says it is. "ascending": $A_1 \cdots A_L$, as $\prod_{l=1}^L$ is usually read.
Erratum.    The order has to be given: from $l = L$ down to $1$. With $d = m = 1$, $L = 3$, $\sigma$ = ReLU, a first block that doubles $h_1$ ($U^{(1)} = (1, 0)^\top$,
            $V^{(1)} = (1, 0)$) and a second one that adds it to $h_2$ ($U^{(2)} = (0, 1)^\top$, $V^{(2)} = (1, 0)$): $f(1) = 2$, through two paths
            of weight one, but $(0, 1)(I + |U^{(1)}||V^{(1)}|)(I + |U^{(2)}||V^{(2)}|)(1, 0)^\top = 1$.
"""

from itertools import product
from math import prod
from typing import Any

import numpy as np

from lemmata import Axis, Claim, Verdict
from lemmata.claims.emww import EMWW

claim = Claim(
    "emww.eq_A2_pathnorm",
    paper=EMWW,
    place="Appendix A, (A.2)",
    axes=[Axis("L", values=(2, 3, 4)), Axis("d", values=(1, 2, 3)), Axis("m", values=(1, 2))],
    readings={"ascending": "the factors from the first block to the last"},
)


def blocks(p, rng):
    """|U^(l)| [d+1, m] and |V^(l)| [m, d+1] for l < L, whole numbers of any size."""
    shapes = (p.d + 1, p.m), (p.m, p.d + 1)
    return [tuple(abs(rng.integers(-3, 4, shape)).astype(object) for shape in shapes) for _ in range(p.L - 1)]


def norm(p, factors):
    """Sum of the row |w|^T prod(factors) |V^(0)|."""
    row = np.eye(p.d + 1, dtype=object)[-1]
    for factor in factors:
        row = row @ factor
    return sum(row[: p.d])


def factors(p, weights, sign=1):
    return [np.eye(p.d + 1, dtype=object) + sign * U @ V for U, V in weights]


def path_norm(p, weights):
    """Sum over all paths: an input coordinate, and in every block the skip connection or a unit and where it leads to."""
    ways = [None, *product(range(p.m), range(p.d + 1))]
    total = 0
    for start, steps in product(range(p.d), product(ways, repeat=p.L - 1)):
        at, passed = start, []
        for (U, V), step in zip(weights, steps, strict=True):
            if step:
                unit, end = step
                passed += [V[unit, at], U[end, unit]]
                at = end
        total += prod(passed) if at == p.d else 0
    return total


def largest_output(p, weights):
    """The network with positive weights at x = (1, .., 1)."""
    h = np.array([1] * p.d + [0], dtype=object)
    for U, V in weights:
        h = h + U @ np.maximum(V @ h, 0)
    return h[-1]


def two_blocks(p):
    """f(1) and the norm with ascending factors where block 1 adds h_1 to itself and block 2 adds it to h_{d+1}; whatever L > 2, d and m."""
    h_1, h_last = 1, 0
    h_1 = h_1 + max(h_1, 0)
    h_last = h_last + max(h_1, 0)
    row_1, row_last = 0, 1  # w^T (I + E_11) (I + E_last,1), from the left, first block first
    row_1 = row_1 + row_1
    row_1 = row_1 + row_last
    return h_last, row_1


ORDER: dict[str, Any] = {
    "exact": two_blocks,
    "expect": Verdict.VIOLATED,
    "erratum": "The order of the factors has to be given: the last block comes first, prod from l = L down to 1.",
}
PATHS: dict[str, Any] = {"quantity": "sum over all paths"}
OUTPUT: dict[str, Any] = {"quantity": "largest |f(x)|, |x_i| <= 1"}


@claim.equal("paths", reading="ascending", **PATHS, **ORDER)
def paths_from_the_first(p, rng):
    weights = blocks(p, rng)
    return path_norm(p, weights), norm(p, factors(p, weights))


@claim.equal("paths", expect=Verdict.HOLDS, **PATHS)
def paths_from_the_last(p, rng):
    weights = blocks(p, rng)
    return path_norm(p, weights), norm(p, factors(p, weights)[::-1])


@claim.at_most("output", reading="ascending", **OUTPUT, **ORDER)
def output_from_the_first(p, rng):
    weights = blocks(p, rng)
    return largest_output(p, weights), norm(p, factors(p, weights))


@claim.at_most("output", expect=Verdict.HOLDS, **OUTPUT)
def output_from_the_last(p, rng):
    weights = blocks(p, rng)
    return largest_output(p, weights), norm(p, factors(p, weights)[::-1])


@claim.control("paths")
def minus_paths(p, rng):
    weights = blocks(p, rng)
    return path_norm(p, weights), norm(p, factors(p, weights, -1)[::-1])


@claim.control("output")
def minus_output(p, rng):
    weights = blocks(p, rng)
    return largest_output(p, weights), norm(p, factors(p, weights, -1)[::-1])
