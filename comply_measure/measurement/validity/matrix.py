"""Convergent and discriminant validity in one matrix."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.measurement.validity.convergent import (
    ConvergentValidity,
    convergent_validity,
    fit_measurement,
)
from comply_measure.measurement.validity.global_items import GlobalItems, global_item_correlations
from comply_measure.measurement.validity.htmt import Htmt, heterotrait_monotrait


@dataclass(frozen=True, slots=True)
class ValidityMatrix:
    """Everything one figure shows.

    Attributes
    ----------
    convergent : ConvergentValidity
        √AVE on the diagonal, factor correlations below.
    ratios : Htmt
        HTMT2 above the diagonal.
    global_items : GlobalItems or None
        Correlations of scores with global items, beside.
    """

    convergent: ConvergentValidity
    ratios: Htmt
    global_items: GlobalItems | None

    @property
    def constructs(self) -> tuple[str, ...]:
        """Rows and columns."""
        return self.convergent.constructs

    def tidy(self) -> pd.DataFrame:
        """One row per cell: row, column, kind, value, lower, upper, n_informants.

        Kinds: ``sqrt_ave`` (diagonal), ``factor_correlation`` (below), ``htmt2`` (above), ``global_item`` (beside).
        """
        names = self.constructs
        n = self.convergent.n_informants
        rows: list[tuple[object, ...]] = []
        for key in names:
            ave = self.convergent.ave[key]
            value = math.sqrt(ave) if ave >= 0 else math.nan
            rows.append((key, key, "sqrt_ave", value, math.nan, math.nan, n))
        for _, row in self.convergent.correlations.iterrows():
            limits = (float(row["lower"]), float(row["upper"]))
            r = float(row["correlation"])
            rows.append((row["other"], row["construct"], "factor_correlation", r, *limits, n))
        for i, a in enumerate(names):
            for j in range(i + 1, len(names)):
                values = (self.ratios.htmt2, self.ratios.htmt2_lower, self.ratios.htmt2_upper)
                cells = tuple(float(v[i, j]) for v in values)
                rows.append((a, names[j], "htmt2", *cells, self.ratios.n_informants))
        if self.global_items is not None:
            for _, row in self.global_items.tidy().iterrows():
                cells = (float(row["correlation"]), float(row["lower"]), float(row["upper"]))
                rows.append((row["score"], row["item"], "global_item", *cells, int(row["n_informants"])))
        columns = ["row", "column", "kind", "value", "lower", "upper", "n_informants"]
        return pd.DataFrame(rows, columns=columns)

    def frame(self) -> pd.DataFrame:
        """Square table: √AVE on the diagonal, correlations below, HTMT2 above, global items to the right."""
        names = list(self.constructs)
        cells = self.tidy()
        extra = [] if self.global_items is None else list(self.global_items.items)
        out = pd.DataFrame(np.nan, index=names, columns=[*names, *extra])
        for _, row in cells.iterrows():
            if row["row"] in out.index:
                out.loc[str(row["row"]), str(row["column"])] = float(row["value"])
        return out


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
    seed: int | None = None,
    confidence: float = 0.95,
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
        For the factor model.
    n_replications, seed, confidence
        For HTMT2 and the global items; no bootstrap without a seed.

    Raises
    ------
    InputError
        For unusable columns or options.
    ComplyError
        When the factor model cannot be fitted.
    """
    fit = fit_measurement(data, scales, estimator=estimator, missing=missing, cluster=cluster)
    ratios = heterotrait_monotrait(
        data, scales, cluster=cluster, n_replications=n_replications, seed=seed, confidence=confidence
    )
    beside = None
    if global_items:
        scored = data.assign(**{key: mean_score(data[list(items)]) for key, items in scales.items()})
        beside = global_item_correlations(
            scored,
            global_items,
            others=others,
            cluster=cluster,
            n_replications=n_replications,
            seed=seed,
            confidence=confidence,
        )
    return ValidityMatrix(convergent_validity(fit, scales), ratios, beside)


def mean_score(items: pd.DataFrame, least: float = 0.5) -> pd.Series[float]:
    """Mean of the answered items where at least this share is answered; NaN otherwise."""
    enough = items.notna().mean(axis=1) >= least
    return items.mean(axis=1).where(enough)
