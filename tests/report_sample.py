"""A record that uses every field and nearly every verdict of a run, and the same as an attack."""

from __future__ import annotations

from typing import Any

import numpy as np

HOSTILE = "</title></style></script><script>document.title='PWNED'</script><img src=x onerror=alert(1)>\"'"

FCG = {
    "key": "fcg",
    "citation": "Frei, Cao, Gu (2019)",
    "link": "https://arxiv.org/abs/1910.02934",
}
EMWW = {"key": "emww", "citation": "E, Ma, Wang, Wu (2019)", "link": "https://arxiv.org/abs/1904.05263"}

LEMMA_4_1 = r"""Lemma 4.1, first half: hidden activations are bounded.

Statement.  There are absolute constants $C_0, C_1, C_2 > 0$ such that, if $m \ge C_0 d \log(mL/\delta)$, then with
            probability at least $1-\delta$ over Gaussian initialisation, for all $x \in S^{d-1}$ and $l \le L+1$,
            $$C_1 \le \|x_l\|_2 \le C_2.$$
Source.     Frei, Cao, Gu (2019), Lemma 4.1; proof in appendix B.1.
Worst case. On each activation cone $x_l$ is linear in $x$: power steps inside the cone, 32 starts, give the largest
            norm; descent on the sphere gives the smallest.
Oracle.     As $m$, then $L$, grow, $\|x_L\| \to \cosh(t/\sqrt\pi) + \sinh(t/\sqrt\pi)/\sqrt\pi$ with $t = \theta L$.
Control.    $\theta = L^{-1/2}$ makes the norms grow with $L$; without the skip and with variance $1/m$ they shrink
            like $2^{-L/2}$.
"""
EQ_19 = r"""Equation (19): the step to sparse vectors.

Statement.  For any $a$ with $|a_i| \le 1$,
            $$\|v^\top a\|_2 \le \|a\|_0^{1/2}, \qquad v = (1, \dots, 1, -1, \dots, -1)^\top.$$
Source.     Frei, Cao, Gu (2019), proof of Lemma 4.2.
Worst case. $a = v$ on $s$ coordinates, which gives $s$ on the left.
Control.    Exponent $1/4$ in place of $1/2$.
Erratum.    At $m = 2$ the left side is $2$.
"""


def axis(
    name: str, scales: list[float], growth: float, level: float, seed: int, printed: float | None
) -> dict[str, Any]:
    """What 600 lognormal ratios with this growth exponent give on one axis."""
    rng = np.random.default_rng(seed)
    scale = rng.choice(scales, 600)
    ratio = level * (scale / scales[0]) ** growth * np.exp(0.08 * rng.standard_normal(600))
    rungs = [np.sort(ratio[scale == s]) for s in scales]
    upper = [float(np.quantile(rung, 0.95)) for rung in rungs]
    return {
        "name": name,
        "scales": scales,
        "median": [float(np.median(rung)) for rung in rungs],
        "upper": upper,
        "low": [0.97 * float(np.median(rung)) for rung in rungs],
        "high": [float(rung[-1]) for rung in rungs],
        "points": {"scale": scale.tolist(), "ratio": ratio.tolist()},
        "printed": printed,
        "growth": {"est": growth, "lo": growth - 0.06, "hi": growth + 0.07, "settled": [growth - 0.16, growth + 0.17]},
    }


