"""From a model text with levels and a data frame to a two-level fit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from comply_measure.errors import Problem
from comply_measure.sem.arrays import Index
from comply_measure.sem.data import collect
from comply_measure.sem.errors import InputError
from comply_measure.sem.estimation import estimate
from comply_measure.sem.language.records import ModelRecords
from comply_measure.sem.options import Options
from comply_measure.sem.table.asked import as_asked
from comply_measure.sem.table.parameter_table import TableOptions
from comply_measure.sem.twolevel.data import joint_names, two_level_data
from comply_measure.sem.twolevel.fit import TwoLevelFit
from comply_measure.sem.twolevel.model import block_name, specify_two_level
from comply_measure.sem.twolevel.specification import two_level_table

if TYPE_CHECKING:
    import pandas as pd


def fit_two_level(
    records: ModelRecords,
    frame: pd.DataFrame,
    groups: tuple[tuple[str, ...], tuple[Index, ...]],
    cluster: str | None,
    table_options: TableOptions,
    options: Options,
) -> TwoLevelFit:
    """Fit a two-level model.

    Parameters
    ----------
    records : ModelRecords
        Parsed text with ``level:`` blocks.
    frame : DataFrame
        One row per case; a variable of the cluster repeats its value in every row of the cluster.
    groups : pair of tuples
        From :func:`comply_measure.sem.data.split_groups`.
    cluster : str or None
        Column of clusters.
    table_options : TableOptions
        What the model's defaults depend on.
    options : Options
        Resolved for two levels.

    Raises
    ------
    InputError, ModelError
        If the data or the model do not fit two levels.
    """
    if cluster is None:
        problem = Problem("missing", column="cluster", allowed="the column that tells the clusters apart")
        raise InputError("A model with 'level:' blocks needs the clusters.", [problem])
    given = two_level_table(records, replace(table_options, meanstructure=True), groups[0])
    variables = given.table.variables
    cases = collect(frame, joint_names(variables), groups, records, cluster)
    labels = tuple(frame[cluster].factorize()[1].tolist())
    data = replace(two_level_data(cases, variables, table_options.fixed_x), labels=labels)
    table = as_asked(given.table, data.groups, options.search, block_name)
    model = specify_two_level(replace(given, table=table), data, options)
    return TwoLevelFit(model, estimate(model))
