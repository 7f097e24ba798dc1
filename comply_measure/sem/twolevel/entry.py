"""From a model text with levels and a data frame to a two-level fit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from comply_measure.errors import Problem
from comply_measure.sem.arrays import Index
from comply_measure.sem.data import collect
from comply_measure.sem.errors import InputError, ModelError
from comply_measure.sem.estimation import estimate
from comply_measure.sem.language.records import ModelRecords
from comply_measure.sem.options import Options, choose, resolve
from comply_measure.sem.table.asked import as_asked
from comply_measure.sem.table.parameter_table import TableOptions
from comply_measure.sem.twolevel.data import joint_names, two_level_data
from comply_measure.sem.twolevel.fit import TwoLevelFit
from comply_measure.sem.twolevel.model import block_name, specify_two_level
from comply_measure.sem.twolevel.specification import two_level_table

if TYPE_CHECKING:
    import pandas as pd

ERRORS = ("standard", "robust.huber.white", "first.order", "none")
TESTS = ("standard", "yuan.bentler.mplus", "none")


def two_level_options(
    estimator: str, missing: str, information: str | None, se: str | None, test: str | None
) -> Options:
    """Options of a two-level model: maximum likelihood, complete data, observed information unless asked.

    Raises
    ------
    InputError
        For anything that is not available with two levels.
    """
    options = resolve(estimator, missing, information or "observed", se, test)
    wrong = []
    for name, value, allowed in (
        ("estimator", options.estimator.discrepancy, ("ml",)),
        ("missing", options.missing, ("listwise",)),
        ("se", options.se, ERRORS),
        ("test", options.test, TESTS),
    ):
        if value not in allowed:
            shown = options.estimator.name if name == "estimator" else value
            words = "ML, MLR, MLF" if name == "estimator" else ", ".join(allowed)
            wrong.append(Problem("not with 'level:' blocks", column=name, value=shown, allowed=words))
    if wrong:
        raise InputError("A two-level model is fitted by maximum likelihood to complete data.", wrong)
    return options


def fit_two_level(
    records: ModelRecords,
    frame: pd.DataFrame,
    groups: tuple[tuple[str, ...], tuple[Index, ...]],
    cluster: str | None,
    table_options: TableOptions,
    options: Options,
    engine: str = "comply",
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
        From :func:`two_level_options`.
    engine : str
        Only this one knows two levels.

    Raises
    ------
    InputError, ModelError
        If the data or the model do not fit two levels.
    """
    if cluster is None:
        problem = Problem("missing", column="cluster", allowed="the column that tells the clusters apart")
        raise InputError("A model with 'level:' blocks needs the clusters.", [problem])
    if choose("engine", engine, ("comply", "semopy")) != "comply":
        raise ModelError("engine='semopy' knows no 'level:' blocks")
    if table_options.model_type != "sem" or table_options.effect_coding:
        raise ModelError("growth defaults and effect coding are not available with 'level:' blocks")
    given = two_level_table(records, replace(table_options, meanstructure=True), groups[0])
    variables = given.table.variables
    cases = collect(frame, joint_names(variables), groups, records, cluster)
    labels = tuple(frame[cluster].factorize()[1].tolist())
    data = replace(two_level_data(cases, variables, table_options.fixed_x), labels=labels)
    table = as_asked(given.table, data.groups, options.search, block_name)
    model = specify_two_level(replace(given, table=table), data, options)
    return TwoLevelFit(model, estimate(model))
