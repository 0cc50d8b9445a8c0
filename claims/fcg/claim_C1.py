r"""Claim C.1: ReLU differences are differences times a diagonal matrix of norm at most one.

Statement.  For arbitrary $u, y \in \mathbb R^m$, let $D(u)$ be the diagonal matrix with entries
            $[D(u)]_{j,j} = \mathbb 1(u_j \ge 0)$. Then there exists another diagonal matrix $\check D$ such
            that $\|D(u) + \check D\|_2 \vee \|\check D\|_2 \le 1$ and
            $\sigma(u) - \sigma(y) = (D(u) + \check D)(u - y)$. The proof gives it:
            $\check D_{jj} = [D(u) - D(y)]_{jj}\, y_j / (u_j - y_j)$ where $u_j \ne y_j$, else 0.
Source.     Frei, Cao, Gu (2019), appendix C.2, Claim C.1. It carries Lemmas B.3 and B.4.
Regime.     All $u, y$. Everything is diagonal, so that coordinates are independent and $m = 1$ is the general
            case. The print calls the matrix $\check D(u)$; it depends on $y$ too, and is chosen after both.
Worst case. All pairs of a list of doubles with the edge cases: zero of either sign, the smallest subnormal,
            $10^{\pm 150}$, neighbours of one; both signs. Arithmetic is rational, without any rounding, and
            the paper's witness is used, not a search.
Known.      On each of the four sign patterns both sides are rational functions, homogeneous in $(u, y)$: with
            $u \ge 0 > y$, $\check D = y/(u - y) \in [-1, 0]$ and $D + \check D = u/(u - y) \in [0, 1]$; with
            $u < 0 \le y$, both are $y/(y - u) \in [0, 1]$; else $\check D = 0$. The bound 1 is attained at
            $u = 0 > y$.
Control.    The witness with $u_j$ in the numerator.
Readings.   Lemma B.3 applies the claim to $\Sigma_l$, whose indicator is strict:
            $[D(u)]_{j,j} = \mathbb 1(u_j > 0)$.
"""

from fractions import Fraction as Q
from itertools import product

from lemmata import Claim, Verdict
from lemmata.claims.fcg import FCG

SIZES = (0.0, 5e-324, 2.0**-1022, 1e-150, 0.5, 1 - 2.0**-53, 1.0, 1 + 2.0**-52, 1e150)
VALUES = [sign * size for size in SIZES for sign in (1, -1)]  # -1 * 0.0 is the other zero

claim_C1 = Claim(
    "fcg.claim_C1",
    paper=FCG,
    place="Claim C.1",
    points=[{"u": u, "y": y} for u, y in product(VALUES, VALUES)],
    readings={"strict": "D(u) = 1(u_j > 0), as Sigma_l has it where Lemma B.3 applies the claim"},
)


def relu(z):
    return max(z, Q(0))


def matrices(p, strict, numerator="y"):
    """D(u) and the witness, for one coordinate, as rationals."""
    value = {"u": Q(p.u), "y": Q(p.y)}
    u, y = value["u"], value["y"]
    D_u, D_y = (Q(z > 0 if strict else z >= 0) for z in (u, y))
    return D_u, (D_u - D_y) * value[numerator] / (u - y) if u != y else Q(0)


def norms(p, strict, **witness):
    D, D_check = matrices(p, strict, **witness)
    return max(abs(D + D_check), abs(D_check)), Q(1)


def difference(p, strict, **witness):
    D, D_check = matrices(p, strict, **witness)
    u, y = Q(p.u), Q(p.y)
    return relu(u) - relu(y), (D + D_check) * (u - y)


@claim_C1.at_most("norm", quantity="larger of the two norms", expect=Verdict.HOLDS)
def norm(p):
    return norms(p, strict=False)


@claim_C1.at_most("norm", quantity="larger of the two norms", reading="strict", expect=Verdict.HOLDS)
def norm_strict(p):
    return norms(p, strict=True)


@claim_C1.equal("difference", quantity="sigma(u) - sigma(y)", expect=Verdict.HOLDS)
def relu_difference(p):
    return difference(p, strict=False)


@claim_C1.equal("difference", quantity="sigma(u) - sigma(y)", reading="strict", expect=Verdict.HOLDS)
def relu_difference_strict(p):
    return difference(p, strict=True)


@claim_C1.control("norm")
def u_over_the_difference(p):
    return norms(p, strict=False, numerator="u")


@claim_C1.control("difference")
def u_over_the_difference_too(p):
    return difference(p, strict=False, numerator="u")
