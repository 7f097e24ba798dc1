"""The factor of reverse wording in the battery: what is planted in the shipped study, and the rule of its verdict."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from comply_measure import evidence
from comply_measure.evidence.careless_answers import flagged_answers, named_informants
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.reverse_wording import (
    ATTENTIVE,
    EVERYONE,
    ReverseWording,
    reverse_wording,
    wording_verdicts,
)
from comply_measure.evidence.topics.method_variance import MethodVarianceOptions
from comply_measure.instrument import load_scale
from comply_measure.resources import shipped
from comply_measure.responses import Responses, load_dataset, responses_from_frame
from comply_measure.simulation import load_population

LIMITS = {"test_level": 0.05}


@pytest.fixture(scope="module")
def responses() -> Responses:
    return load_dataset("msi_triads")


@pytest.fixture(scope="module")
def found(responses: Responses) -> ReverseWording:
    chosen = chosen_focal(responses, None)
    flagged = named_informants(flagged_answers(chosen).informants)
    return reverse_wording(chosen, MethodVarianceOptions(), "firm", flagged=flagged)


def test_the_shipped_study_recovers_what_is_planted(found: ReverseWording) -> None:
    """ω = .30 and κ = .18 on latent answers; ratings of seven categories keep about 97 % of a loading."""
    planted = load_population(shipped("datasets") / "msi_triads" / "population.yaml").spec.items
    rows = found.effects.set_index("sample")
    assert list(rows.index) == [EVERYONE, ATTENTIVE]
    for sample in rows.index:
        row = rows.loc[sample]
        assert row["share_lower"] < (0.97 * planted.reverse_loading) ** 2 < row["share_upper"]
        assert row["p"] < 1e-6
    assert rows.loc[EVERYONE, ["share", "share_lower", "share_upper"]].tolist() == pytest.approx(
        [0.1102, 0.0707, 0.1496], abs=2e-4
    )
    assert rows.loc[ATTENTIVE, "share"] == pytest.approx(0.1035, abs=2e-4)
    assert rows.loc[ATTENTIVE, "agreeing_share"] == pytest.approx(
        (0.97 * planted.method_loading) ** 2, abs=0.01
    )
    assert (found.n_items, found.n_reverse, found.n_clusters) == (80, 20, 60)
    assert found.n_flagged == rows["n_informants"].diff().abs().iloc[-1] == 21


def test_it_is_recovered_where_only_reflective_attributes_are_asked(
    responses: Responses, tmp_path: Path
) -> None:
    """A scale of the attributes that show in their items, side by side: 28 items, seven of them reverse-keyed."""
    scale = load_scale("comply")
    reflective = [c.key for c in scale.constructs if c.mode == "eliciting"]
    items = [item for item in scale.items_for("full", kind="content") if item.construct in reflective]
    lines = [
        f"  - {{id: {i.id}, construct: {i.construct}, keying: {i.keying}, text: {i.id}.}}" for i in items
    ]
    path = tmp_path / "reflective.yaml"
    text = "key: reflective\nroles: [marketing, sales, it]\nresponse: {minimum: 1, maximum: 7}\nitems:\n"
    path.write_text(text + "\n".join(lines) + "\n", encoding="utf-8")
    data = responses.data[["firm", "unit", "role", "informant", *(item.id for item in items)]]
    asked = responses_from_frame(data, [load_scale(path)])
    chosen = chosen_focal(asked, None)
    assert (len(items), chosen.formed) == (28, ())
    found = reverse_wording(chosen, MethodVarianceOptions(), "firm", detail=False)
    assert (found.n_items, found.n_reverse) == (28, 7)
    row = found.effects.iloc[0]
    planted = load_population(shipped("datasets") / "msi_triads" / "population.yaml").spec.items
    assert row["share_lower"] < (0.97 * planted.reverse_loading) ** 2 < row["share_upper"]
    assert row["share"] == pytest.approx(0.1114, abs=2e-3) and row["p"] < 0.001


def test_loadings_and_scores_with_and_without_the_factors(
    found: ReverseWording, responses: Responses
) -> None:
    items = found.items.set_index("item")
    turned = items["reverse_keyed"]
    assert turned.sum() == 20 and (items.loc[~turned, "wording"] == 0).all()
    assert items.loc[turned, "wording"].mean() == pytest.approx(0.332, abs=1e-3)
    scores = found.scores.set_index("construct")
    for construct, n in (("C", 12), ("digitalization", 4)):
        row, level = scores.loc[construct], "dimension" if n == 12 else "attribute"
        assert (row["n_items"], row["n_reverse"]) == (n, n // 4)
        variance = responses.scores(level, "comply").groupby("role")[construct].var().mean()
        mine = items[turned & (items["attribute"] == "digitalization")]
        assert row["wording"] == pytest.approx(_raw(mine, responses) / 16 / variance, rel=0.06)
        assert 0 < row[["substantive", "wording", "agreeing"]].sum() < 1
    # one item of four is reverse-keyed: agreeing moves the score by half of what it moves an item, wording by a quarter
    ratio = scores["agreeing"] / scores["wording"]
    effects = found.effects.iloc[0]
    of_an_item = (items["agreeing"] / items["wording"])[turned] ** 2
    assert of_an_item.to_numpy() == pytest.approx(of_an_item.iloc[0])
    # 1/16 of the one variance and (1 - 2/4)² of the other
    assert ratio.to_numpy() == pytest.approx(16 / 4 * of_an_item.iloc[0])
    assert scores.loc["C", "without"] - scores.loc["C", "substantive"] == pytest.approx(0.0316, abs=1e-3)
    assert effects["agreeing_share"] == pytest.approx(0.0421, abs=1e-3)


def _raw(items: pd.DataFrame, responses: Responses) -> float:
    """ω² in the units of the answers, from one item's standardised loading and its variance."""
    name = items.index[0]
    variance = responses.scored()[name].groupby(responses.data["role"]).var().mean()
    return float(items["wording"].iloc[0] ** 2 * variance)


