"""The door to structural-after-measurement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.after_measurement.moments import MAPPINGS
from comply_measure.sem.after_measurement.parts import parts_of, prepared
from comply_measure.sem.after_measurement.result import SamFit
from comply_measure.sem.after_measurement.steps import (
    fit_block,
    fit_globally,
    fit_locally,
    put_together,
)
from comply_measure.sem.arguments import Arguments, checked
from comply_measure.sem.data import as_frame, check_names, split_groups
from comply_measure.sem.errors import InputError, ModelError
from comply_measure.sem.families.base import Request
from comply_measure.sem.interactions.model import latent_products, predicted_products
from comply_measure.sem.language.parser import parse_model
from comply_measure.sem.language.records import ModelRecords
from comply_measure.sem.options import Options, choose
from comply_measure.sem.ordinal.entry import find_ordered, model_variables
from comply_measure.sem.resolver import resolve
from comply_measure.sem.rules import Setting, apply_rules, table_options
from comply_measure.statistics.arguments import checks_itself

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("local", "global")
ERRORS = ("standard", "robust.huber.white", "robust.cluster", "none")


@checks_itself
def sam(
    model: str,
    data: pd.DataFrame | Mapping[str, Any],
    method: str = "local",
    mapping: str = "ml",
    measurement_blocks: Sequence[Sequence[str]] | None = None,
    estimator: str = "ML",
    missing: str = "listwise",
    group: str | None = None,
    group_equal: str | Sequence[str] = (),
    group_partial: str | Sequence[str] = (),
    cluster: str | None = None,
    effect_coding: bool = False,
    meanstructure: bool | None = None,
    information: str | None = None,
    se: str | None = None,
) -> SamFit:
    """Estimate a structural equation model in two steps: measurement, then structure.

    First every factor is measured by itself; factors that share indicators, residuals or parameters together. Then the
    structural part is estimated: ``local`` from the moments of the factors, ``global`` from all data with the
    measurement held fixed. Misfit in one place does not spoil the estimates elsewhere, and small samples that give no
    admissible solution at once mostly give one in two steps (Rosseel & Loh, 2022).

    Parameters
    ----------
    model : str
        Model in lavaan's language: factors with indicators and the structural part of factors and observed variables.
    data : DataFrame
        One row per case, numeric columns.
    method : {"local", "global"}
        From the moments of the factors, or from all data.
    mapping : {"ml", "gls", "uls"}
        How ``local`` finds the moments of the factors (:mod:`comply_measure.sem.after_measurement.moments`).
    measurement_blocks : sequence of sequence of str, optional
        Factors to be measured together.
    estimator : str
        ``ML`` or ``MLR`` (robust errors).
    missing : str
        ``listwise``, or ``ml`` for full information in both steps.
    group, group_equal, group_partial, cluster, effect_coding, meanstructure, information
        As for :func:`comply_measure.sem.fit`.
    se : str, optional
        ``standard`` (two-step errors from the information), ``robust.huber.white`` and ``robust.cluster`` (two-step
        errors from casewise or cluster scores; with ``MLR`` and with ``cluster=`` by default) or ``none``.

    Returns
    -------
    SamFit
        A fit of the whole model whose tests and measures are those of the structural part; ``blocks``, ``structural``,
        ``moments`` and ``reliability`` hold the steps.

    Raises
    ------
    ModelSyntaxError, InputError, ModelError
        When the text, the data or the options cannot be used.

    References
    ----------
    Rosseel, Y., & Loh, W. W. (2022). A structural after measurement approach to structural equation modeling.
    *Psychological Methods*. https://doi.org/10.1037/met0000503
    """
    method, mapping = choose("method", method, METHODS), choose("mapping", mapping, MAPPINGS)
    asked = checked(
        model=model,
        group=group,
        group_equal=group_equal,
        group_partial=group_partial,
        cluster=cluster,
        effect_coding=effect_coding,
        meanstructure=meanstructure,
        fixed_x=False,
    )
    request = _request(asked, data, (estimator, missing, information, se))
    if request.table_options.product_variables and method == "global":
        raise ModelError(
            "method='global' has no likelihood of products of factors; use method='local', or sem.fit with "
            "interactions='lms'"
        )
    joint = request.options.family.model(request)
    parts = parts_of(joint.table, request.records, measurement_blocks)
    unused = method == "global" and mapping != "ml"
    said = (f"mapping='{mapping}' has no effect: method='global' maps nothing",) if unused else ()
    joint = replace(joint, table=replace(joint.table, notes=(*joint.table.notes, *parts.notes, *said)))
    try:
        blocks = tuple(fit_block(joint, parts, number) for number in range(len(parts.blocks)))
        local = method == "local"
        second = fit_locally(joint, parts, blocks, mapping) if local else fit_globally(joint, parts, blocks)
        optimum = put_together(joint, blocks, second)
    except np.linalg.LinAlgError as error:
        raise ModelError(
            "the paths of the model form a loop that has no solution: I - A is singular"
        ) from error
    return SamFit(joint, optimum, None, method, mapping if local else "", blocks, second, parts)


def _request(asked: Arguments, data: Any, words: tuple[str, str, str | None, str | None]) -> Request:
    """Text, data and options of the whole model."""
    records, has_products, notes = _records(asked.model)
    frame = as_frame(data)
    check_names(frame, records, asked.group, asked.cluster)
    if find_ordered(records, frame, ()):
        raise ModelError(
            "structural-after-measurement is for continuous variables: these columns are ordered"
        )
    groups = split_groups(frame, asked.group)
    if not groups[0] or any(len(rows) == 0 for rows in groups[1]):
        raise InputError("The data have no cases.", [Problem("empty", column=asked.group)])
    estimator, missing, information, se = words
    options = resolve(
        estimator,
        missing,
        information,
        se,
        None,
        asked.cluster is not None,
        predicted_products=predicted_products(records),
    )
    _check_options(options)
    setting = Setting(
        asked,
        options,
        n_groups=len(groups[0]),
        intercepts=any(term.op == "~1" for term in records.terms),
        predictors=bool(model_variables(records).exogenous),
    )
    options = apply_rules(setting)
    options = replace(options, notes=(*options.notes, *notes))
    defaults = table_options(setting)
    if has_products:
        options = _for_products(options, information)
        defaults = replace(defaults, meanstructure=True, product_variables=True)
    return Request(records, frame, groups, frozenset(), asked, options, defaults)


def _records(text: str) -> tuple[ModelRecords, bool, tuple[str, ...]]:
    """The text that two steps can estimate, whether it has products with a factor in them, and notes."""
    records = parse_model(text)
    products = latent_products(records)
    if products is None:
        found, notes = prepared(records)
        return found, False, notes
    found, notes = prepared(products.records)
    observed = dict.fromkeys(
        part.name for term in products.terms for part in term.components if not part.latent
    )
    said = [*notes, *products.notes]
    if observed:
        said.append(
            f"observed moderators enter products as deviations from their mean: {', '.join(observed)}"
        )
    return found, True, tuple(said)


def _for_products(options: Options, information: str | None) -> Options:
    """The options of a text with products of factors: complete cases, errors from the influence of the cases."""
    if not options.complete_cases:
        raise InputError(
            "Structural-after-measurement cannot use these options.",
            [
                Problem(
                    "products of factors need complete cases in two steps",
                    column="missing",
                    value=options.missing,
                    allowed="listwise, or sem.fit with interactions='lms' or 'product'",
                )
            ],
        )
    if options.se == "standard":
        said = "products of factors: standard errors are those of the influence of the cases (sandwich)"
        options = replace(options, se="robust.huber.white", notes=(*options.notes, said))
    return replace(options, information="observed") if information is None else options


def _check_options(options: Options) -> None:
    problems = []
    if not options.family.in_two_steps(options):
        problems.append(
            Problem("not in two steps", column="estimator, missing", allowed="ML or MLR; listwise or ml")
        )
    if options.se not in ERRORS:
        problems.append(Problem("not in two steps", column="se", value=options.se, allowed=", ".join(ERRORS)))
    if options.information not in ("expected", "observed"):
        problems.append(
            Problem(
                "not in two steps",
                column="information",
                value=options.information,
                allowed="expected, observed",
            )
        )
    if problems:
        raise InputError("Structural-after-measurement cannot use these options.", problems)
