"""What robust CFI, TLI and RMSEA are computed from.

They estimate the population values of the indices from the uncorrected statistic and the scaling factor:
χ² − c·df in the place of χ² − df (Brosseau-Liard & Savalei, 2014; Brosseau-Liard, Savalei & Li, 2012;
Savalei, 2018). For the scaled and shifted test, with factor a and shift b, c = a (df − b)/df.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from comply_measure.sem.inference.tests import TestStatistic

if TYPE_CHECKING:
    from comply_measure.sem.baseline import Baseline


@dataclass(frozen=True)
class RobustBasis:
    """Statistics and scaling factors of robust indices.

    Attributes
    ----------
    chisq, df, c : float
        Uncorrected statistic, degrees of freedom and scaling factor of the model.
    chisq0, df0, c0 : float
        The same of the baseline model.
    statistic, factor : float
        Corrected statistic and the factor for interval and tests of the robust RMSEA.
    """

    chisq: float
    df: float
    c: float
    chisq0: float
    df0: float
    c0: float
    statistic: float
    factor: float


def complete_data_basis(
    test: TestStatistic, scaled: TestStatistic | None, baseline: Baseline
) -> RobustBasis | None:
    """Basis of the robust indices from a scaled test; None where lavaan defines none.

    Parameters
    ----------
    test, scaled : TestStatistic
        The model's standard and scaled test.
    baseline : Baseline
        The baseline model's.
    """
    base = baseline.scaled
    if scaled is None or base is None or scaled.name == "mean.var.adjusted":
        return None
    return RobustBasis(
        chisq=test.statistic,
        df=float(test.df),
        c=_factor(scaled, float(test.df)),
        chisq0=baseline.chisq,
        df0=float(baseline.df),
        c0=_factor(base, float(baseline.df)),
        statistic=scaled.statistic,
        factor=scaled.scaling_factor,
    )


def _factor(test: TestStatistic, df: float) -> float:
    """Factor c of a test; without degrees of freedom the scaled and shifted test needs none (lavaan: 1)."""
    if test.name != "scaled.shifted":
        return test.scaling_factor
    return test.scaling_factor * (df - test.shift) / df if df > 0 else 1.0
