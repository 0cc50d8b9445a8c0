r"""Equation (19): the bound on $v^\top a$ by the number of non-zeros of $a$.

Statement.  "The first inequality follows by first noting that for any vector $a$ with $|a_i| \le 1$ it holds
            that $\|v^\top a\|_2 \le \|a\|_0^{1/2}$", with
            $v = (1, \dots, 1, -1, \dots, -1)^\top \in \mathbb R^m$.
Source.     Frei, Cao, Gu (2019), appendix B.2, the sentence after (19), in the proof of Lemma 4.2.
Regime.     All even $m$ and all $a$ with $s = \|a\|_0 \le m$ non-zeros.
Worst case. Closed form. $v^\top a$ is linear in $a$, so that its largest value over $|a_i| \le 1$ with
            support $S$ is $\sum_{j \in S} |v_j| = s$, attained at $a = v$ on $S$. Both sides are squared, to
            stay among the integers.
Known.      $(v^\top a)^2 = s^2$ against $s$: equality for $s = 1$, false from $s = 2$ on.
Control.    Entries up to 2 instead of 1, which multiplies the squared left side by 4. True twin:
            $|v^\top a| \le \|a\|_0$.
Readings.   diagonal: what (19) uses is a diagonal matrix with entries in $\{0, \pm 1\}$ in place of the
            vector, $\|v^\top D\|_2 \le \|D\|_0^{1/2}$. The left side is then the norm of a vector with $s$
            entries $\pm 1$.
Erratum.    For a vector the inequality is false: $m = 2$, $v = a = (1, -1)$ has $|v^\top a| = 2 > \sqrt 2$.
            What holds is $|v^\top a| \le \|a\|_0$. Nothing follows for the proof: with a diagonal matrix,
            which is what $|\hat\Sigma_{L+1} - \tilde\Sigma_{L+1}|$ in (19) is, the inequality holds with
            equality.
"""

from lemmata import Axis, Claim, Condition, Verdict
from lemmata.claims.fcg import FCG

eq_19 = Claim(
    "fcg.eq_19_dual_step",
    paper=FCG,
    place="Equation (19)",
    axes=[Axis("s", 1, 256), Axis("half", 1, 512)],
    derived={"m": lambda p: 2 * p.half},
    regime=[Condition(r"\|a\|_0 \le m", lambda p: p.m / p.s)],
    readings={"diagonal": "a diagonal matrix with entries 0, 1, -1 in place of the vector a"},
)


def signs(m):
    """The vector v, in integers."""
    return [1] * (m // 2) + [-1] * (m // 2)


def smallest_case(p):
    v = [1] * (p.m // 2) + [-1] * (p.m // 2)
    a = v[: p.s] + [0] * (p.m - p.s)  # at most one in absolute value, s of them not zero
    return sum(v_j * a_j for v_j, a_j in zip(v, a, strict=True)) ** 2, sum(a_j != 0 for a_j in a)


@eq_19.at_most(
    "dual_step",
    quantity="square of v^T a",
    exact=smallest_case,
    expect=Verdict.VIOLATED,
    erratum="False for vectors: m = 2, v = a = (1, -1) has |v^T a| = 2 > sqrt 2. The proof needs it for diagonal "
    "matrices only, for which it holds.",
)
def vector(p):
    v = signs(p.m)
    return sum(v_j * v_j for v_j in v[: p.s]) ** 2, p.s  # a = v on the first s coordinates


@eq_19.at_most("dual_step", quantity="square of v^T D", reading="diagonal", expect=Verdict.HOLDS)
def diagonal(p):
    v = signs(p.m)
    D = [(-1) ** j for j in range(p.s)] + [0] * (p.m - p.s)
    return sum((v_j * D_j) ** 2 for v_j, D_j in zip(v, D, strict=True)), p.s


@eq_19.true_twin("dual_step")
def without_the_root(p, lhs, rhs):
    return lhs, p.s**2


@eq_19.control("dual_step")
def entries_up_to_two(p, lhs, rhs):
    return 4 * lhs, rhs
