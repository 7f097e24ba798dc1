"""All evidence on the content of a scale's items, from files, with the log of decisions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.instrument import Scale
from comply_measure.measurement.content.decisions import Decision, DropLog
from comply_measure.measurement.content.definitional import DefinitionalRatings, definitional_ratings
from comply_measure.measurement.content.files import definitions_of, ratings_of, sorts_of
from comply_measure.measurement.content.ratings import ContentValidity, content_validity
from comply_measure.measurement.content.sorting import ItemSort, item_sort
from comply_measure.responses.faults import Faults, refuse
from comply_measure.results import Result
from comply_measure.statistics.words import counted

SMALL_PANEL = 5
RATINGS, SORTS = "expert ratings", "item sort"


@dataclass(frozen=True)
class ContentOptions:
    """Scales and cut-offs of a content validity study; all conventions, all replaceable.

    Attributes
    ----------
    minimum, maximum, relevant_from : int
        Relevance scale and the lowest rating that counts as relevant.
    i_cvi_cutoff : float
        Items below are dropped; panels of up to five experts must be unanimous. The .78 of Lynn (1986) is 7 of 9
        experts, so the default is 7/9: with .78 as such, 7 of 9 would not do.
    alpha : float
        Level of the critical values of CVR and c_sv.
    level : float
        Of the interval of Aiken's V.
    anchors : int
        Points of the definitional rating scale.
    construct_level : {"dimension", "attribute"}
        Constructs that items are sorted into and defined by.
    """

    minimum: int = 1
    maximum: int = 4
    relevant_from: int = 3
    i_cvi_cutoff: float = 7 / 9
    alpha: float = 0.05
    level: float = 0.95
    anchors: int = 7
    construct_level: str = "dimension"


@dataclass(frozen=True)
class ContentEvidence(Result):
    """What experts and judges say about every item.

    Attributes
    ----------
    items : DataFrame
        One row per item: item, construct, the columns of the analyses that were made (n_experts, i_cvi, kappa, cvr,
        cvr_critical, aiken_v, aiken_lower, aiken_upper, n_judges, p_sa, c_sv, c_sv_critical,
        most_frequent_other, n_definition_judges, htc, htd) and decision.
    ratings : ContentValidity or None
    sorts : ItemSort or None
    definitions : DefinitionalRatings or None
    log : DropLog
        One decision per item and stage; items dropped at one stage are not judged at the next.
    notes : tuple of str
        Items without ratings.
    """

    items: pd.DataFrame
    ratings: ContentValidity | None
    sorts: ItemSort | None
    definitions: DefinitionalRatings | None
    log: DropLog
    notes: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """One row per item."""
        return self.items.copy()

    def summary(self) -> pd.DataFrame:
        """One row per statistic of the whole scale: statistic, value, n_items, n_people."""
        rows: list[tuple[str, float, int, int]] = []
        if self.ratings is not None:
            rated, n = int((self.ratings.items["n_experts"] > 0).sum()), self.ratings.n_experts
            rows += [
                ("S-CVI/Ave", self.ratings.s_cvi_ave, rated, n),
                ("S-CVI/UA", self.ratings.s_cvi_ua, rated, n),
            ]
        for name, table, column, people in (
            ("mean p_sa", self.sorts, "p_sa", "n_judges"),
            ("mean c_sv", self.sorts, "c_sv", "n_judges"),
            ("mean htc", self.definitions, "htc", "n_judges"),
            ("mean htd", self.definitions, "htd", "n_judges"),
        ):
            if table is not None:
                values = table.tidy()
                known = values[column].dropna()
                most = int(values[people].max())
                rows.append((name, float(known.mean()) if len(known) else math.nan, len(known), most))
        return pd.DataFrame(rows, columns=["statistic", "value", "n_items", "n_people"])


def content_evidence(
    scale: Scale,
    *,
    ratings: str | Path | None = None,
    sorts: str | Path | None = None,
    definitions: str | Path | None = None,
    attribute_set: str | None = None,
    form: str = "full",
    options: ContentOptions | None = None,
) -> ContentEvidence:
    """Content validity of a scale from files of expert ratings, item sorts and definitional ratings.

    Decisions: an item whose I-CVI is below the cut-off is dropped; of the rest, an item whose c_sv is below the exact
    critical value for the number of constructs. Definitional ratings are reported without a decision, because
    published norms depend on how close the other definitions are.

    Parameters
    ----------
    scale : Scale
        Its content items, and the constructs they belong to.
    ratings, sorts, definitions : str or Path, optional
        Files as described in :mod:`comply_measure.measurement.content.files`; at least one.
    attribute_set, form : str, optional
        As for :meth:`Scale.measurement`.
    options : ContentOptions, optional

    Raises
    ------
    InputError
        With every problem of all files together, or without any file.
    """
    chosen = options or ContentOptions()
    intended = _intended(scale, attribute_set, form, chosen.construct_level)
    constructs = tuple(dict.fromkeys(intended.values()))
    if ratings is None and sorts is None and definitions is None:
        raise InputError(
            "Content validity needs data.",
            [Problem("no file is given", allowed="ratings, sorts or definitions")],
        )
    items = list(intended)
    problems: list[Faults] = []

    def collect(path: str | Path) -> Faults:
        problems.append(Faults(str(path)))
        return problems[-1]

    rated = sorted_ = defined = None
    if ratings is not None:
        rated = ratings_of(ratings, items, chosen.minimum, chosen.maximum, collect(ratings))
    if sorts is not None:
        sorted_ = sorts_of(sorts, items, constructs, collect(sorts))
    if definitions is not None:
        defined = definitions_of(definitions, items, constructs, chosen.anchors, collect(definitions))
    if any(found.problems for found in problems):
        refuse("The files on content validity cannot be used.", *problems)
    validity = sort = definition = None
    if rated is not None:
        validity = content_validity(
            rated, chosen.minimum, chosen.maximum, chosen.relevant_from, chosen.alpha, chosen.level
        )
    if sorted_ is not None:
        sort = item_sort(sorted_, intended, constructs, chosen.alpha)
    if defined is not None:
        definition = definitional_ratings(defined, intended, chosen.anchors)
    log = decide(validity, sort, chosen)
    table = _item_table(intended, validity, sort, definition, log)
    return ContentEvidence(table, validity, sort, definition, log, _notes(table))


def decide(
    validity: ContentValidity | None,
    sort: ItemSort | None,
    options: ContentOptions,
    log: DropLog | None = None,
) -> DropLog:
    """One decision per item and stage; what one stage drops, the next does not judge.

    Parameters
    ----------
    validity : ContentValidity or None
    sort : ItemSort or None
    options : ContentOptions
    log : DropLog, optional
        Earlier decisions to add to.
    """
    log = log or DropLog()
    if validity is not None:
        log = _decide_by_ratings(log, validity, options)
    if sort is not None:
        log = _decide_by_sorts(log, sort, options)
    return log


def _decide_by_ratings(log: DropLog, validity: ContentValidity, options: ContentOptions) -> DropLog:
    table = validity.items
    values = table["i_cvi"].astype(float)
    for item, value, n in zip(table["item"], values, table["n_experts"].astype(int), strict=True):
        unanimous = n <= SMALL_PANEL
        cutoff = 1.0 if unanimous else options.i_cvi_cutoff
        source = "Lynn (1986): up to five experts agree" if unanimous else "Lynn (1986)"
        log = log.apply_cutoff(RATINGS, "I-CVI", {item: value}, cutoff, source)
    return log


def _decide_by_sorts(log: DropLog, sort: ItemSort, options: ContentOptions) -> DropLog:
    gone = set(log.dropped)
    source = f"exact, chance 1/{len(sort.constructs)}, one-sided level {options.alpha:g}"
    values = (sort.items[column].astype(float) for column in ("c_sv", "c_sv_critical"))
    for item, value, cutoff in zip(sort.items["item"], *values, strict=True):
        if item in gone:
            continue
        if math.isnan(cutoff) and not math.isnan(value):
            reason = "too few judges for any c_sv to be significant"
            log = log.add(Decision(item, SORTS, "kept", reason, "c_sv", value, math.nan, source))
        else:
            log = log.apply_cutoff(SORTS, "c_sv", {item: value}, cutoff, source)
    return log


def _intended(scale: Scale, attribute_set: str | None, form: str, level: str) -> dict[str, str]:
    """Item → construct."""
    if level not in ("dimension", "attribute"):
        problem = Problem("construct_level", value=level, allowed="dimension, attribute")
        raise InputError("Content validity cannot be computed.", [problem])
    measured = scale.measurement("dimension" if level == "dimension" else "attribute", attribute_set, form)
    return {item: construct for construct, items in measured.items() for item in items}


_RATING = ["n_experts", "i_cvi", "kappa", "cvr", "cvr_critical", "aiken_v", "aiken_lower", "aiken_upper"]
_SORT = ["n_judges", "p_sa", "c_sv", "c_sv_critical", "most_frequent_other"]
_DEFINITION = ["n_definition_judges", "htc", "htd"]


def _item_table(
    intended: Mapping[str, str],
    validity: ContentValidity | None,
    sort: ItemSort | None,
    definition: DefinitionalRatings | None,
    log: DropLog,
) -> pd.DataFrame:
    table = pd.DataFrame({"item": list(intended), "construct": list(intended.values())}).set_index("item")
    if validity is not None:
        table = table.join(validity.items.set_index("item")[_RATING])
    if sort is not None:
        table = table.join(sort.items.set_index("item")[_SORT])
    if definition is not None:
        found = definition.items.rename(columns={"n_judges": "n_definition_judges"})
        table = table.join(found.set_index("item")[_DEFINITION])
    for column in ("n_experts", "n_judges", "n_definition_judges"):
        if column in table:
            table[column] = table[column].fillna(0).astype(int)
    last = {d.item: d.decision for d in log.decisions}
    return table.reset_index().assign(decision=[last.get(item, "not judged") for item in intended])


def _notes(table: pd.DataFrame) -> tuple[str, ...]:
    notes = []
    for column, what in (
        ("n_experts", "rated by no expert"),
        ("n_judges", "sorted by no judge"),
        ("n_definition_judges", "rated against no definition"),
    ):
        if column in table and (none := table.loc[table[column] == 0, "item"].tolist()):
            notes.append(f"{counted(len(none), 'item', 'items')} {what}: {', '.join(none)}")
    return tuple(notes)
