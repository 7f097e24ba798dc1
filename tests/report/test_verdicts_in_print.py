"""Verdicts in print: sentences follow answers, in English and German; many of one rule are told together."""

from __future__ import annotations

import json
import math

from comply_measure.evidence import Verdict, rule_of
from comply_measure.evidence.rules.structure import PATH
from comply_measure.pipeline.conclusions import LIMITS, conclusion_section
from comply_measure.pipeline.step import StepOutput
from comply_measure.pipeline.store import _decode, _encode
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Bullets, Heading, Prose, Section
from comply_measure.report.verdicts import StatedVerdict, conclusions, headlines, joined, state

CONSTRUCTS = {"A": "Alignment", "B": "Benefits"}


def path(answer: str, number: int = 0, beta: float = 0.5) -> Verdict:
    numbers = {"beta": beta, "ci": (0.25, 0.75), "p": 0.0004, "sign": 1}
    names = ("A", f"B{number}" if number else "B")
    return PATH.verdict(answer, *names, numbers=numbers, n_family=24)  # type: ignore[arg-type]


def stated(answer: str, language: str = "en", number: int = 0, beta: float = 0.5) -> StatedVerdict:
    return state(path(answer, number, beta), Labels(CONSTRUCTS, {}, {}, {}, language), Cutoffs())


def test_sentences_are_those_of_the_answer_in_both_languages() -> None:
    english, german = stated("supported"), stated("supported", "de")
    assert english.sentence == "Alignment → Benefits: β = .50, 95% CI [.25, .75], corrected p < .001."
    assert german.sentence == "Alignment → Benefits: β = .50, 95%-KI [.25, .75], korrigiert p < .001."
    assert "not found in the expected direction" in stated("not supported").sentence
    assert "compatible with no path" in stated("cannot say").sentence
    assert "level of tests ≤ .05 (Fisher, 1925)" in english.decides and "as large as .10" in english.decides
    assert (english.n_family, english.calibration) == (24, "docs/calibration.md#structure.path")
    changed = state(path("supported"), Labels(CONSTRUCTS, {}, {}, {}), Cutoffs({"small_effect": 0.2}))
    assert "as large as .20" in changed.decides and "set in the study file" in changed.decides


def test_few_verdicts_have_a_sentence_each_and_many_one_per_answer() -> None:
    few = conclusions([stated("supported", number=i) for i in range(1, 4)])
    assert few is not None and len(few.items) == 3
    many = [stated("supported" if i < 10 else "cannot say", number=i) for i in range(1, 13)]
    told = conclusions(many)
    assert told is not None
    assert [item.answer for item in told.items] == ["Supported", "Cannot say"]
    assert told.items[0].sentence.startswith(
        "9 of 12 expected paths are found in the expected direction: Alignment"
    )
    assert told.items[0].sentence.endswith("Alignment → B8, and 1 more.")
    assert "(24)" in told.items[0].rule
    assert headlines(many) == tuple(f"{item.answer}: {item.sentence}" for item in told.items)
    german = conclusions([stated("cannot say", "de", i) for i in range(1, 7)])
    assert german is not None and german.items[0].answer == "Nicht zu entscheiden"
    assert conclusions([]) is None


def test_undefined_numbers_survive_the_cache_and_are_null_in_tables() -> None:
    verdict = stated("cannot say", beta=math.nan)
    assert "β = —" in verdict.sentence
    output = StepOutput(Section("s", "S"), verdicts=(verdict,))
    back = _decode(json.loads(json.dumps(_encode(output)))).verdicts[0]
    assert math.isnan(back.numbers["beta"])  # type: ignore[arg-type]
    assert {**back.numbers, "beta": 0} == {**verdict.numbers, "beta": 0}
    section = conclusion_section({"structure": (verdict,)}, "en")
    assert section is not None
    tables = {table.key: table.data for table in section.tables()}
    assert json.loads(tables["verdicts"]["numbers"][0])["beta"] is None
    assert tables["verdicts"].loc[0, ["step", "answer", "n_family"]].tolist() == [
        "structure",
        "cannot say",
        24,
    ]
    assert tables["verdict_rules"].loc[0, ["n_supported", "n_cannot_say"]].tolist() == [0, 1]
    assert tables["verdict_rules"]["source"][0] == rule_of("structure.path").source
    assert conclusion_section({"structure": ()}, "en") is None


def test_what_a_study_cannot_answer_is_said_in_the_language_of_the_report() -> None:
    heads = {"en": "What this study cannot answer", "de": "Was diese Studie nicht beantworten kann"}
    found = {}
    for language, head in heads.items():
        section = conclusion_section({"structure": (stated("supported", language),)}, language)
        assert section is not None
        opening, *_, heading, bullets = section.blocks
        assert isinstance(heading, Heading) and heading.text == head
        assert isinstance(bullets, Bullets) and isinstance(opening, Prose)
        found[language] = (opening.text, *bullets.items)
    assert [len(texts) for texts in found.values()] == [1 + len(LIMITS)] * 2
    assert found["en"][1].startswith("Test–retest reliability") and "eine Erhebung" in found["de"][1]
    assert found["de"][0].startswith("Sätze dieses Berichts") and "zählen alle Informanten" in found["de"][0]
    assert not set(found["en"]) & set(found["de"])


def test_lists_of_words() -> None:
    assert joined(["a", "b", "c"], "en") == "a, b, and c"
    assert joined(["a", "b", "c"], "de") == "a, b und c"
    assert joined(["a", "b"], "en") == "a and b"
    assert joined(["a"], "de") == "a"


def test_one_of_many_is_told_in_the_singular() -> None:
    many = [stated("supported", number=k) for k in range(4)]
    english = conclusions([*many, stated("not supported", number=9)])
    assert english is not None
    texts = [item.sentence for item in english.items]
    assert texts[0].startswith("4 of 5 expected paths are found in the expected direction: ")
    assert texts[1] == "1 of 5 expected paths is not found in the expected direction: Alignment → B9."
    many = [stated("supported", "de", number=k) for k in range(4)]
    german = conclusions([*many, stated("not supported", "de", number=9)])
    assert german is not None
    texts = [item.sentence for item in german.items]
    assert texts[0].startswith("4 von 5 erwarteten Pfaden zeigen sich in der erwarteten Richtung: ")
    assert (
        texts[1] == "1 von 5 erwarteten Pfaden zeigt sich nicht in der erwarteten Richtung: Alignment → B9."
    )


def test_listed_sentences_that_count_choose_their_verbs_by_number() -> None:
    """No sentence on one of many says are, and none on several says is."""
    from comply_measure.evidence import registered_rules
    from comply_measure.report.verdicts import _Counted

    plural = (" are ", " lie ", " have ", " differ from", " sind ", " liegen ", " haben ", " gehen ")
    for rule in registered_rules().values():
        for words in rule.listed.values():
            for text in (words.en, words.de):
                one = text.format(n=_Counted(1), of=9, subjects="X").partition(":")[0]
                if one.startswith("1 "):
                    assert not any(word in one for word in plural), one


def test_the_last_section_says_whose_answers_count() -> None:
    section = conclusion_section({"structure": [stated("supported")]}, "en")
    assert section is not None
    first = section.blocks[0]
    assert isinstance(first, Prose)
    assert "those flagged as careless among them" in first.text and "Holm (1979)" in first.text
