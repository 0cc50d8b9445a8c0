"""The words of a claim: paper, axis, condition, sides, bound, control, ablation and phase map; see docs/claims.md."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import signature
from typing import Any, Literal, get_args

from lemmata.vocabulary.parameters import Number, Params, python_number
from lemmata.vocabulary.transient import Toward, Transient
from lemmata.vocabulary.verdict import Verdict

Relation = Literal["at_most", "at_least", "equal", "grows_slower"]

KAPPA = "kappa"
"""The axis of a regime with an unspecified constant, kappa >= C_0."""


class ClaimError(ValueError):
    """A claim file that says something impossible: names the field and the remedy."""

    def __init__(self, field_name: str, problem: str, remedy: str) -> None:
        self.field, self.problem, self.remedy = field_name, problem, remedy
        super().__init__(f"{field_name}: {problem}. {remedy}")


@dataclass(frozen=True)
class Paper:
    """A source of claims.

    Attributes:
        key: with which the ids of its claims begin.
        citation: authors, title, year.
        link: where it can be read.
        outline: what it is made of in its own order, such as ``"(1); Lemma 2; Appendix B.1"``. Tables of statements
            follow it.
    """

    key: str
    citation: str
    link: str
    outline: str = ""

    def position(self, place: str) -> int | None:
        """Where in the outline a place is, to be sorted by: at the last entry that it names, before it or after it.

        None where it names no entry.
        """
        place = place.lower()
        named = [
            (index, entry)
            for index, entry in enumerate(self.outline.lower().split("; "))
            if entry and re.search(rf"(?<!\w){re.escape(entry)}(?!\.?\w)", place)
        ]
        if not named:
            return None
        index, entry = named[-1]
        return 3 * index + (0 if place.startswith("before") else 1 if place.startswith(entry) else 2)


@dataclass(frozen=True)
class Axis:
    """A parameter that is swept on a ladder of log-spaced values, ends included.

    Attributes:
        name: the parameter.
        low: smallest value; integers when both ends are integers.
        high: largest value.
        exponent: the power of this parameter in the printed bound (shown beside the measured one).
        transient: what a true bound may do along this axis before it settles.
        values: the ladder itself, where log-spacing is not what is wanted.
        toward: the end at which a bound up to a constant is claimed, and growth of its ratio sought: ``"inf"``,
            ``"0"`` or ``"both"``. Unless said, infinity for whole numbers and for ``kappa``, and both for other axes.
    """

    name: str
    low: float = 1
    high: float = 1
    exponent: float | None = None
    transient: Transient = Transient()
    values: tuple[float, ...] = ()
    toward: Toward | None = None

    def __post_init__(self) -> None:
        for name, value in (("low", self.low), ("high", self.high), ("values", tuple(self.values))):
            plain = tuple(map(python_number, value)) if isinstance(value, tuple) else python_number(value)
            object.__setattr__(self, name, plain)  # frozen
        ends = self.values or (self.low, self.high)
        if not self.name.isidentifier():
            raise ClaimError("axes", f"{self.name!r} is not a name", "Use the letter of the paper, such as 'm'")
        if not all(math.isfinite(v) and v > 0 for v in ends) or (not self.values and self.low >= self.high):
            raise ClaimError(
                f"Axis({self.name!r})",
                f"its ends are {ends}",
                "Give 0 < low < high, both finite, or values=(...)",
            )
        if self.toward not in {None, *get_args(Toward)}:
            problem = f"toward is {self.toward!r}"
            raise ClaimError(f"Axis({self.name!r})", problem, "Say toward='inf', '0' or 'both', or nothing")
        if self.name == KAPPA and self.toward not in {None, "inf"}:
            problem = f"toward is {self.toward!r}, but its regime is kappa >= C_0"
            raise ClaimError(f"Axis({self.name!r})", problem, "Say toward='inf', or nothing")

    @property
    def judged_toward(self) -> Toward:
        """Towards which ends growth of a ratio is judged."""
        return self.toward or ("inf" if self.is_integer or self.name == KAPPA else "both")

    @property
    def is_integer(self) -> bool:
        """Does the axis hold whole numbers only?"""
        return all(float(v).is_integer() for v in (self.values or (self.low, self.high))) and not any(
            isinstance(v, float) for v in (self.values or (self.low, self.high))
        )

    @property
    def is_short(self) -> bool:
        """Does it have three values or fewer, so that every ladder has them all?"""
        return len(self.values) <= 3 if self.values else self.is_integer and self.high - self.low < 3

    def ladder(self, rungs: int) -> list[float]:
        """At most ``rungs`` increasing values from low to high, log-spaced, rounded to integers on integer axes."""
        if self.values:
            keep = sorted({round(i * (len(self.values) - 1) / max(rungs - 1, 1)) for i in range(rungs)})
            return [self.values[i] for i in keep] if len(self.values) > rungs else list(self.values)
        ratio = self.high / self.low
        ladder = [self.low * ratio ** (i / (rungs - 1)) for i in range(rungs)]
        if self.is_integer:
            return sorted({round(value) for value in ladder})
        return [self.low, *(float(f"{value:.6g}") for value in ladder[1:-1]), self.high]


@dataclass(frozen=True)
class Condition:
    """One inequality of a regime, ``ratio(p) >= constant``.

    Attributes:
        statement: the inequality as printed, in plain text or LaTeX.
        ratio: larger side over smaller side, with unspecified constants set to one.
        constant: name of the unspecified constant; empty when the inequality is explicit, and then it is enforced.
    """

    statement: str
    ratio: Callable[[Params], float]
    constant: str = ""


@dataclass(frozen=True)
class Ablation:
    """What a claim that was made from another one no longer assumes.

    Attributes:
        claim: id of the other claim.
        name: a word for what is left out, the end of the id.
        assumption: what is left out, as printed.
        dropped: the conditions of the regime that are gone; none where something else was assumed.
    """

    claim: str
    name: str
    assumption: str
    dropped: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Sides:
    """Both sides of an inequality, for a batch of trials, with what else a trial may tell.

    Attributes:
        lhs: the quantity, ``[B]`` or a scalar; for an equality any shape ``[B, ...]``.
        rhs: the bound, likewise; a tuple of terms when the paper adds several with constants of their own.
        random: the quantity that random search finds in place of the adversary.
        known: the true extreme value where it is known.
    """

    lhs: Any
    rhs: Any
    random: Any = None
    known: Any = None


@dataclass(frozen=True)
class Control:
    """A false twin that has to be caught, or a true twin that must not be accused.

    The arguments of ``twin`` say what it is: ``(p, lhs, rhs)`` changes the inequality on the draws at hand
    (arithmetic), ``(p)`` returns changed parameters for the same trial (or the two sides), ``(p, rng)`` or
    ``(p, rngs)`` is another trial.
    """

    bound: str
    name: str
    twin: Callable[..., Any]
    must_be_caught: bool = True

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names of the twin's arguments."""
        return tuple(signature(self.twin).parameters)

    @property
    def is_arithmetic(self) -> bool:
        """Does it reuse the draws of its bound?"""
        return len(self.arguments) == 3


