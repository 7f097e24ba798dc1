"""Study files: every fault at once, with line and nearest key; nothing outside the folder is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import DIMENSIONS

from comply_measure.documents.confined import confined
from comply_measure.errors import ComplyError, InputError
from comply_measure.pipeline import STEPS, Store, load_study, run_study

HEAD = "format: comply-measure study 1\ntitle: T\n"


def faults(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_study(path, STEPS)
    return str(caught.value)


def test_a_study_with_its_own_data(own_study: Path) -> None:
    study = load_study(own_study, STEPS)
    assert study.name == "study"
    assert set(study.inputs) == {"answers.csv", "scale duo (duo.yaml)"}
    assert "structure" not in study.steps
    assert "smsc" in study.left_out["structure"]
    assert study.read().n_units == 60
    assert study.output() == Path("results/study")


def test_a_study_on_a_shipped_data_set(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(HEAD + "dataset: msi_triads\nattribute_set: '21'\nsteps: [gaps]\n", encoding="utf-8")
    study = load_study(path, STEPS)
    assert list(study.steps) == ["gaps"]
    assert study.left_out == {}
    assert "msi_triads/responses.csv" in study.inputs
    assert study.read().attribute_set == "21"


def test_variables_of_the_units_are_printed_under_their_labels(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    text = HEAD + "dataset: msi_triads\nsteps: [sample]\nvariables: {size: Employees}\n"
    path.write_text(text, encoding="utf-8")
    run = run_study(path, out=tmp_path / "out")
    shown = run.tables["sample_units"]
    by_name = dict(zip(shown["variable"], shown["label"], strict=True))
    assert (by_name["size"], by_name["customer_type"]) == ("Employees", "Customer type")
    path.write_text(text.replace("Employees", "Staff"), encoding="utf-8")
    again = run_study(path, out=tmp_path / "out")
    assert "Staff" in set(again.tables["sample_units"]["label"])
    assert again.outcomes["sample"].status == "printed"


def test_a_step_on_stages_needs_a_form_that_asks_about_them(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(HEAD + "dataset: msi_triads\n", encoding="utf-8")
    study = load_study(path, STEPS)
    assert "journey" not in study.steps
    assert study.left_out["journey"] == "no form was asked that has items about stages (journey)"
    path.write_text(HEAD + "dataset: journey_triads\n", encoding="utf-8")
    assert "journey" in load_study(path, STEPS).steps
    path.write_text(HEAD + "dataset: journey_triads\nform: full\nsteps: [journey]\n", encoding="utf-8")
    with pytest.raises(InputError, match="no form was asked that has items about stages"):
        load_study(path, STEPS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("titel: X\ndataset: msi_triads\n", ("row 3", "'titel'", "did you mean 'title'")),
        ("dataset: msi_triad\n", ("row 3", "did you mean 'msi_triads'")),
        ("dataset: smsc_informants\ndata: {file: x.csv}\n", ("either a shipped dataset or its own data",)),
        ("dataset: msi_triads\nscales: [comply]\n", ("names its own scales",)),
        ("data: {file: x.csv}\nscales: [comply]\n", ("row 3", "no such file")),
        ("dataset: msi_triads\nattribute_set: '22'\n", ("attribute set", "known: 20, 21")),
        ("dataset: msi_triads\nlanguage: fr\n", ("unknown language 'fr'",)),
        (
            "dataset: msi_triads\nvariables: {customer_typ: Kind}\n",
            ("row 4", "unknown variable of the units 'customer_typ'", "did you mean 'customer_type'"),
        ),
        ("dataset: msi_triads\nform: fulll\n", ("did you mean 'full'",)),
        ("dataset: msi_triads\ncutoffs: {cfy: 0.9}\n", ("row 4", "did you mean 'cfi'")),
        ("dataset: msi_triads\nsteps: [gapz]\n", ("row 4", "did you mean 'gaps'")),
        ("dataset: msi_triads\noptions: {gapz: {}}\n", ("did you mean 'gaps'",)),
        (
            "dataset: msi_triads\noptions: {gaps: {alhpa: 0.01}}\n",
            ("options.gaps.alhpa", "did you mean 'alpha'"),
        ),
        ("dataset: msi_triads\noptions: {gaps: {alpha: 2}}\n", ("options.gaps.alpha", "less than 1")),
        ("dataset: msi_triads\noptions: {cfa: {engine: semopy, missing: ml}}\n", ("missing: listwise",)),
        ("dataset: msi_triads\noptions: {cfa: {estimator: ML, cluster: unit}}\n", ("use estimator: MLR",)),
        ("dataset: msi_triads\nseed: -1\n", ("'seed'",)),
        ("dataset: msi_triads\nsteps: []\n", ("no step is named",)),
        ("dataset: msi_triads\noutput: ../elsewhere\n", ("leads outside",)),
    ],
)
def test_faults_name_place_value_and_what_is_allowed(
    tmp_path: Path, text: str, expected: tuple[str, ...]
) -> None:
    message = faults(tmp_path / "s.yaml", HEAD + text)
    for part in expected:
        assert part in message


def test_all_faults_are_listed_at_once(own_study: Path) -> None:
    text = own_study.read_text(encoding="utf-8").replace("answers.csv", "../answers.csv")
    message = faults(own_study, text + "cutoffs: {cfy: 1}\nlanguage: xx\nsteps: [itemz]\nform: f\n")
    for part in ("leads outside", "did you mean 'cfi'", "unknown language", "did you mean 'items'", "form"):
        assert part in message


def test_a_step_that_does_not_apply_is_refused_when_named(own_study: Path) -> None:
    text = own_study.read_text(encoding="utf-8") + "steps: [structure]\n"
    refused = "the step does not apply: the model built in needs the constructs of the scale smsc"
    assert refused in faults(own_study, text)
    # what else its options name is no matter then
    found = faults(own_study, text + "options:\n  structure: {scale: dua}\n")
    assert refused in found
    assert "dua" not in found


def test_options_that_fit_an_engine_follow_from_it(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(HEAD + "dataset: msi_triads\noptions: {cfa: {engine: semopy}}\n", encoding="utf-8")
    options = load_study(path, STEPS).steps["cfa"].model_dump()
    assert (options["estimator"], options["missing"], options["cluster"]) == ("ML", "listwise", "none")


@pytest.mark.parametrize(
    "text",
    [
        "dataset: !!python/object/apply:os.system ['true']\n",
        "dataset: &a [x]\ndescription: !include secret\n",
        "<<: {dataset: msi_triads}\n",
        "dataset: msi_triads\ndataset: msi_triads\n",
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(8)),
    ],
)
def test_tags_merge_keys_and_anchor_bombs_are_refused(tmp_path: Path, text: str) -> None:
    assert "cannot be read as YAML" in faults(tmp_path / "s.yaml", HEAD + text)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "C:\\data.csv",
        "sub\\..\\x.csv",
        "~/x.csv",
        "a/../../x.csv",
        "",
        "x\0y",
    ],
)
def test_paths_that_lead_outside_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ComplyError, match="allowed: a relative path inside"):
        confined(tmp_path, name)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, own_study: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("unit,role\n", encoding="utf-8")
    (own_study.parent / "link.csv").symlink_to(secret)
    text = own_study.read_text(encoding="utf-8").replace("answers.csv", "link.csv")
    assert "a symbolic link leads outside" in faults(own_study, text)


def test_paths_inside_are_resolved_from_the_study_file(own_study: Path) -> None:
    folder = own_study.parent
    assert confined(folder, "sub/./x.csv") == (folder / "sub" / "x.csv").resolve()


def test_hypotheses_need_no_selling_center(own_study: Path) -> None:
    """A scale of the study's own, one path between two of its dimensions: the step runs and concludes."""
    text = own_study.read_text(encoding="utf-8")
    first, second = list(DIMENSIONS)[:2]
    options = f"options:\n  structure: {{hypotheses: [{{from: {first}, to: {second}}}], compare: false}}\n"
    own_study.write_text(text + options, encoding="utf-8")
    study = load_study(own_study, STEPS)
    assert "structure" in study.steps
    run = run_study(study, STEPS, Store(own_study.parent / "cache"), wanted=["structure"])
    assert run.outcomes["structure"].status == "done"
    assert len(run.outputs["structure"].tables["structure_hypotheses"].data) == 1
