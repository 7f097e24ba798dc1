"""The step invariance: planted differences are found, verdicts withheld for roles, unusable parts named."""

from __future__ import annotations

import pytest

from comply_measure.evidence.topics.invariance import InvarianceOptions
from comply_measure.pipeline import STEPS
from comply_measure.pipeline.step import Context, StepOutput
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.parts import Notice
from comply_measure.responses import load_dataset


@pytest.fixture(scope="module")
def context() -> Context:
    responses = load_dataset("msi_triads")
    return Context(lambda: responses, {}, Cutoffs(), "en", 7)


@pytest.fixture(scope="module")
def output(context: Context) -> StepOutput:
    return STEPS["invariance"].output(
        context, InvarianceOptions(groups=("questionnaire_language", "nonsense"))
    )


def test_attributes_with_planted_threshold_shifts_are_freed_for_the_planted_role(output: StepOutput) -> None:
    table = output.tables["invariance_released"].data.set_index("item")
    assert table.loc["P_acc_4", "odd"] == "sales"
    assert set(table.loc["C_dig_4", "odd"]) == {"sales"}
    assert table.loc["Y_tool_4", "odd"] == "it"
    # biases of IT on these attributes beside those of their dimensions: -.35 and +.35
    assert table.loc["customer_orientation", "odd"] == table.loc["tool_orientation", "odd"] == "it"
    assert table.loc["customer_orientation", "kind"] == table.loc["tool_orientation", "kind"] == "Intercept"
    assert table.loc["customer_orientation", "z"] < -4
    assert table.loc["tool_orientation", "z"] > 4


def test_the_log_holds_every_release(output: StepOutput) -> None:
    log = output.tables["invariance_search"].data
    freed = set(log.loc[log["released"], "item"])
    released = output.tables["invariance_released"].data
    assert freed == set(released.loc[released["follows_loading"] == "", "item"])
    assert output.values["n_released"] == len(freed)
    assert (log.loc[log["released"], "pvalue_adjusted"] < 0.05).all()
    gates = output.tables["invariance_gates"].data
    assert (gates["searched"] == (gates["p_holm"] < 0.05)).all()
    assert set(log["level"]) <= {"metric", "scalar"}


def test_bias_and_gap_add_up(output: StepOutput) -> None:
    table = output.tables["invariance_gaps"].data
    assert len(table) == 6 * 3
    assert (table["observed_gap"] - table["bias"]).to_numpy() == pytest.approx(table["gap_without_bias"])
    unbiased = table[table["factor"] == "O"]["bias"]
    assert unbiased.to_numpy() == pytest.approx([0, 0, 0], abs=1e-9)


def test_verdicts_are_withheld_for_roles_and_given_for_two_groups(output: StepOutput) -> None:
    roles = output.tables["invariance_roles"].data
    assert set(roles["verdict"]) == {"", "withheld"}
    assert any("independent groups only" in note for note in output.tables["invariance_roles"].notes)
    language = output.tables["invariance_questionnaire_language"].data.set_index("level")
    assert language.loc["metric", "verdict"].startswith("supported")


def test_an_unknown_grouping_costs_nothing_else(output: StepOutput) -> None:
    notices = [block.text for block in output.section.blocks if isinstance(block, Notice)]
    assert any("no unit variable 'nonsense'" in text for text in notices)
    assert len(output.tables) >= 7


def test_small_groups_are_named(context: Context) -> None:
    options = InvarianceOptions(groups=("region",), search=False, estimator="ML")
    found = STEPS["invariance"].output(context, options)
    notices = [block.text for block in found.section.blocks if isinstance(block, Notice)]
    assert any(text.startswith("Fewer than 100 cases") for text in notices)
    assert "invariance_released" not in found.tables
