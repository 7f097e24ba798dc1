"""Paths by role of the step ``structure``: the same as from the views by hand, Holm over all, printed, refused."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import evidence, load_dataset
from comply_measure.evidence import StructureOptions
from comply_measure.evidence.codec import decode, encode
from comply_measure.evidence.role_paths import StatedRolePath
from comply_measure.evidence.unit_variables import UnitVariables
from comply_measure.models import role_paths
from comply_measure.report import Labels
from comply_measure.report.chapters.structure import chapter
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.parts import Notice, Prose
from comply_measure.report.tables import TableSpec
from comply_measure.report.translation.translator import translator
from comply_measure.responses import Responses
from comply_measure.statistics.multiplicity import holm

STATED: list[dict[str, Any]] = [
    {"from": "joint_preparation", "to": "salesperson_benefits", "owner": "sales", "label": "R1"},
    {"from": ["alignment", "size"], "to": "customer_satisfaction"},
    {"from": "C", "to": "O", "roles": ["it", "sales"]},
]
DYAD = {
    "from": "joint_preparation",
    "to": "salesperson_benefits",
    "roles": ["sales", "marketing"],
    "owner": "sales",
}


@pytest.fixture(scope="module")
def responses() -> Responses:
    return load_dataset("msi_triads")


@pytest.fixture(scope="module")
def found(responses: Responses) -> evidence.StructureEvidence:
    options = StructureOptions(
        hypotheses=[{"from": "joint_preparation", "to": "salesperson_benefits"}],
        compare=False, by_role=STATED, dyads=[DYAD],
    )  # fmt: skip
    return evidence.structure(responses, options)


def test_scores_of_roles_are_compared(responses: Responses, found: evidence.StructureEvidence) -> None:
    """By firm, with the owner's rating told apart; alignment is the mean of its dimensions; roles as they are asked."""
    scores = responses.scores("dimension", "smsc")
    hand = role_paths(scores, "joint_preparation", "salesperson_benefits", owner="sales", cluster="firm")
    first, second, third = found.by_role
    assert first.paths.equals(hand.paths)
    assert (first.n_units, first.n_clusters, first.notes) == (hand.n_units, 60, ())
    above = responses.scores("dimension", "comply")
    above["alignment"] = above[["C", "O", "M", "P", "L", "Y"]].mean(axis=1, skipna=False)
    for name in ("size", "customer_satisfaction"):
        above[name] = above["unit"].map(responses.units[name]).astype(float)
    rated = role_paths(
        above, ["alignment", "size"], "customer_satisfaction", cluster="firm",
        unit_variables=["size", "customer_satisfaction"],
    )  # fmt: skip
    assert np.allclose(second.paths["est"], rated.paths["est"], rtol=1e-10)
    assert np.allclose(second.tests["pvalue"], rated.tests["pvalue"], rtol=1e-8)
    assert second.paths["predictor_role"].tolist() == ["marketing", "sales", "it"] * 2
    assert third.paths["predictor_role"].tolist()[:2] == ["it", "sales"]
    kept = decode(encode(found.by_role))
    assert kept[0].differences.equals(first.differences) and kept[1].label == ""


def test_p_is_corrected_over_all_comparisons(found: evidence.StructureEvidence) -> None:
    """Tests together (four predictors), and the differences of one kind."""
    tests = pd.concat([each.tests for each in found.by_role])
    assert len(tests) == 4
    assert np.allclose(tests["p_holm"], holm(tests["pvalue"].to_numpy()))
    differences = pd.concat([each.differences for each in found.by_role])
    assert differences["kind"].value_counts().to_dict() == {"role": 8, "source": 2, "owner": 1}
    for _, rows in differences.groupby("kind"):
        assert np.allclose(rows["p_holm"], holm(rows["pvalue"].to_numpy()))


