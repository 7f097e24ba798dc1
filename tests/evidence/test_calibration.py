"""Calibration of verdicts: rates by hand, truth by the population, seeds, and one large effect in a few studies."""

from __future__ import annotations

import importlib.util
import itertools
import math
import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import ComplyError, InputError
from comply_measure.evidence import Calibration, calibrate, rule_of
from comply_measure.evidence.calibration.calibrate import known_of
from comply_measure.evidence.calibration.gaps import disputed_truth, gap_truth, low_truth
from comply_measure.evidence.calibration.informants import marker_truth, roles_truth
from comply_measure.evidence.calibration.journeys import (
    KnownJourney,
    disputed_truth as journey_disputed_truth,
    weak_truth,
)
from comply_measure.evidence.calibration.known import Known, beside
from comply_measure.evidence.calibration.measures import adds_truth, closer_truth
from comply_measure.evidence.calibration.models import predicts_truth
from comply_measure.evidence.calibration.pairs import KnownPairs, differ_truth, minimum_truth
from comply_measure.evidence.calibration.quality import depends_truth
from comply_measure.evidence.calibration.reliability import true_reliability
from comply_measure.evidence.calibration.result import COLUMNS, outcome
from comply_measure.evidence.calibration.rules import CALIBRATED
from comply_measure.evidence.calibration.structure import (
    indirect_truth,
    moderated_mediation_truth,
    moderation_truth,
    path_truth,
)
from comply_measure.evidence.calibration.units import groups_truth, holds_truth, incremental_truth
from comply_measure.evidence.focal import chosen_focal
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.resources import shipped
from comply_measure.simulation import (
    JOURNEY_NULLS,
    NULLS,
    PAIR_NULLS,
    implied_icc,
    implied_reliability,
    item_moments,
    load_journey_population,
    load_pair_population,
    load_population,
    null_population,
)

ROOT = Path(__file__).parents[2]
STATED = load_population(shipped("datasets") / "msi_triads" / "population.yaml")
CONVENTIONS = {key: cutoff.value for key, cutoff in Cutoffs().items()}
YES, NO, OPEN = "supported", "not supported", "cannot say"


def answers(*rows: tuple[int, str, str, str]) -> pd.DataFrame:
    """Study, subject, answer, right answers; a study without a verdict has no subject."""
    found = [
        ("stated", 240, study, "toy.rule", subject, answer, right, "" if answer else "no model")
        for study, subject, answer, right in rows
    ]
    return pd.DataFrame(found, columns=list(COLUMNS))


def test_rates_their_errors_and_the_worst_subject_by_hand() -> None:
    table = Calibration(
        answers(
            (0, "a", YES, YES),
            (0, "b", NO, YES),
            (1, "a", OPEN, YES),
            (1, "b", NO, f"{YES} | {NO}"),
            (2, "a", YES, YES),
            (2, "c", YES, ""),
            (3, "", "", ""),
        )
    ).tidy()
    row = table.iloc[0]
    assert len(table) == 1
    assert (row["n_studies"], row["n_without"], row["n_subjects"], row["n_undecided"]) == (4, 1, 3, 1)
    assert (row["right"], row["wrong"], row["cannot_say"]) == (0.6, 0.2, 0.2)
    # Of 2, 2, 1 decided verdicts 1, 1, 1 are right: residuals 1 - 1.2, 1 - 1.2, 1 - .6.
    assert row["right_mcse"] == pytest.approx(math.sqrt(3 / 2 * (0.04 + 0.04 + 0.16)) / 5)
    assert row["wrong_mcse"] == pytest.approx(math.sqrt(3 / 2 * (0.36 + 0.16 + 0.04)) / 5)
    assert row["any_wrong"] == pytest.approx(1 / 3)
    assert (row["any_wrong_lower"], row["any_wrong_upper"]) == pytest.approx((0.0614919, 0.7923403), abs=1e-6)
    assert (row["worst"], row["worst_wrong"]) == ("b", 0.5)
    assert (row["worst_lower"], row["worst_upper"]) == pytest.approx((0.0945312, 0.9054688), abs=1e-6)


