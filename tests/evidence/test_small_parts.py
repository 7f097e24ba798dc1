"""Small parts of evidence on each side of a limit: kinds of columns, errors without room, what was not searched."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pinned import PLAIN, STUDIES

from comply_measure import evidence
from comply_measure.errors import ComplyError
from comply_measure.evidence.codec import decode_frame, encode_frame
from comply_measure.evidence.estimation import Estimation
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.reverse_wording import reverse_wording
from comply_measure.evidence.topics.invariance import _clustered
from comply_measure.evidence.topics.sample import _describe
from comply_measure.evidence.topics.structure import asked
from comply_measure.evidence.unit_variables import UnitVariables
from comply_measure.responses import Responses, load_dataset


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Responses:
    return STUDIES["trio"].make(tmp_path_factory.mktemp("trio"))


COLUMNS: dict[str, tuple[Any, str, str]] = {
    "int64": (np.array([1, 2, 3]), "integer", "int64"),
    "Int64": (pd.array([1, 2, 3], dtype="Int64"), "integer_or_missing", "Int64"),
    "Int64 with a gap": (pd.array([1, None, 3], dtype="Int64"), "integer_or_missing", "Int64"),
    "bool": (np.array([True, False, True]), "truth", "bool"),
    "boolean with a gap": (pd.array([True, None, False], dtype="boolean"), "truth_or_missing", "boolean"),
    "boolean": (pd.array([True, True, False], dtype="boolean"), "truth", "bool"),
    "float": (np.array([1.5, np.nan, -np.inf]), "float", "float64"),
    "text": (pd.array(["a", "b", "a"], dtype="str"), "text", "str"),
    "objects: texts": (np.array(["a", None, "b"], dtype=object), "text", "str"),
    "objects: truth": (np.array([True, False, True], dtype=object), "truth", "bool"),
    "objects: truth with a gap": (np.array([True, None, True], dtype=object), "truth_or_missing", "boolean"),
    "objects: whole": (np.array([1, None, 2], dtype=object), "integer_or_missing", "Int64"),
    "objects: numbers": (np.array([1, 2.5, None], dtype=object), "float", "float64"),
}


@pytest.mark.parametrize("times", [1, 400], ids=["written out", "packed"])
@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_comes_back_as_its_kind(name: str, times: int) -> None:
    values, kind, dtype = COLUMNS[name]
    table = pd.DataFrame({"x": pd.concat([pd.Series(values)] * times, ignore_index=True)})
    stored = json.loads(json.dumps(encode_frame(table), allow_nan=False))
    assert f'"{kind}"' in json.dumps(stored)
    back = decode_frame(stored)["x"]
    assert str(back.dtype) == dtype and len(back) == 3 * times
    assert back.isna().tolist() == table["x"].isna().tolist()
    known = back.notna()
    assert back[known].tolist() == table["x"][known].tolist()


def test_what_kinds_mix_is_refused() -> None:
    with pytest.raises(ComplyError, match="column 'x' of a table mixes kinds of values: bool, int"):
        encode_frame(pd.DataFrame({"x": np.array([True, 1], dtype=object)}))


def test_no_error_is_left_where_views_go_together_more_than_scores_vary(trio: Responses) -> None:
    """Lone views near the mean make scores vary less than views covary: the error is none, and so is its influence."""
    variables = UnitVariables(trio, evidence.aggregation(trio).scores)
    views = variables._role_views("trust")
    score = variables.score("trust").dropna()
    alike = (score - score.mean()) * 3
    tables = {
        "alike": pd.concat([alike.rename(name) for name in views], axis=1),
        "apart": pd.concat(
            [score.rename(views[0]), score.sample(frac=1, random_state=3).set_axis(score.index)], axis=1
        ),
    }
    object.__setattr__(variables, "_view_table", lambda name: tables[name])
    object.__setattr__(variables, "score", lambda name: score)
    error, influence = variables.error_parts("alike")
    assert error == 0.0 and (influence == 0.0).all() and len(influence) == len(score)
    mixed = tables["apart"].sub(tables["apart"].mean())
    common = float((mixed.iloc[:, 0] * mixed.iloc[:, 1]).mean())
    if common > 0:
        assert variables.error_parts("apart")[0] == pytest.approx(score.var(ddof=0) - common, rel=1e-9)


def test_means_of_roles_are_taken_off_unless_told_otherwise(trio: Responses) -> None:
    chosen = chosen_focal(trio, None)
    options = Estimation(**PLAIN)
    usual, centred, raw = (
        reverse_wording(chosen, options, "none", detail=False, **more).effects  # type: ignore[arg-type]
        for more in ({}, {"centred": True}, {"centred": False})
    )
    pd.testing.assert_frame_equal(usual, centred)
    assert abs(raw["share"].iloc[0] - usual["share"].iloc[0]) > 1e-6


def test_what_was_not_searched_says_so(trio: Responses) -> None:
    options = STUDIES["trio"].asked["invariance"]
    found = evidence.invariance(trio, options)
    assert [(one.key, one.search_obstacle) for one in found.groups] == [("branch", "not asked for")]
    assert {one.key for one in found.roles} == {"trust", "flow", "focus"}
    assert all(one.obstacle and not one.search_obstacle for one in found.roles)  # two indicators each


def test_firms_are_clusters_where_there_are_several_of_them(trio: Responses) -> None:
    firms = trio.data.drop_duplicates("unit").set_index("unit")["firm"]
    for units, clustered in ((firms.index[:40], True), (firms[firms == "F3"].index, False)):
        chosen = chosen_focal(trio.subset(units=list(units)), None)
        assert _clustered(chosen, evidence.InvarianceOptions()) is clustered
        assert _clustered(chosen, evidence.InvarianceOptions(estimator="ML")) is False
        assert _clustered(chosen, evidence.InvarianceOptions(cluster=False)) is False
    assert _clustered(chosen, evidence.InvarianceOptions(cluster=True)) is True


def test_the_model_built_in_is_asked_of_studies_that_have_its_constructs(trio: Responses) -> None:
    own = evidence.StructureOptions(hypotheses=[{"from": "trust", "to": "flow"}])
    assert asked(own, trio.scales) == "" == asked(evidence.StructureOptions(model="flow ~ trust"), ())
    plain, shipped = evidence.StructureOptions(), load_dataset("msi_triads").scales
    assert asked(plain, trio.scales).startswith("the model built in needs the constructs of the scale smsc")
    assert asked(plain, trio.scales[1:]).startswith("the model built in needs a scale with dimensions")
    assert asked(plain, shipped) == ""


def test_nulls_that_cannot_be_used_say_what_can() -> None:
    """Of names that are known, what they need; of others, the nearest one; each with its place in the list."""
    options = evidence.AgreementOptions(nulls=("uniform", "slight_skew", "slight_skw"))
    response = SimpleNamespace(minimum=1, maximum=13)
    words = SimpleNamespace(focal=SimpleNamespace(scale=SimpleNamespace(response=response)))
    told = list(options.faults(words))
    assert told == [
        (
            ("nulls", 1),
            "slight_skew",
            "null 'slight_skew' is not defined for 13 categories",
            "uniform; named shapes exist for 5 to 11 categories",
        ),
        (
            ("nulls", 2),
            "slight_skw",
            "unknown null; did you mean 'slight_skew'?",
            "uniform, slight_skew, moderate_skew, heavy_skew, triangular, normal",
        ),
    ]
    assert list(evidence.AgreementOptions().faults(words)) == []  # defaults are not named by the user


def test_content_options_name_their_files() -> None:
    assert dict(evidence.ContentOptions(sorts="s.csv").files()) == {"sorts": "s.csv"}
    assert dict(evidence.ContentOptions().files()) == {}


def test_a_variable_of_units_has_moments_or_shares() -> None:
    numbers = _describe(pd.Series([2.0, 4.0, np.nan, 9.0]))
    assert numbers == {
        "n_units": 3,
        "n_missing": 1,
        "mean": 5.0,
        "sd": pytest.approx(np.sqrt(13.0)),
        "minimum": 2.0,
        "maximum": 9.0,
        "categories": "",
        "note": "",
    }
    words = _describe(pd.Series(["a", "b", "a", None], dtype="str"))
    assert (words["categories"], words["note"], words["n_missing"]) == ("a 67%, b 33%", "not a number", 1)
    assert np.isnan([words[name] for name in ("mean", "sd", "minimum", "maximum")]).all()
    lone, none = _describe(pd.Series([3.0])), _describe(pd.Series([np.nan]))
    assert lone["mean"] == 3.0 and np.isnan(lone["sd"]) and lone["note"] == ""  # type: ignore[call-overload]
    assert np.isnan(none["mean"]) and none["note"] == "no values"  # type: ignore[call-overload]