def test_what_is_printed(responses: Responses, found: evidence.StructureEvidence) -> None:
    """Every path, test and difference under the labels of roles; in German nothing stays English."""
    section = chapter(found, Labels.of(responses.scales, "en"), Cutoffs()).section
    tables = {block.key: block for block in section.blocks if isinstance(block, TableSpec)}
    paths, tests, differences = (tables[f"structure_role_{key}"] for key in ("paths", "tests", "differences"))
    assert paths.data["est"].tolist() == [b for each in found.by_role for b in each.paths["est"]]
    assert paths.data["raters"].tolist()[:3] == [
        "Marketing rates both ends; other-rated outcome",
        "Sales rates both ends; self-rated outcome",
        "Marketing rates the predictors, Sales the outcome; self-rated outcome",
    ]
    assert set(paths.data["raters"][4:10]) == {
        f"{who} rates the predictors" for who in ("Marketing", "Sales", "IT")
    }
    assert tests.data["p_holm"].tolist() == [p for each in found.by_role for p in each.tests["p_holm"]]
    assert differences.data["label"].tolist()[:3] == [
        "Marketing less Sales", "One rater less two", "Outcome by Sales less by others",
    ]  # fmt: skip
    assert differences.data["comparison"].iloc[0] == "R1: Joint preparation → Salesperson benefits"
    assert "CR2 errors by firm" in str(paths.estimator)
    german = translator("de")
    texts = [block.text for block in section.blocks if isinstance(block, Prose | Notice)]
    for table in (paths, tests, differences, tables["structure_dyads"]):
        texts += [table.title, *table.notes, str(table.estimator)]
        texts += [cell.text for row in table.printed.rows for cell in row.cells]
    english = re.compile(r"\b(?:the|less|rates|outcome|path|ends|effect|rated|degrees|over)\b")
    lacking = {part for text in texts for part in german.untranslated(text) if english.search(part)}
    assert not lacking
    assert (
        german("Sales, self-rated: Actor effect (Sales)")
        == "Sales, selbst eingeschätzt: Akteureffekt (Sales)"
    )


def test_without_clusters_and_with_nothing_to_estimate(responses: Responses) -> None:
    """Units are the clusters; what cannot be compared says why, and the rest stays."""
    options = StructureOptions(
        hypotheses=[{"from": "joint_preparation", "to": "salesperson_benefits"}],
        compare=False, cluster="none", by_role=[STATED[2], STATED[0]],
    )  # fmt: skip
    found = evidence.structure(responses.subset(("marketing", "sales")), options)
    first, second = found.by_role
    assert first.paths.empty and first.n_units == 0
    assert first.notes[0].startswith("Paths cannot be compared over roles: 'roles': no such role")
    assert len(second.paths) == 4 and second.n_clusters == second.n_units
    assert second.tests["p_holm"].tolist() == second.tests["pvalue"].tolist()
    section = chapter(found, Labels.of(responses.scales, "en"), Cutoffs()).section
    told = [block.text for block in section.blocks if isinstance(block, Notice)]
    assert any(text.startswith("Communication & information → Objectives: Paths cannot be") for text in told)
    table = next(b for b in section.blocks if isinstance(b, TableSpec) and b.key == "structure_role_paths")
    assert len(table.data) == 4 and "CR2 errors by unit" in str(table.estimator)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"roles": ["sales", "hr"]}, "unknown role 'hr'"),
        ({"roles": ["sales"]}, "fewer than two roles"),
        ({"roles": ["sales", "it"]}, "fewer than two roles"),
        ({"to": "dgital"}, "unknown score, item or variable"),
        ({"to": "joint_preparation"}, "stands in two places"),
        ({"from": ["size"], "to": "customer_satisfaction"}, "no end of the path is rated by roles"),
        ({"owner": "it"}, "unknown role that rates the outcome 'it'"),
        ({"to": "customer_satisfaction", "owner": "sales"}, "unknown role that rates the outcome 'sales'"),
        ({"from": "JP_1", "to": "C"}, ""),
    ],
)
def test_wrong_comparisons_are_told(change: dict[str, Any], words: str, responses: Responses) -> None:
    stated = StatedRolePath(**({"from": "joint_preparation", "to": "salesperson_benefits"} | change))
    told = [message for _, message in stated.faults(UnitVariables(responses))]
    assert any(words in message for message in told) if words else not told
