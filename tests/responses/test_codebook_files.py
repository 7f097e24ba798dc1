"""A data set as others get it: read back the same from CSV, SPSS and Stata, described after two standards."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from comply_measure.errors import ComplyError, InputError
from comply_measure.instrument import load_scale
from comply_measure.responses import (
    ColumnMapping,
    Described,
    Responses,
    read_responses,
    responses_from_frame,
    study_variables,
    variable_table,
    write_dataset,
)

SCALE = Path(__file__).parents[1] / "instrument" / "fielded_scale.yaml"
NOBODY = "user_missing"


@pytest.fixture(scope="module")
def responses() -> Responses:
    """Three roles in two units: every kind of missing answer, texts that spreadsheets would run, long names."""
    scale = load_scale(SCALE)
    frame = pd.DataFrame(
        {
            "unit": ["u1"] * 3 + ["ü2"] * 3,
            "firm": ["F"] * 6,
            "role": list(scale.roles) * 2,
            "T_1": [1, 2, 9, 8, None, NOBODY],
            "T_2": [5, 9, 3, 1, 2, 4],
            "T_3": [1, 1, 2, 3, 4, 5],
            "P_1": [9, 5, 4, 3, NOBODY, None],
            "A_1": [3, 3, 3, 3, 2, 3],
            "years": [1.5, 2, 3, 4, None, 6],
            "remark": ["=1+1", "ok", 'say "so", ä', None, "", "x"],
            "a rather long name of a variable": [1, 2, 3, 4, 5, 6],
            "with": [1, 0, 1, 0, 1, 0],
            "size": [10, 10, 10, 7, 7, 7],
        }
    )
    mapping = ColumnMapping(
        informants=["years", "remark", "a rather long name of a variable", "with"],
        units=["size"],
        as_text=("remark",),
    )
    return responses_from_frame(frame, scale, mapping, attribute_set="large")


DESCRIBED = {"with": Described("Works with others?", {0: "no", 1: "yes"})}


@pytest.fixture(scope="module")
def folder(responses: Responses, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("data") / "set"
    write_dataset(
        responses, out, "relation", title="Relations & <others>", language="de", described=DESCRIBED
    )
    return out


def test_variables_say_what_they_are(responses: Responses) -> None:
    found = {variable.name: variable for variable in study_variables(responses, "en", DESCRIBED)}
    assert list(found)[:4] == ["unit", "firm", "role", "informant"]
    item = found["T_1"]
    assert item.label == "In our work, all three tell the truth."
    assert item.values == {1: "No", 2: "2", 3: "Partly", 4: "4", 5: "Yes"}
    assert item.missing == {9: "Cannot judge", 8: "Does not apply"} and item.words == ("user_missing",)
    assert (item.level, item.scale, item.construct, item.minimum, item.maximum) == (
        "ordinal",
        "relation",
        "Trust",
        1,
        5,
    )
    assert found["T_2"].missing == {9: "Cannot judge"} and found["T_2"].words == ()
    assert found["T_3"].keying == -1
    assert (
        found["years"].label == "How long have you worked here? (years)" and found["years"].level == "scale"
    )
    assert (found["with"].label, found["with"].values, found["with"].level) == (
        "Works with others?",
        {0: "no", 1: "yes"},
        "nominal",
    )
    assert found["remark"].text and found["size"].kind == "unit"
    with pytest.raises(ComplyError, match="unknown language"):
        study_variables(responses, "fr")


def test_the_codebook_counts(responses: Responses) -> None:
    table = variable_table(responses, "en").set_index("variable")
    assert table.loc["T_1", ["n", "n_missing", "minimum", "maximum"]].tolist() == [2, 4, 1.0, 2.0]
    assert table.loc["size", ["n", "n_missing"]].tolist() == [2, 0]
    assert table.loc["remark", "type"] == "text" and table.loc["remark", "n"] == 4
    assert table.loc["T_1", "missing"] == "9 = Cannot judge; 8 = Does not apply; user_missing"


def test_the_csv_file_gives_the_same_responses(responses: Responses, folder: Path) -> None:
    again = read_responses(folder / "data" / "study-relation_data.csv", responses.scales)
    assert again.same_answers(responses)


@pytest.mark.parametrize("ending", ["sav", "dta"])
def test_spss_and_stata_files_give_the_same_responses(
    responses: Responses, folder: Path, ending: str
) -> None:
    names = {"a rather long name of a variable": "a_rather_long_name_of_a_vari", "with": "with_2"}
    informants = {str(name): names.get(str(name), str(name)) for name in responses.informants.columns}
    mapping = ColumnMapping(informants=informants, units=["size"], as_text=("remark",))
    if ending == "sav":  # a variable with value labels that the file calls nominal is read by its labels
        mapping = mapping.model_copy(update={"as_text": ("remark", "with")})
    again = read_responses(folder / f"relation.{ending}", responses.scales, mapping, attribute_set="large")
    pd.testing.assert_frame_equal(again.data, responses.data)
    pd.testing.assert_frame_equal(again.missing_reason, responses.missing_reason)
    pd.testing.assert_frame_equal(again.units, responses.units)
    same = [name for name in responses.informants.columns if name != "with"]
    pd.testing.assert_frame_equal(again.informants[same], responses.informants[same])


def test_labels_levels_and_missing_codes_are_in_the_spss_file(folder: Path) -> None:
    data, meta = pyreadstat.read_sav(folder / "relation.sav", user_missing=True)
    assert meta.file_label == "Relations & <others>"
    labels = dict(zip(meta.column_names, meta.column_labels, strict=True))
    assert labels["T_1"] == "Bei unserer Arbeit gilt: Alle drei sagen die Wahrheit."
    assert (
        meta.variable_value_labels["T_1"][3.0] == "Teils"
        and meta.variable_value_labels["T_1"][9.0] == "Kann ich nicht beurteilen"
    )
    assert [entry["lo"] for entry in meta.missing_ranges["T_1"]] == [9.0, 8.0, -98.0]
    assert "size" not in meta.missing_ranges
    measures = meta.variable_measure
    assert (measures["T_1"], measures["years"], measures["role"], measures["with_2"]) == (
        "ordinal",
        "scale",
        "nominal",
        "nominal",
    )
    assert list(data["T_1"].dropna()) == [1, 2, 9, 8, -98]
    plain, _ = pyreadstat.read_sav(folder / "relation.sav")
    assert list(plain["T_1"].dropna()) == [1, 2]


def test_tags_and_labels_are_in_the_stata_file(folder: Path) -> None:
    data, meta = pyreadstat.read_dta(folder / "relation.dta", user_missing=True)
    assert meta.variable_value_labels["T_1"]["a"] == "Kann ich nicht beurteilen"
    assert list(data["T_1"].dropna()) == [1, 2, "a", "b", "c"]
    assert all(len(label.encode()) <= 80 for label in meta.column_labels)
    plain, _ = pyreadstat.read_dta(folder / "relation.dta")
    assert list(plain["T_1"].dropna()) == [1, 2]


def test_the_data_package_fits_the_file(responses: Responses, folder: Path) -> None:
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    (resource,) = package["resources"]
    content = (folder / resource["path"]).read_bytes()
    from hashlib import sha256

    assert resource["hash"] == f"sha256:{sha256(content).hexdigest()}" and resource["bytes"] == len(content)
    assert re.fullmatch(r"[-a-z0-9._/]+", package["name"])
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    fields = resource["schema"]["fields"]
    assert [field["name"] for field in fields] == rows[0]
    missing = set(resource["schema"]["missingValues"])
    assert missing == {"", "user_missing"}
    for place, field in enumerate(fields):
        cells = [row[place] for row in rows[1:] if row[place] not in missing]
        if field["type"] == "number":
            numbers = [float(cell) for cell in cells]
            allowed = field.get("constraints", {}).get("enum")
            assert allowed is None or set(numbers) <= set(map(float, allowed)), field["name"]
        assert not field.get("constraints", {}).get("required") or len(cells) == len(rows) - 1
    codes = next(field for field in fields if field["name"] == "T_1")
    variable = next(each for each in study_variables(responses, "de", DESCRIBED) if each.name == "T_1")
    own = ("scale", "construct", "keying", "roles", "level")
    assert [codes[name] for name in own] == [
        variable.scale, variable.construct, variable.keying, list(variable.roles), variable.level
    ]  # fmt: skip
    assert codes["categoriesOrdered"] is (variable.level == "ordinal") and codes["outsideCategories"] == [
        9,
        8,
    ]
    assert "scale" not in next(field for field in fields if field["name"] == "unit")
    assert (
        [entry["value"] for entry in codes["categories"]]
        == codes["constraints"]["enum"]
        == [1, 2, 3, 4, 5, 9, 8]
    )


def test_names_as_long_as_stata_takes_them_can_have_labels(tmp_path: Path) -> None:
    """Stata's sets of value labels are named like their variable, by one letter less at most."""
    scale = load_scale(SCALE)
    for length in (30, 31, 32, 33):
        name = "v" * length
        frame = pd.DataFrame(
            {"unit": ["u1"] * len(scale.roles), "role": list(scale.roles), "T_1": 1, "T_2": 2, "T_3": 3}
            | {"P_1": 4, "A_1": 3, name: 1}
        )
        mapping = ColumnMapping(informants=[name])
        answers = responses_from_frame(frame, scale, mapping, attribute_set="large")
        out = tmp_path / str(length)
        write_dataset(answers, out, "set", title="T", described={name: Described("?", {1: "yes"})})
        data, about = pyreadstat.read_dta(str(out / "set.dta"))
        assert len(data) == len(scale.roles)
        assert [found for found in about.variable_value_labels.values() if found == {1: "yes"}]


