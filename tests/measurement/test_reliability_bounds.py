"""Intervals, bounds, split halves, two levels and retest against psych, semTools, SciPy and published examples."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from comply_measure.errors import InputError
from comply_measure.measurement.reliability.alpha import alpha_from_covariance, feldt_interval
from comply_measure.measurement.reliability.coefficients import alpha_stack
from comply_measure.measurement.reliability.lower_bound import greatest_lower_bound, greatest_lower_bounds
from comply_measure.measurement.reliability.multilevel import level_covariances, multilevel_reliability
from comply_measure.measurement.reliability.retest import retest, retest_table
from comply_measure.measurement.reliability.split_half import guttman_lambda2, guttman_lambda6, split_half
from comply_measure.measurement.reliability.table import reliability_table
from comply_measure.measurement.reliability.triad_score import unit_answers
from comply_measure.measurement.resampling import bca_tails, bootstrap, check_bootstrap, summarise

FOLDER = Path(__file__).parent.parent / "reference" / "measurement"
ITEMS = [f"y{j}" for j in range(1, 13)]
# Shrout & Fleiss (1979), table 2: six targets by four judges
RATINGS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7.0]])


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "answers.csv", na_values="NA")


@pytest.fixture(scope="module")
def complete(answers: pd.DataFrame) -> pd.DataFrame:
    return answers.dropna(subset=ITEMS).reset_index(drop=True)


def covariance(data: pd.DataFrame, n_items: int) -> np.ndarray:
    return np.cov(data[ITEMS[:n_items]].to_numpy(), rowvar=False)


@pytest.mark.parametrize(
    ("alpha", "n", "lower", "upper"),
    [
        (0.703018446057304, 2800, 0.685264325886398, 0.720063389899432),
        (0.600172514820215, 2800, 0.576270069953613, 0.62312019268422),
    ],
)
def test_feldt_interval_of_personality_scales_equals_psych(alpha, n, lower, upper) -> None:
    """psych::alpha.ci of the agreeableness and openness items of psych's ``bfi`` (five items, 2,800 informants)."""
    np.testing.assert_allclose(feldt_interval(alpha, n, 5), (lower, upper), rtol=1e-12)


def test_cluster_bootstrap_is_that_of_drawn_clusters(answers: pd.DataFrame) -> None:
    """α of every resample computed from its rows, with the counts the generator gives."""
    values = answers[ITEMS[:4]].to_numpy()
    units = np.unique(answers["unit"], return_inverse=True)[1]
    found = bootstrap(values, lambda s: alpha_stack(s)[:, None], n_replications=200, seed=5, cluster=units)
    n_units = units.max() + 1
    counts = np.random.default_rng(5).multinomial(n_units, np.full(n_units, 1 / n_units), size=200)
    draws = []
    for count in counts:
        rows = pd.DataFrame(np.repeat(values, count[units], axis=0))
        c = rows.cov().to_numpy()
        draws.append(4 / 3 * (1 - np.trace(c) / c.sum()))
    lower, upper = np.quantile(draws, [0.025, 0.975])
    np.testing.assert_allclose([found.lower[0], found.upper[0]], [lower, upper], rtol=1e-9)
    assert found.se[0] == pytest.approx(np.std(draws, ddof=1), rel=1e-8)
    assert found.n_clusters == n_units


def test_bias_corrected_interval_equals_scipy(complete: pd.DataFrame) -> None:
    """SciPy's BCa from the same resamples of informants and its own jackknife."""
    values = complete[ITEMS[:4]].to_numpy()
    n = len(values)

    def alpha(x: np.ndarray) -> float:
        return alpha_from_covariance(np.cov(x, rowvar=False))

    draws = np.array([alpha(values[np.random.default_rng(k).integers(0, n, n)]) for k in range(400)])
    left_out = np.array([alpha(np.delete(values, i, axis=0)) for i in range(n)])
    tails = bca_tails(draws[:, None], np.array([alpha(values)]), left_out[:, None], 0.95)

    class Drawn:
        bootstrap_distribution = draws

    rows = np.arange(n)
    expected = stats.bootstrap(
        (rows,),
        lambda i: alpha(values[i]),
        n_resamples=0,
        bootstrap_result=Drawn,
        vectorized=False,
        method="BCa",
    ).confidence_interval
    found = np.quantile(draws, tails[:, 0])
    np.testing.assert_allclose(found, [expected.low, expected.high], rtol=1e-10)


