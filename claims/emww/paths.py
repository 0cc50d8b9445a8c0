"""What the statements about gradient flow and gradient descent share: samples, networks, and what a path is asked."""

from functools import cache
from math import ceil, log, pi

import torch
from scipy.optimize import brentq

from lemmata import Condition
from lemmata.claims.emww.at_initialisation import DATA
from lemmata.engine.flow import Measured, refined
from lemmata.engine.skip_flow import gradient_flow
from lemmata.generators.initialisation import emww_initialisation
from lemmata.generators.kernel import kernel_matrix
from lemmata.generators.points import pair_at_angle
from lemmata.networks.activations import ACTIVATIONS
from lemmata.networks.emww_deep import DeepNetwork, depth_last

UNTIL = (0.25, 0.5, 1.0, 2.0, 4.0)  # times L lambda_n t; the risk of the linear model has fallen by e^-8 at the last


@cache
def _points(data, d, sigma, inv_lambda):
    value = ACTIVATIONS[sigma].value
    if data == "pair":
        angle = brentq(lambda u: pair_at_angle(d, u, value).lambda_n - 1 / inv_lambda, 1e-3, pi - 1e-9, xtol=1e-12)
        return pair_at_angle(d, angle, value)
    return DATA[data](d, value)


def sample(p):
    """Points with a known lambda_n: a set of its own name, or a pair with lambda_n = 1 / p.inv_lambda."""
    return _points(p.data, p.d, p.sigma, dict(p).get("inv_lambda"))


def hardest_labels(x, sigma):
    """A vector of the bottom eigenspace of K, the nearest to (1, -1, 1, ..), scaled so that the largest |y_i| is one."""
    size, U = torch.linalg.eigh(kernel_matrix(x, ACTIVATIONS[sigma].value))
    bottom = U[:, size <= size[0] * (1 + 1e-9)]
    y = bottom @ (bottom.T @ (-1.0) ** torch.arange(len(x), dtype=x.dtype))
    y = y if y.abs().max() > 1e-6 else bottom[:, 0]
    return y / y.abs().max()


def network(p, rngs, blocks=None):
    """A batch of networks at initialisation (2.5), on the sample with the labels that are learned most slowly.

    The random features come with them, of L - 1 blocks as the network, or of L as the sums are printed.
    """
    theta_0 = depth_last(emww_initialisation(rngs, p.d, p.m, p.L, blocks, dtype=p.dtype))
    x = sample(p).x.to(p.dtype).expand(len(rngs), -1, -1)
    y = hardest_labels(sample(p).x, p.sigma).to(p.dtype).expand(len(rngs), -1)
    sigma = ACTIVATIONS[p.sigma]
    features = DeepNetwork(theta_0, x, y, sigma).features()
    return DeepNetwork(theta_0[..., : p.L - 1].contiguous(), x, y, sigma), features


def along_the_flow(p, net, quantity, bound=None, until=UNTIL, features=None, theta=1.0):
    """The largest of a quantity over the times of a gradient flow, with its error under control.

    The quantity takes a state of the path and gives [B]; the times are ``until / (L lambda_n)``.
    """
    times = [s / (p.L * p.lambda_n) for s in until]

    def measure(theta):
        value = defect = torch.zeros(len(net.y), dtype=p.dtype)
        for state in gradient_flow(net, times, theta, features):
            value = torch.maximum(value, quantity(state))
            defect = torch.maximum(defect, state.defect)
        return Measured(value, defect)

    return refined(measure, bound, theta)


def lambda_of_the_network(p):
    """lambda_n with m E[sigma(w.x/sqrt(m)) sigma(w.x'/sqrt(m))] in place of k_0: of the features as the network has them."""
    sigma, scale = ACTIVATIONS[p.sigma].value, p.m**0.5
    K = kernel_matrix(sample(p).x, lambda u: scale * sigma(u / scale))
    return max(float(torch.linalg.eigvalsh(K)[0]), 0.0)


def deep_enough(squared_log=False):
    """L >= C max{lambda_n^-2 ln(n^2/delta), lambda_n^-3}, as two conditions up to a constant."""

    def logarithm(p):
        return log(p.n / p.delta) ** 2 if squared_log else log(p.n**2 / p.delta)

    printed = r"\ln^2(n/\delta)" if squared_log else r"\ln(n^2/\delta)"
    return [
        Condition(rf"L \ge C \lambda_n^{{-2}} {printed}", lambda p: p.L * p.lambda_n**2 / logarithm(p), "C"),
        Condition(r"L \ge C \lambda_n^{-3}", lambda p: p.L * p.lambda_n**3, "C"),
    ]


def smallest_depth(p, first=1.0, second=1.0):
    """The smallest L >= max{first lambda_n^-2 ln(n^2/delta), second lambda_n^-3} that has a block."""
    return max(2, ceil(first * log(p.n**2 / p.delta) / p.lambda_n**2), ceil(second / p.lambda_n**3))


SAMPLE = {
    "n": lambda p: len(sample(p).x),
    "lambda_n": lambda p: sample(p).lambda_n,
    "inv_lambda": lambda p: 1 / p.lambda_n,
}


def compared(sigma, data):
    """Derived parameters of a comparison with the random features, for an activation on a set of points."""
    return {
        "sigma": lambda p: sigma,
        "data": lambda p: data,
        "m": lambda p: 2,
        "delta": lambda p: 0.1,
        **SAMPLE,
        "c_n": lambda p: 8 / p.lambda_n,
    }
