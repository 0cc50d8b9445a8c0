"""Looking into code changes nothing of it: not what it computes, and nothing that is left behind."""

from __future__ import annotations

import importlib.util
import itertools
import linecache
import math
import random
import sys
import warnings
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from lemmata.arithmetic import examine, given
from lemmata.arithmetic.examination import Laboratory
from lemmata.arithmetic.noise import Noise
from lemmata.arithmetic.operations import OPERATIONS
from lemmata.arithmetic.reach import Reach
from lemmata.arithmetic.runs import Run
from tests.arithmetic_sample import counted, results

RATE = 0.7
NUMBERS = itertools.count()


class Stepper:
    """A user's class."""

    def __init__(self, start):
        self.start = start

    def step(self, by=0.1):
        """One step."""
        return self.start * by


def trial(p, rng, factor=0.9, *, other=1.1):
    scale = 0.3

    def inner(x):
        return x * scale

    return inner(rng.random()) * RATE * factor, other * Stepper(p.x).step()


def closed_over():
    rate = 0.1

    def inner():
        return rate * 3

    return inner


FAMILY = closed_over()


def state() -> list[Any]:
    """What could be left changed."""
    return [
        [f.__code__ for f in (trial, Stepper.__init__, Stepper.step, FAMILY, closed_over)],
        [trial.__defaults__, trial.__kwdefaults__, Stepper.step.__defaults__, FAMILY.__closure__[0].cell_contents],
        {k: v for k, v in globals().items() if isinstance(v, float | dict | FunctionType)},
        sys.getrecursionlimit(),
        list(warnings.filters),
        [{name: getattr(module, name) for name in dir(module)} for module in (math, np.linalg, np.random)],
        {name: getattr(torch, name) for name in dir(torch) if callable(getattr(torch, name, None))},
        torch._C._len_torch_dispatch_stack(),
        torch.get_rng_state().tolist(),
        np.random.get_state()[1].tolist(),  # ruff: ignore[numpy-legacy-random]
        random.getstate(),
    ]


def sides(fail: bool) -> Any:
    def compute(_: Any) -> Any:
        left, right = trial(SimpleNamespace(x=given(0.2)), np.random.default_rng(3))
        if fail and left != plain:
            raise ValueError("fails with other roundings")
        return [(left, right, -abs(left - right))]

    plain = trial(SimpleNamespace(x=0.2), np.random.default_rng(3))[0]
    return compute


@pytest.mark.parametrize("fail", [False, True])
def test_nothing_is_left_behind(fail):
    """Code, defaults, closures, globals, modules, modes, limits, filters, generators; after errors, too."""
    before = state()
    (found,) = examine(sides(fail), 1, [trial, FAMILY])
    assert found.label == ("unclear" if fail else "real")
    assert "fails with other roundings" in found.reason or not fail
    assert [a == b for a, b in zip(state(), before, strict=True)] == [True] * len(before)


def test_while_it_is_looked_into_numbers_outside_of_functions_move():
    """Module constants, defaults and closures take part; a Reach that forgets one leaves it alike in all runs."""
    functions = {
        "module": lambda: RATE,
        "closure": FAMILY,
        "default": lambda: trial.__defaults__,
        "keyword": lambda: trial.__kwdefaults__["other"],
    }
    with Laboratory([trial, *functions.values()]) as laboratory:
        for name, function in functions.items():
            seen = {str(laboratory.run(function, Run(Noise(seed)))) for seed in range(12)}
            assert len(seen) > 1, name


def test_code_that_is_kept_after_a_run_computes_as_written():
    """A function made while its maker was looked into may live on."""
    kept: list[Any] = []

    def make():
        kept.append(lambda a: a / 3 + math.exp(a))
        return 0.0

    results(make, 2)
    assert kept[-1](2.0) == 2.0 / 3 + math.exp(2.0)


def test_draws_are_the_same_bits():
    """A generator sees numbers as they are written, and its stream is that of the run without noise."""

    def draw():
        rng = np.random.default_rng(5)
        return rng.normal(0.1, 0.3, 4), rng.uniform(0.2, 0.7), rng.choice(3, p=[0.2, 0.3, 0.5], size=5), rng.random()

    plain = draw()
    for result in results(draw):
        assert all(np.array_equal(a, b) for a, b in zip(result, plain, strict=True))


def test_numbers_are_moved_by_one_ulp_and_their_kind_is_kept():
    def kinds():
        return (
            1.1 * 0.7,
            np.float64(1.1) * 0.7,
            np.float32(1.1) * np.float32(0.7),
            complex(1, 2) / 3,
            np.array([1.1]) / 3,
        )

    plain = kinds()
    for result in results(kinds):
        assert [type(a) for a in result] == [type(b) for b in plain]
        # Two constants of an ulp each and the product's own, by less than two ulps of it each.
        assert all(
            np.allclose(a, b, rtol=8 * np.finfo(np.asarray(b).dtype).eps) for a, b in zip(result, plain, strict=True)
        )


