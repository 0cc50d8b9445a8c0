"""Does the examination of roundings tell true statements from false ones? Small inequalities by rules, and how often.

    python -m benchmarks.inequalities --seeds 11 12 13

Each case of :mod:`benchmarks.inequality_families` is taken as it is, in whichever direction rounding makes it fail;
and made false, by 1e-8 of its size or more and by 100 times the rounding of the code as written or more.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from benchmarks.inequality_families import FAMILIES, Case
from lemmata.arithmetic import Examination, examine, given

SMALLEST = 1e-8
TIMES = 100
TRIES = 12


@dataclass(frozen=True)
class Outcome:
    """What was said of one statement; ``name`` is its maker's, ``off`` by how much of its size it is false."""

    family: str
    name: str
    is_true: bool
    off: float
    found: Examination
    seconds: float
    times: float


def outcomes(seed: int, each: int = 4, part: int = 1) -> Iterable[Outcome]:
    """Examine true and false statements.

    Args:
        seed: of the parameters and the draws.
        each: true and false ones from each maker.
        part: of how many makers one is taken.
    """
    makers = [(family, make) for family, all_made in FAMILIES.items() for make in all_made]
    for number, (family, make) in enumerate(makers):
        if (number + seed) % part:
            continue
        draw = np.random.default_rng([seed, number])
        for _ in range(each):
            case, key = make(draw), int(draw.integers(2**31))
            near = [case, *(case.near(draw) for _ in range(TRIES - 1))]
            errors = [_margin(*_sides(other, key + i)) - other.slack for i, other in enumerate(near)]
            yield from _true(family, make.__name__, near, key, errors)
            yield from _false(family, make.__name__, case, key, errors, draw)


def _true(family: str, name: str, near: list[Case], key: int, errors: list[float]) -> Iterable[Outcome]:
    """The statement where rounding makes it fail; an identity fails in one direction or the other."""
    for i, (case, error) in enumerate(zip(near, errors, strict=True)):
        margin = error + case.slack
        if margin < 0 or (case.exact is None and margin != 0):
            yield _examined(family, name, True, 0.0, case, key + i, -1.0 if margin > 0 else 1.0, 0.0)
            return


def _false(
    family: str, name: str, case: Case, key: int, errors: list[float], draw: np.random.Generator
) -> Iterable[Outcome]:
    """The same statement with a smaller right side."""
    left, right = _sides(case, key)
    size = float(np.max(np.abs(np.concatenate([np.ravel(left), np.ravel(right)]))))
    rounding = math.hypot(*errors) / math.sqrt(len(errors))
    least = max(SMALLEST * size, TIMES * rounding)
    if 0 < least < math.inf:
        gap = least * 10 ** draw.uniform(0, 3)
        yield _examined(family, name, False, gap / size if size else math.inf, case, key, 1.0, gap + case.slack)


def _examined(
    family: str, name: str, is_true: bool, off: float, case: Case, key: int, sign: float, gap: float
) -> Outcome:
    def trial(p: Any, rng: np.random.Generator) -> Any:
        left, right = case.code(p, rng)
        return left, right - gap

    def compute(_: Sequence[int]) -> list[tuple[float, float, float]]:
        left, right = _sides(Case(trial, case.point), key)
        margin = sign * _margin(left, right)
        return [(float(np.max(np.abs(left))), float(np.max(np.abs(right))), margin)]

    start = perf_counter()
    compute([0])
    alone = perf_counter() - start
    (found,) = examine(compute, 1, [trial, case.code], seed=key)
    seconds = perf_counter() - start - alone
    return Outcome(family, name, is_true, off, found, seconds, seconds / alone)


def _sides(case: Case, key: int) -> tuple[Any, Any]:
    p = SimpleNamespace(**{name: given(value) for name, value in case.point.items()})
    sides = case.code(p, np.random.default_rng(key))
    return tuple(np.asarray(side.detach() if isinstance(side, torch.Tensor) else side, dtype=float) for side in sides)


def _margin(left: Any, right: Any) -> float:
    """Of the entry where it is smallest."""
    return float(np.min(right - left))


def table(found: Iterable[Outcome]) -> tuple[str, Counter[str]]:
    """What was said, by family, and the counts of all."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in found:
        word = f"{'true' if outcome.is_true else 'false'} {outcome.found.label}"
        rows[outcome.family][word] += 1
    words = [f"{kind} {label}" for kind in ("true", "false") for label in ("real", "roundoff", "unclear")]
    total = Counter[str]()
    lines = [f"{'family':14}" + "".join(f"{word:>16}" for word in words)]
    for family, counts in rows.items():
        total += counts
        lines.append(f"{family:14}" + "".join(f"{counts[word]:16}" for word in words))
    lines.append(f"{'all':14}" + "".join(f"{total[word]:16}" for word in words))
    return "\n".join(lines), total


def main() -> None:
    """Print the table and the costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13])
    parser.add_argument("--each", type=int, default=4)
    parser.add_argument("--verbose", action="store_true", help="name what was not told")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for seed in options.seeds:
        start = perf_counter()
        found = list(outcomes(seed, options.each))
        text, total = table(found)
        true = sum(count for word, count in total.items() if word.startswith("true"))
        false = sum(count for word, count in total.items() if word.startswith("false"))
        print(f"seed {seed}, {perf_counter() - start:.0f} s\n{text}")
        print(f"true ones accused: {total['true real']} of {true}")
        print(f"false ones convicted: {total['false real']} of {false}, {total['false real'] / false:.1%}")
        for label in ("real", "roundoff", "unclear"):
            some = sorted((outcome.seconds, outcome.times) for outcome in found if outcome.found.label == label)
            if some:
                seconds, times = some[len(some) // 2]
                print(f"an examination that ends {label}: {1e3 * seconds:.0f} ms, {times:.0f} times the trial (median)")
        for outcome in found:
            wrong = outcome.found.label != ("roundoff" if outcome.is_true else "real")
            if options.verbose and wrong:
                print(f"  {outcome.name} is {outcome.is_true} (by {outcome.off:.1e}): {outcome.found}")


if __name__ == "__main__":
    main()
