r"""Lemma X (template): the norm of a Gaussian vector is of order $\sqrt d$.

Statement.  There is an absolute constant $C > 0$ such that, with probability at least $1 - \delta$ over
            $g \sim N(0, I_d)$, $\|g\|_2 \le C \sqrt d$.
Source.     Author (year), Lemma X.
Regime.     Every $d \ge 1$.
Worst case. Nothing is maximised: the statement has no "for all" inside the probability.
Known.      $\|g\|_2 / \sqrt d \to 1$, at most $1 + \sqrt{2 \log(1/\delta) / d}$ with probability $1 - \delta$.
Control.    $d^{1/4}$ in place of $d^{1/2}$: the ratio grows like $d^{1/4}$, which no constant absorbs.
"""

import numpy as np

from lemmata import Axis, Claim, Verdict

claim = Claim(
    "template.gaussian_norm",
    place="Lemma X",
    axes=[Axis("d", 4, 256, exponent=0.5)],  # swept on a ladder; the exponent is the printed one
)


@claim.at_most("norm", quantity="||g||", up_to_constant=True, delta=0.1, expect=Verdict.HOLDS_UP_TO_CONSTANT)
def norm(p, rng):
    """One trial: p has the parameters, rng is a numpy Generator of this trial's own. Return (quantity, bound)."""
    return np.linalg.norm(rng.standard_normal(p.d)), np.sqrt(p.d)


@claim.control("norm")
def smaller_exponent(p, lhs, rhs):
    """A false twin, made from the draws at hand. It has to be caught, or nothing passes."""
    return lhs, p.d**0.25


@claim.true_twin("norm")
def larger_exponent(p, lhs, rhs):
    """A true twin, which must not be accused."""
    return lhs, float(p.d)
