"""How often growth is called a TREND, and how often it passes, for synthetic claims whose truth is known.

    python -m benchmarks.error_rates [runs]

Every row is a claim, every column a design: rungs x draws per rung over 1.5 decades, the noise sigma of log(Q/B), and
nights whose draws are pooled. delta = 0.1, alpha = 1e-3, alpha_pass = 1e-2, resolution 0.25, transients of factor 2.
"""

from __future__ import annotations

import sys
import zlib
from collections import Counter
from collections.abc import Callable
from math import log

import numpy as np
from numpy.typing import NDArray

from lemmata.statistics import judge_regime, judge_trend
from lemmata.vocabulary.error_rates import spend
from lemmata.vocabulary.verdict import Finding, Verdict, most_severe

Floats = NDArray[np.float64]
Truth = Callable[[np.random.Generator, Floats, float], Floats]
"""(rng, scale s of each draw, noise sigma) -> y = log(Q / B)."""
Axes = dict[str, Floats]

SMALLEST, DECADES, DELTA = 16.0, 1.5, 0.1
Q90 = 1.2815515655446004  # 0.9-quantile of the standard normal


def normal(rng: np.random.Generator, s: Floats, sigma: float) -> Floats:
    """A bounded ratio with normal noise on the log scale."""
    return sigma * rng.normal(size=s.size)


def plus(level: Callable[[Floats], Floats], noise: Truth = normal) -> Truth:
    """A ratio whose logarithm moves like `level` of t = s / s_min, with the given noise."""
    return lambda rng, s, sigma: level(s / SMALLEST) + noise(rng, s, sigma)


def student(rng: np.random.Generator, s: Floats, sigma: float) -> Floats:
    """Heavy tails on the log scale."""
    return sigma * rng.standard_t(3, size=s.size)


def settling_tail(rng: np.random.Generator, s: Floats, sigma: float) -> Floats:
    """Spread that falls like s^(-1/2) around a constant 0.9-quantile: the median rises."""
    return sigma * (rng.normal(size=s.size) - Q90) * (s / SMALLEST) ** -0.5


def growing_tail(rng: np.random.Generator, s: Floats, sigma: float) -> Floats:
    """Growth s^(1/2) in one draw of five."""
    return normal(rng, s, sigma) + (rng.random(s.size) < 0.2) * 0.5 * np.log(s / SMALLEST)


def divergence(chance: float, size: float = np.inf) -> Truth:
    """Ratios that are very large with a probability, on top of noise."""
    return lambda rng, s, sigma: normal(rng, s, sigma) + np.where(rng.random(s.size) < chance, size, 0.0)


def two_jumps(rng: np.random.Generator, s: Floats, sigma: float) -> Floats:
    """A 0.9-quantile that is always 0 and as unsure as can be: just reached at the first rung, nearly more later."""
    first, u = s == s.min(), rng.random(s.size)
    jump = np.where(first, np.where(u < DELTA + 1e-3, 0.0, -0.6), np.where(u < DELTA - 1e-3, 10.0, 0.0))
    return jump + 1e-3 * normal(rng, s, sigma)


def bump(height: float, where: float) -> Callable[[Floats], Floats]:
    """A rise by a factor around t = where, and back."""
    return lambda t: log(height) * np.exp(-2 * np.log(t / where) ** 2)


