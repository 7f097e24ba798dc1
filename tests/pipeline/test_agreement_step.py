"""The step agreement: all indices, exact critical values and every unit are those of the functions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from comply_measure.evidence.topics.agreement import AgreementOptions
from comply_measure.pipeline import STEPS, Store, load_study, run_study
from comply_measure.pipeline.step import Context, StepOutput
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.responses import load_dataset
from comply_measure.triads import agreement_tests
from comply_measure.triads.agreement.indices import INDICES


@pytest.fixture(scope="module")
def responses():
    return load_dataset("msi_triads")


@pytest.fixture(scope="module")
def output(responses) -> StepOutput:
    context = Context(lambda: responses, {}, Cutoffs(), "en", 7)
    return STEPS["agreement"].output(context, AgreementOptions(bootstrap=50))


def test_all_indices_say_how_often_they_are_undefined(output: StepOutput) -> None:
    table = output.tables["agreement_indices"].data
    assert set(table["index"]) == set(INDICES)
    undefined = table[table["index"] == "awg_j"]
    assert (undefined["n_undefined"] == undefined["n_units"] - undefined["n_defined"]).all()
    assert undefined["note"].str.contains("outside the range").all()


def test_every_unit_stands_beside_its_exact_test(output: StepOutput, responses) -> None:
    table = output.tables["agreement_units"].data.set_index(["scale", "unit"])
    data = responses.data[["unit", "role"]].join(responses.scored())
    scales = responses.measurement("comply", "dimension")
    expected = agreement_tests(data, scales, minimum=1, maximum=7).tidy().set_index(["scale", "unit"])
    assert len(table) == 6 * 240
    np.testing.assert_allclose(table["p"], expected.loc[table.index, "p"], rtol=1e-12)
    np.testing.assert_allclose(table["rwg_j"], expected.loc[table.index, "value"], rtol=1e-12)
    assert output.tables["agreement_units"].rows_shown is not None


def test_critical_values_cover_pairs_and_triads(output: StepOutput) -> None:
    table = output.tables["agreement_critical"].data
    assert set(table["n_informants"]) == {2, 3}
    assert (table["level"] <= 0.05).all()


def test_incomplete_triads_count_in_the_two_way_coefficients(output: StepOutput) -> None:
    table = output.tables["agreement_icc_twoway"]
    assert (table.data["n_units"] == 240).all()
    assert (table.data["lower"] < table.data["icc"]).all()
    assert "REML" in table.estimator


def test_dyads_have_critical_values_of_pairs(responses) -> None:
    pair = responses.subset(role=["marketing", "sales"])
    context = Context(lambda: pair, {}, Cutoffs(), "en", 7)
    output = STEPS["agreement"].output(context, AgreementOptions(nulls=("uniform",), bootstrap=0))
    assert set(output.tables["agreement_critical"].data["n_informants"]) == {2}


def test_conventions_print_anew_and_compute_anew_only_where_they_enter(
    own_study: Path, tmp_path: Path
) -> None:
    text = own_study.read_text(encoding="utf-8") + "options: {agreement: {bootstrap: 0}}\n"
    wanted = ["agreement", "items", "gaps"]

    def statuses(more: str) -> list[str]:
        own_study.write_text(text + more, encoding="utf-8")
        run = run_study(load_study(own_study, STEPS), STEPS, Store(tmp_path / "cache"), wanted=wanted)
        return [run.outcomes[name].status for name in wanted]

    assert statuses("") == ["done", "done", "done"]
    assert statuses("cutoffs: {icc2: .6}\n") == ["printed", "printed", "printed"]
    assert statuses("cutoffs: {rwg_j: .8}\n") == ["done", "printed", "printed"]
