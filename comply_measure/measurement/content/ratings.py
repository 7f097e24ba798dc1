"""Relevance ratings by experts: I-CVI, S-CVI, modified kappa, Lawshe's CVR, Aiken's V."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy
from scipy import special

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.frames import table_values
from comply_measure.measurement.ranges import is_count, require
from comply_measure.results import Result
from comply_measure.statistics.proportions import wilson_interval

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ContentValidity(Result):
    """Content validity of every item and of the scale.

    Attributes
    ----------
    items : DataFrame
        One row per item: ``n_experts``, ``n_relevant``, ``i_cvi``, ``kappa``, ``cvr``, ``cvr_critical``,
        ``cvr_p``, ``aiken_v``, ``aiken_lower``, ``aiken_upper``, ``aiken_p``, ``note``.
    s_cvi_ave, s_cvi_ua : float
        Mean I-CVI; share of items that all experts find relevant.
    n_experts : int
        Experts with at least one rating.
    relevant_from, minimum, maximum, level : float
        Options that were used.
    """

    items: pd.DataFrame
    s_cvi_ave: float
    s_cvi_ua: float
    n_experts: int
    relevant_from: float
    minimum: float
    maximum: float
    level: float

    def tidy(self) -> pd.DataFrame:
        """Return one row per item."""
        return self.items.copy()


def modified_kappa(n_relevant: Floats, n_experts: Floats) -> Floats:
    """Agreement on relevance beyond chance, ``(I-CVI − p_c)/(1 − p_c)``, ``p_c = C(N, A)·½^N``.

    Source: Polit, Beck & Owen (2007). NaN for fewer than two experts: there is nothing to agree on.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        chance = special.comb(n_experts, n_relevant) * 0.5**n_experts
        value = (n_relevant / n_experts - chance) / (1.0 - chance)
    return np.where(n_experts >= 2, value, np.nan)


def cvr_critical(n_experts: int, alpha: float = 0.05) -> float:
    """Return the smallest content validity ratio that is significant, one-sided and exact.

    The smallest ``A`` with ``P(Bin(N, ½) ≥ A) ≤ alpha`` gives ``(A − N/2)/(N/2)``; Ayre & Scally (2014).

    Parameters
    ----------
    n_experts : int
        N.
    alpha : float
        Level of the test.

    Returns
    -------
    float
        NaN if even a unanimous panel of this size is not significant (N ≤ 4 at .05).

    Raises
    ------
    InputError
        A level outside (0, 1), a negative number of experts.
    """
    require(
        "The critical ratio cannot be computed.",
        ("n_experts", n_experts, "not negative", is_count(n_experts, 0)),
        ("alpha", alpha, "between 0 and 1", 0 < alpha < 1),
    )
    if n_experts < 1:
        return float("nan")
    counts = np.arange(n_experts + 1)
    enough = counts[scipy.stats.binom.sf(counts - 1, n_experts, 0.5) <= alpha]
    if enough.size == 0:
        return float("nan")
    return float((enough[0] - n_experts / 2) / (n_experts / 2))


def aiken_interval(v: Floats, n: Floats, steps: float, level: float) -> tuple[Floats, Floats]:
    """Score interval of Aiken's V (Penfield & Giacobbi 2004): Wilson's with ``n·steps`` trials."""
    return wilson_interval(v, n * steps, level)


def aiken_p(total: int, n_experts: int, steps: int) -> float:
    """Right-tail probability of a sum of ratings on 0…steps if all categories were equally likely.

    Source: Aiken (1985). Exact, by convolution.
    """
    if n_experts == 0:
        return float("nan")
    pmf = np.ones(1)
    for _ in range(n_experts):
        pmf = np.convolve(pmf, np.full(steps + 1, 1.0 / (steps + 1)))
    return float(min(1.0, pmf[total:].sum()))


