"""Rival structures fitted to one data set and compared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.measurement.fits import NO_INDICES, fit_indices, fit_notes, relative_weights
from comply_measure.models.rivals.pairs import PairComparison, compare_pairs
from comply_measure.models.rivals.structures import Structure, composite_text, rival_structures
from comply_measure.models.rivals.trees import Factors, Tree, is_tree, items_of
from comply_measure.results import Result
from comply_measure.sem import Fit, fit as fit_model

_NAN = math.nan
# structures without and with the higher-order restriction, for the target coefficient
_TARGETS = {
    "second_order": "correlated",
    "third_order": "attributes_in_dimensions",
    "attributes_in_dimensions": "correlated_attributes",
}
_REFLECTIVE = {"scores": "correlated", "items": "attributes_in_dimensions"}
_HEAD = ("structure", "label", "claim")
_TEST = ("chisq", "df", "pvalue", "scaling_factor")
_APPROXIMATE = ("cfi", "tli", "rmsea", "rmsea_lower", "rmsea_upper", "srmr", "version")
_INDICES = (*_TEST, *_APPROXIMATE, "npar", "logl", "aic", "bic", "sabic")
_RELATIVE = ("delta_aic", "delta_bic", "bic_weight", "target_coefficient")
_TAIL = ("converged", "admissible", "n_informants", "n_clusters", "estimator", "missing", "note")


@dataclass(frozen=True, slots=True)
class RivalComparison(Result):
    """Rival structures of one scale in one data set.

    Attributes
    ----------
    structures : mapping of str to Structure
    fits : mapping of str to Fit
        Structures that could be fitted.
    failures : mapping of str to str
        Reasons for those that could not.
    pair_list : tuple of PairComparison
    level : str
        ``scores`` or ``items``.
    estimator, missing : str
    n_informants, n_clusters : int
        Cases used; clusters (−1 without).
    """

    structures: Mapping[str, Structure]
    fits: Mapping[str, Fit]
    failures: Mapping[str, str]
    pair_list: tuple[PairComparison, ...]
    level: str
    estimator: str
    missing: str
    n_informants: int
    n_clusters: int

    def tidy(self) -> pd.DataFrame:
        """One row per structure, most restricted first.

        Columns: structure, label, claim, chisq, df, pvalue, scaling_factor, cfi, tli, rmsea, rmsea_lower,
        rmsea_upper, srmr, version, npar, logl, aic, bic, sabic, delta_aic, delta_bic, bic_weight,
        target_coefficient, converged, admissible, n_informants, n_clusters, estimator, missing, note.
        """
        rows = [self._row(key) for key in self.structures]
        table = pd.DataFrame(rows)
        usable = table["converged"].to_numpy(dtype=bool)
        for criterion in ("aic", "bic"):
            values = table[criterion].where(usable)
            table[f"delta_{criterion}"] = values - values.min()
        table["bic_weight"] = relative_weights(table["bic"].where(usable).tolist())
        return table[[*_HEAD, *_INDICES, *_RELATIVE, *_TAIL]]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the table has no column for."""
        if not any(math.isnan(self.target_coefficient(key)) for key in self.structures):
            return ()
        return (
            "The target coefficient belongs to structures with a factor of higher order, "
            "where the same factors were fitted without it.",
        )

    def pairs(self) -> pd.DataFrame:
        """One row per pair; columns are the attributes of :class:`PairComparison`."""
        names = list(PairComparison.__dataclass_fields__)
        return pd.DataFrame(
            [[getattr(pair, name) for name in names] for pair in self.pair_list], columns=names
        ).assign(n_informants=self.n_informants)

    def best(self, criterion: str = "bic") -> str:
        """Key of the structure with the smallest criterion among those that converged to a possible solution.

        Parameters
        ----------
        criterion : {"bic", "aic", "sabic"}

        Raises
        ------
        ComplyError
            For an unknown criterion, or when no structure has one.
        """
        if criterion not in ("aic", "bic", "sabic"):
            raise ComplyError(f"the criterion '{criterion}' is unknown; allowed: aic, bic, sabic")
        table = self.tidy()
        usable = table[table["converged"] & table["admissible"]].set_index("structure")[criterion].dropna()
        if usable.empty:
            raise ComplyError(f"no structure has a value of {criterion.upper()} at a possible solution")
        return str(usable.idxmin())

    def target_coefficient(self, key: str) -> float:
        """χ² of the model without the higher-order restriction over that with it (Marsh & Hocevar 1985).

        1 means that the higher-order factor explains all covariances among the factors below it. NaN when one
        of the two was not fitted or the structure has no such counterpart.
        """
        free = self.fits.get(_TARGETS.get(key, ""))
        held = self.fits.get(key)
        if free is None or held is None or not (free.has_optimum and held.has_optimum):
            return _NAN
        return float(free.measures["chisq"] / held.measures["chisq"])

    def _row(self, key: str) -> dict[str, object]:
        structure, fit = self.structures[key], self.fits.get(key)
        return {
            "structure": key,
            "label": structure.label,
            "claim": structure.claim,
            **(NO_INDICES if fit is None else fit_indices(fit)),
            "target_coefficient": self.target_coefficient(key),
            "converged": fit is not None and fit.converged,
            "admissible": fit is not None and fit.admissible,
            "n_informants": self.n_informants,
            "n_clusters": self.n_clusters,
            "estimator": self.estimator,
            "missing": self.missing,
            "note": self.failures[key] if fit is None else fit_notes(fit),
        }