def test_the_rule_needs_the_same_answer_without_careless_informants() -> None:
    def said(*shares: tuple[float, float]) -> tuple[str, str]:
        rows = [
            {
                "sample": sample,
                "share": share,
                "share_lower": share - 1.96 * se,
                "share_upper": share + 1.96 * se,
            }
            | {"p": float(1 - _normal(share / se))}
            for sample, (share, se) in zip((EVERYONE, ATTENTIVE), shares, strict=False)
        ]
        stand_in = SimpleNamespace(effects=pd.DataFrame(rows), n_reverse=20, n_flagged=7)
        (verdict,) = wording_verdicts(stand_in, 0.05, LIMITS)  # type: ignore[arg-type]
        return verdict.answer, verdict.case

    assert said((0.0200, 0.01)) == ("supported", "") and said((0.0195, 0.01)) == ("not supported", "")
    assert said((0.0301, 0.02)) == ("cannot say", "") and said((0.009, 0.0209)) == ("not supported", "")
    assert said((0.02, 0.01), (0.02, 0.01)) == ("supported", "flagged")
    assert said((0.02, 0.01), (0.01, 0.01)) == ("cannot say", "flagged")
    assert said((0.0, 0.02), (-0.01, 0.02)) == ("not supported", "flagged")
    assert said((np.nan, np.nan)) == ("cannot say", "")
    assert wording_verdicts(None, 0.05, LIMITS) == ()


def _normal(z: float) -> float:
    from scipy.special import ndtr

    return float(ndtr(z))


def test_the_topic_says_why_there_is_no_such_factor(responses: Responses) -> None:
    options = MethodVarianceOptions(scale="marker", marker="comply", wording=True)
    assert "reverse-keyed" in evidence.method_variance(responses, options).obstacles["wording"]
    without = evidence.method_variance(responses, MethodVarianceOptions(wording=False))
    assert without.wording is None and without.obstacles["wording"] == "not asked for"
    assert "reverse_wording_share" not in without.values()
