r"""Proposition 4.1: forward stability.

Statement.  If $L \ge 4c^2$, we have for any $\Theta \in I_c(\Theta_0)$ and $x \in S^{d-1}$ that
            $$|y^{(l)}(x;\Theta) - y^{(l)}(x;\Theta_0)| \le 4c,\quad
              \|z^{(l)}(x;\Theta) - z^{(l)}(x;\Theta_0)\| \le \frac{4c}L,\quad
              \|g^{(l)}(x;\Theta) - g^{(l)}(x;\Theta_0)\| \le \frac{6c^2}L.$$
Source.     E, Ma, Wang, Wu (2019), Proposition 4.1, (4.2). $I_c(\Theta_0)$ is Definition 1: in every layer each of
            $a$, $r$, $B$, $C$ is within $c/L$ of its initialisation (2.5), in the Frobenius norm; after it,
            $c \ge 1$ is assumed.
Regime.     $L \ge 4c^2$, $c \ge 1$. Nothing is random: all $d$, $m$, 1-Lipschitz $\sigma$ with $\sigma(0) = 0$, and
            all $\Theta_0$ that (2.5) can give. Definition 1 has blocks $l \le L$, (2.2) uses those with
            $l \le L - 1$: for $g$ the last one is counted, which is the stronger reading; $y^{(L)}$ and $z^{(L)}$
            depend on $L - 1$ blocks in both.
Worst case. $d = m = 1$, $x = B_0 = 1$ and every parameter raised by $\varepsilon = c/L$. Each triangle and
            Cauchy-Schwarz inequality in
            $o^{(l+1)} \le \varepsilon\big((1+\varepsilon)(1+o^{(l)}) + \varepsilon|y^{(l)}|\big)$ and
            $|y^{(l+1)}| \le |y^{(l)}| + \varepsilon\big((1+\varepsilon)(1+o^{(l)}) + \varepsilon|y^{(l)}|\big)$,
            where $o = \|z - x\|$, is then an equality, so that this network attains the supremum. It is computed in
            rational arithmetic.
Known.      "sampled" searches near random $\Theta_0$ by block Frank-Wolfe, in linear networks of width 2 with
            $d = 1$: as $\|B_0 x\| = 1$ there, the supremum is attained near every $\Theta_0$, and has to be found.
            $|y| \to 4(e^{1/4} - 1)\,c \approx 1.14\,c$ as $c \to \infty$ with $L = 4c^2$.
Control.    $0.9c$, $0.9c/L$, and $2c/L$, which leaves $r\,y$ out of $g$. True twin: in ReLU networks with $d = 2$
            the attack stays below the supremum itself.
Without.    The depth is needed by all three, and so are $\sigma(0) = 0$, the Lipschitz constant and the norm of $x$, shown
            for $y$: from 4 on any of them breaks it. $c \ge 1$ is needed by $g$ alone.
Outside.    The phase maps over $c$ and $L$, exact. $c \ge 1$ serves the bound of $g$, which fails at $c = 1/4$ at
            every depth; those of $y$ and $z$ do not. $L \ge 4c^2$ is enough, and more than is needed: all three still
            hold at a quarter of it for $c = 16$, and at $L = 2$ for $c \le 4$. Where $L$ is of the order of $c$ they
            fail, at $c = 16$ by factors of $10^5$ and more.
"""

from fractions import Fraction as Q
from typing import Any

from lemmata import Axis, Claim, Verdict
from lemmata.adversaries.skip_network import suprema
from lemmata.claims.emww import (
    EFFORT,
    EMWW,
    NETWORKS,
    SMALL_RADII,
    deep,
    depth,
    radius_and_depth,
    relu_below_supremum,
    sampled,
    too_shallow,
)

USES = ["emww.init_state", "emww.prop_4_1_recursion"]

y = Claim(
    "emww.prop_4_1_y",
    paper=EMWW,
    place="Proposition 4.1",
    axes=radius_and_depth(4),
    derived={"L": depth},
    regime=deep(4),
    uses=USES,
    batch=NETWORKS,
    effort=EFFORT,
)
z = Claim(
    "emww.prop_4_1_z",
    paper=EMWW,
    place="Proposition 4.1",
    axes=radius_and_depth(4),
    derived={"L": depth},
    regime=deep(4),
    uses=USES,
    batch=NETWORKS,
    effort=EFFORT,
)
g = Claim(
    "emww.prop_4_1_g",
    paper=EMWW,
    place="Proposition 4.1",
    axes=radius_and_depth(4),
    derived={"L": depth},
    regime=deep(4),
    uses=USES,
    batch=NETWORKS,
    effort=EFFORT,
)


