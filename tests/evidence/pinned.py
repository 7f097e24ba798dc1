"""Numbers of every topic on a small study, kept: ``python tests/evidence/pinned.py`` writes them anew.

Of every column of every table: its length, how many values are missing, and for numbers the sum, the sum of squares and
the sum weighted by place (so that an exchange is seen too); of texts how many differ.
A change of wording is none, and notes have tests of their own.
"""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from comply_measure import evidence
from comply_measure.evidence import Evidence
from comply_measure.instrument import load_scale
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.responses import Responses, responses_from_frame

HERE = Path(__file__).parent
STORED = HERE.parent / "reference" / "evidence" / "small_study.json"
TOPICS = (
    "sample", "items", "quality", "dimensionality", "reliability", "cfa", "rivals", "validity", "method_variance",
    "agreement", "aggregation", "triads", "gaps", "actions", "congruence", "structure", "missing_data",
)  # fmt: skip
#: Where the defaults would find nothing to do.
OPTIONS: dict[str, Any] = {
    "congruence": evidence.CongruenceOptions(outcomes=("trust", "flow"), latent=False, bootstrap=200),
    "structure": evidence.StructureOptions(
        hypotheses=[
            {"from": "trust", "to": "focus", "through": "flow", "label": "H1"},
            {"from": "trust", "to": "flow", "sign": "-", "moderator": "focus"},
        ]
    ),
    "missing_data": evidence.MissingDataOptions(imputations=3, iterations=2, dimensions=("trust", "focus")),
}
CONVENTIONS = {key: cutoff.value for key, cutoff in Cutoffs().items()}
Number = float | int
Digest = dict[str, dict[str, list[Number]]]


def small_study(folder: Path) -> Responses:
    """The dyads of the pipeline's tests with five answers left out, in twelve firms."""
    dyads = runpy.run_path(str(HERE.parent / "pipeline" / "duo.py"))
    (folder / "duo.yaml").write_text(dyads["scale_text"](), encoding="utf-8")
    data = dyads["answers"]()
    data["firm"] = "F" + (pd.factorize(data["unit"])[0] % 12).astype(str)
    for row, item in enumerate(("honesty1", "care2", "speed3", "goals1", "scope2")):
        data.loc[7 * row, item] = np.nan
    return responses_from_frame(data, [load_scale(folder / "duo.yaml")])


def found(name: str, responses: Responses) -> Evidence:
    """One topic."""
    make = getattr(evidence, name)
    seed = {"seed": 1} if "seed" in make.__wrapped__.__code__.co_varnames else {}
    options = {"options": OPTIONS[name]} if name in OPTIONS else {}
    return make(responses, **options, **seed)  # type: ignore[no-any-return]


def verdicts(result: Evidence) -> pd.DataFrame:
    """What is concluded by the usual conventions; pairs of numbers in two columns."""
    rows = []
    for verdict in result.verdicts(CONVENTIONS):
        row: dict[str, Any] = {
            "rule": verdict.rule,
            "answer": verdict.answer,
            "subject": " ".join(verdict.subject),
            "n_family": verdict.n_family,
        }
        for name, value in verdict.numbers.items():
            parts = value if isinstance(value, tuple) else (value,)
            row |= {f"{name}.{place}": part for place, part in enumerate(parts)}
        rows.append(row)
    return pd.DataFrame(rows)


def tables(value: Any, path: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Every table that evidence holds, by its place."""
    if isinstance(value, pd.DataFrame):
        yield path, value
    elif is_dataclass(value):
        for field in fields(value):
            yield from tables(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, tuple | list):
        for place, part in enumerate(value):
            yield from tables(part, f"{path}.{place}")


def digest(result: Evidence) -> Digest:
    """What is kept of a topic."""
    said = pd.DataFrame([dict(result.values())] if result.values() else [])
    every = [("tidy", result.tidy()), *tables(result, ""), ("verdicts", verdicts(result)), ("values", said)]
    return {
        path.lstrip("."): {
            str(k): column(table[k]) for k in table.columns if str(k) not in ("note", "reason")
        }
        for path, table in every
        if len(table)
    }


def column(values: pd.Series[Any]) -> list[Number]:
    """Length, missing or infinite values, and sums of numbers or different texts."""
    n, missing = len(values), int(values.isna().sum())
    if not pd.api.types.is_numeric_dtype(values):
        return [n, missing, int(values.astype(str).nunique())]
    x = pd.to_numeric(values.astype("Float64")).to_numpy(np.float64, na_value=np.nan)
    x[~np.isfinite(x)] = np.nan
    missing, weight = int(np.isnan(x).sum()), np.arange(1, n + 1) / n
    return [n, missing, *(_rounded(float(np.nansum(part))) for part in (x, x**2, x * weight))]


def _rounded(value: float) -> Number:
    return float(f"{value:.7g}")


def main() -> None:
    """Write the file."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        responses = small_study(Path(folder))
        kept = {name: digest(found(name, responses)) for name in TOPICS}
    lines = [
        f" {json.dumps(name)}: {{\n"
        + ",\n".join(f"  {json.dumps(path)}: {json.dumps(columns)}" for path, columns in parts.items())
        + "\n }"
        for name, parts in kept.items()
    ]
    STORED.parent.mkdir(exist_ok=True)
    STORED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
