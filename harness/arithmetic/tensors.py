"""Roundings of torch: a dispatch mode below autograd, which sees every operation on tensors, backward ones too."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import prod
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from .backward import SUMS, moved_inputs, moved_result, sum_radius, vanished
from .domains import inside
from .exactness import CLOSED, OVER, are_integers, is_exact, of_one_each, whole
from .noise import Array
from .rules import (
    ABOUT,
    BASIC,
    COMPOSITE,
    DECIDING,
    RUNNING,
    SPECIAL,
    SPECTRUM,
    SUM,
    VANISHING,
    Rule,
    names,
    numpy_rule,
)
from .runs import Run

EPS = 2.0**-52
"""Of float64: what is stored in it loses nothing that was seen."""

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

_CONVERTING = names("""
    copy to_copy fill full full_like scalar_tensor new_full index_put masked_fill where index_fill
""")
"""Those that store numbers in a precision that may be lower."""

_MADE = frozenset({"arange", "linspace", "logspace"})
"""Those that round without having been given a tensor."""

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


@cache
def tensor_rule(operation: Any) -> tuple[str, Rule | None]:
    """The name of an operation of aten without its ornaments, and how it rounds."""
    name = operation.name().removeprefix("aten::").split(".")[0].strip("_")
    special = name.startswith("special_")
    name = name.removeprefix("special_").removeprefix("linalg_").removesuffix("_ex")
    # A view is its tensor, which must not be moved.
    is_view = any(part.alias_info is not None and not part.alias_info.is_write for part in operation._schema.returns)
    if is_view or name in _EXACT | _CONVERTING or name.endswith("_copy"):
        return name, None
    if name in _RULES:
        return name, _RULES[name]
    rule = numpy_rule(name)
    if special and rule is not None and name not in {"expm1", "log1p", "exp2", "expit", "log_softmax", "softmax"}:
        return name, SPECIAL
    # numpy adds the rows of a matrix one after another; torch adds in blocks along every axis.
    return name, replace(rule, sums="short") if rule is not None and name in {"sum", "mean", "prod"} else rule


class ShakenTensors(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Inside, results of torch operations that round are moved, in place, so that ``out=`` and aliases see it."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Torch would import its compiler, in seconds, to tell it to leave this mode alone."""
        return False

    def __init__(self, run: Run) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._run = run

    def __torch_dispatch__(  # ruff: ignore[bad-dunder-method-name]
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Run one operation on moved inputs and move what it gives."""
        kwargs = kwargs or {}
        name, rule = tensor_rule(func)
        if rule is None:
            out = func(*args, **kwargs)
            if name in _CONVERTING:
                self._convert(args, out)
            elif name in DECIDING or (name not in ABOUT and _is_whole(out) and _tensors_in(args)):
                self._run.decides = True
            return out
        if name in DECIDING:
            self._run.decides = True
        tensors = _tensors_in(args)
        if not tensors and name not in _MADE:
            return func(*args, **kwargs)
        run, noise = self._run, self._run.noise
        run.step()
        if noise is None or (name == "abs" and not tensors[0].is_complex()):
            return func(*args, **kwargs)
        if not func._schema.is_mutable:
            args = inside(name, args)
        if kwargs.get("alpha", 1) != 1:  # a product is added
            rule = COMPOSITE
        if kwargs.get("dtype") == torch.float64:  # in which numbers of lower precision are summed
            args = tree_map_only(torch.Tensor, _doubled, args)
            tensors = _tensors_in(args)
        if name in CLOSED and are_integers([*map(_numpy, tensors), *_numbers_in(args)]):
            return func(*args, **kwargs)
        length = _length(name, tensors)
        radius = None
        if name in SUMS:
            radius = sum_radius(rule, name, [_numpy(x) for x in tensors], _dimensions(args, kwargs))
        single = all(x.numel() == 1 for x in tensors)
        before = [x.item() if isinstance(x, torch.Tensor) else x for x in args] if single else []
        inputs, plainly = tensors, args
        if rule.inputs and tensors and (radius is None or rule.sums == "short"):
            args = self._with_moved_inputs(func, rule, tensors, length, args)
        out = func(*args, **kwargs)
        if name in OVER and of_one_each(name, [*map(_numpy, inputs)], out.numel() if _floats(out) else 0):
            return func(*plainly, **kwargs)
        for part in out if isinstance(out, tuple | list) else (out,):
            if _floats(part) and part.numel() and not (single and _is_exact(name, before, kwargs, part)):
                a = _numpy(part)
                fits = radius is not None and radius.size == a.size
                kept, plain = whole(name, [*map(_numpy, inputs), *_numbers_in(args)], a), a
                a = moved_result(noise, rule, a, length, name, _grain(part), radius if fits else None)
                if name in _MADE:  # their ends are as they were given
                    kept = np.rint(plain) == plain
                a = a if kept is None else np.where(kept, plain, a)
                if name in VANISHING and not a.all():
                    a = vanished(noise, name, a, [*map(_numpy, inputs), *_numbers_in(args)])
                _store(part, a)
        return out

    def _with_moved_inputs(self, func: Any, rule: Rule, tensors: list[Any], length: int, args: Any) -> Any:
        """Arguments with inputs moved; what the operation writes to is moved where it is."""
        assert self._run.noise is not None
        arrays = moved_inputs(self._run.noise, rule, [_numpy(x) for x in tensors], length, func.name())
        moved = {id(x): a for x, a in zip(tensors, arrays, strict=True)}
        for argument, value in zip(func._schema.arguments, args, strict=False) if func._schema.is_mutable else ():
            if argument.alias_info is not None and argument.alias_info.is_write and id(value) in moved:
                _store(value, moved.pop(id(value)))

        def moved_in(value: Any) -> Any:
            if isinstance(value, torch.Tensor):
                return _tensor(moved[id(value)], value) if id(value) in moved else value
            return type(value)(map(moved_in, value)) if type(value) in {list, tuple} else value

        return moved_in(args)

    def _convert(self, args: Any, out: Any) -> None:
        """Move what lost bits when it was stored."""
        sources = [x for x in args if _floats(x) or isinstance(x, float)]
        if sources and _floats(out) and not (_floats(sources[-1]) and _eps(sources[-1]) >= _eps(out)):
            converted_tensor(self._run, sources[-1], out)


def converted_tensor(run: Run, source: Any, tensor: torch.Tensor) -> None:
    """Move, in place, entries in low precision that are not what they were made from."""
    if not _floats(tensor) or not tensor.numel() or _eps(tensor) <= EPS:
        return
    a = _numpy(tensor)
    try:
        value = _numpy(source) if isinstance(source, torch.Tensor) else np.asarray(source, dtype=float)
        kept = np.broadcast_to(a == value, a.shape)
    except (TypeError, ValueError):  # parts of it were written to
        kept = np.zeros(a.shape, dtype=bool)
    if kept.all():
        return
    run.step()
    if run.noise is not None:
        _store(tensor, np.where(kept, a, moved_result(run.noise, BASIC, a, 0, "converted", _grain(tensor))))


def _floats(x: Any) -> bool:
    """Is it a dense tensor of floating or complex numbers?"""
    return (
        isinstance(x, torch.Tensor)
        and (x.is_floating_point() or x.is_complex())
        and x.layout is torch.strided
        and x.device.type != "meta"
    )


def _doubled(x: torch.Tensor) -> torch.Tensor:
    return x.double() if x.is_floating_point() else x


def _eps(x: torch.Tensor) -> float:
    return torch.finfo(x.dtype).eps


def _grain(x: torch.Tensor) -> float:
    return 65536.0 if x.dtype == torch.bfloat16 else 1.0


def _is_whole(out: Any) -> bool:
    """Has a result integers or truths, as of ``argmax`` and ``gt``?"""
    parts = out if isinstance(out, tuple | list) else (out,)
    return any(isinstance(x, bool) or (isinstance(x, torch.Tensor) and not _floats(x)) for x in parts)


def _tensors_in(args: Any) -> list[Any]:
    """The tensors of floating or complex numbers in arguments, and in lists of them."""
    found = []
    for x in args:
        if isinstance(x, torch.Tensor):
            if _floats(x):
                found.append(x)
        elif isinstance(x, list | tuple):
            found += _tensors_in(x)
    return found


def _numbers_in(args: Any) -> list[Array]:
    return [np.asarray(x) for x in args if isinstance(x, float | complex)]


def _numpy(x: torch.Tensor) -> Array:
    x = x.detach()
    if x.is_complex() or x.is_neg() or x.device.type != "cpu":
        x = x.resolve_conj().resolve_neg().cpu()
    return np.asarray(x.float().numpy() if x.dtype == torch.bfloat16 else x.numpy())


def _tensor(a: Array, like: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(a)).reshape(like.shape).to(like.device, like.dtype)


def _store(x: torch.Tensor, a: Array) -> None:
    if x.device.type == "cpu" and x.dtype != torch.bfloat16 and not x.is_conj() and not x.is_neg():
        x.detach().numpy()[...] = a
    else:
        x.detach().copy_(_tensor(a, x))


def _dimensions(args: Any, kwargs: Any) -> Any:
    """Along which dimensions a reduction goes; None for all."""
    dim = kwargs.get("dim", args[1] if len(args) > 1 else None)
    return dim if isinstance(dim, int) or (isinstance(dim, list | tuple) and dim) else None


def _length(name: str, tensors: list[torch.Tensor]) -> int:
    """How many products are summed for one result."""
    if "convolution" in name:
        return max((prod(x.shape[1:]) for x in tensors), default=1)
    if name in {"cumsum", "cumprod", ""} or len(tensors) == 1:
        return max((x.numel() for x in tensors), default=1)
    shape = tensors[-2].shape if len(tensors) > 1 else ()
    return shape[-1] if shape else 1


def _is_exact(name: str, operands: list[Any], kwargs: Any, out: torch.Tensor) -> bool:
    if out.numel() != 1 or kwargs.get("alpha", 1) != 1:
        return False
    value = out.item()
    return isinstance(value, float) and is_exact(name, operands, value)
