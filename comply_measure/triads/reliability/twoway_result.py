"""What a two-way reliability analysis returns."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from comply_measure.results import Result

FORMS = ("ICC(A,1)", "ICC(C,1)", "ICC(A,k)", "ICC(C,k)")
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class TwowayFit:
    """One variable.

    Attributes
    ----------
    estimator : str
        ``ANOVA`` (complete units) or ``REML`` (all units).
    n_units, n_informants, k : int
        Units and informants used, roles.
    values, lower, upper : tuple of float
        The four forms in the order of `FORMS`, and their intervals.
    interval : str
        How the intervals were made.
    f, df1, df2, p : float
        Test of no difference between units: F for ANOVA; for REML only p, of the likelihood ratio.
    role_f, role_df1, role_df2, role_p : float
        Test of equal role means.
    variances : tuple of float
        Units, roles, residual.
    note : str
        Why something is undefined, or what was left out.
    """

    estimator: str
    n_units: int
    n_informants: int
    k: int
    values: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    interval: str
    f: float
    df1: float
    df2: float
    p: float
    role_f: float
    role_df1: float
    role_df2: float
    role_p: float
    variances: tuple[float, float, float]
    note: str

    @classmethod
    def undefined(cls, estimator: str, n_units: int, n_informants: int, k: int, note: str) -> TwowayFit:
        """A variable without ICCs, and why."""
        none = (NAN,) * 4
        return cls(estimator, n_units, n_informants, k, none, none, none, "", *(NAN,) * 8, (NAN,) * 3, note)


@dataclass(frozen=True, slots=True)
class TwowayReliability(Result):
    """Two-way ICCs of several variables."""

    columns: tuple[str, ...]
    roles: tuple[str, ...]
    fits: tuple[TwowayFit, ...]
    confidence: float

    def tidy(self) -> pd.DataFrame:
        """One row per variable and form.

        Columns: column, form, icc, lower, upper, f, df1, df2, p, k, n_units, n_informants, estimator,
        interval, note.
        """
        rows = [
            {
                "column": column,
                "form": form,
                "icc": fit.values[place],
                "lower": fit.lower[place],
                "upper": fit.upper[place],
                "f": fit.f,
                "df1": fit.df1,
                "df2": fit.df2,
                "p": fit.p,
                "k": fit.k,
                "n_units": fit.n_units,
                "n_informants": fit.n_informants,
                "estimator": fit.estimator,
                "interval": fit.interval,
                "note": fit.note,
            }
            for column, fit in zip(self.columns, self.fits, strict=True)
            for place, form in enumerate(FORMS)
        ]
        return pd.DataFrame(rows)

    def role_effects(self) -> pd.DataFrame:
        """One row per variable: the test of equal role means and the variance components.

        Columns: column, f, df1, df2, p, variance_unit, variance_role, variance_residual, n_units,
        n_informants, estimator, note.
        """
        rows = [
            {
                "column": column,
                "f": fit.role_f,
                "df1": fit.role_df1,
                "df2": fit.role_df2,
                "p": fit.role_p,
                "variance_unit": fit.variances[0],
                "variance_role": fit.variances[1],
                "variance_residual": fit.variances[2],
                "n_units": fit.n_units,
                "n_informants": fit.n_informants,
                "estimator": fit.estimator,
                "note": fit.note,
            }
            for column, fit in zip(self.columns, self.fits, strict=True)
        ]
        return pd.DataFrame(rows)
