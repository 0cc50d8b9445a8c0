"""The vocabulary of a claim: paper, axis, condition, bound, control; see docs/claims.md for a tour.

A claim is data and a few pure functions. Everything that a reader could ask stands in its file; seeds, batches,
devices, statistics and storage do not.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import signature
from typing import Any, Literal

from harness.parameters import Number, Params, Rule
from harness.statistics import Transient
from harness.verdict import Verdict

Relation = Literal["at_most", "at_least", "equal", "grows_slower"]
Kind = Literal["identity", "explicit", "probability", "up_to_constant", "comparison"]


class ClaimError(ValueError):
    """A claim file that says something impossible: names the field and the remedy."""

    def __init__(self, field_name: str, problem: str, remedy: str) -> None:
        self.field, self.problem, self.remedy = field_name, problem, remedy
        super().__init__(f"{field_name}: {problem}. {remedy}")


@dataclass(frozen=True)
class Paper:
    """A source of claims."""

    key: str
    citation: str
    link: str


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
    """

    name: str
    low: float = 1
    high: float = 1
    exponent: float | None = None
    transient: Transient = Transient()
    values: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        ends = self.values or (self.low, self.high)
        if not self.name.isidentifier():
            raise ClaimError("axes", f"{self.name!r} is not a name", "Use the letter of the paper, such as 'm'")
        if not all(math.isfinite(v) and v > 0 for v in ends) or (not self.values and self.low >= self.high):
            raise ClaimError(
                f"Axis({self.name!r})",
                f"its ends are {ends}",
                "Give 0 < low < high, both finite, or values=(...)",
            )

    @property
    def is_integer(self) -> bool:
        """Does the axis hold whole numbers only?"""
        return all(float(v).is_integer() for v in (self.values or (self.low, self.high))) and not any(
            isinstance(v, float) for v in (self.values or (self.low, self.high))
        )

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
    """One measurable inequality of a claim, in one reading."""

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
    frozen: float | None = None
    expect: Verdict | None = None
    erratum: str = ""

    @property
    def kind(self) -> Kind:
        """Which decision applies: K4, K5, K3, K2 or K1 of the statistics, in that order."""
        if self.relation == "equal":
            return "identity"
        if self.relation == "grows_slower":
            return "comparison"
        if self.up_to_constant:
            return "up_to_constant"
        return "explicit" if self.delta is None else "probability"

    @property
    def label(self) -> str:
        """Name in brackets of the pytest id: the bound, and its reading unless it is the literal one."""
        return self.name if self.reading == "literal" else f"{self.name}-{self.reading}"

    def delta_at(self, p: Params) -> float:
        """Allowed probability of failure at these parameters; 0.1 where a bound up to a constant names none."""
        if self.delta is None:
            return 0.1
        return float(p[self.delta]) if isinstance(self.delta, str) else float(self.delta)


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass
class Claim:
    """One printed statement, with its place, its regime, and the functions that measure it.

    Attributes:
        id: ``paper.statement``, the name under which it is found.
        paper: its source.
        place: where in the paper.
        axes: the parameters that are swept.
        points: parameter points instead of axes, for statements about single cases.
        derived: parameters that follow from others, for example ``{"theta": lambda p: 1 / p.L}``.
        regime: the inequalities under which the statement promises anything.
        readings: what each reading means, beyond ``literal``.
        uses: ids of the claims that the paper's proof rests on.
        batch: most trials to run as one tensor program.
        effort: multiplies the draws of the profile; below one for dear trials.
        statement: what is claimed; the docstring of the file unless given.
    """

    id: str
    paper: Paper | None = None
    place: str = ""
    axes: Sequence[Axis] = ()
    points: Sequence[Mapping[str, Number]] = ()
    derived: Mapping[str, Rule] = field(default_factory=dict)
    regime: Sequence[Condition] = ()
    readings: Mapping[str, str] = field(default_factory=dict)
    uses: Sequence[str] = ()
    batch: int = 32
    effort: float = 1.0
    statement: str = ""
    bounds: list[Bound] = field(default_factory=list, init=False)
    controls: list[Control] = field(default_factory=list, init=False)
    file: str = field(default="", init=False)

    def __post_init__(self) -> None:
        # The statement is the docstring of the file that makes the claim, so that it is written once.
        home = sys._getframe(2).f_globals
        self.file = str(home.get("__file__", ""))
        self.statement = self.statement or str(home.get("__doc__") or "")
        if not self.id or any(c.isspace() or c in "[]|:/\\" for c in self.id):
            raise ClaimError("id", f"{self.id!r} is not a name", "Use letters, digits, dots and underscores")
        if not self.axes and not self.points:
            raise ClaimError("axes", "there are none", "Give axes=[Axis(...)] to sweep, or points=[{...}]")
        if self.axes and self.points:
            raise ClaimError("points", "given together with axes", "Give one of the two")

    def bound(self, name: str, relation: Relation, **facts: Any) -> Decorator:
        """Add a bound whose both sides the decorated trial returns; see :class:`Bound` for the facts."""

        def add(trial: Callable[..., Any]) -> Callable[..., Any]:
            self.bounds.append(Bound(name, relation, trial, **facts))
            return trial

        return add

    def at_most(self, name: str, **facts: Any) -> Decorator:
        """The decorated trial returns (quantity, bound) and claims quantity <= bound."""
        return self.bound(name, "at_most", **facts)

    def at_least(self, name: str, **facts: Any) -> Decorator:
        """The decorated trial returns (quantity, bound) and claims quantity >= bound."""
        return self.bound(name, "at_least", **facts)

    def equal(self, name: str, **facts: Any) -> Decorator:
        """The decorated trial returns two sides that are claimed to be equal."""
        return self.bound(name, "equal", **facts)

    def grows_slower(self, name: str, axis: str, **facts: Any) -> Decorator:
        """The decorated trial returns (slow, fast) and claims that along ``axis`` the exponents differ by ``gap``."""
        return self.bound(name, "grows_slower", axis=axis, **facts)

    def control(self, bound: str) -> Decorator:
        """The decorated function makes a false twin of the bound (in every reading) that has to be caught."""
        return self._twin(bound, must_be_caught=True)

    def true_twin(self, bound: str) -> Decorator:
        """The decorated function makes a true twin of the bound that must not be accused."""
        return self._twin(bound, must_be_caught=False)

    def _twin(self, bound: str, *, must_be_caught: bool) -> Decorator:
        def add(twin: Callable[..., Any]) -> Callable[..., Any]:
            self.controls.append(Control(bound, twin.__name__, twin, must_be_caught))
            return twin

        return add

    def params(self, free: Mapping[str, Number]) -> Params:
        """Parameters at the given free coordinates."""
        return Params(free, self.derived)

    def controls_of(self, bound: Bound) -> list[Control]:
        """The twins of a bound."""
        return [control for control in self.controls if control.bound == bound.name]

    def find(self, bound: str, reading: str = "literal") -> Bound:
        """The bound of that name and reading.

        Raises:
            KeyError: if there is none; the message lists those that exist.
        """
        for candidate in self.bounds:
            if (candidate.name, candidate.reading) == (bound, reading):
                return candidate
        known = ", ".join(b.label for b in self.bounds)
        raise KeyError(f"{self.id} has no bound {bound!r} in the reading {reading!r}; it has: {known}")

    def validate(self) -> None:
        """Check what only the finished claim can tell.

        Raises:
            ClaimError: with the field and the remedy, for the first thing that is wrong.
        """
        if not self.bounds:
            raise ClaimError("bounds", f"{self.id} has none", 'Decorate a trial with @claim.at_most("name")')
        seen: set[tuple[str, str]] = set()
        for bound in self.bounds:
            if (bound.name, bound.reading) in seen:
                raise ClaimError(f"bound {bound.label!r}", "defined twice", "Give it another name or reading")
            seen.add((bound.name, bound.reading))
            self._validate_bound(bound)
        for control in self.controls:
            if control.bound not in {bound.name for bound in self.bounds}:
                raise ClaimError(
                    f"control {control.name!r}",
                    f"there is no bound {control.bound!r}",
                    "Name one of: " + ", ".join(sorted({bound.name for bound in self.bounds})),
                )
            _check_arguments(f"control {control.name!r}", control.twin, {1, 2, 3})

    def _validate_bound(self, bound: Bound) -> None:
        where = f"bound {bound.label!r}"
        _check_arguments(where, bound.trial, {1, 2})
        if not any(control.must_be_caught for control in self.controls_of(bound)):
            raise ClaimError(
                where,
                "it has no negative control, so nothing shows that the check can fail",
                f'Add a false twin: @claim.control("{bound.name}")',
            )
        if bound.reading != "literal" and bound.reading not in self.readings:
            raise ClaimError(
                where,
                f"the reading {bound.reading!r} is not explained",
                f"Add it to readings={{{bound.reading!r}: ...}}",
            )
        names = {axis.name for axis in self.axes}
        if bound.relation == "grows_slower" and bound.axis not in names:
            raise ClaimError(where, f"axis {bound.axis!r} is not swept", f"Name one of: {', '.join(sorted(names))}")
        if bound.kind == "up_to_constant" and not names:
            raise ClaimError(where, "a bound up to a constant needs axes to sweep", "Give axes=[Axis(...)]")


def _check_arguments(where: str, function: Callable[..., Any], counts: set[int]) -> None:
    """Refuse a trial or twin whose arguments do not say what it is."""
    names = tuple(signature(function).parameters)
    if len(names) not in counts or (len(names) == 2 and names[1] not in {"rng", "rngs"}):
        raise ClaimError(
            where,
            f"its function takes {names}",
            "Take (p), (p, rng) for one trial or (p, rngs) for a batch; an arithmetic control takes (p, lhs, rhs)",
        )
