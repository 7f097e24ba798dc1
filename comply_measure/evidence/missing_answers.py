"""What is missing: by item, role, firm and pattern, and whether it looks random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from comply_measure.evidence.focal import Focal
from comply_measure.evidence.missing_predictors import missing_predictors
from comply_measure.measurement.items.missingness import little_mcar, missing_table
from comply_measure.tables.roles import POOLED, by_role

#: Why an answer that was asked for is missing.
REASONS = ("not_answered", "cannot_judge", "does_not_apply", "user_missing")


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
