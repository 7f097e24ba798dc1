"""Replication packages: what they hold, that they are the same twice, and what verify names."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from duo import answers, scale_text

from comply_measure.cli import main
from comply_measure.errors import ComplyError, InputError
from comply_measure.pipeline import STEPS, load_study, run_study, verify_package, write_package
from comply_measure.pipeline.replication import differences
from comply_measure.pipeline.replication.cost import Cost, storage_class
from comply_measure.pipeline.replication.versions import differing, lock_text, locked
from comply_measure.report.translation.translator import translator

STUDY = """format: comply-measure study 1
title: "Dyads in print"
data: {{file: answers.csv}}
scales: [duo.yaml]
seed: 3
steps: [sample, items, gaps]
options:
  gaps: {{alpha: 0.05}}
package:
  authors: [A. Author, B. Author]
  data_licence: CC0-1.0
  data: {data}
  access: Write to the authors.
registration:
  url: https://example.org/plan
  date: 2026-01-15
  steps: {{sample: , gaps: {{alpha: 0.01}}, cfa: }}
  deviations: {{cfa: Left for another paper.}}
"""
NAMED = (
    "README.md", "study.yaml", "answers.csv", "duo.yaml", "requirements.lock", "references.bib", "CITATION.cff",
    "LICENSE.txt", "SHA256SUMS", "package.json", "exhibits.csv", "deviations.csv", "codebook/codebook.csv",
    "codebook/datapackage.json", "codebook/dataset_description.json", "codebook/data/study-study_data.csv",
    "codebook/study.sav", "codebook/study.dta", "questionnaire/buyer_en.csv", "questionnaire/seller_en.csv",
    "moments/duo_items.csv", "moments/duo_items_buyer.csv", "moments/duo_scores_by_role.csv", "results/report.html",
    "results/results.json", "results/tables.docx", "results/tables/gaps_dimensions.csv",
    "results/tables/gaps_dimensions.tex", "results/figures/gaps_profile.svg",
)  # fmt: skip


def written(folder: Path, data: str = "include") -> Path:
    folder.mkdir()
    (folder / "duo.yaml").write_text(scale_text(), encoding="utf-8")
    answers().to_csv(folder / "answers.csv", index=False)
    (folder / "study.yaml").write_text(STUDY.format(data=data), encoding="utf-8")
    return folder / "study.yaml"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    run = run_study(written(folder / "study"), out=folder / "out")
    write_package(run, folder / "first")
    return folder / "first"


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_every_named_artefact_is_there_and_not_empty(package: Path) -> None:
    assert [name for name in NAMED if not (package / name).is_file()] == []
    assert [name for name in NAMED if not (package / name).stat().st_size] == []
    listed = dict(reversed(line.split("  ")) for line in (package / "SHA256SUMS").read_text().splitlines())
    assert listed == {name: found for name, found in bytes_of(package).items() if name != "SHA256SUMS"}


def test_the_readme_has_the_parts_of_the_template(package: Path) -> None:
    text = (package / "README.md").read_text(encoding="utf-8")
    for head in ("Overview", "Data availability and provenance", "Computational requirements",
                 "Description of programs", "Instructions to replicators", "List of tables and figures",
                 "References"):  # fmt: skip
        assert f"\n## {head}\n" in text
    assert "| time of all steps | < 10 minutes |" in text
    assert "Authors: A. Author; B. Author" in text
    assert "Seed 3" in text
    assert "*Not stated; the authors add it under `package` of the study file (`ethics`).*" in text
    rows = list(csv.DictReader((package / "exhibits.csv").read_text(encoding="utf-8").splitlines()))
    assert all((package / row["file"]).is_file() for row in rows)
    assert {row["step"] for row in rows} >= {"sample", "items", "gaps"}
    # Tables of the appendix, too, are made by the step of their chapter; conclusions and symbols by the report.
    own = {row["file"] for row in rows if row["step"] == "report"}
    assert {Path(file).name for file in own} == {"report.html", "verdict_rules.csv", "verdicts.csv"}
    assert all(row["command"].endswith(f"--steps {row['step']}") for row in rows if row["step"] != "report")
    assert f"| {rows[0]['exhibit']} |" in text


def test_references_are_those_of_the_report(package: Path) -> None:
    listed = (package / "results" / "references.bib").read_text(encoding="utf-8")
    assert listed.count("\n@") + 1 > 5
    text = (package / "references.bib").read_text(encoding="utf-8")
    assert text.endswith(f"\n\n{listed}")
    keys = re.findall(r"^@\w+\{([^,]+),", text, re.MULTILINE)
    assert len(keys) == len(set(keys))
    assert keys[:1] == ["comply_measure"]
    card = (package / "README.md").read_text(encoding="utf-8").split("## References\n")[1]
    assert card.count("\n- ") == len(keys) - 1  # all but the software itself
    for doi in re.findall(r"doi = \{(.+)\}", listed):
        assert f"https://doi.org/{doi}" in card


def test_packing_twice_gives_the_same_bytes(package: Path) -> None:
    study = package.parent / "study" / "study.yaml"
    again = run_study(study, out=package.parent / "out")
    write_package(again, package.parent / "second")
    assert bytes_of(package.parent / "second") == bytes_of(package)
    anew = run_study(study, out=package.parent / "out2", force=True)
    write_package(anew, package.parent / "second")  # replaces the package that is there
    assert bytes_of(package.parent / "second") == bytes_of(package)


def test_a_plan_is_held_against_what_was_run(package: Path) -> None:
    rows = pd.read_csv(package / "deviations.csv", keep_default_na=False).set_index(["step", "option"])
    assert rows.loc[("sample", ""), "agrees"]
    assert rows.loc[("gaps", "alpha"), ["planned", "run"]].tolist() == ["0.01", "0.05"]
    assert rows.loc[("cfa", ""), ["planned", "run", "reason"]].tolist() == [
        "yes",
        "no",
        "Left for another paper.",
    ]
    assert rows.loc[("items", ""), ["planned", "run"]].tolist() == ["no", "yes"]


def test_moments_are_those_of_the_answers(package: Path) -> None:
    table = pd.read_csv(package / "moments" / "duo_items_buyer.csv").set_index(["first", "second"])
    data = answers()
    mine = data.loc[data["role"] == "buyer", ["honesty1", "honesty2", "honesty3"]]
    mine["honesty3"] = 6 - mine["honesty3"]  # keyed the other way
    covariance = np.cov(mine.to_numpy().T)
    assert table.loc[("honesty3", "honesty1"), "covariance"] == pytest.approx(covariance[2, 0], rel=1e-12)
    assert table.loc[("honesty2", "honesty2"), "n"] == len(mine)
    assert table.loc[("honesty2", "honesty1"), "mean_first"] == pytest.approx(mine["honesty2"].mean())


def test_verify_passes_and_names_what_was_changed(package: Path, tmp_path: Path) -> None:
    assert verify_package(package).ok
    broken = tmp_path / "broken"
    shutil.copytree(package, broken)
    data = pd.read_csv(broken / "answers.csv")
    before = int(data.loc[5, "speed2"])
    data.loc[5, "speed2"] = after = 1 if before > 2 else 5
    data.to_csv(broken / "answers.csv", index=False)
    study = broken / "study.yaml"
    study.write_text(study.read_text().replace("alpha: 0.05", "alpha: 0.10"), encoding="utf-8")
    (broken / "LICENSE.txt").unlink()
    (broken / "notes.txt").write_text("mine", encoding="utf-8")
    found = verify_package(broken)
    told = [str(difference) for difference in found.differences]
    assert "deleted: LICENSE.txt" in told
    assert "added: notes.txt" in told
    assert "changed: answers.csv" in told
    assert "option: study.yaml, options.gaps.alpha: 0.05 → 0.1" in told
    person = f"unit {data.loc[5, 'unit']}, role {data.loc[5, 'role']}"
    answer = [line for line in told if line.startswith("answer: ")]
    assert len(answer) == 1
    assert person in answer[0]
    assert answer[0].endswith(f"speed2: {float(before)} → {float(after)}")
    assert any(line.startswith("number: items") for line in told)
    assert not found.ok
    assert len(found.tidy()) == len(found.differences)


def test_a_changed_digit_of_a_table_is_named(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "digit"
    shutil.copytree(package, broken)
    table = broken / "results" / "tables" / "gaps_dimensions.csv"
    frame = pd.read_csv(table)
    frame.loc[1, "mean"] += 0.001
    frame.to_csv(table, index=False)
    with pytest.raises(SystemExit) as stopped:
        main(["verify", str(broken)])
    assert stopped.value.code == 1
    said = capsys.readouterr()
    assert "number: gaps_dimensions.csv, row 2, mean: " in said.err
    assert "changed: results/tables/gaps_dimensions.csv" in said.err
    assert said.err.count("number: ") == 1
    assert "the present environment (no --wheels), same versions" in said.out


def test_without_its_data_a_package_does_not_run(package: Path, tmp_path: Path) -> None:
    broken = tmp_path / "gone"
    shutil.copytree(package, broken)
    (broken / "answers.csv").unlink()
    found = verify_package(broken)
    assert [d.kind for d in found.differences] == ["deleted", "run"]
    assert "answers.csv" in found.differences[1].detail
    assert found.n_tables == 0
    (tmp_path / "other").mkdir()
    with pytest.raises(InputError, match="no file SHA256SUMS"):
        verify_package(tmp_path / "other")


def test_folders_of_others_and_failed_runs_are_refused(package: Path, tmp_path: Path) -> None:
    run = run_study(package / "study.yaml", out=tmp_path / "out", wanted=["sample"])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="other files"):
        write_package(run, tmp_path / "mine")
    with pytest.raises(ComplyError, match="results that were written"):
        write_package(run_study(package / "study.yaml", write=False, wanted=["sample"]), tmp_path / "p")


def test_the_package_of_a_german_study_is_german(tmp_path: Path) -> None:
    study = written(tmp_path / "study")
    scale = tmp_path / "study" / "duo.yaml"
    text = scale.read_text(encoding="utf-8").replace("languages: [en]", "languages: [en, de]")
    text = re.sub(r"\{en: (Buyer|Seller)\}", r"{en: \1, de: D\1}", text)
    text = re.sub(r"\{en: (\"[^\"]*\"|\[[^]]*\]|\w+)\}", r"{en: \1, de: \1}", text)
    scale.write_text(text, encoding="utf-8")
    study.write_text(study.read_text(encoding="utf-8") + "language: de\n", encoding="utf-8")
    run = run_study(study, out=tmp_path / "out")
    write_package(run, tmp_path / "package")
    told = (tmp_path / "package" / "README.md").read_text(encoding="utf-8")
    assert "# Dyads in print: Replikationspaket\n\nAutoren: A. Author; B. Author" in told
    assert "| Tabelle 1 |" in told and f"| `gaps` | {translator('de')(STEPS['gaps'].title)} |" in told
    listed = pd.read_csv(tmp_path / "package" / "exhibits.csv")["exhibit"]
    assert set(listed.str.split(" ").str[0]) == {"Tabelle", "Abbildung"}
    codebook = tmp_path / "package" / "codebook"
    assert "Einheit (ihre Auskunftspersonen" in (codebook / "codebook.csv").read_text(encoding="utf-8")
    assert '<html lang="de">' in (codebook / "codebook.html").read_text(encoding="utf-8")
    assert "| Datei | was |" in (codebook / "README.md").read_text(encoding="utf-8")
    assert "nicht angegeben" in (tmp_path / "package" / "LICENSE.txt").read_text(encoding="utf-8")
    assert verify_package(tmp_path / "package").ok
    for folder, more, head in (
        ("set", (), "| Datei | was |"),
        ("en", ("--language", "en"), "| file | what |"),
    ):
        with pytest.raises(SystemExit) as left:
            main(["study", "codebook", str(study), "--out", str(tmp_path / folder), *more])
        assert left.value.code == 0
        assert head in (tmp_path / folder / "README.md").read_text(encoding="utf-8")


def test_a_shipped_data_set_lies_in_its_package(tmp_path: Path) -> None:
    study = tmp_path / "s.yaml"
    study.write_text("format: comply-measure study 1\ntitle: T\ndataset: msi_triads\nsteps: [sample]\n")
    write_package(run_study(study, out=tmp_path / "out"), tmp_path / "package")
    document = json.loads((tmp_path / "package" / "package.json").read_text(encoding="utf-8"))["study"]
    assert document["data"]["file"] == "data/responses.csv"
    assert (tmp_path / "package" / "data" / "units.csv").is_file()
    assert (tmp_path / "package" / "scales" / "comply.yaml").is_file()
    packed = load_study(tmp_path / "package" / "study.yaml", STEPS)
    assert packed.responses.same_answers(load_study(study, STEPS).responses)
    text = (tmp_path / "package" / "README.md").read_text(encoding="utf-8")
    assert "Data: CC0-1.0." in text
    assert "### Provenance\nSimulated: comply-measure simulate population.yaml" in text
    assert "(data/, codebook/, moments/): CC0-1.0" in (tmp_path / "package" / "LICENSE.txt").read_text(
        encoding="utf-8"
    )


def test_a_stand_in_takes_the_place_of_the_answers(tmp_path: Path) -> None:
    study = written(tmp_path / "study", data="stand_in")
    package = tmp_path / "package"
    write_package(run_study(study, out=tmp_path / "out"), package)
    stored = pd.read_csv(package / "data" / "responses.csv")
    data = answers()
    assert not (package / "answers.csv").exists()
    assert sorted(stored["speed1"]) == sorted(data["speed1"])
    assert not stored["speed1"].equals(data["speed1"])
    everything = b"".join(path.read_bytes() for path in package.rglob("*") if path.is_file())
    assert b"HYPERLINK" not in everything  # an id of the data
    assert not (package / "results" / "report.html").exists()
    text = (package / "README.md").read_text(encoding="utf-8")
    assert "Write to the authors." in text
    assert "No row of the stand-in is an informant" in text
    assert verify_package(package).ok


def test_plans_are_checked_with_the_study(tmp_path: Path) -> None:
    study = written(tmp_path / "study")
    text = study.read_text(encoding="utf-8")
    study.write_text(
        text.replace("{sample: , gaps: {alpha: 0.01}", "{sampel: , gaps: {alhpa: 0.01}"), encoding="utf-8"
    )
    with pytest.raises(InputError) as refused:
        load_study(study, STEPS)
    columns = {problem.column for problem in refused.value.problems}
    assert columns == {"registration.steps.sampel", "registration.steps.gaps.alhpa"}


def test_costs_are_told_in_classes() -> None:
    assert Cost(599.0, 0.48e9).time_class == "< 10 minutes"
    assert Cost(600.0, None).time_class == "10 to 60 minutes"
    assert Cost(0.0, 1.2e9).memory_class == "< 2 GB"
    assert Cost(None, None).time_class == Cost(None, None).memory_class == "not measured"
    assert storage_class(25e6) == "25 MB to 250 MB"


def test_numbers_are_compared_and_texts_are_equal() -> None:
    assert differences.same("0.1", "0.10000000000000001")
    assert differences.same("1.0", "1.0000005")
    assert not differences.same("1.0", "1.000002")
    # where a search ends on another Python: loadings, and numbers of verdicts
    assert differences.same("0.002274798612322517", "0.002274794145911126")
    verdict = '{"ci": [0.7675284809508767, 0.9518967588772977], "n": 3, "model": "One factor"}'
    assert differences.same(verdict, verdict.replace("0.7675284809508767", "0.7675284613596657"))
    assert not differences.same(verdict, verdict.replace("0.767528", "0.767529"))
    assert not differences.same(verdict, verdict.replace("One", "Two"))
    assert not differences.same(verdict, verdict.replace('"n": 3', '"n": 4'))
    assert not differences.same(verdict, verdict.replace(', "n": 3', ""))
    assert not differences.same("[1.0]", "[1.0, 2.0]") and not differences.same(verdict, "{")
    assert not differences.same("", "0.0")
    assert not differences.same("a", "b")
    assert differences.same("0.0", "1e-16")


def test_the_lock_names_what_is_here() -> None:
    versions = locked()
    assert {"comply-measure", "numpy", "pandas", "narwhals"} <= set(versions)
    assert "pytest" not in versions
    assert differing(lock_text(versions)) == []
    assert differing("numpy==0.0.1\nno-such-thing==1.0\n")[1] == "no-such-thing 1.0, here not installed"


def test_an_environment_of_wheels_needs_them(package: Path, tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    found = verify_package(package, wheels=tmp_path / "wheels")
    assert [d.kind for d in found.differences] == ["run"]
    assert "the wheels cannot be installed" in found.differences[0].detail
