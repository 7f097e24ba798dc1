"""From a plan to its sheets: one for every role, and for every form of a three-form design."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from comply_measure.errors import ComplyError
from comply_measure.framework.frozen import FrozenMap
from comply_measure.instrument import Item, Question, Questionnaire, Scale, Section, questionnaire
from comply_measure.statistics.words import require_known
from comply_measure.survey.codes import code_pattern
from comply_measure.survey.plan import Asked, SurveyPlan
from comply_measure.survey.sheet import ACCEPTED, DECLINED, Answer, Condition, Field, Page, Sheet

UNIT = {"en": "your business unit", "de": "Ihrer Geschäftseinheit"}


def survey_sheets(plan: SurveyPlan) -> tuple[Sheet, ...]:
    """The questionnaires of a plan: a sheet for every role, and for every form of a three-form design.

    Parameters
    ----------
    plan : SurveyPlan
        The plan.

    Returns
    -------
    tuple of Sheet
    """
    return tuple(survey_sheet(plan, role, form) for role, form in plan.sheets)


def survey_sheet(plan: SurveyPlan, role: str, form: str = "") -> Sheet:
    """One questionnaire of a plan.

    Parameters
    ----------
    plan : SurveyPlan
        The plan.
    role : str
        Who is asked.
    form : {"", "1", "2", "3"}
        Form of the three-form design; empty for plans without one.

    Returns
    -------
    Sheet

    Raises
    ------
    ComplyError
        If the plan has no such role or form.
    """
    require_known("role of the survey", role, plan.roles)
    require_known(
        "form of the three-form design", form, [found for asked, found in plan.sheets if asked == role]
    )
    asked = [_fielded(plan, scale) for scale in plan.scales if role in scale.roles]
    spoken = {language: _questionnaire(plan, asked, role, language) for language in plan.languages}
    source = _Source(plan, role, form, spoken, {scale.key: scale for scale in asked})
    pages = list(source.pages())
    numbered = tuple(replace(page, key=f"p{number:02d}") for number, page in enumerate(pages, 1))
    return Sheet(
        survey=plan.key,
        version=plan.version,
        title=plan.title,
        role=role,
        form=form,
        role_label=plan.role_labels[role],
        languages=plan.languages,
        pages=numbered,
        seed=plan.seed,
        minutes=next(iter(spoken.values())).minutes,
    )


def _questionnaire(plan: SurveyPlan, scales: list[Scale], role: str, language: str) -> Questionnaire:
    fill = {"unit": plan.unit.get(language) or UNIT.get(language, UNIT["en"])}
    if plan.contact:
        fill["contact"] = plan.contact
    return questionnaire(scales, role, language, dict(plan.forms), plan.attribute_set, fill=fill)


def _fielded(plan: SurveyPlan, scale: Scale) -> Scale:
    """The scale with sections, made for one that has none: a page per stem, cut to size, attention items among them."""
    if scale.sections:
        return scale
    kinds = list(dict.fromkeys(item.kind for item in scale.items))
    rated = [kind for kind in kinds if kind != "informant"]
    at = 100 + plan.scales.index(scale)
    made = []
    for key, shows in (("statements", rated), ("informant", [k for k in kinds if k == "informant"])):
        if shows:
            made.append(
                Section(
                    key=key,
                    at=at,
                    title=FrozenMap(),
                    text=FrozenMap(),
                    forms=tuple(scale.forms),
                    roles=scale.roles,
                    shows=tuple(shows),
                    page_by="stem",
                    page_size=plan.page_size,
                    item_order="fixed",
                )
            )
    blocks = tuple(dict.fromkeys(question.block for question in scale.questions))
    if blocks:
        made.append(replace(made[0], key="questions", shows=blocks, page_by=None))
    return replace(scale, sections=tuple(made))


@dataclass(frozen=True, slots=True)
class _Source:
    """A plan as one role and form see it."""

    plan: SurveyPlan
    role: str
    form: str
    spoken: Mapping[str, Questionnaire]
    scales: Mapping[str, Scale]

    def pages(self) -> Iterator[Page]:
        """All pages in order: those that open, the scales', the plan's last questions, what closes."""
        middle = list(self.middle())
        asked = self.plan.consent_question
        at = next((n for n, page in enumerate(middle, 1) if any(e.id == asked for e in page.fields)), 0)
        last = len(middle)
        while last > at and not middle[last - 1].fields:
            last -= 1
        # Nobody is asked for a code before having agreed, and nothing is asked after thanks were said.
        yield from middle[:at]
        yield from self.opening(titled=not at)
        yield from middle[at:last]
        yield from self.own("end")
        yield from middle[last:]
        if self.plan.closing:
            yield Page("", (self.filled(self.plan.closing),))

    def opening(self, *, titled: bool) -> Iterator[Page]:
        """Introduction, consent, code, first questions."""
        plan = self.plan
        first: tuple[FrozenMap[str], ...] = (plan.title,) if titled or plan.introduction else ()
        if plan.introduction:
            first = (plan.title, self.filled(plan.introduction))
        code = Field(
            "code" if plan.code_symbols else "unit",
            "code",
            plan.code_label,
            required=True,
            pattern=code_pattern(plan.code_symbols, plan.roles.index(self.role)) if plan.code_symbols else "",
        )
        if plan.consent is not None:
            answers = (Answer(ACCEPTED, plan.consent.accept), Answer(DECLINED, plan.consent.decline))
            agree = Field(
                "consent_given", "consent", self.filled(plan.consent.text), answers=answers, required=True
            )
            yield Page("", first, headed=True, fields=(agree,))
            first = ()
        yield Page("", first, headed=bool(first), fields=(code,))
        yield from self.own("start")

    def own(self, at: str) -> Iterator[Page]:
        """The plan's questions, on one page."""
        asked = [
            entry for entry in self.plan.questions if entry.at == at and self.role in entry.question.roles
        ]
        if asked:
            yield Page("", fields=tuple(_own_field(entry) for entry in asked))

    def middle(self) -> Iterator[Page]:
        """The pages of the scales, without items that the form leaves out, attention items put among them."""
        pages = list(self.scale_pages())
        for attention in self.plan.attention:
            if self.role in attention.item.roles:
                pages = self.with_attention(pages, attention.item, attention.scale)
        yield from pages

    def scale_pages(self) -> Iterator[Page]:
        first = self.plan.languages[0]
        entries = self.spoken[first].entries
        others = {language: made.entries for language, made in self.spoken.items()}
        for number in dict.fromkeys(entry.page for entry in entries):
            places = [place for place, entry in enumerate(entries) if entry.page == number]
            texts = tuple(
                FrozenMap({language: made[place].text for language, made in others.items()})
                for place in places
                if entries[place].kind == "text"
            )
            found = [self.field(entries[place].id) for place in places if entries[place].id]
            fields = tuple(entry for entry in found if self.plan.is_asked(entry.id, self.form))
            if found and not fields:
                continue
            page = self.page(texts, fields, entries[places[0]].section)
            if page.block and texts:
                # What introduces pages that change places stays in front of all of them.
                yield replace(page, fields=(), block="", shuffled=False)
                page = replace(page, texts=(), headed=False)
            yield page

    def page(self, texts: tuple[FrozenMap[str], ...], fields: tuple[Field, ...], section: str) -> Page:
        scale = self.scales.get(fields[0].scale) if fields else None
        stated = next((part for part in scale.sections if part.key == section), None) if scale else None
        rated = any(entry.kind == "rating" for entry in fields)
        plan = self.plan
        pages = (stated.page_order if stated else "fixed") if plan.page_order == "scales" else plan.page_order
        items = (stated.item_order if stated else "fixed") if plan.item_order == "scales" else plan.item_order
        condition = stated.only_if if stated else None
        titled = self.titled(section, texts)
        return Page(
            "",
            texts,
            headed=titled,
            fields=fields,
            block=f"{scale.key}_{section}" if scale and rated and pages == "random" else "",
            shuffled=rated and items == "random",
            only_if=Condition(condition.question, condition.codes) if condition else None,
        )

    def titled(self, section: str, texts: tuple[FrozenMap[str], ...]) -> bool:
        """Whether the first text of a page is the title of a section."""
        titles = {
            tuple(part.title.values())
            for scale in self.scales.values()
            for part in scale.sections
            if part.key == section and part.title
        }
        first = tuple(texts[0].values()) if texts else ()
        return bool(first) and any(set(first) <= set(title) for title in titles)

    def field(self, id: str) -> Field:
        """The field of an item or question of the scales."""
        for scale in self.scales.values():
            for item in scale.items:
                if item.id == id:
                    return self.told(self.rating(scale, item))
            for question in scale.questions:
                if question.id == id:
                    found = replace(_fact(question), scale=scale.key)
                    if id == self.plan.consent_question:
                        found = replace(found, kind="consent", required=True)
                    return self.told(found)
        raise ComplyError(f"no scale of the survey has an item or question {id!r}")

    def told(self, entry: Field) -> Field:
        """The field with what its texts leave open filled in."""
        return replace(
            entry,
            text=self.filled(entry.text),
            stem=self.filled(entry.stem),
            help=self.filled(entry.help),
        )

    def rating(self, scale: Scale, item: Item) -> Field:
        return Field(
            item.id,
            "rating",
            FrozenMap({language: item.text(language, self.role) for language in self.plan.languages}),
            stem=FrozenMap({language: item.stem[language] for language in self.plan.languages})
            if item.stem
            else FrozenMap(),
            answers=_answers(scale, item),
            scale=scale.key,
            required=self.plan.required,
            instructed=item.instructed,
        )

    def with_attention(self, pages: list[Page], item: Item, key: str) -> list[Page]:
        """Pages with an attention item amid the longest table of the middle page of its scale's content items."""
        scale = self.scales.get(key)
        if scale is None:
            return pages
        content = {entry.id for entry in scale.items if entry.kind == "content"}
        places = [n for n, page in enumerate(pages) if any(entry.id in content for entry in page.fields)]
        if not places:
            return pages
        at = places[len(places) // 2]
        grids = [list(group) for group in pages[at].grids()]
        longest = max(grids, key=lambda group: len(group) if group[0].id in content else 0)
        made = replace(
            longest[0],
            id=item.id,
            text=self.filled(FrozenMap({language: item.text(language) for language in self.plan.languages})),
            instructed=item.instructed,
        )
        longest.insert((len(longest) + 1) // 2, made)
        fields = tuple(entry for group in grids for entry in group)
        return [*pages[:at], replace(pages[at], fields=fields), *pages[at + 1 :]]

    def fill(self, language: str) -> dict[str, str]:
        """What texts of the plan leave open."""
        fill = {"unit": self.plan.unit.get(language) or UNIT.get(language, UNIT["en"])}
        if language in self.spoken:
            fill["minutes"] = str(self.spoken[language].minutes)
        if self.plan.contact:
            fill["contact"] = self.plan.contact
        return fill

    def filled(self, texts: FrozenMap[str]) -> FrozenMap[str]:
        """Texts of the plan whose ``{unit}``, ``{minutes}`` and ``{contact}`` are filled in."""
        found = {}
        for language, text in texts.items():
            found[language] = _filled(text, self.fill(language))
        return FrozenMap(found)


def _filled(text: str, fill: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda hit: fill.get(hit[1], hit[0]), text)


def _answers(scale: Scale, item: Item) -> tuple[Answer, ...]:
    """Categories, then the answers outside them that the item offers."""
    response = scale.response
    found = [
        Answer(code, FrozenMap({language: labels[place] for language, labels in response.anchors.items()}))
        for place, code in enumerate(response.categories)
    ]
    for name, code in response.options.items():
        if name in item.offers:
            found.append(Answer(code, response.option_labels(name)))
    return tuple(found)


def _fact(question: Question, *, required: bool = False) -> Field:
    return Field(
        question.id,
        question.answer,
        question.text,
        help=question.definition,
        answers=tuple(Answer(choice.code, choice.label) for choice in question.choices),
        required=required,
        minimum=question.minimum,
        maximum=question.maximum,
        measure=question.measure,
    )


def _own_field(asked: Asked) -> Field:
    return _fact(asked.question, required=asked.required)
