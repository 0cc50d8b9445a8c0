"""The worst network near an initialisation: exact suprema, and the attack that has to reach them."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import torch

from lemmata.adversaries.skip_network import Suprema, attack, attack_downwards, suprema
from lemmata.generators import distance_I_c, emww_initialisation, emww_larger_initialisation
from lemmata.networks import emww_sweeps
from lemmata.networks.activations import Activation, absolute, identity, relu
from lemmata.networks.emww import extremal

DIGIT_77 = Fraction(1, 10**74)  # a thousand times the last digit: 30 products, each rounded up


def seeded(trials: int) -> list[np.random.Generator]:
    return [np.random.default_rng([7, trial]) for trial in range(trials)]


def largest_of(name: str, sigma: Activation):
    """Largest deviation of a state from its value at initialisation, of one input."""

    def measure(theta, x):
        forward = emww_sweeps.forward(theta, x, sigma)
        backward = emww_sweeps.backward(theta, forward, sigma)
        deviation = {
            "y": forward.y[..., None],
            "z": forward.z - x[:, :, None],
            "alpha": backward.alpha[..., None] - 1,
            "beta": backward.beta,
            "gamma": backward.gamma,
        }[name]
        return deviation.norm(dim=-1).amax((1, 2))

    return measure


@pytest.mark.parametrize("c", [Fraction(1), Fraction(5, 4), Fraction(4)])
@pytest.mark.parametrize("L", [2, 3, 40, 100])
def test_suprema_are_the_largest_values_of_the_extremal_network(c, L):
    most = extremal(c, L)  # exact, layer by layer
    expected = Suprema(*(max(values) for values in most))
    for found, exact in zip(suprema(c, L), expected, strict=True):
        assert 0 <= found - exact < DIGIT_77 * (1 + exact)


def test_one_more_block_counts_only_for_the_last_feature():
    # L blocks with radius c/L are the network of depth L + 1 with radius c (L + 1)/L.
    c, L = Fraction(3, 2), 20
    most = extremal(c * Fraction(L + 1, L), L + 1)
    assert abs(suprema(c, L, blocks=L).g - max(most.g)) < DIGIT_77
    assert suprema(c, L, blocks=L).g > suprema(c, L).g


def test_suprema_of_deep_networks_have_their_limit():
    # L = 4c^2 -> infinity: y/c -> 4 (e^{1/4} - 1), with a relative error of order 1/c.
    assert float(suprema(2**12, 4 * 2**24).y) / 2**12 == pytest.approx(4 * (np.exp(0.25) - 1), rel=1e-3)


@pytest.mark.parametrize("arguments", [(-1, 10), (1, 1), (float("nan"), 10)])
def test_suprema_refuse_what_is_no_neighbourhood(arguments):
    with pytest.raises(ValueError, match="choose c >= 0"):
        suprema(*arguments)


@pytest.mark.parametrize("name", ["y", "z", "alpha", "beta", "gamma"])
@pytest.mark.parametrize(("c", "L"), [(1, 4), (4, 96)])
def test_attack_reaches_the_supremum_in_linear_networks(name, c, L):
    theta_0 = emww_initialisation(seeded(4), 1, 3, L)
    found = attack(largest_of(name, identity), theta_0, c / L, identity, seeded(4))
    known = float(getattr(suprema(c, L), name))
    # The measured share of random search is .03 to .93: never the supremum.
    assert found.value.numpy() == pytest.approx(known, rel=1e-12)
    assert (found.random < 0.99 * known).all()


@pytest.mark.parametrize("sigma", [relu, absolute])
@pytest.mark.parametrize("name", ["y", "z", "alpha", "beta", "gamma"])
def test_attack_stays_in_the_neighbourhood_and_below_the_supremum(name, sigma):
    c, L = 2.0, 30
    theta_0 = emww_initialisation(seeded(6), 2, 2, L)
    measure = largest_of(name, sigma)
    found = attack(measure, theta_0, c / L, sigma, seeded(6))
    theta, x = found.point
    assert (distance_I_c(theta, theta_0) <= c / L * (1 + 1e-12)).all()
    assert x.norm(dim=-1).numpy() == pytest.approx(1.0)
    # How many sweeps a batch takes is decided by all of its trials: the last bits may differ.
    assert measure(theta, x).numpy() == pytest.approx(found.value.numpy(), rel=1e-13)
    assert (found.value >= found.random).all()
    assert (found.value <= float(getattr(suprema(c, L), name))).all()


def test_attack_moves_the_input():
    # One block: |z - x| / eps -> |B_0 x|, largest at the top singular vector; 8 random inputs are below it.
    theta_0 = emww_initialisation(seeded(5), 3, 4, 2)
    start, end = (attack(largest_of("z", identity), theta_0, 1e-6, identity, seeded(5), steps) for steps in (0, 40))
    top = torch.linalg.matrix_norm(theta_0.B[:, 0], 2).numpy() * 1e-6
    assert (start.value.numpy() < 0.995 * top).all()
    # eps = 1e-6 adds its own share; power steps converge like the square of the ratio of singular values.
    assert end.value.numpy() == pytest.approx(top, rel=1e-5)


def test_a_trial_does_not_depend_on_its_batch():
    measure = largest_of("alpha", relu)
    together = attack(measure, emww_initialisation(seeded(4), 2, 2, 20), 0.1, relu, seeded(4))
    alone = attack(measure, emww_initialisation(seeded(4)[2:3], 2, 2, 20), 0.1, relu, seeded(4)[2:3])
    assert together.value[2].item() == pytest.approx(alone.value.item(), rel=1e-13)


def lambda_min_of(x, sigma):
    """Smallest eigenvalue of the Gram matrix (4.8)."""

    def measure(theta):
        states = emww_sweeps.forward(theta, x, sigma)
        of_a = (emww_sweeps.backward(theta, states, sigma).alpha[:, :, 1:, None] * states.g).flatten(2)
        return torch.linalg.eigvalsh(of_a @ of_a.mT)[:, 0] / (of_a.shape[1] * states.y.shape[2])

    return measure


@pytest.mark.parametrize("c", [1.0, 2.0])
def test_downwards_it_reaches_the_smallest_of_all_sign_patterns(c):
    # Linear, n = d = m = 1: every Theta_0 is as good as B_0 = 1, and the same signs in all layers are the worst.
    L, theta_0 = 60, emww_initialisation(seeded(4), 1, 1, 60)
    x = torch.ones(4, 1, 1).double()
    found = attack_downwards(lambda_min_of(x, identity), theta_0, c / L, x, identity, seeded(4))
    patterns = []
    for signs in product((1, -1), repeat=4):
        a, r, B, C = (sign * c / L for sign in signs)
        z, y, g, alpha, beta, total = 1.0, 0.0, [], 1.0, 0.0, 0.0
        for _ in range(L - 1):
            g.append((1 + B) * z + r * y)
            z, y = 1 + C * g[-1], y + a * g[-1]
        for feature in g[::-1]:
            total += (alpha * feature) ** 2
            gamma = a * alpha + C * beta
            alpha, beta = alpha + r * gamma, (1 + B) * gamma
        patterns.append(total / L)
    assert found.value.tolist() == pytest.approx([min(patterns)] * 4, rel=1e-9)
    assert (distance_I_c(found.point, theta_0) <= c / L * (1 + 1e-12)).all()
    assert (found.random > found.value).all()


def test_downwards_it_stays_below_random_search_at_several_points():
    theta_0 = emww_initialisation(seeded(6), 2, 2, 80)
    x = torch.eye(2).double().expand(6, 2, 2)
    found = attack_downwards(lambda_min_of(x, relu), theta_0, 1 / 80, x, relu, seeded(6))
    start = lambda_min_of(x, relu)(theta_0)
    assert (found.value < found.random).all()
    assert (start - found.value > 2 * (start - found.random)).all()


def test_the_attack_starts_around_an_initialisation_that_is_not_zero():
    # The aligned start is inside I_c(Theta_0), or frank_wolfe refuses it.
    theta_0 = emww_larger_initialisation(seeded(3), 2, 2, 20)
    found = attack(largest_of("y", identity), theta_0, 1 / 20, identity, seeded(3))
    assert (distance_I_c(found.point[0], theta_0) <= 1 / 20 * (1 + 1e-12)).all()
