"""Convergent and discriminant validity against semTools (tests/reference/battery/validity.R) and closed forms."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError
from comply_measure.instrument import load_scale
from comply_measure.measurement.fits import difference_test, score_scaled_difference
from comply_measure.measurement.frames import item_values
from comply_measure.measurement.moments import pairwise_correlations
from comply_measure.measurement.validity import (
    convergent_validity,
    discriminant_validity,
    fit_measurement,
    global_item_correlations,
    heterotrait_monotrait,
    validity_matrix,
)
from comply_measure.measurement.validity.convergent import measurement_model
from comply_measure.measurement.validity.htmt import within_between
from comply_measure.responses import load_dataset

REFERENCE = Path(__file__).parent.parent / "reference" / "battery"
R = json.loads((REFERENCE / "validity.json").read_text(encoding="utf-8"))
SCALES = {key: [f"x{3 * i + j}" for j in (1, 2, 3)] for i, key in enumerate("COMP")}


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "battery.csv")


@pytest.fixture(scope="module")
def fit(data: pd.DataFrame) -> sem.Fit:
    return fit_measurement(data, SCALES, estimator="ML", missing="listwise")


def test_ratios_equal_semtools(data: pd.DataFrame) -> None:
    found = heterotrait_monotrait(data, SCALES)
    np.testing.assert_allclose(found.htmt, R["htmt"]["values"], atol=1e-10)
    np.testing.assert_allclose(found.htmt2, R["htmt2"]["values"], atol=1e-10)
    table = found.tidy()
    assert len(table) == 6
    assert table["htmt_upper"].isna().all()
    assert table["n_informants"].eq(420).all()


def test_correlations_with_missing_answers_are_those_of_complete_pairs() -> None:
    """R's cor(use = "pairwise"): also the standard deviations are those of the informants with both answers."""
    holes = pd.read_csv(REFERENCE / "battery_missing.csv")
    names = [item for items in SCALES.values() for item in items]
    expected = np.array(R["pairwise_cor"])
    np.testing.assert_allclose(pairwise_correlations(item_values(holes, names)), expected, atol=1e-12)
    one, two = within_between(expected, np.kron(np.eye(4), np.ones((3, 1))))
    found = heterotrait_monotrait(holes, SCALES)
    np.testing.assert_allclose(found.htmt, one, atol=1e-12)
    np.testing.assert_allclose(found.htmt2, two, atol=1e-12)


def test_ratio_by_hand() -> None:
    """r within a .6, within b .4, between .3 and .2 and −.1 and .3: √(.6 · .4) below the mean of absolutes."""
    r = np.array([[1, 0.6, 0.3, 0.2], [0.6, 1, -0.1, 0.3], [0.3, -0.1, 1, 0.4], [0.2, 0.3, 0.4, 1]])
    one, two = within_between(r, np.kron(np.eye(2), np.ones((2, 1))))
    assert one[0, 1] == pytest.approx(0.9 / 4 / np.sqrt(0.24))
    assert two[0, 1] == pytest.approx((0.3 * 0.2 * 0.1 * 0.3) ** 0.25 / np.sqrt(0.24))


def test_tau_equivalent_constructs_give_their_correlation() -> None:
    """Equal loadings: both ratios are the factor correlation; unequal ones: HTMT2 only (Roemer et al. 2021)."""
    member = np.kron(np.eye(2), np.ones((3, 1)))
    phi = np.array([[1, 0.7], [0.7, 1]])
    for loadings, exact in ((np.full(6, 0.7), True), (np.array([0.9, 0.6, 0.5, 0.8, 0.7, 0.4]), False)):
        lam = member * loadings[:, None]
        r = lam @ phi @ lam.T
        np.fill_diagonal(r, 1.0)
        one, two = within_between(r, member)
        assert two[0, 1] == pytest.approx(0.7, abs=1e-12)
        assert bool(abs(one[0, 1] - 0.7) < 1e-12) is exact


