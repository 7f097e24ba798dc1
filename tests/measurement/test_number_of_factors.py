"""KMO, Bartlett, MAP, empirical Kaiser, parallel analysis and comparison data against psych, formulas and truth."""

from __future__ import annotations

import copy
import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import InputError
from comply_measure.measurement.dimensionality.adequacy import (
    bartlett_sphericity,
    kmo,
    sampling_adequacy,
)
from comply_measure.measurement.dimensionality.comparison import comparison_data, comparison_population
from comply_measure.measurement.dimensionality.components import (
    empirical_kaiser,
    minimum_average_partial,
)
from comply_measure.measurement.dimensionality.correlations import correlate
from comply_measure.measurement.dimensionality.null_correlations import (
    normal_correlations,
    permuted_correlations,
    permuted_polychoric,
)
from comply_measure.measurement.dimensionality.parallel import eigenvalues, parallel_analysis

FOLDER = Path(__file__).parent.parent / "reference" / "measurement"
ITEMS = [f"y{j}" for j in range(1, 13)]


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "answers.csv", na_values="NA")


@pytest.fixture(scope="module")
def complete(answers) -> pd.DataFrame:
    return answers.dropna(subset=ITEMS)


def three_factors(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    loadings = np.kron(np.eye(3), np.full((4, 1), 0.7))
    scores = rng.normal(size=(n, 3)) @ loadings.T + rng.normal(size=(n, 12)) * np.sqrt(0.51)
    return pd.DataFrame(np.digitize(scores, [-1.5, -0.5, 0.5, 1.5]) + 1.0, columns=ITEMS)


@pytest.mark.parametrize("engine", ["own", "factor_analyzer"])
def test_adequacy_equals_psych(complete, reference, engine) -> None:
    found = sampling_adequacy(correlate(complete, ITEMS), engine)
    np.testing.assert_allclose(found.kmo, reference["kmo"]["MSA"], rtol=1e-10)
    np.testing.assert_allclose(found.kmo_items, reference["kmo"]["MSAi"], rtol=1e-10)
    np.testing.assert_allclose(found.chisq, reference["bartlett"]["chisq"], rtol=1e-10)
    np.testing.assert_allclose(found.pvalue, reference["bartlett"]["p.value"], rtol=1e-8)
    assert (found.df, found.n) == (66, reference["n"])
    table = found.tidy()
    assert table["item"].tolist() == ["all", *ITEMS]


def test_adequacy_of_special_matrices() -> None:
    # no partial correlation is left when two items are all there is
    assert kmo(np.array([[1.0, 0.5], [0.5, 1.0]]))[0] == pytest.approx(0.5)
    chisq, df, pvalue = bartlett_sphericity(np.eye(4), 50)
    assert (chisq, df, pvalue) == (0.0, 6, 1.0)
    assert np.isnan(bartlett_sphericity(np.ones((3, 3)), 50)[0])
    assert np.isnan(kmo(np.ones((3, 3)))[0])
    big = np.full((400, 400), 0.5) + 0.5 * np.eye(400)
    # the determinant itself would underflow to zero here
    logdet = 399 * np.log(0.5) + np.log(0.5 + 0.5 * 400)
    assert bartlett_sphericity(big, 1000)[0] == pytest.approx(-(999 - 805 / 6) * logdet)


def test_what_is_undefined_of_adequacy_has_its_reason() -> None:
    """A pair and a triple as before, with a note; the table names the items and says when informants are too few."""
    uncorrelated = np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]])
    overall, by_item = found = kmo(uncorrelated)
    assert overall == pytest.approx(0.5) and np.isnan(by_item).tolist() == [False, False, True]
    assert found.note == "no correlation with another item: item 3"
    assert (found.overall, found.by_item[0]) == (overall, by_item[0])
    assert copy.deepcopy(found).note == found.note
    assert kmo(np.ones((3, 3))).note == "the correlation matrix is singular" in repr(kmo(np.ones((3, 3))))
    assert kmo(np.ones((1, 1))).note == "fewer than 2 items"
    assert kmo(np.array([[1.0, np.nan], [np.nan, 1.0]])).note == "correlations are undefined"
    assert kmo(np.array([[1.0, 0.5], [0.5, 1.0]])).note == bartlett_sphericity(np.eye(4), 30).note == ""
    assert bartlett_sphericity(np.ones((3, 3)), 50).note == "the correlation matrix is singular"
    few = bartlett_sphericity(np.eye(4), 3)
    assert few.note == "3 informants are too few for a test of 4 items" and few.df == 6
    assert np.isnan([few.chisq, few.pvalue]).all() and copy.deepcopy(few).note == few.note
    data = pd.DataFrame({"a": [1, 2, 3, 4.0], "b": [2, 1, 4, 3.0], "c": [1, 4, 2, 5.0], "d": [5, 1, 1, 2.0]})
    table = sampling_adequacy(
        dataclasses.replace(correlate(data, list("abcd")), n=3, matrix=np.eye(4), note="")
    ).tidy()
    assert (
        table["note"].tolist()
        == ["3 informants are too few for a test of 4 items; no correlation with another item: a, b, c, d"]
        * 5
    )


