"""Content validity of the COMPLY items from expert ratings, item sorts and definitional ratings.

python analyses/content_validity.py [output folder]

The data in analyses/content_validity/ are invented (fixed seed, see the README there): they show the files and the
numbers, not a result. With a folder the tables are written as CSV, too.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from comply_measure import load_scale
from comply_measure.measurement.content import ContentEvidence, content_evidence
from comply_measure.responses import write_csv

DATA = Path(__file__).parent / "content_validity"


def evidence() -> ContentEvidence:
    """All evidence; a wrong cell in any of the three files is named with its row and column."""
    return content_evidence(
        load_scale("comply"),
        ratings=DATA / "ratings.csv",
        sorts=DATA / "sorts.csv",
        definitions=DATA / "definitions.csv",
        attribute_set="20",
    )


def show(title: str, table: pd.DataFrame) -> None:
    """Print a table with its title."""
    print(f"\n{title}")
    print(table.to_string(index=False, float_format=lambda value: f"{value:.3f}"))


def main(arguments: list[str]) -> None:
    """Print the tables; write them where asked."""
    found = evidence()
    log = found.log.tidy()
    items = found.tidy()
    tables = {"summary": found.summary(), "items": items, "decisions": log}
    print("Invented data: they show the analysis, not a result.")
    show("Whole scale", tables["summary"])
    shown = [
        "item",
        "construct",
        "i_cvi",
        "kappa",
        "cvr",
        "cvr_critical",
        "aiken_v",
        "aiken_lower",
        "aiken_upper",
    ]
    show("Relevance by experts", items[[*shown, "n_experts"]])
    show(
        "Sorts and definitions",
        items[["item", "p_sa", "c_sv", "c_sv_critical", "n_judges", "most_frequent_other", "htc", "htd"]],
    )
    show("Dropped items", log.loc[log["decision"] == "dropped"])
    for note in found.notes:
        print(f"- {note}")
    if arguments:
        folder = Path(arguments[0])
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            write_csv(table, folder / f"{name}.csv")


if __name__ == "__main__":
    main(sys.argv[1:])
