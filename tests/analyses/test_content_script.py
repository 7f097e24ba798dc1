"""The content validity example runs as a user runs it, on data that its generator makes byte for byte."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ANALYSES = Path(__file__).parents[2] / "analyses"
DATA = ANALYSES / "content_validity"


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_invented_data_come_from_their_seed(tmp_path: Path) -> None:
    run(str(DATA / "make_data.py"), str(tmp_path))
    for name in ("ratings.csv", "sorts.csv", "definitions.csv"):
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()


def test_example_prints_and_writes_every_index(tmp_path: Path) -> None:
    shown = run(str(ANALYSES / "content_validity.py"), str(tmp_path))
    assert shown.startswith("Invented data")
    items = pd.read_csv(tmp_path / "items.csv").set_index("item")
    assert len(items) == 80
    for column in ("i_cvi", "kappa", "cvr", "cvr_critical", "aiken_v", "p_sa", "c_sv", "htc", "htd"):
        assert items[column].notna().all()
    # as in the tables of Ayre & Scally for panels of 8 and 9
    critical = items.groupby("n_experts")["cvr_critical"].first()
    assert critical[8] == 0.75
    assert critical[9] == pytest.approx(7 / 9)
    summary = pd.read_csv(tmp_path / "summary.csv").set_index("statistic")["value"]
    assert summary["S-CVI/Ave"] == pytest.approx(items["i_cvi"].mean())
    decisions = pd.read_csv(tmp_path / "decisions.csv")
    dropped = set(decisions.loc[decisions["decision"] == "dropped", "item"])
    # the four planted items; two more fall by chance among 76
    assert {"O_mea_3", "Y_tool_6", "M_cus_3", "L_prox_5"} <= dropped
    assert len(dropped) == 6
    sorted_out = decisions.query("decision == 'dropped' and stage == 'item sort'")["item"]
    assert set(sorted_out) == {"M_cus_3", "L_prox_5"}
    assert items.loc["L_prox_5", "most_frequent_other"] == "C"
    assert items.loc[["M_cus_3", "L_prox_5"], "htd"].max() < items["htd"].drop(list(dropped)).min()
