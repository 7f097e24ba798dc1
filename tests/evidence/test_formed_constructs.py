"""Constructs that their items form: an index is not judged by how well its items go together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtrit

from comply_measure import evidence, sem
from comply_measure.errors import ComplyError, NotApplicableError
from comply_measure.evidence.factor_data import measured_data
from comply_measure.evidence.fits import fit_row
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.topics import method_variance
from comply_measure.evidence.topics.cfa import model_texts
from comply_measure.evidence.topics.items import redundancy_verdicts
from comply_measure.evidence.topics.rivals import item_level
from comply_measure.evidence.unit_variables import UnitVariables
from comply_measure.instrument import load_scale
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.labels import Labels
from comply_measure.report.modes import as_index, left_out, read_reflectively
from comply_measure.responses import Responses, load_dataset, responses_from_frame

CONVENTIONS = {key: cutoff.value for key, cutoff in Cutoffs().items()}
SCALE = """
key: firm
roles: [buyer, seller]
response: {minimum: 1, maximum: 7}
constructs:
  - {key: trust, label: {en: Trust}, mode: eliciting, mode_reason: {en: It shows.}}
  - {key: care, label: {en: Care}, mode: concrete, mode_reason: {en: It is one thing.}}
  - {key: means, label: {en: Means}, mode: formed, mode_reason: {en: They add up.}}
