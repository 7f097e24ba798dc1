"""The step dimensionality: the planted six factors are found, numbers are those of the functions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comply_measure.evidence.topics.dimensionality import DimensionalityOptions, dimensionality
from comply_measure.measurement.dimensionality.adequacy import sampling_adequacy
from comply_measure.measurement.dimensionality.correlations import correlate
from comply_measure.pipeline import STEPS
from comply_measure.pipeline.step import Context, StepOutput
from comply_measure.report.chapters.dimensionality import dimensionality_headline
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.responses import load_dataset


@pytest.fixture(scope="module")
def context() -> Context:
    responses = load_dataset("msi_triads")
    return Context(lambda: responses, {}, Cutoffs(), "en", 7)


@pytest.fixture(scope="module")
def output(context: Context) -> StepOutput:
    return STEPS["dimensionality"].output(context, DimensionalityOptions(replications=50))


def test_parallel_analysis_of_common_factors_finds_the_six_planted(output: StepOutput) -> None:
    table = output.tables["dimensionality_criteria"].data.set_index("criterion")
    assert table.loc["Parallel analysis, common factors", "n_factors"] == 6


def test_map_is_shown_without_a_vote(context: Context) -> None:
    found = dimensionality(context.responses, DimensionalityOptions(replications=20), seed=1)
    silent = found.criteria["criterion"].str.startswith("Minimum average partial")
    assert silent.sum() == 2
    assert found.criteria.loc[silent, "note"].str.startswith("shown, not counted: right in").all()
    assert found.criteria.loc[silent, "n_factors"].notna().all()
    far = found.criteria.assign(n_factors=found.criteria["n_factors"].where(~silent, 19.0))
    assert dimensionality_headline(replace(found, criteria=far)) == dimensionality_headline(found)
    counted = far.assign(note="")
    assert dimensionality_headline(replace(found, criteria=counted)) != dimensionality_headline(found)


def test_exploratory_solution_shows_the_dimensions(output: StepOutput) -> None:
    texts = [block.text for block in output.section.blocks if hasattr(block, "text")]
    assert any("20 of 20 indicators load highest" in text for text in texts)


def test_values_are_those_of_the_function(output: StepOutput, context: Context) -> None:
    scores = context.responses.scores("attribute", "comply")
    names = [c for c in scores.columns if c not in ("unit", "firm", "role")]
    scores[names] = scores[names] - scores.groupby("role")[names].transform("mean")
    adequacy = sampling_adequacy(correlate(scores, names))
    assert output.values["kmo"] == pytest.approx(adequacy.kmo, abs=1e-12)
    assert output.values["bartlett_chisq"] == pytest.approx(adequacy.chisq, rel=1e-12)


def test_same_seed_same_output(output: StepOutput, context: Context) -> None:
    again = STEPS["dimensionality"].output(context, DimensionalityOptions(replications=50))
    assert again.tables["dimensionality_solution"].data.equals(output.tables["dimensionality_solution"].data)
    assert again.figures["dimensionality_scree"].svg == output.figures["dimensionality_scree"].svg
