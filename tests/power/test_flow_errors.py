"""Does step control catch a wrong derivative, a step that is too long, and a path that slides along a kink?"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lemmata.engine.flow import Measured, StepControlError, refined
from lemmata.engine.skip_flow import gradient_flow
from lemmata.generators import antipodal_pair, emww_initialisation
from lemmata.networks.activations import relu
from lemmata.networks.emww_deep import DeepNetwork, Derivatives, depth_last


class WrongGradient(DeepNetwork):
    """One of the blocks a, r, B, C has its gradient multiplied by a factor."""

    block, factor = "a", 1.0

    def derivatives(self, V, gradient=None) -> Derivatives:
        """The derivatives, one of them wrong."""
        found = super().derivatives(V, gradient)
        getattr(self.shape.split(found.gradient), self.block).mul_(self.factor)
        return found


def network(block: str = "a", factor: float = 1.0, L: int = 8) -> DeepNetwork:
    rngs = [np.random.default_rng([3, trial]) for trial in range(2)]
    x, y = antipodal_pair(1).x.expand(2, -1, -1), torch.tensor([1.0, -1.0]).double().expand(2, -1)
    net = WrongGradient(depth_last(emww_initialisation(rngs, 1, 1, L)), x, y, relu)
    net.block, net.factor = block, factor
    return net


def final_risk(net: DeepNetwork, theta: float = 1.0) -> torch.Tensor:
    def measure(theta: float) -> Measured:
        *_, state = gradient_flow(net, [1.0], theta)
        return Measured(state.risk, state.defect)

    return refined(measure, theta=theta)


def test_the_right_gradient_passes():
    assert (final_risk(network()) < 0.3).all()


@pytest.mark.parametrize("block", ["a", "r", "B", "C"])
@pytest.mark.parametrize("factor", [-1.0, 3.0])
def test_a_wrong_gradient_breaks_the_energy_balance(block, factor):
    # r, B and C move the risk by a part of order 1/L only, which eight layers show. A block that rests (factor 0) is
    # no error of this sort: it is the gradient flow of fewer parameters.
    with pytest.raises(StepControlError, match="energy defect"):
        final_risk(network(block, factor))


def test_a_long_step_alone_is_refined_away():
    fine, coarse = (final_risk(network(), theta) for theta in (0.25, 2.0))
    assert torch.allclose(fine, coarse, rtol=0.02)
