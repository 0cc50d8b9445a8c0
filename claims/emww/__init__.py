"""E, Ma, Wang, Wu (2019)."""

from harness.claim import Paper

EMWW = Paper(
    "emww",
    "W. E, C. Ma, Q. Wang, L. Wu. Analysis of the gradient descent algorithm for a deep neural network model with "
    "skip-connections. 2019.",
    "https://arxiv.org/abs/1904.05263",
)
