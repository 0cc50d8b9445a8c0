"""What a true bound may do before it settles, and the contrast that tells growth from it."""

from __future__ import annotations

from functools import lru_cache
from math import isfinite, log

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lemmata.vocabulary.transient import Transient

# Where noise and bias are traded: 3.1 for an alarm at 1e-3 plus 1.3 to detect nine times in ten.
_SIGMAS = 4.5


def worst_bias(transient: Transient, w: NDArray[np.float64], scales: ArrayLike) -> float:
    """Largest |w . g| over all transients g of the class.

    The extreme points are the single powers t^(-p), so one parameter is searched.
    """
    u = _log_ladder(scales)
    return log(transient.factor) * float(np.max(np.abs(_powers(u, transient.rate, 2001) @ w)))


def contrast(scales: ArrayLike, sd: ArrayLike, transient: Transient) -> NDArray[np.float64]:
    """Weights w that turn rung quantiles q into a growth exponent w . q.

    They satisfy sum w = 0 and w . log s = 1, so that a power s^beta gives beta exactly, and minimise noise
    plus worst-case bias, 4.5 sd(w . q) + sup_g |w . g|: the minimax affine estimator for a convex class of
    nuisances (Donoho 1994; Armstrong and Kolesar 2018). Noise enters on a coarse grid: no weights tuned to
    one data set.

    Args:
        scales: increasing, positive, shape [R], R >= 2.
        sd: standard deviation of each rung quantile, positive, shape [R].
        transient: the class of drifts to be protected against; factor 1 gives weighted least squares.

    Returns:
        Weights, shape [R].

    Raises:
        ValueError: if the scales do not increase or an sd is not positive.
    """
    u = _log_ladder(scales)
    sd = np.asarray(sd, np.float64)
    if sd.shape != u.shape or not np.all((sd > 0) & np.isfinite(sd)):
        raise ValueError(f"every rung needs a positive, finite standard deviation, got {sd}")
    unit = float(np.median(sd))
    spread = np.clip(np.round(4 * sd / unit) / 4, 0.25, 4)
    if transient.factor == 1:
        return _least_squares(u, spread)
    price = float(f"{_SIGMAS * unit / log(transient.factor):.1g}")
    return np.array(_minimax(tuple(np.round(u, 9)), tuple(spread), max(price, 1e-6), transient.rate))


def _log_ladder(scales: ArrayLike) -> NDArray[np.float64]:
    """log(s / s_min), shape [R]."""
    s = np.asarray(scales, np.float64)
    if s.ndim != 1 or s.size < 2 or not (s[0] > 0 and isfinite(s[-1]) and np.all(np.diff(s) > 0)):
        raise ValueError(f"a ladder needs at least two positive scales in increasing order, got {s}")
    return np.log(s / s[0])


def _powers(u: NDArray[np.float64], rate: float, count: int) -> NDArray[np.float64]:
    """Transients t^(-p) for `count` values of p from infinity down to rate, shape [count, R].

    They are spaced by the value v = t_2^(-p) that is left on the second rung; v = 0 is p = infinity.
    """
    v = np.linspace(0.0, np.exp(-rate * u[1]), count)
    return np.asarray(v[:, None] ** (u / u[1]))


def _least_squares(u: NDArray[np.float64], spread: NDArray[np.float64]) -> NDArray[np.float64]:
    precision = spread**-2
    w = (u - np.average(u, weights=precision)) * precision
    return np.asarray(w / (w @ u))


@lru_cache(maxsize=4096)
def _minimax(ladder: tuple[float, ...], spreads: tuple[float, ...], price: float, rate: float) -> tuple[float, ...]:
    """Minimise price |w spread| + max_p |w . t^(-p)| subject to sum w = 0 and w . u = 1."""
    from scipy.optimize import minimize  # slow to import

    u, spread = np.array(ladder), np.array(spreads)
    g = _powers(u, rate, 33)
    g = np.vstack([g, -g])  # the sign of a transient is free

    # Variables x = (w, b); b bounds the bias from above.
    def objective(x: NDArray[np.float64]) -> float:
        return price * float(np.linalg.norm(x[:-1] * spread)) + float(x[-1])

    def gradient(x: NDArray[np.float64]) -> NDArray[np.float64]:
        noise = float(np.linalg.norm(x[:-1] * spread))
        return np.append(price * x[:-1] * spread**2 / noise, 1.0)

    equal = np.column_stack([np.vstack([np.ones_like(u), u]), [0.0, 0.0]])
    below = np.column_stack([-g, np.ones(len(g))])
    start = _least_squares(u, spread)
    solution = minimize(
        objective,
        np.append(start, np.max(g @ start)),
        jac=gradient,
        method="SLSQP",
        constraints=[
            {"type": "eq", "fun": lambda x: equal @ x - [0.0, 1.0], "jac": lambda x: equal},
            {"type": "ineq", "fun": lambda x: below @ x, "jac": lambda x: below},
        ],
        options={"maxiter": 300, "ftol": 1e-10},
    )
    w = solution.x[:-1]
    # Any weights with the two sums are valid; these only have to be no worse than least squares.
    exact = np.abs(equal[:, :-1] @ w - [0.0, 1.0]).max() < 1e-8
    better = objective(np.append(w, np.max(g @ w))) <= objective(np.append(start, np.max(g @ start)))
    return tuple(w if exact and better else start)
