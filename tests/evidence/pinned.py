"""Numbers of every topic on small studies, kept: ``python tests/evidence/pinned.py [STUDY [TOPIC ...]]`` writes them.

Of every column of every table: its length, how many values are missing, and for numbers the sum, the sum of squares and
the sum weighted by place (so that an exchange is seen too); of texts how many differ, and in which order; of notes how
many there are, and how many differ. Of everything else its number, or whether it is there.
A change of wording is none, and notes have tests of their own.
"""

from __future__ import annotations

import json
import runpy
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import trio

from comply_measure import evidence, sem
from comply_measure.evidence import Evidence
from comply_measure.instrument import load_scale
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.responses import Responses, load_dataset, responses_from_frame

HERE = Path(__file__).parent
KEPT = HERE.parent / "reference" / "evidence"
TOPICS = (
    "sample", "items", "quality", "dimensionality", "reliability", "cfa", "rivals", "validity", "method_variance",
    "agreement", "aggregation", "triads", "gaps", "actions", "congruence", "structure", "missing_data",
)  # fmt: skip
#: Where the defaults would find nothing to do.
DYADS: dict[str, Any] = dict.fromkeys(TOPICS) | {
    "congruence": evidence.CongruenceOptions(outcomes=("trust", "flow"), latent=False, bootstrap=200),
    "structure": evidence.StructureOptions(
        hypotheses=[
            {"from": "trust", "to": "focus", "through": "flow", "label": "H1"},
            {"from": "trust", "to": "flow", "sign": "-", "moderator": "focus"},
        ]
    ),
    "missing_data": evidence.MissingDataOptions(imputations=3, iterations=2, dimensions=("trust", "focus")),
}
PLAIN: dict[str, Any] = {"estimator": "ML", "missing": "listwise", "cluster": "none"}
HYPOTHESES = [
    {"from": "trust", "to": "growth", "through": "flow", "moderator": "focus", "step": 1, "label": "H1"},
    {"from": "trust", "to": "growth", "through": ["flow", "focus"]},
    {"from": "focus", "to": "growth", "sign": "-", "moderator": "trust", "label": "H2"},
]
#: Options that are not the defaults, and topics that need to be asked for.
TRIO: dict[str, Any] = {
    "sample": None,
    "items": None,
    "quality": evidence.QualityOptions(at_least=1, **PLAIN),
    "dimensionality": evidence.DimensionalityOptions(
        method="minres", rotation="promax", replications=20, role_centred=False
    ),
    "reliability": evidence.ReliabilityOptions(replications=0, detail="all"),
    "cfa": evidence.CfaOptions(models=("one_factor", "correlated"), role_centred=False, folds=0, **PLAIN),
    "rivals": evidence.RivalOptions(
        structures=("one_factor", "correlated", "second_order"),
        criteria=("growth", "turnover"),
        by_role=False,
        replications=0,
        **PLAIN,
    ),
    "validity": evidence.ValidityOptions(fixed=True, merge=False, by_role=False, replications=0, **PLAIN),
    "method_variance": evidence.MethodVarianceOptions(
        marker="light", wording=False, marker_correlation=0.1, worth=0.1, **PLAIN
    ),
    "agreement": evidence.AgreementOptions(
        nulls=("uniform",), alpha=0.01, items="independent", rematchings=3, bootstrap=50
    ),
    "aggregation": evidence.AggregationOptions(
        centring="none",
        min_roles=3,
        composition="additive",
        criteria=("growth",),
        controls=("turnover", "branch"),
        known_groups={"branch": ("b", "a", "c")},
    ),
    "triads": evidence.TriadOptions(replications=200, bootstrap=50, competence="insight", criterion="growth"),
    "gaps": evidence.GapOptions(cluster=False, alpha=0.2),
    "actions": evidence.ActionOptions(disputed=0.3, norms="norms.csv", alpha=0.2, replications=100),
    "congruence": evidence.CongruenceOptions(
        outcomes=("growth",), predictor="flow", pairs=(("seller", "buyer"),), bootstrap=200, latent=False
    ),
    "structure corrected": evidence.StructureOptions(
        hypotheses=HYPOTHESES, measurement="corrected", compare=False
    ),
    "structure roles": evidence.StructureOptions(
        hypotheses=HYPOTHESES[1:],
        cluster="none",
        estimator="ML",
        missing="listwise",
        bootstrap=100,
        dyads=({"from": ["trust", "flow"], "to": "focus", "roles": ["seller", "buyer"], "label": "D"},),
    ),
    "missing_data": evidence.MissingDataOptions(
        imputations=2, iterations=1, donors=3, cluster="none", dimensions=("flow", "focus")
    ),
    "invariance": evidence.InvarianceOptions(
        level="scores", groups=("branch",), estimator="ML", cluster=False, search=False
    ),
    "content": evidence.ContentOptions(
        ratings="ratings.csv", sorts="sorts.csv", definitions="definitions.csv", i_cvi=0.9, alpha=0.1
    ),
    "generalisability": evidence.GeneralisabilityOptions(
        variables=("branch", "turnover"), logs=("turnover",), paths=({"from": "flow", "to": "growth"},)
    ),
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


@dataclass(frozen=True)
class Study:
    """A study that is made in a folder, and what is asked of it: options by topic and, after it, a word."""

    make: Callable[[Path], Responses]
    asked: Mapping[str, Any]

    def found(self, case: str, responses: Responses, folder: Path) -> Evidence:
        """Evidence of one topic."""
        make = getattr(evidence, case.partition(" ")[0])
        known = make.__wrapped__.__code__.co_varnames
        given: dict[str, Any] = {"seed": 1, "folder": folder}
        named = {name: value for name, value in given.items() if name in known}
        if self.asked[case] is not None:
            named["options"] = self.asked[case]
        return make(responses, **named)  # type: ignore[no-any-return]


def journeys(folder: Path) -> Responses:
    """Thirty units of the shipped journeys."""
    responses = load_dataset("journey_triads")
    return responses.subset(units=responses.units.index.tolist()[:30])


STUDIES = {
    "small_study": Study(small_study, DYADS),
    "trio": Study(trio.study, TRIO),
    "journeys": Study(
        journeys, {"journey": evidence.JourneyOptions(invariance=False, margin=0.1, alpha=0.2, bootstrap=50)}
    ),
}
CASES = [(study, case) for study in STUDIES for case in STUDIES[study].asked]


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
    else:
        for name, part in _parts(value):
            yield from tables(part, f"{path}.{name}")


def single(value: Any, path: str) -> Iterator[tuple[str, Number]]:
    """Everything else that evidence holds: numbers, and how long texts and rows are if nothing but that is told."""
    if isinstance(value, bool | int | float | np.number):
        yield path, 1e99 if np.isnan(value) else _rounded(float(value))
    elif value is None or isinstance(value, str):
        yield path, int(bool(value))
    elif isinstance(value, np.ndarray) or (isinstance(value, tuple | list) and _all_numbers(value)):
        for place, number in enumerate(column(pd.Series(np.ravel(value)))):
            yield f"{path}.{place}", number
    elif not isinstance(value, pd.DataFrame):
        for name, part in _parts(value):
            yield from single(part, f"{path}.{name}")


def _all_numbers(values: tuple[Any, ...] | list[Any]) -> bool:
    return bool(values) and all(isinstance(value, bool | int | float) for value in values)


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, sem.Fit):
        return  # what is told of it stands in tables
    if is_dataclass(value) and not isinstance(value, type):
        yield from ((field.name, getattr(value, field.name)) for field in fields(value))
    elif isinstance(value, tuple | list):
        yield from ((str(place), part) for place, part in enumerate(value))
    elif isinstance(value, Mapping):
        yield from ((str(key), part) for key, part in value.items())