AWKWARD = """
import functools, contextlib, dataclasses
import numpy as np

log = []

def note(x):
    log.append(x)
    return x

class Base:
    scale = 2.5
    def __init__(self, x): self.__x = x
    def value(self): return self.__x
    @classmethod
    def make(cls, x): return cls(x)
    @staticmethod
    def double(x): return x * 2

class Child(Base):
    def __init__(self, x):
        super().__init__(x)
        self.count = 0.0
    def value(self):
        self.count += 1.5
        return super().value() + self.count

@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.25
    def norm(self): return (self.x ** 2 + self.y ** 2) ** 0.5

def order():
    a = [1.0, 2.0, 3.0]
    i = 0
    i, a[i] = 1, 10.0
    a[note(0)], b = note(5.0), note(2)
    a[note(1)] += note(2.5)
    a[0:2], (c, a[2]) = [7.0, 8.0], (1, 9.0)
    x = a[0] = note(0.125)
    first, *a[1:] = (1, 2.0, 3.0, 4.0)
    return a, b, c, x, first, i, log

def strings():
    return "%d" % 3 + "a" * 2, [1] * 2 + [2], (1,) + (2,), f"{1 / 8:.3f} {0.5!r}", b"x" + b"y", {1} | {2}

def scopes():
    total = 0.0
    def add(x, *, by=1.0):
        nonlocal total
        total += x * by
        return total
    add(2.0); add(3.0, by=0.5)
    return total, [y for x in range(3) if (y := x * 2) > 1], {k: v for k, v in zip("ab", (1, 2))}, sum(z for z in [1])

def control():
    found = []
    for k in range(5):
        if k == 3: continue
        try:
            found.append(1 / (k - 1))
        except ZeroDivisionError as error:
            found.append(type(error).__name__)
        else:
            found.append("else")
        finally:
            found.append(k)
    while found and isinstance(found[-1], int): found.pop()
    with contextlib.suppress(KeyError): {}["x"]
    match [1.5, {"k": 2}]:
        case [1.5, {"k": k}] if k - 2 == 0: found.append("matched")
        case [-1.5 | 2 + 3j, _]: found.append("never")
    assert found, "never"
    return found, (lambda *a, **k: (a, k))(*[1, 2], **{"site": 3, "self": 4, "function": 5})

def generators():
    def count(n):
        k = 0
        while k < n:
            got = yield k * 0.5
            k += 1 if got is None else got
    g = count(6)
    return list(count(3)), next(g), g.send(3), (yield_from := [*count(2)])

def classes():
    c = Child.make(4.0)
    return c.value(), c.value(), Base.double(3), Point(3.0, 4.0).norm(), Point(1.0) == Point(1.0), Child.scale * 2

def arrays():
    a = np.zeros((2, 3), dtype=np.float32)
    a[..., 0], a[1] = 1.5, 2
    a[:, 1:] += 0.5
    a[0][2] -= 1
    b = a.T
    b *= 2
    m = np.eye(2)
    m @= np.array([[2.0, 0.0], [0.0, 4.0]])
    return a.tolist(), b.base is a, m.tolist(), np.add(a, a, a) is a, sorted([3.0, 1.0], key=lambda t: -t)

@functools.lru_cache
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)

def defaults(a=1.5, *, b=lambda: 2.5): return a * b(), fib(30), pow(2, 5, 7), pow(2.0, 3), abs(-3), divmod(7.5, 2)
def names(): return sorted(locals()), sorted(k for k in globals() if k in ("log", "np")), eval("1 + 1")
"""


def loaded(tmp_path, text: str) -> Any:
    """A module of its own, from a file."""
    name = f"of_a_user_{next(NUMBERS)}"
    file = tmp_path / f"{name}.py"
    file.write_text(text)
    spec = importlib.util.spec_from_file_location(name, file)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name",
    ["order", "strings", "scopes", "control", "generators", "classes", "arrays", "defaults", "names"],
)
def test_rewritten_code_computes_what_the_code_computes(name, tmp_path):
    """Order of evaluation, scopes, unpacking, stores in place, super, patterns, generators, keywords."""
    plain = getattr(loaded(tmp_path, AWKWARD), name)()
    function = getattr(loaded(tmp_path, AWKWARD), name)
    code = function.__code__
    again, run = counted(function)
    assert again == plain
    assert not run.unseen
    assert function.__code__ is code


def test_two_lambdas_in_one_line_are_told_apart(tmp_path):
    module = loaded(tmp_path, "pair = lambda x: x / 3, lambda x: x / 7\n")
    for function, part in zip(module.pair, (3, 7), strict=True):
        reach = Reach(OPERATIONS)
        reach.look_into(function)
        assert function(1.0) == 1.0 / part
        assert "binary" in function.__code__.co_names
        reach.end()


def test_a_file_that_changed_is_not_read(tmp_path):
    """Code of another version of the file must not be put in the place of the one that runs."""
    module = loaded(tmp_path, "def f(x):\n    return x / 3\n")
    Path(module.__file__).write_text("def g(x, y):\n    return x / 5\n", encoding="utf-8")
    linecache.checkcache(module.__file__)
    value, run = counted(lambda: module.f(1.0))
    assert value == 1.0 / 3
    assert run.unseen == {"f"}
