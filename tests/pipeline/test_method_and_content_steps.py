"""Steps content, method_variance and missing_data: on shipped data, and what they say when they cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from comply_measure.errors import ComplyError, InputError
from comply_measure.evidence.topics.missing_data import MissingDataOptions
from comply_measure.pipeline import STEPS, Store, load_study, run_study
from comply_measure.pipeline.step import Context
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.parts import Notice
from comply_measure.responses import load_dataset

FILES = Path(__file__).parents[2] / "analyses"


@pytest.fixture(scope="module")
def context() -> Context:
    responses = load_dataset("msi_triads")
    return Context(lambda: responses, {}, Cutoffs(), "en", 7, folder=FILES)


def study(folder: Path, options: str) -> Path:
    path = folder / "s.yaml"
    path.write_text(
        f"format: comply-measure study 1\ntitle: T\ndataset: msi_triads\noptions: {options}\n",
        encoding="utf-8",
    )
    return path


def test_content_validity_of_the_example(context: Context) -> None:
    options = STEPS["content"].options(
        ratings="content_validity/ratings.csv", sorts="content_validity/sorts.csv"
    )
    found = STEPS["content"].output(context, options)
    assert found.values["S-CVI/Ave"] == pytest.approx(0.94, abs=0.005)
    decisions = found.tables["content_decisions"].data
    assert (decisions["decision"] == "dropped").sum() == 6
    assert decisions["decision"].iloc[0] == "dropped"
    assert "htc" not in found.tables["content_sorts"].data


def test_content_is_left_out_without_files_and_says_why(tmp_path: Path) -> None:
    loaded = load_study(study(tmp_path, "{}"), STEPS)
    assert "content" not in loaded.steps
    assert "names no file" in loaded.left_out["content"]


def test_files_of_options_are_checked_and_are_inputs(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("expert,C_dig_1\nA,4\nB,3\n", encoding="utf-8")
    path = study(tmp_path, "{content: {ratings: r.csv}}")
    loaded = load_study(path, STEPS)
    assert "r.csv" in loaded.inputs
    first = run_study(loaded, STEPS, Store(tmp_path / "c"), wanted=["content"])
    assert first.outcomes["content"].status == "done"
    (tmp_path / "r.csv").write_text("expert,C_dig_1\nA,1\nB,1\n", encoding="utf-8")
    again = run_study(load_study(path, STEPS), STEPS, Store(tmp_path / "c"), wanted=["content"])
    assert again.outcomes["content"].status == "done"  # not taken from the cache
    assert again.outputs["content"].values["S-CVI/Ave"] == 0
    for name, part in (("absent.csv", "there is no such file"), ("../r.csv", "outside the study's folder")):
        with pytest.raises(InputError, match=part):
            load_study(study(tmp_path, f"{{content: {{sorts: {name}}}}}"), STEPS)


def test_a_wrong_rating_names_its_place(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("expert,C_dig_1\nA,9\n", encoding="utf-8")
    loaded = load_study(study(tmp_path, "{content: {ratings: r.csv}}"), STEPS)
    outcome = run_study(loaded, STEPS, Store(tmp_path / "c"), wanted=["content"]).outcomes["content"]
    assert outcome.status == "failed"
    assert "C_dig_1" in outcome.reason
    assert not outcome.trace


def test_the_marker_finds_no_method_variance_where_none_was_planted(context: Context) -> None:
    options = STEPS["method_variance"].options(by_role=True, estimator="ML")
    found = STEPS["method_variance"].output(context, options)
    assert 0 <= float(found.values["marker_method_variance"]) < 0.01
    tests = found.tables["method_variance_marker_tests"].data
    assert tests["pvalue"].iloc[0] > 0.05
    roles = found.tables["method_variance_by_role"].data
    assert roles["group"].tolist() == ["marketing", "sales", "it"]
    latent = found.tables["method_variance_latent"].data
    assert latent["model"].tolist() == ["traits", "equal", "free"]


def test_without_a_marker_the_rest_goes_on(context: Context) -> None:
    options = STEPS["method_variance"].options(marker="nonsense", estimator="ML")
    found = STEPS["method_variance"].output(context, options)
    notices = [block.text for block in found.section.blocks if isinstance(block, Notice)]
    assert any("no scale 'nonsense'" in text for text in notices)
    assert "method_variance_latent" in found.tables
    assert [line for line in found.headline if "reverse-keyed" not in line] == []


def test_treatments_agree_when_little_is_missing(context: Context) -> None:
    options = MissingDataOptions(dimensions=("C",), imputations=5, iterations=3)
    found = STEPS["missing_data"].output(context, options)
    fits = found.tables["missing_data_C_fit"].data
    assert len(fits) == 4
    assert fits["n_imputations"].tolist() == [1, 5, 1, 5]
    estimates = found.tables["missing_data_C_estimates"].data
    gap = estimates["full information (MLR)"] - estimates["multiple imputation (MLR)"]
    assert gap.abs().max() < 0.03
    assert "differ in standardised estimates" in found.headline[0]


def test_an_unknown_dimension_is_named(context: Context) -> None:
    with pytest.raises(ComplyError, match="no dimension 'Z'; known: C, O, M, P, L, Y"):
        STEPS["missing_data"].output(context, MissingDataOptions(dimensions=("Z",)))
