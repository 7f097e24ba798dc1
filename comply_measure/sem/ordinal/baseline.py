"""The baseline model of uncorrelated variables for ordered data, in closed form."""

from __future__ import annotations

from typing import cast

from comply_measure.sem.baseline import Baseline
from comply_measure.sem.inference.tests import chisquare_test, corrected
from comply_measure.sem.model import Model
from comply_measure.sem.options import SCALED_TESTS
from comply_measure.sem.ordinal.discrepancy import OrdinalDiscrepancy


def ordinal_baseline(model: Model) -> Baseline:
    """Test of uncorrelated variables: thresholds, slopes, means and variances free, all correlations zero.

    Its statistic is ``Σ (n_g − 1) r_gᵀ W r_g`` over the correlations r; traces for its correction are those of
    W Γ over correlations.

    Parameters
    ----------
    model : Model
        A model with ordered variables.
    """
    parts = [cast(OrdinalDiscrepancy, part) for part in model.objective.discrepancies]
    chisq = sum(part.sample.n * part.independence_value() for part in parts)
    df = sum(part.n_pairs for part in parts)
    name = model.options.test
    if name not in SCALED_TESTS:
        return Baseline(chisq, df)
    trace = sum(part.weighted_gamma.pair_trace for part in parts)
    second_order = name != "satorra.bentler"
    square = sum(part.weighted_gamma.pair_trace_squared for part in parts) if second_order else float("nan")
    return Baseline(chisq, df, corrected(name, chisquare_test("standard", chisq, df), trace, square))
