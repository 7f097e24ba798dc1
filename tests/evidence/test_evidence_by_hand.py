"""Numbers, counts and limits of topics on small answers of two roles, against what they are made from."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import evidence, sem
from comply_measure.errors import ComplyError, InputError, NotApplicableError
from comply_measure.evidence.estimation import Estimation, cluster_in_role
from comply_measure.evidence.focal import (
    by_group,
    chosen_focal,
    require_categories,
    require_roles,
)
from comply_measure.evidence.missing_predictors import missing_predictors
from comply_measure.evidence.norms import read_norms
from comply_measure.evidence.topics.cfa import CfaOptions
from comply_measure.evidence.topics.congruence import _views
from comply_measure.evidence.unit_variables import UnitVariables
from comply_measure.instrument import load_scale
from comply_measure.models import correlated_factors, one_factor
from comply_measure.responses import ColumnMapping, Responses, responses_from_frame

sys.path.append(str(Path(__file__).parents[1] / "pipeline"))
from duo import DIMENSIONS, answers, scale_text

ITEMS = [f"{name}{k}" for names in DIMENSIONS.values() for name in names for k in (1, 2, 3)]


def incomplete() -> pd.DataFrame:
    """Seventy dyads: some answers missing, one buyer and two sellers without any, firms of two units."""
    data = answers(70).reset_index(drop=True)
    place = data.groupby("unit", sort=False).ngroup()
    data["firm"] = [f"f{k // 2}" for k in place]
    rng = np.random.default_rng(3)
    holes = rng.random((len(data), len(ITEMS))) < 0.04
    data[ITEMS] = data[ITEMS].astype(float).mask(holes)
    silent = [*data.index[data["role"] == "buyer"][:1], *data.index[data["role"] == "seller"][:2]]
    data.loc[silent, ITEMS] = np.nan
    data["size"] = place.map(dict(enumerate(rng.integers(10, 500, 70)))).astype(float)
    data["branch"] = ["ab"[k % 2] for k in place]
    data["id_of_unit"] = [f"code {k}" for k in place]
    return data


@cache
def read() -> Responses:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "duo.yaml"
        path.write_text(scale_text(), encoding="utf-8")
        mapping = ColumnMapping(units=["size", "branch", "id_of_unit"])
        return responses_from_frame(incomplete(), load_scale(path), mapping)


def test_two_structures_are_compared_and_one_is_not() -> None:
    options = CfaOptions(models=("one_factor", "correlated"), by_role=False, two_level=False)
    found = evidence.cfa(read(), options)
    fits = {named.key: named.live for named in found.fits}
    table = sem.compare(fits["one_factor"], fits["correlated"])
    assert sorted(found.differences["df"]) == sorted(table["Df"])
    assert found.differences["df_difference"].tolist()[1] == 3
    assert found.differences["p"].tolist()[1] == pytest.approx(table["Pr(>Chisq)"].iloc[1], rel=1e-12)
    assert found.differences["note"].tolist() == ["", ""]
    alone = evidence.cfa(read(), options.model_copy(update={"models": ("correlated",)}))
    assert len(alone.differences) == 0 and alone.by_role == ()
    assert "difference" in alone.differences


def test_fits_of_the_roles_rest_on_those_who_answered() -> None:
    """Scores of attributes by role, clustered by firm; who answered nothing is not counted."""
    chosen = chosen_focal(read(), None)
    data = chosen.indicators()
    names = list(chosen.indicator_names)
    someone = data[names].notna().any(axis=1)
    options = CfaOptions(models=("correlated",), two_level=False)
    found = evidence.cfa(read(), options)
    assert (found.n_informants, found.n_units) == (
        int(someone.sum()),
        data.loc[someone, "unit"].nunique(),
    )
    assert someone.sum() == len(data) - 3
    text = correlated_factors(chosen.factors)
    for named, role in zip(found.by_role, ("buyer", "seller"), strict=True):
        mine = data[someone & (data["role"] == role)]
        direct = sem.fit(text, mine, estimator="MLR", missing="ml", cluster="firm")
        assert named.fit.n == direct.n == len(mine)
        assert named.fit.fit_measures["chisq"] == pytest.approx(direct.fit_measures["chisq"], rel=1e-9)
        assert named.fit.fit_measures["npar"] == direct.fit_measures["npar"]
    complete = data[names].notna().all(axis=1)
    listwise = evidence.cfa(read(), options.model_copy(update={"missing": "listwise", "by_role": False}))
    assert listwise.n_informants == int(complete.sum()) < int(someone.sum())
    assert listwise.n_units == data.loc[complete, "unit"].nunique()


def test_role_means_are_taken_off_where_that_is_asked() -> None:
    chosen = chosen_focal(read(), None)
    data, names = chosen.indicators(), list(chosen.indicator_names)
    centred = data.assign(**{n: data[n] - data.groupby("role")[n].transform("mean") for n in names})
    for asked, rows in ((True, centred), (False, data)):
        options = CfaOptions(models=("one_factor",), by_role=False, two_level=False, role_centred=asked)
        found = evidence.cfa(read(), options)
        text = one_factor(chosen.top, chosen.indicator_names)
        direct = sem.fit(
            text, rows[rows[names].notna().any(axis=1)], estimator="MLR", missing="ml", cluster="firm"
        )
        assert found.fits[0].fit.fit_measures["chisq"] == pytest.approx(
            direct.fit_measures["chisq"], rel=1e-6
        )
        assert ("Each role's means were taken off first" in found.treatment) == asked


def test_missing_answers_and_absent_informants_are_counted() -> None:
    """Answers by reason over all items; a row per role of each unit for those who are absent."""
    responses = read()
    table = missing_predictors(chosen_focal(responses, None)).set_index(["kind", "predictor"])
    silent = int(incomplete()[ITEMS].isna().sum().sum())
    row = table.loc[("not_answered", "role")]
    assert (row["n"], row["n_missing"], row["n_asked"]) == (
        responses.n_informants,
        silent,
        responses.n_informants * len(ITEMS),
    )
    assert row["n_clusters"] == responses.n_firms == 35
    absent = table.loc[("absent", "size")]
    assert (absent["n"], absent["n_asked"]) == (2 * responses.n_units, 2 * responses.n_units)
    assert absent["n_missing"] == 2 * responses.n_units - responses.n_informants
    assert absent["n_clusters"] == 35
    # a text with a value per unit is no predictor, one with two values is
    assert list(table.loc["absent"].index) == ["role", "size", "branch"]
    assert list(table.loc["not_answered"].index) == ["role", "size", "branch"]
    without = missing_predictors(
        chosen_focal(replace(responses, data=responses.data.assign(firm=None)), None)
    ).set_index(["kind", "predictor"])
    assert without.loc[("absent", "size"), "n_clusters"] == responses.n_units


def test_options_left_open_follow_from_engine_and_estimator() -> None:
    assert CfaOptions().cluster == "unit" and CfaOptions().at_highest(read()).cluster == "firm"
    assert CfaOptions(cluster="unit").at_highest(read()).cluster == "unit"
    one_firm = replace(read(), data=read().data.assign(firm="f"))
    assert CfaOptions().at_highest(one_firm).cluster == "unit"
    assert CfaOptions(estimator="ml").cluster == "none"
    other = CfaOptions(engine="semopy")
    assert (other.estimator, other.missing, other.cluster) == ("ML", "listwise", "none")
    chosen = chosen_focal(read(), None)
    assert [cluster_in_role(chosen, c) for c in ("unit", "firm", "none")] == ["none", "firm", "none"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "cluster", "words"),
    [
        ({}, None, "MLR, full information"),
        (
            {"cluster": "unit", "missing": "listwise"},
            None,
            "MLR, complete units, standard errors and tests robust to clustering in units",
        ),
        (
            {"cluster": "unit"},
            "firm",
            "MLR, full information, standard errors and tests robust to clustering in firms",
        ),
        ({"cluster": "unit"}, "none", "MLR, full information"),
        ({"engine": "semopy"}, None, "ML, complete units, estimated by semopy"),
    ],
)
def test_words_of_an_estimation(options: dict[str, str], cluster: str | None, words: str) -> None:
    firms = SimpleNamespace(n_firms=40, n_units=41)
    estimation = Estimation(**options)  # type: ignore[arg-type]
    assert estimation.words("units", firms, cluster=cluster) == words  # type: ignore[arg-type]
    few = SimpleNamespace(n_firms=39, n_units=12)
    number = {"units": "12", "firms": "39"}.get(words.rpartition(" ")[2], "")
    what = words.rpartition(" ")[2]
    warned = f"{words} ({number} {what} are few: their standard errors are too small, tests reject too often)"
    assert estimation.words("units", few, cluster=cluster) == (warned if number else words)  # type: ignore[arg-type]


def test_limits_of_norms_belong_to_them(tmp_path: Path) -> None:
    path = tmp_path / "norms.csv"
    path.write_text("name,norm,se\na,1,0\nb,7,0.5\n", encoding="utf-8")
    found = read_norms(path, {"a": [], "b": [], "c": []}, (1, 7))
    assert found[["norm", "norm_se"]].to_numpy()[:2].tolist() == [[1.0, 0.0], [7.0, 0.5]]
    assert found.loc[2, ["norm", "norm_se"]].isna().all()
    path.write_text("name,norm,se\na,0.99,0\nb,7.01,-0.01\nc,x,inf\na,3,x\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_norms(path, {"a": [], "b": [], "c": []}, (1, 7))
    told = [(p.row, p.column, p.message, p.value, p.allowed) for p in error.value.problems]
    assert told == [
        (2, "norm", "no norm", "0.99", "1 to 7"),
        (3, "norm", "no norm", "7.01", "1 to 7"),
        (3, "se", "no standard error", "-0.01", "0 or more"),
        (4, "norm", "no norm", "x", "1 to 7"),
        (4, "se", "no standard error", "inf", "0 or more"),
        (5, "name", "named twice", "a", None),
        (5, "se", "no standard error", "x", "0 or more"),
    ]


@pytest.mark.parametrize(
    ("written", "faults"),
    [
        (b"name,norm,se,sd\na,4,0,1\n", [("unknown column", "sd", None, "name, norm, se")]),
        (
            b"attribute,mean\na,4\n",
            [
                ("column is absent", "name", None, None),
                ("column is absent", "norm", None, None),
                ("unknown column", "attribute", None, "name, norm, se"),
                ("unknown column", "mean", None, "name, norm, se"),
            ],
        ),
        (b"", [("cannot be read as CSV", None, "EmptyDataError", None)]),
        (b"name,norm\n\xff\xfe,4\n", [("cannot be read as CSV", None, "UnicodeDecodeError", None)]),
        (
            b"name,norm\nclarty,4\n",
            [("neither an attribute nor an item; did you mean 'clarity'?", "name", "clarty", None)],
        ),
    ],
)
def test_files_of_norms_that_cannot_be_used_name_every_fault(
    tmp_path: Path, written: bytes, faults: list[tuple[str | None, ...]]
) -> None:
    path = tmp_path / "norms.csv"
    path.write_bytes(written)
    with pytest.raises(InputError) as error:
        read_norms(path, {"a": [], "clarity": []}, (1, 7))
    assert [(p.message, p.column, p.value, p.allowed) for p in error.value.problems] == faults


def several() -> pd.DataFrame:
    """Ten dyads; the first has three buyers, the second two sellers, the last a buyer alone."""
    rows = answers(10).reset_index(drop=True)
    units = list(rows["unit"].unique())
    rows = rows[~((rows["unit"] == units[-1]) & (rows["role"] == "seller"))]
    more = [rows[(rows["unit"] == units[0]) & (rows["role"] == "buyer")]] * 2
    more.append(rows[(rows["unit"] == units[1]) & (rows["role"] == "seller")])
    both = pd.concat([rows, *more], ignore_index=True)
    return both.assign(informant=[f"i{k}" for k in range(len(both))])


def asked(rows: pd.DataFrame, **options: Any) -> Responses:
    return responses_from_frame(rows.reset_index(drop=True), read().scales[0], **options)


def test_a_scale_counts_its_roles_units_and_informants() -> None:
    rows = several()
    chosen = chosen_focal(asked(rows, informants="all"), None)
    assert (chosen.several, chosen.n_informants, chosen.n_units) == (2, len(rows), 10)
    assert chosen.roles == ("buyer", "seller") and chosen.shares_units
    assert (chosen.title, chosen.top) == ("Duo", "overall")
    one = chosen_focal(asked(rows[~rows.duplicated(["unit", "role"])]), None)
    assert (one.several, one.n_informants) == (0, len(rows) - 3)
    require_roles(one)
    with pytest.raises(NotApplicableError, match=r"answered by 2 roles; this step compares at least 3"):
        require_roles(one, 3)
    even = rows.groupby("unit", sort=False).ngroup() % 2 == 0
    apart = rows[((rows["role"] == "buyer") == even) & ~rows.duplicated(["unit", "role"])]
    alone = chosen_focal(asked(apart), None)
    assert alone.roles == ("buyer", "seller") and not alone.shares_units
    assert alone.n_units == alone.n_informants == len(apart)
    with pytest.raises(NotApplicableError, match="no unit has informants of two roles"):
        require_roles(alone)
    twins = chosen_focal(asked(rows[rows["role"] == "buyer"], informants="all"), None)
    assert twins.roles == ("buyer",) and not twins.shares_units and twins.several == 1


def test_averaged_answers_are_no_categories() -> None:
    rows = several()
    first = rows["unit"] == rows["unit"].iloc[0]
    rows.loc[first & (rows["role"] == "buyer"), "honesty1"] = [1, 2, 2]
    with pytest.raises(NotApplicableError, match="averaged and lie between the categories"):
        require_categories(chosen_focal(asked(rows, informants="average"), None))
    require_categories(chosen_focal(asked(rows, informants="first"), None))


def test_tables_by_group_go_construct_by_construct() -> None:
    """All informants first, then each role, in the order of the constructs that were asked for."""
    chosen = chosen_focal(read(), None)
    scales = {"b": ("honesty1",), "a": ("care1", "care2")}

    def compute(mine: pd.DataFrame, asked: dict[str, tuple[str, ...]]) -> pd.DataFrame:
        return pd.DataFrame(
            {"scale": sorted(asked), "n": len(mine), "k": [len(asked[k]) for k in sorted(asked)]}
        )

    found = by_group(chosen, chosen.answers(), scales, compute)
    roles = read().data["role"].value_counts()
    n = [read().n_informants, roles["buyer"], roles["seller"]]
    assert found["scale"].tolist() == ["b"] * 3 + ["a"] * 3
    assert found["group"].tolist() == ["pooled", "buyer", "seller"] * 2
    assert found["n"].tolist() == n * 2 and found["k"].tolist() == [1] * 3 + [2] * 3


def test_a_view_needs_half_of_the_dimensions() -> None:
    """Of three dimensions two; the mean of those that are there, by role, in the order of the units."""
    rows = answers(6).reset_index(drop=True)
    rows[ITEMS] = rows[ITEMS].astype(float)
    rows.loc[0, [i for i in ITEMS if i.startswith(("honesty", "care"))]] = np.nan  # trust
    rows.loc[1, [i for i in ITEMS if not i.startswith(("goals", "scope"))]] = np.nan  # trust and flow
    chosen = chosen_focal(asked(rows), None)
    job: Any = SimpleNamespace(chosen=chosen, predictor=None, outcomes=())
    found = _views(job)
    scores = chosen.scores("dimension")
    assert (
        scores.loc[0, list(DIMENSIONS)].notna().sum() == 2
        and scores.loc[1, list(DIMENSIONS)].notna().sum() == 1
    )
    first, second = rows.loc[0, "role"], rows.loc[1, "role"]
    assert found.loc[0, first] == pytest.approx(scores.loc[0, ["flow", "focus"]].mean())
    assert math.isnan(found.loc[0, second]) and rows.loc[0, "unit"] == rows.loc[1, "unit"]
    assert list(found.columns) == ["buyer", "seller", "firm"] and len(found) == 6
    job.predictor = "focus"
    assert _views(job).loc[0, second] == pytest.approx(scores.loc[1, "focus"])


def test_options_name_their_files() -> None:
    assert dict(evidence.ActionOptions().files()) == {}
    assert dict(evidence.ActionOptions(norms="n.csv").files()) == {"norms": "n.csv"}


def test_error_of_the_whole_is_what_its_roles_do_not_share() -> None:
    """θ = Var(score) − cov of the two roles' means over dimensions, divisor n; its influences have mean zero."""
    rows = answers(40)
    complete = rows[rows.groupby("unit")["role"].transform("size") == 2]
    responses = asked(complete)
    variables = UnitVariables(responses, evidence.aggregation(responses).scores)
    assert dict(variables.overall) == {"overall": tuple(DIMENSIONS)}
    error, influence = variables.error_parts("overall")
    scores = chosen_focal(responses, None).scores("dimension")
    view = scores.assign(v=scores[list(DIMENSIONS)].mean(axis=1)).pivot_table(
        index="unit", columns="role", values="v"
    )
    expected = view.mean(axis=1).var(ddof=0) - np.cov(view.T, ddof=0)[0, 1]
    assert error == pytest.approx(expected, rel=1e-9) and error > 0
    assert len(influence) == len(view) and influence.mean() == pytest.approx(0.0, abs=1e-12)
    one = variables.error_parts("trust")[0]
    part = scores.pivot_table(index="unit", columns="role", values="trust")
    assert one == pytest.approx(part.mean(axis=1).var(ddof=0) - np.cov(part.T, ddof=0)[0, 1], rel=1e-9)


def test_predictors_of_views_are_variables_of_units_alone() -> None:
    options = evidence.InformantOptions(predictors=("trust", "branch"))
    with pytest.raises(ComplyError) as caught:
        evidence.informants(read(), options)
    assert str(caught.value) == "not a numeric unit-level variable: trust, branch; there are: size"
