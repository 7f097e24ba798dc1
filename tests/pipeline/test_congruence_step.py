"""The step congruence: numbers are those of the functions, bad options are clear, outcomes are optional."""

from __future__ import annotations

import numpy as np
import pytest

from comply_measure.errors import ComplyError
from comply_measure.pipeline.step import Context
from comply_measure.pipeline.steps.congruence import CongruenceOptions, run
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.responses import load_dataset
from comply_measure.triads.congruence import polynomial_regression


@pytest.fixture(scope="module")
def context() -> Context:
    responses = load_dataset("msi_triads")
    return Context(lambda: responses, {}, Cutoffs(), "en", 7, "congruence")


def test_numbers_are_those_of_the_regression(context: Context) -> None:
    options = CongruenceOptions(outcomes=("customer_retention",), pairs=(("marketing", "it"),), bootstrap=200)
    output = run(context, options)
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
    assert len(output.figures) == 1


def test_no_outcome_says_what_to_do(context: Context) -> None:
    output = run(context, CongruenceOptions())
    assert output.tables == {}
    assert "outcomes" in output.section.blocks[0].text


def test_unknown_and_text_outcomes_are_named(context: Context) -> None:
    with pytest.raises(ComplyError, match="industry"):
        run(context, CongruenceOptions(outcomes=("industry",)))
    with pytest.raises(ComplyError, match="happiness"):
        run(context, CongruenceOptions(outcomes=("happiness",)))
    with pytest.raises(ComplyError, match="predictor"):
        run(context, CongruenceOptions(outcomes=("customer_retention",), predictor="Z"))
