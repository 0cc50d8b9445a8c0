"""How much the functions of numpy, scipy and math may round, by their names.

An elementary operation is good to half an ulp, a library's exp to a few. What sums or factorises is described by its
*backward* error: the result is exact for inputs that are off by so much. Such functions are therefore run on moved
inputs, which shows how much an ill-conditioned problem makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np


def names(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


Inputs = Literal["", "entries", "size", "factors", "diagonal"]


@dataclass(frozen=True)
class Rule:
    """What an operation's rounding is like.

    Attributes:
        ulps: by which results move. inputs: how inputs move: not at all (``""``); by ulps of their ``entries``; by an
        ulp of the ``size`` (norm) of the
            matrix, as for eigenvalues; of the product of its triangular ``factors``, as for solutions; of the
            root of its ``diagonal``, as for Cholesky's.
        sums: how long the sums in it are: ``short`` for those made in blocks, ``long`` for those made in a row.
        absolute: by how many eps results are off where they are close to zero, as log(1 + ...) is.
        foreign: code that is not known: good to half of the digits of the largest number in or out of it.
    """

    ulps: float = 1.0
    inputs: Inputs = ""
    sums: Literal["", "short", "long"] = ""
    absolute: float = 0.0
    foreign: bool = False


BASIC = Rule()
ELEMENTARY = Rule(ulps=2)
SPECIAL = Rule(ulps=16, inputs="entries")
SUM = Rule(ulps=2, inputs="entries", sums="short")
RUNNING = Rule(ulps=1, inputs="entries", sums="long")
LOGARITHM = Rule(ulps=2, inputs="entries", sums="short", absolute=1)
COMPOSITE = Rule(ulps=4, inputs="entries")
SOLUTION = Rule(ulps=2, inputs="factors")
CHOLESKY = Rule(ulps=2, inputs="diagonal")
SPECTRUM = Rule(ulps=2, inputs="size")
QUADRATURE = Rule(ulps=32)  # the weights of numpy's leggauss(100) are off by 20 eps in the middle
FOREIGN = Rule(foreign=True)

EXPONENTIAL = frozenset({"exp", "exp2", "softmax", "sigmoid", "erfc"})
"""Operations whose result is never zero."""

VANISHING = EXPONENTIAL | names("""
    mul multiply truediv divide true_divide div pow power float_power square prod reciprocal
""")
"""Operations whose zero is a number too small for floating point, where none of the operands is zero."""

DECIDING = names("""
    floor ceil trunc rint fix sign sgn round around round_ heaviside fmod mod remainder floor_divide divmod floordiv
    modf frac lstsq pinv pinvh matrix_rank median mode threshold_backward histogram digitize searchsorted
""")
"""Operations that jump where rounding can take them from one side of a number to the other."""

ABOUT = names("""
    len isinstance hash id type callable hasattr ndim size shape isfinite isinf isnan numel dim allclose print
    is_same_size has_same_storage_numel assert_allclose
""")
"""Functions whose whole numbers do not depend on rounding."""

_EXACT = names("""
    array asarray asanyarray ascontiguousarray asfortranarray asarray_chkfinite asmatrix bmat require copy empty
    empty_like zeros zeros_like ones ones_like full full_like astype eye identity indices ix_ meshgrid tri tril triu
    tril_indices triu_indices diag diagonal diagflat fill_diagonal reshape ravel flatten transpose matrix_transpose
    swapaxes moveaxis rollaxis permute_dims concatenate concat stack unstack vstack hstack dstack column_stack
    row_stack block split array_split hsplit vsplit dsplit tile repeat flip fliplr flipud roll rot90 take
    take_along_axis put put_along_axis putmask place copyto choose compress extract select where argwhere nonzero
    flatnonzero insert delete append pad resize trim_zeros squeeze expand_dims broadcast_to broadcast_arrays
    atleast_1d atleast_2d atleast_3d fromiter frombuffer fromstring fromfunction apply_along_axis apply_over_axes
    piecewise item tolist view fill byteswap tobytes dump dumps setfield getfield setflags newbyteorder
    sliding_window_view as_strided from_dlpack sort argsort lexsort partition argpartition searchsorted unique
    unique_values max min amax amin nanmax nanmin argmax argmin nanargmax nanargmin maximum minimum fmax fmin clip
    isin intersect1d union1d setdiff1d setxor1d digitize count_nonzero any all array_equal array_equiv allclose
    isclose negative positive neg pos sign signbit copysign floor ceil trunc rint fix fabs isfinite isinf isnan real
    imag conj conjugate iscomplex isreal nan_to_num real_if_close ldexp frexp modf fmod mod remainder floor_divide
    divmod nextafter spacing heaviside floordiv gcd lcm factorial comb perm isqrt ulp shape ndim size result_type
    can_cast promote_types common_type min_scalar_type finfo iinfo dtype errstate seterr geterr broadcast_shapes
    shares_memory may_share_memory set_printoptions printoptions array2string array_repr array_str
    format_float_positional format_float_scientific save savez savez_compressed savetxt rvs assert_allclose
    assert_array_equal assert_array_less assert_almost_equal
