"""What the statements quantify over: data, kernels, initialisations and neighbourhoods.

Functions take one random generator per trial and return tensors with a leading dimension B of trials. They refuse,
with a ValueError that says why, what breaks the assumption under which a paper uses them.
"""

from lemmata.generators.certificates import DualMargin, dual_margin, dual_value, pair_bound
from lemmata.generators.families import KAPPA, Family, affine, band, constant, cosine, linear, xor
from lemmata.generators.initialisation import (
    EmwwParameters,
    YsjParameters,
    emww_initialisation,
    emww_larger_initialisation,
    fcg_gaussian,
    ysj_parameters,
)
from lemmata.generators.kernel import homogeneous_slopes, k_0, kernel_matrix, lambda_min
from lemmata.generators.labelled import Labelled, contradictory, is_antipodally_odd, odd_parity, random_labels
from lemmata.generators.margin import with_margin
from lemmata.generators.neighbourhood import (
    distance_I_c,
    frobenius_distance,
    project_frobenius,
    project_I_c,
    project_spectral,
    random_in_frobenius_balls,
    random_in_I_c,
    random_in_spectral_balls,
    spectral_distance,
)
from lemmata.generators.points import (
    PointSet,
    antipodal_pair,
    contracted_simplex,
    cross_polytope,
    orthonormal,
    pair_at_angle,
    simplex,
    single_point,
    training_set,
)
from lemmata.generators.sphere import sphere

__all__ = [
    "KAPPA",
    "DualMargin",
    "EmwwParameters",
    "Family",
    "Labelled",
    "PointSet",
    "YsjParameters",
    "affine",
    "antipodal_pair",
    "band",
    "constant",
    "contracted_simplex",
    "contradictory",
    "cosine",
    "cross_polytope",
    "distance_I_c",
    "dual_margin",
    "dual_value",
    "emww_initialisation",
    "emww_larger_initialisation",
    "fcg_gaussian",
    "frobenius_distance",
    "homogeneous_slopes",
    "is_antipodally_odd",
    "k_0",
    "kernel_matrix",
    "lambda_min",
    "linear",
    "odd_parity",
    "orthonormal",
    "pair_at_angle",
    "pair_bound",
    "project_I_c",
    "project_frobenius",
    "project_spectral",
    "random_in_I_c",
    "random_in_frobenius_balls",
    "random_in_spectral_balls",
    "random_labels",
    "simplex",
    "single_point",
    "spectral_distance",
    "sphere",
    "training_set",
    "with_margin",
    "xor",
    "ysj_parameters",
]
