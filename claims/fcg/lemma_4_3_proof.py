r"""Proof of Lemma 4.3: how many units have a large gradient (29), and how many change their pattern (30).

Statement.  Let $g_j = \frac1n\sum_i \ell'(y_i\tilde y_i)\,v_j\,y_i\,\sigma'(w_{L+1,j}^\top x_{L,i})\,x_{L,i}$ and
            $A = \{j : \|g_j\|^2 \ge \frac1{2\cdot67}\gamma^2\mathcal E_S(\tilde W)^2\}$. Then
            $$|A| \ge \tfrac1{141}\,m_{L+1}\gamma^2. \tag{29}$$
            With $A' = \{j : \sigma'(\tilde w_{L+1,j}^\top\tilde x_{L,i}) \ne \sigma'(w_{L+1,j}^\top x_{L,i})\}$,
            $$|A'| = \|\tilde\Sigma_{L+1}(x) - \Sigma_{L+1}(x)\|_0 \le C_1\tau^{2/3}m_{L+1}. \tag{30}$$
            So for small $\nu$, by $\tau \le \nu\gamma^3$, $|A \setminus A'| \ge \frac1{150}m_{L+1}\gamma^2$, and these units
            have $\|g_j - \nabla_{W_{L+1,j}}L_S(\tilde W)\| \le C_3\tau\mathcal E_S(\tilde W)$.
Source.     Frei, Cao, Gu (2019), appendix B.3, equations (29) to (32).
Regime.     (29): as Lemma B.6, at $C = 1$, $\theta = 1/L$. (30): $\theta = 1/L$, $L = 2$, $d = 8$ and ${\tt units} =
            m\tau^{2/3} \ge 16$. Lemma B.4 asks for $m \ge C\tau^{-4/3}d\log(m/(\tau\delta))$, which Lemma 4.3 does not;
            it serves the supremum over $x$, and here the inputs are $n$ random ones.
Worst case. (29): $\tilde W$ enters only through the weights $a_i = -\ell'(y_i\tilde y_i)$. The count is taken at those of the
            initialisation, at equal ones, and at those that make $\sum_j\|g_j\|^2$ smallest (Lemma B.6).
            (30): the radius is spent in the last layer. To change the sign of $w_j^\top x_{L,i}$ costs
            $|w_j^\top x_{L,i}|/\|x_{L,i}\|$, and the cheapest units are changed while their squares sum up to at
            most $\tau^2$: exact for one sample. A unit that changes on some sample costs the least of its samples;
            which is exact as well.
Known.      A share of order $n\varepsilon\sqrt m$ of the units has a sample within $\varepsilon$ of its kink, as long as
            the samples differ enough; so the cheapest $k$ cost $k^3/(n^2m^3)$, and $k = m\,(n\tau)^{2/3}$ of them can change.
Control.    (29): contradictory labels, where equal weights cancel every $g_j$; half of all units.
            (30): $\tau$ in place of $\tau^{2/3}$.
Readings.   union: $A'$ has the units that change on some of the samples. In the print $i$ is free; (32) compares
            sums over all samples, so that $j \notin A'$ has to mean that the unit changes on none.
            union_n: the same, with $n^{2/3}$ in the bound.
Erratum.    For one sample (30) is Lemma B.4, for the union it is false: the count grows like $n^{2/3}$ until it reaches
            $m$. So (31) and (32) do not go together as printed. Lemma 4.3 holds with the same constant for
            $\tau \le \nu\gamma^{9/2}$, which Theorem 3.5 grants: let $F_j$ be the share of $\sum_i a_i$
            on which unit $j$ changes. By (30) for each $i$, $\sum_j F_j \le C_1\tau^{2/3}m$, so that at most
            $50\,C_1\tau^{2/3}m/\gamma$ units have $F_j > \gamma/50$, which is less than
            $(\frac1{141} - \frac1{150})\,m\gamma^2$. For the others $g_j$ changes by at most
            $(1.02\,\gamma/50 + C_3\tau)\,\mathcal E_S$, and $134^{-1/2} - 1.02/50 > 1/16$.
"""

from math import log
from typing import Any

import torch

from lemmata import Axis, Claim, Condition, Verdict
from lemmata.adversaries.simplex import simplex_minimum
from lemmata.claims.fcg import FCG
from lemmata.claims.fcg.in_law import hidden_activations, preactivations
from lemmata.claims.fcg.lemma_4_3 import form, lemma_4_3, weights
from lemmata.claims.fcg.lemma_B6 import REGIME, sample
from lemmata.generators import sphere

