"""Numbers that are published or were computed by R on public data, quoted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import triads

# Shrout & Fleiss (1979): six targets, four judges
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)


@pytest.fixture
def judges() -> triads.TriadData:
    names = ("j1", "j2", "j3", "j4")
    return triads.TriadData(
        np.arange(6), None, names, ("x",), SHROUT_FLEISS[:, :, None], np.ones((6, 4), bool)
    )


def test_shrout_and_fleiss(judges) -> None:
    table = triads.icc_twoway(judges).tidy().set_index("form")
    # psych::ICC to all its digits
    expected = {
        "ICC(A,1)": (0.289763779527559, 0.018786513374712, 0.761084369648953),
        "ICC(C,1)": (0.714840714840715, 0.342464765033925, 0.94585825995536),
        "ICC(A,k)": (0.620050547598989, 0.0711368153025035, 0.927232040167722),
        "ICC(C,k)": (0.909315542377069, 0.675674713816305, 0.985891678169062),
    }
    for form, values in expected.items():
        np.testing.assert_allclose(
            table.loc[form, ["icc", "lower", "upper"]].astype(float), values, rtol=1e-9
        )
    effect = triads.icc_twoway(judges).role_effects().iloc[0]
    assert effect["f"] == pytest.approx(31.866485013624)
    one = triads.icc_oneway(judges.to_long(), ["x"]).tidy().iloc[0]
    np.testing.assert_allclose(
        [one["icc1"], one["icc1_lower"], one["icc1_upper"], one["icc2"], one["icc2_lower"], one["icc2_upper"]],
        [
            0.165741768405476, -0.132932324874751, 0.722560062328121,
            0.442797133679269, -0.884442155238119, 0.912415420340776,
        ],
        rtol=1e-9,
    )  # fmt: skip


def test_reml_equals_anova_when_balanced(judges) -> None:
    anova = triads.icc_twoway(judges).tidy()["icc"]
    reml = triads.icc_twoway(judges, method="reml").tidy()["icc"]
    np.testing.assert_allclose(reml, anova, rtol=1e-6)


@pytest.mark.parametrize(
    ("n_items", "rwg_j", "rwg_star_j", "ad_mean", "noise"),
    [
        (1, 1.000, 1.000, 0.000, 0.232),
        (3, 0.886, 0.722, 0.444, 0.171),
        (4, 0.870, 0.625, 0.556, 0.185),
        (5, 0.867, 0.567, 0.578, 0.179),
        (9, 0.861, 0.407, 0.691, 0.204),
        (12, 0.872, 0.361, 0.722, 0.238),
    ],
)
def test_critical_values_of_triads_on_five_points(n_items, rwg_j, rwg_star_j, ad_mean, noise) -> None:
    row = triads.critical_values(minimum=1, maximum=5, n_items=[n_items]).iloc[0]
    got = [round(float(row[k]), 3) for k in ("rwg_j", "rwg_star_j", "ad_mean", "noise_at_cutoff")]
    assert got == [rwg_j, rwg_star_j, ad_mean, noise]


def test_critical_values_of_the_simulations_in_multilevel() -> None:
    # rwg.j.sim and ad.m.sim, three informants, four items, five points, 20,000 replications
    row = triads.critical_values(minimum=1, maximum=5, n_items=[4]).iloc[0]
    assert row["rwg_j"] == pytest.approx(0.869565217391304, rel=1e-12)
    assert row["ad_mean"] == pytest.approx(0.555555555555556, rel=1e-12)


def test_distribution_of_noise_is_that_of_the_simulations_in_multilevel() -> None:
    """rwg.sim with three informants and five points: frequencies of 20,000 draws, four Monte Carlo errors."""
    frequencies = {0.0: 0.48385, 1 / 3: 0.14, 1 / 2: 0.1423, 5 / 6: 0.19485, 1.0: 0.039}
    null = triads.null_distribution("uniform", 1, 5)
    exact = triads.exact_distribution([3], null, "variance")
    rwg = np.maximum(1 - exact.values / null.variance, 0)
    for value, frequency in frequencies.items():
        p = exact.probabilities[np.isclose(rwg, value)].sum()
        assert abs(p - frequency) < 4 * np.sqrt(p * (1 - p) / 20_000)
    # means of rwg.sim and ad.m.sim (four items)
    assert exact.probabilities @ rwg == pytest.approx(0.319191666666667, abs=0.01)
    spread = triads.exact_distribution([3] * 4, null, "ad_mean")
    assert spread.probabilities @ spread.values == pytest.approx(0.951977777777778, abs=0.01)


def test_a_pair_on_one_item_can_never_be_significant() -> None:
    row = triads.critical_values(minimum=1, maximum=5, n_informants=[2], n_items=[1]).iloc[0]
    assert np.isnan(row["rwg_j"]) and row["level"] == 0.0
    # identical answers of a pair from noise: 1 in 5
    pair = pd.DataFrame({"unit": [1, 1], "x": [3.0, 3.0]})
    table = triads.agreement_tests(pair, {"x": ["x"]}, minimum=1, maximum=5).tidy().iloc[0]
    assert table["p"] == pytest.approx(0.2) and not table["significant"]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        (5, (2.00, 1.34, 0.90, 0.44, 1.32, 1.04)),
        (7, (4.00, 2.90, 2.14, 1.39, 2.10, 1.40)),
        (11, (10.00, 7.31, 6.32, 4.02, 3.32, 1.40)),
    ],
)
def test_null_variances_of_lebreton_and_senter(points, expected) -> None:
    from comply_measure.triads.agreement.nulls import NAMES

    got = [triads.null_distribution(name, 1, points).variance for name in NAMES]
    np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_published_shapes_have_the_tabled_variance() -> None:
    from comply_measure.triads.agreement.nulls import FIVE_CATEGORIES, pmf_variance

    for name, pmf in FIVE_CATEGORIES.items():
        null = triads.null_distribution(name, 1, 5)
        assert pmf_variance(np.array(pmf)) == pytest.approx(null.variance, abs=1e-12)


def test_untruncated_values_above_one_are_not_agreement() -> None:
    """Beyond s̄² = σ²_E·J/(J − 1) the untruncated rwg(j) jumps above 1: the worst disagreement there is."""
    answers = pd.DataFrame({"unit": [1, 1, 1], "x": [1.0, 5, 3], "y": [5.0, 1, 1]})
    result = triads.agreement_indices(answers, {"s": ["x", "y"]}, minimum=1, maximum=5)
    assert result.values("rwg_j_untruncated").loc[1, "s"] > 1
    table = result.summary().set_index("index")
    assert table.loc["rwg_j_untruncated", "share_agreeing"] == 0
    assert table.loc["rwg_j", "share_agreeing"] == 0
