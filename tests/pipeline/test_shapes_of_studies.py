"""Studies of every shape: each step runs, or is left out with its reason; nothing fails."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest
from conftest import DIMENSIONS, STUDY, answers, scale_text

from comply_measure.errors import InputError
from comply_measure.pipeline import STEPS, Store, load_study, run_study
from comply_measure.pipeline.run import Run

OPTIONS = """options:
  dimensionality: {replications: 20}
  cfa: {models: [one_factor, correlated], folds: 0}
  reliability: {replications: 0}
  rivals: {replications: 0, structures: [one_factor, correlated]}
  validity: {replications: 0, merge: false}
  invariance: {search: false}
  agreement: {bootstrap: 0}
  triads: {replications: 200, bootstrap: 0, generalizability: false}
  actions: {replications: 100}
  congruence: {latent: false}
"""
FULL = os.environ.get("COMPLY_FULL") == "1"
#: Steps that run in every shape with a role per unit and cost most of the time.
SLOW = ("reliability", "invariance", "informants", "method_variance", "validity", "rivals")
BETWEEN_ROLES = {"agreement", "triads", "gaps", "informants", "congruence", "actions"}
ITEMS = [f"{name}{k}" for names in DIMENSIONS.values() for name in names for k in (1, 2, 3)]
NEVER = {"missing_data", "method_variance"}


def run_of(rows: pd.DataFrame, folder: Path, informants: str, slow: Sequence[str]) -> Run:
    (folder / "duo.yaml").write_text(scale_text(), encoding="utf-8")
    rows.to_csv(folder / "answers.csv", index=False)
    text = STUDY.replace("{{", "{").replace("}}", "}").replace("{evil}", "")
    if informants:
        text = text.replace("{file: answers.csv}", f"{{file: answers.csv, informants: {informants}}}")
    (folder / "study.yaml").write_text(text + OPTIONS, encoding="utf-8")
    study = load_study(folder / "study.yaml", STEPS)
    return run_study(
        study, STEPS, Store(folder / "cache"), wanted=[name for name in study.steps if name not in slow]
    )


def doubled() -> pd.DataFrame:
    """Every fourth informant has a colleague in the same role, who answers one point lower where that is possible."""
    rows = answers(120)
    items = [name for name in rows.columns if name not in ("unit", "role")]
    more = rows.iloc[::4].copy()
    more[items] = (more[items] - 1).clip(lower=1)
    both = pd.concat([rows, more], ignore_index=True)
    return both.assign(informant=[f"I{k}" for k in range(len(both))])


def one_each() -> pd.DataFrame:
    return answers(60).iloc[::-1].drop_duplicates("unit").iloc[::-1]


def teams() -> pd.DataFrame:
    """Units whose informants all have one role: up to eight in a unit."""
    rows = answers(60).query("role == 'buyer'").reset_index(drop=True)
    return rows.assign(unit=[f"T{int(k**0.6)}" for k in range(len(rows))])


def silent_role() -> pd.DataFrame:
    rows = answers(60)
    return rows.assign(**{item: rows[item].where(rows["role"] == "buyer") for item in ITEMS})


NOBODY_ELSE = "no unit has two informants"
NOT_WITHIN_UNITS = "no unit has informants of two roles"
SHAPES: dict[str, tuple[Callable[[], pd.DataFrame], str, dict[str, str]]] = {
    "all": (doubled, "", {}),
    "average": (doubled, "average", {}),
    "teams without roles": (
        teams,
        "",
        dict.fromkeys(BETWEEN_ROLES - {"agreement"}, "1 role") | {"invariance": "1 role"},
    ),
    "one informant per unit": (
        one_each,
        "",
        dict.fromkeys(BETWEEN_ROLES | {"invariance"}, NOT_WITHIN_UNITS) | {"agreement": NOBODY_ELSE},
    ),
    "one role": (
        lambda: answers(60)[lambda d: d["role"] == "buyer"],
        "",
        dict.fromkeys(BETWEEN_ROLES, "1 role") | {"invariance": "1 role", "agreement": NOBODY_ELSE},
    ),
    "two roles": (lambda: answers(120), "", {}),
    "a role without answers": (silent_role, "", {}),
    "nobody answered": (
        lambda: answers(12).assign(**dict.fromkeys(ITEMS, "")),
        "",
        {
            "cfa": "no cases",
            "dimensionality": "no items",
            "rivals": "no structure",
            "validity": "",
            "missing_data": "no item of the scale varies",
        },
    ),
    "one row": (
        lambda: answers(3).iloc[:1],
        "",
        dict.fromkeys(BETWEEN_ROLES, "1 role")
        | {"agreement": NOBODY_ELSE, "cfa": "one cluster", "dimensionality": "units (found 1)"},
    ),
}


def test_a_file_without_a_column_of_roles_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'role': missing column for the role"):
        run_of(answers(4).drop(columns="role"), tmp_path, "", ())


@pytest.mark.parametrize("shape", SHAPES)
def test_every_step_runs_or_is_left_out_with_its_reason(shape: str, tmp_path: Path) -> None:
    rows, informants, expected = SHAPES[shape]
    slow = () if FULL else SLOW
    run = run_of(rows(), tmp_path, informants, [name for name in slow if name not in expected])
    went = {name: (outcome.status, outcome.reason) for name, outcome in run.outcomes.items()}
    assert not {name: why for name, (status, why) in went.items() if status == "failed"}
    assert run.ok
    left_out = {name: why for name, (status, why) in went.items() if status == "skipped"}
    for name, words in expected.items():
        assert words in left_out.pop(name)
    assert set(left_out) <= NEVER
    if shape == "a role without answers":
        assert went["cfa"][0] == "done"
