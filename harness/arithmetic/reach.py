"""Looking into a trial: the code of what it runs is exchanged while it is examined, and put back afterwards."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from dis import get_instructions
from functools import lru_cache, partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import torch

from .noise import is_binary
from .rewriting import Rewritten, rewritten
from .runs import Run

KNOWN = frozenset({"numpy", "scipy", "torch"})
"""Packages whose functions have rules."""

LEFT = KNOWN | {
    "mpmath",
    "sympy",
    "numba",
    "llvmlite",
    "jax",
    "jaxlib",
    "pandas",
    "sklearn",
    "pytest",
    "_pytest",
    "hypothesis",
}
"""Packages that are not looked into."""


def is_own(function: FunctionType) -> bool:
    """Is a function the user's, and not of the standard library or a package that is left as it is?"""
    name = str(function.__globals__.get("__name__", ""))
    root = name.split(".")[0]
    return root not in LEFT and root not in sys.stdlib_module_names and not name.startswith(__package__)


class Reach:
    """The functions that were looked into, and the numbers that stand outside of them."""

    def __init__(self, receiver: Any) -> None:
        self._receiver = receiver
        self._files: dict[str, Rewritten | None] = {}
        self._seen: dict[int, object] = {}
        self._codes: list[tuple[FunctionType, CodeType]] = []
        self._numbers: list[_Number] = []
        self._caches: dict[int, Any] = {}
        self._unreadable: set[FunctionType] = set()
        self._run = Run()

    def start(self, run: Run) -> None:
        """Begin a run: the numbers outside of the functions move once for all of it."""
        self._run = run
        self._caches.clear()
        for number in self._numbers:
            number.put(number.written if run.noise is None else run.noise.constant(number.written))

    def end(self) -> None:
        """Put everything back."""
        for number in self._numbers:
            number.put(number.written)
        for function, code in self._codes:
            function.__code__ = code

    def look_into(self, thing: Any) -> None:
        """Exchange the code of a function, of what it wraps, or of the methods of a class of one's own."""
        if isinstance(thing, MethodType):  # a new object at each access
            self.look_into(thing.__func__)
            self.look_into(thing.__self__ if isinstance(thing.__self__, type) else type(thing.__self__))
            return
        if id(thing) in self._seen:
            return
        self._seen[id(thing)] = thing
        if isinstance(thing, FunctionType):
            self._function(thing)
        elif isinstance(thing, type):
            for base in thing.__mro__:
                if base.__module__.split(".")[0] not in LEFT | sys.stdlib_module_names:
                    for member in vars(base).values():
                        self._member(member)
        elif isinstance(thing, partial):
            for part in (thing.func, *thing.args, *thing.keywords.values()):
                self.look_into_callable(part)
        elif not isinstance(thing, ModuleType):
            self.look_into(type(thing))
            if isinstance(thing, torch.nn.Module):  # its parts are called by torch
                for part in thing.modules():
                    self.look_into(type(part))
            for part in getattr(thing, "__dict__", {}).values():  # __wrapped__, pyfunc and their like
                self.look_into_callable(part)

    def look_into_callable(self, thing: Any) -> None:
        """Look into a value that may be a function."""
        if isinstance(thing, FunctionType | MethodType | partial):
            self.look_into(thing)

    def called(self, thing: Any) -> None:
        """Look into a value that is called; that it cannot be read, where it cannot, is no matter before that."""
        self.look_into_callable(thing)
        function = getattr(thing, "__func__", thing)
        if isinstance(function, FunctionType) and function in self._unreadable:
            self._run.unseen.add(function.__qualname__)

    def uncached(self, cached: Any) -> Any:
        """A cached function with a cache of this run's own: moved numbers must not stay behind."""
        key = id(cached)
        if key not in self._caches:
            self.look_into(cached.__wrapped__)
            self._caches[key] = lru_cache(maxsize=None)(cached.__wrapped__)
        return self._caches[key]

    def _function(self, function: FunctionType) -> None:
        for part in (getattr(function, "__wrapped__", None), *_contents(function)):
            self.look_into_callable(part)
        if not is_own(function):
            return
        code = self._code_for(function)
        if code is None:
            if _computes(function):
                self._unreadable.add(function)
            return
        self._codes.append((function, function.__code__))
        function.__code__ = code
        self._numbers_of(function)

    def _code_for(self, function: FunctionType) -> CodeType | None:
        name = function.__code__.co_filename
        if name not in self._files:
            lines = tuple(linecache.getlines(name, function.__globals__))
            self._files[name] = rewritten(name, lines, self._receiver)
        file = self._files[name]
        return file.code_for(function.__code__) if file else None

    def _member(self, member: Any) -> None:
        inside = (getattr(member, name, None) for name in ("__func__", "fget", "fset", "func", "__wrapped__"))
        for part in (member, *inside):
            self.look_into_callable(part)

    def _numbers_of(self, function: FunctionType) -> None:
        """Constants of the module, defaults and closed-over numbers: they are written down too."""
        space = function.__globals__
        if id(space) not in self._seen:
            self._seen[id(space)] = space
            for name in [name for name, value in space.items() if _is_rounded(value)]:
                self._number(partial(space.get, name), partial(space.__setitem__, name))
        for cell in function.__closure__ or ():
            if _is_rounded(_content(cell)):
                self._number(partial(_content, cell), partial(setattr, cell, "cell_contents"))
        for i in [i for i, value in enumerate(function.__defaults__ or ()) if _is_rounded(value)]:
            self._number(partial(_default, function, i), partial(_set_default, function, i))
        named = function.__kwdefaults__ or {}
        for name in [name for name, value in named.items() if _is_rounded(value)]:
            self._number(partial(named.get, name), partial(named.__setitem__, name))

    def _number(self, read: Callable[[], Any], write: Callable[[float], None]) -> None:
        number = _Number(read, write)
        self._numbers.append(number)
        if self._run.noise is not None:
            number.put(self._run.noise.constant(number.written))


class _Number:
    """A number outside of functions. What else writes to it while it is looked into has the last word."""

    def __init__(self, read: Callable[[], Any], write: Callable[[float], None]) -> None:
        self._read, self._write = read, write
        self.written = self._now = float(read())

    def put(self, number: float) -> None:
        if self._read() == self._now:
            self._write(number)
            self._now = number


def _computes(function: FunctionType) -> bool:
    """Does the code of a function compute, as that which ``dataclass`` writes does not?"""
    code = function.__code__
    modules = (function.__globals__.get(name) for name in code.co_names)
    return any(i.opname.startswith("BINARY_OP") for i in get_instructions(code)) or any(
        isinstance(module, ModuleType) for module in modules
    )


def _is_rounded(value: Any) -> bool:
    return type(value) is float and not is_binary(value)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not yet bound
        return None


def _contents(function: FunctionType) -> list[Any]:
    return [_content(cell) for cell in function.__closure__ or ()]


def _default(function: FunctionType, i: int) -> Any:
    return (function.__defaults__ or ())[i]


def _set_default(function: FunctionType, i: int, number: float) -> None:
    values = list(function.__defaults__ or ())
    values[i] = number
    function.__defaults__ = tuple(values)
