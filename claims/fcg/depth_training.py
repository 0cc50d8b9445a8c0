r"""After Corollary 3.7: what depth does to the training of residual and of fully connected networks.

Statement.  "In comparison with the results of Cao and Gu (2019b), the width $m$, number of samples $n$, step size
            $\eta$, and number of iterates $K$ required for the guarantees for residual networks given in Theorem
            3.5 and Corollary 3.7 all have (at most) logarithmic dependence on $L$ as opposed to the exponential
            dependence in the corresponding results for the non-residual architecture."
Source.     Frei, Cao, Gu (2019), the paragraph after Corollary 3.7.
Regime.     Residual: $\theta = 1/L$. Fully connected: $x_l = \sigma(W_l^\top x_{l-1})$. Both have the same initial
            weights, samples, step size $\eta = 1/(2m)$ and number of steps. $m = 48$, $n = 4$, $\gamma = 0.3$.
Worst case. Over $k \le K$, in the traces. What guarantees rest on is the size of a step, $h_k \le C'\eta\sqrt m\,
            \mathcal E_S$ in (5): it decides how small $\eta$ has to be. What users see is the number of steps to a
            surrogate error of $1/4$.
Known.      In $h_k$ a fully connected network has $L + 1$ layers of full weight, a residual one has $2 + \theta^2 L$.
            At $\theta = L^{-1/2}$ the output has size $e^{c\sqrt L}$.
Control.    The residual network with $\theta = L^{-1/2}$ in place of $1/L$ (for the bound `scaling`: $\theta = 1$); for the
            number of steps, the fully connected one against itself. True twin: the larger side times $L$.
Readings.   quantities: the print compares sufficient conditions of two papers; here quantities are compared.
            "Logarithmic" and "exponential" become exponents of $L$ that differ by `gap`.
Erratum.    None: the sentence speaks of guarantees. The size of a step does grow with $L$ in fully connected networks,
            and not in residual ones; the number of steps that they need does not, at these depths.
"""

from claims.fcg import FCG
from claims.fcg.trajectory import largest_step_length, runs, steps_to, with_network
from harness.claim import Axis, Claim
from harness.engine.train import train

FACTS = {
    "paper": FCG,
    "place": "After Corollary 3.7",
    "axes": [Axis("L", values=(2, 4, 8, 16, 32, 64), exponent=0)],
    "derived": {
        "theta": lambda p: 1 / p.L,
        "m": lambda p: 48,
        "step": lambda p: 0.5,
        "family": lambda p: "linear",
        "gamma": lambda p: 0.3,
        "n": lambda p: 4,
        "d": lambda p: 4,
    },
    "readings": {"quantities": "quantities are compared instead of the conditions that two papers have for them"},
}
step_size = Claim(
    "fcg.depth_step_size",
    uses=["fcg.eq_5_h"],
    **FACTS | {"derived": FACTS["derived"] | {"K": lambda p: 10}},
)
step_number = Claim(
    "fcg.depth_step_number",
    uses=["fcg.thm_3_5_depth_free"],
    **FACTS | {"derived": FACTS["derived"] | {"K": lambda p: 80}},
)


def step_lengths(given):
    return [largest_step_length(run, trace) for run, trace in zip(given, train(given), strict=True)]


def numbers_of_steps(given):
    traces = train(given, stop=lambda row: row.surrogate <= 0.25)
    return [float(min(steps_to(0.25, trace), run.steps + 1)) for run, trace in zip(given, traces, strict=True)]


def with_theta(given, power):
    """The same runs with theta = L^power."""
    return [with_network([run], theta=run.network.L**power)[0] for run in given]


@step_size.grows_slower(
    "skips", axis="L", reading="quantities", quantity="largest h_k / (eta sqrt(m) E_S), without skips as bound"
)
def residual_against_fully_connected(ps, rngs):
    residual = runs(ps, rngs)
    return step_lengths(residual), step_lengths(with_network(residual, skip=False))


@step_size.grows_slower(
    "scaling", axis="L", reading="quantities", quantity="largest h_k / (eta sqrt(m) E_S), theta = L^(-1/2) as bound"
)
def small_against_large_theta(ps, rngs):
    small = runs(ps, rngs)
    return step_lengths(small), step_lengths(with_theta(small, -0.5))


@step_number.grows_slower(
    "skips", axis="L", reading="quantities", quantity="steps until E_S <= 1/4, without skips as bound"
)
def steps_of_both(ps, rngs):
    residual = runs(ps, rngs)
    return numbers_of_steps(residual), numbers_of_steps(with_network(residual, skip=False))


@step_size.control("skips")
@step_size.control("scaling")
@step_number.control("skips")
def sides_exchanged(p, lhs, rhs):
    return rhs, lhs * p.L**-0.5


@step_size.true_twin("skips")
@step_size.true_twin("scaling")
def times_depth(p, lhs, rhs):
    return lhs, rhs * p.L
