r"""Proposition 5.1: gradient flow never leaves a neighbourhood of the initialisation.

Statement.  For any $\delta \in (0, 1)$, assume that $L \ge \max\{8\lambda_n^{-2}\ln(n^2/\delta), 3000\lambda_n^{-3}\}$. With
            probability at least $1 - \delta$ over the initialization $\Theta_0$, we have that for any $t \ge 0$,
            $\Theta_t \in I_{c_n}(\Theta_0)$, where $c_n = 8/\lambda_n$.
Source.     E, Ma, Wang, Wu (2019), Proposition 5.1, "the above proof also suggests"; but that proof, of Theorem 3.2, takes
            $L \ge 200c_n^2/\lambda_n = 12800\lambda_n^{-3}$. $I_c$ is Definition 1: $\|a^{(l)} - a_0^{(l)}\| \le c/L$ in every
            layer, and likewise for $r$, $B$ and $C$.
Regime.     $L$ is the smallest one allowed. $\lambda_n \le \frac1{nd}$, and half of that for ReLU, so that this takes
            $L \ge 24000(nd)^3$ there: two or three points need $10^5$ to $10^7$ layers, and are not reached here. One
            point: $L = 3000$ for identity and absolute value, 24000 for ReLU. `more_points` has antipodal points and simplices
            at $L = 128$, to tell how far that is, and to show on its map that the conclusion holds there already.
Worst case. The labels are the bottom eigenvector of $K$. Compared is $L\max_{t,l}\|W_t^{(l)} - W_0^{(l)}\|$ over the four blocks
            $W$, with $8/\lambda_n$, at the times $L\lambda_nt = \frac14, .., 4$. After the last one $e^{-4}$ of the errors is left,
            and the blocks move by that much more. Blocks move by the integral of what `lemma_4_3` bounds.
Known.      The flow of the linear model ends at $a^{(l)} = \Phi_l^\top(\Phi\Phi^\top)^{-1}y$: 1 for identity and absolute
            value, $2 + o(1)$ for ReLU in units of $1/L$, against $c_n = 8$ and 16.
Control.    $c_n$ replaced by $\frac12\lambda_n^{-1/2}$.
Without.    $L \ge 3000\lambda_n^{-3}$ is not needed in the single points: it holds at a hundredth of that depth.
Readings.   Whether blocks are counted to $L$ or to $L - 1$ changes nothing: an unused block never moves. $\sigma$ is
            positively homogeneous, or $m = 1$, in the first claim, and any 1-Lipschitz function in the second.
Erratum.    For a 1-Lipschitz $\sigma$ the proposition is false. With soft-shrink, $\sigma(u) = \text{sign}(u)(|u| - s)^+$ and
            $s = 0.49$, $n = d = 1$ and $m = 4$, units have $|B_0x| = \frac12$ and $\|g_0\| = 2(\frac12 - s) = 0.02$, but
            $\lambda_1 = \sigma(1)^2 = 0.2601$. For such units to reach the label takes $\|a^{(l)}\| = 50/L$, and $c_n = 30.8$.
            In exact numbers, with $c = c_n$ and $\varepsilon = 6c^2/L$: in $I_c$, Proposition 4.1 gives
            $\|g - g_0\| \le \varepsilon$, hence $|f| \le c(\|g_0\| + \varepsilon)$, and Proposition 4.2, as its proof has it,
            $\alpha \ge 1 - 5c^2/L$. So $\frac d{dt}\langle a^{(l)}, g_0\rangle/\|g_0\| = -e\,\alpha\langle g, g_0\rangle/\|g_0\|$ is at least
            $v = (1 - c(\|g_0\| + \varepsilon))(1 - 5c^2/L)(\|g_0\| - \varepsilon)$ as long as the path is in $I_c$. If it is there for all
            $t$, then $v \le 0$; but $v > 0$ for $L \ge 600000$.
"""

from fractions import Fraction as Q
from math import log

from lemmata import Axis, Claim, Condition, Verdict
from lemmata.claims.emww import EMWW
from lemmata.claims.emww.paths import SAMPLE, along_the_flow, network, smallest_depth

REGIME = [
    Condition(
        r"L \ge 8 \lambda_n^{-2} \ln(n^2/\delta)",
        lambda p: p.L * p.lambda_n**2 / (8 * log(p.n**2 / p.delta)),
    ),
    Condition(r"L \ge 3000 \lambda_n^{-3}", lambda p: p.L * p.lambda_n**3 / 3000),
]
USES = ["emww.lemma_4_3_a", "emww.lemma_4_4", "emww.thm_3_2", "emww.prop_4_1_g", "emww.prop_4_2_alpha"]
TOGETHER = 12  # the flows of a point in smoke; alone, one of 128 layers takes eight times as long

