"""Operations of numpy and scipy on moved inputs, with moved results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .backward import foreign, moved_inputs, moved_result, sum_radius, vanished
from .exactness import CLOSED, are_integers, is_exact, of_one_each, whole
from .noise import Array
from .rules import BASIC, SPECTRUM, Rule, is_spectral_norm
from .runs import Run


@dataclass(frozen=True)
class Call:
    """A call of a function that rounds.

    Attributes:
        site: where in the code.
        name: of the function, its rule, and itself.
    """

    site: int
    name: str
    rule: Rule
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    @property
    def owner(self) -> Any:
        """The array whose method is called; else None."""
        owner = getattr(self.function, "__self__", None)
        return owner if isinstance(owner, np.ndarray | np.inexact) else None

    @property
    def inputs(self) -> list[Any]:
        """The floating and complex numbers that go in."""
        found: list[Any] = []
        _each((self.owner, self.args, [v for k, v in self.kwargs.items() if k not in {"out", "where"}]), found.append)
        return found

    def on(self, inputs: Iterator[Any]) -> Call:
        """The same call on other inputs."""
        function = self.function
        if self.owner is not None:
            function = getattr(_as(next(inputs), self.owner), self.name)
        args = _each(self.args, lambda _: next(inputs))
        kwargs = {
            k: v if k in {"out", "where"} else _each((v,), lambda _: next(inputs))[0] for k, v in self.kwargs.items()
        }
        return replace(self, function=function, args=args, kwargs=kwargs)

    def __call__(self) -> Any:
        """What it gives."""
        return self.function(*self.args, **self.kwargs)


def applied(run: Run, call: Call) -> Any:
    """What a call gives, run on inputs that are off by its backward error, and moved by its last rounding."""
    call = _settled(call)
    inputs = call.inputs
    noise = run.noise
    factors = [np.asarray(x) for x in (*inputs, *call.args) if not isinstance(x, list | tuple | str)]
    is_exact_here = call.name in CLOSED and are_integers([x for x in factors if x.dtype.kind in "fc"])
    is_modulus = call.name in {"abs", "absolute"} and not any(np.iscomplexobj(x) for x in inputs)
    if noise is None or is_exact_here or is_modulus:
        result = call()
        run.reached += _has_floats(result)
        return result
    arrays = _precise(inputs, call.kwargs.get("dtype"))
    length = _length(inputs)
    radius = sum_radius(call.rule, call.name, arrays, _axis(call))
    moving = call
    if call.rule.inputs and inputs and (radius is None or call.rule.sums == "short"):
        moving = call.on(iter(moved_inputs(noise, call.rule, arrays, length, call.site)))
    result = moving()
    if call.name == "at":  # writes to its first argument
        return stored(run, call.args[0], call.args[1])
    out = call.kwargs.get("out")
    outs = [*(out if isinstance(out, tuple) else [out]), *(a for a in call.args if a is result)]
    return _moved(run, call, result, arrays, length, outs, radius)


def stored(run: Run, target: Array, key: Any) -> None:
    """Move entries that were written to."""
    run.step()
    if run.noise and target.dtype.kind in "fc":
        target[key] = moved_result(run.noise, BASIC, np.asarray(target[key]), 0, "stored")


def converted(run: Run, site: int, source: Any, result: Any) -> Any:
    """An array or number in low precision, with the entries moved that are not what they were made from."""
    a = np.asarray(result)
    try:
        kept = np.broadcast_to(a == np.asarray(source, dtype=float), a.shape)
    except (TypeError, ValueError):
        return result
    if kept.all():
        return result
    run.step()
    if run.noise is None:
        return result
    moved = np.where(kept, a, moved_result(run.noise, BASIC, a, 0, site))
    return _as(moved.astype(a.dtype), result)


def _settled(call: Call) -> Call:
    """The call with its rule made precise by its arguments, and outputs by name."""
    if isinstance(call.function, np.ufunc) and len(call.args) > call.function.nin:
        inputs, outs = call.args[: call.function.nin], call.args[call.function.nin :]
        call = replace(call, args=inputs, kwargs={**call.kwargs, "out": outs})
    values = (call.owner, *call.args) if call.owner is not None else call.args
    if is_spectral_norm(call.name, values, call.kwargs):
        return replace(call, rule=SPECTRUM)
    # numpy adds along the last axis in blocks, and the rows of a matrix one after another.
    axis = _axis(call)
    dimensions = np.ndim(values[0]) if values and isinstance(values[0], np.ndarray) else 0
    if call.rule.sums == "short" and dimensions > 1 and isinstance(axis, int) and axis % dimensions != dimensions - 1:
        return replace(call, rule=replace(call.rule, sums="long"))
    return call


def _moved(
    run: Run,
    call: Call,
    result: Any,
    inputs: Sequence[Array],
    length: int,
    outs: Sequence[Any],
    radius: Array | None = None,
) -> Any:
    """A result, moved; in place where it was written to an array that was there before."""
    if isinstance(result, tuple | list) and any(map(_has_floats, result)):
        parts = [_moved(run, call, part, inputs, length, outs) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    if isinstance(result, dict) and call.rule.foreign:  # of scipy.optimize
        result.update({key: _moved(run, call, part, inputs, length, outs) for key, part in result.items()})
        return result
    if not _has_floats(result):
        return result
    run.step()
    noise = run.noise
    assert noise is not None
    a = np.asarray(result)
    operands = [x.item() if isinstance(x, np.generic) else x for x in call.args]
    if of_one_each(call.name, inputs, a.size):
        return call()
    if a.size == 1 and a.dtype.kind == "f" and is_exact(call.name, operands, float(a.reshape(()))):
        return result
    if call.rule.foreign:
        a = foreign(noise, a, inputs)
    else:
        fits = radius is not None and radius.size == a.size
        kept, before = whole(call.name, call.args, a), a
        a = moved_result(noise, call.rule, a, length, call.site, radius=radius if fits else None)
        a = a if kept is None else np.where(kept, before, a)
        a = vanished(noise, call.name, a, operands)
        if call.name == "linspace":  # its ends are as they were given
            a = np.where(np.rint(result) == result, result, a)
    if any(result is out for out in outs):
        result[...] = a
        return result
    return _as(a, result)


def _precise(inputs: Sequence[Any], dtype: Any) -> list[Array]:
    """Inputs in the precision in which they are computed with: that of the most precise one, or of ``dtype``."""
    arrays = [np.asarray(x) for x in inputs]
    digits = max((np.finfo(d).precision for d in [*(a.dtype for a in arrays), *_floating(dtype)]), default=0)
    return [a if np.finfo(a.dtype).precision >= digits else a.astype(np.result_type(a.dtype, float)) for a in arrays]


def _floating(dtype: Any) -> list[Any]:
    return [np.dtype(dtype)] if dtype is not None and np.dtype(dtype).kind in "fc" else []


def _axis(call: Call) -> Any:
    values = call.args if call.owner is not None else call.args[1:]
    return call.kwargs.get("axis", values[0] if values and isinstance(values[0], int | tuple) else None)


def _as(a: Array, like: Any) -> Any:
    """An array as the type of another value."""
    if isinstance(like, np.ndarray):
        return a.view(type(like))
    return a.dtype.type(a[()]) if isinstance(like, np.generic) else type(like)(a[()])


def _each(values: Any, change: Callable[[Any], Any], *, inside: bool = False) -> Any:
    """Arguments with each array of floating numbers exchanged, and each number in a list, in their order."""
    if isinstance(values, tuple | list):
        parts = [_each(v, change, inside=inside or isinstance(values, list)) for v in values]
        return type(values)(*parts) if hasattr(values, "_fields") else type(values)(parts)
    if (isinstance(values, np.ndarray) and values.dtype.kind in "fc") or (
        inside and isinstance(values, float | complex | np.inexact)
    ):
        return change(values)
    return values


def _has_floats(x: Any) -> bool:
    if isinstance(x, np.ndarray | np.generic):
        return x.dtype.kind in "fc"
    if isinstance(x, tuple | list):
        return any(map(_has_floats, x))
    return type(x) in {float, complex}


def _length(inputs: Sequence[Any]) -> int:
    """How many products are summed for one result."""
    shape = np.shape(inputs[0]) if inputs else ()
    if not shape:
        return max(1, len(inputs))
    return max(shape) if len(inputs) == 1 else shape[-1]
