"""Flags: an informant is suspicious when several families of indices say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.measurement.careless.battery import CarelessIndices

# indices that say the same in other words
FAMILIES = {
    "repetition": ("longstring", "mean_string", "irv", "invariant", "n_answered"),
    "inconsistency": ("even_odd", "synonyms", "antonyms", "contradiction"),
    "unusual answers": ("mahalanobis", "mahalanobis_p", "guttman", "person_total"),
}


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
class CarelessFlags:
    """Flags per informant.

    Attributes
    ----------
    table : DataFrame
        One row per informant: one Boolean column per index used, ``invariant`` (no variability),
        ``contradiction``, ``n_flags`` (families), ``n_defined`` (indices), ``flagged``.
    cutoffs : tuple of Cutoff
    at_least : int
        Number of families that must agree.
    """

    table: pd.DataFrame
    cutoffs: tuple[Cutoff, ...]
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


def _fence(values: pd.Series) -> float:
    known = values.dropna()
    if len(known) < 4:
        return float("nan")
    first, third = known.quantile(0.25), known.quantile(0.75)
    return float(third + 3 * (third - first))


def careless_flags(
    indices: CarelessIndices, cutoffs: Sequence[Cutoff] | None = None, at_least: int = 2
) -> CarelessFlags:
    """Flag informants whom at least ``at_least`` families of indices find suspicious.

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

    Returns
    -------
    CarelessFlags

    Raises
    ------
    ComplyError
        For an unknown index or an impossible ``at_least``.
    """
    chosen = tuple(cutoffs) if cutoffs is not None else default_cutoffs(indices)
    unknown = [c.index for c in chosen if c.index not in indices.table.columns]
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
        table[cutoff.index] = (value > cutoff.value) if cutoff.side == "above" else (value < cutoff.value)
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
    table["flagged"] = table["n_flags"] >= at_least
    return CarelessFlags(table, chosen, at_least)
