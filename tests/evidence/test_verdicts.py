"""Verdicts: typed answers by registered rules, complete in both languages, each with its entry on calibration."""

from __future__ import annotations

import math
import re
import runpy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest

from comply_measure.errors import ComplyError
from comply_measure.evidence import (
    VerdictRule,
    Words,
    by_interval,
    register_rule,
    registered_rules,
    rule_of,
    verdicts,
)
from comply_measure.pipeline import STEPS
from comply_measure.report.cutoffs import Cutoffs

DOCS = Path(__file__).parents[2] / "docs"
assert STEPS  # their topics bring the rules


@pytest.fixture(autouse=True)
def rules_are_taken_back() -> Iterator[None]:
    """Rules that a test makes known are known to it alone."""
    yield
    for key in [key for key in verdicts._RULES if key.startswith(("toy.", "spread."))]:
        del verdicts._RULES[key]


def rule(key: str = "toy.rule", **changes: object) -> VerdictRule:
    both = Words("{subject}: {d:bounded}", "{subject}: {d:bounded}")
    made = VerdictRule(
        key=key,
        question=Words("Is it?", "Ist es?"),
        decides=Words("Yes if.", "Ja, wenn."),
        cannot_say=Words("Else.", "Sonst."),
        says={"supported": both, "not supported": both, "cannot say": both},
        source="Toy (2026)",
        subject=("construct",),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_an_interval_decides_only_where_all_of_it_lies_on_one_side() -> None:
    assert by_interval(0.71, 0.80, 0.70) == "supported"
    assert by_interval(0.60, 0.69, 0.70) == "not supported"
    assert by_interval(0.60, 0.71, 0.70) == "cannot say"
    assert by_interval(0.70, 0.80, 0.70) == "supported"
    assert by_interval(0.01, 0.05, 0.06, above=False) == "supported"
    assert by_interval(0.07, 0.09, 0.06, above=False) == "not supported"
    assert by_interval(0.05, 0.09, 0.06, above=False) == "cannot say"
    for lower, upper, limit in (
        (math.nan, 1.0, 0.5),
        (0.1, math.nan, 0.5),
        (0.1, 0.2, math.nan),
        (2.0, 1.0, 0.5),
    ):
        assert by_interval(lower, upper, limit) == "cannot say"


def test_a_verdict_needs_its_rule_its_subject_and_the_numbers_its_sentence_prints() -> None:
    toy = register_rule(rule("toy.needs"))
    assert toy.verdict("supported", "C", numbers={"d": 0.5}).key == "toy.needs.C"
    with pytest.raises(ComplyError, match="lacks numbers: d"):
        toy.verdict("supported", "C")
    with pytest.raises(ComplyError, match="names 1 parts"):
        toy.verdict("supported", numbers={"d": 0.5})
    with pytest.raises(ComplyError, match="no sentence for 'supported: other'"):
        toy.verdict("supported", "C", numbers={"d": 0.5}, case="other")
    with pytest.raises(ComplyError, match=r"no rule of verdicts has the key .toy\.unknown"):
        rule("toy.unknown").verdict("supported", "C", numbers={"d": 0.5})


def test_two_rules_never_share_a_key_and_need_a_sentence_for_every_answer() -> None:
    first = register_rule(rule("toy.twice"))
    assert register_rule(rule("toy.twice")) == first
    with pytest.raises(ComplyError, match=r"two rules of verdicts have the key .toy\.twice"):
        register_rule(rule("toy.twice", source="Another (2026)"))
    with pytest.raises(ComplyError, match="a sentence for every answer"):
        rule(says={"supported": Words("a", "a")})
    uneven = dict(rule().says) | {"cannot say": Words("{d}", "nichts")}
    with pytest.raises(ComplyError, match="other fields in German"):
        rule(says=uneven)


def own_rules() -> list[VerdictRule]:
    return list(registered_rules().values())


def test_every_rule_is_complete_in_both_languages_and_knows_its_conventions() -> None:
    known = set(Cutoffs())
    for found in own_rules():
        assert set(found.conventions) <= known, found.key
        texts = [
            found.question,
            found.decides,
            found.cannot_say,
            *found.says.values(),
            *found.listed.values(),
        ]
        texts += [found.family] if found.family else []
        for words in texts:
            assert words.en and words.de and (words.en != words.de or "{" in words.en), (found.key, words.en)
        for words in (found.decides, found.cannot_say):
            fields = {
                name for text in (words.en, words.de) for _, name, _, _ in Formatter().parse(text) if name
            }
            assert fields <= set(found.conventions), found.key
        for words in found.listed.values():
            fields = {
                name for text in (words.en, words.de) for _, name, _, _ in Formatter().parse(text) if name
            }
            assert fields <= {"n", "of", "subjects"}, found.key
        assert rule_of(found.key) is found


def test_every_rule_has_its_entry_on_calibration() -> None:
    headings = re.findall(r"^## (\S+\.\S+)$", (DOCS / "calibration.md").read_text(encoding="utf-8"), re.M)
    assert sorted(headings) == sorted(found.key for found in own_rules())


def test_the_example_of_the_docs_runs(tmp_path: Path) -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8").partition("## Add a verdict")[2]
    code = re.search(r"```python\n(.*?)```", text, re.S)
    assert code is not None
    (tmp_path / "example.py").write_text(code.group(1), encoding="utf-8")
    verdict = runpy.run_path(str(tmp_path / "example.py"))["verdict"]
    assert (verdict.answer, verdict.key) == ("supported", "spread.wide.C")
