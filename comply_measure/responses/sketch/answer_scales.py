"""Answer scales in words, as survey tools offer them, and the words that carry their code."""

from __future__ import annotations

import re
from typing import Final

from comply_measure.responses.cells import folded

#: Words with their code: before (``1 - never``, ``(1) never``) or behind them (``never (1)``, ``never = 1``).
NUMBERED: Final = (
    re.compile(r"(?P<code>-?\d{1,2})\s*(?:[-–—=:.)(])\s*[^\d\s].*"),
    re.compile(r"[(\[](?P<code>-?\d{1,2})[)\]]\s*[^\d\s].*"),
    re.compile(r".*[^\W\d].*[(\[](?P<code>-?\d{1,2})[)\]]"),
    re.compile(r".*[^\d\s]\s*[=:]\s*(?P<code>\d{1,2})"),
    re.compile(r".*[^\d\s]\s+[-–—]\s+(?P<code>\d{1,2})"),
)
#: LimeSurvey's own codes of answers.
LIMESURVEY: Final = re.compile(r"AO?0*(?P<code>\d{1,2})")


def spelled(text: str) -> str:
    """A label for comparison: without case, and with blanks for the signs that spellings differ in."""
    return " ".join(re.sub(r"[/,;.\-–—]+", " ", folded(text)).replace("’", "'").split())


def _set(language: str, text: str) -> tuple[str, tuple[frozenset[str], ...]]:
    categories = (part.split("|") for part in text.split(";"))
    return language, tuple(frozenset(map(spelled, words)) for words in categories)


_MIDDLE = "neither agree nor disagree|neither disagree nor agree|neither|neutral|undecided"
_TEILS = "teils/teils|weder noch|neutral|unentschieden|teilweise|weder zustimmung noch ablehnung"
_STIMME = "stimme gar nicht zu|stimme überhaupt nicht zu|stimme absolut nicht zu"
_STIMME_VOLL = (
    "stimme voll zu|stimme voll und ganz zu|stimme völlig zu|stimme vollkommen zu|stimme absolut zu"
)
_TRIFFT = "trifft gar nicht zu|trifft überhaupt nicht zu|trifft absolut nicht zu"
_TRIFFT_VOLL = "trifft voll zu|trifft voll und ganz zu|trifft völlig zu|trifft vollkommen zu|trifft genau zu"

_PAS_DU_TOUT = "pas du tout d'accord|fortement en désaccord|tout à fait en désaccord|pas d'accord du tout"
_PAS = "plutôt pas d'accord|pas d'accord|en désaccord|plutôt en désaccord"
_NI = (
    "ni d'accord ni pas d'accord|ni d'accord, ni pas d'accord|ni d'accord ni en désaccord|neutre|sans opinion"
)
_DACCORD = "plutôt d'accord|d'accord"
_TOUT_A_FAIT = "tout à fait d'accord|fortement d'accord|entièrement d'accord"
_NADA_DE_ACUERDO = "totalmente en desacuerdo|muy en desacuerdo|completamente en desacuerdo|nada de acuerdo"
_EN_DESACUERDO = "en desacuerdo|algo en desacuerdo|poco de acuerdo"
_NI_DE_ACUERDO = "ni de acuerdo ni en desacuerdo|ni en desacuerdo ni de acuerdo|neutral|indiferente|indeciso"
_DE_ACUERDO = "de acuerdo|algo de acuerdo|bastante de acuerdo"
_MUY_DE_ACUERDO = "totalmente de acuerdo|muy de acuerdo|completamente de acuerdo"

