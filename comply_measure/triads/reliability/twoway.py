"""Two-way reliability of role ratings: agreement and consistency, of one role and of the mean of all.

Roles are the columns of a unit × role table with one informant per cell. Consistency, ICC(C, ·), asks
whether the roles order units alike; absolute agreement, ICC(A, ·), also counts differences in level between
the roles as error. ICC(C,k) equals coefficient α over the roles.
"""

from __future__ import annotations

import warnings
from typing import Literal, get_args

import numpy as np
import scipy

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Floats
from comply_measure.statistics.bootstrap import percentile_interval, two_tails
from comply_measure.statistics.checks import check_confidence
from comply_measure.statistics.mean_squares import NAN4, icc_intervals, icc_values, twoway_mean_squares
from comply_measure.triads.data.triad_data import TriadData
from comply_measure.triads.reliability.twoway_result import FORMS, TwowayFit, TwowayReliability
from comply_measure.triads.reml.design import CellDesign
from comply_measure.triads.reml.fit import RemlFit, fit_reml
from comply_measure.triads.reml.simulate import bootstrap_components

Method = Literal["auto", "anova", "reml"]
Engine = Literal["own", "pingouin"]
#: With many units an interval is narrow and normal: replications are cut so that no more than so many values are
#: drawn, but never below the fewest.
DRAWN_VALUES, FEWEST_DRAWS = 30_000_000, 100


def icc_twoway(
    data: TriadData,
    *,
    method: Method = "auto",
    confidence: float = 0.95,
    bootstrap: int = 0,
    seed: int | np.random.SeedSequence | np.random.Generator | None = None,
    engine: Engine = "own",
) -> TwowayReliability:
    """ICC(A,1), ICC(C,1), ICC(A,k), ICC(C,k) of every variable (Shrout & Fleiss 1979; McGraw & Wong 1996).

    From the mean squares of units (R), roles (C) and residual (E) of n complete units and k roles:
    ``ICC(C,1) = (MSR - MSE)/(MSR + (k-1) MSE)``, ``ICC(C,k) = (MSR - MSE)/MSR``,
    ``ICC(A,1) = (MSR - MSE)/(MSR + (k-1) MSE + k (MSC - MSE)/n)``,
    ``ICC(A,k) = (MSR - MSE)/(MSR + (MSC - MSE)/n)``. Intervals of C follow from F, those of A from
    Satterthwaite's degrees of freedom. By REML (all units, incomplete ones too; units, roles and residual
    random): ``ICC(C,1) = τ²/(τ² + σ²)``, ``ICC(A,1) = τ²/(τ² + σ²_role + σ²)``, and for means the error
    terms over k; intervals by parametric bootstrap.

    Parameters
    ----------
    data : TriadData
        Scores by role.
    method : {"auto", "anova", "reml"}
        ``anova``: units complete on the variable only. ``reml``: all units. ``auto``: ``anova`` when every
        unit that has the variable is complete, else ``reml``.
    confidence : float
        Level of the intervals.
    bootstrap : int
        Replications for REML intervals; 0 leaves them NaN. With very many units (more than 30 million values to
        draw) fewer are made, at least 100, and `interval` says so.
    seed : int, SeedSequence or Generator
        Required with a bootstrap.
    engine : {"own", "pingouin"}
        Where the analysis-of-variance values come from; pingouin confirms them. Its intervals are rounded to
        two decimals and not used.

    Returns
    -------
    TwowayReliability
        NaN with a note where undefined.

    Raises
    ------
    InputError
        Unknown option, or a bootstrap without a seed.
    """
    check_confidence(confidence)
    _check_options(method, engine, bootstrap, seed)
    rng = np.random.default_rng(seed) if bootstrap else None
    fits = tuple(
        _fit_column(data.values[:, :, j], method, confidence, bootstrap, rng, engine)
        for j in range(len(data.columns))
    )
    return TwowayReliability(data.columns, data.roles, fits, confidence)