def activations(bound: str, constant: float, seed: int) -> dict[str, Any]:
    """Lemma 4.1 as the record has it."""
    return {
        "claim": "fcg.lemma_4_1_activations",
        "reading": "literal",
        "bound": bound,
        "paper": FCG,
        "place": "Lemma 4.1",
        "file": "claims/fcg/lemma_4_1.py",
        "title": "Lemma 4.1, first half: hidden activations are bounded.",
        "statement": LEMMA_4_1,
        "kind": "up_to_constant",
        "reading_means": "as printed",
        "relation": "at_most" if bound == "upper" else "at_least",
        "quantity": "max ||x_l||" if bound == "upper" else "min ||x_l||",
        "uses": ["fcg.lemma_B2", "fcg.eq_19_dual_step"],
        "verdict": "HOLDS_UP_TO_CONSTANT",
        "expected": "HOLDS_UP_TO_CONSTANT",
        "as_expected": True,
        "why": "Along every axis the growth exponent of the ratio is below 0.25; one constant fits all 600 draws.",
        "parts": [
            {"verdict": "HOLDS_UP_TO_CONSTANT", "why": "axis $d$: exponent below 0.07"},
            {"verdict": "HOLDS_UP_TO_CONSTANT", "why": "axis $L$: exponent below 0.08"},
        ],
        "scope": {
            "region": {"kappa": [1, 32], "L": [2, 64], "d": [2, 16], "theta_L": [0.25, 2.0]},
            "draws": 600,
            "quantile": 0.95,
            "transient": {"factor": 2.0, "rate": 0.5},
            "alpha": 1e-3,
            "alpha_pass": 1e-2,
            "resolution": 0.25,
            "how": "growth of exact quantile bounds along every axis",
        },
        "draws": {"planned": 600, "executed": 600, "in_regime": 571, "proposed": 630, "hunted": 90},
        "constant": constant,
        "interval": [0.97 * constant, 1.04 * constant],
        "margin": None,
        "regime": [
            {"condition": r"m \ge C_0\, d \log(mL/\delta)", "constant": "C_0", "fraction": 0.952, "reach": 32.0,
             "note": ""},
            {"condition": "theta <= c / L", "constant": None, "fraction": 1.0, "reach": 2.0, "note": "$c = 2$"},
        ],
        "axes": [
            axis("kappa", [1.0, 2.0, 4.0, 8.0, 16.0, 32.0], -0.02, constant / 1.2, seed, 0.0),
            axis("L", [2.0, 4.0, 8.0, 16.0, 32.0, 64.0], 0.01, constant / 1.25, seed + 1, 0.0),
            axis("d", [2.0, 4.0, 8.0, 16.0], 0.0, constant / 1.2, seed + 2, 0.0),
            axis("theta_L", [0.25, 0.5, 1.0, 2.0], 0.04, constant / 1.3, seed + 3, None),
        ],
        "adversary": {"found": 1.75, "random": 0.03, "known": 1.8},
        "controls": [
            {"name": "skip branch too strong", "sort": "structural", "must": "be caught", "ok": True,
             "verdict": "TREND", "why": "grows like $L^{0.48}$"},
            {"name": "ratio times L^0.25", "sort": "arithmetic", "must": "be caught", "ok": True,
             "verdict": "TREND", "why": "exponent at least 0.19"},
            {"name": "bound times 10", "sort": "arithmetic", "must": "not be accused", "ok": True,
             "verdict": "HOLDS_UP_TO_CONSTANT", "why": "as the claim"},
        ],
        "power": {"kappa": 0.21, "L": 0.18, "d": 0.24, "theta_L": None},
        "phase_maps": phases(),
        "training": {"networks": 1200, "kernel": "bmm", "bitwise": "yes", "chunks": [64, 32]},
        "counterexamples": [],
        "erratum": None,
        "seconds": 21.4,
    }  # fmt: skip


def dual_step(reading: str) -> dict[str, Any]:
    """Equation (19): false as printed, true as meant."""
    literal = reading == "literal"
    counterexample = {
        "id": "fcg.eq_19-literal-7f3a",
        "which": "smallest",
        "params": {"m": 2, "s": 2},
        "lhs": 2.0,
        "rhs": 1.4142135623730951,
        "relation": "at_most",
        "exact": {"lhs": "2", "rhs": "sqrt(2)"},
        "replay": "lemmata replay fcg.eq_19-literal-7f3a",
        "snippet": "import numpy as np\n\na = v = np.array([1.0, -1.0])\n"
        "print(abs(v @ a), '<=', np.count_nonzero(a) ** 0.5)\n",
    }
    return {
        "claim": "fcg.eq_19_dual_step", "reading": reading, "bound": "bound", "paper": FCG, "place": "Equation (19)",
        "file": "claims/fcg/eq_19_dual_step.py", "title": "Equation (19): the step to sparse vectors.",
        "statement": EQ_19, "kind": "explicit", "relation": "at_most", "uses": [],
        "quantity": "|<v, a>|" if literal else "||v D||",
        "verdict": "VIOLATED" if literal else "HOLDS",
        "expected": "VIOLATED" if literal else "HOLDS",
        "as_expected": True,
        "why": r"At $m = 2$, $a = v$: $2 \not\le \sqrt2$, exactly." if literal else "The worst case attains the bound.",
        "parts": [{"verdict": "VIOLATED" if literal else "HOLDS", "why": "all sizes"}],
        "scope": {"region": {"m": [2, 512], "D": ["0/1", "signs"], "s": [2, 2], "d": None}, "draws": 400,
                  "how": "exact arithmetic"},
        "draws": {"planned": 400, "executed": 400, "in_regime": 400},
        "constant": None, "interval": None, "margin": -1.0 if literal else 0.0,
        "regime": [], "axes": [], "adversary": {"found": 1.0, "random": 0.31, "known": 1.0},
        "controls": [{"name": "exponent 1/4", "sort": "arithmetic", "must": "be caught", "ok": True,
                      "verdict": "VIOLATED", "why": "at $s = 2$"}],
        "power": None,
        "counterexamples": [counterexample] if literal else [],
        "erratum": r"Printed for a vector $a$; the proof needs a diagonal $D$ with entries in $\{0, \pm1\}$, for which "
        r"$\|v^\top D\|_2 = \|D\|_0^{1/2}$." if literal else None,
        "seconds": 0.4,
    }  # fmt: skip


