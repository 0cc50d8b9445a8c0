"""What every claim file promises, checked for all of them; adding a claim needs no test of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from lemmata.judging.kinds import KINDS, kind_of, subject_of
from lemmata.places.batch import run_batch
from lemmata.sampling.plan import make_plan
from lemmata.sampling.profiles import PROFILES
from lemmata.vocabulary.discovery import claim_files, load_claims
from lemmata.vocabulary.verdict import Verdict

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = [file for file in claim_files([ROOT / "claims", ROOT / "docs" / "claim_template.py"]) if load_claims(file)]
CLAIMS = [claim for file in FILES for claim in load_claims(file)]
BOUNDS = [(claim, bound) for claim in CLAIMS for bound in claim.bounds]
PARAGRAPHS = ("Statement.", "Source.", "Control.")


def label(value):
    return getattr(value, "id", None) or getattr(value, "label", None) or str(value)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_reads_like_its_statement(file):
    text = file.read_text(encoding="utf-8")
    docstring = load_claims(file)[0].statement
    for paragraph in PARAGRAPHS:
        assert paragraph in docstring, f"{file.name} says nothing under {paragraph!r}"
    assert len(text.splitlines()) <= 260, "split the family"
    assert docstring.count("$") % 2 == 0, "a formula is not closed"


def test_ids_are_unique():
    ids = [claim.id for claim in CLAIMS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("claim", CLAIMS, ids=label)
def test_a_claim_names_its_paper_and_place(claim):
    if claim.id.startswith("template."):
        pytest.skip("the template has no paper")
    assert claim.paper is not None
    assert claim.id.startswith(claim.paper.key + ".")
    assert claim.place
    assert all(used.split(".")[0] in {"fcg", "emww", "ysj"} for used in claim.uses)


@pytest.mark.parametrize(("claim", "bound"), BOUNDS, ids=label)
def test_a_refutation_carries_its_erratum_and_an_exact_computation(claim, bound):
    if claim.ablates:
        assert not bound.erratum, "the paper does not claim this"
    elif bound.expect is Verdict.VIOLATED:
        assert bound.erratum, "say what is wrong and, if known, what is right"
        # a difference of growth exponents is a statement about many trials: it has no smallest case
        assert bound.exact is not None or kind_of(bound).name == "comparison", "rounding could be accused"


@pytest.mark.parametrize(("claim", "bound"), BOUNDS, ids=label)
def test_a_trial_alone_agrees_with_the_same_trial_in_a_batch(claim, bound):
    # Inputs are the same bit for bit. Sums in another order move float64 results by a few eps, which an iterative
    # search may amplify: 1e-6 is what replays are promised to agree to across batch shapes.
    plan = make_plan(subject_of(claim, bound), PROFILES["smoke"], 0)
    if not plan.draws:
        pytest.skip("no point is in the regime")
    batch = min(
        plan.batches(3), key=lambda draws: sum(float(v) for v in draws[0].point.values() if not isinstance(v, str))
    )
    together = run_batch(bound.trial, bound.relation, batch)
    alone = [run_batch(bound.trial, bound.relation, [draw])[0] for draw in batch]
    scale = max(abs(t.rhs) for t in together)
    for a, b in zip(together, alone, strict=True):
        assert a.lhs == pytest.approx(b.lhs, rel=1e-6, abs=1e-12 * scale)
        assert a.rhs == pytest.approx(b.rhs, rel=1e-6)


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim.ablates], ids=label)
def test_an_ablation_leaves_the_condition_that_it_drops(claim):
    (bound, *_) = claim.bounds
    draws = make_plan(subject_of(claim, bound), PROFILES["smoke"], 0).draws
    assert draws, "nothing is tested: its other conditions are never met"
    for condition in claim.ablates.dropped:
        ratios = [condition.ratio(draw.point) for draw in draws]
        assert sum(ratio < 1 for ratio in ratios) >= len(ratios) / 4, f"{condition.statement} is still met"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_true_twin_that_must_not_be_accused(kind):
    twins = [
        control.name
        for claim, bound in BOUNDS
        for control in claim.controls_of(bound)
        if kind_of(bound).name == kind and not control.must_be_caught
    ]
    assert twins
