r"""Proof of Lemma 4.2: the loss in second order of the change of the outputs.

Statement.  "Since $\ell''(z) \le 0.5$ for all $z \in \mathbb R$", with $\Delta_i = f_{\hat W}(x_i) - f_{\tilde
            W}(x_i)$ and $\tilde y_i = f_{\tilde W}(x_i)$, $$L_S(\hat W) - L_S(\tilde W) \le \frac1n\sum_{i=1}^n
            \Big[\ell'(y_i\tilde y_i)\, y_i\Delta_i + \frac14 \Delta_i^2\Big].$$
Source.     Frei, Cao, Gu (2019), appendix B.2, after (26).
Regime.     None: all networks and samples. Only outputs and labels enter, and a network can have any outputs.
Worst case. Closed form: $\ell''(z) = e^z/(1 + e^z)^2$ is largest at $z = 0$, so that outputs $\tilde y_i = 0$ and
            small equal $|\Delta_i|$ are worst. The ratio of what is left of the loss after its linear part to
            $\frac1n\sum_i\Delta_i^2$ tends to $\frac18$ as $\Delta_i \to 0$; at ${\tt change} = |\Delta_i| = 0.1$ it
            is $\frac18(1 - 4 \cdot 10^{-4})$. Beside it, random outputs and changes. $\ell''$ is taken at $z = \log
            r$ with rational $r$, where it is rational.
Known.      $\sup\ell'' = \frac14$, so that $\frac14\Delta_i^2$ can be $\frac18\Delta_i^2$, and no less.
Control.    $\frac19$ in place of $\frac14$ or $\frac18$; $\ell'' \le \frac15$. True twin: the other sign of
            $\Delta_i$.
Readings.   sharp: with the smallest constants, $\ell'' \le \frac14$ and $\frac18\Delta_i^2$.
"""

from fractions import Fraction as Q

import torch
from torch.nn.functional import logsigmoid

from lemmata import Axis, Claim, Sides, Verdict
from lemmata.claims.fcg import FCG
from lemmata.generators.draws import normals

second_order = Claim(
    "fcg.L_S_second_order",
    paper=FCG,
    place="Appendix B.2, after (26)",
    axes=[Axis("n", 1, 64), Axis("change", 0.1, 30.0), Axis("r", 1, 1000)],
    readings={"sharp": "with the smallest constants: l'' <= 1/4, and 1/8 in place of 1/4"},
)


def remainder(y: torch.Tensor, y_tilde: torch.Tensor, Delta: torch.Tensor) -> torch.Tensor:
    """L_S(W_hat) - L_S(W_tilde) - mean l'(y_i y_tilde_i) y_i Delta_i, over mean Delta_i^2, for rows [B, n]: [B]."""
    loss_hat, loss_tilde = (-logsigmoid(y * f) for f in (y_tilde + Delta, y_tilde))
    linear = -torch.sigmoid(-y * y_tilde) * y * Delta
    return (loss_hat - loss_tilde - linear).mean(1) / Delta.square().mean(1)


def worst_remainder(p, rngs, sign=1.0):
    """At the worst outputs, where the margins grow or (sign = -1) shrink; and at random ones."""
    y, y_tilde, Delta = normals(rngs, 3, p.n, dtype=p.dtype).unbind(1)
    y = y.sign()
    return remainder(y, 0 * y, sign * p.change * y), remainder(y, 3 * y_tilde, p.change * Delta)


@second_order.at_most("loss", quantity="second-order part over mean Delta_i^2", expect=Verdict.HOLDS)
def quarter(p, rngs):
    found, random = worst_remainder(p, rngs)
    return Sides(found, 0.25, random=random)


@second_order.at_most("loss", quantity="second-order part over mean Delta_i^2", reading="sharp", expect=Verdict.HOLDS)
def eighth(p, rngs):
    found, random = worst_remainder(p, rngs)
    return Sides(found, 0.125, random=random)


@second_order.control("loss")
def ninth(p, lhs, rhs):
    return lhs, 1 / 9


@second_order.true_twin("loss")
def other_sign(p, rngs):
    return worst_remainder(p, rngs, sign=-1.0)[0], 0.125


@second_order.at_most("curvature", quantity="l''(log r)", expect=Verdict.HOLDS)
def half(p):
    return curvature(p.r), Q(1, 2)


@second_order.at_most("curvature", quantity="l''(log r)", reading="sharp", expect=Verdict.HOLDS)
def quarter_too(p):
    return curvature(p.r), Q(1, 4)


def curvature(r: int) -> Q:
    """l''(log r) = r / (1 + r)^2; that of -log r is the same."""
    return Q(r, (1 + r) ** 2)


@second_order.control("curvature")
def fifth(p, lhs, rhs):
    return lhs, Q(1, 5)
