"""How the error of a claim is shared out: the one place where every part of it is written down.

A claim that is true is accused with probability at most alpha = 1e-3 over its whole life. Of that

- the k-th epoch (version of the code, see harness/epochs.py) has 6 / (pi k)^2;
- the k-th look of an epoch, from 0, has 1 / ((k + 1)(k + 2)) of it where growth is judged, and all of it where
  evidence is betted on, which may be looked at every night;

and what is left, `alpha` below, is for one judgement of growth:

- a claim with an axis `kappa` spends half of it on all draws and half on those beyond the fitted C_0; where C_0 cannot
  be fitted, all of it on the largest kappa alone (see regime.py);
- a bound that is a sum of K terms is judged term by term, each with 1 / K of it;
- M ends of axes (an axis that is judged towards 0 and infinity has two) have 1 / (M + 1) of it each, and the test of
  divergence has as much;
- an end has half of its part for all draws, and half for the low and the high halves of the other axes, in equal parts;
  all of it for all draws where there is no other axis;
- all draws: half for the pairs, a quarter for the upper quantile from the first rung to the last, and a quarter, in
  equal parts, for the upper quantile from the other rungs to the last;
- a half of another axis: half for the pairs, half for the upper quantile from the first rung to the last.

They are added up (union bound), so dependence does not matter. Passes need no such sum: a claim passes if *every* end
of every axis does, each at alpha_pass = 1e-2, times the shares of the epoch and of the look. Another root seed, and
another profile, is another experiment with an alpha of its own.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shares:
    """Errors of the tests at one end of one axis.

    Attributes:
        pairs: pairs from all draws.
        upper: the upper quantile of all draws, from the first rung to the last.
        later: the same from each other rung to the last.
        half: each of the two tests in each half of each other axis.
    """

    pairs: float
    upper: float
    later: float
    half: float


def of_one_end(alpha: float, ends: int) -> float:
    """The part of one end of an axis, which is also that of the test of divergence."""
    return alpha / (ends + 1)


def shares(part: float, others: int, rungs: int) -> Shares:
    """The errors of the tests at one end of an axis.

    Args:
        part: what the end has.
        others: number of other axes.
        rungs: of the axis, at least 3.
    """
    whole = part / 2 if others else part
    return Shares(
        pairs=whole / 2,
        upper=whole / 4,
        later=whole / 4 / max(rungs - 2, 1),
        half=part / 2 / (2 * others * 2) if others else 0.0,
    )
