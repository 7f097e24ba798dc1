"""Topic ``items``: item analysis and construct scores, pooled and by role."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from comply_measure.evidence.base import Evidence, Value
from comply_measure.evidence.focal import Focal, by_group, focal, mean_and_sd
from comply_measure.evidence.keying import turned_items
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.rules.items import ADDS, GOES_WITH
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.verdicts import Number, Verdict, by_interval
from comply_measure.measurement import inter_item_table, item_analysis
from comply_measure.measurement.frames import item_values
from comply_measure.measurement.items.redundancy import log_inflation_errors
from comply_measure.responses import Responses
from comply_measure.tables.roles import POOLED

_Z95 = 1.959963984540054
_MISSING = ("not_answered", "cannot_judge", "user_missing", "does_not_apply")


@dataclass(frozen=True, eq=False)
class ScaleItems:
    """Results for one scale.

    Parameters
    ----------
    key, title : str
        The scale.
    n_units, n_informants : int
        Units and informants of the scale's roles.
    items : DataFrame
        From ``item_analysis``: a row per construct, group and item.
    scores : DataFrame
        ``construct``, ``role``, ``n_informants``, ``mean``, ``sd`` of construct scores, ``note``.
    reverse_keyed : int
        Number of reverse-keyed items.
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    formed : tuple of str
        Constructs that their items form (:attr:`.Focal.formed`).
    redundancy : DataFrame
        Items of formed constructs, over all informants: ``scale`` (the construct), ``item``, ``n_informants``,
        ``squared_multiple_r``, ``vif`` with ``vif_lower`` and ``vif_upper``, ``maximum_r``, ``note``.
    """

    key: str
    title: str
    n_units: int
    n_informants: int
    items: pd.DataFrame
    scores: pd.DataFrame
    reverse_keyed: int
    turned: Mapping[str, tuple[str, ...]]
    formed: tuple[str, ...]
    redundancy: pd.DataFrame


@dataclass(frozen=True, eq=False)
class ItemsEvidence(Evidence):
    """What the topic found: the items and scores of every scale."""

    scales: tuple[ScaleItems, ...]

    def tidy(self) -> pd.DataFrame:
        """Item analysis of all scales, over all informants and by role; ``instrument`` is the key of the scale."""
        parts = [scale.items.assign(instrument=scale.key) for scale in self.scales]
        return pd.concat(parts, ignore_index=True)

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Whether each item goes with the others of its construct, or adds to them where they form it."""
        found: list[Verdict] = []
        for scale in self.scales:
            pooled = scale.items[(scale.items["group"] == POOLED) & ~scale.items["scale"].isin(scale.formed)]
            found += item_verdicts(pooled, scale.n_units, conventions)
            found += redundancy_verdicts(scale.redundancy, conventions)
        return tuple(found)

    def values(self) -> Mapping[str, Value]:
        """Number of items of every scale."""
        return {f"n_items_{s.key}": int((s.items["group"] == POOLED).sum()) for s in self.scales}


def item_verdicts(
    pooled: pd.DataFrame, n_units: int, conventions: Mapping[str, float]
) -> tuple[Verdict, ...]:
    """Whether each item goes with the others of its construct; a row of item analysis each."""
    found = []
    for row in pooled.to_dict("records"):
        r = float(row["item_rest_r"])
        ends = _fisher(r, min(n_units, int(row["n_informants"])))
        numbers: dict[str, Number] = {"r": r, "ci": ends}
        answer = by_interval(*ends, conventions["item_rest_r"])
        found.append(GOES_WITH.verdict(answer, str(row["item"]), numbers=numbers))
    return tuple(found)


