"""``comply-measure verify DIR``: is a package as it was made, and does it still compute what it says?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from comply_measure.documents import read_yaml
from comply_measure.errors import ComplyError
from comply_measure.pipeline.registry import STEPS
from comply_measure.pipeline.replication.checksums import digests, read_sums
from comply_measure.pipeline.replication.differences import (
    TOLERANCE,
    Difference,
    of_answers,
    of_files,
    of_keys,
    of_tables,
)
from comply_measure.pipeline.replication.package import CARD, FORMAT
from comply_measure.pipeline.replication.rebuild import rebuild
from comply_measure.pipeline.replication.study_copy import STUDY
from comply_measure.pipeline.study import load_study
from comply_measure.results import Result

if TYPE_CHECKING:
    import pandas as pd

_CODEBOOK = "codebook/data/study-study_data.csv"


@dataclass(frozen=True, eq=False)
class Verification(Result):
    """What a package is found to be.

    Parameters
    ----------
    differences : tuple of Difference
        Everything that is not as it was; empty where the package holds.
    n_files, n_tables : int
        Files and tables that were compared.
    environment : str
        Where the study ran.
    """

    differences: tuple[Difference, ...]
    n_files: int
    n_tables: int
    environment: str

    @property
    def ok(self) -> bool:
        """Whether nothing differs and the tables were computed."""
        return not self.differences and self.n_tables > 0

    def tidy(self) -> pd.DataFrame:
        """A row per difference: kind, place, detail."""
        import pandas as pd

        rows = [(found.kind, found.place, found.detail) for found in self.differences]
        return pd.DataFrame(rows, columns=["kind", "place", "detail"])


def verify_package(
    folder: str | Path, wheels: str | Path | None = None, tolerance: float = TOLERANCE
) -> Verification:
    """Compare a package with its checksums, run its study anew, and compare every table.

    Parameters
    ----------
    folder : path-like
        A folder that ``run --package`` wrote.
    wheels : path-like, optional
        Folder of wheels for a new environment, installed without a network; without it the present environment runs.
    tolerance : float
        Relative difference up to which two numbers are the same.

    Returns
    -------
    Verification
        Files that were changed, deleted or added; answers and options of the study that were changed; cells of tables
        that come out otherwise.

    Raises
    ------
    InputError
        If the folder is no package.
    """
    package = Path(folder).resolve()
    listed = read_sums(package)
    found = list(of_files(listed, digests(package)))
    card = _card(package)
    found += _of_study(package, card) if card else []
    with TemporaryDirectory() as aside:
        try:
            if card is None:
                raise ComplyError(f"{CARD} is gone or damaged: nobody knows which steps to run")
            place = None if wheels is None else Path(wheels).resolve()
            made = rebuild(package, card["steps"], Path(aside), place, card.get("source"))
        except ComplyError as error:
            found.append(Difference("run", STUDY, str(error)))
            return Verification(tuple(found), len(listed), 0, "nowhere: the study did not run")
        stored = package / str(card["tables"]) / "tables"
        found += of_tables(stored, made.tables, tolerance)
        return Verification(tuple(found), len(listed), len(list(made.tables.glob("*.csv"))), made.environment)


def _card(package: Path) -> dict[str, Any] | None:
    try:
        card = json.loads((package / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        return None
    wanted = {"steps": list, "tables": str, "study": dict}
    return card if all(isinstance(card.get(key), kind) for key, kind in wanted.items()) else None


def _of_study(package: Path, card: dict[str, Any]) -> Iterator[Difference]:
    """Keys of the study file and answers that were changed, by name."""
    try:
        now = json.loads(json.dumps(read_yaml(package / STUDY).data, default=str))
    except (ComplyError, OSError):
        return  # told as deleted or changed, and by the run
    yield from of_keys(card["study"], now)
    yield from _of_answers(package)


def _of_answers(package: Path) -> Iterator[Difference]:
    """Answers that are not those of the codebook's copy."""
    copy = package / _CODEBOOK
    try:
        responses = load_study(package / STUDY, STEPS).responses
    except (ComplyError, OSError):
        return
    if not copy.is_file():
        return
    with TemporaryDirectory() as aside:
        now = Path(aside) / "now.csv"
        (responses.everyone or responses).write_csv(now)
        yield from of_answers(copy, now, "answers", ("unit", "role", "informant"))
