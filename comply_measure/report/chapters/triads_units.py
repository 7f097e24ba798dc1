"""Tables of the chapter on triads that go unit by unit, and WABA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.report.labels import Labels
from comply_measure.report.parts import Column, Table

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 12


def score_table(title: str, units: pd.DataFrame, labels: Labels, n_units: int, n_informants: int) -> Table:
    """Scores of every unit with their errors, what they are worth and who stands apart."""
    data = units.copy()
    data.insert(1, "label", [labels.construct(name) for name in data["column"]])
    roles = {role: labels.role(role) for role in data["odd_role"].unique() if role not in ("", "tie")}
    data["odd_label"] = [roles.get(role, role) for role in data["odd_role"]]
    columns = (
        Column("Unit", "unit"),
        Column("Dimension", "label"),
        Column("Informants", "n_informants", "count"),
        Column("Mean", "score", "number"),
        Column("BLUP", "blup", "number"),
        Column("SE", "blup_se", "number"),
        Column("Common fate", "common_fate", "number"),
        Column("SE", "common_fate_se", "number"),
        Column("λ", "reliability", "bounded"),
        Column("SD of roles", "sd", "number"),
        Column("Odd role", "odd_label"),
    )
    return Table(
        "triads_units",
        f"{title}: scores of every unit",
        data,
        (*columns, Column("Remark", "note")) if (data["note"] != "").any() else columns,
        notes=("Mean: after role means were taken off. BLUP and common fate: latent scores, drawn to the mean of all "
               "units as far as the unit's own informants leave doubt. Odd role: only with all roles.",),
        n_units=n_units,
        n_informants=n_informants,
        estimator="Any number of informants counts",
        rows_shown=_SHOWN,
    )  # fmt: skip


def waba_table(title: str, waba: pd.DataFrame, labels: Labels, n_units: int, n_informants: int) -> Table:
    """Relations of dimensions within and between units."""
    data = waba.copy()
    data.insert(0, "label", [f"{labels.construct(a)}, {labels.construct(b)}"
                             for a, b in zip(data["x"], data["y"], strict=True)])  # fmt: skip
    columns = (
        Column("Dimensions", "label"),
        Column("Informants", "n_informants", "count"),
        Column("r", "r", "bounded"),
        Column("r between", "r_between", "bounded"),
        Column("r within", "r_within", "bounded"),
        Column("Part between", "component_between", "bounded"),
        Column("Part within", "component_within", "bounded"),
    )
    return Table(
        "triads_waba",
        f"{title}: within and between analysis",
        data,
        columns,
        notes=(
            "r is the sum of both parts, η(x)·η(y)·r of each level (Dansereau, Alutto, & Yammarino, 1984). Between: "
            "unit means; within: deviations from them.",
        ),
        n_units=n_units,
        n_informants=n_informants,
        estimator="All informants who answered both",
    )


def gap_units_table(
    title: str, flags: pd.DataFrame, labels: Labels, n_units: int, n_informants: int
) -> Table:
    """Gaps of every unit and which of them exceed measurement error."""
    data = flags.copy()
    data.insert(1, "label", [labels.construct(name) for name in data["column"]])
    data.insert(2, "pair_label", [labels.pair(name) for name in data["pair"]])
    columns = (
        Column("Unit", "unit"),
        Column("Dimension", "label"),
        Column("Roles", "pair_label"),
        Column("Gap", "gap", "number"),
        Column("SE", "se", "number"),
        Column("z", "z", "number"),
        Column("Reliable", "reliable"),
    )
    return Table(
        "gaps_units",
        f"{title}: gaps of every unit",
        data,
        columns,
        notes=(
            "Reliable: larger than measurement error allows at 95%, all gaps of a unit on a dimension taken together "
            "(Tukey). Empty: a role is absent.",
        ),
        n_units=n_units,
        n_informants=n_informants,
        estimator="Classical test theory",
        rows_shown=_SHOWN,
    )
