"""How often verdicts are right: ``python -m benchmarks.calibration --units 60 120 240 --studies 200``.

Studies of the population of ``msi_triads`` and of its nulls, each through the topics whose verdicts have a truth. What
is done is stored (a CSV per computation, population and number of units in ``--out``); another run goes on from there.
The rates go to ``benchmarks/calibration.csv``, from there to ``docs/calibration.md``; ``--page`` only writes these two.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from comply_measure.evidence import Calibration
from comply_measure.evidence.calibration.calibrate import AnyKnown, cell_answers, known_of
from comply_measure.evidence.calibration.result import COLUMNS
from comply_measure.evidence.calibration.rules import CALIBRATED, Calibrated, Kind
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.simulation import (
    JOURNEY_NULLS,
    NULLS,
    PAIR_NULLS,
    load_journey_population,
    load_pair_population,
    load_population,
)
from comply_measure.simulation.nulls import STATED

ROOT = Path(__file__).parent.parent
POPULATION = ROOT / "datasets" / "msi_triads" / "population.yaml"
JOURNEYS = ROOT / "datasets" / "journey_triads" / "population.yaml"
PAIRS = ROOT / "datasets" / "pair_triads" / "population.yaml"
ALL_POPULATIONS = (STATED, *NULLS, *JOURNEY_NULLS, *PAIR_NULLS)
RATES = Path(__file__).with_name("calibration.csv")
PAGE = ROOT / "docs" / "calibration.md"
SEED = 1
UNITS = (240, 120, 60)
PIECE = 10
#: No verdict may be wrong in a larger share of studies at 240 units.
MARK = 0.10


Group = tuple[Calibrated, ...]


def cells(rules: Sequence[str], units: Sequence[int]) -> Iterator[tuple[tuple[Group, ...], str, int]]:
    """Groups of rules that one computation decides, population and number of units, the largest first."""
    chosen = [CALIBRATED[key] for key in rules or CALIBRATED]
    for n_units in sorted(units, reverse=True):
        names = dict.fromkeys((entry.kind, name) for entry in chosen for name in entry.populations)
        for kind, name in names:
            mine = [entry for entry in chosen if entry.kind == kind and name in entry.populations]
            groups = (
                tuple(entry for entry in mine if entry.compute is compute)
                for compute in dict.fromkeys(entry.compute for entry in mine)
            )
            yield tuple(groups), name, n_units


def stored(file: Path) -> pd.DataFrame:
    """What was done before; no rows without a file."""
    if not file.is_file():
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.read_csv(
        file, keep_default_na=False, dtype={name: str for name in COLUMNS if name not in ("units", "study")}
    )


def run(out: Path, rules: Sequence[str], units: Sequence[int], studies: int, seconds: float) -> None:
    """Simulate what is not stored yet, piece by piece, until the CPU time is used up.

    A study is drawn once for all rules that lack it.
    """
    populations = {
        "informants": load_population(POPULATION),
        "journeys": load_journey_population(JOURNEYS),
        "pairs": load_pair_population(PAIRS),
    }
    start = time.process_time()
    conventions = {key: cutoff.value for key, cutoff in Cutoffs().items()}
    known: dict[tuple[Kind, str], AnyKnown] = {}
    for groups, name, n_units in cells(rules, units):
        kind = groups[0][0].kind
        files = {group: out / f"{group[0].rule}-{name}-{n_units}.csv" for group in groups}
        done = {group: set(stored(file)["study"]) for group, file in files.items()}
        if (kind, name) not in known:
            known[kind, name] = known_of(populations[kind], name, conventions)
        for place in range(0, studies, PIECE):
            if time.process_time() - start > seconds:
                return
            wanted = range(place, min(place + PIECE, studies))
            for numbers, lacking in _lacking(done, wanted).items():
                entries = tuple(entry for group in lacking for entry in group)
                part = cell_answers(known[kind, name], entries, n_units, numbers, SEED)
                part = part.assign(population=name, units=n_units)[list(COLUMNS)]
                for group in lacking:
                    own = part[part["rule"].isin([entry.rule for entry in group])]
                    own.to_csv(files[group], mode="a", header=not files[group].is_file(), index=False)
        print(f"{name}, {n_units} units: {studies} studies, {time.process_time() - start:.0f} s", flush=True)


def _lacking(
    done: Mapping[Group, set[int]], wanted: Sequence[int]
) -> dict[tuple[int, ...], tuple[Group, ...]]:
    """Studies that are not stored -> groups of rules that lack exactly these."""
    found: dict[tuple[int, ...], tuple[Group, ...]] = {}
    for group, studies in done.items():
        missing = tuple(number for number in wanted if number not in studies)
        if missing:
            found[missing] = (*found.get(missing, ()), group)
    return found


def rates(out: Path) -> pd.DataFrame:
    """Rates of everything stored, beside those kept of other cells, in the order of the rules."""
    files = sorted(out.glob("*.csv"))
    if not files:
        raise SystemExit(f"nothing is stored in {out}")
    table = Calibration(pd.concat([stored(file) for file in files], ignore_index=True)).tidy()
    rules = list(CALIBRATED)
    table = _with_kept(table[table["rule"].isin(rules)])
    places = pd.DataFrame(
        {
            "rule": table["rule"].map(rules.index),
            "population": table["population"].map(ALL_POPULATIONS.index),
            "units": -table["units"],
        }
    )
    return table.loc[places.sort_values(["rule", "population", "units"]).index].reset_index(drop=True)


def _with_kept(table: pd.DataFrame) -> pd.DataFrame:
    """Rates of this run, and those kept of other cells that were not run here."""
    cell = ["rule", "population", "units"]
    if not RATES.is_file():
        return table
    kept = pd.read_csv(RATES, keep_default_na=False, na_values=[""], dtype={"worst": str})
    kept = kept[kept["rule"].isin(list(CALIBRATED)) & kept["population"].isin(ALL_POPULATIONS)]
    done = pd.MultiIndex.from_frame(table[cell])
    others = kept[~pd.MultiIndex.from_frame(kept[cell]).isin(done)]
    return pd.concat([table, others.fillna({"worst": ""})], ignore_index=True)


def kept_rates() -> pd.DataFrame:
    """The rates in the repository; a rule without subjects has an empty text for its worst one."""
    return pd.read_csv(RATES, dtype={"worst": str}).fillna({"worst": ""})


def page(text: str, table: pd.DataFrame) -> str:
    """The page with what is right and the rates under the heading of every rule with a truth; the others stay."""
    parts = re.split(r"^## (\S+\.\S+)\n", text, flags=re.M)
    sections = [
        f"## {rule}\n{entry(rule, table[table['rule'] == rule], body)}"
        for rule, body in zip(parts[1::2], parts[2::2], strict=True)
    ]
    return "\n\n".join([parts[0].strip("\n"), *sections]) + "\n"


def entry(rule: str, table: pd.DataFrame, body: str) -> str:
    """What stands under one heading; remarks written by hand, which begin with ``Remark:``, stay."""
    anchor = f'<a id="{rule}"></a>'  # headings of GitHub lose the point
    if rule not in CALIBRATED:
        text = body.strip("\n")
        return text if text.startswith(anchor) else f"{anchor}\n\n{text}"
    remarks = [line for line in body.splitlines() if line.startswith("Remark:")]
    lines = [anchor, CALIBRATED[rule].says, *remarks]
    if table.empty:
        return "\n\n".join([*lines, "Not run yet."])
    head = (
        "population",
        "units",
        "studies",
        "verdicts",
        "right",
        "wrong",
        "cannot say",
        "studies with a wrong one",
        "wrong most often",
    )
    rows = [head, tuple("---" for _ in head), *(_cells(row) for row in table.to_dict("records"))]
    return "\n\n".join([*lines, "\n".join(f"| {' | '.join(row)} |" for row in rows), *_not_run(rule, table)])


def _not_run(rule: str, table: pd.DataFrame) -> list[str]:
    """Populations and numbers of units without a study."""
    done = set(zip(table["population"], table["units"], strict=True))
    open_cells = {
        name: [str(n) for n in UNITS if (name, n) not in done] for name in CALIBRATED[rule].populations
    }
    texts = [f"{name} with {' and '.join(units)} units" for name, units in open_cells.items() if units]
    return [f"Not run: {'; '.join(texts)}."] if texts else []


def _cells(row: Mapping[Hashable, Any]) -> tuple[str, ...]:
    def rate(name: str) -> str:
        return f"{_share(row[name])} ({_share(row[name + '_mcse'])})"

    def interval(name: str) -> str:
        start = name.removesuffix("_wrong") if name.startswith("worst") else name
        return f"{_share(row[name])} [{_share(row[start + '_lower'])}, {_share(row[start + '_upper'])}]"

    undecided = f", {row['n_undecided']} left out" if row["n_undecided"] else ""
    without = f", {row['n_without']} without" if row["n_without"] else ""
    worst = str(row["worst"]).replace(" | ", ", ")
    return (
        str(row["population"]),
        str(row["units"]),
        f"{row['n_studies']}{without}",
        f"{row['n_subjects']}{undecided}",
        rate("right"),
        rate("wrong"),
        rate("cannot_say"),
        interval("any_wrong"),
        f"{worst} {interval('worst_wrong')}".strip() if row["worst_wrong"] else "none",
    )


def _share(value: object) -> str:
    number = float(str(value))
    return "–" if number != number else f"{number:.3f}".removeprefix("0") if number < 1 else "1"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("--units", type=int, nargs="+", default=list(UNITS))
    parser.add_argument(
        "--studies", type=int, default=200, help="studies of each population and number of units"
    )
    parser.add_argument(
        "--rules", nargs="+", default=[], choices=list(CALIBRATED), metavar="RULE", help="all by default"
    )
    parser.add_argument("--seconds", type=float, default=float("inf"), help="CPU seconds after which to stop")
    parser.add_argument(
        "--page", action="store_true", help="simulate nothing, write rates and page from what is stored"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "calibration")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if not given.page:
        run(given.out, given.rules, given.units, given.studies, given.seconds)
    table = rates(given.out)
    table.to_csv(RATES, index=False, float_format="%.6g")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), kept_rates()), encoding="utf-8")
    print(table.drop(columns=["worst_lower", "worst_upper"]).to_string(index=False))


if __name__ == "__main__":
    main()
