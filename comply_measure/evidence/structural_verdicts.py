"""Verdicts of the structural model: what is expected of paths, indirect effects, moderations, and both together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.evidence.fits import standardized, value_of
from comply_measure.evidence.rules.structure import INDIRECT, MODERATED_MEDIATION, MODERATION, PATH
from comply_measure.statistics.multiplicity import holm, rejects, simultaneous_interval

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.evidence.fits import NamedFit
    from comply_measure.evidence.moderation import Moderation
    from comply_measure.evidence.verdicts import Answer, Number, Verdict
    from comply_measure.models import Hypothesis
    from comply_measure.sem import IndirectEffects


def path_verdicts(
    named: NamedFit,
    hypotheses: Sequence[Hypothesis],
    labels: Mapping[str, str],
    conventions: Mapping[str, float],
) -> tuple[Verdict, ...]:
    """Whether each expected path is there, p values corrected after Holm over all of them.

    A path that the fit does not estimate, or without standard error, cannot be judged and is not counted in the family.
    """
    table, raw = standardized(named.fit), named.fit.estimates
    names = [(path.outcome, "~", path.predictor) for path in hypotheses]
    p = np.array([value_of(raw, *name, "pvalue") for name in names])
    corrected, n = holm(p), int(np.isfinite(p).sum())
    found = []
    for path, name, p_value in zip(hypotheses, names, corrected, strict=True):
        beta, low, high = (value_of(table, *name, column) for column in ("est_std", "ci_lower", "ci_upper"))
        numbers: dict[str, Number] = {"beta": beta, "ci": (low, high), "p": float(p_value), "sign": path.sign}
        ends = [labels.get(key, key) for key in (path.predictor, path.outcome)]
        answer = _answer(
            beta, simultaneous_interval(beta, (low, high), n), float(p_value), path.sign, conventions
        )
        found.append(PATH.verdict(answer, *ends, numbers=numbers, n_family=n))
    return tuple(found)


def indirect_verdicts(
    effects: IndirectEffects,
    hypotheses: Sequence[Hypothesis],
    labels: Mapping[str, str],
    conventions: Mapping[str, float],
) -> tuple[Verdict, ...]:
    """Whether each expected indirect effect is there, Monte Carlo p values corrected after Holm over all of them."""
    rows = [indirect_row(effects, each) for each in hypotheses]
    p = np.array([row["mc_pvalue"] for row in rows])
    corrected, n = holm(p), int(np.isfinite(p).sum())
    limits, found = _of_products(conventions), []
    for each, row, p_value in zip(hypotheses, rows, corrected, strict=True):
        beta, ci = row["est_std"], (row["std_mc_lower"], row["std_mc_upper"])
        numbers: dict[str, Number] = {"beta": beta, "ci": ci, "p": float(p_value), "sign": each.sign}
        through = " → ".join(labels.get(name, name) for name in each.through)
        ends = [labels.get(each.predictor, each.predictor), through, labels.get(each.outcome, each.outcome)]
        answer = _answer(beta, simultaneous_interval(beta, ci, n), float(p_value), each.sign, limits)
        found.append(INDIRECT.verdict(answer, *ends, numbers=numbers, n_family=n))
    return tuple(found)


def indirect_row(effects: IndirectEffects, each: Hypothesis) -> dict[str, float]:
    """Numbers of an expected indirect effect; NaN where the model has none (its products are in equations apart)."""
    table = effects.of("specific")
    wanted = (table["predictor"] == each.predictor) & (table["outcome"] == each.outcome)
    mine = table[wanted & (table["through"] == " → ".join(each.through)) & (table["at"] == "")]
    columns = ("est", "mc_pvalue", "est_std", "std_mc_lower", "std_mc_upper")
    return {name: float(mine[name].iloc[0]) if len(mine) else math.nan for name in columns}


def moderation_verdicts(
    moderation: Moderation, labels: Mapping[str, str], conventions: Mapping[str, float]
) -> tuple[Verdict, ...]:
    """Whether each expected moderation is there, p values corrected after Holm over all of them."""
    table = moderation.table
    p = table["pvalue"].to_numpy(dtype=float)
    corrected, n = holm(p), int(np.isfinite(p).sum())
    found = []
    for row, p_value in zip(table.to_dict("records"), corrected, strict=True):
        beta, ci = float(row["est_std"]), (float(row["ci_lower"]), float(row["ci_upper"]))
        numbers: dict[str, Number] = {"beta": beta, "ci": ci, "p": float(p_value), "sign": int(row["sign"])}
        ends = [labels.get(str(row[key]), str(row[key])) for key in ("moderator", "predictor", "outcome")]
        answer = _answer(
            beta,
            simultaneous_interval(beta, ci, n, float(row["df"])),
            float(p_value),
            int(row["sign"]),
            conventions,
        )
        found.append(MODERATION.verdict(answer, *ends, numbers=numbers, n_family=n))
    return tuple(found)


def moderated_mediation_verdicts(
    table: pd.DataFrame, labels: Mapping[str, str], conventions: Mapping[str, float]
) -> tuple[Verdict, ...]:
    """Whether each expected indirect effect changes with its moderator: the indices, p corrected after Holm."""
    rows = table[table["kind"] == "index"].to_dict("records")
    p = np.array([float(row["pvalue"]) for row in rows])
    corrected, n = holm(p), int(np.isfinite(p).sum())
    found = []
    for row, p_value in zip(rows, corrected, strict=True):
        beta, ci = float(row["est_std"]), (float(row["std_lower"]), float(row["std_upper"]))
        numbers: dict[str, Number] = {"beta": beta, "ci": ci, "p": float(p_value), "sign": int(row["sign"])}
        chain = (str(row["predictor"]), *str(row["through"]).split(" → "), str(row["outcome"]))
        moderator = str(row["moderator"])
        subject = (labels.get(moderator, moderator), " → ".join(labels.get(name, name) for name in chain))
        wide, limits = simultaneous_interval(beta, ci, n), _of_products(conventions)
        answer = _answer(beta, wide, float(p_value), int(row["sign"]), limits)
        found.append(MODERATED_MEDIATION.verdict(answer, *subject, numbers=numbers, n_family=n))
    return tuple(found)


def _of_products(conventions: Mapping[str, float]) -> Mapping[str, float]:
    """Two small paths make the least product worth having."""
    return {**conventions, "small_effect": conventions["small_effect"] ** 2}


def _answer(
    beta: float, ci: tuple[float, float], p: float, sign: int, conventions: Mapping[str, float]
) -> Answer:
    signed = ci if sign > 0 else (-ci[1], -ci[0])
    if rejects(p, conventions["test_level"]):
        return "supported" if beta * sign > 0 else "not supported"
    return "not supported" if signed[1] < conventions["small_effect"] else "cannot say"
