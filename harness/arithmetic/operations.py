"""What rewritten code calls in the place of its operators and functions."""

from __future__ import annotations

import functools
import itertools
import operator
import random
import sys
from collections.abc import Callable, Iterable
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch

from .arrays import Call, applied, converted
from .backward import foreign, vanished
from .domains import inside
from .exactness import is_exact
from .reach import LEFT, Reach, is_own
from .rules import ABOUT, BASIC, DECIDING, ELEMENTARY, FOREIGN, Rule, math_rule, numpy_rule, scipy_rule
from .runs import Run
from .tensors import converted_tensor

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    name: getattr(operator, name) for name in ("add", "sub", "mul", "truediv", "pow", "matmul")
}
IN_PLACE: dict[str, Callable[[Any, Any], Any]] = {name: getattr(operator, f"i{name}") for name in OPERATORS}
_BY_FUNCTION = {function: name for table in (OPERATORS, IN_PLACE) for name, function in table.items()}
_NUMBERS = frozenset({int, float, bool, np.float64})
_FLOATS = frozenset({float, np.float64})
_KNOWN = frozenset({complex, str, list, tuple, torch.Tensor, np.ndarray, np.float32, np.int64, *_NUMBERS})
_FUNCTIONS = (FunctionType, MethodType, functools.partial)
_OWN = object()
"""The way of a function of one's own: it is looked into, and rounds within."""
_CACHED = type(functools.lru_cache(len))


