"""Parts of topics that whole studies hardly show: clusters, shares of one model, numbers of replications."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import ComplyError
from comply_measure.evidence import informant_tables
from comply_measure.evidence.calibration.reliability import true_reliability
from comply_measure.evidence.careless_answers import _sensitivity
from comply_measure.evidence.estimation import Estimation
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.topics import aggregation, agreement, method_variance
from comply_measure.measurement import alpha_table
from comply_measure.responses import load_dataset


@pytest.mark.parametrize(("n_firms", "cluster"), [(0, None), (1, None), (2, "firm")])
@pytest.mark.parametrize(
    ("part", "asked", "place"), [("_criteria", "criteria", 4), ("_groups", "known_groups", 3)]
)
def test_scores_of_units_are_tested_by_firm_where_there_are_two(
    monkeypatch: pytest.MonkeyPatch, part: str, asked: str, place: int, n_firms: int, cluster: str | None
) -> None:
    given: dict[str, Any] = {}

    def kept(*positional: Any, cluster: str | None) -> pd.DataFrame:
        given.update(positional=positional, cluster=cluster)
        return pd.DataFrame()

    for name in ("incremental_validity", "known_groups"):
        monkeypatch.setattr(aggregation, name, kept)
    monkeypatch.setattr(aggregation, "_with_score", lambda *_: "data")
    options = SimpleNamespace(criteria=("sales",), known_groups=("region",), controls=("size",))
    getattr(aggregation, part)(SimpleNamespace(n_firms=n_firms), pd.DataFrame(), [], options)
    assert given["cluster"] == cluster
    assert given["positional"][:3] == ("data", getattr(options, asked), "unit.score")
    assert len(given["positional"]) == place


@pytest.mark.parametrize(("asked", "n_units", "drawn"), [(200, 10, 200), (200, 10**9, 1), (0, 10, None)])
def test_units_are_rematched_as_often_as_asked_and_bearable(
    monkeypatch: pytest.MonkeyPatch, asked: int, n_units: int, drawn: int | None
) -> None:
    given: list[int] = []

    def rematched(*_: Any, replications: int, **__: Any) -> pd.DataFrame:
        given.append(replications)
        return pd.DataFrame()

    monkeypatch.setattr(agreement, "agreement_tests", lambda *_, **__: None)
    monkeypatch.setattr(agreement, "rematched_agreement", rematched)
    chosen = SimpleNamespace(
        scale=SimpleNamespace(response=SimpleNamespace(minimum=1, maximum=7)),
        answers=lambda: pd.DataFrame(),
        responses=SimpleNamespace(n_firms=1),
        n_units=n_units,
    )
    options = SimpleNamespace(nulls=("uniform",), alpha=0.05, items="independent", rematchings=asked)
    tests: Any = agreement._tests
    tests(chosen, {}, options, 0.7, np.random.SeedSequence(1))
    assert given == ([] if drawn is None else [drawn])


def test_shares_of_the_common_fate_are_its_own_variances() -> None:
    rows = [("C.unit", 0.5), ("C.sales", 0.5), ("C.it", 1.5)]
    own = pd.DataFrame([{"lhs": name, "op": "~~", "rhs": name, "est": value} for name, value in rows])
    other = own.assign(est=1.0)

    def named(key: str, table: pd.DataFrame, *, admissible: bool = True) -> Any:
        return SimpleNamespace(
            key=key, fit=SimpleNamespace(estimates=table, has_optimum=True, admissible=admissible)
        )

    shares: Any = informant_tables.common_shares
    found = shares([named("ct_cu", other), named("common_fate", own)], ["C"], ["sales", "it"])
    assert found.to_dict("list") == {"dimension": ["C", "C"], "role": ["sales", "it"], "share": [0.5, 0.25]}
    for fits in ([named("ct_cu", own)], [named("common_fate", own, admissible=False)]):
        assert list(shares(fits, ["C"], ["sales"]).columns) == ["dimension", "role", "share"]
        assert shares(fits, ["C"], ["sales"]).empty


def test_what_almost_everyone_flagged_leaves_undefined_has_its_reason() -> None:
    """Two attentive informants: α of those who answer alike, and every measure of the model, say why there is none."""
    chosen = chosen_focal(load_dataset("msi_triads"), None)
    answers = chosen.answers()
    keep = np.arange(len(answers)) < 2
    found = _sensitivity(chosen, Estimation(), keep, {"C": ("digitalization",)})
    alphas = found[found["quantity"] == "α"].set_index("of")
    for every, name in ((answers, "all"), (answers[keep], "without_flagged")):
        table = alpha_table(every, chosen.wholes, by=None).tidy().set_index("scale")["alpha"]
        np.testing.assert_allclose(alphas[name], table[alphas.index])
    gone = alphas["without_flagged"].isna()
    assert gone.any() and not gone.all()
    assert (alphas.loc[gone, "note"] != "").all() and (alphas.loc[~gone, "note"].drop("C") == "").all()
    assert "digitalization" in alphas.loc["C", "note"]
    model = found[found["quantity"] != "α"]
    assert model["all"].notna().all() and model["without_flagged"].isna().all()
    assert (model["note"] == "did not converge").all()
    np.testing.assert_allclose(found["difference"], found["without_flagged"] - found["all"])


def test_interval_of_a_true_reliability_by_hand() -> None:
    """Squared correlation of score and perception in one role, informants without a score left out; Fisher's z."""
    rng = np.random.default_rng(3)
    n = 2600
    ids = [f"i{k}" for k in range(n)]
    perceived = rng.normal(size=n)
    role = np.where(np.arange(n) % 2 == 0, "sales", "it")
    score = perceived + np.where(role == "it", 2.0, 0.7) * rng.normal(size=n)
    scores = pd.DataFrame({"informant": ids, "role": role, "C": score})
    scores.loc[:99, "C"] = np.nan
    truth = pd.DataFrame({"informant": ids, "C": perceived}).sample(frac=1, random_state=1)
    known: Any = SimpleNamespace(
        large_scores=scores, large=SimpleNamespace(truth=SimpleNamespace(informants=truth))
    )
    for name in ("sales", "it"):
        own = (role == name) & scores["C"].notna().to_numpy()
        r = np.corrcoef(score[own], perceived[own])[0, 1]
        ends = np.tanh(np.arctanh(r) + np.array([-1.96, 1.96]) / np.sqrt(own.sum() - 3)) ** 2
        assert true_reliability(known, "C", name) == pytest.approx(tuple(ends), rel=1e-9)
    few = scores.assign(C=scores["C"].where((role == "it") | (np.arange(n) < 2000)))
    known.large_scores = few
    assert true_reliability(known, "C", "sales") is None  # 950 informants
    assert true_reliability(known, "C", "it") is not None
    assert true_reliability(known, "O", "it") is None


