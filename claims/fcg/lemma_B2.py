r"""Lemma B.2: products of residual layers are bounded, whatever the activation patterns are.

Statement.  For any $\delta > 0$, there exist constants $C_0, C_0', C$ such that if $m \ge C_0 \log(L/\delta)$, then with
            probability at least $1-\delta$, for any $L \ge b \ge a \ge 2$, and for any tuple of diagonal matrices
            $\tilde\Sigma_a, \dots, \tilde\Sigma_b$ satisfying $\|\tilde\Sigma_i\|_2 \le 1$,
            $$\big\|(I + \theta\tilde\Sigma_b W_b^\top) \cdots (I + \theta\tilde\Sigma_a W_a^\top)\big\|_2
              \le \exp(C_0'\theta L) \le 1.01.$$
Source.     Frei, Cao, Gu (2019), Lemma B.2, (12); proof in appendix C.1, with Lemma B.1 and
            $\|I + \theta\tilde\Sigma_r W_r^\top\|_2 \le 1 + \theta C_1$. Throughout, $\theta = 1/\Omega(L)$.
Regime.     $\kappa = m/\log(L/\delta)$; no $d$ in it. $\theta L = 1/{\tt inverse\_t}$. The first inequality needs no
            condition on $\theta$, and is measured as $\log\|\cdot\|_2 \le C_0'\theta L$.
Worst case. $a = 2$ and $b = L$ contain all others, because $\tilde\Sigma_i = 0$ leaves a factor out. Alternating: for given
            diagonals the top singular pair of the product, by dense SVD; for a given pair $(p, u)$ the form
            $p^\top \prod (I + \theta\tilde\Sigma_i W_i^\top) u$ is linear in each $\tilde\Sigma_i$, so that signs are best,
            one layer after the other. The value never falls. It starts at
            $p = u = \mathbf 1/\sqrt m$ and at random signs. Power steps in place of the SVD stand still where $\theta$ is
            small.
Known.      $1.128\,\theta L$ at least for $\log\|\cdot\|_2$, by $u = p = \mathbf 1/\sqrt m$, and $2\sqrt2\,\theta L$ at most, as
            $m \to \infty$ with $\theta$ small.
Control.    $\theta L$ without the $L$; $(\theta L)^2$; $C_0' = 1$. True twin: $\theta = 1$ in the first inequality.
Readings.   before: the constants stand before $\delta$, as the other lemmas need them. $C_0 = 1$ and
            $C_0' = 2\sqrt2 + 2$ are tested at several $\delta$; they follow from Gaussian concentration and a union over the
            layers. small: $\theta L \le 1/500$, which is what "taking $\theta$ small" comes to with these constants.
Erratum.    "$\le 1.01$" needs $\theta L$ below a small constant, and $\theta = 1/\Omega(L)$ does not give it: at $L = 2$,
            $\theta = 1/2$ the first column of $I + \theta\tilde\Sigma_2W_2^\top$ alone has norm $\sqrt{1 + 2\theta^2} = 1.22$ as
            $m \to \infty$. Lemma B.3 and Lemma 4.1 need no more than a constant; the numbers 1.02 and 1.024 in the proof
            of Lemma 4.1 need the small $\theta L$.
"""

from math import ceil, log, sqrt

import torch

from lemmata import Axis, Claim, Condition, Sides, Verdict
from lemmata.adversaries import largest_singular_value
from lemmata.claims.fcg import FCG
from lemmata.generators.draws import normals

SWEEPS = 3  # reach 0.91 of what twenty do, or more
C_0_PRIME = 2 * sqrt(2) + 2  # from Gaussian concentration, see the readings


def narrowest(p):
    """Smallest width m >= kappa log(L/delta)."""
    return ceil(p.kappa * log(p.L / p.delta))


REGIME = [Condition(r"m \ge C_0 \log(L/\delta)", lambda p: p.m / log(p.L / p.delta), constant="C_0")]
DERIVED = {"m": narrowest, "theta": lambda p: 1 / (p.inverse_t * p.L)}

products = Claim(
    "fcg.lemma_B2",
    paper=FCG,
    place="Lemma B.2",
    axes=[
        Axis("kappa", 1.0, 16.0, exponent=0),
        Axis("L", 2, 32, exponent=0),
        Axis("inverse_t", 1.0, 100.0, exponent=0, toward="inf"),
    ],
    derived={"delta": lambda p: 0.1, **DERIVED},
    regime=REGIME,
    uses=["fcg.lemma_B1"],
    batch=8,  # 32 layers of width 93: 32 networks take 0.3 GB, and no less time each
)

POINTS = ((1.0, 2, 0.5), (1.0, 8, 0.1), (1.0, 16, 0.05), (8.0, 4, 0.1))  # kappa, L, delta

constants = Claim(
    "fcg.lemma_B2_constants",
    paper=FCG,
    place="Lemma B.2",
    points=[
        {"kappa": kappa, "L": L, "delta": delta, "inverse_t": inverse_t}
        for (kappa, L, delta), inverse_t in zip(POINTS, (1.0, 1.0, 4.0, 16.0), strict=True)
    ],
    derived=DERIVED,
    regime=REGIME,
    readings={"before": "the constants stand before delta"},
    uses=["fcg.lemma_B1"],
)

