"""The two steps: measurement blocks, then the structural part."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.after_measurement.moments import FactorMoments, Measurement, factor_moments
from comply_measure.sem.after_measurement.parts import Parts
from comply_measure.sem.after_measurement.products import ProductMoments, product_moments
from comply_measure.sem.after_measurement.tables import block_table, structure_table
from comply_measure.sem.arrays import Array, Index
from comply_measure.sem.data import Cases
from comply_measure.sem.errors import InputError, ModelError
from comply_measure.sem.estimation import estimate
from comply_measure.sem.families.likelihood import moment_options
from comply_measure.sem.families.one_level import OneLevel
from comply_measure.sem.inference.covariance import null_space
from comply_measure.sem.model import Model, specify
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.options import ESTIMATORS, Options
from comply_measure.sem.result import Fit
from comply_measure.sem.sample import GroupSample, Sample
from comply_measure.sem.table.asked import as_asked
from comply_measure.sem.table.parameter_table import ParameterTable

BOUNDS = "wide.zerovar"  # of the blocks, where their optimum without bounds lies outside these


@dataclass(frozen=True)
class Block:
    """A fitted measurement block.

    Attributes
    ----------
    fit : Fit
    places : int array
        For each of its parameters the place in θ of the whole model; −1 for moments of the factors.
    """

    fit: Fit
    places: Index


@dataclass(frozen=True)
class Structure:
    """The fitted structural part.

    Attributes
    ----------
    fit : Fit
    places : int array
        For each of its parameters the place in θ of the whole model; −1 for those this does not have.
    moments : tuple of FactorMoments
        One per group; empty for global estimation.
    products : tuple of ProductMoments
        With products of factors, what the second step is estimated from: one per group; empty without.
    """

    fit: Fit
    places: Index
    moments: tuple[FactorMoments, ...]
    products: tuple[ProductMoments, ...] = ()

    @property
    def tangent(self) -> Array:
        """Directions in θ of the structural part that its constraints leave free (q, r)."""
        space, jacobian = self.fit.model.space, self.fit.optimum.jacobian
        basis = np.eye(self.fit.model.table.n_free) if space.K is None else space.K
        return basis @ null_space(jacobian) if jacobian is not None and len(jacobian) else basis


def fit_block(joint: Model, parts: Parts, number: int, start: Array | None = None) -> Block:
    """First step: one measurement block, without bounds where its optimum is within these anyway.

    Parameters
    ----------
    joint, parts
        The whole model and its parts.
    number : int
        Which block.
    start : array, optional
        θ of the block to start from.

    Raises
    ------
    ModelError
        When the block is not identified by itself.
    """
    table, places = block_table(joint.table, parts, number)
    sample = _part_of_sample(joint, table)
    model = specify(table, sample, joint.options)
    title = ", ".join(parts.blocks[number])
    if model.df < 0:
        raise ModelError(
            f"the measurement of {title} is not identified by itself: {model.n_parameters} parameters for "
            f"{model.n_moments} moments; fix parameters or measure it together with others (measurement_blocks)"
        )
    optimum = estimate(model, start)
    unusable = not optimum.converged or optimum.endless
    if unusable or is_outside(table, sample.groups, joint.options, optimum.point.theta):
        search = replace(joint.options.search, bounds=BOUNDS)
        bounded = as_asked(table, sample.groups, search)
        model = specify(bounded, sample, replace(joint.options, search=search))
        optimum = estimate(model, start)
    return Block(model.family.result(model, optimum), places)


def is_outside(
    table: ParameterTable, groups: tuple[GroupSample, ...], options: Options, theta: Array
) -> bool:
    """Whether estimates of a block lie outside the bounds that these moments give it."""
    bounded = as_asked(table, groups, replace(options.search, bounds=BOUNDS))
    is_free = bounded.free > 0
    value = theta[bounded.free[is_free] - 1]
    return bool(((value < bounded.lower[is_free]) | (value > bounded.upper[is_free])).any())


def _part_of_sample(joint: Model, table: ParameterTable) -> Sample:
    """Sample of some of the variables: the same cases, all available values of these where values are missing."""
    groups = joint.sample.groups
    columns = [
        [group.names.index(name) for name in block.observed]
        for group, block in zip(groups, table.variables, strict=True)
    ]
    if joint.options.complete_cases:
        parts = tuple(_columns(group, at) for group, at in zip(groups, columns, strict=True))
        return Sample(parts, joint.sample.n_given, joint.sample.index)
    cases = Cases(
        groups=tuple(group.name for group in groups),
        values=tuple(_values(group)[:, at] for group, at in zip(groups, columns, strict=True)),
        names=tuple(block.observed for block in table.variables),
        clusters=tuple(group.cluster for group in groups),
        rows=tuple(np.arange(group.n_cases) if group.rows is None else group.rows for group in groups),
        n_given=joint.sample.n_given,
        index=joint.sample.index,
    )
    family = joint.family
    assert isinstance(family, OneLevel)
    return family.sample(cases, table, joint.options)


def _values(group: GroupSample) -> Array:
    assert group.data is not None
    return group.data


def _columns(group: GroupSample, places: list[int]) -> GroupSample:
    data = None if group.data is None else group.data[:, places]
    mean = None if group.mean is None else group.mean[places]
    return replace(
        group,
        names=tuple(group.names[place] for place in places),
        cov=group.cov[np.ix_(places, places)],
        mean=mean,
        data=data,
    )


def measured(joint: Model, blocks: tuple[Block, ...], names: tuple[str, ...], group: int) -> Measurement:
    """Λ, Θ and ν of one group, put together from the blocks."""
    sample = joint.sample.groups[group]
    at, of = {n: i for i, n in enumerate(sample.names)}, {n: i for i, n in enumerate(names)}
    p = len(sample.names)
    loadings, residuals, intercepts = np.zeros((p, len(names))), np.zeros((p, p)), np.zeros(p)
    implied = []
    for block in blocks:
        found = block.fit.optimum.point.implied[group]
        layout = found.layout
        theta = block.fit.theta[layout.first : layout.first + layout.q]
        rows = np.array([at[name] for name in layout.observed], dtype=np.int64)
        columns = np.array([of[name] for name in layout.sources], dtype=np.int64)
        loadings[np.ix_(rows, columns)] = layout.loadings.at(theta)
        residuals[np.ix_(rows, rows)] = layout.residuals.at(theta)
        intercepts[rows] = layout.observed_mean.at(theta)
        implied.append((rows, columns, found.sigma))
    for name in names:
        if name in at:
            loadings[at[name], of[name]] = 1.0
            implied.append((np.array([at[name]]), np.array([of[name]]), np.eye(1)))
    return Measurement(loadings, residuals, intercepts, tuple(implied))


def fit_locally(
    joint: Model, parts: Parts, blocks: tuple[Block, ...], kind: str, start: Array | None = None
) -> Structure:
    """Second step on the moments of the factors."""
    table, places = structure_table(joint.table, parts)
    samples = joint.sample.groups
    first = [measured(joint, blocks, parts.single, group) for group in range(len(samples))]
    moments = tuple(
        factor_moments(own, sample, parts.single, kind) for own, sample in zip(first, samples, strict=True)
    )
    products: tuple[ProductMoments, ...] = ()
    if parts.products:
        products = tuple(
            product_moments(found, own, sample, parts.products)
            for found, own, sample in zip(moments, first, samples, strict=True)
        )
    fitted: tuple[FactorMoments | ProductMoments, ...] = products or moments
    groups = tuple(
        GroupSample(
            sample.name, found.names, sample.n, found.cov, found.mean if table.meanstructure else None
        )
        for sample, found in zip(samples, fitted, strict=True)
    )
    options = replace(
        moment_options(joint.options),
        estimator=ESTIMATORS["ML"],
        information="expected",
        se="standard",
        test="standard",
        notes=(),
    )
    _check_moments(fitted)
    model = specify(table, Sample(groups, joint.sample.n_given), options)
    if model.df < 0:
        raise ModelError(
            f"the structural part is not identified by itself: {model.n_parameters} parameters for "
            f"{model.n_moments} moments"
        )
    return Structure(model.family.result(model, estimate(model, start)), places, moments, products)


def _check_moments(moments: tuple[FactorMoments | ProductMoments, ...]) -> None:
    for found in moments:
        low = [name for name, value in zip(found.names, found.cov.diagonal(), strict=True) if not value > 0.0]
        if low:
            problems = [Problem("variance not positive", column=name) for name in low]
            raise InputError("The first step leaves factors without variance.", problems)


def fit_globally(
    joint: Model, parts: Parts, blocks: tuple[Block, ...], start: Array | None = None
) -> Structure:
    """Second step on all data, with the parameters of the first step fixed."""
    theta = step_one(joint, blocks)
    table = joint.table
    places = np.sort(table.free[parts.structure_rows][table.free[parts.structure_rows] > 0] - 1)
    is_second = np.isin(table.free - 1, places) & (table.free > 0)
    fixed = (table.free > 0) & ~is_second
    value = table.value.copy()
    value[fixed] = theta[table.free[fixed] - 1]
    free = np.zeros(len(table), dtype=np.int64)
    free[is_second] = np.arange(1, len(places) + 1)
    new = {int(place): number for number, place in enumerate(places)}
    equal = tuple(
        tuple(new[place] for place in members) for members in table.equal if set(members) <= new.keys()
    )
    cut = replace(table, free=free, value=value, equal=equal, notes=())
    model = specify(cut, joint.sample, joint.options)
    return Structure(model.family.result(model, estimate(model, start)), places, ())


def step_one(joint: Model, blocks: tuple[Block, ...]) -> Array:
    """θ of the whole model with the parameters of the first step; NaN for the others (q,)."""
    theta = np.full(joint.table.n_free, np.nan)
    for block in blocks:
        mine = block.places >= 0
        theta[block.places[mine]] = block.fit.theta[mine]
    return theta


def put_together(joint: Model, blocks: tuple[Block, ...], second: Structure) -> Optimum:
    """The two-step estimates as a point of the whole model."""
    theta = step_one(joint, blocks)
    theta[second.places[second.places >= 0]] = second.fit.theta[second.places >= 0]
    point = joint.objective.at(joint.space.contract(theta))
    steps = (*(block.fit.optimum for block in blocks), second.fit.optimum)
    failed = [step for step in steps if not step.converged]
    held = [
        int(places[place])
        for places, fit in (*((b.places, b.fit) for b in blocks), (second.places, second.fit))
        for place in fit.optimum.at_bound
        if places[place] >= 0
    ]
    return Optimum(
        point,
        not failed,
        sum(step.iterations for step in steps),
        failed[0].message if failed else "converged",
        0.0,
        at_bound=tuple(held),
        binding=tuple(text for step in steps if step.endless for text in step.binding),
        endless=tuple(name for step in steps for name in step.endless),
        searched="; ".join(step.searched for step in steps if step.endless),
    )
