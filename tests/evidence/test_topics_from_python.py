"""The battery from Python: one line per topic, the numbers that the report prints; arguments checked at the door."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import evidence
from comply_measure.errors import ComplyError, InputError
from comply_measure.evidence import Evidence, Topic
from comply_measure.evidence.base import topic_seeds
from comply_measure.evidence.codec import decode, decode_frame, encode, encode_frame
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.topics.method_variance import marker_data
from comply_measure.pipeline.registry import STEPS
from comply_measure.responses import Responses, load_dataset
from comply_measure.triads import TriadData, gap_tests, icc_oneway, role_contrasts

TOPICS = {name: step.topic for name, step in STEPS.items()}


@pytest.fixture(scope="module")
def responses() -> Responses:
    return load_dataset("msi_triads")


def test_every_step_has_its_function_at_the_door() -> None:
    for name, topic in TOPICS.items():
        assert isinstance(topic, Topic)
        assert callable(getattr(evidence, name))


def test_gaps_in_one_line_are_those_of_the_triads(responses: Responses) -> None:
    table = evidence.gaps(responses).tidy()
    data = TriadData.from_long(
        responses.scores("dimension", "comply"),
        list("COMPLY"),
        roles=("marketing", "sales", "it"),
        firm="firm",
    )
    mine = table[table["kind"] == "dimension"]
    np.testing.assert_array_equal(mine["mean"], gap_tests(data, cluster=True).tidy()["mean"])
    assert (table["kind"] == "attribute").sum() == 60


def test_gaps_by_the_wild_cluster_bootstrap_are_those_of_the_triads(responses: Responses) -> None:
    some = responses.subset(units=responses.units.index[:40])
    found = evidence.gaps(some, evidence.GapOptions(inference="wild", bootstrap=99), seed=4)
    data = TriadData.from_long(
        some.scores("dimension", "comply"), list("COMPLY"), roles=("marketing", "sales", "it"), firm="firm"
    )
    seed = topic_seeds("gaps", 4).spawn(1)[0]
    expected = role_contrasts(data, inference="wild", replications=99, seed=seed)
    mine = found.contrasts[found.contrasts["kind"] == "dimension"].drop(columns="kind")
    pd.testing.assert_frame_equal(mine, expected)
    assert found.replications == 99 and evidence.gaps(some).replications == 0
    with pytest.raises(ComplyError, match="bootstrap is of inference: wild"):
        evidence.GapOptions(bootstrap=99)


def test_agreement_takes_its_convention(responses: Responses) -> None:
    options = evidence.AgreementOptions(bootstrap=0)
    strict, lax = (evidence.agreement(responses, options, cutoff=c) for c in (0.9, 0.5))
    assert (strict.rwg["cutoff"] == 0.9).all()
    assert (strict.rwg["share_agreeing"] < lax.rwg["share_agreeing"]).all()
    np.testing.assert_array_equal(
        strict.icc["icc1"], icc_oneway(responses.scores("dimension", "comply"), list("COMPLY")).tidy()["icc1"]
    )


def test_items_count_what_was_not_answered(responses: Responses) -> None:
    found = evidence.items(responses)
    table = found.tidy()
    pooled = table[(table["group"] == "all") | (table["group"] == "pooled")]
    mine = pooled[pooled["instrument"] == "comply"]
    answers = responses.scored()[list(mine["item"])]
    np.testing.assert_array_equal(mine["mean"], answers.mean().to_numpy())
    assert found.values()["n_items_comply"] == len(mine)


def test_reliability_and_variance_extracted_are_those_of_the_standardised_solution(
    responses: Responses,
) -> None:
    options = evidence.CfaOptions(models=("correlated",), estimator="ML", missing="listwise", by_role=False)
    found = evidence.cfa(responses, options)
    solution = found.fits[0].fit.standardized("all")
    loadings = solution[solution["op"] == "=~"].groupby("lhs", sort=False)["est_std"]
    first, second = loadings.sum() ** 2, loadings.agg(lambda x: (x**2).sum())
    table = found.validity.set_index("key")
    n = loadings.size()
    np.testing.assert_allclose(table["composite_reliability"], first / (first + n - second), rtol=1e-12)
    np.testing.assert_allclose(table["ave"], second / n, rtol=1e-12)
    between = solution[(solution["op"] == "~~") & (solution["lhs"] != solution["rhs"])]
    for key in table.index:
        mine = between[(between["lhs"] == key) | (between["rhs"] == key)]["est_std"]
        assert table.loc[key, "largest_correlation"] == mine.abs().max()


@pytest.mark.parametrize("make", [evidence.gaps, evidence.items, evidence.sample], ids=lambda f: f.__name__)
def test_the_cache_gives_back_what_was_found(make: Callable[..., Evidence], responses: Responses) -> None:
    found = make(responses)
    back = decode(encode(found))
    assert type(back) is type(found)
    pd.testing.assert_frame_equal(back.tidy(), found.tidy().reset_index(drop=True), check_dtype=False)
    assert back.values() == found.values()


@pytest.mark.parametrize("kind", ["float64", "int64", "bool", "float32", ">f8"])
@pytest.mark.parametrize("shape", [(3, 2), (40, 60)])
def test_arrays_come_back_to_the_last_bit(kind: str, shape: tuple[int, int]) -> None:
    values = np.random.default_rng(3).normal(size=shape).astype(kind)
    if values.dtype.kind == "f":
        values[0, 0], values[1, 1], values[2, 0] = np.nan, np.inf, -0.0
    for array in (values, values.T):
        back = decode(json.loads(json.dumps(encode(array), allow_nan=False)))
        np.testing.assert_array_equal(back, array)
        assert back.dtype == {"f": np.float64, "i": np.int64, "b": np.bool_}[values.dtype.kind]
        assert (np.signbit(back) == np.signbit(array)).all() or values.dtype.kind != "f"
        back[0, 0] = 1  # no view of a read-only buffer


def texts(value: Any) -> list[str]:
    """Every text that evidence holds, those of its tables included."""
    if isinstance(value, str):
        return [value]
    if is_dataclass(value):
        return [text for field in fields(value) for text in texts(getattr(value, field.name))]
    if isinstance(value, pd.DataFrame):
        return [text for column in value.columns for text in texts(tuple(value[column]))]
    if isinstance(value, tuple | list):
        return [text for part in value for text in texts(part)]
    return []


def test_evidence_holds_no_labels_in_a_language(responses: Responses) -> None:
    """Labels of roles and constructs are the chapter's."""
    scale = responses.scale("comply")
    labels = {entry.label["en"] for entry in scale.constructs} | {
        words["en"] for words in scale.role_labels.values()
    }
    options = evidence.CongruenceOptions(
        outcomes=("customer_satisfaction",), pairs=(("marketing", "it"),), bootstrap=200, latent=False
    )
    for found in (
        evidence.congruence(responses, options),
        evidence.gaps(responses),
        evidence.quality(responses),
    ):
        held = set(texts(found))
        assert held
        assert not held & labels


