"""How much the operations of torch may round, by their names in aten."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from .rules import BASIC, COMPOSITE, ELEMENTARY, RUNNING, SPECIAL, SPECTRUM, SUM, Rule, names, numpy_rule

_EXACT = names("""
    view view_as reshape alias detach clone lift lift_fresh contiguous t mT mH permute expand expand_as slice select
    narrow unbind chunk split_with_sizes unsafe_view unsafe_split cat hstack index index_select gather masked_select
    masked_fill masked_scatter scatter where relu relu6 threshold threshold_backward hardtanh sgn topk kthvalue mode
    aminmax cummax cummin max_pool1d max_pool2d max_pool2d_with_indices max_pool2d_with_indices_backward embedding
    constant_pad_nd reflection_pad1d replication_pad1d im2col unfold one_hot bucketize new_empty new_zeros new_ones
    new_empty_strided empty_strided empty_permuted rand rand_like randn randn_like randint randperm normal uniform
    random bernoulli multinomial exponential native_dropout view_as_real view_as_complex complex frac resize set
    is_same_size has_same_storage_numel local_scalar_dense check_errors nonzero_static tril_indices triu_indices eq ne
    lt le gt ge equal logical_and logical_or logical_not logical_xor bitwise_and isnan slice_scatter select_scatter
    slice_backward select_backward diagonal_backward unfold_backward diag_embed pixel_shuffle zero zeros_like clamp
    clamp_min clamp_max positive block_diag broadcast_tensors msort movedim pixel_unshuffle channel_shuffle
    native_channel_shuffle reflection_pad2d reflection_pad3d replication_pad2d replication_pad3d pad_circular pad_enum
    pad_sequence repeat_interleave take_along_dim as_strided_scatter diagonal_scatter index_copy unique2 unique_dim
    unique_consecutive unique_dim_consecutive nanmedian geometric cauchy log_normal poisson binomial standard_gamma
    sample_dirichlet dropout alpha_dropout feature_dropout adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d
    max_pool3d_with_indices max_unpool2d max_unpool3d fractional_max_pool2d fractional_max_pool3d hardshrink
    hardtanh_backward conj_physical unsafe_index unsafe_index_put unsafe_chunk unsafe_split_with_sizes to_dense
    cummax_helper cummin_helper
""")

CONVERTING = names("""
    copy to_copy fill full full_like scalar_tensor new_full index_put masked_fill where index_fill
""")
"""Those that store numbers in a precision that may be lower."""

MADE = frozenset({"arange", "linspace", "logspace"})
"""Those that round without having been given a tensor."""

_ENTRYWISE = names("""
    add sub rsub mul div square reciprocal exp exp2 expm1 tanh sigmoid softplus sin cos tanh_backward sigmoid_backward
""")

_RULES = {
    **dict.fromkeys(
        names("""
            mm bmm addmm baddbmm addbmm mv addmv linear convolution convolution_backward addr einsum trilinear
            scaled_dot_product_attention scaled_dot_product_flash_attention_for_cpu
            scaled_dot_product_flash_attention_for_cpu_backward mkldnn_rnn_layer bilinear grouped_mm ger
        """),
        RUNNING,
    ),
    **dict.fromkeys(
        names("""
            nansum dist scatter_add scatter_reduce index_add index_reduce mse_loss mse_loss_backward
            softmax_backward_data log_softmax_backward_data euclidean_dist cdist_forward pdist_forward
            native_layer_norm native_layer_norm_backward native_batch_norm native_batch_norm_backward
            native_group_norm avg_pool1d avg_pool2d adaptive_avg_pool2d nll_loss_forward nll_loss_backward fft_r2c
            fft_c2r fft_c2c cosine_similarity renorm weight_norm_interface binary_cross_entropy huber_loss
            smooth_l1_loss adaptive_avg_pool3d avg_pool3d kl_div col2im embedding_bag embedding_dense_backward
            pdist_backward cdist_backward masked_softmax safe_softmax grid_sampler_2d grid_sampler_3d
            upsample_bilinear2d upsample_linear1d upsample_bicubic2d upsample_trilinear3d
        """),
        SUM,
    ),
    **dict.fromkeys(names("lgamma digamma polygamma igamma igammac mvlgamma erfinv"), SPECIAL),
    **dict.fromkeys(names("matrix_exp matrix_exp_backward geqrf"), SPECTRUM),
    **dict.fromkeys(
        names("""
            addcmul addcdiv lerp var_mean std_mean cholesky_solve cholesky_inverse triangular_solve
            householder_product ormqr
        """),
        COMPOSITE,
    ),
}


@dataclass(frozen=True)
class Operation:
    """An operation of aten.

    Attributes:
        name: without ornaments.
        rule: how it rounds.
        is_mutable: does it write to what it is given?
        is_view: is its result a part of what it is given?
        entrywise: does it make each entry of one or two, so that nothing else has to be looked at?
    """

    name: str
    rule: Rule | None
    is_mutable: bool
    is_view: bool
    entrywise: bool


@cache
def operation_of(function: Any) -> Operation:
    """What is known of an operation of aten."""
    returned = [part.alias_info for part in function._schema.returns]
    is_view = any(alias is not None and not alias.is_write for alias in returned)
    name, rule = _rule(function)
    if is_view:  # it is its tensor, which must not be moved
        rule = None
    mutable = bool(function._schema.is_mutable)
    entrywise = not mutable and rule in {BASIC, ELEMENTARY} and name in _ENTRYWISE
    return Operation(name, rule, mutable, is_view, entrywise)


def _rule(operation: Any) -> tuple[str, Rule | None]:
    name = operation.name().removeprefix("aten::").split(".")[0].strip("_")
    special = name.startswith("special_")
    name = name.removeprefix("special_").removeprefix("linalg_").removesuffix("_ex")
    if name in _EXACT | CONVERTING or name.endswith("_copy"):
        return name, None
    if name in _RULES:
        return name, _RULES[name]
    rule = numpy_rule(name)
    if special and rule is not None and name not in {"expm1", "log1p", "exp2", "expit", "log_softmax", "softmax"}:
        return name, SPECIAL
    # numpy adds the rows of a matrix one after another; torch adds in blocks along every axis.
    return name, replace(rule, sums="short") if rule is not None and name in {"sum", "mean", "prod"} else rule
