r"""Proposition 4.2, the proof: a lower bound of $\alpha$.

Statement.  If $L \ge 6c^2$, for any $\Theta \in I_c(\Theta_0)$, $x$ and $l$,
            $$\alpha^{(l)} = \alpha^{(l+1)} + (r^{(l)})^\top\gamma^{(l)} \ge \alpha^{(l+1)} - 3\varepsilon^2
              \ge \alpha^{(L)} - 3L\varepsilon^2 \ge 1 - \frac{3c^2}L,\qquad \varepsilon = \frac cL.$$
Source.     E, Ma, Wang, Wu (2019), the end of the proof of Proposition 4.2.
Regime.     $L \ge 6c^2$, $c \ge 1$; all $d$, $m$, $\sigma$, $\Theta_0$ of (2.5) and $x$. Nothing is random.
Worst case. "supremum": $1 - \sup|\alpha - 1|$, of the extremal network of Proposition 4.2, in rational arithmetic; nothing is
            smaller, but $\alpha$ does not come down to it. "signs": $d = m = 1$, $x = B_0 = 1$, ReLU, and every block of a layer
            moved by $\pm\varepsilon$, the same in all layers: the smallest $\alpha^{(1)}$ over the 16 patterns of signs. By (4.3)
            $(\alpha, \beta)$ are multiplied by one matrix from layer to layer.
Known.      With $C = 0$, $B = B_0$, $a = \varepsilon$ and $r = -\varepsilon$: $\alpha^{(1)} = (1 - \varepsilon^2)^{L-1}$, which is
            $1 - c^2/L$ up to $O(c^4/L^2 + c^2/L^2)$: the bound is three times too low, as $\gamma \le 3\varepsilon$ is for $\gamma \approx \varepsilon$.
Control.    $1 - c^2/(2L)$.
"""

from fractions import Fraction as Q
from itertools import product

import numpy as np

from lemmata import Claim, Verdict
from lemmata.adversaries.skip_network import suprema
from lemmata.claims.emww import EFFORT, EMWW, deep, depth, radius_and_depth

lower = Claim(
    "emww.prop_4_2_alpha_lower",
    paper=EMWW,
    place="Proposition 4.2, proof",
    axes=radius_and_depth(6),
    derived={"L": depth},
    regime=deep(6),
    uses=["emww.eq_4_3_backprop", "emww.prop_4_2_gamma"],
    effort=EFFORT,
)


@lower.at_least("supremum", quantity="1 - sup |alpha - 1|", expect=Verdict.HOLDS)
def below_every_network(p):
    return 1 - suprema(p.c, p.L).alpha, 1 - 3 * Q(p.c) ** 2 / p.L


@lower.at_least("signs", quantity="smallest alpha found", expect=Verdict.HOLDS)
def smallest_over_the_signs(p):
    return float(alpha_by_signs(p.c, p.L).min()), 1 - 3 * p.c**2 / p.L


def alpha_by_signs(c, L):
    """alpha^(1) for d = m = 1, x = B_0 = 1 and each of the 16 sign patterns of the moves of a, r, B and C."""
    a, r, B, C = c / L * np.array(list(product((1.0, -1.0), repeat=4))).T
    gamma = np.stack([a, C], 1)  # gamma = a alpha + C beta, as a row
    step = np.stack([np.array([1.0, 0.0]) + r[:, None] * gamma, (1 + B)[:, None] * gamma], 1)
    return np.linalg.matrix_power(step, L - 1)[:, 0, 0]


@lower.control("supremum")
@lower.control("signs")
def half(p, lhs, rhs):
    return lhs, 1 - Q(p.c) ** 2 / (2 * p.L)
