"""Descriptive statistics, tests, estimates with their errors and intervals.

Formats of the house: means, gaps and test statistics two decimals; correlations, loadings and other numbers within
[-1, 1] two decimals without a leading zero; regression coefficients, variance components and standard errors three;
p three without a leading zero, and "< .001"; an interval as many as its estimate.
"""

from __future__ import annotations

from comply_measure.report.quantities.entry import Quantity

_P = "Probability of data at least as extreme if the null hypothesis holds"
_QUARTILES = "A quarter of the values lies below the first number, a quarter above the second."
_RANGE = "Smallest and largest value."
_MEAN = "Arithmetic mean."
_SD = "Standard deviation, divisor n − 1."
_CI = "Confidence interval: in 95% of samples it contains the parameter."

GENERAL: tuple[Quantity, ...] = (
    Quantity("mean", "M", "number", _MEAN, italic=True),
    Quantity("mean_bounded", "M", "bounded", _MEAN, italic=True),
    Quantity("sd", "SD", "number", _SD, italic=True),
    Quantity("sd_bounded", "SD", "bounded", _SD, italic=True),
    Quantity("median_bounded", "Median", "bounded"),
    Quantity("quartiles", "Quartiles", "span", _QUARTILES, data=("q25", "q75")),
    Quantity("quartiles_bounded", "Quartiles", "bounded_span", _QUARTILES, data=("q25", "q75")),
    Quantity("ci_of_shares", "95% CI", "percent_interval", _CI),
    Quantity("range", "Range", "span", _RANGE, data=("minimum", "maximum")),
    Quantity("range_bounded", "Range", "bounded_span", _RANGE, data=("minimum", "maximum")),
    Quantity(
        "skewness",
        "Skew",
        "number",
        "Skewness, bias-corrected; 0 for a symmetric distribution.",
        "Joanes and Gill (1998)",
    ),
    Quantity(
        "kurtosis",
        "Kurtosis",
        "number",
        "Excess kurtosis, bias-corrected; 0 for a normal distribution.",
        "Joanes and Gill (1998)",
    ),
    Quantity("score", "Mean", "number"),
    Quantity("value", "Value", "bounded"),
    Quantity("value3", "Value", "number3"),
    Quantity("all_informants", "All", "number3"),
    Quantity("without_flagged", "Without the flagged", "number3"),
    Quantity("difference", "Difference", "number3"),
    Quantity("cutoff", "Cut-off", "number3"),
    Quantity("estimate", "Estimate", "number3"),
    Quantity("estimate2", "Estimate", "number"),
    Quantity("estimate_bounded", "Estimate", "bounded"),
    Quantity("b", "b", "number3", "Regression coefficient in the units of the variables.", italic=True),
    Quantity("beta", "β", "bounded", "Completely standardised regression coefficient."),
    Quantity("odds_ratio", "Odds ratio per point", "number"),
    Quantity("odds_ratio_sd", "Odds ratio per SD", "number", data=("odds_ratio",)),
    Quantity("t_or_f", "t or F", "number"),
    Quantity("r_squared_controls", "R², controls", "bounded"),
    Quantity("delta_r_squared", "ΔR²", "bounded", "What the score adds to the explained variance."),
    Quantity(
        "mardia_b1",
        "b₁",
        "number",
        "Mardia's multivariate skewness, 0 under normality.",
        "Mardia (1970)",
        data=("b1",),
    ),
    Quantity(
        "mardia_b2",
        "b₂",
        "number",
        "Mardia's multivariate kurtosis, p(p + 2) under normality.",
        "Mardia (1970)",
        data=("b2",),
    ),
    Quantity("b2_normal", "Expected b₂", "number"),
    Quantity("p_skew", "p (b₁)", "p"),
    Quantity("p_kurtosis", "p (b₂)", "p"),
    Quantity("se", "SE", "number3", "Standard error.", italic=True),
    Quantity("ci", "95% CI", "interval", _CI),
    Quantity("ci1", "95% CI", "interval1", _CI),
    Quantity("ci3", "95% CI", "interval3", _CI),
    Quantity("ci_bounded", "95% CI", "bounded_interval", _CI),
    Quantity("deviance", "Deviance", "number3", "−2 log-likelihood per informant."),
    Quantity(
        "ci_d", "95% CI of d", "interval", "Interval of the difference over the same standard deviation."
    ),
    Quantity("ci_beta", "95% CI of β", "bounded_interval", latex=r"95\% CI of $\beta$"),
    Quantity(
        "ci_boot",
        "95% CI, replications",
        "interval3",
        "Interval from bootstrap replications or Monte Carlo draws; the note says which.",
    ),
    Quantity(
        "t",
        "t",
        "number",
        "Estimate over its standard error, compared with Student's distribution.",
        italic=True,
    ),
    Quantity(
        "z",
        "z",
        "number",
        "Estimate over its standard error, compared with the normal distribution.",
        italic=True,
    ),
    Quantity("z_published", "z, as published", "number", latex="$z$, as published"),
    Quantity(
        "z_vuong",
        "Vuong's z",
        "number",
        "Difference of log-likelihoods of two models over its standard error.",
        "Vuong (1989)",
        latex="Vuong's $z$",
    ),
    Quantity(
        "f",
        "F",
        "number",
        "Ratio of two mean squares, or a test statistic compared with the F distribution.",
        italic=True,
    ),
    Quantity("test_value", "Test statistic", "number"),
    Quantity(
        "chisq",
        "χ²",
        "number",
        "Test statistic compared with the chi-square distribution; the scaled one where there is one.",
        latex=r"$\chi^{2}$",
    ),
    Quantity(
        "chisq_score",
        "Score χ²",
        "number",
        "Score test that an equality constraint holds.",
        latex=r"Score $\chi^{2}$",
    ),
    Quantity(
        "delta_chisq",
        "Δχ²",
        "number",
        "Difference of the χ² of nested models, scaled where the tests are.",
        "Satorra and Bentler (2001); Satorra (2000)",
        latex=r"$\Delta\chi^{2}$",
    ),
    Quantity("df", "df", "count", "Degrees of freedom.", italic=True),
    Quantity("df1", "df₁", "count", "Degrees of freedom of the numerator.", italic=True, latex="$df_{1}$"),
    Quantity("df2", "df₂", "count", "Degrees of freedom of the denominator.", italic=True, latex="$df_{2}$"),
    Quantity(
        "delta_df",
        "Δdf",
        "count",
        "Difference of the degrees of freedom of nested models.",
        latex=r"$\Delta df$",
    ),
    Quantity("p", "p", "p", f"{_P}.", italic=True),
    Quantity(
        "p_holm",
        "p (Holm)",
        "p",
        f"{_P}, corrected for the number of tests.",
        "Holm (1979)",
        latex="$p$ (Holm)",
    ),
    Quantity(
        "p_bonferroni", "p (Bonferroni)", "p", f"{_P}, times the number of tests.", latex="$p$ (Bonferroni)"
    ),
    Quantity(
        "p_max_t",
        "p (max T)",
        "p",
        f"{_P}, corrected by the permutation distribution of the largest statistic.",
        "Westfall and Young (1993)",
        latex=r"$p$ (max $T$)",
    ),
    Quantity(
        "p_fdr",
        "p (FDR)",
        "p",
        f"{_P}, corrected for the share of false discoveries.",
        "Benjamini and Hochberg (1995)",
        latex="$p$ (FDR)",
    ),
    Quantity(
        "p_distinguishable",
        "p, distinguishable",
        "p",
        "Test that two models fit the population equally in every respect.",
        "Vuong (1989)",
        latex="$p$, distinguishable",
    ),
    Quantity(
        "p_fixed",
        "p, r fixed",
        "p",
        "Test that a correlation reaches a fixed value.",
        "Rönkkö and Cho (2022)",
        latex="$p$, $r$ fixed",
    ),
    Quantity("r", "r", "bounded", "Pearson correlation, or correlation of factors.", italic=True),
    Quantity("r_squared", "R²", "bounded", "Share of variance explained.", latex="$R^{2}$"),
    Quantity("mean_r_squared", "Mean R²", "bounded", latex="Mean $R^{2}$"),
    Quantity("variance", "Variance", "number3"),
    Quantity("variance_in_units", "Variance in units", "number3", data=("variance",)),
    Quantity("variance_random", "In random groups", "number3"),
    Quantity("variance_between", "Var between", "number3"),
    Quantity("variance_within", "Var within", "number3"),
    Quantity("variance_error", "Var error", "number3"),
)