@pytest.mark.parametrize(
    ("roles", "asked"), [(("it",), True), (("it", "sales"), True), (("it", "sales"), False)]
)
def test_the_marker_is_tested_in_each_of_two_roles_or_more(
    monkeypatch: pytest.MonkeyPatch, roles: tuple[str, ...], asked: bool
) -> None:
    """A row per role with its informants, test and variance, or why there is none; nothing for one role alone."""
    data = pd.DataFrame({"role": ["it"] * 3 + ["sales"] * 2})
    test = SimpleNamespace(chisq=4.5, df=1.0, pvalue=0.03, note="rough")

    def models(mine: pd.DataFrame, *_: Any) -> Any:
        if (mine["role"] == "sales").all():
            raise ComplyError("no  model\nhere")
        return SimpleNamespace(differences={("baseline", "method_c"): test}, method_variance=0.07)

    monkeypatch.setattr(method_variance, "marker_data", lambda *_, centred: data if not centred else None)
    monkeypatch.setattr(method_variance, "marker_models", models)
    monkeypatch.setattr(method_variance, "cluster_in_role", lambda *_: "none")
    part: Any = method_variance._by_role
    options = SimpleNamespace(by_role=asked, cluster="none")
    found = part(SimpleNamespace(roles=roles), ("m1", "m2"), options)
    if len(roles) < 2 or not asked:
        assert found.empty
        return
    one = {"chisq": 4.5, "df": 1.0, "pvalue": 0.03, "method_variance": 0.07, "note": "rough"}
    assert found.iloc[0].to_dict() == {"group": "it", "n_informants": 3} | one
    assert found.iloc[1][["group", "n_informants", "note"]].tolist() == ["sales", 2, "no model here"]
    assert found.iloc[1][["chisq", "df", "pvalue", "method_variance"]].isna().all()
    assert part(SimpleNamespace(roles=roles), None, options).empty