def test_table_uses_cluster_intervals_where_informants_share_units(answers: pd.DataFrame) -> None:
    table = reliability_table(
        answers, {"s": ITEMS[:4]}, coefficients=["alpha"], interval="bca", seed=1, n_replications=300
    ).tidy()
    table = table.set_index("group")
    assert table.loc["pooled", "interval"] == "cluster bca"
    assert table.loc["pooled", "n_clusters"] == answers["unit"].nunique()
    assert table.loc["it", "interval"] == "bca"
    assert table.loc["triad", "n_informants"] == table.loc["triad", "n_units"]
    assert ((table["lower"] < table["estimate"]) & (table["estimate"] < table["upper"])).all()


def test_automatic_intervals_are_feldts_where_informants_are_independent(answers: pd.DataFrame) -> None:
    """Each row is that of the table with Feldt's or with resampled intervals, seed by seed."""
    options = {"scales": {"s": ITEMS[:4], "t": ITEMS[4:7]}, "seed": 1, "n_replications": 200}
    names = ["alpha", "lambda2"]
    drawn, feldt, found = (
        reliability_table(answers, coefficients=names, interval=interval, **options).tidy()
        for interval in ("percentile", "feldt", "auto")
    )
    resampled = found["group"].eq("pooled") | found["coefficient"].ne("alpha")
    assert list(found.loc[resampled, "interval"].unique()) == ["cluster percentile", "percentile"]
    limits = ["estimate", "lower", "upper", "se", "interval"]
    pd.testing.assert_frame_equal(found.loc[resampled, limits], drawn.loc[resampled, limits])
    pd.testing.assert_frame_equal(found.loc[~resampled, limits], feldt.loc[~resampled, limits])
    alone = reliability_table(answers, coefficients=["alpha"], interval="auto", **options).tidy()
    for k, (_, row) in enumerate(alone.iterrows()):
        # what is not drawn for roles does not change what is drawn for others
        whole = found[found["coefficient"] == "alpha"].iloc[k]
        assert (row["lower"], row["upper"]) == (whole["lower"], whole["upper"])


def test_standard_error_of_measurement_of_the_mean_score(complete: pd.DataFrame) -> None:
    """Lord & Novick (1968): SD of the score times √(1 − reliability); the score is the mean of the items."""
    table = reliability_table(
        complete, {"s": ITEMS[:4]}, coefficients=["alpha", "maximal_reliability"], by=None, triad=False
    ).tidy()
    row = table.set_index("coefficient").loc["alpha"]
    sd = complete[ITEMS[:4]].mean(axis=1).std()
    expected = sd * np.sqrt(1 - row["estimate"])
    assert row["standard_error_of_measurement"] == pytest.approx(expected, rel=1e-12)
    # H is the reliability of another, weighted sum
    assert np.isnan(
        table.set_index("coefficient").loc["maximal_reliability", "standard_error_of_measurement"]
    )


@pytest.mark.parametrize(("n_items", "key"), [(4, "first4"), (6, "six"), (12, "all")])
def test_greatest_lower_bound_equals_psych(complete, reference, n_items, key) -> None:
    found = greatest_lower_bound(covariance(complete, n_items))
    assert found.value == pytest.approx(reference["glb"][key], abs=1e-6)
    # the dual certificate
    assert found.gap < 1e-8


