"""Absolute fit measures of a fit: what each of them is computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.sem.fit_measures import absolute
from comply_measure.sem.fit_measures.browne import browne_residual

if TYPE_CHECKING:
    from comply_measure.sem.fit_measures.collect import Evidence

LEVEL = 0.90


def absolute_measures(evidence: Evidence) -> dict[str, float]:
    """GFI family, Hoelter's N, McDonald's index, ECVI; WRMR for ordered variables instead of ECVI.

    ``gfi`` is that of Maydeu-Olivares et al. (2024), as in lavaan 0.7; ``gfi_lisrel``, ``agfi_lisrel`` (also
    under its old name ``agfi``) and ``pgfi`` are the classical ones.
    """
    model, test, n = evidence.model, evidence.test, evidence.n
    measures = _share(evidence)
    measures["cn_05"] = absolute.critical_n(test.statistic, test.df, n, 0.05)
    measures["cn_01"] = absolute.critical_n(test.statistic, test.df, n, 0.01)
    groups = zip(evidence.point.evaluations, model.sample.groups, model.exogenous, strict=True)
    lengths = [
        model.family.lengths(part, group, model.table.meanstructure, fixed) for part, group, fixed in groups
    ]
    shares = [absolute.gfi_of_lengths(part.residual, part.observed) for part in lengths]
    gfi = sum(weight * share for weight, share in zip(model.sample.weights, shares, strict=True))
    moments = sum(part.n_moments for part in lengths)
    adjusted = absolute.adjusted(gfi, moments, test.df)
    measures |= {
        "gfi_lisrel": gfi,
        "agfi_lisrel": adjusted,
        "agfi": adjusted,
        "pgfi": absolute.parsimonious(gfi, moments, test.df),
        "mfi": absolute.mcdonald(test.statistic, test.df, n),
    }
    return measures | model.family.last_index(evidence, lengths[0].n_moments)


def _share(evidence: Evidence) -> dict[str, float]:
    """GFI as a share of variance, with its interval, and the robust versions."""
    model, test, robust, n = evidence.model, evidence.test, evidence.robust, evidence.n
    p, df = model.family.n_responses(model), float(test.df)
    reweighted = model.family.reweighted
    statistic = browne_residual(model, evidence.point) if reweighted else test.statistic
    low, high = absolute.share_interval(statistic, df, n, p, level=LEVEL)
    measures = {
        "gfi": absolute.share_of_variance(statistic, df, n, p),
        "gfi.ci.lower": low,
        "gfi.ci.upper": high,
        "gfi.ci.level": LEVEL,
    }
    if robust is None:
        return measures
    uncorrected, corrected = robust.chisq, robust.statistic
    if reweighted and evidence.scaled is not None:
        uncorrected = statistic
        corrected = statistic / robust.factor + evidence.scaled.shift
    n_robust = model.family.robust_cases(model)
    low, high = absolute.share_interval(corrected, robust.df, n_robust, p, robust.factor, LEVEL)
    return measures | {
        "gfi.robust": absolute.share_of_variance(uncorrected, robust.df, n_robust, p, robust.c),
        "gfi.ci.lower.robust": low,
        "gfi.ci.upper.robust": high,
    }