def test_bootstrap_intervals_hold_the_estimate_and_widen_with_clusters(data: pd.DataFrame) -> None:
    plain = heterotrait_monotrait(data, SCALES, seed=1, n_replications=500)
    firms = heterotrait_monotrait(data, SCALES, seed=1, n_replications=500, cluster="firm")
    upper = np.triu_indices(4, 1)
    for found in (plain, firms):
        assert (found.htmt2_lower[upper] < found.htmt2[upper]).all()
        assert (found.htmt2_upper[upper] > found.htmt2[upper]).all()
    assert (plain.n_clusters, firms.n_clusters) == (-1, 60)
    again = heterotrait_monotrait(data, SCALES, seed=1, n_replications=500)
    np.testing.assert_array_equal(plain.htmt_upper, again.htmt_upper)
    # every informant ten times as a cluster of ten copies: the same interval as informants once
    copies = pd.concat([data.assign(case=range(len(data)))] * 10, ignore_index=True)
    many = heterotrait_monotrait(copies, SCALES, seed=1, n_replications=500, cluster="case")
    for bound in ("htmt_lower", "htmt_upper", "htmt2_lower", "htmt2_upper"):
        np.testing.assert_allclose(getattr(many, bound)[upper], getattr(plain, bound)[upper], atol=1e-9)


def test_undefined_ratios_have_a_reason(data: pd.DataFrame) -> None:
    odd = data.assign(x4=3.0)
    found = heterotrait_monotrait(odd, {**SCALES, "single": ["y1"]})
    k = found.constructs.index("O")
    assert np.isnan(found.htmt[k, 0])
    assert np.isnan(found.htmt[0, found.constructs.index("single")])
    assert any("x4" in note for note in found.notes)
    assert any("one item" in note for note in found.notes)
    assert np.isfinite(found.htmt[0, 2])
    with pytest.raises(InputError):
        heterotrait_monotrait(data, {"C": ["x1", "nowhere"]})


def test_loadings_and_ave_equal_semtools(data: pd.DataFrame, fit: sem.Fit) -> None:
    found = convergent_validity(fit, SCALES)
    ours = found.loadings.set_index(["construct", "item"])
    for row in R["loadings"]:
        assert ours.loc[(row["lhs"], row["rhs"]), "loading"] == pytest.approx(row["est.std"], abs=2e-5)
        assert ours.loc[(row["lhs"], row["rhs"]), "se"] == pytest.approx(row["se"], abs=2e-5)
    variance = data.select_dtypes("number").var()
    for key, value in R["ave"].items():
        # semTools' AVE weighs items by their variances; ours is the mean squared standardised loading
        mine = found.loadings[found.loadings["construct"] == key]
        weighted = np.average(mine["loading"] ** 2, weights=variance[mine["item"]])
        assert weighted == pytest.approx(value, abs=2e-5)
        square = [r["est.std"] ** 2 for r in R["loadings"] if r["lhs"] == key]
        assert found.ave[key] == pytest.approx(np.mean(square), abs=2e-5)
    table = found.tidy().set_index("construct")
    assert table.loc["C", "fornell_larcker"] == (np.sqrt(found.ave["C"]) > 0.66443)
    pairs = found.fornell_larcker()
    assert pairs["squared_correlation"].between(0, 1).all()
    assert len(pairs) == 6


@pytest.mark.parametrize(("cluster", "case"), [(None, "correlations"), ("firm", "correlations_cluster")])
def test_factor_correlations_and_intervals(data: pd.DataFrame, cluster: str | None, case: str) -> None:
    estimator = "ML" if cluster is None else "MLR"
    found = convergent_validity(
        fit_measurement(data, SCALES, estimator=estimator, missing="listwise", cluster=cluster), SCALES
    ).correlations.set_index(["construct", "other"])
    for row in R[case]:
        ours = found.loc[row["lhs"], row["rhs"]]
        assert ours["correlation"] == pytest.approx(row["est.std"], abs=2e-5)
        assert ours["lower"] == pytest.approx(row["ci.lower"], abs=1e-4)
        assert ours["upper"] == pytest.approx(row["ci.upper"], abs=1e-4)


