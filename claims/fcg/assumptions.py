r"""Assumptions 3.1 to 3.4, as properties of the data and weights on which the other claims are checked.

Statement.  3.1: $\|x\|_2 = 1$ on the support. 3.2: there are $f \in \mathcal F = \{E_{u \sim N(0,
            I)}[c(u)\,\sigma(u^\top x)] : \|c\|_\infty \le 1\}$ and $\gamma > 0$ with $y f(x) \ge \gamma$ on the
            support. 3.3: the entries of $W_l$ are independent, $N(0, 2/m_l)$. 3.4: $m_{L+1} = \Theta(m_L)$, and $m =
            m_L \wedge m_{L+1}$.
Source.     Frei, Cao, Gu (2019), section 3.
Regime.     All sorts of data that the generators have; for 3.2 those that are labelled with a margin. 3.4 with the
            constants $\frac14$ and 4.
Worst case. 3.2: half of the points have $y f(x) = \gamma$, so that no larger $\gamma$ is certified. The best margin
            of a sample over all of $\mathcal F$ is at most $\frac\kappa2\|x - x'\|_2$ for every pair of points with
            opposite labels, with $\kappa = 1/\sqrt{2\pi}$; this bound knows nothing of $f$, and for the linear $f$ it
            is attained.
Known.      3.2: the mean of $N$ independent $c(u)\sigma(u^\top x)$ is within $(2N\delta)^{-1/2}$ of $f(x)$ with
            probability at least $1 - \delta$ (Chebyshev), because $E\,\sigma(u^\top x)^2 = \frac12$. 3.3: the
            distribution function of $N$ samples is within $\sqrt{\log(2/\delta)/(2N)}$ of the true one with
            probability at least $1 - \delta$ (Dvoretzky, Kiefer, Wolfowitz, with the constant of Massart). Its right
            side at $10^{-5}$ in place of $\delta$ is taken: at $\delta$ it is so sharp that no number of trials could
            tell the two chances apart.
Control.    3.1: points of norm 3. 3.2: a margin that is larger by a thousandth; points that carry both labels; $-c$
            for $c$. 3.3: variance $1/m_l$, and $2/m_{l-1}$. 3.4: twice the ratio of the widths.
"""

from math import log, sqrt

import torch

from lemmata import Axis, Claim, Verdict
from lemmata.claims.fcg import FCG
from lemmata.generators import (
    affine,
    band,
    contradictory,
    cosine,
    fcg_gaussian,
    linear,
    odd_parity,
    pair_bound,
    random_labels,
    sphere,
    with_margin,
    xor,
)
from lemmata.generators.draws import normals

FAMILIES = {
    "linear": linear(),
    "affine": affine(0.8, 0.2),
    "xor": xor(),
    "band": band(),
    "cosine": cosine(),
}
DRAWS = 2000  # of u, whose mean is within (2 DRAWS delta)^(-1/2) = 0.07 of f by Chebyshev
LEVEL = 1e-5  # chance of failure of the Kolmogorov test

normalised = Claim(
    "fcg.assumption_3_1",
    paper=FCG,
    place="Assumption 3.1",
    points=[{"d": d, "n": n} for d, n in ((2, 2), (3, 8), (32, 4))],
    effort=0.1,  # an identity of every sample: 15 trials have some 300 points
)
margin = Claim(
    "fcg.assumption_3_2",
    paper=FCG,
    place="Assumption 3.2",
    points=[
        {"family": family, "gamma": gamma, "d": d}
        for family, gamma, d in (
            ("linear", 0.39, 2),
            ("linear", 0.01, 5),
            ("affine", 0.1, 3),
            ("xor", 0.16, 2),
            ("xor", 0.1, 4),
            ("band", 0.11, 3),
            ("cosine", 0.09, 3),
        )
    ],
    derived={"n": lambda p: 8, "delta": lambda p: 0.05},
)
gaussian = Claim(
    "fcg.assumption_3_3",
    paper=FCG,
    place="Assumption 3.3",
    points=[
        {"d": d, "m": m, "m_out": m_out, "L": L} for d, m, m_out, L in ((1, 32, 8, 1), (8, 32, 64, 4), (4, 8, 32, 16))
    ],
    derived={"delta": lambda p: 0.05},
)
widths = Claim(
    "fcg.assumption_3_4",
    paper=FCG,
    place="Assumption 3.4",
    axes=[Axis("eighths", 1, 8), Axis("quarters", 1, 16)],  # m_L = 8 eighths, m_{L+1} = m_L quarters / 4
    derived={"m_L": lambda p: 8 * p.eighths, "m_out": lambda p: 2 * p.eighths * p.quarters},
)


