"""The examples of docs/triads.md run on the study that ships."""

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


def test_the_latent_examples_run_after_it() -> None:
    first, *rest = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)
    names: dict[str, object] = {}
    exec(compile(first.split("agreement =")[0], str(DOCS), "exec"), names)
    for code in rest:
        exec(compile(code, str(DOCS), "exec"), names)
    assert names["surface"].n_units == 238  # units with neither marketing nor sales say nothing
    # what the example has too few firms for is said, and nothing else
    assert [text.split(";")[0] for text in names["surface"].problems] == ["60 clusters for 70 parameters"]
    effects = names["effects_table"](
        names["sem"].fit(names["text"], names["wide"].join(names["rated"]), missing="ml", meanstructure=True)
    )
    assert effects["predictor"].tolist() == ["C.level", "C.marketing_vs_sales", "C.it_vs_rest2"]
    assert (effects["note"] == "").all()
