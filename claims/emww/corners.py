"""Networks in I_c(Theta_0) from which one step of gradient descent is looked at: the worst ones for Section 7."""

from itertools import product

import torch

from lemmata.claims.emww.at_initialisation import training_set
from lemmata.networks.activations import ACTIVATIONS
from lemmata.networks.emww_deep import DeepNetwork, depth_last

# Of the moves of a, r, B and C.
SIGNS = list(product((1.0, -1.0), repeat=4))
RADII = (1.0, 0.7)  # of the moves, in parts of c/L


class OneStep:
    """Gradient descent steps from corners of I_c, for every trial the same: [B * corners] networks of m = d = 1.

    With m = d = 1 every block of a layer is a number, and a, r, B_0 and C are at most c/L away from their start. All
    signs of the four blocks are tried, along the unit's output for a and r and along the sign of B_0 for B and C, at
    the radius c/L and at 0.7 c/L, from where more steps stay inside, with all labels y_i = 1 or -1. Steps that leave
    I_c are not counted.
    """

    def __init__(self, p, theta_0):
        x, labels = training_set(p).x.to(p.dtype), self._labels(p)
        theta_0 = depth_last(theta_0)[..., : p.L - 1].contiguous()
        self.trials, self.corners = len(theta_0), len(SIGNS) * len(RADII) * len(labels)
        direction = theta_0[:, 2:3].sign().expand_as(theta_0).clone()
        if p.sigma == "relu":  # an active unit is positive, whatever the sign of B_0
            direction[:, :2] = 1.0  # of a and r
        starts = []
        for radius, signs, y in product(RADII, SIGNS, labels):
            scale = radius * p.c / p.L * torch.tensor(signs, dtype=p.dtype)[:, None]
            starts.append((scale * direction, y))
        self.V = torch.stack([V for V, _ in starts], 1).flatten(0, 1)
        y = torch.stack([y for _, y in starts]).expand(self.trials, -1, -1).flatten(0, 1)
        theta_0 = theta_0[:, None].expand(-1, self.corners, -1, -1).flatten(0, 1)
        self.net = DeepNetwork(theta_0, x.expand(len(y), -1, -1), y, ACTIVATIONS[p.sigma])
        before = self.net.derivatives(self.V)
        self.after = self.V - p.eta * before.gradient
        self.risk, self.risk_after = self.net.risk(before.f), self.net.risk(self.net.outputs(self.after))
        inside = self.net.shape.block_norms(self.after).amax((1, 2)) <= p.c / p.L * (1 + 1e-12)
        self.counted = inside & (self.risk > 1e-12)

    @staticmethod
    def _labels(p):
        n = len(training_set(p).x)
        return [torch.tensor(y, dtype=p.dtype) for y in product((1.0, -1.0), repeat=n)]

    def worst(self, ratio):
        """The largest of [B * corners] numbers over the corners that count, [B]."""
        largest = ratio.masked_fill(~self.counted, -torch.inf).unflatten(0, (self.trials, self.corners)).amax(1)
        if not bool(largest.isfinite().all()):
            raise ValueError("no step from a corner stays in I_c: take a smaller eta")
        return largest
