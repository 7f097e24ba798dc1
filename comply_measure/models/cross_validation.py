"""Cross-validation of rival structures: each fitted to some clusters, held against the answers of the others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.measurement.frames import check_scales, item_values
from comply_measure.sem.missing.likelihood import casewise_log_likelihood
from comply_measure.sem.missing.patterns import group_cases
from comply_measure.sem.missing.saturated import saturated_moments
from comply_measure.statistics.arrays import Floats, Ints

_NUMBERS = ("deviance", "in_sample", "difference", "se", "df", "lower", "upper", "p")


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """Out-of-sample fit of structures.

    Parameters
    ----------
    table : DataFrame
        A row per model: ``model``, ``deviance`` (−2 log-likelihood per case of clusters that the fit has not seen),
        ``in_sample`` (the same of cases that it has seen), ``difference`` (deviance of the baseline minus its own:
        positive where it predicts better), ``se``, ``df``, ``lower``, ``upper`` (95 %), ``p``, ``n``, ``n_clusters``,
        ``folds``, ``note``. The baseline has no difference.
    baseline : str
    cluster : str
        Column dealt out.
    seed : int
    """

    table: pd.DataFrame
    baseline: str
    cluster: str
    seed: int


def cross_validate(
    models: Mapping[str, str],
    data: pd.DataFrame,
    variables: Sequence[str],
    *,
    baseline: str,
    cluster: str,
    seed: int,
    folds: int = 5,
) -> CrossValidation:
    r"""K-fold cross-validation of structural hypotheses on whole clusters.

    Clusters are dealt out to `folds` parts. Each model is fitted by maximum likelihood (full information, saturated
    means) to all parts but one; the log-likelihood of the cases of the part left out, at these estimates, is summed.
    With complete data and two parts :math:`-2\ell/n` is Cudeck and Browne's (1983) cross-validation index
    :math:`F(S_b, \hat\Sigma_a)` plus what is the same for all models. Two models differ by
    :math:`\Delta = \frac{2}{n}\sum_g (\ell_{1g} - \ell_{0g})` over clusters g, with the standard error of a sum of G
    independent terms and t on G − 1 degrees of freedom; fits of different parts share data, so that the error is
    approximate (Bengio & Grandvalet, 2004).

    Parameters
    ----------
    models : mapping of str to str
        Model texts of the same variables; ``saturated`` is added: covariances as they are.
    data : DataFrame
        One row per informant.
    variables : sequence of str
        Columns.
    baseline : str
        The model that others are held against.
    cluster : str
        Column of the firm or unit.
    seed : int
        Of the deal.
    folds : int
        Parts.

    Returns
    -------
    CrossValidation
        A model that cannot be fitted without some part has NaN and the reason.

    Raises
    ------
    InputError
        Absent columns, fewer clusters than parts, fewer than two parts, or an unknown baseline.
    """
    check_scales(data, {"variables": list(variables)}, [cluster])
    values = item_values(data, list(variables))
    present = np.isfinite(values).any(axis=1)
    values, rows = values[present], data[pd.Series(present, index=data.index)]
    _check(models, rows, baseline, cluster, folds)
    codes = pd.factorize(rows[cluster])[0].astype(np.int64)
    fold = _deal(int(codes.max()) + 1, folds, seed)[codes]
    every = {**models, "saturated": ""}
    found = {key: _predicted(text, rows, values, list(variables), fold) for key, text in every.items()}
    base = found[baseline].outside
    table = [
        {"model": key, **_row(one, base if key != baseline else None, codes), "folds": folds}
        for key, one in found.items()
    ]
    return CrossValidation(pd.DataFrame(table), baseline, cluster, seed)


def _check(models: Mapping[str, str], data: pd.DataFrame, baseline: str, cluster: str, folds: int) -> None:
    problems = []
    if data[cluster].isna().any():
        problems.append(Problem("rows without a cluster", column=cluster, allowed="none"))
    if folds < 2 or data[cluster].nunique() < folds:
        allowed = f"2 to {data[cluster].nunique()}, the number of clusters with answers"
        problems.append(Problem("parts", value=folds, allowed=allowed))
    if baseline not in models:
        problems.append(Problem("unknown baseline", value=baseline, allowed=", ".join(models)))
    if problems:
        raise InputError("Models cannot be cross-validated.", problems)


def _deal(n: int, folds: int, seed: int) -> Ints:
    """Fold of every cluster, sizes as even as they can be."""
    order = np.random.default_rng(seed).permutation(n)
    dealt = np.empty(n, dtype=np.int64)
    dealt[order] = np.arange(n) % folds
    return dealt


SINGULAR = "without one part the covariance matrix is singular: no log-likelihood"


@dataclass(frozen=True, eq=False)
class _Predicted:
    """Log-likelihoods of all cases at estimates without their own part; mean of those with it; why there are none."""

    outside: Floats
    inside: float
    note: str


def _predicted(text: str, rows: pd.DataFrame, values: Floats, names: list[str], fold: Ints) -> _Predicted:
    outside, inside = np.full(len(values), math.nan), []
    for part in np.unique(fold):
        here = fold == part
        moments = _moments(text, rows[~here], values[~here], names)
        if isinstance(moments, str):
            return _Predicted(np.full(len(values), math.nan), math.nan, moments)
        try:
            outside[here] = casewise_log_likelihood(group_cases(values[here], condense=False), *moments)
            inside.append(
                casewise_log_likelihood(group_cases(values[~here], condense=False), *moments).mean()
            )
        except np.linalg.LinAlgError:
            return _Predicted(np.full(len(values), math.nan), math.nan, SINGULAR)
    return _Predicted(outside, float(np.mean(inside)), "")


def _moments(text: str, rows: pd.DataFrame, values: Floats, names: list[str]) -> tuple[Floats, Floats] | str:
    """Covariances and means implied by a fit, or why there are none."""
    if not np.isfinite(values).any(axis=0).all():
        return "without one part a variable has no answers"
    if not text:
        found = saturated_moments(values)
        return found.covariance, found.mean
    try:
        fit = sem.fit(text, rows[names], estimator="ML", missing="ml", meanstructure=True, se="none")
    except ComplyError as error:
        return " ".join(str(error).split())
    if fit.unreached:
        return f"a fit without one part {fit.unreached}"
    implied = fit.implied()
    if implied.mean is None:
        return "the model implies no means"
    covariance: Floats = implied.cov.loc[names, names].to_numpy(dtype=np.float64)
    mean = np.array(implied.mean.loc[names], dtype=np.float64)
    return covariance, mean


def _row(found: _Predicted, base: Floats | None, codes: Ints) -> dict[str, object]:
    n, groups = len(codes), int(codes.max()) + 1
    row: dict[str, object] = {**dict.fromkeys(_NUMBERS, math.nan), "n": n, "n_clusters": groups}
    row |= {"note": found.note}
    if found.note:
        return row
    row |= {"deviance": -2 * float(found.outside.mean()), "in_sample": -2 * found.inside}
    if base is None:
        return row | {"note": "the baseline"}
    if not np.isfinite(base).all():
        return row | {"note": "the baseline could not be fitted"}
    sums = np.bincount(codes, weights=found.outside - base, minlength=groups)
    difference = 2 * float(sums.sum()) / n
    se = 2 * math.sqrt(groups) * float(sums.std(ddof=1)) / n
    half = float(scipy.stats.t.ppf(0.975, groups - 1)) * se
    p = 2 * float(scipy.stats.t.sf(abs(difference / se), groups - 1)) if se > 0 else math.nan
    return row | {
        "difference": difference, "se": se, "df": groups - 1, "lower": difference - half, "upper": difference + half,
        "p": p,
    }  # fmt: skip
