"""Cases in clusters → sufficient statistics and saturated moments of both levels, group by group."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.arrays import Array, Index, NotPositiveDefiniteError
from comply_measure.sem.data import Cases
from comply_measure.sem.errors import InputError, ModelError
from comply_measure.sem.sample import GroupSample, Sample
from comply_measure.sem.table.variables import Variables
from comply_measure.sem.twolevel.incomplete import Clusters, IncompleteClusters
from comply_measure.sem.twolevel.incomplete_data import incomplete_clusters, usable_cases
from comply_measure.sem.twolevel.incomplete_saturated import incomplete_saturated_moments
from comply_measure.sem.twolevel.sample import TwoLevelSample, embed, two_level_sample
from comply_measure.sem.twolevel.saturated import SaturatedTwoLevel, saturated_moments

MIN_CLUSTERS = 2
FLAT = 1e-12


@dataclass(frozen=True)
class TwoLevelData(Sample):
    """Clustered data of all groups; ``groups`` holds the saturated moments of each group's two levels.

    Attributes
    ----------
    parts : tuple of TwoLevelSample or IncompleteClusters
        One per group.
    saturated : tuple of SaturatedTwoLevel
        One per group.
    labels : tuple
        Names of the clusters, by their number.
    """

    parts: tuple[Clusters, ...] = field(default=(), repr=False)
    saturated: tuple[SaturatedTwoLevel, ...] = field(default=(), repr=False)
    labels: tuple[object, ...] = field(default=(), repr=False)

    @property
    def n(self) -> int:
        """Number of cases used."""
        return sum(part.n for part in self.parts)

    @property
    def n_cases(self) -> int:
        """Number of cases used: those of a group stand in both of its blocks."""
        return self.n

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return sum(part.n_clusters for part in self.parts)

    @property
    def n_groups(self) -> int:
        """Number of groups (a group has two blocks)."""
        return len(self.parts)


def joint_names(variables: tuple[Variables, ...]) -> tuple[tuple[str, ...], ...]:
    """Per group, all observed variables: those of the within level, then those of the cluster alone."""
    pairs = zip(variables[::2], variables[1::2], strict=True)
    return tuple(tuple(dict.fromkeys((*within.observed, *between.observed))) for within, between in pairs)


def two_level_data(
    cases: Cases, variables: tuple[Variables, ...], fixed_x: bool, complete: bool = True
) -> TwoLevelData:
    """Sufficient statistics and saturated moments of every group.

    Parameters
    ----------
    cases : Cases
        With clusters; columns as in :func:`joint_names`.
    variables : tuple of Variables
        Per group, those of the within and of the between level.
    fixed_x : bool
        Whether exogenous variables are fixed at their sample moments.
    complete : bool
        Whether incomplete cases are left out; otherwise every value counts, and only cases that lack a fixed exogenous
        variable, or every value of the within level, are left out.

    Returns
    -------
    TwoLevelData

    Raises
    ------
    InputError
        If a variable of the cluster differs within a cluster, or a within variable never does, or there
        are fewer than two clusters, or a cluster stands in two groups.
    ModelError
        If the within covariance matrix is singular.
    """
    parts: list[Clusters] = []
    problems = _clusters_in_two_groups(cases)
    for g in range(len(cases.names)):
        pair = (variables[2 * g], variables[2 * g + 1])
        part, found = (
            _complete_part(cases, g, pair) if complete else _incomplete_part(cases, g, pair, fixed_x)
        )
        problems += found
        if part is not None:
            parts.append(part)
    if problems:
        raise InputError("The data do not fit a two-level model.", problems)
    saturated = tuple(_saturated(part, name) for part, name in zip(parts, cases.groups, strict=True))
    blocks: list[GroupSample] = []
    for g, (part, at) in enumerate(zip(parts, saturated, strict=True)):
        blocks += _blocks(part, at, variables[2 * g : 2 * g + 2], cases.groups[g], fixed_x)
    return TwoLevelData(tuple(blocks), cases.n_given, cases.index, tuple(parts), saturated)


def _codes(cases: Cases, group: int) -> Index:
    codes = cases.clusters[group]
    if codes is None:
        raise InputError("A two-level model needs clusters.", [Problem("missing", column="cluster")])
    return codes


def _complete_part(
    cases: Cases, group: int, pair: tuple[Variables, Variables]
) -> tuple[TwoLevelSample | None, list[Problem]]:
    """Sufficient statistics of a group's complete cases, or what makes them unfit."""
    names, name = cases.names[group], cases.groups[group]
    kept = ~np.isnan(cases.values[group]).any(axis=1)
    values, codes = cases.values[group][kept], _codes(cases, group)[kept]
    within, between = pair[0].observed, pair[1].observed
    found = _faults(values, codes, names, within, name)
    if found:
        return None, found
    part = two_level_sample(values, codes, names, _places(names, within), _places(names, between))
    return replace(part, order=cases.rows[group][kept][part.order]), []


