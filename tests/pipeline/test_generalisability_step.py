"""The step ``generalisability``: runs where variables are named, prints one table, refuses what units do not have."""

from __future__ import annotations

from pathlib import Path

import pytest

from comply_measure.errors import ComplyError, InputError
from comply_measure.evidence import GeneralisabilityOptions, generalisability
from comply_measure.pipeline import STEPS, Store, load_study, run_study
from comply_measure.responses import load_dataset

HEAD = "format: comply-measure study 1\ntitle: t\ndataset: msi_triads\n"


def study(folder: Path, options: str, steps: str = "steps: [generalisability]\n"):
    path = folder / "study.yaml"
    path.write_text(f"{HEAD}{steps}options: {{generalisability: {options}}}\n", encoding="utf-8")
    return load_study(path, STEPS)


def test_one_table_of_three_families(tmp_path: Path) -> None:
    options = "{variables: [region, size], logs: [size], paths: [{from: alignment, to: joint_preparation}]}"
    run = run_study(study(tmp_path, options), STEPS, Store(tmp_path / "cache"))
    output = run.outcomes["generalisability"].output
    assert output is not None
    table = output.tables["generalisability_tests"]
    assert table.data["family"].tolist() == ["level"] * 2 + ["gap"] * 6 + ["path"] * 2
    assert table.data["kind"].tolist()[:2] == ["groups", "number"]
    cells = [[cell.text for cell in row.cells] for row in table.printed.rows]
    assert cells[0][:4] == ["Mean of the roles", "Region", "groups", str(table.data["n_units"].iloc[0])]
    assert cells[1][2] == "per SD"
    assert output.values["n_gap"] == 6
    level = table.data.set_index(["family", "variable"]).sort_index()["p"]["level", "size"]
    assert level < 0.05  # planted: alignment falls with size
    assert len(output.tables["generalisability_estimates"].data) == 5 * (4 + 1)


@pytest.mark.parametrize(
    ("names", "said"),
    [((), "no variables of the units are named"), (("x",), "unknown variable of the units")],
)
def test_from_python_it_refuses_what_units_do_not_have(names: tuple[str, ...], said: str) -> None:
    with pytest.raises(ComplyError, match=said):
        generalisability(load_dataset("msi_triads"), GeneralisabilityOptions(variables=names))


def test_it_has_nothing_to_do_without_variables(tmp_path: Path) -> None:
    assert study(tmp_path, "{}", steps="").left_out["generalisability"].startswith("no variables")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("{variables: [regoin]}", "region"),
        ("{variables: [region], logs: [size]}", "not among the variables"),
        ("{variables: [region], paths: [{from: alignmnt, to: size}]}", "alignment"),
        ("{variables: [region], paths: [{from: size, to: size}]}", "lead to itself"),
    ],
)
def test_what_units_do_not_have_is_refused(tmp_path: Path, options: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        study(tmp_path, options)
