"""Checklist for a congruence effect (Humberg, Nestler & Back 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from comply_measure.triads.congruence.polynomial import PolynomialRegression
from comply_measure.triads.congruence.surface import ResponseSurface


@dataclass(frozen=True)
class CongruenceChecklist:
    """The conditions, each with its evidence.

    Attributes
    ----------
    conditions : DataFrame
        ``condition, evidence, holds`` (True, False or None where undefined), ``needed_for``.
    broad, strict : bool or None
        Whether all conditions of a broad (strict) congruence effect hold; None where one is undefined.
    caution : tuple of str
        What limits the conclusion.
    """

    conditions: pd.DataFrame
    broad: bool | None
    strict: bool | None
    caution: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """Return one row per condition."""
        return self.conditions.copy()


def _covers(row: dict[Any, Any], value: float) -> bool | None:
    if not np.isfinite(row["boot_lower"]) or not np.isfinite(row["boot_upper"]):
        return None
    return bool(row["boot_lower"] <= value <= row["boot_upper"])


def _all(values: list[bool | None]) -> bool | None:
    if any(v is False for v in values):
        return False
    return None if any(v is None for v in values) else True


def congruence_checklist(
    fit: PolynomialRegression | None, surface: ResponseSurface, alpha: float = 0.05
) -> CongruenceChecklist:
    """Check the conditions under which a surface shows a congruence effect.

    Broad: the surface is an inverted U along X = −Y (a4 < 0, significant) and its ridge lies on X = Y
    (interval of p10 covers 0, interval of p11 covers 1, a3 not significant). Strict: level has no effect
    along X = Y either (a1 and a2 not significant). Source: Humberg, Nestler & Back (2019). Intervals are the
    bootstrap's.

    Parameters
    ----------
    fit : PolynomialRegression or None
        None for the surface of a latent polynomial.
    surface : ResponseSurface
        With bootstrap intervals.
    alpha : float

    Returns
    -------
    CongruenceChecklist
    """
    table = {str(row["name"]): row for row in surface.parameters.to_dict("records")}

    def quiet(name: str) -> bool | None:
        p = table[name]["p"]
        return None if not np.isfinite(p) else bool(p >= alpha)

    a4 = table["a4"]
    curved = None if not np.isfinite(a4["p"]) else bool(a4["estimate"] < 0 and a4["p"] < alpha)

    def evidence(name: str) -> str:
        row = table[name]
        if name in ("p10", "p11"):
            return (
                f"{name} = {row['estimate']:.3f}, interval [{row['boot_lower']:.3f}, {row['boot_upper']:.3f}]"
            )
        p = "p < 0.001" if row["p"] < 0.001 else f"p = {row['p']:.3f}"
        return f"{name} = {row['estimate']:.3f}, {p}"

    rows: list[tuple[str, str, bool | None, str]] = [
        ("the outcome falls as the two differ (a4 < 0)", evidence("a4"), curved, "broad"),
        ("no slope along X = −Y at the centre (a3 = 0)", evidence("a3"), quiet("a3"), "broad"),
        (
            "the ridge is parallel to X = Y (p11 = 1)",
            evidence("p11"),
            _covers(table["p11"], 1.0),
            "broad",
        ),
        ("the ridge is not shifted (p10 = 0)", evidence("p10"), _covers(table["p10"], 0.0), "broad"),
        ("no slope along X = Y (a1 = 0)", evidence("a1"), quiet("a1"), "strict"),
        ("no curvature along X = Y (a2 = 0)", evidence("a2"), quiet("a2"), "strict"),
    ]
    conditions = pd.DataFrame(rows, columns=["condition", "evidence", "holds", "needed_for"])
    broad = _all([row[2] for row in rows[:4]])
    strict = _all([row[2] for row in rows])
    return CongruenceChecklist(conditions, broad, strict, _cautions(fit, surface))


def _cautions(fit: PolynomialRegression | None, surface: ResponseSurface) -> tuple[str, ...]:
    notes = [
        "a condition that asks for 'not significant' is weak evidence for zero: look at the interval's width"
    ]
    if fit is not None:
        notes.append(
            "measurement error in X and Y shrinks the second-order terms; compare the latent polynomial"
        )
    if min(surface.over, surface.under) < 0.10:
        notes.append(
            f"only {min(surface.over, surface.under):.0%} of the units lie on one side of congruence: "
            "the surface is extrapolated there"
        )
    undefined = surface.parameters.loc[surface.parameters["name"].isin(["p10", "p11"]), "n_boot"]
    if surface.bootstrap and undefined.min() < 0.95 * surface.bootstrap:
        notes.append(
            "the principal axis is undefined in many bootstrap replications: the surface is nearly a ridge"
        )
    if 0 < surface.n_clusters < 40:
        notes.append(f"{surface.n_clusters} clusters are few for a cluster-robust covariance")
    return tuple(notes)
