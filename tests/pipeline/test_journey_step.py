"""The step ``journey``: of the shipped data, with several forms at once, and where it does not apply."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import NotApplicableError
from comply_measure.evidence import JourneyOptions, chosen_focal, journey
from comply_measure.evidence.calibration.calibrate import known_of
from comply_measure.evidence.calibration.journeys import differs_truth, disputed_truth, loop_truth, weak_truth
from comply_measure.evidence.calibration.result import SEPARATOR
from comply_measure.evidence.calibration.rules import CALIBRATED
from comply_measure.evidence.journey_invariance import cell_design
from comply_measure.evidence.topics.journey import stage_answers
from comply_measure.models.invariance import invariance_ladder
from comply_measure.pipeline import STEPS, Store, load_study, run_study
from comply_measure.report import Cutoffs
from comply_measure.resources import shipped
from comply_measure.responses import load_dataset, responses_from_frame
from comply_measure.simulation import load_journey_population
from comply_measure.triads import icc_twoway

QUICK = JourneyOptions(invariance=False, bootstrap=0)


@pytest.fixture(scope="module")
def responses():
    return load_dataset("journey_triads")


@pytest.fixture(scope="module")
def evidence(responses):
    return journey(responses, QUICK)


def test_planted_deviations_are_called(evidence) -> None:
    calls = evidence.calls.set_index(["stage", "dimension"])["call"]
    assert calls["be_aware", "C"] == "weak and disputed"
    assert calls["bond", "O"] == "weak and disputed"
    assert calls["evaluate", "Y"] == "neither"
    assert calls["purchase", "P"] == "disputed"
    levels = evidence.levels.set_index(["stage", "dimension"])["estimate"]
    assert levels["purchase", "P"] < levels["purchase", "M"] - 0.3
    assert levels["evaluate", "Y"] > levels["evaluate", "M"] + 0.2
    assert set(evidence.interventions["stage"]) == {stage for stage, _ in calls[calls != "neither"].index}
    assert all(
        set(row["called_dimensions"].split(", ")) <= set(row["dimensions"].split(", "))
        for row in evidence.interventions.to_dict("records")
    )


def test_verdicts_are_those_of_the_calls_and_none_is_wrong(evidence) -> None:
    """What is called is supported, the rest is excluded by simultaneous intervals or open; truth in closed form."""
    conventions = {key: cutoff.value for key, cutoff in Cutoffs().items()}
    found = evidence.verdicts(conventions)
    counts = Counter((verdict.rule, verdict.answer) for verdict in found)
    assert counts == {
        ("journey.differs", "supported"): 3, ("journey.loop", "not supported"): 1,
        ("journey.weak", "supported"): 7, ("journey.weak", "not supported"): 24, ("journey.weak", "cannot say"): 5,
        ("journey.disputed", "supported"): 18, ("journey.disputed", "cannot say"): 18,
    }  # fmt: skip
    called = evidence.calls[evidence.calls["call"].str.contains("weak")]
    weak = {v.subject for v in found if (v.rule, v.answer) == ("journey.weak", "supported")}
    assert weak == set(zip(called["stage"], called["dimension"], strict=True))
    assert {v.n_family for v in found} == {3, 36, 108}
    path = shipped("datasets") / "journey_triads" / "population.yaml"
    known = known_of(load_journey_population(path), "stated", conventions)
    for verdict in found:
        right = known.right(CALIBRATED[verdict.rule].truth, SEPARATOR.join(verdict.subject))
        assert verdict.answer in (*right, "cannot say"), verdict.key


def test_a_flat_journey_has_nothing_weak_or_disputed(evidence) -> None:
    """Truth where no stage, role or dimension differs; and the intervals decide when a margin is wide enough."""
    path = shipped("datasets") / "journey_triads" / "population.yaml"
    flat = known_of(load_journey_population(path), "flat_journey", {})
    assert np.ptp(flat.means) == pytest.approx(0, abs=1e-12)
    assert weak_truth(flat, ("bond", "O")) == disputed_truth(flat, ("bond", "O")) == ("not supported",)
    assert differs_truth(flat, ("parallel",)) == ("not supported",) and loop_truth(flat, ()) == ("supported",)
    nothing = {"calls": evidence.calls.assign(call="neither"), "tests": evidence.tests.assign(p=1.0)}
    wide = replace(evidence, margin=9.0, **nothing)
    answers = Counter((v.rule, v.answer) for v in wide.verdicts({"test_level": 0.0}))
    assert answers["journey.weak", "not supported"] == answers["journey.disputed", "not supported"] == 36
    assert answers["journey.loop", "supported"] == answers["journey.differs", "not supported"] == 1


def test_agreement_by_stage_is_that_of_the_stage_scores(responses, evidence) -> None:
    rows = responses.scored().assign(unit=responses.data["unit"], role=responses.data["role"])
    items = [f"S_purchase_{dim}" for dim in "COMPLY"]
    known = rows[items].notna().sum(axis=1) >= 3
    scores = rows[["unit", "role"]].assign(x=rows[items].mean(axis=1).where(known))
    wide = scores.pivot_table(index="unit", columns="role", values="x")
    spread = wide.sub(wide.mean(axis=1), axis=0).abs().mean(axis=1)[wide.notna().sum(axis=1) >= 2]
    row = evidence.agreement.set_index("stage").loc["purchase"]
    assert row["ad"] == pytest.approx(spread.mean(), abs=0.01)  # weighted by the mixed model
    assert row["n_units"] == len(spread)
    from comply_measure.triads import TriadData

    triads = TriadData.from_long(scores, ["x"], roles=("marketing", "sales", "it"))
    assert row["icc"] == pytest.approx(
        icc_twoway(triads).tidy().set_index("form")["icc"]["ICC(A,1)"], abs=1e-8
    )


def test_it_runs_as_a_step_and_prints(tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(
        "format: comply-measure study 1\ntitle: t\ndataset: journey_triads\nsteps: [journey]\n"
        "options: {journey: {invariance: false, bootstrap: 0}}\n",
        encoding="utf-8",
    )
    run = run_study(load_study(study, STEPS), STEPS, Store(tmp_path / "cache"))
    output = run.outcomes["journey"].output
    assert output is not None
    assert {
        "journey_levels",
        "journey_tests",
        "journey_gaps",
        "journey_dimensions",
        "journey_agreement",
        "journey_calls",
    } <= set(output.tables)
    assert set(output.figures) == {"journey_profile", "journey_gaps_figure", "journey_dimensions_figure"}
    assert output.values["p_stages"] < 1e-10
    assert output.values["n_called"] == 18


def test_several_forms_and_averaged_informants(responses) -> None:
    """Beside a full form the stages give the same numbers; two informants of a role are averaged."""
    rng = np.random.default_rng(3)
    scale = responses.scales[0]
    frame = responses.data.rename(columns={}).copy()
    short = {item.id: rng.integers(1, 8, len(frame)) for item in scale.items_for("short")}
    both = pd.concat([frame, pd.DataFrame(short)], axis=1)
    many = responses_from_frame(both, scale, form="short+journey", informants="all")
    pd.testing.assert_frame_equal(journey(many, QUICK).profile, journey(responses, QUICK).profile)
    assert chosen_focal(many, None).by_scores
    twice = pd.concat(
        [frame, frame.assign(informant="x" + frame["informant"].astype(str))], ignore_index=True
    )
    again = responses_from_frame(twice, scale, form="journey", informants="all", mapping=_mapping(responses))
    found = journey(again, QUICK)
    assert found.n_informants == journey(responses, QUICK).n_informants
    pd.testing.assert_frame_equal(found.gaps, journey(responses, QUICK).gaps)


def _mapping(responses):
    from comply_measure.responses import ColumnMapping

    asked = {item.id for item in responses.scales[0].items_for("journey")}
    return ColumnMapping(not_asked=tuple(sorted(asked - set(responses.item_ids))))


def test_without_stages_the_step_says_so() -> None:
    with pytest.raises(NotApplicableError, match="form: journey"):
        journey(load_dataset("msi_triads"), QUICK)
    from comply_measure.evidence.topics.journey import TOPIC
    from comply_measure.instrument import load_scale

    assert TOPIC.applies((load_scale("smsc"),)) == "no scale asks about stages"
    assert TOPIC.applies((load_scale("comply"),)) == ""


def cells(n: int, stages: str, dimensions: str) -> tuple[pd.DataFrame, dict[str, dict[str, str]]]:
    """Answers of two roles of n units on the dimensions at the stages, one factor per stage and role."""
    rng = np.random.default_rng(1)
    unit, rows = rng.normal(size=n), []
    for role in ("sales", "marketing"):
        views = {"unit": np.arange(n), "role": role, "firm": np.arange(n) // 4}
        for stage in stages:
            factor = unit + 0.6 * rng.normal(size=n)
            views |= {f"{name}_{stage}": factor + 0.7 * rng.normal(size=n) for name in dimensions}
        rows.append(pd.DataFrame(views))
    return pd.concat(rows, ignore_index=True), {s: {d: f"{d}_{s}" for d in dimensions} for s in stages}


def test_stages_as_each_role_sees_them_are_compared_where_units_suffice() -> None:
    """Four cells of three indicators have 60 parameters, as the fit counts them; six of seven 246."""
    answers, columns = cells(240, "ab", "CMY")
    design = cell_design(("sales", "marketing"), answers, columns, "firm")
    ladder = invariance_ladder(design, levels=("configural", "metric", "scalar")).tidy()
    assert list(ladder["level"]) == ["configural", "metric", "scalar"]
    assert list(ladder["df"]) == [30, 36, 42]
    assert list(ladder["n_units"]) == [240, 240, 240]
    assert "60 parameters" in ladder["note"].iloc[0]
    answers, columns = cells(200, "abc", "COMPLYZ")
    with pytest.raises(
        NotApplicableError, match="6 factors of 7 indicators have 246 parameters for 200 units"
    ):
        cell_design(("sales", "marketing"), answers, columns, "firm")


def test_the_shipped_journey_says_that_all_cells_are_too_many(responses) -> None:
    chosen = chosen_focal(responses, None)
    answers, columns = stage_answers(chosen)
    with pytest.raises(
        NotApplicableError, match=r"18 factors of 6 indicators have 1,395 parameters for \d+ units"
    ):
        cell_design(chosen.roles, answers, columns, "firm")
