"""The step reliability: numbers are those of the functions, intervals say what they rest on, gaps have reasons."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from comply_measure.evidence.focal import chosen_focal
from comply_measure.measurement.reliability.table import reliability_table
from comply_measure.pipeline import STEPS
from comply_measure.pipeline.step import Context, StepOutput
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.responses import load_dataset

GROUPS = ["pooled", "marketing", "sales", "it", "triad"]


def of_scale(key: str) -> Context:
    """A hundred units of the shipped study as if only one scale had been asked."""
    everything = load_dataset("msi_triads")
    everything = everything.subset(units=list(everything.units.index[:100]))
    responses = replace(everything, scales=(everything.scale(key),))
    return Context(lambda: responses, {}, Cutoffs(), "en", 7)


@pytest.fixture(scope="module")
def context() -> Context:
    return of_scale("comply")


@pytest.fixture(scope="module")
def output(context: Context) -> StepOutput:
    return STEPS["reliability"].output(context, STEPS["reliability"].options(replications=100))


def test_every_dimension_has_every_group_and_an_interval(output: StepOutput) -> None:
    table = output.tables["reliability_comply_dimensions"].data
    assert table["group"].tolist() == GROUPS * 6
    assert ((table["alpha_lower"] < table["alpha"]) & (table["alpha"] < table["alpha_upper"])).all()
    kinds = table.set_index("group")["interval"]
    assert set(kinds["pooled"]) == {"cluster percentile"}
    assert set(kinds["sales"]) == {"feldt"}
    assert (table["maximal_reliability"] >= table["omega"] - 1e-6).all()


@pytest.mark.parametrize(
    ("table", "n", "alpha", "omega", "ave", "weighted", "loadings"),
    [
        ("dimensions", 9, 0.7874387, 0.7966805, 0.3085113, 0.816851, (0.239030, 0.689222)),
        ("scores", 3, 0.6859951, 0.7107452, 0.4434440, 0.7337173, (0.4763132, 0.7455322)),
    ],
)
def test_a_row_rests_on_the_same_indicators_throughout(
    output: StepOutput,
    table: str,
    n: int,
    alpha: float,
    omega: float,
    ave: float,
    weighted: float,
    loadings: tuple[float, float],
) -> None:
    """Coordination among sales: lavaan 0.6-14, ``cfa(std.lv = TRUE, missing = "ml")`` of nine items or three scores.

    ω and AVE from its estimates, H from a fit to its h1 covariances, α from pairwise covariances.
    """
    data = output.tables[f"reliability_comply_{table}"].data
    row = data[(data["construct"] == "C") & (data["group"] == "sales")].iloc[0]
    assert row["n_items"] == n and row["alpha"] == pytest.approx(alpha, abs=5e-8)
    assert row["omega"] == pytest.approx(omega, abs=5e-7) and row["ave"] == pytest.approx(ave, abs=5e-7)
    assert row["maximal_reliability"] == pytest.approx(weighted, abs=2e-6)
    assert (row["loading_min"], row["loading_max"]) == pytest.approx(loadings, abs=2e-6)
    assert row["note"] == ""


def test_unit_means_agree_better_than_single_informants(output: StepOutput) -> None:
    wide = output.tables["reliability_comply_dimensions"].data.pivot_table(
        index="construct", columns="group", values=["alpha", "sem"]
    )
    assert (wide["alpha"]["triad"] > wide["alpha"]["pooled"]).all()
    assert (wide["sem"]["triad"] < wide["sem"]["pooled"]).all()


def test_details_are_those_of_the_function(output: StepOutput, context: Context) -> None:
    chosen = chosen_focal(context.responses, None)
    direct = reliability_table(
        chosen.answers(), {"C": chosen.wholes["C"]}, coefficients=["glb", "alpha_ordinal"], interval="none"
    ).wide()
    for name, kind in (("glb", "bounds"), ("alpha_ordinal", "ordered")):
        table = output.tables[f"reliability_comply_dimensions_{kind}"].data
        found = table[table["construct"] == "C"].set_index("group")[name].dropna()
        expected = direct.set_index("group")[name].reindex(found.index)
        assert found.to_numpy() == pytest.approx(expected.to_numpy())
    levels = output.tables["reliability_comply_dimensions_levels"].data
    assert (levels["alpha_between"] > levels["alpha_within"]).all()


def test_items_of_some_roles_only_are_taken_by_role() -> None:
    output = STEPS["reliability"].output(
        of_scale("smsc"), STEPS["reliability"].options(replications=0, detail="none")
    )
    table = output.tables["reliability_smsc_constructs"].data
    marketing = table[table["construct"] == "marketing_preparation"]
    assert set(marketing["group"]) <= {"pooled", *GROUPS[1:]}
    undefined = table["alpha"].isna()
    assert (table.loc[undefined, "note"] != "").all()
    assert "reliability_smsc_general" not in output.tables


def test_the_general_factor_carries_most_of_the_total(output: StepOutput) -> None:
    table = output.tables["reliability_comply_general"].data
    top = table[table["level"] == "factors"]
    assert top["group"].tolist() == GROUPS[:-1]
    assert top["omega_factors"].between(0.8, 1).all()


def test_without_resampling_and_detail_the_main_table_stays() -> None:
    found = STEPS["reliability"].output(
        of_scale("marker"), STEPS["reliability"].options(replications=0, detail="none")
    )
    assert list(found.tables) == ["reliability_marker_constructs"]
    table = found.tables["reliability_marker_constructs"].data.set_index("group")
    assert math.isnan(table.loc["pooled", "alpha_lower"])
    assert table.loc["sales", "alpha_lower"] < table.loc["sales", "alpha"]
