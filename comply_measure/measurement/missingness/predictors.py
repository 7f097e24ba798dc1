"""Does what is missing depend on what is known? Binomial regressions of missing answers and absent informants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.frames import joined
from comply_measure.statistics.arrays import Floats, evenly_scaled, without_variance
from comply_measure.statistics.cluster_robust import ClusterRobust, cluster_robust, few_clusters_note
from comply_measure.statistics.multiplicity import holm

_NOTHING = ("odds_ratio", "lower", "upper", "statistic", "df", "p")
_TOGETHER = "categories tested together: no single odds ratio"
_SEPARATED = "the predictors separate who answers"
#: Predictors are taken together while clusters are at least so many times their columns.
_CLUSTERS_PER_COLUMN = 2


@dataclass(frozen=True, eq=False)
class MissingCounts:
    """How often something is missing, a row per informant (or per place of one), with what is known of each.

    Attributes
    ----------
    key : str
        What is missing.
    missing, asked : ndarray, shape (n,)
        Counts; rows with nothing asked are left out.
    cluster : ndarray, shape (n,)
        Rows of one cluster are alike.
    predictors : DataFrame
        Numbers and categories, n rows.
    """

    key: str
    missing: Floats
    asked: Floats
    cluster: NDArray[Any]
    predictors: pd.DataFrame


def missingness_predictors(kinds: Sequence[MissingCounts]) -> pd.DataFrame:
    """Regress each kind of what is missing on all that is known.

    ``logit P(missing) = Xβ`` for counts out of what was asked (quasi-binomial: the counts of one informant are more
    alike than binomial ones). A number is taken as its normal score (van der Waerden), so that odds ratios are per
    standard deviation whatever its scale; categories are indicators, tested together. All predictors stand in one
    model while clusters are at least twice its columns, else each in a model of its own (``beside``). The covariance
    is CR2 of the model linearised at its maximum (Liang & Zeger 1986; Bell & McCaffrey 2002), tests are t and HTZ with
    its degrees of freedom (Pustejovsky & Tipton 2018). p_holm corrects over the whole table.

    A relation speaks against answers that are missing completely at random; where the predictor is part of the
    analysis they are random given it. No test shows that what is missing does not depend on the answers themselves.

    Parameters
    ----------
    kinds : sequence of MissingCounts

    Returns
    -------
    DataFrame
        One row per kind and predictor: kind, predictor, n (rows), n_missing, n_asked, n_clusters, beside (``all`` or
        ``none``), odds_ratio (of a number, per SD), lower, upper (95 %), statistic (t, or F of categories), df, p,
        p_holm, note.

    Raises
    ------
    InputError
        Predictors of other rows.
    """
    rows: list[dict[str, object]] = []
    for kind in kinds:
        if not len(kind.predictors) == len(kind.missing) == len(kind.asked) == len(kind.cluster):
            fault = Problem("rows of predictors", value=len(kind.predictors), allowed=str(len(kind.missing)))
            raise InputError("Missing answers cannot be regressed on these predictors.", [fault])
        rows += _kind_rows(kind)
    columns = ["kind", "predictor", "n", "n_missing", "n_asked", "n_clusters", "beside", *_NOTHING, "note"]
    found = pd.DataFrame(rows, columns=columns)
    found.insert(columns.index("p") + 1, "p_holm", holm(found["p"].to_numpy(dtype=np.float64)))
    return found


def normal_scores(values: pd.Series[Any]) -> Floats:
    """``Φ⁻¹(rank/(n + 1))``, ties at their mean rank, scaled to variance 1; NaN stays NaN."""
    ranks = values.rank().to_numpy(dtype=np.float64, na_value=np.nan)
    known = np.isfinite(ranks)
    scores = scipy.special.ndtri(ranks / (known.sum() + 1))
    sd = float(scores[known].std()) if known.any() else 0.0
    if not sd > 0:
        return np.where(known, 0.0, np.nan)
    return np.asarray((scores - scores[known].mean()) / sd)


@dataclass(frozen=True, slots=True)
class _Term:
    """Columns of one predictor, shape (n, q)."""

    name: str
    columns: Floats
    category: bool


def _term(name: str, values: pd.Series[Any]) -> _Term:
    """A number as its normal score, categories as indicators of all but the most frequent."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return _Term(name, normal_scores(values)[:, None], False)
    words = values.astype("string")
    known = words.notna().to_numpy()
    levels = words.value_counts().index[1:]
    columns = [
        np.where(known, (words == level).fillna(False).to_numpy(dtype=bool), np.nan) for level in levels
    ]
    constant = np.where(known, 0.0, np.nan)
    return _Term(name, np.column_stack(columns or [constant]).astype(np.float64), True)


def _kind_rows(kind: MissingCounts) -> list[dict[str, object]]:
    terms = [_term(str(name), kind.predictors[name]) for name in kind.predictors.columns]
    known = [term for term in terms if np.isfinite(term.columns).any()]
    every = np.column_stack([term.columns for term in known]) if known else np.zeros((len(kind.missing), 0))
    used = (kind.asked > 0) & np.isfinite(every).all(axis=1)
    n_clusters = len(pd.unique(kind.cluster[used]))
    if n_clusters >= _CLUSTERS_PER_COLUMN * (1 + every.shape[1]):
        return _rows(kind, terms, known, "all")
    return [row for term in terms for row in _rows(kind, [term], [t for t in known if t is term], "none")]


