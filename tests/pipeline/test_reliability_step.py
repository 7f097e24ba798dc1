"""The step reliability: numbers are those of the functions, intervals say what they rest on, gaps have reasons."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from comply_measure.evidence.focal import chosen_focal
from comply_measure.measurement import level_covariances
from comply_measure.pipeline import STEPS
from comply_measure.pipeline.step import Context, StepOutput
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.responses import load_dataset
from comply_measure.sem.ordinal import polychoric_matrix

GROUPS = ["pooled", "marketing", "sales", "it", "triad"]


def of_scale(key: str) -> Context:
    """A hundred units of the shipped study as if only one scale had been asked."""
    everything = load_dataset("msi_triads")
    everything = everything.subset(units=list(everything.units.index[:100]))
    responses = replace(everything, scales=(everything.scale(key),))
    return Context(lambda: responses, {}, Cutoffs(), "en", 7)


@pytest.fixture(scope="module")
def context() -> Context:
    return of_scale("comply")


@pytest.fixture(scope="module")
def output(context: Context) -> StepOutput:
    return STEPS["reliability"].output(context, STEPS["reliability"].options(replications=100))


def test_every_dimension_has_every_group_and_an_interval(output: StepOutput) -> None:
    table = output.tables["reliability_comply_dimensions"].data
    assert table["group"].tolist() == GROUPS * 6
    assert ((table["alpha_lower"] < table["alpha"]) & (table["alpha"] < table["alpha_upper"])).all()
    kinds = table.set_index("group")["interval"]
    assert set(kinds["pooled"]) == {"cluster percentile"}
    assert set(kinds["sales"]) == {"feldt"}
    assert (table["maximal_reliability"] >= table["omega"] - 1e-6).all()


@pytest.mark.parametrize(
    ("table", "n", "alpha", "omega", "ave", "weighted", "loadings"),
    [
        ("dimensions", 12, 0.76883654, 0.77757454, 0.26218507, 0.85533956, (0.09254963, 0.81115740)),
        ("scores", 3, 0.71034971, 0.74867221, 0.48408192, 0.81105200, (0.50781770, 0.87219606)),
    ],
)
def test_a_row_rests_on_the_same_indicators_throughout(
    output: StepOutput,
    table: str,
    n: int,
    alpha: float,
    omega: float,
    ave: float,
    weighted: float,
    loadings: tuple[float, float],
) -> None:
    """Coordination among sales: lavaan 0.6-14, ``cfa(std.lv = TRUE, missing = "ml")`` of twelve items or three scores.

    ω and AVE from its estimates, H from a fit to its h1 covariances, α from pairwise covariances.
    """
    data = output.tables[f"reliability_comply_{table}"].data
    row = data[(data["construct"] == "C") & (data["group"] == "sales")].iloc[0]
    assert row["n_items"] == n and row["alpha"] == pytest.approx(alpha, abs=5e-8)
    assert row["omega"] == pytest.approx(omega, abs=5e-7) and row["ave"] == pytest.approx(ave, abs=5e-7)
    assert row["maximal_reliability"] == pytest.approx(weighted, abs=2e-6)
    assert (row["loading_min"], row["loading_max"]) == pytest.approx(loadings, abs=2e-6)
    assert row["note"] == ""


def test_unit_means_agree_better_than_single_informants(output: StepOutput) -> None:
    wide = output.tables["reliability_comply_dimensions"].data.pivot_table(
        index="construct", columns="group", values=["alpha", "sem"]
    )
    assert (wide["alpha"]["triad"] > wide["alpha"]["pooled"]).all()
    assert (wide["sem"]["triad"] < wide["sem"]["pooled"]).all()


def normal_covariance(x: np.ndarray) -> np.ndarray:
    """Maximum-likelihood covariance matrix of incomplete normal rows, by the EM algorithm."""
    x = x[~np.isnan(x).all(axis=1)]
    mean, S = np.nanmean(x, axis=0), np.diag(np.nanvar(x, axis=0))
    seen = ~np.isnan(x)
    for _ in range(300):
        filled, spare = np.where(seen, x, 0.0), np.zeros_like(S)
        for row, known in enumerate(seen):
            if known.all():
                continue
            slope = S[np.ix_(~known, known)] @ np.linalg.inv(S[np.ix_(known, known)])
            filled[row, ~known] = mean[~known] + slope @ (x[row, known] - mean[known])
            spare[np.ix_(~known, ~known)] += S[np.ix_(~known, ~known)] - slope @ S[np.ix_(known, ~known)]
        before, mean = S, filled.mean(axis=0)
        S = (filled - mean).T @ (filled - mean) / len(x) + spare / len(x)
        if np.abs(S - before).max() < 1e-11:
            break
    return S


@pytest.mark.parametrize("group", ["pooled", "marketing", "sales", "it"])
def test_coefficients_of_a_dimension_are_their_formulas(
    output: StepOutput, context: Context, group: str
) -> None:
    """α, its interval and SEM, Guttman's bounds, split halves and ordinal α of the items, from their covariances."""
    chosen = chosen_focal(context.responses, None)
    answers = chosen.answers()
    rows = answers if group == "pooled" else answers[answers["role"] == group]
    items = list(chosen.wholes["C"])
    x = rows[items]
    S, k, n = x.cov().to_numpy(), len(items), int(x.notna().any(axis=1).sum())
    total, off = S.sum(), S - np.diag(np.diag(S))
    alpha = k / (k - 1) * (1 - np.trace(S) / total)

    def row(kind: str) -> pd.Series:
        table = output.tables[f"reliability_comply_dimensions{kind}"].data
        return table[(table["construct"] == "C") & (table["group"] == group)].iloc[0]

    main, bounds = row(""), row("_bounds")
    assert main["alpha"] == pytest.approx(alpha, rel=1e-12)
    assert (main["n_items"], main["n_informants"]) == (k, n)
    assert main["sem"] == pytest.approx(np.sqrt(total * (1 - alpha)) / k, rel=1e-9)
    if group != "pooled":  # Feldt: (1 − α) F with n − 1 and (n − 1)(k − 1) degrees of freedom
        cases = int(x.notna().all(axis=1).sum())
        limits = [
            1 - (1 - alpha) * stats.f.ppf(q, m - 1, (m - 1) * (k - 1))
            for m in (cases, n)
            for q in (0.975, 0.025)
        ]
        assert limits[0] - 1e-9 <= main["alpha_lower"] <= limits[2] + 1e-9
        assert limits[3] - 1e-9 <= main["alpha_upper"] <= limits[1] + 1e-9
    S = normal_covariance(x.to_numpy(float))  # further coefficients: full information
    total, off = S.sum(), S - np.diag(np.diag(S))
    R = S / np.sqrt(np.outer(np.diag(S), np.diag(S)))
    assert bounds["mean_correlation"] == pytest.approx(R[np.triu_indices(k, 1)].mean(), abs=1e-6)
    lambda2 = (off.sum() + np.sqrt(k / (k - 1) * (off**2).sum())) / total
    assert bounds["lambda2"] == pytest.approx(lambda2, abs=1e-6)
    assert bounds["lambda6"] == pytest.approx(1 - (1 / np.diag(np.linalg.inv(S))).sum() / total, abs=1e-6)
    halves = []
    for chosen_items in combinations(range(k), k // 2):
        other = [j for j in range(k) if j not in chosen_items]
        halves.append(4 * S[np.ix_(chosen_items, other)].sum() / total)
    assert bounds["lambda4_max"] == pytest.approx(max(halves), abs=1e-6)
    assert bounds["split_half_mean"] == pytest.approx(np.mean(halves), abs=1e-6)
    assert bounds["lambda4_max"] - 1e-9 <= bounds["glb"] < 1
    polychoric = np.asarray(polychoric_matrix(x.reset_index(drop=True)).covariance)
    ordinal = k / (k - 1) * (1 - k / polychoric.sum())
    assert row("_ordered")["alpha_ordinal"] == pytest.approx(ordinal, rel=1e-6)


def test_coefficients_on_two_levels_are_those_of_the_two_covariance_matrices(
    output: StepOutput, context: Context
) -> None:
    """α within, between, of one informant and of the unit mean (Geldhof et al. 2014; Lai 2021)."""
    chosen = chosen_focal(context.responses, None)
    answers, items = chosen.answers(), list(chosen.wholes["O"])
    levels = level_covariances(answers[items].to_numpy(), answers["unit"].to_numpy())
    k = len(items)
    true, whole = [], []
    for S in (levels.within, levels.between):
        true.append((S.sum() - np.trace(S)) * k / (k - 1))
        whole.append(S.sum())
    complete = answers[answers[items].notna().all(axis=1)]
    size = 1 / (1 / complete.groupby("unit").size()).mean()
    table = output.tables["reliability_comply_dimensions_levels"].data.set_index("construct")
    row = table.loc["O"]
    assert row["alpha_within"] == pytest.approx(true[0] / whole[0], rel=1e-9)
    assert row["alpha_between"] == pytest.approx(true[1] / whole[1], rel=1e-9)
    assert row["alpha_single"] == pytest.approx(sum(true) / sum(whole), rel=1e-9)
    assert row["alpha_mean"] == pytest.approx(true[1] / (whole[1] + whole[0] / size), rel=1e-9)


def test_a_column_of_remarks_stands_where_there_are_any(output: StepOutput) -> None:
    bare = STEPS["reliability"].output(
        of_scale("smsc"), STEPS["reliability"].options(replications=0, detail="none")
    )
    tables = [*output.tables.values(), *bare.tables.values()]
    noted = {bool((table.data["note"] != "").any()) for table in tables}
    assert noted == {True, False}
    for table in tables:
        shown, said = any(column.label == "Remark" for column in table.shown), set(table.data["note"])
        alike = len(table.data) > 1 and len(said) == 1 and said != {""}
        assert shown == (said != {""} and not alike), table.key
        assert any(note.startswith("Of every row: ") for note in table.notes) == alike, table.key


def test_items_of_some_roles_only_are_taken_by_role() -> None:
    output = STEPS["reliability"].output(
        of_scale("smsc"), STEPS["reliability"].options(replications=0, detail="none")
    )
    table = output.tables["reliability_smsc_constructs"].data
    marketing = table[table["construct"] == "marketing_preparation"]
    assert set(marketing["group"]) <= {"pooled", *GROUPS[1:]}
    undefined = table["alpha"].isna()
    assert (table.loc[undefined, "note"] != "").all()
    assert "reliability_smsc_general" not in output.tables


def test_the_general_factor_carries_most_of_the_total(output: StepOutput) -> None:
    table = output.tables["reliability_comply_general"].data
    top = table[table["level"] == "factors"]
    assert top["group"].tolist() == GROUPS[:-1]
    assert top["omega_factors"].between(0.8, 1).all()


def test_without_resampling_and_detail_the_main_table_stays() -> None:
    found = STEPS["reliability"].output(
        of_scale("marker"), STEPS["reliability"].options(replications=0, detail="none")
    )
    assert list(found.tables) == ["reliability_marker_constructs"]
    table = found.tables["reliability_marker_constructs"].data.set_index("group")
    assert math.isnan(table.loc["pooled", "alpha_lower"])
    assert table.loc["sales", "alpha_lower"] < table.loc["sales", "alpha"]
