"""Do more units agree than triads of the same informants, re-matched? The share of each, and the difference.

A test against random answers tells agreement of a unit from noise, not from what all informants share: the
construct, the level of the answers, the firm. Informants of different units of one firm share these and are no unit,
so that their share of agreeing triads is the baseline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike, NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Bools, Floats, Ints
from comply_measure.statistics.cluster_robust import clustered_means, few_clusters_note
from comply_measure.statistics.multiplicity import holm, rejects
from comply_measure.tables.long_table import long_table, scale_items
from comply_measure.tables.roles import role_centred
from comply_measure.triads.agreement.exact_tests import agreement_tests
from comply_measure.triads.agreement.nulls import NullDistribution, NullSpec
from comply_measure.triads.agreement.resampling import permutations, strata_of
from comply_measure.triads.agreement.simulated import latent_correlation

NO_MATCH = "no informants of different units could be put together"


def rematched_agreement(
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    minimum: float,
    maximum: float,
    null: NullSpec = "uniform",
    alpha: float = 0.05,
    item_correlation: ArrayLike | Mapping[str, ArrayLike] | None = None,
    replications: int = 40,
    draws: int = 5000,
    seed: int | np.random.SeedSequence,
    unit: str = "unit",
    role: str = "role",
    firm: str | None = None,
) -> pd.DataFrame:
    """Share of units that agree by :func:`agreement_tests`, beside that of re-matched units.

    Informants change units within their role, and where firms are known within their firm; only re-matched units whose
    informants all come from different units count. With ``h_g`` whether unit g agrees and ``b_g`` the share of its
    re-matched stand-ins that do, the difference is the mean of ``h_g − b_g`` over units that have stand-ins. Firms are
    independent, and informants stay in theirs, so its standard error is that of a mean clustered by firm (CR2 with
    Satterthwaite degrees of freedom). Without firms ``b`` is a U-statistic of all units; the variance is that of
    ``h_g − Σ_r (c_gr − b̄)`` over units, with ``c_gr`` the share of agreeing re-matched units that hold informant r of
    unit g (Hoeffding's projection).

    Parameters
    ----------
    data : DataFrame
        One row per informant; whole-number answers.
    scales : mapping of str to sequence of str
        Items of each scale.
    minimum, maximum, null, alpha, item_correlation
        As in :func:`agreement_tests`.
    replications : int
        Re-matchings.
    draws : int
        Simulated units per scale behind the tests where items correlate.
    seed : int or SeedSequence
        Source of randomness.
    unit, role : str
        Key columns.
    firm : str, optional
        Column of the firm.

    Returns
    -------
    DataFrame
        One row per scale: scale, n_units (with stand-ins), n_clusters, share (of these units), share_rematched,
        difference, se, df, lower, upper (95 %), p, p_holm (over scales), matched_within, note.

    Raises
    ------
    InputError
        Unusable table or option.

    References
    ----------
    Bliese, P. D., & Halverson, R. R. (1996). Individual and nomothetic models of job stress. Journal of Applied Social
    Psychology, 26. Hoeffding, W. (1948). Annals of Mathematical Statistics, 19.
    """
    if replications < 1:
        fault = Problem("replications", value=replications, allowed="at least 1")
        raise InputError("Re-matched agreement cannot be computed.", [fault])
    matching, testing = np.random.SeedSequence(_entropy(seed)).spawn(2)
    items, _ = scale_items(scales)
    table = long_table(data, items, unit=unit, role=role, firm=firm, several=True)
    codes = pd.factorize(table.unit)[0].astype(np.int64)
    strata, within = strata_of(table, np.arange(len(codes)), codes)
    order = permutations(strata, replications, np.random.default_rng(matching))
    n_units = int(codes.max()) + 1
    counted = _all_different(codes, order, n_units)
    clusters = _clusters(table.firm, codes) if within == "firm" else np.arange(n_units)
    rows = []
    for (key, names), drawn in zip(scales.items(), testing.spawn(len(scales)), strict=True):
        given = item_correlation.get(key) if isinstance(item_correlation, Mapping) else item_correlation
        places = [items.index(name) for name in names]
        tests = agreement_tests(
            _stacked(table.values[:, places], names, codes, order),
            {key: names},
            minimum=minimum,
            maximum=maximum,
            null=null,
            alpha=alpha,
            item_correlation=given,
            replications=draws,
            seed=None if given is None else np.random.default_rng(drawn),
        )
        p = tests.scales[key].p[np.argsort(tests.units.astype(np.int64))]
        agree = np.where(np.isnan(p), np.nan, rejects(p, alpha)).reshape(replications + 1, n_units)
        rows.append({"scale": key, **_compared(agree[0], agree[1:], counted, codes, order, clusters, within)})
    frame = pd.DataFrame(rows)
    frame.insert(list(frame.columns).index("p") + 1, "p_holm", holm(frame["p"].to_numpy(dtype=np.float64)))
    return frame


def null_correlations(
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    null: NullDistribution,
    *,
    unit: str = "unit",
    role: str = "role",
) -> dict[str, Floats]:
    """Item correlations for random answers: those of the data within roles, for the normal variables that are cut.

    Parameters
    ----------
    data : DataFrame
        One row per informant; whole-number answers.
    scales : mapping of str to sequence of str
        Items of each scale.
    null : NullDistribution
        With probabilities.
    unit, role : str
        Key columns; role means are taken off first.

    Returns
    -------
    dict of str to ndarray, shape (J, J)
        For ``item_correlation``: cut where the null says, answers correlate as the items do. A pair without a defined
        correlation is taken as uncorrelated.

    Raises
    ------
    InputError
        Unusable table, or a null without probabilities.
    """
    items, places = scale_items(scales)
    table = long_table(data, items, unit=unit, role=role, several=True)
    names = [str(place) for place in range(table.values.shape[1])]
    values = pd.DataFrame(table.values, columns=names).assign(role=table.role)
    centred = role_centred(values, names)
    found = {}
    for key, columns in places.items():
        observed = np.nan_to_num(centred.iloc[:, columns].corr().to_numpy(dtype=np.float64), nan=0.0)
        np.fill_diagonal(observed, 1.0)
        found[key] = latent_correlation(observed, null)
    return found


def _entropy(seed: int | np.random.SeedSequence) -> list[int]:
    if isinstance(seed, np.random.SeedSequence):
        return [int(word) for word in seed.generate_state(4)]
    return [int(seed)]


def _stacked(values: Floats, items: Sequence[str], codes: Ints, order: Ints) -> pd.DataFrame:
    """The table and its re-matchings, one below the other; units are numbered through."""
    n_units = int(codes.max()) + 1
    moved = np.concatenate([values[None], values[order]])
    unit = codes[None] + n_units * np.arange(len(moved))[:, None]
    frame = pd.DataFrame(moved.reshape(-1, values.shape[1]), columns=list(items))
    frame.insert(0, "unit", unit.ravel())
    return frame


def _all_different(codes: Ints, order: Ints, n_units: int) -> Bools:
    """Whether all informants of a re-matched unit come from different units; shape (replications, G)."""
    places = np.argsort(codes, kind="stable")
    origin = codes[order][:, places]
    slot = codes[places]
    n_pairs = np.zeros((len(order), n_units), dtype=np.int64)
    size = np.bincount(codes, minlength=n_units)
    for shift in range(1, int(size.max())):
        same_slot = slot[shift:] == slot[:-shift]
        clash = (origin[:, shift:] == origin[:, :-shift]) & same_slot
        for replication, row in enumerate(clash):
            n_pairs[replication] += np.bincount(slot[shift:][row], minlength=n_units)
    return np.asarray((n_pairs == 0) & (size >= 2))


def _clusters(firm: NDArray[np.object_] | None, codes: Ints) -> Ints:
    """Firm of every unit; a unit without one is its own."""
    first = np.unique(codes, return_index=True)[1]
    firms = (
        pd.factorize(firm, use_na_sentinel=True)[0][first] if firm is not None else np.full(len(first), -1)
    )
    return np.where(firms < 0, firms.max(initial=0) + 1 + np.arange(len(first)), firms).astype(np.int64)


def _compared(
    real: Floats, moved: Floats, counted: Bools, codes: Ints, order: Ints, clusters: Ints, within: str
) -> dict[str, object]:
    """Shares, difference and its error of one scale; `moved` has shape (replications, G)."""
    usable = counted & ~np.isnan(moved)
    n = usable.sum(axis=0)
    kept = (n > 0) & ~np.isnan(real)
    empty = dict.fromkeys(
        ("share", "share_rematched", "difference", "se", "df", "lower", "upper", "p"), np.nan
    )
    if kept.sum() < 2:
        return {
            "n_units": int(kept.sum()),
            "n_clusters": 0,
            **empty,
            "matched_within": within,
            "note": NO_MATCH,
        }
    hits = np.where(usable, moved, 0.0)
    stand_ins = hits.sum(axis=0)[kept] / n[kept]
    difference = real[kept] - stand_ins
    influence = difference if within == "firm" else _projected(real, moved, usable, codes, order)[kept]
    groups = pd.factorize(clusters[kept])[0].astype(np.int64)
    (se,), (df,), _ = clustered_means(influence[:, None], groups)
    mean = float(difference.mean())
    t = mean / se if se > 0 else np.nan
    half = scipy.stats.t.ppf(0.975, df) * se if se > 0 else np.nan
    n_clusters = int(groups.max()) + 1
    return {
        "n_units": int(kept.sum()),
        "n_clusters": n_clusters,
        "share": float(real[kept].mean()),
        "share_rematched": float(stand_ins.mean()),
        "difference": mean,
        "se": float(se),
        "df": float(df),
        "lower": mean - half,
        "upper": mean + half,
        "p": float(2 * scipy.stats.t.sf(abs(t), df)) if np.isfinite(t) else np.nan,
        "matched_within": within,
        "note": "" if se > 0 else "the difference does not vary over clusters: no test",
    } | ({"note": few_clusters_note(n_clusters)} if se > 0 and few_clusters_note(n_clusters) else {})


def _projected(real: Floats, moved: Floats, usable: Bools, codes: Ints, order: Ints) -> Floats:
    """``h_g − Σ_r (c_gr − b̄)`` of every unit."""
    hit = np.where(usable, moved, 0.0)[:, codes]
    counts = usable[:, codes].astype(np.float64)
    n_rows = len(codes)
    sums = np.bincount(order.ravel(), weights=hit.ravel(), minlength=n_rows)
    known = np.bincount(order.ravel(), weights=counts.ravel(), minlength=n_rows)
    mean = hit.sum() / counts.sum() if counts.sum() else np.nan
    own = np.where(known > 0, sums / np.where(known > 0, known, 1.0) - mean, 0.0)
    return np.asarray(real - np.bincount(codes, weights=own, minlength=len(real)))
