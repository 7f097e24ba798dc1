"""Indirect effects with a moderated step: equations by hand, their joint covariance, draws, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from comply_measure import evidence, sem
from comply_measure.evidence.moderated_mediation import moderated_mediations
from comply_measure.evidence.unit_variables import UnitVariables
from comply_measure.models import Hypothesis
from comply_measure.models.hypothesised import hypothesis_faults
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.responses import load_dataset

X, M, W, Y = "marketing_preparation", "joint_preparation", "product_facilitator", "salesperson_benefits"
CONVENTIONS = {key: cutoff.value for key, cutoff in Cutoffs().items()}
STATED = Hypothesis(Y, X, 1, W, "H1", (M,))


@pytest.fixture(scope="module")
def variables() -> UnitVariables:
    responses = load_dataset("msi_triads")
    return UnitVariables(responses, evidence.aggregation(responses).scores)


@pytest.fixture(scope="module")
def data(variables: UnitVariables) -> pd.DataFrame:
    return pd.DataFrame({name: variables.score(name) for name in (X, M, W, Y)}).dropna()


def regression(y: np.ndarray, *columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients without the intercept, and influences of the cases on n times them."""
    design = np.column_stack([np.ones(len(y)), *columns])
    beta, *_ = np.linalg.lstsq(design, y, rcond=None)
    influence = len(y) * design * (y - design @ beta)[:, None] @ np.linalg.inv(design.T @ design)
    return beta[1:], influence[:, 1:]


def test_index_and_effects_are_products_of_the_equations(
    variables: UnitVariables, data: pd.DataFrame
) -> None:
    firms = variables.frame(())["firm"]
    found = moderated_mediations([STATED], variables, corrected=False, clusters=firms, seed=5)
    assert found is not None
    z = (data - data.mean()).to_numpy()
    a, influence_a = regression(z[:, 1], z[:, 0])
    b, influence_b = regression(z[:, 3], z[:, 0], z[:, 1], z[:, 2], z[:, 1] * z[:, 2])
    sd = data.std(ddof=0)
    index, low, middle, high = found["est"]
    assert_allclose(index, a[0] * b[3], rtol=1e-10)
    assert_allclose([low, middle, high], [a[0] * (b[1] + k * sd[W] * b[3]) for k in (-1, 0, 1)], rtol=1e-10)
    assert_allclose(found["est_std"].iloc[0], index * sd[X] * sd[W] / sd[Y], rtol=1e-10)
    assert_allclose(found["est_std"].iloc[2], middle * sd[X] / sd[Y], rtol=1e-10)
    # draws from the joint covariance matrix, summed by firm, of a, b₁ and b₃ by hand
    codes = pd.factorize(firms.reindex(data.index))[0]
    n, C = len(data), codes.max() + 1
    influences = np.column_stack([influence_a, influence_b])
    sums = np.stack([influences[codes == c].sum(axis=0) for c in range(C)])
    scale = np.sqrt([C / (C - 1) * (n - 1) / (n - k) for k in (2, 5, 5, 5, 5)])
    V = sums.T @ sums / n**2 * np.outer(scale, scale)
    drawn = np.random.default_rng(1).multivariate_normal([*a, *b], V, size=200_000)
    for row, values in ((0, drawn[:, 0] * drawn[:, 4]), (2, drawn[:, 0] * drawn[:, 2])):
        width = found["upper"].iloc[row] - found["lower"].iloc[row]
        expected = np.quantile(values, [0.025, 0.975])
        assert_allclose([found["lower"].iloc[row], found["upper"].iloc[row]], expected, atol=0.03 * width)
        assert_allclose(
            found["pvalue"].iloc[row], 2 * min((values < 0).mean(), (values > 0).mean()), atol=0.01
        )
    assert (found["n_units"] == n).all()
    assert found["kind"].tolist() == ["index", "effect", "effect", "effect"]


def test_the_engine_finds_the_same_index_of_columns(variables: UnitVariables, data: pd.DataFrame) -> None:
    found = moderated_mediations([STATED], variables, corrected=False, clusters=None, seed=5)
    assert found is not None
    centred = (data - data.mean()).set_axis(list("xmwy"), axis=1)
    fit = sem.fit("m ~ x\ny ~ m + x + w + m:w", centred, meanstructure=True)
    effects = sem.indirect_effects(fit, "x", "y").of("index")
    assert_allclose(found["est"].iloc[0], effects["est"].iloc[0], rtol=1e-5)
    assert_allclose(found["est_std"].iloc[0], effects["est_std"].iloc[0], rtol=0.02)  # model-implied SD of y


