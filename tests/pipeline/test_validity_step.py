"""The step validity: the matrix holds what the functions give, classes follow the intervals, roles are separate."""

from __future__ import annotations

import numpy as np
import pytest

from comply_measure.measurement.validity.discriminant import CLASSES, CUTOFFS
from comply_measure.pipeline import STEPS
from comply_measure.pipeline.step import Context, StepOutput
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.matrix import Panel, matrix_plot
from comply_measure.responses import load_dataset


@pytest.fixture(scope="module")
def context() -> Context:
    responses = load_dataset("msi_triads")
    return Context(lambda: responses, {}, Cutoffs(), "en", 7)


@pytest.fixture(scope="module")
def output(context: Context) -> StepOutput:
    return STEPS["validity"].output(context, STEPS["validity"].options(replications=100))


def test_values_are_those_of_the_tables(output: StepOutput) -> None:
    table = output.tables["validity_constructs"].data.set_index("construct")
    loadings = output.tables["validity_loadings"].data
    for key, row in table.iterrows():
        squares = loadings.loc[loadings["construct"] == key, "loading"] ** 2
        assert row["ave"] == pytest.approx(squares.mean())
        assert output.values[f"ave_{key}"] == row["ave"]


def test_variance_extracted_is_that_of_the_measurement_model(context: Context, output: StepOutput) -> None:
    """One model, two chapters, two scalings of the factors."""
    options = STEPS["cfa"].options(models=("correlated",), by_role=False)
    other = STEPS["cfa"].output(context, options).tables["cfa_validity"].data.set_index("key")["ave"]
    for key, ave in other.items():
        assert output.values[f"ave_{key}"] == pytest.approx(ave, abs=1e-8)


def test_classes_follow_the_intervals(output: StepOutput) -> None:
    table = output.tables["validity_pairs"].data
    assert len(table) == 15
    far = np.maximum(table["lower"].abs(), table["upper"].abs())
    assert table["problem"].tolist() == [CLASSES[sum(v >= c for c in CUTOFFS)] for v in far]
    assert (table["pvalue_merge"] < 0.001).all()


def test_ratios_have_intervals_around_them(context: Context, output: StepOutput) -> None:
    """The bootstrap draws firms, the highest level known."""
    table = output.tables["validity_htmt"].data
    assert ((table["htmt2_lower"] < table["htmt2"]) & (table["htmt2"] < table["htmt2_upper"])).all()
    assert set(table["n_clusters"]) == {context.responses.n_firms} == {60}


def test_every_dimension_is_closest_to_its_own_global_item(output: StepOutput) -> None:
    table = output.tables["validity_global"].data
    assert table["highest"].tolist() == ["yes"] * 6
    assert (table["own_item"] == table["score"] + "_global").all()


def test_each_role_has_its_dimensions(output: StepOutput) -> None:
    table = output.tables["validity_by_role"].data
    assert table["group"].tolist() == [role for role in ("marketing", "sales", "it") for _ in range(6)]
    assert table.groupby("group")["n_informants"].first().sum() == 667


def test_an_undefined_cell_of_the_figure_stays_empty() -> None:
    values = np.array([[0.5, np.nan], [-0.25, 1.5]])
    panel = Panel("t", values, ["a", "b"], ["1", "2"], np.eye(2, dtype=bool))
    figure = matrix_plot("m", "M", [panel], alt="m")
    assert figure.svg == matrix_plot("m", "M", [panel], alt="m").svg
    assert figure.png.startswith(b"\x89PNG")