def test_frictionless_takes_the_package(folder: Path) -> None:
    """In a process of its own: what frictionless needs is not what this package's environment holds."""
    beside = Path(__file__).parents[2] / ".validators" / "python"
    around = os.environ | ({"PYTHONPATH": str(beside)} if beside.is_dir() else {})
    said = (
        "import sys, frictionless; r = frictionless.Package(sys.argv[1]).validate(); "
        "print(r.valid, r.flatten(['rowNumber', 'fieldName', 'type', 'note']))"
    )
    if subprocess.run(
        [sys.executable, "-c", "import frictionless"], env=around, capture_output=True, check=False
    ).returncode:
        pytest.skip(
            "frictionless is not installed, which checks data packages from outside (make validators)"
        )
    called = [sys.executable, "-c", said, str(folder / "datapackage.json")]
    done = subprocess.run(called, env=around, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True []"


def test_pspp_reads_the_spss_file(folder: Path, tmp_path: Path) -> None:
    """An independent reader finds the same values, declared missing codes and value labels."""
    if shutil.which("pspp") is None:
        pytest.skip("pspp is not installed, which reads SPSS files from outside")
    (source,) = folder.glob("*.sav")
    data, about = pyreadstat.read_sav(source, user_missing=True)
    syntax = f"""GET FILE="{source}".
SAVE TRANSLATE /OUTFILE="{tmp_path / "out.csv"}" /TYPE=CSV /FIELDNAMES /REPLACE /MISSING=IGNORE /CELLS=VALUES.
SAVE TRANSLATE /OUTFILE="{tmp_path / "valid.csv"}" /TYPE=CSV /FIELDNAMES /REPLACE /MISSING=RECODE /CELLS=VALUES.
SAVE TRANSLATE /OUTFILE="{tmp_path / "labels.csv"}" /TYPE=CSV /FIELDNAMES /REPLACE /CELLS=LABELS."""
    (tmp_path / "read.sps").write_text(syntax, encoding="utf-8")
    done = subprocess.run(["pspp", str(tmp_path / "read.sps")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    read, valid, labels = (
        pd.read_csv(tmp_path / name, keep_default_na=False, na_values=[" ", ""])
        for name in ("out.csv", "valid.csv", "labels.csv")
    )
    assert list(read.columns) == list(data.columns)
    n_labelled = 0
    for name in data.select_dtypes("number"):
        np.testing.assert_allclose(read[name].astype(float), data[name], rtol=1e-6)
        ranges = about.missing_ranges.get(name, [])
        declared = np.zeros(len(data), dtype=bool)
        for part in ranges:
            declared |= data[name].between(part["lo"], part["hi"]).to_numpy()
        np.testing.assert_array_equal(valid[name].isna(), data[name].isna() | declared)
        of_values = about.variable_value_labels.get(name, {})
        for value, label in zip(data[name], labels[name], strict=True):
            if value in of_values:
                assert str(label) == of_values[value]
                n_labelled += 1
    assert n_labelled > 0


def psych_ds_faults(folder: Path) -> list[str]:
    """Rules of Psych-DS whose breach is an error: the description and its fields, names and headers of data files.

    Held against the errors that the schema of its validator (1.5.0) lists: required keys, columns and described
    variables both ways, header lengths and repeated headers, ``row_id``, names of files.
    """
    faults: list[str] = []
    described = json.loads((folder / "dataset_description.json").read_text(encoding="utf-8"))
    if described.get("@type") != "Dataset" or described.get("@context") not in (
        "https://schema.org",
        "http://schema.org/",
    ):
        faults.append("type or context")
    faults += [f"no {key}" for key in ("name", "description", "variableMeasured") if not described.get(key)]
    named: list[Any] = [
        entry["name"] if isinstance(entry, dict) else entry for entry in described["variableMeasured"]
    ]
    files = sorted((folder / "data").rglob("*.csv"))
    if not files:
        faults.append("no data file")
    found: set[str] = set()
    for path in files:
        if not re.fullmatch(r"([a-z]+-[A-Za-z0-9]+_)+data\.csv", path.name):
            faults.append(f"name {path.name}")
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
        if any(len(row) != len(rows[0]) for row in rows):
            faults.append("ragged rows")
        faults += [f"column {name} is not described" for name in rows[0] if name not in named]
        if len(set(rows[0])) < len(rows[0]) or not rows[0]:
            faults.append("header repeated or missing")
        if "row_id" in rows[0]:
            ids = [row[rows[0].index("row_id")] for row in rows[1:]]
            faults += ["row_id repeats"] if len(set(ids)) < len(ids) else []
        found.update(rows[0])
    faults += [f"variable {name} is in no file" for name in named if name not in found]
    return faults


def test_psych_ds_is_kept(folder: Path) -> None:
    assert psych_ds_faults(folder) == []
    described = json.loads((folder / "dataset_description.json").read_text(encoding="utf-8"))
    item = next(entry for entry in described["variableMeasured"] if entry["name"] == "T_2")
    assert (item["minValue"], item["maxValue"]) == (1, 5)
    assert item["valueReference"][-1] == {
        "@type": "PropertyValue",
        "value": 9,
        "name": "Kann ich nicht beurteilen",
    }


def test_psych_ds_is_told_to_ignore_what_it_does_not_know(folder: Path) -> None:
    ignored = (folder / ".psychds-ignore").read_text(encoding="utf-8").split()
    files = {path.name for path in folder.rglob("*") if path.is_file() and path.name != ".psychds-ignore"}
    kept = {name for name in files if not any(fnmatch(name, pattern) for pattern in ignored)}
    assert kept == {"README.md", "dataset_description.json", "study-relation_data.csv"}


def test_names_that_the_validator_of_psych_ds_cannot_hold_are_named(
    responses: Responses, folder: Path, tmp_path: Path
) -> None:
    warned = "Der Validator von Psych-DS (1.5.0) kann Spalten dieser Namen nicht halten: size."
    assert warned in (folder / "README.md").read_text(encoding="utf-8")
    other = {"size": "staff"}
    renamed = replace(
        responses,
        informants=responses.informants.rename(columns=other),
        units=responses.units.rename(columns=other),
    )
    write_dataset(renamed, tmp_path / "set", "relation")
    assert "alidator" not in (tmp_path / "set" / "README.md").read_text(encoding="utf-8")
    write_dataset(responses, tmp_path / "english", "relation", language="en")
    told = (tmp_path / "english" / "README.md").read_text(encoding="utf-8")
    assert "SPSS and Stata have other names: " in told and "with_2 for with" in told
    assert "Psych-DS's validator (1.5.0) cannot hold columns of these names: size." in told


def test_the_page_shows_every_variable(responses: Responses, folder: Path) -> None:
    page = (folder / "codebook.html").read_text(encoding="utf-8")
    assert "Relations &amp; &lt;others&gt;" in page and "<others>" not in page
    assert "Codebuch" in page and "Works with others?" in page and "https:" not in page
    names = re.findall(r'<tr id="([^"]+)"', page)
    assert names == [variable.name for variable in study_variables(responses, "de")]
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "SPSS und Stata haben andere Namen" in readme and "with_2 für with" in readme


def test_nothing_is_overwritten_and_names_are_checked(
    responses: Responses, folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="the folder has content"):
        write_dataset(responses, folder, "relation")
    with pytest.raises(ComplyError, match="letters and digits"):
        write_dataset(responses, tmp_path / "x", "two words")
    assert not (tmp_path / "x").exists()
