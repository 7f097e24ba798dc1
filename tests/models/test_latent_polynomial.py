"""Latent polynomial regression against semTools and lavaan (tests/reference/latent_polynomial), and its truth."""

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
    latent_polynomial,
    latent_polynomial_model,
    product_indicators,
)
from comply_measure.models.informants.polynomial_fit import coefficient_covariance
from comply_measure.triads.congruence.surface import CONTRASTS

REFERENCE = Path(__file__).parent.parent / "reference" / "latent_polynomial"
RESULTS = json.loads((REFERENCE / "results.json").read_text(encoding="utf-8"))
ITEMS, ROLES = ["i1", "i2", "i3"], ["m", "s"]


@pytest.fixture(scope="module")
def units() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "units.csv")


def _made(name: str, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.syspath_prepend(str(REFERENCE))
    sys.modules.pop("make_data", None)
    import make_data

    sys.modules.pop("make_data", None)
    return getattr(make_data, name)


def test_builder_still_writes_the_reference_models(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = _made("models", monkeypatch)()  # type: ignore[operator]
    for name, text in texts.items():
        assert (REFERENCE / f"{name}.lav").read_text(encoding="utf-8").strip() == text
    assert set(texts) == set(RESULTS["cases"])


def test_products_are_those_of_semtools(units: pd.DataFrame) -> None:
    made = product_indicators(units, ITEMS, ROLES, 4.0)
    for name, values in RESULTS["products"].items():
        first, second = name.split("|")
        item, role = first.split(".")
        ours = made[f"{item}.{role}.x.{second.split('.')[1]}"]
        np.testing.assert_allclose(ours, np.array(values, dtype=float), atol=1e-10)


@pytest.mark.parametrize("case", sorted(RESULTS["cases"]))
def test_fit_and_surface_agree_with_lavaan(case: str, units: pd.DataFrame) -> None:
    text = (REFERENCE / f"{case}.lav").read_text(encoding="utf-8")
    data = product_indicators(units, ITEMS, ROLES, 4.0)
    fit = sem.fit(text, data, estimator="MLR", missing="ml", cluster="firm", meanstructure=True)
    expected = RESULTS["cases"][case]
    assert fit.fit_measures["df"] == expected["fit"]["df"]
    assert fit.fit_measures["npar"] == expected["fit"]["npar"]
    assert fit.fit_measures["logl"] == pytest.approx(expected["fit"]["logl"], abs=1e-5)
    assert fit.fit_measures["chisq"] == pytest.approx(expected["fit"]["chisq"], abs=1e-4)
    assert fit.fit_measures["chisq.scaled"] == pytest.approx(expected["fit"]["chisq.scaled"], abs=2e-3)
    keys = ["lhs", "op", "rhs"]
    theirs = pd.DataFrame(expected["estimates"])
    theirs = theirs[theirs["op"] != ":="].set_index(keys)
    both = fit.estimates.set_index(keys)[["est", "se"]].join(theirs.add_suffix("_lavaan"), how="inner")
    assert len(both) == len(theirs)
    # lavaan's optimiser stops within 1e-5 of the optimum
    np.testing.assert_allclose(both["est"], both["est_lavaan"], atol=1e-4)
    np.testing.assert_allclose(both["se"], both["se_lavaan"], atol=2e-4)
    defined = pd.DataFrame(expected["estimates"])
    defined = defined[defined["op"] == ":="].set_index("lhs")
    ours = fit.estimates[fit.estimates["op"] == ":="].set_index("lhs")
    np.testing.assert_allclose(ours.loc[defined.index, "est"], defined["est"], atol=2e-4)
    np.testing.assert_allclose(ours.loc[defined.index, "se"], defined["se"], atol=5e-4)


def test_function_gives_the_surface_of_the_reference(units: pd.DataFrame) -> None:
    result = latent_polynomial(units, "C", ITEMS, ROLES, "z", 4.0, cluster="firm", replications=500)
    rows = pd.DataFrame(RESULTS["cases"]["plain"]["estimates"]).query("op == ':='").set_index("lhs")
    table = result.tidy().set_index("name")
    for name in ("a1", "a2", "a3", "a4", "a5"):
        assert table.loc[name, "estimate"] == pytest.approx(rows.loc[name, "est"], abs=2e-4)
        assert table.loc[name, "se"] == pytest.approx(rows.loc[name, "se"], abs=5e-4)
        # draws from the same normal distribution as the delta method: equal up to Monte Carlo error
        width = table.loc[name, "ci_upper"] - table.loc[name, "ci_lower"]
        assert table.loc[name, "boot_lower"] == pytest.approx(table.loc[name, "ci_lower"], abs=0.15 * width)
    assert np.isnan(table.loc["X0", "se"])
    assert (table["n_units"] == 300).all()
    assert (table["n_clusters"] == units["firm"].nunique()).all()
    b = result.coefficients.set_index("name")["estimate"]
    assert table.loc["a4", "estimate"] == pytest.approx(b["b3"] - b["b4"] + b["b5"])


def test_population_is_recovered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Error-free in large samples, where observed scores attenuate the second-order terms."""
    simulate, truth = _made("simulate", monkeypatch), np.array(_made("TRUTH", monkeypatch))
    data = simulate(12_000, seed=9)  # type: ignore[operator]
    result = latent_polynomial(data, "C", ITEMS, ROLES, "z", 4.0, replications=0)
    table = result.coefficients
    assert (np.abs(table["estimate"] - truth) < 4 * table["se"]).all()
    assert (table["se"] < 0.03).all()
    assert result.surface.parameters["n_boot"].eq(0).all()


def test_covariance_of_the_coefficients_gives_their_errors(units: pd.DataFrame) -> None:
    result = latent_polynomial(units, "C", ITEMS, ROLES, "z", 4.0, cluster="firm", replications=0)
    V = coefficient_covariance(result.fit)
    np.testing.assert_allclose(np.sqrt(np.diag(V)), result.coefficients["se"], rtol=1e-8)
    surface = result.surface.parameters.set_index("name")["se"]
    np.testing.assert_allclose(np.sqrt(np.diag(CONTRASTS @ V @ CONTRASTS.T)), surface[:5], rtol=1e-8)


def test_swapping_roles_mirrors_the_surface(units: pd.DataFrame) -> None:
    one = latent_polynomial(units, "C", ITEMS, ROLES, "z", 4.0, replications=0).surface.parameters
    two = latent_polynomial(units, "C", ITEMS, ROLES[::-1], "z", 4.0, replications=0).surface.parameters
    np.testing.assert_allclose(one["estimate"][:5], two["estimate"][:5] * [1, 1, -1, 1, -1], atol=1e-4)


def test_bootstrap_resamples_firms_and_remakes_products(units: pd.DataFrame) -> None:
    done = latent_polynomial(
        units, "C", ITEMS, ROLES, "z", 4.0, cluster="firm", interval="bootstrap", replications=8, seed=4
    )
    again = latent_polynomial(
        units, "C", ITEMS, ROLES, "z", 4.0, cluster="firm", interval="bootstrap", replications=8, seed=4
    )
    pd.testing.assert_frame_equal(done.tidy(), again.tidy())
    table = done.tidy().set_index("name")
    assert table.loc["a4", "n_boot"] + done.n_failed == 8
    assert table.loc["a4", "boot_lower"] < table.loc["a4", "estimate"] < table.loc["a4", "boot_upper"]


def test_a_latent_outcome(units: pd.DataFrame) -> None:
    rng = np.random.default_rng(1)
    data = units.assign(z2=units["z"] + 0.4 * rng.standard_normal(len(units)))
    plain = latent_polynomial(units, "C", ITEMS, ROLES, "z", 4.0, replications=0)
    latent = latent_polynomial(
        data, "C", ITEMS, ROLES, "gain", 4.0, outcome_items=["z", "z2"], replications=0
    )
    a, b = (r.surface.parameters.set_index("name")["estimate"] for r in (plain, latent))
    assert b["a4"] == pytest.approx(a["a4"], abs=0.05)


def test_impossible_requests_are_refused(units: pd.DataFrame) -> None:
    with pytest.raises(ComplyError, match="two different roles"):
        latent_polynomial_model("C", ITEMS, ["m", "s", "i"], "z")
    with pytest.raises(ComplyError, match="at least two items"):
        latent_polynomial_model("C", ["i1"], ROLES, "z")
    with pytest.raises(ComplyError, match="'zz' is not in the data"):
        latent_polynomial(units, "C", ITEMS, ROLES, "zz", 4.0)
    with pytest.raises(InputError, match="column is absent"):
        product_indicators(units, [*ITEMS, "i9"], ROLES)
    with pytest.raises(InputError, match="vary"):
        product_indicators(units.assign(**{"i1.m": 3.0}), ITEMS, ROLES)
    with pytest.raises(ComplyError, match="allowed: montecarlo"):
        latent_polynomial(units, "C", ITEMS, ROLES, "z", 4.0, interval="exact")  # type: ignore[arg-type]
