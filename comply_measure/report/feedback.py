"""Feedback for a business unit: two pages that a manager understands, as HTML and Word.

All words stand here in English and German; numbers come from :class:`comply_measure.evidence.feedback.UnitFeedback`.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from comply_measure import framework
from comply_measure.evidence.verdicts import Words
from comply_measure.report.canvas import inline_svg
from comply_measure.report.charts import dot_plot, profile_plot
from comply_measure.report.verdicts import joined
from comply_measure.report.word_document import clean, document_bytes, titled_document

if TYPE_CHECKING:
    from comply_measure.evidence.feedback import UnitFeedback
    from comply_measure.report.labels import Labels
    from comply_measure.report.parts import Figure

_W = {
    "title": Words("Feedback for unit {unit}", "Rückmeldung für die Einheit {unit}"),
    "based": Words(
        "{scale}: answers of {n} informants of this unit; compared with {units} units of the study.",
        "{scale}: Antworten von {n} Personen dieser Einheit; verglichen mit {units} Einheiten der Studie.",
    ),
    "profiles": Words("How each role sees the unit", "Wie jede Rolle die Einheit sieht"),
    "profiles_note": Words(
        "Bars are 95% intervals of measurement error: where they overlap widely, do not read a difference into them.",
        "Balken sind 95%-Intervalle des Messfehlers: Wo sie sich weit überlappen, ist kein Unterschied zu lesen.",
    ),
    "hidden": Words(
        "Roles are not shown, as the unit wished.", "Rollen werden auf Wunsch der Einheit nicht gezeigt."
    ),
    "standing": Words("Where the unit stands", "Wo die Einheit steht"),
    "standing_axis": Words("Standard deviations from the mean unit", "Standardabweichungen vom Mittel der Einheiten"),
    "standing_note": Words(
        "Bars are 95% intervals. A third is named only where the whole interval lies in it; there are no ranks.",
        "Balken sind 95%-Intervalle. Ein Drittel wird nur genannt, wenn das ganze Intervall darin liegt; es gibt keine "
        "Rangplätze.",
    ),
    "found": Words("Strong, low, disputed", "Stark, niedrig, umstritten"),
    "strong": Words("Strong, compared with the other units", "Stark, verglichen mit den anderen Einheiten"),
    "low": Words("Low, compared with the other units", "Niedrig, verglichen mit den anderen Einheiten"),
    "disputed": Words("Disputed between the roles", "Umstritten zwischen den Rollen"),
    "none": Words("nothing that the answers show with confidence", "nichts, was die Antworten sicher zeigen"),
    "rule": Words(
        "Named is only what exceeds chance and measurement error after a correction over all {n} attributes (5%). What "
        "is not named may be so, too.",
        "Genannt ist nur, was Zufall und Messfehler nach Korrektur über alle {n} Attribute übersteigt (5 %). Was nicht "
        "genannt ist, kann dennoch zutreffen.",
    ),
    "levers": Words("What the framework offers", "Was der Bezugsrahmen anbietet"),
    "interventions": Words("Across dimensions", "Über Dimensionen hinweg"),
    "keep": Words("Nothing is low or disputed beyond error: keep what works.",
                  "Nichts ist über den Fehler hinaus niedrig oder umstritten: bewahren, was sich bewährt."),
    "reading": Words("our reading of the source's table", "unsere Lesart der Tabelle in der Quelle"),
    "talk": Words("Questions for the joint talk", "Fragen für das gemeinsame Gespräch"),
    "q_disputed": Words(
        "{name}: what did each of us think of when answering, and what does each role see that others do not?",
        "{name}: Woran hat jede und jeder von uns beim Antworten gedacht, und was sieht jede Rolle, das andere nicht "
        "sehen?",
    ),
    "q_low": Words(
        "{name}: what hinders us most, and what could we change within three months?",
        "{name}: Was hindert uns am meisten, und was könnten wir in drei Monaten ändern?",
    ),
    "q_strong": Words(
        "{name}: what do we do here that is worth keeping, and where else would it help?",
        "{name}: Was tun wir hier, das zu behalten lohnt, und wo würde es noch helfen?",
    ),
    "q_all": Words(
        "Which one thing do we agree to try first, who leads it, and how will we see that it works?",
        "Was probieren wir gemeinsam zuerst, wer führt es, und woran sehen wir, dass es wirkt?",
    ),
    "private": Words(
        "For the unit only. One informant per role may stand behind a profile: treat answers as confidential.",
        "Nur für die Einheit. Hinter einem Profil kann eine einzige Person stehen: Antworten vertraulich behandeln.",
    ),
    "private_hidden": Words(
        "For the unit only: treat answers as confidential.",
        "Nur für die Einheit: Antworten vertraulich behandeln.",
    ),
    "scale": Words("{scale}, points ({low} to {high})", "{scale}, Punkte ({low} bis {high})"),
}  # fmt: skip
_BANDS = {
    "upper third": Words("upper third", "oberes Drittel"),
    "middle third": Words("middle third", "mittleres Drittel"),
    "lower third": Words("lower third", "unteres Drittel"),
    "not lower third": Words("not in the lower third", "nicht im unteren Drittel"),
    "not upper third": Words("not in the upper third", "nicht im oberen Drittel"),
    "cannot say": Words("cannot say", "nicht zu entscheiden"),
}
#: Levers and questions that two pages hold.
_MOST_LEVERS, _MOST_QUESTIONS = 6, 5
_CSS = """
:root{--fig-ink:#1b1f24;--fig-muted:#5b6571;--fig-grid:#d4d9df;--fig-paper:#fff;--fig-fill:#eef1f6;--fig-marketing:#b2540a;
--fig-sales:#0b68a8;--fig-it:#17805a;--fig-accent:#31418f}
@page{size:A4;margin:15mm}*{box-sizing:border-box}
body{font:15px/1.45 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif;color:#1b1f24;background:#fff;max-width:46rem;
margin:0 auto;padding:1rem;overflow-wrap:break-word}
h1{font-size:1.5rem;margin:0 0 .2rem}h2{font-size:1.1rem;margin:1.1rem 0 .4rem;break-after:avoid}
h3{font-size:1rem;margin:.8rem 0 .2rem;break-after:avoid}p{margin:.3rem 0}ul{margin:.2rem 0;padding-left:1.2rem}
.note{color:#59636e;font-size:.85rem}.scroll{overflow-x:auto}svg{max-width:100%;height:auto}
table{border-collapse:collapse}td,th{padding:.1rem 1rem .1rem 0;text-align:left}figure{margin:0;break-inside:avoid}
.second{break-before:page}
/* On a phone a figure keeps a size that can be read and scrolls in its own box. */
@media screen and (max-width:40rem){.scroll svg{min-width:38rem;max-width:none}}
@media print{body{font-size:10.5pt;padding:0;max-width:none}svg{max-height:64mm}}
"""


@dataclass(frozen=True, slots=True)
class Page:
    """Feedback in words: headings, sentences, figures, in reading order.

    Parameters
    ----------
    title : str
        Head of the page.
    parts : tuple
        Kind (``h2``, ``h3``, ``p``, ``note``, ``list``, ``table``, ``figure``, ``break``) and content.
    language : str
        Of the page.
    """

    title: str
    parts: tuple[tuple[str, object], ...]
    language: str


def feedback_page(found: UnitFeedback, labels: Labels) -> Page:
    """The two pages of a unit, in the language of the labels."""
    language = labels.language
    said = {key: words.of(language) for key, words in _W.items()}
    parts: list[tuple[str, object]] = [
        ("p", said["based"].format(scale=found.title, n=found.n_informants, units=found.n_units)),
        ("note", said["private" if found.roles else "private_hidden"]),
        ("h2", said["profiles"]),
    ]
    if found.roles:
        parts += [("figure", _profiles(found, labels, said)), ("note", said["profiles_note"])]
    else:
        parts.append(("p", said["hidden"]))
    rows = [
        (labels.construct(name), _BANDS[band].of(language))
        for name, band in zip(found.standing["column"], found.standing["band"], strict=True)
    ]
    parts += [("h2", said["standing"]), ("figure", _standing(found, labels, said)), ("table", tuple(rows)),
              ("note", said["standing_note"]), ("break", ""), ("h2", said["found"])]  # fmt: skip
    for word in ("strong", "low", "disputed"):
        names = [labels.construct(name) for name in found.called(word)]
        parts.append(("p", f"{said[word]}: {joined(names, language) if names else said['none']}."))
    parts.append(("note", " ".join(filter(None, (said["rule"].format(n=len(found.attributes)), found.note)))))
    parts += [*_levers(found, labels, said), ("h2", said["talk"]), ("list", _questions(found, labels, said))]
    return Page(said["title"].format(unit=found.unit), tuple(parts), language)


def _profiles(found: UnitFeedback, labels: Labels, said: dict[str, str]) -> Figure:
    names = list(dict.fromkeys(found.profiles["column"]))
    series = {}
    for role in found.roles:
        mine = found.profiles[found.profiles["role"] == role]
        low, high = found.limits
        ends = (np.clip(mine[name].to_numpy(dtype=float), low, high) for name in ("lower", "upper"))
        series[role] = (labels.role(role), mine["score"].to_numpy(dtype=float), *ends)
    return profile_plot(
        "profiles",
        said["profiles"],
        [_wrapped(labels.construct(name)) for name in names],
        series,
        axis_label=said["scale"].format(
            scale=found.title, low=f"{found.limits[0]:g}", high=f"{found.limits[1]:g}"
        ),
        limits=found.limits,
        alt=said["profiles"],
    )


def _standing(found: UnitFeedback, labels: Labels, said: dict[str, str]) -> Figure:
    table = found.standing
    columns = [table[name].to_numpy(dtype=float) for name in ("score", "lower", "upper")]
    return dot_plot(
        "standing",
        said["standing"],
        [labels.construct(name) for name in table["column"]],
        {said["standing"]: (columns[0], columns[1], columns[2])},
        axis_label=said["standing_axis"],
        alt=said["standing"],
        reference=0.0,
    )


def _wrapped(text: str) -> str:
    from textwrap import fill

    return fill(text, 13, break_long_words=False)


def _levers(found: UnitFeedback, labels: Labels, said: dict[str, str]) -> list[tuple[str, object]]:
    """Levers of the attributes that are low or disputed, low ones first, as many as two pages hold."""
    parts: list[tuple[str, object]] = [("h2", said["levers"])]

    def say(text: str) -> str:
        return _german().get(text, text) if labels.language == "de" else text

    if not len(found.levers):
        return [*parts, ("p", said["keep"])]
    order = [*found.called("low"), *found.called("disputed")]
    for name in list(dict.fromkeys(order))[:_MOST_LEVERS]:
        mine = found.levers[found.levers["attribute"] == name]
        if not len(mine):
            continue
        mark = f" ({said['reading']})" if (mine["assignment"] == "reconstructed").any() else ""
        parts.append(("p", f"{labels.construct(name)}{mark}: {'; '.join(map(say, mine['lever']))}."))
    if len(found.interventions):
        texts = [_capital(say(text)) for text in found.interventions["text"]]
        parts += [("h3", said["interventions"]), ("list", tuple(texts))]
    return parts


@cache
def _german() -> dict[str, str]:
    """Texts of levers and interventions -> the same in German."""
    levers = {lever.text: lever.german for entry in framework.attributes("21") for lever in entry.levers}
    return levers | {entry.text: entry.german for entry in framework.interventions()}


def _questions(found: UnitFeedback, labels: Labels, said: dict[str, str]) -> tuple[str, ...]:
    asked = [
        said[f"q_{word}"].format(name=labels.construct(name))
        for word in ("disputed", "low", "strong")
        for name in found.called(word)[:2]
    ]
    return (*asked[: _MOST_QUESTIONS - 1], said["q_all"])


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def feedback_html(page: Page) -> str:
    """The page as one self-contained HTML file without a script; every text is escaped."""
    body = "\n".join(_html(kind, content) for kind, content in page.parts)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(page.language)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(page.title)}</title><style>{_CSS}</style></head>\n"
        f"<body><h1>{escape(page.title)}</h1>\n{body}\n</body></html>\n"
    )


def _html(kind: str, content: object) -> str:
    from comply_measure.report.parts import Figure

    if isinstance(content, Figure):
        label = escape(content.alt, quote=True)
        return f'<figure role="img" aria-label="{label}"><div class="scroll">{inline_svg(content)}</div></figure>'
    if isinstance(content, tuple):
        if kind == "table":
            cells = (f"<tr><th scope=row>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in content)
            return f"<table>{''.join(cells)}</table>"
        return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in content)}</ul>"
    if kind == "break":
        return '<div class="second"></div>'
    tag, look = ("p", ' class="note"') if kind == "note" else (kind, "")
    return f"<{tag}{look}>{escape(str(content))}</{tag}>"


def feedback_word(page: Page) -> bytes:
    """The page as a Word document; the same page gives the same bytes."""
    from docx.shared import Mm, Pt

    from comply_measure.report.parts import Figure

    document = titled_document(page.title)
    document.styles["Normal"].font.size = Pt(10)
    document.styles["Normal"].paragraph_format.space_after = Pt(3)
    for kind, content in page.parts:
        if isinstance(content, Figure):
            document.add_picture(io.BytesIO(content.png), width=Mm(135))
        elif kind == "table" and isinstance(content, tuple):
            table = document.add_table(rows=0, cols=2)
            for pair in content:
                for cell, text in zip(table.add_row().cells, pair, strict=True):
                    cell.text = clean(text)
        elif isinstance(content, tuple):
            for text in content:
                document.add_paragraph(clean(text), style="List Bullet")
        elif kind == "break":
            document.add_page_break()
        elif kind in ("h2", "h3"):
            document.add_heading(clean(str(content)), level=int(kind[1]))
        else:
            run = document.add_paragraph().add_run(clean(str(content)))
            run.italic = kind == "note"
    return document_bytes(document, ())