def _incomplete_part(
    cases: Cases, group: int, pair: tuple[Variables, Variables], fixed_x: bool
) -> tuple[IncompleteClusters | None, list[Problem]]:
    """All values of a group, or what makes them unfit."""
    names = cases.names[group]
    within, between = pair[0].observed, pair[1].observed
    fixed = tuple(dict.fromkeys((*pair[0].exogenous, *pair[1].exogenous))) if fixed_x else ()
    kept = usable_cases(cases.values[group], names, within, fixed)
    return incomplete_clusters(
        cases.values[group][kept],
        _codes(cases, group)[kept],
        names,
        within,
        between,
        cases.rows[group][kept],
        cases.groups[group],
    )


def _places(names: tuple[str, ...], chosen: tuple[str, ...]) -> Index:
    return np.array([names.index(name) for name in chosen], dtype=np.int64)


def _clusters_in_two_groups(cases: Cases) -> list[Problem]:
    seen: dict[int, str] = {}
    problems = []
    for name, codes in zip(cases.groups, cases.clusters, strict=True):
        for code in np.unique(codes) if codes is not None else ():
            if int(code) in seen:
                problems.append(Problem("a cluster stands in two groups", value=f"{seen[int(code)]}, {name}"))
            seen[int(code)] = name
    return problems


def _faults(
    values: Array,
    codes: Index,
    names: tuple[str, ...],
    within: tuple[str, ...],
    group: str,
) -> list[Problem]:
    """What makes one group's data unfit."""
    place = f" in group '{group}'" if group else ""
    labels, inverse, size = np.unique(codes, return_inverse=True, return_counts=True)
    if len(labels) < MIN_CLUSTERS:
        return [Problem(f"clusters with complete cases{place}", value=len(labels), allowed="at least two")]
    if len(values) - len(labels) < 1:
        return [Problem(f"every cluster has one case{place}: there is no within level", value=len(labels))]
    sums = np.zeros((len(labels), len(names)))
    np.add.at(sums, inverse.reshape(-1), values)
    deviations = values - (sums / size[:, None])[inverse.reshape(-1)]
    spread = np.sqrt(np.mean(deviations**2, axis=0))
    scale = np.maximum(np.abs(values).max(axis=0), 1e-300)
    problems = []
    for name, varies in zip(names, spread > np.sqrt(FLAT) * scale, strict=True):
        if name not in within and varies:
            problems.append(
                Problem(f"differs within clusters{place} but stands in level 2 only", column=name)
            )
        elif name in within and not varies:
            problems.append(
                Problem(f"does not differ within clusters{place}", column=name, allowed="in level 2 only")
            )
    return problems


def _saturated(part: Clusters, group: str) -> SaturatedTwoLevel:
    try:
        if isinstance(part, IncompleteClusters):
            return incomplete_saturated_moments(part)
        return saturated_moments(part)
    except (NotPositiveDefiniteError, np.linalg.LinAlgError):
        place = f" in group '{group}'" if group else ""
        alone = len(np.setdiff1d(part.between, part.within))
        words = f"{part.n - part.n_clusters} degrees of freedom for {len(part.within)} variables"
        if alone:
            words += f", {part.n_clusters} clusters for {alone} variables of the cluster alone"
        raise ModelError(
            f"the covariance matrix within clusters{place} is singular: {words}, or linearly dependent variables"
            if not alone
            else f"a covariance matrix{place} is singular, within clusters or of the variables of the cluster: "
            f"{words}, or linearly dependent variables"
        ) from None


def _blocks(
    part: Clusters, at: SaturatedTwoLevel, variables: tuple[Variables, ...], group: str, fixed_x: bool
) -> list[GroupSample]:
    """Saturated moments of both levels as the engine's group samples, exogenous ones as in the sample."""
    mean = at.moments.mean.copy()
    within = embed(at.moments.within, part.within, part.p)
    between = embed(at.moments.between, part.between, part.p)
    within_mean = mean.copy()
    within_mean[part.between] = 0.0
    if fixed_x:
        x = _places(part.names, variables[0].exogenous)
        within[np.ix_(x, x)], within_mean[x] = part.total_moments(x)
        z = _places(part.names, variables[1].exogenous)
        between[np.ix_(z, z)], mean[z] = part.cluster_moments(z)
    pair = []
    levels = (("within", part.within, within, within_mean), ("between", part.between, between, mean))
    for word, places, matrix, means in levels:
        names = tuple(part.names[i] for i in places)
        name = f"{group} {word}".strip()
        pair.append(GroupSample(name, names, part.n, matrix[np.ix_(places, places)], means[places]))
    return pair