def test_map_equals_psych_and_formula(complete, reference) -> None:
    found = minimum_average_partial(correlate(complete, ITEMS))
    np.testing.assert_allclose(found.squared[1:9], reference["map"], rtol=1e-9)
    np.testing.assert_allclose(found.squared[:11], reference["map_squared"][:11], rtol=1e-9)
    np.testing.assert_allclose(found.fourth[:11], reference["map_fourth"][:11], rtol=1e-9)
    assert found.n_squared == np.argmin(reference["map_squared"]) == 3
    assert found.n_fourth == np.argmin(reference["map_fourth"])


def test_empirical_kaiser_equals_formula(complete, reference) -> None:
    found = empirical_kaiser(correlate(complete, ITEMS))
    np.testing.assert_allclose(found.eigenvalues, reference["eigenvalues"], rtol=1e-10)
    np.testing.assert_allclose(found.reference, reference["ekc"], rtol=1e-10)
    assert found.n_empirical == 3
    assert found.tidy()["cumulative_share"].iloc[-1] == pytest.approx(1.0)


def test_factor_eigenvalues_equal_psych(complete, reference) -> None:
    matrix = correlate(complete, ITEMS).matrix
    # psych's one-factor minres stops at about 1e-5
    np.testing.assert_allclose(
        eigenvalues(matrix[None], "factors_minres")[0], reference["fa_values"], atol=2e-5
    )
    smc = 1 - 1 / np.diag(np.linalg.inv(matrix))
    reduced = matrix - np.diag(1 - smc)
    np.testing.assert_allclose(
        eigenvalues(matrix[None], "factors_smc")[0], np.linalg.eigvalsh(reduced)[::-1], atol=1e-12
    )


@pytest.mark.parametrize("null", ["normal", "permutation"])
@pytest.mark.parametrize("kind", ["pearson", "polychoric"])
def test_parallel_analysis_finds_three_factors(kind, null) -> None:
    found = parallel_analysis(
        correlate(three_factors(400, 1), ITEMS, kind=kind),
        seed=5,
        null=null,
        n_replications=60,
        variants=("components", "factors_minres", "factors_smc"),
    )
    assert found.n_by_percentile == (3, 3, 3)
    assert found.null == ("permutation" if kind == "polychoric" else null)
    assert (found.upper >= found.mean).all()
    again = parallel_analysis(
        correlate(three_factors(400, 1), ITEMS, kind=kind), seed=5, null=null, n_replications=60
    )
    np.testing.assert_array_equal(again.mean[0], found.mean[0])


def test_parallel_analysis_of_noise_finds_nothing() -> None:
    noise = pd.DataFrame(np.random.default_rng(2).normal(size=(300, 12)), columns=ITEMS)
    found = parallel_analysis(correlate(noise, ITEMS), seed=1, n_replications=200)
    assert found.n_factors("components") == 0


