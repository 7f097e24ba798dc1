"""Generalizability study of triads: unit × role × attribute, optionally with items nested in attributes.

Variance components by REML over all units, incomplete ones too; G and Φ with roles and attributes random or
fixed; a D-study over other numbers of roles and attributes. Brennan (2001); Cronbach, Gleser, Nanda &
Rajaratnam (1972).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from comply_measure.errors import InputError, Problem
from comply_measure.statistics.arrays import Bools, Floats
from comply_measure.statistics.bootstrap import percentile_interval, two_tails
from comply_measure.statistics.checks import check_confidence
from comply_measure.triads.data.triad_data import TriadData
from comply_measure.triads.reliability.gstudy_result import GStudy
from comply_measure.triads.reliability.shared_intervals import pivotal_draws
from comply_measure.triads.reml.design import CellDesign
from comply_measure.triads.reml.fit import RemlFit, fit_reml
from comply_measure.triads.reml.simulate import bootstrap_components


def g_study(
    data: TriadData,
    *,
    columns: Sequence[str] | None = None,
    items: Mapping[str, Sequence[str]] | None = None,
    confidence: float = 0.95,
    bootstrap: int = 0,
    seed: int | np.random.Generator | None = None,
) -> GStudy:
    """Variance components of units, roles and attributes by REML.

    ``y = μ + t + r + a + tr + ta + ra + (tra, e)`` with t the unit; with items i nested in attributes also
    ``i:a``, ``r × i:a``, ``t × i:a``, and ``tra`` apart from the residual. All effects are random and normal;
    components are at least 0, and zeros are marked as boundary solutions. A facet with one level is left out.
    Intervals of effects that all units share (roles, attributes and their interaction) are generalised: they
    follow from χ² with the facet's few degrees of freedom; the others are parametric bootstrap.

    Parameters
    ----------
    data : TriadData
        Attribute scores by role, or item answers with `items`.
    columns : sequence of str, optional
        Attributes to use; all by default.
    items : mapping of str to sequence of str, optional
        Items of each attribute (columns of `data`, recoded to one direction).
    confidence : float
        Level of the bootstrap intervals.
    bootstrap : int
        Replications of the parametric bootstrap; 0 for none.
    seed : int or Generator
        Required with a bootstrap.

    Returns
    -------
    GStudy
        NaN with a note when there are fewer than two units, no unit with two roles, or no variance.

    Raises
    ------
    InputError
        Unknown columns, or options that do not fit.
    """
    check_confidence(confidence)
    check_bootstrap(bootstrap, seed)
    if items is not None and not (items and all(items.values())):
        fault = Problem("items", value=len(items), allowed="at least one attribute, each with an item")
        raise InputError("The generalizability study cannot be computed.", [fault])
    groups = items if items is not None else {name: (name,) for name in (columns or data.columns)}
    chosen = data.select(columns=[item for members in groups.values() for item in members])
    attribute = np.repeat(np.arange(len(groups)), [len(members) for members in groups.values()])
    y = chosen.values.reshape(chosen.n_units, -1)
    R = len(chosen.roles)
    design = _design(np.repeat(np.arange(R), len(attribute)), np.tile(attribute, R), items is not None)
    cells = np.flatnonzero(~np.isnan(y).all(axis=0))
    y, design = y[~np.isnan(y).all(axis=1)][:, cells], design.keep(cells)
    sizes = _sizes(cells, len(attribute), attribute)
    counts = {"n_units": len(y), "n_informants": _informants(~np.isnan(chosen.values))}
    note = _obstacle(y, cells // len(attribute), sizes)
    if note:
        return GStudy.undefined(design.names, sizes, confidence, note, **counts)
    return estimated_study(y, design, sizes, counts, confidence, bootstrap, seed)


def estimated_study(
    y: Floats,
    design: CellDesign,
    sizes: Mapping[str, float],
    counts: dict[str, int],
    confidence: float,
    bootstrap: int,
    seed: int | np.random.Generator | np.random.SeedSequence | None,
) -> GStudy:
    """Components of a design by REML, with bootstrap intervals if asked for; undefined without residual variance."""
    fit = fit_reml(y, design)
    if fit.degenerate[0]:
        reason = "no residual variance: the effects reproduce the data and the likelihood has no maximum"
        return GStudy.undefined(design.names, sizes, confidence, reason, **counts)
    draws = None
    if bootstrap:
        rng = np.random.default_rng(seed)
        draws = bootstrap_components(fit, np.isnan(y), bootstrap, rng)
        draws = pivotal_draws(fit, draws, np.isnan(y), rng)
    return study_result(fit, draws, sizes, confidence, counts)


def check_bootstrap(bootstrap: int, seed: object) -> None:
    """Refuse too few replications, and a bootstrap without a seed."""
    problems = []
    if bootstrap and bootstrap < 50:
        problems.append(Problem("bootstrap", value=bootstrap, allowed="0, or at least 50 replications"))
    if bootstrap and seed is None:
        problems.append(Problem("a bootstrap needs a seed", column="seed", allowed="a whole number"))
    if problems:
        raise InputError("The generalizability study cannot be run with these options.", problems)


def _design(role: np.ndarray, attribute: np.ndarray, with_items: bool) -> CellDesign:
    """Effects of all cells; facets with one level and effects that coincide with others are left out."""
    cell = np.arange(len(role))
    item = cell % (len(cell) // len(np.unique(role)))
    role_attribute = role * (attribute.max() + 1) + attribute
    shared: dict[str, np.ndarray] = {"role": role, "attribute": attribute, "role:attribute": role_attribute}
    unit = {"unit": np.zeros_like(role), "unit:role": role, "unit:attribute": attribute}
    if with_items:
        shared |= {"item": item, "role:item": cell}
        unit |= {"unit:role:attribute": role_attribute, "unit:item": item}
    return CellDesign(
        distinct_effects(shared, one=True), distinct_effects(unit, one=False), np.ones((len(role), 1))
    )


def distinct_effects(effects: dict[str, np.ndarray], one: bool) -> dict[str, np.ndarray]:
    """Effects that are neither constant (if `one`) nor a repeat of an earlier one nor of the residual."""
    kept: dict[str, np.ndarray] = {}
    for name, level in effects.items():
        levels = len(np.unique(level))
        repeats = any(_same(level, other) for other in kept.values())
        residual = not one and levels == len(level)
        if not (one and levels == 1) and not repeats and not residual:
            kept[name] = level
    return kept


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    pairs = len(np.unique(np.stack([a, b]), axis=1).T)
    return pairs == len(np.unique(a)) == len(np.unique(b))


def _sizes(cells: np.ndarray, per_role: int, attribute: np.ndarray) -> dict[str, int]:
    """Numbers of roles, attributes and items per attribute (the largest) that are observed somewhere."""
    item = np.unique(cells % per_role)
    return {
        "role": len(np.unique(cells // per_role)),
        "attribute": len(np.unique(attribute[item])),
        "item": int(np.bincount(attribute[item]).max()) if len(item) else 0,
    }


def _informants(present: Bools) -> int:
    return int(present.any(axis=2).sum())


def _obstacle(y: Floats, role: np.ndarray, sizes: Mapping[str, int]) -> str:
    present = ~np.isnan(y)
    if len(y) < 2:
        return "fewer than 2 units"
    if sizes["role"] * sizes["attribute"] * sizes["item"] < 2:
        return "one role and one attribute: nothing to generalise over"
    roles = np.stack([present[:, role == r].any(axis=1) for r in np.unique(role)], axis=1).sum(axis=1)
    if sizes["role"] > 1 and not (roles > 1).any():
        return "no unit with 2 roles"
    values = y[present]
    if values.var() <= 1e-24 * max(1.0, float((values**2).mean())):
        return "all answers equal"
    return ""


def study_result(
    fit: RemlFit, draws: Floats | None, sizes: Mapping[str, float], confidence: float, counts: dict[str, int]
) -> GStudy:
    """Components with what is to be said of them."""
    K = len(fit.names)
    lower, upper = (
        (np.full(K, np.nan),) * 2 if draws is None else percentile_interval(draws, two_tails(confidence))
    )
    notes = [] if draws is not None else ["no intervals: ask for a bootstrap"]
    if not fit.converged[0]:
        notes.append("REML did not converge")
    if fit.at_boundary()[0]:
        notes.append("components at zero are boundary solutions")
    failed = 0 if draws is None else int(np.isnan(draws).any(axis=1).sum())
    if failed:
        notes.append(f"{failed} bootstrap replications did not converge")
    return GStudy(
        names=fit.names,
        variances=fit.theta[0],
        standard_errors=fit.standard_errors[0],
        lower=lower,
        upper=upper,
        loglik=float(fit.loglik[0]),
        draws=draws,
        sizes=sizes,
        confidence=confidence,
        note="; ".join(notes),
        **counts,
    )