def _check_options(method: str, engine: str, bootstrap: int, seed: object) -> None:
    problems = [
        Problem(name, value=value, allowed=", ".join(get_args(options)))
        for name, value, options in (("method", method, Method), ("engine", engine, Engine))
        if value not in get_args(options)
    ]
    if bootstrap < 0 or (bootstrap and bootstrap < 50):
        problems.append(Problem("bootstrap", value=bootstrap, allowed="0, or at least 50 replications"))
    if bootstrap and seed is None:
        problems.append(Problem("a bootstrap needs a seed", column="seed", allowed="a whole number"))
    if problems:
        raise InputError("ICCs cannot be computed with these options.", problems)


def _fit_column(
    x: Floats, method: str, confidence: float, bootstrap: int, rng: np.random.Generator | None, engine: str
) -> TwowayFit:
    answered = ~np.isnan(x)
    x = x[answered.any(axis=1)]
    complete = ~np.isnan(x).any(axis=1)
    n_informants = int((~np.isnan(x)).sum())
    if method == "anova" or (method == "auto" and complete.all()):
        return _anova(x[complete], confidence, engine, dropped=int((~complete).sum()))
    note = reml_obstacle(x)
    if note:
        return TwowayFit.undefined("REML", len(x), n_informants, x.shape[1], note)
    return _reml(x, confidence, bootstrap, rng)


def _anova(x: Floats, confidence: float, engine: str, dropped: int) -> TwowayFit:
    n, k = x.shape
    if n < 2 or k < 2:
        what = "fewer than 2 complete units" if n < 2 else "one role"
        return TwowayFit.undefined("ANOVA", n, n * k, k, what)
    msr, msc, mse = twoway_mean_squares(x)
    if max(msr, msc, mse) <= 1e-24 * max(1.0, float((x**2).mean())):
        return TwowayFit.undefined("ANOVA", n, n * k, k, "all answers equal")
    mse = 0.0 if mse <= 1e-14 * max(msr, msc) else mse
    values = icc_values(msr, mse, (msc - mse) / n, k)
    if engine == "pingouin" and mse > 0:
        values = _pingouin_values(x)
    lower, upper = icc_intervals(msr, msc, mse, n, k, confidence)
    df1, df2 = n - 1, (n - 1) * (k - 1)
    with np.errstate(divide="ignore"):
        f, f_role = np.divide(msr, mse), np.divide(msc, mse)
    notes = [
        f"{dropped} incomplete units left out" if dropped else "",
        "no residual variance" if mse == 0 else "",
        "a total variance is not positive" if np.isnan(values).any() else "",
    ]
    return TwowayFit(
        estimator="ANOVA", n_units=n, n_informants=n * k, k=k,
        values=values, lower=lower, upper=upper, interval="F; Satterthwaite for A",
        f=float(f), df1=float(df1), df2=float(df2), p=float(scipy.stats.f.sf(f, df1, df2)),
        role_f=float(f_role), role_df1=float(k - 1), role_df2=float(df2),
        role_p=float(scipy.stats.f.sf(f_role, k - 1, df2)),
        variances=((msr - mse) / k, (msc - mse) / n, mse),
        note="; ".join(note for note in notes if note),
    )  # fmt: skip


def reml_obstacle(x: Floats) -> str:
    """Why a REML fit is not possible, or an empty string."""
    present = ~np.isnan(x)
    if len(x) < 2:
        return "fewer than 2 units"
    if present.any(axis=0).sum() < 2:
        return "one role"
    if not (present.sum(axis=1) > 1).any():
        return "no unit with 2 informants"
    values = x[present]
    if values.var() <= 1e-24 * max(1.0, float((values**2).mean())):
        return "all answers equal"
    return ""