def test_greatest_lower_bound_by_hand() -> None:
    """Tau-equivalent items: the bound is α; two items: the whole covariance is true (Jackson & Agunwamba 1977)."""
    equal = np.full((5, 5), 0.4) + 0.6 * np.eye(5)
    assert greatest_lower_bound(equal).value == pytest.approx(alpha_from_covariance(equal), abs=1e-8)
    pair = np.array([[2.0, 0.6], [0.6, 1.0]])
    bound = greatest_lower_bound(pair)
    # ψ with (2 − ψ₁)(1 − ψ₂) = .36 and the largest sum: both true variances .6
    assert bound.value == pytest.approx(1 - 1.8 / 4.2, abs=1e-8)
    np.testing.assert_allclose(bound.error_variances, [1.4, 0.4], atol=1e-4)


def test_greatest_lower_bounds_side_by_side_are_those_one_by_one(complete) -> None:
    whole = covariance(complete, 12)
    singular = np.full((4, 4), 0.5) + np.diag([0.5, 0.0, 0.5, 0.5])
    several = [whole[a : a + p, a : a + p] for a, p in ((0, 4), (4, 4), (8, 4), (0, 6), (6, 6), (0, 12))]
    several += [np.full((1, 1), 2.0), np.full((3, 3), np.nan), singular]
    found = greatest_lower_bounds(several, [None] * len(several))
    for matrix, bound in zip(several, found, strict=True):
        alone = greatest_lower_bound(matrix)
        assert (bound.n_steps, bound.note) == (alone.n_steps, alone.note)
        np.testing.assert_array_equal(bound.error_variances, alone.error_variances)
        assert bound.value == alone.value or np.isnan([bound.value, alone.value]).all()
    assert [bound.note for bound in found[6:8]] == ["one item: no lower bound", "covariances are undefined"]
    # the second item is what the others share: it has no error
    assert found[8].error_variances[1] == pytest.approx(0.0, abs=1e-7)


def test_split_halves_equal_psych(complete, reference) -> None:
    expected = reference["split"]
    found = split_half(covariance(complete, 6))
    assert found.exhaustive and found.n_splits == 10
    for ours, key in (("lambda4_max", "maximum"), ("lambda4_min", "minimum"), ("lambda4_mean", "mean")):
        assert getattr(found, ours) == pytest.approx(expected[key], rel=1e-9), key
    C = covariance(complete, 6)
    assert guttman_lambda2(C) == pytest.approx(expected["lambda2"], rel=1e-9)
    assert guttman_lambda6(C) == pytest.approx(expected["lambda6"], rel=1e-9)
    assert found.lambda4_mean == pytest.approx(alpha_from_covariance(C), rel=1e-12)


def test_spearman_brown_of_every_half(complete: pd.DataFrame) -> None:
    x = complete[ITEMS[:6]].to_numpy()
    corrected = []
    for half in combinations(range(1, 6), 2):
        one = [0, *half]
        two = [j for j in range(6) if j not in one]
        r = np.corrcoef(x[:, one].sum(axis=1), x[:, two].sum(axis=1))[0, 1]
        corrected.append(2 * r / (1 + r))
    found = split_half(covariance(complete, 6))
    assert found.spearman_brown_mean == pytest.approx(np.mean(corrected), rel=1e-12)
    assert found.spearman_brown_max == pytest.approx(np.max(corrected), rel=1e-12)
    assert (found.spearman_brown_min, found.n_splits) == (pytest.approx(np.min(corrected), rel=1e-12), 10)
    assert found.exhaustive
    for undefined in (split_half(np.eye(1)), split_half(np.zeros((3, 3)))):
        assert np.isnan([undefined.lambda4_max, undefined.spearman_brown_mean]).all()
        assert (undefined.first_half, undefined.n_splits, undefined.exhaustive) == ((), 0, False)
        assert undefined.note
    drawn = split_half(covariance(complete, 12), max_splits=200, seed=3)
    assert drawn.n_splits == 200
    assert not drawn.exhaustive and "200 random halves of 462" in drawn.note
    assert drawn.lambda4_max <= split_half(covariance(complete, 12)).lambda4_max + 1e-12
    with pytest.raises(InputError, match="seed"):
        split_half(covariance(complete, 12), max_splits=200)


