"""Method variance: lavaan's models (tests/reference/method_variance/marker.R), planted and absent variance."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from comply_measure.errors import ComplyError, InputError
from comply_measure.models.method_variance import (
    latent_method_factor,
    marker_analysis,
    single_factor_share,
)

REFERENCE = Path(__file__).parent.parent / "reference" / "method_variance"
R = json.loads((REFERENCE / "marker.json").read_text(encoding="utf-8"))
FACTORS = {"A": ["a1", "a2", "a3", "a4"], "B": ["b1", "b2", "b3"], "C": ["c1", "c2", "c3"]}
ITEMS = [item for items in FACTORS.values() for item in items]
MARKER = ["m1", "m2", "m3", "m4"]
SETTINGS = {
    "ml": {"estimator": "ML", "missing": "listwise"},
    "mlr_cluster": {"estimator": "MLR", "missing": "ml", "cluster": "firm"},
}
FULL = bool(os.environ.get("COMPLY_FULL"))


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "answers.csv")


@pytest.fixture(scope="module")
def found(data: pd.DataFrame):
    """At alpha = .2 both settings retain Method-U, which the R script restricts further."""
    return {
        key: marker_analysis(data, FACTORS, MARKER, reversed_items=["a4"], name="M", alpha=0.2, **options)
        for key, options in SETTINGS.items()
    }


@pytest.mark.parametrize("setting", list(SETTINGS))
def test_every_marker_model_equals_lavaan(setting: str, found) -> None:
    result, expected = found[setting], R[setting]
    assert not result.failures
    for name, fit in result.fits.items():
        theirs = expected["measures"][name]
        assert fit.measures["df"] == theirs["df"]
        # fixed values pass on what both optimisers leave open
        assert fit.measures["chisq"] == pytest.approx(theirs["chisq"], abs=1e-4), name
        for measure in ("chisq.scaled", "chisq.scaling.factor", "cfi.robust", "rmsea.robust"):
            if measure in theirs:
                assert fit.measures[measure] == pytest.approx(theirs[measure], abs=2e-4), (name, measure)
        ours = fit.estimates.set_index(["lhs", "op", "rhs"])["est"]
        for row in expected["estimates"][name]:
            keys = [(row["lhs"], row["op"], row["rhs"]), (row["rhs"], row["op"], row["lhs"])]
            value = next(ours[key] for key in keys if key in ours.index)
            assert value == pytest.approx(row["est"], abs=1e-4), (name, row)


@pytest.mark.parametrize("setting", list(SETTINGS))
def test_difference_tests_equal_lavaan(setting: str, found) -> None:
    pairs = {
        ("baseline", "method_c"): "baseline_c",
        ("method_c", "method_u"): "c_u",
        ("baseline", "method_u"): "baseline_u",
        ("method_r", "method_u"): "u_r",
    }
    for pair, name in pairs.items():
        ours, theirs = found[setting].differences[pair], R[setting]["differences"][name]
        assert ours.df == theirs["df"]
        assert ours.chisq == pytest.approx(theirs["chisq"], abs=2e-4)
        assert ours.pvalue == pytest.approx(theirs["p"], abs=1e-5)
    table = found[setting].difference_table()
    assert len(table) == 4
    assert table["question"].str.endswith("?").all()


def test_reliability_parts_follow_from_lavaans_standardized_loadings(found) -> None:
    rows = {key: R["mlr_cluster"]["standardized"][key] for key in ("baseline", "method_u")}
    std = {k: {(r["lhs"], r["op"], r["rhs"]): r["est.std"] for r in v} for k, v in rows.items()}
    table = found["mlr_cluster"].reliability_table().set_index("factor")
    for factor, items in FACTORS.items():
        before = sum(std["baseline"][factor, "=~", i] for i in items) ** 2
        rest = sum(std["baseline"][i, "~~", i] for i in items)
        assert table.loc[factor, "total_baseline"] == pytest.approx(before / (before + rest), abs=1e-4)
        own, method = (sum(std["method_u"][f, "=~", i] for i in items) ** 2 for f in (factor, "M"))
        whole = own + method + sum(std["method_u"][i, "~~", i] for i in items)
        assert table.loc[factor, "substantive"] == pytest.approx(own / whole, abs=1e-4)
        assert table.loc[factor, "method"] == pytest.approx(method / whole, abs=1e-4)
        assert table.loc[factor, "method_share"] == pytest.approx(method / (own + method), abs=1e-4)
    assert table.loc["M", "method"] == 0.0
    assert table["n_informants"].eq(420).all()


def test_sensitivity_models_fix_the_far_ends_of_the_intervals(found) -> None:
    result = found["ml"]
    loadings = result.loadings.set_index("item")
    for level, name in ((0.05, "method_s_05"), (0.01, "method_s_01")):
        held = (
            result.fits[name].estimates.query("lhs == 'M' and op == '=~' and rhs in @ITEMS").set_index("rhs")
        )
        sign = np.sign(loadings["method_est"])
        ends = loadings["method_est"] + sign * norm.isf(level / 2) * loadings["method_se"]
        np.testing.assert_allclose(held.loc[ITEMS, "est"], ends.loc[ITEMS], atol=1e-12)
    table = result.sensitivity_table()
    moved = table[["method_u", "method_s_05", "method_s_01"]].sub(table["baseline"], axis=0).abs()
    np.testing.assert_allclose(table["largest_change"], moved.max(axis=1))
    np.testing.assert_allclose(table["method_r"], table["baseline"], atol=1e-12)


def test_a_reversed_item_ignored_hides_method_variance(data: pd.DataFrame, found) -> None:
    """Equal loadings of the wrong sign for one item lose most of the improvement."""
    plain = marker_analysis(data, FACTORS, MARKER, name="M", **SETTINGS["ml"])
    expected = R["ml"]["measures"]["method_c_without_reversal"]["chisq"]
    assert plain.fits["method_c"].measures["chisq"] == pytest.approx(expected, abs=1e-4)
    gains = [r.differences["baseline", "method_c"].chisq for r in (plain, found["ml"])]
    assert gains[0] < 0.1 * gains[1]


def test_latent_method_factor_equals_lavaan(data: pd.DataFrame) -> None:
    expected = R["mlr_cluster"]
    result = latent_method_factor(data, FACTORS, reversed_items=["a4"], name="U", **SETTINGS["mlr_cluster"])
    for name, key in (("traits", "traits"), ("equal", "latent_equal"), ("free", "latent_free")):
        # the freely loading factor has a flat optimum
        tolerance = 1e-3 if name == "free" else 1e-4
        assert result.fits[name].measures["chisq"] == pytest.approx(
            expected["measures"][key]["chisq"], abs=tolerance
        )
    test = result.differences["traits", "equal"]
    assert test.chisq == pytest.approx(expected["differences"]["traits_equal"]["chisq"], abs=1e-3)
    loadings = result.loadings.query("model == 'equal'").set_index("item")
    # planted: method loadings about .35 of a standard deviation of 1.1 to 1.2 points
    assert loadings.loc["a4", "method"] < 0 < loadings.loc["b1", "method"]
    assert (loadings["change"].drop("a4") < 0).all()
    shares = result.shares.set_index(["model", "factor"])
    whole = shares.loc[("equal", "all")]
    assert whole["method"] == pytest.approx((loadings["method"] ** 2).mean())
    assert whole["substantive"] == pytest.approx((loadings["substantive"] ** 2).mean())
    assert whole["substantive"] + whole["method"] + whole["residual"] == pytest.approx(1.0)
    assert len(result.notes) == 3


def test_method_factor_of_two_indicators_is_named_as_unidentified(data: pd.DataFrame) -> None:
    result = latent_method_factor(
        data, {"A": ["a1", "a2"], "B": ["b1", "b2"]}, estimator="ML", missing="listwise"
    )
    table = result.tidy().set_index("model")
    assert "free" in result.failures
    assert table.loc["free", "note"]
    assert np.isnan(table.loc["free", "method"])
    assert result.loadings.query("model == 'free'")["method"].isna().all()


def test_single_factor_share_is_an_eigenvalue_and_warns() -> None:
    rng = np.random.default_rng(3)
    common = rng.standard_normal((4000, 1))
    frame = pd.DataFrame(0.7 * common + np.sqrt(0.51) * rng.standard_normal((4000, 5)), columns=list("abcde"))
    result = single_factor_share(frame, list("abcde"))
    largest = np.linalg.eigvalsh(frame.corr().to_numpy())[-1]
    assert result.component_share == pytest.approx(largest / 5)
    assert result.factor_share == pytest.approx(0.49, abs=0.02)
    assert result.note.startswith("not a test of method variance")
    flat = single_factor_share(frame.assign(a=1.0), list("abcde"))
    assert np.isnan(flat.component_share)
    assert "without variance: a" in flat.note


def _sample(rng: np.random.Generator, method_loading: float, n: int = 600) -> pd.DataFrame:
    """Two factors of three items and a marker of three; all answers move with the method."""
    factor = rng.standard_normal((n, 2)) @ np.array([[1.0, 0.4], [0.0, np.sqrt(0.84)]])
    marker, method = rng.standard_normal((n, 1)), rng.standard_normal((n, 1))
    substance = 0.75 * np.column_stack([factor[:, [0, 0, 0, 1, 1, 1]], marker, marker, marker])
    values = substance + method_loading * method + 0.6 * rng.standard_normal((n, 9))
    return pd.DataFrame(values, columns=[f"x{j}" for j in range(1, 7)] + MARKER[:3])


def test_planted_method_variance_is_detected_and_none_is_not() -> None:
    """Loadings of .4 (14 % of the variance): power near one; without them the test keeps its level."""
    factors = {"F": ["x1", "x2", "x3"], "G": ["x4", "x5", "x6"]}
    rng = np.random.default_rng(77)
    counts = {}
    for loading, replications in ((0.4, 100 if FULL else 8), (0.0, 400 if FULL else 24)):
        results = [
            marker_analysis(_sample(rng, loading), factors, MARKER[:3], **SETTINGS["ml"])
            for _ in range(replications)
        ]
        counts[loading] = np.mean([r.detected for r in results])
        if loading:
            bias = np.mean([r.correlations.eval("cfa").iloc[0] for r in results])
            kept = np.mean([r.correlations[r.retained].iloc[0] for r in results])
            # method inflates the correlation of .4; the marker takes part of that off
            assert bias > kept
            assert abs(kept - 0.4) < abs(bias - 0.4)
    assert counts[0.4] >= 0.95
    # three standard errors above the nominal level
    allowed = 0.05 + 3 * np.sqrt(0.05 * 0.95 / (400 if FULL else 24))
    assert counts[0.0] <= allowed


def test_models_that_cannot_be_fitted_keep_their_reason(data: pd.DataFrame) -> None:
    result = marker_analysis(data.assign(m1=3.0), FACTORS, MARKER, **SETTINGS["ml"])
    table = result.tidy().set_index("model")
    assert not table["converged"].any()
    assert "m1" in table.loc["cfa", "note"]
    assert "rests on cfa" in table.loc["method_r", "note"]
    assert result.detected is None
    assert np.isnan(result.method_variance)
    assert result.reliability_table().empty
    one = marker_analysis(data, {"A": FACTORS["A"]}, MARKER, **SETTINGS["ml"])
    assert "single factor" in one.failures["method_r"]
    with pytest.raises(InputError) as error:
        marker_analysis(data, {"A": ["a1", "zz"]}, ["m1"], cluster="nowhere", alpha=2)
    assert len(error.value.problems) == 4
    with pytest.raises(ComplyError, match="more than once"):
        marker_analysis(data, FACTORS, ["a1", "m1"])
    with pytest.raises(ComplyError, match="in no factor"):
        marker_analysis(data, FACTORS, MARKER, reversed_items=["q"])
    with pytest.raises(InputError, match="cannot be fitted"):
        latent_method_factor(data, {"A": ["zz"]})


def test_marker_of_the_shipped_study_bears_on_alignment() -> None:
    """The planted method loading is .18 per item: the marker sees too little of it to move a correlation by .01."""
    from comply_measure.instrument import load_scale
    from comply_measure.models import factors_of
    from comply_measure.responses import load_dataset

    responses = load_dataset("msi_triads")
    items = ["MK_5", "MK_6", "MK_7", "MK_8"]
    frame = pd.concat([responses.scores("attribute", scale_key="comply"), responses.scored()[items]], axis=1)
    result = marker_analysis(frame, factors_of(load_scale("comply")), items, cluster="unit")
    assert not result.failures
    assert result.n_clusters == 240
    assert result.method_variance < 0.01
    assert result.sensitivity_table()["largest_change"].max() < 0.01