def _reml(x: Floats, confidence: float, bootstrap: int, rng: np.random.Generator | None) -> TwowayFit:
    x = x[:, ~np.isnan(x).all(axis=0)]
    k = x.shape[1]
    fit = fit_reml(x, role_design(k, random_roles=True))
    role, unit, error = fit.theta[0].tolist()
    lower, upper, interval = NAN4, NAN4, "none: ask for a bootstrap"
    if bootstrap and rng is not None:
        asked, bootstrap = bootstrap, min(bootstrap, max(FEWEST_DRAWS, DRAWN_VALUES // x.size))
        draws = bootstrap_components(fit, np.isnan(x), bootstrap, rng)
        low, high = percentile_interval(
            _reml_values(draws[:, 0], draws[:, 1], draws[:, 2], k), two_tails(confidence)
        )
        lower, upper = tuple(low.tolist()), tuple(high.tolist())
        interval = f"parametric bootstrap, {bootstrap} replications"
        if bootstrap < asked:
            interval += f" ({asked} asked; fewer with many units)"
    role_f, role_df2 = _role_test(x)
    present = ~np.isnan(x)
    values = _reml_values(fit.theta[:, 0], fit.theta[:, 1], fit.theta[:, 2], k)[0]
    null = fit_reml(x, CellDesign({"role": np.arange(k)}, {}, np.ones((k, 1))))
    gain = max(0.0, 2.0 * float(fit.loglik[0] - null.loglik[0]))
    return TwowayFit(
        estimator="REML", n_units=len(x), n_informants=int(present.sum()), k=k,
        values=tuple(values.tolist()), lower=lower, upper=upper, interval=interval,
        f=float("nan"), df1=float("nan"), df2=float("nan"),
        # half of the null distribution of the likelihood ratio is a point at zero (Self & Liang 1987)
        p=1.0 if gain == 0 else 0.5 * float(scipy.stats.chi2.sf(gain, 1)),
        role_f=role_f, role_df1=float(k - 1), role_df2=role_df2,
        role_p=float(scipy.stats.f.sf(role_f, k - 1, role_df2)),
        variances=(unit, role, error),
        note=_fit_note(fit),
    )  # fmt: skip


def role_design(k: int, *, random_roles: bool) -> CellDesign:
    """Units × roles with a unit effect; roles random around a general mean, or fixed."""
    unit = {"unit": np.zeros(k, dtype=np.int64)}
    if random_roles:
        return CellDesign({"role": np.arange(k)}, unit, np.ones((k, 1)))
    return CellDesign({}, unit, np.eye(k))


def _reml_values(role: Floats, unit: Floats, error: Floats, k: int) -> Floats:
    """The four ICCs from variances; shape (replications, 4)."""
    bottoms = (unit + role + error, unit + error, unit + (role + error) / k, unit + error / k)
    return np.stack([unit / bottom for bottom in bottoms], axis=1)


def _role_test(x: Floats) -> tuple[float, float]:
    """Wald F of equal role means with roles fixed, on N - G - k + 1 residual degrees of freedom."""
    k = x.shape[1]
    fit = fit_reml(x, role_design(k, random_roles=False))
    contrast = np.eye(k)[1:] - np.eye(k)[0]
    difference = contrast @ fit.cells[0]
    covariance = contrast @ fit.cells_variance[0] @ contrast.T
    df2 = int((~np.isnan(x)).sum()) - len(x) - k + 1
    if df2 < 1 or np.linalg.matrix_rank(covariance) < k - 1:
        return float("nan"), float("nan")
    return float(difference @ np.linalg.solve(covariance, difference)) / (k - 1), float(df2)


def _fit_note(fit: RemlFit) -> str:
    notes = []
    if fit.degenerate[0]:
        notes.append("no residual variance")
    elif not fit.converged[0]:
        notes.append("REML did not converge")
    zero = [name for name, value in fit.components().items() if value <= 0]
    if zero:
        notes.append("variance of " + ", ".join(zero) + " at zero (boundary)")
    return "; ".join(notes)


def _pingouin_values(x: Floats) -> tuple[float, ...]:
    import pandas as pd
    import pingouin

    n, k = x.shape
    frame = pd.DataFrame(
        {"unit": np.repeat(np.arange(n), k), "role": np.tile(np.arange(k), n), "score": x.reshape(-1)}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations of pandas inside pingouin
        table = pingouin.intraclass_corr(frame, targets="unit", raters="role", ratings="score")
    table = table.set_index("Type")
    return tuple(float(table.loc[form, "ICC"]) for form in FORMS)
