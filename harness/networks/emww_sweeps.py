r"""The network of E, Ma, Wang, Wu (2019) with all layers at once: for deep networks close to their initialisation.

Recursion (2.3) is a fixed point in the states of all layers. A sweep computes every layer from the previous states of
the layers below, without a loop over layers. Information climbs one layer a sweep, so that K blocks are exact after
K + 1 sweeps; inside $I_c(\Theta_0)$ what is missing shrinks like $(c^2/L)^k/k!$, and about ten sweeps are enough.
"""

from __future__ import annotations

import torch
from torch import Tensor, einsum

from lemmata.networks.activations import Activation
from lemmata.networks.emww import Backward, Blocks, Forward


def forward(theta: Blocks, x: Tensor, sigma: Activation) -> Forward:
    """All states by sweeps; what `lemmata.networks.emww.forward` computes layer by layer, up to rounding.

    Args:
        theta: parameters of the K blocks.
        x: inputs [B, n, d].
        sigma: activation.

    Raises:
        ValueError: if a state is not finite.
    """
    K = theta.a.shape[1]
    first, zero = x[:, :, None], torch.zeros_like(x[:, :, None, 0])
    z, y = first.expand(-1, -1, K + 1, -1), zero.expand(-1, -1, K + 1)
    for _ in range(K + 1):
        pre = einsum("bkmd,bnkd->bnkm", theta.B, z[:, :, :-1]) + theta.r[:, None] * y[:, :, :-1, None]
        g = sigma.value(pre)
        before = z, y
        z = torch.cat([first, first + einsum("bkdm,bnkm->bnkd", theta.C, g)], 2)
        y = torch.cat([zero, einsum("bkm,bnkm->bnk", theta.a, g).cumsum(2)], 2)
        if _settled(before, (z, y)):
            break
    return Forward(z, y, g, pre)


def backward(theta: Blocks, forward: Forward, sigma: Activation) -> Backward:
    """Derivatives of f in the states by sweeps; see `lemmata.networks.emww.backward`.

    Args:
        theta: parameters of the forward pass.
        forward: its result.
        sigma: its activation.

    Raises:
        ValueError: if a derivative is not finite.
    """
    slope = sigma.derivative(forward.pre)
    one, zero = torch.ones_like(forward.y[:, :, :1]), torch.zeros_like(forward.z[:, :, :1])
    alpha, beta = one.expand_as(forward.y), zero.expand_as(forward.z)
    for _ in range(slope.shape[2] + 1):
        gamma = theta.a[:, None] * alpha[:, :, 1:, None] + einsum("bkdm,bnkd->bnkm", theta.C, beta[:, :, 1:])
        delta = slope * gamma
        before = alpha, beta
        steps = einsum("bkm,bnkm->bnk", theta.r, delta)
        alpha = torch.cat([one + steps.flip(2).cumsum(2).flip(2), one], 2)
        beta = torch.cat([einsum("bkmd,bnkm->bnkd", theta.B, delta), zero], 2)
        if _settled(before, (alpha, beta)):
            break
    return Backward(alpha, beta, gamma, delta)


def _settled(before: tuple[Tensor, ...], after: tuple[Tensor, ...]) -> bool:
    """Did a sweep change nothing but rounding?

    Raises:
        ValueError: if a state is not finite.
    """
    with torch.no_grad():
        size = torch.stack([state.abs().amax() for state in after])
        if not bool(size.isfinite().all()):
            raise ValueError("a state is not finite: the parameters are, or grow the states, out of range")
        moved = torch.stack([(b - a).abs().amax() for b, a in zip(before, after, strict=True)])
        return bool((moved <= 4 * torch.finfo(size.dtype).eps * size.amax()).all())
