r"""Proposition C.5: one direction separates the activations of every layer.

Statement.  Suppose $m \ge C\gamma^{-2}(d\log\frac1\gamma + \log\frac L\delta)$ for some large constant $C$.
            Then there exists $\alpha \in S^{m_L - 1}$ such that with probability at least $1 - \delta$, for
            all $l = 1, \dots, L$, we have $y\langle\alpha, x_l\rangle \ge \gamma/2$ (for all $(x, y)$ in the
            support of the data).
Source.     Frei, Cao, Gu (2019), appendix C.5. Lemma B.6 uses it at the level $\gamma/4$, equation (41).
Regime.     As stated at $C = 1$, with $\delta = 0.05$ and $\theta = 1/L$. Data as in Assumption 3.2, $n = 8$
            points: half of them have $|f(x)| = \gamma$, as mirrored pairs of both labels.
Worst case. The quantity is the smallest $y\langle\alpha, x_l\rangle$ over points and layers. Whether some
            $\alpha$ reaches a level is decided exactly: the largest margin is the distance of the convex hull
            of the $y\,x_l$ from the origin, a non-negative least squares problem whose dual closes the gap.
            The proof's own $\alpha$ is another reading: where it fails, nothing follows for the others.
Known.      With $c$ the weight of $f$, $\alpha_j \propto c(\sqrt{m/2}\,w_{1,j})$ and $m \to \infty$,
            $\|c\|_2\langle\alpha, x_l\rangle \to \sqrt2 f(x) + \bar
            c\,\theta\sum_{k<l}\|x_k\|/\sqrt\pi$, where $\bar c$ is the Gaussian mean of $c$. The second term
            has one sign for both labels.
Without.    As exists: the width and the margin are needed, $\theta = 1/\Omega(L)$ was not seen to be.
Control.    Contradictory labels: every point once with each label, so that no direction has a positive
            margin.
Readings.   exists: $\alpha$ is chosen after the weights, one for all layers. layerwise: one $\alpha_l$ for
            each layer. witness: the proof's $\alpha$, at $\theta L = \gamma/4$, because the proof takes
            $\theta L \le \gamma/(4C_7)$. witness_fixed_theta: the same at $\theta = 1/L$, which is all that
            "$\theta = 1/\Omega(L)$" says.
Erratum.    (1) In the printed order $\alpha$ does not depend on the weights, and then nothing separates: for
            $x, x'$ of opposite labels let $R$ be the reflection that exchanges them. $W_1$ and $RW_1$ have
            one law, so the event at the labels $(1, -1)$ is as probable as at $(-1, 1)$; they exclude each
            other; so each has probability at most $1/2$, for every width and every $\alpha$. It has to be
            "with probability at least $1-\delta$ there exists $\alpha$", as the proof has it. (2) The proof
            ends at $\gamma/2 - \theta LC_7 \ge \gamma/4$, not at $\gamma/2$. (3) It needs
            $\theta L = O(\gamma)$, which is more than $\theta = 1/\Omega(L)$: at $\theta = 1/L$ its $\alpha$
            fails for $\bar c = 0.2$, $\gamma = 0.06$, $L = 4$ at every large width. Another $\alpha$ then
            does it, and exists holds.
"""

from math import ceil, log

import torch

from lemmata import Claim, Condition, Verdict
from lemmata.adversaries.simplex import largest_margin
from lemmata.claims.fcg import FCG
from lemmata.claims.fcg.in_law import hidden_activations
from lemmata.generators import affine, band, contradictory, linear, with_margin, xor

FAMILIES = {
    "linear": linear(),
    "affine": affine(0.8, 0.2),
    "xor": xor(),
    "band": band(),
    "contradictory": linear(),
}
POINTS = 8  # in a sample


def regime(p):
    """gamma^{-2} (d log(1/gamma) + log(L/delta)), the smallest width at C = 1."""
    return p.gamma**-2 * (p.d * log(1 / p.gamma) + log(p.L / p.delta))