def test_one_verdict_per_study_has_the_binomial_error() -> None:
    rows = [(study, "", YES if study < 3 else NO, YES) for study in range(10)]
    row = Calibration(answers(*rows)).tidy().iloc[0]
    assert row["right"] == 0.3
    assert row["right_mcse"] == pytest.approx(math.sqrt(0.3 * 0.7 / 9))


def test_rates_of_subjects_leave_out_what_the_population_does_not_decide() -> None:
    found = Calibration(answers((0, "a", YES, YES), (1, "a", NO, YES), (0, "c", YES, ""))).by_subject()
    assert found["subject"].tolist() == ["a"]
    row = found.iloc[0]
    assert (row["truth"], row["n_studies"], row["right"], row["wrong"], row["cannot_say"]) == (
        YES,
        2,
        0.5,
        0.5,
        0,
    )
    assert row["wrong_upper"] == pytest.approx(0.9054688, abs=1e-6)


def test_nothing_decided_has_no_rates() -> None:
    row = Calibration(answers((0, "", "", ""))).tidy().iloc[0]
    assert row[["right", "wrong", "cannot_say", "any_wrong", "worst_wrong"]].isna().all()


@pytest.mark.parametrize(
    ("answer", "right", "expected"),
    [
        (YES, YES, "right"),
        (NO, YES, "wrong"),
        (NO, f"{YES} | {NO}", "right"),
        (OPEN, NO, OPEN),
        (YES, "", ""),
        ("", YES, ""),
    ],
)
def test_cannot_say_is_never_wrong(answer: str, right: str, expected: str) -> None:
    assert outcome(answer, right) == expected


def known(key: str = "stated", population: Any = STATED) -> Known:
    return Known(null_population(population, key), CONVENTIONS)


def test_paths_are_those_of_the_file() -> None:
    stated, null = known(), known("no_paths")
    assert path_truth(stated, ("alignment", "joint_preparation")) == (YES,)
    assert path_truth(stated, ("joint_preparation", "customer_drawbacks")) == (
        YES,
    )  # -.35, expected to be negative
    assert path_truth(stated, ("marketing_preparation", "marketer_benefits")) == (NO,)  # none
    assert path_truth(stated, ("room_daylight", "marketer_benefits")) == ()
    assert path_truth(null, ("alignment", "joint_preparation")) == (NO,)
    strict = Known(STATED, CONVENTIONS | {"small_effect": 0.55})
    assert path_truth(strict, ("alignment", "marketing_preparation")) == (YES, NO)  # .50
    assert path_truth(strict, ("alignment", "joint_preparation")) == (YES,)  # .60


def test_indirect_effects_and_their_moderations_are_products_of_the_file() -> None:
    stated, null = known(), known("no_paths")
    route = ("alignment", "joint_preparation", "salesperson_benefits")  # .60 · .30
    assert indirect_truth(stated, route) == (YES,) and indirect_truth(null, route) == (NO,)
    assert indirect_truth(stated, ("alignment", "salesperson_preparation", "salesperson_benefits")) == (NO,)
    assert indirect_truth(stated, ("size", *route[1:])) == ()
    strict = Known(STATED, CONVENTIONS | {"small_effect": 0.18**0.5 + 1e-9})
    assert indirect_truth(strict, route) == (YES, NO)
    way = " → ".join(route)
    planted, other = ("product_facilitator", way), ("customer_facilitator", way)  # .60 · .20; none
    assert moderated_mediation_truth(stated, planted) == (YES,)
    assert moderated_mediation_truth(stated, other) == moderated_mediation_truth(null, planted) == (NO,)
    assert moderated_mediation_truth(stated, ("size", way)) == ()


def test_only_the_level_depends_on_a_variable_of_the_units() -> None:
    stated, alike = known(), known("alike_units")
    assert holds_truth(stated, ("", "size")) == (NO,) and holds_truth(alike, ("", "size")) == (YES,)
    assert holds_truth(stated, ("marketing - it", "size")) == holds_truth(stated, ("", "region")) == (YES,)
    assert holds_truth(Known(STATED, CONVENTIONS | {"small_effect": 0.16}), ("", "size")) == (YES, NO)


