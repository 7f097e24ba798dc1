"""The step informants: numbers are those of the models; a scale with one role is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from duo import answers, scale_text

from comply_measure import sem
from comply_measure.errors import ComplyError
from comply_measure.evidence.topics.informants import InformantOptions
from comply_measure.instrument import load_scale
from comply_measure.models.informants import common_fate_model, wide_frame
from comply_measure.pipeline import STEPS
from comply_measure.pipeline.step import Context, StepOutput
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.responses import load_dataset, responses_from_frame


def context_of(responses) -> Context:
    return Context(lambda: responses, {}, Cutoffs(), "en", 7)


@pytest.fixture(scope="module")
def responses():
    return load_dataset("msi_triads")


@pytest.fixture(scope="module")
def output(responses) -> StepOutput:
    return STEPS["informants"].output(context_of(responses), InformantOptions(estimator="ML"))


def test_common_fate_shares_are_those_of_the_model(output: StepOutput, responses) -> None:
    scores = responses.scores("dimension", "comply")
    wide = wide_frame(scores, list("COMPLY"), ["marketing", "sales", "it"])
    text = common_fate_model(list("COMPLY"), ["marketing", "sales", "it"])
    fit = sem.fit(text, wide.reset_index(drop=True), missing="ml")
    variance = fit.estimates.query("op == '~~' and lhs == rhs").set_index("lhs")["est"]
    expected = variance["C.unit"] / (variance["C.unit"] + variance["C.sales"])
    table = output.tables["informants_common_fate"].data.set_index("dimension")
    assert table.loc["C", "sales"] == pytest.approx(expected, abs=1e-6)


def test_contrasts_follow_the_mean_gaps(output: StepOutput, responses) -> None:
    """A latent contrast of two roles lies near the gap of their attribute means in complete pairs."""
    contrasts = output.tables["informants_contrasts"].data
    first = contrasts[contrasts["name"] == "Marketing – Sales"].set_index("dimension")["mean"]
    wide = responses.scores("dimension", "comply").pivot_table(
        index="unit", columns="role", values=list("COMPLY")
    )
    observed = np.array([(wide[d]["marketing"] - wide[d]["sales"]).mean() for d in "COMPLY"])
    np.testing.assert_allclose(first.loc[list("COMPLY")], observed, atol=0.12)


def test_shares_of_each_attribute_sum_to_one(output: StepOutput) -> None:
    shares = output.tables["informants_shares"].data.dropna(subset=["common"])
    assert len(shares) >= 30
    np.testing.assert_allclose(shares[["common", "view", "only", "residual"]].sum(axis=1), 1.0)


def test_every_table_says_what_it_rests_on(output: StepOutput) -> None:
    assert all(table.n_units == 240 and table.n_informants == 667 for table in output.tables.values())


def test_one_role_is_refused(responses) -> None:
    with pytest.raises(ComplyError, match="at least 2"):
        STEPS["informants"].output(context_of(responses.subset(role="sales")), InformantOptions())


def test_latent_gaps_are_corrected_and_near_the_observed_gaps(output: StepOutput) -> None:
    table = output.tables["informants_gaps"].data
    assert len(table) == 18
    assert (table["p_holm"] >= table["p"]).all()
    contrasts = output.tables["informants_contrasts"].data
    first = contrasts[contrasts["name"] == "Marketing – Sales"]
    mine = table[table["pair"] == "marketing - sales"]
    np.testing.assert_allclose(mine["gap"], first["mean"], rtol=1e-9)
    np.testing.assert_allclose(mine["se"], first["mean_se"], rtol=1e-6)


def test_inadmissible_solutions_are_among_the_problems(tmp_path: Path) -> None:
    (tmp_path / "duo.yaml").write_text(scale_text(), encoding="utf-8")
    dyads = responses_from_frame(answers(), load_scale(tmp_path / "duo.yaml"))
    output = STEPS["informants"].output(context_of(dyads), InformantOptions(estimator="ML"))
    fits = output.tables["informants_fit"].data
    wrong = fits[~fits["admissible"]]["model"]
    assert len(wrong)
    for name in wrong:
        assert any(text.startswith(name) for text in output.problems)


def test_predictors_explain_shared_views_and_contrasts(responses) -> None:
    pair = responses.subset(role=["marketing", "sales"])
    output = STEPS["informants"].output(
        context_of(pair), InformantOptions(estimator="ML", predictors=("product_complexity",))
    )
    table = output.tables["informants_effects"].data
    assert len(table) == 6 + 6 * 2
    assert table["predictor_label"].eq("Product complexity").all()
    with pytest.raises(ComplyError, match="industry"):
        STEPS["informants"].output(context_of(pair), InformantOptions(predictors=("industry",)))