def test_normal_null_has_the_distribution_of_sample_correlations() -> None:
    """Both ways of drawing agree: E(r²) = 1/(n − 1) exactly."""
    n, p, size = 30, 6, 20_000
    wishart = normal_correlations(n, p, size, np.random.default_rng(1))
    rng = np.random.default_rng(2)
    data = rng.normal(size=(size, n, p))
    data -= data.mean(axis=1, keepdims=True)
    products = data.transpose(0, 2, 1) @ data
    scale = np.sqrt(np.diagonal(products, axis1=1, axis2=2))
    direct = products / (scale[:, :, None] * scale[:, None, :])
    off = np.triu_indices(p, 1)
    for drawn in (wishart, direct):
        squares = drawn[:, off[0], off[1]] ** 2
        # standard error of the mean of size · 15 squares with variance about 2/n²
        assert squares.mean() == pytest.approx(1 / (n - 1), abs=5 * np.sqrt(2 / n**2 / (size * 15)))
    largest = [np.linalg.eigvalsh(drawn)[:, -1] for drawn in (wishart, direct)]
    spread = np.sqrt(sum(part.var() for part in largest) / size)
    assert abs(largest[0].mean() - largest[1].mean()) < 5 * spread


def test_permutation_keeps_margins_and_gaps(answers) -> None:
    values = answers[ITEMS[:4]].to_numpy(float)
    drawn = permuted_correlations(values, 200, np.random.default_rng(3))
    assert np.isnan(values).any() and drawn.shape == (200, 4, 4)
    off = drawn[:, 0, 1]
    assert abs(off.mean()) < 5 / np.sqrt(len(values) * 200)
    assert off.std() == pytest.approx(1 / np.sqrt(len(values)), rel=0.2)
    polychoric = permuted_polychoric(values, 30, np.random.default_rng(3))
    assert abs(polychoric[:, 0, 1].mean()) < 0.05


def test_comparison_data_finds_three_factors() -> None:
    data = three_factors(400, 7)
    found = comparison_data(correlate(data, ITEMS), seed=2, n_samples=60, population=3000)
    assert found.n_factors == 3
    assert not found.at_limit
    # two factors are too few for it, three are enough
    assert (found.reproduction[2:] < 0.05).all() and found.reproduction[0] > 0.1
    again = comparison_data(correlate(data, ITEMS), seed=2, n_samples=60, population=3000)
    np.testing.assert_array_equal(again.rmsr, found.rmsr)
    stopped = comparison_data(correlate(data, ITEMS), seed=2, n_samples=60, population=3000, max_factors=2)
    assert stopped.at_limit and stopped.n_factors == 2
    assert stopped.tidy()["retained"].tolist() == [False, True]


def test_the_population_says_how_far_its_correlations_are_off() -> None:
    values = three_factors(400, 7).to_numpy()
    target = np.corrcoef(values, rowvar=False)
    for factors in (1, 3):
        people, rmsr = comparison_population(values, target, factors, 2000, np.random.default_rng(5))
        off = (np.corrcoef(people, rowvar=False) - target)[np.tril_indices(12, -1)]
        assert rmsr == pytest.approx(np.sqrt((off**2).mean()), abs=1e-12)
        # margins are those of the answers: shares of each category, within five standard errors
        for item in range(12):
            for level in range(1, 6):
                share = (values[:, item] == level).mean()
                error = np.sqrt(share * (1 - share) / 2000)
                assert abs((people[:, item] == level).mean() - share) < 5 * error + 1e-12


def test_correlations_by_treatment(answers, complete, reference) -> None:
    listwise = correlate(answers, ITEMS, missing="listwise")
    np.testing.assert_allclose(listwise.matrix, np.corrcoef(complete[ITEMS].to_numpy(float).T), atol=1e-12)
    assert (listwise.n, listwise.n_complete) == (reference["n"], reference["n"])
    pairwise = correlate(answers, ITEMS, missing="pairwise")
    np.testing.assert_allclose(pairwise.matrix, answers[ITEMS].corr().to_numpy(), atol=0.02)
    both = answers[["y1", "y2"]].dropna()
    n_pair = len(both)
    assert pairwise.n <= n_pair
    full = correlate(answers, ITEMS)
    assert full.n == full.n_informants == answers[ITEMS].notna().any(axis=1).sum()
    assert len(full.tidy()) == 66


