"""The examples of docs/measurement.md run, in order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "measurement.md"


def test_examples_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    for code in re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S):
        exec(compile(code, str(DOCS), "exec"), names)
    assert names["imputed"].n_imputations == 5
    assert names["flags"].table["flagged"].sum() == 21  # 18 of 19 planted, 3 of 648 others
