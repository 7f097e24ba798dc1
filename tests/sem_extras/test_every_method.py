"""Every method of a fit on every kind of fit: numbers that must agree with each other, or a refusal by name.

Agreement with lavaan is tested method by method elsewhere; here each kind answers every question, with the labels of
its own variables, groups and levels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from comply_measure import sem

FOLDER = Path(__file__).parent.parent / "reference"
CFA = "A =~ a1 + a2 + a3 + a4\nB =~ b1 + b2 + b3\nC =~ c1 + c2 + c3 + c4\n"
ORDINAL = "f =~ u1 + u2 + u3 + u4\ng =~ u5 + u6 + u7\n"
MIXED = "f =~ u1 + u2 + u3 + u4\ng =~ y1 + y2 + y3\nf ~ x1 + x2\ng ~ x1 + f\n"
TWO = "level: 1\n fw =~ y1 + y2 + y3 + y4\nlevel: 2\n fb =~ y1 + y2 + y3 + y4\n"
SCALAR = ("loadings", "intercepts")
KINDS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    # model, one parameter more, data, options
    "groups": (CFA, "a1 ~~ b1", "sem_extras/simulated.csv", {"group": "region", "group_equal": SCALAR}),
    "ordinal": (ORDINAL, "u1 ~~ u5", "sem_ordinal/ordinal.csv", {"ordered": True}),
    "ordinal groups": (
        ORDINAL,
        "u1 ~~ u5",
        "sem_ordinal/ordinal.csv",
        {"ordered": True, "group": "region", "group_equal": (*SCALAR, "thresholds")},
    ),
    "mixed": (MIXED, "u1 ~~ y1", "sem_ordinal/ordinal.csv", {"ordered": ["u1", "u2", "u3", "u4"]}),
    "fiml": (CFA, "a1 ~~ b1", "sem_extras/incomplete.csv", {"missing": "ml"}),
    "fiml groups": (
        CFA,
        "a1 ~~ b1",
        "sem_extras/incomplete.csv",
        {"missing": "ml", "group": "region", "estimator": "MLR"},
    ),
    "two levels": (TWO, "", "sem_twolevel/twolevel.csv", {"cluster": "unit"}),
}


@cache
def fitted(kind: str, wider: bool = False) -> sem.Fit:
    model, more, data, options = KINDS[kind]
    if kind == "two levels":
        model = model.replace("level: 2", " y1 ~~ y2\nlevel: 2") if wider else model
    elif wider:
        model += more
    return sem.fit(model, pd.read_csv(FOLDER / data), **options)


def blocks(fit: sem.Fit, tables: dict[str, Any]) -> dict[str, Any]:
    names = [group.name for group in fit.model.sample.groups]
    return tables if len(names) > 1 else {names[0]: tables}


@pytest.mark.parametrize("kind", KINDS)
def test_implied_and_residual_moments_add_up_to_the_sample(kind: str) -> None:
    fit = fitted(kind)
    implied, raw = blocks(fit, fit.implied()), blocks(fit, fit.residuals("raw"))
    assert list(implied) == list(raw) == [group.name for group in fit.model.sample.groups]
    for group in fit.model.sample.groups:
        names = list(implied[group.name]["cov"].index)
        total = implied[group.name]["cov"] + raw[group.name]["cov"]
        if kind == "mixed":  # given the covariates
            expected = group.moments.covariance
        else:
            places = [group.names.index(name) for name in names]
            expected = group.cov[np.ix_(places, places)]
        np.testing.assert_allclose(total.to_numpy(), expected, atol=1e-8)
    for table in blocks(fit, fit.residuals("cor")).values():
        assert np.abs(np.diag(table["cov"])).max() < 1e-10


@pytest.mark.parametrize("kind", KINDS)
def test_standardised_items_have_variance_one(kind: str) -> None:
    """λ² + θ = 1 for items of one factor, block by block, with the keys of the estimates."""
    fit = fitted(kind)
    table, estimates = fit.standardized(), fit.estimates
    keys = [name for name in ("lhs", "op", "rhs", "group", "level") if name in estimates]
    assert table[keys].equals(estimates[keys])
    place = ["group", "level"] if "level" in keys else ["group"]
    loadings = table[table["op"] == "=~"].set_index([*place, "rhs"])["est_std"]
    own = table[(table["op"] == "~~") & (table["lhs"] == table["rhs"])]
    own = own.set_index([*place, "rhs"])["est_std"].reindex(loadings.index)
    np.testing.assert_allclose(loadings**2 + own, 1.0, atol=1e-8)
    for word in ("lv", "nox"):
        assert fit.standardized(word)[keys].equals(estimates[keys])


@pytest.mark.parametrize("kind", KINDS)
def test_measures_and_summary(kind: str) -> None:
    fit = fitted(kind)
    measures, wider = fit.fit_measures, fitted(kind, True)
    assert measures["df"] == fit.model.n_moments - fit.npar and measures["npar"] == fit.npar
    extra = 2 if "groups" in kind else 1
    assert wider.measures["df"] == measures["df"] - extra
    assert 0.0 < measures["chisq"] >= wider.measures["chisq"] - 1e-6
    excess = max(measures["chisq"] - measures["df"], 0.0)
    worst = max(measures["baseline.chisq"] - measures["baseline.df"], excess)
    assert measures["cfi"] == pytest.approx(1.0 - excess / worst, abs=1e-12)
    groups = 1 if kind == "two levels" else len(fit.model.sample.groups)
    rmsea = math.sqrt(groups * excess / (fit.n * measures["df"]))
    assert measures["rmsea"] == pytest.approx(rmsea, abs=1e-12)
    if kind in ("ordinal", "mixed"):  # of correlations: the residuals are those that are summed
        residuals = fit.residuals("cor")["cov"].to_numpy()
        lower = residuals[np.tril_indices(len(residuals))]
        assert measures["srmr"] == pytest.approx(np.sqrt((lower**2).mean()), abs=1e-12)
    text = fit.summary()
    assert repr(fit) == text
    for group in fit.model.sample.groups:
        assert group.name in text
    free = fit.estimates[fit.estimates["free"] > 0]
    assert sum(f"{row.est:.3f}" in text for row in free.itertuples()) == len(free)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "two levels"])
def test_index_of_a_parameter_foretells_what_freeing_it_brings(kind: str) -> None:
    fit, wider, more = fitted(kind), fitted(kind, True), KINDS[kind][1]
    lhs, _, rhs = more.split()
    indices = fit.modification_indices()
    rows = indices[(indices["lhs"] == lhs) & (indices["op"] == "~~") & (indices["rhs"] == rhs)]
    assert rows["group"].tolist() == list(range(1, 1 + fit.model.table.n_groups))
    joint = fit.score_test(add=more)
    assert joint.df == len(rows)
    drop = fit.measures["chisq"] - wider.measures["chisq"]
    # a quadratic approximation; for ordered data and robust weights of the same order only
    rough = 0.35 if "ordinal" in kind or kind == "mixed" else 0.1
    gained = wider.estimates.set_index(["lhs", "op", "rhs", "group"])["est"]
    for row in rows.itertuples():
        change = gained[(lhs, "~~", rhs, row.group)]
        assert row.epc == pytest.approx(change, rel=rough, abs=0.02)
    if not rough > 0.1:
        assert joint.chisq == pytest.approx(drop, rel=rough, abs=0.2)


@pytest.mark.parametrize("kind", KINDS)
def test_comparison_takes_the_difference(kind: str) -> None:
    fit, wider = fitted(kind), fitted(kind, True)
    table = sem.compare(fit, wider, names=["narrow", "wide"])
    assert list(table.index) == ["wide", "narrow"]
    assert table["Df diff"].iloc[1] == fit.measures["df"] - wider.measures["df"]
    plain = fit.measures["chisq"] - wider.measures["chisq"]
    if table.attrs["method"] == "standard":
        assert table["Chisq diff"].iloc[1] == pytest.approx(plain, rel=1e-9)
    else:
        assert table.attrs["method"] in ("satorra.2000", "satorra.bentler.2001")
        scale, shift = table.attrs["scale"][1], table.attrs["shift"][1]
        by = plain * scale + shift if table.attrs["method"] == "satorra.2000" else plain / scale
        assert table["Chisq diff"].iloc[1] == pytest.approx(by, rel=1e-6)
    tail = stats.chi2.sf(table["Chisq diff"].iloc[1], table["Df diff"].iloc[1])
    assert table["Pr(>Chisq)"].iloc[1] == pytest.approx(tail, rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_errors_and_covariances_have_their_names(kind: str) -> None:
    fit = fitted(kind)
    scores = fit.predict(se=True)
    latent = list(dict.fromkeys(name for names in fit.model.table.variables for name in names.latent))
    latent = [name for name in latent if name != "fb"]
    assert list(scores.columns) == [*latent, *(f"{name}_se" for name in latent)]
    assert len(scores) == len(pd.read_csv(FOLDER / KINDS[kind][2]))
    vcov = fit.vcov
    assert vcov.shape == (fit.model.table.n_free,) * 2 and vcov.index.equals(vcov.columns)
    free = fit.estimates[fit.estimates["free"] > 0]
    np.testing.assert_allclose(np.sqrt(np.diag(vcov)), free["se"], rtol=1e-12)
    row = free[free["op"] == "=~"].iloc[0]
    test = fit.wald(f"{fit.model.table.plabel[row.name]} == 0")
    assert test.statistic == pytest.approx((row["est"] / row["se"]) ** 2, rel=1e-9)


@pytest.mark.parametrize("kind", ["groups", "ordinal groups", "mixed", "fiml"])
def test_bootstrap_refits_the_same_model(kind: str) -> None:
    fit = fitted(kind)
    made, again = fit.bootstrap(6, seed=4), fit.bootstrap(6, seed=4)
    assert made.estimates["est"].equals(fit.estimates["est"])
    assert made.estimates["se"].equals(again.estimates["se"])
    moving = fit.estimates["free"] > 0
    assert (made.estimates.loc[moving, "se"] > 0.0).all()
    assert made.standardized()["est_std"].equals(fit.standardized()["est_std"])
    assert repr(made) == made.summary()


REFUSED: dict[str, Callable[[sem.Fit], Any]] = {
    "normalized": lambda fit: fit.residuals("normalized"),
    "standardized": lambda fit: fit.residuals("standardized"),
    "score tests": lambda fit: fit.score_test(add="y1 ~~ y2"),
    "bootstrap": lambda fit: fit.bootstrap(5, seed=1),
    "new cases": lambda fit: fit.predict(pd.DataFrame({"y1": [1.0]})),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_two_levels_lack_is_refused_by_name(what: str) -> None:
    with pytest.raises(sem.ModelError, match=f"{what}.*two-level"):
        REFUSED[what](fitted("two levels"))


@pytest.mark.parametrize("kind", ["ordinal", "mixed", "fiml"])
def test_bollen_stine_is_refused_by_name(kind: str) -> None:
    with pytest.raises(sem.ModelError, match="Bollen-Stine bootstrap needs complete continuous data"):
        fitted(kind).bootstrap(5, "bollen.stine", seed=1)


def test_robust_indices_do_not_change_with_first_order_errors() -> None:
    """Under full information the correction rests on the observed information, whatever the errors rest on.

    lavaan 0.7-2 gives ML tli.robust .98793 and rmsea.robust .034971, but .98213 and .042586 under MLF: there outer
    products of 318 scores stand for the information about 77 moments, and their inverse is far too large (on average
    1.5 times in 40 normal samples of 320 x 11).
    """
    data = pd.read_csv(FOLDER / "sem_extras/incomplete.csv")
    found = sem.fit(CFA, data, missing="ml", estimator="MLF").measures
    assert found["tli.robust"] == pytest.approx(0.9879317, abs=2e-6)
    assert found["rmsea.robust"] == pytest.approx(0.0349713, abs=2e-6)
    assert found["tli.robust"] == pytest.approx(fitted("fiml").measures["tli.robust"], abs=1e-9)
    assert not math.isclose(found["tli.robust"], 0.982128, abs_tol=1e-4)
