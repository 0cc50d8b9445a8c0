"""Roundings of torch: a dispatch mode below autograd, which sees every operation on tensors, backward ones too."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from .backward import SUMS, moved_inputs, moved_result, sum_radius, vanished
from .domains import inside
from .exactness import CLOSED, OVER, are_integers, is_exact, of_one_each, whole
from .noise import Array, Noise
from .rules import ABOUT, BASIC, COMPOSITE, DECIDING, VANISHING, Rule
from .runs import Run
from .tensor_rules import CONVERTING, MADE, Operation, operation_of

EPS = 2.0**-52
"""Of float64: what is stored in it loses nothing that was seen."""


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
        operation = operation_of(func)
        if operation.is_view:
            return func(*args, **kwargs)
        name, rule = operation.name, operation.rule
        if operation.entrywise and not kwargs and self._run.noise is not None and _are_plain(args):
            return self._entrywise(func, operation, args, self._run.noise)
        if rule is None:
            out = func(*args, **kwargs)
            if name in CONVERTING:
                self._convert(args, out)
            elif name in DECIDING or (name not in ABOUT and _is_whole(out) and _tensors_in(args)):
                self._run.decides = True
            return out
        if name in DECIDING:
            self._run.decides = True
        tensors = _tensors_in(args)
        if not tensors and name not in MADE:
            return func(*args, **kwargs)
        run, noise = self._run, self._run.noise
        run.step()
        if noise is None or (name == "abs" and not tensors[0].is_complex()):
            return func(*args, **kwargs)
        if not operation.is_mutable:
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
                if name in MADE:  # their ends are as they were given
                    kept = np.rint(plain) == plain
                a = a if kept is None else np.where(kept, plain, a)
                if name in VANISHING and not a.all():
                    a = vanished(noise, name, a, [*map(_numpy, inputs), *_numbers_in(args)])
                _store(part, a)
        return out

    def _entrywise(self, func: Any, operation: Operation, args: Any, noise: Noise) -> Any:
        """The same as for any operation, without what cannot matter here: these are most of all operations."""
        self._run.step()
        out = func(*args)
        a, name = out.numpy(), operation.name
        assert operation.rule is not None
        moved = noise.array(a, name, operation.rule.ulps)
        if not moved.all() or (np.rint(a) == a).any():
            operands = [_numpy(x) if isinstance(x, torch.Tensor) else np.asarray(x) for x in args]
            kept = whole(name, operands, a)
            moved = moved if kept is None else np.where(kept, a, moved)
            moved = vanished(noise, name, moved, operands)
        a[...] = moved
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


def _are_plain(args: Any) -> bool:
    """Are these numbers of Python and dense tensors of float64, one of which has several entries?"""
    several = False
    for x in args:
        if isinstance(x, torch.Tensor):
            if x.dtype != torch.float64 or x.layout is not torch.strided or x.device.type != "cpu" or x.is_neg():
                return False
            several = several or x.numel() > 1
        elif not isinstance(x, float | int):
            return False
    return several


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
