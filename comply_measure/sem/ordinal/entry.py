"""From the front door to a model with ordered variables: options checked, sample statistics, thresholds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from comply_measure.sem.arrays import Index
from comply_measure.sem.data import unknown_column
from comply_measure.sem.errors import InputError, Problem
from comply_measure.sem.language.records import ModelRecords
from comply_measure.sem.options import ESTIMATORS, Options
from comply_measure.sem.ordinal.sample import OrdinalGroup, ordered_names, ordinal_sample
from comply_measure.sem.sample import Sample
from comply_measure.sem.table.variables import Variables, variables_of

if TYPE_CHECKING:
    import pandas as pd

DEFAULT = "WLSMV"
LEAST_SQUARES = ("uls", "wls", "dwls")
MISSING = ("listwise", "pairwise", "available.cases")


@dataclass(frozen=True)
class OrdinalData:
    """What a model with ordered variables is built from.

    Attributes
    ----------
    sample : Sample
        Thresholds, correlations and their covariance in every group.
    thresholds : dict of str to int
        Number of thresholds of every ordered variable.
    """

    sample: Sample
    thresholds: dict[str, int]


def choose_ordinal(options: Options) -> tuple[Options, tuple[str, ...]]:
    """Options for ordered variables; maximum likelihood, the general default, becomes WLSMV.

    Returns
    -------
    options : Options
    notes : tuple of str
        What was decided for the user.

    Raises
    ------
    InputError
        For estimators and treatments of missing values that ordered variables do not have.
    """
    notes: tuple[str, ...] = ()
    entry = options.estimator
    if entry.name == "ML":
        entry = ESTIMATORS[DEFAULT]
        options = replace(
            options,
            estimator=entry,
            information=entry.information,
            se=entry.se if options.se == "standard" else options.se,
            test=entry.test if options.test == "standard" else options.test,
        )
        notes = (f"ordered variables: estimator {DEFAULT} (polychoric correlations, diagonally weighted)",)
    problems = []
    if entry.discrepancy not in LEAST_SQUARES:
        allowed = [name for name, known in ESTIMATORS.items() if known.discrepancy in LEAST_SQUARES]
        message = "no estimator for ordered variables"
        problems.append(Problem(message, column="estimator", value=entry.name, allowed=", ".join(allowed)))
    if options.missing not in MISSING:
        message = "not available with ordered variables"
        problems.append(Problem(message, column="missing", value=options.missing, allowed=", ".join(MISSING)))
    if problems:
        raise InputError("These options do not go with ordered variables.", problems)
    return options, notes


def model_variables(records: ModelRecords) -> Variables:
    """Variables of the whole model text, all groups together."""
    return variables_of(list(records.terms))


def find_ordered(
    records: ModelRecords, frame: pd.DataFrame, ordered: bool | str | Collection[str]
) -> frozenset[str]:
    """Ordered variables of the model; empty when there are none.

    Parameters
    ----------
    records : ModelRecords
        The model text.
    frame : DataFrame
        The user's data; ordered categoricals count as ordered.
    ordered : bool, str or collection of str
        True means every observed variable of the model that is not an exogenous predictor.
    """
    names = model_variables(records)
    present = [name for name in names.endogenous if name in frame.columns]
    return frozenset(ordered_names(ordered, frame, present))


def prepare(
    records: ModelRecords,
    frame: pd.DataFrame,
    groups: tuple[tuple[str, ...], tuple[Index, ...]],
    ordered: frozenset[str],
    options: Options,
) -> OrdinalData:
    """Sample statistics and thresholds of a model with ordered variables.

    Parameters
    ----------
    records : ModelRecords
        The model text.
    frame : DataFrame
        The user's data.
    groups : pair of tuples
        Names of the groups and rows of each.
    ordered : frozenset of str
        From :func:`find_ordered`.
    options : Options
        From :func:`choose_ordinal`.

    Raises
    ------
    InputError
        For unknown columns and unusable data.
    """
    names = model_variables(records)
    unknown = [unknown_column(name, frame) for name in names.observed if name not in frame.columns]
    if unknown:
        raise InputError("The data do not hold what the model names.", unknown)
    problems = _bad_covariates(frame, names.exogenous)
    if problems:
        raise InputError("Covariates must be numbers.", problems)
    sample = ordinal_sample(frame, names.observed, ordered, groups, options.missing, names.exogenous)
    first = sample.groups[0]
    counts: dict[str, int] = {}
    if isinstance(first, OrdinalGroup):
        own = [name for name in names.observed if name in ordered]
        counts = {name: int(k) - 1 for name, k in zip(own, first.moments.n_categories, strict=True)}
    return OrdinalData(sample, counts)


def _bad_covariates(frame: pd.DataFrame, names: tuple[str, ...]) -> list[Problem]:
    """Covariates that are not numbers."""
    import pandas as pd

    return [
        Problem("not a number", column=name, value=str(frame[name].dtype), allowed="a numeric column")
        for name in names
        if not pd.api.types.is_numeric_dtype(frame[name].dtype)
    ]
