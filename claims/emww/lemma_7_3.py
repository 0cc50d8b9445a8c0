r"""Lemma 7.3: one step of gradient descent reduces the risk.

Statement.  Assume that $\lambda' = \lambda_{\min}(H(\Theta_0)) > 0$. Assume further that $L \gtrsim c^2/\lambda'$ and
            $\eta \lesssim \lambda'/L$. If $\Theta_t, \Theta_{t+1} \in I_c(\Theta_0)$, then
            $\hat R_n(\Theta_{t+1}) \le \big(1 - \frac{\lambda'\eta L}4\big)\hat R_n(\Theta_t)$.
Source.     E, Ma, Wang, Wu (2019), Lemma 7.3, (7.7), for (7.1); $H$ is (4.8).
Regime.     The two constants are in the regime: this is a test of $L \ge 16c^2/\lambda_n$ and $\eta \le \frac12\lambda_n/L$, where
            the lemma was first seen to hold with room; the map goes on from there. $\lambda_n = \frac14$ is that of the
            kernel, near $\lambda'$, so that $L$ does not depend on $\Theta_0$.
Worst case. An antipodal pair, ReLU, $m = d = 1$. $\Theta_t$ is a corner of $I_c$: each of the blocks $a$, $r$, $B$ and $C$ of every
            layer is moved up or down by $c/L$, or by $0.7c/L$, in all 16 sign patterns, with all labels $\pm1$. Steps that
            leave $I_c$ do not count. $\Theta_0$ is sampled; the lemma is for every one.
Known.      As $L/c^2 \to \infty$ and $\eta \to 0$ the reduction of these errors is $1 - 2\lambda'\eta L$: room for a factor of eight.
Control.    $1 - 3\lambda'\eta L$.
Readings.   "literal": $H(\Theta_0)$ with $\sum_{l=1}^L$ of $\sigma(B_0^{(l)}x_i)$, as in the display after (4.8), which makes
            $\lambda'$ larger by the unused block. "net": blocks $l \le L - 1$, the gradients that (4.8) names.
"""

from math import ceil

import torch

from lemmata import Axis, Claim, Condition, Verdict
from lemmata.claims.emww import EMWW
from lemmata.claims.emww.at_initialisation import training_set
from lemmata.claims.emww.corners import OneStep
from lemmata.generators.initialisation import emww_initialisation

lemma_7_3 = Claim(
    "emww.lemma_7_3",
    paper=EMWW,
    place="Lemma 7.3",
    axes=[Axis("c", values=(1, 2)), Axis("kappa", 16.0, 64.0), Axis("u", 0.01, 0.5)],
    derived={
        "sigma": lambda p: "relu",
        "data": lambda p: "antipodal",
        "d": lambda p: 1,
        "m": lambda p: 1,
        "lambda_n": lambda p: training_set(p).lambda_n,
        "L": lambda p: ceil(p.kappa * p.c**2 / p.lambda_n),
        "eta": lambda p: p.u * p.lambda_n / p.L,
    },
    regime=[
        Condition(r"L \ge C_1 c^2 / \lambda'", lambda p: p.kappa, "C_1"),
        Condition(r"\eta \le c_0 \lambda' / L", lambda p: 1 / p.u, "c_0"),
    ],
    readings={"net": "H(Theta_0) with the blocks l <= L - 1, as the network has them"},
    uses=["emww.lemma_7_2", "emww.lemma_4_3_a"],
    batch=8,  # every corner of I_c at L = 1,024: 32 trials take 1.1 GB
    effort=0.3,  # a trial makes a step from every corner of I_c: up to 0.2 s
)


def largest_remainder(p, rngs, blocks):
    """max R_{t+1} / R_t over the corners, and lambda' eta L, with so many blocks in H(Theta_0)."""
    B_0 = emww_initialisation(rngs, p.d, p.m, p.L, p.L, dtype=p.dtype)
    step = OneStep(p, B_0)
    features = torch.relu(B_0.B[:, :blocks].flatten(1, 2) @ training_set(p).x.to(p.dtype).T)
    H = features.mT @ features / (features.shape[-1] * p.L)
    return step.worst(step.risk_after / step.risk), torch.linalg.eigvalsh(H)[:, 0] * p.eta * p.L


QUANTITY = {"quantity": "max R_{t+1} / R_t", "expect": Verdict.HOLDS}


@lemma_7_3.at_most("reduction", **QUANTITY)
def with_L_blocks(p, rngs):
    remainder, rate = largest_remainder(p, rngs, p.L)
    return remainder, 1 - rate / 4


@lemma_7_3.at_most("reduction", reading="net", **QUANTITY)
def with_the_blocks_of_the_network(p, rngs):
    remainder, rate = largest_remainder(p, rngs, p.L - 1)
    return remainder, 1 - rate / 4


@lemma_7_3.control("reduction")
def three_times_the_rate(p, lhs, rhs):
    return lhs, 1 - 12 * (1 - rhs)


lemma_7_3.phase_map("reduction", over=(Axis("kappa", 0.5, 16.0), Axis("u", 0.5, 16.0)), at={"c": 2})
