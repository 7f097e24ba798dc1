"""From the front door to a model with ordered variables: options checked, sample statistics, parameter table."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from comply_measure.sem.data import check_clusters, cluster_codes, range_problems, unknown_column
from comply_measure.sem.errors import InputError, ModelError, Problem
from comply_measure.sem.language.records import ModelRecords
from comply_measure.sem.model import Model, specify
from comply_measure.sem.options import SCALED_TESTS
from comply_measure.sem.ordinal.sample import GAMMA, ordinal_sample
from comply_measure.sem.sample import Sample
from comply_measure.sem.table.asked import as_asked
from comply_measure.sem.table.build import build_table
from comply_measure.sem.table.parameter_table import Parameterization
from comply_measure.sem.table.variables import Variables, variables_of

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.families.base import Request


def find_ordered(
    records: ModelRecords, frame: pd.DataFrame, ordered: bool | tuple[str, ...]
) -> frozenset[str]:
    """Ordered variables of the model; empty when there are none.

    Parameters
    ----------
    records : ModelRecords
        The model text.
    frame : DataFrame
        The user's data; columns that are ordered categoricals count as ordered.
    ordered : bool or tuple of str
        True means every observed variable of the model that is not an exogenous predictor. Names that are not in
        the model have no effect.

    Raises
    ------
    InputError
        If a name is no column, or is that of an exogenous predictor.
    """
    names = model_variables(records)
    present = [name for name in names.endogenous if name in frame.columns]
    if ordered is True:
        return frozenset(present)
    asked = [] if ordered is False else list(ordered)
    problems = []
    for name in asked:
        if name not in frame.columns:
            problems.append(unknown_column(name, frame))
        elif name in names.exogenous:
            message = "an exogenous predictor cannot be ordered"
            problems.append(
                Problem(message, column=name, allowed="enter it as a number or as 0/1 indicators")
            )
    if problems:
        raise InputError("These variables cannot be ordered.", problems)
    dtypes = dict(zip(frame.columns, frame.dtypes.array, strict=True))
    declared = [name for name in present if getattr(dtypes[name], "ordered", False) is True]
    return frozenset(declared) | frozenset(name for name in asked if name in present)


def model_variables(records: ModelRecords) -> Variables:
    """Variables of the whole model text, all groups together."""
    return variables_of(list(records.terms))


def ordinal_model(request: Request) -> Model:
    """A model with ordered variables, ready to be estimated.

    Parameters
    ----------
    request : Request
        Text, data and options.

    Raises
    ------
    InputError, ModelError
        For options, data and models that do not go with ordered variables.
    """
    records, options, groups = request.records, request.options, request.groups
    names = model_variables(records)
    sample, thresholds = prepare(names, request)
    table_options = replace(
        request.table_options,
        meanstructure=True,
        fixed_x=True,
        thresholds=thresholds,
        parameterization=cast(Parameterization, request.asked.parameterization),
    )
    table = build_table(records, table_options, groups[0])
    for block in table.variables:
        if block.observed != names.observed or block.exogenous != names.exogenous:
            raise ModelError(
                "with ordered variables every group must have the same variables in the same order"
            )
    return specify(as_asked(table, sample.groups, options.search), sample, options)


def prepare(names: Variables, request: Request) -> tuple[Sample, dict[str, int]]:
    """Sample statistics of every group, and the number of thresholds of every ordered variable.

    Parameters
    ----------
    names : Variables
        Of the model text.
    request : Request

    Raises
    ------
    InputError
        For unknown columns and unusable data.
    """
    frame, options, ordered, groups = request.frame, request.options, request.ordered, request.groups
    problems = [unknown_column(name, frame) for name in names.observed if name not in frame.columns]
    if not problems:
        numbers = [name for name in names.observed if name not in ordered]
        problems = _no_numbers(frame, numbers) or range_problems(
            frame[numbers].to_numpy(dtype=float, na_value=float("nan")), numbers
        )
    if problems:
        raise InputError("The data do not hold what the model names.", problems)
    whole = options.se == "robust.sem" or options.test in SCALED_TESTS
    gamma = True if whole else GAMMA[options.family.minimises]
    clusters = cluster_codes(frame, request.asked.cluster)
    if clusters is not None:
        check_clusters(clusters, groups, request.asked.cluster)
    return ordinal_sample(
        frame,
        names.observed,
        ordered,
        groups,
        options.missing,
        names.exogenous,
        gamma,
        clusters,
        request.weighting,
    )


def _no_numbers(frame: pd.DataFrame, names: Collection[str]) -> list[Problem]:
    """Variables that must be numbers and are not."""
    import pandas as pd

    return [
        Problem("not a number", column=name, value=str(frame[name].dtype), allowed="a numeric column")
        for name in names
        if not pd.api.types.is_numeric_dtype(frame[name].dtype)
        or pd.api.types.is_complex_dtype(frame[name].dtype)
    ]
