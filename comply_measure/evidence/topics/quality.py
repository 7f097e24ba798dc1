"""Topic ``quality``: careless answers as a sensitivity analysis, missing answers and whether they look random."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from comply_measure.errors import ComplyError
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.base import Evidence, Value
from comply_measure.evidence.choices import Names
from comply_measure.evidence.estimation import Cluster, Estimation
from comply_measure.evidence.fits import Measure, NamedFit, fit_row
from comply_measure.evidence.focal import Focal, chosen_focal
from comply_measure.evidence.keying import Turned, doubt_of, turned_items
from comply_measure.evidence.missing_predictors import missing_predictors
from comply_measure.evidence.rules.quality import DEPENDS
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.verdicts import Number, Verdict, by_test
from comply_measure.measurement import alpha_table
from comply_measure.measurement.careless import (
    CarelessFlags,
    CarelessIndices,
    careless_flags,
    careless_indices,
)
from comply_measure.measurement.items.missingness import little_mcar, missing_table
from comply_measure.models import correlated_factors, one_factor, second_order
from comply_measure.responses import Responses
from comply_measure.tables.roles import POOLED, by_role, role_centred

_FEWEST_ITEMS = 6
#: Columns that name an informant.
INFORMANT = ("unit", "role", "informant")
#: Why an answer that was asked for is missing.
REASONS = ("not_answered", "cannot_judge", "does_not_apply", "user_missing")
_COMPARED: dict[Measure, str] = {"chisq": "χ²", "cfi": "CFI", "tli": "TLI", "rmsea": "RMSEA", "srmr": "SRMR"}


class QualityOptions(Estimation):
    """Options of the step; those of :class:`Estimation` are for the factor model of the sensitivity analysis.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    at_least : int
        Indices that must find an informant suspicious.
    cluster : {"unit", "firm", "none"}
        As in step ``cfa``.
    """

    scale: Annotated[str | None, Names("scale")] = None
    at_least: Annotated[int, Field(ge=1, le=5)] = 2
    cluster: Cluster = "unit"


@dataclass(frozen=True, eq=False)
class CarelessAnswers:
    """Flags and what they change.

    Parameters
    ----------
    n_items : int
        Items behind the indices.
    at_least : int
        Indices that must agree.
    rules : DataFrame
        ``index``, ``suspicious``, ``cutoff``, ``n_flagged``, ``n_defined``, ``source``.
    extremes : DataFrame
        The same of cut-offs beyond which one index suffices.
    by_role : DataFrame
        ``group``, ``n_informants``, ``n_flagged``, ``share``.
    informants : DataFrame
        A row per informant with flags and values.
    sensitivity : DataFrame
        ``quantity``, ``of``, ``all``, ``without_flagged``, ``difference``, ``note``; empty if nobody is flagged.
    """

    n_items: int
    at_least: int
    rules: pd.DataFrame
    extremes: pd.DataFrame
    by_role: pd.DataFrame
    informants: pd.DataFrame
    sensitivity: pd.DataFrame

    @property
    def n_flagged(self) -> int:
        """Flagged informants."""
        return int(self.informants["flagged"].sum())


@dataclass(frozen=True, eq=False)
class MissingAnswers:
    """Missing answers.

    Parameters
    ----------
    by_item : DataFrame
        ``construct``, ``item``, ``n_informants``, ``n_missing``, ``share``, a share for each reason of
        :data:`REASONS` that occurs in the study (they add up to ``share``), and ``share_<role>``.
    by_role, by_firm : DataFrame
        ``group``, ``n_informants``, ``n_answers_due``, ``n_missing``, ``share``, ``share_complete``.
    patterns : DataFrame
        ``pattern``, ``n_missing_items``, ``n_informants``, ``share``.
    predictors : DataFrame
        ``missingness_predictors``: what is missing beside what is known.
    little : DataFrame
        Little's test: ``group``, ``variables``, ``statistic``, ``df``, ``pvalue``, counts, ``note``.
    share : float
        Missing of all answers due.
    n_missing, n_due : int
        Answers.
    """

    by_item: pd.DataFrame
    by_role: pd.DataFrame
    by_firm: pd.DataFrame
    patterns: pd.DataFrame
    predictors: pd.DataFrame
    little: pd.DataFrame
    share: float
    n_missing: int
    n_due: int


@dataclass(frozen=True, eq=False)
class QualityEvidence(Evidence):
    """What the topic found; `careless` is None with a reason in `careless_obstacle`.

    Construct -> its items that run against it are in `turned` (:func:`.keying.turned_items`).
    """

    title: str
    n_units: int
    n_informants: int
    careless: CarelessAnswers | None
    careless_obstacle: str
    missing: MissingAnswers
    turned: Turned

    def tidy(self) -> pd.DataFrame:
        """Missing answers by item, over all informants and by role."""
        return self.missing.by_item

    def values(self) -> Mapping[str, Value]:
        """Share of missing answers, p of Little's test, flagged informants."""
        found: dict[str, Value] = {
            "missing_share": self.missing.share,
            "little_pvalue": float(self.missing.little["pvalue"].iloc[0]),
        }
        return found if self.careless is None else found | {"n_flagged": self.careless.n_flagged}

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Whether what is missing depends on what is known."""
        table = self.missing.predictors
        n = int(table["p"].notna().sum())
        level, margin = conventions["test_level"], conventions["odds_margin"]
        found = []
        for row in table[table["p"].notna()].to_dict("records"):
            category = row["odds_ratio"] != row["odds_ratio"]
            excluded = 1 / margin < row["lower"] and row["upper"] < margin
            answer = by_test(row["p_holm"], level, excluded=excluded)
            numbers: dict[str, Number] = {"p": float(row["p_holm"])}
            if category:
                numbers["f"] = float(row["statistic"])
            else:
                numbers["odds_ratio"] = float(row["odds_ratio"])
                numbers["ci"] = (float(row["lower"]), float(row["upper"]))
            case = "category" if category else ""
            found.append(
                DEPENDS.verdict(answer, row["kind"], row["predictor"], numbers=numbers, case=case, n_family=n)
            )
        return tuple(found)

    def reasons(self) -> Mapping[str, str]:
        """Why Little's test is undefined."""
        first = self.missing.little.iloc[0]
        return {} if first["pvalue"] == first["pvalue"] else {"little_pvalue": str(first["note"])}