def content_validity(
    ratings: pd.DataFrame,
    minimum: int = 1,
    maximum: int = 4,
    relevant_from: int = 3,
    alpha: float = 0.05,
    level: float = 0.95,
) -> ContentValidity:
    """Content validity of items from experts' relevance ratings.

    Parameters
    ----------
    ratings : DataFrame, shape (n_experts, n_items)
        One row per expert, one column per item; NaN = not rated (the expert does not count for that item).
    minimum, maximum : int
        Ends of the rating scale.
    relevant_from : int
        Lowest rating that counts as relevant (I-CVI, kappa) and as essential (CVR).
    alpha : float
        Level of the one-sided exact test of the CVR.
    level : float
        Confidence level of Aiken's V.

    Returns
    -------
    ContentValidity

    Raises
    ------
    InputError
        If a rating is not a whole number within the scale; all such cells are listed.

    Notes
    -----
    I-CVI = share of experts who rate the item relevant (Lynn 1986). S-CVI/Ave = mean I-CVI, S-CVI/UA = share
    of items with I-CVI = 1 (Polit & Beck 2006). CVR = (A − N/2)/(N/2) (Lawshe 1975).
    V = (mean − minimum)/(maximum − minimum) (Aiken 1985).
    """
    x = table_values(ratings, "The ratings cannot be used.")
    _check_ratings(ratings, x, minimum, maximum)
    given = ~np.isnan(x)
    n = given.sum(axis=0).astype(float)
    relevant = ((x >= relevant_from) & given).sum(axis=0).astype(float)
    steps = maximum - minimum
    total = np.where(given, x - minimum, 0.0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        i_cvi = np.where(n > 0, relevant / n, np.nan)
        cvr = np.where(n > 0, (relevant - n / 2) / (n / 2), np.nan)
        v = np.where(n > 0, total / (n * steps), np.nan)
    lower, upper = aiken_interval(v, n, steps, level)
    items = pd.DataFrame(
        {
            "item": ratings.columns.astype(str),
            "n_experts": n.astype(int),
            "n_relevant": relevant.astype(int),
            "i_cvi": i_cvi,
            "kappa": modified_kappa(relevant, n),
            "cvr": cvr,
            "cvr_critical": [cvr_critical(int(k), alpha) for k in n],
            "cvr_p": np.where(n > 0, scipy.stats.binom.sf(relevant - 1, n, 0.5), np.nan),
            "aiken_v": v,
            "aiken_lower": lower,
            "aiken_upper": upper,
            "aiken_p": [aiken_p(round(t), int(k), steps) for t, k in zip(total, n, strict=True)],
            "note": [_note(int(k), alpha) for k in n],
        }
    )
    rated = n > 0
    return ContentValidity(
        items=items,
        s_cvi_ave=float(i_cvi[rated].mean()) if rated.any() else float("nan"),
        s_cvi_ua=float((relevant[rated] == n[rated]).mean()) if rated.any() else float("nan"),
        n_experts=int(given.any(axis=1).sum()),
        relevant_from=relevant_from,
        minimum=minimum,
        maximum=maximum,
        level=level,
    )


def _note(n_experts: int, alpha: float) -> str:
    if n_experts == 0:
        return "no expert rated this item"
    if np.isnan(cvr_critical(n_experts, alpha)):
        return f"{n_experts} experts are too few for a significant CVR"
    return ""


def _check_ratings(ratings: pd.DataFrame, x: Floats, minimum: int, maximum: int) -> None:
    if ratings.shape[0] == 0 or ratings.shape[1] == 0:
        raise InputError(
            "The expert ratings are empty: one row per expert and one column per item are needed."
        )
    if maximum <= minimum:
        raise InputError(f"The rating scale runs from {minimum} to {maximum}; the maximum must be larger.")
    with np.errstate(invalid="ignore"):
        bad = ~np.isnan(x) & ((x < minimum) | (x > maximum) | (x != np.round(x)))
    if bad.any():
        raise InputError(
            "The expert ratings contain values outside the scale.",
            [
                Problem(
                    "not a rating",
                    row=str(ratings.index[i]),
                    column=str(ratings.columns[j]),
                    value=float(x[i, j]),
                    allowed=f"whole numbers {minimum} to {maximum}, or empty",
                )
                for i, j in zip(*np.nonzero(bad), strict=True)
            ],
        )
