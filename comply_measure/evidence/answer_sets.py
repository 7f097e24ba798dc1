"""Answers to scales by group, taken out of the data once, and the coefficients computed from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from comply_measure.evidence.focal import Focal
from comply_measure.measurement.frames import joined
from comply_measure.measurement.reliability.table import TRIAD, grouped_reliability
from comply_measure.measurement.reliability.table_groups import GroupedAnswers
from comply_measure.models.congeneric import AnswerSet, congeneric_of_sets
from comply_measure.statistics.reasons import with_reasons
from comply_measure.tables.roles import POOLED, by_role

OMEGA = {
    "scale": "construct",
    "lower": "omega_lower",
    "upper": "omega_upper",
    "average_variance_extracted": "ave",
}

KEYS = ["construct", "group"]

_BOUNDS = (
    "mean_correlation",
    "lambda2",
    "lambda6",
    "glb",
    "split_half_mean",
    "split_half_spearman_brown",
    "lambda4_max",
)

_ORDERED = ("alpha_ordinal", "omega_latent", "omega_categorical", "omega_categorical_observed")

_LEVELS = (
    "alpha_within",
    "omega_within",
    "alpha_between",
    "omega_between",
    "alpha_single",
    "omega_single",
    "alpha_mean",
    "omega_mean",
)

_DETAIL = (*_BOUNDS, *_ORDERED, *_LEVELS)

_WHY = dict.fromkeys(
    ("alpha_lower", "alpha_upper"), "informants of one unit depend on each other, and no units were resampled"
)


@dataclass(frozen=True, eq=False)
class AnswerSets:
    """Answers to some scales by group: pooled, by role, and unit means where all roles have the same items.

    They are taken out of the data once, for all tables that are computed from them.

    Attributes
    ----------
    parts : tuple of (str or None, GroupedAnswers)
        Answers of one group by name, or of several that name themselves.
    scales, groups : mapping of str to int
        Places in tables.
    """

    parts: tuple[tuple[str | None, GroupedAnswers], ...]
    scales: Mapping[str, int]
    groups: Mapping[str, int]

    @classmethod
    def of(cls, chosen: Focal, data: pd.DataFrame, scales: Mapping[str, Sequence[str]]) -> AnswerSets:
        """Take them out of a table with a row per informant: unit, firm, role and the items or scores."""
        kept = {key: tuple(items) for key, items in scales.items()}
        parts: list[tuple[str | None, GroupedAnswers]] = []
        if all(chosen.asked(kept, role) == kept for role in chosen.roles):
            parts.append((None, GroupedAnswers.of(data, kept, triad=len(chosen.roles) > 1)))
        else:
            for group, mine in by_role(data, chosen.roles):
                asked = chosen.asked(kept, None if group == POOLED else group)
                if len(mine) and asked:
                    parts.append((group, GroupedAnswers.of(mine, asked, by=None, triad=False)))
        groups = (POOLED, *chosen.roles, TRIAD)
        return cls(
            tuple(parts),
            {name: place for place, name in enumerate(kept)},
            {name: place for place, name in enumerate(groups)},
        )

    def of_all(self) -> AnswerSets:
        """Those of all informants."""
        parts = [
            (label, GroupedAnswers(tuple(entry for entry in part.entries if entry[1].label == POOLED)))
            for label, part in self.parts
            if label in (None, POOLED)
        ]
        return replace(self, parts=tuple(parts))

    def table(self, names: Sequence[str], **options: Any) -> pd.DataFrame:
        """Rows of :func:`.grouped_reliability` by construct and group."""
        return self._in_order(
            grouped_reliability(part, coefficients=names, **options).tidy() for _, part in self.parts
        )

    def omega(self) -> pd.DataFrame:
        """Rows of :func:`.congeneric_of_sets`, all groups fitted together."""
        sets = [
            AnswerSet(scale, group or mine.label, mine.items, mine.values)
            for group, part in self.parts
            for scale, mine in part.entries
        ]
        return congeneric_of_sets(sets).tidy().rename(columns={"scale": "construct"})

    def _in_order(self, tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
        named = [
            table if group is None else table.assign(group=group)
            for (group, _), table in zip(self.parts, tables, strict=True)
        ]
        table = pd.concat(named, ignore_index=True) if len(named) > 1 else named[0]
        table = table.assign(_group=table["group"].map(self.groups), _scale=table["scale"].map(self.scales))
        table = table.sort_values(["_scale", "_group"], kind="stable", ignore_index=True)
        return table.drop(columns=["_group", "_scale"]).rename(columns={"scale": "construct"})


def merged(sets: AnswerSets, replications: int, seed: int, *, below: bool = False) -> pd.DataFrame:
    """α, ω, H and AVE over the same items (or scores), a row per construct and group.

    Parameters
    ----------
    sets : AnswerSets
        Answers by construct and group.
    replications, seed : int
        Of the bootstrap.
    below : bool
        Whether the constructs stand below dimensions; then only pooled informants are resampled.
    """
    alpha = _alpha(sets, replications, seed, below)
    weighted = sets.table(("maximal_reliability",), interval="none")
    weighted = weighted[[*KEYS, "estimate", "note"]]
    weighted = weighted.rename(columns={"estimate": "maximal_reliability", "note": "h_note"})
    right = sets.omega().rename(columns=OMEGA).drop(columns=["n_indicators", "n_informants"])
    table = alpha.merge(right, on=KEYS, how="left").merge(weighted, on=KEYS, how="left")
    notes = zip(table["alpha_note"].fillna(""), table["note"].fillna(""), strict=True)
    table["note"] = [one if other in one else joined(one, other) for one, other in notes]
    silent = table["maximal_reliability"].isna() & table["note"].eq("")
    table["note"] = table["note"].where(~silent, "H: " + table["h_note"].fillna(""))
    return with_reasons(table.drop(columns=["alpha_note", "h_note"]), _WHY)


def _alpha(sets: AnswerSets, replications: int, seed: int, below: bool) -> pd.DataFrame:
    """α with Feldt's interval, or with resampled units where informants of one unit are pooled."""
    drawn: dict[str, Any] = {"n_replications": replications, "seed": seed, "missing": "pairwise"}
    whole = bool(replications) and not below
    plain = sets.table(("alpha",), interval="auto" if whole else "feldt", **drawn)
    table = plain[[*KEYS, "n_items", "n_units", "n_informants", "estimate", "lower", "upper", "interval"]]
    table = table.rename(columns={"estimate": "alpha", "lower": "alpha_lower", "upper": "alpha_upper"})
    table["sem"] = plain["standard_error_of_measurement"]
    table["alpha_note"] = plain["note"].where(plain["estimate"].isna(), plain["doubt"])
    if replications and below:
        table = _resampled(table, sets.of_all().table(("alpha",), interval="percentile", **drawn))
    table["interval"] = table["interval"].where(table["alpha_lower"].notna(), "")
    return table


def _resampled(table: pd.DataFrame, drawn: pd.DataFrame) -> pd.DataFrame:
    """The table with intervals of resamples where Feldt's has no place."""
    limits = drawn[[*KEYS, "lower", "upper"]].rename(columns={"lower": "boot_lower", "upper": "boot_upper"})
    table = table.merge(limits, on=KEYS, how="left")
    pooled = table["alpha_lower"].isna() & table["boot_lower"].notna()
    for bound in ("lower", "upper"):
        table[f"alpha_{bound}"] = table[f"alpha_{bound}"].where(~pooled, table[f"boot_{bound}"])
    table["interval"] = table["interval"].where(~pooled, "cluster percentile")
    return table.drop(columns=["boot_lower", "boot_upper"])


def detail(sets: AnswerSets, seed: int) -> pd.DataFrame:
    """One row per construct, group and further coefficient."""
    found = sets.table(_DETAIL, interval="none", seed=seed)
    return found.drop(columns=["lower", "upper", "se", "interval", "seed", "confidence", "n_replications"])
