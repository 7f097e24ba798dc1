"""Every chapter says what it said: a changed digit, heading, sentence or mark in a figure shows here.

After a change that is meant: ``python tests/report/chapter_texts.py`` and read the difference.
"""

from __future__ import annotations

import pytest
from chapter_texts import HERE, chapter_text, stored

from comply_measure.pipeline import STEPS


@pytest.mark.parametrize("step", STEPS)
def test_a_chapter_prints_what_is_stored(step: str) -> None:
    printed = chapter_text(step, stored(step)).splitlines()
    assert printed == (HERE / "texts" / f"{step}.txt").read_text(encoding="utf-8").splitlines()


def test_every_text_has_its_chapter() -> None:
    assert {path.stem for path in (HERE / "texts").glob("*.txt")} == set(STEPS)
    assert {path.name.removesuffix(".json.xz") for path in (HERE / "evidence").iterdir()} == set(STEPS)
