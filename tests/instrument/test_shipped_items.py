"""The items of the shipped scales: joints of stem and item, the pool, what each form holds, parallel wordings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from shared_runs import runs, shared, texts_of, words

from comply_measure import framework
from comply_measure.instrument import Scale, check_scale, load_scale, questionnaire, readability, scale_notes
from comply_measure.instrument.types import OPTIONS, Item

NAMES = ("comply", "smsc", "marker", "desirability")
COMPLY, SMSC, MARKER, DESIRABILITY = SCALES = [load_scale(name) for name in NAMES]
ITEMS = [pytest.param(scale, item, id=item.id) for scale in SCALES for item in scale.items]


def wordings(item: Item, language: str) -> Iterator[tuple[str, str, str]]:
    """Stem without its dots, wording without its dots, sentence; once for each wording."""
    for role in item.roles:
        stem, text = item.stem.get(language, ""), item.text(language, role)
        assert stem.endswith(" …") or not stem
        assert text.startswith("… ") == bool(stem), text
        yield stem.removesuffix(" …"), text.removeprefix("… "), item.sentence(language, role)


@pytest.mark.parametrize("name", NAMES)
def test_the_scales_have_no_faults_and_lack_nothing(name: str) -> None:
    assert check_scale(name) == []
    assert scale_notes(load_scale(name)) == ()


# --- joints: stem and item read as one sentence


@pytest.mark.parametrize(("scale", "item"), ITEMS)
def test_stem_and_item_make_one_sentence(scale: Scale, item: Item) -> None:
    for language in scale.languages:
        for stem, text, sentence in wordings(item, language):
            print(f"{item.id} {language}: {sentence}")
            assert sentence[0].isupper()
            assert re.search(r"[^.!?,:;]\.$", sentence), "one final stop"
            assert sentence.count(".") == 1
            assert not re.search(r"\s\s|…|\s[,.:;)]|\(\s|,,|\.\.", sentence)
            assert sentence.count("„") == (sentence.count("“") if language == "de" else 0)
            assert sentence.count("“") == sentence.count("”") or language == "de"
            assert sentence.count("(") == sentence.count(")")
            starts_alone = not stem or (language == "de" and stem.endswith(":"))
            noun_after_auxiliary = language == "de" and re.search(r"(haben|hat) [^:]+$", stem) is not None
            assert text[0].isupper() == starts_alone or noun_after_auxiliary, sentence


@pytest.mark.parametrize(("scale", "item"), ITEMS)
def test_verbs_fit_their_subjects(scale: Scale, item: Item) -> None:
    for stem, text, sentence in wordings(item, "en"):
        first = words(text)[0]
        if re.search(
            r"(marketing|sales) and (sales|IT)$|sales and IT in our business unit$|^The rooms", stem
        ):
            assert not re.search(r"(?<!s)s$", first), sentence
        if re.search(r"^The (offering|customer) ", stem):
            assert re.search(r"(s|sent|came)$", first), sentence
    for stem, text, sentence in wordings(item, "de"):
        first, last = words(text)[0], words(re.split(r", (?:was|wie|wer|die)\b", text)[0])[-1]
        if re.search(r"(haben Marketing und Vertrieb|hat der Kunde)$", stem):
            assert re.search(r"(ge\w+|\w{3,}(t|en)|nötig|ließen)$", last), sentence
        elif re.search(r"(Marketing|Vertrieb)(, Vertrieb)? und (IT|Vertrieb)$", stem) or stem.startswith(
            "Die Räume"
        ):
            assert re.search(r"(n|sind)$", first), sentence
        elif re.search(r"^(Das Angebot|Der Kunde)", stem):
            assert re.search(r"(t|te|kam|wird)$", first), sentence


CONJUNCTIONS = r"dass|wenn|bevor|warum|weil|wovon|worauf|worum|wer|wie|was|denen|ob"


@pytest.mark.parametrize(("scale", "item"), ITEMS)
def test_german_clauses_have_their_commas(scale: Scale, item: Item) -> None:
    for _, _, sentence in wordings(item, "de"):
        bare = re.sub(
            r"\b(je nach|ebenso gut wie|zu denen|an denen|bis zu denen|aus dem|was alle)\b", "", sentence
        )
        for found in re.finditer(rf"(\S+) ({CONJUNCTIONS})\b", bare):
            assert found[1].endswith(",") or found[0] in {"wer wen"}, sentence
        assert " an denen " not in sentence or ", an denen " in sentence


@pytest.mark.parametrize(("scale", "item"), ITEMS)
def test_an_item_is_short_plain_and_holds_one_idea(scale: Scale, item: Item) -> None:
    names_functions = {"INF_comp_1", "INF_inv_1", "INF_inv_3", "SD_1", "SD_2", "L_prox_8"}
    for language in scale.languages:
        for _, text, _ in wordings(item, language):
            if item.kind != "attention":
                assert len(text.split()) <= 20
            assert not re.search(
                r"\b(never|always|nie|niemals|immer|not|nicht|no|kein\w*)\b",
                text.casefold().replace("„stimme nicht zu“", ""),
            )
            people = text.replace("Kolleginnen und Kollegen", "Kollegen")
            assert not re.search(r"\b(and|or|und|oder)\b", people) or item.id in names_functions, text


def test_every_text_of_a_questionnaire_ends_as_a_sentence() -> None:
    for language in ("en", "de"):
        for form in COMPLY.forms:
            for role in COMPLY.roles:
                forms = {scale.key: form if form in scale.forms else "full" for scale in SCALES}
                made = questionnaire(SCALES, role, language, forms, fill={"unit": "U", "contact": "C"})
                assert not [entry for entry in made.entries if "{" in entry.text]
                titles = {s.title[language] for scale in SCALES for s in scale.sections if s.title}
                texts = [e.text for e in made.entries if e.kind == "text" and e.text not in titles]
                assert texts
                assert all(text.endswith(".") for text in texts)
                assert len(made.ids()) == len(set(made.ids()))


def test_an_answer_outside_the_categories_is_explained_where_it_is_offered_and_only_there() -> None:
    for scale in SCALES:
        for language in ("en", "de"):
            for form in scale.forms:
                offered = {answer for item in scale.items_for(form, kind="content") for answer in item.offers}
                told = " ".join(s.text[language] for s in scale.sections if form in s.forms and s.text)
                for answer in OPTIONS:
                    label = scale.response.option_labels(answer).get(language)
                    assert not label or (label in told) == (answer in offered), (scale.key, form, answer)


def test_the_name_of_the_unit_stands_in_the_dative_in_german() -> None:
    """One wording of the plan, as "Ihrer Geschäftseinheit", fits every place."""
    for scale in SCALES:
        for section in scale.sections:
            before = re.findall(r"(\w+) \{unit\}", section.text["de"]) if section.text else []
            assert set(before) <= {"in", "von", "bei", "aus", "zu", "mit", "nach"}, (scale.key, section.key)


def test_no_item_is_taken_for_two_questions_but_those_that_name_two_groups() -> None:
    found = {
        row.id
        for scale in SCALES
        for row in readability(scale).items.itertuples()
        if "two questions" in row.note
    }
    assert found == {"L_prox_8"}


# --- COMPLY


def test_constructs_forms_stages_and_pairs_are_those_of_the_framework() -> None:
    for name in framework.ATTRIBUTE_SETS:
        ours = [(a.key, a.parent, a.label["en"]) for a in COMPLY.attributes(name)]
        assert ours == [(a.key, a.dimension, a.label) for a in framework.attributes(name)]
    assert list(COMPLY.forms) == ["pool", "full", "short", "journey", "dyad"]
    assert [s.key for s in COMPLY.stages] == [s.key for s in framework.journey_stages()]
    assert [pair.roles for pair in COMPLY.pairs] == [
        ("marketing", "sales"),
        ("marketing", "it"),
        ("sales", "it"),
    ]
    assert (COMPLY.attribute_sets[0], COMPLY.collection_set) == ("20", "21")


@pytest.mark.parametrize("attribute", [a.key for a in framework.attributes("21")])
def test_the_pool_of_an_attribute(attribute: str) -> None:
    def of(form: str) -> list[Item]:
        return [i for i in COMPLY.items_for(form, "21", kind="content") if i.construct == attribute]

    pool, full, short = of("pool"), of("full"), of("short")
    assert 5 <= len(pool) <= 6, "three stay after dropping two"
    assert 3 <= len(full) <= 4
    assert {item.id for item in short} < {item.id for item in full} < {item.id for item in pool}
    assert any(item.keying == -1 for item in full)
    assert [item.keying for item in short] in ([1], [1, -1])
    construct = COMPLY.construct(attribute)
    assert {item.facet for item in pool} == set(construct.facets)
    assert construct.mode in ("concrete", "formed", "eliciting")
    assert len(construct.contrasts) >= 2
    dimension = framework.attribute(attribute).dimension
    for item in pool:
        assert re.fullmatch(rf"{dimension}_[a-z]{{3,4}}_\d", item.id)
        assert "customers" in item.stem["en"]
        assert "twelve months" in item.stem["en"]
        assert "business unit" in item.stem["en"]
        assert not re.search(
            r"\b(I|my|me|ich|meine?[mrs]?|mir|mich)\b", item.text("en") + " " + item.text("de")
        )


def test_the_short_form_has_a_reverse_keyed_item_in_every_dimension_and_the_overall_items() -> None:
    short = COMPLY.items_for("short", "20")
    reverse = [item for item in short if item.keying == -1]
    assert [COMPLY.dimension_of(item.construct) for item in reverse] == list("COMPLY")
    assert [item.id for item in short if item.kind == "overall"] == [f"AL_overall_{n}" for n in (1, 2, 3)]


def test_globals_share_no_word_with_the_overall_items_articles_and_prepositions_included() -> None:
    for language in ("en", "de"):
        overall = {w for item in COMPLY.items_for("full", kind="overall") for w in words(item.text(language))}
        for item in COMPLY.items_for("full", kind="global"):
            assert not set(words(item.text(language))) & overall, item.text(language)
            assert item.stem == COMPLY.item("AL_overall_1").stem


def test_knowledge_items_speak_of_knowing_and_not_of_telling() -> None:
    texts = [
        item.text("en")
        for item in COMPLY.items
        if item.construct in ("product_orientation", "tool_orientation", "market_orientation")
    ]
    assert not [text for text in texts if re.search(r"\b(share|tell|inform|pass on)\b", text)]


def test_the_journey_has_one_statement_per_dimension_and_stage_and_no_two_alike() -> None:
    items = COMPLY.items_for("journey", kind="content")
    crossed = [(item.stage, item.construct) for item in items]
    assert crossed == [(s.key, d.key) for s in framework.journey_stages() for d in framework.dimensions()]
    for language in ("en", "de"):
        assert len({item.text(language) for item in items}) == 36
    keyings = {key: {item.keying for item in items if item.construct == key} for key in "COMPLY"}
    assert keyings == {"C": {1}, "O": {1}, "M": {1}, "P": {-1}, "L": {1}, "Y": {1}}, "alike in every stage"
    asked = questionnaire(COMPLY, "sales", form="journey")
    ids = asked.ids()
    assert ids.index("INF_comp_1") > ids.index("S_bond_Y")
    by_page = Counter(entry.page for entry in asked.entries if entry.id.startswith("S_"))
    assert list(by_page.values()) == [6] * 6
    absent = [question for question in COMPLY.questions if question.block == "absent"]
    assert all([choice.code for choice in question.choices] == [1, 2, 3, 4] for question in absent), (
        "none is a choice"
    )
    assert [question.stage for question in absent] == [stage.key for stage in COMPLY.stages]


def test_the_pair_form_has_one_statement_per_dimension_and_pair() -> None:
    table = COMPLY.items_by_pair("21", "dyad")
    assert table == {pair: {key: f"D_{pair}_{key}" for key in "COMPLY"} for pair in ("ms", "mi", "si")}
    for key in "COMPLY":
        assert len({COMPLY.item(table[pair][key]).text("de") for pair in table}) == 1


def test_what_is_about_the_informant_is_asked_last_and_offers_no_way_out() -> None:
    for form in COMPLY.forms:
        ids = questionnaire(COMPLY, "it", form=form, seed=4).ids()
        rated = [id for id in ids if id in {item.id for item in COMPLY.items}]
        assert rated[-1] == "INF_comp_2", "it asks about answers that were given"
        competence = {
            item.id for item in COMPLY.items_for(form, kind="informant") if "insight" in item.text("en")
        }
        assert competence == {"INF_comp_4", "INF_comp_5", "INF_comp_6"}
    assert all(item.offers == () for item in COMPLY.items if item.kind in ("informant", "attention"))
    assert all(item.offers == () for scale in (MARKER, DESIRABILITY) for item in scale.items)
    assert {i.id for i in COMPLY.items if "does_not_apply" in i.offers} == {
        "C_dig_4",
        "C_dig_5",
        "L_prox_5",
        "L_prox_8",
        "Y_prod_7",
    }
    assert [item.instructed for item in COMPLY.items_for("full", kind="attention")] == [5, 2]
    for item in COMPLY.items_for("full", kind="attention"):
        for language in ("en", "de"):
            assert COMPLY.response.anchors[language][item.instructed - 1] in item.text(language)


def test_figures_from_records_have_definitions_and_are_asked_of_nobody() -> None:
    records = [question for question in COMPLY.questions if question.source == "records"]
    assert [q.id for q in records] == ["renewal_rate", "win_rate", "customer_satisfaction", "sales_growth"]
    assert all(
        "twelve months" in q.definition["en"] and "zwölf Monate" in q.definition["de"] for q in records
    )


# --- selling center, marker, desirability


def test_selling_center_constructs_and_facets_are_those_of_the_framework() -> None:
    assert [(c.key, c.label["en"]) for c in SMSC.constructs] == [
        (c.key, c.label) for c in framework.smsc_constructs()
    ]
    for entry in framework.smsc_constructs():
        assert len(SMSC.measurement(form="full")[entry.key]) >= 3
        assert len(SMSC.measurement(form="short")[entry.key]) == 1
        assert len(SMSC.measurement(form="pool")[entry.key]) >= len(entry.indicators)


def test_the_selling_center_is_about_one_meeting_and_presupposes_nothing() -> None:
    for item in SMSC.items:
        assert re.search(r"this meeting|customer we met", item.stem["en"]), item.id
        assert not re.search(r"\bbecause\b|\bweil\b", " ".join(item.stem.values()).casefold())
    ids = questionnaire(SMSC, "sales").ids()
    assert ids[:5] == (
        "joint_meetings",
        "joint_meetings_number",
        "meeting_month",
        "meeting_present",
        "meeting_mode",
    )
    led_past = [section.only_if for section in SMSC.sections if section.key != "meetings"]
    assert {(condition.question, condition.codes) for condition in led_past} == {("joint_meetings", (1,))}


SAME = (
    (r"\b(we|us|our colleagues) in (marketing|sales)\b", r"[\2]"),
    (r"\bour (marketing|sales) colleagues\b", r"[\1]"),
    (r"\b[Ww]ir im (Marketing|Vertrieb)\b", r"[\1]"),
    (r"\b(an )?uns im (Marketing|Vertrieb)\b", r"\1[\2]"),
    (r"\b[Uu]nsere[n]? Kolleginnen und Kollegen im (Marketing|Vertrieb)\b", r"[\1]"),
    (r"\b(our|their|we|they)\b", "[own]"),
    (r"\b(unser|ihr)(e[nm]?)?\b", "[own]"),
    (r"\b(uns|sich|wir|sie)\b", "[self]"),
)


@pytest.mark.parametrize("item", [i for i in SMSC.items if i.role_specific], ids=lambda item: item.id)
def test_role_wordings_are_the_same_sentence_from_two_sides(item: Item) -> None:
    for language in ("en", "de"):
        sides = []
        for role in ("marketing", "sales"):
            text = item.text(language, role)
            for pattern, put in SAME:
                text = re.sub(pattern, put, text)
            sides.append(text)
        assert sides[0] == sides[1]
    assert not re.search(r"we in sales|us in sales|our marketing colleagues", item.text("en", "marketing"))
    assert not re.search(r"(we|us) in marketing|our sales colleagues", item.text("en", "sales"))
    assert not re.search(
        r"[Ww]ir im Vertrieb|uns im Vertrieb|Kollegen im Marketing", item.text("de", "marketing")
    )
    assert not re.search(r"([Ww]ir|uns) im Marketing|Kollegen im Vertrieb", item.text("de", "sales"))
    assert "salesperson" not in item.text("en", "sales") + item.text("en", "marketing")


def test_marker_and_desirability_fit_every_form_of_comply() -> None:
    for scale in (MARKER, DESIRABILITY):
        assert set(scale.forms) == set(COMPLY.forms)
        assert scale.roles == COMPLY.roles
        assert any(item.keying == -1 for item in scale.items)
    assert all("our business unit" in item.sentence("en") for item in MARKER.items), "referent of the scale"
    assert {item.provenance.paper for item in MARKER.items} == {"MS23"}
    assert sum(item.keying for item in DESIRABILITY.items) == 0


# --- wording of our own


def framework_texts() -> Iterator[str]:
    for attribute in framework.attributes("21"):
        yield attribute.description
        yield from (lever.text for lever in attribute.levers)
    yield from (dimension.proposition for dimension in framework.dimensions())
    yield from (indicator for construct in framework.smsc_constructs() for indicator in construct.indicators)


@pytest.mark.parametrize("name", NAMES)
def test_no_run_of_six_words_is_shared_with_what_the_framework_says(name: str) -> None:
    theirs = list(framework_texts())
    assert len(set().union(*(runs(text, 6) for text in theirs))) > 20
    texts = texts_of(name)
    assert len(set(texts_of(name, "de"))) == pytest.approx(len(set(texts)), abs=2), (
        "every text in both languages"
    )
    assert len(texts) > 2 * len(load_scale(name).items)
    assert shared(texts, theirs, 6) == {}


def test_a_shared_run_is_found_whatever_its_signs_and_capitals() -> None:
    ours = ["We plan, jointly: every visit of a customer.", "Nothing here"]
    assert shared(ours, ["(plan jointly every VISIT - of a)"], 7) == {}
    found = shared(ours, ["(plan jointly every VISIT - of a)"], 6)
    assert found == {"plan jointly every visit of a": [ours[0]]}
    assert shared(ours, ["of a\ncustomer"], 3) == {"of a customer": [ours[0]]}


def test_the_page_of_terms_tells_what_is_shared_from_what_differs() -> None:
    """What functions share (P_res_5) is so of all three; a difference (O_def_3, P_res_4) is one between two of them."""
    terms = next(section for section in COMPLY.sections if section.key == "terms").text
    assert "in common if all three share it" in terms["en"]
    assert "as soon as it is true of two of them" in terms["en"]
    assert "über Gemeinsames dann, wenn alle drei es teilen" in terms["de"]
    assert "schon dann zu, wenn sie für zwei von ihnen gilt" in terms["de"]
    keys = {item.id: item.keying for item in COMPLY.items}
    assert {keys[id] for id in ("P_res_5", "Y_mark_3", "Y_prod_4", "O_def_2", "C_tra_7")} == {1}
    assert {keys[id] for id in ("O_def_3", "P_res_4", "O_mea_4", "Y_mark_6")} == {-1}
