"""Topic ``sample``: who answered, and what is missing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from comply_measure.evidence.base import Evidence, Value
from comply_measure.evidence.focal import mean_and_sd
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.rules.sample import ROLES_DIFFER
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.verdicts import Number, Verdict, by_test, lies_within
from comply_measure.responses import Responses, one_per_role
from comply_measure.responses.scoring import construct_scores
from comply_measure.triads import TriadData, gap_tests

_REASONS = ("not_answered", "cannot_judge", "user_missing")


@dataclass(frozen=True, eq=False)
class SampleEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    n_units, n_firms, n_informants : int
        Sizes; 0 firms if they are unknown.
    completeness : DataFrame
        From ``Responses.completeness``.
    roles : DataFrame
        ``role``, ``n_informants``, ``n_units``, ``share``, ``n_without_answers``.
    several : DataFrame
        ``Responses.informant_counts``: everyone who was read, one by one; empty where no role has several informants.
    missing : DataFrame
        ``scale``, ``role``, ``n_informants``, ``n_asked``, ``answered``, ``not_answered``, ``cannot_judge``,
        ``user_missing`` (shares of the answers asked for); ``does_not_apply`` too, where an instrument offers it.
    units : DataFrame
        Unit-level variables, described; may be empty.
    informants : DataFrame
        Scores of items about the informant, by role; may be empty.
    informant_tests : DataFrame
        ``gap_tests`` of these scores between the roles of a unit (``construct``, ``pair``, ...); empty without such
        scores or with one role.
    notes : tuple of str
        What was noticed while reading the data.
    """

    n_units: int
    n_firms: int
    n_informants: int
    completeness: pd.DataFrame
    roles: pd.DataFrame
    several: pd.DataFrame
    missing: pd.DataFrame
    units: pd.DataFrame
    informants: pd.DataFrame
    informant_tests: pd.DataFrame
    notes: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """Informants and units by role."""
        return self.roles

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Whether roles differ in what informants say of themselves."""
        return roles_verdicts(self.informant_tests, conventions)

    def values(self) -> Mapping[str, Value]:
        """Numbers of units, firms, informants and complete units."""
        complete = self.completeness["complete"]
        return {
            "n_units": self.n_units,
            "n_firms": self.n_firms,
            "n_informants": self.n_informants,
            "n_complete_units": int(self.completeness.loc[complete, "n_units"].sum()),
        }


def roles_verdicts(table: pd.DataFrame, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
    """Whether roles differ in what informants say of themselves (:func:`informant_tests`)."""
    margin = conventions["small_d"]
    known = table[table["p"].notna()] if len(table) else table
    found = []
    for row in known.to_dict("records"):
        excluded = lies_within(row["lower"], row["upper"], margin * row["sd"])
        answer = by_test(row["p_holm"], conventions["test_level"], excluded=excluded)
        numbers: dict[str, Number] = {
            "gap": float(row["mean"]),
            "ci": (float(row["lower"]), float(row["upper"])),
            "p": float(row["p_holm"]),
        }
        subject = (str(row["construct"]), str(row["pair"]))
        found.append(ROLES_DIFFER.verdict(answer, *subject, numbers=numbers, n_family=len(known)))
    return tuple(found)


def sample(responses: Responses) -> SampleEvidence:
    """Who answered, how complete the units are, and what is missing.

    Parameters
    ----------
    responses : Responses
        The validated answers.

    Returns
    -------
    SampleEvidence
    """
    return SampleEvidence(
        n_units=responses.n_units,
        n_firms=responses.n_firms,
        n_informants=responses.n_informants,
        completeness=responses.completeness(),
        roles=role_counts(responses),
        several=_several(responses),
        missing=missing_shares(responses),
        units=describe_units(responses.units),
        informants=informant_scores(responses),
        informant_tests=informant_tests(responses),
        notes=responses.notes,
    )


def _compute(request: Request, options: TopicOptions) -> SampleEvidence:
    return sample(request.responses)


TOPIC = Topic("sample", "Sample and completeness", _compute)


def role_counts(responses: Responses) -> pd.DataFrame:
    """Informants and units by role: role, n_informants, n_units, share (of units), n_without_answers."""
    silent = responses.without_answers()
    rows = []
    for role in responses.roles:
        mine = responses.data["role"] == role
        n_units = int(responses.data.loc[mine, "unit"].nunique())
        rows.append(
            {
                "role": role,
                "n_informants": int(mine.sum()),
                "n_units": n_units,
                "share": n_units / responses.n_units,
                "n_without_answers": int((silent & mine).sum()),
            }
        )
    return pd.DataFrame(rows)


def _several(responses: Responses) -> pd.DataFrame:
    """Informants read by role, where a role has several in any unit."""
    counts = responses.informant_counts()
    return counts if counts["n_several"].any() else pd.DataFrame()


def missing_shares(responses: Responses) -> pd.DataFrame:
    """Why answers are missing, by scale and role, as shares of the answers asked for in all forms of the data."""
    rows = []
    offered = any("does_not_apply" in scale.response.options for scale in responses.scales)
    reasons = (*_REASONS, "does_not_apply") if offered else _REASONS
    for scale in responses.scales:
        own = {item.id for item in scale.items}
        items = [name for name in responses.item_ids if name in own]
        found = responses.missing_reason[items].to_numpy(dtype=object)
        for role in scale.roles:
            mine = (responses.data["role"] == role).to_numpy()
            if not mine.any() or not items:
                continue
            reasons_given = pd.Series(found[mine].ravel()).value_counts()
            counts = Counter({str(reason): int(n) for reason, n in reasons_given.items()})
            asked = counts.total() - counts["not_applicable"]
            shares = {reason: counts[reason] / asked if asked else math.nan for reason in reasons}
            rows.append(
                {
                    "scale": scale.title[scale.languages[0]],
                    "role": role,
                    "n_informants": int(mine.sum()),
                    "n_asked": asked,
                    "answered": counts[""] / asked if asked else math.nan,
                    **shares,
                }
            )
    return pd.DataFrame(rows)


def describe_units(units: pd.DataFrame) -> pd.DataFrame:
    """One row per unit-level variable: moments of numbers, shares of categories."""
    return pd.DataFrame([{"variable": str(name), **_describe(units[name])} for name in units.columns])


def _describe(values: pd.Series[Any]) -> dict[str, object]:
    present = values.dropna()
    numeric = pd.api.types.is_numeric_dtype(values)
    some = numeric and len(present) > 0
    shares = (
        "" if numeric else ", ".join(f"{k} {v:.0%}" for k, v in present.value_counts(normalize=True).items())
    )
    return {
        "n_units": len(present),
        "n_missing": len(values) - len(present),
        "mean": float(present.mean()) if some else math.nan,
        "sd": float(present.std()) if some and len(present) > 1 else math.nan,
        "minimum": float(present.min()) if some else math.nan,
        "maximum": float(present.max()) if some else math.nan,
        "categories": shares,
        "note": "" if some else "not a number" if not numeric else "no values",
    }


def informant_tests(responses: Responses) -> pd.DataFrame:
    """Do the roles of a unit differ in what informants say of themselves, such as their competence?

    Paired within units, standard errors clustered by firm, Holm over pairs and constructs. Where a role has several
    informants, their mean is the role's.
    """
    responses = one_per_role(responses)
    if not responses.items(kind="informant"):
        return pd.DataFrame()
    scores = responses.scores_of_kind("informant")
    names = [str(name) for name in scores.columns if name not in ("unit", "firm", "role")]
    roles = tuple(role for role in responses.roles if (scores["role"] == role).any())
    if len(roles) < 2 or not scores["unit"].duplicated().any():
        return pd.DataFrame()
    cluster = responses.n_firms > 1
    data = TriadData.from_long(scores, names, firm="firm" if cluster else None, roles=roles)
    table: pd.DataFrame = gap_tests(data, cluster=cluster).tidy()
    return table.rename(columns={"column": "construct"})


def informant_scores(responses: Responses) -> pd.DataFrame:
    """Mean and SD of the constructs about the informant, by role."""
    items = {item.id: item for item in responses.items(kind="informant")}
    measured: dict[str, list[str]] = {}
    for item in items.values():
        measured.setdefault(item.construct, []).append(item.id)
    if not measured:
        return pd.DataFrame()
    roles = responses.data["role"]
    scores = construct_scores(responses.scored(), roles.to_numpy(dtype=object), items, measured, 0.5)
    rows = []
    for construct in measured:
        for role in responses.roles:
            values = scores.loc[roles == role, construct].dropna()
            note = "" if len(values) > 1 else "fewer than 2 answers"
            rows.append({"construct": construct, "role": role, **mean_and_sd(values), "note": note})
    return pd.DataFrame(rows)
