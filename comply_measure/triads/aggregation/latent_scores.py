"""Unit scores from a model, with standard errors: BLUP and the common-fate factor."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.statistics.arrays import Floats, without_variance
from comply_measure.triads.aggregation.composition import Composition, check_composition
from comply_measure.triads.aggregation.scores import UnitScores
from comply_measure.triads.data.triad_data import TriadData
from comply_measure.triads.reliability.twoway import reml_obstacle, role_design
from comply_measure.triads.reml.fit import fit_reml


def blup_scores(data: TriadData, *, composition: Composition = "referent_shift") -> UnitScores:
    """Best linear unbiased prediction of the unit's level, from every unit with at least one role.

    Roles are fixed, units random, REML variances: ``û_g = λ_g · mean_r (x_gr - m_r)`` over the n_g roles
    present, ``λ_g = τ²/(τ² + σ²/n_g)``, and the score is m̄ + û_g with m̄ the mean of the role means.
    Incomplete units are shrunk more. ``SE = √(τ² (1 - λ_g))`` is the error of prediction with the variances
    and role means taken as known. Henderson (1975); Bliese (2000).

    Parameters
    ----------
    data : TriadData
        Scores by role.
    composition : str
        Composition model that the scores serve.

    Returns
    -------
    UnitScores
        NaN with a note for variables that have no REML fit.
    """
    return _scored(data, composition, _blup, "BLUP, role-centred; any number of roles")


def _scored(
    data: TriadData,
    composition: str,
    score: Callable[[Floats], tuple[Floats, Floats, str]],
    scheme: str,
) -> UnitScores:
    """Scores of every variable by themselves: values, their standard errors, and why there are none."""
    check_composition(composition)
    values, errors, notes = zip(*(score(data.values[:, :, j]) for j in range(len(data.columns))), strict=True)
    n = (~np.isnan(data.values)).sum(axis=1)
    return UnitScores(
        data.units,
        data.columns,
        np.stack(values, axis=1),
        n,
        scheme,
        1,
        composition,
        np.stack(errors, axis=1),
        notes,
    )


def _blup(x: Floats) -> tuple[Floats, Floats, str]:
    none = np.full(len(x), np.nan)
    answered = (~np.isnan(x)).any(axis=1)
    seen = ~np.isnan(x).all(axis=0)
    obstacle = reml_obstacle(x[answered])
    if obstacle:
        return none, none, obstacle
    x = x[:, seen]
    fit = fit_reml(x[answered], role_design(x.shape[1], random_roles=False))
    between, error = fit.components()["unit"], fit.components()["residual"]
    deviation = np.where(np.isnan(x), 0.0, x - fit.cells[0]).sum(axis=1)
    n = (~np.isnan(x)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        reliability = between / (between + error / n)
        score = fit.cells[0].mean() + reliability * deviation / n
        se = np.sqrt(between * (1.0 - reliability))
    note = "no variance between units: all scores equal" if between == 0 else ""
    return np.where(answered, score, np.nan), np.where(answered, se, np.nan), note


def unit_reliability(data: TriadData) -> pd.DataFrame:
    """Reliability of each unit's mean, ``λ_g = τ²/(τ² + σ²/n_g)``, roles fixed, REML variances.

    One row per unit and variable: unit, column, reliability, n_informants, variance_unit, variance_error,
    note. It is what an incomplete unit's score is worth; 1 - λ_g is the share that BLUP shrinks away.
    """
    blocks = []
    for j, column in enumerate(data.columns):
        x = data.values[:, :, j]
        answered = (~np.isnan(x)).any(axis=1)
        n = (~np.isnan(x)).sum(axis=1)
        note = reml_obstacle(x[answered])
        between = error = np.nan
        if not note:
            known = x[answered][:, ~np.isnan(x).all(axis=0)]
            components = fit_reml(known, role_design(known.shape[1], random_roles=False)).components()
            between, error = components["unit"], components["residual"]
        with np.errstate(invalid="ignore", divide="ignore"):
            reliability = np.where(n > 0, between / (between + error / n), np.nan)
        blocks.append(
            pd.DataFrame(
                {
                    "unit": data.units,
                    "column": column,
                    "reliability": reliability,
                    "n_informants": n,
                    "variance_unit": between,
                    "variance_error": error,
                    "note": np.where(n > 0, note, "no informant"),
                }
            )
        )
    return pd.concat(blocks, ignore_index=True)


def common_fate_scores(data: TriadData, *, composition: Composition = "referent_shift") -> UnitScores:
    """Scores of a common-fate factor per variable, by full-information maximum likelihood over all units.

    ``x_gr = ν_r + T_g + e_gr`` with variance φ of T and a residual variance θ_r of its own for every role.
    The regression score given the roles present is ``v_g Σ_r (x_gr - ν_r)/θ_r`` with posterior variance
    ``v_g = 1/(1/φ + Σ_r 1/θ_r)``; its square root is the standard error, and the mean of the intercepts is
    added back. Kenny & La Voie (1985).

    Parameters
    ----------
    data : TriadData
        Scores by role.
    composition : str
        Composition model that the scores serve.

    Returns
    -------
    UnitScores
        NaN with a note where the model does not converge or a variance is not positive.
    """
    return _scored(
        data, composition, _common_fate, "common-fate factor (full-information ML); any number of roles"
    )


def _common_fate(x: Floats) -> tuple[Floats, Floats, str]:
    from comply_measure import sem

    none = np.full(len(x), np.nan)
    x = x[:, ~np.isnan(x).all(axis=0)]
    answered = (~np.isnan(x)).any(axis=1)
    obstacle = reml_obstacle(x[answered]) or ("fewer than 3 units" if answered.sum() < 3 else "")
    if obstacle:
        return none, none, obstacle
    if any(without_variance(answers[~np.isnan(answers)]) for answers in x.T):
        return none, none, "no common-fate fit: the answers of a role are too few or all alike"
    names = [f"r{place}" for place in range(x.shape[1])]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sem.SemWarning)  # problems are read from the fit below
            model = "T =~ " + " + ".join(f"1*{name}" for name in names)
            fit = sem.fit(model, pd.DataFrame(x[answered], columns=names), missing="ml")
    except ComplyError as error:
        return none, none, f"no common-fate fit: {getattr(error, 'headline', error)}"
    table = fit.estimates.set_index(["lhs", "op", "rhs"])["est"]
    common = float(table["T", "~~", "T"])
    theta = np.array([table[name, "~~", name] for name in names])
    intercept = np.array([table[name, "~1", ""] for name in names])
    if not fit.converged:
        return none, none, "common-fate model did not converge"
    if common <= 0 or theta.min() <= 0:
        return none, none, "a variance of the common-fate model is not positive"
    information = np.where(np.isnan(x), 0.0, 1.0 / theta)
    variance = 1.0 / (1.0 / common + information.sum(axis=1))
    score = variance * np.where(np.isnan(x), 0.0, (x - intercept) / theta).sum(axis=1)
    score = intercept.mean() + score
    return np.where(answered, score, np.nan), np.where(answered, np.sqrt(variance), np.nan), ""
