"""The comparison of two results folders: what it says of tables and values that differ, and what it lets pass."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parent / "golden_compare.py"


def folder(path: Path, tables: dict[str, str], values: dict[str, Any]) -> Path:
    (path / "tables").mkdir(parents=True)
    for name, text in tables.items():
        (path / "tables" / f"{name}.csv").write_text(text, encoding="utf-8")
    (path / "results.json").write_text(json.dumps(values), encoding="utf-8")
    return path


def compared(old: Path, new: Path, *options: str) -> tuple[int, list[str]]:
    command = [sys.executable, str(SCRIPT), str(old), str(new), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, done.stdout.splitlines()


def test_what_differs_is_named_and_the_rest_passes(tmp_path: Path) -> None:
    old = folder(
        tmp_path / "old",
        {"a": "x,y,z\n1,2,n\n3,4,m\n", "b": "x\n1\n", "c": "x\n1\n", "same": "x\n1\n"},
        {"p": 0.5, "gone": 1, "table": {"columns": ["x"], "rows": [[1]], "title": "T"}, "list": [1, 2]},
    )
    new = folder(
        tmp_path / "new",
        {"a": "y,x,w\n2,1.001,n\n4,3,m\n", "b": "x\n1\n2\n", "d": "x\n1\n", "same": "x\n1\n"},
        {"p": 0.4, "table": {"columns": ["y"], "rows": [[2]], "title": "U"}, "list": [1, 2, 3]},
    )
    expected = [
        "tables/a.csv: columns only in old: z",
        "tables/a.csv: columns only in new: w",
        "tables/a.csv: x: 1 cells differ, by up to 0.000999",
        "tables/b.csv: 1 rows, now 2",
        "tables/c.csv: only in old",
        "tables/d.csv: only in new",
        "results.json: /gone: only in old",
        "results.json: /list/2: only in new",
        "results.json: /p: 0.5, now 0.4 (0.2)",
        "results.json: /table/title: 'T', now 'U' (inf)",
    ]
    assert compared(old, new) == (1, expected)
    assert compared(old, new, "--tolerance", "0.01") == (1, [e for e in expected if ": x: 1 cells" not in e])
    assert compared(old, old) == (0, ["no differences"])
