"""Generalizability study with several informants nested in roles, and with units nested in firms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Bools, Floats, Ints
from comply_measure.statistics.checks import check_confidence
from comply_measure.tables.long_table import LongTable, long_table
from comply_measure.triads.reliability.gstudy import check_bootstrap, distinct_effects, estimated_study
from comply_measure.triads.reliability.gstudy_result import GStudy
from comply_measure.triads.reml.design import CellDesign
from comply_measure.triads.several.levels import group_codes
from comply_measure.triads.several.views import role_places

#: Cells of a unit (or firm) up to which their covariance is worked on.
MOST_CELLS = 1500


def nested_g_study(
    data: pd.DataFrame,
    columns: Sequence[str],
    *,
    unit: str = "unit",
    role: str = "role",
    firm: str | None = None,
    roles: Sequence[str] | None = None,
    confidence: float = 0.95,
    bootstrap: int = 0,
    seed: int | np.random.Generator | np.random.SeedSequence | None = None,
) -> GStudy:
    """Variance components of unit × (informant in role) × attribute by REML, G, Φ and the decision study.

    ``y = μ + r + a + ra + t + tr + ta + tra + i(tr) + e``: units t crossed with roles r and attributes a, informants i
    nested in a role of a unit, the residual being what an informant says of one attribute alone (Brennan 2001, design
    (i:tr) × a). With `firm`, units are nested in firms f, which have components of their own: f, fr, fa. In relative
    error i(tr) counts over the roles times the informants of each, so that :meth:`GStudy.d_study` with ``n_per_role``
    tells what more informants of a role are worth beside more roles. All numbers of informants may differ.

    Parameters
    ----------
    data : DataFrame
        One row per informant, any number of them in a unit and role.
    columns : sequence of str
        Scores: the attributes (one is enough).
    unit, role : str
        Key columns.
    firm : str, optional
        Key column of the firm: components of firms, and coefficients for units of all firms and of one. A unit without
        a firm is a firm of its own.
    roles : sequence of str, optional
        Roles to take; by default all.
    confidence : float
        Level of the bootstrap intervals.
    bootstrap : int
        Replications of the parametric bootstrap; 0 for none.
    seed : int, Generator or SeedSequence
        Required with a bootstrap.

    Returns
    -------
    GStudy
        NaN with a note where no role has several informants in a unit, or nothing varies.

    Raises
    ------
    InputError
        Unusable table or options, or more than 1500 cells (units of a firm × roles × informants × attributes).

    References
    ----------
    Brennan, R. L. (2001). Generalizability theory. Springer. Cronbach, L. J., Gleser, G. C., Nanda, H., & Rajaratnam,
    N. (1972). The dependability of behavioral measurements. Wiley.
    """
    check_confidence(confidence)
    check_bootstrap(bootstrap, seed)
    table = long_table(data, columns, unit=unit, role=role, firm=firm, several=True)
    y, spot, sizes = _cells(table, roles)
    counts = {"n_units": len(pd.unique(table.unit)), "n_informants": int(table.values.shape[0])}
    design = _design(*spot, with_firms=firm is not None)
    known = ~np.isnan(y)
    cells = np.flatnonzero(known.any(axis=0))
    design, y = design.keep(cells), y[known.any(axis=1)][:, cells]
    note = _obstacle(table, y, sizes)
    if note:
        return GStudy.undefined(design.names, sizes, confidence, note, **counts)
    return estimated_study(y, design, sizes, counts, confidence, bootstrap, seed)


def _cells(
    table: LongTable, roles: Sequence[str] | None
) -> tuple[Floats, tuple[Ints, Ints, Ints, Ints], dict[str, float]]:
    """Blocks × cells with the place of every cell (unit in block, role, informant, attribute), and the sizes."""
    names, place = role_places(table, roles)
    used = place >= 0
    place, values = place[used], table.values[used]
    unit = pd.factorize(np.asarray(table.unit)[used])[0].astype(np.int64)
    block = unit if table.firm is None else _firms(np.asarray(table.firm)[used], unit)
    slot_of_unit = _numbered(np.stack([block, unit]))
    slot = _counted(np.stack([unit, place]))
    shape = (
        int(block.max(initial=0)) + 1,
        int(slot_of_unit.max(initial=0)) + 1,
        len(names),
        int(slot.max(initial=0)) + 1,
        len(table.columns),
    )
    n_cells = int(np.prod(shape[1:]))
    if n_cells > MOST_CELLS:
        allowed = f"at most {MOST_CELLS} (units of a firm × roles × informants × attributes)"
        fault = Problem("too many cells: take fewer columns", value=n_cells, allowed=allowed)
        raise InputError("The generalizability study cannot be computed.", [fault])
    y = np.full(shape, np.nan)
    y[block, slot_of_unit, place, slot] = values
    grid = np.indices(shape[1:]).reshape(4, -1)
    occupied = np.bincount(unit * len(names) + place)
    occupied = occupied[occupied > 0]
    sizes: dict[str, float] = {
        "role": len(np.unique(place)),
        "attribute": len(table.columns),
        "item": 1,
        "informant": len(occupied) / float((1.0 / occupied).sum()) if len(occupied) else 0.0,
    }
    return y.reshape(shape[0], -1), (grid[0], grid[1], grid[2], grid[3]), sizes


def _firms(firm: np.ndarray, unit: Ints) -> Ints:
    codes = pd.Series(firm).groupby(unit).transform("first")
    known = group_codes(codes)
    lone = codes.isna().to_numpy()
    known[lone] = known.max(initial=0) + 1 + unit[lone]
    return np.asarray(pd.factorize(known)[0], dtype=np.int64)


def _numbered(pairs: Ints) -> Ints:
    """Number of the second key among the different ones of its first key."""
    different, inverse = np.unique(pairs, axis=1, return_inverse=True)
    starts = np.flatnonzero(np.diff(different[0], prepend=-1))
    first = np.repeat(starts, np.diff([*starts, different.shape[1]]))
    return np.asarray((np.arange(different.shape[1]) - first)[inverse.ravel()])


def _counted(pairs: Ints) -> Ints:
    """Number of each row among those of its pair, in the order of the table."""
    place = np.unique(pairs, axis=1, return_inverse=True)[1].ravel()
    return np.asarray(pd.Series(place).groupby(place).cumcount(), dtype=np.int64)


def _design(unit: Ints, role: Ints, informant: Ints, attribute: Ints, *, with_firms: bool) -> CellDesign:
    """Effects of all cells; those with one level, and those that coincide with others, are left out."""
    n_roles, n_attributes = int(role.max()) + 1, int(attribute.max()) + 1
    both = role * n_attributes + attribute
    shared = {"role": role, "attribute": attribute, "role:attribute": both}
    person = role * (int(informant.max()) + 1) + informant
    effects: dict[str, Ints] = {}
    if with_firms:
        effects |= {"firm": np.zeros_like(role), "firm:role": role, "firm:attribute": attribute}
    parts = {
        "unit": np.zeros_like(role),
        "unit:role": role,
        "unit:attribute": attribute,
        "unit:role:attribute": both,
        "unit:role:informant": person,
    }
    spread = (n_roles * (int(informant.max()) + 1)) * n_attributes
    effects |= {name: unit * spread + level for name, level in parts.items()}
    return CellDesign(
        distinct_effects(shared, one=True), distinct_effects(effects, one=False), np.ones((len(role), 1))
    )


def _obstacle(table: LongTable, y: Floats, sizes: dict[str, float]) -> str:
    if len(y) < 2:
        return "fewer than 2 units" if table.firm is None else "fewer than 2 firms"
    if sizes["informant"] <= 1.0:
        return "no role has two informants in a unit"
    present: Bools = ~np.isnan(y)
    values = y[present]
    if values.var() <= 1e-24 * max(1.0, float((values**2).mean())):
        return "all answers equal"
    return ""