def test_the_first_step_can_be_moderated_and_errors_taken_off(
    variables: UnitVariables, data: pd.DataFrame
) -> None:
    first = Hypothesis(Y, X, 1, W, "", (M,), 1)
    found = moderated_mediations([first], variables, corrected=False, clusters=None, seed=5)
    assert found is not None
    z = (data - data.mean()).to_numpy()
    a, _ = regression(z[:, 1], z[:, 0], z[:, 2], z[:, 0] * z[:, 2])
    b, _ = regression(z[:, 3], z[:, 0], z[:, 1])
    assert_allclose(found["est"].iloc[0], a[2] * b[1], rtol=1e-10)
    assert found["step"].iloc[0] == 1
    plain = moderated_mediations([STATED], variables, corrected=False, clusters=None, seed=5)
    off = moderated_mediations([STATED], variables, corrected=True, clusters=None, seed=5)
    assert plain is not None
    assert off is not None
    # without error the way is longer and less certain
    assert abs(off["est_std"].iloc[2]) > abs(plain["est_std"].iloc[2])
    assert off["upper"].iloc[0] - off["lower"].iloc[0] > plain["upper"].iloc[0] - plain["lower"].iloc[0]


def test_the_step_prints_it_beside_paths_and_moderations() -> None:
    options = evidence.StructureOptions(
        measurement="means", compare=False, indirect=True,
        hypotheses=[
            {"from": X, "to": Y, "through": M, "moderator": W, "label": "H1"},
            {"from": M, "to": Y, "moderator": W, "label": "H2"},
            {"from": X, "to": Y, "label": "H3"},
        ],
    )  # fmt: skip
    found = evidence.structure(load_dataset("msi_triads"), options, seed=5)
    assert found.moderated_mediation is not None
    assert found.moderation is not None
    assert found.moderation.table["label"].tolist() == ["H2"]  # the moderated step is told once
    assert [each.label for each in found.hypotheses] == ["H3"]
    assert found.mediated == ()
    from comply_measure.pipeline import STEPS
    from comply_measure.pipeline.step import Found
    from comply_measure.report import Cutoffs, Labels

    output = STEPS["structure"].print(
        Found(found), Labels.of(load_dataset("msi_triads").scales, "en"), Cutoffs()
    )
    table = output.tables["structure_moderated_mediation"]
    assert len(table.data) == 4
    assert "Index of moderated mediation" in table.data["label"].tolist()
    (verdict,) = (v for v in found.verdicts(CONVENTIONS) if v.rule == "structure.moderated_mediation")
    assert verdict.subject == (W, f"{X} → {M} → {Y}")
    assert table.data["answer"].tolist() == [verdict.answer, "", "", ""]
    assert verdict.numbers["beta"] == found.moderated_mediation["est_std"].iloc[0]


def test_what_cannot_be_estimated_has_its_reason(variables: UnitVariables) -> None:
    firm = pd.Series("f", index=variables.frame(()).index)
    found = moderated_mediations([STATED], variables, corrected=False, clusters=firm, seed=1)
    assert found is not None
    assert found["note"].tolist() == ["one cluster: no standard errors"]
    assert found["n_units"].tolist() == [0]
    assert found[["est", "lower", "pvalue"]].isna().all(axis=None)
    none = moderated_mediations([Hypothesis(Y, X, 1)], variables, corrected=False, clusters=None, seed=1)
    assert none is None


@pytest.mark.parametrize(
    ("hypothesis", "message"),
    [
        (Hypothesis("y", "x", 1, "m", "", ("m",)), "'m' is on the way that it should moderate"),
        (Hypothesis("y", "x", 1, "w", "", ("m",), 3), "the way has 2 steps"),
        (
            Hypothesis("y", "x", 1, "w", "", (), 1),
            "only an indirect effect with a moderator has a moderated step",
        ),
        (Hypothesis("y", "x", 1, "x", "", ("m",)), "'x' is the predictor"),
    ],
)
def test_faults_are_told(hypothesis: Hypothesis, message: str) -> None:
    assert any(message in text for _, _, text in hypothesis_faults([hypothesis]))
    assert list(hypothesis_faults([Hypothesis("y", "x", 1, "w", "", ("m",), 2)])) == []
