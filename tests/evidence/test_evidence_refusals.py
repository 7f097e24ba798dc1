"""Why a topic has nothing to show, and what stored evidence is refused, word by word; small tables by hand."""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from comply_measure import evidence, sem
from comply_measure.errors import ComplyError, InputError, NotApplicableError, Problem
from comply_measure.evidence.attempt import attempt, required
from comply_measure.evidence.codec import decode, encode
from comply_measure.evidence.estimation import Estimation
from comply_measure.evidence.fits import NamedFit
from comply_measure.evidence.outcomes import find_outcomes
from comply_measure.evidence.topics.gaps import role_means
from comply_measure.evidence.topics.items import score_table
from comply_measure.instrument import load_scale
from comply_measure.responses import ColumnMapping, Responses, responses_from_frame

sys.path.append(str(Path(__file__).parents[1] / "pipeline"))
from duo import answers, scale_text


@cache
def read() -> Responses:
    """Forty dyads."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "duo.yaml"
        path.write_text(scale_text(), encoding="utf-8")
        return responses_from_frame(answers(40), load_scale(path))


def record(**fields: Any) -> Any:
    """A stored reason with other fields."""
    stored = copy.deepcopy(encode(Problem("m", row=1)))
    stored["record"].update(fields)
    return decode(stored)


def array(**content: Any) -> Any:
    return decode({"array": {"dtype": "int64", "shape": [2], "values": [1, 2]} | content})


def column(**content: Any) -> Any:
    """A stored table of one column of other content."""
    stored = copy.deepcopy(encode(pd.DataFrame({"x": ["a", "b"]})))
    stored["frame"]["columns"][0].update(content)
    return decode(stored)


REFUSED: dict[str, tuple[Callable[[], Any], tuple[str, ...]]] = {
    "a value of several kinds": (
        lambda: decode({"float": 1.0, "tuple": []}),
        ("stored evidence is damaged: not a value of a known kind",),
    ),
    "an unknown kind": (
        lambda: decode({"pickle": "x"}),
        ("stored evidence is damaged: unknown kind 'pickle'",),
    ),
    "a record of another package": (
        lambda: record(**{"class": "os:system"}),
        ("stored evidence is damaged: 'os' is not of this package",),
    ),
    "a record that is none": (
        lambda: record(**{"class": "comply_measure.errors:InputError"}),
        ("stored evidence is damaged: InputError is not a record",),
    ),
    "a record that is not there": (
        lambda: record(**{"class": "comply_measure.errors:Nothing"}),
        ("stored evidence is damaged: there is no Nothing in comply_measure.errors",),
    ),
    "fields of another record": (
        lambda: record(fields={"message": "m"}),
        ("stored evidence is damaged: the fields of Problem do not match",),
    ),
    "an object that cannot be stored": (
        lambda: encode(object()),
        ("evidence holds a object, which cannot be stored",),
    ),
    "an array that cannot be stored": (
        lambda: encode(np.array([1j])),
        ("evidence holds an array of complex128, which cannot be stored",),
    ),
    "an array of an unknown kind": (
        lambda: array(dtype="complex"),
        ("stored evidence is damaged: no arrays of complex",),
    ),
    "a text that is a number": (
        lambda: column(values=["a", 2]),
        ("a stored table is damaged: a text is none",),
    ),
    "a column of mixed kinds": (
        lambda: encode(pd.DataFrame({"x": [1, "a", None]}, dtype=object)),
        ("column 'x' of a table mixes kinds of values: int, str",),
    ),
    "semopy with clusters": (
        lambda: Estimation(engine="semopy", cluster="unit"),
        (
            "Estimation cannot be made like this.",
            "semopy can only estimate with cluster: none",
        ),
    ),
    "ML with clusters": (
        lambda: Estimation(estimator="ML", cluster="unit"),
        (
            "Estimation cannot be made like this.",
            "ML does not allow for clusters; use estimator: MLR, or cluster: none",
        ),
    ),
    "a record of a fit": (
        lambda: NamedFit("f", "F", sem.fit("a =~ honesty1 + care1 + speed1", answers(40)).record()).live,
        ("only the record of model 'F' is left",),
    ),
    "an outcome that is none": (
        lambda: find_outcomes(read(), ["turnover", "trust"]),
        (
            "not a numeric unit-level variable or a construct: turnover; there are: none; "
            "constructs: trust, flow, focus",
        ),
    ),
    "an outcome that is no variable": (
        lambda: find_outcomes(read(), ["trust"], constructs=False),
        ("not a numeric unit-level variable: trust; there are: none",),
    ),
    "points of relevance": (
        lambda: evidence.ContentOptions(relevant_from=1),
        (
            "ContentOptions cannot be made like this.",
            "minimum 1, relevant_from 1 and maximum 4 must rise: minimum < relevant_from <= maximum",
        ),
    ),
    "a model of nothing": (
        lambda: evidence.structure(read(), evidence.StructureOptions(model="x ~ y")),
        (
            "The model of units cannot be fitted.",
            *(
                f"'{name}': no variable of the units; allowed: overall, trust, flow, focus, honesty, care, "
                "speed, ease, goals, scope, their items, and what one role says (name@role)"
                for name in "xy"
            ),
        ),
    ),
    "a singular matrix": (
        lambda: required(lambda: np.linalg.inv(np.zeros((2, 2)))),
        ("a matrix is singular (Singular matrix)",),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_named(case: str) -> None:
    call, texts = REFUSED[case]
    with pytest.raises((ComplyError, ValueError)) as caught:
        call()
    lines = tuple(line.strip().removeprefix("- ") for line in str(caught.value).splitlines())
    assert lines == texts


def test_a_part_that_fails_leaves_its_reason() -> None:
    def refuse() -> None:
        raise InputError("No items.", [Problem("too few", column="x", value=1), Problem("b")])

    assert attempt(lambda: 3) == (3, "")
    assert attempt(refuse) == (None, "No items: 'x': too few (found 1); b")
    assert attempt(lambda: required(refuse)) == (None, "No items: 'x': too few (found 1); b")
    with pytest.raises(NotApplicableError, match="No items"):
        required(refuse)
    with pytest.raises(ZeroDivisionError):  # a defect is no reason
        attempt(lambda: 1 / 0)


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        (None, "no marker scale was asked (name its scale in the option 'marker')"),
        ("duo", "a scale cannot be its own marker"),
        ("trust", "there is no scale 'trust'; known: duo"),
    ],
)
def test_a_marker_that_cannot_be_used_is_named(marker: str | None, reason: str) -> None:
    found = evidence.method_variance(read(), evidence.MethodVarianceOptions(marker=marker))
    assert found.obstacles["marker"] == reason and found.marker is None
    assert (found.n_informants, found.n_units) == (len(read().data), 40)


def test_means_and_standard_deviations_of_scores_by_role() -> None:
    scores = pd.DataFrame(
        {
            "unit": list("aabbcc"),
            "firm": None,
            "role": ["b", "s"] * 3,
            "x": [1.0, 2.0, 4.0, np.nan, 4.0, np.nan],
            "y": [np.nan, 1.0] * 3,
        }
    )
    rows = score_table(scores, ("b", "s")).to_dict("records")
    expected = [
        ("x", "b", 3, 3.0, math.sqrt(3.0), ""),
        ("x", "s", 1, 2.0, None, "one informant: no SD"),
        ("y", "b", 0, None, None, "no informant has a score"),
        ("y", "s", 3, 1.0, 0.0, ""),
    ]
    for row, (construct, role, n, mean, sd, note) in zip(rows, expected, strict=True):
        assert (row["construct"], row["role"], row["n_informants"], row["note"]) == (construct, role, n, note)
        for name, value in (("mean", mean), ("sd", sd)):
            assert math.isnan(row[name]) if value is None else row[name] == pytest.approx(value)
    table = role_means(scores, ["x", "y"], ("b", "s"))
    half = stats.t.ppf(0.975, 2) * math.sqrt(3.0) / math.sqrt(3.0)
    first = table.iloc[0]
    assert (first["lower"], first["upper"]) == pytest.approx((3.0 - half, 3.0 + half))
    assert table["note"].tolist() == [
        "",
        "one informant: no SD and no interval",
        "no informant has a score",
        "",
    ]
    assert table["sd"].isna().tolist() == table["lower"].isna().tolist() == [False, True, True, False]
    assert table.loc[3, ["lower", "upper"]].tolist() == [1.0, 1.0]


def test_surfaces_are_regressions_on_views_from_the_middle_of_the_scale() -> None:
    """``Z = b0 + b1 X + … + b5 Y²`` by least squares, X and Y means of the dimensions less the scale's midpoint 3."""
    rng = np.random.default_rng(3)
    data = answers(60)
    size = {unit: rng.normal() for unit in data["unit"]}
    data = data.assign(size=data["unit"].map(size))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "duo.yaml"
        path.write_text(scale_text(), encoding="utf-8")
        scale = load_scale(path)
    study = responses_from_frame(data, scale, ColumnMapping(units={"size": "size"}))
    options = evidence.CongruenceOptions(outcomes=("size",), latent=False, bootstrap=200)
    (case,) = evidence.congruence(study, options, seed=1).cases
    scores = study.scores("dimension", "duo")
    view = scores.assign(view=scores[["trust", "flow", "focus"]].mean(axis=1) - 3.0)
    wide = view.pivot_table(index="unit", columns="role", values="view").dropna()
    x, y = wide["buyer"].to_numpy(), wide["seller"].to_numpy()
    design = np.column_stack([np.ones(len(x)), x, y, x**2, x * y, y**2])
    expected = np.linalg.lstsq(design, wide.index.map(size).to_numpy(), rcond=None)[0]
    np.testing.assert_allclose(case.fit.coefficients, expected, rtol=1e-8)
    assert (case.fit.centre, case.fit.n, case.fit.n_dropped) == (3.0, len(x), 60 - len(x))
    assert case.names == ("buyer", "seller", "size")
    buyers = data[data["role"] == "buyer"]
    alike = pd.concat([buyers, buyers.assign(role="seller")], ignore_index=True)
    for rows, text in (
        (
            data[data["unit"].isin(wide.index[:5])].reset_index(drop=True),
            "5 complete rows are too few for the 6 coefficients of the polynomial",
        ),
        (
            alike,
            "the polynomial of 'buyer' and 'seller' is not identified: its terms are collinear (a constant predictor, "
            "two equal predictors, or fewer than three distinct values)",
        ),
        (data.assign(size=1.0), "the outcome does not vary: there is no surface"),
    ):
        found = evidence.congruence(
            responses_from_frame(rows, scale, ColumnMapping(units={"size": "size"})), options, seed=1
        )
        assert found.cases == ()
        assert [(r.names, r.latent, r.text) for r in found.remarks] == [
            (("buyer", "seller", "size"), False, text)
        ]
