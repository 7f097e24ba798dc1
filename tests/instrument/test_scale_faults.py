"""A faulty scale file is refused with all its faults, each with file, line and key."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from comply_measure.documents import read_yaml, read_yaml_text
from comply_measure.errors import InputError, Problem
from comply_measure.instrument import check_scale, load_scale
from comply_measure.instrument.load import parse_scale

OWN = Path(__file__).parent / "own_scale.yaml"
DATA = read_yaml(OWN).data


def faults(data: Any) -> list[Problem]:
    try:
        parse_scale(read_yaml_text(json.dumps(data, ensure_ascii=False), "own.yaml"))
    except InputError as error:
        return list(error.problems)
    return []


def changed(path: tuple[str | int, ...], value: Any) -> Any:
    data = copy.deepcopy(DATA)
    place = data
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return data


def without(path: tuple[str | int, ...]) -> Any:
    data = copy.deepcopy(DATA)
    place = data
    for part in path[:-1]:
        place = place[part]
    del place[path[-1]]
    return data


def test_the_base_of_these_tests_is_valid() -> None:
    assert faults(DATA) == []


LONG_TREE = [
    {"key": "care", "label": {"en": "Care"}, "parent": "trust"},
    {"key": "trust", "label": {"en": "Trust"}, "parent": "top"},
    {"key": "top", "label": {"en": "Top"}, "parent": "summit"},
    {"key": "summit", "label": {"en": "Summit"}},
    *DATA["constructs"][3:],
]


@pytest.mark.parametrize(
    ("data", "column", "message"),
    [
        (changed(("items", 1, "id"), "hon1"), "items.hon1.id", "duplicate id"),
        (changed(("items", 1, "id"), "HON1"), "items.HON1.id", "differs from 'hon1' only in case"),
        (changed(("items", 0, "id"), "1st"), "items.1st.id", "not a valid name"),
        (changed(("items", 0, "id"), "a-b"), "items.a-b.id", "not a valid name"),
        (changed(("items", 0, "id"), "Role"), "items.Role.id", "reserved name"),
        (changed(("constructs", 0, "key"), "note"), "constructs.note.key", "reserved name"),
        (changed(("constructs", 0, "key"), "firm"), "constructs.firm.key", "reserved name"),
        (changed(("items", 0, "id"), "pace"), "items.pace.id", "same name"),
        (without(("items", 0, "id")), "items.0.id", "missing key"),
        (changed(("items", 0, "construct"), "honest"), "items.hon1.construct", "did you mean 'honesty'"),
        (changed(("items", 0, "keying"), 2), "items.hon1.keying", "not an allowed value"),
        (changed(("items", 0, "keying"), "1"), "items.hon1.keying", "not an allowed value"),
        (changed(("items", 0, "text"), {}), "items.hon1.text.en", "missing language"),
        (changed(("items", 0, "text"), {"en": " "}), "items.hon1.text.en", "must not be empty"),
        (changed(("items", 0, "text", "fr"), "x."), "items.hon1.text.fr", "unknown language"),
        (changed(("items", 0, "stem"), "teams"), "items.hon1.stem", "did you mean 'team'"),
        (changed(("items", 0, "stage"), "start"), "items.hon1.stage", "unknown stage"),
        (changed(("items", 0, "forms"), ["ful"]), "items.hon1.forms.0", "did you mean 'full'"),
        (changed(("items", 0, "forms"), ["full", "full"]), "items.hon1.forms", "named twice: full"),
        (changed(("items", 8, "roles"), ["buyers"]), "items.pac3.roles.0", "did you mean 'buyer'"),
        (changed(("items", 8, "rols"), ["buyer"]), "items.pac3.rols", "did you mean 'roles'"),
        (
            changed(("items", 0, "provenance", "paper"), "X"),
            "items.hon1.provenance.paper",
            "unknown reference",
        ),
        (changed(("items", 10, "kind"), "content"), "items.kno1.kind", "kind and construct do not fit"),
        (changed(("items", 0, "kind"), "informant"), "items.hon1.kind", "kind and construct do not fit"),
        (without(("items", 7, "text", "en", "seller")), "items.pac2.text.en.seller", "no wording"),
        (
            changed(("items", 7, "text", "en", "boss"), "x."),
            "items.pac2.text.en.boss",
            "unknown role for this",
        ),
        (
            changed(("items", 2, "text", "en"), "… hide  Mistakes."),
            "items.hon3.text.en",
            "wording as item 'hon2'",
        ),
        (changed(("items", 9, "kind"), "content"), "items.tru.construct", "whose parts have content items"),
        (
            changed(("constructs",), [*DATA["constructs"], {"key": "haste", "label": {"en": "Haste"}}]),
            "constructs.haste.key",
            "no content item in the full form",
        ),
        (changed(("constructs", 2, "key"), "honesty"), "constructs.honesty.key", "duplicate key"),
        (changed(("constructs", 1, "parent"), "trut"), "constructs.honesty.parent", "did you mean 'trust'"),
        (changed(("constructs", 0, "parent"), "care"), "constructs.trust.parent", "the parents form a cycle"),
        (changed(("constructs", 3, "level"), "attribute"), "constructs.pace.level", "another level"),
        (changed(("constructs", 4, "parent"), "trust"), "constructs.knowledge.parent", "has no parent"),
        (
            changed(("constructs", 1, "attribute_sets"), ["a"]),
            "constructs.honesty.attribute_sets.0",
            "unknown",
        ),
        (changed(("constructs",), LONG_TREE), "constructs.care.parent", "too many levels"),
        (
            changed(("response", "anchors", "en"), ["a", "b"]),
            "response.anchors.en",
            "2 anchors for 5 categories",
        ),
        (changed(("response", "maximum"), 0), "response", "must span 2 to 101 categories"),
        (
            changed(("response", "cannot_judge"), {"code": 3, "label": {"en": "?"}}),
            "response.cannot_judge.code",
            "code of an answer category",
        ),
        (changed(("attribute_sets",), {"default": "b", "names": ["a"]}), "attribute_sets.default", "unknown"),
        (changed(("languages",), ["en", "en"]), "languages", "named twice: en"),
        (changed(("languages",), ["en", "de"]), "items.hon1.text.de", "missing language"),
        (changed(("languages",), ["English"]), "languages.0", "not a valid name"),
        (changed(("version",), 0.3), "version", "a number needs quotes"),
        (changed(("titel",), {"en": "x"}), "titel", "did you mean 'title'"),
        (without(("items",)), "items", "missing key"),
        (changed(("items",), []), "items", "must not be empty"),
        (changed(("items", 0), "hon1"), "items.0", "must be a mapping"),
        (changed(("forms", "long"), {"title": {"en": "x"}}), "forms.long", "form without items"),
        (without(("forms", "full")), "forms", "no form 'full'"),
        (changed(("key",), "Own Scale"), "key", "not a valid name"),
    ],
)
def test_each_fault_is_found_at_its_key(data: Any, column: str, message: str) -> None:
    found = [problem for problem in faults(data) if problem.column == column]
    assert any(message in str(problem) for problem in found), [str(problem) for problem in faults(data)]
    assert {problem.file for problem in found} == {"own.yaml"}


@pytest.mark.parametrize("part", ["key", "response"])
def test_a_missing_part_does_not_bury_its_cause(part: str) -> None:
    found = faults(without((part,)))
    assert f"own.yaml, row 1, '{part}': missing key" in map(str, found)
    assert len(found) <= 2, [str(problem) for problem in found]


def test_all_faults_of_a_file_come_at_once_with_their_lines(tmp_path: Path) -> None:
    text = OWN.read_text(encoding="utf-8")
    text = text.replace("id: hon3", "id: hon1").replace("keying: -1", "keying: 0")
    text = text.replace(
        'construct: care, keying: 1, stem: team, text: {en: "… listen."}',
        "construct: cure, keying: 1, txt: {}",
    )
    path = tmp_path / "faulty.yaml"
    path.write_text(text, encoding="utf-8")
    lines = text.splitlines()
    found = check_scale(path)
    by_key = {problem.column: problem for problem in found}
    assert set(by_key) == {
        "items.hon1.id",
        "items.hon2.keying",
        "items.car3.construct",
        "items.car3.txt",
        "items.car3.text",
    }
    for key, fragment in (("items.hon2.keying", "keying: 0"), ("items.car3.construct", "construct: cure")):
        row = by_key[key].row
        assert isinstance(row, int)
        assert fragment in lines[row - 1]
    assert [problem.row for problem in found] == sorted(problem.row for problem in found)
    with pytest.raises(InputError) as caught:
        load_scale(path)
    assert list(caught.value.problems) == found
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("path", "most", "of"),
    [
        (("items", 0, "roles"), 1000, lambda n: [f"r{j}" for j in range(n)]),
        (("items", 0, "forms"), 1000, lambda n: [f"f{j}" for j in range(n)]),
        (("languages",), 100, lambda n: [f"en-{j:08d}" for j in range(n)]),
        (("version",), 4000, lambda n: "v" * n),
        (("items", 0, "id"), 64, lambda n: "i" * n),
        (("key",), 64, lambda n: "k" * n),
    ],
)
def test_lengths_are_limited_exactly(path: tuple[str | int, ...], most: int, of: Any) -> None:
    def too_long(n: int) -> bool:
        return any(f"at most {most}" in problem.message for problem in faults(changed(path, of(n))))

    assert not too_long(most)
    assert too_long(most + 1)


def test_an_oversized_list_is_not_searched() -> None:
    many = [{"key": f"k{n}", "label": {"en": "x"}} for n in range(1001)]
    found = faults(changed(("constructs",), many))
    assert [problem.message for problem in found] == ["1001 entries"]


@pytest.mark.parametrize("text", ["just text", "- a\n- b", "7"])
def test_a_file_that_is_no_mapping_is_said_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text, encoding="utf-8")
    (problem,) = check_scale(path)
    assert "a scale file is a mapping" in problem.message


def test_tags_are_data_and_never_run(tmp_path: Path) -> None:
    target = tmp_path / "made"
    path = tmp_path / "evil.yaml"
    path.write_text(f"key: !!python/object/apply:os.mkdir ['{target}']\n", encoding="utf-8")
    (problem,) = check_scale(path)
    assert "tag" in problem.message
    assert not target.exists()


def test_an_unknown_scale_names_the_nearest() -> None:
    (problem,) = check_scale("comly")
    assert "did you mean 'comply'" in problem.message
    with pytest.raises(InputError, match="there is no scale 'comly'"):
        load_scale("comly")


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    text = OWN.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    assert load_scale(path) is load_scale(path)
    path.write_text(text.replace('"0.3"', '"0.3.1"'), encoding="utf-8")
    assert load_scale(path).version == "0.3.1"


def places(value: Any, depth: int = 3) -> list[tuple[str | int, ...]]:
    """Paths into the document, to a depth."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: list[tuple[str | int, ...]] = []
    for key, content in inner if depth else ():
        found += [(key,), *((key, *path) for path in places(content, depth - 1))]
    return found


_KNOWN = st.sampled_from(["en", "full", "trust", "pace", "informant", "content", "", "x y"])
_ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 200) | _KNOWN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KNOWN, inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None)
@given(path=st.sampled_from(places(DATA)), value=_ODD)
def test_whatever_stands_in_a_place_only_problems_come_back(path: tuple[str | int, ...], value: Any) -> None:
    found = faults(changed(path, value))
    assert all(isinstance(problem, Problem) and str(problem) for problem in found)
