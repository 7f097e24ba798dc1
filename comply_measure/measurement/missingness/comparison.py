"""One model under several treatments of missing answers, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.measurement.fits import fit_notes
from comply_measure.measurement.missingness.fits import (
    PooledEstimates,
    latent_names,
    n_clusters,
    pooled_estimates,
)
from comply_measure.measurement.missingness.imputation import MultipleImputation
from comply_measure.results import Result
from comply_measure.sem import Fit, fit as fit_model, parse_model
from comply_measure.statistics.reasons import with_reasons

FIML, IMPUTED, LISTWISE = "full information (MLR)", "multiple imputation (MLR)", "listwise (MLR)"
ORDERED = "multiple imputation, ordered (WLSMV)"
METHODS = (FIML, IMPUTED, LISTWISE, ORDERED)
_KEY = ["lhs", "op", "rhs"]
_PARAMETERS = ["method", *_KEY, "est", "se", "df", "pvalue", "ci_lower", "ci_upper", "fmi"]
_FITS = [
    "method", "test", "statistic", "df1", "df2", "pvalue", "cfi", "rmsea", "srmr",
    "n_informants", "n_clusters", "n_imputations", "n_failed", "note",
]  # fmt: skip
_WHY_OF_PARAMETERS = dict.fromkeys(("se", "pvalue", "ci_lower", "ci_upper"), "the parameter is fixed") | {
    "df": "the parameter is fixed",
    "fmi": "for imputed treatments and parameters that are not fixed",
}
_WHY_OF_FITS = {
    "df2": "for tests that are an F",
    **dict.fromkeys(("pvalue", "cfi", "rmsea"), "no degrees of freedom, or the treatment failed"),
    **dict.fromkeys(("statistic", "df1", "srmr"), "the treatment failed"),
}


@dataclass(frozen=True)
class MissingComparison(Result):
    """A model's standardised estimates under several treatments of missing answers.

    Attributes
    ----------
    parameters : DataFrame
        method, lhs, op, rhs, est, se, df, pvalue, ci_lower, ci_upper, fmi, n_informants, reason; loadings, paths and
        correlations of latent variables. Degrees of freedom are infinite where the statistic is a normal one.
    fits : DataFrame
        One row per method: test ("scaled χ²" or "D2", an F), statistic, df1, df2, pvalue, cfi and rmsea of the (pooled)
        scaled statistics, srmr (mean over imputations), n_informants, n_clusters, n_imputations, n_failed, note (why a
        treatment failed), reason (why other cells are empty).
    pooled : mapping of str to PooledEstimates
        Pooled results of the imputed treatments.
    """

    parameters: pd.DataFrame
    fits: pd.DataFrame
    pooled: Mapping[str, PooledEstimates]

    def tidy(self) -> pd.DataFrame:
        """One row per method and parameter."""
        return self.parameters.copy()

    def wide(self, value: str = "est") -> pd.DataFrame:
        """One row per parameter, a column per method, and ``largest_difference`` between methods."""
        methods = list(dict.fromkeys(self.parameters["method"]))
        keyed = self.parameters.set_index([*_KEY, "method"])[value]
        table = keyed.unstack("method")[methods]  # noqa: PD010
        order = self.parameters[_KEY].drop_duplicates()
        table = table.reindex(pd.MultiIndex.from_frame(order))
        table["largest_difference"] = table[methods].max(axis=1) - table[methods].min(axis=1)
        return table.reset_index().rename_axis(columns=None)


def compare_missing(
    model: str,
    imputation: MultipleImputation,
    *,
    cluster: str | None = None,
    std_lv: bool = False,
    methods: Sequence[str] = METHODS,
) -> MissingComparison:
    """Fit one model by full information, after multiple imputation, to complete cases, and as ordered.

    Estimates are standardised, which makes the metrics of continuous and ordered analyses comparable; they still
    differ where few categories attenuate correlations. Imputed treatments are pooled by Rubin's rules with Barnard &
    Rubin's degrees of freedom; their tests are pooled by D2 of the scaled statistics (Li, Meng, Raghunathan & Rubin
    1991). CFI and RMSEA are those of the scaled statistics everywhere, so that the treatments can be compared.

    Parameters
    ----------
    model : str
        Model in lavaan's language, with the imputed items.
    imputation : MultipleImputation
        Carries the incomplete data, too.
    cluster : str, optional
        Column of clusters; errors and tests of all treatments are robust to them.
    std_lv : bool
        As for :func:`comply_measure.sem.fit`.
    methods : sequence of str
        Out of ``METHODS``, in the order wanted.

    Returns
    -------
    MissingComparison
        A treatment that fails has a row in ``fits`` with the reason; the others go on.

    Raises
    ------
    InputError
        For unknown methods or an absent cluster column.
    """
    _check(imputation, cluster, methods)
    parameters: list[pd.DataFrame] = []
    rows: list[dict[str, object]] = []
    pooled: dict[str, PooledEstimates] = {}
    for method in methods:
        try:
            if method in (FIML, LISTWISE):
                table, row = _single(model, imputation, cluster, std_lv, method)
            else:
                found, failed = _imputed(model, imputation, cluster, std_lv, method)
                pooled[method] = found
                table, row = _of_pooled(found, failed, method)
        except ComplyError as error:
            rows.append(_row(method, note=" ".join(str(error).split())))
            continue
        parameters.append(table)
        rows.append(row)
    together = pd.concat(parameters, ignore_index=True) if parameters else pd.DataFrame(columns=_PARAMETERS)
    fits = with_reasons(pd.DataFrame(rows, columns=_FITS), _WHY_OF_FITS)
    return MissingComparison(with_reasons(together, _WHY_OF_PARAMETERS), fits, pooled)


def _check(imputation: MultipleImputation, cluster: str | None, methods: Sequence[str]) -> None:
    allowed = ", ".join(METHODS)
    problems = [
        Problem("unknown method", value=name, allowed=allowed) for name in methods if name not in METHODS
    ]
    if not methods:
        problems.append(Problem("no methods were named", allowed=allowed))
    if cluster is not None and cluster not in imputation.data.columns:
        problems.append(Problem("column is absent", column=cluster))
    if problems:
        raise InputError("The treatments of missing answers cannot be compared.", problems)


def _single(
    model: str, imputation: MultipleImputation, cluster: str | None, std_lv: bool, method: str
) -> tuple[pd.DataFrame, dict[str, object]]:
    """Full information or listwise."""
    missing = "ml" if method == FIML else "listwise"
    fit = fit_model(model, imputation.data, estimator="MLR", missing=missing, cluster=cluster, std_lv=std_lv)
    if fit.unreached:
        raise ComplyError(f"the search {fit.unreached}")
    table = fit.standardized().rename(columns={"est_std": "est"}).assign(df=math.inf, fmi=math.nan)
    measures = fit.measures
    row = _row(
        method,
        test="scaled χ²",
        statistic=measures["chisq.scaled"],
        df1=measures["df"],
        pvalue=measures["pvalue.scaled"],
        cfi=measures.get("cfi.scaled", math.nan),
        rmsea=measures.get("rmsea.scaled", math.nan),
        srmr=measures.get("srmr", math.nan),
        n_informants=fit.n,
        n_clusters=n_clusters(fit),
        n_imputations=1,
        note=fit_notes(fit),
    )
    return _chosen(table, latent_names(fit), method, fit.n), row


def _imputed(
    model: str, imputation: MultipleImputation, cluster: str | None, std_lv: bool, method: str
) -> tuple[PooledEstimates, dict[int, str]]:
    """Fits to all data sets; those that cannot be fitted are left out, with their reasons."""
    options: dict[str, Any] = {"estimator": "MLR", "cluster": cluster, "std_lv": std_lv}
    if method == ORDERED:
        indicators = {term.rhs for term in parse_model(model).terms if term.op == "=~"}
        items = [item for item in imputation.items if item in indicators]
        options = {"estimator": "WLSMV", "ordered": items, "cluster": cluster, "std_lv": std_lv}
    fits: list[Fit] = []
    failed: dict[int, str] = {}
    for number, frame in enumerate(imputation.frames()):
        try:
            fits.append(fit_model(model, frame, **options))
        except ComplyError as error:
            failed[number] = " ".join(str(error).split())
    if len(fits) < 2:
        reason = next(iter(failed.values()), "")
        raise ComplyError(f"fewer than two imputed data sets could be fitted: {reason}")
    return pooled_estimates(fits, standardized="all"), failed


def _of_pooled(
    found: PooledEstimates, failed: Mapping[int, str], method: str
) -> tuple[pd.DataFrame, dict[str, object]]:
    indices = found.indices.set_index("index")
    test = next(test for test in found.tests if test.method == "D2")
    notes = [found.note, test.note]
    if failed:
        number, reason = next(iter(failed.items()))
        notes.append(f"{len(failed)} data sets could not be fitted (number {number}: {reason})")
    row = _row(
        method,
        test="D2",
        statistic=test.statistic,
        df1=test.df1,
        df2=test.df2,
        pvalue=test.pvalue,
        cfi=indices.loc["cfi", "pooled"],
        rmsea=indices.loc["rmsea", "pooled"],
        srmr=indices.loc["srmr", "mean"],
        n_informants=found.n_informants,
        n_clusters=found.n_clusters,
        n_imputations=found.n_imputations,
        n_failed=found.n_failed + len(failed),
        note="; ".join(note for note in notes if note),
    )
    return _chosen(found.table, found.latent, method, found.n_informants), row


def _chosen(table: pd.DataFrame, latent: frozenset[str], method: str, n: int) -> pd.DataFrame:
    """Loadings, paths and correlations of latent variables."""
    pair = (table["op"] == "~~") & table["lhs"].isin(latent) & table["rhs"].isin(latent)
    kept = table[table["op"].isin(["=~", "~"]) | (pair & (table["lhs"] != table["rhs"]))]
    return kept.assign(method=method, n_informants=n)[[*_PARAMETERS, "n_informants"]]


def _row(method: str, **values: object) -> dict[str, object]:
    empty: dict[str, object] = dict.fromkeys(_FITS, math.nan)
    counts = {"n_informants": 0, "n_clusters": -1, "n_imputations": 0, "n_failed": 0}
    return empty | {"method": method, "test": "", "note": ""} | counts | values
