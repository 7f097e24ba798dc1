"""Structures of cut-offs, indices of a general factor, matrices of roles and rules, written out without a fit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError
from comply_measure.measurement.fits import DifferenceTest
from comply_measure.models.cutoffs.misspecification import (
    FactorStructure,
    factor_structure,
    misspecifications,
)
from comply_measure.models.informants import mtmm_table, variance_shares
from comply_measure.models.informants.polynomial_fit import COEFFICIENTS, _surface
from comply_measure.models.informants.polynomial_model import latent_polynomial_model
from comply_measure.models.invariance import group_design, role_design, stage_design
from comply_measure.models.invariance.rules import (
    CHEN_LARGE,
    CHEN_SMALL,
    CHEUNG_RENSVOLD,
    RUTKOWSKI_SVETINA,
    Conditions,
    verdicts,
)
from comply_measure.models.method_variance import single_factor_share
from comply_measure.models.method_variance.marker_result import MarkerAnalysis, ReliabilityParts
from comply_measure.models.rivals import bifactor_indices, schmid_leiman
from comply_measure.models.rivals.weighted_chisquare import weighted_chisquare_tail
from comply_measure.triads.congruence.surface import CONTRASTS, LINEAR, surface_parameters

NAN = math.nan


def one_factor(loadings: list[float], extra: tuple[int, int, float] | None = None) -> FactorStructure:
    own = np.array(loadings)
    residuals = np.diag(1 - own**2)
    if extra:
        i, j, value = extra
        residuals[i, j] = residuals[j, i] = value
    return FactorStructure(
        tuple(f"x{i}" for i in range(len(own))), ("f",), own[:, None], np.eye(1), residuals
    )


@pytest.mark.parametrize(
    ("n", "counts"), [(4, [1]), (5, [1, 2]), (6, [1, 2, 3]), (9, [1, 2, 4]), (12, [2, 4, 6])]
)
def test_levels_of_one_factor_leave_out_residual_correlations_of_the_weakest(
    n: int, counts: list[int]
) -> None:
    loadings = [round(0.9 - 0.04 * ((5 * i) % n), 2) for i in range(n)]  # all different, not sorted
    structure = one_factor(loadings)
    found = misspecifications(structure)
    assert [level.level for level in found] == list(range(1, len(counts) + 1))
    order = np.argsort(loadings)
    for level, count in zip(found, counts, strict=True):
        expected = structure.correlation_matrix.copy()
        for i, j in order[: 2 * count].reshape(-1, 2):
            expected[i, j] += 0.3 * np.sqrt((1 - loadings[i] ** 2) * (1 - loadings[j] ** 2))
            expected[j, i] = expected[i, j]
        np.testing.assert_allclose(level.correlation, expected)
        assert level.magnitude == 0.3
        assert level.description == f"{count} residual correlation{'s' * (count > 1)} of 0.30"


def test_items_with_a_residual_correlation_take_no_other() -> None:
    found = misspecifications(one_factor([0.5, 0.55, 0.6, 0.65, 0.7, 0.75], (0, 1, 0.2)))
    base = one_factor([0.5, 0.55, 0.6, 0.65, 0.7, 0.75], (0, 1, 0.2)).correlation_matrix
    changed = np.argwhere(np.triu(np.abs(found[0].correlation - base) > 1e-12))
    assert changed.tolist() == [[2, 3]]
    with pytest.raises(ComplyError, match="needs 4 items"):
        misspecifications(one_factor([0.5, 0.55, 0.6, 0.65, 0.7], (0, 1, 0.2)))


def test_levels_of_several_factors_are_cross_loadings_of_their_weakest_items() -> None:
    loadings = np.zeros((8, 3))
    loadings[[0, 1, 2], 0] = 0.8, 0.5, 0.7
    loadings[[3, 4, 5], 1] = 0.9, 0.6, 0.7
    loadings[[6, 7], 2] = 0.4, 0.7
    phi = np.array([[1, 0.3, 0.2], [0.3, 1, 0.4], [0.2, 0.4, 1]])
    fitted = loadings @ phi @ loadings.T
    residuals = np.diag(1 - np.diag(fitted))
    structure = FactorStructure(tuple("abcdefgh"), ("F", "G", "H"), loadings, phi, residuals)
    found = misspecifications(structure)
    # items of factors with three items first, weakest first; each on the other factor with the highest H
    assert [level.description for level in found] == ["cross-loading of b on G", "cross-loading of e on H"]
    with_cross = loadings.copy()
    for level, (item, home, target) in zip(found, [(1, 0, 1), (4, 1, 2)], strict=True):
        own, r = loadings[item, home], phi[home, target]
        size = min(own, 0.95 * (np.sqrt(own**2 * r**2 + 1 - own**2) - own * r))
        with_cross[item, target] = size
        expected = with_cross @ phi @ with_cross.T
        np.fill_diagonal(expected, 1.0)
        np.testing.assert_allclose(level.correlation, expected)
        assert level.magnitude == pytest.approx(size)
    strong = FactorStructure(
        ("a", "b", "c", "d"), ("F", "G"),
        np.array([[-0.9, 0], [-0.95, 0], [0, 0.9], [0, 0.95]]), np.array([[1, 0.5], [0.5, 1]]),
        np.diag([0.19, 0.0975, 0.19, 0.0975]),
    )  # fmt: skip
    (level,) = misspecifications(strong)
    bound = 0.95 * (np.sqrt(0.81 * 0.25 + 0.19) - 0.45)
    assert level.magnitude == pytest.approx(bound)
    assert level.correlation[0, 2] == pytest.approx(-0.9 * 0.5 * 0.9 - bound * 0.9)


def fitted(text: str, seed: int = 1, **options: Any) -> sem.Fit:
    rng = np.random.default_rng(seed)
    loadings = np.array([[0.7, 0.7, 0.7, 0.4, 0, 0], [0, 0, 0, 0.5, 0.7, 0.7]])
    values = rng.normal(size=(150, 2)) @ loadings + 0.6 * rng.normal(size=(150, 6))
    x = pd.DataFrame(values, columns=[f"x{i}" for i in range(6)])
    x["g"] = np.repeat(["a", "b"], 75)
    return sem.fit(text, x, **options)


def test_structures_without_cut_offs_are_refused_by_name() -> None:
    found = factor_structure(fitted("F =~ x0 + x1 + x2 + x3"))
    assert (found.items, found.factors) == (("x0", "x1", "x2", "x3"), ("F",))
    np.testing.assert_allclose(np.diag(found.correlation_matrix), 1.0)
    with pytest.raises(ComplyError, match="one group"):
        factor_structure(fitted("F =~ x0 + x1 + x2 + x3", group="g"))
    with pytest.raises(ComplyError, match="items with one factor each"):
        factor_structure(fitted("F =~ x0 + x1 + x2 + x3\nG =~ x3 + x4 + x5"))
    with pytest.raises(ComplyError, match="defined for factor models"):
        factor_structure(fitted("F =~ x0 + x1 + x2\nx3 ~ x4"))


def test_tails_of_weighted_chisquares_by_their_closed_form() -> None:
    for w in ([3.0, 3.0, 1.0, 1.0], [5.0, 5.0, 2.0, 2.0, 0.5, 0.5]):  # pairs: sums of exponentials
        rates = 1 / (2 * np.array(w[::2]))
        for x in (0.01, 1.0, 7.0, 40.0):
            parts = [
                np.prod([o / (o - r) for k, o in enumerate(rates) if k != j]) * np.exp(-r * x)
                for j, r in enumerate(rates)
            ]
            assert weighted_chisquare_tail(x, np.array(w)) == pytest.approx(
                sum(parts), abs=1e-9 if x > 0.1 else 1e-6
            )
    assert weighted_chisquare_tail(3.0, np.array([2.0, 0.0])) == pytest.approx(stats.chi2.sf(1.5, 1))
    assert weighted_chisquare_tail(3.0, np.array([-2.0])) == 0.0
    assert weighted_chisquare_tail(0.0, np.array([1.0, 2.0])) == 1.0
    for x, w in ((-1e-9, [1.0]), (np.inf, [1.0]), (1.0, [np.nan])):
        with pytest.raises(ComplyError, match="at least 0"):
            weighted_chisquare_tail(x, np.array(w))


def test_whole_table_of_a_general_factor() -> None:
    general = np.array([0.7, 0.6, 0.5, 0.6, 0.4])
    specific = np.array([[0.3, 0], [0.4, 0], [0.2, 0], [0, 0.5], [0, -0.3]])
    found = bifactor_indices(
        general, specific, ["g", "a", "b"], list("vwxyz"), one_factor=general + np.array([0.1, -0.06, 0, 0, 0.04]),
        n_informants=90, source="by hand", note="n",
    )  # fmt: skip
    table = found.tidy()
    all_loadings = np.column_stack([general, specific])
    residual = 1 - (all_loadings**2).sum(axis=1)
    sigma = all_loadings @ all_loadings.T + np.diag(residual)
    for k, rows in enumerate(([0, 1, 2, 3, 4], [0, 1, 2], [3, 4])):
        own, parts = all_loadings[rows, k], all_loadings[rows].sum(axis=0) ** 2
        total = parts.sum() + residual[rows].sum()
        expected = {
            "omega": parts.sum() / total,
            "omega_hierarchical": parts[k] / total,
            "relative_omega": parts[k] / parts.sum(),
            "ecv": (own**2).sum() / (all_loadings[rows] ** 2).sum(),
            "h": 1 / (1 + 1 / (own**2 / (1 - own**2)).sum()),
            "determinacy": np.sqrt(all_loadings[:, k] @ np.linalg.solve(sigma, all_loadings[:, k])),
            "n_indicators": len(rows),
            "puc": 1 - (6 + 2) / 20 if k == 0 else NAN,
            "relative_bias": np.mean([0.1 / 0.7, 0.06 / 0.6, 0, 0, 0.04 / 0.4]) if k == 0 else NAN,
        }
        for name, value in expected.items():
            assert table.loc[k, name] == pytest.approx(value, nan_ok=True), (k, name)
    assert table[["source", "n_informants", "note"]].iloc[2].tolist() == ["by hand", 90, "n"]
    assert found.item_ecv["z"] == pytest.approx(0.16 / 0.25)
    assert np.isnan(bifactor_indices(general, specific, ["g", "a", "b"], list("vwxyz")).relative_bias)
    exact = bifactor_indices(
        np.array([1.0, 0.5, 0.5]), np.array([[0], [0.3], [0.3]]), ["g", "a"], list("xyz")
    )
    assert exact.construct_replicability[0] == 1.0


def test_factors_and_items_without_loadings_have_no_indices_and_say_so() -> None:
    general = np.array([0.7, 0.6, 0.5, 0.0])
    specific = np.array([[0.3, 0], [0.4, 0], [0.2, 0], [0, 0]])
    found = bifactor_indices(
        general, specific, ["g", "a", "b"], list("wxyz"), one_factor=general + 0.1, note="n"
    )
    without = bifactor_indices(general, specific[:, :1], ["g", "a"], list("wxyz"))
    table, expected = found.tidy(), without.tidy()
    why = "no item loads on b: no indices; no loading of z: no I-ECV"
    assert set(table["note"]) == {f"n; {why}; a general loading is zero: no relative bias"}
    assert set(expected["note"]) == {"no loading of z: no I-ECV"}
    numbers = ["omega", "omega_hierarchical", "relative_omega", "ecv", "h", "determinacy", "n_indicators"]
    np.testing.assert_allclose(table.loc[:1, numbers].astype(float), expected[numbers].astype(float))
    assert table.loc[2, numbers[:-1]].isna().all()
    assert table.loc[2, "n_indicators"] == 0
    assert table.loc[0, "puc"] == 1 - 3 * 2 / (4 * 3)
    assert np.isnan([found.relative_bias, found.item_ecv["z"]]).all()
    assert found.item_ecv["w"] == pytest.approx(0.49 / 0.58)
    nothing = bifactor_indices(np.zeros(2), np.array([[0.5], [0.4]]), ["g", "a"], list("xy")).tidy()
    assert nothing.loc[0, ["omega_hierarchical", "ecv", "h", "determinacy"]].tolist() == [0.0] * 4
    # two items without residual: the general factor is known exactly
    exact = bifactor_indices(np.array([1, 1, 0.5]), np.array([[0], [0], [0.3]]), ["g", "a"], list("xyz"))
    assert exact.factor_determinacy[0] == pytest.approx(1)
    assert exact.factor_determinacy[1] == pytest.approx(np.sqrt(0.09 / 0.75))  # given g and z


@pytest.mark.parametrize(
    "change",
    [
        {"names": ["g", "a"]}, {"items": list("vwxy")}, {"general": np.array([0.7, 0.6, 0.5, 0.6, NAN])},
        {"general": np.full(4, 0.5)}, {"specific": np.full(5, 0.2)}, {"one_factor": np.full(4, 0.5)},
    ],
    ids=str,
)  # fmt: skip
def test_loadings_that_do_not_fit_together_are_refused(change: dict[str, Any]) -> None:
    good: dict[str, Any] = {
        "general": np.full(5, 0.5), "specific": np.full((5, 2), 0.2), "names": ["g", "a", "b"],
        "items": list("vwxyz"),
    }  # fmt: skip
    with pytest.raises(ComplyError, match=r"fit together|as many as|2 dimensions"):
        bifactor_indices(**{**good, **change})


def test_second_order_loadings_fit_the_factors() -> None:
    first, second = np.kron(np.eye(2), np.full((2, 1), 0.8)), np.array([0.6, 1.0])
    general, own = schmid_leiman(first, second)
    np.testing.assert_allclose(general, [0.48, 0.48, 0.8, 0.8])
    np.testing.assert_allclose(own, [[0.64, 0], [0.64, 0], [0, 0], [0, 0]])
    for bad in (np.ones(3), np.ones((2, 1))):
        with pytest.raises(ComplyError, match="do not fit"):
            schmid_leiman(first, bad)


def test_shares_of_one_factor_at_their_edges() -> None:
    rng = np.random.default_rng(4)
    x = pd.DataFrame(rng.normal(size=(50, 1)) + rng.normal(size=(50, 3)), columns=list("abc"))
    x.iloc[0] = NAN
    three = single_factor_share(x, list("abc"), missing="pairwise")
    r = x.corr().to_numpy()
    assert three.component_share == pytest.approx(np.linalg.eigvalsh(r)[-1] / 3)
    exact = [r[0, 1] * r[0, 2] / r[1, 2], r[0, 1] * r[1, 2] / r[0, 2], r[0, 2] * r[1, 2] / r[0, 1]]
    assert three.factor_share == pytest.approx(sum(exact) / 3, abs=1e-6)
    assert (three.n_items, three.n_informants) == (3, 49)
    two = single_factor_share(x, ["a", "b"])
    assert two.component_share == pytest.approx((1 + abs(x["a"].corr(x["b"]))) / 2)
    assert np.isnan(two.factor_share)
    assert two.note.startswith("one factor needs at least three items")
    one = single_factor_share(x, ["a"])
    assert np.isnan([one.component_share, one.factor_share]).all()
    assert one.note.startswith("fewer than two items")


def marker_result(**change: Any) -> MarkerAnalysis:
    test = DifferenceTest(9.0, 1.0, 0.003, "standard")
    given: dict[str, Any] = {
        "fits": {}, "failures": {"cfa": "not fitted"}, "differences": {("baseline", "method_c"): test},
        "retained": "method_c",
        "reliability": (ReliabilityParts("A", 0.8, 0.7, 0.1, 0.8, 0.125),),
        "loadings": pd.DataFrame({"item": ["a", "b"], "method": [0.3, -0.1]}),
        "correlations": pd.DataFrame(
            {"factor_1": ["A", "A"], "factor_2": ["B", "C"], "baseline": [0.5, 0.2], "method_c": [0.4, 0.25],
             "method_r": [0.0, 0.0], "method_s_95": [0.56, NAN]}
        ),
        "factors": ("A", "B"), "alpha": 0.05, "n_informants": 90, "n_clusters": -1, "notes": (),
    }  # fmt: skip
    return MarkerAnalysis(**{**given, **change})


def test_tables_of_a_marker_analysis_hold_what_it_found() -> None:
    found = marker_result()
    assert found.method_variance == pytest.approx(0.05)
    assert found.detected is True
    p = found.differences["baseline", "method_c"].pvalue
    assert marker_result(alpha=p).detected and not marker_result(alpha=p - 1e-6).detected
    undefined = {("baseline", "method_c"): DifferenceTest(NAN, NAN, NAN, "", "no fit")}
    assert marker_result(differences=undefined).detected is None
    assert np.isnan(marker_result(loadings=pd.DataFrame({"method": [NAN, NAN]})).method_variance)
    changes = found.sensitivity_table()
    np.testing.assert_allclose(changes["largest_change"], [0.1, 0.05])  # method_r restricts and is no change
    assert set(changes["n_informants"]) == {90}
    alone = found.correlations.drop(columns=["method_c", "method_s_95"])
    assert "largest_change" not in marker_result(correlations=alone).sensitivity_table()
    bare = found.correlations.drop(columns="baseline")
    assert "largest_change" not in marker_result(correlations=bare).sensitivity_table()
    row = found.difference_table().iloc[0]
    assert row["question"] == "is there method variance, the same in every indicator?"
    assert row[["restricted", "general", "chisq", "df", "pvalue", "n_informants"]].tolist() == [
        "baseline", "method_c", 9.0, 1.0, 0.003, 90,
    ]  # fmt: skip
    assert found.reliability_table().iloc[0].tolist() == ["A", 0.8, 0.7, 0.1, 0.8, 0.125, 90]
    failed = found.tidy().iloc[0]
    assert failed[["model", "converged", "note", "version", "n_informants"]].tolist() == [
        "cfa", False, "not fitted", "", 90,
    ]  # fmt: skip
    assert failed[["chisq", "df", "pvalue", "cfi", "rmsea", "srmr"]].isna().all()


def test_comparisons_of_campbell_and_fiske_by_counting() -> None:
    rng = np.random.default_rng(6)
    base = rng.normal(size=(40, 3, 1)) + 0.8 * rng.normal(size=(40, 3, 2))
    names = [f"{d}.{r}" for r in ("s", "m") for d in "ABC"]
    wide = pd.DataFrame(base.transpose(0, 2, 1).reshape(40, 6), columns=names)
    wide.iloc[:5, 0] = NAN
    found = mtmm_table(wide, list("ABC"), ["s", "m"], {("A", "s"): 0.8})
    r = wide.corr()
    off = ~np.eye(6, dtype=bool)
    np.testing.assert_allclose(found.matrix.to_numpy()[off], r.to_numpy()[off])
    assert found.matrix.loc["A.s", "A.s"] == 0.8
    assert np.isnan(found.matrix.loc["B.m", "B.m"])
    assert found.n_units == 40
    assert found.pairs["n"].tolist().count(35) == 5
    kinds = found.pairs["kind"].value_counts()
    assert kinds.to_dict() == {
        "heterotrait-monoinformant": 6, "heterotrait-heteroinformant": 6, "monotrait-heteroinformant": 3,
    }  # fmt: skip
    for row in found.summary.to_dict("records"):
        part = found.pairs.loc[found.pairs["kind"] == row["kind"], "correlation"]
        assert (row["n_correlations"], row["mean"], row["minimum"], row["maximum"]) == (
            len(part), pytest.approx(part.mean()), part.min(), part.max(),
        )  # fmt: skip
    for row in found.criteria.to_dict("records"):
        d = row["dimension"]
        validity = r.loc[f"{d}.s", f"{d}.m"]
        others = [o for o in "ABC" if o != d]
        if row["against"] == "heterotrait-heteroinformant":
            compared = [r.loc[f"{d}.s", f"{o}.m"] for o in others] + [
                r.loc[f"{o}.s", f"{d}.m"] for o in others
            ]
        else:
            compared = [r.loc[f"{d}.{who}", f"{o}.{who}"] for o in others for who in "sm"]
        assert row["validity"] == pytest.approx(validity)
        assert (row["n_compared"], row["n_exceeded"]) == (4, sum(validity > c for c in compared))
    few = mtmm_table(wide.iloc[:7], list("ABC"), ["s", "m"]).pairs
    assert set(few.loc[few["n"] == 2, "note"]) == {"fewer than 3 units with both"}
    flat = mtmm_table(wide.assign(**{"B.m": 1.0}), list("ABC"), ["s", "m"]).pairs
    assert (flat["note"] == "a score does not vary among the units with both").sum() == 5
    with pytest.raises(InputError, match="named twice"):
        mtmm_table(wide, ["A", "A"], ["s"])


def test_shares_of_uncorrelated_factors_of_one_indicator() -> None:
    rows = [("T", "=~", "x", 0.8), ("P", "=~", "x", 0.5), ("T", "=~", "y", 1.0), ("T", "~~", "T", 2.0),
            ("P", "~~", "P", 1.0), ("x", "~~", "x", 0.72), ("y", "~~", "y", 0.5), ("T", "~~", "P", 0.0)]  # fmt: skip
    estimates = pd.DataFrame(rows, columns=["lhs", "op", "rhs", "est"])
    table = variance_shares(estimates).set_index(["indicator", "factor"]).drop(columns="note")
    total = 0.64 * 2 + 0.25 + 0.72
    np.testing.assert_allclose(
        table.loc[("x", "T")].astype(float), [1.28 / total, 1.53 / total, 0.72 / total]
    )
    np.testing.assert_allclose(table.loc[("x", "P")], [0.25 / total, 1.53 / total, 0.72 / total])
    np.testing.assert_allclose(table.loc[("y", "T")], [0.8, 0.8, 0.2])
    estimates.loc[7, "est"] = 0.1
    with pytest.raises(ComplyError, match="T and P are correlated"):
        variance_shares(estimates)


def test_rules_hold_where_they_were_studied_and_nowhere_else() -> None:
    def verdict(
        rule: Any, level: str, cfi: float, rmsea: float = 0.0, srmr: float = 0.0, **given: Any
    ) -> Any:
        conditions = Conditions(
            **{"n_groups": 2, "dependent": False, "n_smallest": 200, "n_total": 400, "ordinal": False,
               "n_factors": 1, **given}
        )  # fmt: skip
        changes = {"cfi": cfi, "rmsea": rmsea, "srmr": srmr}
        return verdicts(level, changes, conditions, [rule])[rule.name]

    # the first and the last number of cases that each study had
    for rule, name, low, high in (
        (CHEUNG_RENSVOLD, "n_smallest", 150, 300),
        (CHEN_LARGE, "n_total", 301, 1000),
        (CHEN_SMALL, "n_total", 150, 300),
    ):
        judged = [verdict(rule, "metric", 0.0, **{name: n})[0] for n in (low - 1, low, high, high + 1)]
        assert judged == ["withheld", "supported", "supported", "withheld"], rule.name
    assert verdict(CHEUNG_RENSVOLD, "metric", -0.009)[0] == "supported"
    assert verdict(CHEUNG_RENSVOLD, "metric", -0.011)[0] == "not supported"
    # CFI and one of the others
    assert verdict(CHEN_LARGE, "metric", -0.02, 0.014, 0.029)[0] == "supported"
    assert verdict(CHEN_LARGE, "metric", -0.02, 0.016)[0] == "not supported"
    assert verdict(CHEN_LARGE, "metric", -0.02, 0.0, 0.031)[0] == "not supported"
    assert verdict(CHEN_LARGE, "metric", -0.009, 0.05, 0.05)[0] == "supported"
    assert verdict(CHEN_LARGE, "scalar", -0.02, 0.0, 0.011)[0] == "not supported"
    assert verdict(CHEN_LARGE, "metric", -0.02, NAN, NAN)[0] == "not supported"
    assert verdict(CHEN_SMALL, "metric", -0.006, 0.011, n_total=300)[0] == "not supported"
    assert verdict(CHEN_LARGE, "metric", -0.0125, 0.02) == (
        "not supported", "ΔCFI −.013, ΔRMSEA +.020, ΔSRMR +.000",
    )  # fmt: skip
    assert verdict(CHEN_LARGE, "means", -0.1) == ("withheld", "no cut-off for this level")
    assert verdict(CHEN_LARGE, "metric", NAN) == ("withheld", "CFI is undefined")
    assert (
        verdict(RUTKOWSKI_SVETINA, "metric", -0.021, 0.031, n_groups=20, n_smallest=600)[0] == "not supported"
    )
    reasons = verdict(
        CHEUNG_RENSVOLD, "metric", 0.0, n_groups=3, dependent=True, ordinal=True, n_smallest=149
    )
    assert reasons == (
        "withheld",
        "studied with independent groups only; studied with up to 2 groups, not 3; studied with maximum likelihood, "
        "not with categorical estimators; studied with 150 to 300 cases per group, not 149",
    )
    assert (
        verdict(CHEN_LARGE, "metric", 0.0, n_total=300)[1] == "studied with 301 to 1000 cases in all, not 300"
    )
    few = verdict(RUTKOWSKI_SVETINA, "metric", 0.0, n_groups=21, n_smallest=599)[1]
    assert few == "studied with up to 20 groups, not 21; studied with at least 600 cases per group, not 599"


def test_a_latent_surface_is_made_of_its_coefficients_and_draws() -> None:
    b = np.array([1.0, 0.3, -0.2, -0.4, 0.5, -0.3])
    estimate = surface_parameters(b)
    rows = {name: [value, 0.1, value / 0.1, 0.04, value - 0.2, value + 0.2] for name, value in
            [*zip(COEFFICIENTS, b, strict=True), *zip(LINEAR, CONTRASTS @ b, strict=True)]}  # fmt: skip
    columns = ["estimate", "se", "z", "p", "ci_lower", "ci_upper"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("name")
    draws = b + 0.05 * np.random.default_rng(1).normal(size=(30, 6))
    x, y = np.array([-1.0, 0.0, 1.0, 2.0]), np.array([0.0, 0.5, -1.0, 2.1])
    found = _surface(table, draws, (x, y), 120, -1, 0.9)
    np.testing.assert_allclose(found.parameters["estimate"], estimate)
    every = surface_parameters(draws)
    np.testing.assert_allclose(found.parameters["boot_lower"], np.nanpercentile(every, 5, axis=0))
    np.testing.assert_allclose(found.parameters["boot_upper"], np.nanpercentile(every, 95, axis=0))
    assert set(found.parameters["n_boot"]) == {30}
    assert found.parameters["df"].tolist()[:5] == [np.inf] * 5
    spread = np.sqrt((x.var(ddof=1) + y.var(ddof=1)) / 2)
    assert found.spread == pytest.approx(spread)
    d = x - y
    shares = [np.mean(np.abs(d) <= spread / 2), np.mean(d > spread / 2), np.mean(d < -spread / 2)]
    assert [found.near_congruence, found.over, found.under] == pytest.approx(shares)
    x0, y0 = estimate[5], estimate[6]
    assert found.in_region == float(-1 <= x0 <= 2 and -1 <= y0 <= 2.1)
    assert (found.shape, found.n, found.n_clusters, found.bootstrap) == ("dome", 120, -1, 30)
    none = _surface(table, np.empty((0, 6)), (x[:1], y[:1]), 120, 7, 0.9)
    assert np.isnan([none.near_congruence, none.over, none.under, none.spread]).all()
    assert none.parameters[["boot_lower", "boot_upper"]].isna().all(axis=None)
    assert set(none.parameters["n_boot"]) == {0}


def test_polynomials_of_one_item_or_one_role_are_refused() -> None:
    for items, roles in (
        (["a"], ["s", "m"]),
        (["a", "b"], ["s"]),
        (["a", "b"], ["s", "s"]),
        (["a", "a"], ["s", "m"]),
    ):
        with pytest.raises(ComplyError):
            latent_polynomial_model("F", items, roles, "z")


def test_designs_count_who_answered() -> None:
    long = pd.DataFrame(
        {
            "unit": [1, 1, 2, 2, 3, 3, 4],
            "role": ["s", "m", "s", "m", "s", "m", "s"],
            "group": ["a", "a", "b", "b", "b", "a", None],
            "x": [1.0, 2, 3, NAN, NAN, NAN, 4],
            "y": [2.0, NAN, 1, 3, NAN, NAN, NAN],
            "z": [1.0, 2, 3, 4, NAN, NAN, 1],
        }
    )
    factors = {"F": ["x", "y", "z"]}
    roles = role_design(long, factors, ["m", "s"])
    assert roles.counts == {"m": 2, "s": 3}
    assert roles.conditions == Conditions(2, True, 2, 4, False, 1)
    assert (roles.names, roles.cluster, roles.estimator) == (("m", "s"), None, "ML")
    assert roles.key("loading", "y", 1) == ("F.by.s", "=~", "y.s", 1)
    assert roles.key("intercept", "y", 0) == ("y.m", "~1", "", 1)
    assert roles.key("residual", "y", 0) == ("y.m", "~~", "y.m", 1)
    assert roles.key("mean", "F", 1) == ("F.by.s", "~1", "", 1)
    assert roles.key("variance", "F", 1) == ("F.by.s", "~~", "F.by.s", 1)
    groups = group_design(long, factors, "group")
    assert groups.counts == {"a": 2, "b": 2}
    assert groups.conditions == Conditions(2, False, 2, 4, False, 1)
    assert groups.key("loading", "y", 1) == ("F", "=~", "y", 2)
    assert groups.key("intercept", "y", 0) == ("y", "~1", "", 1)
    assert groups.key("variance", "F", 1) == ("F", "~~", "F", 2)
    with pytest.raises(InputError, match="role without answers"):
        role_design(long[(long["role"] == "s") | (long["unit"] == 3)], factors, ["m", "s"])
    stages = stage_design(long, {"early": {"i": "x", "j": "y"}, "late": {"i": "y", "j": "z"}})
    assert stages.counts == {"early": 5, "late": 5}
    assert stages.names == ("early", "late")
