"""Frei, Cao, Gu (2019), and the width that its regimes ask for."""

from math import ceil, log

from lemmata import Paper, Params

FCG = Paper(
    "fcg",
    "S. Frei, Y. Cao, Q. Gu. Algorithm-dependent generalization bounds for overparameterized deep residual networks. "
    "NeurIPS 2019.",
    "https://arxiv.org/abs/1910.02934",
    (
        "Section 1.1; Section 2; (1); (2); Assumption 3.1; Assumption 3.2; Assumption 3.3; Assumption 3.4; "
        "Theorem 3.5; Theorem 3.6; (3); Corollary 3.7; Lemma 4.1; Lemma 4.2; Lemma 4.3; Lemma 4.4; Appendix A.1; "
        "(4); (5); (6); (7); (8); Appendix A.2; (9); (10); Appendix A.3; (11); Appendix B.1; Lemma B.1; "
        "Lemma B.2; (12); Lemma B.3; (13); (14); (15); Appendix B.2; Lemma B.4; Lemma B.5; (16); (17); (18); "
        "(19); (20); (21); (22); (23); (24); (25); (26); Appendix B.3; Lemma B.6; (27); (28); (29); (30); (31); "
        "(32); (33); Appendix B.4; (34); (35); Appendix C.1; Appendix C.2; Claim C.1; Appendix C.3; Lemma C.2; "
        "(36); (37); Appendix C.4; Lemma C.3; Lemma C.4; (38); Appendix C.5; Proposition C.5; (39); (40); (41); "
        "(42); Appendix D.1; Claim D.1; (43); Appendix D.2; (44); (45); (46); (47); Appendix D.3; (48)"
    ),
)


def width(p: Params) -> int:
    """Smallest even width m with m >= kappa d log(mL/delta), the regime of Lemma 4.1 at C_0 = kappa.

    Found by iterating m -> kappa d log(mL/delta) upwards from 2, which converges because the logarithm is concave.
    """
    m = 2
    while (needed := p.kappa * p.d * log(m * p.L / p.delta)) > m:
        m = 2 * ceil(needed / 2)
    return m
