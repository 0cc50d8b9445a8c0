"""Random critical points for the statements of section 4, sorted by where w is; in rational numbers."""

from fractions import Fraction as Q
from functools import cache

import numpy as np

from lemmata.networks.rational import Rationals, is_positive_definite, null_space, rationals
from lemmata.networks.ysj_exact import ACTIVATIONS, Instance, Theta, critical_point, forward

# d, widths m_2 .. m_L, and the dimension of the span of the rows of U_2 .. U_L
SHAPES = {
    "one block": (2, (), 0),
    "one unit": (2, (1,), 1),
    "a unit a block": (3, (1, 1), 2),
    "wide": (2, (3,), 1),
    "wide and deep": (2, (2, 2), 1),
    "deep": (2, (1, 1, 1), 1),
    "U = 0": (1, (1,), 0),
}
CASES = [
    {"shape": shape, "phi": phi, "w": w}
    for shape, (_, widths, k) in SHAPES.items()
    for phi in ("relu", "absolute", "quadratic")
    for w in ("outside", "inside", "zero")
    if not (w == "inside" and k == 0)  # the span of no rows has only w = 0
    if not (phi == "quadratic" and len(widths) > 1)  # degree 2^L: huge numbers, and nothing new
    if not (phi != "quadratic" and shape == "U = 0")  # at its kink
]
CURVATURE = Q(1, 10)  # of the strict minimum, at least
OUTSIDE = [case for case in CASES if case["w"] == "outside"]
INSIDE = [case for case in CASES if case["w"] == "inside"]
SADDLES = [case for case in CASES if case["w"] != "outside"]
LINEAR = {"shape": "wide", "phi": "relu", "w": "linear"}


def integers(rng, *shape) -> Rationals:
    """Entries from -3 to 3 without zero, so that nothing is dead or at a kink by accident."""
    return rationals(rng.integers(1, 4, shape) * rng.choice([-1, 1], shape))


def parameters(rng, d, widths, k, w) -> Theta:
    """Small integers, with the rows of all U_l in a random space of dimension k.

    Args:
        rng: a generator.
        d: of the input.
        widths: m_2 .. m_L.
        k: dimension of the space, less than d for parameter coverage.
        w: "inside" for a combination of the rows, "zero", "outside" for any, or "linear" for any with all V_l = 0.
    """
    rows = integers(rng, k, d)
    U = [integers(rng, m, k) @ rows if k else 0 * integers(rng, m, d) for m in widths]
    V = [rationals(rng.choice([-1, 1], (d, m)) * (w != "linear")) for m in (d, *widths)]
    top = {"inside": lambda: integers(rng, k) @ rows, "zero": lambda: 0 * integers(rng, d)}
    return Theta(top.get(w, lambda: integers(rng, d))(), V, U)


def anywhere(p, rng) -> Instance:
    """Parameters of the case p and a labelled sample, as they come."""
    d, widths, k = SHAPES[p.shape]
    while True:
        theta, x, phi = parameters(rng, d, widths, k, p.w), integers(rng, 6, d), ACTIVATIONS[p.phi]
        out = forward(theta, x, phi)
        if fits(theta, p.w) and not (phi.kink_at_zero and any((pre == 0).any() for pre in out.pre[1:])):
            return Instance(theta, x, integers(rng, 6), phi, out)


def missed(theta) -> Rationals:
    """Vectors that span the complement of the rows of U_2 .. U_L, [dimension, d]; the parameters cover if there is none."""
    return null_space(np.concatenate([0 * theta.w[None], *theta.U]))


def is_inside(theta) -> bool:
    """Is w in the span of the rows of U_2 .. U_L?"""
    return not any(missed(theta) @ theta.w)


def fits(theta, w) -> bool:
    """Is w where the case has it? The rows of the U_l may span less than was meant."""
    return is_inside(theta) == (w in {"inside", "zero"}) and (w != "inside" or any(theta.w))


def draw(p, rng, thin=False) -> Instance:
    """A critical point of the case p; with `thin`, inputs and blocks leave out the last coordinate, so that A is singular.

    With w inside, one with some b_l != 0 is looked for; others are as those with w outside.
    """
    d, widths, k = SHAPES[p.shape]
    phi = ACTIVATIONS[p.phi]
    found = None
    for _ in range(30):
        theta = parameters(rng, d, widths, k, p.w)
        if not fits(theta, p.w):
            continue
        count = theta.w.size + sum(block.size for block in (*theta.V, *theta.U)) if p.w != "zero" else d
        x = integers(rng, 4 * count + 8, d)
        if thin:
            x[:, -1] = 0
            for V in theta.V:
                V[-1] = 0
        pre = forward(theta, x, phi).pre[1:]
        smooth = [i for i in range(len(x)) if not phi.kink_at_zero or all(all(a[i]) for a in pre)]
        x = x[smooth[: count + 2]]
        if len(x) < count + 2:
            continue
        f = forward(theta, x, phi).f
        size = max(1, *abs(f)) * int(rng.choice([1, 10**4, 10**8]))  # at large residuals R > R_lin, if it can be
        found = critical_point(theta, x, phi, lambda dimension: integers(rng, dimension), size)
        if p.w != "inside" or any(any(found.b(l)) for l in range(1, len(theta.V) + 1)):
            break
    if found is None:
        raise ValueError(f"no critical point of the case {p} was found")
    return found


def descent(point) -> Theta | None:
    """The direction of the proof, for a block with b_l != 0, where w is in the span of the rows of U_2 .. U_L."""
    alphas = missed(point.theta)
    if len(alphas) and is_inside(point.theta):
        for l in range(1, len(point.theta.V) + 1):
            if any(point.b(l)):
                return point.descent(l, alphas[0])
    return None


def better_of_both(point) -> tuple[Q, Q]:
    """Sides of "R <= R_lin or lambda_min < 0": the smaller of R and R_lin + lambda, and R_lin.

    lambda is the Hessian's quadratic form at a unit vector, the proof's direction, as a forward pass gives it.
    """
    risk, r_lin = point.risk, point.best_linear_risk
    if risk > r_lin and (direction := descent(point)) is not None:
        curvature = point.curvature(direction) / direction.squared_norm
        if curvature < 0:  # zero would be no strict saddle
            risk = min(risk, r_lin + curvature)
    return risk, r_lin


@cache
def strict_minimum() -> Instance:
    """A critical point with d = 1, L = 2, U_2 != 0, and a Hessian above CURVATURE, which is examined.

    Its risk is 0.561, and R_lin = 0.220.
    """
    block = [rationals([[entry]]) for entry in (Q(-13, 4), Q(5, 2), Q(-5, 4))]
    theta = Theta(rationals([1]), block[:2], block[2:])
    x = rationals([[3], [Q(-3, 4)], [Q(-1, 4)], [Q(-3, 2)], [-4]])
    point = critical_point(theta, x, ACTIVATIONS["bump"], lambda _: rationals([-1]), Q(1))
    if not is_positive_definite(point.hessian() - CURVATURE * rationals(np.eye(4, dtype=int))):
        raise AssertionError("a pivot of the Hessian is not positive")
    return point
