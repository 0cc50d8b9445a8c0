r"""Lemma 3.1: gradient flow of a function that is coercive near its start.

Statement.  Assume that there are constants $c_1, c_2, c_3$ such that $4c_3J(\Theta_0) < c_1^2c_2^2$ and for
            $\|\Theta - \Theta_0\| \le c_1$, $c_2J(\Theta) \le \|\nabla J(\Theta)\|^2 \le c_3J(\Theta)$. Then for any $t \ge 0$, we have
            $J(\Theta_t) \le e^{-c_2t}J(\Theta_0)$.
Source.     E, Ma, Wang, Wu (2019), Lemma 3.1, (3.1), for $\frac d{dt}\Theta_t = -\nabla J(\Theta_t)$.
Regime.     $c_1$ is $1.01$ times what $4c_3J(\Theta_0) < c_1^2c_2^2$ asks for. The axes are $\tau = c_2t$ and $c_3/c_2$, or the start
            $\theta_0$. Nothing is random: what is drawn are cases.
Worst case. "quadratic": $J = \frac12\sum_i\mu_i\theta_i^2$, $\mu$ from $c_2/2$ to $c_3/2$, for which (3.1) holds everywhere and
            $\Theta_t$ is explicit. Where only the bottom mode is excited the two sides are equal; up to a thousandth of $J$ is put
            in the others. "oscillating": $J = \theta^2 + 3\sin^2\theta$, not convex, with $c_2$ and $c_3$ the extreme values of
            $J'^2/J$ on a fine grid, 1 % beyond them; the time from $\theta_0$ to $\theta_t$ is the integral of $d\theta/J'(\theta)$.
Known.      $J'^2/J \to 16$ at $\theta = 0$ and $\to 4$ at infinity; it is smallest, $0.35$, near $\theta = 2.2$, where a path that is slow
            there and fast elsewhere stays far below the bound.
Control.    The rate $1.01c_2$, and $J = \frac12\theta^2$ that turns flat outside of $|\theta - 1| \le \frac12$: there (3.1) holds in the ball
            for $c_2 = c_3 = 2$, but $4c_3J(\Theta_0) = 4 > c_1^2c_2^2 = 1$. The rate $c_3$ for "oscillating".
Readings.   None is needed: no network is in it. That $c_1, c_2, c_3 > 0$ and $J \ge 0$ is understood.
"""

from functools import cache
from math import exp, log, sin

import numpy as np
import torch
from scipy.integrate import quad

from lemmata import Axis, Claim, Verdict
from lemmata.claims.emww import EMWW
from lemmata.generators.draws import uniforms

quadratic = Claim(
    "emww.lemma_3_1",
    paper=EMWW,
    place="Lemma 3.1",
    axes=[Axis("tau", 0.1, 10.0), Axis("condition", 1.0, 100.0)],
    derived={"c_2": lambda p: 1.0, "c_3": lambda p: p.c_2 * p.condition},
)


@quadratic.at_most("decay", quantity="J(Theta_t) / J(Theta_0)", expect=Verdict.HOLDS)
def mostly_in_the_bottom_mode(p, rngs):
    share = 1e-3 * uniforms(rngs, 3).to(p.dtype)  # of J(Theta_0) in each of the other modes
    share = torch.cat([1 - share.sum(1, keepdim=True), share], 1)
    mu = torch.linspace(p.c_2, p.c_3, 4, dtype=p.dtype) / 2
    return (share * torch.exp(-2 * mu * p.tau / p.c_2)).sum(1), exp(-p.tau)


@quadratic.control("decay")
def faster_by_a_hundredth(p, lhs, rhs):
    return lhs, exp(-1.01 * p.tau)


@quadratic.control("decay")
def flat_outside_of_a_small_ball(p):
    """From theta = 1 to 1/2 J = theta^2/2; below, J' = max(5u, 0) with u = theta - 0.4, and J ends at 0.1."""
    t = p.tau / 2  # c_2 = 2
    theta = exp(-t)
    u = 0.1 * exp(-5 * max(t - log(2), 0.0))
    J = theta**2 / 2 if theta > 0.5 else 0.1 + 2.5 * u**2
    return J / 0.5, exp(-p.tau)


oscillating = Claim(
    "emww.lemma_3_1_oscillating",
    paper=EMWW,
    place="Lemma 3.1",
    # J'' < 0 from 0.96 to 2.19, from 4.10 to 5.33 and from 7.24 on; left is the part of theta_0 where the path ends.
    axes=[Axis("theta_0", 0.5, 8.0), Axis("left", 0.01, 0.9)],
)


def J_of(theta):
    return theta**2 + 3 * sin(theta) ** 2


def slope(theta):
    return 2 * theta + 3 * sin(2 * theta)


@cache
def constants():
    """c_2 and c_3 of (3.1) on the whole line: J'^2 / J on a grid of [0, 40], where it has come close to its limit 4."""
    theta = np.linspace(1e-3, 40, 400_001)
    ratio = (2 * theta + 3 * np.sin(2 * theta)) ** 2 / (theta**2 + 3 * np.sin(theta) ** 2)
    return 0.99 * ratio.min(), 1.01 * ratio.max()


@oscillating.at_most("decay", quantity="J(Theta_t) / J(Theta_0)", expect=Verdict.HOLDS)
def from_theta_0_to_a_part_of_it(p):
    end = p.left * p.theta_0
    t = quad(lambda theta: 1 / slope(theta), end, p.theta_0, limit=200)[0]
    return J_of(end) / J_of(p.theta_0), exp(-constants()[0] * t)


@oscillating.control("decay")
def at_the_rate_c_3(p):
    end = p.left * p.theta_0
    t = quad(lambda theta: 1 / slope(theta), end, p.theta_0, limit=200)[0]
    return J_of(end) / J_of(p.theta_0), exp(-constants()[1] * t)