prop_C5 = Claim(
    "fcg.prop_C5",
    paper=FCG,
    place="Proposition C.5",
    points=[
        {"family": "linear", "gamma": 0.39, "d": 2, "L": 16},
        {"family": "linear", "gamma": 0.15, "d": 4, "L": 8},
        {"family": "affine", "gamma": 0.06, "d": 2, "L": 4},
        {"family": "xor", "gamma": 0.15, "d": 3, "L": 8},
        {"family": "band", "gamma": 0.1, "d": 3, "L": 4},
    ],
    derived={
        "delta": lambda p: 0.05,
        "theta": lambda p: 1 / p.L,
        "m": lambda p: 2 * ceil(regime(p) / 2),
    },
    regime=[
        Condition(r"m \ge C\gamma^{-2}(d\log(1/\gamma) + \log(L/\delta))", lambda p: p.m / regime(p), constant="C")
    ],
    readings={
        "exists": "with probability at least 1 - delta there is an alpha for all layers",
        "layerwise": "with probability at least 1 - delta there is an alpha_l for each layer",
        "witness": "the alpha of the proof, with theta L = gamma/4 as the proof takes it",
        "witness_fixed_theta": "the alpha of the proof, with theta = 1/L whatever gamma is",
    },
    uses=["fcg.lemma_4_1_activations", "fcg.prop_C5_l1", "fcg.prop_C5_C7"],
)


def sample(p, rngs):
    if p.family == "contradictory":
        return contradictory(rngs, POINTS, p.d)
    return with_margin(rngs, FAMILIES[p.family], POINTS, p.d, p.gamma)


def signed_activations(p, rngs, data):
    """W_1, and y x_l of all points in the layers 1 .. L, [B, L, n, m]."""
    W_1, x = hidden_activations(rngs, data.x, p.m, p.L, p.theta)
    return W_1, data.y[:, None, :, None] * torch.stack(x, dim=1)


def smallest(Z, alpha):
    """min y <alpha, x_l> over layers and points, [B]."""
    return (Z @ alpha[:, None, :, None]).flatten(1).amin(1)


def fixed_alpha(p, rngs):
    """An alpha that does not depend on W: the best one for other weights."""
    data = sample(p, rngs)
    _, practice = signed_activations(p, rngs, data)
    _, Z = signed_activations(p, rngs, data)
    return smallest(Z, largest_margin(practice.flatten(1, 2)).alpha)


def best_alpha(p, rngs):
    _, Z = signed_activations(p, rngs, sample(p, rngs))
    return largest_margin(Z.flatten(1, 2)).value


def best_alphas(p, rngs):
    _, Z = signed_activations(p, rngs, sample(p, rngs))
    return torch.stack([largest_margin(Z_l).value for Z_l in Z.unbind(1)]).amin(0)


def alpha_of_the_proof(p, rngs):
    W_1, Z = signed_activations(p, rngs, sample(p, rngs))
    c = FAMILIES[p.family].c((p.m / 2) ** 0.5 * W_1.mT)
    return smallest(Z, c / c.norm(dim=1, keepdim=True))


def by_reflection(p):
    from fractions import Fraction

    # Let x and x' carry the labels 1 and -1, and R be the reflection that exchanges them. For a fixed alpha the events
    #   A = {<alpha, x_1(x)> >= level and <alpha, x_1(x')> <= -level}   (what is claimed)
    #   B = {<alpha, x_1(x')> >= level and <alpha, x_1(x)> <= -level}
    # exclude each other, and P(A) = P(B) because W_1 and R W_1 have one law. Hence P(A) <= 1/2.
    most_probable = Fraction(1, 2)
    return 1 - most_probable, Fraction(1, 20)  # failure at least, failure allowed


def in_the_limit(p):
    from fractions import Fraction

    from mpmath import mp, mpf, pi, sqrt

    mp.dps = 50
    a, b = {"affine": (mpf(4) / 5, mpf(1) / 5)}.get(p.family, (1, 0))  # c(u) = a sign(u_1) + b
    theta, gamma = 1 / mpf(p.L), mpf(str(p.gamma))
    norm, mass, drift = mpf(1), 1 / sqrt(pi), mpf(0)  # ||x_1||, <1, x_1> / sqrt(m), theta sum ||x_k|| / sqrt(pi)
    for _ in range(2, p.L + 1):
        step = theta * norm / sqrt(pi)
        norm = sqrt((1 + theta**2) * norm**2 + 2 * mass * step)
        mass, drift = mass + step, drift + step
    margin = (sqrt(2) * gamma - b * drift) / sqrt(a**2 + b**2)  # of a point with f = -gamma and y = -1
    return Fraction(int(margin < gamma / 4)), Fraction(1, 20)  # failure as m -> oo at either level, failure allowed


