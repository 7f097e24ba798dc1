"""A study of another shape than the dyads: three roles, one often absent, several buyers, pairs of items, firms.

A marker scale, items of the informant, an overall item, answers missing for several reasons, and variables of the
units that the scores explain go with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from comply_measure.instrument import load_scale
from comply_measure.responses import ColumnMapping, Responses, responses_from_frame

#: Dimension -> attribute -> how many items it has.
SIZES = {
    "trust": {"honesty": 3, "care": 2},
    "flow": {"speed": 3, "ease": 2},
    "focus": {"goals": 2, "scope": 3},
}
REVERSED = ("honesty3", "speed3", "scope3")
ITEMS = [f"{name}{k + 1}" for own in SIZES.values() for name, size in own.items() for k in range(size)]
MARKER = ("light1", "light2", "light3")
INSIGHT = ("insight1", "insight2")
#: Each dimension as a whole.
WHOLE = {f"whole_{name}": name for name in SIZES}
_HEAD = """key: {key}
version: "1"
title: {{en: "{key}"}}
languages: [en]
roles: {{buyer: {{en: Buyer}}, seller: {{en: Seller}}, user: {{en: User}}}}
response: {{minimum: 1, maximum: 7, anchors: {{en: [a, b, c, d, e, f, g]}}}}
forms: {{full: {{title: {{en: Full}}}}}}
"""
_PROVENANCE = "forms: [full], provenance: {paper: own, place: test}, rationale: Test."


def _construct(key: str, more: str) -> str:
    return f"  - {{key: {key}, label: {{en: {key.title()}}}, {more}}}"


def _item(name: str, construct: str, more: str = "") -> str:
    keying = -1 if name in REVERSED else 1
    return f"  - {{id: {name}, construct: {construct}, keying: {keying}, text: {{en: '{name}'}}, {more}{_PROVENANCE}}}"


def scale_texts() -> dict[str, str]:
    """The focal scale and the marker, as files hold them."""
    constructs = [_construct(name, "level: dimension") for name in SIZES]
    constructs += [_construct(name, f"parent: {parent}") for parent, own in SIZES.items() for name in own]
    constructs.append(_construct("insight", "level: informant"))
    items = [_item(name, name[:-1]) for name in ITEMS]
    items += [_item(name, "insight", "kind: informant, ") for name in INSIGHT]
    items += [_item(name, key, "kind: global, ") for name, key in WHOLE.items()]
    trio = [_HEAD.format(key="trio") + "constructs:", *constructs, "items:", *items]
    light = [
        _HEAD.format(key="light") + "constructs:",
        _construct("daylight", "level: construct"),
        "items:",
        *(_item(name, "daylight") for name in MARKER),
    ]
    return {"trio": "\n".join(trio) + "\n", "light": "\n".join(light) + "\n"}


def answers(n_units: int = 120, seed: int = 5) -> pd.DataFrame:
    """A row per informant; users are missing in every third unit, every fourth unit has two buyers."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    firms = rng.normal(size=15)
    for unit in range(n_units):
        common = (
            0.4 * firms[unit % 15]
            + rng.normal(size=3) @ np.linalg.cholesky([[1.0, 0.5, 0.4], [0.5, 1.0, 0.3], [0.4, 0.3, 1.0]]).T
        )
        known = {
            "unit": f"U{unit}",
            "firm": f"F{unit % 15}",
            "growth": round(float(0.5 * common[0] - 0.3 * common[1] + rng.normal()), 3),
            "turnover": round(float(np.exp(0.4 * common[2] + rng.normal())), 3),
            "branch": "abc"[int(rng.integers(3))],
        }
        informants = ["buyer", "seller"] + ["user"] * (unit % 3 > 0) + ["buyer"] * (unit % 4 == 0)
        for role in informants:
            view = 0.7 * common + 0.6 * rng.normal(size=3) + {"buyer": 0.3, "seller": -0.1, "user": 0.0}[role]
            method, insight, light = rng.normal(size=3)
            row: dict[str, Any] = {**known, "role": role, "informant": f"I{len(rows)}"}
            for level, own in zip(view, SIZES.values(), strict=True):
                for name, size in own.items():
                    attribute = 0.8 * level + 0.6 * rng.normal()
                    for k in range(size):
                        x = attribute + 0.3 * method + (1.0 - 0.2 * insight) * 0.6 * rng.normal()
                        row[f"{name}{k + 1}"] = _point(-x if f"{name}{k + 1}" in REVERSED else x)
            for level, name in zip(view, WHOLE, strict=True):
                row[name] = _point(0.8 * level + 0.5 * rng.normal())
            for name in MARKER:
                row[name] = _point(0.3 * method + light + 0.6 * rng.normal())
            for name in INSIGHT:
                row[name] = _point(insight + 0.5 * rng.normal())
            rows.append(row)
    data = pd.DataFrame(rows)
    holes = rng.random((len(data), len(ITEMS)))
    holes += 0.02 * (data["role"] == "seller").to_numpy()[:, None]
    answered = data[ITEMS].astype(object).mask(holes > 0.985, "").mask(holes > 0.995, -98)
    data[ITEMS] = answered
    data.loc[[3, 40], ITEMS] = ""  # who said nothing
    data.loc[[8, 77], ITEMS] = 4  # who said always the same
    return data


def _point(x: float) -> int:
    return int(min(7, max(1, round(4 + 1.3 * x))))


def judgements(n: int = 6, seed: int = 8) -> dict[str, list[str]]:
    """What experts and judges said of the items, as files hold it: relevance, sorts, definitions."""
    rng = np.random.default_rng(seed)
    home = {
        f"{key}{k + 1}": name for name, own in SIZES.items() for key, size in own.items() for k in range(size)
    }
    ratings, sorts = [",".join(["expert", *ITEMS])], [",".join(["judge", *ITEMS])]
    definitions = [",".join(["judge", "item", *SIZES])]
    for judge in range(n):
        points = rng.choice([1, 2, 3, 4], p=[0.05, 0.1, 0.35, 0.5], size=len(ITEMS)).astype(str).tolist()
        if judge == 1:
            points[2] = ""
        ratings.append(",".join([f"E{judge}", *points]))
        chosen = [home[item] if rng.random() < 0.85 else rng.choice([*SIZES]) for item in ITEMS]
        sorts.append(",".join([f"J{judge}", *map(str, chosen)]))
        for item in ITEMS:
            marks = [str(rng.integers(5, 8) if name == home[item] else rng.integers(1, 5)) for name in SIZES]
            definitions.append(",".join([f"R{judge}", item, *marks]))
    return {"ratings": ratings, "sorts": sorts, "definitions": definitions}


def study(folder: Path) -> Responses:
    """The study as it is read; norms and judgements beside it."""
    for name, lines in judgements().items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    scales = []
    for key, text in scale_texts().items():
        (folder / f"{key}.yaml").write_text(text, encoding="utf-8")
        scales.append(load_scale(folder / f"{key}.yaml"))
    norms = [
        f"{name},{3.9 + 0.1 * place},0.05"
        for place, name in enumerate(["honesty", "speed", "goals", "scope"])
    ]
    (folder / "norms.csv").write_text("\n".join(["name,norm,se", *norms]) + "\n", encoding="utf-8")
    mapping = ColumnMapping(units=["growth", "turnover", "branch"], missing={"-98": "cannot_judge"})
    return responses_from_frame(answers(), scales, mapping)
