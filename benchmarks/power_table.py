"""How often the trend decision accuses and passes synthetic claims of known truth.

    python benchmarks/power_table.py [runs]

One axis of six rungs over 1.5 decades (the last block: three rungs of 44, as for claims that train), delta = 0.05
(0.1), alpha = 1e-3, alpha_pass = 1e-2, resolution 0.25, transients of factor 2 and rate 1/2.
"""

from __future__ import annotations

import sys
import zlib
from collections import Counter
from collections.abc import Callable
from math import log

import numpy as np
from numpy.typing import NDArray

from lemmata.statistics import judge_trend
from lemmata.vocabulary.verdict import Verdict, most_severe

Floats = NDArray[np.float64]
Truth = Callable[[np.random.Generator, Floats, float], Floats]
"""(rng, scale s of each draw, spread sigma) -> y = log(Q / B)."""

SMALLEST = 16.0
Q95 = 1.6448536269514722  # 0.95-quantile of the standard normal


def normal(rng: np.random.Generator, s: Floats, sigma: float) -> Floats:
    """A bounded ratio with normal noise on the log scale."""
    return sigma * rng.normal(size=s.size)


def plus(shift: Callable[[Floats], Floats], noise: Truth = normal) -> Truth:
    """A ratio whose level moves like `shift` of s, with the given noise."""
    return lambda rng, s, sigma: shift(s) + noise(rng, s, sigma)


def transient(factor: float, rate: float) -> Callable[[Floats], Floats]:
    """A rise by the factor to its limit, like s^(-rate); a fall if the factor is below one."""
    return lambda s: -log(factor) * (s / SMALLEST) ** -rate


def power(beta: float) -> Callable[[Floats], Floats]:
    """s^beta."""
    return lambda s: beta * np.log(s / SMALLEST)


def student(rng: np.random.Generator, s: Floats, sigma: float) -> Floats:
    """Heavy tails on the log scale."""
    return sigma * rng.standard_t(3, size=s.size)


def ratio(rng: np.random.Generator, s: Floats, sigma: float) -> Floats:
    """A ratio |t_3|, whose logarithm has two heavy tails, whatever sigma."""
    return np.log(np.abs(rng.standard_t(3, size=s.size)))


def settling_tail(rng: np.random.Generator, s: Floats, sigma: float) -> Floats:
    """Spread that falls like s^(-1/2) around a constant 0.95-quantile: the median rises."""
    return sigma * (rng.normal(size=s.size) - Q95) * (s / SMALLEST) ** -0.5


def settling_median(rng: np.random.Generator, s: Floats, sigma: float) -> Floats:
    """Spread that falls like s^(-1/2) around a constant median."""
    return sigma * rng.normal(size=s.size) * (s / SMALLEST) ** -0.5


def growing_tail(rng: np.random.Generator, s: Floats, sigma: float) -> Floats:
    """Growth s^(1/4) in one draw of ten."""
    return normal(rng, s, sigma) + (rng.random(s.size) < 0.1) * power(0.25)(s)


TRUE: dict[str, Truth] = {
    "flat": normal,
    "flat, Student noise": student,
    "flat, ratio |t_3|": ratio,
    "spread falls, 0.95-quantile flat": settling_tail,
    "spread falls, median flat": settling_median,
    "rises by 1.5 like s^-1": plus(transient(1.5, 1)),
    "rises by 1.5 like s^-1/2": plus(transient(1.5, 0.5)),
    "rises by 2 like s^-1": plus(transient(2, 1)),
    "rises by 2 like s^-1/2": plus(transient(2, 0.5)),
    "rises by 2 like s^-4": plus(transient(2, 4)),
    "falls by 2 like s^-4": plus(transient(1 / 2, 4)),
    "rises slowly and falls fast by 1.41": plus(lambda s: transient(2**0.5, 0.5)(s) + transient(0.5**0.5, 4)(s)),
    "loose, s^-0.25": plus(power(-0.25)),
}
FALSE: dict[str, Truth] = {
    "s^0.05": plus(power(0.05)),
    "s^0.1": plus(power(0.1)),
    "s^0.25": plus(power(0.25)),
    "s^0.5": plus(power(0.5)),
    "s^0.25, Student noise": plus(power(0.25), student),
    "s^0.25 behind a fall by 2 like s^-1/2": plus(lambda s: power(0.25)(s) + transient(1 / 2, 0.5)(s)),
    "missing log": plus(lambda s: np.log(np.log(s))),
    "missing sqrt(log)": plus(lambda s: np.log(np.log(s)) / 2),
    "tenth of the draws grows like s^0.25": growing_tail,
}


def outcomes(
    name: str, sigma: float, per_rung: int, runs: int, rungs: int = 6, delta: float = 0.05
) -> Counter[Verdict]:
    """Verdicts of the trend decision over independent samples of one synthetic claim."""
    truth = TRUE[name] if name in TRUE else FALSE[name]
    s = np.repeat(SMALLEST * 10 ** np.linspace(0, 1.5, rungs), per_rung)
    rng = np.random.default_rng(zlib.crc32(f"{name} {sigma} {per_rung}".encode()))
    return Counter(most_severe(judge_trend(truth(rng, s, sigma), {"s": s}, delta)).verdict for _ in range(runs))


def main(runs: int) -> None:
    """Print the table."""
    designs = [(0.1, 167, 6, 0.05), (0.3, 167, 6, 0.05), (0.1, 1667, 6, 0.05), (0.1, 44, 3, 0.1)]
    heads = [f"{rungs} x {per_rung}, sigma {sigma}" for sigma, per_rung, rungs, _ in designs]
    print(f"accused % / passed % of {runs} runs\n")
    print(f"{'':46}" + "".join(f"{head:>24}" for head in heads))
    for truth, claims in (("true", TRUE), ("false", FALSE)):
        for name in claims:
            cells = []
            for sigma, per_rung, rungs, delta in designs:
                seen = outcomes(name, sigma, per_rung, runs, rungs, delta)
                accused, passed = seen[Verdict.TREND] / runs, seen[Verdict.HOLDS_UP_TO_CONSTANT] / runs
                cells.append(f"{f'{100 * accused:.1f} / {100 * passed:.1f}':>24}")
            print(f"{truth:6}{name:40}" + "".join(cells), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