def _rows(
    kind: MissingCounts, terms: Sequence[_Term], known: Sequence[_Term], beside: str
) -> list[dict[str, object]]:
    """Rows of the terms of one model."""
    used = kind.asked > 0
    for term in known:
        used &= np.isfinite(term.columns).all(axis=1)
    missing, asked = kind.missing[used], kind.asked[used]
    clusters = pd.factorize(kind.cluster[used])[0].astype(np.int64)
    head: dict[str, object] = {
        "kind": kind.key,
        "n": int(used.sum()),
        "n_missing": int(missing.sum()),
        "n_asked": int(asked.sum()),
        "n_clusters": int(clusters.max(initial=-1)) + 1,
        "beside": beside,
        **dict.fromkeys(_NOTHING, np.nan),
    }
    design, places, notes = _design(terms, known, used)
    why = _obstacle(missing, asked, int(head["n_clusters"]), design)  # type: ignore[call-overload]
    found: dict[str, dict[str, object]] = {}
    if not why:
        beta, robust, why = _fitted(missing, asked, design, clusters)
        if robust is not None:
            few = few_clusters_note(robust.n_clusters)
            found = {
                name: {
                    **_tested(beta, robust, place, category),
                    "note": joined(_TOGETHER if category else "", few),
                }
                for name, (place, category) in places.items()
            }
    return [
        head
        | {"predictor": term.name, "note": notes.get(term.name, why)}
        | (found.get(term.name, {}) if term.name not in notes else {})
        for term in terms
    ]


def _design(
    terms: Sequence[_Term], known: Sequence[_Term], used: NDArray[np.bool_]
) -> tuple[Floats, dict[str, tuple[slice, bool]], dict[str, str]]:
    """Intercept and columns of the terms, their places, and why a term is left out."""
    design = np.ones((int(used.sum()), 1))
    places: dict[str, tuple[slice, bool]] = {}
    notes: dict[str, str] = {}
    for term in terms:
        columns = term.columns[used]
        if not any(term is other for other in known):
            notes[term.name] = "no value is known"
        elif not len(columns) or any(map(without_variance, columns.T)):
            notes[term.name] = "the predictor does not vary"
        elif np.linalg.matrix_rank(_beside(design, columns)) < design.shape[1] + columns.shape[1]:
            notes[term.name] = "the predictor follows from those before it"
        else:
            places[term.name] = (slice(design.shape[1], design.shape[1] + columns.shape[1]), term.category)
            design = np.column_stack([design, columns])
    return design, places, notes


def _beside(design: Floats, columns: Floats) -> Floats:
    return evenly_scaled(np.column_stack([design, columns]))[0]


def _obstacle(missing: Floats, asked: Floats, n_clusters: int, design: Floats) -> str:
    if missing.sum() == 0:
        return "nothing is missing"
    if missing.sum() == asked.sum():
        return "everything is missing"
    return "" if n_clusters > design.shape[1] else f"{n_clusters} clusters are too few"


def _fitted(
    missing: Floats, asked: Floats, X: Floats, clusters: NDArray[np.int64]
) -> tuple[Floats, ClusterRobust | None, str]:
    """Coefficients by Newton's method and their clustered covariance; why there are none."""
    share = (missing.sum() + 0.5) / (asked.sum() + 1.0)
    beta = np.zeros(X.shape[1])
    beta[0] = np.log(share / (1 - share))
    for _ in range(60):
        p = scipy.special.expit(X @ beta)
        information = X.T @ ((asked * p * (1 - p))[:, None] * X)
        if np.linalg.cond(information) > 1e12 or np.abs(beta).max() > 20:
            return beta, None, _SEPARATED
        step = np.linalg.solve(information, X.T @ (missing - asked * p))
        beta = beta + step * min(1.0, 3.0 / max(1e-300, float(np.abs(step).max())))
        if np.abs(step).max() < 1e-10:
            break
    else:
        return beta, None, _SEPARATED
    p = scipy.special.expit(X @ beta)
    root = np.sqrt(asked * p * (1 - p))
    return beta, cluster_robust(X * root[:, None], (missing - asked * p) / root, clusters), ""


def _tested(beta: Floats, robust: ClusterRobust, place: slice, category: bool) -> dict[str, object]:
    contrasts = np.eye(len(beta))[place]
    if category:
        F, df, p = robust.wald(contrasts, beta[place])
        return {"statistic": F, "df": df, "p": p}
    b, se = float(beta[place][0]), float(np.sqrt(robust.covariance[place.start, place.start]))
    df = float(robust.degrees_of_freedom(contrasts)[0])
    half = float(scipy.stats.t.ppf(0.975, df)) * se
    return {
        "odds_ratio": float(np.exp(b)),
        "lower": float(np.exp(b - half)),
        "upper": float(np.exp(b + half)),
        "statistic": b / se,
        "df": df,
        "p": float(2 * scipy.stats.t.sf(abs(b / se), df)),
    }