def redundancy_verdicts(table: pd.DataFrame, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
    """Whether each item adds to the others of its index; a row of :func:`redundancy` each."""
    found = []
    for row in table.to_dict("records"):
        ends = (float(row["vif_lower"]), float(row["vif_upper"]))
        numbers: dict[str, Number] = {"vif_value": float(row["vif"]), "ci": ends}
        answer = by_interval(*ends, conventions["vif"], above=False)
        found.append(ADDS.verdict(answer, str(row["item"]), numbers=numbers))
    return tuple(found)


def redundancy(answers: pd.DataFrame, scales: Mapping[str, tuple[str, ...]]) -> pd.DataFrame:
    """Variance inflation of every item by the others of its construct, over all informants.

    ``VIF = 1/(1 − R²)`` with R² of the item on the others. The interval is that of ``ln VIF ± t · se``, the error by
    linearisation (:func:`~comply_measure.measurement.items.redundancy.log_inflation_errors`), with firms as clusters,
    or units where firms are not known, and Student's t with one degree of freedom less than clusters; no VIF is below
    1.

    Parameters
    ----------
    answers : DataFrame
        Recoded answers, a row per informant, with ``unit`` and ``firm``.
    scales : mapping of str to tuple of str
        Constructs and their items.
    """
    if not scales:
        return pd.DataFrame()
    codes = pd.factorize(answers["firm"])[0]
    if codes.min(initial=0) < 0 or codes.max(initial=0) < 1:
        codes = pd.factorize(answers["unit"])[0]
    found = inter_item_table(answers, scales, by=None, missing="pairwise").tidy()
    table = found[["scale", "item", "n_informants", "squared_multiple_r", "maximum_r"]].copy()
    squared = table["squared_multiple_r"].clip(lower=0.0)
    errors = [log_inflation_errors(item_values(answers, names), codes) for names in scales.values()]
    half = stdtrit(max(codes.max(initial=0), 1), 0.975) * np.concatenate(errors)
    table["vif"] = 1 / (1 - squared.where(squared < 1))
    table["vif_lower"] = (table["vif"] * np.exp(-half)).clip(lower=1.0)
    table["vif_upper"] = table["vif"] * np.exp(half)
    table["note"] = np.where(
        table["vif"].isna(), "one item, or one that does not vary or that the others determine", ""
    )
    return table


def formed_items(chosen: Focal) -> pd.DataFrame:
    """Variance inflation of the items of one scale that form their construct."""
    return redundancy(chosen.answers(), {key: chosen.items[key] for key in chosen.formed})


def pooled_items(chosen: Focal) -> pd.DataFrame:
    """Item analysis over all informants of one scale, without the items that form their construct."""
    response = chosen.scale.response
    asked = {key: names for key, names in chosen.items.items() if key not in chosen.formed}
    table: pd.DataFrame = item_analysis(
        chosen.answers(), asked, minimum=response.minimum, maximum=response.maximum, by=None
    ).tidy()
    return table


def _fisher(r: float, n: int) -> tuple[float, float]:
    """95 % interval of a correlation of n independent cases (Fisher, 1921); NaN with fewer than four."""
    if not abs(r) < 1 or n < 4:
        return math.nan, math.nan
    z, half = math.atanh(r), _Z95 / math.sqrt(n - 3)
    return math.tanh(z - half), math.tanh(z + half)


def items(responses: Responses, options: TopicOptions | None = None) -> ItemsEvidence:
    """Item analysis and construct scores of every scale, pooled and by role.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : TopicOptions, optional
        The topic has none.

    Returns
    -------
    ItemsEvidence
    """
    return ItemsEvidence(tuple(scale_items(focal(responses, scale)) for scale in responses.scales))


def _compute(request: Request, options: TopicOptions) -> ItemsEvidence:
    return items(request.responses, options)


TOPIC = Topic("items", "Items and scores", _compute)


def scale_items(chosen: Focal) -> ScaleItems:
    """Item analysis and scores of one scale, over the informants whose role answers it."""
    scale, responses = chosen.scale, chosen.responses

    def compute(mine: pd.DataFrame, asked: dict[str, tuple[str, ...]]) -> pd.DataFrame:
        response = scale.response
        table: pd.DataFrame = item_analysis(
            mine, asked, minimum=response.minimum, maximum=response.maximum, by=None
        ).tidy()
        return table

    analysis = by_group(chosen, chosen.answers(), chosen.items, compute)
    analysis["n_missing"] = _missing_counts(responses, analysis)
    return ScaleItems(
        key=scale.key,
        title=chosen.title,
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        items=analysis,
        scores=score_table(chosen.scores(chosen.level), chosen.roles),
        reverse_keyed=sum(item.keying == -1 for item in responses.items(scale.key)),
        turned=turned_items(chosen),
        formed=chosen.formed,
        redundancy=formed_items(chosen),
    )


def score_table(scores: pd.DataFrame, roles: tuple[str, ...]) -> pd.DataFrame:
    """One row per construct and role: n_informants, mean, sd of the scores, note."""
    rows = []
    for construct in scores.columns.drop(["unit", "firm", "role"]):
        for role in roles:
            values = scores.loc[scores["role"] == role, construct].dropna()
            note = ("no informant has a score", "one informant: no SD", "")[min(len(values), 2)]
            rows.append({"construct": construct, "role": role, **mean_and_sd(values), "note": note})
    return pd.DataFrame(rows)


def _missing_counts(responses: Responses, analysis: pd.DataFrame) -> list[int]:
    """Answers asked for and not given; items not meant for a role are not missing."""
    rows = {role: (responses.data["role"] == role).to_numpy() for role in responses.roles}
    missing = {}
    for item in dict.fromkeys(analysis["item"]):
        reasons = responses.missing_reason[item].cat
        # The reasons of an item are codes: its texts are compared once each, not once per informant.
        silent = np.append(reasons.categories.isin(_MISSING), False)[reasons.codes]
        missing[item] = {POOLED: int(silent.sum())} | {
            role: int(silent[mine].sum()) for role, mine in rows.items()
        }
    return [missing[item][group] for item, group in zip(analysis["item"], analysis["group"], strict=True)]
