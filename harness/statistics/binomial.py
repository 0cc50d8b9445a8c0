"""Exact evidence about the probability of a bad event, by betting: valid at every moment one looks.

A bad event is "the bound failed in this draw". For one cell with k bad events in n draws, the evidence
against a probability p_0 is the mixture likelihood ratio

    E = int prod_{t <= n} LR_t(p : p_0) d pi(p),      LR_t(p : p_0) = p / p_0  or  (1 - p) / (1 - p_0),

with pi = Beta(1/2, 1/2) restricted to the alternatives p > p_0 (or p < p_0). Each factor has mean at most one
under every p on the side of the null, whatever the past and whoever chose the parameters, so E is a
nonnegative supermartingale and P(E ever reaches 1/alpha) <= alpha (Ville).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

# Lowering an e-value keeps it one; above this it would overflow float64.
_LOG_E_MAX = 690.0


def log_e(
    k: ArrayLike, n: ArrayLike, p0: ArrayLike, above: bool = True, prior: tuple[float, float] = (0.5, 0.5)
) -> NDArray[np.float64]:
    """Logarithm of the mixture e-value of k bad events in n draws.

    Args:
        k: bad events, any shape.
        n: draws, broadcast against k.
        p0: the edge of the null, in (0, 1).
        above: True gives evidence against P <= p0, False against P >= p0.
        prior: parameters (a, b) of the Beta mixture before it is cut at p0.

    Returns:
        log E, of the broadcast shape; 0 where n = 0.

    Raises:
        ValueError: if p0 is not inside (0, 1) or k is not in 0..n.
    """
    k, n, p0 = (np.asarray(x, np.float64) for x in (k, n, p0))
    if not np.all((p0 > 0) & (p0 < 1)):
        raise ValueError(f"the probability under test must lie inside (0, 1), got {p0}")
    if not np.all((k >= 0) & (k <= n)):
        raise ValueError(f"bad events must lie in 0..n, got k = {k} of n = {n}")
    a, b = prior
    tail = special.betaincc if above else special.betainc
    with np.errstate(divide="ignore"):  # log 0 = -inf: no evidence at all
        posterior = special.betaln(k + a, n - k + b) + np.log(tail(k + a, n - k + b, p0))
        mass = special.betaln(a, b) + np.log(tail(a, b, p0))
    return np.asarray(posterior - mass - k * np.log(p0) - (n - k) * np.log1p(-p0))


def first_crossing(bad: ArrayLike, p0: float, log_goal: float, start: tuple[int, int] = (0, 0)) -> tuple[int, int]:
    """Bad events and draws when the e-value first reached a goal, or at the end where it did not.

    The e-value may be read whenever one likes: what comes after that moment takes nothing away.

    Args:
        bad: one boolean per draw, in the order in which they were drawn, shape [n].
        p0: the edge of the null.
        log_goal: logarithm of the e-value that is enough.
        start: bad events and draws before; where they reach the goal, nothing is added.
    """
    k = start[0] + np.concatenate([[0], np.cumsum(np.asarray(bad, dtype=np.int64))])
    n = start[1] + np.arange(len(k))
    reached = np.flatnonzero(log_e(k, n, p0) >= log_goal)
    at = int(reached[0]) if reached.size else -1
    return int(k[at]), int(n[at])


def _e_value(log_value: float) -> float:
    return float(np.exp(min(log_value, _LOG_E_MAX)))


def draws_to_pass(delta: float, alpha_pass: float, bad: int = 0) -> int:
    """Draws, `bad` of them bad, that one cell needs to show P(bad) < delta at error alpha_pass.

    Raises:
        ValueError: if delta or alpha_pass is not inside (0, 1).
    """
    _require_probability("alpha_pass", alpha_pass)
    goal = -np.log(alpha_pass)

    def shown(n: int) -> bool:
        return bool(log_e(bad, n, delta, above=False) >= goal)

    enough = bad + 1
    while not shown(enough):
        enough *= 2
    # A clean draw always raises the evidence, so the first success is found by bisection.
    return bad + bisect_left(range(bad, enough), True, key=shown)


def violating_fraction_bound(n: int, alpha: float) -> float:
    """Upper bound on the violating fraction after n draws without a violation: 1 - alpha^(1/n), error alpha.

    Raises:
        ValueError: if there is no draw or alpha is not inside (0, 1).
    """
    if n < 1:
        raise ValueError(f"a bound on the violating fraction needs at least one draw, got n = {n}")
    _require_probability("alpha", alpha)
    return float(-np.expm1(np.log(alpha) / n))


def clopper_pearson(k: int, n: int, alpha: float) -> tuple[float, float]:
    """Exact two-sided confidence interval for a probability at level 1 - alpha, for one look at a fixed n.

    Raises:
        ValueError: if k is not in 0..n, n is 0, or alpha is not inside (0, 1).
    """
    if n < 1 or not 0 <= k <= n:
        raise ValueError(f"bad events must lie in 0..n with n >= 1, got k = {k} of n = {n}")
    _require_probability("alpha", alpha)
    low = 0.0 if k == 0 else float(special.betaincinv(k, n - k + 1, alpha / 2))
    high = 1.0 if k == n else float(special.betaincinv(k + 1, n - k, 1 - alpha / 2))
    return low, high


@dataclass
class Exceedance:
    """Anytime-valid evidence about "P(bad | z) <= delta for all parameters z".

    The parameters of a draw may be chosen after seeing everything before it (by an optimiser, by Hypothesis),
    as long as its randomness is fresh. Cells are regions of z with capital of their own: their mean is an
    e-value again, so one bad cell is not diluted. They are declared first, because opening a new cell
    whenever the old ones lost would be a free restart.

    Attributes:
        delta: the claimed probability, inside (0, 1).
        cells: names of the cells.
        counts: cell -> (bad, draws) over all draws: refutes.
        iid: cell -> (bad, draws) over independent draws only: estimates and passes.
        mistaken: how likely, at most, a draw that is not bad is counted in ``counts`` as one that is.
    """

    delta: float
    cells: tuple[str, ...] = ("all",)
    mistaken: float = 0.0
    counts: dict[str, tuple[int, int]] = field(init=False)
    iid: dict[str, tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        _require_probability("delta", self.delta)
        self.cells = tuple(self.cells)
        if not self.cells or len(set(self.cells)) < len(self.cells):
            raise ValueError(f"cells must be distinct and at least one, got {self.cells}")
        self.counts = dict.fromkeys(self.cells, (0, 0))
        self.iid = dict.fromkeys(self.cells, (0, 0))

    def update(self, cell: str, bad: Sequence[bool] | NDArray[np.bool_], iid: bool = True) -> None:
        """Count draws of one cell.

        Args:
            cell: a declared cell.
            bad: one boolean per draw, shape [n].
            iid: were the draws independent of what was seen before? Draws of a search are not.

        Raises:
            ValueError: if the cell was not declared or `bad` does not hold booleans.
        """
        self._require_declared(cell)
        outcomes: NDArray[Any] = np.asarray(bad)
        if outcomes.size and outcomes.dtype != np.bool_:
            raise ValueError(f"bad events are booleans (such as Q > B), got an array of {outcomes.dtype}")
        for table in (self.counts, self.iid) if iid else (self.counts,):
            k, n = table[cell]
            table[cell] = k + int(np.count_nonzero(outcomes)), n + outcomes.size

    def count(self, cell: str, bad: tuple[int, int], failed: tuple[int, int]) -> None:
        """Set the counts of a cell of independent draws.

        Args:
            cell: a declared cell.
            bad: draws that are known to be bad, and draws, up to some moment: what may refute.
            failed: draws that may be bad, and draws: what a pass rests on.

        Raises:
            ValueError: if the cell was not declared.
        """
        self._require_declared(cell)
        self.counts[cell], self.iid[cell] = bad, failed

    def e_against(self) -> float:
        """e-value against the claim: mean over the declared cells, 1 where nothing was drawn."""
        logs = [float(log_e(k, n, self.delta + self.mistaken)) for k, n in self.counts.values()]
        return _e_value(float(special.logsumexp(logs)) - float(np.log(len(logs))))

    def e_for(self) -> float:
        """e-value against "P(bad) >= delta in some cell": smallest over cells, independent draws only."""
        logs = [float(log_e(k, n, self.delta, above=False)) for k, n in self.iid.values()]
        return _e_value(min(logs))

    def missing(self, alpha_pass: float) -> dict[str, int]:
        """Clean draws that each cell still needs before `e_for` can reach 1/alpha_pass; 0 where it has."""
        return {cell: max(draws_to_pass(self.delta, alpha_pass, bad=k) - n, 0) for cell, (k, n) in self.iid.items()}

    def interval(self, alpha: float, cell: str = "all") -> tuple[float, float]:
        """Confidence sequence for P(bad) in a cell: covers at all n at once with error alpha.

        Raises:
            ValueError: if the cell was not declared or alpha is not inside (0, 1).
        """
        self._require_declared(cell)
        _require_probability("alpha", alpha)
        k, n = self.iid[cell]
        return _lower_end(k, n, alpha / 2), 1 - _lower_end(n - k, n, alpha / 2)

    def _require_declared(self, cell: str) -> None:
        if cell not in self.cells:
            raise ValueError(f"cell {cell!r} was not declared; the declared cells are {self.cells}")


def _lower_end(k: int, n: int, alpha: float) -> float:
    """Smallest p that the evidence against P <= p does not reject at 1/alpha."""
    if k == 0:
        return 0.0
    from scipy.optimize import brentq  # slow to import

    def excess(logit: float) -> float:
        return float(log_e(k, n, special.expit(logit))) + float(np.log(alpha))

    # At the observed rate E <= 1; towards p = 0 the evidence grows without bound.
    top = min(float(special.logit(k / n)), 30.0)
    step = 1e-9
    root = float(brentq(excess, -60.0, top, xtol=step))
    return float(special.expit(root - step))


def _require_probability(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{name} must lie inside (0, 1), got {value}")