#: From the lowest category: language and, by category, its spellings.
ANSWER_SCALES: Final = (
    _set("en", "strongly disagree; disagree; agree; strongly agree"),
    _set("en", f"strongly disagree; disagree; {_MIDDLE}; agree; strongly agree"),
    _set("en", f"strongly disagree; somewhat disagree; {_MIDDLE}; somewhat agree; strongly agree"),
    _set("en", "strongly disagree; somewhat disagree; somewhat agree; strongly agree"),
    _set("en", f"completely disagree; disagree; {_MIDDLE}; agree; completely agree"),
    _set("en", f"disagree strongly; disagree; {_MIDDLE}; agree; agree strongly"),
    _set(
        "en",
        "strongly disagree; disagree; somewhat disagree|slightly disagree; somewhat agree|slightly agree; agree; "
        "strongly agree",
    ),
    _set(
        "en",
        f"strongly disagree; disagree; somewhat disagree|slightly disagree; {_MIDDLE}; somewhat agree|slightly agree; "
        "agree; strongly agree",
    ),
    _set(
        "en",
        f"completely disagree; disagree|mostly disagree; somewhat disagree|slightly disagree; {_MIDDLE}; "
        "somewhat agree|slightly agree; agree|mostly agree; completely agree",
    ),
    _set("en", "never; rarely|seldom; sometimes; often; always|very often"),
    _set("en", "never; sometimes; about half the time; most of the time; always"),
    _set("en", "never; rarely|seldom; sometimes|occasionally; usually; always"),
    _set("en", "not at all; slightly|a little; moderately|somewhat; very|very much; extremely"),
    _set("en", "not at all true; slightly true; moderately true; mostly true; completely true"),
    _set("en", "none at all; a little; a moderate amount; a lot; a great deal"),
    _set(
        "en",
        "not at all important; slightly important; moderately important; very important; extremely important",
    ),
    _set(
        "en",
        "extremely unlikely; somewhat unlikely; neither likely nor unlikely; somewhat likely; extremely likely",
    ),
    _set("en", "very unlikely; unlikely; neither likely nor unlikely|neutral; likely; very likely"),
    _set(
        "en",
        "very dissatisfied; dissatisfied; neither satisfied nor dissatisfied|neutral; satisfied; very satisfied",
    ),
    _set(
        "en",
        "extremely dissatisfied|very dissatisfied; somewhat dissatisfied; neither satisfied nor dissatisfied|neutral; "
        "somewhat satisfied; extremely satisfied|very satisfied",
    ),
    _set("en", "very poor; poor; fair|average|acceptable; good; very good|excellent"),
    _set("en", "poor; fair; good; very good; excellent"),
    _set("de", f"{_STIMME}; stimme nicht zu|stimme eher nicht zu; stimme zu|stimme eher zu; {_STIMME_VOLL}"),
    _set(
        "de",
        f"{_STIMME}; stimme nicht zu|stimme eher nicht zu; {_TEILS}; stimme zu|stimme eher zu; {_STIMME_VOLL}",
    ),
    _set(
        "de",
        f"{_STIMME}; stimme nicht zu; stimme eher nicht zu; {_TEILS}; stimme eher zu; stimme zu; {_STIMME_VOLL}",
    ),
    _set(
        "de",
        f"lehne stark ab|lehne völlig ab; lehne ab|lehne eher ab; {_TEILS}; stimme zu|stimme eher zu; "
        "stimme stark zu|stimme völlig zu|stimme voll zu",
    ),
    _set("de", "trifft nicht zu; trifft eher nicht zu; trifft eher zu; trifft zu"),
    _set("de", f"trifft nicht zu; trifft eher nicht zu; {_TEILS}; trifft eher zu; trifft zu"),
    _set("de", f"{_TRIFFT}; trifft eher nicht zu|trifft nicht zu; trifft eher zu|trifft zu; {_TRIFFT_VOLL}"),
    _set(
        "de",
        f"{_TRIFFT}; trifft eher nicht zu|trifft nicht zu; {_TEILS}; trifft eher zu|trifft zu; {_TRIFFT_VOLL}",
    ),
    _set(
        "de",
        f"{_TRIFFT}; trifft nicht zu; trifft eher nicht zu; {_TEILS}; trifft eher zu; trifft zu; {_TRIFFT_VOLL}",
    ),
    _set("de", "nie; selten; manchmal|gelegentlich; oft|häufig; immer|sehr oft|sehr häufig"),
    _set(
        "de", "gar nicht|überhaupt nicht; wenig|kaum; mittelmäßig|teilweise; ziemlich; sehr|außerordentlich"
    ),
    _set(
        "de",
        "sehr unzufrieden; unzufrieden|eher unzufrieden; teils/teils|neutral|weder noch; zufrieden|eher zufrieden; "
        "sehr zufrieden",
    ),
    _set("de", "sehr schlecht; schlecht; mittelmäßig|teils/teils; gut; sehr gut"),
    _set(
        "de",
        "sehr unwahrscheinlich; unwahrscheinlich; teils/teils|neutral; wahrscheinlich; sehr wahrscheinlich",
    ),
    _set("fr", f"{_PAS_DU_TOUT}; {_PAS}; {_NI}; {_DACCORD}; {_TOUT_A_FAIT}"),
    _set("fr", f"{_PAS_DU_TOUT}; {_PAS}; {_DACCORD}; {_TOUT_A_FAIT}"),
    _set(
        "fr",
        f"{_PAS_DU_TOUT}; pas d'accord|en désaccord; plutôt pas d'accord|plutôt en désaccord; {_NI}; plutôt d'accord; "
        f"d'accord; {_TOUT_A_FAIT}",
    ),
    _set("fr", "jamais; rarement; parfois|quelquefois; souvent; toujours|très souvent"),
    _set("es", f"{_NADA_DE_ACUERDO}; {_EN_DESACUERDO}; {_NI_DE_ACUERDO}; {_DE_ACUERDO}; {_MUY_DE_ACUERDO}"),
    _set("es", f"{_NADA_DE_ACUERDO}; {_EN_DESACUERDO}; {_DE_ACUERDO}; {_MUY_DE_ACUERDO}"),
    _set(
        "es",
        "nunca; rara vez|casi nunca; a veces|algunas veces; a menudo|casi siempre|frecuentemente; siempre",
    ),
    _set(
        "nl",
        "helemaal mee oneens|helemaal niet mee eens|zeer mee oneens|sterk mee oneens; "
        "mee oneens|oneens|niet mee eens; neutraal|niet mee eens, niet mee oneens|noch eens, noch oneens; "
        "mee eens|eens; helemaal mee eens|zeer mee eens|sterk mee eens",
    ),
    _set("nl", "nooit; zelden; soms; vaak; altijd|zeer vaak"),
    _set(
        "it",
        "totalmente in disaccordo|completamente in disaccordo|fortemente in disaccordo|per niente d'accordo; "
        "in disaccordo|poco d'accordo|parzialmente in disaccordo; "
        "né d'accordo né in disaccordo|neutrale|neutro|indifferente; "
        "d'accordo|abbastanza d'accordo|parzialmente d'accordo; "
        "totalmente d'accordo|completamente d'accordo|fortemente d'accordo|molto d'accordo",
    ),
    _set("it", "mai; raramente; a volte|qualche volta; spesso; sempre|molto spesso"),
    _set(
        "pt",
        "discordo totalmente|discordo completamente|discordo fortemente; discordo|discordo parcialmente; "
        "não concordo nem discordo|nem concordo nem discordo|neutro|indiferente; concordo|concordo parcialmente; "
        "concordo totalmente|concordo completamente|concordo fortemente",
    ),
    _set("pt", "nunca; raramente; às vezes|algumas vezes; frequentemente|muitas vezes; sempre"),
)
