r"""After Corollary 3.7: what depth does to a step of gradient descent in residual and in fully connected networks.

Statement.  "In comparison with the results of Cao and Gu (2019b), the width $m$, number of samples $n$, step size
            $\eta$, and number of iterates $K$ required for the guarantees for residual networks given in Theorem
            3.5 and Corollary 3.7 all have (at most) logarithmic dependence on $L$ as opposed to the exponential
            dependence in the corresponding results for the non-residual architecture."
Source.     Frei, Cao, Gu (2019), the paragraph after Corollary 3.7. The condition on $\eta$ comes from (5),
            $h_k \le C'\eta\sqrt m\,\mathcal E_S(W^{(k)})$: the second-order term of Lemma 4.2 has to stay below the
            decrease.
Regime.     Residual: $\theta = 1/L$. Fully connected: $x_l = \sigma(W_l^\top x_{l-1})$. Both have the same initial
            weights, samples, step size $\eta = 1/(2m)$ and $K = 10$. $m = 48$, $n = 4$, $\gamma = 0.3$.
Worst case. Over $k \le K$, in the traces: the largest $h_k/(\eta\sqrt m\,\mathcal E_S)$, with Frobenius norms for the
            spectral ones of $h$ in both networks.
Known.      In $h_k$ a fully connected network has $L + 1$ layers of full weight, a residual one has $2 + \theta^2 L$.
            At $\theta = L^{-1/2}$ the norms of the layers grow like $e^{c\sqrt L}$.
Control.    The sides exchanged, and $\sqrt L$ taken away from what becomes the larger one. True twin: the larger side
            times $L$.
Readings.   quantities: the print compares sufficient conditions of two papers; here the size of a step is compared,
            on which the conditions rest. "Logarithmic" and "exponential" become exponents of $L$ that differ by
            `gap`; more than a power is not asked for, and at these depths not seen.
"""

from lemmata import Axis, Claim, Verdict
from lemmata.claims.fcg import FCG
from lemmata.claims.fcg.trajectory import largest_step_length, runs, with_network
from lemmata.engine.train import train

step_size = Claim(
    "fcg.depth_step_size",
    paper=FCG,
    place="After Corollary 3.7",
    axes=[Axis("L", values=(2, 4, 8, 16, 32, 64), exponent=0)],
    derived={
        "theta": lambda p: 1 / p.L,
        "m": lambda p: 48,
        "step": lambda p: 0.5,
        "K": lambda p: 10,
        "family": lambda p: "linear",
        "gamma": lambda p: 0.3,
        "n": lambda p: 4,
        "d": lambda p: 4,
    },
    readings={"quantities": "quantities are compared instead of the conditions that two papers have for them"},
    uses=["fcg.eq_5_h"],
)


def step_lengths(given):
    return [largest_step_length(run, trace) for run, trace in zip(given, train(given), strict=True)]


@step_size.grows_slower(
    "skips",
    axis="L",
    reading="quantities",
    quantity="largest h_k / (eta sqrt(m) E_S), without skips as bound",
    expect=Verdict.HOLDS,
)
def residual_against_fully_connected(ps, rngs):
    residual = runs(ps, rngs)
    return step_lengths(residual), step_lengths(with_network(residual, skip=False))


@step_size.grows_slower(
    "scaling",
    axis="L",
    reading="quantities",
    quantity="largest h_k / (eta sqrt(m) E_S), theta = L^(-1/2) as bound",
    expect=Verdict.HOLDS,
)
def small_against_large_theta(ps, rngs):
    small = runs(ps, rngs)
    large = [with_network([run], theta=run.network.L**-0.5)[0] for run in small]
    return step_lengths(small), step_lengths(large)


@step_size.control("skips")
@step_size.control("scaling")
def sides_exchanged(p, lhs, rhs):
    return rhs, lhs * p.L**-0.5


@step_size.true_twin("skips")
@step_size.true_twin("scaling")
def times_depth(p, lhs, rhs):
    return lhs, rhs * p.L
