"""Every column of the tables of aggregation, agreement, pseudo-triads and missing roles, written out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from drawn_triads import drawn_triads
from scipy import stats

from comply_measure import triads
from comply_measure.errors import InputError
from comply_measure.triads import TriadData
from comply_measure.triads.agreement import exact
from comply_measure.triads.agreement.nulls import n_categories, null_distribution
from comply_measure.triads.agreement.resampling import permutations
from comply_measure.triads.gaps.pseudo import pseudo_triads

NAN = np.nan
# five units, three roles, one variable: complete, two roles, one role, ties, a distance of zero
SMALL = TriadData.from_long(
    pd.DataFrame(
        {
            "unit": [1, 1, 1, 2, 2, 3, 4, 4, 4, 5, 5, 5],
            "role": ["m", "s", "i", "m", "i", "s", "m", "s", "i", "m", "s", "i"],
            "x": [1.0, 2.0, 6.0, 3.0, 4.0, 5.0, 2.0, 2.0, 5.0, 1.0, 3.0, 5.0],
        }
    ),
    ["x"],
    roles=("m", "s", "i"),
)


def scores(data: TriadData = SMALL, **options: object) -> list[float]:
    return triads.aggregate(data, **options).values[:, 0].tolist()  # type: ignore[arg-type]


def test_schemes_of_aggregation_by_hand() -> None:
    np.testing.assert_allclose(scores(), [3.0, 3.5, NAN, 3.0, 3.0])
    np.testing.assert_allclose(scores(min_roles=1)[2], 5.0)
    np.testing.assert_allclose(scores(min_roles=3), [3.0, NAN, NAN, 3.0, 3.0])
    np.testing.assert_allclose(scores(scheme="median"), [2.0, 3.5, NAN, 2.0, 3.0])
    sd = [np.std(x, ddof=1) for x in ([1, 2, 6], [3, 4], [2, 2, 5], [1, 3, 5])]
    np.testing.assert_allclose(scores(composition="dispersion"), [sd[0], sd[1], NAN, *sd[2:]])
    # role means m 7/4, s 3, i 5; their mean 3.25
    centred = [[1 - 1.75, 2 - 3, 6 - 5], [3 - 1.75, 4 - 5], [2 - 1.75, 2 - 3, 0], [1 - 1.75, 0, 0]]
    mean, median = ([3.25 + f(x) for x in centred] for f in (np.mean, np.median))
    np.testing.assert_allclose(scores(centring="role"), [*mean[:2], NAN, *mean[2:]])
    np.testing.assert_allclose(scores(centring="role", scheme="median"), [*median[:2], NAN, *median[2:]])


def test_weights_that_fall_with_the_distance_from_the_others() -> None:
    # distances from the unit's mean: 2, 1, 3 · equal · 1, 1, 2 · 2, 0, 2
    w = np.array([1 / 2, 1, 1 / 3])
    expected = [w @ [1, 2, 6] / w.sum(), 3.5, NAN, (2 + 2 + 2.5) / 2.5, 3.0]
    np.testing.assert_allclose(scores(scheme="response"), expected)
    w = w**2
    expected = [w @ [1, 2, 6] / w.sum(), 3.5, NAN, (2 + 2 + 1.25) / 2.25, 3.0]
    np.testing.assert_allclose(scores(scheme="response", exponent=2.0), expected)
    np.testing.assert_allclose(scores(scheme="response", exponent=0.0), scores())
    with pytest.raises(InputError, match="exponent"):
        scores(scheme="response", exponent=-1.0)


def test_weights_by_competence_are_relative_to_the_role() -> None:
    competence = np.array([[1.0, 2, 3], [3, 2, NAN], [2, 2, 3], [2, 2, 6], [2, 2, 0]])
    relative = np.where(np.isnan(competence), 1.0, competence / [2, 2, 3])
    x = SMALL.values[:, :, 0]
    for exponent in (0.0, 0.5, 1.0, 2.0):
        w = np.where(np.isnan(x), 0.0, relative**exponent)
        expected = (w * np.nan_to_num(x)).sum(axis=1) / w.sum(axis=1)
        expected[2] = NAN
        found = scores(scheme="competence", competence=competence, exponent=exponent)
        np.testing.assert_allclose(found, expected)
    for options in (
        {"competence": competence[:, :2]},
        {"competence": -competence},
        {"competence": np.full((5, 3), np.inf)},
        {"competence": competence, "exponent": -0.5},
        {"competence": None},
    ):
        with pytest.raises(InputError, match=r"competence|exponent"):
            scores(scheme="competence", **options)


def test_weights_by_precision_are_those_of_one_common_factor() -> None:
    data = drawn_triads(5, units=60, missing=0.15, unit_sd=1.0)
    found = triads.aggregate(data, scheme="precision").values
    for j in range(len(data.columns)):
        frame = pd.DataFrame(data.values[:, :, j])
        both = frame.cov()  # pairwise: over units that have both
        common = np.mean([both.iloc[a, b] for a, b in data.pairs])
        w = np.where(frame.isna(), 0.0, 1 / (np.diag(both) - common))
        expected = (w * frame.fillna(0.0)).sum(axis=1) / w.sum(axis=1)
        expected[frame.notna().sum(axis=1) < 2] = NAN
        np.testing.assert_allclose(found[:, j], expected)
    apart = TriadData(
        np.arange(4), None, ("m", "s"), ("x",), np.array([[1, 4], [2, 3], [3, 2], [4, 1.0]])[:, :, None],
        np.ones((4, 2), bool),
    )  # fmt: skip
    none = triads.aggregate(apart, scheme="precision")
    assert np.isnan(none.values).all()
    assert none.tidy()["note"].tolist() == ["scheme undefined for this variable"] * 4


def test_rows_of_unit_scores_say_how_and_why_not() -> None:
    table = triads.aggregate(SMALL, scheme="response", exponent=2.0, centring="role").tidy()
    assert table["n_informants"].tolist() == [3, 2, 1, 3, 3]
    assert table["note"].tolist() == ["", "", "fewer than 2 roles", "", ""]
    assert table["scheme"][0] == "response-data weights (α = 2), role-centred; at least 2 roles"
    assert "se" not in table
    blup = triads.blup_scores(SMALL).tidy()
    assert blup.columns.tolist()[3] == "se"
    for low in (0, 4):
        with pytest.raises(InputError, match="allowed: 1 to 3"):
            triads.aggregate(SMALL, min_roles=low)
    for bad in ({"min_roles": 1}, {"scheme": "median"}):
        with pytest.raises(InputError):
            triads.aggregate(SMALL, composition="dispersion", **bad)  # type: ignore[arg-type]


def test_best_linear_predictions_are_those_of_the_whole_covariance_matrix() -> None:
    data = drawn_triads(6, units=40, missing=0.3)
    blup = triads.blup_scores(data)
    table = triads.unit_reliability(data).set_index(["column", "unit"])
    for j, column in enumerate(data.columns):
        x = data.values[:, :, j]
        rows = table.loc[column]
        between, error = rows["variance_unit"].iloc[0], rows["variance_error"].iloc[0]
        V = between * np.ones((3, 3)) + error * np.eye(3)
        known = [np.flatnonzero(~np.isnan(row)) for row in x]
        weight = [np.linalg.inv(V[np.ix_(k, k)]) if len(k) else np.zeros((0, 0)) for k in known]
        A = sum(np.eye(3)[:, k] @ w @ np.eye(3)[k] for k, w in zip(known, weight, strict=True))
        b = sum(np.eye(3)[:, k] @ w @ row[k] for k, w, row in zip(known, weight, x, strict=True))
        means = np.linalg.solve(A, b)
        for g, (k, w) in enumerate(zip(known, weight, strict=True)):
            row = rows.loc[g]
            assert row["n_informants"] == len(k)
            if not len(k):
                assert row["note"] == "no informant"
                assert np.isnan([row["reliability"], blup.values[g, j]]).all()
                continue
            gain = between * np.ones(len(k)) @ w
            assert blup.values[g, j] == pytest.approx(means.mean() + gain @ (x[g, k] - means[k]), abs=1e-6)
            assert blup.standard_errors is not None
            assert blup.standard_errors[g, j] == pytest.approx(np.sqrt(between - between * gain.sum()))
            assert row["reliability"] == pytest.approx(gain.sum())
            assert row["note"] == ""


def test_scores_of_a_common_fate_are_expectations_given_the_answers() -> None:
    from comply_measure import sem

    data = drawn_triads(7, units=60, missing=0.2, columns=1, unit_sd=1.0)
    x = pd.DataFrame(data.values[:, :, 0], columns=["a", "b", "c"])
    fit = sem.fit("T =~ 1*a + 1*b + 1*c", x[x.notna().any(axis=1)], missing="ml")
    est = fit.estimates.set_index(["lhs", "op", "rhs"])["est"]
    common, theta = est["T", "~~", "T"], [est[v, "~~", v] for v in "abc"]
    level = np.array([est[v, "~1", ""] for v in "abc"])
    found = triads.common_fate_scores(data)
    assert found.standard_errors is not None
    V = common + np.diag(theta)
    for g, row in enumerate(x.to_numpy()):
        k = np.flatnonzero(~np.isnan(row))
        if not len(k):
            assert np.isnan(found.values[g, 0])
            continue
        gain = common * np.linalg.solve(V[np.ix_(k, k)], np.ones(len(k)))
        assert found.values[g, 0] == pytest.approx(level.mean() + gain @ (row[k] - level[k]), abs=1e-6)
        assert found.standard_errors[g, 0] == pytest.approx(np.sqrt(common * (1 - gain.sum())), abs=1e-6)
    assert (triads.common_fate_scores(SMALL).tidy()["n_informants"] == [3, 2, 1, 3, 3]).all()


def test_schemes_are_compared_with_the_mean_and_a_criterion() -> None:
    data = drawn_triads(8, units=30, missing=0.2, columns=2)
    rng = np.random.default_rng(1)
    criterion = rng.normal(size=30)
    criterion[3] = NAN
    competence = rng.uniform(1, 5, (30, 3))
    table = triads.aggregation_sensitivity(data, competence=competence, criterion=criterion)
    options = {
        "mean": {},
        "role-centred mean": {"centring": "role"},
        "complete units only": {"min_roles": 3},
        "median": {"scheme": "median", "centring": "role"},
        "competence, β = 1": {"scheme": "competence", "centring": "role", "competence": competence},
        "response data, α = 1": {"scheme": "response", "centring": "role"},
        "competence, β = 2": {
            "scheme": "competence", "centring": "role", "competence": competence, "exponent": 2.0,
        },
        "response data, α = 2": {"scheme": "response", "centring": "role", "exponent": 2.0},
        "precision": {"scheme": "precision", "centring": "role"},
    }  # fmt: skip
    assert table["scheme"].tolist()[:9] == list(options)
    base = triads.aggregate(data).frame()
    for row in table.to_dict("records"):
        name, column = row["scheme"], row["column"]
        if name in options:
            found = triads.aggregate(data, **options[name])  # type: ignore[arg-type]
        else:
            found = {"BLUP": triads.blup_scores, "common fate": triads.common_fate_scores}[name](data)
        x, mean = found.frame()[column], base[column]
        both = x.notna() & mean.notna()
        expected = {
            "n_units": x.notna().sum(),
            "n_informants": found.n_informants[x.notna().to_numpy(), data.columns.index(column)].sum(),
            "mean": x.mean(),
            "sd": x.std(),
            "r_equal": x.corr(mean),
            "rank_r_equal": x[both].corr(mean[both], method="spearman"),
            "largest_change": (x - mean).abs().max() / mean[both].std(),
            "r_criterion": x.corr(pd.Series(criterion)),
            "r_criterion_change": x.corr(pd.Series(criterion)) - mean.corr(pd.Series(criterion)),
        }
        for key, value in expected.items():
            assert row[key] == pytest.approx(value, abs=1e-9), (name, key)
        assert row["note"] == ""


def test_comparisons_of_too_few_units_say_so() -> None:
    one = SMALL.select(units=slice(0, 1))
    table = triads.aggregation_sensitivity(one).set_index("scheme")
    few = "one unit: no standard deviation; fewer than 3 units with both scores: no correlation"
    assert table.loc["mean", "note"] == few
    assert table.loc["mean", "mean"] == 3.0
    assert np.isnan(table.loc["mean", ["sd", "largest_change"]].to_numpy(float)).all()
    assert triads.aggregation_sensitivity(SMALL.select(units=[2])).set_index("scheme").loc[
        "mean", "note"
    ] == ("no unit has a score")
    two, three = (
        triads.aggregation_sensitivity(SMALL.select(units=list(range(n)))).set_index("scheme").loc["mean"]
        for n in (2, 4)  # the third has one role and no score
    )
    assert two["note"] == "fewer than 3 units with both scores: no correlation"
    assert (two["sd"], two["largest_change"]) == (pytest.approx(np.sqrt(0.125)), 0.0)  # of 3 and 3.5
    assert np.isnan(two["r_equal"])
    assert (three["n_units"], three["r_equal"], three["note"]) == (3, pytest.approx(1.0), "")
    with pytest.raises(InputError, match="one value for each of 5 units"):
        triads.aggregation_sensitivity(SMALL, criterion=np.ones(4))
    drawn = drawn_triads(8, units=30, columns=1)
    flat = triads.aggregation_sensitivity(drawn, criterion=np.ones(30)).set_index("scheme")
    assert flat.loc["median", "note"] == "the criterion does not vary, or fewer than 3 units have it"


def test_pseudo_triads_by_ones_own_rematching() -> None:
    data = drawn_triads(9, units=20, missing=0.15, columns=4)
    table = triads.pseudo_baseline(data, replications=40, seed=3)
    assert table["p_adjusted"].equals(table["p_adjusted"].where(table["p_adjusted"].between(1 / 41, 1)))

    def statistics(d: TriadData) -> np.ndarray:
        x = d.values
        rows: list[float] = [
            np.nanmean(np.abs(x[:, a, j] - x[:, b, j])) for j in range(4) for a, b in d.pairs
        ]
        profiles = []
        for name in ("d_mean", "correlation", "correlation_distinctive"):
            tidy = triads.profile_similarity(d).tidy()
            profiles += [tidy.loc[tidy["pair"] == pair, name].mean() for pair in d.pair_names]
        return np.array(rows + profiles)

    rng = np.random.default_rng(3)
    real, draws = statistics(data), np.array([statistics(pseudo_triads(data, rng)) for _ in range(40)])
    sign = np.where(table["statistic"].str.contains("correlation"), -1.0, 1.0)
    hits = (sign * draws <= sign * real + 1e-12).sum(axis=0)
    lower, upper = np.percentile(draws, [2.5, 97.5], axis=0)
    expected = {
        "real": real,
        "pseudo": draws.mean(axis=0),
        "pseudo_lower": lower,
        "pseudo_upper": upper,
        "ratio": np.where(sign > 0, real / draws.mean(axis=0), NAN),
        "p": (1 + hits) / 41,
    }
    for name, values in expected.items():
        np.testing.assert_allclose(table[name], values, rtol=1e-9, err_msg=name)
    rows = np.vstack([sign * real, sign * draws])
    z = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    adjusted = (z.min(axis=1)[:, None] <= z[0] + 1e-9).mean(axis=0)
    np.testing.assert_allclose(table["p_adjusted"], adjusted)
    both = [(~np.isnan(data.values[:, a] - data.values[:, b])).sum(axis=0) for a, b in data.pairs]
    np.testing.assert_array_equal(table["n_units"][:12], np.array(both).T.ravel())
    assert table["note"].tolist() == [""] * 15 + ["no ratio of correlations"] * 6
    assert set(table["matched_within"]) == {"all units"}
    one = triads.pseudo_baseline(data.select(["v0"]), replications=19, seed=1)
    assert set(one["statistic"]) == {"absolute_gap"}
    with pytest.raises(InputError, match="at least 19"):
        triads.pseudo_baseline(data, replications=18, seed=1)


def test_random_groups_by_ones_own_permutation() -> None:
    long = drawn_triads(10, units=15, missing=0.25, columns=2).to_long().sample(frac=1, random_state=1)
    found = triads.random_group_resampling(long, ["v0", "v1"], scheme="free", replications=30, seed=4)
    table = found.tidy()
    units = pd.factorize(long["unit"])[0]
    ordered = long.iloc[np.argsort(units, kind="stable")]
    sizes = np.bincount(units)
    order = permutations(np.zeros(len(long), dtype=np.int64), 30, np.random.default_rng(4))
    ends = np.cumsum(sizes)[:-1]
    for j, column in enumerate(["v0", "v1"]):
        row = table.iloc[j]
        observed = ordered.groupby("unit")[column].var().dropna()
        x = ordered[column].to_numpy()
        each = [[part.var(ddof=1) for part in np.split(x[rows], ends) if len(part) > 1] for rows in order]
        means = np.array([np.mean(part) for part in each])
        every = np.concatenate(each)
        np.testing.assert_allclose(found.means[:, j], means)
        assert row["variance"] == pytest.approx(observed.mean())
        assert row["variance_random"] == pytest.approx(every.mean())
        assert row["sd_random"] == pytest.approx(every.std(ddof=1))
        z = (observed.mean() - every.mean()) / (every.std(ddof=1) / np.sqrt(len(observed)))
        assert row["z_published"] == pytest.approx(z)
        assert row["p"] == pytest.approx((1 + (means <= observed.mean()).sum()) / 31)
        assert (row["n_units"], row["n_informants"]) == (len(observed), len(long))
        assert (row["replications"], row["scheme"], row["note"]) == (30, "free", "")


def test_rows_of_waba_by_sums_of_squares() -> None:
    rng = np.random.default_rng(2)
    unit = np.repeat(np.arange(12), [2, 3, 4] * 4)
    x = rng.normal(size=12)[unit] * 2 + rng.normal(size=36)
    y = 0.3 * rng.normal(size=12)[unit] + rng.normal(size=36)
    data = pd.DataFrame({"unit": unit, "x": x, "y": y})
    data.loc[4, "y"] = NAN
    row = triads.waba(data, columns=["x", "y"]).tidy().iloc[0]
    used = data.dropna()
    part = used[["x", "y"]] - used[["x", "y"]].mean()
    between = part.groupby(used["unit"]).transform("mean")
    within = part - between
    b, w = (np.sqrt((p**2).sum() / (part**2).sum()) for p in (between, within))
    assert (row["n_units"], row["n_informants"]) == (12, 35)
    expected = {
        "r": part.corr().iloc[0, 1],
        "eta_between_x": b["x"], "eta_between_y": b["y"], "eta_within_x": w["x"], "eta_within_y": w["y"],
        "r_between": between.corr().iloc[0, 1], "r_within": within.corr().iloc[0, 1],
        "component_between": b["x"] * b["y"] * between.corr().iloc[0, 1],
        "component_within": w["x"] * w["y"] * within.corr().iloc[0, 1],
        "e_x": b["x"] / w["x"], "e_y": b["y"] / w["y"],
        "f_x": (b["x"] / w["x"]) ** 2 * 23 / 11, "f_y": (w["y"] / b["y"]) ** 2 * 11 / 23,
        "p_x": stats.f.sf((b["x"] / w["x"]) ** 2 * 23 / 11, 11, 23),
        "p_y": stats.f.sf((w["y"] / b["y"]) ** 2 * 11 / 23, 23, 11),
    }  # fmt: skip
    for name, value in expected.items():
        assert row[name] == pytest.approx(value), name
    assert (row["call_x"], row["call_y"], row["note"]) == ("wholes (30°)", "parts (30°)", "")


@pytest.mark.parametrize(
    ("degrees", "verdict"),
    [(61, "wholes (30°)"), (59, "wholes (15°)"), (52, "equivocal"), (38, "equivocal"), (37, "parts (15°)"),
     (29, "parts (30°)")],
)  # fmt: skip
def test_calls_of_waba_follow_the_angle(degrees: float, verdict: str) -> None:
    from comply_measure.triads.reliability.waba_analysis import call

    assert call(float(np.tan(np.radians(degrees)))) == verdict
    assert call(NAN) == ""


def test_pairs_that_waba_cannot_take_apart_say_so() -> None:
    data = pd.DataFrame({"unit": [1, 1, 2, 2], "a": [1.0, 2, 3, 4], "same": [1.0, 1, 2, 2], "flat": 1.0})
    data = data.assign(level=[1.0, 2, 2, 1], two=[1.0, NAN, NAN, 2])
    table = triads.waba(data, [("a", "same"), ("a", "flat"), ("a", "level"), ("a", "two")]).tidy()
    assert table["note"].tolist() == [
        "no variance within units", "a variable does not vary", "no variance between units",
        "fewer than 3 informants",
    ]  # fmt: skip
    assert table["n_informants"].tolist() == [4, 4, 4, 2]
    assert table["n_units"].tolist() == [2, 2, 2, 0]
    assert table["call_x"].isna().tolist() == [False, False, False, True]
    assert np.isnan(table.loc[2, ["f_y", "p_y"]].to_numpy(float)).all()


def test_patterns_of_roles_most_frequent_first() -> None:
    table = triads.completeness_patterns(SMALL)
    assert table["roles"].tolist() == ["m + s + i", "m + i", "s"]
    assert table["n_roles"].tolist() == [3, 2, 1]
    assert table["n_units"].tolist() == [3, 1, 1]
    assert table["n_informants"].tolist() == [9, 2, 1]
    assert table["share"].tolist() == [0.6, 0.2, 0.2]
    assert table[["m", "s", "i"]].to_numpy().tolist() == [
        [True] * 3,
        [True, False, True],
        [False, True, False],
    ]


def test_absence_of_a_role_by_logistic_regression() -> None:
    import statsmodels.api as sm

    data = drawn_triads(11, units=80, columns=1)
    x = data.values.copy()
    x[np.random.default_rng(5).random(80) < 1 / (1 + np.exp(-(x[:, 0, 0] - 4.4))), 1] = NAN
    data = TriadData(data.units, None, data.roles, data.columns, x, ~np.isnan(x[:, :, 0]))
    table = triads.missing_role_test(data)
    others = (x[:, [0, 2], 0] - x[:, [0, 2], 0].mean(axis=0)).mean(axis=1)
    absent = np.isnan(x[:, 1, 0])
    fit = sm.Logit(absent.astype(float), sm.add_constant(others)).fit(disp=0)
    row = table.iloc[1]
    assert (row["n_units"], row["n_missing"], row["note"]) == (80, absent.sum(), "")
    expected = (fit.params[1], fit.bse[1], np.exp(fit.params[1]), fit.llr, fit.llr_pvalue)
    np.testing.assert_allclose(
        row[["b", "se", "odds_ratio", "chi2", "p"]].to_numpy(float), expected, rtol=1e-6
    )
    assert row["p_holm"] == row["p"]
    assert table["note"].tolist() == ["the role is never absent", "", "the role is never absent"]
    assert table.loc[[0, 2], ["b", "se", "odds_ratio", "chi2", "p", "p_holm"]].isna().all(axis=None)
    always = TriadData(
        data.units, None, data.roles, data.columns, np.where(np.arange(3)[:, None] == 1, NAN, data.values),
        data.present & (np.arange(3) != 1),
    )  # fmt: skip
    assert triads.missing_role_test(always)["note"].tolist()[1] == "no unit has the role"
    split = np.array([[4.0, 1, NAN], [3, NAN, NAN], [1, NAN, NAN], [5, 2, NAN]])[:, :, None]
    parted = TriadData(np.arange(4), None, data.roles, ("x",), split, ~np.isnan(split[:, :, 0]))
    assert triads.missing_role_test(parted)["note"][1] == "absence is separated by the score: no estimate"
    split[:, 0] = 2.0
    flat = TriadData(np.arange(4), None, data.roles, ("x",), split, ~np.isnan(split[:, :, 0]))
    assert triads.missing_role_test(flat)["note"][1] == "the other roles do not vary"


def answers(seed: int = 12) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    level = rng.integers(1, 6, (30, 1, 4))
    x = np.clip(level + rng.integers(-1, 2, (30, 3, 4)), 1, 5).astype(float)
    x[rng.random(x.shape) < 0.15] = NAN
    frame = pd.DataFrame(x.reshape(90, 4), columns=["a", "b", "c", "d"])
    return frame.assign(unit=np.repeat(np.arange(30), 3))


SCALES = {"A": ["a", "b"], "B": ["b", "c", "d"]}


def test_summaries_of_agreement_are_those_of_its_rows() -> None:
    found = triads.agreement_indices(answers(), SCALES, minimum=1, maximum=5)
    every, summary = found.tidy(), found.summary({"rwg_j": 0.8, "ad_mean": 0.5})
    assert len(summary) == len(every[["scale", "index", "null"]].drop_duplicates())
    for row in summary.to_dict("records"):
        same = (every[["scale", "index", "null"]] == [row[k] for k in ("scale", "index", "null")]).all(axis=1)
        part = every[same]
        known = part.dropna(subset="value")
        assert (row["n_units"], row["n_defined"]) == (len(part), len(known))
        assert row["n_informants"] == pytest.approx(known["n_informants"].mean())
        quartiles = known["value"].quantile([0, 0.25, 0.5, 0.75, 1]).tolist()
        names = ("minimum", "q25", "median", "q75", "maximum", "mean", "sd")
        expected = (*quartiles, known["value"].mean(), known["value"].std())
        np.testing.assert_allclose([row[n] for n in names], expected, rtol=1e-12)
        counts = part.loc[part["value"].isna(), "note"].value_counts(sort=False)
        assert sum(counts) == len(part) - len(known)
        for reason, count in counts.items():
            assert f"{reason}: {count} units" in row["note"]
        if row["index"] == "ad_mean":
            assert (row["cutoff"], row["share_agreeing"]) == (0.5, (known["value"] <= 0.5 + 1e-12).mean())
        elif row["index"] == "ad_median":
            assert row["cutoff"] == pytest.approx(5 / 6)
        elif row["index"] == "rwg_j":
            assert (row["cutoff"], row["share_agreeing"]) == (0.8, (known["value"] >= 0.8 - 1e-12).mean())


@pytest.mark.parametrize("index", ["rwg_j", "ad_mean", "ad_median"])
def test_tests_of_agreement_are_those_of_all_answers_at_random(index) -> None:
    from itertools import product

    found = triads.agreement_tests(answers(), SCALES, minimum=1, maximum=5, index=index, alpha=0.1)
    table, summary = found.tidy(), found.summary().set_index("scale")
    statistic = {
        "rwg_j": lambda x: x.var(ddof=1),
        "ad_mean": lambda x: np.abs(x - x.mean()).mean(),
        "ad_median": lambda x: np.abs(x - np.median(x)).mean(),
    }[index]
    null = {
        k: np.array([statistic(np.array(x, dtype=float)) for x in product(range(1, 6), repeat=k)])
        for k in (2, 3)
    }
    data = answers()
    part = table[table["scale"] == "A"].set_index("unit")
    levels, hits = [], 0
    for unit, rows in data.groupby("unit"):
        row = part.loc[unit]
        columns = [rows[item].dropna().to_numpy() for item in SCALES["A"]]
        used = [x for x in columns if len(x) > 1]
        assert row["n_items_used"] == len(used)
        assert row["n_informants"] == rows[SCALES["A"]].notna().any(axis=1).sum()
        if not used:
            assert row["note"] == "too few items answered by 2 informants"
            assert np.isnan(row["p"])
            continue
        s = np.mean([statistic(x) for x in used])
        mean = np.mean(np.meshgrid(*(null[len(x)] for x in used)), axis=0).ravel()
        p = (mean <= s + 1e-9).mean()
        assert row["p"] == pytest.approx(p, abs=1e-12)
        value = s if index != "rwg_j" else (k := len(used)) * (1 - s / 2) / (k * (1 - s / 2) + s / 2)
        if index != "rwg_j" or s <= 2:
            assert row["value"] == pytest.approx(value)
        points = np.unique(np.round(mean, 9))
        cdf = np.array([(mean <= point + 1e-9).mean() for point in points])
        level = cdf[cdf <= 0.1 + 1e-12].max(initial=0.0)
        levels.append(level)
        hits += p <= 0.1 + 1e-12
        assert row["note"] == ("" if level > 0 else "no value would be significant: none is so rare")
        if level > 0 and index != "rwg_j":
            assert row["critical"] == pytest.approx(points[cdf <= 0.1 + 1e-12].max())
    tested = part["p"].dropna()
    row = summary.loc["A"]
    assert (row["n_units"], row["n_tested"]) == (30, len(tested))
    assert row["n_testable"] == sum(level > 0 for level in levels)
    assert row["share_significant"] == pytest.approx(hits / len(tested))
    assert row["expected_by_noise"] == pytest.approx(np.mean(levels))
    chance = np.ones(1)
    for level in levels:
        chance = np.convolve(chance, [1 - level, level])
    assert row["p_share"] == pytest.approx(chance[hits:].sum(), abs=1e-12)
    fdr = stats.false_discovery_control(tested)
    np.testing.assert_allclose(part["p_fdr"].dropna(), fdr)
    assert row["share_significant_fdr"] == pytest.approx((fdr <= 0.1).mean())
    flags = part.loc[tested.index, ["significant", "significant_fdr"]].astype(bool)
    np.testing.assert_array_equal(flags["significant"], tested <= 0.1 + 1e-12)
    np.testing.assert_array_equal(flags["significant_fdr"], fdr <= 0.1 + 1e-12)
    assert part["significant"].isna().equals(part["p"].isna())
    if index == "rwg_j":
        assert row["share_at_cutoff"] == pytest.approx(
            (part.loc[tested.index, "value"] >= 0.7 - 1e-12).mean()
        )
        assert row["cutoff"] == 0.7
    else:
        assert np.isnan(row[["cutoff", "share_at_cutoff", "noise_at_cutoff"]].to_numpy(float)).all()


def test_options_of_agreement_are_checked_at_their_edges() -> None:
    data = answers()
    for bad in (
        {"alpha": 0.0}, {"alpha": 1.0}, {"min_items": 0.0}, {"min_items": 1.01}, {"index": "x"},
        {"item_correlation": 0.3, "seed": 1, "replications": 99}, {"item_correlation": 0.3},
    ):  # fmt: skip
        with pytest.raises(InputError):
            triads.agreement_tests(data, SCALES, minimum=1, maximum=5, **bad)
    triads.agreement_tests(data, SCALES, minimum=1, maximum=5, min_items=1.0)
    with pytest.raises(InputError, match="answers are not whole numbers"):
        triads.agreement_tests(data.replace({"b": {3.0: 3.5}}), SCALES, minimum=1, maximum=5)
    for ends in ((1.5, 5), (1, 5.5), (5, 5), (1, np.inf), (np.nan, 5)):
        with pytest.raises(InputError, match="two whole numbers, the lower first"):
            n_categories(*ends)
    assert n_categories(-1, 3) == 5


def test_the_odd_roles_of_all_units_against_chance() -> None:
    data = drawn_triads(13, units=60, missing=0.1)
    reliability = {"marketing": 0.8, "sales": 0.7, "it": 0.6}
    found = triads.odd_role_out(data, reliability)
    table, every = found.summary(), found.tidy()
    assert table["p_holm"].notna().all()
    firsts = table.drop_duplicates("column")
    order = np.argsort(firsts["p"].to_numpy())
    adjusted = np.maximum.accumulate(firsts["p"].to_numpy()[order] * [3, 2, 1]).clip(max=1)
    np.testing.assert_allclose(firsts["p_holm"].to_numpy()[order], adjusted)
    for column, rows in table.groupby("column", sort=False):
        mine = every[every["column"] == column]
        counts = mine["odd_role"].value_counts().reindex(rows["role"]).to_numpy()
        n, chance = counts.sum(), rows["chance"].to_numpy()
        assert chance.sum() == pytest.approx(1, abs=1e-6)
        chi2 = ((counts - n * chance) ** 2 / (n * chance)).sum()
        np.testing.assert_array_equal(rows["n_odd"], counts)
        assert set(rows["n_decided"]) == {n}
        assert set(rows["n_ties"]) == {(mine["odd_role"] == "tie").sum()}
        np.testing.assert_allclose(rows["share"], counts / n)
        np.testing.assert_allclose(rows["share_over_chance"], (counts / n - chance) / (1 - chance))
        np.testing.assert_allclose(rows["chi2"], chi2)
        np.testing.assert_allclose(rows["p"], stats.chi2.sf(chi2, 2))
        assert set(rows["df"]) == {2}
        flags = (
            mine[mine["reliable"].fillna(False)]["odd_role"].value_counts().reindex(rows["role"]).fillna(0)
        )
        np.testing.assert_array_equal(rows["n_reliable"].astype(float), flags)
    plain = triads.odd_role_out(data)
    assert plain.summary()[["chi2", "p", "p_holm"]].isna().all(axis=None)
    np.testing.assert_allclose(plain.summary()["chance"], 1 / 3)
    assert set(plain.tidy()["note"]) == {
        "a role is missing or there are fewer than 3",
        "no reliabilities: no flag",
    }
    g = int(np.flatnonzero(data.complete)[0])
    first = plain.tidy().set_index(["unit", "column"]).loc[(g, "v0")]
    x = data.values[g, :, 0] - np.nanmean(data.values[:, :, 0], axis=0)
    distance = np.sort([abs(x[r] - np.delete(x, r).mean()) for r in range(3)])
    assert first["distance"] == pytest.approx(distance[-1])
    assert first["margin"] == pytest.approx(1 - distance[-2] / distance[-1])


def test_exact_distributions_are_refused_where_there_is_none() -> None:
    for sizes, why in (([], "no items"), ([3, 1], "at least 2"), ([3, 400], "a simulated distribution")):
        with pytest.raises(InputError, match=why):
            triads.exact_distribution(sizes, null_distribution("uniform", 1, 7))
    with pytest.raises(InputError, match="no probabilities"):
        triads.exact_distribution([3], null_distribution(1.5, 1, 7))


def test_the_longest_exact_distribution_is_the_sum_of_the_largest_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Answers 1 and 2: s² of 2, 3 and 5 informants is at most 1/2, 2/6 and 6/20, in steps of 1/60."""
    null = null_distribution("uniform", 1, 2)
    longest = 2 * 30 + 20 + 18  # two items of two informants, one of three, one of five
    for allowed in (longest, longest - 1):
        monkeypatch.setattr(exact, "MAX_SUPPORT", allowed)
        exact._distribution.cache_clear()
        if allowed == longest:
            found = triads.exact_distribution([2, 5, 2, 3], null)
            assert found.values[-1] == pytest.approx((0.5 + 0.5 + 1 / 3 + 0.3) / 4, rel=1e-12)
            continue
        with pytest.raises(InputError, match="differ too much") as caught:
            triads.exact_distribution([2, 5, 2, 3], null)
        assert [problem.value for problem in caught.value.problems] == [[2, 3, 5]]


def test_pairs_of_roles_that_share_no_unit_say_nothing_of_the_common_factor() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(24, 1)) + rng.normal(size=(24, 3))
    x[:12, 2] = x[12:, 0] = NAN  # marketing and it never together
    data = TriadData(np.arange(24), None, ("m", "s", "i"), ("x",), x[:, :, None], ~np.isnan(x))
    common = np.mean([np.cov(x[:12, 0], x[:12, 1])[0, 1], np.cov(x[12:, 1], x[12:, 2])[0, 1]])
    w = np.where(np.isnan(x), 0.0, 1 / (np.nanvar(x, axis=0, ddof=1) - common))
    found = triads.aggregate(data, scheme="precision").values[:, 0]
    np.testing.assert_allclose(found, (w * np.nan_to_num(x)).sum(axis=1) / w.sum(axis=1))
