"""Adversaries: they find the worst case for "for all x, W, a". Each says what it reaches; tests hold it to that.

| worst case over | take | which is |
|---|---|---|
| vectors, of a matrix norm | `largest_singular_value`, `lanczos` | exact up to a smaller side of 512; to 1e-10 |
| inputs on the sphere | `ascend_on_sphere`, `homogeneous_ascent` | gradient ascent from many starts |
| the same, of a count or a pattern | `climb_on_sphere` | trial and error from many starts |
| weights in a product of balls | `frank_wolfe` | closed-form steps, monotone |
| weights of one ReLU layer | `worst_flips`, `edge_perturbation`, `aligned_rank_one` | closed form |
| s-sparse unit vectors | `top_s_norm`, `truncated_power` | exact for a linear form; from below for a bilinear |
| vectors in a ball, of a quadratic | `largest_quadratic` | exact, by duality |
| residual networks, of a Rademacher average | `rademacher` | exact for d = 1, and for d = 2 with one block |
| directions ("there is an alpha") | `largest_margin`, `simplex_minimum` | exact, with a certificate |
| anything else | `maximise` | gradients, or trial and error without them |

All take and give batches: the leading dimension B counts trials, and `rngs` holds one generator for each.
A search gives a `Found`: the value, the point that attains it, and what random search found. Except where a
docstring says exact, the value is a lower bound of the supremum: it can refute a bound and never prove one.
"""

from lemmata.adversaries.balls import frank_wolfe
from lemmata.adversaries.domains import Ball, Box, Product, Sparse, Sphere
from lemmata.adversaries.edge import (
    Edge,
    aligned_rank_one,
    edge_perturbation,
    worst_flips,
    worst_flips_between,
)
from lemmata.adversaries.found import Found, best_of
from lemmata.adversaries.maximise import maximise
from lemmata.adversaries.quadratic import largest_quadratic
from lemmata.adversaries.simplex import Margin, SimplexMinimum, largest_margin, simplex_minimum
from lemmata.adversaries.sparse import SparsePair, top_s_norm, truncate, truncated_power
from lemmata.adversaries.spectral import Singular, lanczos, largest_singular_value, pseudo_random_start
from lemmata.adversaries.sphere import ascend_on_sphere, climb_on_sphere, homogeneous_ascent

__all__ = [
    "Ball",
    "Box",
    "Edge",
    "Found",
    "Margin",
    "Product",
    "SimplexMinimum",
    "Singular",
    "Sparse",
    "SparsePair",
    "Sphere",
    "aligned_rank_one",
    "ascend_on_sphere",
    "best_of",
    "climb_on_sphere",
    "edge_perturbation",
    "frank_wolfe",
    "homogeneous_ascent",
    "lanczos",
    "largest_margin",
    "largest_quadratic",
    "largest_singular_value",
    "maximise",
    "pseudo_random_start",
    "simplex_minimum",
    "top_s_norm",
    "truncate",
    "truncated_power",
    "worst_flips",
    "worst_flips_between",
]
