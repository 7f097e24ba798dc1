"""A small scale of its own and answers to it: two roles, three dimensions, six attributes, eighteen items."""

from __future__ import annotations

import numpy as np
import pandas as pd

DIMENSIONS = {"trust": ("honesty", "care"), "flow": ("speed", "ease"), "focus": ("goals", "scope")}
EVIL_UNIT = "=HYPERLINK(1)"
EVIL_TEXT = "<img src=x onerror=alert(1)>"


def scale_text() -> str:
    lines = [
        "key: duo",
        'version: "1"',
        f'title: {{en: "Duo: {EVIL_TEXT}"}}',
        "languages: [en]",
        "roles: {buyer: {en: Buyer}, seller: {en: Seller}}",
        "response: {minimum: 1, maximum: 5, anchors: {en: [a, b, c, d, e]}}",
        "forms: {full: {title: {en: Full}}}",
        "constructs:",
    ]
    lines += [f"  - {{key: {name}, label: {{en: {name.title()}}}}}" for name in DIMENSIONS]
    lines += [
        f"  - {{key: {name}, label: {{en: {name.title()}}}, parent: {parent}}}"
        for parent, names in DIMENSIONS.items()
        for name in names
    ]
    lines.append("items:")
    for names in DIMENSIONS.values():
        for name in names:
            for number in (1, 2, 3):
                lines.append(
                    f"  - {{id: {name}{number}, construct: {name}, keying: {-1 if number == 3 else 1}, "
                    f'text: {{en: "{EVIL_TEXT} {name} {number}"}}, forms: [full], '
                    "provenance: {paper: own, place: test}, rationale: Test.}"
                )
    return "\n".join(lines) + "\n"


def answers(n_units: int = 60, seed: int = 11) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for unit in range(n_units):
        common = rng.normal()
        for role in ("buyer", "seller"):
            if unit and rng.random() < 0.1:
                continue
            row: dict[str, object] = {"unit": f"U{unit}" if unit else EVIL_UNIT, "role": role}
            for names in DIMENSIONS.values():
                dimension = 0.7 * common + 0.6 * rng.normal() + 0.3 * (role == "buyer")
                for name in names:
                    level = 0.8 * dimension + 0.4 * rng.normal()
                    for number in (1, 2, 3):
                        keyed = -1 if number == 3 else 1
                        answer = round(3 + 0.9 * keyed * (level + 0.6 * rng.normal()))
                        row[f"{name}{number}"] = int(min(5, max(1, answer)))
            rows.append(row)
    return pd.DataFrame(rows)
