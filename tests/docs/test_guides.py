"""The guides of the documentation: every command and every line of code on them runs, in order."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from comply_measure.cli.app import app

DOCS = Path(__file__).parents[2] / "docs"
#: A row of a table whose second cell is one piece of code.
ROW = re.compile(r"^\| .+? \| `([^`]+)` \|", re.MULTILINE)


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def prepared(text: str) -> dict[str, object]:
    """The names that the first block of a page makes."""
    first = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert first is not None
    names: dict[str, object] = {}
    exec(compile(first[1], "guide", "exec"), names)
    return names


def test_the_tutorial_goes_from_an_spss_file_to_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = page("tutorial.md")
    names: dict[str, object] = {}
    said = ""
    for language, code in re.findall(r"```(python|bash)\n(.*?)```", text, re.DOTALL):
        if language == "python":
            exec(compile(code, "tutorial.md", "exec"), names)
            continue
        for line in code.splitlines():
            program, *arguments = line.split()
            assert program == "comply-measure"
            done = CliRunner().invoke(app, arguments)
            assert done.exit_code == 0, (line, done.output)
            said += done.output
    (printed,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    assert [line for line in printed.splitlines() if line not in said] == []
    assert "no problems found" in said
    alpha = names["run"].tables["reliability_answers_constructs"].set_index(["label", "role"])["alpha"]
    # four items of the shipped truth, one of them reversed: without its keying α would be below .3
    assert alpha["Digitalization", "All informants"] == pytest.approx(0.6577, abs=5e-4)
    for place in re.findall(r"`(results/[\w./*]+|\*\.\w+|\.\w+)`", text):
        if place.startswith("results/"):
            assert list(tmp_path.glob(place)), place
    assert (tmp_path / "package" / "SHA256SUMS").is_file()


@pytest.mark.parametrize(("name", "at_least"), [("coming-from.md", 50), ("how-to.md", 15)])
def test_every_line_of_the_tables_runs(name: str, at_least: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(DOCS.parent)
    text = page(name)
    names = prepared(text)
    lines = [line for line in ROW.findall(text) if not line.startswith("comply-measure ")]
    assert len(lines) >= at_least
    for line in lines:
        exec(compile(f"found = {line}", name, "exec"), names)
        found = names["found"]
        assert found is not None or line.startswith("print("), line
        assert not isinstance(found, pd.DataFrame) or len(found), line


def test_commands_of_the_how_to_exist() -> None:
    commands = re.findall(r"`comply-measure ([^`]+)`", page("how-to.md"))
    assert len(commands) > 5
    for command in commands:
        words = [word for word in command.split() if re.fullmatch(r"[a-z]+", word)]
        options = re.findall(r"--[a-z-]+", command)
        known = 2 if words[0] in {"study", "scale", "survey", "dataset"} else 1
        helped = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*words[:known], "--help"])
        assert helped.exit_code == 0, command
        assert [option for option in options if option not in helped.output] == [], command
