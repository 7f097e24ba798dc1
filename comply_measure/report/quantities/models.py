"""Fit of models, their comparison, and what is read from them."""

from __future__ import annotations

from comply_measure.report.quantities.entry import Quantity

MODELS: tuple[Quantity, ...] = (
    Quantity(
        "cfi",
        "CFI",
        "bounded3",
        "Comparative fit index: gain over independence; 1 is best.",
        "Bentler (1990)",
    ),
    Quantity(
        "tli",
        "TLI",
        "bounded3",
        "Tucker-Lewis index: as CFI, per degree of freedom.",
        "Tucker and Lewis (1973)",
    ),
    Quantity(
        "rmsea",
        "RMSEA",
        "bounded3",
        "Root mean square error of approximation: misfit per degree of freedom; 0 is best.",
        "Steiger (1990)",
    ),
    Quantity(
        "rmsea_ci",
        "90% CI",
        "bounded_interval3",
        "Confidence interval of RMSEA.",
        "Browne and Cudeck (1993)",
        data=("rmsea_lower", "rmsea_upper"),
    ),
    Quantity(
        "srmr", "SRMR", "bounded3", "Standardised root mean square residual; 0 is best.", "Bentler (1995)"
    ),
    Quantity("aic", "AIC", "number1", "Akaike's information criterion: smaller is better.", "Akaike (1974)"),
    Quantity("aicc", "AICc", "number1", "AIC corrected for small samples.", "Hurvich and Tsai (1989)"),
    Quantity("bic", "BIC", "number1", "Bayesian information criterion: smaller is better.", "Schwarz (1978)"),
    Quantity("delta_aic", "ΔAIC", "number1", "AIC above the smallest."),
    Quantity("delta_aicc", "ΔAICc", "number1", "AICc above the smallest."),
    Quantity("delta_bic", "ΔBIC", "number1", "BIC above the smallest, or first model minus second."),
    Quantity("delta_cfi", "ΔCFI", "bounded3", "CFI minus that of the less restricted model."),
    Quantity("delta_rmsea", "ΔRMSEA", "bounded3", "RMSEA minus that of the less restricted model."),
    Quantity("delta_srmr", "ΔSRMR", "bounded3", "SRMR minus that of the less restricted model."),
    Quantity(
        "weight",
        "Weight",
        "bounded",
        "Akaike weight: relative support for a model among those compared.",
        "Burnham and Anderson (2002)",
    ),
    Quantity("loading", "Loading", "bounded", "Standardised factor loading."),
    Quantity(
        "loadings",
        "Loadings",
        "bounded_span",
        "Smallest and largest absolute standardised loading.",
        data=("loading_min", "loading_max"),
    ),
    Quantity(
        "communality",
        "h²",
        "bounded",
        "Communality: variance of an indicator that the factors explain.",
        latex="$h^{2}$",
    ),
    Quantity("complexity", "Complexity", "number", "Number of factors an indicator needs.", "Hofmann (1978)"),
    Quantity("intercept_difference", "Δ intercept", "number", latex=r"$\Delta$ intercept"),
    Quantity("loading_difference", "Δ loading", "number", latex=r"$\Delta$ loading"),
    Quantity(
        "d_macs",
        "dMACS",
        "number",
        "Root mean square difference of two groups' expected scores on an indicator, in SD.",
        "Nye and Drasgow (2011)",
        latex="$d_{MACS}$",
    ),
    Quantity(
        "d_macs_signed",
        "dMACS, signed",
        "number",
        "As dMACS, the difference with its sign.",
        "Nye et al. (2019)",
        latex="$d_{MACS}$, signed",
    ),
    Quantity("bias", "Bias", "number", "Part of a gap of scores that comes from unequal parameters."),
    Quantity("latent_gap", "Latent gap (SD)", "number"),
    Quantity("latent_gap_points", "Latent gap", "number"),
    Quantity("observed_gap", "Gap of scores", "number"),
    Quantity("gap_without_bias", "Gap without bias", "number"),
    Quantity("substantive", "Substantive", "bounded", "Reliability that the dimension itself brings."),
    Quantity("method", "Method", "bounded", "Reliability that comes from method."),
    Quantity(
        "marker_method", "r with method", "bounded", "Correlation of the marker with the method, assumed."
    ),
    Quantity("power", "Power", "bounded", "Probability that the test rejects.", "Satorra and Saris (1985)"),
    Quantity(
        "detectable", "Found with .80", "percent", "Smallest share of method variance found with power .80."
    ),
    Quantity(
        "upper_share",
        "Up to",
        "percent",
        "Largest share of method variance inside the interval of the effect.",
    ),
    Quantity("without_method", "Without method", "bounded"),
    Quantity("correlation_under", "r under a model", "bounded"),
    Quantity("largest_change_r", "Largest change", "bounded3"),
    Quantity("largest_difference", "Largest difference", "bounded"),
    Quantity("surface", "Surface parameter", "number"),
    Quantity("residual_r", "Residual r", "bounded", "Sample correlation less that implied by the model."),
    Quantity("modification_index", "MI", "number", "Fall of χ² if the parameter were free.", "Sörbom (1989)"),
    Quantity("covariance", "Covariance", "number3"),
    Quantity("expected_change", "Expected change", "number"),
    Quantity("cohen_d", "d", "number", "Standardised mean difference.", "Cohen (1988)", italic=True),
)