def test_composite_reliability_of_the_table_is_the_share_of_the_sum(fit: sem.Fit) -> None:
    """(Σλ)² / [(Σλ)² + Σ(1 − λ²)] of the standardised loadings; none where one of them is above 1."""
    found = convergent_validity(fit, SCALES)
    for row in found.tidy().itertuples():
        loading = found.loadings.loc[found.loadings["construct"] == row.construct, "loading"].to_numpy()
        expected = loading.sum() ** 2 / (loading.sum() ** 2 + (1.0 - loading**2).sum())
        assert row.composite_reliability == pytest.approx(expected, abs=1e-14)
        assert row.ave < row.composite_reliability < 1.0  # by Cauchy and Schwarz, for loadings of one sign
    table = {c: float(v) for c, v in found.tidy().set_index("construct")["composite_reliability"].items()}
    # from the standardised loadings of lavaan in validity.json
    assert table == pytest.approx({"C": 0.698670, "O": 0.689829, "M": 0.729458, "P": 0.711993}, abs=2e-5)
    above = replace(found, ave=found.ave | {"C": float("nan")}).tidy().set_index("construct")
    assert np.isnan(above.loc["C", "composite_reliability"])
    assert above.loc["O", "composite_reliability"] == table["O"]


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_errors_of_pairs_are_those_of_the_delta_method(data: pd.DataFrame, estimator: str) -> None:
    """A factor correlation φ_ab / √(φ_aa φ_bb) of the model scaled by first loadings, its gradient by differences."""
    table = discriminant_validity(
        data, SCALES, estimator=estimator, missing="listwise", merge=False, fixed=False
    ).tidy()
    text = "\n".join(f"{key} =~ {' + '.join(items)}" for key, items in SCALES.items())
    marker = sem.fit(text, data, estimator=estimator, missing="listwise")
    vcov = marker.vcov
    names = list(vcov.index)
    estimates = marker.estimates.set_index(["lhs", "op", "rhs"])["est"]
    half = 1.959963984540054
    for row in table.itertuples():
        a, b = row.construct, row.other
        places = [_place(names, pair) for pair in ((a, b), (a, a), (b, b))]
        at = np.array([estimates[pair[0], "~~", pair[1]] for pair in ((a, b), (a, a), (b, b))])
        step = 1e-6
        gradient = [
            (_correlation(at + step * unit) - _correlation(at - step * unit)) / (2 * step)
            for unit in np.eye(3)
        ]
        se = np.sqrt(gradient @ vcov.to_numpy()[np.ix_(places, places)] @ np.transpose(gradient))
        assert row.correlation == pytest.approx(_correlation(at), abs=2e-6)
        assert row.se == pytest.approx(se, rel=2e-5)
        assert row.upper - row.lower == pytest.approx(2 * half * se, rel=2e-5)


def _place(names: list[str], pair: tuple[str, str]) -> int:
    return names.index("~~".join(pair)) if "~~".join(pair) in names else names.index("~~".join(pair[::-1]))


def _correlation(moments: np.ndarray) -> float:
    return float(moments[0] / np.sqrt(moments[1] * moments[2]))


def test_pair_tests_equal_semtools(data: pd.DataFrame) -> None:
    table = discriminant_validity(data, SCALES, estimator="ML", missing="listwise").tidy()
    table = table.set_index(["construct", "other"])
    for case, column in (("cutoff9", "chisq_0.9"), ("cutoff1", "chisq_1"), ("merge", "chisq_merge")):
        for row in R[case]:
            ours = table.loc[row["lhs"], row["rhs"]]
            assert ours[column] == pytest.approx(row["Chisq diff"], abs=2e-3), (case, row["lhs"], row["rhs"])
    assert table["df_merge"].eq(3).all()
    assert table["problem"].eq("none").all()
    assert table["problem_chisq"].eq("none").all()


def test_scaled_difference_from_scores_equals_lavaan(data: pd.DataFrame) -> None:
    merged = {"CO": [*SCALES["C"], *SCALES["O"]], "M": SCALES["M"], "P": SCALES["P"]}
    small, large = (
        sem.fit(measurement_model(s), data, estimator="MLR", meanstructure=True) for s in (merged, SCALES)
    )
    expected = R["merge_mlr"][0]
    found = difference_test(small, large, method="satorra.2000")
    assert found.chisq == pytest.approx(expected["chisq"], abs=1e-3)
    assert found.pvalue == pytest.approx(expected["p"], rel=1e-3)
    assert found.df == 3
    scores = score_scaled_difference(small, large)
    plain = small.measures["chisq"] - large.measures["chisq"]
    assert (scores.statistic, scores.df) == (pytest.approx(plain / scores.scale, rel=1e-9), 3)
    assert scores.statistic == pytest.approx(
        expected["chisq"], rel=0.02
    )  # another estimate of the same matrix


def test_pairs_with_missing_answers_and_clusters() -> None:
    holes = pd.read_csv(REFERENCE / "battery_missing.csv")
    table = discriminant_validity(holes, SCALES, cluster="firm", cutoffs=(0.8, 0.9, 1.0)).tidy()
    assert np.isfinite(table["chisq_merge"]).all()
    assert table["n_informants"].eq(420).all()
    assert (table["chisq_1"] > table["chisq_0.8"]).all()
    assert table["note"].eq("").all()


