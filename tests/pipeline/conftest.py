"""A small study of dyads on a scale of its own (``duo.py``)."""

from __future__ import annotations

from pathlib import Path

import pytest
from duo import DIMENSIONS, EVIL_TEXT, EVIL_UNIT, answers, scale_text

STUDY = """format: comply-measure study 1
title: "Dyads {evil}"
data: {{file: answers.csv}}
scales: [duo.yaml]
seed: 3
"""


@pytest.fixture
def own_study(tmp_path: Path) -> Path:
    """Folder with scale, answers and study file; returns the study file."""
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "duo.yaml").write_text(scale_text(), encoding="utf-8")
    answers().to_csv(folder / "answers.csv", index=False)
    study = folder / "study.yaml"
    study.write_text(STUDY.format(evil=EVIL_TEXT), encoding="utf-8")
    return study


__all__ = ["DIMENSIONS", "EVIL_TEXT", "EVIL_UNIT", "STUDY", "answers", "scale_text"]