""")

_BASIC = names("""
    add sub subtract mul multiply truediv divide true_divide sqrt square reciprocal hypot abs absolute linspace arange
    round around round_ diff ediff1d ptp outer kron median fsum degrees radians deg2rad rad2deg dist at
""")

_NUMPY = {
    **dict.fromkeys(
        names("""
            sum nansum mean nanmean average prod nanprod trace norm vector_norm matrix_norm trapezoid softmax fft ifft
            rfft irfft fft2 ifft2 fftn ifftn dct idct
        """),
        SUM,
    ),
    **dict.fromkeys(
        names("""
            matmul dot inner vdot vecdot matvec vecmat tensordot einsum convolve correlate multi_dot matrix_power
            cumsum nancumsum cumprod nancumprod cumulative_sum cumulative_prod accumulate reduce reduceat
        """),
        RUNNING,
    ),
    **dict.fromkeys(names("logsumexp log_softmax logaddexp logaddexp2 logcumsumexp"), LOGARITHM),
    **dict.fromkeys(
        names("""
            cross logit var nanvar std nanstd cov corrcoef gradient interp percentile nanpercentile quantile
            nanquantile histogram bincount polyval vander i0 sinc unwrap
        """),
        COMPOSITE,
    ),
    **dict.fromkeys(names("leggauss hermgauss hermegauss laggauss chebgauss"), QUADRATURE),
    **dict.fromkeys(names("load loadtxt genfromtxt fromfile"), FOREIGN),
    **dict.fromkeys(names("inv solve det slogdet tensorinv tensorsolve lu lu_factor"), SOLUTION),
    **dict.fromkeys(names("solve_triangular lu_solve cho_solve"), COMPOSITE),
    **dict.fromkeys(names("cholesky cho_factor"), CHOLESKY),
    **dict.fromkeys(
        names("""
            eig eigh eigvals eigvalsh svd svdvals qr lstsq pinv pinvh matrix_rank cond expm logm sqrtm schur polar
            polyfit roots poly null_space orth hessenberg ldl eigvals_banded eigh_tridiagonal solve_toeplitz
            solve_banded solveh_banded
        """),
        SPECTRUM,
    ),
}

_ITERATIVE = ("optimize", "integrate", "interpolate", "sparse.linalg", "sparse.csgraph", "cluster", "signal", "ndimage")


def numpy_rule(name: str) -> Rule | None:
    """Of a function, method or ufunc of numpy; None where it does not round.

    What is not known by name is taken to be elementwise, and good to 2 ulps.
    """
    if name in _EXACT:
        return None
    return BASIC if name in _BASIC else _NUMPY.get(name, ELEMENTARY)


def math_rule(name: str) -> Rule | None:
    """Of a function of ``math`` or ``cmath``."""
    if name in {"gamma", "lgamma", "erf", "erfc"}:
        return Rule(ulps=16)
    return numpy_rule(name)


def scipy_rule(module: str, name: str) -> Rule | None:
    """Of a function of scipy. What iterates stops at a tolerance, and little is known about its digits."""
    if module.removeprefix("scipy.").startswith(_ITERATIVE):
        return FOREIGN
    return _NUMPY.get(name, SPECIAL) if name not in _EXACT else None


def is_spectral_norm(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Is it a norm that is made of singular values?"""
    return (
        name in {"norm", "matrix_norm"}
        and any(isinstance(x, int | float | str) and x in {2, -2, "nuc"} for x in [*args[1:2], kwargs.get("ord")])
        and np.ndim(args[0]) >= 2
    )