def quality(responses: Responses, options: QualityOptions | None = None) -> QualityEvidence:
    """Careless and missing answers of one scale.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : QualityOptions, optional
        Defaults where not given.

    Returns
    -------
    QualityEvidence
    """
    options = (options or QualityOptions()).at_highest(responses)
    chosen = chosen_focal(responses, options.scale)
    turned = turned_items(chosen)
    careless, why = attempt(lambda: careless_answers(chosen, options, turned))
    return QualityEvidence(
        title=chosen.title,
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        careless=careless,
        careless_obstacle=why,
        missing=missing_answers(chosen),
        turned=turned,
    )


def flagged_informants(given: QualityEvidence | None) -> frozenset[tuple[str, ...]] | None:
    """Unit, role and name of the informants flagged as careless; None where that was not looked at."""
    if given is None or given.careless is None:
        return None
    return named_informants(given.careless.informants)


def named_informants(table: pd.DataFrame) -> frozenset[tuple[str, ...]]:
    """Unit, role and name of those who are ``flagged``."""
    names = table.loc[table["flagged"].astype(bool), list(INFORMANT)].astype(str)
    return frozenset(names.itertuples(index=False, name=None))


def _compute(request: Request, options: QualityOptions) -> QualityEvidence:
    return quality(request.responses, options)


TOPIC = Topic("quality", "Quality of the answers", _compute, QualityOptions)


@dataclass(frozen=True, eq=False)
class Flagged:
    """Indices of careless answers, the flags, and a row per informant with both."""

    n_items: int
    indices: CarelessIndices
    flags: CarelessFlags
    informants: pd.DataFrame


def flagged_answers(chosen: Focal, at_least: int = 2) -> Flagged:
    """Who is flagged as careless.

    Raises
    ------
    ComplyError
        If too few items were asked of every role.
    """
    items = common_items(chosen)
    names = [name for members in items.values() for name in members]
    if len(names) < _FEWEST_ITEMS:
        raise ComplyError(
            f"{len(names)} items were asked of every role; indices of careless answers need {_FEWEST_ITEMS}"
        )
    answers = chosen.answers()
    raw = chosen.responses.data.loc[answers.index, names]
    response = chosen.scale.response
    indices = careless_indices(raw, answers[names], items, minimum=response.minimum, maximum=response.maximum)
    flags = careless_flags(indices, at_least=at_least)
    ids = chosen.responses.data.loc[answers.index, list(INFORMANT)]
    found = indices.tidy()
    measured = found.drop(columns="note").add_prefix("value_")
    informants = pd.concat([ids, flags.tidy(), measured, found["note"]], axis=1)
    return Flagged(len(names), indices, flags, informants.reset_index(drop=True))


