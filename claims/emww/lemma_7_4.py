r"""Lemma 7.4: as long as the risk falls, gradient descent stays in the neighbourhood.

Statement.  Let $c \gtrsim 1/\lambda'$ where $\lambda' = \lambda_{\min}(H(\Theta_0)) > 0$. Let $t_0$ be such that
            $\Theta_t \in I_c(\Theta_0)$ and $\hat R_n(\Theta_t) \le \big(1 - \frac{\lambda'\eta L}4\big)^t\hat R_n(\Theta_0)$ for
            $t = 0, 1, ..., t_0$, then we have $\Theta_{t_0+1} \in I_c(\Theta_0)$.
Source.     E, Ma, Wang, Wu (2019), Lemma 7.4, for (7.1) from (2.5). Its proof ends with $\frac8{\lambda'L}\sqrt{\hat R_n(\Theta_0)} < \frac cL$;
            it writes $\lambda'\eta L/(4n)$ on the way.
Regime.     No condition on $L$ or $\eta$ is printed. $L$ from 32, and $\eta$ half of what the trace of the Gram matrix allows,
            $\eta L\,\text{tr} H = \frac12$. $\lambda_n = 1/9$ to $1/36$: two points in the plane, the closer the smaller $\lambda_n$.
Worst case. The labels are the bottom eigenvector of $K$, scaled to $\max|y_i| = 1$. One trial has
            $L\lambda'\max\|W_t^{(l)} - W_0^{(l)}\|$, over the blocks $W$, the layers $l$ and all $t \le t_0 + 1$, where $t_0$ is the last step for
            which the hypothesis on the risk holds, at most $4/(\eta L\lambda_n)$. It is this that has to be below the $C$ of $c = C/\lambda'$.
Known.      The linear model ends at $a^{(l)} = \Phi_l^\top(\Phi\Phi^\top)^{-1}y$, whose mean square over the layers is
            $\|y\|^2/(nL^2\lambda')$ for these labels: the quantity is of order $\sqrt{\lambda'}$ unless one layer has more than its share.
Control.    $c = C$ in place of $C/\lambda'$.
Readings.   Whether blocks are counted to $L$ or to $L - 1$ changes nothing but $\lambda'$, by a factor $1 - 1/L$: an unused block
            never moves.
"""

import torch

from lemmata import Axis, Claim, Verdict
from lemmata.claims.emww import EMWW
from lemmata.claims.emww.paths import SAMPLE, network
from lemmata.engine.skip_flow import gradient_descent

lemma_7_4 = Claim(
    "emww.lemma_7_4",
    paper=EMWW,
    place="Lemma 7.4",
    axes=[Axis("inv_lambda", 9.0, 36.0, exponent=1, toward="inf"), Axis("L", 32, 512, exponent=-1)],
    derived={
        "sigma": lambda p: "relu",
        "data": lambda p: "pair",
        "d": lambda p: 2,
        "m": lambda p: 2,
        "delta": lambda p: 0.1,
        **{name: rule for name, rule in SAMPLE.items() if name != "inv_lambda"},
    },
    uses=["emww.lemma_4_3_a"],
)


@lemma_7_4.at_most(
    "distance",
    quantity="L lambda' max ||W_t - W_0||",
    up_to_constant=True,
    delta="delta",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def farthest_while_falling(p, rngs):
    net, features = network(p, rngs)
    Phi = features.flatten(2)
    H = torch.linalg.eigvalsh(Phi @ Phi.mT / (p.n * p.L))
    rate, eta = H[:, 0], 0.5 / (p.L * H.sum(1))
    start = net.risk(torch.zeros_like(net.y))
    farthest, falling = torch.zeros_like(start), torch.ones_like(start, dtype=torch.bool)
    last = (4 / (eta * p.L * p.lambda_n)).ceil()
    for state in gradient_descent(net, eta, int(last.max())):
        distance = net.shape.block_norms(state.V).amax((1, 2))
        farthest = torch.where(falling, torch.maximum(farthest, distance), farthest)
        falling &= (state.risk <= (1 - rate * eta * p.L / 4) ** state.t * start) & (state.t < last)
        if not bool(falling.any()):
            break
    return p.L * rate * farthest, 1.0


@lemma_7_4.control("distance")
def without_lambda(p, lhs, rhs):
    return lhs, rhs * p.lambda_n
