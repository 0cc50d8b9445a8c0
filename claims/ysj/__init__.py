"""Yun, Sra, Jadbabaie (2019)."""

from fractions import Fraction
from math import factorial

from lemmata import Paper

YSJ = Paper(
    "ysj",
    "C. Yun, S. Sra, A. Jadbabaie. Are deep ResNets provably better than linear predictors? NeurIPS 2019.",
    "https://arxiv.org/abs/1907.03922",
    (
        "Section 3.1; Table 1; Proposition 1; Section 3.2; Assumption 4.1; Theorem 2; Corollary 3; Section 5.1; "
        "Assumption 5.1; Assumption 5.2; Theorem 4; Section 5.2; Theorem 5; Appendix A; Appendix B; Appendix C"
    ),
)


def exponential_sum(s: Fraction, terms: int) -> Fraction:
    """The rational number sum_{j <= terms} s^j / j!, which is below e^s for s > 0."""
    return sum((s**j / factorial(j) for j in range(terms + 1)), Fraction(0))
