"""Pseudo-triads: roles of different units put together, as the baseline of what real units share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Floats, Ints
from comply_measure.statistics.bootstrap import TAILS_95, percentile_interval
from comply_measure.statistics.multiplicity import max_t
from comply_measure.triads.agreement.resampling import permutations
from comply_measure.triads.data.triad_data import TriadData
from comply_measure.triads.gaps.profiles import profile_similarity
from comply_measure.triads.gaps.role_gaps import cluster_codes, role_gaps


def pseudo_triads(data: TriadData, seed: int | np.random.Generator) -> TriadData:
    """Re-match informants at random within each role; which roles a unit has stays as it is.

    Where firms are known and some have several units, informants change places within their firm only: units of
    one firm are alike for the firm's sake, and matching across firms would take that for likeness of the unit.

    Parameters
    ----------
    data : TriadData
        Scores by role.
    seed : int or Generator
        Source of randomness.

    Returns
    -------
    TriadData
        The same informants in other units: role means and distributions are unchanged.
    """
    rng = np.random.default_rng(seed)
    strata, _ = matching(data)
    values = data.values.copy()
    for place in range(len(data.roles)):
        rows = np.flatnonzero(data.present[:, place])
        values[rows, place] = data.values[rows[permutations(strata[rows], 1, rng)[0]], place]
    return replace(data, values=values)


def matching(data: TriadData) -> tuple[Ints, str]:
    """Within what units are re-matched: a code per unit, and its name, ``firm`` or ``all units``."""
    if data.firms is not None:
        codes = cluster_codes(data)
        if (np.bincount(codes) > 1).any():
            return codes, "firm"
    return np.zeros(data.n_units, dtype=np.int64), "all units"


def pseudo_baseline(
    data: TriadData,
    *,
    replications: int = 1000,
    seed: int | np.random.Generator,
    profiles: bool = True,
) -> pd.DataFrame:
    """Compare real pairs of roles with pairs from different units.

    For each variable and pair the statistic is the mean absolute gap; with `profiles` also, over all
    variables as one profile, the mean distance D, correlation and distinctive correlation.
    ``p = (1 + #{replications at least as similar})/(1 + replications)``, one-sided: are real pairs more alike
    than re-matched ones? Where firms are known pairs are re-matched within firms, so that likeness of units
    within a firm does not count (column `matched_within`). p_adjusted corrects over the whole table by Westfall
    and Young's maximum statistic, which uses the same replications.

    Parameters
    ----------
    data : TriadData
        Scores by role.
    replications : int
        Re-matchings, at least 19.
    seed : int or Generator
        Source of randomness.
    profiles : bool
        Whether to compare profiles too (needs two variables).

    Returns
    -------
    DataFrame
        Columns: statistic, column, pair, real, pseudo (mean of the replications), pseudo_lower, pseudo_upper
        (2.5 and 97.5 percentiles), ratio (real/pseudo, for gaps and distances), p, p_adjusted, n_units,
        replications, matched_within (``firm`` or ``all units``), note.

    Raises
    ------
    InputError
        Too few replications.
    """
    if replications < 19:
        fault = Problem("replications", value=replications, allowed="at least 19")
        raise InputError("The pseudo-triad baseline cannot be computed.", [fault])
    with_profiles = profiles and len(data.columns) > 1
    rng = np.random.default_rng(seed)
    labels, real, counts = _statistics(data, with_profiles)
    within = matching(data)[1]
    draws = np.stack([_statistics(pseudo_triads(data, rng), with_profiles)[1] for _ in range(replications)])
    rows = []
    for k, (statistic, column, pair) in enumerate(labels):
        known = draws[:, k][~np.isnan(draws[:, k])]
        rows.append(
            {"statistic": statistic, "column": column, "pair": pair}
            | _compare(statistic, float(real[k]), known)
            | {"n_units": int(counts[k]), "replications": replications, "matched_within": within}
            | {"note": _note(statistic, int(counts[k]), known)}
        )
    table = pd.DataFrame(rows)
    if rows:
        sign = np.array([_sign(statistic) for statistic, _, _ in labels])
        adjusted = max_t(sign * real, sign * draws)
        table.insert(list(table.columns).index("p") + 1, "p_adjusted", adjusted)
    return table


def _statistics(data: TriadData, with_profiles: bool) -> tuple[list[tuple[str, str, str]], Floats, Floats]:
    """Labels, values and numbers of units of every statistic."""
    gaps = role_gaps(data)
    labels = [("absolute_gap", column, pair) for column in data.columns for pair in gaps.pairs]
    absolute = np.abs(gaps.signed).transpose(2, 1, 0).reshape(len(labels), data.n_units)
    known = ~np.isnan(absolute)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = [np.where(known, absolute, 0.0).sum(axis=1) / known.sum(axis=1)]
    counts = [known.sum(axis=1)]
    if with_profiles:
        found = profile_similarity(data).sets["all"]
        for name in ("d_mean", "correlation", "correlation_distinctive"):
            array = found[name].T
            defined = ~np.isnan(array)
            labels += [(f"profile_{name}", "all", pair) for pair in gaps.pairs]
            with np.errstate(invalid="ignore", divide="ignore"):
                values.append(np.where(defined, array, 0.0).sum(axis=1) / defined.sum(axis=1))
            counts.append(defined.sum(axis=1))
    return labels, np.concatenate(values), np.concatenate(counts)


def _compare(statistic: str, real: float, draws: Floats) -> dict[str, float]:
    if np.isnan(real) or not draws.size:
        keys = ("real", "pseudo", "pseudo_lower", "pseudo_upper", "ratio", "p")
        return dict.fromkeys(keys, float("nan"))
    sign = _sign(statistic)
    hits = int((sign * draws <= sign * real + 1e-12).sum())
    lower, upper = percentile_interval(draws, TAILS_95)
    mean = float(draws.mean())
    return {
        "real": real,
        "pseudo": mean,
        "pseudo_lower": float(lower),
        "pseudo_upper": float(upper),
        "ratio": real / mean if sign > 0 and mean > 0 else float("nan"),
        "p": (1 + hits) / (1 + draws.size),
    }


def _note(statistic: str, n_units: int, draws: Floats) -> str:
    if not n_units:
        return "no unit has both roles" if "gap" in statistic else "no unit has two profiles to compare"
    if np.ptp(draws) <= 1e-12 * max(1.0, float(np.abs(draws).max())):
        return "re-matching changes nothing: no corrected p"
    return (
        ""
        if _sign(statistic) > 0 and draws.mean() > 0
        else "no ratio of correlations"
        if _sign(statistic) < 0
        else "no ratio"
    )


def _sign(statistic: str) -> float:
    """1 where small values mean alike, -1 where large ones do."""
    return -1.0 if "correlation" in statistic else 1.0
