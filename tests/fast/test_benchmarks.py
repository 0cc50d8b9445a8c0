"""The benchmark of the engine: peers compute the same thing, ratios are formed inside rounds. Nothing is timed."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from patience import PATIENCE

from benchmarks import machine, tables
from benchmarks.contestants import Engine
from benchmarks.limits import LIBRARIES, Products
from benchmarks.peers import Modules, Vmap
from benchmarks.problem import SHAPES, Shape, disagreement, draw, reference
from benchmarks.rounds import fastest, interleave, quartiles, ratio

ROOT = Path(__file__).resolve().parent.parent.parent
TINY = Shape(d=5, m=12, L=3, n=9, B=4)


@pytest.mark.parametrize("diagnostics", [True, False])
@pytest.mark.parametrize("make", [Engine, Modules, Vmap])
def test_contestants_agree_with_the_reference(make, diagnostics):
    problem = draw(TINY, "float64")
    assert disagreement(make(problem, diagnostics), reference(problem, 4)) < 1e-10


@pytest.mark.parametrize("make", [Engine, Modules, Vmap])
def test_a_second_run_goes_on(make):
    problem = draw(TINY, "float64")
    contestant = make(problem, True)
    contestant.run(3)
    contestant.run(2)
    np.testing.assert_allclose(contestant.trace(), reference(problem, 5)[1][3:], rtol=1e-9)


def test_chunks_change_nothing():
    problem = draw(TINY, "float64")
    assert disagreement(Engine(problem, True, chunk=3), reference(problem, 4)) < 1e-10


def test_a_wrong_contestant_is_far_from_the_reference():
    problem = draw(TINY, "float64")
    other = Modules(problem, True)
    for network in other.networks:
        network.theta *= 1.1
    assert disagreement(other, reference(problem, 4)) > 0.02


@pytest.mark.skipif(not find_spec("jax"), reason="jax is not installed: pip install '.[bench]'")
def test_jax_agrees_with_the_reference():
    """In a process of its own, because JAX starts threads that would stay."""
    code = f"""if True:
        from benchmarks import machine; machine.pin()
        from benchmarks.contestants import limits
        from benchmarks.problem import Shape, draw
        from benchmarks.race import agreeing
        problem = draw({TINY})
        agree, refused = agreeing(problem)
        assert len(agree) == 10 and not refused, refused
        for name in ("JAX vmap", "JAX map"):
            limits()[name](problem).run(2)
    """
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("library", LIBRARIES.values(), ids=LIBRARIES)
def test_libraries_multiply(library):
    rng = np.random.default_rng(0)
    x, W, G = (rng.standard_normal(size, dtype=np.float32) for size in ((2, 9, 5), (2, 5, 12), (2, 9, 12)))
    stacks = [library.stack(part) for part in (x, W, G)]
    for product, (a, b), wanted in (
        (library.forward, (0, 1), x @ W),
        (library.backward, (2, 1), G @ W.swapaxes(1, 2)),
        (library.gradient, (0, 2), x.swapaxes(1, 2) @ G),
    ):
        found = product(stacks[a], stacks[b], library.stack(np.zeros_like(wanted)))
        np.testing.assert_allclose(np.stack([*found]), wanted, rtol=1e-4, atol=1e-5)


def test_products_run_on_every_layer():
    products = Products(draw(TINY), LIBRARIES["OpenBLAS"])
    products.run(1)
    x, W, *_ = products.chunks[0]
    for l, W_l in enumerate(W):
        np.testing.assert_allclose(x[l + 1], x[l] @ W_l, rtol=1e-4, atol=1e-5)


def test_flops_are_those_of_the_products():
    d, m, L, n, B = 10, 64, 4, 32, 256
    products = [(n, d, m), (d, n, m)] + L * [(n, m, m), (n, m, m), (m, n, m)]
    assert SHAPES["tiny"].flops == B * sum(2 * a * b * c for a, b, c in products)


def test_every_contestant_runs_once_a_round():
    ran = []
    contestants = {name: (lambda name=name: ran.append(name)) for name in "abc"}
    seconds = interleave(contestants, 20, clock=lambda: float(len(ran)))
    assert all(sorted(ran[i : i + 3]) == ["a", "b", "c"] for i in range(0, 60, 3))
    assert len({tuple(ran[i : i + 3]) for i in range(0, 60, 3)}) > 3
    assert seconds == {name: [1.0] * 20 for name in "abc"}


def test_ratios_are_formed_inside_rounds():
    seconds = {"slow": [2.0, 20.0, 4.0], "fast": [1.0, 10.0, 2.0]}  # the machine was ten times slower for a while
    assert ratio(seconds, "slow", "fast") == (2.0, 2.0, 2.0)
    assert fastest(seconds, seconds) == "fast"


def test_quartiles_interpolate():
    assert quartiles([4.0, 1.0, 2.0, 3.0]) == (1.75, 2.5, 3.25)
    assert quartiles([7.0]) == (7.0, 7.0, 7.0)


def raced(name: str) -> dict:
    seconds = {"engine, full": [1.2, 1.2], "engine, none": [1.0, 1.0], "loop over modules, full": [6.0, 9.0]}
    seconds |= {"limit, torch.bmm": [0.9, 0.9], "limit, OpenBLAS": [0.8, 0.8]}
    return {"seconds": seconds, "load": [0.0, 1.0], "flops": 10**9, "networks": SHAPES[name].B, "refused": {}}


def test_tables_are_written_between_the_markers(tmp_path):
    document = tmp_path / "speed.md"
    document.write_text(f"before\n{tables.BEGIN}\nold\n{tables.END}\nafter\n")
    seconds = {f"{axis}={value}": [float(value)] for axis, grid in {"m": (64, 128)}.items() for value in grid}
    data = {
        "machine": machine.describe(),
        "quick": True,
        "shapes": {"tiny": raced("tiny")},
        "growth": {"grids": {"m": (64, 128)}, "seconds": seconds},
        "precision": {"tiny": {"float64": [2.0], "float32": [1.0]}},
        "memory": {"tiny": {"measured": 3 << 20, "formula": 3 << 20}},
        "workers": {"tiny": {"one": [1.0], "other": [1.0], "both": [1.0]}},
    }
    tables.rewrite(document, data)
    text = document.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{tables.BEGIN}\n")
    assert text.endswith(f"{tables.END}\nafter\n")
    assert "old" not in text
    for words in (
        "| 6.25 [5.62, 6.88]",
        "| 80 [80, 80]",
        "| 20 [20, 20]",
        "**1.2**",
        "| 2.00 [2.00, 2.00]",
        "Quick run",
    ):
        assert words in text
    assert "JAX" not in text.split("GF/s")[0].split("| times")[1]


def test_a_document_without_markers_is_refused(tmp_path):
    document = tmp_path / "speed.md"
    document.write_text("nothing")
    with pytest.raises(ValueError, match="measured: begin"):
        tables.rewrite(document, {})


@pytest.mark.parametrize(
    "flags, name",
    [("fpu avx2 avx512f", "AVX-512"), ("avx avx2", "AVX2"), ("sse2", "less than AVX2"), ("fp asimd sve", "SVE")],
)
def test_vector_instructions(flags, name):
    assert machine.vectors(flags) == name
