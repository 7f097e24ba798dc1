"""Verdicts of the shipped study against the population it was made from, from stored evidence."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest
import yaml
from chapter_texts import stored, study

from comply_measure.evidence import Verdict
from comply_measure.evidence.calibration.known import Known
from comply_measure.evidence.calibration.result import SEPARATOR
from comply_measure.evidence.calibration.rules import CALIBRATED
from comply_measure.instrument import load_scale
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.resources import shipped
from comply_measure.responses import load_dataset
from comply_measure.simulation import load_population
from comply_measure.triads import TriadData, gap_reliability

TRUTH = Path(__file__).parents[2] / "datasets" / "msi_triads" / "truth"


@cache
def verdicts(step: str) -> tuple[Verdict, ...]:
    return stored(step).evidence.verdicts({key: cutoff.value for key, cutoff in Cutoffs().items()})


def answers(step: str, rule: str) -> dict[str, str]:
    return {".".join(v.subject): v.answer for v in verdicts(step) if v.rule == rule}


def test_paths_are_found_where_they_are_planted() -> None:
    """No path is called there that is not, and none that is worth having is called absent."""
    table = pd.read_csv(TRUTH / "reference_paths.csv")
    planted = {
        f"{rhs}.{lhs}": value for lhs, rhs, value in table[["lhs", "rhs", "observed"]].itertuples(index=False)
    }
    outcome = yaml.safe_load((TRUTH.parent / "population.yaml").read_text(encoding="utf-8"))["unit_variables"]
    coefficients = outcome["customer_satisfaction"]["coefficients"]
    planted |= {f"{key}.customer_satisfaction": value for key, value in coefficients.items()}
    found = answers("structure", "structure.path")
    assert len(found) == 30
    supported = {path for path, answer in found.items() if answer == "supported"}
    absent = {path for path, answer in found.items() if answer == "not supported"}
    assert all(abs(planted.get(path, 0.0)) > 0.05 for path in supported)
    assert all(abs(planted.get(path, 0.0)) < 0.10 for path in absent)
    assert len(supported) == 8 and not absent  # 240 units exclude no small path of 30 at once


def test_units_agree_beyond_re_matched_ones_as_planted() -> None:
    """All dimensions have a share of consensus (.40 to .55); re-matched triads pass the test in 59 to 70 %."""
    found = [v for v in verdicts("agreement") if v.rule == "agreement.more_than_rematched"]
    assert [v.answer for v in found] == ["supported"] * 6
    assert all(0.57 < v.numbers["share_rematched"] < 0.72 for v in found)
    assert all(0.14 < v.numbers["difference"] < 0.28 and v.n_family == 6 for v in found)


def test_scores_are_not_called_more_reliable_than_they_are() -> None:
    """True reliabilities are .67 to .74 where α over items is .84 to .88."""
    table = pd.read_csv(TRUTH / "implied_reliability.csv")
    mine = table[table["level"] == "dimension"].set_index(["construct", "role"])
    found = {v.subject: v for v in verdicts("reliability") if v.rule == "reliability.score"}
    scores = {subject: v for subject, v in found.items() if subject in mine.index}
    assert len(scores) == 18
    for subject, verdict in scores.items():
        truth, value = mine.loc[subject, "reliability"], float(verdict.numbers["omega_value"])  # type: ignore[arg-type]
        assert abs(value - truth) < 0.09 and mine.loc[subject, "alpha"] - truth > 0.11
        if verdict.answer == "supported":
            assert truth > 0.70
    answers_here = [v.answer for v in scores.values()]
    assert answers_here.count("cannot say") >= 12


def test_reliable_gaps_rest_on_the_reliability_of_scores() -> None:
    """The share of reliable gaps is that of the true reliabilities; with α it would be more than twice as large."""
    table = pd.read_csv(TRUTH / "implied_reliability.csv").query("level == 'dimension'")
    scores = load_dataset("msi_triads").scores("dimension", scale_key="comply")
    data = TriadData.from_long(scores, list("COMPLY"), roles=("marketing", "sales", "it"))
    share = {}
    for kind in ("reliability", "alpha"):
        by_role = {role: rows.set_index("construct")[kind].to_dict() for role, rows in table.groupby("role")}
        share[kind] = gap_reliability(data, by_role).table["share_reliable"].mean()
    found = stored("gaps").evidence.reliability["share_reliable"].mean()
    assert found == pytest.approx(share["reliability"], abs=0.03)
    assert share["alpha"] > 2 * share["reliability"]


def test_what_is_missing_depends_on_what_was_planted() -> None:
    """“Cannot judge” depends on role and competence, absence on the unit's size, answers left out on nothing."""
    found = answers("quality", "quality.missing_depends")
    supported = {subject for subject, answer in found.items() if answer == "supported"}
    assert supported == {"cannot_judge.role", "cannot_judge.informant_competence", "absent.size"}
    assert found["not_answered.informant_competence"] == found["not_answered.size"] == "not supported"
    little = stored("quality").evidence.missing.little
    # Little's test sees none of it within roles, but over roles: they differ in means and in what they cannot judge
    assert (little.loc[little["group"] != "pooled", "pvalue"] > 0.15).all()
    assert little["pvalue"].iloc[0] == pytest.approx(0.0108, abs=0.0005)