def test_what_is_missing_depends_on_what_stands_in_its_equation() -> None:
    stated, null = known(), known("missing_at_random")
    truth = {
        ("absent", "size"): (YES,),
        ("absent", "role"): (YES,),
        ("absent", "product_complexity"): (NO,),
        ("cannot_judge", "informant_competence"): (YES,),
        ("cannot_judge", "informant_involvement"): (YES, NO),
        ("cannot_judge", "size"): (NO,),
        ("not_answered", "informant_competence"): (NO,),
    }
    assert {subject: depends_truth(stated, subject) for subject in truth} == truth
    assert {depends_truth(null, subject) for subject in truth} == {(NO,)}


def test_the_large_study_agrees_with_the_closed_forms_where_all_informants_are_attentive() -> None:
    attentive = known("attentive")
    table = implied_reliability(attentive.analysed).set_index(["construct", "role"])["reliability"]
    for construct, role in (("C", "sales"), ("Y", "it")):
        found = true_reliability(attentive, construct, role)
        assert found is not None
        assert found[0] - 0.005 < table[construct, role] < found[1] + 0.005
        assert found[1] - found[0] < 0.03
    icc = implied_icc(attentive.analysed).query("level == 'dimension'").set_index("construct")["icc1"]
    found_icc = attentive.unit_means.set_index("column")["icc1"]  # ICC(2) is lower: triads are not complete
    np.testing.assert_allclose(found_icc, icc[found_icc.index], atol=0.015)
    assert true_reliability(attentive, "nothing", "it") is None


def test_a_quantity_beside_its_threshold_makes_both_answers_right() -> None:
    assert beside(0.69, 0.71, 0.70) == (YES, NO)
    assert beside(0.71, 0.72, 0.70) == (YES,)
    assert beside(0.67, 0.69, 0.70) == (NO,)


def test_moderations_roles_and_the_marker_are_those_of_the_file() -> None:
    stated = known()
    spec = STATED.spec
    for key, part in spec.constructs.items():
        for each in part.moderations:
            found = moderation_truth(stated, (each.moderator, each.predictor, key))
            assert found in ((YES,), (NO,), ())  # all planted ones are .15 and more
    assert moderation_truth(
        known("no_paths"), ("product_facilitator", "joint_preparation", "customer_drawbacks")
    ) == (NO,)
    assert moderation_truth(stated, ("product_facilitator", "joint_preparation", "customer_drawbacks")) == (
        YES,
    )
    assert moderation_truth(stated, ("size", "joint_preparation", "customer_drawbacks")) == ()
    competence = str(spec.informants.competence.measured_by)
    involvement = str(spec.informants.involvement.measured_by)
    assert roles_truth(stated, (competence, "marketing - sales")) == (NO,)
    assert roles_truth(stated, (competence, "marketing - it")) == (YES,)  # .30/√2 = .21
    assert roles_truth(stated, (involvement, "marketing - sales")) == (YES, NO)  # .20/√2 = .14
    assert roles_truth(known("alike_informants"), (competence, "marketing - it")) == (NO,)
    assert marker_truth(stated, ()) == (YES,) and marker_truth(known("no_method"), ()) == (NO,)


def test_criteria_groups_and_structures_are_those_of_the_file() -> None:
    stated, none, one = known(), known("no_outcomes"), known("one_dimension")
    assert incremental_truth(stated, ("customer_satisfaction",)) == (YES,)
    assert incremental_truth(none, ("customer_satisfaction",)) == (NO,)
    assert incremental_truth(stated, ("size",)) == ()
    assert groups_truth(stated, ("customer_satisfaction",)) == (YES,)
    assert groups_truth(stated, ("industry",)) == groups_truth(none, ("customer_satisfaction",)) == (NO,)
    assert predicts_truth(stated, ("Second order",)) == (YES,)
    assert predicts_truth(one, ("Second order",)) == (NO,)
    assert closer_truth(stated, ("C", "sales - it")) == (YES,)
    assert closer_truth(known("no_agreement"), ("C", "sales - it")) == (NO,)


@pytest.mark.parametrize(
    ("mean", "right"),
    [(4.0, (YES,)), (4.8, (NO,)), (4.203, (YES,)), (4.205, (YES, NO)), (4.595, (YES, NO)), (4.597, (NO,))],
)
def test_a_level_is_low_where_its_whole_interval_lies_below_the_norm(
    mean: float, right: tuple[str, ...]
) -> None:
    """Norm 4.4, standard error .1: from 4.204 to 4.596 both answers are right."""
    assert low_truth(SimpleNamespace(level=lambda name: (mean, 0.1)), ("digitalization",)) == right  # type: ignore[arg-type]


