"""A study with every usual fault: each has a clear line where its result would be, and the run goes on."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from comply_measure.pipeline import STEPS, Store, load_study, run_study, write_results
from comply_measure.pipeline.run import Run
from comply_measure.responses import load_dataset

ROLES = ("marketing", "sales", "it")
#: Dimension -> attribute -> items of the brief form: one dimension has a single item, one has two.
TREE = {
    "clear": {
        "digital": ("C_dig_1", "C_dig_4", "C_dig_5"),
        "active": ("C_pro_1", "C_pro_4", "C_pro_6"),
        "open": ("C_tra_1", "C_tra_4", "C_tra_3"),
    },
    "aims": {
        "defined": ("O_def_1", "O_def_2", "O_def_3"),
        "ranked": ("O_pri_1", "O_pri_4", "O_pri_6"),
        "measured": ("O_mea_1", "O_mea_5", "O_mea_3"),
    },
    "single": {"one": ("M_wil_1",)},
    "pair": {"two": ("P_acc_1", "P_acc_2")},
}
BATTERY = [
    "sample", "items", "quality", "dimensionality", "reliability", "cfa", "rivals", "validity", "invariance",
    "method_variance", "missing_data", "informants",
]  # fmt: skip
CONSTANT, EMPTY = "C_tra_3", "O_mea_3"


def scale_text() -> str:
    lines = [
        "key: faulty",
        'version: "1"',
        'title: {en: "Faulty"}',
        "languages: [en]",
        f"roles: {{{', '.join(f'{role}: {{en: {role.title()}}}' for role in ROLES)}}}",
        "response: {minimum: 1, maximum: 7, anchors: {en: [a, b, c, d, e, f, g]}}",
        "forms: {full: {title: {en: Full}}, brief: {title: {en: Brief}}}",
        "constructs:",
    ]
    lines += [f"  - {{key: {name}, label: {{en: {name.title()}}}}}" for name in TREE]
    lines += [
        f"  - {{key: {name}, label: {{en: {name.title()}}}, parent: {parent}}}"
        for parent, parts in TREE.items()
        for name in parts
    ]
    lines.append("items:")
    for parts in TREE.values():
        for name, items in parts.items():
            full = dict.fromkeys([*items, *(f"{items[0][:-1]}{number}" for number in (2, 4))])
            lines += [
                f"  - {{id: {item}, construct: {name}, keying: 1, text: {{en: Text of {item}}}, "
                f"forms: [full{', brief' if item in items else ''}], "
                "provenance: {paper: own, place: test}, rationale: Test.}"
                for item in full
            ]
    return "\n".join(lines) + "\n"


def faulty_answers() -> pd.DataFrame:
    """Sixty units of the shipped study; eight informants of IT; one item constant, one never answered."""
    data = load_dataset("msi_triads").data
    units = list(dict.fromkeys(data["unit"]))[:60]
    mine = data[data["unit"].isin(units)]
    few = mine[mine["role"] == "it"].index[8:]
    items = [item for parts in TREE.values() for names in parts.values() for item in names]
    table = mine.drop(index=few)[["unit", "firm", "role", *items]].copy()
    table[CONSTANT] = 4
    table[EMPTY] = math.nan
    return table


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    folder = tmp_path_factory.mktemp("faulty")
    (folder / "faulty.yaml").write_text(scale_text(), encoding="utf-8")
    faulty_answers().to_csv(folder / "answers.csv", index=False)
    (folder / "study.yaml").write_text(
        "format: comply-measure study 1\ntitle: Faulty\ndata: {file: answers.csv}\nscales: [faulty.yaml]\nform: brief\n"
        "options:\n  rivals: {replications: 100}\n  validity: {replications: 100}\n"
        "  reliability: {replications: 100}\n  missing_data: {imputations: 3, iterations: 3}\n"
        "  dimensionality: {replications: 50}\n  invariance: {level: scores, estimator: ML, search: false}\n",
        encoding="utf-8",
    )
    study = load_study(folder / "study.yaml", STEPS)
    run = run_study(study, STEPS, Store(folder / "cache"), wanted=BATTERY)
    write_results(run, folder / "out", jobs=1, started=datetime(2026, 1, 1, tzinfo=UTC))
    return run, folder / "out"


def notices(run: Run, step: str) -> str:
    """Every text of a step's section that is not in a table, and the notes of its tables."""
    output = run.outputs[step]
    texts = [getattr(block, "text", "") for block in output.section.blocks]
    for table in output.tables.values():
        for name in ("note", "remark"):
            if name in table.data:
                texts += [str(value) for value in table.data[name]]
    return "\n".join([*texts, *output.problems])


