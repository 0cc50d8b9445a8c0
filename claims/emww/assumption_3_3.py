r"""Assumption 3.3: target functions in the reproducing kernel Hilbert space of $k_0$, and their norms.

Statement.  $f^* \in \mathcal H_{k_0}$, i.e. $f^*(x) = E_{\pi_0}[a^*(\omega)\sigma(\omega^\top x)]$ and
            $\|f^*\|_{\mathcal H_{k_0}}^2 = E_{\pi_0}[|a^*(\omega)|^2] < +\infty$. With
            $\gamma(f^*) = \max\{1, \sup_\omega|a^*(\omega)|\}$: obviously, $\|f^*\|_{\mathcal H_{k_0}} \le \gamma(f^*)$.
Source.     E, Ma, Wang, Wu (2019), Assumption 3.3 and the sentence after it.
Regime.     $a^*(\omega) = P_k(v^\top\omega)$, the Legendre polynomial of degree $k$ in dimension $d$, with $\sup|a^*| = 1 = \gamma$. By the Funk-Hecke formula
            $f^*(x) = s_kP_k(v^\top x)$, where $s_k^2$ is the eigenvalue of $k_0$ on the harmonics of degree $k$.
Worst case. $k = 0$, $a^* = 1$: $\|f^*\|_{\mathcal H} = \gamma$. For $|f^*(x)|$: $a^*(\omega) = \text{sign}\,\sigma(\omega^\top x)$, where it is $E|\sigma(t)| \le 1/\sqrt d$.
Known.      By Mercer's theorem $\|f^*\|_{\mathcal H}^2 = E[f^*(x)^2]/s_k^2$ for $s_k \ne 0$, and 0 for $s_k = 0$; $E[P_k^2] = 1/N(d, k)$, the inverse of
            the number of harmonics of degree $k$. The labels $y_i = f^*(x_i)$ satisfy $|y_i| \le \gamma/\sqrt d$: that $|y_i| \le 1$ is one more
            assumption where $\gamma > \sqrt d$.
Control.    $\|f^*\|_{\mathcal H} \le \gamma/2$. For the equality, $E[f^*(x)^2]$ in place of its left-hand side.
Readings.   "smallest": $\|f^*\|_{\mathcal H}^2 = \min E[|a^*(\omega)|^2]$ over all $a^*$ that give $f^*$.
Erratum.    $a^*$ is not unique, and $\|f^*\|^2_{\mathcal H}$ is the smallest $E[|a^*|^2]$. With ReLU, $d = 2$ and $a^*(\omega) = \cos 3\phi$ at
            $\omega = (\cos\phi, \sin\phi)$: $f^* = 0$, but $E[|a^*|^2] = \frac12$. Everything that follows uses $\|f^*\| \le \gamma$ only.
"""

from lemmata import Claim, Verdict
from lemmata.claims.emww import EMWW
from lemmata.generators.harmonics import multiplicity, multiplier
from lemmata.networks.activations import ACTIVATIONS

assumption = Claim(
    "emww.assump_3_3_norms",
    paper=EMWW,
    place="Assumption 3.3",
    points=[
        {"sigma": sigma, "d": d, "k": k}
        for sigma, degrees in (
            ("relu", ((1, 0), (1, 1), (2, 0), (2, 2), (2, 3), (5, 1), (10, 2))),
            ("absolute", ((1, 0), (2, 1), (5, 2))),
            ("tanh", ((1, 1), (2, 1), (2, 2), (5, 3))),
        )
        for d, k in degrees
    ],
    derived={
        "s_k": lambda p: rounded(multiplier(p.k, p.d, ACTIVATIONS[p.sigma].value)),
        "a_squared": lambda p: 1 / multiplicity(p.k, p.d),
    },
    readings={"smallest": "the minimum of E|a*|^2 over all a* that give f*"},
    uses=["emww.k0_psd"],
)


def rounded(s):
    """Zero where quadrature leaves rounding."""
    return s if abs(s) > 1e-13 else 0.0


def norm_squared(p):
    """||f*||^2 in the space of k_0, from E f*^2 = s_k^2 E P_k^2 and the eigenvalue of its degree."""
    E_f_squared = p.s_k**2 * p.a_squared
    return E_f_squared / p.s_k**2 if p.s_k else 0.0


def zero_function(p):
    """||f*||^2 where f* = 0, and E|a*|^2: d = 2 and a* = cos(k phi), by the definition of f* on a grid of angles."""
    from mpmath import cos, mpf, pi, quad, tanh, workdps

    sigma = {"relu": lambda u: max(u, 0), "absolute": abs, "tanh": tanh}[p.sigma]
    with workdps(50):
        kinks = [-pi, -pi / 2, pi / 2, pi]

        def f(angle):
            return quad(lambda phi: cos(p.k * (phi + angle)) * sigma(cos(phi)), kinks) / (2 * pi)

        if max(abs(f(mpf(j) / 7)) for j in range(8)) > mpf(10) ** -40:
            raise ValueError("f* is not zero")
        return mpf(0), quad(lambda phi: cos(p.k * phi) ** 2, kinks) / (2 * pi)


EQUALITY = {"quantity": "||f*||^2"}


@assumption.equal(
    "equality",
    exact=zero_function,
    expect=Verdict.VIOLATED,
    erratum="a* is not unique: the norm squared is the smallest E|a*|^2 of all a* that give f*.",
    **EQUALITY,
)
def as_printed(p):
    return norm_squared(p), p.a_squared


@assumption.equal("equality", reading="smallest", expect=Verdict.HOLDS, **EQUALITY)
def smallest(p):
    """The part of a* of the degrees with s_k = 0 can be left out."""
    return norm_squared(p), p.a_squared if p.s_k else 0.0


@assumption.at_most("norm", quantity="||f*||", expect=Verdict.HOLDS)
def below_gamma(p):
    return norm_squared(p) ** 0.5, 1.0


@assumption.control("equality")
def mean_square_of_f(p, lhs, rhs):
    return p.s_k**2 * p.a_squared, rhs


@assumption.control("norm")
def half_of_gamma(p, lhs, rhs):
    return lhs, rhs / 2