card_A = Claim(
    "fcg.lemma_4_3_card_A",
    paper=FCG,
    place="Equation (29)",
    points=lemma_4_3.points,
    derived={name: rule for name, rule in lemma_4_3.derived.items() if name != "tau"},
    regime=REGIME,
    uses=["fcg.lemma_B6", "fcg.const_29"],
    effort=0.5,  # 60 trials a point in smoke: 53 without a failure show it at delta = 0.1
)

card_A_prime = Claim(
    "fcg.lemma_4_3_card_Aprime",
    paper=FCG,
    place="Equation (30)",
    axes=[
        Axis("n", 1, 24, exponent=0),
        Axis("inverse_tau", 32.0, 512.0, exponent=-2 / 3, toward="inf"),
        Axis("units", 16.0, 160.0, exponent=1, toward="inf"),  # widths from 162 to 10,240
    ],
    derived={
        "tau": lambda p: 1 / p.inverse_tau,
        "m": lambda p: 2 * round(p.units * p.tau ** (-2 / 3) / 2),
        "d": lambda p: 8,
        "L": lambda p: 2,
        "theta": lambda p: 1 / p.L,
        "delta": lambda p: 0.1,
    },
    regime=[Condition(r"m \ge C \log(n/\delta)", lambda p: p.m / log(p.n / p.delta), constant="C")],
    readings={
        "union": "A' has the units that change on at least one of the n samples, as (31) and (32) need it",
        "union_n": "the same, and n tau in place of tau",
    },
    uses=["fcg.lemma_B4_sparsity"],
    effort=3.0,  # the 141 draws of smoke leave exponents of 0.27 along n and tau open, where 0.25 has to be excluded
)


@card_A.at_least("units", quantity="smallest |A|", delta="delta", expect=Verdict.HOLDS)
def units_with_a_large_gradient(p, rngs):
    data = sample(p, rngs)
    x = hidden_activations(rngs, data.x, p.m, p.L, p.theta)[1][-1]
    z, K, y = preactivations(rngs, x, p.m), x @ x.mT, data.y

    def large(a):
        terms = (a * y)[..., None] * (z > 0)
        return ((terms * (K @ terms)).sum(1) >= p.gamma**2 / 134 * a.sum(1, keepdim=True).square()).sum(1)

    counts = [large(a) for a in (weights(z, y), torch.ones_like(y), simplex_minimum(form(z, y, K)).weights)]
    return torch.stack(counts).amin(0), p.m * p.gamma**2 / 141


@card_A.control("units")
def contradictory_labels(p):
    return p.replace(family="contradictory", n=max(p.n, 2))


@card_A.control("units")
def all_units(p, lhs, rhs):
    return lhs, p.m


def costs(p, rngs):
    """Squared norm of the smallest change of unit j that changes its sign on sample i, [B, n, m]."""
    x = hidden_activations(rngs, sphere(rngs, p.n, p.d), p.m, p.L, p.theta)[1][-1]
    return (preactivations(rngs, x, p.m) / x.norm(dim=-1, keepdim=True)).square()


def most(cost, tau):
    """The largest number of units whose costs sum up to at most tau^2, [...]."""
    return (cost.sort(dim=-1).values.cumsum(-1) <= tau**2).sum(-1)


FACTS: dict[str, Any] = {"up_to_constant": True, "delta": "delta", "cap": lambda p: p.m}


@card_A_prime.at_most("units", quantity="units that change on one sample", expect=Verdict.HOLDS_UP_TO_CONSTANT, **FACTS)
def on_one_sample(p, rngs):
    return most(costs(p, rngs), p.tau).amax(1), p.m * p.tau ** (2 / 3)


def on_some_sample(p, rngs):
    cost = costs(p, rngs)
    return most(cost.amin(1), p.tau)


@card_A_prime.at_most(
    "units",
    quantity="units that change on some sample",
    reading="union",
    expect=Verdict.TREND,
    erratum="Grows like n^{2/3}: true for one sample, false for the union, which (31) and (32) need. "
    "Lemma 4.3 holds for tau <= nu gamma^{9/2}.",
    **FACTS,
)
def union(p, rngs):
    return on_some_sample(p, rngs), p.m * p.tau ** (2 / 3)


@card_A_prime.at_most(
    "units",
    quantity="units that change on some sample",
    reading="union_n",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
    **FACTS,
)
def union_with_n(p, rngs):
    return on_some_sample(p, rngs), p.m * (p.n * p.tau) ** (2 / 3)


@card_A_prime.control("units")
def tau_in_place_of_its_power(p, lhs, rhs):
    return lhs, rhs * p.tau ** (1 / 3)