def test_the_run_goes_on(finished: tuple[Run, Path]) -> None:
    run, folder = finished
    failed = {name: o.reason for name, o in run.outcomes.items() if not o.ok}
    # What can be computed for no part of the scale fails as a step, in words and without a traceback.
    assert set(failed) <= {"informants"}
    assert not any(outcome.trace for outcome in run.outcomes.values())
    html = (folder / "report.html").read_text(encoding="utf-8")
    for reason in failed.values():
        assert reason.split(";")[0] in html
    assert ">nan<" not in html
    assert ">inf<" not in html


@pytest.mark.parametrize(
    ("step", "part"),
    [
        ("items", "no answers"),
        ("items", "all answers equal"),
        ("items", "one item: no rest"),
        ("quality", f"Nobody answered: {EMPTY}"),
        ("reliability", "one item"),
        ("reliability", f"{CONSTANT}: all answers equal"),
        ("reliability", f"{EMPTY}: no answers"),
        ("reliability", "fewer than 3 indicators: a one-factor model is not identified"),
        ("cfa", "did not converge"),
        ("rivals", "a specific factor of the S−1 model needs at least two indicators"),
        ("rivals", "No cut-offs were simulated"),
        ("rivals", "no overall items"),
        ("validity", "single: one item, no AVE"),
        ("validity", "no factor model; the measurement model did not converge (8 informants, 28 parameters)"),
        ("invariance", "Single: roles could not be compared: too few indicators"),
        ("invariance", "it: 8): little power"),
        ("method_variance", "no marker scale was asked"),
        ("method_variance", f"without {CONSTANT} and {EMPTY}, which do not vary"),
        ("missing_data", "Of all dimensions this one has most missing answers"),
    ],
)
def test_every_fault_has_a_clear_line(finished: tuple[Run, Path], step: str, part: str) -> None:
    assert part in notices(finished[0], step)


def test_no_number_of_a_failed_fit_is_shown(finished: tuple[Run, Path]) -> None:
    run, _ = finished
    by_role = run.outputs["rivals"].tables["rivals_by_role"].data
    stuck = by_role[~by_role["converged"]]
    assert len(stuck)
    assert stuck[["chisq", "pvalue", "rmsea", "bic"]].isna().all().all()
    assert (stuck["note"] != "").all()
    general = run.outputs["reliability"].tables["reliability_faulty_general"].data
    assert general["omega_implied"].dropna().between(0, 1).all()


def test_every_table_states_its_sample_and_its_estimator(finished: tuple[Run, Path]) -> None:
    for output in finished[0].outputs.values():
        for table in output.tables.values():
            assert table.n_units, table.key
            assert table.estimator, table.key


def test_every_null_of_the_results_has_a_reason(finished: tuple[Run, Path]) -> None:
    document = json.loads((finished[1] / "results.json").read_text(encoding="utf-8"))
    for step in document["steps"].values():
        for name, value in step.get("values", {}).items():
            assert value is not None or step["undefined_values"][name]
        for table in step.get("tables", {}).values():
            assert all(entry["reason"] for entry in table["undefined"])


def test_the_exit_code_says_whether_a_step_has_no_result(
    finished: tuple[Run, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from comply_measure.cli.run import STEP_FAILED, run_command

    folder = finished[0].study.path
    options = {"jobs": 1, "force": False, "quiet": True}
    assert run_command(folder, tmp_path / "good", "sample,quality", **options) == 0
    failing = [name for name, o in finished[0].outcomes.items() if not o.ok]
    if failing:
        assert run_command(folder, tmp_path / "bad", failing[0], **options) == STEP_FAILED
        assert f"step '{failing[0]}' failed" in capsys.readouterr().err