def log_likelihood(values: np.ndarray, unit: np.ndarray, within: np.ndarray, between: np.ndarray) -> float:
    """Of the random unit effects model, unit by unit from the dense normal density, at the GLS mean."""
    groups = [values[unit == u] for u in np.unique(unit)]
    designs = [np.kron(np.ones((len(x), 1)), np.eye(values.shape[1])) for x in groups]
    sigmas = [np.kron(np.eye(len(x)), within) + np.kron(np.ones((len(x),) * 2), between) for x in groups]
    weights = [np.linalg.inv(s) for s in sigmas]
    left = sum(d.T @ w @ d for d, w in zip(designs, weights, strict=True))
    right = sum(d.T @ w @ x.ravel() for d, w, x in zip(designs, weights, groups, strict=True))
    mean = np.linalg.solve(left, right)
    return sum(
        stats.multivariate_normal(d @ mean, s).logpdf(x.ravel())
        for d, s, x in zip(designs, sigmas, groups, strict=True)
    )


def test_covariances_of_levels_equal_lavaan(complete, reference) -> None:
    """lavaan's EM stops early: its log-likelihood is 1e-3 below ours, its covariances up to 2.2e-3 away."""
    values, units = complete[ITEMS[:4]].to_numpy(), complete["unit"].to_numpy()
    found, levels = level_covariances(values, units), reference["levels"]
    np.testing.assert_allclose(found.within, levels["within"], atol=3e-3)
    np.testing.assert_allclose(found.between, levels["between"], atol=3e-3)
    assert found.size_harmonic == pytest.approx(levels["harmonic"], rel=1e-12)
    ours = log_likelihood(values, units, found.within, found.between)
    theirs = log_likelihood(values, units, np.array(levels["within"]), np.array(levels["between"]))
    assert ours >= theirs


def test_two_level_coefficients_equal_semtools(complete, reference) -> None:
    """compRelSEM of one factor per level: ω with implied, α with unrestricted variances."""
    values, units = complete[ITEMS[:4]].to_numpy(), complete["unit"].to_numpy()
    found = multilevel_reliability(values, units, factors="two_level")
    levels = reference["levels"]
    within, both = levels["omega"]["config"]["f"]
    assert found.omega_within == pytest.approx(within, abs=1e-4)
    assert found.omega_single == pytest.approx(both, abs=1e-4)
    assert found.omega_mean == pytest.approx(levels["omega_mean"][0], abs=1e-4)
    alpha_within, alpha_both = levels["alpha"]["config"]["f"]
    assert found.alpha_within == pytest.approx(alpha_within, abs=1e-3)
    assert found.alpha_single == pytest.approx(alpha_both, abs=1e-3)
    assert found.alpha_mean == pytest.approx(levels["alpha_mean"][0], abs=1e-3)
    # ω between of Geldhof et al.: from lavaan's between-level estimates
    rows = pd.DataFrame(levels["estimates"])
    rows = rows[rows["level"] == 2]
    loading = rows.loc[rows["op"] == "=~", "est"].sum()
    residual = rows.loc[(rows["op"] == "~~") & (rows["lhs"] != "f"), "est"].sum()
    assert found.omega_between == pytest.approx(loading**2 / (loading**2 + residual), abs=1e-3)
    quick = multilevel_reliability(values, units)
    assert quick.omega_within == pytest.approx(found.omega_within, abs=0.01)
    assert quick.factor_estimator == "two_stage"


