r"""Appendix A.2: what the surrogate error says of the classification error.

Statement.  "Since $-\ell'(x) = (1 + \exp(-x))^{-1}$ satisfies $-\ell'(x) < \frac12$ if and only if $x < 0$, Markov's
            inequality gives $$P_{(x, y) \sim \mathcal D}(y f_W(x) < 0) \le 2\, E[-\ell'(y f_W(x))] = 2\,\mathcal
            E_{\mathcal D}(W)",$$ where $\ell(x) = \log(1 + \exp(-x))$. And after Theorem 3.5, of the surrogate error:
            "its expectation is bounded by a constant multiple of the classification error under 0-1 loss; see
            Appendix A.2".
Source.     Frei, Cao, Gu (2019), appendix A.2, before $F_{W^{(0)}, W}$; the paragraph after Theorem 3.5.
Regime.     None: every distribution, every predictor.
Worst case. Closed form, at $x = \log r$ with rational $r = a/b$, where everything is rational; the derivative is
            taken by the chain rule. Markov: both sides are expectations, so that the worst distribution makes each
            misclassified point as cheap and each other point as free as possible. The share $1/a$ of all points has
            $y f = \log\frac b{b+1} < 0$, and the others $y f = \log b \ge 0$. The remark: one point, $d = 1$, $(x, y)
            = (1, 1)$, and $L = 1$ with $W_1 = 1$, $W_2 = (\log b, 0)$, so that $f_W(x) = \log b > 0$; no point is
            misclassified.
Known.      $\mathbb 1(z < 0) \le 2/(1 + e^z)$, with equality in the limit $z \to 0$ from below.
Control.    The formula with a 2 in place of the 1; $-\ell'(x) \ge \frac12$ if and only if $x < 0$, which is wrong at
            $x = 0$; the factor $1.9$ in place of 2. The remark turned round, with a tenth of the constant. True twin
            of Markov: misclassified if $y f_W(x) \le 0$.
Readings.   sign_corrected: $-\ell'(x) = (1 + \exp(x))^{-1}$, which is larger than $\frac12$ if and only if $x < 0$.
            turned_round: the classification error is bounded by a constant multiple of the surrogate error, which is
            what A.2 shows.
Erratum.    $\ell'(x) = -1/(1 + e^x)$: at $x = \log 2$ it is $-1/3$, not $-2/3$, and $x < 0$ if and only if $-\ell'(x)
            > \frac12$. Markov's inequality needs it so, and is right. The remark is the wrong way round: a predictor
            that is right everywhere has a classification error of zero, but its surrogate error is positive.
"""

from fractions import Fraction as Q

from lemmata import Axis, Claim, Verdict
from lemmata.claims.fcg import FCG

formula = Claim(
    "fcg.A2_lprime_formula",
    paper=FCG,
    place="Appendix A.2",
    axes=[Axis("a", 1, 1000), Axis("b", 1, 1000)],
    readings={"sign_corrected": "-l'(x) = 1/(1 + exp(x)), which is larger than 1/2 if and only if x < 0"},
)
markov = Claim(
    "fcg.A2_markov",
    paper=FCG,
    place="Appendix A.2",
    axes=[Axis("a", 1, 100), Axis("b", 1, 10**6)],
    uses=["fcg.A2_lprime_formula"],
)
remark = Claim(
    "fcg.remark_surrogate_le_classification",
    paper=FCG,
    place="After Theorem 3.5",
    axes=[Axis("b", 2, 1000), Axis("C", 1, 10**6)],
    readings={"turned_round": "the classification error is bounded by a constant multiple of the surrogate error"},
    uses=["fcg.A2_markov"],
)


def minus_slope(r: Q) -> Q:
    """-l'(x) at x = log r by the chain rule: l = log u, where u = 1 + exp(-x) = 1 + 1/r and u' = -1/r."""
    return 1 / r / (1 + 1 / r)


