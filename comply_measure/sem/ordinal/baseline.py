"""The baseline model of uncorrelated variables for ordered data, in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.sem.discrepancy.ordinal import OrdinalDiscrepancy
from comply_measure.sem.errors import ModelError
from comply_measure.sem.inference.tests import chisquare_test, corrected
from comply_measure.sem.options import SCALED_TESTS

if TYPE_CHECKING:
    from comply_measure.sem.baseline import Baseline
    from comply_measure.sem.model import Model


def ordinal_discrepancies(model: Model) -> tuple[OrdinalDiscrepancy, ...]:
    """Discrepancies of a model with ordered variables.

    Raises
    ------
    ModelError
        If the model has none.
    """
    found = tuple(part for part in model.objective.discrepancies if isinstance(part, OrdinalDiscrepancy))
    if len(found) != len(model.objective.discrepancies):
        raise ModelError("the model has no ordered variables")
    return found


def ordinal_baseline(model: Model) -> Baseline:
    """Test of uncorrelated variables: thresholds, slopes, means and variances free, all correlations zero.

    Its statistic is ``Σ (n_g − 1) r_gᵀ W r_g`` over the correlations r; traces for its correction are those of
    W Γ over correlations.

    Parameters
    ----------
    model : Model
        A model with ordered variables.
    """
    from comply_measure.sem.baseline import Baseline

    parts = ordinal_discrepancies(model)
    chisq = sum(part.sample.n * part.independence_value() for part in parts)
    df = sum(part.n_pairs for part in parts)
    name = model.options.test
    if name not in SCALED_TESTS:
        return Baseline(chisq, df)
    trace = sum(part.weighted_gamma.pair_trace for part in parts)
    second_order = name != "satorra.bentler"
    square = sum(part.weighted_gamma.pair_trace_squared for part in parts) if second_order else float("nan")
    return Baseline(chisq, df, corrected(name, chisquare_test("standard", chisq, df), trace, square))