def test_levels_of_balanced_units_by_analysis_of_variance() -> None:
    """Σ_W = pooled within products, Σ_B = (between − within)/n, entry by entry from the definition."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(40, 3, 1)) + rng.normal(size=(40, 3, 3))
    flat, unit = x.reshape(120, 3), np.repeat(np.arange(40), 3)
    found = level_covariances(flat, unit, "anova")
    within = sum(np.cov(group, rowvar=False) for group in x) / 40
    means = 3 * np.cov(x.mean(axis=1), rowvar=False)
    np.testing.assert_allclose(found.within, within, rtol=1e-12)
    np.testing.assert_allclose(found.between, (means - within) / 3, rtol=1e-12)
    result = multilevel_reliability(flat, unit, "anova")
    icc = (means.sum() - within.sum()) / 3
    assert result.icc_score == pytest.approx(icc / (icc + within.sum()), rel=1e-12)


def test_retest_equals_psych(reference) -> None:
    waves = pd.read_csv(FOLDER / "waves.csv")
    expected = reference["retest"]
    found = retest(waves.to_numpy())
    assert found.icc_agreement == pytest.approx(expected["agreement"], rel=1e-10)
    assert found.icc_consistency == pytest.approx(expected["consistency"], rel=1e-10)
    assert found.lower == pytest.approx(expected["lower"], rel=1e-10)
    assert found.upper == pytest.approx(expected["upper"], rel=1e-10)
    assert found.shift_pvalue == pytest.approx(expected["t"], rel=1e-10)


def test_retest_of_the_published_example() -> None:
    """Shrout & Fleiss (1979): ICC(2,1) = .29, ICC(3,1) = .71; digits and interval from psych::ICC.

    Variance components of their analysis of variance (targets 11.24, judges 32.49, error 1.02): judges
    (32.486 − 1.019)/6 = 5.244, so SEM_agreement = √(5.244 + 1.019) and SDC = 1.96 √2 SEM.
    """
    found = retest(RATINGS)
    assert found.icc_agreement == pytest.approx(0.289763779527559, rel=1e-12)
    assert found.icc_consistency == pytest.approx(0.714840714840715, rel=1e-12)
    assert found.lower == pytest.approx(0.018786513374712, rel=1e-9)
    assert found.upper == pytest.approx(0.761084369648953, rel=1e-9)
    judges, error = (32.4861111111111 - 1.01944444444444) / 6, 1.01944444444444
    assert found.sem_consistency == pytest.approx(np.sqrt(error), rel=1e-10)
    assert found.sem_agreement == pytest.approx(np.sqrt(judges + error), rel=1e-10)
    assert found.sdc_agreement == pytest.approx(1.96 * np.sqrt(2 * (judges + error)), rel=1e-10)
    assert found.sdc_group == pytest.approx(found.sdc_agreement / np.sqrt(6), rel=1e-12)


def test_retest_of_three_waves_by_hand() -> None:
    """The shift is from the first wave to the last, its p that of F of waves; r is the mean over pairs of waves."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(20, 1)) + 0.5 * rng.normal(size=(20, 3)) + [0.0, 1.0, 0.3]
    found = retest(np.vstack([x, [1.0, np.nan, 2.0], [np.nan] * 3]))
    assert (found.n_informants, found.n_waves, found.n_dropped) == (20, 3, 1)
    means = x.mean(axis=0)
    assert found.shift == pytest.approx(means[2] - means[0], rel=1e-12)
    waves = 20 * ((means - x.mean()) ** 2).sum() / 2
    rest = x - means - x.mean(axis=1, keepdims=True) + x.mean()
    error = (rest**2).sum() / 38
    assert found.shift_pvalue == pytest.approx(stats.f.sf(waves / error, 2, 38), rel=1e-9)
    r = [np.corrcoef(x[:, a], x[:, b])[0, 1] for a, b in combinations(range(3), 2)]
    assert found.correlation == pytest.approx(np.mean(r), rel=1e-9)
    assert found.sem_consistency == pytest.approx(np.sqrt(error), rel=1e-9)
    assert found.sem_agreement == pytest.approx(np.sqrt((waves - error) / 20 + error), rel=1e-9)
    for sdc, sem in (("sdc_agreement", "sem_agreement"), ("sdc_consistency", "sem_consistency")):
        assert getattr(found, sdc) == pytest.approx(1.96 * np.sqrt(2) * getattr(found, sem), rel=1e-12)
    assert found.sdc_group == pytest.approx(found.sdc_agreement / np.sqrt(20), rel=1e-12)


