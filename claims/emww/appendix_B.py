r"""Appendix B: one entry of the Gram matrix is close to the kernel.

Statement.  For a given $t \ge 0$ and all $i$, $j$, "using Hoeffding's inequality",
            $P\{|H_{i,j}(\Theta_0) - K_{i,j}| > t/n\} \le e^{-2mLt^2}$.
Source.     E, Ma, Wang, Wu (2019), Appendix B, the proof of Lemma 4.4. It writes $k(x_i, x_j)$ for $K_{i,j}$, which
            has the factor $\frac1n$ that $H$ has.
Regime.     All $t$, $m$, $L$ and points; ReLU here, for other activations see Lemma 4.4.
Worst case. None is sought: these are probabilities over $\Theta_0$. For $n = d = 1$, $mL H_{11}$ is
            $\text{Bin}(mL, 1/2)$ and $K_{11} = 1/2$, with an exact law. An odd $mL$ and $t < \frac1{2mL}$ make the
            event certain.
Known.      Hoeffding's inequality bounds either side, $H - K$ or $K - H$, by $e^{-2mLt^2}$, and the absolute value
            by twice as much. As $mL \to \infty$ the event has probability $2\Phi(-2t\sqrt{mL}) \le e^{-2mLt^2}$ in
            the case $n = d = 1$: it takes a small $mL$ to see that the factor is missing.
Control.    $e^{-8mLt^2}$. True twin: the event with probability $2e^{-2mLt^2}$.
Readings.   "net": only the blocks $l \le L - 1$ of (2.2), with $\frac1{nL}$ in front; then $E H = (1 - 1/L)K$.
Erratum.    The factor 2 is missing. With $n = d = m = 1$, ReLU, $L = 3$, $t = 0.16$, $H$ is a multiple of 1/3 and
            $K = 1/2$, so that the event is certain, but $e^{-6t^2} = 0.858$. Summed over $i, j$, Lemma 4.4 then
            needs $\ln(2n^2/\delta)$.
"""

from math import exp, log, sqrt

from lemmata import Claim, Verdict
from lemmata.claims.emww import EMWW
from lemmata.claims.emww.at_initialisation import NET, gram, training_set
from lemmata.generators.kernel import kernel_matrix

event = Claim(
    "emww.appB_event",
    paper=EMWW,
    place="Appendix B",
    points=[
        {"data": data, "d": d, "m": m, "L": L, "t": t}
        for data, d, m, L, t in (
            ("one", 1, 1, 3, 0.16),
            ("one", 1, 1, 74, 0.125),
            ("one", 1, 4, 10, 0.15),
            ("one", 1, 20, 2, 0.14),
            ("orthonormal", 2, 2, 10, 0.15),
            ("simplex", 3, 16, 4, 0.12),
        )
    ],
    derived={"sigma": lambda p: "relu", "delta": lambda p: exp(-2 * p.m * p.L * p.t**2)},
    readings={"net": NET},
)


def deviation(p, rngs, blocks=None, t=None):
    """|H_ij - K_ij| and t/n, for the first and the last point."""
    x = training_set(p).x
    return (gram(p, rngs, blocks=blocks)[:, 0, -1] - kernel_matrix(x)[0, -1]).abs(), (t or p.t) / len(x)


def law_of_L_blocks(p):
    """P{|H_11 - 1/2| > t} for n = d = 1, where m L H_11 is Bin(m L, 1/2), and exp(-2 m L t^2)."""
    from fractions import Fraction
    from math import comb

    from mpmath import exp, mpf

    N = p.m * p.L
    failing = sum(comb(N, k) for k in range(N + 1) if abs(Fraction(k, N) - Fraction(1, 2)) > Fraction(p.t))
    return mpf(failing) / 2**N, exp(-2 * N * mpf(p.t) ** 2)


def law_of_the_net(p):
    """P{|H_11 - 1/2| > t} for n = d = 1, where m L H_11 is Bin(m (L - 1), 1/2), and exp(-2 m L t^2)."""
    from fractions import Fraction
    from math import comb

    from mpmath import exp, mpf

    N, mL = p.m * (p.L - 1), p.m * p.L
    failing = sum(comb(N, k) for k in range(N + 1) if abs(Fraction(k, mL) - Fraction(1, 2)) > Fraction(p.t))
    return mpf(failing) / 2**N, exp(-2 * mL * mpf(p.t) ** 2)


EVENT = {
    "quantity": "|H_ij - K_ij|",
    "delta": "delta",
    "expect": Verdict.VIOLATED,
}
FACTOR_2 = "Hoeffding's inequality for the absolute value has a factor 2."
BIAS = "With the L - 1 blocks of (2.2), E H = (1 - 1/L) K, so that wide networks of small L fail."


@event.at_most("hoeffding", exact=law_of_L_blocks, erratum=FACTOR_2, **EVENT)
def with_L_blocks(p, rngs):
    return deviation(p, rngs, blocks=p.L)


@event.at_most("hoeffding", reading="net", exact=law_of_the_net, erratum=f"{FACTOR_2} {BIAS}", **EVENT)
def with_the_blocks_of_the_network(p, rngs):
    return deviation(p, rngs)


@event.control("hoeffding")
def half_the_distance(p, lhs, rhs):
    return lhs, rhs / 2


@event.true_twin("hoeffding")
def twice_the_probability(p, rngs):
    return deviation(p, rngs, blocks=p.L, t=sqrt(p.t**2 + log(2) / (2 * p.m * p.L)))
