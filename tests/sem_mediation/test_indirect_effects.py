"""Indirect effects: lavaan's defined parameters, semTools' Monte Carlo intervals, definitions by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError

REFERENCE = Path(__file__).parent.parent / "reference"
LATENT = """
ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8
dem60 ~ ind60
dem65 ~ ind60 + dem60
"""
SERIAL = "y1 ~ x1\ny2 ~ x1 + y1\ny5 ~ x1 + y1 + y2"
FIRST = "y1 ~ x1 + x2 + x1:x2\ny5 ~ x1 + y1"
BOTH = "y1 ~ x1 + x2 + x1:x2\ny5 ~ x1 + y1 + x2 + y1:x2"
MEASURED = "X =~ x1 + x2 + x3\nZ =~ z1 + z2 + z3\nY =~ y1 + y2 + y3\n"
MEDIATED = MEASURED + "Y ~ X + Z + X:Z\nw ~ Y + X"


@pytest.fixture(scope="module")
def lavaan() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REFERENCE / "sem_mediation" / "mediation.json").read_text())
    return found


@pytest.fixture(scope="module")
def democracy(lavaan: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(lavaan["columns"])


@pytest.fixture(scope="module")
def products() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "sem_interactions" / "products.csv")


def row(effects: sem.IndirectEffects, **where: str) -> pd.Series:
    table = effects.tidy()
    for name, value in where.items():
        table = table[table[name] == value]
    assert len(table) == 1, table
    return table.iloc[0]


CASES = {
    "latent": (LATENT, {}),
    "robust": (LATENT, {"estimator": "MLR"}),
    "serial": (SERIAL, {}),
    "first": (FIRST, {}),
    "both": (BOTH, {}),
    "groups": ("y1 ~ x1\ny5 ~ x1 + y1", {"group": "half"}),
}
ROWS: dict[str, dict[str, dict[str, str]]] = {
    "latent": {
        "indirect": {"kind": "specific"},
        "total": {"kind": "total"},
    },
    "serial": {
        "one": {"name": "x1 → y1 → y5"},
        "two": {"name": "x1 → y2 → y5"},
        "chain": {"name": "x1 → y1 → y2 → y5"},
        "sum": {"kind": "total_indirect", "outcome": "y5"},
        "total": {"kind": "total", "predictor": "x1", "outcome": "y5"},
        "contrast": {"name": "x1 → y1 → y5 − x1 → y2 → y5"},
    },
    "first": {
        "low": {"kind": "specific", "at": "x2 = -1 SD", "predictor": "x1"},
        "mid": {"kind": "specific", "at": "x2 = mean", "predictor": "x1"},
        "high": {"kind": "specific", "at": "x2 = +1 SD", "predictor": "x1"},
        "index": {"kind": "index", "moderator": "x2"},
    },
    "both": {
        "low": {"kind": "specific", "at": "x2 = -1 SD", "predictor": "x1"},
        "high": {"kind": "specific", "at": "x2 = +1 SD", "predictor": "x1"},
        "difference": {"kind": "difference", "moderator": "x2", "predictor": "x1"},
    },
    "groups": {
        "first": {"kind": "specific", "group": "a"},
        "second": {"kind": "specific", "group": "b"},
        "difference": {"kind": "specific", "group": "a − b"},
    },
}
ROWS["robust"] = ROWS["latent"]


@pytest.mark.parametrize("case", list(CASES))
def test_lavaan_and_semtools(case: str, lavaan: dict[str, Any], democracy: pd.DataFrame) -> None:
    """Estimates and delta errors as lavaan's := (1e-4 of the error), Monte Carlo limits as semTools' (1 % of it).

    Standardised values are compared where lavaan standardises variables, not products of columns.
    """
    text, options = CASES[case]
    effects = sem.indirect_effects(sem.fit(text, democracy, **options), draws=400_000, seed=3)
    for name, where in ROWS[case].items():
        found, known = row(effects, **where), lavaan[case][name]
        se = known["se"]
        assert found["est"] == pytest.approx(known["est"], abs=1e-4 * se), name
        assert found["se"] == pytest.approx(se, rel=2e-4), name
        assert found["mc_lower"] == pytest.approx(known["lower"], abs=0.02 * se), name
        assert found["mc_upper"] == pytest.approx(known["upper"], abs=0.02 * se), name
        if case in ("latent", "robust", "serial", "groups"):
            assert found["est_std"] == pytest.approx(known["est_std"], abs=1e-4), name
            assert found["se_std"] == pytest.approx(known["se_std"], abs=1e-4), name


def test_every_effect_of_a_serial_model_is_named(democracy: pd.DataFrame) -> None:
    effects = sem.indirect_effects(sem.fit(SERIAL, democracy))
    assert effects.tidy()["name"].tolist() == [
        "x1 → y1 → y2", "direct: x1 → y2", "total: x1 → y2",
        "x1 → y1 → y5", "x1 → y2 → y5", "x1 → y1 → y2 → y5", "total indirect: x1 → y5", "direct: x1 → y5",
        "total: x1 → y5", "x1 → y1 → y5 − x1 → y2 → y5", "x1 → y1 → y5 − x1 → y1 → y2 → y5",
        "x1 → y2 → y5 − x1 → y1 → y2 → y5",
        "y1 → y2 → y5", "direct: y1 → y5", "total: y1 → y5",
    ]  # fmt: skip
    some = sem.indirect_effects(sem.fit(SERIAL, democracy), "x1", "y5", through="y2").tidy()
    assert some["name"].tolist() == [
        "x1 → y2 → y5", "x1 → y1 → y2 → y5", "total indirect: x1 → y5", "x1 → y2 → y5 − x1 → y1 → y2 → y5",
    ]  # fmt: skip


def test_bootstrap_intervals_are_those_of_defined_parameters(democracy: pd.DataFrame) -> None:
    """The same replications give := and the effects: percentile and BCa limits are the same numbers."""
    text = (
        "y1 ~ a*x1\ny2 ~ b*x1 + d*y1\ny5 ~ c*x1 + e*y1 + f*y2\nchain := a*d*f\ntotal := a*e + b*f + a*d*f + c"
    )
    fitted = sem.fit(text, democracy, bootstrap=200, seed=5)
    effects = sem.indirect_effects(fitted)
    assert effects.replications == 200
    for kind in ("perc", "bca"):
        known = fitted.bootstrap_intervals(kind).set_index("lhs")
        for name, where in (
            ("chain", {"name": "x1 → y1 → y2 → y5"}),
            ("total", ROWS["serial"]["total"]),
        ):
            found = row(effects, **where)
            assert found[f"{kind}_lower"] == pytest.approx(known.loc[name, "ci_lower"], abs=1e-12)
            assert found[f"{kind}_upper"] == pytest.approx(known.loc[name, "ci_upper"], abs=1e-12)
    std = fitted.standardized().set_index("lhs").loc["total"]
    found = row(effects, **ROWS["serial"]["total"])
    assert found["est_std"] == pytest.approx(std["est_std"], abs=1e-9)
    assert found["std_perc_lower"] == pytest.approx(std["ci_lower"], abs=1e-9)
    again = sem.indirect_effects(sem.fit(text, democracy), bootstrap=200, seed=5)
    assert (
        row(again, name="x1 → y1 → y2 → y5")["bca_lower"]
        == row(effects, name="x1 → y1 → y2 → y5")["bca_lower"]
    )


@pytest.mark.parametrize("how", ["product", "lms"])
def test_moderated_mediation_of_factors_by_hand(how: str, products: pd.DataFrame) -> None:
    """(b_X + b_XZ z) b_Y at Z's mean and one implied SD to both sides; index b_XZ b_Y; delta errors; sd(X)/sd(w)."""
    fitted = sem.fit(MEDIATED, products, interactions=how)
    effects = sem.indirect_effects(fitted, "X", "w")
    table = fitted.estimates
    value = pd.Series(table["est"].to_numpy(), table["lhs"] + table["op"] + table["rhs"])
    x, xz, y = (value[name] for name in ("Y~X", "Y~X:Z", "w~Y"))
    names, _, cov = fitted.model.family.variable_moments(fitted.model, fitted.optimum.point, 0)
    sd = {name: np.sqrt(cov[names.index(name), names.index(name)]) for name in ("X", "Z", "w")}
    vcov = fitted.vcov.loc[["Y~X", "Y~X:Z", "w~Y"], ["Y~X", "Y~X:Z", "w~Y"]].to_numpy()
    for at, z in (("-1 SD", -sd["Z"]), ("mean", 0.0), ("+1 SD", sd["Z"])):
        found = row(effects, kind="specific", at=f"Z = {at}")
        gradient = np.array([y, z * y, x + xz * z])
        assert found["est"] == pytest.approx((x + xz * z) * y, rel=1e-9)
        assert found["se"] == pytest.approx(np.sqrt(gradient @ vcov @ gradient), rel=1e-9)
        assert found["est_std"] == pytest.approx((x + xz * z) * y * sd["X"] / sd["w"], rel=1e-9)
    index, gradient = row(effects, kind="index"), np.array([0.0, y, xz])
    assert index["est"] == pytest.approx(xz * y, rel=1e-9)
    assert index["se"] == pytest.approx(np.sqrt(gradient @ vcov @ gradient), rel=1e-9)
    assert index["est_std"] == pytest.approx(xz * y * sd["X"] * sd["Z"] / sd["w"], rel=1e-9)
    given = sem.indirect_effects(fitted, "X", "w", at={"Z": {"high": 0.5}})
    assert row(given, kind="specific", at="Z = high")["est"] == pytest.approx((x + 0.5 * xz) * y, rel=1e-9)


