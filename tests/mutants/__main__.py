"""``python tests/mutants [ROOM ...]``: how many one-token changes of the code do the tests notice?

For every room a seeded sample of changes is made, one at a time, in a copy of the tree; the tests that call the
changed function are run, first those that are fast and call little else, until one fails. What survives is a place
whose number no test looks at (or a change that makes no difference, which only a reader can tell).
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from calls import kept_map, test_map
from mutations import rooms, within
from runner import Outcome, run, sample

ROOT = Path(__file__).parents[2]
PACKAGE = "comply_measure"
CACHE = ROOT / ".mutants"


def main() -> None:
    """Parse the command, run, print."""
    parser = argparse.ArgumentParser(prog="python tests/mutants", description=__doc__)
    parser.add_argument(
        "rooms",
        nargs="*",
        help="rooms of the package, or folders and files of them (report/chapters); all if none is named",
    )
    parser.add_argument("--sample", type=int, default=20, help="mutants per room")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60.0, help="seconds of tests per mutant")
    parser.add_argument("--jobs", type=int, default=1, help="mutants at a time")
    parser.add_argument(
        "--tests", nargs="+", default=["tests"], help="files or folders of tests to choose from"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="trace tests again whose code of the package has changed"
    )
    parser.add_argument("--kept", action="store_true", help="choose from tests that have been traced before")
    parser.add_argument("--again", type=Path, help="the changes that survived in an earlier --csv, no sample")
    parser.add_argument("--csv", type=Path, help="write every outcome there")
    asked = parser.parse_args()
    sources = {
        path.relative_to(ROOT / PACKAGE).as_posix(): path.read_bytes()
        for path in sorted((ROOT / PACKAGE).rglob("*.py"))
    }
    found = dict(rooms(sources))
    found |= {name: within(found, name) for name in asked.rooms if name not in found}
    unknown = sorted(name for name in asked.rooms if not found[name])
    if unknown:
        parser.error(f"nothing to change in {', '.join(unknown)}; rooms: {', '.join(dict(rooms(sources)))}")
    files = [
        path
        for name in asked.tests
        for path in ([ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("test_*.py")))
        if path.parent != Path(__file__).parent
    ]
    if asked.kept:
        files = [path for path in files if kept_map(ROOT, path, CACHE).exists()]
    lost = _lost(asked.again) if asked.again else None
    print(f"mapping the calls of {len(files)} test files (kept in {CACHE.name})", flush=True)
    tests = test_map(ROOT, PACKAGE, files, CACHE, fresh=asked.fresh)
    outcomes = []
    for room in asked.rooms or list(found):
        if lost is None:
            chosen = sample(found[room], asked.sample, asked.seed, room)
        else:
            chosen = [m for m in found[room] if (m.file, m.function, m.old, m.new) in lost]
        done = run(ROOT, PACKAGE, chosen, tests, seconds=asked.seconds, jobs=asked.jobs, told=_tell)
        outcomes += done
        noticed = sum(outcome.noticed for outcome in done)
        print(
            f"{room}: {noticed} of {len(done)} noticed ({noticed / max(len(done), 1):.0%}); "
            f"seed {asked.seed}, {len(found[room])} mutants in all",
            flush=True,
        )
    noticed = sum(outcome.noticed for outcome in outcomes)
    print(f"together: {noticed} of {len(outcomes)} noticed ({noticed / max(len(outcomes), 1):.0%})")
    if asked.csv:
        _write(asked.csv, outcomes)


def _lost(path: Path) -> set[tuple[str, str, str, str]]:
    """File, function, old and new text of the changes that no test noticed; lines may have moved since."""
    with path.open(encoding="utf-8", newline="") as stream:
        return {
            (row["file"], row["function"], row["old"], row["new"])
            for row in csv.DictReader(stream)
            if row["verdict"] in ("survived", "untested")
        }


def _tell(outcome: Outcome) -> None:
    m = outcome.mutant
    if not outcome.noticed:
        rest = f" ({outcome.left_out} slower tests left out)" if outcome.left_out else ""
        print(
            f"  {outcome.verdict}: {m.file}:{m.line} {m.function or '(module)'}: {m.old} → {m.new}{rest}",
            flush=True,
        )


def _write(path: Path, outcomes: list[Outcome]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(
            ("file", "line", "function", "kind", "old", "new", "verdict", "test", "left_out", "seconds")
        )
        for o in outcomes:
            m = o.mutant
            table.writerow(
                (
                    m.file,
                    m.line,
                    m.function,
                    m.kind,
                    m.old,
                    m.new,
                    o.verdict,
                    o.test,
                    o.left_out,
                    f"{o.seconds:.1f}",
                )
            )


if __name__ == "__main__":
    main()