def test_what_cannot_be_correlated_is_left_out_or_noted() -> None:
    rng = np.random.default_rng(4)
    data = pd.DataFrame(rng.integers(1, 6, size=(30, 4)).astype(float), columns=list("abcd"))
    data["flat"], data["empty"], data["twin"] = 3.0, np.nan, data["a"]
    found = correlate(data, ["a", "flat", "b", "empty", "c"])
    assert found.items == ("a", "b", "c")
    assert found.dropped == (("flat", "all answers equal"), ("empty", "no answers"))
    twins = correlate(data, ["a", "twin", "b"])
    assert twins.defined and not twins.positive_definite and "positive definite" in twins.note
    assert np.isnan(sampling_adequacy(twins).kmo) and np.isnan(sampling_adequacy(twins).chisq)
    assert correlate(data, ["flat"]).note == "no item varies"
    assert "too few" in correlate(data.iloc[:2], ["a", "b"]).note
    apart = data[["a", "b"]].copy()
    apart.iloc[:15, 0], apart.iloc[15:, 1] = np.nan, np.nan
    for missing in ("ml", "pairwise", "listwise"):
        assert not correlate(apart, ["a", "b"], missing=missing).defined
    assert "no case" in correlate(apart, ["a", "b"], kind="polychoric").note
    few = correlate(data, ["a", "b", "flat"])
    note = "fewer than 3 items vary; left out: flat: all answers equal"
    partial = minimum_average_partial(few).tidy()
    assert partial["map_squared"].isna().all() and partial["note"].tolist() == [note] * 2
    parallel = parallel_analysis(few, seed=1).tidy()
    assert parallel["eigenvalue"].isna().all() and parallel["note"].tolist() == [note] * 4
    assert set(parallel["n_by_mean"]) == {-1} and set(parallel["n_replications"]) == {0}
    compared = comparison_data(few, seed=1)
    assert compared.note == note and compared.tidy().empty
    assert (
        empirical_kaiser(correlate(data, ["flat"])).note
        == "no item varies; left out: flat: all answers equal"
    )


def test_a_variant_without_a_solution_is_named_beside_the_others() -> None:
    """Eight informants for ten items: components have eigenvalues, multiple correlations are 1 or undefined."""
    data = pd.DataFrame(np.random.default_rng(1).normal(size=(8, 10))).add_prefix("x").assign(flat=1.0)
    found = parallel_analysis(
        correlate(data, list(data)), seed=1, n_replications=30, variants=("components", "factors_smc")
    )
    assert found.note == (
        "the matrix is not positive definite: 8 informants for 10 items; left out: flat: all answers equal; "
        "factors_smc: no solution in any replication"
    )
    table = found.tidy().set_index(["variant", "position"])
    assert table.loc["factors_smc", ["null_mean", "null_percentile"]].isna().all(axis=None)
    assert set(table.loc["factors_smc", "n_by_percentile"]) == {-1}
    components = table.loc["components"]
    assert (
        components["eigenvalue"].sum() == pytest.approx(10.0) and (components["eigenvalue"][7:] < 1e-12).all()
    )
    assert components["null_mean"].sum() == pytest.approx(10.0) and (components["n_by_mean"] >= 0).all()


def test_unusable_options_are_listed(complete) -> None:
    found = correlate(complete, ITEMS)
    with pytest.raises(InputError, match="components, factors_minres"):
        parallel_analysis(found, seed=1, variants=("tetrad",), null="uniform", n_replications=5)
    with pytest.raises(InputError, match="pearson"):
        comparison_data(correlate(complete, ITEMS, kind="polychoric"), seed=1, n_samples=2)
    with pytest.raises(InputError, match="pearson, polychoric"):
        correlate(complete, ITEMS, kind="kendall")
    with pytest.raises(InputError, match="complete answers"):
        sampling_adequacy(correlate(complete, ITEMS, kind="polychoric"), "factor_analyzer")
