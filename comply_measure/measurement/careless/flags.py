"""Flags: an informant is suspicious when several families of indices say so, or one index is extreme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
from scipy.special import ndtr, ndtri

from comply_measure.errors import ComplyError
from comply_measure.measurement.careless.battery import CarelessIndices
from comply_measure.results import Result

# indices that say the same in other words
FAMILIES = {
    "repetition": ("longstring", "mean_string", "modal_share", "irv", "invariant", "n_answered"),
    "inconsistency": ("even_odd", "synonyms", "antonyms", "contradiction"),
    "unusual answers": ("mahalanobis", "mahalanobis_p", "guttman", "person_total"),
}

#: Answers below which the same answer to most items is common among attentive informants.
_MANY_ITEMS = 20
_SMALLEST = 1e-300


@dataclass(frozen=True)
class Cutoff:
    """When an index counts as suspicious.

    Parameters
    ----------
    index : str
        Column of :class:`CarelessIndices`.
    side : {"above", "below"}
        Which side of the value is suspicious (the value itself is not).
    value : float
    source : str
        Where the cut-off comes from.
    """

    index: str
    side: Literal["above", "below"]
    value: float
    source: str


@dataclass(frozen=True)
class CarelessFlags(Result):
    """Flags per informant.

    Attributes
    ----------
    table : DataFrame
        One row per informant: one Boolean column per index used, ``invariant`` (no variability),
        ``contradiction``, ``n_flags`` (families), ``n_defined`` (indices), ``extreme`` (which index suffices alone;
        empty if none), ``flagged``.
    cutoffs : tuple of Cutoff
    extremes : tuple of Cutoff
        Cut-offs beyond which one index suffices.
    at_least : int
        Number of families that must agree.
    """

    table: pd.DataFrame
    cutoffs: tuple[Cutoff, ...]
    extremes: tuple[Cutoff, ...]
    at_least: int

    @property
    def n_flagged(self) -> int:
        """Number of flagged informants."""
        return int(self.table["flagged"].sum())

    def tidy(self) -> pd.DataFrame:
        """Return one row per informant."""
        return self.table.copy()

    def rules(self) -> pd.DataFrame:
        """Return the cut-offs with their sources and how many informants each flags alone."""
        return pd.DataFrame(
            [(c.index, c.side, c.value, int(self.table[c.index].sum()), c.source) for c in self.cutoffs],
            columns=["index", "suspicious", "cutoff", "n_flagged", "source"],
        )

    def extreme_rules(self) -> pd.DataFrame:
        """Return the cut-offs beyond which one index suffices, and how many informants are flagged by each."""
        extreme = self.table["extreme"]
        return pd.DataFrame(
            [(c.index, c.side, c.value, int((extreme == c.index).sum()), c.source) for c in self.extremes],
            columns=["index", "suspicious", "cutoff", "n_flagged", "source"],
        )


def default_cutoffs(indices: CarelessIndices) -> tuple[Cutoff, ...]:
    """Conventional cut-offs, and Tukey's outer fence where none is established.

    The published cut-offs of the within-person correlations (.30 for even-odd, Jackson 1976; .22 for synonyms,
    Meade & Craig 2012) come from inventories of a hundred items and more; in short scales they flag attentive
    informants with flat profiles by the dozen, so the default asks for no positive relation at all. Pass your own
    to :func:`careless_flags`.

    Parameters
    ----------
    indices : CarelessIndices

    Returns
    -------
    tuple of Cutoff
        Without the indices that nobody has.
    """
    table = indices.table
    chosen = [
        Cutoff("longstring", "above", _fence(table["longstring"]), "Tukey's outer fence in this sample"),
        Cutoff("mahalanobis_p", "below", 0.001, "χ² tail of .001"),
        Cutoff("even_odd", "above", 0.0, "half-scales not positively related"),
        Cutoff("guttman", "above", _fence(table["guttman"]), "Tukey's outer fence in this sample"),
    ]
    if table["synonyms"].notna().any():
        chosen.append(Cutoff("synonyms", "below", 0.0, "answers to like items not positively related"))
    return tuple(c for c in chosen if c.value == c.value)


def extreme_cutoffs(indices: CarelessIndices) -> tuple[Cutoff, ...]:
    """Where one index suffices: far out in this sample *and* beyond what attentive informants reach in any.

    * Nearly the same answer to everything: a modal share above .80 and beyond Tukey's outer fence, of informants with
      20 answers or more (of few items the same answer to most is common).
    * Answers that no attentive profile explains: a tail probability of the Mahalanobis distance below that of a normal
      value of 5 (2.9e-7), and beyond the outer fence of these values.

    Parameters
    ----------
    indices : CarelessIndices

    Returns
    -------
    tuple of Cutoff
        Without the indices that nobody has.
    """
    table = indices.table
    found = []
    if indices.n_items >= _MANY_ITEMS:
        share = max(0.80, _fence(table["modal_share"]))
        found.append(
            Cutoff("modal_share", "above", share, "nearly the same answer to everything; outer fence")
        )
    z = pd.Series(-ndtri(table["mahalanobis_p"].clip(_SMALLEST, 1 - 1e-16)), index=table.index)
    tail = float(ndtr(-max(5.0, _fence(z))))
    found.append(Cutoff("mahalanobis_p", "below", tail, "normal value of 5, and outer fence"))
    return tuple(c for c in found if c.value == c.value and table[c.index].notna().any())


def _fence(values: pd.Series) -> float:
    known = values.dropna()
    if len(known) < 4:
        return float("nan")
    first, third = known.quantile(0.25), known.quantile(0.75)
    return float(third + 3 * (third - first))


def _beyond(value: pd.Series, cutoff: Cutoff) -> pd.Series:
    return value > cutoff.value if cutoff.side == "above" else value < cutoff.value


def careless_flags(
    indices: CarelessIndices,
    cutoffs: Sequence[Cutoff] | None = None,
    at_least: int = 2,
    extremes: Sequence[Cutoff] | None = None,
) -> CarelessFlags:
    """Flag informants whom at least ``at_least`` families of indices find suspicious, or one index beyond its extreme.

    Indices of one family say the same in other words, so families are counted, not indices: *repetition* (long
    strings, no variability), *inconsistency* (halves, synonyms, antonyms, one answer to items keyed both ways) and
    *unusual answers* (Mahalanobis distance, Guttman errors, person-total). Where items are few, binary or skewed,
    attentive informants give the same answer everywhere; that is one family, however many of its indices say so.
    Undefined indices never count against an informant; the number of defined ones is in the table.

    Parameters
    ----------
    indices : CarelessIndices
    cutoffs : sequence of Cutoff, optional
        By default :func:`default_cutoffs`.
    at_least : int
        Families that must agree, 1 to 3.
    extremes : sequence of Cutoff, optional
        Cut-offs beyond which one index suffices; by default :func:`extreme_cutoffs`, none with `cutoffs` of one's own.

    Returns
    -------
    CarelessFlags

    Raises
    ------
    ComplyError
        For an unknown index or an impossible ``at_least``.
    """
    chosen = tuple(cutoffs) if cutoffs is not None else default_cutoffs(indices)
    if extremes is None:
        extremes = extreme_cutoffs(indices) if cutoffs is None else ()
    unknown = [c.index for c in (*chosen, *extremes) if c.index not in indices.table.columns]
    if unknown:
        known = ", ".join(indices.table.columns)
        raise ComplyError(f"unknown index of carelessness: {unknown[0]!r}; known: {known}")
    if not 1 <= at_least <= len(FAMILIES):
        raise ComplyError(
            f"at_least is {at_least}; it must lie between 1 and {len(FAMILIES)}, the families of indices"
        )
    table = pd.DataFrame(index=indices.table.index)
    defined = pd.Series(0, index=table.index)
    for cutoff in chosen:
        value = indices.table[cutoff.index]
        table[cutoff.index] = _beyond(value, cutoff)
        defined += value.notna()
    answered = indices.table["n_answered"]
    table["invariant"] = (indices.table["irv"] == 0) & (answered >= 0.5 * indices.n_items)
    table["contradiction"] = indices.table["contradiction"].astype(bool)
    families = pd.DataFrame(
        {
            family: table[[name for name in members if name in table.columns]].any(axis=1)
            for family, members in FAMILIES.items()
        }
    )
    table["n_flags"] = families.sum(axis=1)
    table["n_defined"] = defined
    table["extreme"] = ""
    for cutoff in extremes:
        beyond = _beyond(indices.table[cutoff.index], cutoff)
        if cutoff.index == "modal_share":
            beyond &= answered >= _MANY_ITEMS
        table.loc[beyond & table["extreme"].eq(""), "extreme"] = cutoff.index
    table["flagged"] = (table["n_flags"] >= at_least) | table["extreme"].ne("")
    return CarelessFlags(table, chosen, tuple(extremes), at_least)