def test_gaps_and_distances_are_those_the_moments_of_the_population_imply() -> None:
    """Where no role differs in anything there is no gap, and distances are √(2(1 − r)) in the attribute's points."""
    null, stated = known("no_gaps"), known()
    assert null.latent.gaps["d"].abs().max() < 1e-4
    assert gap_truth(null, ("C", "sales - it")) == (NO,)
    table = stated.latent.gaps.set_index(["factor", "pair"])["d"]
    # In standard deviations of the roles' views: what was planted, thresholds make them nearly so. Attributes that a
    # role sees otherwise and planted items would move them by up to .15.
    for factor, pair in table.index:
        first, second = (
            STATED.spec.dimensions[factor].role_bias.get(role, 0.0) for role in pair.split(" - ")
        )
        assert table[factor, pair] == pytest.approx(first - second, abs=0.02)
    assert gap_truth(stated, ("C", "sales - it")) == (YES,)
    assert gap_truth(stated, ("C", "nobody")) == ()
    # In points: differences of the expected answers to items that are no exception, where no attribute is one.
    moments, planted = item_moments(stated.analysed), {each.item for each in STATED.spec.noninvariant_items}
    mean = dict(zip(zip(moments.names, moments.roles, strict=True), moments.mean, strict=True))
    chosen, points = chosen_focal(stated.few, None), stated.latent.gaps.set_index(["factor", "pair"])["gap"]
    for key, (first, second) in itertools.product("CO", itertools.combinations(chosen.roles, 2)):
        items = [[name for name in chosen.items[part] if name not in planted] for part in chosen.factors[key]]
        apart = [np.mean([mean[name, first] - mean[name, second] for name in names]) for names in items]
        assert points[key, f"{first} - {second}"] == pytest.approx(np.mean(apart), abs=1e-3)
    distances = stated.latent.distances.set_index("factor")["distance"]
    assert (null.latent.distances.set_index("factor")["distance"] <= distances + 1e-6).all()
    answers_now = {name: disputed_truth(stated, (str(name),)) for name in distances.index}
    assert set(answers_now.values()) <= {(YES,), (NO,)}
    assert answers_now[distances.idxmax()] == ((YES,) if distances.max() >= 1 else (NO,))


def test_rates_of_other_cells_stay_when_some_are_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = script()
    monkeypatch.setattr(found, "RATES", tmp_path / "rates.csv")
    kept = Calibration(answers((0, "a", YES, YES), (1, "a", NO, YES))).tidy()
    kept = pd.concat(
        [kept.assign(rule="models.fit"), kept.assign(rule="models.fit", population="one_dimension")]
    )
    kept.to_csv(found.RATES, index=False)
    done = Calibration(answers((0, "a", YES, YES), (1, "a", YES, YES))).tidy().assign(rule="models.fit")
    table = found._with_kept(done)
    assert table[["population", "right"]].values.tolist() == [["stated", 1.0], ["one_dimension", 0.5]]


@pytest.fixture(scope="module")
def few() -> Calibration:
    """Two rules, four studies of 60 units."""
    rules = ("agreement.unit_mean_reliable", "structure.path")
    return calibrate(
        STATED, CONVENTIONS, rules=rules, populations=("no_dispute",), units=(60,), studies=4, seed=5
    )


def test_a_large_effect_is_found_in_every_study(few: Calibration) -> None:
    table = few.tidy().set_index("rule")
    assert (table["n_studies"] == 4).all()
    reliable = table.loc["agreement.unit_mean_reliable"]  # ICC(2) of .93 and more
    assert (reliable["n_subjects"], reliable["right"], reliable["any_wrong"]) == (6, 1, 0)
    assert table.loc["structure.path", "n_subjects"] == 24
    rates = table[["right", "wrong", "cannot_say"]].sum(axis=1)
    np.testing.assert_allclose(rates, 1)