def surrogate(r: Q) -> Q:
    """-l'(log r) = 1/(1 + r)."""
    return 1 / (1 + r)


def at_log_r(p):
    from fractions import Fraction

    r = Fraction(p.a, p.b)  # l(log r) = log(1 + 1/r), and d/dx = r d/dr
    return 1 / (1 + r), 1 / (1 + 1 / r)


def smaller_than_half(p):
    from fractions import Fraction

    r = Fraction(p.a, p.b)
    return int(1 / (1 + r) < Fraction(1, 2)), int(r < 1)  # x = log r


def right_everywhere(p):
    from fractions import Fraction

    return Fraction(1, 1 + p.b), 0  # y f = log b > 0 at every point


@formula.equal(
    "formula",
    quantity="-l'(x)",
    exact=at_log_r,
    expect=Verdict.VIOLATED,
    erratum="-l'(x) = 1/(1 + exp(x)): the sign of x is wrong, as x = log 2 shows, where 1/3 is printed as 2/3.",
)
def printed_formula(p):
    r = Q(p.a, p.b)
    return minus_slope(r), 1 / (1 + 1 / r)


@formula.equal("formula", quantity="-l'(x)", reading="sign_corrected", expect=Verdict.HOLDS)
def corrected_formula(p):
    r = Q(p.a, p.b)
    return minus_slope(r), 1 / (1 + r)


@formula.equal(
    "equivalence",
    quantity="is -l'(x) < 1/2?",
    exact=smaller_than_half,
    expect=Verdict.VIOLATED,
    erratum="-l'(x) > 1/2 if and only if x < 0. Markov's inequality needs it so, and is right.",
)
def printed_equivalence(p):
    r = Q(p.a, p.b)
    return int(minus_slope(r) < Q(1, 2)), int(r < 1)


@formula.equal("equivalence", quantity="is -l'(x) > 1/2?", reading="sign_corrected", expect=Verdict.HOLDS)
def corrected_equivalence(p):
    r = Q(p.a, p.b)
    return int(minus_slope(r) > Q(1, 2)), int(r < 1)


@formula.control("formula")
def two_in_place_of_one(p):
    r = Q(p.a, p.b)
    return minus_slope(r), 1 / (2 + r)


@formula.control("equivalence")
def not_strict(p):
    r = Q(p.a, p.b)
    return int(minus_slope(r) >= Q(1, 2)), int(r < 1)


def errors(p):
    """Classification error and surrogate error of the worst distribution."""
    share = Q(1, p.a)
    return share, share * surrogate(Q(p.b, p.b + 1)) + (1 - share) * surrogate(Q(p.b))


@markov.at_most("classification", quantity="P(y f < 0)", expect=Verdict.HOLDS)
def twice_the_surrogate_error(p):
    wrong, E_D = errors(p)
    return wrong, 2 * E_D


@markov.control("classification")
def smaller_factor(p, lhs, rhs):
    return lhs, Q(19, 20) * rhs


@markov.true_twin("classification")
def zero_is_wrong_too(p):
    return Q(1), 2 * surrogate(Q(1))  # all points have y f = 0


@remark.at_most(
    "surrogate",
    quantity="E_D",
    exact=right_everywhere,
    expect=Verdict.VIOLATED,
    erratum="The wrong way round: the classification error is at most twice the surrogate error, which is positive even "
    "for a predictor that is right everywhere.",
)
def constant_times_classification_error(p):
    wrong = Q(0)
    return surrogate(Q(p.b)), p.C * wrong


@remark.at_most("surrogate", quantity="P(y f < 0)", reading="turned_round", expect=Verdict.HOLDS)
def constant_times_surrogate_error(p):
    return Q(1), 2 * surrogate(Q(p.b, p.b + 1))  # all points have y f = log(b / (b + 1)) < 0


@remark.control("surrogate")
def tenth_of_the_constant(p):
    return Q(1), Q(2, 10) * surrogate(Q(p.b, p.b + 1))
