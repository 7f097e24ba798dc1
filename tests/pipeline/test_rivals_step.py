"""The step rivals: the generating structure wins, cut-offs are the model's own, gaps have reasons."""

from __future__ import annotations

import pytest

from comply_measure.evidence.topics.rivals import RivalOptions
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
    return STEPS["rivals"].output(context, RivalOptions(replications=100))


def test_the_generating_structure_has_the_smallest_bic(output: StepOutput) -> None:
    assert output.values["best_by_bic"] == "second_order"
    conclusion, ranking = output.headline
    assert conclusion.startswith("Cannot say: Whether Marketing-sales-IT alignment is superordinate")
    assert "of 7 models compared, “Second order” has the smallest BIC" in ranking
    table = output.tables["rivals_fit"].data.set_index("structure")
    assert table.loc["one_factor", "delta_bic"] > 100
    assert table["delta_bic"].min() == 0


def test_each_role_is_fitted_alone(context: Context, output: StepOutput) -> None:
    """Informants of one role are alike by their firm, which is the highest level known."""
    table = output.tables["rivals_by_role"].data
    assert table.groupby("group")["n_informants"].first().sum() == 667
    assert len(table) == 3 * 4
    assert set(table["n_clusters"]) == {context.responses.n_firms} == {60}


def test_cut_offs_are_simulated_and_stand_beside_the_conventions(output: StepOutput) -> None:
    table = output.tables["rivals_cutoffs"].data.set_index("level")
    first = next(name for name in table.index if name.startswith("Omission 1"))
    assert table.loc["This model", "rmsea"] < table.loc[first, "rmsea"] < table.loc["Convention", "rmsea"]
    assert table.loc["Convention", "cfi"] == Cutoffs()["cfi"].value


def test_the_bifactor_and_the_second_order_model_agree_about_the_general_factor(output: StepOutput) -> None:
    table = output.tables["rivals_general"].data
    top = table[table["factor"] == "alignment"].set_index("source")["omega_hierarchical"]
    assert top["bifactor"] == pytest.approx(top["Schmid-Leiman"], abs=0.03)


def test_overall_items_do_not_refute_the_superordinate_construct(output: StepOutput) -> None:
    table = output.tables["rivals_edwards"].data.set_index("model")
    assert table.loc["superordinate", "pvalue_difference"] > 0.05
    assert table.loc["aggregate_free", "note"]


def test_unit_variables_as_criteria(context: Context) -> None:
    options = RivalOptions(
        structures=("one_factor",),
        replications=0,
        by_role=False,
        criteria=("customer_satisfaction", "customer_retention"),
    )
    found = STEPS["rivals"].output(context, options)
    table = found.tables["rivals_edwards"].data.set_index("model")
    assert table.loc["aggregate_free", "df_difference"] == 5
    assert table["n_informants"].dropna().unique().tolist() == [240]
    notices = [block.text for block in found.section.blocks if isinstance(block, Notice)]
    assert any("No cut-offs were simulated: not asked for" in text for text in notices)
    assert any("general factor" in text for text in notices)


def test_an_unknown_or_worded_criterion_is_named(context: Context) -> None:
    for name, part in (
        ("nonsense", "no unit variable 'nonsense'"),
        ("industry", "'industry' is not numeric"),
    ):
        options = RivalOptions(structures=("one_factor",), replications=0, by_role=False, criteria=(name,))
        notices = [
            b.text for b in STEPS["rivals"].output(context, options).section.blocks if isinstance(b, Notice)
        ]
        assert any(part in text for text in notices)
