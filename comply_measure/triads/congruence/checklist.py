"""Checklist for a congruence effect (Humberg, Nestler & Back 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from comply_measure.results import Result
from comply_measure.statistics.cluster_robust import few_clusters_note
from comply_measure.statistics.multiplicity import rejects
from comply_measure.triads.congruence.polynomial import PolynomialRegression
from comply_measure.triads.congruence.surface import ResponseSurface

#: Intervals of the ridge wider than these do not tell a ridge on X = Y from one parallel to X or Y: its direction
#: in radians (from parallel to X to parallel to Y is a right angle), its shift in pooled SD of the views.
WIDEST_TURN, WIDEST_SHIFT = np.pi / 4, 4.0


@dataclass(frozen=True)
class CongruenceChecklist(Result):
    """The conditions, each with its evidence.

    Attributes
    ----------
    conditions : DataFrame
        ``condition, evidence, holds`` (True, False, or None: cannot say), ``needed_for``.
    broad, strict : bool or None
        Whether all conditions of a broad (strict) congruence effect hold; None: cannot say.
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


def _silent(row: dict[Any, Any], spread: float) -> str:
    """Why the interval of an axis says nothing, empty if it does say something."""
    lower, upper, estimate = row["boot_lower"], row["boot_upper"], row["estimate"]
    if not np.isfinite([lower, upper, estimate]).all():
        return "undefined"
    if not lower <= estimate <= upper:
        return "the estimate lies outside its own interval"
    if row["name"] == "p11" and np.arctan(upper) - np.arctan(lower) > WIDEST_TURN:
        return "the interval is wider than 45 degrees"
    if row["name"] == "p10" and upper - lower > WIDEST_SHIFT * spread:
        return f"the interval is wider than {WIDEST_SHIFT:g} SD of the views"
    return ""


def _all(values: list[bool | None]) -> bool | None:
    if any(v is False for v in values):
        return False
    return None if any(v is None for v in values) else True


def congruence_checklist(
    fit: PolynomialRegression | None, surface: ResponseSurface, alpha: float = 0.05
) -> CongruenceChecklist:
    """Check the conditions under which a surface shows a congruence effect.

    Broad: the surface is an inverted U along X = −Y (a4 < 0, significant) and its ridge lies on X = Y
    (interval of p10 covers 0, interval of p11 covers 1, a3 and a5 not significant: with a5 = b3 − b5 ≠ 0 the
    ridge is turned). Strict: level has no effect along X = Y either (a1 and a2 not significant). Source: Humberg,
    Nestler & Back (2019); Edwards (2002) for a5. Intervals are the bootstrap's. An interval that does not
    hold its own estimate, or is so wide that a ridge parallel to one view would fit too (p11: more than 45
    degrees; p10: more than four SD of the views), is no evidence: the condition is None, and so is the verdict
    unless another condition fails. Of several surfaces a4, which claims an effect, counts with its p corrected over
    them (column ``p_holm``); conditions that ask for zero count with their own p, which is the harder test.

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
        return None if not np.isfinite(p) else not rejects(float(p), alpha)

    def covers(name: str, value: float) -> bool | None:
        covered = _covers(table[name], value)
        return None if covered and _silent(table[name], surface.spread) else covered

    a4 = table["a4"]
    claimed = a4.get("p_holm", a4["p"])
    curved = None if not np.isfinite(claimed) else bool(a4["estimate"] < 0 and rejects(float(claimed), alpha))

    def evidence(name: str) -> str:
        return _evidence(table[name], surface.spread)

    rows: list[tuple[str, str, bool | None, str]] = [
        ("the outcome falls as the two differ (a4 < 0)", evidence("a4"), curved, "broad"),
        ("no slope along X = −Y at the centre (a3 = 0)", evidence("a3"), quiet("a3"), "broad"),
        ("the ridge is not turned (a5 = 0)", evidence("a5"), quiet("a5"), "broad"),
        ("the ridge is parallel to X = Y (p11 = 1)", evidence("p11"), covers("p11", 1.0), "broad"),
        ("the ridge is not shifted (p10 = 0)", evidence("p10"), covers("p10", 0.0), "broad"),
        ("no slope along X = Y (a1 = 0)", evidence("a1"), quiet("a1"), "strict"),
        ("no curvature along X = Y (a2 = 0)", evidence("a2"), quiet("a2"), "strict"),
    ]
    conditions = pd.DataFrame(rows, columns=["condition", "evidence", "holds", "needed_for"])
    broad = _all([row[2] for row in rows if row[3] == "broad"])
    strict = _all([row[2] for row in rows])
    return CongruenceChecklist(conditions, broad, strict, _cautions(fit, surface))


def _evidence(row: dict[Any, Any], spread: float) -> str:
    name, estimate = row["name"], row["estimate"]
    if not np.isfinite(estimate):
        return f"{name} is undefined"
    if name in ("p10", "p11"):
        text = f"{name} = {estimate:.3f}, interval [{row['boot_lower']:.3f}, {row['boot_upper']:.3f}]"
        silent = _silent(row, spread)
        return f"{text}; cannot say: {silent}" if silent else text
    p = (
        "p is undefined"
        if not np.isfinite(row["p"])
        else f"p = {row['p']:.3f}"
        if row["p"] >= 0.001
        else "p < 0.001"
    )
    return f"{name} = {estimate:.3f}, {p}"


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
    if note := few_clusters_note(surface.n_clusters):
        notes.append(note)
    return tuple(notes)
