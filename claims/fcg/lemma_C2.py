r"""Lemma C.2 and Claim D.1: few units are close to the kink.

Statement.  There are absolute constants $C, C'$ such that for any $\delta > 0$, if
            $m \ge C\big(\beta^{-1}\sqrt{d\log\frac1{\beta\delta}} \vee d\log\frac{mL}\delta\big)$, then with probability at
            least $1-\delta$, the sets $\mathcal S_l(x, \beta) = \{j \in [m_l] : |w_{l,j}^\top x_{l-1}| \le \beta\}$ satisfy
            $|\mathcal S_l(x, \beta)| \le C' m_l^{3/2}\beta$ for all $x \in S^{d-1}$ and $l \in [L+1]$ (Lemma C.2).
            Suppose that for an absolute constant $\xi \in (0,1)$, with probability at least $1-\delta/2$, $\|v\|_2 \ge \xi$ for
            all $v \in \mathcal V$, for some finite set $\mathcal V \subset \mathbb R^{m_{l-1}}$. Then there exist absolute
            constants $C, C'$ such that if $m \ge C\beta^{-1}\sqrt{\log(4|\mathcal V|/\delta)}$, then with probability at least
            $1-\delta$, $|\{j : |w_{l,j}^\top v| \le \beta\}| \le C' m_l^{3/2}\beta$ for all $v \in \mathcal V$ (Claim D.1).
Source.     Frei, Cao, Gu (2019), Lemma C.2, proof in D.1 by way of Claim D.1 and a net of the sphere.
Regime.     The axis is inverse_b $= 1/(\beta\sqrt m) \ge 2$: the bound $m^{3/2}\beta$ is then $m$ over inverse_b, below the
            trivial $m$. The conditions on $\beta$ with $C \ge 1/2$. Where $C$ is smaller, a handful of units is left, which
            fluctuate by more than a factor. "count" has large widths and $l = 1$; "layers" has all $l$.
Worst case. Lemma C.2: counts are constant on cells of the sphere; a climb without gradients looks for $x$. Besides, inputs
            that are orthogonal to $d-1$ columns of $W_1$, which have these units on the kink, whatever $\beta$ is. Claim
            D.1: orthogonal $v$ with $\|v\| = \xi = 1/2$; their counts are independent binomials, and are drawn as such.
Known.      For one $x$, $|\mathcal S_l(x, \beta)| \approx m^{3/2}\beta / (\sqrt\pi\,\|x_{l-1}\|)$ for small $\beta\sqrt m$.
Control.    $m^2\beta^2$, where $\beta\sqrt m$ counts twice; $m\beta$; $\beta/1000$ against the regime, which the orthogonal inputs
            refute.
Readings.   independent: $\mathcal V$ is independent of $W_l$, as $\{x_{l-1}\}$ for a net is, which depends on
            $W_1, \dots, W_{l-1}$ alone.
Erratum.    Claim D.1 does not say that $\mathcal V$ is independent of $W_l$, and is false for others: one $v$ orthogonal to
            $m_{l-1} - 1$ columns of a square $W_l$ has $|\mathcal S_l(v, \beta)| \ge m - 1$ for every $\beta$.
"""

from math import erf, log, sqrt
from typing import Any

import torch

from lemmata import Axis, Claim, Condition, Sides, Verdict
from lemmata.adversaries import climb_on_sphere
from lemmata.claims.fcg import FCG
from lemmata.generators import fcg_gaussian
from lemmata.generators.draws import normals
from lemmata.networks.fcg import forward

ORTHOGONAL = 16  # inputs that are orthogonal to columns of W_1


def regime_ratio(p):
    return p.m * p.beta / sqrt(p.d * log(1 / (p.beta * p.delta)))


def finite_regime_ratio(p):
    return p.m * p.beta / sqrt(log(4 * p.size / p.delta))


DERIVED = {"delta": lambda p: 0.1, "beta": lambda p: 1 / (p.inverse_b * sqrt(p.m))}
REGIME = [
    Condition(r"m \ge C \beta^{-1} \sqrt{d \log(1/(\beta\delta))}", regime_ratio, constant="C"),
    Condition(r"m \ge C d \log(mL/\delta)", lambda p: p.m / (p.d * log(p.m * p.L / p.delta)), constant="C"),
    Condition(r"C \ge 1/2", lambda p: 2 * regime_ratio(p)),
]

first_layer = Claim(
    "fcg.lemma_C2",
    paper=FCG,
    place="Lemma C.2",
    axes=[
        Axis("m", 1024, 2**15, exponent=1),  # at a given inverse_b
        Axis("inverse_b", 2.0, 16.0, exponent=-1, toward="inf"),
        Axis("d", 1, 8, exponent=0),
    ],
    derived={"L": lambda p: 1, **DERIVED},
    regime=REGIME,
    uses=["fcg.claim_D1"],
    batch=8,  # width 32,768 at many inputs: 32 trials take 0.4 GB, and no less time each
    effort=1.3,  # C >= 1/2 drops draws: smoke would be left with 34 on some rungs, and a quantile needs 44
)