def test_studies_of_a_number_are_the_same_whatever_else_is_run(few: Calibration) -> None:
    """A run that goes on from a later study, by other workers, for one rule."""
    later = calibrate(
        STATED,
        CONVENTIONS,
        rules=("structure.path",),
        populations=("no_dispute",),
        units=(60,),
        studies=2,
        first=2,
        seed=5,
        jobs=2,
    ).answers
    whole = few.answers[(few.answers["rule"] == "structure.path") & (few.answers["study"] >= 2)]
    pd.testing.assert_frame_equal(later, whole.reset_index(drop=True))


def test_what_makes_no_study_is_refused_at_once() -> None:
    with pytest.raises(InputError) as caught:
        calibrate(STATED, CONVENTIONS, units=(240, 5), studies=0, first=-1)
    assert [(p.column, p.value, p.allowed) for p in caught.value.problems] == [
        ("units", 5, "20 or more"),
        ("studies", 0, "1 or more"),
        ("first", -1, "0 or more"),
    ]
    with pytest.raises(ComplyError, match=r"unknown rule with a truth 'structure\.paths'"):
        calibrate(STATED, CONVENTIONS, rules=("structure.paths",))
    with pytest.raises(ComplyError, match="named twice"):
        calibrate(STATED, CONVENTIONS, rules=("structure.path", "structure.path"))


def test_items_of_an_index_are_right_by_the_side_of_the_convention() -> None:
    ends = {"low": (1.2, 4.9), "far": (5.1, 9.0), "near": (4.9, 5.1)}
    rows = [{"item": item, "vif_lower": low, "vif_upper": high} for item, (low, high) in ends.items()]
    known = SimpleNamespace(large_redundancy=pd.DataFrame(rows), conventions={"vif": 5.0})
    assert [adds_truth(known, (item,)) for item in ends] == [(YES,), (NO,), (YES, NO)]  # type: ignore[arg-type]
    assert adds_truth(known, ("no_such_item",)) == ()  # type: ignore[arg-type]


def test_pairs_are_right_by_the_expected_answers_and_the_weight_of_the_weakest() -> None:
    population = load_pair_population(shipped("datasets") / "pair_triads" / "population.yaml")
    stated, alike, flat = (known_of(population, key, CONVENTIONS) for key in ("stated", *PAIR_NULLS))
    assert isinstance(stated, KnownPairs) and isinstance(alike, KnownPairs) and isinstance(flat, KnownPairs)
    means = stated.population.implied_means().mean(axis=2)  # roles marketing, sales, it; pairs ms, mi, si
    assert list(stated.means.values()) == [
        (means[a, k] + means[b, k]) / 2 for k, (a, b) in enumerate(((0, 1), (0, 2), (1, 2)))
    ]
    first, second, third = stated.means
    assert differ_truth(stated, (first, second)) == differ_truth(stated, (first, third)) == (YES,)
    assert differ_truth(stated, (second, third)) == (YES, NO)  # .06 points
    assert {differ_truth(alike, pair) for pair in ((first, second), (second, third))} == {(NO,)}
    assert minimum_truth(stated, ("minimum",)) == minimum_truth(alike, ("minimum",)) == (YES,)
    assert minimum_truth(flat, ("minimum",)) == (NO,) and flat.population.spec.triad.mean == pytest.approx(
        1.2
    )
    small = KnownPairs(population, {**CONVENTIONS, "small_effect": 0.7})
    assert minimum_truth(small, ("minimum",)) == (YES, NO)  # β = .8 · SD of the minimum / SD of the triad
    rules, nulls = ("pairs.minimum_adds",), ("no_minimum",)
    found = calibrate(population, CONVENTIONS, rules=rules, populations=nulls, units=(60,), studies=1)
    assert found.answers[["subject", "right"]].to_numpy().tolist() == [["minimum", NO]]
    with pytest.raises(ComplyError, match="unknown rule with a truth"):
        calibrate(population, CONVENTIONS, rules=("structure.path",))


