"""The example of docs/triads.md runs on the study that ships."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

DOCS = Path(__file__).parents[2] / "docs" / "triads.md"


def test_the_example_runs() -> None:
    code = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)[0]
    names: dict[str, object] = {}
    exec(compile(re.sub(r"bootstrap=\d+", "bootstrap=50", code), str(DOCS), "exec"), names)
    data, tests = names["data"], names["tests"]
    assert data.roles == ("marketing", "sales", "it") and len(data.columns) == 20
    summary = tests.summary()
    assert (summary["share_significant"] > summary["expected_by_noise"]).all()
    assert np.isfinite(names["agreement"].summary()["mean"]).all()
