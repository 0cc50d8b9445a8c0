"""Random numbers that depend on what a trial is called, and on nothing else.

Streams never mix: ``iid`` (the only source of estimates, constants and passes), ``cover`` (space-filling), ``hunt``
(Hypothesis and optimisers: refutation only), ``map`` (outside the regime too: supports nothing and refutes nothing) and
``plan`` (which parameters are tried).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np


def trial_rng(root: int, name: str, stream: str, index: int) -> np.random.Generator:
    """Generator of one trial: a pure function of its name, whatever runs beside it.

    The 128-bit Philox key is a hash of (root, name, stream); the index sits in the highest counter word, so the
    trials of a stream are 2**192 draws apart and cannot overlap.

    Args:
        root: root seed of the run.
        name: what is sampled, for example ``fcg.lemma_B4_sparsity[literal:flips]``.
        stream: ``iid``, ``cover``, ``hunt:...``, ``map`` or ``plan``.
        index: number of the trial in its stream, from 0.
    """
    text = "|".join([str(root), name, stream])
    key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")
    return np.random.Generator(np.random.Philox(key=key, counter=index << 192))


def trial_rngs(root: int, name: str, stream: str, indices: Iterable[int]) -> list[np.random.Generator]:
    """One generator per trial of a batch; see :func:`trial_rng`."""
    return [trial_rng(root, name, stream, index) for index in indices]
