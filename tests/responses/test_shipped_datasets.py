"""The data sets that ship: found by name, described, read, and true to their source."""

from __future__ import annotations

import pytest

from comply_measure import responses
from comply_measure.errors import ComplyError, InputError
from comply_measure.responses.datasets import read_description
from comply_measure.responses.tables import read_typed_table


def test_every_data_set_has_description_licence_and_readme():
    names = responses.list_datasets()
    assert {"comply_informants", "smsc_informants"} <= set(names)
    for name in names:
        description = responses.describe_dataset(name)
        readme = (responses.dataset_path(name) / description.readme).read_text(encoding="utf-8")
        assert description.source
        assert description.licence
        assert "**Source.**" in readme or "Source" in readme
        assert "icence" in readme


def test_selling_center_informants():
    table = responses.load_dataset("smsc_informants")
    assert len(table) == 29
    sales, marketing = table["sales_experience_years"], table["marketing_experience_years"]
    assert (sales.sum(), marketing.sum()) == (116, 167)
    means = [sales.mean(), marketing.mean(), (sales + marketing).mean()]
    # The article's table prints 4.0, 5.7 and (added up) 9.7: the means cut off after one decimal.
    assert [int(mean * 10) / 10 for mean in means] == [4.0, 5.7, 9.7]
    # Its text prints 9.8: the mean rounded.
    assert [round(mean, 1) for mean in means] == [4.0, 5.8, 9.8]
    assert "9.8" in (responses.dataset_path("smsc_informants") / "README.md").read_text(encoding="utf-8")
    assert table["case"].tolist() == list(range(1, 30))
    assert table.dtypes["age"] == "int64"
    assert table.dtypes["sales_experience_years"] == "float64"
    assert set(table["gender"]) == {"F", "M"}


def test_comply_informants_are_four_triads():
    table = responses.load_dataset("comply_informants")
    assert len(table) == 12
    assert table.groupby("triad")["role"].apply(list).tolist() == [["marketing", "sales", "it"]] * 4
    assert table.groupby("triad")["business_unit"].nunique().tolist() == [1] * 4


def test_codebook_of_the_readme_names_every_column():
    for name in ("comply_informants", "smsc_informants"):
        readme = (responses.dataset_path(name) / "README.md").read_text(encoding="utf-8")
        assert all(f"`{column}`" in readme for column in responses.describe_dataset(name).columns)


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(ComplyError, match="did you mean 'smsc_informants'"):
        responses.load_dataset("smsc_informant")


DESCRIPTION = """
title: Own
kind: table
file: data.csv
source: us
licence: CC0-1.0
columns: {x: {type: integer, label: X}}
"""


def test_faults_of_a_description_come_at_once(tmp_path, problems):
    path = tmp_path / "dataset.yaml"
    path.write_text(DESCRIPTION.replace("licence", "licnce").replace("data.csv", "../data.csv"))
    found = problems(read_description, path)
    assert {p.column for p in found} == {"licnce", "licence", "file"}
    path.write_text(DESCRIPTION)
    found = problems(read_description, path)
    assert [(p.column, p.value) for p in found] == [("file", "data.csv"), ("readme", "README.md")]


@pytest.mark.parametrize("inner", ["/etc/passwd", "a/../../b", "..\\\\b"])
def test_files_stay_in_the_folder(tmp_path, inner):
    path = tmp_path / "dataset.yaml"
    path.write_text(DESCRIPTION.replace("data.csv", f'"{inner}"'))
    with pytest.raises(InputError, match="must lie in the data set's folder"):
        read_description(path)


def test_responses_name_scales_and_tables_name_columns(tmp_path, problems):
    path = tmp_path / "dataset.yaml"
    path.write_text("title: t\nkind: responses\nfile: a.csv\nsource: s\nlicence: l\n")
    assert "names its scales" in problems(read_description, path)[0].message
    path.write_text("title: t\nkind: table\nfile: a.csv\nsource: s\nlicence: l\n")
    assert "names its columns" in problems(read_description, path)[0].message


def test_a_mapping_in_a_description_is_checked(tmp_path, problems):
    path = tmp_path / "dataset.yaml"
    text = "title: t\nkind: responses\nfile: a.csv\nsource: s\nlicence: l\nscales: [comply]\n"
    path.write_text(text + 'mapping: {unti: bu, wide_pattern: "{item}"}\n')
    found = {p.column: p.message for p in problems(read_description, path)}
    assert "did you mean 'unit'" in found["mapping.unti"]
    assert "must name {item} and {role}" in found["mapping.wide_pattern"]


def test_typed_tables_report_every_cell(tmp_path, problems):
    path = tmp_path / "a.csv"
    path.write_text("n,x,t\n1,0.5,a\n1.5,b,\n,inf,=c\n")
    found = problems(read_typed_table, path, {"n": "integer", "x": "number", "t": "text"})
    assert [(p.row, p.column, p.value) for p in found] == [(3, "n", "1.5"), (3, "x", "b"), (4, "x", "inf")]
    path.write_text("n,y\n1,2\n")
    found = problems(read_typed_table, path, {"n": "integer", "x": "number"})
    assert [p.column for p in found] == ["x", "y"]


def test_the_simulated_study_is_read_as_responses(tmp_path):
    study = responses.load_dataset("msi_triads")
    assert isinstance(study, responses.Responses)
    assert (study.n_units, study.attribute_set, study.form) == (240, "20", "full")
    assert study.completeness()["n_informants"].sum() == study.n_informants == len(study.data)
    assert {scale.key for scale in study.scales} == {"comply", "smsc", "marker", "desirability"}
    assert (study.n_informants, study.n_people) == (667, 752)
    study.write_csv(tmp_path / "a.csv", "long")
    mapping = responses.ColumnMapping(units=list(study.units.columns))
    again = responses.read_responses(tmp_path / "a.csv", study.scales, mapping, informants="first")
    assert again.same_answers(study)


def test_another_attribute_set_of_a_data_set():
    wider = responses.load_dataset("msi_triads", attribute_set="21")
    assert len(wider.items("comply")) == len(responses.load_dataset("msi_triads").items("comply")) + 4
    assert "innovativeness" in wider.scores("attribute", "comply")
