"""Seeds, parameters, plans and batches: a trial is a pure function of its name."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from lemmata.judging.kinds import subject_of
from lemmata.places.batch import TrialError, is_mixed, run_batch
from lemmata.sampling.plan import make_plan
from lemmata.sampling.profiles import PROFILES
from lemmata.sampling.seeds import trial_rng
from lemmata.trials.evidence import gather, gather_control
from lemmata.trials.pooling import Setting
from lemmata.vocabulary.claim import Claim
from lemmata.vocabulary.parameters import Params
from lemmata.vocabulary.trial import Draw, log_ratio
from lemmata.vocabulary.words import Axis, Condition, Sides

SMOKE = PROFILES["smoke"]


def own_claim(**facts):
    claim = Claim("own.norm", axes=[Axis("m", 4, 64), Axis("d", 2, 16)], batch=7, **facts)

    @claim.at_most("norm", up_to_constant=True)
    def norm(p, rngs):
        x = torch.stack([torch.from_numpy(rng.standard_normal(p.m)) for rng in rngs])
        return x.norm(dim=1), np.sqrt(p.m)

    @claim.control("norm")
    def too_strong(p, lhs, rhs):
        return lhs, rhs / p.m**0.5

    return claim


def test_a_seed_depends_on_every_part_of_its_name():
    names = [(0, "a", "iid", 0), (1, "a", "iid", 0), (0, "b", "iid", 0), (0, "a", "cover", 0), (0, "a", "iid", 1)]
    first = [trial_rng(*name).standard_normal() for name in names]
    assert len(set(first)) == len(names)
    assert first[0] == trial_rng(0, "a", "iid", 0).standard_normal()


def test_trials_of_a_stream_do_not_overlap():
    # a generator that had merely been advanced by one would repeat its neighbour's numbers
    a, b = trial_rng(0, "a", "iid", 0).random(4096), trial_rng(0, "a", "iid", 1).random(4096)
    assert not set(a) & set(b)


def test_every_rung_of_every_axis_gets_the_same_number_of_draws():
    plan = make_plan(subject_of(own_claim(), own_claim().bounds[0]), SMOKE, 0)
    for axis in ("m", "d"):
        _, counts = np.unique([draw.point[axis] for draw in plan.draws], return_counts=True)
        assert counts.max() - counts.min() <= 1


def test_axes_are_drawn_independently():
    # one axis shuffled like the other would give 3 distinct pairs in place of 9
    plan = make_plan(subject_of(own_claim(), own_claim().bounds[0]), SMOKE, 0)
    assert len({draw.point.key for draw in plan.draws}) == 9


def test_a_plan_is_the_same_whenever_it_is_made():
    bound = own_claim().bounds[0]
    assert (
        make_plan(subject_of(own_claim(), bound), SMOKE, 3).describe()
        == make_plan(subject_of(own_claim(), bound), SMOKE, 3).describe()
    )
    assert (
        make_plan(subject_of(own_claim(), bound), SMOKE, 3).describe()
        != make_plan(subject_of(own_claim(), bound), SMOKE, 4).describe()
    )


def test_an_explicit_regime_drops_points_and_counts_them():
    claim = own_claim(
        regime=[Condition("m >= 16", lambda p: p.m / 16), Condition("m >= C d", lambda p: p.m / p.d, "C")]
    )
    plan = make_plan(subject_of(claim, claim.bounds[0]), SMOKE, 0)
    assert {draw.point["m"] for draw in plan.draws} == {16, 64}
    assert plan.proposed == SMOKE.draws > len(plan.draws)
    assert [(r.fraction, r.best) for r in plan.reach] == [(2 / 3, 4.0), (pytest.approx(7 / 9, abs=0.05), 32.0)]


@pytest.mark.parametrize("size", [1, 3, 32])
def test_a_trial_has_the_same_numbers_alone_and_in_any_batch(size):
    bound = own_claim().bounds[0]
    draws = [Draw(0, "own", "iid", i, Params({"m": 32, "d": 2})) for i in range(12)]
    together = run_batch(bound.trial, bound.relation, draws)
    apart = [t for i in range(0, 12, size) for t in run_batch(bound.trial, bound.relation, draws[i : i + size])]
    # Inputs are identical; a norm over 32 numbers may be summed in another order: 32 eps.
    assert [t.lhs for t in apart] == pytest.approx([t.lhs for t in together], rel=32 * 2.3e-16)
    again = run_batch(bound.trial, bound.relation, draws)
    assert [t.lhs for t in again] == [t.lhs for t in together], "the same batch shape must agree bit for bit"


def one(function, relation="at_most", **free):
    return run_batch(function, relation, [Draw(0, "own", "iid", 0, Params(free or {"m": 2}))])[0]


@pytest.mark.parametrize(
    ("sides", "message"),
    [
        ((float("nan"), 1.0), "quantity is NaN"),
        ((1.0, float("nan")), "bound is NaN"),
        ((1.0, float("inf")), "bound is inf"),
        ((1.0, 0.0), "bound is 0"),
        (3.0, "return \\(lhs, rhs\\)"),
        ((np.ones(3), 1.0), "one number a trial"),
    ],
)
def test_impossible_sides_are_refused_with_the_point(sides, message):
    with pytest.raises(TrialError, match=message):
        one(lambda p: sides)
    with pytest.raises(TrialError, match="m=2"):
        one(lambda p: sides)


def test_a_batch_of_the_wrong_size_is_refused():
    with pytest.raises(TrialError, match="must be the batch, 1"):
        one(lambda p, rngs: (np.ones(5), 1.0))


def test_rational_sides_keep_their_sign_where_floats_would_not():
    tiny = Fraction(1, 10**400)
    trial = one(lambda p: (1 + tiny, Fraction(1)))
    assert trial.is_exact
    assert trial.margin < 0
    assert one(lambda p: (Fraction(1), 1 + tiny)).margin > 0
    assert one(lambda p: (Fraction(1), Fraction(1))).margin == 0


def test_equalities_compare_arrays_and_exact_lists():
    trial = one(lambda p, rngs: (torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 2.5]])), "equal")
    assert (trial.lhs, trial.rhs, trial.margin) == (0.5, 2.5, -0.5)
    assert one(lambda p: ([Fraction(1, 3), 2], [Fraction(1, 3), 2]), "equal").margin == 0


def test_several_terms_add_up_to_the_bound():
    trial = one(lambda p, rngs: Sides(torch.tensor([5.0]), (torch.tensor([1.0]), torch.tensor([3.0]))))
    assert (trial.rhs, trial.terms, trial.margin) == (4.0, (1.0, 3.0), -1.0)


def test_divergence_is_a_very_large_ratio():
    assert log_ratio(one(lambda p: (float("inf"), 1.0)), "at_most") == float("inf")
    assert log_ratio(one(lambda p: (0.0, 1.0), "at_least"), "at_least") == float("inf")


def test_derived_parameters_follow_and_can_be_fixed():
    p = Params({"L": 8}, {"theta": lambda p: 1 / p.L, "t": lambda p: p.theta * p.L})
    assert (p.theta, p.t, p.free) == (0.125, 1.0, {"L": 8})
    assert p.replace(theta=0.5).t == 4.0
    assert p.replace(L=2).theta == 0.5
    assert p.at(torch.float32).dtype == torch.float32
    with pytest.raises(KeyError, match="kappa"):
        p.replace(kappa=1)
    with pytest.raises(AttributeError, match="has: L, theta, t"):
        _ = p.kappa


def mixed_claim(**facts):
    """A bound whose trial takes a batch of different parameters, and remembers in which company and precision."""
    claim = Claim("own.mixed", axes=[Axis("m", 4, 64), Axis("d", 2, 16)], derived={"s": lambda p: 1.0}, **facts)
    calls = []

    @claim.at_most("norm", up_to_constant=True)
    def norm(ps, rngs):
        calls.append((len(ps), len({p.key for p in ps}), ps[0].dtype))
        return [p.s * np.linalg.norm(rng.standard_normal(p.m)) for p, rng in zip(ps, rngs, strict=True)], [
            np.sqrt(p.m) for p in ps
        ]

    @claim.at_most("at_two", delta=0.1)
    def at_two(ps, rngs):
        calls.append((len(ps), len({p.key for p in ps}), ps[0].dtype))
        # in float32 half of the trials seem to fail; in float64 none does
        seems = 2.0 if ps[0].dtype == torch.float32 else 0.5
        return [seems if rng.random() < 0.5 else 0.5 for rng in rngs], [1.0] * len(ps)

    @claim.control("norm")
    def larger(p):
        return p.replace(s=float(p.m))

    @claim.control("at_two")
    def always(p, lhs, rhs):
        return lhs, 0.0 * rhs + 0.1

    return claim, calls


def test_a_mixed_trial_takes_different_parameters_together():
    claim, calls = mixed_claim()
    bound = claim.find("norm")
    assert is_mixed(bound.trial)
    evidence = gather(subject_of(claim, bound), Setting(SMOKE, 0))
    assert calls[0] == (SMOKE.draws, 9, torch.float64)
    for trial in evidence.trials[:10]:
        assert run_batch(bound.trial, bound.relation, [trial.draw]) == [trial]


def test_a_control_changes_the_parameters_of_every_mixed_trial():
    claim, _ = mixed_claim()
    _, evidence = gather_control(subject_of(claim, claim.find("norm")), claim.controls[0], Setting(SMOKE, 0))
    for trial in evidence.trials:
        assert trial.lhs > 0.2 * trial.draw.point.m * trial.rhs


def test_float32_clears_and_only_float64_convicts():
    claim, calls = mixed_claim(precision="float32")
    evidence = gather(subject_of(claim, claim.find("at_two")), Setting(SMOKE, 0))
    assert calls[0][2] is torch.float32
    assert calls[0][0] == (cells := 3 * SMOKE.cell_draws)
    assert {(size, dtype) for size, _, dtype in calls[1:]} == {(1, torch.float64)}  # each of them alone
    assert 30 < len(calls) - 1 < cells - 30
    assert all(trial.lhs == 0.5 for trial in evidence.trials)


def test_growth_is_not_computed_again_unless_it_is_infinite():
    claim, calls = mixed_claim(precision="float32")
    gather(subject_of(claim, claim.find("norm")), Setting(SMOKE, 0))
    assert {dtype for _, _, dtype in calls} == {torch.float32}


def test_an_infinite_quantity_is_looked_at_in_float64():
    claim = Claim("own.diverges", axes=[Axis("m", 4, 64)], precision="float32")

    @claim.at_most("norm", up_to_constant=True)
    def norm(p, rng):
        return (np.inf if p.dtype == torch.float32 else 1.0), 1.0

    evidence = gather(subject_of(claim, claim.bounds[0]), Setting(SMOKE, 0))
    assert all(trial.lhs == 1.0 for trial in evidence.trials)


def test_the_doubtful_trials_of_a_control_run_again_together():
    claim = Claim("own.control", axes=[Axis("m", 4, 64)], derived={"s": lambda p: 0.5}, precision="float32")
    calls = []

    @claim.at_most("norm", delta=0.1)
    def norm(ps, rngs):
        calls.append((len(ps), ps[0].dtype))
        return [p.s for p in ps], [1.0] * len(ps)

    @claim.control("norm")
    def twice(p):
        return p.replace(s=2.0)

    _, evidence = gather_control(subject_of(claim, claim.bounds[0]), claim.controls[0], Setting(SMOKE, 0))
    cells = 3 * SMOKE.control_draws
    assert calls[:2] == [(cells, torch.float32), (cells, torch.float64)]
    assert all(size < cells for size, _ in calls[2:]), "as many failures are examined as it takes"
    assert all(trial.margin < 0 for trial in evidence.trials)


@pytest.mark.parametrize(
    ("relation", "lhs", "rhs", "expected"),
    [
        ("at_least", -np.inf, 1.0, np.inf),
        ("at_least", -2.0, 1.0, np.inf),
        ("at_least", 0.0, 1.0, np.inf),
        ("at_least", np.inf, 1.0, -np.inf),
        ("at_least", 2.0, 1.0, -np.log(2)),
        ("at_most", np.inf, 1.0, np.inf),
        ("at_most", -2.0, 1.0, -np.inf),
        ("at_most", -np.inf, 1.0, -np.inf),
        ("at_most", 2.0, 1.0, np.log(2)),
    ],
)
def test_a_ratio_is_infinite_on_the_side_that_is_bad(relation, lhs, rhs, expected):
    trial = run_batch(lambda p: (lhs, rhs), relation, [Draw(0, "a", "iid", 0, Params({}))])[0]
    assert log_ratio(trial, relation) == pytest.approx(expected)