def test_standardised_error_of_an_index_by_differences(products: pd.DataFrame) -> None:
    fitted = sem.fit(MEDIATED, products)
    found = row(sem.indirect_effects(fitted, "X", "w"), kind="index")

    def value(theta: np.ndarray) -> float:
        point = fitted.model.objective.at(fitted.model.space.contract(theta))
        names, _, cov = fitted.model.family.variable_moments(fitted.model, point, 0)
        sd = {name: np.sqrt(cov[names.index(name), names.index(name)]) for name in ("X", "Z", "w")}
        places = [fitted.model.table.free_names().index(name) for name in ("Y~X:Z", "w~Y")]
        return float(np.prod(theta[places]) * sd["X"] * sd["Z"] / sd["w"])

    steps = 1e-6 * np.eye(len(fitted.theta))
    gradient = np.array([(value(fitted.theta + s) - value(fitted.theta - s)) / 2e-6 for s in steps])
    assert found["se_std"] == pytest.approx(np.sqrt(gradient @ fitted.vcov_array @ gradient), rel=1e-5)


def test_two_steps_have_monte_carlo_intervals_of_their_joint_covariance(democracy: pd.DataFrame) -> None:
    fitted = sem.sam(LATENT, democracy)
    found = row(sem.indirect_effects(fitted, draws=200_000), kind="specific")
    names = ["dem60~ind60", "dem65~dem60"]
    table = fitted.estimates
    a, b = (table.loc[table["lhs"] + table["op"] + table["rhs"] == name, "est"].item() for name in names)
    V = fitted.vcov.loc[names, names].to_numpy()
    draws = np.random.default_rng(9).multivariate_normal([a, b], V, 200_000).prod(axis=1)
    assert found["est"] == pytest.approx(a * b, rel=1e-12)
    assert found["se"] == pytest.approx(np.sqrt(np.array([b, a]) @ V @ np.array([b, a])), rel=1e-9)
    assert np.allclose(
        found[["mc_lower", "mc_upper"]].astype(float),
        np.quantile(draws, [0.025, 0.975]),
        atol=0.02 * found["se"],
    )


