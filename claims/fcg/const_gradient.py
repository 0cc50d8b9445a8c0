r"""The numbers of Lemmas B.6 and 4.3: 1/67, 1/141, 1/150 and 1/16.

Statement.  (42): for i.i.d. fair coins and $m \ge C\log(n/\delta)$, with probability at least $1 - \delta/2$ all of
            $n$ averages over $m_{L+1}$ coins are at least $\frac{49}{100}$.
            Lemma B.6: $(\frac{49}{100})^2 \frac1{4^2} \ge \frac1{67}$.
            (29): $\frac1{1.02^2} \ge \frac1{1.05}$ and $\frac1{1.05 \cdot 2 \cdot 67} \ge \frac1{141}$, where (28) has
            $\|x_L\|_2 \le 1.02$ "by Lemma 4.1".
            (31): if $\tau \le \nu\gamma^3$ and $\nu$ is small, then $C_1\tau^{2/3} < \gamma^2(\frac1{141} -
            \frac1{150})$, and $|A| - |A'| \ge \frac1{150} m_{L+1}\gamma^2$.
            (33): "take $\nu$ small enough so that $C_3\tau < (2 \cdot 67)^{-1/2} - \frac1{16}$. Then"
            $\frac1{\sqrt{2 \cdot 67}}\gamma - C_3\tau \ge \frac1{16}\gamma$.
Source.     Frei, Cao, Gu (2019), appendix B.3, the proof of Lemma 4.3; appendix C.5, the proof of Lemma B.6.
Regime.     As stated, with $\gamma \le \frac13$; no function of the class exceeds $1/\sqrt{2\pi} = 0.399$.
Worst case. Exact arithmetic. (31): $\tau = \nu\gamma^3$ with $\nu = (2351\, C_1)^{-3/2}$. (33): $C_3\tau = 0.0238$,
            where $(2 \cdot 67)^{-1/2} - \frac1{16} = 0.02388\dots$; both sides of the conclusion are squared. (42):
            the binomial law, at $m_{L+1} = 5000\log(2n/\delta)$, with a union bound over the $n$ averages.
Known.      $\frac1{141} - \frac1{150} = \frac1{2350}$. With $C_1 = 0.98$, which Lemma B.4 has for $\hat W$ and $W$
            and small $\tau$, $\nu = 9.0 \cdot 10^{-6}$: at $\gamma = 0.39$, $\tau \le 5.4 \cdot 10^{-7}$.
            $\exp(-2m/100^2)$, by Hoeffding's inequality, is sharp to leading order in (42): the constant cannot be
            below 4999. $\log(2n/\delta) \le 2\log(n/\delta)$ for $\delta \le \frac12$ or $n \ge 2$.
Control.    4000 for 5000, 66 for 67, 1.025 for 1.02, 140 for 141, $\nu = (2349\, C_1)^{-3/2}$, and $C_3\tau =
            0.024\gamma$.
Readings.   at_1_024: (29) with $\|x_L\|_2 \le 1.024$, with which the proof of Lemma 4.1 ends. scaled: (33) with
            $C_3\tau \le \gamma((2 \cdot 67)^{-1/2} - \frac1{16})$.
Erratum.    (33) lacks a factor $\gamma$ in the condition: $\gamma = \frac13$, $C_3\tau = 0.0238$ gives $0.0050 <
            0.0208$. The largest $\nu$ with which the condition holds for all $\gamma \le 0.399$ does not give (33)
            for $\gamma = \frac13$ either. Nothing is hurt: because $\tau \le \nu\gamma^3$, a smaller $\nu$ will do.
"""

from fractions import Fraction as Q
from math import ceil, log

from scipy.special import bdtr

from lemmata import Axis, Claim, Verdict
from lemmata.claims.fcg import FCG

ONCE = [{"number": 1}]  # nothing varies

card_A = Claim(
    "fcg.const_29",
    paper=FCG,
    place="Equation (29)",
    points=ONCE,
    readings={"at_1_024": "with the bound on the activations with which the proof of Lemma 4.1 ends"},
    uses=["fcg.const_1_02", "fcg.const_67"],
)
card_difference = Claim(
    "fcg.const_31",
    paper=FCG,
    place="Equation (31)",
    axes=[Axis("C_1", 1, 1000), Axis("inverse_gamma", 3, 1000)],
    uses=["fcg.const_29", "fcg.lemma_B4_sparsity"],
)
last_layer = Claim(
    "fcg.const_33",
    paper=FCG,
    place="Equation (33)",
    axes=[Axis("inverse_gamma", 3, 1000)],
    readings={"scaled": "the condition on C_3 tau has the factor gamma that the conclusion has"},
)
coins = Claim(
    "fcg.const_42", paper=FCG, place="Equation (42)", axes=[Axis("n", 1, 10**6), Axis("inverse_delta", 1, 10**6)]
)
sixty_seven = Claim("fcg.const_67", paper=FCG, place="Proof of Lemma B.6", points=ONCE, uses=["fcg.const_42"])


