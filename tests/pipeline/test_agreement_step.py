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
    return STEPS["agreement"].output(
        context, AgreementOptions(bootstrap=50, items="independent", rematchings=10)
    )


def by_hand(x: np.ndarray) -> dict[str, float]:
    """Indices of one unit's answers, informants × items on 1 to 7; empty where two informants are missing."""
    n = (~np.isnan(x)).sum(axis=0)
    usable = x[:, n >= 2]
    if 2 * usable.shape[1] < x.shape[1]:
        return {}
    items = [column[~np.isnan(column)] for column in usable.T]
    J, ms = len(items), np.mean([item.var(ddof=1) for item in items])
    found = {
        "rwg_star_j": 1 - ms / 4.0,
        "ad_mean": float(np.mean([np.abs(item - item.mean()).mean() for item in items])),
        "ad_median": float(np.mean([np.abs(item - np.median(item)).mean() for item in items])),
        "rwg_j": J * (1 - ms / 4) / (J * (1 - ms / 4) + ms / 4) if ms < 4 else 0.0,
    }
    # Brown & Hauenstein (2005): only where the mean of k informants lets the variance reach its maximum;
    # 1 where all stand at one end of the scale
    awg = []
    for item in items:
        k, mean = len(item), item.mean()
        if set(item) in ({1.0}, {7.0}):
            awg.append(1.0)
        elif (1 * (k - 1) + 7) / k <= mean + 1e-12 and mean - 1e-12 <= (7 * (k - 1) + 1) / k:
            awg.append(1 - 2 * item.var(ddof=1) / ((8 * mean - mean**2 - 7) * k / (k - 1)))
    if awg:
        found["awg_j"] = float(np.mean(awg))
    return found


def test_indices_are_those_of_each_units_answers(output: StepOutput, responses) -> None:
    """Counts, mean, spread, quartiles and share at the cut-off, from every unit's answers written out."""
    table = output.tables["agreement_indices"].data
    assert set(table["index"]) == set(INDICES)
    scored, units = responses.scored(), responses.data["unit"]
    for scale, names in responses.measurement("comply", "dimension").items():
        values = [by_hand(part.to_numpy(float)) for _, part in scored[list(names)].groupby(units)]
        for index in ("rwg_j", "rwg_star_j", "ad_mean", "ad_median", "awg_j"):
            known = np.array([found[index] for found in values if index in found])
            chosen = table[(table["scale"] == scale) & (table["index"] == index)]
            row = chosen[chosen["null"].isin(["", "uniform"])].iloc[0]
            undefined = len(values) - len(known)
            assert (row["n_units"], row["n_defined"], row["n_undefined"]) == (240, len(known), undefined)
            expected = [known.mean(), known.std(ddof=1), *np.percentile(known, [25, 50, 75])]
            np.testing.assert_allclose(
                row[["mean", "sd", "q25", "median", "q75"]].to_numpy(float),
                expected,
                rtol=1e-9,
                err_msg=index,
            )
            agreeing = known <= 7 / 6 if index.startswith("ad_") else known >= 0.7
            assert row["share_agreeing"] == pytest.approx(agreeing.mean(), abs=1e-12)
            few = sum(not found for found in values)
            reasons = [f"fewer than 2 informants: {few} units"] if few else []
            if undefined > few:
                outside = "unit mean outside the range where a_wg is defined"
                reasons.append(f"{outside}: {undefined - few} units")
            assert row["note"] == "; ".join(reasons).replace(": 1 units", ": 1 unit")
    awg = table[table["index"] == "awg_j"]
    assert (awg["n_undefined"] > 0).all()
    note = output.tables["agreement_indices"].notes[-1]
    assert (
        note == "Undefined where: fewer than 2 informants; unit mean outside the range where a_wg is defined."
    )


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
    output = STEPS["agreement"].output(
        context, AgreementOptions(nulls=("uniform",), bootstrap=0, rematchings=0)
    )
    assert set(output.tables["agreement_critical"].data["n_informants"]) == {2}


def test_conventions_print_anew_and_compute_anew_only_where_they_enter(
    own_study: Path, tmp_path: Path
) -> None:
    text = (
        own_study.read_text(encoding="utf-8")
        + "options: {agreement: {bootstrap: 0, items: independent, rematchings: 0}}\n"
    )
    wanted = ["agreement", "items", "gaps"]

    def statuses(more: str) -> list[str]:
        own_study.write_text(text + more, encoding="utf-8")
        run = run_study(load_study(own_study, STEPS), STEPS, Store(tmp_path / "cache"), wanted=wanted)
        return [run.outcomes[name].status for name in wanted]

    assert statuses("") == ["done", "done", "done"]
    assert statuses("cutoffs: {icc2: .6}\n") == ["printed", "printed", "printed"]
    assert statuses("cutoffs: {rwg_j: .8}\n") == ["done", "printed", "printed"]
