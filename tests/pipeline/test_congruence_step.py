"""The step congruence: numbers are those of the functions, bad options are clear, outcomes are optional."""

from __future__ import annotations

import numpy as np
import pytest

from comply_measure.errors import ComplyError
from comply_measure.evidence.topics.congruence import CongruenceOptions
from comply_measure.models.informants import latent_polynomial, wide_frame
from comply_measure.pipeline import STEPS
from comply_measure.pipeline.step import Context
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.responses import load_dataset
from comply_measure.triads.congruence import polynomial_regression

ITEMS = ["digitalization", "proactivity", "transparency"]


@pytest.fixture(scope="module")
def context() -> Context:
    responses = load_dataset("msi_triads")
    return Context(lambda: responses, {}, Cutoffs(), "en", 7)


def test_numbers_are_those_of_the_regression(context: Context) -> None:
    options = CongruenceOptions(outcomes=("customer_retention",), pairs=(("marketing", "it"),), bootstrap=200)
    output = STEPS["congruence"].output(context, options)
    scores = context.responses.scores("dimension", "comply")
    view = scores[list("COMPLY")].mean(axis=1)
    wide = scores.assign(view=view).pivot_table(index="unit", columns="role", values="view")
    wide = wide.join(context.responses.units["customer_retention"])
    wide["firm"] = scores.groupby("unit")["firm"].first()
    fit = polynomial_regression(wide, "marketing", "it", "customer_retention", centre=4.0, cluster="firm")
    table = output.tables["congruence_coefficients_marketing_it_customer_retention"]
    np.testing.assert_allclose(table.data["estimate"], fit.tidy()["estimate"], rtol=1e-9)
    np.testing.assert_allclose(table.data["se"], fit.tidy()["se"], rtol=1e-9)
    assert table.n_units == fit.n
    assert len(output.figures) == 2


def test_no_outcome_says_what_to_do(context: Context) -> None:
    output = STEPS["congruence"].output(context, CongruenceOptions())
    assert output.tables == {}
    assert "outcomes" in output.section.blocks[0].text


def test_unknown_and_text_outcomes_are_named(context: Context) -> None:
    with pytest.raises(ComplyError, match="industry"):
        STEPS["congruence"].output(context, CongruenceOptions(outcomes=("industry",)))
    with pytest.raises(ComplyError, match="happiness"):
        STEPS["congruence"].output(context, CongruenceOptions(outcomes=("happiness",)))
    with pytest.raises(ComplyError, match="predictor"):
        STEPS["congruence"].output(
            context, CongruenceOptions(outcomes=("customer_retention",), predictor="Z")
        )


def test_latent_surface_and_level_are_those_of_the_functions(context: Context) -> None:
    options = CongruenceOptions(
        outcomes=("customer_satisfaction", "joint_follow_up"),
        predictor="C",
        pairs=(("marketing", "sales"),),
        bootstrap=200,
    )
    output = STEPS["congruence"].output(context, options)
    responses = context.responses
    wide = wide_frame(
        responses.scores("attribute", "comply"), ITEMS, ["marketing", "sales", "it"], keep=["firm"]
    )
    wide = wide.join(responses.units["customer_satisfaction"].astype(float)).reset_index(drop=True)
    result = latent_polynomial(
        wide, "C", ITEMS, ["marketing", "sales"], "customer_satisfaction", 4.0, cluster="firm", replications=0
    )
    table = output.tables["congruence_latent_parameters_marketing_sales_customer_satisfaction"]
    np.testing.assert_allclose(
        table.data["estimate"][:5], result.surface.parameters["estimate"][:5], rtol=1e-6
    )
    assert table.n_units == result.n_units
    assert table.n_informants == result.n_informants < 2 * result.n_units
    effects = output.tables["congruence_level_effects"].data
    assert effects["outcome_label"].tolist() == ["Customer satisfaction"] * 3 + ["Joint follow-up"] * 3
    assert (effects["n_units"] == 240).all()
    tests = output.tables["congruence_level_tests"].data
    assert tests["df"].eq(2).all()


def test_level_of_alignment_predicts_what_it_causes_in_the_population(context: Context) -> None:
    """Alignment raises satisfaction and joint follow-up in the simulated population; contrasts do nothing there."""
    output = STEPS["congruence"].output(
        context, CongruenceOptions(outcomes=("customer_satisfaction", "joint_follow_up"), bootstrap=200)
    )
    effects = output.tables["congruence_level_effects"].data
    level = effects[effects["predictor_label"] == "Level"]
    assert (level["estimate"] > 0).all()
    assert (level["p"] < 0.001).all()
    assert (output.tables["congruence_level_tests"].data["p"] > 0.01).all()


def test_without_latent_models_the_observed_surfaces_remain(context: Context) -> None:
    options = CongruenceOptions(
        outcomes=("customer_retention",), pairs=(("sales", "it"),), bootstrap=200, latent=False
    )
    output = STEPS["congruence"].output(context, options)
    assert "congruence_latent_overview" not in output.tables
    assert "congruence_level_effects" not in output.tables
    assert len(output.tables["congruence_overview"].data) == 1
