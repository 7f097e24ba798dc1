"""Rows of the parameter table to the layout of a group with ordered variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

import numpy as np

from comply_measure.sem.arrays import Index
from comply_measure.sem.errors import ModelError
from comply_measure.sem.implied import Fill, Layout
from comply_measure.sem.layouts import build_layouts
from comply_measure.sem.ordinal.layout import OrdinalLayout
from comply_measure.sem.table.parameter_table import ParameterTable

OWN_ROWS = ("|", "~*~")


def ordinal_layouts(table: ParameterTable, exogenous: Mapping[int, float]) -> tuple[OrdinalLayout, ...]:
    """Layouts of all groups.

    Parameters
    ----------
    table : ParameterTable
        The model.
    exogenous : mapping of int to float
        Values of rows that the data fix: the covariates' own moments.
    """
    joint = build_layouts(table, exogenous, OWN_ROWS)
    given_covariates = build_layouts(table, dict.fromkeys(exogenous, 0.0), OWN_ROWS)
    pairs = enumerate(zip(given_covariates, joint, strict=True))
    return tuple(ordinal_layout(base, whole, table, g) for g, (base, whole) in pairs)


def ordinal_layout(base: Layout, joint: Layout, table: ParameterTable, group: int) -> OrdinalLayout:
    """Add thresholds and scaling factors to a layout.

    Parameters
    ----------
    base : Layout
        Latent-response moments of the group with covariates held at zero; thresholds and scaling factors have
        no effect there.
    joint : Layout
        The same with the covariates' own moments.
    table : ParameterTable
    group : int
        Group, from 0.

    Raises
    ------
    ModelError
        If an ordered variable has the wrong thresholds.
    """
    counts = table.options.thresholds
    place = {name: i for i, name in enumerate(base.observed)}
    ordered = np.array([name in counts for name in base.observed])
    fixed = set(table.variables[group].exogenous)
    item: list[int] = []
    is_threshold: list[bool] = []
    first: dict[str, int] = {}
    for i, name in enumerate(base.observed):
        if name in fixed:
            continue
        first[name] = len(item)
        count = counts.get(name, 0)
        item += [i] * max(count, 1)
        is_threshold += [count > 0] * max(count, 1)
    thresholds, scale = _Vector(len(item), 0.0), _Vector(base.p, 1.0)
    _check_rows(table, group)
    for row in np.flatnonzero(table.group == group + 1).tolist():
        name, parameter = table.lhs[row], int(table.free[row]) - 1 - base.first
        parameter = parameter if table.free[row] else -1
        if table.op[row] == "|":
            thresholds.put(first[name] + int(table.rhs[row][1:]) - 1, parameter, table.value[row])
        elif table.op[row] == "~*~":
            scale.put(place[name], parameter, table.value[row])
    theta = table.options.parameterization == "theta"
    sources = np.array(
        [j for j, name in enumerate(base.sources) if not theta and name in counts], dtype=np.int64
    )
    known = {field.name: getattr(base, field.name) for field in fields(Layout)}
    known["source_cov"] = _without_variances(base.source_cov, sources)
    return OrdinalLayout(
        **known,
        joint=replace(joint, source_cov=_without_variances(joint.source_cov, sources)),
        ordered=ordered,
        kept=np.array([i for i, name in enumerate(base.observed) if name not in fixed], dtype=np.int64),
        covariates=np.array([j for j, name in enumerate(base.sources) if name in fixed], dtype=np.int64),
        item=np.array(item, dtype=np.int64),
        is_threshold=np.array(is_threshold),
        thresholds=thresholds.done(),
        scale=scale.done(),
        theta=theta,
        predictors=np.array([place[base.sources[j]] for j in sources.tolist()], dtype=np.int64),
        predictor_sources=sources,
    )


class _Vector:
    """Collects the entries of one vector."""

    def __init__(self, size: int, value: float) -> None:
        self.constant = np.full(size, value)
        self.cells: list[int] = []
        self.parameters: list[int] = []

    def put(self, cell: int, parameter: int, value: float) -> None:
        if parameter < 0:
            self.constant[cell] = value
        else:
            self.cells.append(cell)
            self.parameters.append(parameter)

    def done(self) -> Fill:
        cells = np.array(self.cells, dtype=np.int64)
        return Fill(self.constant, cells, np.array(self.parameters, dtype=np.int64))


def _check_rows(table: ParameterTable, group: int) -> None:
    """Refuse thresholds the data do not have and scaling factors that have no meaning."""
    known = table.options.thresholds
    faults = []
    for row in np.flatnonzero(table.group == group + 1).tolist():
        name = table.lhs[row]
        if table.op[row] == "|":
            step = table.rhs[row][1:]
            if name not in known:
                faults.append(f"'{name} | {table.rhs[row]}': {name} is not an ordered variable")
            elif not step.isdigit() or not 1 <= int(step) <= known[name]:
                faults.append(f"'{name} | {table.rhs[row]}': {name} has thresholds t1 to t{known[name]}")
        elif table.op[row] == "~*~":
            if name not in known:
                faults.append(f"'{name} ~*~ {name}': {name} is not an ordered variable")
            elif table.options.parameterization == "theta" and table.free[row] and table.user[row] == 1:
                faults.append(f"'{name} ~*~ {name}' is no parameter with parameterization='theta'")
        elif _is_residual(table, row) and name in known and table.options.parameterization == "delta":
            faults.append(
                f"'{name} ~~ {name}' is no parameter with parameterization='delta': the residual variance is what "
                "the model leaves of the total; parameterization='theta' fixes or frees it"
            )
    if faults:
        raise ModelError("; ".join(dict.fromkeys(faults)))


def _is_residual(table: ParameterTable, row: int) -> bool:
    """Whether a row is a variance that stands in the model text."""
    return table.op[row] == "~~" and table.lhs[row] == table.rhs[row] and bool(table.user[row] == 1)


def _without_variances(fill: Fill, sources: Index) -> Fill:
    """Zero residual variances where they follow from the rest of the model."""
    if not len(sources):
        return fill
    constant = fill.constant.copy()
    constant[sources, sources] = 0.0
    return replace(fill, constant=constant)