def test_cells_of_a_journey_are_right_by_the_margin_of_their_means() -> None:
    """Weak: below the dimension's mean over the stages; disputed: largest gap of two roles; margin: half a point."""
    population = load_journey_population(shipped("datasets") / "journey_triads" / "population.yaml")
    known = KnownJourney(population, CONVENTIONS)
    stages, dimensions = list(population.spec.stages), list(population.dimensions)
    means = np.full(known.means.shape, 4.0)  # roles, stages, dimensions
    assert means.shape[1:] == (len(stages), len(dimensions))
    means[1, 2, 0] += 0.5  # one role above the others at the third stage
    means[:, 0, 3] -= 0.9  # all roles lower at the first stage
    known.__dict__["means"] = means
    for s, d in itertools.product(range(len(stages)), range(len(dimensions))):
        cell, own = (stages[s], dimensions[d]), means[:, :, d].mean(axis=0)
        disputed, low = np.ptp(means[:, s, d]), own.mean() - own[s]
        assert disputed == (0.5 if (s, d) == (2, 0) else 0.0)
        assert journey_disputed_truth(known, cell) == ((YES,) if disputed else (NO,)), cell
        expected = (YES,) if low >= 0.5 else (YES, NO) if low > 1e-9 else (NO,)
        assert weak_truth(known, cell) == expected, cell
    assert weak_truth(known, (stages[0], dimensions[3])) == (YES,)
    assert weak_truth(known, (stages[1], dimensions[0])) == (YES, NO)  # below the mean, by less
    assert weak_truth(known, ("nowhere", "C")) == journey_disputed_truth(known, ("nowhere", "C")) == ()


def test_every_truth_belongs_to_a_rule_and_tells_populations_apart() -> None:
    for key, entry in CALIBRATED.items():
        assert rule_of(key).key == entry.rule == key
        assert len(entry.populations) > 1
        nulls = {"informants": NULLS, "journeys": JOURNEY_NULLS, "pairs": PAIR_NULLS}[entry.kind]
        assert set(entry.populations) <= {"stated", *nulls}


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "calibration_script", ROOT / "benchmarks" / "calibration.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_page_holds_the_stored_rates() -> None:
    found = script()
    text = found.PAGE.read_text(encoding="utf-8")
    again = found.page(text, found.kept_rates())
    assert [entries(again)[key] for key in CALIBRATED] == [entries(text)[key] for key in CALIBRATED]


def test_at_240_units_no_verdict_was_wrong_in_more_than_a_tenth_of_the_studies() -> None:
    found = script()
    table = pd.read_csv(found.RATES)
    full = table[table["units"] == 240]
    assert set(zip(full["rule"], full["population"], strict=True)) == {
        (key, name) for key, entry in CALIBRATED.items() for name in entry.populations
    }
    assert full["worst_wrong"].max() <= found.MARK


def entries(page: str) -> dict[str, str]:
    parts = re.split(r"^## (\S+\.\S+)\n", page, flags=re.M)
    return {key: body.strip() for key, body in zip(parts[1::2], parts[2::2], strict=True)}


def test_the_page_names_every_null_and_its_example_runs() -> None:
    text = script().PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\w+) \| ([^|]+) \|$", text, re.M))
    says = {key: entry.says for key, entry in NULLS.items()} | dict(JOURNEY_NULLS) | dict(PAIR_NULLS)
    assert {key: rows.get(key) for key in says} == says
    code = re.search(r"```python\n(.*?)```", text, re.S)
    assert code is not None
    lines = code.group(1).replace('"datasets/', f'"{shipped("datasets").as_posix()}/')
    space: dict[str, Any] = {}
    exec(lines, space)
    assert space["found"].tidy()["n_studies"].tolist() == [2, 2]


def test_a_run_goes_on_from_what_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = script()
    monkeypatch.setattr(found, "SEED", 5)
    monkeypatch.setattr(found, "RATES", tmp_path / "no rates yet.csv")
    rules = ("quality.missing_depends",)
    for studies in (1, 2):
        found.run(tmp_path, rules, (60,), studies, math.inf)
    files = sorted(file.name for file in tmp_path.glob("*.csv"))
    assert files == [f"quality.missing_depends-{name}-60.csv" for name in ("missing_at_random", "stated")]
    again = calibrate(
        STATED, CONVENTIONS, rules=rules, populations=("stated",), units=(60,), studies=2, seed=5
    )
    pd.testing.assert_frame_equal(found.stored(tmp_path / files[1]), again.answers, check_dtype=False)
    table = found.rates(tmp_path)
    assert table["population"].tolist() == ["stated", "missing_at_random"]
    assert (table["n_studies"] == 2).all()
