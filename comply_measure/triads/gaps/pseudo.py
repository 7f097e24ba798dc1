"""Pseudo-triads: roles of different units put together, as the baseline of what real units share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Floats, Ints, without_variance
from comply_measure.statistics.bootstrap import TAILS_95, percentile_interval
from comply_measure.statistics.multiplicity import max_t
from comply_measure.triads.aggregation.scores import role_means
from comply_measure.triads.agreement.resampling import permutations
from comply_measure.triads.data.triad_data import TriadData
from comply_measure.triads.gaps.profiles import pair_statistics
from comply_measure.triads.gaps.role_gaps import cluster_codes

#: Statistics of profiles that pairs are compared by.
PROFILES = ("d_mean", "correlation", "correlation_distinctive")
#: Values re-matched at once, which bounds memory.
BATCH_VALUES = 500_000


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
    return replace(data, values=next(_matchings(data, 1, rng))[0])


def _matchings(data: TriadData, replications: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Values of re-matched units, some replications at a time; (B, G, R, J)."""
    strata, _ = matching(data)
    rows = [np.flatnonzero(here) for here in data.present.T]
    step = max(1, BATCH_VALUES // max(1, data.values.size))
    for first in range(0, replications, step):
        values = np.repeat(data.values[None], min(step, replications - first), axis=0)
        for own in values:
            for place, informants in enumerate(rows):
                order = permutations(strata[informants], 1, rng)[0]
                own[informants, place] = data.values[informants[order], place]
        yield values


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
    labels = _labels(data, with_profiles)
    (real,), (counts,) = _statistics(data, data.values[None], with_profiles)
    within = matching(data)[1]
    draws = np.concatenate(
        [_statistics(data, values, with_profiles)[0] for values in _matchings(data, replications, rng)]
    )
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


def _labels(data: TriadData, with_profiles: bool) -> list[tuple[str, str, str]]:
    """Statistic, variable and pair of roles of everything that is compared."""
    labels = [("absolute_gap", column, pair) for column in data.columns for pair in data.pair_names]
    if with_profiles:
        labels += [(f"profile_{name}", "all", pair) for name in PROFILES for pair in data.pair_names]
    return labels


def _statistics(data: TriadData, values: Floats, with_profiles: bool) -> tuple[Floats, Ints]:
    """Means over units and numbers of units of everything in `_labels`, (B, K), for values (B, G, R, J).

    Re-matching leaves the mean profile of a role as it is, so that all profiles are distinctive from the one of `data`.
    """
    B, G, R, J = values.shape
    first, second = [a for a, _ in data.pairs], [b for _, b in data.pairs]
    gaps = np.abs(values[:, :, first] - values[:, :, second])
    found = [gaps.transpose(0, 3, 2, 1).reshape(B, J * len(first), G)]
    if with_profiles:
        similarity, _ = pair_statistics(values.reshape(B * G, R, J), role_means(data), data.pairs)
        found += [similarity[name].reshape(B, G, len(first)).swapaxes(1, 2) for name in PROFILES]
    every = np.concatenate(found, axis=1)
    known = ~np.isnan(every)
    counts = known.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(known, every, 0.0).sum(axis=2) / counts, counts


def _compare(statistic: str, real: float, draws: Floats) -> dict[str, float]:
    if np.isnan(real) or not draws.size:
        keys = ("real", "pseudo", "pseudo_lower", "pseudo_upper", "ratio", "p")
        return dict.fromkeys(keys, float("nan"))
    sign = _sign(statistic)
    rounding = 1e-12 * max(abs(real), float(np.abs(draws).max()))
    hits = int((sign * draws <= sign * real + rounding).sum())
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
    if without_variance(draws):
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
