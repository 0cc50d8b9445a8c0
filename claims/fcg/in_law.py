r"""Activations of a few inputs in wide networks, with the law that Gaussian weights give them.

Statements at initialisation about $n$ inputs (Proposition C.5, Lemma B.6) need the weights only through the
products $W_l^\top x_{l-1,i}$. $W_l$ is independent of $x_{l-1}$, so that with the factorisation $X = QR$ of the
columns $x_{l-1,1}, \dots, x_{l-1,n}$ the product $W_l^\top X = (W_l^\top Q) R$ has the law of $G R$, with a
Gaussian matrix $G$ of $n$ columns instead of $m$. A width of $10^4$ costs what 100 does with the weights written
out.
"""

import math

import torch

from lemmata.generators.draws import normals


def preactivations(rngs, x, m_out):
    """W^T x_i for weights W, independent of x, with entries N(0, 2/m_out).

    Args:
        rngs: one generator per trial.
        x: inputs of the layer, [B, n, m_in].
        m_out: width of the layer.

    Returns:
        Shape [B, n, m_out]; in law, W is the same for the n inputs of a trial.
    """
    R = torch.linalg.qr(x.mT, mode="r").R  # [B, min(n, m_in), n]
    return math.sqrt(2 / m_out) * R.mT @ normals(rngs, R.shape[1], m_out, dtype=x.dtype)


def hidden_activations(rngs, x, m, L, theta):
    """W_1 and the activations of the layers 1 .. L, in the law of Gaussian initialisation.

    Args:
        rngs: one generator per trial.
        x: inputs [B, n, d].
        m: width.
        L: number of hidden layers.
        theta: residual scaling.

    Returns:
        W_1 [B, d, m], and [x_1, ..., x_L], each [B, n, m].
    """
    W_1 = math.sqrt(2 / m) * normals(rngs, x.shape[-1], m, dtype=x.dtype)
    layers = [torch.relu(x @ W_1)]
    for _ in range(2, L + 1):
        layers.append(layers[-1] + theta * torch.relu(preactivations(rngs, layers[-1], m)))
    return W_1, layers
