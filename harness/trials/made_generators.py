"""Generators that a trial makes for itself: each has to come from the trial's own, or its numbers are no sample."""

from __future__ import annotations

import random
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

NUMPY = ("default_rng", "RandomState", "Generator", "PCG64", "PCG64DXSM", "Philox", "MT19937", "SFC64")
MAKERS: dict[int, tuple[Any, str, Any]] = {
    id(original := getattr(module, name)): (module, name, original)
    for module, names in ((np.random, NUMPY), (random, ("Random",)), (torch, ("Generator",)))
    for name in names
}
HOME = Path(__file__).resolve().parent.parent  # in a checkout the claims are links, and their files lie elsewhere


class Made:
    """What was made while somebody watched: the state that each generator began with, in order."""

    def __init__(self) -> None:
        self._found: list[tuple[str, Any, str]] = []

    def add(self, name: str, generator: Any) -> None:
        """Note a generator that was just made."""
        self._found.append((name, generator, "" if isinstance(generator, torch.Generator) else repr(_state(generator))))

    @property
    def states(self) -> list[tuple[str, str]]:
        """The name of each maker, and what the generator began with; torch's are seeded after they are made."""
        return [(name, state or str(generator.initial_seed())) for name, generator, state in self._found]


class _Watched:
    """Stands for a maker of generators, and notes what a module of the user's project makes with it."""

    def __init__(self, original: Any, name: str, made: Made) -> None:
        self._original, self._name, self._made = original, name, made

    def __call__(self, *arguments: Any, **rest: Any) -> Any:
        generator = self._original(*arguments, **rest)
        if _is_users(sys._getframe(1).f_code.co_filename):
            self._made.add(self._name, generator)
        return generator

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, self._original)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


@contextmanager
def watched() -> Generator[Made]:
    """Inside, the generators are noted that modules of the user's project make."""
    made = Made()
    stand_ins = {key: _Watched(original, name, made) for key, (_, name, original) in MAKERS.items()}
    replaced = [*_bindings()]
    try:
        for namespace, name, key in replaced:
            namespace[name] = stand_ins[key]
        yield made
    finally:
        for namespace, name, key in replaced:
            namespace[name] = MAKERS[key][2]


def _bindings() -> Iterator[tuple[dict[str, Any], str, int]]:
    """Where the makers are bound: in their own modules, and in those of the user that import them by name."""
    for key, (module, name, _) in MAKERS.items():
        yield vars(module), name, key
    for module in [*sys.modules.values()]:
        if _is_users(getattr(module, "__file__", None) or ""):
            yield from (
                (vars(module), name, id(value))
                for name, value in [*vars(module).items()]
                if id(value) in MAKERS and value is MAKERS[id(value)][2]
            )


def _is_users(file: str) -> bool:
    """Is this a file of the user's, or a shipped claim: no library, and nothing of this package besides?"""
    path = Path(file)
    if not file.endswith(".py") or {"site-packages", "dist-packages"} & set(path.parts):
        return False
    if path.is_relative_to(sys.base_prefix):
        return False
    path = path.resolve()
    return not path.is_relative_to(HOME) and not path.is_relative_to((HOME / "generators").resolve())


def _state(generator: Any) -> Any:
    if isinstance(generator, random.Random):
        return generator.getstate()
    if isinstance(generator, np.random.RandomState):
        return generator.get_state()
    source = generator.bit_generator if isinstance(generator, np.random.Generator) else generator
    return source.state