def digest(result: Evidence) -> Digest:
    """What is kept of a topic."""
    said = pd.DataFrame([dict(result.values())] if result.values() else [])
    every = [("tidy", result.tidy()), *tables(result, ""), ("verdicts", verdicts(result)), ("values", said)]
    kept: Digest = {
        path.lstrip("."): {str(k): column(table[k], note=str(k) in _NOTES) for k in table.columns}
        for path, table in every
        if len(table)
    }
    return kept | {"": {path.lstrip("."): [number] for path, number in single(result, "")}}


_NOTES = ("note", "reason")


def column(values: pd.Series[Any], *, note: bool = False) -> list[Number]:
    """Length, missing or infinite values, and sums of numbers, or different texts and their order."""
    n, missing, weight = (
        len(values),
        int(values.isna().sum()),
        np.arange(1, len(values) + 1) / max(len(values), 1),
    )
    if note:
        return [n, int((values.fillna("").astype(str) != "").sum()), int(values.astype(str).nunique())]
    if not pd.api.types.is_numeric_dtype(values):
        codes = pd.factorize(values.astype(str))[0]
        return [n, missing, int(values.astype(str).nunique()), _rounded(float(codes @ weight))]
    x = pd.to_numeric(values.astype("Float64")).to_numpy(np.float64, na_value=np.nan)
    x[~np.isfinite(x)] = np.nan
    return [n, int(np.isnan(x).sum()), *(_rounded(float(np.nansum(part))) for part in (x, x**2, x * weight))]


def _rounded(value: float) -> Number:
    return float(f"{value:.7g}")


def main() -> None:
    """Write the files; of a study that is named only its own, or only the cases named after it."""
    asked, cases = sys.argv[1:2] or list(STUDIES), sys.argv[2:]
    KEPT.mkdir(exist_ok=True)
    for name in asked:
        study, path = STUDIES[name], KEPT / f"{name}.json"
        kept: dict[str, Digest] = json.loads(path.read_text(encoding="utf-8")) if cases else {}
        with tempfile.TemporaryDirectory() as folder:
            responses = study.make(Path(folder))
            for case in cases or study.asked:
                kept[case] = digest(study.found(case, responses, Path(folder)))
        lines = [
            f" {json.dumps(case)}: {{\n"
            + ",\n".join(
                f"  {json.dumps(place)}: {json.dumps(columns)}" for place, columns in kept[case].items()
            )
            + "\n }"
            for case in study.asked
        ]
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
