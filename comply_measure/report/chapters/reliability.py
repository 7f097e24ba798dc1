"""Chapter: reliability of constructs and dimensions, by role and pooled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from comply_measure.measurement.frames import POOLED
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, listing, plural
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Column, Details, Prose, Section, Table

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = (
    Column("Group", "role"),
    Column("Informants", "n_informants", "count"),
    Column("Items", "n_items", "count"),
    Column("α", "alpha", "bounded"),
    Column("95% CI", ("alpha_lower", "alpha_upper"), "bounded_interval"),
    Column("ω", "omega", "bounded"),
    Column("95% CI", ("omega_lower", "omega_upper"), "bounded_interval"),
    Column("AVE", "ave", "bounded"),
    Column("Loadings", ("loading_min", "loading_max"), "bounded_span"),
    Column("Remark", "remark"),
)
_ALPHA = "α: Cronbach's alpha from pairwise covariances, Feldt interval."
_POOLED = "Pooled informants of one unit are not independent, so pooled intervals are too narrow."


@dataclass(frozen=True, eq=False)
class ScaleReliability:
    """Results for one scale.

    Parameters
    ----------
    key, title : str
        The scale.
    n_units, n_informants : int
        Units and informants of the scale's roles.
    dimensions, constructs : DataFrame
        ``construct``, ``group``, ``n_informants``, ``n_items``, ``alpha``, ``alpha_lower``, ``alpha_upper``,
        ``omega``, ``omega_lower``, ``omega_upper``, ``ave``, ``loading_min``, ``loading_max``, ``note``; no
        rows in `dimensions` for a scale without them.
    """

    key: str
    title: str
    n_units: int
    n_informants: int
    dimensions: pd.DataFrame
    constructs: pd.DataFrame


def reliability_section(scales: tuple[ScaleReliability, ...], labels: Labels, cutoffs: Cutoffs) -> Section:
    """The chapter."""
    blocks: list[Block] = []
    for scale in scales:
        if len(scale.dimensions):
            blocks += [
                Prose(_summary(scale.title, "dimension", scale.dimensions, labels, cutoffs)),
                _table(scale, "dimensions", labels),
                Details(f"{scale.title}: attributes", (_table(scale, "constructs", labels),)),
            ]
        else:
            blocks += [
                Prose(_summary(scale.title, "construct", scale.constructs, labels, cutoffs)),
                Details(f"{scale.title}: constructs", (_table(scale, "constructs", labels),)),
            ]
    return Section("reliability", "Reliability", tuple(blocks))


def reliability_headline(scales: tuple[ScaleReliability, ...]) -> tuple[str, ...]:
    """One sentence per scale with dimensions."""
    found = []
    for scale in scales:
        by_role = scale.dimensions[scale.dimensions["group"] != POOLED]
        if len(by_role):
            found.append(
                f"{scale.title}: over dimensions and roles, α ranges {_range(by_role['alpha'])} "
                f"and ω {_range(by_role['omega'])}."
            )
    return tuple(found)


def _range(values: pd.Series[float]) -> str:
    present = values.dropna()
    return f"from {bounded(present.min())} to {bounded(present.max())}" if len(present) else "is undefined"


def _summary(title: str, kind: str, table: pd.DataFrame, labels: Labels, cutoffs: Cutoffs) -> str:
    by_role = table[table["group"] != POOLED]
    text = (
        f"{title}, by {kind} and role: α ranges {_range(by_role['alpha'])}, ω {_range(by_role['omega'])}, "
        f"AVE {_range(by_role['ave'])}."
    )
    for name in ("alpha", "omega", "ave"):
        cutoff = cutoffs[name]
        below = by_role[by_role[name] < cutoff.value]
        places = [
            f"{labels.construct(key)} ({labels.role(group)}, {bounded(value)})"
            for key, group, value in zip(below["construct"], below["group"], below[name], strict=True)
        ]
        shown = listing(places) if len(places) <= 4 else plural(len(places), "value")
        text += f" Below the convention {cutoff.describe()}: {shown or 'none'}."
    undefined = int(by_role["omega"].isna().sum())
    if undefined:
        text += f" ω is undefined in {plural(undefined, 'case')}; the table gives the reason."
    return text


def _table(scale: ScaleReliability, kind: str, labels: Labels) -> Table:
    data = (scale.dimensions if kind == "dimensions" else scale.constructs).copy()
    data.insert(0, "label", [labels.construct(key) for key in data["construct"]])
    data.insert(1, "role", [labels.role(key) for key in data["group"]])
    data["remark"] = data["note"]
    basis = "attribute scores" if kind == "dimensions" else "items"
    columns = _COLUMNS if (data["note"] != "").any() else _COLUMNS[:-1]
    return Table(
        f"reliability_{scale.key}_{kind}",
        f"{scale.title}: reliability of {'dimensions' if kind == 'dimensions' else 'constructs'} by role",
        data,
        columns,
        notes=(
            _ALPHA,
            f"ω and AVE: one-factor model of the {basis} (full information ML), delta-method interval; Loadings: "
            "smallest and largest standardised loading.",
            _POOLED,
        ),
        n_units=scale.n_units,
        n_informants=scale.n_informants,
        estimator="α and one-factor models",
        group="label",
    )
