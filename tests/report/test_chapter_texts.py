"""Every chapter says what it said: a changed digit, heading, sentence or mark in a figure shows here.

After a change that is meant: ``python tests/report/chapter_texts.py`` and read the difference.
"""

from __future__ import annotations

import pytest
from bare_evidence import FORMS, changed, unchanged
from chapter_texts import HERE, chapter_text, form_text, stored

from comply_measure.pipeline import STEPS


@pytest.mark.parametrize("step", STEPS)
def test_a_chapter_prints_what_is_stored(step: str) -> None:
    printed = chapter_text(step, stored(step)).splitlines()
    assert printed == (HERE / "texts" / f"{step}.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("step", STEPS)
def test_a_chapter_says_what_is_lacking(step: str, form: str) -> None:
    """A lone row, undefined numbers with their reasons, nothing at all, everything on the other side."""
    printed = form_text(form, step).splitlines()
    assert printed == (HERE / "texts" / form / f"{step}.txt").read_text(encoding="utf-8").splitlines()


def test_forms_leave_only_what_is_there() -> None:
    """What stays in a form is named once, and is in the evidence."""
    for form, steps in unchanged().items():
        for step, left in steps.items():
            seen = dict[str, None]()
            changed(stored(step).evidence, FORMS[form], left, seen)
            assert len(left) == len(set(left)) and set(left) <= set(seen), (form, step)


def test_every_text_has_its_chapter() -> None:
    for form in ("", *FORMS):
        assert {path.stem for path in (HERE / "texts" / form).glob("*.txt")} == set(STEPS)
    assert {path.name.removesuffix(".json.xz") for path in (HERE / "evidence").glob("*.xz")} == set(STEPS)
