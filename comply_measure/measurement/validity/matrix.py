"""Convergent and discriminant validity in one matrix, pooled and by role."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.measurement.frames import check_scales, groups, joined
from comply_measure.measurement.validity.convergent import (
    ConvergentValidity,
    convergent_validity,
    fit_measurement,
)
from comply_measure.measurement.validity.global_items import GlobalItems, global_item_correlations
from comply_measure.measurement.validity.htmt import Htmt, heterotrait_monotrait
from comply_measure.results import Result
from comply_measure.statistics.reasons import undefined_because, with_reasons
from comply_measure.tables.roles import POOLED

NO_INTERVALS = "√AVE has none, others by bootstrap if asked"
_NAN = math.nan
_COLUMNS = ("group", "row", "column", "kind", "value", "lower", "upper", "n_informants", "note")
_Cell = tuple[str, str, str, float, float, float, int, str]


@dataclass(frozen=True, slots=True)
class ValidityMatrix(Result):
    """Everything one figure shows, for one group of informants.

    Attributes
    ----------
    group : str
        A role, or ``pooled``.
    constructs : tuple of str
        Rows and columns.
    convergent : ConvergentValidity or None
        √AVE on the diagonal, factor correlations with intervals below; None when the factor model has no solution.
    ratios : Htmt
        HTMT2 with bootstrap intervals, above the diagonal.
    global_items : GlobalItems or None
        Correlations of scores with global items, beside.
    confidence : float
    n_informants : int
    note : str
        Why there is no factor model, or what a reader must know about it.
    """

    group: str
    constructs: tuple[str, ...]
    convergent: ConvergentValidity | None
    ratios: Htmt
    global_items: GlobalItems | None
    confidence: float
    n_informants: int
    note: str

    def tidy(self) -> pd.DataFrame:
        """One row per cell: group, row, column, kind, value, lower, upper, n_informants, note, reason.

        Kinds: ``sqrt_ave`` (diagonal), ``factor_correlation`` (below), ``htmt2`` (above), ``global_item`` (beside).
        """
        cells = [*self._diagonal(), *self._below(), *self._above(), *self._beside()]
        table = pd.DataFrame([(self.group, *cell) for cell in cells], columns=list(_COLUMNS))
        return with_reasons(table, dict.fromkeys(("lower", "upper"), NO_INTERVALS))

    def _diagonal(self) -> list[_Cell]:
        if self.convergent is None:
            n = self.n_informants
            return [(k, k, "sqrt_ave", _NAN, _NAN, _NAN, n, self.note) for k in self.constructs]
        table, n = self.convergent.tidy(), self.convergent.n_informants
        return [
            (str(k), str(k), "sqrt_ave", float(value), _NAN, _NAN, n, str(note))
            for k, value, note in zip(table["construct"], table["sqrt_ave"], table["note"], strict=True)
        ]

    def _below(self) -> list[_Cell]:
        if self.convergent is None:
            pairs = [(a, b) for i, a in enumerate(self.constructs) for b in self.constructs[i + 1 :]]
            return [
                (b, a, "factor_correlation", _NAN, _NAN, _NAN, self.n_informants, self.note) for a, b in pairs
            ]
        table, n = self.convergent.correlations, self.convergent.n_informants
        return [
            (str(b), str(a), "factor_correlation", float(r), float(lo), float(up), n, self.note)
            for a, b, r, lo, up in zip(
                *(table[c] for c in ("construct", "other", "correlation", "lower", "upper")), strict=True
            )
        ]

    def _above(self) -> list[_Cell]:
        table = self.ratios.tidy()
        names = ("construct", "other", "htmt2", "htmt2_lower", "htmt2_upper", "n_informants", "note")
        return [
            (str(a), str(b), "htmt2", float(v), float(lo), float(up), int(n), str(note))
            for a, b, v, lo, up, n, note in zip(*(table[c] for c in names), strict=True)
        ]

    def _beside(self) -> list[_Cell]:
        if self.global_items is None:
            return []
        table = self.global_items.tidy()
        names = ("score", "item", "correlation", "lower", "upper", "n_informants", "note")
        return [
            (str(a), str(b), "global_item", float(v), float(lo), float(up), int(n), str(note))
            for a, b, v, lo, up, n, note in zip(*(table[c] for c in names), strict=True)
        ]

    def frame(self, what: str = "value") -> pd.DataFrame:
        """Square table: √AVE on the diagonal, correlations below, HTMT2 above, global items to the right.

        ``attrs["undefined"]`` says why cells are empty.

        Parameters
        ----------
        what : {"value", "lower", "upper"}
        """
        names = list(self.constructs)
        extra = [] if self.global_items is None else list(self.global_items.items)
        out = pd.DataFrame(np.nan, index=names, columns=[*names, *extra])
        cells = self.tidy()
        for row, column, value in zip(cells["row"], cells["column"], cells[what], strict=True):
            out.loc[row, column] = float(value)
        notes = [str(text) for text in cells["note"] if text]
        return undefined_because(out, joined(*dict.fromkeys(notes)) or NO_INTERVALS)


@dataclass(frozen=True, slots=True)
class ValidityMatrices(Result):
    """One matrix per group.

    Attributes
    ----------
    groups : mapping of str to ValidityMatrix
        ``pooled`` first, then the roles in order of appearance.
    """

    groups: Mapping[str, ValidityMatrix]

    def tidy(self) -> pd.DataFrame:
        """The cells of all matrices; columns as in :meth:`ValidityMatrix.tidy`."""
        return pd.concat([matrix.tidy() for matrix in self.groups.values()], ignore_index=True)


def validity_matrix(
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    global_items: Mapping[str, str] | None = None,
    others: Sequence[str] = (),
    estimator: str = "MLR",
    missing: str = "ml",
    cluster: str | None = None,
    n_replications: int = 2000,
    seed: int | np.random.SeedSequence | None = None,
    confidence: float = 0.95,
    group: str = POOLED,
) -> ValidityMatrix:
    """Loadings and AVE, factor correlations, HTMT2 and correlations with global items.

    Parameters
    ----------
    data : DataFrame
        One row per informant; items (or attribute scores) recoded to one direction.
    scales : mapping
        Construct → items.
    global_items : mapping of str to str, optional
        Construct → its global item. The construct's score is the mean of its items (informants with at least
        half of them).
    others : sequence of str
        Further items to correlate with the scores.
    estimator, missing, cluster
        For the factor model; the bootstraps resample clusters, too.
    n_replications, seed
        For HTMT2 and the global items; no bootstrap without a seed.
    confidence : float
        Of all intervals.
    group : str
        Label of the result.

    Returns
    -------
    ValidityMatrix
        Without factor model, and a note, where an item does not vary or the model has no solution; HTMT2 and the
        global items go on.

    Raises
    ------
    InputError
        For unusable columns or options.
    """
    check_scales(data, scales, [cluster])
    root = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    first, second = (None, None) if seed is None else map(np.random.default_rng, root.spawn(2))
    common = {"cluster": cluster, "n_replications": n_replications, "confidence": confidence}
    ratios = heterotrait_monotrait(data, scales, seed=first, **common)  # type: ignore[arg-type]
    beside = None
    if global_items:
        scored = data.assign(**{key: mean_score(data[list(items)]) for key, items in scales.items()})
        beside = global_item_correlations(
            scored,
            global_items,
            others=others,
            seed=second,
            **common,  # type: ignore[arg-type]
        )
    convergent, note = None, ""
    try:
        fit = fit_measurement(data, scales, estimator=estimator, missing=missing, cluster=cluster)
        convergent = convergent_validity(fit, scales, confidence=confidence)
        note = convergent.note
    except ComplyError as error:
        note = joined("no factor model", " ".join(str(error).split()))
    return ValidityMatrix(
        group, tuple(scales), convergent, ratios, beside, confidence, ratios.n_informants, note
    )


def validity_matrices(
    data: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    by: str | None = "role",
    pooled: bool = True,
    global_items: Mapping[str, str] | None = None,
    others: Sequence[str] = (),
    estimator: str = "MLR",
    missing: str = "ml",
    cluster: str | None = None,
    n_replications: int = 2000,
    seed: int | None = None,
    confidence: float = 0.95,
) -> ValidityMatrices:
    """:func:`validity_matrix` of all informants and of every role.

    Parameters
    ----------
    data, scales, global_items, others, estimator, missing, cluster, n_replications, seed, confidence
        As in :func:`validity_matrix`.
    by : str, optional
        Column of the groups.
    pooled : bool
        Whether to add all informants together.

    Returns
    -------
    ValidityMatrices

    Raises
    ------
    InputError
        For unusable columns or options.
    """
    check_scales(data, scales, [by, cluster])
    parts = list(groups(data, by, pooled))
    seeds = [None] * len(parts) if seed is None else np.random.SeedSequence(seed).spawn(len(parts))
    return ValidityMatrices(
        {
            label: validity_matrix(
                data.loc[rows],
                scales,
                global_items=global_items,
                others=others,
                estimator=estimator,
                missing=missing,
                cluster=cluster,
                n_replications=n_replications,
                seed=own,
                confidence=confidence,
                group=label,
            )
            for (label, rows), own in zip(parts, seeds, strict=True)
        }
    )


def mean_score(items: pd.DataFrame, least: float = 0.5) -> pd.Series[float]:
    """Mean of the answered items where at least this share is answered; NaN otherwise."""
    enough = items.notna().mean(axis=1) >= least
    return items.mean(axis=1).where(enough)
