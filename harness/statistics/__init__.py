"""From samples to findings, with stated error rates.

===============  ===================================================================================
binomial         evidence about the probability of a bad event, valid at every look
quantiles        exact order-statistic bounds
rises            how far a quantile rises from one group of draws to another, exactly
pairs            growth in pairs of draws that differ in one axis alone
transients       what a true bound may do before it settles
growth           growth exponent along one axis, with an interval
shapes           power, log, saturating: a label for a trend
ladders          a factorial of ladders, cut along one axis at a time
shares           how the error of a claim is shared out among looks, ends and tests
hits             the tests of growth at one end of one axis
settling         the pass side
trend            does an absolute constant exist?
regime           the same where the regime has an unspecified constant
power            the growth that tonight's draws would have shown
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
    first_crossing,
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
from lemmata.statistics.growth import Growth, growth_interval
from lemmata.statistics.power import planted
from lemmata.statistics.quantiles import (
    QuantileBounds,
    effective_level,
    min_draws,
    quantile_bounds,
    quantile_ranks,
    resolvable,
)
from lemmata.statistics.regime import judge_regime
from lemmata.statistics.separation import judge_separation
from lemmata.statistics.shapes import Shape, shape
from lemmata.statistics.trend import judge_trend, without_polylog
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
    "clopper_pearson",
    "draws_to_pass",
    "effective_level",
    "first_crossing",
    "fit_constants",
    "fitted_constant",
    "frozen_constant",
    "growth_interval",
    "judge_explicit",
    "judge_probability",
    "judge_regime",
    "judge_separation",
    "judge_trend",
    "log_e",
    "min_draws",
    "planted",
    "quantile_bounds",
    "quantile_ranks",
    "regime_constant",
    "resolvable",
    "shape",
    "violating_fraction_bound",
    "without_polylog",
]
