"""Yun, Sra, Jadbabaie (2019)."""

from harness.claim import Paper

YSJ = Paper(
    "ysj",
    "C. Yun, S. Sra, A. Jadbabaie. Are deep ResNets provably better than linear predictors? NeurIPS 2019.",
    "https://arxiv.org/abs/1907.03922",
)