TRUE: dict[str, Truth] = {
    "flat": normal,
    "flat, Student noise": student,
    "spread falls, upper quantile flat": settling_tail,
    "loose, s^-0.25": plus(lambda t: -0.25 * np.log(t)),
    "falls, 1 + 5 t^-2": plus(lambda t: np.log1p(5 * t**-2.0)),
    "falls, 1 + 20 t^-2": plus(lambda t: np.log1p(20 * t**-2.0)),
    "falls, 1 + exp(-(t - 1)/2)": plus(lambda t: np.log1p(np.exp(-(t - 1) / 2))),
    "rises 1.5-fold like t^-1/2": plus(lambda t: -log(1.5) * t**-0.5),
    "rises 2-fold like t^-1/2": plus(lambda t: -log(2) * t**-0.5),
    "rises 2-fold like t^-4": plus(lambda t: -log(2) * t**-4.0),
    "saturates, 1 - exp(-t)": plus(lambda t: np.log1p(-np.exp(-t))),
    "saturates late, 1 + t^4/(t^4 + 10^4)": plus(lambda t: np.log1p(t**4 / (t**4 + 1e4))),
    "approaches like 1/log, from 1/2": plus(lambda t: np.log(1 - log(4) / np.log(SMALLEST * t))),
    "approaches like 1/log, .86 to .94": plus(lambda t: np.log(1 - 0.39 / np.log(SMALLEST * t))),
    "bump of 1.9 in the middle": plus(bump(1.9, 6.0)),
    "bump of 1.9 at the end": plus(bump(1.9, 25.0)),
    "diverges with probability delta": divergence(DELTA),
    "two atoms, e^10 apart, at the quantile": divergence(DELTA, 10.0),
    "two jumps, as unsure as can be": two_jumps,
}
FALSE: dict[str, Truth] = {
    "s^0.25": plus(lambda t: 0.25 * np.log(t)),
    "s^0.35": plus(lambda t: 0.35 * np.log(t)),
    "s^0.5": plus(lambda t: 0.5 * np.log(t)),
    "s^0.5, Student noise": plus(lambda t: 0.5 * np.log(t), student),
    "a missing log": plus(lambda t: np.log(np.log(SMALLEST * t))),
    "a missing log, from s = 2": plus(lambda t: np.log(np.log(2 * t))),
    "rises steeply, t^.5/(1 + 50 t^-3)": plus(lambda t: 0.5 * np.log(t) - np.log1p(50 * t**-3.0)),
    "rises steeply, t/(1 + 500 t^-3)": plus(lambda t: np.log(t) - np.log1p(500 * t**-3.0)),
    "s^0.25 beneath a fall 1 + t^-1/2": plus(lambda t: 0.25 * np.log(t) + np.log1p(t**-0.5)),
    "s^0.3 beneath 1 + exp(-(t - 1)/2)": plus(lambda t: 0.3 * np.log(t) + np.log1p(np.exp(-(t - 1) / 2))),
    "s^0.5 beneath 1 + exp(-(t - 1))": plus(lambda t: 0.5 * np.log(t) + np.log1p(np.exp(-(t - 1)))),
    "a fifth of the draws grows like s^0.5": growing_tail,
    "diverges with probability 0.11": divergence(0.11),
}


def interacting(rng: np.random.Generator, axes: Axes, sigma: float) -> Floats:
    """Where b is largest, the ratio is loose and becomes less so in a; its upper quantile is flat."""
    u = np.log(axes["a"] / SMALLEST)
    return np.where(axes["b"] == axes["b"].max(), u - u.max(), 0.0) + normal(rng, axes["a"], sigma)


def corner(rng: np.random.Generator, axes: Axes, sigma: float) -> Floats:
    """Growth like a^(1/2), only where b is in its upper half."""
    grown = 0.5 * np.log(axes["a"] / SMALLEST) * (axes["b"] > np.median(np.unique(axes["b"])))
    return grown + normal(rng, axes["a"], sigma)


def two_terms(rng: np.random.Generator, axes: Axes, sigma: float) -> Floats:
    """Q = a against B = a + b, as a sum of two terms."""
    return np.log(axes["a"] / (axes["a"] + axes["b"])) + normal(rng, axes["a"], sigma)


def top_only(rng: np.random.Generator, axes: Axes, sigma: float) -> Floats:
    """Growth like a at every kappa but the largest."""
    low = axes["kappa"] < axes["kappa"].max()
    return np.log(axes["a"] / SMALLEST) * low + normal(rng, axes["a"], sigma)


def everywhere(rng: np.random.Generator, axes: Axes, sigma: float) -> Floats:
    """Growth like a^(3/4) at every kappa."""
    return 0.75 * np.log(axes["a"] / SMALLEST) + normal(rng, axes["a"], sigma)


