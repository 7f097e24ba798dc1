"""XLSForm: a workbook of questions, choices and settings (xlsform.org), for ODK, KoboToolbox and their kin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any, Final

from comply_measure.survey.drawn import drawn
from comply_measure.survey.names import answer_name, grid_names
from comply_measure.survey.plan import SurveyPlan
from comply_measure.survey.sheet import ACCEPTED, Answer, Condition, Field, Page, Sheet
from comply_measure.survey.sheets import survey_sheet

SPOKEN: Final = {"en": "English", "de": "Deutsch"}
_ASK_LANGUAGE: Final = {"en": "Language of this interview", "de": "Sprache dieses Interviews"}
_ASK_ROLE: Final = {"en": "Function you work in", "de": "Bereich, in dem Sie arbeiten"}
_ROOT: Final = "data"
Row = dict[str, Any]


def written(plan: SurveyPlan, sheet: Sheet, language: str) -> bytes:
    """The form of one role, with all languages in columns."""
    book = _Book(sheet.languages, language)
    fixed = drawn(sheet)
    for name, value in fixed.hidden.items():
        book.constant(name, value)
    _pages(book, fixed.pages, f"/{_ROOT}")
    return book.workbook(f"{plan.title[language]} – {sheet.role_label[language]}", sheet.name, sheet.stamp)


def together(
    plan: SurveyPlan, roles: Sequence[str], languages: tuple[str, ...]
) -> Iterator[tuple[str, bytes]]:
    """One form for all roles: the role is asked first, and everybody sees the group of the own role only."""
    for form in dict.fromkeys(found for _, found in plan.sheets):
        sheets = {role: drawn(replace(survey_sheet(plan, role, form), languages=languages)) for role in roles}
        book = _Book(languages, languages[0])
        labels = tuple(Answer(number, sheets[role].role_label) for number, role in enumerate(roles, 1))
        named = dict(zip((answer.code for answer in labels), roles, strict=True))
        ask = {spoken: _ASK_ROLE.get(spoken, _ASK_ROLE["en"]) for spoken in languages}
        book.choice_question("select_one", "role", ask, labels, names=named, required=True)
        for role, sheet in sheets.items():
            group = f"role_{role}"
            book.begin(group, {}, relevant=f"${{role}} = '{role}'")
            for name, value in sheet.hidden.items():
                if name != "role":
                    book.constant(name, value)
            _pages(book, sheet.pages, f"/{_ROOT}/{group}")
            book.end()
        name = "_".join(part for part in (plan.key, "all_roles", form and f"form{form}") if part)
        stamp = "+".join(sheet.digest for sheet in sheets.values())
        yield f"{name}.xlsx", book.workbook(plan.title[languages[0]], name, f"{plan.version}-{stamp}")


def _pages(book: _Book, pages: Sequence[Page], root: str) -> None:
    consent = ""
    asked = False
    at = {
        entry.id: f"{root}/{page.key}/{entry.id}"
        if entry.kind != "rating"
        else f"{root}/{page.key}/{_group(page, entry)}/{entry.id}"
        for page in pages
        for entry in page.fields
    }
    for page in pages:
        relevant = " and ".join(part for part in (consent, _condition(page.only_if, at)) if part)
        # A page that shows texts only is a group of notes.
        book.begin(page.key, _heading(page), relevant=relevant, appearance="field-list")
        for number, text in enumerate(page.texts[1 if page.headed else 0 :], 1):
            book.note(f"{page.key}_text{number}", dict(text))
        for name, group in grid_names(page).items():
            _fields(book, name, group)
            if group[0].kind == "consent":
                consent = f"{at[group[0].id]} = {ACCEPTED}"
            if group[0].kind == "code" and not asked and len(book.languages) > 1:
                asked = True
                book.language_question()
        book.end()


def _group(page: Page, entry: Field) -> str:
    return next(name for name, group in grid_names(page).items() if entry in group)


def _heading(page: Page) -> dict[str, str]:
    return dict(page.texts[0]) if page.headed else {}


def _condition(condition: Condition | None, at: dict[str, str]) -> str:
    if condition is None or condition.field not in at:
        return ""
    parts = [f"{at[condition.field]} = {answer_name_quoted(code)}" for code in condition.codes]
    return parts[0] if len(parts) == 1 else f"({' or '.join(parts)})"


def answer_name_quoted(code: int) -> str:
    """A choice as expressions compare it."""
    return f"'{answer_name(code)}'"


def _fields(book: _Book, name: str, group: tuple[Field, ...]) -> None:
    first = group[0]
    if first.kind == "rating":
        book.begin(name, dict(first.stem), appearance="field-list")
        for entry in group:
            book.choice_question(
                "select_one", entry.id, dict(entry.text), entry.answers, required=entry.required
            )
        book.end()
        return
    text, hint = dict(first.text), dict(first.help)
    if first.kind in ("one", "consent", "several"):
        kind = "select_multiple" if first.kind == "several" else "select_one"
        book.choice_question(kind, first.id, text, first.answers, required=first.required, hint=hint)
        return
    row: Row = {"type": "text", "name": first.id, "required": "yes" if first.required else ""}
    if first.kind == "number":
        bounds = [("minimum", ">="), ("maximum", "<=")]
        row |= {
            "type": "decimal",
            "constraint": " and ".join(
                f". {sign} {getattr(first, bound):g}"
                for bound, sign in bounds
                if getattr(first, bound) is not None
            ),
        }
        if first.measure:
            text = {spoken: f"{words} ({first.measure[spoken]})" for spoken, words in text.items()}
    if first.pattern:
        row["constraint"] = f"regex(., '{first.pattern}')"
    book.add(row, text, hint)


@dataclass(slots=True)
class _Book:
    """Rows of the three worksheets."""

    languages: tuple[str, ...]
    default: str
    rows: list[Row] = field(default_factory=list)
    lists: dict[tuple[tuple[str, tuple[tuple[str, str], ...]], ...], str] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    def column(self, name: str, language: str) -> str:
        return f"{name}::{SPOKEN.get(language, language)} ({language})"

    def add(self, row: Row, label: dict[str, str], hint: dict[str, str] | None = None) -> None:
        """A row with its texts; a row that is seen has a label in every language."""
        texts = {self.column("label", spoken): _plain(label.get(spoken, "")) for spoken in self.languages}
        if hint:
            texts |= {self.column("hint", spoken): _plain(hint[spoken]) for spoken in self.languages}
        self.rows.append(row | texts)

    def constant(self, name: str, value: str) -> None:
        self.rows.append({"type": "calculate", "name": name, "calculation": f"'{value}'"})

    def note(self, name: str, label: dict[str, str]) -> None:
        self.add({"type": "note", "name": name}, label)

    def begin(self, name: str, label: dict[str, str], *, relevant: str = "", appearance: str = "") -> None:
        row = {"type": "begin_group", "name": name, "relevant": relevant, "appearance": appearance}
        self.add(row, label)
        self.open.append(name)

    def end(self) -> None:
        self.rows.append({"type": "end_group", "name": self.open.pop()})

    def choice_question(
        self,
        kind: str,
        name: str,
        label: dict[str, str],
        answers: tuple[Answer, ...],
        *,
        names: dict[int, str] | None = None,
        required: bool = False,
        hint: dict[str, str] | None = None,
    ) -> None:
        key = tuple(
            (
                (names or {}).get(answer.code, answer_name(answer.code)),
                tuple((spoken, answer.shown(spoken)) for spoken in self.languages),
            )
            for answer in answers
        )
        choices = self.lists.setdefault(key, f"answers{len(self.lists) + 1}")
        row = {"type": f"{kind} {choices}", "name": name, "required": "yes" if required else ""}
        self.add(row, label, hint)

    def language_question(self) -> None:
        labels = {spoken: _ASK_LANGUAGE.get(spoken, _ASK_LANGUAGE["en"]) for spoken in self.languages}
        key = tuple(
            (spoken, tuple((other, SPOKEN.get(spoken, spoken)) for other in self.languages))
            for spoken in self.languages
        )
        choices = self.lists.setdefault(key, "languages")
        self.add({"type": f"select_one {choices}", "name": "language", "required": "yes"}, labels)

    def workbook(self, title: str, id: str, version: str) -> bytes:
        from openpyxl import Workbook

        meta = [{"type": "start", "name": "start"}, {"type": "end", "name": "end"}]
        choices = [
            {"list_name": name, "name": code}
            | {self.column("label", spoken): _plain(text) for spoken, text in texts}
            for key, name in self.lists.items()
            for code, texts in key
        ]
        default = f"{SPOKEN.get(self.default, self.default)} ({self.default})"
        settings = {
            "form_title": title,
            "form_id": id,
            "version": version,
            "default_language": default,
            "style": "pages",
            "name": _ROOT,
        }
        book = Workbook(write_only=True)
        for sheet, rows in (("survey", [*meta, *self.rows]), ("choices", choices), ("settings", [settings])):
            page = book.create_sheet(sheet)
            columns = list(dict.fromkeys(name for row in rows for name in row))
            page.append(columns)
            for row in rows:
                page.append([_text(page, row.get(name, "")) for name in columns])
        stream = BytesIO()
        book.save(stream)
        return stream.getvalue()


def _text(page: Any, value: Any) -> Any:
    """A cell that stays text: openpyxl would take a leading ``=`` for a formula."""
    from openpyxl.cell import WriteOnlyCell

    if value in ("", None):
        return None
    cell = WriteOnlyCell(page, value=str(value))
    cell.data_type = "s"
    return cell


def _plain(text: str) -> str:
    """A text in which nothing is taken for a reference to another question."""
    return text.replace("${", "$ {")
