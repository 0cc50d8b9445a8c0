"""Other ways to train many networks with torch: a loop over modules, and torch.func.

All contestants start at W_0, and a second run goes on where the first one stopped.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import grad_and_value, vmap

from benchmarks.problem import Array, Problem, displacement


class Network(nn.Module):
    """One network, as it is usually written."""

    def __init__(self, W_0: list[Tensor], v: Tensor, theta: float) -> None:
        super().__init__()
        self.weights = nn.ParameterList([nn.Parameter(W.clone()) for W in W_0])
        self.register_buffer("v", v)
        self.theta = theta

    def forward(self, x: Tensor) -> Tensor:
        """F of each sample, [n]."""
        first, *middle, last = self.weights
        x = torch.relu(x @ first)
        for W in middle:
            x = x + self.theta * torch.relu(x @ W)
        return torch.relu(x @ last) @ self.v


class Modules:
    """The usual loop: network by network, step by step, autograd, torch.optim.SGD and `.item()`."""

    def __init__(self, problem: Problem, diagnostics: bool) -> None:
        """Make the modules and their optimisers."""
        self.problem, self.diagnostics = problem, diagnostics
        self.W_0 = [list(W) for W in zip(*map(torch.from_numpy, problem.W_0), strict=True)]
        self.x, self.y, v = map(torch.from_numpy, (problem.x, problem.y, problem.v))
        self.networks = [Network(W_0, v, problem.theta) for W_0 in self.W_0]
        self.optimisers = [
            torch.optim.SGD(network.parameters(), lr=float(eta))
            for network, eta in zip(self.networks, problem.eta, strict=True)
        ]
        self.rows: list[list[list[float]]] = []

    def run(self, steps: int) -> None:
        """Train one network after the other."""
        self.rows = [[] for _ in self.networks]
        for b, (network, optimiser) in enumerate(zip(self.networks, self.optimisers, strict=True)):
            for _ in range(steps):
                optimiser.zero_grad()
                margin = self.y[b] * network(self.x[b])
                loss = nn.functional.softplus(-margin).mean()
                loss.backward()
                if self.diagnostics:
                    self.rows[b].append(
                        [loss.item(), torch.sigmoid(-margin).mean().item()]
                        + [W.grad.norm().item() for W in network.weights]
                        + [(W - W_0).norm().item() for W, W_0 in zip(network.weights, self.W_0[b], strict=True)]
                    )
                optimiser.step()

    def displacement(self) -> list[Array]:
        """W - W_0 of each layer."""
        layers = zip(*(network.weights for network in self.networks), strict=True)
        return displacement([torch.stack([*layer]).detach().numpy() for layer in layers], self.problem)

    def trace(self) -> Array | None:
        """Diagnostics of the last run."""
        return np.array(self.rows).swapaxes(0, 1) if self.diagnostics else None


class Vmap:
    """torch.func: vmap(grad) of one network's loss over stacked parameters."""

    def __init__(self, problem: Problem, diagnostics: bool) -> None:
        """Stack the parameters."""
        self.problem, self.diagnostics, theta = problem, diagnostics, problem.theta
        self.W_0 = [torch.from_numpy(W) for W in problem.W_0]
        self.W = self.W_0
        self.x, self.y, self.eta, v = map(torch.from_numpy, (problem.x, problem.y, problem.eta, problem.v))

        def loss(W: list[Tensor], x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
            x = torch.relu(x @ W[0])
            for W_l in W[1:-1]:
                x = x + theta * torch.relu(x @ W_l)
            margin = y * (torch.relu(x @ W[-1]) @ v)
            return nn.functional.softplus(-margin).mean(), margin

        self.gradients = vmap(grad_and_value(loss, has_aux=True))
        self.rows: list[Tensor] = []

    def run(self, steps: int) -> None:
        """Train all networks together."""
        self.rows = []
        for _ in range(steps):
            gradients, (loss, margin) = self.gradients(self.W, self.x, self.y)
            if self.diagnostics:
                norms = [g.norm(dim=(1, 2)) for g in gradients]
                distances = [(W - W_0).norm(dim=(1, 2)) for W, W_0 in zip(self.W, self.W_0, strict=True)]
                self.rows.append(torch.stack([loss, torch.sigmoid(-margin).mean(1), *norms, *distances], dim=1))
            eta = self.eta[:, None, None]
            self.W = [W - eta * g for W, g in zip(self.W, gradients, strict=True)]

    def displacement(self) -> list[Array]:
        """W - W_0 of each layer."""
        return displacement([W.numpy() for W in self.W], self.problem)

    def trace(self) -> Array | None:
        """Diagnostics of the last run."""
        return torch.stack(self.rows).numpy() if self.diagnostics else None
