r"""Lemma 6.2: gradient flow of the random feature model.

Statement.  For any fixed $B_0$, the gradient descent (6.1), $\tilde a_0 = a_0$,
            $\frac{d\tilde a_t}{dt} = -\nabla\hat{\mathcal E}_n(\tilde a_t; B_0)$, satisfies
            $$\hat{\mathcal E}_n(\tilde a_t; B_0) \le \hat{\mathcal E}_n(a^*; B_0) + \frac{\|a_0 - a^*\|^2}{2t},\quad
              \|\tilde a_t - a^*\| \le \|a_0 - a^*\| + 2t\,\hat{\mathcal E}_n(a^*; B_0).$$
Source.     E, Ma, Wang, Wu (2019), Lemma 6.2, "the key observation is the second inequality"; proof in appendix C.2.
            $\tilde f(x; a, B_0) = \sum_l a^{(l)\top}\sigma(B_0^{(l)}x)$ and
            $\hat{\mathcal E}_n(a; B_0) = \frac1{2n}\sum_i(\tilde f(x_i; a, B_0) - y_i)^2$.
Regime.     All $B_0$, $x_i$, $|y_i| \le 1$, $a_0$, $a^*$ and $t > 0$; nothing is random, what is drawn are cases.
            A model with one layer more is another case, so that it does not matter whether $l \le L$ or $l < L$.
            The axes are $\tau = t\,\lambda_{\max}(M)$, with $M = \frac1n\Phi\Phi^\top$ and
            $\Phi = (\sigma(B_0x_i))_i$, and the scale $s$ by which $y$, $a_0$ and $a^*$ are multiplied.
Worst case. With $e_0 = \Phi a_0 - y$ the path is
            $\tilde a_t = a_0 - \frac1n\Phi^\top M^{-1}(I - e^{-tM})e_0$, without any integrator.
            First inequality: its right-hand side is smallest at
            $a^* = a_0 - \frac1n\Phi^\top(M + \frac1t)^{-1}e_0$. Second: $a^* = a_0$ as printed; squared, the concave
            difference of the sides is largest where $\Phi a^* - y = (tM)^{-1}(I - e^{-tM})e_0$.
Known.      In an eigenspace of $M$ with eigenvalue $\mu$ the first inequality says $e^{-2\mu t} \le (1 + \mu t)^{-1}$.
Without.    $|y_i| \le 1$ does nothing for the first inequality: both sides scale like its square.
Control.    $\|a_0 - a^*\|^2/(20t)$, and $\|\tilde a_t - a^*\| \le \|a_0 - a^*\|$. True twin: $\|a_0 - a^*\|^2/(4t)$, because
            $e^{-2\mu t} \le (1 + 2\mu t)^{-1}$ holds too.
Readings.   "squared": $\|\tilde a_t - a^*\|^2 \le \|a_0 - a^*\|^2 + 2t\,\hat{\mathcal E}_n(a^*; B_0)$, which is what
            the last line of appendix C.2 says, times 2.
Erratum.    The squares are lost. If $y$, $a_0$ and $a^*$ are multiplied by $s$, the left-hand side and
            $\|a_0 - a^*\|$ scale like $s$, the last term like $s^2$. With $a_0 = a^* = 0$, one unit
            $\sigma(B_0x_1) = 1$, $y_1 = \frac14$ and $t = 1$: $\tilde a_t = (1 - e^{-t})y_1 = 0.158 > 0.0625 = ty_1^2$.
            What the proof gives is $\|\tilde a_t - a^*\| \le \|a_0 - a^*\| + \sqrt{2t\,\hat{\mathcal E}_n(a^*; B_0)}$.
"""

import torch

from lemmata import Axis, Claim, Verdict
from lemmata.claims.emww import EMWW
from lemmata.generators.draws import normals, uniforms
from lemmata.generators.initialisation import emww_initialisation
from lemmata.generators.sphere import sphere

# From a flow that has hardly begun to one that rests; s = 1 is the largest that |y_i| <= 1 allows.
AXES = [Axis("tau", 0.01, 100.0), Axis("L", 2, 64), Axis("s", 0.001, 1.0)]
SIZES = {"n": lambda p: 3, "d": lambda p: 2, "m": lambda p: 2}
READINGS = {"squared": "squares of the norms, as proved"}

risk = Claim("emww.lemma_6_2_risk", paper=EMWW, place="Lemma 6.2", axes=AXES, derived=SIZES, readings=READINGS)
norm = Claim("emww.lemma_6_2_norm", paper=EMWW, place="Lemma 6.2", axes=AXES, derived=SIZES, readings=READINGS)