@card_A.at_most("square", quantity="1.02 squared", expect=Verdict.HOLDS)
def square_of_1_02(p):
    return Q("1.02") ** 2, Q("1.05")


@card_A.at_most("square", quantity="1.024 squared", reading="at_1_024", expect=Verdict.HOLDS)
def square_of_1_024(p):
    return Q("1.024") ** 2, Q("1.05")


@card_A.at_least("share", quantity="1 / (1.05 * 2 * 67)", expect=Verdict.HOLDS)
def share_of_units(p):
    return 1 / (Q("1.05") * 2 * 67), Q(1, 141)


@card_A.control("square")
def square_of_1_025(p):
    return Q("1.025") ** 2, Q("1.05")


@card_A.control("share")
def one_less(p):
    return 1 / (Q("1.05") * 2 * 67), Q(1, 140)


def flips(p, inverse):
    """C_1 tau^(2/3) at tau = nu gamma^3, nu = (inverse C_1)^(-3/2)."""
    nu_to_two_thirds = Q(1, inverse * p.C_1)
    return p.C_1 * nu_to_two_thirds * Q(1, p.inverse_gamma) ** 2


@card_difference.at_most("condition", quantity="C_1 tau^(2/3)", expect=Verdict.HOLDS)
def few_flips(p):
    return flips(p, 2351), Q(1, p.inverse_gamma) ** 2 * (Q(1, 141) - Q(1, 150))


@card_difference.at_least("share", quantity="(|A| - |A'|) / m", expect=Verdict.HOLDS)
def many_left(p):
    gamma = Q(1, p.inverse_gamma)
    return gamma**2 / 141 - flips(p, 2351), gamma**2 / 150


@card_difference.control("condition")
def larger_nu(p):
    return flips(p, 2349), Q(1, p.inverse_gamma) ** 2 * (Q(1, 141) - Q(1, 150))


@card_difference.control("share")
def larger_nu_too(p):
    gamma = Q(1, p.inverse_gamma)
    return gamma**2 / 141 - flips(p, 2349), gamma**2 / 150


def conclusion(p, distance):
    """gamma/sqrt(134) >= C_3 tau + gamma/16 for C_3 tau = distance, squared."""
    gamma = Q(1, p.inverse_gamma)
    return gamma**2 / 134, (distance + gamma / 16) ** 2


def printed_condition(p):
    from fractions import Fraction

    gamma, distance = Fraction(1, p.inverse_gamma), Fraction(238, 10000)  # 238/10000 < 134^(-1/2) - 1/16
    assert (distance + Fraction(1, 16)) ** 2 < Fraction(1, 134)
    return gamma**2 / 134, (distance + gamma / 16) ** 2


@last_layer.at_least(
    "norm",
    quantity="gamma^2/134",
    exact=printed_condition,
    expect=Verdict.VIOLATED,
    erratum="The condition has to be C_3 tau <= gamma (134^(-1/2) - 1/16), which tau <= nu gamma^3 gives for small nu.",
)
def without_gamma(p):
    return conclusion(p, Q("0.0238"))


@last_layer.at_least("norm", quantity="gamma^2/134", reading="scaled", expect=Verdict.HOLDS)
def with_gamma(p):
    return conclusion(p, Q("0.0238") / p.inverse_gamma)


@last_layer.control("norm")
def beyond_the_condition(p):
    return conclusion(p, Q("0.024") / p.inverse_gamma)


def chance(p, constant):
    """n P(Bin(m, 1/2) < 49 m/100) at m = constant log(2n/delta), and delta/2."""
    m = ceil(constant * log(2 * p.n * p.inverse_delta))
    return p.n * bdtr(ceil(Q(49, 100) * m) - 1, m, 0.5), 1 / (2 * p.inverse_delta)


@coins.at_most("chance", quantity="n times the chance of a low average", expect=Verdict.HOLDS)
def five_thousand(p):
    return chance(p, 5000)


@coins.control("chance")
def four_thousand(p):
    return chance(p, 4000)


@sixty_seven.at_least("product", quantity="(49/100)^2 / 16", expect=Verdict.HOLDS)
def constant_of_lemma_B6(p):
    return Q(49, 100) ** 2 / 4**2, Q(1, 67)


@sixty_seven.control("product")
def sixty_six(p):
    return Q(49, 100) ** 2 / 4**2, Q(1, 66)
