"""The step triads: numbers are those of the functions, roles are general, one role is refused."""

from __future__ import annotations

import numpy as np
import pytest

from comply_measure.errors import ComplyError
from comply_measure.evidence.topics.gaps import GapOptions
from comply_measure.evidence.topics.triads import TriadOptions
from comply_measure.pipeline import STEPS
from comply_measure.pipeline.step import Context, StepOutput
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.responses import load_dataset
from comply_measure.triads import (
    TriadData,
    blup_scores,
    icc_oneway_reml,
    odd_role_out,
    role_contrasts,
    unit_reliability,
    waba,
)


def context_of(responses) -> Context:
    return Context(lambda: responses, {}, Cutoffs(), "en", 7)


@pytest.fixture(scope="module")
def responses():
    return load_dataset("msi_triads")


@pytest.fixture(scope="module")
def output(responses) -> StepOutput:
    return STEPS["triads"].output(context_of(responses), TriadOptions(replications=200))


def test_iccs_are_those_of_the_function(output: StepOutput, responses) -> None:
    expected = icc_oneway_reml(responses.scores("dimension", "comply"), list("COMPLY")).tidy()
    table = output.tables["triads_icc_reml"].data
    np.testing.assert_allclose(table["icc2"], expected["icc2"], rtol=1e-9)


def test_parts_of_profile_distance_sum_to_one(output: StepOutput) -> None:
    table = output.tables["triads_profiles"].data
    assert len(table) == 3
    np.testing.assert_allclose(table[["level_share", "scatter_share", "shape_share"]].sum(axis=1), 1.0)


def test_more_informants_generalise_better(output: StepOutput) -> None:
    g = output.tables["triads_coefficients"].data.set_index("fixed")["g"]
    assert g["none"] < g["role"]
    assert "triads_d_study" in output.figures


def test_odd_roles_sum_to_one_per_dimension(output: StepOutput) -> None:
    shares = output.tables["triads_odd"].data.groupby("column")["share"].sum()
    np.testing.assert_allclose(shares, 1.0)


def test_two_roles_work_and_one_is_refused(responses) -> None:
    pair = responses.subset(role=["marketing", "sales"])
    output = STEPS["triads"].output(context_of(pair), TriadOptions(replications=200, generalizability=False))
    assert len(output.tables["triads_profiles"].data) == 1
    assert len(output.tables["triads_odd"].data) == 0
    with pytest.raises(ComplyError, match="at least 2"):
        STEPS["triads"].output(context_of(responses.subset(role="it")), TriadOptions())


def test_reliability_by_number_of_informants_is_that_of_the_units(output: StepOutput, responses) -> None:
    table = output.tables["triads_unit_reliability"].data
    data = TriadData.from_long(responses.scores("dimension", "comply"), list("COMPLY"))
    units = unit_reliability(data)
    assert table.groupby("column")["n_units"].sum().eq(240).all()
    for row in table.itertuples():
        mine = units[(units["column"] == row.column) & (units["n_informants"] == row.n_informants)]
        assert row.n_units == len(mine)
        np.testing.assert_allclose(mine["reliability"], row.reliability, rtol=1e-12)


def test_g_and_phi_have_intervals(output: StepOutput) -> None:
    table = output.tables["triads_coefficients"].data
    assert (table["g_lower"] < table["g"]).all()
    assert (table["phi_upper"] > table["phi"]).all()


def test_mixed_model_gaps_use_all_units(responses) -> None:
    output = STEPS["gaps"].output(context_of(responses), GapOptions())
    table = output.tables["gaps_mixed"].data
    data = TriadData.from_long(
        responses.scores("dimension", "comply"),
        list("COMPLY"),
        roles=("marketing", "sales", "it"),
        firm="firm",
    )
    expected = role_contrasts(data)
    mine = table[table["kind"] == "dimension"]
    np.testing.assert_allclose(mine["estimate"], expected["estimate"], rtol=1e-12)
    np.testing.assert_allclose(mine["p_holm"], expected["p_holm"], rtol=1e-12)
    assert (mine["n_units"] == 240).all()
    assert (table["kind"] == "attribute").sum() == 60


def test_every_unit_has_scores_with_errors(output: StepOutput, responses) -> None:
    table = output.tables["triads_units"].data.set_index(["unit", "column"])
    data = TriadData.from_long(
        responses.scores("dimension", "comply"), list("COMPLY"), roles=("marketing", "sales", "it")
    )
    expected = blup_scores(data).tidy().set_index(["unit", "column"]).loc[table.index]
    assert len(table) == 6 * 240
    np.testing.assert_allclose(table["blup"], expected["score"], rtol=1e-12)
    np.testing.assert_allclose(table["blup_se"], expected["se"], rtol=1e-12)
    odd = odd_role_out(data).tidy().set_index(["unit", "column"]).loc[table.index]
    assert (table["odd_role"] == odd["odd_role"]).all()
    relations = output.tables["triads_waba"].data
    mine = waba(responses.scores("dimension", "comply"), [("C", "O")]).tidy().iloc[0]
    assert relations.loc[0, "r_between"] == pytest.approx(mine["r_between"])
    assert len(relations) == 15


def test_competence_and_criterion_enter_the_schemes(responses) -> None:
    options = TriadOptions(replications=200, generalizability=False, criterion="customer_satisfaction")
    table = STEPS["triads"].output(context_of(responses), options).tables["triads_sensitivity"].data
    assert {"competence, β = 1", "competence, β = 2"} <= set(table["scheme"])
    assert table["r_criterion"].between(0.1, 0.6).all()
    with pytest.raises(ComplyError, match="informant_competence"):
        STEPS["triads"].output(context_of(responses), TriadOptions(competence="wisdom"))
    with pytest.raises(ComplyError, match="customer_satisfaction"):
        STEPS["triads"].output(context_of(responses), TriadOptions(criterion="industry"))


def test_gaps_of_every_unit_are_flagged(responses) -> None:
    output = STEPS["gaps"].output(context_of(responses), GapOptions())
    units = output.tables["gaps_units"].data
    summary = output.tables["gaps_reliability"].data.set_index(["column", "pair"])
    share = units.dropna(subset=["reliable"]).groupby(["column", "pair"])["reliable"].mean()
    for key, value in share.items():
        assert summary.loc[key, "share_reliable"] == pytest.approx(float(value))
    assert (summary["mean_squared_corrected"] < summary["mean_squared"]).all()
