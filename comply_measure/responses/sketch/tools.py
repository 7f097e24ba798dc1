"""Survey tools by the columns that they write themselves: which rows are tests, which interviews are unfinished."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from comply_measure.responses.cells import folded, name_in
from comply_measure.responses.files.raw import Column, RawTable
from comply_measure.responses.rows import rows_with
from comply_measure.responses.sketch.words import split_code, squeezed

#: ``Status`` of Qualtrics for previews, tests and spam: codes, and the words of exports with labels.
QUALTRICS_TESTS: Final = frozenset(
    {"1", "2", "8", "9", "12", "17", "survey preview", "survey test", "spam", "possible spam", "preview spam"}
    | {"imported spam", "offline survey preview", "umfragevorschau"}
)
_NO: Final = frozenset({"0", "false", "no", "falsch", "nein"})


@dataclass(frozen=True, slots=True)
class Tool:
    """What a tool writes about an interview. Names are squeezed: without case and signs.

    Parameters
    ----------
    name : str
        Of the tool.
    signs : tuple of frozenset
        Columns of which all are there in its files; one set suffices.
    own : str
        Regular expression of further columns that it writes itself.
    tests : mapping
        Column -> cells of rows that are no answers: tests, previews, spam, rejected ones.
    unfinished : mapping
        Column -> cells of interviews that were not finished; ``""`` where the column is blank.
    unanswered : frozenset of int
        Codes below its answers for questions that were shown and not answered.
    written : str
        Regular expression of further columns of its own as they are written, with their signs.
    forms, occasions : frozenset of str
        Columns that say which form a row answers, and on which occasion.
    """

    name: str
    signs: tuple[frozenset[str], ...]
    own: str = ""
    tests: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unfinished: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unanswered: frozenset[int] = frozenset()
    written: str = ""
    forms: frozenset[str] = frozenset()
    occasions: frozenset[str] = frozenset()


def _signs(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(names.split()) for names in sets)


TOOLS: Final = (
    Tool(
        "Qualtrics",
        _signs("responseid progress", "responseid recordeddate", "responseid responseset"),
        r"responseset|externaldatareference|externaldata|qlanguage|locationaccuracy|.*(do|text|parent)topics|.*sentiment.*|.*npsgroup"
        r"|.*(firstclick|lastclick|pagesubmit|clickcount)|.*displayorder.*|(q|qid|fl|bl)\d+do\d*|sc0"
        r"|qtotalduration|q(recaptcha|relevantid|ambiguous|ballotbox|unansweredquestions|straightlining)\w*",
        {"status": QUALTRICS_TESTS, "responsetype": QUALTRICS_TESTS, "antworttyp": QUALTRICS_TESTS},
        {"finished": _NO, "beendet": _NO},
    ),
    Tool(
        "LimeSurvey",
        _signs("submitdate lastpage", "datesubmitted lastpage", "datumabgeschickt letzteseite"),
        r"startdate|datestamp|datestarted|datelastaction|datumgestartet|datumletzteaktivität|startsprache|zufallsstartwert"
        r"|interviewtime|totaltime|gesamtzeit|(group|question)time.*|.*[a-z\d]time|ipaddress|referrerurl|ipadresse",
        unfinished={
            "submitdate": frozenset({""}),
            "datesubmitted": frozenset({""}),
            "datumabgeschickt": frozenset({""}),
        },
    ),
    Tool(
        "SoSci Survey",
        _signs("questnnr mode", "case questnnr"),
        r"serial|mailsent|status|degtime|browser",
        {
            "mode": frozenset({"pretest", "debug", "admin", "preview"}),
            "qviewer": frozenset({"1", "true"}),
        },
        {"finished": _NO},
    ),
    Tool(
        "Unipark",
        _signs("lfdn dispcode"),
        r"externallfdn|tester|dispcode|quality|duration|browser|referer|devicetype|quota.*|pagehistory|[hv]flip"
        r"|outputmode|javascript|flash|sessionid|language|cleaned|ats|datetime|dateof.*|rts\d+|participantbrowser",
        {"tester": frozenset({"1"})},
        {"dispcode": frozenset({"20", "21", "22", "23"})},
        unanswered=frozenset({0}),
    ),
    Tool(
        "KoboToolbox",
        _signs("uuid submissiontime"),
        r"start|end|today|username|deviceid|phonenumber|simserial|subscriberid|id|uuid|submissiontime|validationstatus"
        r"|notes|status|submittedby|version|tags|index|parentindex|parenttablename|submission(id|uuid|submissiontime|validationstatus"
        r"|notes|status|submittedby|version|tags)|metainstanceid|metainstancename|formhubuuid|metarootuuid",
        {"validationstatus": frozenset({"validation_status_not_approved", "not approved"})},
    ),
    Tool(
        "SurveyCTO",
        _signs("instanceid formdefversion"),
        r"submissiondate|starttime|endtime|deviceid|subscriberid|simid|devicephonenum|username|duration|caseid|instanceid"
        r"|formdefversion|key|reviewstatus",
        {"reviewstatus": frozenset({"rejected"})},
    ),
    Tool(
        "ODK Central",
        _signs("submissiondate key"),
        r"submissiondate|start|end|today|deviceid|metainstanceid|metainstancename|key|submitterid|submittername"
        r"|attachments(present|expected)|reviewstate|edits|formversion",
        {"reviewstate": frozenset({"rejected"})},
    ),
    Tool(
        "Microsoft Forms",
        _signs("starttime completiontime", "startzeit fertigstellungszeit"),
        r"startzeit|fertigstellungszeit|emailadresse|(letzteänderung|uhrzeitderletztenänderung)|totalpoints|quizfeedback",
        written=r"(Points|Feedback|Punkte) [-–] .+",
    ),
    Tool("SurveyMonkey", _signs("respondentid collectorid"), r"customdata\d*"),
    Tool(
        "Typeform",
        _signs("networkid submitdateutc"),
        r"(start|stage|submit)dateutc|networkid|tags|ending|responsetype",
        unfinished={"responsetype": frozenset({"started", "partial"})},
    ),
    Tool(
        "Alchemer",
        _signs("responseid timestarted datesubmitted"),
        r"timestarted|datesubmitted|status|contactid|legacycomments|comments|language|referer|sessionid|useragent|tags"
        r"|longitude|latitude|country|city|stateregion|postal",
        {"status": frozenset({"disqualified", "deleted"})},
        {"status": frozenset({"partial"})},
    ),
    Tool(
        "QuestionPro",
        _signs("responsestatus seqnumber"),
        r"responsestatus|timestamp\w*|duplicate|timetaken\w*|seqnumber|externalreference|customvariable\d+"
        r"|respondentemail|emaillist|countrycode|region",
        {"responsestatus": frozenset({"terminated"})},
        {"responsestatus": frozenset({"started", "partial", "incomplete"})},
    ),
    Tool(
        "formr",
        _signs("session created modified ended"),
        r"session|created|modified|ended|expired|iteration|studyid",
        unfinished={"ended": frozenset({""})},
    ),
    Tool(
        "oTree",
        _signs("participantcode sessioncode"),
        r"participant\w+|session\w+|\w*player(payoff|idingroup)|\w*subsessionroundnumber",
        {"participantisbot": frozenset({"1", "true"})},
    ),
    Tool(
        "Formbricks",
        _signs("responseid timestamp finished surveyid"),
        r"no|responseid|timestamp|finished|surveyid|(formbricks)?(user)?id|notes|tags|quotas|source|url|country|action"
        r"|device(os|device|browser)",
        unfinished={"finished": _NO},
    ),
    Tool(
        "PsyToolkit",
        _signs("participant timestart timetotal"),
        r"participant|time(start|end|total)",
        unfinished={"timeend": frozenset({""})},
    ),
    Tool("Jotform", _signs("submissiondate submissionid"), r"submissiondate|submissionip|lastupdatedate"),
    Tool("Nettskjema", _signs("submissionid created answertimems"), r"submissionid|created|answertimems"),
    Tool(
        "REDCap",
        _signs("recordid"),
        unfinished={"complete": frozenset({"0", "1", "incomplete", "unverified"})},
        forms=frozenset({"redcaprepeatinstrument", "repeatinstrument"}),
        occasions=frozenset({"redcapeventname", "eventname"}),
    ),
)


def names_of(column: Column) -> frozenset[str]:
    """What a column is called, squeezed: its name, its code, its label."""
    code, text = split_code(column.name)
    return frozenset(map(squeezed, (column.name, code, text, column.label))) - {""}


def tool_of(columns: Iterable[Column]) -> Tool | None:
    """The tool that wrote a file; None if its columns do not say."""
    there = frozenset().union(*map(names_of, columns))
    return next((tool for tool in TOOLS if any(signs <= there for signs in tool.signs)), None)


def is_tools_own(column: Column, tool: Tool | None) -> bool:
    """Whether the tool wrote the column about the interview."""
    if tool is None:
        return False
    if tool.written and re.fullmatch(tool.written, column.name):
        return True
    return any(re.fullmatch(tool.own, name) for name in names_of(column))


def marked_rows(table: RawTable, tool: Tool | None) -> dict[str, tuple[str, ...]]:
    """Column -> cells that occur and mark rows as no answers of informants."""
    found: dict[str, tuple[str, ...]] = {}
    for column, cells in _said(table, tool.tests if tool else {}):
        here = tuple(
            name_in(cell)
            for cell in column.distinct
            if {folded(name_in(cell)), folded(column.value_labels.get(cell, ""))} & cells
        )
        if here:
            found[column.name] = here
    return found


def unfinished(table: RawTable, tool: Tool | None) -> tuple[str, tuple[str, ...], int]:
    """Column that says whether an interview was finished, its cells of unfinished ones, and how many there are."""
    for column, cells in _said(table, tool.unfinished if tool else {}):
        rows: NDArray[np.bool_] = rows_with(column, cells)
        if rows.any():
            here = [name_in(cell) for cell in column.distinct if folded(name_in(cell)) in cells]
            blank = [""] if "" in cells and (column.codes < 0).any() else []
            return column.name, (*here, *blank), int(rows.sum())
    return "", (), 0


def _said(table: RawTable, cells: Mapping[str, frozenset[str]]) -> Iterable[tuple[Column, frozenset[str]]]:
    for column in table.columns.values():
        for name in sorted(names_of(column)):
            # REDCap names the column that says so after the questionnaire.
            known = cells.get("complete" if name.endswith("complete") else name)
            if known is not None:
                yield column, known
                break
