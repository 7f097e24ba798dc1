"""The nearest known word: one rule for keys, options, columns and labels."""

from __future__ import annotations

import pytest

from comply_measure.errors import ComplyError
from comply_measure.statistics.words import counted, did_you_mean, nearest, require_known, unknown_message


def test_one_is_counted_in_the_singular() -> None:
    said = [counted(n, "line was", "lines were") for n in (0, 1, 2)]
    assert said == ["0 lines were", "1 line was", "2 lines were"]


def test_the_nearest_key_ignores_case_and_is_none_when_nothing_is_near() -> None:
    assert nearest("ROLES", ["roles", "forms"]) == "roles"
    assert nearest("zzz", ["roles", "forms"]) is None


def test_require_known_accepts_known_and_names_the_rest() -> None:
    require_known("form", "full", ["full"])
    with pytest.raises(ComplyError, match=r"'ful'; did you mean 'full'\? \(known: full, short\)"):
        require_known("form", "ful", ["full", "short"])


def test_a_mistyped_word_is_asked_back_as_it_is_written() -> None:
    assert did_you_mean("wlsvm", ["ML", "WLSMV"]) == "; did you mean 'WLSMV'?"
    assert did_you_mean("wlsvm", ["ML", "WLSMV"], lead="") == "did you mean 'WLSMV'?"
    assert did_you_mean(7, ["ML", "WLSMV"]) == ""
    assert unknown_message("form", "x", []) == "unknown form 'x' (known: none)"


def test_likeness_is_the_share_of_letters_in_common_blocks() -> None:
    assert nearest("ab12", ["abxy"], likeness=0.5) == "abxy"  # 2 * 2 of 8 letters
    assert nearest("ab12", ["abxy"], likeness=0.51) is None


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("\u00e91", "e\u03011", "'e\u03011', which looks alike but has U+0065 LATIN SMALL LETTER E, U+0301"),
        ("x1", "x1\u200b", "has U+200B ZERO WIDTH SPACE?"),
        ("x 1", "x\u00a01", "has U+00A0 NO-BREAK SPACE and lacks U+0020 SPACE?"),
        ("x-1", "x\u20131", "has U+2013 EN DASH and lacks U+002D HYPHEN-MINUS?"),
        ("x 1", "x 1 ", "has blanks elsewhere?"),
    ],
)
def test_a_key_that_only_looks_like_the_word_is_told_by_its_characters(word, known, said) -> None:
    assert said in did_you_mean(word, ["other", known])
