"""From samples to findings, with stated error rates.

===============  ===================================================================================
binomial         evidence about the probability of a bad event, valid at every look
quantiles        exact order-statistic bounds
transients       what a true bound may do before it settles; the contrast that tells growth from it
growth           growth exponent along one axis, with an interval
shapes           power, log, saturating: a label for a trend
ladders          a factorial of ladders, cut along one axis at a time
trend            does an absolute constant exist?
separation       do two quantities grow at different rates?
constants        the constants that a statement leaves open
decisions        explicit bounds: for all parameters, or with a probability
===============  ===================================================================================

One trial is one independent seed and one number y = log(Q / B) for an upper bound, log(B / Q) for a lower
one. Every decision has two error rates: `alpha`, that a true claim is accused, and `alpha_pass`, that a claim
passes which is false by at least the stated resolution. What is neither is INCONCLUSIVE and says what would
decide it.
"""

from lemmata.statistics.binomial import (
    Exceedance,
    clopper_pearson,
    draws_to_pass,
    log_e,
    violating_fraction_bound,
)
from lemmata.statistics.constants import (
    FittedConstant,
    FittedConstants,
    RegimeConstant,
    fit_constants,
    fitted_constant,
    frozen_constant,
    regime_constant,
)
from lemmata.statistics.decisions import Certificate, judge_explicit, judge_probability
from lemmata.statistics.growth import Growth, breakdown_factor, growth_interval, mover
from lemmata.statistics.quantiles import (
    QuantileBounds,
    effective_level,
    min_draws,
    quantile_bounds,
    quantile_ranks,
    resolvable,
)
from lemmata.statistics.separation import judge_separation
from lemmata.statistics.shapes import Shape, shape
from lemmata.statistics.transients import contrast
from lemmata.statistics.trend import judge_trend, planted, without_polylog
from lemmata.vocabulary.transient import Transient

__all__ = [
    "Certificate",
    "Exceedance",
    "FittedConstant",
    "FittedConstants",
    "Growth",
    "QuantileBounds",
    "RegimeConstant",
    "Shape",
    "Transient",
    "breakdown_factor",
    "clopper_pearson",
    "contrast",
    "draws_to_pass",
    "effective_level",
    "fit_constants",
    "fitted_constant",
    "frozen_constant",
    "growth_interval",
    "judge_explicit",
    "judge_probability",
    "judge_separation",
    "judge_trend",
    "log_e",
    "min_draws",
    "mover",
    "planted",
    "quantile_bounds",
    "quantile_ranks",
    "regime_constant",
    "resolvable",
    "shape",
    "violating_fraction_bound",
    "without_polylog",
]