prop_5_1 = Claim(
    "emww.prop_5_1",
    paper=EMWW,
    place="Proposition 5.1",
    points=[
        {"sigma": sigma, "data": "one", "d": 1, "m": m, "delta": 0.5}
        for sigma, m in (("absolute", 2), ("identity", 1), ("relu", 1))
    ],
    derived={**SAMPLE, "L": lambda p: smallest_depth(p, 8, 3000)},
    regime=REGIME,
    uses=USES,
    batch=TOGETHER,
    effort=0.1,  # 12 flows a point in smoke, 0.4 s each for 24,000 layers: 8 without a failure show it at delta = 1/2
)


more_points = Claim(
    "emww.prop_5_1_more_points",
    paper=EMWW,
    place="Proposition 5.1",
    points=[
        {"sigma": "relu", "data": data, "d": d, "m": 2, "delta": 0.5}
        for data, d in (("antipodal", 2), ("simplex", 2), ("simplex", 3))
    ],
    derived={**SAMPLE, "L": lambda p: 128},
    regime=REGIME,
    uses=USES,
    batch=TOGETHER,
    effort=0.15,  # no point is in the regime: only the control and the map are run, 0.2 s a flow
)


def farthest_block(p, rngs):
    """L max_{t, l} ||W_t - W_0|| over the blocks W = a, r, B, C, and 8 / lambda_n."""
    (net, _), c_n = network(p, rngs), 8 / p.lambda_n

    def distance(state):
        return p.L * net.shape.block_norms(state.V).amax((1, 2))

    return along_the_flow(p, net, distance, c_n), c_n


DISTANCE = {"quantity": "L max ||W_t - W_0||", "delta": "delta"}


@prop_5_1.at_most("distance", expect=Verdict.HOLDS, **DISTANCE)
def stays_in_the_neighbourhood(p, rngs):
    return farthest_block(p, rngs)


@more_points.at_most("distance", expect=Verdict.VACUOUS, **DISTANCE)
def would_stay_in_the_neighbourhood(p, rngs):
    return farthest_block(p, rngs)


@prop_5_1.control("distance")
def half_of_the_inverse_root(p, lhs, rhs):
    return lhs, p.lambda_n**-0.5 / 2


@more_points.control("distance")
def half_of_the_inverse_root_outside_the_regime(p, rngs):
    return farthest_block(p, rngs)[0], p.lambda_n**-0.5 / 2


prop_5_1.phase_map(
    "distance", over=(Axis("L", 2, 32), Axis("d", 1, 3)), at={"sigma": "identity", "data": "orthonormal"}
)


lipschitz = Claim(
    "emww.prop_5_1_lipschitz",
    paper=EMWW,
    place="Proposition 5.1",
    points=[{"L": L, "s": s} for L, s in ((600_000, 0.49), (1_000_000, 0.49), (10_000_000, 0.499))],
    derived={
        "n": lambda p: 1,
        "delta": lambda p: 0.1,
        "lambda_n": lambda p: (1 - p.s) ** 2,
    },
    regime=REGIME,
    uses=USES,
)


def growth_while_inside(p):
    """v, the least speed of ||a^(l)|| while Theta_t is in I_{c_n}, and 0: n = d = 1, m = 4, soft-shrink at s."""
    s = Q(str(p.s))
    lambda_1, g_0 = (1 - s) ** 2, 2 * (Q(1, 2) - s)
    c = 8 / lambda_1
    epsilon = 6 * c**2 / p.L
    return (1 - c * (g_0 + epsilon)) * (1 - 5 * c**2 / p.L) * (g_0 - epsilon), Q(0)


def by_hand(p):
    """The same with one unit in place of four equal ones, a = 2a_j: sigma_4(u) = 2 soft-shrink(u/2) of u = 1."""
    from fractions import Fraction

    threshold = 2 * Fraction(str(p.s))
    feature = 1 - threshold
    radius = 8 / (1 - threshold / 2) ** 2
    moved = 6 * radius**2 / p.L
    output = radius * (feature + moved)
    slope = 1 - 5 * radius**2 / p.L
    return (1 - output) * slope * (feature - moved), 0


@lipschitz.at_most(
    "growth",
    quantity="least speed of ||a^(l)|| inside I_c",
    exact=by_hand,
    expect=Verdict.VIOLATED,
    erratum="Not for all 1-Lipschitz sigma: features of the network can be as small as one likes beside lambda_n.",
)
def must_leave(p):
    return growth_while_inside(p)


@lipschitz.control("growth")
def slower_still(p, lhs, rhs):
    return lhs, lhs / 2


@lipschitz.true_twin("growth")
def of_the_identity(p):
    """sigma(u) = u has features of norm one: the bound for |f| says nothing, and the speed may vanish."""
    return growth_while_inside(p.replace(s=0.0))


shallow = prop_5_1.without(
    "depth",
    r"L \ge 3000 \lambda_n^{-3}",
    derived={"L": lambda p: smallest_depth(p, 8, 30)},
    expect={"distance": Verdict.HOLDS},
)
