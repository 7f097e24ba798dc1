"""Reliability of every scale, by role, pooled and for the unit's mean score, in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.frames import check_scales, joined
from comply_measure.measurement.keying import reversal_note
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.reliability.alpha import feldt_limits
from comply_measure.measurement.reliability.coefficients import COEFFICIENTS, compute_all
from comply_measure.measurement.reliability.single import SINGLE, ScoreData, single_coefficients
from comply_measure.measurement.reliability.table_groups import TRIAD, Answers, Grouping, answer_groups
from comply_measure.measurement.reliability.table_result import ReliabilityRow, ReliabilityTable
from comply_measure.measurement.resampling import Interval, bootstrap, check_bootstrap
from comply_measure.measurement.saturated import Treatment, covariance_of
from comply_measure.measurement.threads import single_threaded
from comply_measure.statistics.checks import share_faults
from comply_measure.tables.roles import POOLED

_FLAT = "leaving out any one changes nothing: the interval is corrected for bias, not for acceleration"
IntervalName = Literal["none", "feldt", "percentile", "bca"]
DEFAULT = ("alpha", "omega_implied", "omega_observed", "maximal_reliability")
NOT_OF_THE_SUM = {"mean_correlation", "alpha_standardized", "maximal_reliability"}
NAN = float("nan")


@single_threaded
def reliability_table(
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    coefficients: Sequence[str] = DEFAULT,
    by: str | None = "role",
    unit: str | None = "unit",
    pooled: bool = True,
    triad: bool = True,
    missing: Treatment = "ml",
    interval: IntervalName = "feldt",
    n_replications: int = 1000,
    seed: int | None = None,
    cluster: str | None = None,
    confidence: float = 0.95,
) -> ReliabilityTable:
    """Reliability coefficients of every scale with intervals.

    Parameters
    ----------
    data : DataFrame
        One row per informant; reverse-keyed items recoded.
    scales : mapping of str to sequence of str
        Items of each scale.
    coefficients : sequence of str
        From :data:`.coefficients.COEFFICIENTS` (functions of the covariance matrix, which can be resampled) and
        :data:`.single.SINGLE` (greatest lower bound, split halves, ordinal and two-level coefficients).
    by, unit : str, optional
        Columns of the role and of the unit.
    pooled, triad : bool
        Whether to add all informants together, and the mean over each unit's informants (role means set equal,
        at least two informants per item; reliability over items, not over informants).
    missing : {"ml", "pairwise", "listwise"}
        Of the covariance matrix; resamples use pairwise covariances under ``ml``.
    interval : {"none", "feldt", "percentile", "bca"}
        ``feldt`` is for α of independent informants only. Bootstraps resample clusters where a group has
        several informants of one cluster.
    n_replications, seed : int
        Of the bootstrap.
    cluster : str, optional
        Column of clusters; by default the unit.
    confidence : float

    Returns
    -------
    ReliabilityTable
        Every coefficient for every scale and group; NaN with a note where undefined.

    Raises
    ------
    InputError
        Unusable scales, unknown coefficients or options.
    """
    check_scales(data, scales, [by, unit, cluster])
    _check(coefficients, missing, interval, n_replications, seed, confidence)
    names = tuple(dict.fromkeys(coefficients))
    seeds = np.random.SeedSequence(seed)
    rows: list[ReliabilityRow] = []
    grouping = Grouping.of(data, by, unit, cluster, pooled, triad)
    for scale, items in scales.items():
        for group in answer_groups(data, items, grouping):
            rng = np.random.default_rng(seeds.spawn(1)[0])
            stack = tuple(name for name in names if name in COEFFICIENTS)
            found = {
                **_stack_rows(scale, group, stack, missing, interval, n_replications, rng, confidence),
                **_single_rows(scale, group, tuple(n for n in names if n in SINGLE), missing, rng),
            }
            rows += [found[name] for name in names]
    return ReliabilityTable(tuple(rows), confidence, seed)


def reliability_coefficients() -> dict[str, str]:
    """Coefficients of :func:`reliability_table`, key and label in words.

    Returns
    -------
    dict of str to str
    """
    return {name: c.label for name, c in COEFFICIENTS.items()} | {name: c.label for name, c in SINGLE.items()}


def _stack_rows(
    scale: str,
    group: Answers,
    names: tuple[str, ...],
    missing: Treatment,
    interval: IntervalName,
    n_replications: int,
    rng: np.random.Generator,
    confidence: float,
) -> dict[str, ReliabilityRow]:
    """Rows of coefficients that are functions of the covariance matrix."""
    if not names:
        return {}
    covariance, reason = covariance_of(group.values, missing)
    estimates = compute_all(names, covariance[None])[0]
    drawn: Interval | None = None
    if interval in ("percentile", "bca") and np.isfinite(estimates).any():
        drawn = bootstrap(
            group.values,
            lambda stack: compute_all(names, stack),
            n_replications=n_replications,
            seed=rng,
            cluster=group.clusters if group.clustered else None,
            missing="listwise" if missing == "listwise" else "pairwise",
            kind="bca" if interval == "bca" else "percentile",
            confidence=confidence,
        )
    rows = {}
    for k, name in enumerate(names):
        estimate = float(estimates[k])
        note = "" if np.isfinite(estimate) else _reason(name, group, covariance, reason)
        limits, kind, more = _limits(name, group, estimate, interval, drawn, k, confidence, missing)
        score_sd = float(np.sqrt(max(covariance.sum(), 0.0))) / max(len(covariance), 1)
        sem = score_sd * np.sqrt(max(1.0 - estimate, 0.0)) if np.isfinite(estimate) else NAN
        rows[name] = _row(
            scale,
            group,
            name,
            COEFFICIENTS[name].label,
            estimate,
            limits,
            kind,
            NAN if name in NOT_OF_THE_SUM else float(sem),
            drawn,
            k,
            missing,
            joined(note, more),
            _doubt(group, covariance) if np.isfinite(estimate) else "",
        )
    return rows


def _limits(
    name: str,
    group: Answers,
    estimate: float,
    interval: str,
    drawn: Interval | None,
    k: int,
    confidence: float,
    missing: str,
) -> tuple[tuple[float, float, float], str, str]:
    """Lower, upper, se; how they were found; why there are none."""
    nothing = (NAN, NAN, NAN)
    if interval == "none" or not np.isfinite(estimate):
        return nothing, "", ""
    if drawn is not None:
        limits = (float(drawn.lower[k]), float(drawn.upper[k]), float(drawn.se[k]))
        why = _FLAT if drawn.flat[k] else ""
        why = why if np.isfinite(limits[0]) else "undefined in more than a tenth of the resamples"
        return limits, f"cluster {interval}" if group.clustered else interval, why
    if name != "alpha":
        return nothing, "", "Feldt's interval is for α; ask for a bootstrap"
    if group.clustered:
        return nothing, "", "informants of one cluster are not independent: ask for a bootstrap"
    present = (~np.isnan(group.values)).astype(np.float64)
    complete = int(present.all(axis=1).sum())
    n = complete if missing == "listwise" else int((present.T @ present).min())
    if n < 2:
        return nothing, "", "two items share fewer than 2 informants: no interval"
    return (*feldt_limits(estimate, n, group.values.shape[1], confidence), NAN), "feldt", ""


def _single_rows(
    scale: str, group: Answers, names: tuple[str, ...], missing: Treatment, rng: np.random.Generator
) -> dict[str, ReliabilityRow]:
    """Rows of coefficients without a resampled interval."""
    if not names:
        return {}
    covariance, reason = covariance_of(group.values, missing)
    reason = joined(group.faults, reason)
    score = ScoreData(group.items, group.values, covariance, reason, group.units if group.clustered else None)
    found = single_coefficients(score, names, rng)
    doubt = _doubt(group, covariance)
    score_sd = float(np.sqrt(max(covariance.sum(), 0.0))) / max(len(covariance), 1)
    return {
        name: _row(
            scale,
            group,
            name,
            SINGLE[name].label,
            value,
            (NAN, NAN, NAN),
            "",
            score_sd * float(np.sqrt(1.0 - value)) if SINGLE[name].of_the_sum and value <= 1 else NAN,
            None,
            0,
            missing,
            note,
            doubt if np.isfinite(value) else "",
        )
        for name, (value, note) in found.items()
    }


def _row(
    scale: str,
    group: Answers,
    name: str,
    label: str,
    estimate: float,
    limits: tuple[float, float, float],
    kind: str,
    sem: float,
    drawn: Interval | None,
    k: int,
    missing: str,
    note: str,
    doubt: str,
) -> ReliabilityRow:
    values = group.values
    return ReliabilityRow(
        scale,
        group.label,
        name,
        label,
        estimate,
        *limits,
        kind,
        sem,
        values.shape[1],
        group.n_units,
        len(values),
        group.n_complete,
        0 if drawn is None else drawn.n_clusters,
        0 if drawn is None else int(drawn.n_used[k]),
        missing,
        note if doubt in note else joined(note, doubt),
        doubt,
    )


def _doubt(group: Answers, covariance: Floats) -> str:
    """What speaks against estimates that are defined."""
    return joined(group.faults, reversal_note(covariance, group.items))


def _reason(name: str, group: Answers, covariance: Floats, reason: str) -> str:
    values = group.values
    if values.shape[1] < 2:
        return "one item"
    if reason or group.faults:
        return joined(group.faults, reason)
    if COEFFICIENTS[name].needs_factor and values.shape[1] < 3:
        return "fewer than 3 items: a one-factor model is not identified"
    if (np.diag(covariance) <= 0).any():
        return "an item does not vary among the informants used"
    if not covariance.sum() > 1e-12 * np.trace(covariance):
        return "variance of the sum is zero or negative"
    if name == "maximal_reliability":
        return "Heywood case: an item without unique variance"
    return "covariance matrix is singular, or the one-factor model did not converge"


def _check(
    coefficients: Sequence[str],
    missing: str,
    interval: str,
    n_replications: int,
    seed: int | None,
    confidence: float,
) -> None:
    known = [*COEFFICIENTS, *SINGLE]
    problems = [
        Problem("coefficient", value=name, allowed=", ".join(known))
        for name in coefficients
        if name not in known
    ]
    if not coefficients:
        problems.append(Problem("no coefficient was named", allowed=", ".join(known)))
    for name, value, options in (("missing", missing, Treatment), ("interval", interval, IntervalName)):
        if value not in get_args(options):
            problems.append(Problem(name, value=value, allowed=", ".join(get_args(options))))
    problems += share_faults("confidence", confidence)
    if problems:
        raise InputError("Reliability cannot be computed.", problems)
    if interval in ("percentile", "bca"):
        check_bootstrap(n_replications, seed, interval, confidence)


__all__ = ["POOLED", "TRIAD", "reliability_table"]