def test_retest_table_counts_and_refuses() -> None:
    waves = pd.read_csv(FOLDER / "waves.csv").assign(role=["marketing", "sales"] * 30)
    waves.loc[3, "second"] = np.nan
    table = retest_table(waves, {"score": ["first", "second"]}).tidy().set_index("group")
    assert table.loc["pooled", "n_informants"] == 59 and table.loc["pooled", "n_dropped"] == 1
    assert table.loc["sales", "n_informants"] == 29
    with pytest.raises(InputError, match="2 waves"):
        retest(np.ones((5, 1)))


def test_unit_means_are_role_centred() -> None:
    """Generous marketing (+2): a unit without it is not worse than one with it."""
    values = np.array([[5.0], [3.0], [3.0], [6.0], [4.0], [4.0], [3.0], [4.0]])
    unit = np.array(list("aaabbbcc"))
    role = np.array(["m", "s", "i", "m", "s", "i", "s", "i"])
    found = unit_answers(values, unit, role)
    grand, means = values.mean(), {"m": 5.5, "s": 10 / 3, "i": 11 / 3}
    centred = np.array([v - means[r] + grand for v, r in zip(values[:, 0], role, strict=True)])
    np.testing.assert_allclose(
        found.values[:, 0], [centred[:3].mean(), centred[3:6].mean(), centred[6:].mean()]
    )
    plain = unit_answers(values, unit, None)
    np.testing.assert_allclose(plain.values[:, 0], [11 / 3, 14 / 3, 3.5])
    assert np.isnan(unit_answers(values[:7], unit[:7], None).values[2, 0])


def test_an_interval_without_acceleration_says_so() -> None:
    """Items that are copies of each other have α = 1 whatever is left out: rounding is no skewness."""
    score = np.arange(12.0) % 5 + 0.1
    data = pd.DataFrame(dict.fromkeys(ITEMS[:3], score)).assign(unit=range(12))
    row = reliability_table(
        data, {"s": ITEMS[:3]}, coefficients=["alpha"], by=None, interval="bca", seed=1, n_replications=100
    ).tidy()
    assert "not for acceleration" in row.loc[0, "note"]
    assert row.loc[0, ["lower", "upper"]].to_numpy(dtype=float) == pytest.approx([1.0, 1.0], abs=1e-12)
    varied = data.assign(**{ITEMS[0]: score[::-1]})
    other = reliability_table(
        varied, {"s": ITEMS[:3]}, coefficients=["alpha"], by=None, interval="bca", seed=1, n_replications=100
    ).tidy()
    assert "acceleration" not in other.loc[0, "note"]


def test_all_that_is_wrong_with_a_bootstrap_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        check_bootstrap(99, None, "basic", 1.0)
    assert [(p.column, p.message, p.value, p.allowed) for p in caught.value.problems] == [
        ("seed", "a bootstrap needs a seed", None, "a whole number"),
        (None, "too few replications", 99, "at least 100"),
        (None, "kind", "basic", "percentile, bca"),
        (None, "confidence", 1.0, "between 0 and 1"),
    ]
    for kind in ("percentile", "bca"):
        check_bootstrap(100, 0, kind, 0.95)


def test_an_interval_needs_nine_of_ten_replications() -> None:
    """Quantiles and standard deviations of the defined ones; eighteen of twenty suffice, seventeen of twenty do not."""
    draws = np.array([[float(k), float(k)] for k in range(20)])
    draws[:2, 0], draws[:3, 1] = np.nan, np.inf
    found = summarise(draws, np.array([0.25, 0.75]), 7)
    kept = np.arange(2.0, 20.0)
    assert found.n_used.tolist() == [18, 17] and (found.n_replications, found.n_clusters) == (20, 7)
    assert (found.lower[0], found.upper[0]) == pytest.approx(tuple(np.quantile(kept, [0.25, 0.75])))
    assert found.se[0] == pytest.approx(kept.std(ddof=1))
    assert np.isnan([found.lower[1], found.upper[1], found.se[1]]).all()
    assert found.flat.tolist() == [False, False]
