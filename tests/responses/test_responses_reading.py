"""From files to validated responses: formats, layouts, labels, missing answers, roles, units."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from comply_measure.errors import ComplyError
from comply_measure.instrument import load_scale
from comply_measure.responses import ColumnMapping, FileFormat, read_responses, responses_from_frame

ITEMS = ["F_1", "F_2", "F_3", "S_1", "S_2", "S_3", "K_1", "K_2", "K_3"]


def write(frame, path):
    plain = frame.astype(dict.fromkeys(ITEMS, "float64"))
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".tsv":
        frame.to_csv(path, index=False, sep="\t")
    elif path.suffix == ".xlsx":
        frame.to_excel(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix in (".sav", ".zsav"):
        pyreadstat.write_sav(plain, path, compress=path.suffix == ".zsav")
    else:
        pyreadstat.write_dta(plain, path)
    return path


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".xlsx", ".parquet", ".sav", ".zsav", ".dta"])
def test_every_format_gives_the_same_responses(frame, small, tmp_path, ending):
    path = write(frame, tmp_path / f"answers{ending}")
    read = read_responses(path, small)
    assert read.same_answers(responses_from_frame(frame, small))
    assert read.source.file == path.name
    assert read.source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_shape_and_counts(frame, small):
    read = responses_from_frame(frame, small)
    assert list(read.data.columns) == ["unit", "firm", "role", "informant", *ITEMS]
    assert (read.n_informants, read.n_units, read.n_firms) == (8, 3, 2)
    assert all(read.data[item].dtype == np.float64 for item in ITEMS)
    assert read.data["F_1"].tolist()[:5] == [1, 2, 3, 5, 4]
    assert list(read.units.index) == ["u1", "u2", "u3"]
    assert read.units.shape[1] == 0


def test_every_missing_answer_has_its_reason(frame, small):
    reasons = responses_from_frame(frame, small).missing_reason
    assert reasons.loc[2, "S_1"] == "cannot_judge"
    assert reasons.loc[3, "F_2"] == "not_answered"
    assert reasons.loc[2, "K_1"] == "not_applicable"
    assert reasons.loc[0, "K_3"] == "not_applicable"  # asked of sales only
    assert reasons.loc[0, "F_1"] == ""
    answered = responses_from_frame(frame, small).data[ITEMS].notna()
    assert ((reasons == "") == answered).all(axis=None)


def test_incomplete_triads_and_silent_informants_are_kept_counted_and_noted(frame, small):
    read = responses_from_frame(frame, small)
    table = read.completeness()
    assert table["pattern"].tolist() == ["marketing+sales+it", "marketing+sales"]
    assert table["n_units"].tolist() == [2, 1]
    assert table["n_informants"].tolist() == [6, 2]
    assert table["n_without_answers"].tolist() == [1, 0]
    assert table["complete"].tolist() == [True, False]
    assert table["share"].tolist() == [2 / 3, 1 / 3]
    assert table["n_informants"].sum() == read.n_informants
    assert "1 of 3 units lack at least one role; they are kept" in read.notes
    assert "1 of 8 informants answered no item; they are kept" in read.notes


def test_labels_of_both_languages_and_of_the_user(frame, small):
    told = frame.astype(object)
    told.loc[0, "F_1"] = "  strongly   DISAGREE "
    told.loc[0, "F_2"] = "Stimme nicht zu"
    told.loc[2, "S_1"] = "Kann ich nicht beurteilen"
    told.loc[0, "F_3"] = "absolutely"
    mapping = ColumnMapping(labels={"en": {"absolutely": 5}})
    assert responses_from_frame(told, small, mapping).same_answers(responses_from_frame(frame, small))


@pytest.mark.parametrize("word", ["NA", "n/a", ".", " ", "not_answered"])
def test_words_for_nothing_are_not_answered(frame, small, word):
    told = frame.astype(object)
    told.loc[3, "F_2"] = word
    assert responses_from_frame(told, small).same_answers(responses_from_frame(frame, small))


def test_user_missing_codes_and_words(frame, small):
    told = frame.astype(object)
    told.loc[3, "F_2"] = -99
    told.loc[4, "F_2"] = "refused"
    told.loc[4, "F_3"] = -98
    mapping = ColumnMapping.model_validate(
        {"missing": {-99: "user_missing", "refused": "user_missing", "-98": "cannot_judge"}}
    )
    reasons = responses_from_frame(told, small, mapping).missing_reason
    assert reasons.loc[3, "F_2"] == "user_missing"
    assert reasons.loc[4, "F_2"] == "user_missing"
    assert reasons.loc[4, "F_3"] == "cannot_judge"


def test_own_column_names(frame, small):
    other = frame.rename(
        columns={"unit": "BU", "firm": "company", "role": "function", "informant": "id", "F_1": "q1"}
    )
    mapping = ColumnMapping(unit="BU", firm="company", role="function", informant="id", items={"F_1": "q1"})
    assert responses_from_frame(other, small, mapping).same_answers(responses_from_frame(frame, small))


def test_roles_are_understood_in_any_case_language_and_by_the_mapping(frame, small):
    other = frame.copy()
    other["role"] = ["Marketing", " Vertrieb ", "I", "M", "SALES", "IT", "mkt", "s"]
    mapping = ColumnMapping(roles={"MKT": "marketing"})
    assert responses_from_frame(other, small, mapping).same_answers(responses_from_frame(frame, small))


def test_optional_columns_may_be_absent(frame, small):
    read = responses_from_frame(frame.drop(columns=["firm", "informant"]), small)
    assert read.n_firms == 0
    assert read.data["firm"].isna().all()
    assert read.data["informant"].tolist()[:2] == ["u1:marketing", "u1:sales"]


def test_ids_are_the_same_in_every_format(frame, small, tmp_path):
    numbered = frame.assign(unit=[1, 1, 1, 2, 2, 2, 3, 3])
    for ending in (".csv", ".xlsx", ".parquet"):
        read = read_responses(write(numbered, tmp_path / f"n{ending}"), small)
        assert read.units.index.tolist() == ["1", "2", "3"]
    spss = numbered.astype(dict.fromkeys(["unit", *ITEMS], "float64"))
    pyreadstat.write_sav(spss, tmp_path / "n.sav")
    assert read_responses(tmp_path / "n.sav", small).units.index.tolist() == ["1", "2", "3"]


def wide_of(frame):
    foreign = {"marketing": ["K_3"], "sales": [], "it": ["K_1", "K_2", "K_3"]}
    blocks = [
        rows.set_index("unit")[["informant", *ITEMS]].drop(columns=foreign[role]).add_suffix(f"@{role}")
        for role, rows in frame.groupby("role", sort=False)
    ]
    units = frame.drop_duplicates("unit")[["unit", "firm"]]
    return units.join(pd.concat(blocks, axis=1), on="unit")


def test_wide_layout(frame, small, tmp_path):
    path = tmp_path / "wide.csv"
    wide_of(frame).to_csv(path, index=False)
    read = read_responses(path, small, layout="wide")
    assert read.same_answers(responses_from_frame(frame, small))


def test_wide_layout_with_own_pattern_and_role_words(frame, small):
    table = wide_of(frame)
    words = {"marketing": "MKT", "sales": "VT", "it": "IT"}
    table.columns = [
        f"{words[name.split('@')[1]]}_{name.split('@')[0]}" if "@" in name else name for name in table.columns
    ]
    mapping = ColumnMapping(wide_pattern="{role}_{item}", roles={"MKT": "marketing", "VT": "sales"})
    read = responses_from_frame(table, small, mapping, layout="wide")
    assert read.same_answers(responses_from_frame(frame, small))


def test_wide_layout_without_ids_knows_informants_by_their_answers(frame, small):
    table = wide_of(frame)
    table = table.drop(columns=[name for name in table if name.startswith("informant@")])
    read = responses_from_frame(table, small, layout="wide")
    # The silent IT informant of u2 cannot be told from a missing one.
    assert read.n_informants == 7
    assert read.data["informant"].tolist()[:3] == ["u1:marketing", "u1:sales", "u1:it"]


def test_a_role_without_columns_was_not_surveyed(frame, small):
    table = wide_of(frame)
    table = table.drop(columns=[name for name in table if name.endswith("@it")])
    read = responses_from_frame(table, small, layout="wide")
    assert read.data["role"].unique().tolist() == ["marketing", "sales"]
    assert read.completeness()["complete"].tolist() == [False]


def test_unit_variables_in_the_same_file(frame, small):
    same = frame.assign(size=[10, 10, None, 20, 20, 20, 30, 30], branch=["x"] * 3 + ["y"] * 5)
    mapping = ColumnMapping(units={"employees": "size", "branch": "branch"})
    read = responses_from_frame(same, small, mapping)
    assert read.units["employees"].tolist() == [10.0, 20.0, 30.0]
    assert read.units["branch"].tolist() == ["x", "y", "y"]


def test_separate_units_file_with_firm(frame, small, tmp_path):
    frame.drop(columns="firm").to_csv(tmp_path / "answers.csv", index=False)
    (tmp_path / "units.csv").write_text(
        "unit;firm;retention;zip\nu2;B;0,75;01099\nu1;A;0,5;80331\nu9;C;1;1\nu3;B;;04109\n"
    )
    read = read_responses(tmp_path / "answers.csv", small, units_path=tmp_path / "units.csv")
    assert read.units["retention"].tolist()[:2] == [0.5, 0.75]
    assert np.isnan(read.units.loc["u3", "retention"])
    assert read.units["zip"].tolist() == ["80331", "01099", "04109"]
    assert read.data["firm"].tolist() == ["A"] * 3 + ["B"] * 5
    assert any("1 unit of" in note and "no informants" in note for note in read.notes)
    assert read.source.units_file == "units.csv"
    assert len(read.source.units_sha256) == 64


def test_informant_variables_keep_their_row(frame, small):
    more = frame.assign(tenure=range(8), language=["en", "de"] * 4)
    read = responses_from_frame(more, small, ColumnMapping(informants=["tenure", "language"]))
    assert read.informants["tenure"].tolist() == list(range(8))
    assert read.informants["language"].tolist() == ["en", "de"] * 4


def test_answers_of_roles_that_are_not_asked_can_be_set_aside(frame, small):
    more = frame.copy()
    more.loc[2, "K_1"] = 4
    read = responses_from_frame(more, small, ColumnMapping(inapplicable="ignore"))
    assert np.isnan(read.data.loc[2, "K_1"])
    assert read.missing_reason.loc[2, "K_1"] == "not_applicable"
    assert "1 answer to an item not meant for the role was set aside" in read.notes


def test_ignored_and_not_asked_columns(frame, small):
    more = frame.drop(columns=["K_1", "K_2", "K_3"]).assign(date="2024", comment_1="x", comment_2="y")
    mapping = ColumnMapping(ignore=("date", "comment_*"), not_asked=("customer",))
    read = responses_from_frame(more, small, mapping)
    assert "customer" not in read.scores()
    assert "3 columns were ignored as the mapping says" in read.notes


def answers_for(scales, form, attribute_set):
    rows = []
    for role in ("marketing", "sales", "it"):
        row = {"unit": "u", "role": role}
        for scale in scales:
            chosen = form if form in scale.forms else "full"
            for item in scale.items_for(chosen, attribute_set):
                row[item.id] = 4 if role in item.roles else None
        rows.append(row)
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("attribute_set", "n"), [("20", 80), ("21", 84)])
def test_attribute_set_chooses_items_and_scores(attribute_set, n):
    scale = load_scale("comply")
    read = responses_from_frame(
        answers_for([scale], "full", attribute_set), scale, attribute_set=attribute_set
    )
    assert len(read.items()) == n
    assert ("innovativeness" in read.scores().columns) == (attribute_set == "21")
    assert read.attribute_set == attribute_set


def test_items_of_the_larger_set_are_left_out_of_the_smaller():
    scale = load_scale("comply")
    read = responses_from_frame(answers_for([scale], "full", "21"), scale)
    assert read.attribute_set == "20"
    assert len(read.items()) == 80
    assert "4 columns of items outside the form or attribute set were left out" in read.notes


@pytest.mark.parametrize("form", ["short", "journey"])
def test_forms_and_scales_without_them(form):
    scales = [load_scale("comply"), load_scale("smsc"), load_scale("marker")]
    read = responses_from_frame(answers_for(scales, form, None), scales, form=form)
    assert read.form == form
    lacking = [scale.key for scale in scales if form not in scale.forms]
    assert [note.split()[1] for note in read.notes if "has no form" in note] == lacking
    scores = read.scores("dimension", "comply")
    assert list(scores.columns[3:]) == ["C", "O", "M", "P", "L", "Y"]
    assert scores.iloc[:, 3:].notna().all(axis=None)


def test_unknown_switches(frame, small):
    with pytest.raises(ComplyError, match="form"):
        responses_from_frame(frame, small, form="fulll")
    with pytest.raises(ComplyError, match="layout"):
        responses_from_frame(frame, small, layout="lnog")
    with pytest.raises(ComplyError, match="attribute set"):
        responses_from_frame(
            answers_for([load_scale("comply")], "full", "20"), load_scale("comply"), attribute_set="22"
        )
    with pytest.raises(ComplyError, match="at least one scale"):
        responses_from_frame(frame, [])


def test_german_excel_csv(frame, small, tmp_path):
    path = tmp_path / "deutsch.csv"
    more = frame.assign(anteil=[0.5] * 3 + [0.25] * 3 + [1.0] * 2)
    text = more.to_csv(index=False, sep=";", decimal=",", float_format="%.2f")
    path.write_bytes(b"\xef\xbb\xbf" + text.replace(";1;", ";1,0;").encode())
    read = read_responses(path, small, ColumnMapping(units=["anteil"]))
    assert read.same_answers(responses_from_frame(more, small, ColumnMapping(units=["anteil"])))
    assert read.units["anteil"].tolist() == [0.5, 0.25, 1.0]


def test_units_that_look_alike_are_noted(frame, small):
    other = frame.copy()
    other.loc[6, "unit"] = "U3"
    read = responses_from_frame(other, small)
    assert "units 'U3' and 'u3' differ only in case or blanks" in read.notes


def test_units_that_are_one_number_are_noted(frame, small, tmp_path):
    other = frame.copy()
    other["unit"] = ["1", "1.0", "01", "2", "2", "2", "10", "10"]
    path = tmp_path / "numbers.csv"
    other.to_csv(path, index=False)
    read = read_responses(path, small)
    assert "units '1' and '1.0' are one number" in read.notes
    assert "units '1' and '01' are one number" in read.notes
    assert not any("'10'" in note for note in read.notes)


@pytest.mark.parametrize("mark", ["\u200b", "\u200f", "\u202e", "\u00ad", "\u2066", "\ufeff"])
def test_invisible_marks_around_titles_and_units_are_no_part_of_them(frame, small, tmp_path, mark):
    path = tmp_path / "marks.csv"
    text = frame.to_csv(index=False)
    path.write_text(
        text.replace("F_1", f"{mark}F_1{mark}", 1).replace("u1,", f"{mark}u1{mark} ,", 1), "utf-8"
    )
    assert read_responses(path, small).same_answers(responses_from_frame(frame, small))


def test_stated_format(frame, small, tmp_path):
    path = tmp_path / "a.csv"
    frame.assign(firm="Käfer").to_csv(path, index=False, sep="|", encoding="cp1252")
    read = read_responses(path, small, file_format=FileFormat(encoding="cp1252", delimiter="|"))
    assert read.data["firm"].unique().tolist() == ["Käfer"]