def careless_answers(chosen: Focal, options: QualityOptions, turned: Turned) -> CarelessAnswers:
    """Flags, and what changes without the flagged informants.

    Raises
    ------
    ComplyError
        If too few items were asked of every role.
    """
    found = flagged_answers(chosen, options.at_least)
    keep = ~found.flags.table["flagged"].to_numpy(dtype=bool)
    return CarelessAnswers(
        n_items=found.n_items,
        at_least=options.at_least,
        rules=_rules(found.flags.rules(), found.indices),
        extremes=_rules(found.flags.extreme_rules(), found.indices),
        by_role=_by_role(found.informants, chosen.roles),
        informants=found.informants,
        sensitivity=_sensitivity(chosen, options, keep, turned) if not keep.all() else pd.DataFrame(),
    )


def common_items(chosen: Focal) -> dict[str, tuple[str, ...]]:
    """Construct -> items that every role was asked and that have answers."""
    answered = chosen.answers().notna().any()
    asked = [set(sum(chosen.asked(chosen.items, role).values(), ())) for role in chosen.roles]
    shared = set.intersection(*asked) if asked else set()
    kept = {
        key: tuple(name for name in names if name in shared and answered[name])
        for key, names in chosen.items.items()
    }
    return {key: names for key, names in kept.items() if names}


def _rules(table: pd.DataFrame, indices: CarelessIndices) -> pd.DataFrame:
    table["n_defined"] = [int(indices.table[name].notna().sum()) for name in table["index"]]
    return table


def _by_role(informants: pd.DataFrame, roles: tuple[str, ...]) -> pd.DataFrame:
    rows = []
    for group, mine in by_role(informants, roles):
        n = int(mine["flagged"].sum())
        share = n / len(mine) if len(mine) else float("nan")
        rows.append({"group": group, "n_informants": len(mine), "n_flagged": n, "share": share})
    return pd.DataFrame(rows)


def _sensitivity(
    chosen: Focal, options: QualityOptions, keep: npt.NDArray[np.bool_], turned: Turned
) -> pd.DataFrame:
    """Rows: quantity, measured on, all informants, without the flagged ones, difference, note."""
    answers = chosen.answers()
    scales = chosen.wholes
    everyone = alpha_table(answers, scales, by=None).tidy().set_index("scale")
    fewer = alpha_table(answers[keep], scales, by=None).tidy().set_index("scale")
    pairs = {key: (float(everyone["alpha"][key]), float(fewer["alpha"][key])) for key in scales}
    rows = [
        (
            "α",
            key,
            *pair,
            str(everyone["note"][key])
            if pair[0] != pair[0]
            else doubt_of(turned, (key, *chosen.factors.get(key, ()))),
        )
        for key, pair in pairs.items()
    ]
    label, text = _model(chosen)
    data = chosen.indicators()
    names = list(chosen.indicator_names)
    data = role_centred(data, names)
    before, after = (_fit(options, text, rows, label) for rows in (data, data[keep]))
    note = before[1] or after[1]
    rows += [(name, label, before[0][key], after[0][key], note) for key, name in _COMPARED.items()]
    table = pd.DataFrame(rows, columns=["quantity", "of", "all", "without_flagged", "note"])
    table["difference"] = table["without_flagged"] - table["all"]
    return table


def _fit(
    options: QualityOptions, text: str, data: pd.DataFrame, label: str
) -> tuple[dict[Measure, float], str]:
    """Fit measures, and why they are undefined."""
    used = data[data.drop(columns=["unit", "firm", "role"]).notna().any(axis=1)]
    fit, why = attempt(lambda: options.fit(text, used))
    if fit is None:
        return dict.fromkeys(_COMPARED, float("nan")), why
    row = fit_row(NamedFit("model", label, fit))
    return {key: row[key] for key in _COMPARED}, row["note"]


def _model(chosen: Focal) -> tuple[str, str]:
    n = len(chosen.factors)
    if n >= 3:
        return "second-order model", second_order(chosen.factors, chosen.top)
    if n == 2:
        return "model of correlated dimensions", correlated_factors(chosen.factors)
    return "one-factor model", one_factor(chosen.top, chosen.indicator_names)


