"""Properties that hold whatever the data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawn_triads import drawn_triads
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from comply_measure import triads
from comply_measure.errors import InputError
from comply_measure.statistics.cluster_robust import cluster_robust
from comply_measure.statistics.multiplicity import max_t, studentized_range
from comply_measure.triads.agreement.exact import exact_distribution
from comply_measure.triads.agreement.items import maximum_variance
from comply_measure.triads.gaps import contrasts
from comply_measure.triads.reliability.twoway import role_design
from comply_measure.triads.reml.fit import fit_reml

SETTINGS = settings(max_examples=30, deadline=None)
SHAPES = st.tuples(st.integers(2, 6), st.integers(2, 4), st.integers(2, 5))


@st.composite
def cubes(draw) -> triads.TriadData:
    """Whole-number answers on 1 to 7 of units × roles × variables, some missing."""
    shape = draw(SHAPES)
    values = draw(arrays(np.int64, shape, elements=st.integers(1, 7))).astype(float)
    absent = draw(arrays(np.bool_, shape, elements=st.integers(0, 9).map(lambda k: k == 0)))
    values[absent] = np.nan
    roles = tuple(f"r{i}" for i in range(shape[1]))
    columns = tuple(f"x{j}" for j in range(shape[2]))
    return triads.TriadData(np.arange(shape[0]), None, roles, columns, values, ~np.isnan(values).all(axis=2))


@SETTINGS
@given(cubes())
def test_long_and_wide_are_inverse(data) -> None:
    back = triads.TriadData.from_wide(data.to_wide(), unit=None)
    for name in ("units", "values", "present"):
        np.testing.assert_array_equal(getattr(back, name), getattr(data, name))
    assert back.roles == data.roles and back.columns == data.columns
    kept = data.select(units=data.present.any(axis=1))
    if kept.n_units:
        again = triads.TriadData.from_long(kept.to_long(), data.columns, roles=data.roles)
        np.testing.assert_array_equal(again.values, kept.values)
        np.testing.assert_array_equal(again.present, kept.present)


@SETTINGS
@given(cubes(), st.data())
def test_informants_without_answers_and_roles_with_the_separator_come_back(data, draw) -> None:
    silent = draw.draw(arrays(np.bool_, data.present.shape))
    roles = tuple(f"s{place}@west" for place in range(len(data.roles)))
    more = replace(data, present=data.present | silent, roles=roles)
    back = triads.TriadData.from_wide(more.to_wide(), roles=roles)
    np.testing.assert_array_equal(back.present, more.present)
    np.testing.assert_array_equal(back.values, more.values)
    assert back.roles == roles and back.columns == more.columns
    assert back.n_informants == int((data.present | silent).sum())
    alone = triads.TriadData.from_wide(more.to_wide())  # its own names carry what is needed
    assert alone.roles == roles and alone.columns == more.columns
    foreign = more.to_wide().rename(columns=lambda name: name.replace("\\", ""))
    with pytest.raises(InputError, match="more than one way to take the name apart"):
        triads.TriadData.from_wide(foreign)
    np.testing.assert_array_equal(triads.TriadData.from_wide(foreign, roles=roles).values, more.values)


def test_answers_outside_the_range_are_named() -> None:
    table = pd.DataFrame({"unit": ["a", "a", "b"], "role": ["x", "y", "x"], "q": [1, 8, 0]})
    with pytest.raises(InputError) as caught:
        triads.TriadData.from_long(table, ["q"], minimum=1, maximum=7)
    found = [(problem.row, problem.column, problem.value) for problem in caught.value.problems]
    assert found == [("1", "q", 8.0), ("2", "q", 0.0)]


@SETTINGS
@given(cubes(), st.randoms(use_true_random=False))
def test_permuting_roles_permutes_gaps(data, random) -> None:
    order = list(range(len(data.roles)))
    random.shuffle(order)
    moved = replace(
        data,
        roles=tuple(data.roles[i] for i in order),
        values=data.values[:, order],
        present=data.present[:, order],
    )
    before, after = triads.role_gaps(data), triads.role_gaps(moved)
    for place, (a, b) in enumerate(moved.pairs):
        i, k = order[a], order[b]
        sign = 1 if i < k else -1
        original = data.pairs.index((min(i, k), max(i, k)))
        np.testing.assert_array_equal(after.signed[:, place], sign * before.signed[:, original])


@SETTINGS
@given(cubes())
def test_gaps_of_three_roles_add_up(data) -> None:
    gaps = dict(zip(data.pairs, triads.role_gaps(data).signed.transpose(1, 0, 2), strict=True))
    if len(data.roles) >= 3:
        total = gaps[0, 1] + gaps[1, 2]
        both = ~np.isnan(total)
        np.testing.assert_allclose(total[both], gaps[0, 2][both])


@SETTINGS
@given(cubes(), st.integers(-3, 3))
def test_a_constant_for_one_role_moves_level_only(data, constant) -> None:
    values = data.values.copy()
    values[:, 0] += constant
    before = triads.profile_similarity(data)
    after = triads.profile_similarity(replace(data, values=values))
    for name in ("scatter", "shape", "correlation", "correlation_distinctive", "d_level_removed", "d_shape"):
        np.testing.assert_allclose(after.sets["all"][name], before.sets["all"][name], atol=1e-6)


@SETTINGS
@given(cubes())
def test_squared_distance_is_level_plus_scatter_plus_shape(data) -> None:
    parts = triads.profile_similarity(data).sets["all"]
    total = parts["level"] + parts["scatter"] + parts["shape"]
    np.testing.assert_allclose(total, parts["d_squared"], atol=1e-9)
    removed = parts["d_level_removed"] ** 2
    np.testing.assert_allclose(parts["scatter"] + parts["shape"], removed, atol=1e-9)


@SETTINGS
@given(cubes())
def test_double_entry_icc_is_the_correlation_of_doubled_entries(data) -> None:
    found = triads.profile_similarity(data).sets["all"]["icc_double_entry"]
    for g in range(data.n_units):
        x, y = data.values[g, 0], data.values[g, 1]
        both = ~(np.isnan(x) | np.isnan(y))
        doubled = np.concatenate([x[both], y[both]]), np.concatenate([y[both], x[both]])
        if both.sum() >= 2 and doubled[0].std() > 0:
            assert found[g, 0] == pytest.approx(np.corrcoef(*doubled)[0, 1], abs=1e-9)


@SETTINGS
@given(cubes())
def test_identical_informants_agree_perfectly(data) -> None:
    values = np.repeat(np.nan_to_num(data.values[:, :1], nan=4.0), len(data.roles), axis=1)
    same = replace(data, values=values, present=np.ones(values.shape[:2], dtype=bool))
    long = same.to_long()
    scale = {"s": same.columns}
    result = triads.agreement_indices(long, scale, minimum=1, maximum=7, nulls=["uniform", "moderate_skew"])
    for index in ("rwg_j", "rwg_star_j", "rwg_prime_j", "rwg_prime_j_exact"):
        np.testing.assert_allclose(result.values(index)["s"], 1.0, atol=1e-12)
    for index in ("ad_mean", "ad_median", "sd_wg", "sd_score", "range_score"):
        np.testing.assert_allclose(result.values(index)["s"], 0.0, atol=1e-7)
    assert (triads.role_gaps(same).signed == 0).all()
    parts = triads.profile_similarity(same).sets["all"]
    assert (parts["d"] == 0).all()


@SETTINGS
@given(cubes(), st.randoms(use_true_random=False))
def test_agreement_ignores_the_order_of_rows_and_items(data, random) -> None:
    long = data.to_long()
    if not len(long):
        return
    rows, columns = list(range(len(long))), list(data.columns)
    random.shuffle(rows)
    random.shuffle(columns)
    a = triads.agreement_indices(long, {"s": data.columns}, minimum=1, maximum=7)
    b = triads.agreement_indices(long.iloc[rows], {"s": columns}, minimum=1, maximum=7)
    for index, null in a.cells["s"].values:
        left, right = a.values(index, null or None)["s"], b.values(index, null or None)["s"]
        np.testing.assert_allclose(right.loc[left.index], left, atol=1e-9)


@SETTINGS
@given(st.lists(st.integers(2, 4), min_size=1, max_size=3), st.integers(2, 4))
def test_exact_distribution_equals_brute_force(sizes, categories) -> None:
    null = triads.null_distribution("uniform", 1, categories)
    distribution = exact_distribution(sizes, null)
    assert distribution.probabilities.sum() == pytest.approx(1.0)
    per_item = []
    for n in sizes:
        grids = np.stack(np.meshgrid(*[np.arange(categories)] * n, indexing="ij"), axis=-1).reshape(-1, n)
        per_item.append(grids.var(axis=1, ddof=1))
    total = per_item[0]
    for more in per_item[1:]:
        total = (total[:, None] + more).reshape(-1)
    mean = total / len(sizes)
    for value in np.unique(np.round(mean, 9))[:5]:
        assert distribution.cdf(np.array(value)) == pytest.approx((mean <= value + 1e-8).mean(), abs=1e-10)
    # the expected variance is the null's
    assert distribution.probabilities @ distribution.values == pytest.approx(null.variance)


def test_largest_variance_is_reached() -> None:
    for n in range(2, 7):
        grids = np.stack(np.meshgrid(*[[1.0, 2, 3, 4, 5]] * min(n, 5), indexing="ij"), axis=-1).reshape(
            -1, min(n, 5)
        )
        if n <= 5:
            largest = grids.var(axis=1, ddof=1).max()
            assert maximum_variance(np.array([n]), 1, 5)[0] == pytest.approx(largest)


def test_two_way_consistency_of_the_mean_is_alpha() -> None:
    from comply_measure.measurement import cronbach_alpha

    data = drawn_triads(1, columns=1)
    table = triads.icc_twoway(data).tidy().set_index("form")
    assert table.loc["ICC(C,k)", "icc"] == pytest.approx(
        cronbach_alpha(data.values[:, :, 0]).alpha, rel=1e-10
    )


def test_g_study_equals_expected_mean_squares_when_balanced() -> None:
    rng = np.random.default_rng(4)
    G, R, A = 40, 3, 5
    y = (
        rng.normal(size=(G, 1, 1)) + rng.normal(size=(1, R, 1)) + rng.normal(size=(1, 1, A))
        + rng.normal(size=(G, R, 1)) + rng.normal(size=(G, 1, A)) + rng.normal(size=(1, R, A))
        + rng.normal(size=(G, R, A))
    )  # fmt: skip
    data = triads.TriadData(
        np.arange(G), None, tuple("abc"), tuple(f"v{j}" for j in range(A)), y, np.ones((G, R), bool)
    )
    got = triads.g_study(data).tidy().set_index("component")["variance"]
    m = {axes: y.mean(axis=axes, keepdims=True) for axes in [(1, 2), (0, 2), (0, 1), (2,), (1,), (0,)]}
    grand = y.mean()
    tr = m[(2,)] - m[(1, 2)] - m[(0, 2)] + grand
    ta = m[(1,)] - m[(1, 2)] - m[(0, 1)] + grand
    ra = m[(0,)] - m[(0, 2)] - m[(0, 1)] + grand
    e = y - m[(2,)] - m[(1,)] - m[(0,)] + m[(1, 2)] + m[(0, 2)] + m[(0, 1)] - grand
    ms = {
        "t": R * A * ((m[(1, 2)] - grand) ** 2).sum() / (G - 1),
        "tr": A * (tr**2).sum() / ((G - 1) * (R - 1)),
        "ta": R * (ta**2).sum() / ((G - 1) * (A - 1)),
        "ra": G * (ra**2).sum() / ((R - 1) * (A - 1)),
        "e": (e**2).sum() / ((G - 1) * (R - 1) * (A - 1)),
    }
    expected = {
        "residual": ms["e"],
        "unit:role": (ms["tr"] - ms["e"]) / A,
        "unit:attribute": (ms["ta"] - ms["e"]) / R,
        "role:attribute": (ms["ra"] - ms["e"]) / G,
        "unit": (ms["t"] - ms["tr"] - ms["ta"] + ms["e"]) / (R * A),
    }
    for name, value in expected.items():
        assert got[name] == pytest.approx(value, rel=1e-5)


def test_g_coefficient_of_roles_alone_is_the_two_way_icc() -> None:
    data = drawn_triads(2, columns=1)
    coefficients = triads.g_study(data).coefficients().set_index("fixed")
    icc = triads.icc_twoway(data).tidy().set_index("form")["icc"]
    assert coefficients.loc["attribute", "g"] == pytest.approx(icc["ICC(C,k)"], rel=1e-6)
    assert coefficients.loc["attribute", "phi"] == pytest.approx(icc["ICC(A,k)"], rel=1e-5)


def test_weights_sum_to_one_over_the_roles_present() -> None:
    from comply_measure.triads.aggregation import weights

    data = drawn_triads(3, missing=0.2)
    competence = np.random.default_rng(1).uniform(0, 7, data.values.shape[:2])
    for w in (
        weights.equal_weights(data.values),
        weights.competence_weights(data.values, competence, 2.0),
        weights.response_weights(data.values, 1.0),
        weights.precision_weights(data.values),
    ):
        answered = ~np.isnan(data.values)
        assert (w[~answered] == 0).all() and (w >= 0).all()
        np.testing.assert_allclose(w.sum(axis=1)[answered.any(axis=1)], 1.0)


def test_response_weights_of_a_triad_by_hand() -> None:
    from comply_measure.triads.aggregation.weights import response_weights

    w = response_weights(np.array([[[1.0], [2.0], [6.0]], [[1.0], [5.0], [np.nan]], [[2.0], [4.0], [3.0]]]))[
        :, :, 0
    ]
    # distances from the mean 3: 2, 1, 3; weights 1/2, 1, 1/3 over 11/6
    np.testing.assert_allclose(w[0], np.array([3, 6, 2]) / 11)
    np.testing.assert_allclose(w[1], [0.5, 0.5, 0.0])  # a pair: equal
    np.testing.assert_allclose(w[2], [0.0, 0.0, 1.0])  # distance 0 takes all


def test_blup_is_the_shrunken_role_centred_mean() -> None:
    data = drawn_triads(5, columns=1)
    blup = triads.blup_scores(data).values[:, 0]
    reliability = triads.icc_twoway(data).tidy().set_index("form").loc["ICC(C,k)", "icc"]
    mean = data.values[:, :, 0].mean(axis=1)
    np.testing.assert_allclose(blup, mean.mean() + reliability * (mean - mean.mean()), rtol=1e-6)


def test_odd_role_is_the_one_apart() -> None:
    x = np.array([[1.0, 1, 5], [5, 1, 1], [1, 5, 1], [3, 3, 3], [1, np.nan, 2]])[:, :, None]
    data = triads.TriadData(np.arange(5), None, tuple("abc"), ("x",), x, ~np.isnan(x[:, :, 0]))
    odd = triads.odd_role_out(data).tidy()
    centred = x[:, :, 0] - np.nanmean(x[:, :, 0], axis=0)
    expected = [("a", "b", "c")[np.abs(row - row.mean()).argmax()] for row in centred[:3]]
    assert odd["odd_role"].tolist()[:3] == expected == ["c", "a", "b"]
    assert odd["odd_role"].iloc[4] == "" and "missing" in odd["note"].iloc[4]


def test_ties_are_no_odd_roles() -> None:
    """Role means are 1; the outer two of (0, 1, 2) are 1.5 from the mean of the others, of (1, 1, 1) all are 0."""
    x = np.array([[0.0, 1, 2], [2, 1, 0], [1, 1, 1], [4, 1, 1], [-2, 1, 1]])[:, :, None]
    data = triads.TriadData(np.arange(5), None, tuple("abc"), ("x",), x, ~np.isnan(x[:, :, 0]))
    found = triads.odd_role_out(data)
    table, summary = found.tidy(), found.summary()
    assert table["odd_role"].tolist() == ["tie", "tie", "tie", "a", "a"]
    np.testing.assert_allclose(table["distance"], [1.5, 1.5, 0, 3, 3])
    np.testing.assert_allclose(table["margin"], [0, 0, np.nan, 0.5, 0.5])
    assert table["note"].tolist() == ["tie: no flag"] * 3 + ["no reliabilities: no flag"] * 2
    assert table["reliable"].isna().all()
    assert summary["n_odd"].tolist() == [2, 0, 0]
    assert summary["share"].tolist() == [1.0, 0.0, 0.0]
    assert summary["share_over_chance"].tolist() == pytest.approx([1.0, -0.5, -0.5])
    assert (summary["n_decided"] == 2).all() and (summary["n_ties"] == 3).all()
    # error variances of a 20/4·.1 = .5, of b 0, of c .5·.1 = .05: bound of a z √(.5 + .05/4), z at 1 - .05/6
    flagged = triads.odd_role_out(data, 0.9).tidy()
    assert 2.394 * np.sqrt(0.5 + 0.05 / 4) < 3
    assert flagged["reliable"].isna().tolist() == [True] * 3 + [False] * 2 and flagged["reliable"][3:].all()
    assert flagged["note"].tolist() == ["tie: no flag"] * 3 + ["", ""]


def test_gap_reliability_by_hand() -> None:
    rng = np.random.default_rng(6)
    x, y = rng.normal(4, 1, 50), rng.normal(4, 1.5, 50)
    cube = np.stack([x, y], axis=1)[:, :, None]
    data = triads.TriadData(np.arange(50), None, ("a", "b"), ("v",), cube, np.ones((50, 2), bool))
    row = triads.gap_reliability(data, {"a": 0.9, "b": {"v": 0.7}}).tidy().iloc[0]
    vx, vy, cov = x.var(ddof=1), y.var(ddof=1), np.cov(x, y)[0, 1]
    assert row["se"] == pytest.approx(np.sqrt(0.1 * vx + 0.3 * vy))
    assert row["reliability_difference"] == pytest.approx(
        (0.9 * vx + 0.7 * vy - 2 * cov) / (vx + vy - 2 * cov)
    )
    assert row["points"] == pytest.approx(1.959963984540054 * row["se"])
    flags = triads.gap_reliability(data, {"a": 0.9, "b": {"v": 0.7}}).flags()
    assert flags["reliable"].mean() == pytest.approx(row["share_reliable"])
    np.testing.assert_allclose(flags["gap"], x - y)
    np.testing.assert_allclose(flags["se"], row["se"])
    np.testing.assert_allclose(flags["z"], (x - y) / row["se"])
    np.testing.assert_allclose(flags["squared_corrected"], (x - y) ** 2 - row["se"] ** 2)
    found = triads.gap_reliability(data, {"a": 0.9, "b": {"v": 0.7}})
    np.testing.assert_allclose(found.squared_corrected[:, 0, 0], flags["squared_corrected"])
    assert row["mean_squared"] == pytest.approx(((x - y) ** 2).mean())
    assert row["mean_squared_corrected"] == pytest.approx(flags["squared_corrected"].mean())
    assert (row["n_units"], row["r"]) == (50, pytest.approx(np.corrcoef(x, y)[0, 1]))
    assert row["share_by_chance"] == pytest.approx(0.05)


def test_pseudo_triads_keep_roles_and_answers() -> None:
    data = drawn_triads(7, missing=0.15)
    pseudo = triads.pseudo_triads(data, seed=1)
    np.testing.assert_array_equal(pseudo.present, data.present)
    for role in range(3):
        a, b = pseudo.values[:, role], data.values[:, role]
        np.testing.assert_array_equal(np.sort(a[~np.isnan(a)]), np.sort(b[~np.isnan(b)]))
    assert not np.array_equal(pseudo.values, data.values, equal_nan=True)


@pytest.mark.parametrize(("unit", "zero"), [(1e-9, 0.0), (1e6, 0.0), (1.0, 5000.1)])
def test_units_of_measurement_break_no_ties(unit: float, zero: float) -> None:
    data = drawn_triads(7, missing=0.1)
    data = replace(data, values=np.round(data.values))
    other = replace(data, values=zero + unit * data.values)
    kept = ["r_equal", "rank_r_equal", "largest_change", "note"]
    found = [triads.aggregation_sensitivity(each)[kept] for each in (data, other)]
    pd.testing.assert_frame_equal(found[1], found[0], rtol=1e-4)
    baseline = [triads.pseudo_baseline(each, replications=19, seed=3) for each in (data, other)]
    pd.testing.assert_series_equal(baseline[1]["p"], baseline[0]["p"])


def test_a_role_that_hardly_answers_is_told_without_the_names_of_the_model() -> None:
    data = drawn_triads(8)
    values = data.values.copy()
    values[1:, 2] = np.nan
    notes = set(triads.common_fate_scores(replace(data, values=values)).tidy()["note"])
    assert notes == {"no common-fate fit: the answers of a role are too few or all alike"}


def test_an_answer_range_is_one_of_categories() -> None:
    with pytest.raises(InputError, match=r"answer range .*at most 10,000 categories"):
        triads.null_distribution("uniform", 0, 1e12)
    assert triads.null_distribution("uniform", 0, 100).variance == pytest.approx((101**2 - 1) / 12)


def test_same_seed_same_numbers() -> None:
    data = drawn_triads(8)
    runs = [triads.pseudo_baseline(data, replications=50, seed=3) for _ in range(2)]
    pd.testing.assert_frame_equal(*runs)
    studies = [triads.g_study(data, bootstrap=50, seed=3).tidy() for _ in range(2)]
    pd.testing.assert_frame_equal(*studies)


def test_gaps_of_many_roles_equal_their_tests_one_by_one() -> None:
    data = drawn_triads(4, units=30, roles=5, columns=2, missing=0.2)
    table = triads.gap_tests(data, family="column").tidy().set_index(["column", "pair"])
    assert len(table) == 20
    for (column, pair), row in table.iterrows():
        a, b = (data.roles.index(name) for name in pair.split(" - "))
        d = (data.values[:, a] - data.values[:, b])[:, data.columns.index(column)]
        d = d[~np.isnan(d)]
        found = stats.ttest_1samp(d, 0.0)
        assert (row["t"], row["p"]) == pytest.approx((found.statistic, found.pvalue))
        assert row[["lower", "upper"]].tolist() == pytest.approx(list(found.confidence_interval(0.95)))
        assert row["d_z"] == pytest.approx(d.mean() / d.std(ddof=1))
        for end, probability in (("d_z_lower", 0.975), ("d_z_upper", 0.025)):
            reached = stats.nct.cdf(row["t"], len(d) - 1, row[end] * np.sqrt(len(d)))
            assert reached == pytest.approx(probability, abs=1e-10)


def test_few_firms_are_said_and_cost_degrees_of_freedom() -> None:
    data = replace(drawn_triads(2, units=60), firms=np.repeat([0, 1, 2, 3, 4, 5], [2, 3, 5, 10, 15, 25]))
    table = triads.gap_tests(data, cluster=True).tidy()
    assert table["note"].str.startswith("6 clusters are few").all()
    assert (table["df"] < 4.5).all()  # 5 with firms of one size
    assert table["d_z_lower"].isna().all()
    many = replace(data, firms=np.arange(60))
    assert triads.gap_tests(many, cluster=True).tidy()["df"].tolist() == pytest.approx([59.0] * 9)


def test_contrasts_of_complete_units_are_paired_t_tests() -> None:
    data = drawn_triads(6, units=25, columns=2)
    contrasts, paired = triads.role_contrasts(data), triads.gap_tests(data).tidy()
    for one, other in (("estimate", "mean"), ("se", "se"), ("df", "df"), ("p", "p"), ("upper", "upper")):
        np.testing.assert_allclose(contrasts[one], paired[other], rtol=1e-7, err_msg=one)
    firms = replace(data, firms=np.arange(25) // 5)
    contrasts, paired = triads.role_contrasts(firms), triads.gap_tests(firms, cluster=True).tidy()
    for one, other in (("estimate", "mean"), ("se", "se"), ("df", "df"), ("p", "p")):
        np.testing.assert_allclose(contrasts[one], paired[other], rtol=1e-7, err_msg=one)
    assert contrasts["note"].str.startswith("5 clusters are few").all()


def test_contrasts_of_incomplete_units_are_robust_least_squares_of_whitened_scores() -> None:
    data = replace(drawn_triads(8, units=40, columns=1, missing=0.25), firms=np.arange(40) // 4)
    x = data.values[:, :, 0]
    fit = fit_reml(x[~np.isnan(x).all(axis=1)], role_design(3, random_roles=False)).components()
    rows, y = [], []
    for unit in x:
        seen = ~np.isnan(unit)
        if seen.any():
            V = fit["unit"] + fit["residual"] * np.eye(seen.sum())
            values, vectors = np.linalg.eigh(V)
            root = (vectors / np.sqrt(values)) @ vectors.T
            rows.append(root @ np.eye(3)[seen])
            y.append(root @ unit[seen])
    X, firm = np.vstack(rows), np.repeat(data.firms, (~np.isnan(x)).sum(axis=1))
    z = np.concatenate(y)
    means = np.linalg.lstsq(X, z, rcond=None)[0]
    robust = cluster_robust(X, z - X @ means, firm)
    row = triads.role_contrasts(data).iloc[0]
    contrast = np.array([[1.0, -1.0, 0.0]])
    assert row["estimate"] == pytest.approx(means[0] - means[1])
    assert row["se"] == pytest.approx(np.sqrt((contrast @ robust.covariance @ contrast.T).item()))
    assert row["df"] == pytest.approx(robust.degrees_of_freedom(contrast)[0])


def test_degrees_of_freedom_of_many_roles_are_near_the_exact_ones(monkeypatch) -> None:
    data = replace(drawn_triads(3, units=60, roles=4, columns=1, missing=0.1), firms=np.arange(60) // 4)
    exact = triads.role_contrasts(data)["df"]
    monkeypatch.setattr(contrasts, "MANY_ROLES", 2)
    np.testing.assert_allclose(triads.role_contrasts(data)["df"], exact, rtol=0.02)


def test_adjusted_p_values_count_the_observed_data_as_one_permutation() -> None:
    rng = np.random.default_rng(12)
    hits = {19: 0, 49: 0}
    for draws in hits:
        for _ in range(1000):
            values = rng.standard_normal((draws + 1, 12))
            hits[draws] += (max_t(values[0], values[1:]) <= 0.05).any()
    for draws, count in hits.items():  # .202 and .078 when standardised by the draws alone
        assert abs(count / 1000 - 0.05) <= 4 * np.sqrt(0.05 * 0.95 / 1000), draws
    assert max_t(np.array([-9.0]), np.arange(3.0)[:, None])[0] == 0.25


def test_critical_values_of_all_gaps_of_a_unit_are_those_of_the_range() -> None:
    for k, expected in ((2, 2.7718), (3, 3.3145), (5, 3.8577), (20, 5.0117)):  # Harter's tables
        assert studentized_range(0.95, k) == pytest.approx(expected, abs=6e-4)
    data = drawn_triads(5, units=50, missing=0.2, columns=1)
    unit, pair = (triads.gap_reliability(data, 0.7, family=f) for f in ("unit", "pair"))
    roles = (~np.isnan(data.values[:, :, 0])).sum(axis=1)
    np.testing.assert_allclose(unit.critical[roles == 3, 0], 3.314493 / np.sqrt(2), rtol=1e-6)
    np.testing.assert_allclose(unit.critical[roles == 2, 0], 1.959964, rtol=1e-6)
    np.testing.assert_allclose(pair.critical[roles >= 2, 0], 1.959964, rtol=1e-6)
    assert (unit.table["points"] / pair.table["points"]).tolist() == pytest.approx([3.314493 / 2.771808] * 3)
    assert (unit.table["share_by_chance"] < 0.05).all()
    assert pair.table["share_by_chance"].tolist() == pytest.approx([0.05] * 3)
    with pytest.raises(InputError, match="unit, pair"):
        triads.gap_reliability(data, 0.7, family="all")


def test_odd_roles_without_reliabilities_have_shares_but_no_test() -> None:
    summary = triads.odd_role_out(drawn_triads(1, columns=1)).summary()
    assert summary["share"].sum() == pytest.approx(1)
    assert summary["chance"].tolist() == pytest.approx([1 / 3] * 3)
    assert summary[["chi2", "p", "p_holm"]].isna().all(axis=None)
    assert summary["note"].str.startswith("no test without reliabilities").all()


def test_expected_shares_of_odd_roles_by_brute_force() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(5000, 1)) + rng.normal(size=(5000, 3)) * [0.5, 1.0, 2.0]
    data = triads.TriadData(
        np.arange(5000), None, tuple("abc"), ("v",), x[:, :, None], np.ones((5000, 3), bool)
    )
    odd = triads.odd_role_out(data, {"a": 0.8, "b": 0.5, "c": 0.2})
    errors = rng.normal(size=(400_000, 3)) * [0.5, 1.0, 2.0]
    farthest = np.abs(errors - errors.mean(axis=1, keepdims=True)).argmax(axis=1)
    np.testing.assert_allclose(odd.expected[:, 0], np.bincount(farthest) / 400_000, atol=0.01)
    np.testing.assert_allclose(odd.summary()["chance"], odd.expected[:, 0])


def test_pairs_are_matched_within_firms_where_firms_have_several_units() -> None:
    firms = np.array([0, 0, 0, 1, 1, 2, None, None], dtype=object)
    data = replace(drawn_triads(1, units=8, columns=1), firms=firms)
    found = triads.pseudo_triads(data, seed=3)
    for rows in ([0, 1, 2], [3, 4], [5], [6], [7]):
        for role in range(3):
            assert sorted(found.values[rows, role, 0]) == sorted(data.values[rows, role, 0])
    table = triads.pseudo_baseline(data, replications=19, seed=1, profiles=False)
    assert (table["matched_within"] == "firm").all()
    alone = replace(data, firms=np.arange(8))
    assert (triads.pseudo_baseline(alone, replications=19, seed=1)["matched_within"] == "all units").all()
    long = data.to_long()
    groups = triads.random_group_resampling(long, ["v0"], replications=19, seed=1, firm="firm")
    assert groups.table["matched_within"].tolist() == ["firm"]
    free = triads.random_group_resampling(long, ["v0"], replications=19, seed=1)
    assert free.table["matched_within"].tolist() == ["all units"]
