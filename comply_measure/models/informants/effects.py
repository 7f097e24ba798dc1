"""Latent views as predictors and as outcomes: model text, table of effects, joint tests."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.sem.language.quoting import quoted

if TYPE_CHECKING:
    from comply_measure.sem import Fit


def effect_label(outcome: str, predictor: str) -> str:
    """Label of one effect in model text."""
    return f"{outcome}_on_{predictor}"


def effect_lines(latent: Sequence[str], outcomes: Sequence[str], predictors: Sequence[str]) -> list[str]:
    """Regressions of latent variables on unit-level predictors, and of outcomes on both.

    ``latent ~ predictors`` and ``outcome ~ latent + predictors``: the predictors are controlled for in the
    effects of the latent variables. Effects are labelled by :func:`effect_label`; residuals of the outcomes
    correlate. An outcome is a column or a latent variable that other lines of the model define.

    Parameters
    ----------
    latent, outcomes, predictors : sequence of str

    Returns
    -------
    list of str
        Empty without outcomes and predictors. Units without a value of a predictor are left out by full
        information; units without an outcome are not.
    """
    named = [*outcomes, *predictors]
    twice = sorted({name for name in named if named.count(name) > 1 or name in latent})
    if twice:
        raise ComplyError(f"named twice among latent variables, outcomes and predictors: {', '.join(twice)}")
    lines, controls = [], [quoted(name) for name in predictors]
    if predictors:
        lines += [f"{quoted(name)} ~ {' + '.join(controls)}" for name in latent]
    for outcome in outcomes:
        terms = [f"{quoted(effect_label(outcome, name))}*{quoted(name)}" for name in latent]
        lines.append(f"{quoted(outcome)} ~ {' + '.join([*terms, *controls])}")
    return lines + [f"{one} ~~ {two}" for one, two in combinations(map(quoted, outcomes), 2)]


def effects_table(fit: Fit) -> pd.DataFrame:
    """All regressions of a fitted model, one row each.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    DataFrame
        ``outcome, predictor, estimate, se, z, p, ci_lower, ci_upper, standardized, r_squared, n_units, note``.
        ``r_squared`` is one minus the standardised residual variance of the outcome, NaN where that is
        negative. Numbers are NaN, with the reason in ``note``, where the search found no optimum; an inadmissible
        solution is noted. Columns ``group`` and ``level`` stand first where there are several.
    """
    table = fit.estimates
    rows = table[table["op"] == "~"]
    solved = fit.standardized("all") if fit.has_optimum else table.assign(est_std=np.nan)
    place = [name for name in ("group", "level") if name in table and table[name].max() > 1]
    keys = ["lhs", "op", "rhs", *place]
    value = dict(zip(zip(*(solved[k] for k in keys), strict=True), solved["est_std"], strict=True))
    where = list(zip(*(rows[k] for k in place), strict=True)) if place else [()] * len(rows)
    note = fit.unreached or ("" if fit.admissible else "solution not admissible")
    out = pd.DataFrame(
        {
            "outcome": rows["lhs"],
            "predictor": rows["rhs"],
            "estimate": rows["est"],
            "se": rows["se"],
            "z": rows["z"],
            "p": rows["pvalue"],
            "ci_lower": rows["ci_lower"],
            "ci_upper": rows["ci_upper"],
            "standardized": [
                value.get((a, "~", b, *at), np.nan)
                for a, b, at in zip(rows["lhs"], rows["rhs"], where, strict=True)
            ],
            "r_squared": [
                _explained(value.get((a, "~~", a, *at), np.nan))
                for a, at in zip(rows["lhs"], where, strict=True)
            ],
        }
    ).reset_index(drop=True)
    if not fit.has_optimum:
        out.iloc[:, 2:] = np.nan
    notes = [_remark(note, r, fit.has_optimum) for r in out["r_squared"]]
    for number, name in enumerate(place):
        out.insert(number, name, rows[name].to_numpy())
    return out.assign(n_units=fit.n, note=notes)


def _remark(note: str, r_squared: float, converged: bool) -> str:
    missing = converged and np.isnan(r_squared)
    return "; ".join(part for part in (note, "no R²: negative residual variance" if missing else "") if part)


def _explained(residual: float) -> float:
    return 1 - residual if residual >= 0 else np.nan


def joint_tests(fit: Fit, latent: Sequence[str], outcomes: Sequence[str]) -> pd.DataFrame:
    """Wald test, per outcome, that none of the latent variables has an effect.

    Parameters
    ----------
    fit : Fit
        Of a model with :func:`effect_lines`.
    latent : sequence of str
        The variables tested together, for instance the role contrasts of a latent congruence model.
    outcomes : sequence of str

    Returns
    -------
    DataFrame
        ``outcome, hypothesis, chisq, df, p, n_units, note``.
    """
    rows: list[tuple[object, ...]] = []
    for outcome in outcomes:
        text = "; ".join(f"{quoted(effect_label(outcome, name))} == 0" for name in latent)
        hypothesis = f"no effect of {', '.join(latent)}"
        if not fit.has_optimum:
            rows.append((outcome, hypothesis, np.nan, len(latent), np.nan, fit.n, fit.unreached))
            continue
        test = fit.wald(text)
        note = "" if fit.admissible else "solution not admissible"
        rows.append((outcome, hypothesis, test.statistic, test.df, test.pvalue, fit.n, test.note or note))
    return pd.DataFrame(rows, columns=["outcome", "hypothesis", "chisq", "df", "p", "n_units", "note"])
