"""Rows of the table that follow from the parameters of a model with ordered variables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from comply_measure.sem.arrays import Array
from comply_measure.sem.implied import Implied
from comply_measure.sem.ordinal.layout import OrdinalImplied, OrdinalLayout
from comply_measure.sem.table.parameter_table import ParameterTable


def residual_variances(implied: OrdinalImplied) -> Array:
    """Residual variance of every observed variable (p,): under delta what is left of ``1/δ²`` for ordered ones."""
    layout = implied.layout
    own = layout.residuals.at(implied.theta).diagonal().copy()
    if layout.theta:
        return own
    explained = implied.response_sigma.diagonal() - own
    own[layout.ordered] = (1.0 / implied.delta**2 - explained)[layout.ordered]
    own[layout.predictors] = implied.left_over
    return own


def fill_dependent(
    table: ParameterTable, layouts: Sequence[OrdinalLayout], theta: Array, values: Array
) -> None:
    """Put residual variances (delta) or scaling factors (theta) of ordered variables into their rows, in place.

    Parameters
    ----------
    table : ParameterTable
    layouts : sequence of OrdinalLayout
        One per group.
    theta : array (q,)
        All free parameters.
    values : array (rows,)
        Value of every row; changed.
    """
    for number, layout in enumerate(layouts):
        implied = layout.at(theta[layout.first : layout.first + layout.q])
        given = implied.delta if layout.theta else residual_variances(implied)
        for row, i in _rows(table, layout, number):
            values[row] = given[i]


def _rows(table: ParameterTable, layout: OrdinalLayout, number: int) -> Iterator[tuple[int, int]]:
    """Dependent rows of a group and the variable of each."""
    op = "~*~" if layout.theta else "~~"
    place = {name: i for i, name in enumerate(layout.observed)}
    for row in np.flatnonzero((table.group == number + 1) & (table.free == 0)).tolist():
        i = place.get(table.lhs[row])
        if i is not None and layout.ordered[i] and table.op[row] == op and table.lhs[row] == table.rhs[row]:
            yield row, i


def dependent_rows(
    table: ParameterTable, implied: OrdinalImplied, number: int
) -> dict[int, tuple[float, Array]]:
    """Value and derivatives (q,) of the rows that :func:`fill_dependent` fills, for one group from 0."""
    layout = implied.layout
    _, slopes = _response_variances(implied)
    by_predictor = dict(zip(layout.predictors.tolist(), implied.left_over_slopes, strict=True))
    found = {}
    for row, i in _rows(table, layout, number):
        if layout.theta:
            change = -0.5 * implied.delta[i] ** 3 * slopes[i]
            found[row] = (float(implied.delta[i]), change)
        elif i in by_predictor:
            found[row] = (float(residual_variances(implied)[i]), by_predictor[i])
        else:
            change = -slopes[i]
            here = layout.scale.cells == i
            change[layout.scale.parameters[here]] += -2.0 / implied.delta[i] ** 3
            found[row] = (float(residual_variances(implied)[i]), change)
    return found


def total_variances(implied: OrdinalImplied) -> tuple[Array, Array]:
    """Variances of latent responses and sources, covariates included, with derivatives.

    Returns
    -------
    variances : array (p + k,)
        Observed variables, then sources.
    slopes : array (p + k, q)
    """
    layout, joint = implied.layout, implied.joint
    variances, slopes = _with_left_over(implied, joint, *joint.reticular_variances())
    if not layout.theta:
        conditional, changes = _response_variances(implied)
        own = layout.ordered
        p = layout.p
        delta = implied.delta
        explained = variances[:p][own] - conditional[:p][own]
        variances[:p][own] = 1.0 / delta[own] ** 2 + explained
        slopes[:p][own] -= changes[:p][own]
        scale = np.zeros((p, layout.q))
        scale[layout.scale.cells, layout.scale.parameters] = -2.0 / delta[layout.scale.cells] ** 3
        slopes[:p][own] += scale[own]
    return variances, slopes


def _response_variances(implied: OrdinalImplied) -> tuple[Array, Array]:
    """Variances of latent responses and sources given the covariates, with derivatives."""
    return _with_left_over(implied, implied, *implied.reticular_variances(implied.response_sigma))


def _with_left_over(
    implied: OrdinalImplied, at: Implied, variances: Array, slopes: Array
) -> tuple[Array, Array]:
    """Variances whose derivatives allow for residual variances of ordered predictors, which move under delta."""
    sources = implied.layout.predictor_sources
    if len(sources):
        slopes = slopes + at.reach[:, at.layout.p + sources] ** 2 @ implied.left_over_slopes
    return variances, slopes
