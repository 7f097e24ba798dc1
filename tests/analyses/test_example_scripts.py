"""The example scripts run as a user runs them, on the shipped study and on a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd

from comply_measure.responses import dataset_path

ANALYSES = Path(__file__).parents[2] / "analyses"


def run(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ANALYSES / script), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_gaps_from_responses(tmp_path: Path) -> None:
    shown = run("gaps_from_responses.py")
    assert shown.splitlines()[0].split()[:3] == ["column", "pair", "n_units"]
    assert len(shown.splitlines()) == 1 + 6 * 3


def test_gaps_from_a_file_are_those_of_the_shipped_study(tmp_path: Path) -> None:
    answers = pd.read_csv(dataset_path("msi_triads") / "responses.csv", dtype=str)
    other = [
        c
        for c in answers.columns
        if c[:2] in ("MP", "SP", "JP", "JF", "PF", "MF", "CF", "SB", "MB", "CD", "MD")
    ]
    other += [c for c in answers.columns if c.startswith(("SD_", "MK_", "DES_"))]
    answers.drop(columns=other).to_csv(tmp_path / "answers.csv", index=False)
    run("gaps_from_responses.py", str(tmp_path / "answers.csv"), str(tmp_path / "gaps.csv"))
    table = pd.read_csv(tmp_path / "gaps.csv")
    assert len(table) == 18
    first = table.iloc[0]
    assert (first["column"], first["pair"], first["n_units"]) == ("C", "marketing - sales", 215)
    assert abs(first["mean"] - 0.239599) < 1e-6


def test_alignment_to_structure() -> None:
    shown = run("alignment_to_structure.py")
    assert "converged" in shown
    assert "joint_preparation  ~" in shown
    assert "indirect_salesperson_benefits :=" in shown
    # What the engine says against the fit is shown, and it is this only: 60 firms for 76 parameters.
    warnings = [line for line in shown.splitlines() if line.startswith("!")]
    assert len(warnings) == 1
    assert warnings[0].startswith("! 60 clusters for 76 parameters")
