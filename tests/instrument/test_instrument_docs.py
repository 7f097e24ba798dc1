"""The documented format is the real one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from comply_measure import framework
from comply_measure.documents import read_yaml_text
from comply_measure.instrument import codebook, list_scales, load_scale
from comply_measure.instrument.load import parse_scale
from comply_measure.instrument.schema import ItemPart, ScalePart

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "instrument.md").read_text(encoding="utf-8")


def test_the_documented_scale_loads_and_makes_a_codebook() -> None:
    (example,) = re.findall(r"```yaml\n(key: .*?)```", DOCS, flags=re.DOTALL)
    scale = parse_scale(read_yaml_text(example))
    assert scale.measurement("dimension") == {"trust_in_partner": ("hon_1", "hon_2", "hon_3")}
    assert len(codebook(scale, "de")) == 4


@pytest.mark.parametrize("schema", [ScalePart, ItemPart])
def test_every_key_of_the_format_is_documented(schema) -> None:
    for name, field in schema.model_fields.items():
        assert f"`{field.alias or name}`" in DOCS


def test_every_shipped_scale_is_listed() -> None:
    readme = (ROOT / "scales" / "README.md").read_text(encoding="utf-8")
    for name in list_scales():
        assert f"`{name}.yaml`" in readme
        assert f"| `{name}` |" in DOCS


def test_the_documented_number_of_reverse_keyed_items_is_right() -> None:
    scale = load_scale("comply")
    by_form = {
        form: [item for item in scale.items_for(form, "21", kind="content") if item.keying < 0]
        for form in ("full", "short")
    }
    assert {form: len(items) for form, items in by_form.items()} == {"full": 21, "short": 6}
    assert "- 21 content items of the full form are reverse-keyed" in DOCS
    assert "six of them, one per dimension, are on the short form" in DOCS


def test_what_is_asked_and_what_is_analysed_are_one_switch_each() -> None:
    scale = load_scale("comply")
    assert (scale.collection_set, scale.attribute_sets[0]) == ("21", "20")
    assert '| `"20"` (analysed by default) |' in DOCS
    assert '| `"21"` (asked by default) |' in DOCS
    assert "`attribute_sets.collect`" in DOCS and "`attribute_sets.default`" in DOCS


def test_every_known_inconsistency_is_documented() -> None:
    section = DOCS.split("## Known inconsistencies of the sources")[1]
    assert len(re.findall(r"^\d\. ", section, flags=re.MULTILINE)) == len(framework.inconsistencies())
    for attribute in framework.ATTRIBUTES:
        if attribute.levers[0].assignment == "reconstructed":
            assert attribute.label.lower() in section
