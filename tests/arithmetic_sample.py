"""Running a function with other roundings, as an examination does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lemmata.arithmetic.examination import Laboratory
from lemmata.arithmetic.noise import Noise
from lemmata.arithmetic.runs import Run


def results(function: Callable[[], Any], runs: int = 12) -> list[Any]:
    """What a function gives in runs with noise, the same noise in every call of this."""
    with Laboratory([function]) as laboratory:
        return [laboratory.run(function, Run(Noise(number))) for number in range(runs)]


def counted(function: Callable[[], Any]) -> tuple[Any, Run]:
    """What a function gives when it is looked into without noise, and how many roundings there are."""
    run = Run()
    with Laboratory([function]) as laboratory:
        return laboratory.run(function, run), run


def differ(function: Callable[[], Any], runs: int = 12) -> bool:
    """Does noise reach what a function gives?"""
    return (
        len(
            {
                str(result) if not hasattr(result, "tolist") else str(result.tolist())
                for result in results(function, runs)
            }
        )
        > 1
    )