all_layers = Claim(
    "fcg.lemma_C2_layers",
    paper=FCG,
    place="Lemma C.2",
    axes=[Axis("m", 32, 256, exponent=1), Axis("L", 1, 16, exponent=0)],
    derived={"d": lambda p: 2, "inverse_b": lambda p: 3, "theta": lambda p: 1 / p.L, **DERIVED},
    regime=REGIME,
    uses=["fcg.lemma_4_1_activations", "fcg.lemma_B1", "fcg.lemma_B3", "fcg.claim_D1"],
    batch=8,  # 16 layers of width 256: 32 networks take 0.3 GB, and no less time each
)

claim_D1 = Claim(
    "fcg.claim_D1",
    paper=FCG,
    place="Claim D.1",
    axes=[
        Axis("m", 2**14, 2**20, exponent=1),
        Axis("inverse_b", 2.0, 32.0, exponent=-1, toward="inf"),
        Axis("size", 1, 64, exponent=0),  # of the set V
    ],
    derived={"xi": lambda p: 0.5, **DERIVED},
    regime=[
        Condition(r"m \ge C \beta^{-1} \sqrt{\log(4|V|/\delta)}", finite_regime_ratio, constant="C"),
        Condition(r"C \ge 1/2", lambda p: 2 * finite_regime_ratio(p)),
    ],
    readings={"independent": "V is independent of W_l"},
    effort=4.0,  # counts are drawn in their law, at 0.0001 s each
)


def orthogonal_inputs(W_1):
    """Unit vectors, each orthogonal to d - 1 columns of W_1 [B, d, m]: [B, n, d]."""
    B, d, m = W_1.shape
    n = max(1, min(ORTHOGONAL, m // max(1, d - 1)))
    rows = W_1[:, :, : n * (d - 1)].mT.reshape(B, n, d - 1, d)
    padded = torch.cat([rows, torch.zeros_like(W_1[:, None, None, :, 0]).expand(B, n, 1, d)], 2)
    return torch.linalg.svd(padded).Vh[..., -1, :]


def chance(p):
    """P{|w^T v| <= beta} for w independent of v, ||v|| = xi."""
    return erf(p.beta * sqrt(p.m) / (2 * p.xi))


FACTS: dict[str, Any] = {"up_to_constant": True, "delta": "delta", "cap": lambda p: p.m}


def most(counts, p, rngs, special):
    """Largest count over inputs on the sphere: by a climb, and at special ones."""
    found = climb_on_sphere(counts, rngs, 12, p.d, rounds=3)
    value = torch.maximum(found.value, counts(special).amax(1))
    return Sides(value, p.m**1.5 * p.beta, random=found.random)


@first_layer.at_most("count", quantity="largest |S_1(x)|", expect=Verdict.HOLDS_UP_TO_CONSTANT, **FACTS)
def largest_count(p, rngs):
    W_1 = sqrt(2 / p.m) * normals(rngs, p.d, p.m)
    # On the kink itself the count is a matter of rounding, which beta is far above.
    return most(lambda x: ((x @ W_1).abs() <= p.beta).sum(-1).to(x), p, rngs, orthogonal_inputs(W_1))


@all_layers.at_most("count", quantity="largest |S_l(x)|", expect=Verdict.HOLDS_UP_TO_CONSTANT, **FACTS)
def largest_count_of_all_layers(p, rngs):
    W = fcg_gaussian(rngs, p.d, p.m, p.L, p.m + p.m % 2)

    def counts(x):
        """Most units close to the kink in any one layer, [B, n]."""
        net = forward(W, x, p.theta)
        close = [(a @ W_l).abs() <= p.beta for a, W_l in zip(net.x[:-1], W, strict=True)]
        return torch.stack([c.sum(-1) for c in close]).amax(0).to(x)

    return most(counts, p, rngs, orthogonal_inputs(W[0]))


@claim_D1.at_most(
    "count",
    quantity="largest |S_l(v)|",
    expect=Verdict.TREND,
    erratum="False unless V is independent of W_l: v orthogonal to all but one column has m - 1 units on the kink.",
    **FACTS,
)
def orthogonal_to_all_but_one_column(p, rng):
    return float(p.m - 1 + rng.binomial(1, chance(p))), p.m**1.5 * p.beta


@claim_D1.at_most(
    "count",
    quantity="largest |S_l(v)|",
    reading="independent",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
    **FACTS,
)
def largest_of_the_finite_set(p, rng):
    return float(rng.binomial(p.m, chance(p), p.size).max()), p.m**1.5 * p.beta


@first_layer.control("count")
@claim_D1.control("count")
def beta_squared(p, lhs, rhs):
    return lhs, rhs / p.inverse_b


@first_layer.control("count")
@all_layers.control("count")
@claim_D1.control("count")
def half_an_exponent_of_m_less(p, lhs, rhs):
    return lhs, rhs / p.m**0.5


@first_layer.control("count")
def beta_far_too_small(p):
    return p.replace(beta=p.beta / 1000)
