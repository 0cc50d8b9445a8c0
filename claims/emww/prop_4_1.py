r"""Proposition 4.1: forward stability.

Statement.  If $L \ge 4c^2$, we have for any $\Theta \in I_c(\Theta_0)$ and $x \in S^{d-1}$ that
            $$|y^{(l)}(x;\Theta) - y^{(l)}(x;\Theta_0)| \le 4c,\quad
              \|z^{(l)}(x;\Theta) - z^{(l)}(x;\Theta_0)\| \le \frac{4c}L,\quad
              \|g^{(l)}(x;\Theta) - g^{(l)}(x;\Theta_0)\| \le \frac{6c^2}L.$$
Source.     E, Ma, Wang, Wu (2019), Proposition 4.1, (4.2); $I_c(\Theta_0)$ is Definition 1: every block $a$, $r$, $B$, $C$ of
            every layer within $c/L$ of its initialisation (2.5), in the Frobenius norm; $c \ge 1$ there.
Regime.     $L \ge 4c^2$, $c \ge 1$. Nothing is random: all $d$, $m$, 1-Lipschitz $\sigma$ with $\sigma(0) = 0$, and all $\Theta_0$ that
            (2.5) can give. Definition 1 counts blocks $l \le L$, (2.2) uses $l \le L-1$; the last $g^{(L)}$ is bounded too,
            which is the stronger reading. $y^{(l)}$ and $z^{(l)}$ for $l \le L$ need $L-1$ blocks in both.
Worst case. $d = m = 1$, $x = B_0 = 1$ and every parameter raised by $\varepsilon = c/L$: each triangle and Cauchy-Schwarz inequality
            of $o^{(l+1)} \le \varepsilon((1+\varepsilon)(1+o^{(l)}) + \varepsilon|y^{(l)}|)$, $|y^{(l+1)}| \le |y^{(l)}| + \varepsilon((1+\varepsilon)(1+o^{(l)}) + \varepsilon|y^{(l)}|)$ is an
            equality, so that this network gives the exact supremum (bound "supremum", in rational arithmetic).
Known.      "sampled" searches near sampled $\Theta_0$ by block Frank-Wolfe, for linear networks of width 2 with $d = 1$: there
            $\|B_0 x\| = 1$ in every layer, and the supremum is attained near every $\Theta_0$. Random search does not find it.
            As $c \to \infty$ with $L = 4c^2$: $|y| \to 4(e^{1/4} - 1)\,c = 1.14\,c$. The worst case is $c = 1.25$, $L = 7$.
Control.    $0.9c$, $0.9c/L$, and $2c/L$ (without the part $r\,y$ of $g$). True twin: near ReLU networks with $d = 2$, the attack
            stays below the supremum itself.
"""

from fractions import Fraction as Q

from claims.emww import EMWW, largest, neighbourhood
from harness.adversaries.skip_network import suprema
from harness.claim import Claim, Condition, Sides
from harness.networks.activations import relu

REGIME = [Condition(r"L \ge 4c^2", lambda p: p.L / (4 * p.c**2)), Condition(r"c \ge 1", lambda p: p.c)]

y = Claim("emww.prop_4_1_y", paper=EMWW, place="Proposition 4.1", regime=REGIME, **neighbourhood(4))
z = Claim("emww.prop_4_1_z", paper=EMWW, place="Proposition 4.1", regime=REGIME, **neighbourhood(4))
g = Claim("emww.prop_4_1_g", paper=EMWW, place="Proposition 4.1", regime=REGIME, **neighbourhood(4))


@y.at_most("supremum", quantity="largest |y|")
def supremum_of_y(p):
    return suprema(p.c, p.L).y, 4 * Q(p.c)


@z.at_most("supremum", quantity="largest ||z - x||")
def supremum_of_z(p):
    return suprema(p.c, p.L).z, 4 * Q(p.c) / p.L


@g.at_most("supremum", quantity="largest ||g - g_0||")
def supremum_of_g(p):
    return suprema(p.c, p.L, blocks=p.L).g, 6 * Q(p.c) ** 2 / p.L


@y.at_most("sampled", quantity="largest |y| found")
def sampled_y(p, rngs):
    found = largest(p, rngs, lambda near: near.forward.y[..., None])
    return Sides(found.value, 4 * p.c, found.random, float(suprema(p.c, p.L).y))


@z.at_most("sampled", quantity="largest ||z - x|| found")
def sampled_z(p, rngs):
    found = largest(p, rngs, lambda near: near.forward.z - near.x[:, :, None])
    return Sides(found.value, 4 * p.c / p.L, found.random, float(suprema(p.c, p.L).z))


@g.at_most("sampled", quantity="largest ||g - g_0|| found")
def sampled_g(p, rngs):
    found = largest(p, rngs, lambda near: near.forward.g - near.g_0)
    return Sides(found.value, 6 * p.c**2 / p.L, found.random, float(suprema(p.c, p.L).g))


@y.control("supremum")
@y.control("sampled")
def nine_tenths_of_c(p, lhs, rhs):
    return lhs, rhs * 9 / 40


@z.control("supremum")
@z.control("sampled")
def nine_tenths_of_c_over_L(p, lhs, rhs):
    return lhs, rhs * 9 / 40


@g.control("supremum")
@g.control("sampled")
def without_r_y(p, lhs, rhs):
    return lhs, rhs / (3 * Q(p.c))


@y.true_twin("sampled")
def relu_networks_y(p, rngs):
    found = largest(p, rngs, lambda near: near.forward.y[..., None], relu, d=2)
    return found.value, float(suprema(p.c, p.L).y)


@z.true_twin("sampled")
def relu_networks_z(p, rngs):
    found = largest(p, rngs, lambda near: near.forward.z - near.x[:, :, None], relu, d=2)
    return found.value, float(suprema(p.c, p.L).z)


@g.true_twin("sampled")
def relu_networks_g(p, rngs):
    found = largest(p, rngs, lambda near: near.forward.g - near.g_0, relu, d=2)
    return found.value, float(suprema(p.c, p.L).g)