MANY_AXES: dict[str, tuple[str, Callable[[np.random.Generator, Axes, float], Floats], bool]] = {
    "loose in a where b is largest": ("b", interacting, True),
    "Q = a, B = a + b": ("b", two_terms, True),
    "true at the largest kappa only": ("kappa", top_only, True),
    "a^0.5 where b is high": ("b", corner, False),
    "a^0.75 at every kappa": ("kappa", everywhere, False),
}


def scales(rungs: int, per_rung: int) -> Floats:
    """The scale of each draw."""
    return np.repeat(SMALLEST * 10 ** np.linspace(0, DECADES, rungs), per_rung)


def outcome(name: str, rng: np.random.Generator, sigma: float, rungs: int, per_rung: int, nights: int = 1) -> Verdict:
    """The verdict on one sample of a synthetic claim, the most severe of the looks where there are several nights."""
    if name in MANY_AXES:
        other, truth, _ = MANY_AXES[name]
        ladder = scales(rungs, per_rung)
        axes = {"a": rng.permutation(ladder), other: rng.permutation(ladder)}
        judge, y = judge_regime if other == "kappa" else judge_trend, truth(rng, axes, sigma)
        terms = None
        if truth is two_terms:
            b_leads = axes["b"] > axes["a"]
            terms = b_leads.astype(int), y + np.log1p(np.minimum(axes["a"] / axes["b"], axes["b"] / axes["a"]))
        return most_severe(judge(y, axes, DELTA, terms=terms)).verdict
    single = TRUE[name] if name in TRUE else FALSE[name]
    s = np.concatenate([scales(rungs, per_rung) for _ in range(nights)])
    y = single(rng, s, sigma)
    size = rungs * per_rung

    def look(k: int) -> Finding:
        alphas = {"alpha": spend(1e-3, k), "alpha_pass": spend(1e-2, k)} if nights > 1 else {}
        n = 2**k * size
        return most_severe(judge_trend(y[:n], {"s": s[:n]}, DELTA, **alphas))

    verdicts = [look(k).verdict for k in range(nights.bit_length())]
    return next((v for v in verdicts if v is Verdict.TREND), next((v for v in verdicts if v.is_pass), verdicts[-1]))


def outcomes(name: str, sigma: float, rungs: int, per_rung: int, runs: int, nights: int = 1) -> Counter[Verdict]:
    """Verdicts over independent samples of one synthetic claim."""
    rng = np.random.default_rng(zlib.crc32(f"{name} {sigma} {rungs} {per_rung} {nights}".encode()))
    return Counter(outcome(name, rng, sigma, rungs, per_rung, nights) for _ in range(runs))


DESIGNS = [
    (3, 47, 0.0, 1),
    (3, 47, 0.1, 1),
    (3, 47, 0.5, 1),
    (6, 180, 0.0, 1),
    (6, 180, 0.1, 1),
    (6, 180, 0.5, 1),
    (6, 120, 0.1, 6),
]


def main(runs: int) -> None:
    """Print the table of the docs."""
    print(f"Called a TREND / passed, in % of {runs} runs (of {max(runs // 10, 1)} where one axis has no noise):\n")
    heads = [f"{r} x {n}, {sigma:g}" + (f", {nights} nights" if nights > 1 else "") for r, n, sigma, nights in DESIGNS]
    print(f"| | {' | '.join(heads)} |\n|---|{'---|' * len(heads)}", flush=True)
    several = {truth: [name for name, (*_, true) in MANY_AXES.items() if true is truth] for truth in (True, False)}
    for word, names in (("true", [*TRUE, *several[True]]), ("false", [*FALSE, *several[False]])):
        print(f"| **{word}** |{' |' * len(heads)}")
        for name in names:
            print(f"| {name} | {' | '.join(_cell(name, *design, runs) for design in DESIGNS)} |", flush=True)


def _cell(name: str, rungs: int, per_rung: int, sigma: float, nights: int, runs: int) -> str:
    if name in MANY_AXES and nights > 1:
        return ""
    few = runs if sigma or name in MANY_AXES else max(runs // 10, 1)
    seen = outcomes(name, sigma, rungs, per_rung, few, nights)
    return " / ".join(f"{100 * seen[v] / few:.0f}" for v in (Verdict.TREND, Verdict.HOLDS_UP_TO_CONSTANT))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