def phases() -> list[dict[str, Any]]:
    """A map over two axes that leaves both regimes and loses trials, and one over one axis that is far away."""
    cells = [
        {
            "at": {"theta_L": theta, "kappa": kappa},
            "trials": 2,
            "measured": 2 if theta < 8 else (0 if kappa < 1 else 1),
            "share": 1.0 if theta < 2 else (0.5 if theta < 8 else (None if kappa < 1 else 0.0)),
            "ratio": 1.31 * theta if theta < 8 else (None if kappa < 1 else "inf"),
            "inside": theta <= 2,
            "inside_at_one": theta <= 2 and kappa >= 1,
            "reach": [kappa, 2 / theta],
            "lost": [] if theta < 8 else [f"OverflowError: exp of {theta}"],
        }
        for theta in (0.5, 2.0, 8.0)
        for kappa in (0.25, 1.0)
    ]
    conditions = [{"condition": "kappa >= C_0", "constant": "C_0"}, {"condition": "theta L <= 2", "constant": None}]
    plane = {
        "axes": [{"name": "theta_L", "scales": [0.5, 2.0, 8.0]}, {"name": "kappa", "scales": [0.25, 1.0]}],
        "fixed": {"L": 16, "d": 6},
        "conditions": conditions,
        "cells": cells,
        "nearest": {"at": {"theta_L": 0.5, "kappa": 0.25}, "factor": 1.0},
        "nearest_at_one": {"at": {"theta_L": 0.5, "kappa": 1.0}, "factor": 1.0},
    }
    line = plane | {
        "axes": [{"name": "kappa", "scales": [0.25, 1.0]}],
        "fixed": {},
        "conditions": conditions[1:],
        "cells": [cell | {"inside": False} for cell in cells[:2]],
        "nearest": {"at": {"kappa": 1.0}, "factor": 8.4e8},
    }
    return [plane, line]


def sample_record() -> dict[str, Any]:
    """A record of eight items that between them use every field and nearly every verdict."""
    sparsity = activations("upper", 0.985, 40) | {
        "claim": "fcg.lemma_B4_sparsity", "place": "Lemma B.4", "file": "claims/fcg/lemma_B4_sparsity.py",
        "title": r"Lemma B.4: few patterns change, $\|\hat\Sigma_l - \tilde\Sigma_l\|_0 \le C_3 m \tau^{2/3}$.",
        "statement": r"$$\|\hat\Sigma_l - \tilde\Sigma_l\|_0 \le C_3 m \tau^{2/3}$$",
        "quantity": "||Sigma_hat - Sigma_tilde||_0",
        "verdict": "TREND", "as_expected": False, "bound": "count", "parts": [], "power": None,
        "why": "The ratio grows along tau with an exponent of at least 0.12; a transient would need a factor of 4.1.",
        "axes": [axis("tau", [0.01, 0.03, 0.1, 0.3, 1.0], 0.19, 0.4, 44, 2 / 3),
                 axis("m", [64.0, 512.0], 0.0, 0.7, 45, 1.0)],
        "regime": [], "constant": None, "interval": None, "adversary": {"found": 0.985, "random": 0.02, "known": None},
        "controls": [{"name": "tau^1", "sort": "arithmetic", "must": "be caught", "ok": False,
                      "verdict": "INCONCLUSIVE", "why": "needs 900 draws"}],
    }  # fmt: skip
    eigenvalue = dual_step("charitable") | {
        "claim": "emww.lemma_4_4", "reading": "layers", "paper": EMWW, "place": "Lemma 4.4", "kind": "probability",
        "file": "claims/emww/lemma_4_4.py", "title": "Lemma 4.4: the smallest eigenvalue at initialisation.",
        "statement": r"If $L \ge 8 \ln(n^2/\delta) / (m \lambda_n^2)$, then "
        r"$\lambda_{\min}(H(\Theta_0)) \ge \tfrac34 \lambda_n$.",
        "relation": "at_least", "quantity": "lambda_min(H)", "margin": None, "adversary": None,
        "verdict": "INCONCLUSIVE", "expected": None, "as_expected": True, "uses": ["emww.appB_event"],
        "why": "No violation in 61 draws; 109 would decide at delta = 0.05.",
        "draws": {"planned": 109, "executed": 61, "in_regime": 61},
    }  # fmt: skip
    training = dual_step("charitable") | {
        "claim": "fcg.thm_3_5_ii", "reading": "literal", "place": "Theorem 3.5 (ii)", "title": "Theorem 3.5 (ii).",
        "statement": r"$$\mathcal E_S(W^{(k)}) \le C m^{-1/2} (K\eta)^{-1/2} (\log(n/\delta))^{1/4} \gamma^{-2}$$",
        "verdict": "VACUOUS", "expected": "VACUOUS", "kind": "up_to_constant", "margin": None, "controls": [],
        "why": "The regime needs $m \\ge 10^{19}$ with all constants 1; the largest tested is 512.",
        "regime": [{"condition": "tau <= nu gamma^12 (log m)^(-3/2)", "constant": "nu", "fraction": 0.0,
                    "reach": 3e-17, "note": "nearest point: gamma = 0.3989"}],
    }  # fmt: skip
    minimal = {"claim": "ysj.prop1.threshold", "reading": "literal", "bound": "rows", "verdict": "NOT_RUN"}
    return {
        "schema": 1,
        "run": {
            "id": "2026-01-14T02-00-00-a3f1", "profile": "smoke", "seed": 20260114,
            "started": "2026-01-14 02:00:00 UTC", "finished": "2026-01-14 02:02:31 UTC",
            "versions": {"lemmata": "0.1.0", "numpy": "2.4.6", "torch": "2.13.0"},
            "host": "worker-3", "device": "cpu", "engine": "batched, 2 workers", "seconds": 151.2,
            "planned": 2909, "executed": 2861, "alpha_suite": 0.05,
        },
        "items": [
            activations("upper", 1.53, 0) | {"history": nights(30, 1.3, 1.2)},
            activations("lower", 1.08, 10), dual_step("literal"),
            dual_step("charitable"), sparsity, eigenvalue, training, minimal,
        ],
        "events": [
            {"kind": "CONSTANT", "claim": "fcg.lemma_4_1_activations", "bound": "upper", "reading": "literal",
             "why": "at least 1.484, was at most 1.41"},
            {"kind": "VERDICT", "claim": "fcg.lemma_B4_sparsity", "bound": "count", "reading": "literal",
             "why": "TREND, was HOLDS_UP_TO_CONSTANT"},
            {"kind": "REPLAY", "claim": "ysj.gone", "why": "trial 17: $2$ is $3$ now"},
        ],
    }  # fmt: skip


