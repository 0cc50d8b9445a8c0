"""Section 3.1 in rational numbers: the six points, and the best fits by functions with one kink."""

from fractions import Fraction as Q

import numpy as np

from lemmata.claims.ysj.prop_1 import data
from lemmata.networks.rational import Rationals, residual


def points(rho) -> tuple[Rationals, Rationals]:
    """X and Y of section 3.1."""
    x, y = data(Q(rho))
    return np.array(x), np.array(y)


def relu(t: Rationals) -> Rationals:
    """ReLU of exact numbers."""
    return np.where(t > 0, t, 0)


def error(y: Rationals, *columns: Rationals) -> Q:
    """Mean squared error of the best fit of y by the columns."""
    rest = residual(y, columns)
    return Q(rest @ rest, len(y))


def err(x: Rationals, y: Rationals) -> Q:
    """Error of the best fit of y by an affine function of x; the paper writes err for it."""
    return error(y, x**0, x)


def coefficients(y: Rationals, *columns: Rationals) -> Rationals:
    """The best fit itself, for columns that are independent."""
    from lemmata.networks.rational import solve

    C = np.stack(columns, 1)
    return solve(C.T @ C, C.T @ y)


def smallest_error(x: Rationals, y: Rationals, degree: int) -> Q:
    """The smallest error of all continuous functions with one kink that are lines beyond it.

    Up to the kink they are of degree 0, a constant, or 1, another line. With the first k points below the kink, these are
    two pieces p and q that cross between x_k and x_{k+1}: by the sign of the difference of their slopes, two convex
    cones. The error is convex, so that its smallest value in a cone is that of the best pieces, if these lie in it, or
    else is on the boundary, where the kink is one of the points.

    Args:
        x: the points, increasing, [n].
        y: their labels, [n].
        degree: of the piece on the left.
    """
    left, right = [x**0, x][: degree + 1], [x**0, x]
    errors = [error(y, *right), *(error(y, *left, relu(x - kink)) for kink in x)]
    for k in range(degree + 1, len(x) - 1):
        p = coefficients(y[:k], *(column[:k] for column in left))
        q = coefficients(y[k:], *(column[k:] for column in right))
        at = [sum(c * t**i for i, c in enumerate(q)) - sum(c * t**i for i, c in enumerate(p)) for t in x[k - 1 : k + 1]]
        if at[0] * at[1] <= 0:  # the pieces cross between the two points
            separate = [error(y[:k], *(c[:k] for c in left)), error(y[k:], *(c[k:] for c in right))]
            errors.append((k * separate[0] + (len(x) - k) * separate[1]) / len(x))
    return min(errors)