def test_the_same_construct_twice_is_a_severe_problem(data: pd.DataFrame) -> None:
    """Six items of one factor cut into two halves."""
    rng = np.random.default_rng(3)
    eta = rng.standard_normal((400, 1))
    x = pd.DataFrame(0.75 * eta + 0.6 * rng.standard_normal((400, 6)), columns=list("abcdef"))
    table = discriminant_validity(
        x, {"one": list("abc"), "two": list("def")}, estimator="ML", missing="listwise"
    ).tidy()
    row = table.iloc[0]
    assert row["problem"] == "severe"
    assert row["problem_chisq"] in ("severe", "")
    assert row["pvalue_merge"] > 0.05
    assert row["correlation"] == pytest.approx(1.0, abs=0.05)


def test_unusable_comparisons_are_refused(data: pd.DataFrame) -> None:
    with pytest.raises(InputError) as error:
        discriminant_validity(data, {"C": SCALES["C"]}, cutoffs=(0.9, 0.8), alpha=2)
    assert len(error.value.problems) == 3
    with pytest.raises(ComplyError, match="x1"):
        discriminant_validity(data.assign(x1=1.0), SCALES, estimator="ML", missing="listwise")
    quick = discriminant_validity(data, SCALES, estimator="ML", missing="listwise", fixed=False, merge=False)
    assert quick.tidy()["problem"].eq("none").all()
    assert quick.tidy()[["chisq_0.8", "chisq_1", "chisq_merge"]].isna().all(axis=None)
    only = discriminant_validity(data, SCALES, estimator="ML", missing="listwise", cutoffs=(), merge=False)
    assert only.tidy()["problem"].eq("").all()
    with pytest.raises(ComplyError, match="does not measure"):
        convergent_validity(fit_measurement(data, SCALES), {**SCALES, "Z": ["x1"]})


def test_higher_order_factors_give_implied_correlations(data: pd.DataFrame, fit: sem.Fit) -> None:
    text = "\n".join(f"{k} =~ {' + '.join(v)}" for k, v in SCALES.items()) + "\ng =~ C + O + M + P"
    found = convergent_validity(sem.fit(text, data), SCALES)
    free = convergent_validity(fit, SCALES)
    np.testing.assert_allclose(found.correlations["correlation"], free.correlations["correlation"], atol=0.05)
    assert found.correlations["lower"].isna().all()


def test_global_items_of_the_shipped_study() -> None:
    """Each dimension's score correlates most with its own global item, as the study was made."""
    responses, scale = load_dataset("msi_triads"), load_scale("comply")
    scores = responses.scores("dimension", scale_key="comply")
    keys = [d.key for d in scale.dimensions("20")]
    frame = pd.concat([scores[["firm", *keys]], responses.scored()], axis=1)
    found = global_item_correlations(
        frame, {k: f"{k}_global" for k in keys}, cluster="firm", seed=4, n_replications=300
    )
    table = found.convergence()
    assert table["highest"].all()
    assert table["own_correlation"].between(0.6, 0.75).all()
    cells = found.tidy()
    assert ((cells["lower"] < cells["correlation"]) & (cells["correlation"] < cells["upper"])).all()
    r = frame[["C", "O_global"]].dropna()
    cell = cells[(cells["score"] == "C") & (cells["item"] == "O_global")].iloc[0]
    assert cell["correlation"] == pytest.approx(np.corrcoef(r.T)[0, 1])
    assert cell["n_informants"] == len(r)


def test_matrix_holds_every_piece_once(data: pd.DataFrame) -> None:
    found = validity_matrix(
        data,
        SCALES,
        global_items={"C": "y1", "O": "y2"},
        estimator="ML",
        missing="listwise",
        seed=1,
        n_replications=200,
    )
    cells = found.tidy()
    assert cells["kind"].value_counts().to_dict() == {
        "sqrt_ave": 4,
        "factor_correlation": 6,
        "htmt2": 6,
        "global_item": 4,
    }
    square = found.frame()
    assert square.loc["C", "C"] == pytest.approx(np.sqrt(found.convergent.ave["C"]))
    assert square.loc["O", "C"] == pytest.approx(0.62451, abs=1e-4)
    assert square.loc["C", "O"] == pytest.approx(R["htmt2"]["values"][0][1], abs=1e-9)
    assert list(square.columns) == [*SCALES, "y1", "y2"]
    assert square.loc["M"].isna().sum() == 2