def test_reliability_of_unit_means_as_implied() -> None:
    table = pd.read_csv(TRUTH / "implied_icc.csv")
    single = table[table["level"] == "dimension"].set_index("construct")["icc1"]
    size = 667 / 240  # informants of different roles in a unit
    truth = size * single / (1 + (size - 1) * single)  # the table holds complete triads
    found = answers("agreement", "agreement.unit_mean_reliable")
    assert (truth < 0.70).all() and set(truth[truth > 0.69].index) == {"O"}
    assert found["O"] == "cannot say" and "supported" not in found.values()


def test_roles_differ_in_competence_as_planted() -> None:
    """Planted: competence +.10, +.10, −.20; involvement +.20, 0, −.20 (marketing, sales, IT)."""
    found = answers("sample", "sample.roles_differ")
    supported = {subject for subject, answer in found.items() if answer == "supported"}
    assert supported == {
        "informant_competence.marketing - it",
        "informant_involvement.marketing - it",
        "informant_involvement.sales - it",
    }
    assert found["informant_competence.marketing - sales"] != "supported"
    assert len(found) == 6


def test_alignment_tells_both_criteria_as_planted() -> None:
    """Both criteria are planted to depend on alignment, directly and through the selling center."""
    assert answers("aggregation", "aggregation.incremental") == {
        "customer_satisfaction": "supported",
        "customer_retention": "supported",
    }


def test_normality_and_power_stand_in_the_report() -> None:
    """20 scores on 6 factors have 210 moments and 55 parameters."""
    evidence = stored("dimensionality").evidence
    assert set(evidence.power["df"]) == {155} and (evidence.power["power_close"] > 0.99).all()
    assert evidence.power["n"].tolist() == [667, 240]
    assert evidence.normality["b2_normal"].tolist() == [440.0] * 4


def test_words_follow_the_rule_where_the_data_do_not_decide() -> None:
    """p = .33 but a congruence of .77 confirms in part; superordinate and aggregate are both not rejected."""
    (half,) = (v for v in verdicts("dimensionality") if v.rule == "dimensionality.confirmed")
    assert half.answer == "cannot say"
    assert half.numbers["p"] == pytest.approx(0.326, abs=0.001)
    assert half.numbers["congruence"] == pytest.approx((0.768, 0.952), abs=0.001)
    (claim,) = (v for v in verdicts("rivals") if v.rule == "rivals.superordinate")
    assert claim.answer == "cannot say" and claim.n_family == 2
    assert min(claim.numbers["p_superordinate"], claim.numbers["p_aggregate"]) > 0.05  # type: ignore[type-var]


def test_models_that_hold_fit_and_one_factor_does_not() -> None:
    """The population has six dimensions under one construct."""
    found = answers("cfa", "models.fit")
    assert found == {
        "One factor": "not supported",
        "Correlated dimensions": "supported",
        "Second order": "supported",
    }


def test_no_verdict_of_the_shipped_study_is_wrong_where_its_truth_is_in_closed_form() -> None:
    """Rules whose truth needs no simulated study; the threshold of disputed attributes is that of the study file."""
    population = load_population(shipped("datasets") / "msi_triads" / "population.yaml")
    known = Known(population, {key: cutoff.value for key, cutoff in study().cutoffs.items()})
    rules = {
        "sample": ("sample.roles_differ",),
        "quality": ("quality.missing_depends",),
        "items": ("items.goes_with",),
        "method_variance": ("method_variance.marker", "method_variance.wording"),
        "invariance": ("invariance.gap",),
        "structure": ("structure.path", "structure.moderation"),
    }
    wrong, decided = [], 0
    for step, keys in rules.items():
        for verdict in verdicts(step):
            if verdict.rule in keys and verdict.answer != "cannot say":
                right = known.right(CALIBRATED[verdict.rule].truth, SEPARATOR.join(verdict.subject))
                decided += bool(right)
                wrong += [verdict.key] if right and verdict.answer not in right else []
    assert not wrong and decided > 60
    distances = known.latent.distances.set_index("factor")["distance"]
    assert distances.max() < 1.2  # what the demo asks for
    assert "supported" not in answers("actions", "actions.disputed").values()


def test_sentences_beside_verdicts_claim_no_more() -> None:
    """No congruence effect is planted: no model of outcomes stands alone, no curvature is called found."""
    text = (Path(__file__).parent / "texts" / "congruence.txt").read_text(encoding="utf-8")
    assert text.count("the data do not decide between the models") == 3 and "data prefer" not in text
    assert text.count(", its curvature not told from none") == text.count("shape of the estimates: ") == 3
    for step in ("sample", "quality"):
        table = (Path(__file__).parent / "texts" / f"{step}.txt").read_text(encoding="utf-8")
        assert ": stays open" not in table


def test_formed_attributes_have_coefficients_as_a_reading_only() -> None:
    """The mode of measurement stands in the scale file; every row of such a construct says what it is worth."""
    scale = next(one for one in stored("reliability").evidence.scales if one.key == "comply")
    entries = {entry.key: entry.mode for entry in load_scale("comply").constructs}
    asked = set(scale.constructs["construct"])
    assert set(scale.formed) == {key for key in asked if entries[key] == "formed"} and len(scale.formed) == 13
    said = scale.constructs["note"].str.contains("formed by its items: a reflective reading")
    assert (said == scale.constructs["construct"].isin(scale.formed)).all()
    text = (Path(__file__).parent / "texts" / "reliability.txt").read_text(encoding="utf-8")
    assert "13 of 20 constructs are formed by their items (C-OAR-SE; Digitalization, Transparency," in text
    formed = [one.key for one in stored("reliability").evidence.scales if one.formed]
    assert text.count("constructs are formed by their items") == len(formed) == 2
    assert formed == ["comply", "smsc"]
