"""Verdicts of the customer journey."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from comply_measure.evidence.rules.journey import DIFFERS, DISPUTED, LOOP, WEAK
from comply_measure.evidence.verdicts import by_test, lies_within
from comply_measure.statistics.multiplicity import holm, rejects, simultaneous_interval

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.evidence.topics.journey import JourneyEvidence
    from comply_measure.evidence.verdicts import Answer, Number, Verdict

Row = Mapping[Hashable, Any]


def journey_verdicts(facts: JourneyEvidence, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
    """What differs, whether the loop closes, and every cell of stage and dimension."""
    level = conventions["test_level"]
    return (
        *_differences(facts, level),
        *_loop(facts, level),
        *_weak_cells(facts),
        *_disputed_cells(facts),
    )


def _differences(facts: JourneyEvidence, level: float) -> list[Verdict]:
    """The joint tests; intervals of single differences are there for the stages alone."""
    if facts.tests.empty:
        return []
    corrected = holm(facts.tests["p"].to_numpy(dtype=float))
    n = int(np.isfinite(corrected).sum())
    small = {"stages": _all_within(facts.differences, facts.margin)}
    found = []
    for name, p in zip(facts.tests["test"], corrected, strict=True):
        answer = by_test(float(p), level, excluded=small.get(str(name), False))
        case = "" if math.isfinite(p) else "unknown"
        numbers: dict[str, Number] = {"p": float(p), "margin": facts.margin}
        found.append(
            DIFFERS.verdict(
                "cannot say" if case else answer, str(name), numbers=numbers, case=case, n_family=n
            )
        )
    return found


def _loop(facts: JourneyEvidence, level: float) -> list[Verdict]:
    if facts.shape.empty:
        return []
    known = facts.shape.dropna(subset=["p"])
    found = []
    for row in known[known["contrast"] == "loop"].to_dict("records"):
        answer: Answer = "supported" if _within(row, len(known), facts.margin) else "cannot say"
        case = ""
        if rejects(float(row["p_holm"]), level):
            answer, case = "not supported", "lower" if row["estimate"] < 0 else "higher"
        found.append(LOOP.verdict(answer, numbers=_deviation(row), case=case, n_family=len(known)))
    return found


def _weak_cells(facts: JourneyEvidence) -> list[Verdict]:
    """By the calls; where nothing is called, by the interval."""
    called = _called(facts, "weak")
    n = int(facts.levels["p"].notna().sum()) if len(facts.levels) else 0
    found = []
    for row in facts.levels.to_dict("records"):
        key = (str(row["stage"]), str(row["dimension"]))
        low = simultaneous_interval(
            float(row["estimate"]), (float(row["lower"]), float(row["upper"])), n, float(row["df"])
        )[0]
        answer: Answer = "not supported" if low > -facts.margin else "cannot say"
        numbers = {**_deviation(row), "margin": facts.margin}
        found.append(
            WEAK.verdict("supported" if key in called else answer, *key, numbers=numbers, n_family=n)
        )
    return found


def _disputed_cells(facts: JourneyEvidence) -> list[Verdict]:
    called, gaps = _called(facts, "disputed"), facts.dimension_gaps
    n = int(gaps["p"].notna().sum()) if len(gaps) else 0
    found = []
    for row in facts.calls.to_dict("records"):
        key = (str(row["stage"]), str(row["dimension"]))
        own = gaps[(gaps["stage"] == key[0]) & (gaps["dimension"] == key[1])] if n else gaps
        largest = own[own["pair"] == row["pair"]] if n else own
        if not len(largest):
            found.append(DISPUTED.verdict("cannot say", *key, case="unknown", n_family=n))
            continue
        shown = largest.iloc[0]
        within = all(_within(gap, n, facts.margin) for gap in own.to_dict("records"))
        answer: Answer = "not supported" if within else "cannot say"
        numbers: dict[str, Number] = {
            "pair": str(row["pair"]), "gap": float(row["gap"]), "p": float(row["gap_p"]), "margin": facts.margin,
            "ci": (float(shown["lower"]), float(shown["upper"])),
        }  # fmt: skip
        found.append(
            DISPUTED.verdict("supported" if key in called else answer, *key, numbers=numbers, n_family=n)
        )
    return found


def _called(facts: JourneyEvidence, what: str) -> set[tuple[str, str]]:
    return {
        (str(row["stage"]), str(row["dimension"]))
        for row in facts.calls.to_dict("records")
        if what in str(row["call"]).split(" and ")
    }


def _all_within(table: pd.DataFrame, margin: float) -> bool:
    return len(table) > 0 and all(_within(row, len(table), margin) for row in table.to_dict("records"))


def _within(row: Row, n: int, margin: float) -> bool:
    """Whether the interval that n contrasts share lies within ±margin; an undefined one does not."""
    ci = (float(row["lower"]), float(row["upper"]))
    low, high = simultaneous_interval(float(row["estimate"]), ci, n, float(row["df"]))
    return lies_within(low, high, margin)


def _deviation(row: Row) -> dict[str, Number]:
    ci = (float(row["lower"]), float(row["upper"]))
    return {"deviation": float(row["estimate"]), "ci": ci, "p": float(row["p_holm"])}
