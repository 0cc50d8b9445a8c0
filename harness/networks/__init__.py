"""The papers' networks as batched pure functions, with layer maps and gradients by the printed formulas.

| module | has |
|---|---|
| `fcg` | the residual network of Frei, Cao, Gu (2019), and its twin without skip connections |
| `emww`, `emww_sweeps`, `emww_deep` | that of E, Ma, Wang, Wu (2019): as printed, all layers at once, for 10^6 layers |
| `ysj`, `ysj_near_identity` | those of Yun, Sra, Jadbabaie (2019), Sections 4 and 5, and losses of Assumption 4.1 |
| `ysj_exact` | the first of them in rational numbers, with critical points of its risk |
| `activations` | activations with sigma(0) = 0 and Lipschitz constant 1 |
| `rational` | linear algebra without rounding |
"""