@y.at_most("supremum", quantity="largest |y|", expect=Verdict.HOLDS)
def supremum_of_y(p):
    return suprema(p.c, p.L).y, 4 * Q(p.c)


@z.at_most("supremum", quantity="largest ||z - x||", expect=Verdict.HOLDS)
def supremum_of_z(p):
    return suprema(p.c, p.L).z, 4 * Q(p.c) / p.L


@g.at_most("supremum", quantity="largest ||g - g_0||", expect=Verdict.HOLDS)
def supremum_of_g(p):
    return suprema(p.c, p.L, blocks=p.L).g, 6 * Q(p.c) ** 2 / p.L


@y.at_most("sampled", quantity="largest |y| found", expect=Verdict.HOLDS)
def sampled_y(p, rngs):
    return sampled(p, rngs, "y", 4 * p.c)


@z.at_most("sampled", quantity="largest ||z - x|| found", expect=Verdict.HOLDS)
def sampled_z(p, rngs):
    return sampled(p, rngs, "z", 4 * p.c / p.L)


@g.at_most("sampled", quantity="largest ||g - g_0|| found", expect=Verdict.HOLDS)
def sampled_g(p, rngs):
    return sampled(p, rngs, "g", 6 * p.c**2 / p.L)


@y.control("supremum")
@y.control("sampled")
def nine_tenths_of_c(p, lhs, rhs):
    return lhs, 9 * Q(p.c) / 10


@z.control("supremum")
@z.control("sampled")
def nine_tenths_of_c_over_L(p, lhs, rhs):
    return lhs, 9 * Q(p.c) / (10 * p.L)


@g.control("supremum")
@g.control("sampled")
def without_r_y(p, lhs, rhs):
    return lhs, 2 * Q(p.c) / p.L


@y.true_twin("sampled")
def relu_y(p, rngs):
    return relu_below_supremum(p, rngs, "y")


@z.true_twin("sampled")
def relu_z(p, rngs):
    return relu_below_supremum(p, rngs, "z")


@g.true_twin("sampled")
def relu_g(p, rngs):
    return relu_below_supremum(p, rngs, "g")


for claim in (y, z, g):
    claim.phase_map("supremum", over=(Axis("c", values=(0.25, 0.5, 1, 2, 4, 8, 16, 32)), Axis("L", 2, 512)))


def raised(p):
    """|y^(L)| of the extremal network for inputs of norm p.x and sigma(u) = p.slope u + p.origin, and 4c."""
    eps, x = Q(p.c) / p.L, Q(p.x)
    y, z = Q(0), x
    for _ in range(p.L - 1):
        g = p.slope * ((1 + eps) * z + eps * y) + p.origin
        y, z = y + eps * g, x + eps * g
    return y, 4 * Q(p.c)


ASSUMED = {"x": lambda p: 1, "slope": lambda p: 1, "origin": lambda p: 0, "ratio": lambda p: 4.0}
DEPTH, ONE = y.regime[0].statement, r"c \ge 1"
FAILS: dict[str, Any] = {"bounds": ["supremum"], "expect": {"supremum": Verdict.VIOLATED}}
STAYS: dict[str, Any] = {"bounds": ["supremum"], "expect": {"supremum": Verdict.HOLDS}}


def beyond(name, assumption):
    """The claim for y with one of `ASSUMED` at 2, 4, 8 and 16."""
    axes = [Axis("c", values=(1, 2, 4)), Axis(name, values=(2, 4, 8, 16))]
    return y.without(name, assumption=assumption, axes=axes, derived=ASSUMED, trials={"supremum": raised}, **FAILS)


y_shallow = y.without("depth", DEPTH, **too_shallow(4), **FAILS)
z_shallow = z.without("depth", DEPTH, **too_shallow(4), **FAILS)
g_shallow = g.without("depth", DEPTH, **too_shallow(4), **FAILS)
y_near = y.without("radius", ONE, **SMALL_RADII, **STAYS)
z_near = z.without("radius", ONE, **SMALL_RADII, **STAYS)
g_near = g.without("radius", ONE, **SMALL_RADII, **FAILS)
y_shifted = beyond("origin", r"$\sigma(0) = 0$")
y_steep = beyond("slope", r"$|\sigma'| \le 1$")
y_long = beyond("x", r"$\|x\| = 1$")
