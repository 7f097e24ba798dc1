"""Reliability of every scale, by role, pooled and for the unit's mean score, in one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.frames import joined
from comply_measure.measurement.keying import reversal_note
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.reliability.alpha import feldt_limits
from comply_measure.measurement.reliability.coefficients import COEFFICIENTS, compute_all
from comply_measure.measurement.reliability.single import SINGLE, ScoreData, single_coefficients
from comply_measure.measurement.reliability.table_groups import TRIAD, Answers, GroupedAnswers
from comply_measure.measurement.reliability.table_result import ReliabilityRow, ReliabilityTable
from comply_measure.measurement.resampling import Interval, bootstrap, check_bootstrap, why_no_interval
from comply_measure.measurement.saturated import Treatment
from comply_measure.measurement.threads import single_threaded
from comply_measure.statistics.checks import share_faults
from comply_measure.tables.roles import POOLED

_FLAT = "leaving out any one changes nothing: the interval is corrected for bias, not for acceleration"
IntervalName = Literal["none", "feldt", "percentile", "bca", "auto"]
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
    interval : {"none", "feldt", "percentile", "bca", "auto"}
        ``feldt`` is for α of independent informants only. Bootstraps resample clusters where a group has
        several informants of one cluster. ``auto``: Feldt's where it holds, else percentiles of resamples.
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
    grouped = GroupedAnswers.of(data, scales, by=by, unit=unit, cluster=cluster, pooled=pooled, triad=triad)
    return grouped_reliability(
        grouped,
        coefficients=coefficients,
        missing=missing,
        interval=interval,
        n_replications=n_replications,
        seed=seed,
        confidence=confidence,
    )


@single_threaded
def grouped_reliability(
    grouped: GroupedAnswers,
    *,
    coefficients: Sequence[str] = DEFAULT,
    missing: Treatment = "ml",
    interval: IntervalName = "feldt",
    n_replications: int = 1000,
    seed: int | None = None,
    confidence: float = 0.95,
) -> ReliabilityTable:
    """:func:`reliability_table` of answers by group that are at hand."""
    _check(coefficients, missing, interval, n_replications, seed, confidence)
    names = tuple(dict.fromkeys(coefficients))
    stack = tuple(name for name in names if name in COEFFICIENTS)
    entries = grouped.entries
    draws = _Draws(interval, n_replications, confidence, missing)
    rngs = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(len(entries))]
    found: list[dict[str, ReliabilityRow]] = [{} for _ in entries]
    if stack:
        estimates = _estimates(stack, [group.covariance(missing)[0] for _, group in entries])
        for rows, entry, values, rng in zip(found, entries, estimates, rngs, strict=True):
            rows |= _stack_rows(entry, stack, values, draws, rng)
    if single := tuple(name for name in names if name in SINGLE):
        for rows, more in zip(found, _single_rows(entries, single, missing, rngs), strict=True):
            rows |= more
    ordered = tuple(rows[name] for rows in found for name in names)
    return ReliabilityTable(ordered, confidence, seed)


@dataclass(frozen=True, slots=True)
class _Draws:
    """How intervals are found."""

    interval: IntervalName
    n_replications: int
    confidence: float
    missing: Treatment

    def of(self, group: Answers, names: tuple[str, ...], rng: np.random.Generator) -> Interval | None:
        """Resamples of a group, where its intervals come from them."""
        if self.interval in ("none", "feldt") or (
            self.interval == "auto" and names == ("alpha",) and not group.clustered
        ):
            return None
        return bootstrap(
            group.values,
            lambda stack: compute_all(names, stack),
            n_replications=self.n_replications,
            seed=rng,
            cluster=group.clusters if group.clustered else None,
            missing="listwise" if self.missing == "listwise" else "pairwise",
            kind="bca" if self.interval == "bca" else "percentile",
            confidence=self.confidence,
        )


def _estimates(names: tuple[str, ...], covariances: Sequence[Floats]) -> list[Floats]:
    """Coefficients of each matrix; those of one size are computed together."""
    together: dict[int, list[int]] = {}
    for place, covariance in enumerate(covariances):
        together.setdefault(len(covariance), []).append(place)
    found = [np.empty(0)] * len(covariances)
    for places in together.values():
        values = compute_all(names, np.stack([covariances[place] for place in places]))
        for place, row in zip(places, values, strict=True):
            found[place] = row
    return found


def reliability_coefficients() -> dict[str, str]:
    """Coefficients of :func:`reliability_table`, key and label in words.

    Returns
    -------
    dict of str to str
    """
    return {name: c.label for name, c in COEFFICIENTS.items()} | {name: c.label for name, c in SINGLE.items()}


def _stack_rows(
    entry: tuple[str, Answers],
    names: tuple[str, ...],
    estimates: Floats,
    draws: _Draws,
    rng: np.random.Generator,
) -> dict[str, ReliabilityRow]:
    """Rows of coefficients that are functions of the covariance matrix."""
    scale, group = entry
    missing = draws.missing
    covariance, reason = group.covariance(missing)
    drawn = draws.of(group, names, rng) if np.isfinite(estimates).any() else None
    doubt = _doubt(group, covariance)
    score_sd = float(np.sqrt(max(covariance.sum(), 0.0))) / max(len(covariance), 1)
    rows = {}
    for k, name in enumerate(names):
        estimate = float(estimates[k])
        note = "" if np.isfinite(estimate) else _reason(name, group, covariance, reason)
        limits, kind, more = _limits(name, group, estimate, draws, drawn, k)
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
            doubt if np.isfinite(estimate) else "",
        )
    return rows


def _limits(
    name: str, group: Answers, estimate: float, draws: _Draws, drawn: Interval | None, k: int
) -> tuple[tuple[float, float, float], str, str]:
    """Lower, upper, se; how they were found; why there are none."""
    nothing = (NAN, NAN, NAN)
    interval, missing = draws.interval, draws.missing
    if interval == "none" or not np.isfinite(estimate):
        return nothing, "", ""
    if interval == "auto":
        interval = "feldt" if name == "alpha" and not group.clustered else "percentile"
    if interval != "feldt":
        assert drawn is not None  # the estimate is defined
        limits = (float(drawn.lower[k]), float(drawn.upper[k]), float(drawn.se[k]))
        why = _FLAT if drawn.flat[k] else ""
        why = why if np.isfinite(limits[0]) else why_no_interval(drawn.n_clusters)
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
    return (*feldt_limits(estimate, n, group.values.shape[1], draws.confidence), NAN), "feldt", ""


def _single_rows(
    entries: Sequence[tuple[str, Answers]],
    names: tuple[str, ...],
    missing: Treatment,
    rngs: Sequence[np.random.Generator],
) -> Iterator[dict[str, ReliabilityRow]]:
    """Rows of coefficients without a resampled interval, group by group."""
    scores = []
    for _, group in entries:
        covariance, reason = group.covariance(missing)
        units = group.units if group.clustered else None
        scores.append(ScoreData(group.items, group.values, covariance, joined(group.faults, reason), units))
    for (scale, group), score, found in zip(
        entries, scores, single_coefficients(scores, names, rngs), strict=True
    ):
        covariance = score.covariance
        doubt = _doubt(group, covariance)
        score_sd = float(np.sqrt(max(covariance.sum(), 0.0))) / max(len(covariance), 1)
        yield {
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
    if interval in ("percentile", "bca", "auto"):
        check_bootstrap(n_replications, seed, "bca" if interval == "bca" else "percentile", confidence)


__all__ = ["POOLED", "TRIAD", "reliability_table"]
