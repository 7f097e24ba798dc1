"""Tables about several informants of a role, and about units in firms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.report.chapters.columns import labelled
from comply_measure.report.labels import Labels
from comply_measure.report.tables import Columns, Counted, TableSpec, of, table_of

if TYPE_CHECKING:
    import pandas as pd

_REML = "REML of nested levels, means of roles fixed; intervals: profile likelihood"
_LEVELS: Columns = (
    of("component", "level_label"), "n_groups", "variance", "se", "share", "icc", of("ci_bounded", "icc"), "remark",
)  # fmt: skip
_AGREEMENT: Columns = (
    of("role", "where"), "n_units", "n_informants", "icc1", of("ci_bounded", "icc1"), "icc_k", "rwg_j", "ad_mean",
    "remark",
)  # fmt: skip
_NUMBERS: Columns = (
    of("role", "role_label"), of("n_per_role", "k"), "n_units", of("unit_reliability", "reliability"),
    of("ci_bounded", "lower", "upper"), of("shared_view", "shared"), "n_needed", "remark",
)  # fmt: skip
_NESTED: Columns = ("fixed", "n_roles", "n_per_role", "n_attributes", "g", "phi", "sem_relative", "remark")
_GAPS: Columns = (
    of("roles", "pair_label"), "n_units", of("mean_absolute_gap", "mean_absolute"), "se",
    of("share_significant", "share"), "n_beyond", "remark",
)  # fmt: skip
_WEIGHTS: Columns = (
    "scheme", "n_units", of("unit_reliability", "reliability"), of("r_unweighted", "r_equal"), "remark",
)  # fmt: skip
_ALL = "all roles"


def _role(labels: Labels, key: str) -> str:
    return "All roles" if key == _ALL else labels.role(key)


def levels_of(facts: Counted, title: str, data: pd.DataFrame, labels: Labels) -> TableSpec:
    """Variance by firm, unit, role and informant."""
    names = {"firm": "Firm", "unit": "Unit", "role": "Role in the unit", "informant": "Informant"}
    return table_of(
        facts,
        "agreement_levels",
        f"{title}: variance of informants' scores by level",
        labelled(data, label=(labels.construct, "column"), level_label=(names.__getitem__, "level")),
        _LEVELS,
        "ICC: correlation of two informants who have this level in common and none below it. One-way coefficients take "
        "units as independent; that of the unit here allows for firms.",
        estimator=_REML,
        group="label",
    )


def agreement_of(facts: Counted, title: str, data: pd.DataFrame, labels: Labels) -> TableSpec:
    """Within roles beside between roles."""
    kinds = {"within roles": "within", "between roles": "between"}
    where = [
        "Between roles" if kind == "between roles" else f"{_role(labels, role)}, {kinds[kind]}"
        for kind, role in zip(data["kind"], data["role"], strict=True)
    ]
    return table_of(
        facts,
        "agreement_within_between",
        f"{title}: agreement of informants of one role, and of roles",
        labelled(data.assign(where=where), label=(labels.construct, "scale")),
        _AGREEMENT,
        "Within: informants of one role in one unit; between: the views of the unit's roles. Units: those with two "
        "informants of the role, or two roles. ICC(k) at the mean number of informants, or of roles.",
        estimator="rwg(j) with the uniform null; ICC by REML, profile likelihood",
        group="label",
    )


def numbers_of(facts: Counted, title: str, data: pd.DataFrame, labels: Labels) -> TableSpec:
    """Reliability of a role's mean by its number."""
    shown = data.assign(role_label=[_role(labels, role) for role in data["role"]])
    return table_of(
        facts,
        "triads_informants_per_role",
        f"{title}: reliability of a role's view by its number of informants",
        labelled(shown, label=(labels.construct, "column")),
        _NUMBERS,
        "Reliability: of the mean of so many informants for the view of their role. Shared: what of it the unit's "
        "roles have in common (all roles only).",
        estimator="REML, Spearman–Brown",
        group="label",
    )


def nested_of(facts: Counted, title: str, data: pd.DataFrame) -> TableSpec:
    """More informants of each role, or the roles there are."""
    return table_of(
        facts,
        "triads_nested_study",
        f"{title}: generalizability by informants of each role",
        data,
        _NESTED,
        "Units crossed with roles and dimensions, informants nested in roles; projected from the variance components.",
        estimator="REML",
    )


def gaps_of(facts: Counted, title: str, data: pd.DataFrame, labels: Labels) -> TableSpec:
    """Gaps of views beside their error."""
    return table_of(
        facts,
        "triads_view_gaps",
        f"{title}: gaps between the views of roles beside the error of their informants",
        labelled(data, label=(labels.construct, "column"), pair_label=(labels.pair, "pair")),
        _GAPS,
        "Standard error: of a unit's gap, mean over units, from the variance of informants of one role in one unit. By "
        "chance 5% of the units are significant.",
        estimator="t with pooled variance of informants; beyond it: Holm over the gaps of the dimension",
        group="label",
    )


def weights_of(facts: Counted, data: pd.DataFrame, labels: Labels) -> TableSpec:
    """Unit scores by what informants weigh."""
    names = {"role": "Roles alike", "informant": "Informants alike", "reliability": "Views by reliability"}
    return table_of(
        facts,
        "aggregation_weights",
        "Unit scores by what informants weigh",
        labelled(
            data.assign(scheme=[names[key] for key in data["scheme"]]), label=(labels.construct, "column")
        ),
        _WEIGHTS,
        "Scores in use weigh roles alike. By reliability: w ∝ 1/(variance of roles + variance of informants/number).",
        estimator="Reliability of the score, mean over units, from REML variances",
        group="label",
    )