hundredth = Claim(
    "fcg.lemma_B2_hundredth",
    paper=FCG,
    place="Lemma B.2",
    points=[{"kappa": kappa, "L": L, "delta": delta, "inverse_t": 1.0} for kappa, L, delta in POINTS],
    derived=DERIVED,
    regime=REGIME,
    readings={"small": "theta L <= 1/500"},
    uses=["fcg.lemma_B2"],
)


def residual_weights(p, rngs):
    """W_2 .. W_L, [B, L - 1, m, m]."""
    return sqrt(2 / p.m) * normals(rngs, p.L - 1, p.m, p.m)


def product_of(W, D, theta):
    """(I + theta D_b W_b^T) .. (I + theta D_a W_a^T) for diagonals D [B, L - 1, m], as matrices [B, m, m]."""
    P = torch.eye(W.shape[-1], dtype=W.dtype).expand(len(W), -1, -1)
    for l in range(W.shape[1]):
        P = P + theta * D[:, l, :, None] * (W[:, l].mT @ P)
    return P


def better_diagonals(W, D, theta, left, right):
    """Signs that do not lower left^T (I + theta D_b W_b^T) .. (I + theta D_a W_a^T) right, layer after layer."""
    q = [left]
    for l in range(W.shape[1] - 1, 0, -1):
        q.append(q[-1] + theta * apply(W[:, l], D[:, l] * q[-1]))
    u, signs = right, []
    for l, q_l in enumerate(reversed(q)):
        z = apply(W[:, l].mT, u)
        signs.append(torch.where(q_l * z < 0, -1.0, 1.0).to(W))
        u = u + theta * signs[-1] * z
    return torch.stack(signs, 1)


def apply(A, x):
    return (A @ x[..., None])[..., 0]


def largest_product(W, theta, rngs):
    """Largest norm over the diagonals that the alternation finds, and that at random signs, each [B]."""
    random = torch.where(normals(rngs, *W.shape[1:3]) < 0, -1.0, 1.0).to(W)
    flat = torch.ones_like(W[:, 0, 0]) / sqrt(W.shape[-1])
    D = torch.cat([better_diagonals(W, torch.zeros_like(random), theta, flat, flat), random])
    twice, norms = torch.cat([W, W]), []
    for _ in range(SWEEPS):
        top = largest_singular_value(product_of(twice, D, theta))
        norms.append(top.value)
        D = better_diagonals(twice, D, theta, top.left, top.right)
    norms.append(largest_singular_value(product_of(twice, D, theta)).value)
    return torch.stack(norms).unflatten(1, (2, -1)).amax((0, 1)), norms[0][len(W) :]


@products.at_most(
    "exponential",
    quantity="log of the largest product",
    up_to_constant=True,
    delta="delta",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def logarithm(p, rngs):
    found, random = largest_product(residual_weights(p, rngs), p.theta, rngs)
    return Sides(found.log(), p.theta * p.L, random=random.log())


@products.control("exponential")
def without_L(p, lhs, rhs):
    return lhs, p.theta


@products.control("exponential")
def t_squared(p, lhs, rhs):
    return lhs, rhs**2


@products.true_twin("exponential")
def theta_is_one(p):
    return p.replace(theta=1.0)


@constants.at_most(
    "exponential",
    quantity="log of the largest product",
    reading="before",
    delta="delta",
    expect=Verdict.HOLDS,
)
def with_constants(p, rngs):
    found, random = largest_product(residual_weights(p, rngs), p.theta, rngs)
    return Sides(found.log(), C_0_PRIME * p.theta * p.L, random=random.log())


@constants.control("exponential")
def C_0_prime_is_one(p, lhs, rhs):
    return lhs, rhs / C_0_PRIME


def chance_of_more_than_1_01(p):
    """With D_l = diag(+-1, 0, .., 0) the first unit vector is stretched by 1 + theta |w_{l,11}| in every layer."""
    from mpmath import erf, mpf, sqrt, workdps

    with workdps(50):  # stretched by less than 1.01 in all: then every |w_{l,11}| is at most 0.01 L
        return 1 - erf(p.L * sqrt(p.m) / 200) ** (p.L - 1), mpf(p.delta)


@hundredth.at_most(
    "product",
    quantity="largest product",
    delta="delta",
    exact=chance_of_more_than_1_01,
    expect=Verdict.VIOLATED,
    erratum="theta = 1/L is 1/Omega(L), and gives more than 1.01 at every width: theta L has to be small, 1/500 does.",
)
def below_1_01(p, rngs):
    found, random = largest_product(residual_weights(p, rngs), p.theta, rngs)
    return Sides(found, 1.01, random=random)


@hundredth.at_most(
    "product",
    quantity="largest product",
    reading="small",
    delta="delta",
    expect=Verdict.HOLDS,
)
def below_1_01_for_small_theta(p, rngs):
    return below_1_01(p.replace(inverse_t=max(500.0, p.inverse_t)), rngs)


@hundredth.control("product")
def a_tenth_of_it(p, lhs, rhs):
    return lhs, 1.001


hundredth.phase_map("product", over=Axis("inverse_t", 1.0, 1000.0))
