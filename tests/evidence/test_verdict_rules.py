"""What rules decide from numbers: items, dimensions, content, pairs of roles, known groups, prediction, reliability."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure import evidence
from comply_measure.errors import InputError
from comply_measure.evidence import Verdict
from comply_measure.evidence.calibration.known import responses_of
from comply_measure.evidence.estimation import highest
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.kept_items import compare_items, without_items
from comply_measure.evidence.topics.aggregation import AggregationOptions, known_group_verdicts
from comply_measure.evidence.topics.cfa import CfaOptions, predicts_verdicts
from comply_measure.evidence.topics.content import _belongs
from comply_measure.evidence.topics.dimensionality import DimensionalityOptions
from comply_measure.evidence.topics.items import item_verdicts
from comply_measure.evidence.topics.missing_data import MissingDataOptions
from comply_measure.evidence.topics.quality import QualityOptions, flagged_informants
from comply_measure.evidence.topics.reliability import ReliabilityOptions
from comply_measure.evidence.topics.triads import closer_verdicts
from comply_measure.evidence.topics.validity import ValidityOptions
from comply_measure.pipeline import STEPS, load_study
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.resources import shipped
from comply_measure.responses import Responses
from comply_measure.simulation import load_population, simulate

CONVENTIONS = {key: cutoff.value for key, cutoff in Cutoffs().items()}
YES, NO, OPEN = "supported", "not supported", "cannot say"


@pytest.fixture(scope="module")
def responses() -> Responses:
    population = load_population(shipped("datasets") / "msi_triads" / "population.yaml")
    return responses_of(simulate(population.with_units(60), 8))


def answers(found: Sequence[Verdict]) -> list[str]:
    return [verdict.answer for verdict in found]


def test_items_are_held_against_the_convention_by_fishers_interval_over_units() -> None:
    table = pd.DataFrame({"item": list("abcd"), "item_rest_r": [0.6, 0.4, 0.1, np.nan], "n_informants": 300})
    found = item_verdicts(table, 103, CONVENTIONS)
    assert answers(found) == [YES, OPEN, NO, OPEN]
    low, high = found[0].numbers["ci"]  # type: ignore[misc]
    assert (low, high) == pytest.approx(
        (math.tanh(math.atanh(0.6) - 0.1959964), math.tanh(math.atanh(0.6) + 0.1959964)), abs=1e-7
    )


def test_one_person_must_not_decide_whether_an_item_belongs() -> None:
    def answer(relevant: float, experts: int, c_sv: float = math.nan, judges: float = math.nan) -> str:
        row = {
            "item": "x",
            "i_cvi": relevant / experts if experts else math.nan,
            "n_experts": float(experts),
            "c_sv": c_sv,
            "n_judges": judges,
            "c_sv_critical": 0.12,
        }
        return _belongs(row, 7 / 9).answer

    assert [answer(k, 9) for k in (9, 8, 7, 6, 5)] == [YES, YES, OPEN, OPEN, NO]
    assert [answer(9, 9, c, 25.0) for c in (0.21, 0.19, 0.05, 0.03)] == [YES, OPEN, OPEN, NO]
    assert answer(5, 9, 0.9, 25.0) == NO
    assert answer(0, 0) == OPEN


def test_pairs_are_closer_farther_or_open_by_the_re_matched_ones() -> None:
    rows = [
        ("absolute_gap", "C", "a - b", 0.8, 1.0, 0.9, 1.1, 0.01),
        ("absolute_gap", "C", "a - c", 0.97, 1.0, 0.9, 1.1, 0.3),
        ("absolute_gap", "C", "b - c", 1.2, 1.0, 0.9, 1.1, 1.0),
        ("profile_d_mean", "all", "a - b", 0.8, 1.0, 0.9, 1.1, 0.01),
    ]
    names = ["statistic", "column", "pair", "real", "pseudo", "pseudo_lower", "pseudo_upper", "p_adjusted"]
    found = closer_verdicts(pd.DataFrame(rows, columns=names), CONVENTIONS)
    assert answers(found) == [YES, OPEN, NO]
    assert [verdict.n_family for verdict in found] == [4, 4, 4]


def groups(
    difference: float, p: float, d_upper: float = 1.0, steps: Sequence[tuple[float, float]] = ()
) -> str:
    base = {"grouping": "kind", "lower_group": "a", "higher_group": "b", "lower": 0.0, "upper": 1.0, "d": 0.3}
    ends = {"kind": "extremes", "difference": difference, "p": p, "p_holm": p}
    rows = [base | ends | {"d_lower": 0.0, "d_upper": d_upper}]
    rows += [base | {"kind": "step", "difference": gap, "p": own, "p_holm": math.nan} for gap, own in steps]
    (found,) = known_group_verdicts(pd.DataFrame(rows), CONVENTIONS)
    return found.answer


def test_known_groups_differ_in_the_expected_order_or_not() -> None:
    assert groups(0.5, 0.01) == YES
    assert groups(0.5, 0.20) == OPEN
    assert groups(-0.5, 0.01, d_upper=-0.1) == NO
    assert groups(0.0, 0.90, d_upper=0.15) == NO
    assert groups(0.5, 0.01, steps=((0.9, 0.001), (-0.4, 0.02))) == OPEN  # one step of two turns back
    assert groups(0.5, 0.01, steps=((0.9, 0.001), (-0.4, 0.03))) == YES  # not after Bonferroni
    assert list(known_group_verdicts(pd.DataFrame(), CONVENTIONS)) == []


def test_a_structure_predicts_better_worse_or_about_as_well() -> None:
    table = pd.DataFrame(
        {
            "model": ["one_factor", "correlated", "second_order", "saturated"],
            "difference": [math.nan, 0.5, -0.4, 0.3],
            "lower": [math.nan, 0.2, -0.7, 0.1],
            "upper": [math.nan, 0.8, -0.1, 0.5],
            "p": [math.nan, 0.01, 0.03, 0.001],
        }
    )
    found = predicts_verdicts(table, CONVENTIONS)
    assert answers(found) == [YES, NO]
    assert [verdict.numbers["p"] for verdict in found] == [0.02, 0.03]
    open_ = predicts_verdicts(table.assign(p=[math.nan, 0.03, 0.2, 0.001]), CONVENTIONS)
    assert answers(open_) == [OPEN, OPEN]
    assert predicts_verdicts(pd.DataFrame(), CONVENTIONS) == ()


def test_dimensions_share_enough_and_are_distinct_by_intervals(responses: Responses) -> None:
    found = evidence.validity(responses, ValidityOptions(replications=0, merge=False, by_role=False))
    assert found.matrix.convergent is not None and found.pairs is not None
    table = found.matrix.convergent.tidy().set_index("construct")
    verdicts = {v.key: v for v in found.verdicts(CONVENTIONS)}
    assert len(verdicts) == 6 + 15
    for key, row in table.iterrows():
        numbers = verdicts[f"validity.convergent.{key}"].numbers
        half = 1.959964 * row["ave_se"]
        assert numbers["ci"] == pytest.approx((row["ave"] - half, row["ave"] + half), abs=1e-6)
        mine = found.matrix.convergent.loadings.query("construct == @key")
        assert row["ave"] == pytest.approx((mine["loading"] ** 2).mean(), rel=1e-12)
        # The error of a mean of squares lies below that of perfectly correlated loadings.
        bound = (2 * mine["loading"].abs() * mine["se"]).mean()
        assert 0.2 * bound < row["ave_se"] < bound
    strict = dict(CONVENTIONS) | {"distinct": 0.01, "ave": 0.99}
    assert set(answers(found.verdicts(strict))) == {NO}
    easy = dict(CONVENTIONS) | {"distinct": 1.5, "ave": 0.01}
    assert set(answers(found.verdicts(easy))) == {YES}


def test_reliability_must_hold_with_and_without_careless_informants(responses: Responses) -> None:
    quality = evidence.quality(responses)
    flagged = flagged_informants(quality)
    assert flagged
    options = ReliabilityOptions(replications=0, detail="none")
    plain = evidence.reliability(responses, options)
    found = evidence.reliability(responses, options, quality=quality)
    assert (plain.n_flagged, found.n_flagged) == (-1, len(flagged))
    assert all(scale.attentive.empty for scale in plain.scales)
    data = responses.data
    names = data[["unit", "role", "informant"]].astype(str).itertuples(index=False, name=None)
    keep = [name not in flagged for name in names]
    fewer = replace(
        responses,
        data=data[keep].reset_index(drop=True),
        missing_reason=responses.missing_reason[keep].reset_index(drop=True),
        informants=responses.informants[keep].reset_index(drop=True),
        units=responses.units.loc[responses.units.index.isin(data.loc[keep, "unit"])],
        everyone=None,
    )
    again = evidence.reliability(fewer, options).scales[0].scores
    mine = found.scales[0].attentive.set_index(["construct", "group"])["omega"]
    other = again.set_index(["construct", "group"])["omega"].reindex(mine.index)
    np.testing.assert_allclose(mine, other, rtol=1e-6)
    first = next(v for v in found.verdicts(CONVENTIONS) if v.subject == ("C", "sales"))
    assert first.case == "flagged" and first.numbers["n_flagged"] == len(flagged)
    sure = dict(CONVENTIONS) | {"omega": -1.0}  # every interval lies above it
    for verdict in found.verdicts(sure):
        ends = np.array([verdict.numbers["ci"], verdict.numbers.get("ci_attentive", (0.0, 0.0))], dtype=float)
        assert verdict.answer == (YES if np.isfinite(ends).all() else OPEN)
    assert answers(found.verdicts(sure)).count(YES) >= 12
    scale = found.scales[0]
    low = scale.attentive.assign(omega=0.01, omega_lower=0.0, omega_upper=0.02)
    turned = replace(found, scales=(replace(scale, attentive=low),))
    some = dict(CONVENTIONS) | {"omega": 0.05}
    assert set(answers(turned.verdicts(some))) == {OPEN}


def test_clusters_are_firms_in_every_topic_that_pools_informants(responses: Responses) -> None:
    assert highest(QualityOptions(), responses).cluster == "firm"
    assert highest(MissingDataOptions(), responses).cluster == "firm"
    assert highest(MissingDataOptions(cluster="unit"), responses).cluster == "unit"
    assert highest(QualityOptions(cluster="none"), responses).cluster == "none"


def test_halves_are_halves_of_firms(responses: Responses) -> None:
    split = evidence.dimensionality(responses, DimensionalityOptions(replications=20), seed=3).split
    assert split.by == "firm"
    assert 0 < split.n_units_confirmed < responses.n_units
    assert split.n_explored + split.n_confirmed == responses.n_informants


def test_details_of_the_measurement_model_are_those_of_its_fit(responses: Responses) -> None:
    found = evidence.cfa(responses, CfaOptions(by_role=False, two_level=False, folds=0))
    assert found.details is not None and found.central is not None
    assert found.central.key == "second_order" and found.cross_obstacle == "not asked for"
    fit = found.central.live
    names = found.details.covariance["variable"].tolist()
    matrix = found.details.covariance.set_index("variable")
    raw = fit.residuals("raw").cov.loc[names, names]
    np.testing.assert_allclose(matrix, fit.implied().cov.loc[names, names] + raw, rtol=1e-12)
    largest = found.details.residuals.iloc[0]
    cor = fit.residuals("cor").cov
    assert largest["residual"] == pytest.approx(cor.loc[largest["first"], largest["second"]])
    assert abs(largest["residual"]) == pytest.approx(
        np.abs(cor.to_numpy()[np.tril_indices(len(cor), -1)]).max()
    )
    assert found.validity["note"].str.contains("clusters for").all()


def test_without_items_scores_are_means_of_what_is_left(responses: Responses) -> None:
    scale = responses.scales[0].key
    attribute, items = next(iter(responses.measurement(scale).items()))
    fewer = without_items(responses, [items[0]])
    assert items[0] not in fewer.item_ids and len(fewer.item_ids) == len(responses.item_ids) - 1
    left = responses.scored()[list(items[1:])]
    enough = left.notna().mean(axis=1) >= 0.5
    np.testing.assert_allclose(fewer.scores("attribute", scale)[attribute], left.mean(axis=1).where(enough))
    table = compare_items(responses, None, [items[0]])
    chosen = chosen_focal(responses, None)
    own = next(key for key, names in chosen.factors.items() if attribute in names)
    omega = table[table["kind"] == "omega"]
    assert (omega.loc[omega["of"] != own, "difference"] == 0).all()
    assert (omega.loc[omega["of"] == own, "difference"] != 0).all()
    assert set(table["kind"]) == {"omega", "fit", "correlation", "gap", "icc"}
    np.testing.assert_allclose(table["difference"], table["without"] - table["all"])


def test_known_groups_of_a_study_are_checked_and_compared(responses: Responses) -> None:
    name = next(str(n) for n in responses.units if not pd.api.types.is_numeric_dtype(responses.units[n]))
    values = tuple(sorted(responses.units[name].dropna().unique()))[:2]
    found = evidence.aggregation(responses, AggregationOptions(known_groups={name: values}))
    row = found.groups.iloc[0]
    data = found.scores.set_index("unit")[list(chosen_focal(responses, None).factors)]
    score = data.mean(axis=1, skipna=False)
    means = score.groupby(responses.units[name].reindex(score.index)).mean()
    assert row["difference"] == pytest.approx(means[values[1]] - means[values[0]])
    assert row["n_lower"] == int((responses.units[name].reindex(score.dropna().index) == values[0]).sum())
    keys = [v.key for v in found.verdicts(CONVENTIONS)]
    assert keys == [f"aggregation.known_groups.{name}"]


def test_unknown_groups_are_refused_when_the_study_is_read(tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(
        "format: comply-measure study 1\ntitle: t\ndataset: msi_triads\noptions:\n"
        "  aggregation:\n    known_groups: {region: [dach], colour: [a, b], industry: [machinery, ships]}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        load_study(study, STEPS)
    faults = [(str(p.column), str(p.message)) for p in caught.value.problems]
    assert any("region" in column and "needs two groups" in text for column, text in faults)
    assert any("unknown unit variable 'colour'" in text for _, text in faults)
    assert any("industry" in column and "no unit is in this group" in text for column, text in faults)