class Operations:
    """Receives the operations of rewritten code: does what they do, and moves what they give.

    Outside of a run it does what the code would have done.
    """

    key = np.s_

    def __init__(self) -> None:
        self._run: Run | None = None
        self._reach = Reach(self)
        self._special: dict[Any, Callable[..., Any]] = {
            sum: self._sum,
            abs: self._abs,
            pow: lambda site, _, *args: self.binary(site, "pow", *args) if len(args) == 2 else pow(*args),
            map: lambda site, _, f, *xs: map(self._called(site, f), *xs),
            functools.reduce: lambda site, _, f, *rest: functools.reduce(self._called(site, f), *rest),
            itertools.starmap: lambda site, _, f, xs: itertools.starmap(self._called(site, f), xs),
            itertools.accumulate: lambda site, _, xs, f=operator.add, **rest: itertools.accumulate(
                xs, self._called(site, f), **rest
            ),
        }
        self._ways: dict[Any, tuple[str, Any]] = {}

    def attach(self, run: Run | None, reach: Reach) -> None:
        """Begin a run; without one, end it."""
        if reach is not self._reach:
            self._ways.clear()
        self._run, self._reach = run, reach

    # ---- what rewritten code calls ----

    def binary(self, site: int, name: str, a: Any, b: Any) -> Any:
        """``a + b`` and the like."""
        function = OPERATORS[name]
        if self._run is None:
            return function(a, b)
        if name == "pow" and self._run.noise is not None:
            a, b = inside(name, (a, b))
        if type(a) in _NUMBERS and type(b) in _NUMBERS:
            result = function(a, b)
            return self._number(site, name, (a, b), result) if type(result) in _FLOATS else result
        return self._operator(site, name, function, a, b)

    def inplace(self, site: int, name: str, a: Any, b: Any) -> Any:
        """``a += b``."""
        if self._run is None:
            return IN_PLACE[name](a, b)
        if type(a) in _NUMBERS:
            return self.binary(site, name, a, b)
        if name == "matmul" and isinstance(a, np.ndarray):
            a[...] = self.binary(site, name, a, b)
            return a
        return self._operator(site, name, IN_PLACE[name], a, b)

    def constant(self, value: Any) -> Any:
        """A number that is written down."""
        noise = self._run.noise if self._run else None
        if noise is None or type(value) not in {float, complex}:
            return value
        return complex(0.0, noise.constant(value.imag)) if isinstance(value, complex) else noise.constant(value)

    def compared(self, name: str, a: Any, b: Any) -> Any:
        """``a < b`` and the like."""
        if self._run is not None and (rounds(a) or rounds(b)):
            self._run.decides = True
        return getattr(operator, name)(a, b)

    def decided(self, value: Any) -> Any:
        """``a < b < c``."""
        if self._run is not None:
            self._run.decides = True
        return value

    def store(self, value: Any, target: Any, key: Any) -> None:
        """``target[key] = value``."""
        target[key] = value
        if self._run and isinstance(target, np.ndarray) and target.dtype.kind == "f" and target.itemsize < 8:
            target[key] = converted(self._run, 0, value, np.asarray(target[key]))

    def call(self, site: int, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """``function(*args, **kwargs)``."""
        run = self._run
        if run is None:
            return function(*args, **kwargs)
        for value in args:
            if isinstance(value, _FUNCTIONS):
                self._reach.called(value)
        for value in kwargs.values():
            if isinstance(value, _FUNCTIONS):
                self._reach.called(value)
        name, way = self._way(function)
        if way is _OWN:
            return function(*args, **kwargs)
        if isinstance(way, Rule):
            if run.noise is not None:
                args = inside(name, args)
            if args and not kwargs and all(type(x) in _NUMBERS for x in args) and not _is_method(function):
                result = function(*args)
                if type(result) in _FLOATS:
                    run.decides |= name in DECIDING
                    return self._number(site, name, args, result, way)
            run.decides |= name in DECIDING
            return applied(run, Call(site, name, way, function, args, kwargs))
        if way is None:
            result = function(*args, **kwargs)
            run.decides |= is_decision(name, args, function, result)
            return self._converted(site, name, function, args, result)
        return way(site, function, *args, **kwargs)

    # ---- how ----

    def _operator(self, site: int, name: str, function: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
        for x in (a, b):
            if type(x) not in _KNOWN:
                self._reach.look_into(type(x))
        if self._run is None or isinstance(a, torch.Tensor) or isinstance(b, torch.Tensor):
            return function(a, b)
        rule = numpy_rule(name) if name in {"matmul", "pow"} else BASIC
        return applied(self._run, Call(site, name, rule or BASIC, function, (a, b), {}))

    def _number(self, site: int, name: str, operands: tuple[Any, ...], result: float, rule: Rule = BASIC) -> float:
        """A plain number as the result of an operation."""
        run = self._run
        assert run is not None
        run.step()
        if run.noise is None:
            return result
        if rule.foreign:
            moved = float(foreign(run.noise, np.asarray(result), [np.asarray(x, dtype=float) for x in operands]))
        elif result == 0:
            moved = float(vanished(run.noise, name, np.asarray(float(result)), operands))
        else:
            moved = run.noise.number(float(result), site, 2.0 if name == "pow" else rule.ulps)
        return result if moved == result or is_exact(name, operands, result) else type(result)(moved)

    def _sum(self, site: int, _: Any, numbers: Iterable[Any], start: Any = 0) -> Any:
        for number in numbers:
            start = self.binary(site, "add", start, number)
        return start

    def _abs(self, site: int, _: Any, x: Any) -> Any:
        return self._number(site, "abs", (x,), abs(x)) if type(x) is complex else abs(x)

    def _called(self, site: int, function: Any) -> Any:
        """A function that a loop of the interpreter's own calls."""
        return functools.partial(self.call, site, function) if function is not None else None

    def _draw(self, _: int, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Random numbers are what they are: their generator gets numbers as they are written."""
        noise = self._run.noise if self._run else None
        if noise is None:
            return function(*args, **kwargs)

        def written(x: Any) -> Any:
            return noise.as_written(x) if type(x) is float else x

        return function(*map(written, args), **{name: written(x) for name, x in kwargs.items()})

    def _converted(self, site: int, name: str, function: Any, args: tuple[Any, ...], result: Any) -> Any:
        """A result that may have lost bits: of ``float(Fraction(1, 3))``, or an array in a lower precision."""
        if not args or self._run is None:
            return result
        if function is float:
            if isinstance(args[0], str):
                return self.constant(result)
            return self._number(site, "float", args, result) if result != args[0] else result
        if isinstance(result, torch.Tensor):
            if function in {torch.tensor, torch.as_tensor, torch.asarray}:
                converted_tensor(self._run, args[0], result)
            return result
        if isinstance(result, np.ndarray | np.floating) and result.dtype.kind == "f" and result.dtype.itemsize < 8:
            source = function.__self__ if _is_method(function) else args[1] if name.startswith("full") else args[0]
            return converted(self._run, site, source, result)
        return result

    def _way(self, function: Any) -> tuple[str, Any]:
        """The name of a function, and its rule, what to call in its place, None or that it is one's own."""
        owner = getattr(function, "__self__", None)
        if owner is None or isinstance(owner, ModuleType):
            key: Any = function
        else:  # a new object at each access
            place = owner if isinstance(owner, np.ufunc | type) else type(owner)
            key = (place, getattr(function, "__func__", None) or getattr(function, "__name__", ""))
        try:
            return self._ways[key]
        except KeyError:
            self._ways[key] = way = self._found(function, owner)
            return way
        except TypeError:  # not hashable
            return self._found(function, owner)

    def _found(self, function: Any, owner: Any) -> tuple[str, Any]:
        name = str(getattr(function, "__name__", type(function).__name__))
        if _is_draw(function):
            return name, self._draw
        if isinstance(function, BuiltinFunctionType | type):
            if function in self._special:
                return name, self._special[function]
            if function in _BY_FUNCTION:
                operation = _BY_FUNCTION[function]
                return name, lambda site, _, a, b: self.binary(site, operation, a, b)
        if isinstance(function, _CACHED):
            return name, lambda site, cached, *args, **kwargs: self._reach.uncached(cached)(*args, **kwargs)
        if isinstance(python := getattr(function, "py_func", None), FunctionType):  # compiled by numba
            return name, lambda site, _, *args, **kwargs: self.call(site, python, *args, **kwargs)
        if isinstance(function, np.ufunc):
            return name, _ufunc_rule(function)
        if isinstance(owner, np.ufunc):
            return name, numpy_rule(name) if _ufunc_rule(owner) is not None else None
        if _is_method(function):
            return name, numpy_rule(name)
        if isinstance(function, BuiltinFunctionType) and owner is not None and not isinstance(owner, ModuleType):
            if isinstance(owner, type):  # as Function.apply of torch
                self._reach.look_into(owner)
            return name, None
        if not isinstance(function, BuiltinFunctionType):
            self._reach.look_into(function)
            self._reach.called(function)
        python = getattr(function, "__func__", function)
        if isinstance(python, FunctionType) and is_own(python):
            return name, _OWN
        return name, None if isinstance(function, type) else _library_rule(name, function)


def rounds(x: Any) -> bool:
    """Is a value a number that may have been rounded, or made of such?"""
    if isinstance(x, torch.Tensor):
        return x.is_floating_point()
    return isinstance(x, float | np.floating) or (isinstance(x, np.ndarray) and x.dtype.kind in "fc")


def is_decision(name: str, args: tuple[Any, ...], function: Any, result: Any) -> bool:
    """Does a function that does not round decide something by numbers that do: an integer, a truth, a step?"""
    if name in DECIDING:
        return True
    whole = isinstance(result, int) or (isinstance(result, np.ndarray | np.generic) and result.dtype.kind in "iub")
    return whole and name not in ABOUT and (any(map(rounds, args)) or rounds(getattr(function, "__self__", None)))


def _is_method(function: Any) -> bool:
    """Of an array, which is an operand too?"""
    return isinstance(getattr(function, "__self__", None), np.ndarray | np.generic)


def _ufunc_rule(function: np.ufunc) -> Rule | None:
    if getattr(np, function.__name__, None) is function:
        return numpy_rule(function.__name__)
    return scipy_rule("scipy.special", function.__name__)


def _library_rule(name: str, function: Any) -> Rule | None:
    python = getattr(function, "__func__", function)
    space = python.__globals__ if isinstance(python, FunctionType) else {}
    module = str(space.get("__name__") or getattr(function, "__module__", None) or type(function).__module__)
    root = module.split(".")[0]
    if root in {"math", "cmath"}:
        return math_rule(name)
    if root == "numpy":
        return numpy_rule(name)
    if root == "scipy":
        return scipy_rule(module, name)
    if root == "torch" or root in sys.stdlib_module_names:
        return ELEMENTARY if root == "statistics" else None
    # Objects of one's own classes are looked into; compiled code cannot be.
    is_python = isinstance(vars(type(function)).get("__call__"), FunctionType)
    return None if is_python and root not in LEFT else FOREIGN


def _is_draw(function: Any) -> bool:
    owner = getattr(function, "__self__", None)
    modules = (getattr(function, "__module__", None), type(owner).__module__)
    return isinstance(owner, random.Random) or any(str(module).startswith("numpy.random") for module in modules)


OPERATIONS = Operations()