@dataclass(frozen=True)
class Bound:
    """One measurable inequality of a claim, in one reading; its facts say of which kind it is, or ``kind`` does."""

    name: str
    relation: Relation
    trial: Callable[..., Any]
    reading: str = "literal"
    quantity: str = ""
    up_to_constant: bool = False
    delta: str | float | None = None
    cap: Callable[[Params], float] | None = None
    exact: Callable[..., Any] | None = None
    axis: str = ""
    gap: float = 0.25
    resolution: float = 0.25
    power: float = 1.0
    frozen: float | None = None
    expect: Verdict | None = None
    erratum: str = ""
    kind: str = ""

    @property
    def label(self) -> str:
        """Name in brackets of the pytest id: the bound, and its reading unless it is the literal one."""
        return self.name if self.reading == "literal" else f"{self.name}-{self.reading}"

    def delta_at(self, p: Params) -> float:
        """Allowed probability of failure at these parameters; 0.1 where a bound up to a constant names none."""
        if self.delta is None:
            return 0.1
        return float(p[self.delta]) if isinstance(self.delta, str) else float(self.delta)


@dataclass(frozen=True)
class PhaseMap:
    """Where a bound holds and where it breaks, inside its regime and outside; supports no verdict.

    Attributes:
        bound: name of the bound whose trial is run, in every reading of it.
        over: one or two axes, free or derived parameters; a derived one is fixed at each value of its ladder.
        at: other parameters that are fixed; the rest stays at the claim's first point, or in the middle of its axes.
    """

    bound: str
    over: tuple[Axis, ...]
    at: Mapping[str, Number] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = f"phase_map({self.bound!r})"
        if strays := [axis for axis in self.over if not isinstance(axis, Axis)]:
            raise ClaimError(where, f"{strays[0]!r} in over= is no axis", 'Give its range, as in Axis("m", 4, 64)')
        names = [axis.name for axis in self.over]
        if len(names) not in {1, 2}:
            raise ClaimError(where, f"it is over {len(names)} axes", "Give over=(Axis(...),) or (Axis(...), Axis(...))")
        if len(set(names)) != len(names):
            raise ClaimError(where, f"axis {names[0]!r} is given twice", "Give two different axes, or one")
        if both := set(names) & set(self.at):
            raise ClaimError(where, f"{both.pop()!r} is swept and fixed", "Name it in over= or in at=, not in both")
