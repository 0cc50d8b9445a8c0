r"""Corollary 3.7, its algebra: which powers of $d$, $1/\varepsilon$ and $1/\gamma$ the two theorems ask for.

Statement.  Theorems 3.5 and 3.6 hold, and all terms of (3) are at most $\varepsilon$, for every $m \ge m^*$ with $m^*
            = \tilde O(\mathrm{poly}(\gamma^{-1}))\max(d, \varepsilon^{-14})\log(1/\delta)$, with $n = \tilde
            O(\mathrm{poly}(\gamma^{-1}))\,\varepsilon^{-4}$, $K = \tilde
            O(\mathrm{poly}(\gamma^{-1}))\,\varepsilon^{-2}$ and $\eta = O(\gamma^4 m^{-1})$. The proof names the
            powers of $\gamma$: $\hat m = C\gamma^{-32}\varepsilon^{-2}$ up to logarithms, $\sqrt n =
            C\varepsilon^{-2}\gamma^{-4}$ and $K = C\gamma^{-4}\varepsilon^{-2}$.
Source.     Frei, Cao, Gu (2019), Corollary 3.7, and its proof in appendix A.3.
Regime.     Constants and logarithms are left out. What remains is linear: with $d = b^D$, $\varepsilon = b^{-E}$,
            $\gamma = b^{-G}$, $\tau = b^{-T}$, $m = b^M$, $n = b^N$, $\eta = b^{-H}$, $K = b^{\kappa}$ for a large
            $b$, every condition is an inequality between logarithms with rational coefficients.
Worst case. Exact. Fourier-Motzkin elimination of the other unknowns leaves all lower bounds of $M$ (of $N$, of
            $\kappa$) in $D, E, G \ge 0$. The largest of them is the least $m$ (or $n$, $K$) with which the conditions
            can be met. No upper bound of $M$ is left, so that every larger $m$ will do.
Known.      The second term of (3), $\tau^{4/3}\sqrt m \le \varepsilon$, and the width, $m \ge \tau^{-4/3} d$, give $m
            \ge \sqrt m\, d/\varepsilon$, so that $m \ge d^2\varepsilon^{-2}$ whatever $\tau$, $\eta$, $K$, $n$ are.
            $n = \varepsilon^{-4}$ forces $\tau = \varepsilon^{-1} m^{-1/2}$, equation (11), and then the width asks
            for $m \ge d^3\varepsilon^4$. The least width is $\max(\gamma^{-32}\varepsilon^{-14}, d^2\varepsilon^{-2},
            \gamma^{-16}d)$.
Control.    One power of $1/\varepsilon$ less; for $m$, at $d = 1$.
Readings.   jointly: with $n = \gamma^{-8}\varepsilon^{-4}$, $K = \gamma^{-8}\varepsilon^{-2}$ and $\eta =
            \gamma^4/m$, where the literal reading grants any. mended: the same with $m^* = \gamma^{-32}\max(d^3,
            \varepsilon^{-14})$. proof: with the power of $\gamma$ that the proof names. For poly$(\gamma^{-1})$,
            which is not specified, the other readings grant 32 powers to $m$, and 8 to $n$ and $K$.
Erratum.    The last step of A.3 drops the $d$ of $m \ge \tau^{-4/3} d$ and the $m^{2/3}$ that comes with (11). At $D
            = 31$, $E = G = 1$ the conditions need $m \ge b^{64}$, but $m^* = b^{63}$ with 32 powers of $1/\gamma$.
            $d$ and $\varepsilon$ enter as $\max(d^3\varepsilon^4, \varepsilon^{-14})$; with a larger $n$ the power of
            $d$ falls to $d^2\varepsilon^{-2}$, not to $d$. $K$: by (11), $K\eta m = \gamma^{-4}\varepsilon^{-2}$ up
            to logarithms, so that $\eta = \gamma^4/m$ gives $K = \gamma^{-8}\varepsilon^{-2}$. The corollary, which
            says poly, is not hurt by this. All this is said of the derivation: a better proof might give the printed
            $m^*$.
"""

from fractions import Fraction as Q
from functools import cache

from lemmata import Axis, Claim, Verdict
from lemmata.claims.fcg import FCG

algebra = Claim(
    "fcg.cor_3_7_algebra",
    paper=FCG,
    place="Corollary 3.7, appendix A.3",
    axes=[Axis("D", 1, 100), Axis("E", 1, 100), Axis("G", 1, 100)],  # d = b^D, epsilon = b^-E, gamma = b^-G
    readings={
        "jointly": "n, K and eta are the printed ones, where the literal reading grants any",
        "mended": "n, K and eta are the printed ones, and m* has d^3 in place of d",
        "proof": "with the power of gamma that the proof names; the others grant enough of them",
    },
    uses=["fcg.thm_3_5_i", "fcg.thm_3_5_ii", "fcg.thm_3_6_test"],
)

Form = dict[str, Q]  # a linear form in the logarithms


def form(**coefficients: int | Q) -> Form:
    return {name: Q(value) for name, value in coefficients.items()}


