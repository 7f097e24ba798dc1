"""The step quality: planted careless informants, missing answers by role, nothing deleted."""

from __future__ import annotations

import pytest

from comply_measure.evidence.topics.quality import QualityOptions
from comply_measure.pipeline import STEPS
from comply_measure.pipeline.step import Context, StepOutput
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.responses import load_dataset
from comply_measure.simulation import truth_reference


@pytest.fixture(scope="module")
def context() -> Context:
    responses = load_dataset("msi_triads")
    return Context(lambda: responses, {}, Cutoffs(), "en", 7)


@pytest.fixture(scope="module")
def output(context: Context) -> StepOutput:
    return STEPS["quality"].output(context, QualityOptions())


def test_most_planted_careless_informants_are_flagged_and_few_others(
    output: StepOutput, context: Context
) -> None:
    truth = truth_reference("msi_triads", attribute_set="20")
    table = output.tables["quality_informants"].data
    planted = set(truth.careless["informant"])
    hits = table["informant"].isin(planted).sum()
    assert output.values["n_flagged"] == len(table)
    assert hits >= 13
    assert len(table) - hits <= 3


def test_counts_add_up_over_roles_items_and_firms(output: StepOutput, context: Context) -> None:
    by_role = output.tables["quality_missing_by_role"].data
    items = output.tables["quality_missing_by_item"].data
    firms = output.tables["quality_missing_by_firm"].data
    missing = int(context.responses.scored()[list(items["item"])].isna().to_numpy().sum())
    assert by_role["n_missing"].tolist()[0] == by_role["n_missing"].iloc[1:].sum() == missing
    assert items["n_missing"].sum() == firms["n_missing"].sum() == missing
    assert by_role["n_answers_due"].iloc[0] == 667 * 80
    reasons = context.responses.missing_reason[list(items["item"])].astype(object)
    kinds = ("not_answered", "cannot_judge", "does_not_apply")
    assert "user_missing" not in items
    for kind in kinds:
        counts = (items[kind] * items["n_informants"]).to_numpy()
        assert counts == pytest.approx((reasons == kind).sum().to_numpy())
    assert items[list(kinds)].sum(axis=1).to_numpy() == pytest.approx(items["share"].to_numpy())
    scale = context.responses.scale("comply")
    offered = [("does_not_apply" in scale.item(name).offers) for name in items["item"]]
    assert 0 < sum(offered) < len(items) and ((items["does_not_apply"] > 0) == offered).all()
    flagged = output.tables["quality_flagged"].data
    assert flagged["n_flagged"].iloc[0] == flagged["n_flagged"].iloc[1:].sum()


def test_sensitivity_compares_the_same_quantities(output: StepOutput) -> None:
    table = output.tables["quality_sensitivity"].data.set_index(["quantity", "of"])
    assert len(table) == 6 + 5
    differences = table["without_flagged"] - table["all"]
    assert table["difference"].tolist() == differences.tolist()
    assert (table.loc["α"]["difference"] > 0).all()  # careless answers are noise


def test_little_is_computed_pooled_by_role_and_for_scores(output: StepOutput) -> None:
    table = output.tables["quality_little"].data
    assert table["variables"].tolist() == ["items"] * 4 + ["attribute scores"]
    assert table["n_informants"].tolist()[0] == 667
    # Within roles answers are missing nearly at random; IT, whose means differ, cannot judge twice as often.
    assert table["pvalue"].iloc[0] < 0.05
    assert (table["pvalue"].iloc[1:] > 0.05).all()
