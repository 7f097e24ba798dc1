"""Every table of every topic on degenerate answers: no number is empty without a word, or one clear error."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import evidence
from comply_measure.errors import ComplyError, ComplyWarning
from comply_measure.evidence.base import require_reasons
from comply_measure.instrument import Scale, load_scale
from comply_measure.responses import Responses, responses_from_frame

sys.path.append(str(Path(__file__).parents[1] / "doors"))
sys.path.append(str(Path(__file__).parents[1] / "pipeline"))
from duo import DIMENSIONS, answers, scale_text
from unexplained import tables, unexplained

ITEMS = [f"{name}{k}" for names in DIMENSIONS.values() for name in names for k in (1, 2, 3)]


def cases() -> dict[str, pd.DataFrame]:
    data = answers(40)
    seller = data["role"] == "seller"
    return {
        "ordinary": data,
        "constant item": data.assign(honesty1=4),
        "unanswered item": data.assign(honesty1=np.nan),
        "identical answers": data.assign(**dict.fromkeys(ITEMS, 3)),
        "two informants": data.iloc[:2],
        "fewer informants than items": data.iloc[:10],
        "a role without answers": data.assign(**{item: data[item].mask(seller) for item in ITEMS}),
        "a construct without answers of a role": data.assign(
            **{item: data[item].mask(seller) for item in ITEMS[:3]}
        ),
        "one role": data[~seller],
        "nothing answered": data.head(12).assign(**dict.fromkeys(ITEMS, np.nan)),
    }


CASES = cases()


@pytest.fixture(scope="module")
def scale(tmp_path_factory: pytest.TempPathFactory) -> Scale:
    path = tmp_path_factory.mktemp("scale") / "duo.yaml"
    path.write_text(scale_text(), encoding="utf-8")
    return load_scale(path)


TOPICS: dict[str, Callable[[Responses], Any]] = {
    "sample": lambda r: evidence.sample(r),
    "items": lambda r: evidence.items(r),
    "quality": lambda r: evidence.quality(r),
    "agreement": lambda r: evidence.agreement(r, evidence.AgreementOptions(bootstrap=0)),
    "aggregation": lambda r: evidence.aggregation(r),
    "triads": lambda r: evidence.triads(
        r, evidence.TriadOptions(replications=200, bootstrap=0, generalizability=False)
    ),
    "gaps": lambda r: evidence.gaps(r),
    "actions": lambda r: evidence.actions(r, evidence.ActionOptions(replications=100)),
    "dimensionality": lambda r: evidence.dimensionality(r, evidence.DimensionalityOptions(replications=20)),
    "reliability": lambda r: evidence.reliability(r, evidence.ReliabilityOptions(replications=0)),
    "cfa": lambda r: evidence.cfa(r),
    "validity": lambda r: evidence.validity(r, evidence.ValidityOptions(replications=0, merge=False)),
    "rivals": lambda r: evidence.rivals(
        r, evidence.RivalOptions(replications=0, structures=("one_factor", "correlated"))
    ),
    "invariance": lambda r: evidence.invariance(r, evidence.InvarianceOptions(search=False)),
    "method_variance": lambda r: evidence.method_variance(r),
    "informants": lambda r: evidence.informants(r),
}
#: Of the topics that fit models, the cases that take little time; the topics' own tests have more.
FITTED = ("unanswered item", "identical answers", "two informants", "nothing answered")
COSTLY = {
    "reliability": ("constant item", *FITTED),
    "dimensionality": ("constant item", *FITTED),
    **dict.fromkeys(("cfa", "validity", "invariance", "method_variance", "informants", "rivals"), FITTED),
}
# said by another column of the row: a structure without a second order has no target, and the first nothing before it
SAID: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "target_coefficient": lambda t: t["structure"] != "second_order",
    **dict.fromkeys(("substantive", "method", "method_of_common"), lambda t: t["model"] == "traits"),
    "r_criterion": lambda t: t["column"].notna(),  # no criterion was named
    "r_criterion_change": lambda t: t["column"].notna(),
}


@cache
def found(topic: str, case: str, scale: Scale) -> Any:
    try:
        return asked(TOPICS[topic], case, scale)
    except ComplyError as error:
        return error


def asked(topic: Callable[[Responses], Any], case: str, scale: Scale) -> Any:
    read = responses_from_frame(CASES[case].reset_index(drop=True), scale)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ComplyWarning)
        return topic(read)


@pytest.mark.parametrize("topic", TOPICS)
def test_no_number_of_any_topic_is_empty_without_a_reason(topic: str, scale: Scale) -> None:
    made = 0
    for case in COSTLY.get(topic, CASES):
        result = found(topic, case, scale)
        if isinstance(result, ComplyError):
            assert str(result).strip() and case != "ordinary"
            continue
        made += 1
        for place, table in tables(result):
            if ".matrix" not in place or "tidy" in place:  # squares of numbers: the list beside says why
                assert not unexplained(table, SAID), (case, place, unexplained(table, SAID))
        require_reasons(result.values(), result.reasons())
    assert made


def test_the_reasons_are_those_of_the_case(scale: Scale) -> None:
    silent = "a role without answers"
    scores = found("items", silent, scale).scales[0].scores
    assert scores[scores["role"] == "seller"]["note"].eq("no informant has a score").all()
    units = found("aggregation", silent, scale).scores
    assert units["note"].eq("all scores of duo: fewer than 2 roles answered").all()
    part = found("aggregation", "a construct without answers of a role", scale).scores
    lacking = part["honesty"].isna() & part["care"].notna()
    assert lacking.any() and part.loc[lacking, "note"].eq("honesty: fewer than 2 roles answered").all()
    means = found("gaps", silent, scale).means
    assert means.loc[means["mean"].isna(), "note"].eq("no informant has a score").all()
    same = found("triads", "identical answers", scale).profiles.iloc[0]
    assert math.isnan(same["ccc"]) and "profiles of all units are equal" in same["note"]
    whole = evidence.CfaOptions(by_role=False, two_level=False, folds=0)
    structures = asked(
        lambda r: evidence.cfa(r, whole), "a construct without answers of a role", scale
    ).differences
    assert structures["note"].tolist() == ["", "the same degrees of freedom: no test", ""]
    assert structures["reason"].tolist()[0] == "difference, df_difference, p: the first, or no test"
    lone = found("triads", "ordinary", scale).units
    lone = lone[lone["n_informants"] == 1]
    assert (
        len(lone) and lone["sd"].isna().all() and lone["note"].str.contains("one informant|fewer than").all()
    )
    careless = found("quality", "ordinary", scale).careless.informants
    undefined = careless["value_synonyms"].isna()
    assert careless.loc[undefined, "note"].str.contains("synonyms: ").all()
