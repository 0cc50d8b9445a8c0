"""The engine against everything else on one shape, in one run."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks import machine
from benchmarks.contestants import Runnable, descents, limits
from benchmarks.problem import Problem, Shape, disagreement, draw, reference
from benchmarks.rounds import interleave

CHECKED_STEPS = 2
TOLERANCE = 0.02  # of a displacement in float32, where W is accumulated; an error in a formula is larger
RATE = 60e9  # flops a second of an ordinary core, from which the length of a turn is chosen


def race(shape: Shape, rounds: int, turn: float, log: Any = print) -> dict[str, Any]:
    """Check every contestant, then time those that agree with the reference.

    Args:
        shape: of the networks.
        rounds: how many.
        turn: seconds that a turn should take, about; at least one step.
        log: where to say what happens.

    Returns:
        Raw data: seconds of a step of all networks by contestant and round, those refused, and what ran.
    """
    problem, steps = draw(shape), max(1, round(turn * RATE / shape.flops))
    contestants, refused = agreeing(problem, log)
    contestants |= {f"limit, {name}": make(problem) for name, make in limits().items()}
    for contestant in contestants.values():
        contestant.run(steps)  # compiles for this number of steps, and touches all memory
    before = machine.load()
    seconds = interleave({name: partial(each.run, steps) for name, each in contestants.items()}, rounds)
    return {
        "seconds": {name: [t / steps for t in times] for name, times in seconds.items()},
        "refused": refused,
        "steps": steps,
        "flops": shape.flops,
        "networks": shape.B,
        "load": [before, machine.load()],
    }


def agreeing(problem: Problem, log: Any = print) -> tuple[dict[str, Runnable], dict[str, float]]:
    """Contestants that compute what the reference does, with and without diagnostics; and the errors of the others."""
    answer = reference(problem, CHECKED_STEPS)
    agree: dict[str, Runnable] = {}
    refused = {}
    for name, make in descents().items():
        for diagnostics in ("full", "none"):
            contestant = make(problem, diagnostics == "full")
            error = disagreement(contestant, answer)
            log(f"  {name}, {diagnostics}: {error:.1e} from the reference")
            if error <= TOLERANCE:
                agree[f"{name}, {diagnostics}"] = contestant
            else:
                refused[f"{name}, {diagnostics}"] = error
    return agree, refused
