"""Words of the questionnaire around the questions, by language; English where a language has none."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "next": "Next",
        "back": "Back",
        "finish": "Finish",
        "page": "Page {n} of {all}",
        "language": "Language",
        "required": "required",
        "missing": "Please answer this question.",
        "wrong_code": "This is not a code of an invitation: please check every sign.",
        "wrong_number": "Please enter a number{range}.",
        "range": " from {min} to {max}",
        "least": " of at least {min}",
        "most": " of at most {max}",
        "problems": "Some answers on this page need your attention:",
        "save": "Save my answers to a file",
        "save_hint": "Your answers are on this device only. Save them to a file and send it back as your invitation "
        "says.",
        "saved": "The file has been saved. You may close this page.",
        "stop": "Stop here and save what I have answered",
        "declined": "You do not take part. Nothing has been saved. You may close this page.",
        "done": "All questions are done.",
        "several": "You may choose several answers.",
        "tick": "Please tick one answer in each row.",
        "noscript": "This questionnaire needs JavaScript.",
        "code": "Code",
        "for_role": "Questionnaire for: {role}",
        "only_if": "Please answer only if you answered {answers} to: {question}",
        "version": "Version",
        "or": "or",
    },
    "de": {
        "next": "Weiter",
        "back": "Zurück",
        "finish": "Fertig",
        "page": "Seite {n} von {all}",
        "language": "Sprache",
        "required": "erforderlich",
        "missing": "Bitte beantworten Sie diese Frage.",
        "wrong_code": "Das ist kein Code einer Einladung: Bitte prüfen Sie jedes Zeichen.",
        "wrong_number": "Bitte geben Sie eine Zahl{range} ein.",
        "range": " von {min} bis {max}",
        "least": " von mindestens {min}",
        "most": " von höchstens {max}",
        "problems": "Einige Antworten auf dieser Seite müssen ergänzt werden:",
        "save": "Meine Antworten in einer Datei speichern",
        "save_hint": "Ihre Antworten sind nur auf diesem Gerät. Speichern Sie sie in einer Datei und senden Sie diese "
        "zurück, wie es in Ihrer Einladung steht.",
        "saved": "Die Datei ist gespeichert. Sie können diese Seite schließen.",
        "stop": "Hier aufhören und speichern, was ich beantwortet habe",
        "declined": "Sie nehmen nicht teil. Es wurde nichts gespeichert. Sie können diese Seite schließen.",
        "done": "Alle Fragen sind beantwortet.",
        "several": "Sie können mehrere Antworten wählen.",
        "tick": "Bitte kreuzen Sie in jeder Zeile eine Antwort an.",
        "noscript": "Dieser Fragebogen braucht JavaScript.",
        "code": "Code",
        "for_role": "Fragebogen für: {role}",
        "only_if": "Bitte nur beantworten, wenn Sie {answers} geantwortet haben auf: {question}",
        "version": "Version",
        "or": "oder",
    },
}
NAMES: Final = {"en": "English", "de": "Deutsch"}


def words(language: str) -> dict[str, str]:
    """The words of a language."""
    return WORDS.get(language, WORDS["en"])