items:
"""


def three_constructs(folder: Path, n: int = 200, repeated: bool = False, scale: str = SCALE) -> Responses:
    """Trust and care show in three items each; means correlate .3, or the third repeats the first two."""
    rng = np.random.default_rng(4)
    lines = [f"  - {{id: {key}_{j}, construct: {key}, text: {key} {j}.}}" for key in NAMES for j in (1, 2, 3)]
    (folder / "firm.yaml").write_text(scale + "\n".join(lines) + "\n", encoding="utf-8")
    common = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], n)
    columns = {
        f"{key}_{j}": common[:, i] + rng.normal(size=n)
        for i, key in enumerate(("trust", "care"))
        for j in (1, 2, 3)
    }
    part = 0.0 if repeated else rng.normal(size=n) * np.sqrt(0.3)
    own = 1.0 if repeated else np.sqrt(0.7)
    columns |= {f"means_{j}": part + own * rng.normal(size=n) for j in (1, 2, 3)}
    if repeated:
        columns["means_3"] = columns["means_1"] + columns["means_2"] + 0.2 * rng.normal(size=n)
    table = pd.DataFrame(columns).mul(0.8).add(4).round().clip(1, 7)
    table.insert(0, "unit", [f"U{i // 2}" for i in range(n)])
    table.insert(1, "role", ["buyer", "seller"] * (n // 2))
    return responses_from_frame(table, [load_scale(folder / "firm.yaml")])


NAMES = ("trust", "care", "means")


@pytest.fixture(scope="module")
def responses(tmp_path_factory: pytest.TempPathFactory) -> Responses:
    return three_constructs(tmp_path_factory.mktemp("firm"))


@pytest.fixture(scope="module")
def repeating(tmp_path_factory: pytest.TempPathFactory) -> Responses:
    return three_constructs(tmp_path_factory.mktemp("repeating"), repeated=True)


def test_one_place_says_what_is_formed(responses: Responses) -> None:
    chosen = chosen_focal(responses, "firm")
    assert chosen.formed == chosen.indices == ("means",)
    assert list(chosen.reflective) == ["trust", "care"]
    assert chosen.measure_names[-1] == "means" and len(chosen.measure_names) == 7
    shipped = load_dataset("msi_triads")
    comply, smsc = (chosen_focal(shipped, key) for key in ("comply", "smsc"))
    assert len(comply.formed) == 13 and comply.indices == ()  # dimensions show in attribute scores
    assert len(smsc.indices) == 11 and list(smsc.reflective) == ["joint_follow_up"]


def _log_vif(X: np.ndarray, place: int, part: np.ndarray) -> float:
    """How much ln VIF moves with the weight of some rows, by a small step of it."""
    values = []
    for step in (-1e-4, 1e-4):
        C = np.cov(X.T, aweights=1 + step * part, ddof=0)
        values.append(np.log(C[place, place] * np.linalg.inv(C)[place, place]))
    return float((values[1] - values[0]) / 2e-4)


def test_items_of_an_index_are_asked_for_redundancy_and_not_for_consistency(repeating: Responses) -> None:
    responses = repeating
    found = evidence.items(responses)
    answers = {(v.rule, v.subject[0]): v.answer for v in found.verdicts(CONVENTIONS)}
    assert {item for rule, item in answers if rule == "items.goes_with"} == {
        f"{key}_{j}" for key in ("trust", "care") for j in (1, 2, 3)
    }
    adds = {item: answer for (rule, item), answer in answers.items() if rule == "items.adds"}
    table = found.scales[0].redundancy.set_index("item")
    X = responses.scored()[list(adds)].to_numpy()
    for place, item in enumerate(adds):
        others = np.column_stack([np.ones(len(X)), np.delete(X, place, axis=1)])
        residual = X[:, place] - others @ np.linalg.lstsq(others, X[:, place], rcond=None)[0]
        vif = np.var(X[:, place]) / np.var(residual)
        pull = [_log_vif(X, place, np.arange(200) // 2 == k) for k in range(100)]  # of every unit
        half = stdtrit(99, 0.975) * np.sqrt(100 / 99 * np.square(pull).sum())
        expected = [vif, max(1.0, vif * np.exp(-half)), vif * np.exp(half)]
        np.testing.assert_allclose(
            table.loc[item, ["vif", "vif_lower", "vif_upper"]].to_numpy(float), expected, rtol=1e-6
        )
    assert adds == {"means_1": "supported", "means_2": "supported", "means_3": "cannot say"}
    repeated = table.reset_index().assign(vif_lower=[1.0, 4.0, 5.1], vif_upper=[4.9, 6.0, 9.0])
    assert [v.answer for v in redundancy_verdicts(repeated, CONVENTIONS)] == [
        "supported", "cannot say", "not supported",
    ]  # fmt: skip
    assert table.loc["means_3", "maximum_r"] == pytest.approx(np.corrcoef(X.T)[2, :2].max())


def test_reliability_and_validity_leave_an_index_out(responses: Responses) -> None:
    scores = evidence.reliability(responses, evidence.ReliabilityOptions(replications=0, detail="none"))
    judged = {v.subject[0] for v in scores.verdicts(CONVENTIONS) if v.rule == "reliability.score"}
    assert judged == {"trust", "care"}
    assert set(scores.scales[0].constructs["construct"]) == set(NAMES)  # the reflective reading stays beside
    options = evidence.ValidityOptions(scale="firm", replications=0, by_role=False)
    found = evidence.validity(responses, options)
    assert set(found.factors) == {"trust", "care"} and found.indices == ("means",)
    assert found.pairs is not None and len(found.pairs) == 1
    with pytest.raises(NotApplicableError, match="11 of 12 constructs are formed by their items"):
        evidence.validity(load_dataset("msi_triads"), evidence.ValidityOptions(scale="smsc"))


@pytest.mark.filterwarnings(
    "ignore:Second order against Correlated dimensions"
)  # three constructs: equivalent
def test_an_index_is_a_column_of_the_measurement_model(responses: Responses) -> None:
    options = evidence.CfaOptions(scale="firm", by_role=False, folds=0)
    texts = model_texts(chosen_focal(responses, "firm"), options)
    assert texts["correlated"].endswith("trust ~~ means\ncare ~~ means")
    assert texts["second_order"].endswith("overall =~ trust + care + means")
    found = evidence.cfa(responses, options)
    # 28 moments of 7 columns: 7 + 7; 4 + 6 + 3 loadings and variances, 1 + 2 covariances; three factors as correlated
    assert {named.key: fit_row(named)["df"] for named in found.fits} == {
        "one_factor": 14,
        "correlated": 12,
        "second_order": 12,
    }
    assert found.reflective is not None and fit_row(found.reflective)["df"] == 24
    assert found.validity["key"].tolist() == ["trust", "care"]
    data = responses.scored().groupby(responses.data["role"].to_numpy()).transform(lambda x: x - x.mean())
    index = data[["means_1", "means_2", "means_3"]].mean(axis=1)
    table = found.fits[1].fit.estimates
    row = table[(table["lhs"] == "means") & (table["rhs"] == "means") & (table["op"] == "~~")]
    assert row["est"].iloc[0] == pytest.approx(np.var(index), rel=1e-6)
    assert "an index has no indicators" in found.levels_obstacle


def test_structural_models_take_the_index_and_read_it_reflectively_beside(responses: Responses) -> None:
    variables = UnitVariables(responses)
    assert variables.measured("means", "items") == variables.measured("means", "means")
    assert variables.measured("means", "reflective").lines == ("means =~ means_1 + means_2 + means_3",)
    assert variables.measured("trust", "items").lines == ("trust =~ trust_1 + trust_2 + trust_3",)
    stated = [{"from": "trust", "to": "means"}]
    table = evidence.structure(responses, evidence.StructureOptions(hypotheses=stated)).comparison
    assert table is not None
    beta = table.set_index("measurement")["est_std"]
    assert {"items", "reflective"} <= set(beta.index)
    assert beta["items"] != pytest.approx(beta["reflective"], abs=1e-4)


def test_loadings_of_an_index_are_not_compared(responses: Responses) -> None:
    found = evidence.invariance(responses, evidence.InvarianceOptions(scale="firm", search=False))
    obstacles = {c.key: c.obstacle for c in found.roles}
    assert obstacles["means"].startswith("formed by its items") and not obstacles["trust"]


def test_rival_structures_have_the_index_as_one_indicator(responses: Responses) -> None:
    chosen = ("one_factor", "correlated", "composite")
    options = evidence.RivalOptions(
        scale="firm", replications=0, by_role=False, structures=chosen, estimator="ML"
    )
    found = evidence.rivals(responses, options)
    assert found.indices == ("means",) and found.factors["means"] == ("index of means",)
    table = found.structures.set_index("structure")
    # 28 moments: 7 + 7; as in the measurement model; blocks of 8, 8 and 1, and 3 correlations
    assert table["df"].to_dict() == dict(zip(chosen, (14, 12, 8), strict=True))
    data = measured_data(chosen_focal(responses, "firm"), centred=True)
    texts = model_texts(chosen_focal(responses, "firm"), evidence.CfaOptions(models=("correlated",)))
    column = sem.fit(texts["correlated"], data, estimator="ML", missing="ml")
    assert table["chisq"]["correlated"] == pytest.approx(column.measures["chisq"], rel=1e-6)
    # with blocks of three and of one, composites restrict what a bifactor model does
    assert table["chisq"]["composite"] == pytest.approx(5.32836, rel=1e-5)


def test_attributes_that_are_indices_stand_beside_items_of_the_others() -> None:
    chosen = chosen_focal(load_dataset("msi_triads"), "comply")
    tree, data = item_level(chosen)
    parts = {key: items for attributes in tree.values() for key, items in attributes.items()}
    assert {key for key, items in parts.items() if items == (f"index of {key}",)} == set(chosen.formed)
    key = chosen.formed[0]
    np.testing.assert_allclose(
        data[f"index of {key}"], data[list(chosen.items[key])].mean(axis=1), rtol=1e-12
    )


def test_exploration_and_method_models_leave_an_index_out(responses: Responses, tmp_path: Path) -> None:
    found = evidence.dimensionality(responses, evidence.DimensionalityOptions(scale="firm", replications=20))
    assert found.indices == ("means",) and len(found.solution.factors) == 2
    assert set(found.solution.items) == {f"{key}_{j}" for key in ("trust", "care") for j in (1, 2, 3)}
    nothing = three_constructs(
        tmp_path, 20, scale=SCALE.replace("eliciting", "formed").replace("concrete", "formed")
    )
    with pytest.raises(
        NotApplicableError, match=r"0 indicators .3 of 3 constructs are formed by their items"
    ):
        evidence.dimensionality(nothing)


def test_models_of_method_leave_an_index_out(responses: Responses, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}

    def note(data: pd.DataFrame, factors: dict[str, tuple[str, ...]], **more: object) -> None:
        asked.update(columns=set(data), factors=factors)
        raise ComplyError("asked")

    monkeypatch.setattr(method_variance, "latent_method_factor", note)
    options = evidence.MethodVarianceOptions(scale="firm", wording=False)
    found = evidence.method_variance(responses, options)
    kept = {key: tuple(f"{key}_{j}" for j in (1, 2, 3)) for key in ("trust", "care")}
    assert asked["factors"] == kept
    assert asked["columns"] == {"unit", "firm", "role", *kept["trust"], *kept["care"]}
    assert found.indices == found.formed == ("means",) and found.obstacles["latent"] == "asked"
    assert found.single is not None and found.single.n_items == 9


def test_chapters_say_what_becomes_of_an_index(responses: Responses) -> None:
    labels = Labels.of(responses.scales, "en")
    assert as_index(("means",), labels) == (
        "Means: formed by its items, and here an index (mean of the items, equal weights), which is one indicator "
        "without error.",
    )
    assert left_out(("means", "care"), labels, "so") == (
        "Means and Care: formed by their items, and left out here, since so.",
    )
    assert as_index((), labels) == left_out((), labels, "so") == read_reflectively((), labels, "so") == ()
