"""Item sorts: judges assign each item to one construct (Anderson & Gerbing 1991)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import scipy

from comply_measure.errors import InputError, Problem
from comply_measure.results import Result


@dataclass(frozen=True)
class ItemSort(Result):
    """Substantive validity of every item.

    Attributes
    ----------
    items : DataFrame
        ``item``, ``construct`` (intended), ``n_judges``, ``n_intended``, ``n_other`` (judges who chose the
        most frequent other construct), ``most_frequent_other``, ``p_sa``, ``p_sa_p``, ``c_sv``, ``c_sv_p``,
        ``c_sv_critical``, ``note``.
    constructs : tuple of str
        The constructs offered to the judges.
    chance : float
        Probability of an assignment under guessing.
    confusion : DataFrame
        Intended construct × assigned construct, counts.
    """

    items: pd.DataFrame
    constructs: tuple[str, ...]
    chance: float
    confusion: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """Return one row per item."""
        return self.items.copy()


@lru_cache(maxsize=256)
def _null_joint(n_judges: int, n_constructs: int) -> np.ndarray:
    """Joint probability of own and largest other count if every judge guesses, shape (N+1, N+1).

    Multinomial counts are independent Poisson counts given their total, so the probability that no other
    count exceeds ``b`` is a coefficient of a truncated Poisson series; Poisson means N/K keep it in range.
    """
    size = n_judges + 1
    pmf = scipy.stats.poisson.pmf(np.arange(size), n_judges / n_constructs)
    total = scipy.stats.poisson.pmf(n_judges, n_judges)
    joint = np.zeros((size, size))
    below = np.zeros(size)
    for b in range(size):
        series = np.eye(1, size)[0]
        for _ in range(n_constructs - 1):
            series = np.convolve(series, np.where(np.arange(size) <= b, pmf, 0.0))[:size]
        up_to = pmf * series[::-1] / total
        joint[:, b] = up_to - below
        below = up_to
    return np.clip(joint, 0.0, None)


def sort_p_value(n_intended: int, n_other: int, n_judges: int, n_constructs: int) -> float:
    """Exact ``P(c_sv ≥ observed)`` under guessing among ``n_constructs`` constructs."""
    joint = _null_joint(n_judges, n_constructs)
    difference = np.subtract.outer(np.arange(n_judges + 1), np.arange(n_judges + 1))
    return float(min(1.0, joint[difference >= n_intended - n_other].sum()))


def sort_critical(n_judges: int, n_constructs: int, alpha: float = 0.05) -> float:
    """Return the smallest c_sv with ``P(c_sv ≥ c) ≤ alpha`` under guessing; NaN if none exists.

    For two constructs this is Anderson & Gerbing's rule ``(2m − N)/N`` with the smallest ``m`` for which
    ``P(Bin(N, ½) ≥ m) ≤ alpha``.

    Parameters
    ----------
    n_judges, n_constructs : int
        N, and the constructs offered.
    alpha : float
    """
    if n_judges < 1 or n_constructs < 1 or not 0 < alpha < 1:
        problems = [
            Problem(name, value=value, allowed=allowed)
            for name, value, fine, allowed in (
                ("n_judges", n_judges, n_judges >= 1, "at least 1"),
                ("n_constructs", n_constructs, n_constructs >= 1, "at least 1"),
                ("alpha", alpha, 0 < alpha < 1, "between 0 and 1"),
            )
            if not fine
        ]
        raise InputError("The critical value cannot be computed.", problems)
    joint = _null_joint(n_judges, n_constructs)
    difference = np.subtract.outer(np.arange(n_judges + 1), np.arange(n_judges + 1))
    for value in np.unique(difference[joint > 0]):
        if joint[difference >= value].sum() <= alpha:
            return float(value / n_judges)
    return float("nan")


def item_sort(
    assignments: pd.DataFrame,
    intended: Mapping[str, str],
    constructs: Sequence[str] | None = None,
    alpha: float = 0.05,
) -> ItemSort:
    """Proportion of substantive agreement and substantive-validity coefficient of sorted items.

    ``p_sa = n_c/N`` and ``c_sv = (n_c − n_o)/N``, with ``n_c`` judges who chose the intended construct and
    ``n_o`` the largest number who chose any other (Anderson & Gerbing 1991). Their significance rule assumes
    two constructs; here chance is 1/K for K constructs and both p values are exact (binomial, multinomial).

    Parameters
    ----------
    assignments : DataFrame, shape (n_judges, n_items)
        The construct each judge chose; missing = not sorted.
    intended : mapping
        Item → intended construct.
    constructs : sequence of str, optional
        All constructs that were offered; default: those in ``intended``.
    alpha : float
        Level of the critical value.

    Raises
    ------
    InputError
        If an item has no intended construct, or a judge chose a construct that was not offered.
    """
    offered = tuple(dict.fromkeys(constructs if constructs is not None else intended.values()))
    _check(assignments, intended, offered)
    rows = []
    confusion = np.zeros((len(offered), len(offered)), dtype=np.int64)
    for item in assignments.columns.astype(str):
        chosen = Counter(assignments[item].dropna().tolist())
        counts = {construct: chosen[construct] for construct in offered}
        rows.append(_one_item(item, intended[item], counts, alpha))
        confusion[offered.index(intended[item])] += list(counts.values())
    together = pd.DataFrame(confusion, index=list(offered), columns=list(offered))
    return ItemSort(pd.DataFrame(rows), offered, 1.0 / len(offered), together)


def _one_item(item: str, construct: str, counts: Mapping[str, int], alpha: float) -> dict[str, object]:
    n = sum(counts.values())
    others = {name: count for name, count in counts.items() if name != construct}
    hit, other = counts[construct], max(others.values())
    k = len(counts)
    empty = n == 0
    critical = np.nan if empty else sort_critical(n, k, alpha)
    few = (
        "" if critical == critical else f"too few judges: no agreement is rarer than {alpha:g} under guessing"
    )
    return {
        "item": item,
        "construct": construct,
        "n_judges": n,
        "n_intended": hit,
        "n_other": other,
        "most_frequent_other": max(others, key=others.__getitem__) if other > 0 else "",
        "p_sa": np.nan if empty else hit / n,
        "p_sa_p": np.nan if empty else float(scipy.stats.binom.sf(hit - 1, n, 1.0 / k)),
        "c_sv": np.nan if empty else (hit - other) / n,
        "c_sv_p": np.nan if empty else sort_p_value(hit, other, n, k),
        "c_sv_critical": critical,
        "note": "no judge sorted this item" if empty else few,
    }


def _check(assignments: pd.DataFrame, intended: Mapping[str, str], offered: tuple[str, ...]) -> None:
    twice = assignments.columns[assignments.columns.duplicated()].unique()
    if len(twice):
        raise InputError(
            "The sort cannot be evaluated.", [Problem("column is named twice", column=str(n)) for n in twice]
        )
    problems = [
        Problem("no intended construct is given for this item", column=str(item))
        for item in assignments.columns
        if str(item) not in intended
    ]
    problems += [
        Problem("intended construct was not offered to the judges", column=item, value=construct)
        for item, construct in intended.items()
        if construct not in offered
    ]
    allowed = ", ".join(offered)
    for item in assignments.columns:
        chosen = assignments[item].dropna()
        problems += [
            Problem(
                "not one of the constructs", row=str(judge), column=str(item), value=value, allowed=allowed
            )
            for judge, value in chosen.items()
            if not (isinstance(value, str) and value in offered)
        ]
    if len(offered) < 2:
        problems.append(Problem("an item sort needs at least two constructs", value=allowed))
    if problems:
        raise InputError("The item sort cannot be used.", problems)
