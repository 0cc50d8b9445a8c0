r"""Gradient descent as the proof of Theorem 3.5 follows it: samples, training runs, and what is read off a trace.

Step sizes are given as `step` $= \eta m$, because the gradient of $f$ has squared norm of order $m$: a `step` of
order one is the largest that descends, and `K step` $= K\eta m$ of order $\gamma^{-2}$ is where the surrogate error
falls. The conditions of the theorem, at unit constants, stay far below; what the claims report as regime is how far.
"""

from collections import defaultdict
from dataclasses import replace
from math import inf, log

import torch

from lemmata import Condition
from lemmata.engine.train import Network, Run, train
from lemmata.generators import band, contradictory, linear, with_margin, xor
from lemmata.generators.addressed import draw_key
from lemmata.generators.labelled import Labelled

FAMILIES = {"linear": linear(), "xor": xor(), "band": band()}
SMALL_STEP = Condition(r"\eta \le \nu'\gamma^4 m^{-1}", lambda p: p.gamma**4 / p.step, constant="nu'")
WIDE = Condition(r"m \ge C' d \log(mL/\delta)", lambda p: p.m / (p.d * log(p.m * p.L / p.delta)), constant="C'")


def labelled(ps, rngs):
    """A sample (x [n, d], y [n]) for each trial; families are drawn together where n and d agree.

    The family `level` is the linear one with all points on the level set |f| = gamma, as mirrored pairs of opposite
    labels; the others have half of their points there.
    """
    alike = defaultdict(list)
    for i, p in enumerate(ps):
        alike[p.family, p.n, p.d].append(i)
    found: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
    for (family, n, d), members in alike.items():
        given, gammas = [rngs[i] for i in members], [ps[i].gamma for i in members]
        if family == "contradictory":
            data = contradictory(given, n, d)
        elif family == "level":
            data = with_margin(given, linear(), 2 * n, d, gammas)
            data = Labelled(data.x[:, :n], data.y[:, :n], data.margin)
        else:
            data = with_margin(given, FAMILIES[family], n, d, gammas)
        found |= zip(members, zip(data.x, data.y, strict=True), strict=True)
    return [found[i] for i in range(len(ps))]


def runs(ps, rngs):
    """The training run of each trial: its sample, its initialisation, K steps of size step / m."""
    return [
        Run(Network(p.d, p.m, p.L, p.theta), draw_key(rng), x, y, p.step / p.m, p.K)
        for p, rng, (x, y) in zip(ps, rngs, labelled(ps, rngs), strict=True)
    ]


def descend(ps, rngs, **options):
    """The trace of each trial."""
    return train(runs(ps, rngs), dtype=ps[0].dtype, **options)


def with_network(given, **changes):
    """The same runs, samples and keys in another architecture."""
    return [replace(run, network=replace(run.network, **changes)) for run in given]


def step_length(network, trace):
    """An upper bound of h_k / eta for every k, [k+1]: its spectral norms replaced by Frobenius norms.

    Without skips there is no theta, and all layers count fully.
    """
    inner = network.theta if network.skip else 1.0
    return trace.gradient[:, 0] + inner * trace.gradient[:, 1:-1].sum(1) + trace.gradient[:, -1]


def largest_step_length(run, trace):
    """max_k of that bound over eta sqrt(m) E_S(W^(k)); +inf where the run diverged."""
    ratio = step_length(run.network, trace) / (run.network.m**0.5 * trace.surrogate)
    return float(ratio.nan_to_num(nan=inf, posinf=inf).max())


def smallest_decrease(p, trace):
    """min_k of (L_S(W^(k)) - L_S(W^(k+1))) / (eta m E_S(W^(k))^2); zero where the loss grows, or the run diverged."""
    decrease = (trace.loss[:-1] - trace.loss[1:]) / (p.step * trace.surrogate[:-1] ** 2)
    return float(decrease.nan_to_num(nan=0.0).min().clamp(min=0.0))


def largest_distance(p, trace):
    """max_{k, l} of ||W_l^(k) - W_l^(0)||_F / sqrt(k eta)."""
    eta_k = torch.arange(1, len(trace.distance), dtype=torch.float64) * (p.step / p.m)
    return float((trace.distance[1:].amax(1) / eta_k.sqrt()).max())


def slowest_surrogate(p, trace):
    """max over K' <= K of sqrt(K' eta m) min_{k < K'} E_S(W^(k)): statement (ii) for every number of steps."""
    least = torch.cummin(trace.surrogate[:-1].nan_to_num(nan=inf), 0).values
    return float((least * (torch.arange(1, len(least) + 1, dtype=torch.float64) * p.step).sqrt()).max())


def steps_to(error, trace):
    """The number of steps, counted from one, after which E_S <= error for the first time; +inf if it was not reached."""
    reached = (trace.surrogate <= error).nonzero()
    return int(reached[0]) + 1 if len(reached) else inf