def test_suppression_is_said(democracy: pd.DataFrame) -> None:
    """A direct effect of opposite sign, and nothing where an interval holds zero."""
    rng = np.random.default_rng(2)
    x, e = rng.normal(size=300), rng.normal(size=(300, 2))
    m = 0.6 * x + e[:, 0]
    data = pd.DataFrame({"x": x, "m": m, "y": 0.6 * m - 0.5 * x + e[:, 1], "z": 0.6 * m + e[:, 1]})
    (found,) = sem.indirect_effects(sem.fit("m ~ x\ny ~ x + m", data)).suppression()
    assert {found.first, found.second} == {"the direct effect", "the effect through m"}
    assert found.first_est * found.second_est < 0
    assert "opposite signs, and both intervals exclude zero" in found.text
    assert not sem.indirect_effects(sem.fit("m ~ x\nz ~ x + m", data)).suppression()
    assert not sem.indirect_effects(sem.fit(SERIAL, democracy)).suppression()


def test_what_has_no_effects_is_refused(democracy: pd.DataFrame) -> None:
    loop = sem.fit("y1 ~ x1 + y5\ny5 ~ x2 + y1", democracy)
    with pytest.raises(ComplyError, match=r"loop \(y1 → y5 → y1\)"):
        sem.indirect_effects(loop)
    with pytest.raises(ComplyError, match="no route of two steps"):
        sem.indirect_effects(sem.fit("y1 ~ x1", democracy))
    serial = sem.fit(SERIAL, democracy)
    with pytest.raises(InputError, match="did you mean 'x1'"):
        sem.indirect_effects(serial, "x")
    with pytest.raises(InputError, match="no moderator"):
        sem.indirect_effects(serial, at=[0, 1])
    with pytest.raises(InputError, match="100 or more"):
        sem.indirect_effects(serial, draws=10)
    with pytest.raises(InputError, match="say which moderator"):
        sem.indirect_effects(sem.fit(FIRST, democracy), at={"x9": [1]})


