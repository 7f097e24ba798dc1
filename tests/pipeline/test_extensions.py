"""A statistic and a chapter of another package: found, computed, printed, cached, without a change here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import comply_measure
from comply_measure.errors import ComplyError
from comply_measure.evidence import verdicts
from comply_measure.pipeline.extensions import with_extensions
from comply_measure.pipeline.fingerprint import source_digest
from comply_measure.pipeline.registry import STEPS

ROOT = Path(comply_measure.__file__).parents[1]

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
#: The topic and the chapter that the page shows, in one file; and how it is declared.
TOY = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
DECLARED = re.findall(r"```toml\n.*?\n(.*?)```", PAGE, re.DOTALL)[0].replace('"', "")


@pytest.fixture(autouse=True)
def rules_are_taken_back() -> Iterator[None]:
    """Rules of the toy package are known to no other test."""
    yield
    for key in [key for key in verdicts._RULES if key.startswith("spread.")]:
        del verdicts._RULES[key]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of installed packages with one that declares the step ``spread``."""
    folder = tmp_path / "site"
    info = folder / "toy_spread-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: toy-spread\nVersion: 1.2\n", encoding="utf-8"
    )
    (info / "entry_points.txt").write_text(f"[comply_measure.steps]\n{DECLARED}", encoding="utf-8")
    (folder / "toy_spread.py").write_text(TOY, encoding="utf-8")
    return folder


def run(study: Path, site: Path, *more: str) -> dict:
    """Run the study with the toy installed; its manifest."""
    out = study.parent / "out"
    command = [
        sys.executable,
        "-m",
        "comply_measure",
        "run",
        str(study),
        "--out",
        str(out),
        "--steps",
        "spread",
    ]
    where = os.pathsep.join([str(ROOT), str(site)])
    done = subprocess.run(
        [*command, *more],
        env={**os.environ, "PYTHONPATH": where},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads((out / "manifest.json").read_text(encoding="utf-8"))


def test_a_statistic_from_outside_gives_right_numbers(own_study: Path, site: Path) -> None:
    with own_study.open("a", encoding="utf-8") as stream:
        stream.write("options: {spread: {times: 2}}\n")
    first = run(own_study, site)
    assert first["steps"]["spread"]["status"] == "done"
    assert first["software"]["toy-spread"] == "1.2"
    # The numbers are checked against the answers themselves, without the package.
    answers = pd.read_csv(own_study.parent / "answers.csv")
    reverse = [name for name in answers if name.endswith("3")]
    answers[reverse] = 6 - answers[reverse]
    names = {"trust": ("honesty", "care"), "flow": ("speed", "ease"), "focus": ("goals", "scope")}
    expected = {
        key: 2
        * pd.concat([answers[[f"{part}{n}" for n in (1, 2, 3)]].mean(axis=1) for part in parts], axis=1)
        .mean(axis=1)
        .std()
        for key, parts in names.items()
    }
    out = own_study.parent / "out"
    table = pd.read_csv(out / "tables" / "spread_table.csv").set_index("dimension")
    for key, value in expected.items():
        assert table.loc[key, "spread"] == pytest.approx(value, rel=1e-12)
    assert table.loc["trust", "label"] == "Trust"
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert results["steps"]["spread"]["values"]["largest"] == pytest.approx(max(expected.values()), rel=1e-12)


def test_changed_code_of_its_package_computes_anew(own_study: Path, site: Path) -> None:
    keys = [run(own_study, site)["steps"]["spread"]["key"]]
    source = site / "toy_spread.py"
    source.write_text(TOY.replace("options.times *", "3 * options.times *"), encoding="utf-8")
    again = run(own_study, site, "--jobs", "2")
    keys.append(again["steps"]["spread"]["key"])
    assert again["steps"]["spread"]["status"] == "done"
    assert keys[0] != keys[1]


def test_source_that_cannot_be_found_is_never_taken_for_the_same() -> None:
    code = (
        "from comply_measure.pipeline.fingerprint import source_digest as d; print(d('no_such_package.part'))"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
        ).stdout
        for _ in range(2)
    }
    assert len(digests) == 2
    assert source_digest("comply_measure.evidence") == ""
    assert source_digest("pytest") == source_digest("pytest.mark")


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("spread = toy_gone:STEP", "step 'spread' of package toy-spread .* cannot be loaded: ModuleNotFound"),
        ("spread = toy_spread:TOY", "cannot be loaded: AttributeError"),
        ("spread = toy_spread:chapter", "is a function, not a Step"),
        ("other = toy_spread:STEP", "is called 'spread'"),
    ],
)
def test_a_declaration_that_does_not_hold_is_named(
    site: Path, monkeypatch: pytest.MonkeyPatch, declared: str, said: str
) -> None:
    path = next(site.glob("*.dist-info")) / "entry_points.txt"
    path.write_text(f"[comply_measure.steps]\n{declared}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(site)
    monkeypatch.delitem(sys.modules, "toy_spread", raising=False)
    with pytest.raises(ComplyError, match=said):
        with_extensions(())


def test_a_name_that_is_taken_is_refused(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "toy_spread.py").write_text(TOY.replace('Topic("spread"', 'Topic("gaps"'), encoding="utf-8")
    path = next(site.glob("*.dist-info")) / "entry_points.txt"
    path.write_text("[comply_measure.steps]\ngaps = toy_spread:STEP\n", encoding="utf-8")
    monkeypatch.syspath_prepend(site)
    monkeypatch.delitem(sys.modules, "toy_spread", raising=False)
    with pytest.raises(ComplyError, match="there is a step of this name"):
        with_extensions([STEPS["gaps"]])
