"""Words that survey tools, SPSS files and people use for columns and answers."""

from __future__ import annotations

import re
from typing import Final

from comply_measure.responses.cells import folded
from comply_measure.responses.numerals import NO_VALUE
from comply_measure.responses.vocabulary import MissingReason

UNIT: Final = frozenset(
    [
        "unit",
        "units",
        "bu",
        "sbu",
        "team",
        "teams",
        "group",
        "grp",
        "dyad",
        "triad",
        "cluster",
        "school",
        "class",
        "store",
        "branch",
        "department",
        "dept",
        "platoon",
        "squad",
        "ward",
        "einheit",
        "gruppe",
        "klasse",
        "schule",
        "filiale",
        "geschäftseinheit",
        "geschaeftseinheit",
        "unitid",
        "teamid",
        "groupid",
        "équipe",
        "equipo",
        "unité",
        "unidad",
        "unità",
        "unidade",
        "eenheid",
    ]
)
FIRM: Final = frozenset(
    [
        "firm",
        "company",
        "comp",
        "organisation",
        "organization",
        "org",
        "corporation",
        "unternehmen",
        "firma",
        "konzern",
        "firmid",
        "companyid",
    ]
)
ROLE: Final = frozenset(
    [
        "role",
        "roles",
        "function",
        "funktion",
        "rolle",
        "position",
        "perspective",
        "perspektive",
        "abteilung",
        "bereich",
        "department",
        "rater",
        "fonction",
        "función",
        "funzione",
        "função",
        "functie",
        "rôle",
        "rol",
        "ruolo",
    ]
)
INFORMANT: Final = frozenset(
    [
        "informant",
        "respondent",
        "responseid",
        "respid",
        "participant",
        "case",
        "id",
        "token",
        "proband",
        "teilnehmer",
        "record",
        "person",
        "serial",
        "lfdn",
    ]
)
#: What tools write about the interview, and what names a person: never a variable without being asked for.
METADATA: Final = frozenset(
    [
        "startdate",
        "enddate",
        "status",
        "ipaddress",
        "progress",
        "finished",
        "recordeddate",
        "recipientlastname",
        "recipientfirstname",
        "recipientemail",
        "externalreference",
        "locationlatitude",
        "locationlongitude",
        "distributionchannel",
        "userlanguage",
        "submitdate",
        "lastpage",
        "startlanguage",
        "seed",
        "datestamp",
        "ipaddr",
        "refurl",
        "questnnr",
        "mode",
        "started",
        "lastdata",
        "qviewer",
        "maxpage",
        "missing",
        "missrel",
        "timersi",
        "degtime",
        "timestamp",
        "starttime",
        "completiontime",
        "email",
        "emailaddress",
        "name",
        "firstname",
        "lastname",
        "lastmodifiedtime",
        "collectorid",
        "customdata1",
        "redcapeventname",
        "redcaprepeatinstrument",
        "redcaprepeatinstance",
        "eventname",
        "repeatinstrument",
        "repeatinstance",
        "surveyidentifier",
        "dataaccessgroup",
        "redcapsurveyidentifier",
        "redcapdataaccessgroup",
        "durationinseconds",
        "vorname",
        "nachname",
        "telefon",
        "phone",
        "zeitstempel",
        "horodateur",
        "marcatemporal",
        "tijdstempel",
        "informazionicronologiche",
        "carimbodedatahora",
    ]
)
PERSONAL: Final = frozenset(
    [
        "email",
        "mail",
        "emailadres",
        "correo",
        "name",
        "ip",
        "ipaddress",
        "ipaddr",
        "phone",
        "telefon",
        "vorname",
        "nachname",
        "firstname",
        "lastname",
    ]
)
_METADATA: Final = re.compile(
    r"time\d{3}|timesum|.*timestamp|.*complete|ref|redcap.*|q_.*score|.*_text", re.IGNORECASE
)
_CODE_AND_TEXT: Final = re.compile(r"(?P<code>[A-Za-z]\w*(\[[^\[\]]+\]){0,2})\. (?P<text>\S.*)", re.DOTALL)
_NO_ANSWER: Final = re.compile(
    r"don.?t know|do not know|no answer|not answered|unanswered|refus|not applicable|\bn/?a\b|\bmissing\b"
    r"|wei(ß|ss) nicht|keine angabe|cannot judge|can.?t judge|beurteilen|no opinion|prefer not|skipped"
    r"|nicht beantwortet|unbeantwortet|verweigert|ne sais pas|sans réponse|sans objet|no sabe|no contesta|no aplica"
    r"|weet niet|geen antwoord|niet van toepassing|non so\b|non risponde|não sei|não respond|não se aplica"
)
_CANNOT: Final = re.compile(
    r"know|judge|beurteilen|wei(ß|ss) nicht|no opinion|ne sais pas|no sabe|weet niet|non so\b|não sei"
)
#: What programs and tools write for a missing value beside numbers: REDCap's UNK, NASK, ASKU and their like.
_MISSING_CODE: Final = re.compile(r"[A-Z]{2,4}")


def tokens(name: str) -> frozenset[str]:
    """Words of a column name, folded: ``BusinessUnit_ID`` has ``business``, ``unit``, ``id`` and ``businessunitid``."""
    parts = re.findall(r"[A-ZÄÖÜ]?[a-zäöüß]+|[A-ZÄÖÜ]+(?![a-zäöüß])|\d+", name)
    return frozenset({*map(folded, parts), squeezed(name)})


def squeezed(name: str) -> str:
    """A name without case and without signs between its letters."""
    return re.sub(r"[\W_]+", "", folded(name))


def split_code(name: str) -> tuple[str, str]:
    """Code and text of a column that LimeSurvey names by both (``G01Q01[SQ001]. How far ...``); else the name alone."""
    hit = _CODE_AND_TEXT.fullmatch(name)
    return (hit["code"], hit["text"]) if hit else (name, "")


def is_metadata(name: str) -> bool:
    """True for a column that a survey tool writes about the interview, or that names a person."""
    return squeezed(name) in METADATA or _METADATA.fullmatch(name) is not None


def no_answer(label: str) -> MissingReason | None:
    """Why a category with this label is no answer; None if it may be one."""
    word = folded(label).replace("’", "'")
    if len(word) > 60 or not _NO_ANSWER.search(word):
        return None
    return "cannot_judge" if _CANNOT.search(word) else "user_missing"


def no_number(text: str) -> MissingReason | None:
    """Why a text among numbers is no answer: a label, a program's sign or a tool's code says so; None otherwise."""
    if folded(text) in NO_VALUE or _MISSING_CODE.fullmatch(text):
        return "user_missing"
    return no_answer(text)
