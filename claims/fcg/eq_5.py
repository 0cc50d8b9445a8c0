r"""Equation (5): a step of gradient descent is short where the surrogate error is small.

Statement.  $h_k := \eta\big[\|\nabla_{W_1}L_S(W^{(k)})\|_2 + \theta\sum_{l=2}^L\|\nabla_{W_l}L_S(W^{(k)})\|_2 +
            \|\nabla_{W_{L+1}}L_S(W^{(k)})\|_2\big] \le C'\,\eta\sqrt m\;\mathcal E_S(W^{(k)})$ along the
            trajectory, with an absolute constant $C' > 0$.
Source.     Frei, Cao, Gu (2019), equation (5) in the proof of Theorem 3.5 (appendix A.1). With Lemma 4.2 it turns
            gradients into the decrease (6) of the loss.
Regime.     As in Theorem 3.5, with $\theta = 1/L$; $\eta$ goes from where almost nothing moves to the largest steps
            that descend. The inequality is homogeneous in $\eta$ where it appears; $\eta$ matters through the weights
            $W^{(k)}$ that it leads to.
Worst case. Over $k \le K = 10$, in the trace, and one sample: with several, the gradient is at most the mean of what
            each would give, with the same weights $-\ell'$ that make $\mathcal E_S$. The norms of the trace are
            Frobenius norms. They are never below the spectral norms of the print, and for one sample, whose
            gradients have rank one, they are equal.
Known.      $\|\nabla_{W_l}L_S\|_F = \theta^{\mathbb 1}\|x_{l-1}\|\,\|\Sigma_l q_l\|\,\mathcal E_S$, so that
            without inner layers, as $\theta \to 0$ and $m \to \infty$, the ratio is $\sqrt{1/2} + \sqrt{1/2} =
            \sqrt 2$ at initialisation. With $\theta = 1/L$ it is near 1.9.
Control.    $\theta = L^{-1/2}$: the ratio grows like $e^{c\sqrt L}$. Without $\sqrt m$: a trend along $m$.
Readings.   frobenius: Frobenius norms of the gradients for spectral ones, which makes the claim stronger.
"""

from lemmata import Axis, Claim, Verdict
from lemmata.claims.fcg import FCG
from lemmata.claims.fcg.trajectory import SMALL_STEP, WIDE, largest_step_length, runs
from lemmata.engine.train import train

step_lengths = Claim(
    "fcg.eq_5_h",
    paper=FCG,
    place="Equation (5)",
    axes=[
        Axis("m", values=(16, 48, 144), exponent=0),
        Axis("L", values=(2, 8, 32), exponent=0),
        Axis("step", 0.02, 2.0, exponent=0),
    ],
    derived={
        "theta": lambda p: 1 / p.L,
        "family": lambda p: "linear",
        "gamma": lambda p: 0.3,
        "n": lambda p: 1,
        "d": lambda p: 4,
        "K": lambda p: 10,
        "delta": lambda p: 0.1,
    },
    regime=[SMALL_STEP, WIDE],
    readings={"frobenius": "Frobenius norms, which are never below spectral ones"},
    uses=["fcg.lemma_4_4"],
    precision="float32",
)


@step_lengths.at_most(
    "h",
    quantity="largest h_k / (eta sqrt(m) E_S)",
    up_to_constant=True,
    reading="frobenius",
    expect=Verdict.HOLDS_UP_TO_CONSTANT,
)
def lengths(ps, rngs):
    trained = runs(ps, rngs)
    traces = train(trained, dtype=ps[0].dtype)
    return [largest_step_length(run, trace) for run, trace in zip(trained, traces, strict=True)], 1.0


@step_lengths.control("h")
def theta_too_large(p):
    return p.replace(theta=p.L**-0.5)


@step_lengths.control("h")
def without_the_root_of_m(p, lhs, rhs):
    return lhs * p.m**0.5, rhs
