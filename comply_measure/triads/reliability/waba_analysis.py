"""Within-and-between analysis (WABA): is a relation between two variables one of units or of informants?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import scipy

from comply_measure.results import Result
from comply_measure.statistics.arrays import Floats
from comply_measure.statistics.grouping import Grouping
from comply_measure.tables.long_table import long_table


@dataclass(frozen=True, slots=True)
class Waba(Result):
    """Within-and-between analysis of pairs of variables; one row per pair."""

    table: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """The table; columns as in :func:`waba`."""
        return self.table.copy()


def waba(
    data: pd.DataFrame,
    pairs: Sequence[tuple[str, str]] | None = None,
    *,
    columns: Sequence[str] | None = None,
    unit: str = "unit",
) -> Waba:
    """Within-and-between analysis of pairs of variables (Dansereau, Alutto & Yammarino 1984).

    ``r_xy = η_Bx η_By r_B + η_Wx η_Wy r_W``: η_B is the correlation of a variable with its unit mean, η_W
    with its deviation from it, r_B and r_W are the correlations of unit means (weighted by size) and of
    deviations. ``E = η_B/η_W`` calls a variable *wholes* when it is at least tan 60° = 1.73 (30° test) or
    tan 52.5° = 1.30 (15° test), *parts* at most at the inverses, *equivocal* between them; the F ratio is
    ``E² (N - G)/(G - 1)``, or its inverse for parts. Units are the only level: what units of one firm share is in the
    part between them, and p does not tell units from firms; ``unit="firm"`` gives the part of firms.

    Columns: x, y, n_units, n_informants, r, eta_between_x, eta_between_y, r_between, eta_within_x,
    eta_within_y, r_within, component_between, component_within, e_x, e_y, call_x, call_y (15° test),
    f_x, p_x, f_y, p_y, note. Informants who lack either variable are left out of the pair.

    Parameters
    ----------
    data : DataFrame
        One row per informant.
    pairs : sequence of (str, str), optional
        Pairs to analyse; all pairs of `columns` by default.
    columns : sequence of str, optional
        Variables.
    unit : str
        Column with the unit's key.

    Raises
    ------
    InputError
        Unusable table.
    """
    chosen = list(pairs) if pairs is not None else list(combinations(columns or (), 2))
    names = list(dict.fromkeys(name for pair in chosen for name in pair))
    table = long_table(data, names, unit=unit)
    rows = []
    for x, y in chosen:
        xy = table.values[:, [names.index(x), names.index(y)]]
        complete = ~np.isnan(xy).any(axis=1)
        rows.append({"x": x, "y": y, **_pair(xy[complete], table.unit[complete])})
    return Waba(pd.DataFrame(rows))


def _pair(xy: Floats, unit: np.ndarray) -> dict[str, object]:
    result: dict[str, object] = {"n_units": 0, "n_informants": len(xy)}
    if len(xy) < 3:
        return result | dict.fromkeys(NUMBERS, np.nan) | {"note": "fewer than 3 informants"}
    grouping = Grouping.from_labels(unit)
    G, n = grouping.n_units, len(xy)
    xy = xy - xy.mean(axis=0)
    between = (grouping.sums(xy) / grouping.sizes[:, None])[grouping.codes]
    within = xy - between
    total_ss, between_ss, within_ss = ((part**2).sum(axis=0) for part in (xy, between, within))
    within_ss = np.where(within_ss <= 1e-20 * total_ss, 0.0, within_ss)
    between_ss = np.where(between_ss <= 1e-20 * total_ss, 0.0, between_ss)
    with np.errstate(invalid="ignore", divide="ignore"):
        eta_b, eta_w = np.sqrt(between_ss / total_ss), np.sqrt(within_ss / total_ss)
        e = eta_b / eta_w
        r, r_b, r_w = (
            float((part[:, 0] * part[:, 1]).sum() / np.sqrt(ss[0] * ss[1])) if ss.min() > 0 else np.nan
            for part, ss in ((xy, total_ss), (between, between_ss), (within, within_ss))
        )
    f, p = zip(*(_f_test(ratio, n, G) for ratio in e), strict=True)
    values = [
        r, eta_b[0], eta_b[1], r_b, eta_w[0], eta_w[1], r_w,
        eta_b[0] * eta_b[1] * r_b, eta_w[0] * eta_w[1] * r_w, e[0], e[1],
    ]  # fmt: skip
    return {
        "n_units": G,
        "n_informants": n,
        **dict(zip(NUMBERS[:11], map(float, values), strict=True)),
        "call_x": call(e[0]),
        "call_y": call(e[1]),
        "f_x": f[0],
        "p_x": p[0],
        "f_y": f[1],
        "p_y": p[1],
        "note": _note(total_ss, between_ss, within_ss),
    }


NUMBERS = (
    "r", "eta_between_x", "eta_between_y", "r_between", "eta_within_x", "eta_within_y", "r_within",
    "component_between", "component_within", "e_x", "e_y", "call_x", "call_y", "f_x", "p_x", "f_y", "p_y",
)  # fmt: skip


def call(e: float) -> str:
    """Verdict of the E ratio: wholes or parts (by the 15° or also the 30° test), or equivocal."""
    if np.isnan(e):
        return ""
    strength = np.degrees(np.arctan(e)) - 45.0
    if abs(strength) < 7.5:
        return "equivocal"
    kind = "wholes" if strength > 0 else "parts"
    return f"{kind} ({'30' if abs(strength) >= 15.0 else '15'}°)"


def _f_test(e: float, n: int, n_units: int) -> tuple[float, float]:
    """F ratio for wholes (E > 1) or for parts (its inverse), and p."""
    df_b, df_w = n_units - 1, n - n_units
    if not np.isfinite(e) or df_b < 1 or df_w < 1 or e == 0:
        return float("nan"), float("nan")
    f = e**2 * df_w / df_b
    if e >= 1:
        return float(f), float(scipy.stats.f.sf(f, df_b, df_w))
    return float(1.0 / f), float(scipy.stats.f.sf(1.0 / f, df_w, df_b))


def _note(total: Floats, between: Floats, within: Floats) -> str:
    if total.min() <= 0:
        return "a variable does not vary"
    if within.min() <= 0:
        return "no variance within units"
    if between.min() <= 0:
        return "no variance between units"
    return ""
