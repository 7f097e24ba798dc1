"""Superordinate against aggregate: which claims of the models a criterion allows, and what is concluded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.evidence.factor_data import measured_data
from comply_measure.evidence.focal import Focal, index_column
from comply_measure.evidence.rules.models import SUPERORDINATE
from comply_measure.evidence.verdicts import Answer, Number, Verdict
from comply_measure.measurement.reliability.triad_score import unit_answers
from comply_measure.models.rivals import (
    EdwardsTests,
    edwards_tests,
)
from comply_measure.statistics.multiplicity import holm, rejects
from comply_measure.tables.roles import role_centred

if TYPE_CHECKING:
    from comply_measure.evidence.topics.rivals import RivalOptions

#: Claims that Edwards tests against the multidimensional model: the construct above its dimensions comes first.
_CLAIMS = ("superordinate", "aggregate_fixed", "aggregate_free")


def superordinate_verdicts(
    edwards: pd.DataFrame | None, construct: str, conventions: Mapping[str, float]
) -> tuple[Verdict, ...]:
    """Superordinate or aggregate; none where the claims were not tested.

    Parameters
    ----------
    edwards : DataFrame or None
        :meth:`EdwardsTests.tidy`.
    construct : str
        What stands above the dimensions.
    conventions : mapping of str to float
    """
    if edwards is None or "pvalue_difference" not in edwards:
        return ()
    p = edwards.set_index("model")["pvalue_difference"].reindex(_CLAIMS)
    corrected = holm(p.to_numpy(dtype=np.float64))
    level, n = conventions["test_level"], int(p.notna().sum())
    whole, aggregates = float(p.iloc[0]), corrected[1:][np.isfinite(corrected[1:])]
    answer: Answer = "cannot say"
    if len(aggregates):
        if not math.isnan(whole) and not rejects(whole, level) and rejects(aggregates, level).all():
            answer = "supported"
        elif rejects(corrected[0], level) and not rejects(aggregates, level).all():
            answer = "not supported"
    numbers: dict[str, Number] = {
        "construct": construct,
        "p_superordinate": float(corrected[0]),
        "p_aggregate": float(aggregates.max()) if len(aggregates) else math.nan,
    }
    return (SUPERORDINATE.verdict(answer, numbers=numbers, n_family=n),)


def rival_data(chosen: Focal, *, centred: bool) -> pd.DataFrame:
    """Unit, firm, role and the indicators of :attr:`.Focal.shown`; each role's means taken off if asked."""
    return measured_data(chosen, centred=centred).rename(
        columns={key: index_column(key) for key in chosen.indices}
    )


def claims(chosen: Focal, data: pd.DataFrame, options: RivalOptions) -> EdwardsTests:
    """Superordinate against aggregate, by overall items of the informants or by variables of the units."""
    if options.criteria:
        return _edwards_of_units(chosen, options)
    overall = [item.id for item in chosen.responses.items(chosen.scale.key, kind="overall")]
    if not overall:
        raise ComplyError("the scale has no overall items, and the study names no criteria")
    table = data.join(chosen.responses.scored()[overall])
    if options.role_centred:
        table = role_centred(table, overall)
    cluster = None if options.cluster == "none" else options.cluster
    return edwards_tests(
        table,
        chosen.shown,
        {"overall": overall},
        name=chosen.top,
        estimator=options.estimator,
        missing=options.missing,
        cluster=cluster,
    )


def _edwards_of_units(chosen: Focal, options: RivalOptions) -> EdwardsTests:
    names = [name for members in chosen.shown.values() for name in members]
    scores = rival_data(chosen, centred=False)
    means = unit_answers(
        scores[names].to_numpy(dtype=float), scores["unit"].to_numpy(), scores["role"].to_numpy()
    )
    units = chosen.responses.units
    absent = [name for name in options.criteria if name not in units.columns]
    if absent:
        raise ComplyError(
            f"there is no unit variable '{absent[0]}'; known: {', '.join(units.columns) or 'none'}"
        )
    table = pd.DataFrame(means.values, columns=names, index=pd.Index(means.units, name="unit"))
    table = table.join(units[list(options.criteria)])
    table["firm"] = scores["firm"].to_numpy()[means.first_row]
    flat = [name for name in options.criteria if not pd.api.types.is_numeric_dtype(table[name])]
    if flat:
        raise ComplyError(f"the unit variable '{flat[0]}' is not numeric")
    # Standardised, so that variances of like size meet in one matrix.
    table[list(options.criteria)] = table[list(options.criteria)].apply(lambda x: (x - x.mean()) / x.std())
    firms = bool(table["firm"].notna().all()) and options.estimator.upper() != "ML"
    return edwards_tests(
        table.reset_index(drop=True),
        chosen.shown,
        {name: [name] for name in options.criteria},
        name=chosen.top,
        estimator=options.estimator,
        missing=options.missing,
        cluster="firm" if firms else None,
    )


def criteria_in_words(chosen: Focal, options: RivalOptions) -> str:
    """What the claims are tested by."""
    if options.criteria:
        return f"unit variables {', '.join(options.criteria)} and unit means of the {chosen.indicator_kind}"
    return "a factor of the scale's overall items, by the same informants"
