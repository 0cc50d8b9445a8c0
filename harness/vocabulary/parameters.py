"""The parameters of one trial: the free coordinates that the plan chose, and what follows from them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from math import log1p
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

Number = int | float | str
Rule = Callable[["Params"], Number]


def python_number(value: Any) -> Any:
    """A number of numpy or torch as one of Python; others are left as they are."""
    return (
        value.item() if hasattr(value, "dtype") and hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value
    )


class Params(Mapping[str, Number]):
    """Named numbers with attribute access: ``p.m``, ``p["m"]``; immutable.

    ``free`` are the coordinates that were chosen, ``derived`` the rules that give the rest, evaluated in their order
    (a rule sees what stands before it). ``dtype`` is the precision in which a trial should compute.
    """

    def __init__(
        self,
        free: Mapping[str, Number],
        derived: Mapping[str, Rule] | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        self._free = {name: python_number(value) for name, value in free.items()}
        self._rules = dict(derived or {})
        self._dtype = dtype
        self._values: dict[str, Number] = dict(self._free)
        for name, rule in self._rules.items():
            if name not in free:
                self._values[name] = python_number(rule(self))

    @property
    def free(self) -> dict[str, Number]:
        """The chosen coordinates, as plain JSON values: all that is needed to make these parameters again."""
        return dict(self._free)

    @property
    def dtype(self) -> torch.dtype:
        """Precision in which the trial should compute: float64 unless round-off itself is examined."""
        import torch

        return self._dtype or torch.float64

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._values[name]
        except KeyError:
            known = ", ".join(self._values)
            raise AttributeError(f"no parameter {name!r}; this claim has: {known}") from None

    def __getitem__(self, name: str) -> Number:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash((self.key, self._dtype))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Params) and self.key == other.key and self._dtype == other._dtype

    def __repr__(self) -> str:
        return "Params(" + ", ".join(f"{name}={value!r}" for name, value in self._values.items()) + ")"

    @property
    def key(self) -> str:
        """Canonical text of the free coordinates."""
        return json.dumps(self._free, sort_keys=True, allow_nan=False)

    def replace(self, **changes: Number) -> Params:
        """The same parameters with some changed; a derived one that is named is fixed at the value given.

        Raises:
            KeyError: if a name is none of the claim's parameters.
        """
        unknown = set(changes) - set(self._values)
        if unknown:
            raise KeyError(f"no parameter {sorted(unknown)}; this claim has: {', '.join(self._values)}")
        return Params({**self._free, **changes}, self._rules, self._dtype)

    def at(self, dtype: torch.dtype) -> Params:
        """The same parameters, to be computed in another precision."""
        return Params(self._free, self._rules, dtype)


def size_of(point: Params) -> float:
    """Tells small instances from large ones: the sum of log(1 + |x|) over the numbers, derived ones too."""
    return sum(log1p(abs(x)) for x in point.values() if isinstance(x, int | float))
