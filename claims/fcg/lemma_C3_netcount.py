r"""Proof of Lemma C.3: how many points the net of the sparse vectors has.

Statement.  "For $s$ larger than e.g. 15, we have $|\mathcal N_a| \le \binom{m}{s} 9^s \le m^s$", where
            $\mathcal N_a$ is the union, over all choices of $s$ of $m$ coordinates, of $1/4$-nets of the unit
            sphere of their span.
Source.     Frei, Cao, Gu (2019), appendix D.2, the display before (45); used again for Lemma C.4. The second
            inequality is the claim; the first is Lemma 5.2 of Vershynin (2010),
            $|\mathcal N| \le (1 + 2/\varepsilon)^s$.
Regime.     Integers $m \ge s > 15$. The free coordinates are $k$, with $s = 15 + k$, and $m - s$.
Worst case. Every case is exact integer arithmetic; the ratio of the two sides is a rational number. It
            increases with $m$, because $\binom ms m^{-s} = \frac1{s!}\prod_{i<s}(1 - i/m)$, so that large $m$
            is worst.
Known.      The limit for $m \to \infty$ is $9^s/s!$, which is $88.6$ at $s = 16$, $2.14$ at $s = 21$ and
            $0.876$ at $s = 22$, and decreases from $s = 9$ on. So the inequality holds for all $m \ge s$
            exactly if $s \ge 22$.
Control.    The count $11^s$ of a $1/5$-net in place of $9^s$.
Readings.   from_15: $s \ge 15$. from_22: "$s$ larger than" some absolute constant, with the smallest one that
            does.
Erratum.    The printed threshold is too small: $s = 16$ fails from $m = 33$ on, $s = 21$ from $m = 283$ on
            (and $s = 15$ from $m = 27$ on). The smallest threshold is $s \ge 22$. Lemma C.3 is not hurt: for
            every $s$, $\binom ms 9^s \le m^s\,9^s/s! \le e^9 m^s$, which changes its constant only.
"""

from fractions import Fraction as Q
from math import comb

from lemmata import Axis, Claim, Verdict
from lemmata.claims.fcg import FCG

netcount = Claim(
    "fcg.lemma_C3_netcount",
    paper=FCG,
    place="Proof of Lemma C.3, appendix D.2",
    axes=[Axis("k", 1, 12), Axis("spare", 1, 10**6)],  # spare = m - s + 1
    readings={
        "from_15": "s = 15 counts as larger than e.g. 15",
        "from_22": "s larger than a constant that the print leaves open: s >= 22",
    },
)


def ratio(s, m):
    """binom(m, s) 9^s / m^s, to be at most one."""
    return Q(comb(m, s) * 9**s, m**s), Q(1)


def smallest_case(p):
    from math import comb

    s = 15 + p.k
    m = s + p.spare - 1
    return comb(m, s) * 9**s, m**s


def smallest_case_from_15(p):
    from math import comb

    s = 14 + p.k
    m = s + p.spare - 1
    return comb(m, s) * 9**s, m**s


@netcount.at_most(
    "count",
    quantity="net points / m^s",
    exact=smallest_case,
    expect=Verdict.VIOLATED,
    erratum="Fails for 16 <= s <= 21 at large m, first at s = 16, m = 33; holds for all m exactly if s >= 22.",
)
def larger_than_15(p):
    s = 15 + p.k
    return ratio(s, s + p.spare - 1)


@netcount.at_most(
    "count",
    quantity="net points / m^s",
    reading="from_15",
    exact=smallest_case_from_15,
    expect=Verdict.VIOLATED,
    erratum="Fails for 15 <= s <= 21 at large m, first at s = 15, m = 27.",
)
def at_least_15(p):
    s = 14 + p.k
    return ratio(s, s + p.spare - 1)


@netcount.at_most("count", quantity="net points / m^s", reading="from_22", expect=Verdict.HOLDS)
def at_least_22(p):
    s = 21 + p.k
    return ratio(s, s + p.spare - 1)


@netcount.control("count")
def finer_net(p, lhs, rhs):
    return lhs * Q(11, 9) ** (14 + p.k), rhs  # s >= 14 + k in every reading
