"""Standardised solutions against lavaan and against finite differences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39, political_democracy

from comply_measure import sem
from comply_measure.sem.inference.standardized import standardise

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
MIMIC = "f =~ y1 + y2 + y3 + y4\nf ~ x1 + a*x2\ny5 ~ b*f + x1\ny1 ~~ y5\nab := a*b"


@pytest.fixture(scope="module")
def poldem() -> pd.DataFrame:
    return political_democracy.get_data()


@pytest.mark.parametrize(
    ("lhs", "op", "rhs", "est", "se"),
    [  # lavaan 0.7-2
        ("visual", "=~", "x1", 0.771880420352354, 0.0549727286690296),
        ("textual", "=~", "x6", 0.838010073941927, 0.0233551780346568),
        ("x1", "~~", "x1", 0.404200616676674, 0.0848647460037479),
        ("visual", "~~", "speed", 0.470534544464428, 0.0728266954329346),
    ],
)
def test_three_factor_model(lhs: str, op: str, rhs: str, est: float, se: float) -> None:
    table = sem.fit(HS, holzinger39.get_data()).standardized()
    found = table[(table.lhs == lhs) & (table.op == op) & (table.rhs == rhs)].iloc[0]
    assert found.est_std == pytest.approx(est, abs=1e-6)
    assert found.se == pytest.approx(se, abs=1e-7)


def test_unit_variances_have_no_error() -> None:
    table = sem.fit(HS, holzinger39.get_data()).standardized()
    rows = table[(table.lhs == table.rhs) & table.lhs.isin(["visual", "textual", "speed"])]
    assert np.allclose(rows.est_std, 1.0, atol=1e-12)
    assert (rows.se == 0).all() and rows.z.isna().all()


@pytest.mark.parametrize("kind", ["all", "lv", "nox"])
@pytest.mark.parametrize("means", [False, True])
def test_jacobian_against_finite_differences(poldem: pd.DataFrame, kind: str, means: bool) -> None:
    fit = sem.fit(MIMIC, poldem, meanstructure=means)
    model, point = fit.model, fit.optimum.point
    found = standardise(model, point, kind)
    step = 1e-6
    for i in range(len(point.phi)):
        shift = np.zeros(len(point.phi))
        shift[i] = step
        up = standardise(model, model.objective.at(point.phi + shift), kind).values
        down = standardise(model, model.objective.at(point.phi - shift), kind).values
        assert np.allclose(found.jacobian[:, i], (up - down) / (2 * step), atol=1e-6)


def test_scale_of_the_items_does_not_matter(poldem: pd.DataFrame) -> None:
    scaled = poldem * np.linspace(0.1, 30.0, poldem.shape[1])
    a, b = sem.fit(MIMIC, poldem), sem.fit(MIMIC, scaled)
    rows = (a.estimates.op != ":=") & ~((a.estimates.op == "~~") & (a.estimates.lhs == "x1"))
    assert np.allclose(a.standardized()[rows].est_std, b.standardized()[rows].est_std, atol=1e-7)
    assert np.allclose(a.standardized()[rows].se, b.standardized()[rows].se, atol=1e-6)


def test_defined_parameters_use_standardised_values(poldem: pd.DataFrame) -> None:
    table = sem.fit(MIMIC, poldem).standardized().set_index("label")
    assert table.loc["ab", "est_std"] == pytest.approx(table.loc["a", "est_std"] * table.loc["b", "est_std"])


def test_lv_leaves_observed_variables_alone(poldem: pd.DataFrame) -> None:
    fit = sem.fit(MIMIC, poldem)
    lv = fit.standardized("std.lv")
    pick = (lv.lhs == "y5") & (lv.rhs == "x1")
    assert lv[pick].est_std.iloc[0] == fit.estimates[pick].est.iloc[0]


def test_nox_scales_random_predictors() -> None:
    """``nox`` leaves fixed exogenous variables alone; with ``fixed_x=False`` none is fixed (as lavaan 0.7-2)."""
    folder = Path(__file__).parent.parent / "reference" / "sem_extras"
    data = pd.read_csv(folder / "simulated.csv")
    model = (
        "A =~ a1 + a2 + a3 + a4\nB =~ b1 + b2 + b3\nC =~ c1 + c2 + c3 + c4\nA ~ x1 + x2\nB ~ A\nC ~ B\ny ~ C"
    )
    fits = {fixed: sem.fit(model, data, meanstructure=True, fixed_x=fixed) for fixed in (True, False)}
    paths = {fixed: fit.standardized("nox").query("lhs == 'A' and op == '~'") for fixed, fit in fits.items()}
    assert paths[True]["est_std"].tolist() == pytest.approx([0.499, -0.179], abs=6e-4)
    assert paths[False]["est_std"].tolist() == pytest.approx([0.507, -0.085], abs=6e-4)
    assert paths[False]["se"].tolist() == pytest.approx([0.045, 0.052], abs=6e-4)
    everything = fits[False].standardized("all")
    assert fits[False].standardized("nox").equals(everything)


def test_a_factor_without_variance_loads_zero(poldem: pd.DataFrame) -> None:
    """A quadratic growth factor that is the same for all: lavaan 0.6-14 gives 0 with error 0, no value to its mean."""
    model = (
        "i =~ 1*y1 + 1*y2 + 1*y3 + 1*y4\ns =~ 0*y1 + 1*y2 + 2*y3 + 3*y4\nq =~ 0*y1 + 1*y2 + 4*y3 + 9*y4\n"
        "q ~~ 0*q + 0*i + 0*s"
    )
    table = sem.fit(model, poldem, model_type="growth").standardized()
    q = table[table.lhs == "q"].set_index(["op", "rhs"])
    assert (q.loc["=~", "est_std"] == 0.0).all() and (q.loc["=~", "se"] == 0.0).all()
    assert q.loc[["~~", "~1"], "est_std"].isna().all()
    assert table.attrs["undefined"]
