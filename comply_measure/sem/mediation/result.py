"""Indirect effects of a fit: one table, and what it means in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from comply_measure.results import Result

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Suppression:
    """Effects of opposite sign, both intervals without zero: inconsistent mediation.

    Attributes
    ----------
    first, second : str
        Names of the two effects.
    first_est, second_est : float
    predictor, outcome, group, at : str
    """

    first: str
    second: str
    first_est: float
    second_est: float
    predictor: str
    outcome: str
    group: str
    at: str

    @property
    def text(self) -> str:
        """The finding as a sentence."""
        place = "".join(f", {word}" for word in (self.group and f"group {self.group}", self.at) if word)
        return (
            f"Inconsistent mediation (suppression) from {self.predictor} to {self.outcome}{place}: {self.first} "
            f"({self.first_est:.3g}) and {self.second} ({self.second_est:.3g}) have opposite signs, and both intervals "
            f"exclude zero; in their sum they hide each other."
        )


@dataclass(frozen=True)
class IndirectEffects(Result):
    """Indirect, direct and total effects with their intervals.

    Attributes
    ----------
    table : DataFrame
        A row per effect: kind (``specific``, ``total_indirect``, ``direct``, ``total``, ``contrast``, ``index``,
        ``difference``), predictor, through, outcome, moderator, at, group, name, est, se, z, pvalue, ci_lower and
        ci_upper (delta method), mc_pvalue, mc_lower, mc_upper, with a bootstrap perc_lower, perc_upper, bca_lower,
        bca_upper; est_std, se_std, std_mc_lower, std_mc_upper and std_perc_lower, std_perc_upper.
    level : float
        Confidence level.
    draws, replications : int
        Of the Monte Carlo method; of the bootstrap (0: none).
    seed : int
        Of the Monte Carlo draws.
    notes : tuple of str
    """

    table: pd.DataFrame
    level: float
    draws: int
    replications: int
    seed: int
    notes: tuple[str, ...] = ()

    @property
    def interval(self) -> str:
        """The interval that conclusions rest on: ``perc`` with a bootstrap, ``mc`` otherwise."""
        return "perc" if self.replications else "mc"

    def tidy(self) -> pd.DataFrame:
        """The table, with the notes in ``attrs["notes"]``."""
        found = self.table.copy()
        found.attrs["notes"] = self.notes
        return found

    def of(self, kind: str) -> pd.DataFrame:
        """Rows of one kind."""
        return self.table[self.table["kind"] == kind].reset_index(drop=True)

    def suppression(self) -> tuple[Suppression, ...]:
        """Direct against indirect effects, and routes against each other, of opposite sign without zero.

        Source: MacKinnon, Krull & Lockwood (2000). Intervals are those named by :attr:`interval`.
        """
        keep = self.table["kind"].isin(["specific", "total_indirect", "direct"])
        single = ~self.table["group"].str.contains(" − ", regex=False)
        found: list[Suppression] = []
        for _, mine in self.table[keep & single].groupby(["predictor", "outcome", "group"], sort=False):
            rows = [{str(key): value for key, value in row.items()} for row in mine.to_dict("records")]
            clear = [row for row in rows if self._excludes_zero(row)]
            found += [_told(one, other) for one, other in _opposed(clear)]
        return tuple(found)

    def _excludes_zero(self, row: dict[str, Any]) -> bool:
        low, high = (float(row[f"{self.interval}_{end}"]) for end in ("lower", "upper"))
        return low > 0.0 or high < 0.0


def _opposed(rows: Sequence[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Pairs that tell an inconsistency: one route with another, the direct effect with the indirect ones.

    Where the direct effect is opposed to the total indirect one, it is not set against single routes besides.
    """
    found = []
    for place, one in enumerate(rows):
        for other in rows[place + 1 :]:
            kinds = {one["kind"], other["kind"]}
            comparable = kinds == {"specific"} or ("direct" in kinds and len(kinds) == 2)
            same = one["at"] == other["at"] or not one["at"] or not other["at"]
            if comparable and same and float(one["est"]) * float(other["est"]) < 0.0:
                found.append((one, other))
    summed = any({one["kind"], other["kind"]} == {"direct", "total_indirect"} for one, other in found)
    return [
        (one, other)
        for one, other in found
        if {one["kind"], other["kind"]} != {"direct", "specific"} or not summed
    ]


def _told(one: dict[str, Any], other: dict[str, Any]) -> Suppression:
    return Suppression(
        _name(one), _name(other), float(one["est"]), float(other["est"]), str(one["predictor"]),
        str(one["outcome"]), str(one["group"]), str(one["at"] or other["at"]),
    )  # fmt: skip


def _name(row: dict[str, Any]) -> str:
    words = {
        "direct": "the direct effect",
        "total_indirect": "the total indirect effect",
        "specific": f"the effect through {row['through']}",
    }
    return words[str(row["kind"])]
