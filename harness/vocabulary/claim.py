"""A claim and what it is made of; docs/claims.md is a tour, harness/vocabulary/words.py has the words.

A claim is data and a few pure functions. Everything that a reader could ask stands in its file; seeds, batches,
devices, statistics and storage do not.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import signature
from types import FrameType, ModuleType
from typing import Any, Literal

from lemmata.vocabulary.ablation import Changes, ablated
from lemmata.vocabulary.parameters import Number, Params, Rule
from lemmata.vocabulary.verdict import Verdict
from lemmata.vocabulary.words import (
    Ablation,
    Axis,
    Bound,
    ClaimError,
    Condition,
    Control,
    Paper,
    PhaseMap,
    Relation,
)

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


_BETWEEN = {"dataclasses", "lemmata.vocabulary.ablation", "lemmata.vocabulary.claim"}  # who makes a claim of a claim
_MADE: dict[str, list[Claim]] = {}  # by name of the module whose import made them


def made_by(module: ModuleType) -> list[Claim]:
    """All claims that the import of a module made, wherever they are kept and whichever function made them."""
    return [*_MADE.get(module.__name__, ())]


def forget(name: str) -> None:
    """Forget what the import of a module made before it failed."""
    _MADE.pop(name, None)


def _home(frame: FrameType | None) -> tuple[dict[str, Any], bool]:
    """The module whose import is going on, innermost first, and True; or else the module of the frame, and False."""
    caller = frame
    while caller is not None and caller.f_globals.get("__name__") in _BETWEEN:
        caller = caller.f_back
    while frame is not None:
        names = frame.f_globals
        if frame.f_code.co_name == "<module>" and names.get("__name__") != "__main__":
            module = sys.modules.get(str(names.get("__name__")))
            if module is not None and vars(module) is names and "__file__" in names:
                return names, True
        frame = frame.f_back
    return (caller.f_globals if caller else {}), False


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
        precision: in which trials are sampled. After float32, what fails or nearly fails runs again, alone, in float64.
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
    precision: Literal["float32", "float64"] = "float64"
    statement: str = ""
    bounds: list[Bound] = field(default_factory=list, init=False)
    controls: list[Control] = field(default_factory=list, init=False)
    phase_maps: list[PhaseMap] = field(default_factory=list, init=False)
    file: str = field(default="", init=False)
    ablates: Ablation | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        # The statement is the docstring of the file that makes the claim, so that it is written once.
        home, is_imported = _home(sys._getframe(2))
        self.file = str(home.get("__file__", ""))
        self.statement = self.statement or str(home.get("__doc__") or "")
        if not self.id or any(c.isspace() or c in "[]|:/\\" for c in self.id):
            raise ClaimError("id", f"{self.id!r} is not a name", "Use letters, digits, dots and underscores")
        if not self.axes and not self.points:
            raise ClaimError("axes", "there are none", "Give axes=[Axis(...)] to sweep, or points=[{...}]")
        if self.axes and self.points:
            raise ClaimError("points", "given together with axes", "Give one of the two")
        if is_imported:
            _MADE.setdefault(str(home["__name__"]), []).append(self)

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

    def phase_map(self, bound: str, over: Axis | Sequence[Axis], at: Mapping[str, Number] | None = None) -> None:
        """Show where the bound holds and where it breaks, outside its regime too; see :class:`PhaseMap`."""
        axes = (over,) if isinstance(over, Axis) else tuple(over)
        self.phase_maps.append(PhaseMap(bound, axes, dict(at or {})))

    def without(
        self,
        name: str,
        *conditions: str,
        assumption: str = "",
        bounds: Sequence[str] = (),
        axes: Sequence[Axis] = (),
        points: Sequence[Mapping[str, Number]] = (),
        derived: Mapping[str, Rule] | None = None,
        trials: Mapping[str, Callable[..., Any]] | None = None,
        expect: Mapping[str, Verdict] | None = None,
        effort: float | None = None,
    ) -> Claim:
        """An ablation: this claim without one of its assumptions, with a verdict of its own.

        It has the bounds and trials of the claim, the arithmetic ones of its false twins (all where there are
        none), and stands below them in the same file. It is no statement of the paper: it has no erratum, and
        nothing rests on it.

        Args:
            name: a word for what is left out; the id ends with ``.without_`` and this word.
            conditions: of the regime, those that are dropped, each by its statement.
            assumption: what is left out, in words; needed only where no condition says it.
            bounds: labels of the bounds that matter; all unless given.
            axes: which take the place of axes of the same name, or of points.
            points: which take the place of points or axes.
            derived: rules which take the place of rules, axes or coordinates of the same name.
            trials: by label of the bound, for what parameters cannot say.
            expect: by label of the bound, the verdict without the assumption.
            effort: in place of the claim's.

        Raises:
            ClaimError: with what the claim has, where something is named that it has not.
        """
        changes = Changes(axes, points, derived, trials)
        return ablated(self, name, conditions, assumption, bounds, changes, expect or {}, effort)

    @property
    def every_point(self) -> bool:
        """Are the points that are evaluated all that the claim has: given one by one, or every integer of its axes?"""
        return not self.axes or all(axis.is_short for axis in self.axes)

    def params(self, free: Mapping[str, Number]) -> Params:
        """Parameters at the given free coordinates."""
        return Params(free, self.derived)

    def controls_of(self, bound: Bound) -> list[Control]:
        """The twins of a bound."""
        return [control for control in self.controls if control.bound == bound.name]

    def phase_maps_of(self, bound: Bound) -> list[PhaseMap]:
        """The phase maps of a bound."""
        return [phase_map for phase_map in self.phase_maps if phase_map.bound == bound.name]

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
            self._validate_name(f"control {control.name!r}", control.bound)
            _check_arguments(f"control {control.name!r}", control.twin, {1, 2, 3})
        for phase_map in self.phase_maps:
            self._validate_map(phase_map)

    def _validate_name(self, where: str, bound: str) -> None:
        """Refuse what names no bound."""
        names = sorted({known.name for known in self.bounds})
        if bound not in names:
            raise ClaimError(where, f"there is no bound {bound!r}", "Name one of: " + ", ".join(names))

    def _validate_map(self, phase_map: PhaseMap) -> None:
        where = f"phase_map({phase_map.bound!r})"
        self._validate_name(where, phase_map.bound)
        relations = {bound.relation for bound in self.bounds if bound.name == phase_map.bound}
        if not relations <= {"at_most", "at_least"}:
            raise ClaimError(where, f"its bound is {relations.pop()!r}", "Map a bound that is at_most or at_least")
        free = {axis.name for axis in self.axes} or set(self.points[0])
        if unknown := {*(axis.name for axis in phase_map.over), *phase_map.at} - free - set(self.derived):
            known = ", ".join([*sorted(free), *self.derived])
            raise ClaimError(where, f"{sorted(unknown)[0]!r} is no parameter", f"Name one of: {known}")

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
        if bound.power != 1 and not (bound.up_to_constant and _is_positive(bound.power)):
            raise ClaimError(
                where,
                f"power is {bound.power!r}",
                "Give a positive number, to a bound up to a constant whose quantity is that power of the thing",
            )


def _is_positive(number: Any) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool) and 0 < number < math.inf


def _check_arguments(where: str, function: Callable[..., Any], counts: set[int]) -> None:
    """Refuse a trial or twin whose arguments do not say what it is."""
    names = tuple(signature(function).parameters)
    if len(names) not in counts or (len(names) == 2 and names[1] not in {"rng", "rngs"}):
        raise ClaimError(
            where,
            f"its function takes {names}",
            "Take (p), (p, rng) for one trial, (p, rngs) for a batch or (ps, rngs) for one of different parameters; "
            "an arithmetic control takes (p, lhs, rhs)",
        )
