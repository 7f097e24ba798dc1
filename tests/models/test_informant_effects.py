"""Latent views of several roles as predictors and outcomes, against lavaan 0.6.14 (FIML, incomplete triads)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError
from comply_measure.models.informants import (
    contrast_names,
    effects_table,
    joint_tests,
    latent_congruence_model,
    latent_gaps,
    role_contrasts,
)

REFERENCE = Path(__file__).parent.parent / "reference" / "informant_effects"
RESULTS = json.loads((REFERENCE / "results.json").read_text(encoding="utf-8"))
CASES = RESULTS["cases"]
ITEMS, ROLES = ["c1", "c2", "c3"], ["m", "s", "i"]


@pytest.fixture(scope="module")
def units() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "units.csv")


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script that made the data; several references have one of that name."""
    monkeypatch.syspath_prepend(str(REFERENCE))
    sys.modules.pop("make_data", None)
    import make_data

    sys.modules.pop("make_data", None)
    return make_data


def _text(case: str) -> str:
    return (REFERENCE / f"{case}.lav").read_text(encoding="utf-8")


def test_builders_still_write_the_reference_models(source: Any) -> None:
    texts = source.models()
    for name, text in texts.items():
        assert _text(name).strip() == text
    assert set(texts) == set(CASES)


@pytest.mark.parametrize("case", sorted(CASES))
def test_fit_effects_and_errors_agree_with_lavaan(case: str, units: pd.DataFrame) -> None:
    expected = CASES[case]
    fit = sem.fit(_text(case), units, missing="ml", meanstructure=True)
    assert fit.converged
    for name, tolerance in (("npar", 0), ("df", 0), ("logl", 1e-5), ("chisq", 1e-4)):
        assert fit.fit_measures[name] == pytest.approx(expected["fit"][name], abs=tolerance)
    keys = ["lhs", "op", "rhs"]
    theirs = pd.DataFrame(expected["estimates"])
    theirs = theirs[theirs["op"].isin(["=~", "~~", "~1", "~"])].set_index(keys)
    ours = fit.estimates.set_index(keys)[["est", "se"]].join(theirs.add_suffix("_lavaan"), how="inner")
    assert len(ours) == len(theirs)
    # lavaan's stopping rule leaves about 1e-4 where the likelihood is flat
    np.testing.assert_allclose(ours["est"], ours["est_lavaan"], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(ours["se"], ours["se_lavaan"], rtol=1e-3, atol=1e-3)
    table = effects_table(fit).set_index(["outcome", "predictor"])
    for key, row in theirs[theirs.index.get_level_values("op") == "~"].iterrows():
        mine = table.loc[(key[0], key[2])]
        assert mine["estimate"] == pytest.approx(row["est"], abs=1e-3)
        assert mine["standardized"] == pytest.approx(row["std"], abs=1e-3)
        assert mine["r_squared"] == pytest.approx(
            np.nan if expected["r2"][key[0]] is None else expected["r2"][key[0]], abs=1e-3, nan_ok=True
        )
    assert (table["n_units"] == fit.n).all()


@pytest.mark.parametrize("case", ["congruence_two", "congruence_three", "trifactor"])
def test_cluster_robust_errors_agree_with_lavaan(case: str, units: pd.DataFrame) -> None:
    fit = sem.fit(_text(case), units, estimator="MLR", missing="ml", meanstructure=True, cluster="firm")
    theirs = pd.DataFrame(CASES[case]["estimates"]).query("op == '~'").set_index(["lhs", "rhs"])
    ours = fit.estimates.query("op == '~'").set_index(["lhs", "rhs"])
    np.testing.assert_allclose(ours["se"], theirs.loc[ours.index, "se_robust"], atol=2e-3)


def test_joint_test_of_contrasts_is_lavaans_wald_test(units: pd.DataFrame) -> None:
    fit = sem.fit(_text("congruence_three"), units, missing="ml", meanstructure=True)
    row = joint_tests(fit, contrast_names("C", ROLES)[1:], ["z"]).iloc[0]
    assert row["chisq"] == pytest.approx(RESULTS["wald"]["chisq"], rel=1e-3)
    assert row["df"] == RESULTS["wald"]["df"]
    assert row["p"] == pytest.approx(RESULTS["wald"]["p"], abs=1e-5)


def test_effects_of_level_and_contrasts_are_recovered(source: Any) -> None:
    data = source.simulate(6000, seed=2)
    fit = sem.fit(_text("congruence_three"), data, missing="ml", meanstructure=True)
    table = effects_table(fit).query("outcome == 'z'").set_index("predictor")
    for name, truth in zip(contrast_names("C", ROLES), source.EFFECTS, strict=True):
        row = table.loc[name]
        # loading .9 and effect coding: a latent unit is 0.9 of the simulated one
        assert abs(row["estimate"] - truth / 0.9) < 4 * row["se"]


def test_contrasts_predict_what_role_factors_do(units: pd.DataFrame) -> None:
    """Level and contrasts are a recoding of the role factors: effects transform by the inverse."""
    contrast = sem.fit(
        latent_congruence_model("C", ITEMS, ROLES, ["z"]), units, missing="ml", meanstructure=True
    )
    first = ["i", "m", "s"]
    other = sem.fit(
        latent_congruence_model("C", ITEMS, first, ["z"]), units, missing="ml", meanstructure=True
    )
    assert contrast.fit_measures["logl"] == pytest.approx(other.fit_measures["logl"], abs=1e-5)
    e = effects_table(contrast).set_index("predictor")["estimate"]
    f = effects_table(other).set_index("predictor")["estimate"]
    by_role = dict(
        zip(ROLES, role_contrasts(3).T @ e.loc[contrast_names("C", ROLES)].to_numpy(), strict=True)
    )
    again = dict(zip(first, role_contrasts(3).T @ f.loc[contrast_names("C", first)].to_numpy(), strict=True))
    for role in ROLES:
        assert by_role[role] == pytest.approx(again[role], abs=1e-4)


def test_names_used_twice_are_refused() -> None:
    with pytest.raises(ComplyError, match="named twice"):
        latent_congruence_model("C", ITEMS, ROLES, ["z"], ["z"])
    with pytest.raises(ComplyError, match="named twice"):
        latent_congruence_model("C", ITEMS, ROLES, ["C.level"])


def test_what_cannot_be_trusted_says_so(units: pd.DataFrame) -> None:
    text = latent_congruence_model("C", ITEMS, ROLES[:2], ["z"])
    flat = units.head(20).assign(**dict.fromkeys(("c2.m", "c3.m"), units["c1.m"]))
    failed = sem.fit(text, flat, missing="ml", meanstructure=True)
    table, tests = effects_table(failed), joint_tests(failed, ["C.m_vs_s"], ["z"])
    assert not failed.converged
    assert (table["note"] == "did not converge").all()
    assert table["estimate"].isna().all()
    assert table["n_units"].eq(20).all()
    assert tests["chisq"].isna().all()
    few = sem.fit(text, units.head(12), missing="ml", meanstructure=True)
    assert few.converged
    assert (effects_table(few)["note"] == "solution not admissible").all()
    assert (joint_tests(few, ["C.m_vs_s"], ["z"])["note"] == "solution not admissible").all()


def test_latent_gaps_are_contrasts_of_another_order_of_roles(units: pd.DataFrame) -> None:
    def fitted(roles: list[str]) -> sem.Fit:
        return sem.fit(latent_congruence_model("C", ITEMS, roles), units, missing="ml", meanstructure=True)

    table = latent_gaps(fitted(ROLES), "C", ROLES).set_index("pair")
    for first, second, third in (("m", "s", "i"), ("m", "i", "s"), ("s", "i", "m")):
        contrast = fitted([first, second, third]).estimates.set_index(["lhs", "op"])
        row = contrast.loc[(f"C.{first}_vs_{second}", "~1")]
        mine = table.loc[f"{first} - {second}"]
        assert mine["gap"] == pytest.approx(row["est"], abs=1e-5)
        assert mine["se"] == pytest.approx(row["se"], abs=1e-5)
        assert mine["p"] == pytest.approx(row["pvalue"], abs=1e-4)
    assert table.loc["m - s", "gap"] + table.loc["s - i", "gap"] == pytest.approx(table.loc["m - i", "gap"])
    assert (table["d"].abs() < 2).all()


def test_latent_gaps_of_a_fit_that_failed_are_undefined(units: pd.DataFrame) -> None:
    flat = units.head(20).assign(**dict.fromkeys(("c2.m", "c3.m"), units["c1.m"]))
    failed = sem.fit(latent_congruence_model("C", ITEMS, ROLES[:2]), flat, missing="ml", meanstructure=True)
    assert not failed.converged
    table = latent_gaps(failed, "C", ROLES[:2])
    assert table["gap"].isna().all()
    assert (table["note"] == "did not converge").all()
