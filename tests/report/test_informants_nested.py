"""What the chapter says of several informants of a role side by side, in both languages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from chapter_texts import stored, study

from comply_measure.evidence.topics.informants import InformantEvidence
from comply_measure.report.chapters.informants_nested import nested_blocks
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Details, Prose
from comply_measure.report.tables import TableSpec
from comply_measure.report.translation.translator import translator

CROWD = pd.DataFrame(
    {"role": ["marketing", "sales", "it"], "number": [2, 2, 1], "n_units": 80, "n_several": [35, 37, 13]}
)
SHARES = pd.DataFrame(
    {
        "dimension": "C", "variable": "digitalization", "role": ["marketing", "sales", "it"],
        "consistency": [0.5, 0.3, 0.1], "common_method": [0.0, 0.2, 0.4], "unique_method": [0.2, 0.1, np.nan],
        "error": [0.3, 0.4, 0.5], "reliability": [0.7, 0.6, 0.5], "consistency_true": [0.7, 0.5, 0.2],
        "note": ["", "", "one informant of the role in the model: its own view is not told apart"],
    }
)  # fmt: skip


def facts() -> InformantEvidence:
    found = stored("informants").evidence
    assert isinstance(found, InformantEvidence)
    return replace(found, crowd=CROWD, several_from=50)


def told(found: InformantEvidence) -> tuple[str, tuple[TableSpec, ...]]:
    prose, *more = nested_blocks(found, Labels.of(study("informants").scales, "en"))
    assert isinstance(prose, Prose)
    tables = [b for d in more if isinstance(d, Details) for b in d.blocks if isinstance(b, TableSpec)]
    return prose.text, tuple(tables)


def test_why_they_are_not_modelled() -> None:
    found = facts()
    text, tables = told(replace(found, crowd=CROWD.assign(number=1), nested=()))
    assert text.endswith(
        "is estimated where at least 50 units have two informants of a role. Units with two: Marketing 35, Sales 37, "
        "IT 13."
    )
    assert not tables and not translator("de").untranslated(text)
    text, _ = told(replace(found, nested=()))
    assert "could not be fitted to any dimension" in text and not translator("de").untranslated(text)
    assert not nested_blocks(
        replace(found, crowd=pd.DataFrame()), Labels.of(study("informants").scales, "en")
    )


def test_shares_of_trait_role_and_informant() -> None:
    found = replace(facts(), nested=stored("informants").evidence.trifactor[:1], nested_shares=SHARES)
    text, tables = told(found)
    assert text.endswith(
        "Informants modelled in a unit: Marketing 2, Sales 2, IT 1. On average the trait has .30 of the variance of an "
        "answer, the role beyond it .30 (other roles), one informant alone .15."
    )
    assert "what the informants of Marketing in a unit see in common (the trait)" in text
    de = translator("de")
    assert not de.untranslated(text)
    fit, shares = tables
    assert fit.key == "informants_nested_fit"
    heads = ["Indicator", "Role", "Trait", "Role beyond it", "One informant alone", "Residual"]
    assert [column.label for column in shares.columns][:6] == heads
    assert de.heading("One informant alone") == "Ein Informant allein"
    for line in (
        *shares.notes,
        SHARES["note"].iloc[2],
        "Communication, informants within roles",
        shares.title.partition(": ")[2],
    ):
        assert not de.untranslated(line), line
    none = replace(found, nested_shares=SHARES.assign(consistency=np.nan))
    assert told(none)[0].endswith("No dimension gave an admissible solution.")