@normalised.equal("norm", quantity="norms of all points", expect=Verdict.HOLDS)
def norms(p, rngs):
    n, d, dtype = p.n, p.d, p.dtype
    samples = [draw(rngs, n, d, dtype).x for draw in (contradictory, random_labels)]
    samples += [
        with_margin(rngs, linear(), n, d, 0.05, dtype).x,
        sphere(rngs, n, d, dtype),
        odd_parity(batch=len(rngs), dtype=dtype).x,
    ]
    lengths = torch.cat([x.norm(dim=-1) for x in samples], dim=1)
    return lengths, torch.ones_like(lengths)


@normalised.control("norm")
def of_norm_three(p, rngs):
    lengths = 3 * sphere(rngs, p.n, p.d, p.dtype).norm(dim=-1)
    return lengths, torch.ones_like(lengths)


def sample(p, rngs):
    return with_margin(rngs, FAMILIES[p.family], p.n, p.d, p.gamma)


@margin.at_least("margin", quantity="least y f(x)", expect=Verdict.HOLDS)
def least_margin(p, rngs):
    data = sample(p, rngs)
    return (data.y * FAMILIES[p.family].value(data.x)).amin(1), p.gamma


@margin.at_least("best", quantity="bound on the best margin", expect=Verdict.HOLDS)
def best_margin(p, rngs):
    data = sample(p, rngs)
    return pair_bound(data.x, data.y), p.gamma


def distance_from_mean(p, rngs, sign):
    """Between f at a random point, and the mean of sign c(u) sigma(u^T x) over draws of u."""
    f, x = FAMILIES[p.family], sphere(rngs, 1, p.d)[:, 0]
    u = normals(rngs, DRAWS, p.d)
    mean = (sign * f.c(u) * torch.relu(u @ x[:, :, None])[..., 0]).mean(1)
    return (mean - f.value(x)).abs(), (2 * DRAWS * p.delta) ** -0.5


@margin.at_most("member", quantity="|f(x) - mean of c(u) sigma(u^T x)|", delta="delta", expect=Verdict.HOLDS)
def member_of_the_class(p, rngs):
    return distance_from_mean(p, rngs, sign=1)


@margin.control("margin")
@margin.control("best")
def a_thousandth_more(p, lhs, rhs):
    return lhs, 1.001 * rhs


@margin.control("best")
def both_labels(p, rngs):
    data = contradictory(rngs, p.n, p.d)
    return pair_bound(data.x, data.y), p.gamma


@margin.control("member")
def minus_c(p, rngs):
    return distance_from_mean(p, rngs, sign=-1)


def largest_deviation(p, rngs, variance=2.0, rows=False):
    """max over l of sqrt(N_l) sup_t |F_l(t) - Phi(t)|, where F_l belongs to the N_l entries of W_l sqrt(m_l / 2)."""
    deviations = []
    for W_l in fcg_gaussian(rngs, p.d, p.m, p.L, p.m_out, variance=variance):
        m_before, m_l = W_l.shape[1:]
        scale = sqrt(m_l / m_before) if rows else 1.0  # variance 2/m_{l-1}
        F = torch.special.ndtr((scale * sqrt(m_l / 2) * W_l).flatten(1).sort(dim=1).values)
        N = F.shape[1]
        ranks = torch.arange(N + 1) / N
        deviations.append(sqrt(N) * torch.maximum(F - ranks[:-1], ranks[1:] - F).amax(1))
    return torch.stack(deviations).amax(0), sqrt(log(2 * (p.L + 1) / LEVEL) / 2)


@gaussian.at_most("law", quantity="sqrt(N) |F_N - Phi|", delta="delta", expect=Verdict.HOLDS)
def law_of_the_entries(p, rngs):
    return largest_deviation(p, rngs)


@gaussian.control("law")
def half_the_variance(p, rngs):
    return largest_deviation(p, rngs, variance=1.0)


@gaussian.control("law")
def number_of_rows(p, rngs):
    return largest_deviation(p, rngs, rows=True)


@widths.at_most("order", quantity="larger width", expect=Verdict.HOLDS)
def same_order(p, rngs):
    *_, W_L, W_out = fcg_gaussian(rngs, 1, p.m_L, 1, p.m_out)
    m_L, m_out = W_L.shape[-1], W_out.shape[-1]
    return [max(m_L, m_out)] * len(rngs), 4 * min(m_L, m_out)


@widths.control("order")
def twice_the_ratio(p):
    return p.replace(quarters=2 * p.quarters)