@pytest.mark.parametrize("name", sorted(TOPICS))
def test_arguments_of_the_wrong_kind_are_told_together(name: str) -> None:
    function = getattr(evidence, name)
    wrong = {"options": 3, "seed": -1, "jobs": "two"}
    parameters = function.__wrapped__.__code__.co_varnames
    given = {key: value for key, value in wrong.items() if key in parameters}
    with pytest.raises(InputError) as caught:
        function("answers", **given)
    assert {problem.column for problem in caught.value.problems} == {"responses", *given}


def test_a_topic_that_cannot_be_made_says_why(responses: Responses) -> None:
    with pytest.raises(ComplyError, match="at least 2"):
        evidence.gaps(responses.subset(role="it"))


def test_a_column_of_missing_truth_values_is_kept_as_such() -> None:
    table = pd.DataFrame(
        {"flag": pd.array([pd.NA, pd.NA], dtype="boolean"), "text": pd.Series(["a", pd.NA], dtype=object)}
    )
    back = decode_frame(encode_frame(table))
    assert back["flag"].dtype == "boolean"
    assert back.isna().to_numpy().tolist() == [[True, False], [True, True]]


def test_what_informants_say_of_themselves_is_described_by_role(responses: Responses) -> None:
    found = evidence.sample(responses).informants.set_index(["construct", "role"])
    items: dict[str, list[str]] = {}
    for item in responses.items(kind="informant"):
        items.setdefault(item.construct, []).append(item.id)
    scored, roles = responses.scored(), responses.data["role"]
    assert {name for name, _ in found.index} == set(items)
    for (construct, role), row in found.iterrows():  # type: ignore[misc]
        answers = scored.loc[roles == role, items[construct]]
        enough = answers.notna().mean(axis=1) >= 0.5
        values = answers[enough].mean(axis=1)
        assert (row["n_informants"], row["note"]) == (len(values), "")
        assert row[["mean", "sd"]].tolist() == pytest.approx([values.mean(), values.std(ddof=1)], rel=1e-12)
    two, one = (evidence.sample(responses.subset(units=list(responses.units.index[:n]))) for n in (2, 1))
    assert (two.informants["n_informants"] == 2).any() and (one.informants["n_informants"] <= 1).all()
    for few in (two.informants, one.informants):
        known = few["n_informants"] > 1
        assert (few["sd"].notna() == known).all() and (few["mean"].notna() == (few["n_informants"] > 0)).all()
        assert few["note"].tolist() == ["" if many else "fewer than 2 answers" for many in known]


def test_models_of_the_marker_use_all_who_answered_anything(responses: Responses) -> None:
    chosen = chosen_focal(responses, None)
    marker = tuple(item.id for item in responses.items("marker"))
    raw = chosen.indicators().join(responses.scored()[list(marker)])
    names = [*chosen.indicator_names, *marker]
    for centred in (False, True):
        data = marker_data(chosen, marker, centred=centred)
        answered = raw[names].notna().any(axis=1)
        assert 0 < raw[names].notna().all(axis=1).sum() < answered.sum() == len(data)
        x = raw.loc[answered, names]
        expected = x - raw.groupby("role")[names].transform("mean") if centred else x
        spread = np.nanstd(data[names].to_numpy() - expected.to_numpy(), axis=0)
        np.testing.assert_allclose(spread, 0.0, atol=1e-10)  # but for a constant