def missing_answers(chosen: Focal) -> MissingAnswers:
    """Answers asked for and not given: items not meant for a role are not missing."""
    answers = chosen.answers()
    by_item, by_firm, by_role = [], [], []
    for role in chosen.roles:
        mine = answers[answers["role"] == role]
        names = [name for members in chosen.asked(chosen.items, role).values() for name in members]
        if not len(mine) or not names:
            continue
        found = missing_table(mine, names, by=("role", "firm"))
        by_item.append(found.by_item.assign(role=role))
        parts = found.by_group
        by_role.append(parts[parts["variable"] == "role"])
        by_firm.append(parts[parts["variable"] == "firm"])
    items = pd.concat(by_item, ignore_index=True)
    return MissingAnswers(
        by_item=_items_wide(items, chosen),
        by_role=_added(pd.concat(by_role, ignore_index=True), chosen.roles),
        by_firm=_added(pd.concat(by_firm, ignore_index=True), None),
        patterns=_patterns(chosen),
        predictors=missing_predictors(chosen),
        little=_little(chosen),
        share=float(items["n_missing"].sum() / items["n_informants"].sum()),
        n_missing=int(items["n_missing"].sum()),
        n_due=int(items["n_informants"].sum()),
    )


def _items_wide(items: pd.DataFrame, chosen: Focal) -> pd.DataFrame:
    """One row per item: construct, item, n_informants, n_missing, share, and the share by role."""
    place = {name: key for key, names in chosen.items.items() for name in names}
    total = items.groupby("item", sort=False)[["n_informants", "n_missing"]].sum()
    table = total.loc[[name for name in place if name in total.index]].reset_index()
    table.insert(0, "construct", [place[name] for name in table["item"]])
    table["share"] = table["n_missing"] / table["n_informants"]
    for reason, counts in _reasons(chosen, list(table["item"])).items():
        table[reason] = counts / table["n_informants"].to_numpy()
    for role in chosen.roles:
        own = items[items["role"] == role].set_index("item")["share"]
        table[f"share_{role}"] = own.reindex(table["item"]).to_numpy()
    return table


def _reasons(chosen: Focal, names: list[str]) -> dict[str, npt.NDArray[np.int64]]:
    """How often each reason that occurs is that of an item, by item, among informants whose role was asked."""
    responses = chosen.responses
    given = responses.missing_reason.loc[chosen.rows.to_numpy(), names].astype(object).to_numpy()
    roles = responses.data.loc[chosen.rows.to_numpy(), "role"]
    asked = np.zeros(given.shape, dtype=bool)
    for role in chosen.roles:
        own = {name for members in chosen.asked(chosen.items, role).values() for name in members}
        asked[np.ix_((roles == role).to_numpy(), np.array([name in own for name in names]))] = True
    found = {reason: ((given == reason) & asked).sum(axis=0) for reason in REASONS}
    return {reason: counts for reason, counts in found.items() if counts.any()}


def _added(parts: pd.DataFrame, roles: tuple[str, ...] | None) -> pd.DataFrame:
    """Counts added up by group; for roles with all informants in the first row."""
    parts = parts.assign(n_complete=parts["share_complete"] * parts["n_informants"])
    counts = ["n_informants", "n_answers_due", "n_missing", "n_complete"]
    table = parts.groupby("group", sort=False)[counts].sum().reset_index()
    if roles is not None:
        table = pd.concat(
            [pd.DataFrame([{"group": POOLED, **table[counts].sum()}]), table], ignore_index=True
        )
    for name in counts:
        table[name] = table[name].round().astype(int)
    table["share"] = table["n_missing"] / table["n_answers_due"]
    table["share_complete"] = table["n_complete"] / table["n_informants"]
    return table if roles is not None else table.sort_values("share", ascending=False, ignore_index=True)


def _patterns(chosen: Focal) -> pd.DataFrame:
    names = [name for members in common_items(chosen).values() for name in members]
    return missing_table(chosen.answers(), names, by=()).patterns if names else pd.DataFrame()


def _little(chosen: Focal) -> pd.DataFrame:
    """Little's test over all items (pooled and by role), and over attribute scores."""
    answers = chosen.answers()
    rows = []
    for group, mine in by_role(answers, chosen.roles):
        asked = common_items(chosen) if group == POOLED else chosen.asked(chosen.items, group)
        names = [name for members in asked.values() for name in members]
        if len(mine) and names:
            rows.append(little_mcar(mine, names).tidy().assign(group=group, variables="items"))
    if chosen.by_scores:
        scores = little_mcar(chosen.indicators(), list(chosen.indicator_names)).tidy()
        rows.append(scores.assign(group=POOLED, variables=chosen.indicator_kind))
    return pd.concat(rows, ignore_index=True)
