"""Models of dependent informants against lavaan 0.6.14 (tests/reference/informants, FIML) and by construction."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError
from comply_measure.models.informants import (
    ct_cm1_model,
    ct_cm_model,
    latent_congruence_model,
    mtmm_table,
    role_contrasts,
    role_invariance_model,
    trifactor_model,
    variance_shares,
    wide_frame,
)

REFERENCE = Path(__file__).parent.parent / "reference" / "informants"
CASES = json.loads((REFERENCE / "results.json").read_text(encoding="utf-8"))["cases"]
FACTORS = {"C": ["c1", "c2", "c3"], "O": ["o1", "o2", "o3"]}


@pytest.fixture(scope="module")
def triads() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "triads.csv")


def test_builders_still_write_the_reference_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(REFERENCE))
    from make_data import models

    for name, text in models().items():
        assert (REFERENCE / f"{name}.lav").read_text(encoding="utf-8").strip() == text
    assert set(models()) == set(CASES)
    sys.modules.pop("make_data", None)


@pytest.mark.parametrize("case", sorted(CASES))
def test_fit_and_estimates_agree_with_lavaan(case: str, triads: pd.DataFrame) -> None:
    text = (REFERENCE / f"{case}.lav").read_text(encoding="utf-8")
    fit = sem.fit(text, triads, missing="fiml", meanstructure=True)
    expected = CASES[case]["fit"]
    assert fit.converged
    assert int(fit.fit_measures["df"]) == expected["df"]
    # lavaan stops at about 1e-5 in the log-likelihood of these models
    assert fit.fit_measures["logl"] == pytest.approx(expected["logl"], abs=2e-4)
    assert fit.fit_measures["logl"] >= expected["logl"] - 1e-5
    assert fit.fit_measures["chisq"] == pytest.approx(expected["chisq"], abs=4e-3)
    for index in ("cfi", "rmsea", "srmr"):
        assert fit.fit_measures[index] == pytest.approx(expected[index], abs=5e-4)
    ours = fit.estimates.set_index(["lhs", "op", "rhs"])
    theirs = pd.DataFrame(CASES[case]["estimates"])
    theirs = theirs[theirs["op"].isin(["=~", "~~", "~1"])].set_index(["lhs", "op", "rhs"])
    both = ours[["est", "se"]].join(theirs.add_suffix("_lavaan"), how="inner")
    assert len(both) == len(theirs)
    loose = 5e-3 if case in ("ct_cm", "ct_cm1") else 1e-3
    np.testing.assert_allclose(both["est"], both["est_lavaan"], atol=loose)
    np.testing.assert_allclose(both["se"], both["se_lavaan"], atol=2 * loose)


def test_contrasts_of_three_roles() -> None:
    expected = [[1 / 3, 1 / 3, 1 / 3], [1, -1, 0], [-0.5, -0.5, 1]]
    np.testing.assert_allclose(role_contrasts(3), expected)


def test_latent_congruence_keeps_the_fit_of_the_scalar_model(triads: pd.DataFrame) -> None:
    """Level and contrasts are a one-to-one recoding of the role factors: same χ² and df."""
    scalar = role_invariance_model({"C": FACTORS["C"]}, ["m", "s", "i"], "scalar").text
    recoded = latent_congruence_model("C", FACTORS["C"], ["m", "s", "i"])
    a, b = (sem.fit(t, triads, missing="fiml", meanstructure=True) for t in (scalar, recoded))
    assert a.fit_measures["df"] == b.fit_measures["df"]
    assert a.fit_measures["chisq"] == pytest.approx(b.fit_measures["chisq"], abs=1e-4)


def test_trifactor_shares_sum_to_reliability(triads: pd.DataFrame) -> None:
    text = trifactor_model([*FACTORS["C"], "o1"], ["m", "s", "i"])
    fit = sem.fit(text, triads, missing="fiml", meanstructure=True)
    shares = variance_shares(fit.estimates)
    summed = shares.groupby("indicator")["share"].sum()
    reliability = shares.groupby("indicator")["reliability"].first()
    np.testing.assert_allclose(summed, reliability)
    assert reliability.between(0, 1).all()
    assert len(shares) == 36


def test_shares_refuse_correlated_factors() -> None:
    rows = [("f", "=~", "y", 1.0), ("g", "=~", "y", 1.0), ("f", "~~", "f", 1.0), ("g", "~~", "g", 1.0)]
    rows += [("y", "~~", "y", 1.0), ("f", "~~", "g", 0.3)]
    with pytest.raises(ComplyError, match="correlated"):
        variance_shares(pd.DataFrame(rows, columns=["lhs", "op", "rhs", "est"]))


def test_released_parameters_must_leave_an_anchor() -> None:
    everything = [("loading", i) for i in FACTORS["C"]]
    with pytest.raises(ComplyError, match="at least one loading"):
        role_invariance_model(FACTORS, ["m", "s"], "metric", everything)
    with pytest.raises(ComplyError, match="no factor"):
        role_invariance_model(FACTORS, ["m", "s"], "metric", [("loading", "zz")])


def test_impossible_designs_are_refused() -> None:
    with pytest.raises(ComplyError, match="different roles"):
        role_invariance_model(FACTORS, ["m"], "configural")
    with pytest.raises(ComplyError, match="reference role"):
        ct_cm1_model(FACTORS, ["m", "s"], "i")
    with pytest.raises(ComplyError, match="three dimensions"):
        ct_cm_model(["C", "O"], ["m", "s", "i"])
    with pytest.raises(ComplyError, match="three items"):
        trifactor_model(["a", "b"], ["m", "s", "i"])


def test_wide_frame_keeps_absent_informants_and_refuses_doubles() -> None:
    long = pd.DataFrame(
        {"unit": [1, 1, 2], "role": ["m", "s", "m"], "a": [1.0, 2.0, 3.0], "firm": ["x", "x", "y"]}
    )
    wide = wide_frame(long, ["a"], ["m", "s"], keep=["firm"])
    assert wide.columns.tolist() == ["a.m", "a.s", "firm"]
    assert np.isnan(wide.loc[2, "a.s"])
    with pytest.raises(InputError, match="second informant"):
        wide_frame(pd.concat([long, long.head(1)]), ["a"], ["m", "s"])
    with pytest.raises(InputError, match="varies"):
        wide_frame(long.assign(firm=["x", "z", "y"]), ["a"], ["m", "s"], keep=["firm"])


def test_mtmm_counts_kinds_and_comparisons() -> None:
    rng = np.random.default_rng(2)
    n, dims, roles = 500, ["C", "O", "M"], ["m", "s", "i"]
    trait = {d: rng.standard_normal(n) for d in dims}
    columns = {f"{d}.{r}": trait[d] + 0.5 * rng.standard_normal(n) for r in roles for d in dims}
    result = mtmm_table(pd.DataFrame(columns), dims, roles, {("C", "m"): 0.8})
    counts = result.summary.set_index("kind")["n_correlations"]
    assert counts.to_dict() == {
        "monotrait-heteroinformant": 9,
        "heterotrait-monoinformant": 9,
        "heterotrait-heteroinformant": 18,
    }
    assert result.matrix.loc["C.m", "C.m"] == 0.8
    hetero = result.criteria[result.criteria["against"] == "heterotrait-heteroinformant"]
    assert (hetero["n_compared"] == 4).all()
    assert (result.criteria["n_exceeded"] == result.criteria["n_compared"]).all()


def test_mtmm_of_one_dimension_has_nothing_to_compare_with() -> None:
    rng = np.random.default_rng(3)
    wide = pd.DataFrame(rng.standard_normal((30, 2)), columns=["C.m", "C.s"])
    result = mtmm_table(wide, ["C"], ["m", "s"])
    assert result.summary["kind"].tolist() == ["monotrait-heteroinformant"]
    assert (result.criteria["n_compared"] == 0).all()
