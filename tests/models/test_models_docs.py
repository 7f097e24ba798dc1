"""The examples of docs/models.md run, in order, and the numbers the page states hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from comply_measure.sem.remembered import remembering

DOCS = Path(__file__).parents[2] / "docs" / "models.md"


@pytest.fixture(scope="module")
def page() -> Iterator[dict[str, object]]:
    """What the examples leave; a model that a test fits once more to the same cases is not searched anew."""
    names: dict[str, object] = {}
    with remembering():
        for code in re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S):
            exec(compile(code, str(DOCS), "exec"), names)
        yield names


def test_examples_run_and_say_what_the_page_says(page: dict[str, object]) -> None:
    assert page["rivals"].best("bic") == "second_order"
    assert page["search"].items == {"P_acc_4"}
    assert (page["search"].ladder.rule_table()["verdict"] == "withheld").all()
    method = page["method"]
    assert method.detected is False
    assert method.sensitivity_table()["largest_change"].max() < 0.01
    claimed = page["latent_method_factor"](page["both"], page["factors"], cluster="unit").tidy()
    assert claimed.set_index("model").loc["equal", "method"] == pytest.approx(0.078, abs=0.005)
    assert page["trifactor"].converged
    assert page["congruence"].converged


def test_every_name_of_the_page_exists(page: dict[str, object]) -> None:
    from comply_measure import models
    from comply_measure.models import cutoffs, informants, invariance, method_variance, rivals

    text = DOCS.read_text(encoding="utf-8")
    for name in set(
        re.findall(r"`([a-z_0-9]+_(?:model|factors|design|table|tests|cutoffs|analysis|frame))`", text)
    ):
        rooms = (models, rivals, cutoffs, invariance, method_variance, informants)
        assert any(hasattr(room, name) for room in rooms), name