ORDER = "For an alpha that does not depend on the weights the probability is at most 1/2; it has to come after them."
SCALE = "The alpha of the proof needs theta L = O(gamma), and theta = 1/Omega(L) is less; another alpha does it."
FACTS = {"quantity": "smallest y <alpha, x_l>", "delta": 0.05}
HOLDS, VIOLATED = {"expect": Verdict.HOLDS}, {"expect": Verdict.VIOLATED}


@prop_C5.at_least("half", **FACTS, **VIOLATED, exact=by_reflection, erratum=ORDER)
def half_literal(p, rngs):
    return fixed_alpha(p, rngs), p.gamma / 2


@prop_C5.at_least("half", **FACTS, **HOLDS, reading="exists")
def half_exists(p, rngs):
    return best_alpha(p, rngs), p.gamma / 2


@prop_C5.at_least("half", **FACTS, **HOLDS, reading="layerwise")
def half_layerwise(p, rngs):
    return best_alphas(p, rngs), p.gamma / 2


@prop_C5.at_least("half", **FACTS, **HOLDS, reading="witness")
def half_witness(p, rngs):
    return alpha_of_the_proof(p.replace(theta=p.gamma / (4 * p.L)), rngs), p.gamma / 2


@prop_C5.at_least("half", **FACTS, **VIOLATED, reading="witness_fixed_theta", exact=in_the_limit, erratum=SCALE)
def half_witness_fixed_theta(p, rngs):
    return alpha_of_the_proof(p, rngs), p.gamma / 2


@prop_C5.at_least("quarter", **FACTS, **VIOLATED, exact=by_reflection, erratum=ORDER)
def quarter_literal(p, rngs):
    return fixed_alpha(p, rngs), p.gamma / 4


@prop_C5.at_least("quarter", **FACTS, **HOLDS, reading="exists")
def quarter_exists(p, rngs):
    return best_alpha(p, rngs), p.gamma / 4


@prop_C5.at_least("quarter", **FACTS, **HOLDS, reading="witness")
def quarter_witness(p, rngs):
    return alpha_of_the_proof(p.replace(theta=p.gamma / (4 * p.L)), rngs), p.gamma / 4


@prop_C5.at_least("quarter", **FACTS, **VIOLATED, reading="witness_fixed_theta", exact=in_the_limit, erratum=SCALE)
def quarter_witness_fixed_theta(p, rngs):
    return alpha_of_the_proof(p, rngs), p.gamma / 4


@prop_C5.control("half")
def contradictory_labels(p):
    return p.replace(family="contradictory")


@prop_C5.control("quarter")
def contradictory_labels_too(p):
    return p.replace(family="contradictory")


FEW = 0.25  # 30 trials of smoke convict: half of them fail, or more, where one of twenty may
EASY = prop_C5.points[:1]

narrow = prop_C5.without(
    "width",
    prop_C5.regime[0].statement,
    points=EASY,
    derived={"m": lambda p: 2 * ceil(regime(p) / 64)},
    effort=FEW,
    bounds=["half-exists"],
    expect={"half-exists": Verdict.VIOLATED},
)
strong_skips = prop_C5.without(
    "theta",
    assumption=r"$\theta = 1/\Omega(L)$",
    points=prop_C5.points[2:3],
    derived={"theta": lambda p: 1.0},
    bounds=["half-exists"],
    expect={"half-exists": Verdict.HOLDS},
)
no_margin = prop_C5.without(
    "margin",
    assumption="the margin of Assumption 3.2",
    points=EASY,
    derived={"family": lambda p: "contradictory"},
    effort=FEW,
    bounds=["half-exists"],
    expect={"half-exists": Verdict.VIOLATED},
)