# Each form has to be at least zero. K = kappa is the number of steps.
THEOREM_3_5 = [
    form(T=1, G=-12),  # tau <= gamma^12
    form(H=1, T=-1, M=Q(-1, 2)),  # eta <= tau m^(-1/2)
    form(H=1, G=-4, M=-1),  # eta <= gamma^4 / m
    form(H=1, K=-1, T=-2, G=-4),  # K eta <= tau^2 gamma^4
    form(M=1, T=Q(-4, 3), D=-1),  # m >= tau^(-4/3) d
    form(M=1, D=-1),  # m >= d
    form(M=1, T=Q(-2, 3)),  # m >= tau^(-2/3)
    form(M=1, G=-2, D=-1),  # m >= gamma^(-2) d
    form(M=Q(1, 2), K=Q(1, 2), H=Q(-1, 2), G=-2, E=-1),  # (ii): (m K eta)^(-1/2) gamma^(-2) <= epsilon
]
THEOREM_3_6 = [
    form(T=Q(4, 3), M=Q(-1, 2), E=-1),  # tau^(4/3) m^(1/2) <= epsilon
    form(T=1, M=Q(-1, 2), N=Q(1, 2), E=-1),  # tau (m / n)^(1/2) <= epsilon
    form(N=Q(1, 2), E=-1),  # n^(-1/2) <= epsilon
]
SIGNS = [form(T=1), form(D=1), form(E=1), form(G=1)]  # tau, epsilon, gamma <= 1 and d >= 1
PRINTED = [
    form(N=-1, E=4, G=8),  # n <= gamma^(-8) epsilon^(-4)
    form(K=-1, E=2, G=8),  # K <= gamma^(-8) epsilon^(-2)
    form(H=-1, G=4, M=1),  # eta >= gamma^4 / m
]


def eliminate(forms: list[Form], name: str) -> list[Form]:
    """Fourier-Motzkin: what the forms say of the other unknowns."""
    rest = [f for f in forms if not f.get(name)]
    for low in (f for f in forms if f.get(name, 0) > 0):
        for high in (f for f in forms if f.get(name, 0) < 0):
            keys = (low.keys() | high.keys()) - {name}
            sums = {key: low.get(key, Q(0)) / low[name] - high.get(key, Q(0)) / high[name] for key in keys}
            rest.append({key: value for key, value in sums.items() if value})
    return [f for i, f in enumerate(rest) if f and f not in rest[:i]]


@cache
def lower_bounds(unknown: str, jointly: bool = False) -> list[Form]:
    """The linear forms in D, E, G of which the largest is the least value of M, N or K."""
    forms = [*THEOREM_3_5, *THEOREM_3_6, *SIGNS, *(PRINTED if jointly else [])]
    for other in "HTKNM":
        if other != unknown:
            forms = eliminate(forms, other)
    return [
        {name: -value / f[unknown] for name, value in f.items() if name != unknown}
        for f in forms
        if f.get(unknown, 0) > 0
    ]


def least(unknown, p, **reading):
    """The least logarithm at D, E, G."""
    return max(sum(f.get(name, 0) * p[name] for name in "DEG") for f in lower_bounds(unknown, **reading))


def width_by_hand(p):
    # 4/3 T >= M/2 + E by the second term of (3), and 4/3 T <= M - D by the width.
    return 2 * p.D + 2 * p.E, max(p.D, 14 * p.E) + 32 * p.G


def width_by_hand_for_printed_n(p):
    # T >= M/2 + E - N/2 by the third term of (3), with N = 4 E + 8 G, and 4/3 T <= M - D by the width.
    return 3 * p.D - 4 * p.E - 16 * p.G, max(p.D, 14 * p.E) + 32 * p.G


def steps_by_hand(p):
    # M + K - H >= 4 G + 2 E by Theorem 3.5 (ii), and H >= 4 G + M.
    return 8 * p.G + 2 * p.E, 4 * p.G + 2 * p.E


@algebra.at_most(
    "m",
    quantity="least log m",
    exact=width_by_hand,
    expect=Verdict.VIOLATED,
    erratum="The power of d is 2, not 1: m >= d^2 epsilon^-2 for whatever tau, eta, K and n.",
)
def width(p):
    return least("M", p), max(p.D, 14 * p.E) + 32 * p.G


@algebra.at_most(
    "m",
    quantity="least log m",
    reading="jointly",
    exact=width_by_hand_for_printed_n,
    expect=Verdict.VIOLATED,
    erratum="With n = epsilon^-4 the power of d is 3: m >= d^3 epsilon^4.",
)
def width_for_printed_n(p):
    return least("M", p, jointly=True), max(p.D, 14 * p.E) + 32 * p.G


@algebra.at_most("m", quantity="least log m", reading="mended", expect=Verdict.HOLDS)
def width_mended(p):
    return least("M", p, jointly=True), max(3 * p.D, 14 * p.E) + 32 * p.G


@algebra.at_most("m_epsilon", quantity="least log m at d = 1", expect=Verdict.HOLDS)
def width_in_one_dimension(p):
    return least("M", p.replace(D=0)), 14 * p.E + 32 * p.G


@algebra.at_most("n", quantity="least log n", expect=Verdict.HOLDS)
def samples(p):
    return least("N", p), 4 * p.E + 8 * p.G


@algebra.at_most("K", quantity="least log K", expect=Verdict.HOLDS)
def steps(p):
    return least("K", p), 2 * p.E + 8 * p.G


@algebra.at_most(
    "K",
    quantity="least log K",
    reading="proof",
    exact=steps_by_hand,
    expect=Verdict.VIOLATED,
    erratum="K eta m = gamma^-4 epsilon^-2 and eta = gamma^4 / m give K = gamma^-8 epsilon^-2.",
)
def steps_of_the_proof(p):
    return least("K", p), 2 * p.E + 4 * p.G


@algebra.control("m")
@algebra.control("m_epsilon")
@algebra.control("n")
@algebra.control("K")
def one_power_less(p, lhs, rhs):
    return lhs, rhs - p.E
