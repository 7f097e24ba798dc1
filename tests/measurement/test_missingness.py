"""Multiple imputation: semTools (tests/reference/missingness/pooling.R), closed forms, statsmodels, simulation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.measurement.missingness import (
    compare_missing,
    multiple_imputation,
    pool_chisquare,
    pool_likelihood_ratio,
    pool_scalars,
    pool_wald,
    pooled_estimates,
)
from comply_measure.measurement.missingness.comparison import FIML, IMPUTED, LISTWISE, METHODS, ORDERED
from comply_measure.measurement.missingness.fits import indices_of_chisquares
from comply_measure.measurement.missingness.imputation import potential_scale_reduction
from comply_measure.measurement.missingness.matching import RIDGE, draw_regression, match

REFERENCE = Path(__file__).parent.parent / "reference" / "missingness"
R = json.loads((REFERENCE / "pooling.json").read_text(encoding="utf-8"))
MODEL = "f =~ x1 + a*x2 + b*x3\ng =~ x4 + x5 + x6"
ITEMS = [f"x{j}" for j in range(1, 7)]
FULL = bool(os.environ.get("COMPLY_FULL"))


@pytest.fixture(scope="module")
def sets() -> list[pd.DataFrame]:
    long = pd.read_csv(REFERENCE / "imputed.csv").astype(float)
    return [part[ITEMS].reset_index(drop=True) for _, part in long.groupby("imputation")]


@pytest.fixture(scope="module")
def fits(sets) -> list[sem.Fit]:
    return [sem.fit(MODEL, frame) for frame in sets]


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "answers.csv")


def test_pooled_parameters_equal_semtools(fits) -> None:
    found = pooled_estimates(fits, complete_df=np.inf)
    table = found.tidy().set_index(["lhs", "op", "rhs"])
    for row in R["estimates"]:
        ours = table.loc[(row["lhs"], row["op"], row["rhs"])]
        assert ours["est"] == pytest.approx(row["est"], abs=1e-5)
        assert ours["se"] == pytest.approx(row["se"], abs=1e-5)
        if "df" not in row:
            assert np.isnan(ours["df"])
            continue
        assert ours["riv"] == pytest.approx(row["riv"], abs=1e-5)
        # (m − 1)/λ² magnifies the last digits of the estimates
        assert ours["df"] == pytest.approx(row["df"], rel=1e-4)
        assert ours["pvalue"] == pytest.approx(row["pvalue"], rel=1e-3, abs=1e-12)
        assert ours["riv"] / (1 + ours["riv"]) == pytest.approx(row["fmi"], abs=1e-5)
    assert found.n_informants == 240
    assert found.indices["n_imputations"].eq(5).all()


def test_pooled_tests_equal_semtools(fits, sets) -> None:
    tests = {test.method: test for test in pooled_estimates(fits).tests}
    robust = [sem.fit(MODEL, frame, estimator="MLR") for frame in sets]
    scaled = pooled_estimates(robust).tests
    a, b = (fits[0].vcov.index.get_loc(name) for name in "ab")
    theta = np.array([fit.theta[[a, b]] for fit in fits])
    vcov = np.array([fit.vcov.to_numpy()[np.ix_([a, b], [a, b])] for fit in fits])
    for ours, theirs in (
        (tests["D3"], R["D3"]),
        (tests["D2"], R["D2"]),
        (pool_wald(theta, vcov, [0.9, 0.9]), R["D1"] | R["D1_by_hand"]),
        (scaled[0], {k.removesuffix(".scaled"): v for k, v in R["D2_scaled"].items() if "scaled" in k}),
    ):
        assert ours.statistic == pytest.approx(theirs["F"], abs=1e-4)
        assert ours.df1 == theirs["df1"]
        assert ours.df2 == pytest.approx(theirs["df2"], rel=1e-3)
        if "D1" not in ours.method:
            assert ours.pvalue == pytest.approx(theirs["pvalue"], abs=1e-4)
        assert ours.riv == pytest.approx(theirs["ariv"], abs=1e-4)
    assert [test.method for test in scaled] == ["D2"]


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_indices_of_pooled_chisquares_equal_semtools(estimator: str, sets) -> None:
    one = [sem.fit("f =~ " + " + ".join(ITEMS), frame, estimator=estimator) for frame in sets]
    found = pooled_estimates(one)
    table, expected = found.indices.set_index("index"), R["indices"][estimator]
    assert found.tests[-1].chisq == pytest.approx(expected["chisq"], abs=1e-3)
    # semTools' scaled RMSEA is not lavaan's formula; the engine's is taken, below
    for name in ("cfi", "tli") if estimator == "MLR" else ("cfi", "tli", "rmsea"):
        assert table.loc[name, "pooled"] == pytest.approx(expected[name], abs=2e-5)
    tail = ".scaled" if estimator == "MLR" else ""
    single = one[0].measures
    again = indices_of_chisquares(
        single[f"chisq{tail}"], single["df"], single[f"baseline.chisq{tail}"], single["baseline.df"], 240
    )
    assert again == pytest.approx({name: single[name + tail] for name in ("cfi", "tli", "rmsea")})
    assert table.loc["rmsea", "mean"] > table.loc["rmsea", "pooled"]


def test_barnard_rubin_equals_the_formulas_in_r(sets) -> None:
    ordered = [sem.fit(MODEL, frame, ordered=True) for frame in sets]
    found = pooled_estimates(ordered, complete_df=240 - len(R["ordinal"]))
    names = ordered[0].vcov.index.tolist()
    free = found.tidy()[found.tidy()["se"] > 0].reset_index(drop=True)
    keys = (free["lhs"] + free["op"] + free["rhs"]).tolist()
    place = {name: keys.index(key) for name, key in zip(names, _keys(ordered[0]), strict=True)}
    for row in R["ordinal"]:
        ours = free.iloc[place[row["name"]]]
        if "fmi" not in row:  # thresholds of the complete item
            assert ours["riv"] == 0
            continue
        for column, tolerance in (("est", 1e-4), ("se", 1e-4), ("riv", 1e-3), ("fmi", 1e-3)):
            assert ours[column] == pytest.approx(row[column], abs=tolerance), (row["name"], column)
        assert ours["df"] == pytest.approx(row["df"], rel=5e-3)
    assert found.tests[0].method == "D2"


def _keys(fit: sem.Fit) -> list[str]:
    table = fit.estimates[fit.estimates["free"] > 0].sort_values("free")
    return (table["lhs"] + table["op"] + table["rhs"]).tolist()


def test_rubins_rules_by_hand() -> None:
    """Q = 1, 2, 3 with variance 2 each: B = 1, T = 2 + 4/3, λ = .4, ν_m = 2/.16."""
    pool = pool_scalars([[1.0], [2.0], [3.0]], [[2.0]] * 3)
    assert pool.estimate[0] == 2.0
    assert pool.se[0] ** 2 == pytest.approx(10 / 3)
    assert pool.share_missing[0] == pytest.approx(0.4)
    assert pool.riv[0] == pytest.approx(2 / 3)
    assert pool.df[0] == pytest.approx(12.5)
    assert pool.fmi[0] == pytest.approx((2 / 3 + 2 / 15.5) / (5 / 3))
    small = pool_scalars([[1.0], [2.0], [3.0]], [[2.0]] * 3, complete_df=10.0)
    observed = 11 / 13 * 10 * 0.6
    assert small.df[0] == pytest.approx(12.5 * observed / (12.5 + observed))
    lower, upper = small.interval()
    assert lower[0] < 2.0 < upper[0]
    same = pool_scalars([[1.5], [1.5]], [[0.25], [0.25]], complete_df=20.0)
    assert (same.se[0], same.riv[0], same.fmi[0]) == (0.5, 0.0, 0.0)
    # complete data lose a little to ν_obs = (ν + 1)/(ν + 3) ν, as in Barnard & Rubin's formula
    assert same.df[0] == pytest.approx(21 / 23 * 20)


def test_degenerate_pooling_is_undefined_with_a_reason(fits) -> None:
    assert "every data set" in pool_chisquare([3.0, np.nan], 2).note
    equal = pool_chisquare([6.0, 6.0, 6.0], 2)
    assert equal.statistic == pytest.approx(3.0)
    assert equal.pvalue == pytest.approx(np.exp(-3.0))
    assert "singular" in pool_wald(np.ones((3, 2)), np.zeros((3, 2, 2))).note
    saturated = [sem.fit("f =~ x1 + x2 + x3", fit_frame(fit)) for fit in fits[:2]]
    assert "no degrees of freedom" in pool_likelihood_ratio(saturated).note
    assert np.isnan(pool_likelihood_ratio(fits[:1]).statistic)
    with pytest.raises(InputError, match="cannot be pooled"):
        pooled_estimates(fits[:1])
    with pytest.raises(InputError, match="another model"):
        pooled_estimates([fits[0], saturated[0]])
    with pytest.raises(InputError, match="cannot be pooled"):
        pool_scalars([[1.0]], [[1.0]])


def fit_frame(fit: sem.Fit) -> pd.DataFrame:
    group = fit.model.sample.groups[0]
    return pd.DataFrame(group.data, columns=list(group.names))


def test_draws_follow_the_posterior() -> None:
    """Mean β̂ and covariance RSS/(ν − 2) · (X'X)⁻¹, within four Monte Carlo errors."""
    rng = np.random.default_rng(5)
    X = np.column_stack([rng.standard_normal((80, 2)), np.ones(80)])
    y = X @ np.array([0.5, -0.3, 1.0]) + rng.standard_normal(80)
    cross, moment = X.T @ X, X.T @ y
    draws = np.array([draw_regression(cross, moment, float(y @ y), 80, rng)[1] for _ in range(8_000)])
    estimate = np.linalg.solve(cross + RIDGE * np.diag(np.diag(cross)), moment)
    rss = float(((y - X @ estimate) ** 2).sum())
    covariance = rss / (77 - 2) * np.linalg.inv(cross)
    error = np.sqrt(np.diag(covariance) / 8_000)
    assert (np.abs(draws.mean(axis=0) - estimate) < 4 * error).all()
    np.testing.assert_allclose(np.cov(draws.T), covariance, atol=0.08 * covariance.max())


def test_donors_are_the_nearest() -> None:
    rng = np.random.default_rng(8)
    observed, missing = rng.standard_normal(50), rng.standard_normal(40) * 2
    chosen = {m: set() for m in range(40)}
    for _ in range(200):
        for m, donor in enumerate(match(observed, missing, 5, rng)):
            chosen[m].add(int(donor))
    for m, donors in chosen.items():
        assert donors == set(np.argsort(np.abs(observed - missing[m]))[:5])
    assert set(match(np.array([1.0, 2.0]), np.array([5.0]), 5, rng)) <= {0, 1}


def test_imputation_agrees_with_the_regression_estimate_and_statsmodels() -> None:
    """One incomplete variable, missing at random given x: the pooled mean is the regression estimate of it."""
    from statsmodels.imputation.mice import MICEData

    rng = np.random.default_rng(12)
    n = 1500
    x = rng.standard_normal(n)
    y = np.digitize(0.8 * x + 0.6 * rng.standard_normal(n), np.linspace(-2.5, 2.5, 24)).astype(float)
    holes = rng.random(n) < 1 / (1 + np.exp(-0.7 * x))
    frame = pd.DataFrame({"x": x, "y": np.where(holes, np.nan, y)})
    found = multiple_imputation(
        frame, ["y"], seed=3, role=None, auxiliary=["x"], n_imputations=200, n_iterations=1
    )
    means = np.array([done["y"].mean() for done in found.frames()])
    slope, level = np.polyfit(x[~holes], y[~holes], 1)
    aim = level + slope * x.mean()
    np.random.seed(3)  # noqa: NPY002  statsmodels draws from the global generator
    theirs = MICEData(frame, k_pmm=5)
    other = []
    for _ in range(40):
        theirs.update_all(1)
        other.append(theirs.data["y"].mean())
    spread = np.sqrt(means.var(ddof=1) / len(means) + np.var(other, ddof=1) / len(other))
    assert abs(means.mean() - np.mean(other)) < 4 * spread
    # spread of a draw from the regression: errors of the imputed values, and of the line at their mean
    residual = np.var(y[~holes] - level - slope * x[~holes], ddof=2)
    shift = x[holes].mean() - x[~holes].mean()
    line = residual * (1 / (~holes).sum() + shift**2 / (x[~holes].var() * (~holes).sum()))
    share = holes.mean()
    spread = np.sqrt(share * residual / n + share**2 * line)
    assert np.std(means, ddof=1) == pytest.approx(spread, rel=0.15)  # 3 standard errors of it
    # in the tail donors are few, and the nearest ones lie to one side
    assert abs(means.mean() - aim) < 0.02 * y.std()
    # complete cases are far off
    assert abs(y[~holes].mean() - y.mean()) > 0.15 * y.std()
    assert abs(means.mean() - y.mean()) < 0.1 * y.std()


@pytest.fixture(scope="module")
def shipped():
    from comply_measure.responses import load_dataset

    responses = load_dataset("msi_triads")
    items = [i for members in responses.measurement("comply", "attribute").values() for i in members]
    frame = pd.concat([responses.data[["unit", "firm", "role"]], responses.scored()[items]], axis=1)
    return frame, items


def test_imputed_answers_of_the_shipped_study(shipped) -> None:
    frame, items = shipped
    found = multiple_imputation(frame, items, seed=1, n_imputations=2, n_iterations=3)
    table = found.tidy().set_index("item")
    assert len(items) == 80
    for done in found.frames():
        assert not done[items].isna().any().any()
        assert set(np.unique(done[items])) <= set(range(1, 8))
        known = frame[items].notna()
        pd.testing.assert_frame_equal(done[items].where(known), frame[items])
        pd.testing.assert_series_equal(done["role"], frame["role"])
    assert table["n_imputed"].equals(table["n_missing"])
    assert table["n_informants"].eq(667).all()
    assert (table["mean_imputed"] - table["mean_observed"]).abs().mean() < 0.5


def test_imputation_depends_on_the_seed_alone(shipped) -> None:
    frame, items = shipped
    options = {"n_imputations": 3, "n_iterations": 2, "role_use": "within"}
    one = multiple_imputation(frame, items[:20], seed=5, **options)
    two = multiple_imputation(frame, items[:20], seed=5, n_jobs=2, **options)
    np.testing.assert_array_equal(one.imputed, two.imputed)
    assert not np.array_equal(one.imputed, multiple_imputation(frame, items[:20], seed=6, **options).imputed)
    script = (
        "import pandas as pd\n"
        "from comply_measure.measurement.missingness import multiple_imputation\n"
        f"frame = pd.read_csv({str(REFERENCE / 'answers.csv')!r})\n"
        "found = multiple_imputation(frame, list(frame), seed=2, role=None, n_imputations=2)\n"
        "print(found.imputed.tobytes().hex())\n"
    )
    shown = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            check=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(shown) == 1


def test_role_use() -> None:
    """The relation of y to x is reversed in the second role: indicators blur it, imputing within keeps it."""
    rng = np.random.default_rng(9)
    role = np.repeat(["a", "b"], 400)
    x = rng.standard_normal(800)
    y = np.where(role == "a", 0.9, -0.9) * x + 0.4 * rng.standard_normal(800)
    frame = pd.DataFrame({"role": role, "x": x, "y": np.where(rng.random(800) < 0.4, np.nan, y)})
    kept = {}
    for use in ("indicators", "within"):
        found = multiple_imputation(frame, ["x", "y"], seed=1, n_imputations=3, role_use=use)
        done = found.completed(0)
        kept[use] = [part["x"].corr(part["y"]) for _, part in done.groupby("role")]
    assert kept["within"][0] > 0.85
    assert kept["within"][1] < -0.85
    assert max(np.abs(kept["indicators"])) < 0.7


def test_what_cannot_be_imputed_stays_missing_and_is_counted() -> None:
    rng = np.random.default_rng(2)
    values = rng.integers(1, 6, (120, 4)).astype(float)
    values[rng.random((120, 4)) < 0.1] = np.nan
    frame = pd.DataFrame(values, columns=list("abcd")).assign(role=["m"] * 60 + ["s"] * 51 + ["i"] * 9)
    frame.loc[0, list("abcd")] = np.nan
    frame.loc[frame["role"] == "s", "d"] = np.nan
    frame["e"] = np.nan
    frame["f"] = np.where(np.arange(120) < 5, np.nan, 3.0)
    found = multiple_imputation(frame, list("abcdef"), seed=1, n_imputations=2, role_use="within")
    done = found.completed(1)
    assert done.loc[0, list("abcd")].isna().all()
    assert done.loc[done["role"] == "s", "d"].isna().all()
    assert done["e"].isna().all()
    assert done.loc[1:, "f"].eq(3.0).all()
    assert not done.loc[1:, list("abc")].isna().any().any()
    text = " | ".join(found.notes)
    assert "too few informants to be imputed by themselves: i" in text
    assert "nobody in the role s answered, so that they stay missing: d, e" in text
    few = multiple_imputation(frame.tail(9), list("abcd"), seed=1, n_imputations=2, role=None)
    assert not any("per predictor" in note for note in found.notes)
    assert (
        multiple_imputation(frame.tail(7), list("abcd"), seed=1, n_imputations=2, role=None)
        .notes[-1]
        .startswith("fewer than two informants per predictor")
    )
    assert not few.completed(0)[list("abcd")].isna().any().any()
    table = found.tidy().set_index("item")
    assert table.loc["e", "n_imputed"] == 0
    assert np.isnan(table.loc["e", "mean_imputed"])


def test_impossible_requests_are_listed_together() -> None:
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": [np.nan, 2.0], "role": ["m", None]})
    with pytest.raises(InputError) as error:
        multiple_imputation(frame, ["a"], seed=1, n_imputations=1, donors=0, auxiliary=["b", "a"])
    assert len(error.value.problems) == 6
    with pytest.raises(InputError, match="indicators, within"):
        multiple_imputation(frame, ["a"], seed=1, role_use="by")
    with pytest.raises(InputError, match="cannot be analysed"):
        multiple_imputation(frame, ["zz"], seed=1)


def test_scale_reduction() -> None:
    rng = np.random.default_rng(1)
    assert potential_scale_reduction(rng.standard_normal((20, 400))) == pytest.approx(1.0, abs=0.01)
    assert potential_scale_reduction(rng.standard_normal((4, 40)) + 5 * np.arange(4)[:, None]) > 3
    assert np.isnan(potential_scale_reduction(np.full((3, 10), np.nan)))
    # R̂ = √[((L − 1)/L · W + B/L)/W] by hand, over the second half: W = (2 + 8) / 2, B / L = 8, L = 2
    chains = np.array([[9.0, 7.0, 1.0, 3.0], [0.0, 0.0, 4.0, 8.0]])
    assert potential_scale_reduction(chains) == pytest.approx(np.sqrt((5 / 2 + 8) / 5), rel=1e-12)
    # of five passes the last three: means 2, 4, 3 of three chains
    odd = np.array([[9.0, 9.0, 0.0, 2.0, 4.0], [9.0, 9.0, 3.0, 5.0, 4.0], [9.0, 9.0, 2.0, 2.0, 5.0]])
    assert potential_scale_reduction(odd) == pytest.approx(
        np.sqrt((2 / 3 * (4 + 1 + 3) / 3 + 1) / ((4 + 1 + 3) / 3))
    )
    assert np.isnan(potential_scale_reduction(chains[:, -2:])) and np.isnan(
        potential_scale_reduction(chains[:1])
    )


def test_one_table_of_all_treatments(answers: pd.DataFrame) -> None:
    imputed = multiple_imputation(answers, ITEMS, seed=4, role=None, n_imputations=10)
    found = compare_missing(MODEL, imputed)
    fits = found.fits.set_index("method")
    assert tuple(fits.index) == METHODS
    assert fits.loc[LISTWISE, "n_informants"] == answers.dropna().shape[0] < 240
    assert fits.loc[[FIML, IMPUTED, ORDERED], "n_informants"].eq(240).all()
    direct = sem.fit(MODEL, answers, estimator="MLR", missing="ml")
    assert fits.loc[FIML, "statistic"] == pytest.approx(direct.measures["chisq.scaled"])
    assert fits.loc[IMPUTED, "test"] == "D2"
    counts = fits[["n_clusters", "n_imputations", "n_failed"]]
    assert counts.to_numpy().tolist() == [[-1, 1, 0], [-1, 10, 0], [-1, 1, 0], [-1, 10, 0]]
    wide = found.wide()
    assert len(wide) == 7
    # the same assumption, the same answer within a fifth of a standard error or two
    errors = found.wide("se")[FIML].to_numpy()
    assert (np.abs(wide[IMPUTED] - wide[FIML]).to_numpy() < errors).all()
    # coarse answers attenuate: the ordered analysis is higher on average
    assert (wide[ORDERED] - wide[IMPUTED]).mean() > 0.01
    assert found.tidy()["n_informants"].gt(0).all()
    assert found.wide("fmi")[IMPUTED].between(0, 1).all()


def test_a_treatment_that_fails_has_its_line(answers: pd.DataFrame) -> None:
    sparse = answers.copy()
    rows = np.arange(len(sparse))
    for j, item in enumerate(ITEMS):
        sparse.loc[rows % 6 == j, item] = np.nan
    imputed = multiple_imputation(sparse.assign(firm=rows // 4), ITEMS, seed=4, role=None, n_imputations=3)
    found = compare_missing(MODEL, imputed, cluster="firm", methods=(LISTWISE, IMPUTED, ORDERED))
    fits = found.fits.set_index("method")
    assert "complete cases" in fits.loc[LISTWISE, "note"]
    counts = fits[["n_informants", "n_clusters", "n_imputations", "n_failed"]]
    assert counts.loc[LISTWISE].tolist() == [0, -1, 0, 0]
    assert counts.loc[IMPUTED].tolist() == [240, 60, 3, 0]
    assert fits.loc[IMPUTED, "n_clusters"] == 60
    assert fits.loc[ORDERED, "n_clusters"] == 60
    assert set(found.tidy()["method"]) == {IMPUTED, ORDERED}
    with pytest.raises(InputError) as error:
        compare_missing(MODEL, imputed, cluster="nowhere", methods=("mean",))
    assert len(error.value.problems) == 2


def test_intervals_cover_under_missing_at_random() -> None:
    """Pooled means of an item that is answered less by low scorers: 95 % intervals cover 95 % of the time."""
    rng = np.random.default_rng(21)
    replications = 400 if FULL else 40
    n, hits, listwise = 200, 0, []
    aim = _population_mean()
    for number in range(replications):
        common = rng.standard_normal((n, 1))
        latent = 0.8 * common + 0.6 * rng.standard_normal((n, 4))
        values = np.digitize(latent, [-1.2, -0.4, 0.4, 1.2]) + 1.0
        values[rng.random(n) < 1 / (1 + np.exp(1.2 * (values[:, 0] - 2.5))), 3] = np.nan
        frame = pd.DataFrame(values, columns=list("abcd"))
        found = multiple_imputation(
            frame, list("abcd"), seed=number, role=None, n_imputations=10, n_iterations=2
        )
        done = np.array([one["d"].to_numpy() for one in found.frames()])
        pool = pool_scalars(done.mean(axis=1)[:, None], done.var(axis=1, ddof=1)[:, None] / n, n - 1)
        lower, upper = pool.interval()
        hits += int(lower[0] <= aim <= upper[0])
        listwise.append(frame["d"].mean())
    # four Monte Carlo errors
    assert abs(hits / replications - 0.95) < 4 * np.sqrt(0.95 * 0.05 / replications)
    assert np.mean(listwise) > aim + 0.15


def _population_mean() -> float:
    from scipy.stats import norm

    return 1.0 + float(norm.sf([-1.2, -0.4, 0.4, 1.2]).sum())