def compare_rivals(
    data: pd.DataFrame,
    factors: Factors | Tree,
    *,
    estimator: str = "MLR",
    missing: str = "ml",
    cluster: str | None = None,
    ordered: bool | Sequence[str] = False,
    name: str = "alignment",
    reference: str | None = None,
    keys: Sequence[str] | None = None,
    pairs: bool = True,
) -> RivalComparison:
    """Fit the rival structures of a scale and compare them.

    Parameters
    ----------
    data : DataFrame
        One row per informant; attribute scores, or items recoded to one direction.
    factors : mapping
        Dimension → indicators, or dimension → attribute → items.
    estimator, missing, ordered
        As for :func:`comply_measure.sem.fit`. Information criteria and Vuong's tests exist for likelihoods only.
    cluster : str, optional
        Column of the clusters (firms, or units): informants of one cluster are not independent.
    name, reference
        As for :func:`rival_structures`.
    keys : sequence of str, optional
        Structures to fit; all by default.
    pairs : bool
        Whether to compare all pairs.

    Returns
    -------
    RivalComparison
        A structure that cannot be fitted stays in the tables with its reason.

    Raises
    ------
    InputError
        For columns that are absent or an unknown structure.
    """
    everything = rival_structures(factors, name=name, reference=reference)
    _check(data, factors, cluster, keys, everything)
    structures = dict(everything) if keys is None else {key: everything[key] for key in keys}
    level = "items" if is_tree(factors) else "scores"
    options: dict[str, Any] = {
        "estimator": estimator,
        "missing": missing,
        "cluster": cluster,
        "ordered": ordered,
    }
    fits: dict[str, Fit] = {}
    failures: dict[str, str] = {}
    # composites last: they start from their reflective counterpart
    for key in sorted(structures, key=lambda k: k == "composite"):
        structure = structures[key]
        if not structure.text:
            failures[key] = structure.reason
            continue
        try:
            if key == "composite":
                base = fits.get(_REFLECTIVE[level]) or fit_model(
                    everything[_REFLECTIVE[level]].text, data, **options
                )
                structures[key] = structure = replace(structure, text=composite_text(factors, name, base))
            fits[key] = fit_model(structure.text, data, **options)
        except ComplyError as error:
            failures[key] = " ".join(str(error).split())
    n = max((fit.n for fit in fits.values()), default=0)
    return RivalComparison(
        structures,
        fits,
        failures,
        compare_pairs(fits) if pairs else (),
        level,
        estimator,
        missing,
        n,
        int(data[cluster].nunique()) if cluster is not None else -1,
    )


def _check(
    data: pd.DataFrame,
    factors: Factors | Tree,
    cluster: str | None,
    keys: Sequence[str] | None,
    structures: Mapping[str, Structure],
) -> None:
    wanted = [*items_of(factors), *([cluster] if cluster is not None else [])]
    problems = [Problem("column is absent", column=column) for column in wanted if column not in data.columns]
    problems += [
        Problem("unknown structure", value=key, allowed=", ".join(structures))
        for key in keys or ()
        if key not in structures
    ]
    if problems:
        raise InputError("The rival structures cannot be fitted.", problems)