def test_without_a_covariance_matrix_there_is_no_interval(democracy: pd.DataFrame) -> None:
    effects = sem.indirect_effects(sem.fit(SERIAL, democracy, se="none"))
    assert effects.tidy()[["se", "mc_lower", "se_std", "std_mc_upper"]].isna().all().all()
    assert "no covariance matrix" in effects.notes[0]
    assert effects.tidy()["est"].notna().all()


def two_level_data(n_units: int = 150) -> pd.DataFrame:
    """x → m → y on both levels, four cases a unit, two kinds of units."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=n_units)
    m = 0.5 * x + rng.normal(size=n_units) * 0.8
    y = 0.4 * m + 0.2 * x + rng.normal(size=n_units) * 0.7
    unit = np.repeat(np.arange(n_units), 4)
    own = rng.normal(size=(3, len(unit)))
    own[1] += 0.3 * own[0]
    own[2] += 0.6 * own[1]
    table = pd.DataFrame({"x": x[unit], "m": m[unit], "y": y[unit]}) + own.T
    return table.assign(unit=unit, kind=np.where(unit % 2, "b", "a"))


def test_effects_of_two_levels_are_those_of_each_level() -> None:
    paths = "m ~ {0}1*x\ny ~ {0}2*m + x\n"
    text = f"level: 1\n{paths.format('w')}level: 2\n{paths.format('b')}w := w1*w2\nb := b1*b2"
    fit = sem.fit(text, two_level_data(), cluster="unit", fixed_x=False)
    found = sem.indirect_effects(fit, draws=20_000).of("specific").set_index("group")
    defined = fit.estimates.query("op == ':='").set_index("lhs")
    scaled = fit.standardized().query("op == ':='").set_index("lhs")
    assert list(found.index) == ["within", "between"]
    for group, name in (("within", "w"), ("between", "b")):
        assert found.loc[group, "est"] == pytest.approx(defined.loc[name, "est"], rel=1e-9)
        assert found.loc[group, "se"] == pytest.approx(defined.loc[name, "se"], rel=1e-6)
        assert found.loc[group, "est_std"] == pytest.approx(scaled.loc[name, "est_std"], rel=1e-7)
        assert found.loc[group, "se_std"] == pytest.approx(scaled.loc[name, "se"], rel=1e-4)
        low, high = found.loc[group, ["mc_lower", "mc_upper"]]
        assert low < found.loc[group, "est"] < high


def test_effects_of_two_levels_differ_between_groups_of_the_same_level() -> None:
    text = "level: 1\nx ~~ m + y\nm ~~ y\nlevel: 2\nm ~ x\ny ~ m + x"
    fit = sem.fit(text, two_level_data(), cluster="unit", group="kind", fixed_x=False)
    found = sem.indirect_effects(fit).of("specific").set_index("group")["est"]
    first, second = list(found.index)[:2]
    assert list(found.index) == [first, second, f"{first} − {second}"]
    assert first.endswith(" between") and second.endswith(" between")
    assert found[f"{first} − {second}"] == pytest.approx(found[first] - found[second], rel=1e-9)