def nights(count: int, level: float, step: float = 1.0, seed: int = 0) -> list[dict[str, Any]]:
    """A constant over so many nights, which is multiplied by a step half way."""
    rng = np.random.default_rng(seed)
    levels = level * np.exp(0.01 * rng.standard_normal(count)) * np.where(np.arange(count) < count // 2, 1.0, step)
    return [
        {
            "run": f"night-{k}",
            "started": f"2026-{1 + k // 28:02}-{1 + k % 28:02}T02:00:00+00:00",
            "constant": float(constant),
            "low": float(0.97 * constant),
            "high": float(1.03 * constant),
            "verdict": "HOLDS_UP_TO_CONSTANT",
        }
        for k, constant in enumerate(levels)
    ]


def large_record(claims: int = 200) -> dict[str, Any]:
    """As many claims, each with two bounds or readings, in proof chains; as full as those of a real run."""
    swept = [activations("upper", 1.53, 0), activations("lower", 1.08, 10)]
    swept[0]["history"] = nights(30, 1.53, 1.2)
    dual = [dual_step("literal"), dual_step("charitable")]
    regime = [{"condition": "$L \\ge 6c^2$", "constant": None, "fraction": 1.0, "reach": 8.0, "note": ""}] * 2
    sampled = [dual_step("charitable") | {"bound": name, "regime": regime} for name in ("suprema", "sampled")]
    items = []
    for k in range(claims):
        pair = swept if k % 5 == 0 else dual if k % 5 == 1 else sampled
        paper = {"key": f"paper-{k // 25}", "citation": f"Someone ({2000 + k // 25})"}
        uses = [f"fcg.claim_{j}" for j in (k - 3, k - 7) if j // 25 == k // 25 and k % 7]
        own = {"paper": paper, "claim": f"fcg.claim_{k}", "uses": uses, "title": f"Lemma {k}.", "place": f"Lemma {k}"}
        own["statement"] = f"Lemma {k}.\n\n{(LEMMA_4_1, EQ_19)[k % 2]}"
        items += [item | own | ({"phase_maps": []} if k % 15 else {}) for item in pair]
    events = [
        {"kind": "CONSTANT", "claim": f"fcg.claim_{k}", "bound": "upper", "why": "it grew"} for k in range(0, 60, 5)
    ]
    return {"schema": 1, "run": sample_record()["run"], "items": items, "events": events}


def hostile(value: Any) -> Any:
    """The record with every string replaced by an attack, in keys too."""
    if isinstance(value, str):
        return value + HOSTILE
    if isinstance(value, dict):
        return {key: hostile(part) for key, part in value.items()}
    return [hostile(part) for part in value] if isinstance(value, list) else value
