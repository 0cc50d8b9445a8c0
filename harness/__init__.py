"""Lemmata: everything that a claim file needs.

    from lemmata import Axis, Claim, Condition, Sides, Verdict

Below it are the tools that a trial may use: ``lemmata.adversaries`` (the worst case), ``lemmata.generators`` (data with
a certified margin, kernels, initialisations), ``lemmata.networks`` and ``lemmata.engine`` (networks trained by the
thousand). The other packages are rooms of the harness; docs/architecture.md shows them.

Names are imported when they are asked for: pytest loads a plugin from this package at every start, in projects that
have no claims, too.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lemmata.judging.recompute import recompute
    from lemmata.vocabulary.claim import Claim
    from lemmata.vocabulary.parameters import Params
    from lemmata.vocabulary.transient import Transient
    from lemmata.vocabulary.verdict import Verdict
    from lemmata.vocabulary.words import Axis, ClaimError, Condition, Paper, Sides

    __version__: str

__all__ = [
    "Axis",
    "Claim",
    "ClaimError",
    "Condition",
    "Paper",
    "Params",
    "Sides",
    "Transient",
    "Verdict",
    "recompute",
]

_HOMES = {
    "Claim": "vocabulary.claim",
    "Params": "vocabulary.parameters",
    "Transient": "vocabulary.transient",
    "Verdict": "vocabulary.verdict",
    "recompute": "judging.recompute",
} | dict.fromkeys(("Axis", "ClaimError", "Condition", "Paper", "Sides"), "vocabulary.words")


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("lemmata")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has: {', '.join(__all__)}")
    return getattr(import_module(f"lemmata.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
