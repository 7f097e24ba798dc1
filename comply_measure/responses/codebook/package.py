"""A folder that holds a data set with everything others need to use it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.responses.codebook.described import data_package, psych_ds
from comply_measure.responses.codebook.labelled import program_names, write_spss, write_stata
from comply_measure.responses.codebook.page import codebook_page
from comply_measure.responses.codebook.variables import Described, study_variables, variable_table
from comply_measure.responses.export import write_csv

if TYPE_CHECKING:
    from comply_measure.responses.table import Responses

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_README: Final = """# {title}

{description}

| file | what |
|---|---|
| `codebook.html`, `codebook.csv` | every variable: wording, codes, labels, missing answers, level, counts |
| `{data}` | the answers, a row per informant: UTF-8, comma, decimal point |
| `{name}.sav`, `{name}.dta` | the same for SPSS and Stata, with labels and missing codes |
| `datapackage.json` | description of the CSV file after the Data Package standard |
| `dataset_description.json` | the same after Psych-DS |
| `{data}.yaml` | how `comply_measure.responses.read_responses` reads the CSV file |

Blank cells: not answered, or not asked of the role. Words in cells of answers say why they are missing. Texts that a
spreadsheet would run have a `'` in front.{renamed}{unheld}
"""
_README_DE: Final = """# {title}

{description}

| Datei | was |
|---|---|
| `codebook.html`, `codebook.csv` | je Variable Wortlaut, Codes, Beschriftungen, fehlende Antworten, Niveau, Anzahl |
| `{data}` | die Antworten, eine Zeile je Auskunftsperson: UTF-8, Komma, Dezimalpunkt |
| `{name}.sav`, `{name}.dta` | dasselbe für SPSS und Stata, mit Beschriftungen und Codes fehlender Antworten |
| `datapackage.json` | Beschreibung der CSV-Datei nach dem Data-Package-Standard |
| `dataset_description.json` | dasselbe nach Psych-DS |
| `{data}.yaml` | wie `comply_measure.responses.read_responses` die CSV-Datei liest |

Leere Zellen: nicht beantwortet, oder die Rolle wurde nicht gefragt. Wörter in Zellen von Antworten sagen, warum sie
fehlen. Texte, die ein Tabellenprogramm ausführen würde, haben ein `'` davor.{renamed}{unheld}
"""
#: Names by which the validator of Psych-DS calls parts of its own store of columns.
_UNHELD: Final = frozenset(
    {"size", "get", "set", "has", "delete", "clear", "keys", "values", "entries", "forEach", "constructor"}
)
_PEOPLE: Final = (("informants", "informant"), ("Auskunftspersonen", "Auskunftsperson"))
_UNITS: Final = (("units", "unit"), ("Einheiten", "Einheit"))


def write_dataset(
    responses: Responses,
    folder: str | Path,
    name: str,
    *,
    title: str = "",
    description: str = "",
    language: str | None = None,
    described: Mapping[str, Described] | None = None,
) -> tuple[Path, ...]:
    """Write a data set with its codebook: CSV, SPSS, Stata, HTML, Data Package, Psych-DS. Nothing is overwritten.

    Parameters
    ----------
    responses : Responses
        The answers; informants that were put together are written one by one.
    folder : path-like
        New or empty folder.
    name : str
        Short name of letters and digits, for files.
    title, description : str
        What the data set is; the name, and the number of informants and units, by default.
    language : str, optional
        Language of wordings and labels; the first of the first scale by default.
    described : mapping, optional
        Variable -> :class:`Described`, for variables that no scale asks.

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    InputError
        If the folder has content.
    ComplyError
        If the name cannot be one, or a scale lacks the language.
    """
    if not _NAME.fullmatch(name):
        raise ComplyError(f"{name!r} is no name of a data set; allowed: letters and digits, a letter first")
    out = Path(folder)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        fault = Problem("the folder has content", str(out), allowed="a new or empty folder")
        raise InputError("nothing was written", [fault])
    everyone = responses.everyone or responses
    spoken = responses.scales[0].languages[0] if language is None else language
    variables = study_variables(responses, spoken, described)
    table = variable_table(responses, spoken, described)
    head = title or name
    titles = ", ".join(scale.title[spoken] for scale in responses.scales)
    german = spoken == "de"
    people, units = everyone.n_informants, everyone.n_units
    counts = f"{people} {_PEOPLE[german][people == 1]} in {units} {_UNITS[german][units == 1]}"
    about = description or f"{counts}: {titles}"
    data = f"data/study-{name}_data.csv"
    (out / "data").mkdir(parents=True)
    everyone.write_csv(out / data)
    content = (out / data).read_bytes()
    frame = everyone.to_frame()
    write_csv(table, out / "codebook.csv")
    write_spss(frame, variables, out / f"{name}.sav", head)
    write_stata(frame, variables, out / f"{name}.dta", head)
    package = data_package(
        variables, name.lower(), head, about, data, sha256(content).hexdigest(), len(content)
    )
    renamed = {old: new for old, new in program_names(variables).items() if old != new}
    unheld = [name for name in frame.columns if name in _UNHELD]
    texts = {
        "codebook.html": codebook_page(table, head, about, spoken),
        "datapackage.json": package,
        "dataset_description.json": psych_ds(variables, head, about),
        "README.md": (_README_DE if german else _README).format(
            title=head,
            description=about,
            data=data,
            name=name,
            renamed=_renamed(renamed, german=german),
            unheld=_unheld(unheld, german=german),
        ),
        ".psychds-ignore": "*.sav\n*.dta\n*.yaml\ncodebook.*\ndatapackage.json\n",
    }
    for file, text in texts.items():
        (out / file).write_text(text, encoding="utf-8", newline="\n")
    return tuple(sorted(path for path in out.rglob("*") if path.is_file()))


def _renamed(names: Mapping[str, str], *, german: bool) -> str:
    if not names:
        return ""
    pairs = ", ".join(f"{new} {'für' if german else 'for'} {old}" for old, new in names.items())
    return (
        f" SPSS und Stata haben andere Namen: {pairs}."
        if german
        else f" SPSS and Stata have other names: {pairs}."
    )


def _unheld(names: list[str], *, german: bool) -> str:
    if not names:
        return ""
    listed = ", ".join(names)
    if german:
        return f" Der Validator von Psych-DS (1.5.0) kann Spalten dieser Namen nicht halten: {listed}."
    return f" Psych-DS's validator (1.5.0) cannot hold columns of these names: {listed}."
