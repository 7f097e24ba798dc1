"""From a model text with levels and a data frame to a two-level model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from comply_measure.errors import Problem
from comply_measure.sem.data import collect
from comply_measure.sem.errors import InputError
from comply_measure.sem.table.asked import as_asked
from comply_measure.sem.twolevel.data import joint_names, two_level_data
from comply_measure.sem.twolevel.model import TwoLevelModel, block_name, specify_two_level
from comply_measure.sem.twolevel.specification import two_level_table

if TYPE_CHECKING:
    from comply_measure.sem.families.base import Request


def two_level_model(request: Request) -> TwoLevelModel:
    """A two-level model, ready to be estimated.

    Parameters
    ----------
    request : Request
        Parsed text with ``level:`` blocks; data with one row per case, in which a variable of the cluster repeats its
        value in every row of the cluster; options resolved for two levels.

    Raises
    ------
    InputError, ModelError
        If the data or the model do not fit two levels.
    """
    records, groups, options = request.records, request.groups, request.options
    cluster, table_options = request.asked.cluster, request.table_options
    if cluster is None:
        problem = Problem("missing", column="cluster", allowed="the column that tells the clusters apart")
        raise InputError("A model with 'level:' blocks needs the clusters.", [problem])
    given = two_level_table(records, replace(table_options, meanstructure=True), groups[0])
    variables = given.table.variables
    cases = collect(request.frame, joint_names(variables), groups, records, cluster)
    labels = tuple(request.frame[cluster].factorize()[1].tolist())
    data = replace(
        two_level_data(cases, variables, table_options.fixed_x, options.complete_cases), labels=labels
    )
    table = as_asked(given.table, data.groups, options.search, block_name)
    return specify_two_level(replace(given, table=table), data, options)