class RandomFeatures:
    """A batch of models: features Phi [B, n, mL], labels y and errors e_0 [B, n, 1], start a_0 [B, mL, 1], time t."""

    def __init__(self, p, rngs):
        B_0 = emww_initialisation(rngs, p.d, p.m, p.L, blocks=p.L, dtype=p.dtype).B.flatten(1, 2)
        self.Phi = torch.relu(sphere(rngs, p.n, p.d, dtype=p.dtype) @ B_0.mT)
        self.y = p.s * (2 * uniforms(rngs, p.n, 1).to(p.dtype) - 1)
        self.a_0 = p.s * normals(rngs, p.m * p.L, 1, dtype=p.dtype) / p.L**0.5
        self.e_0 = self.Phi @ self.a_0 - self.y
        self.mu, self.U = torch.linalg.eigh(self.Phi @ self.Phi.mT / p.n)
        self.t = p.tau / self.mu[:, -1].clamp(min=1e-12)  # where no unit is active nothing moves

    def times(self, function, e):
        """function(M) e, for a function of the eigenvalues of M and of the time."""
        return self.U @ (function(self.mu.clamp(min=0), self.t[:, None])[..., None] * (self.U.mT @ e))

    def move(self, e):
        """a_0 - Phi^T e / n."""
        return self.a_0 - self.Phi.mT @ e / e.shape[1]

    def path(self):
        """The flow at time t; (1 - exp(-mu t))/mu is t where mu = 0."""
        return self.move(self.times(lambda mu, t: t * slowing(mu * t), self.e_0))

    def E(self, a):
        """Empirical risk of coefficients a."""
        return (self.Phi @ a - self.y).square().mean((1, 2)) / 2


def slowing(u):
    """(1 - exp(-u))/u, and 1 at u = 0."""
    return torch.where(u > 0, -torch.expm1(-u) / u.clamp(min=1e-300), 1.0)


def norm_of(a):
    return a.flatten(1).norm(dim=1)


def against_the_best(p, rngs, factor):
    """E(a~_t) and the smallest E(a*) + ||a_0 - a*||^2 / (factor t)."""
    model = RandomFeatures(p, rngs)
    best = model.move(model.times(lambda mu, t: 1 / (mu + 2 / (factor * t)), model.e_0))
    return model.E(model.path()), model.E(best) + norm_of(model.a_0 - best) ** 2 / (factor * model.t)


@risk.at_most("risk", quantity="E_n(a~_t)", expect=Verdict.HOLDS)
def with_2t(p, rngs):
    return against_the_best(p, rngs, 2)


@risk.control("risk")
def with_20t(p, rngs):
    return against_the_best(p, rngs, 20)


@risk.true_twin("risk")
def with_4t(p, rngs):
    return against_the_best(p, rngs, 4)


def one_unit(p):
    """||a~_t|| and 2t E(0) for a_0 = a* = 0, one unit sigma(B_0 x_1) = 1, y_1 = 1/(2 + 2t), with t = tau."""
    from mpmath import exp, mpf

    t = mpf(p.tau)
    y = 1 / (2 + 2 * t)
    return (1 - exp(-t)) * y, 2 * t * y**2 / 2


@norm.at_most(
    "norm",
    quantity="||a~_t - a*||",
    exact=one_unit,
    expect=Verdict.VIOLATED,
    erratum="The squares of the norms are lost: ||a~_t - a*||^2 <= ||a_0 - a*||^2 + 2t E(a*) is proved, and holds.",
)
def from_the_start(p, rngs):
    model = RandomFeatures(p, rngs)
    return norm_of(model.path() - model.a_0), 2 * model.t * model.E(model.a_0)


@norm.at_most("norm", reading="squared", quantity="||a~_t - a*||^2", expect=Verdict.HOLDS)
def squared(p, rngs):
    model = RandomFeatures(p, rngs)
    inverse = model.times(lambda mu, t: (1 - slowing(mu * t)) / mu.clamp(min=1e-300), model.e_0)
    worst = model.move(inverse)
    return (
        norm_of(model.path() - worst) ** 2,
        norm_of(model.a_0 - worst) ** 2 + 2 * model.t * model.E(worst),
    )


@norm.control("norm")
def no_farther_than_the_start(p, rngs):
    """a* just behind a_0, seen from a~_t."""
    model = RandomFeatures(p, rngs)
    behind = model.a_0 + 0.01 * (model.a_0 - model.path())
    return norm_of(model.path() - behind), norm_of(model.a_0 - behind)


any_labels = risk.without(
    "labels", assumption="$|y_i| \\le 1$", axes=[Axis("s", 1.0, 1000.0)], expect={"risk": Verdict.HOLDS}
)
