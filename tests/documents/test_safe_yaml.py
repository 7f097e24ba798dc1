"""YAML is read as data, and what could harm is refused with its line."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from comply_measure.documents import read_yaml, read_yaml_text, safe_yaml as module
from comply_measure.errors import InputError

_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=12)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | _WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=20,
)


@given(_VALUES)
def test_json_is_yaml_and_reads_back_equal(value: object) -> None:
    assert read_yaml_text(json.dumps(value, ensure_ascii=False)).data == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("2024-01-31", "2024-01-31"),
        ("true", True),
        ("~", None),
        ("-7", -7),
        ("+1", 1),
        ("1_000", "1_000"),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        ("'7'", "7"),
        (".5", 0.5),
        ("-2.E-1", -0.2),
        ("9" * 39, int("9" * 39)),
        ("9" * 101, "9" * 101),
        ("1.2.3", "1.2.3"),
    ],
)
def test_plain_words_follow_the_core_schema(text: str, value: object) -> None:
    found = read_yaml_text(f"key: {text}").data["key"]
    assert found == value
    assert type(found) is type(value)


def test_keys_stay_text_as_written() -> None:
    assert read_yaml_text("{20: a, no: b, 1.0: c}").data == {"20": "a", "no": "b", "1.0": "c"}


def test_every_key_knows_its_line() -> None:
    document = read_yaml_text("a: 1\nb:\n  - x\n  - c: 2\n")
    assert document.line(("b", 1, "c")) == 4
    assert document.line(("b", 1, "missing", "deeper")) == 4
    assert document.line(("nowhere",)) == 1


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: !!python/object/apply:os.system ['true']", 1, "tag"),
        ("a: 1\nb: !custom 2", 2, "tag"),
        ("a: 1\n!!str b: 2", 2, "tag"),
        ("a: 1\nb: 2\na: 3", 3, "key written twice, first in line 1"),
        ("base: &b {x: 1}\nc:\n  <<: *b", 3, "merge key"),
        ("a: 1\n---\nb: 2", 2, "second document"),
        ("a: *unknown", 1, "alias \\*unknown"),
        ("a: &a [*a]", 1, "alias \\*a"),
        ("? [a, b]\n: 1", 1, "a key must be plain text"),
        ("a: [1, 2", 2, "expected"),
        ("a:\n\t- 1", 2, "cannot start any token"),
        ("[" * 60 + "]" * 60, 1, "nested too deeply"),
        ("a: \x00", None, "control characters|special characters"),
    ],
)
def test_what_is_refused_names_its_line(text: str, line: int | None, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_yaml_text(text, "file.yaml")
    assert caught.value.problems[0].row == line
    assert caught.value.problems[0].file == "file.yaml"


def test_all_refusals_are_listed_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read_yaml_text("a: !x 1\nb: 1\nb: 2\nc: !y 3")
    assert [problem.row for problem in caught.value.problems] == [1, 3, 4]


@pytest.mark.parametrize("text", ["", "   \n", "# only a comment\n"])
def test_an_empty_file_is_said_to_be_empty(text: str) -> None:
    with pytest.raises(InputError, match="empty"):
        read_yaml_text(text)


def test_ordinary_aliases_work() -> None:
    document = read_yaml_text("roles: &all [m, s]\nitem: {roles: *all}")
    assert document.data["item"]["roles"] == ["m", "s"]


def test_an_alias_bomb_is_stopped_by_its_expanded_size() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    with pytest.raises(InputError, match="too many values") as caught:
        read_yaml_text("\n".join(lines))
    assert caught.value.problems[0].row <= 9


def test_the_number_of_aliases_is_limited() -> None:
    text = "a: &a 1\nb: [" + ", ".join(["*a"] * (module.MAX_ALIASES + 1)) + "]"
    with pytest.raises(InputError, match="too many aliases"):
        read_yaml_text(text)


def test_a_file_is_read_with_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfkey: gr\xc3\xbcn\n")
    document = read_yaml(path)
    assert document.data == {"key": "grün"}
    assert document.sha256 == sha256(path.read_bytes()).hexdigest()


def test_a_file_that_is_too_large_is_not_parsed(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_bytes(b"#" * (module.MAX_BYTES + 1))
    with pytest.raises(InputError, match="too large"):
        read_yaml(path)


def test_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("a: 1\nb: grün\n".encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8") as caught:
        read_yaml(path)
    assert caught.value.problems[0].row == 2


def test_a_missing_file_or_a_folder_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            read_yaml(path)
