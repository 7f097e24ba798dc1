"""Tables of the latent models of dependent informants: shares of variance, contrasts, gaps, effects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from comply_measure.evidence.fits import NamedFit
from comply_measure.evidence.focal import Focal
from comply_measure.evidence.role_comparison import with_holm
from comply_measure.models.informants import effects_table, latent_gaps, variance_shares, wide_column


def _usable(named: NamedFit | None) -> bool:
    return named is not None and named.fit.has_optimum and named.fit.admissible


def _note(named: NamedFit) -> str:
    return named.fit.unreached or ("" if named.fit.admissible else "solution not admissible")


def view_shares(fits: Sequence[NamedFit | None], chosen: Focal) -> pd.DataFrame:
    """Shares by attribute and role; NaN with a note for models that cannot be trusted."""
    columns = ["dimension", "attribute", "role", "common", "view", "only", "residual", "note"]
    rows: list[tuple[object, ...]] = []
    for named in (f for f in fits if f is not None):
        found: dict[tuple[str, str], float] = {}
        residual: dict[str, float] = {}
        negative: dict[str, str] = {}
        if _usable(named):
            for row in variance_shares(named.fit.estimates).to_dict("records"):
                found[str(row["indicator"]), str(row["factor"]).partition(".")[0]] = float(row["share"])
                residual[str(row["indicator"])] = float(row["residual_share"])
                negative[str(row["indicator"])] = str(row["note"])
        for attribute in chosen.factors[named.key]:
            for role in chosen.roles:
                column = wide_column(attribute, role)
                parts = [found.get((column, kind), np.nan) for kind in ("common", "view", "only")]
                note = "; ".join(filter(None, (_note(named), negative.get(column, ""))))
                rows.append((named.key, attribute, role, *parts, residual.get(column, np.nan), note))
    return pd.DataFrame(rows, columns=columns)


def contrast_keys(roles: Sequence[str]) -> tuple[str, ...]:
    """Level and contrasts of the latent congruence model: suffixes of their names in model text."""
    return (
        "level",
        f"{roles[0]}_vs_{roles[1]}",
        *(f"{roles[i]}_vs_rest{i}" for i in range(2, len(roles))),
    )


def contrast_table(fits: Sequence[NamedFit | None], roles: Sequence[str]) -> pd.DataFrame:
    """Means and variances of level and contrasts."""
    rows = []
    for named in (f for f in fits if f is not None):
        table = {(row["lhs"], row["op"], row["rhs"]): row for row in named.fit.estimates.to_dict("records")}
        usable = named.fit.has_optimum
        for suffix in contrast_keys(roles):
            latent = f"{named.key}.{suffix}"
            mean, variance = table[latent, "~1", ""], table[latent, "~~", latent]
            values = (
                [
                    mean["est"],
                    mean["se"],
                    mean["pvalue"],
                    variance["est"],
                    variance["ci_lower"],
                    variance["ci_upper"],
                ]
                if usable
                else [np.nan] * 6
            )
            rows.append((named.key, suffix, suffix == "level", *values, _note(named)))
    columns = ["dimension", "contrast", "level", "mean", "mean_se", "mean_p"]
    return pd.DataFrame(rows, columns=[*columns, "variance", "variance_lower", "variance_upper", "note"])


def gap_table(fits: Sequence[NamedFit | None], roles: Sequence[str]) -> pd.DataFrame:
    """Latent mean differences of all dimensions and pairs, Holm over the table."""
    return with_holm([latent_gaps(named.live, named.key, roles) for named in fits if named is not None])


def predictor_effects(fits: Sequence[NamedFit | None]) -> pd.DataFrame:
    """Effects of the predictors on what roles share, on their level and on their contrasts."""
    tables: list[pd.DataFrame] = [
        effects_table(named.live).assign(model=named.label) for named in fits if named is not None
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def common_shares(fits: Sequence[NamedFit], names: Sequence[str], roles: Sequence[str]) -> pd.DataFrame:
    """``φ/(φ + θ_r)`` of the common-fate model, if it can be trusted."""
    columns = ["dimension", "role", "share"]
    named = next((f for f in fits if f.key == "common_fate"), None)
    if named is None or not _usable(named):
        return pd.DataFrame(columns=columns)
    table = named.fit.estimates
    variance = table[(table["op"] == "~~") & (table["lhs"] == table["rhs"])].set_index("lhs")["est"]
    rows = [
        (d, r, variance[f"{d}.unit"] / (variance[f"{d}.unit"] + variance[wide_column(d, r)]))
        for d in names
        for r in roles
    ]
    return pd.DataFrame(rows, columns=columns)
