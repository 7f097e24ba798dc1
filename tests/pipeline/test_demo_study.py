"""The shipped study, end to end: what the report holds, and what its numbers rest on."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from comply_measure.framework import attributes
from comply_measure.pipeline import STEPS, Store, build_report, load_study, run_study, write_results
from comply_measure.pipeline.run import Run
from comply_measure.pipeline.step import StepOutput
from comply_measure.report.parts import Prose
from comply_measure.report.references.styles import render_bibtex

DEMO = Path(__file__).parents[2] / "analyses" / "demo.yaml"
TABLES = {
    "sample": {"sample_completeness", "sample_missing", "sample_informants", "sample_units"},
    "items": {
        f"items_{kind}" for scale in ("comply", "smsc", "marker")
        for kind in (f"scores_{scale}", f"{scale}_pooled", f"{scale}_by_role")
    },
    "reliability": {
        "reliability_comply_dimensions", "reliability_comply_constructs", "reliability_smsc_constructs",
        "reliability_marker_constructs",
    },
    "cfa": {"cfa_fit", "cfa_second_order_loadings", "cfa_validity", "cfa_correlations", "cfa_fit_by_role"},
    "agreement": {
        "agreement_rwg", "agreement_rwg_attributes", "agreement_ad", "agreement_tests", "agreement_icc",
        "agreement_icc_twoway",
    },
    "aggregation": {"aggregation_description", "aggregation_correlations", "aggregation_scores"},
    "invariance": {
        "invariance_items", "invariance_roles", "invariance_released", "invariance_gates", "invariance_latent_gaps",
    },
    "gaps": {"gaps_dimensions", "gaps_attributes", "gaps_reliability"},
    "structure": {
        "structure_hypotheses", "structure_fit", "structure_paths", "structure_sources", "structure_explained",
        "structure_indirect",
        "structure_routes", "structure_contrasts", "structure_loadings",
        "structure_moderations", "structure_measurement",
        "structure_residuals", "structure_modification", "structure_covariance",
    },
    "actions": {"actions_priorities", "actions_relative"},
}  # fmt: skip
FIGURES = {
    "cfa": {"cfa_second_order"},
    "agreement": {"agreement_rwg_figure", "agreement_icc_figure"},
    "gaps": {"gaps_profile", "gaps_heat_map"},
    "structure": {
        "structure_paths_figure",
        "structure_moderation_1",
        "structure_region_1",
        "structure_moderation_2",
        "structure_region_2",
    },
    "actions": {"actions_figure"},
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    folder = tmp_path_factory.mktemp("demo")
    study = load_study(DEMO, STEPS)
    run = run_study(study, STEPS, Store(folder / ".cache"), wanted=list(TABLES))
    write_results(run, folder, jobs=1, started=datetime(2026, 1, 1, tzinfo=UTC))
    return run, folder


def test_every_step_succeeds_and_no_library_warns(demo: tuple[Run, Path]) -> None:
    run, _ = demo
    assert {outcome.status for outcome in run.outcomes.values()} == {"done"}
    assert {name: outcome.warnings for name, outcome in run.outcomes.items() if outcome.warnings} == {}


def test_the_report_has_every_table_and_figure(demo: tuple[Run, Path]) -> None:
    run, folder = demo
    for step, keys in TABLES.items():
        assert keys <= set(run.outputs[step].tables)
    for step, keys in FIGURES.items():
        assert keys <= set(run.outputs[step].figures)
    html = (folder / "report.html").read_text(encoding="utf-8")
    headings = re.findall(r"<h2>(\d+\. [^<]+)</h2>", html)
    assert headings == [
        "1. Sample and completeness", "2. Items and scores", "3. Reliability", "4. Measurement model",
        "5. Measurement invariance", "6. Agreement within units", "7. Unit scores", "8. Role gaps",
        "9. Structural model", "10. From results to action",
    ]  # fmt: skip
    backing = re.findall(r"<h2>(A\d+)\. ([^<]+)</h2>", html)
    assert backing[-2:] == [("A11", "Conclusions and their rules"), ("A12", "Symbols")]
    assert [(number, title) for number, title in backing[:-2]] == [
        (f"A{number}", title) for number, title in (text.split(". ", 1) for text in headings)
    ]
    keys = [t.key for o in run.outputs.values() for t in o.section.tables()]
    keys += [f.key for o in run.outputs.values() for f in o.section.figures()]
    assert len(keys) == len(set(keys))


def test_every_citation_of_the_report_leads_to_its_entry_and_the_bibtex_file_holds_it(
    demo: tuple[Run, Path],
) -> None:
    run, folder = demo
    works = build_report(run).references
    assert {"holm1979", "hu1999", "fisher1925", "geldhof2014", "klein2000", "cheung2002"} <= {
        work.key for work in works
    }
    html = (folder / "report.html").read_text(encoding="utf-8")
    entries = re.findall(r'<li id="ref-([^"]+)">', html)
    assert entries == [work.key for work in works]
    assert set(re.findall(r'href="#ref-([^"]+)"', html)) == set(entries)
    assert (folder / "references.bib").read_text(encoding="ascii") == render_bibtex(works)


def test_every_table_states_its_sample_and_its_estimator(demo: tuple[Run, Path]) -> None:
    run, _ = demo
    for output in run.outputs.values():
        for table in output.tables.values():
            assert table.n_units, table.key
            assert table.estimator, table.key
            # Models of units rest on units; every other table names its informants.
            if not table.key.startswith(("structure_", "sample_units")):
                assert table.n_informants, table.key


def test_pdflatex_knows_every_sign_of_the_tables(demo: tuple[Run, Path]) -> None:
    texts = [path.read_text(encoding="utf-8") for path in (demo[1] / "tables").glob("*.tex")]
    own = {key for output in demo[0].outputs.values() for key in output.tables}
    stems = {path.stem for path in (demo[1] / "tables").glob("*.tex")}
    assert stems == own | {"verdicts", "verdict_rules"}  # of the chapter on conclusions, which is no step
    assert {sign for text in texts for sign in text if ord(sign) > 0x17F} == set()


def test_every_null_in_the_results_has_a_reason(demo: tuple[Run, Path]) -> None:
    _, folder = demo
    document = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    for step in document["steps"].values():
        for name, value in step["values"].items():
            assert value is not None or step["undefined_values"][name]
        for table in step["tables"].values():
            for entry in table["undefined"]:
                assert entry["reason"]
                place = table["columns"].index(entry["column"])
                assert all(table["rows"][row][place] is None for row in entry["rows"])


def test_the_numbers_are_those_of_the_rooms_below(demo: tuple[Run, Path]) -> None:
    from comply_measure.responses import load_dataset
    from comply_measure.triads import icc_oneway

    run, _ = demo
    scores = load_dataset("msi_triads").scores("dimension", scale_key="comply")
    icc = icc_oneway(scores, list("COMPLY")).tidy()
    table = run.outputs["agreement"].tables["agreement_icc"].data
    assert table["icc1"].tolist() == icc["icc1"].tolist()
    values = run.outputs["cfa"].values
    assert values["second_order_converged"] is True
    assert values["second_order_df"] == 164
    assert values["correlated_df"] == 155


def test_the_overview_has_a_sentence_from_each_main_result(demo: tuple[Run, Path]) -> None:
    run, _ = demo
    summary = build_report(run).summary
    assert summary[0].startswith("240 units in 60 firms with 667 informants; 80.8%")
    for part in (
        "ω of the dimension scores ranges from .68 to .78",
        "Second order: χ²(164, N = 667)",
        "ICC(1) is",
        "Largest latent role gap",
        "expected paths",
        "attributes the latent gap cannot be told from the threshold",
    ):
        assert any(part in text for text in summary), part


def test_no_planted_gap_exceeds_the_threshold_so_no_levers_follow(demo: tuple[Run, Path]) -> None:
    """The largest planted gap is 1.13 points (frequency), the threshold of the demo 1.2; nothing is low."""
    run, _ = demo
    output = run.outputs["actions"]
    calls = output.tables["actions_priorities"].data.set_index("column")
    assert len(calls) == 20
    open_calls = calls.index[calls["disputed"] == "cannot say"]
    assert set(open_calls) == {
        "prioritization",
        "equality",
        "frequency",
        "team_orientation",
        "tool_orientation",
    }
    assert set(calls["disputed"].drop(open_calls)) == {"not supported"}
    assert calls["distance"].notna().all()
    assert set(calls["low"]) == {"cannot say"}
    assert set(output.tables) == {"actions_priorities", "actions_relative"}
    prose = [block.text for block in output.section.blocks if isinstance(block, Prose)]
    assert "No call is supported by the data, so no levers follow." in prose
    assert {v.answer for v in output.verdicts if v.rule == "actions.low"} == {"cannot say"}


@pytest.fixture(scope="module")
def stricter(demo: tuple[Run, Path]) -> StepOutput:
    """Step ``actions`` of the demo with a threshold of 0.95 points; all else comes from the demo's store."""
    _, folder = demo
    text = re.sub(r"  content:.*?(?=  cfa:)", "", DEMO.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert "disputed: 1.2 " in text
    path = folder / "stricter.yaml"
    path.write_text(text.replace("disputed: 1.2 ", "disputed: 0.95 "), encoding="utf-8")
    wanted = ["invariance", "actions"]
    return run_study(load_study(path, STEPS), STEPS, Store(folder / ".cache"), wanted=wanted).outputs[
        "actions"
    ]


def test_levers_carry_the_mark_of_reconstructed_assignments(stricter: StepOutput) -> None:
    levers = stricter.tables["actions_levers"].data
    assert len(levers)
    marked = levers["marked"].str.endswith("(r)")
    assert (marked == (levers["assignment"] == "reconstructed")).all()


def test_levers_follow_from_supported_calls_that_are_true(stricter: StepOutput) -> None:
    """The largest planted gaps are 1.10 (team orientation) and 1.13 points (frequency); nothing is low."""
    calls = stricter.tables["actions_priorities"].data.set_index("column")
    supported = set(calls.index[calls["disputed"] == "supported"])
    assert supported == {"team_orientation", "frequency"}
    assert set(calls["low"]) == {"cannot say"}
    assert set(stricter.tables["actions_levers"].data["attribute"]) == supported
    assert len(stricter.tables["actions_interventions"].data)
    assert {v.answer for v in stricter.verdicts if v.rule == "actions.low"} == {"cannot say"}


def test_attribute_set_21_reaches_every_step(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "format: comply-measure study 1\ntitle: T\ndataset: msi_triads\nattribute_set: '21'\n"
        "options: {cfa: {models: [second_order], by_role: false, missing: listwise}}\n",
        encoding="utf-8",
    )
    steps = ["items", "cfa", "aggregation", "gaps", "actions"]
    run = run_study(load_study(path, STEPS), STEPS, Store(tmp_path / "cache"), wanted=steps)
    assert run.ok
    expected = {attribute.key for attribute in attributes("21")}
    assert len(expected) == 21
    out = run.outputs
    assert expected <= set(out["items"].tables["items_comply_pooled"].data["scale"])
    assert expected <= set(out["cfa"].tables["cfa_second_order_loadings"].data["rhs"])
    assert expected <= set(out["aggregation"].tables["aggregation_scores"].data.columns)
    assert expected <= set(out["gaps"].tables["gaps_attributes"].data["column"])
    assert expected == set(out["actions"].tables["actions_priorities"].data["column"])


def test_semopy_confirms_the_measurement_model(tmp_path: Path) -> None:
    def second_order(engine: str) -> dict[str, float]:
        path = tmp_path / f"{engine}.yaml"
        path.write_text(
            "format: comply-measure study 1\ntitle: T\ndataset: msi_triads\n"
            f"options: {{cfa: {{engine: {engine}, estimator: ML, missing: listwise, by_role: false, "
            "models: [second_order]}}\n",
            encoding="utf-8",
        )
        run = run_study(load_study(path, STEPS), STEPS, Store(tmp_path / engine), wanted=["cfa"])
        return {name: float(value) for name, value in run.outputs["cfa"].values.items()}

    own, semopy = second_order("comply"), second_order("semopy")
    # semopy's optimiser stops at a tolerance of its own; its χ² is ours to about four digits.
    assert semopy["second_order_chisq"] == pytest.approx(own["second_order_chisq"], rel=1e-4)
    assert semopy["second_order_srmr"] == pytest.approx(own["second_order_srmr"], abs=1e-4)
