"""``python tests/house_numbers.py [CHECKOUT ...]``: the house in numbers, of this tree and of others beside it.

Lines and files per room, imports inside functions, questions about the family of estimation outside of it, circles
between files, lengths of functions, and through how many files two trips go (docs/architecture.md). An older state:
``git worktree add /tmp/before TAG``.
"""

from __future__ import annotations

import ast
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "sem")]

TRIPS = {
    "from model text to fit measures": """
import numpy as np, pandas as pd
from comply_measure import sem
x = np.random.default_rng(1).normal(size=(100, 5))
data = pd.DataFrame(x[:, :1] + x[:, 1:], columns=["x1", "x2", "x3", "x4"])
def trip():
    fit = sem.fit("f =~ x1 + x2 + x3 + x4", data)
    return fit.estimates, fit.measures
trip()  # once before it is counted, so that nothing is loaded on the way
""",
    "from CSV to report, step gaps": """
import shutil, sys, tempfile
from pathlib import Path
from comply_measure.cli import main
folder = Path(tempfile.mkdtemp())
for part in ("datasets", "scales", "analyses"):
    shutil.copytree(part, folder / part)
sys.argv = ["comply-measure", "run", str(folder / "analyses/demo.yaml"), "--steps", "gaps"]
def trip():
    try:
        main()
    except SystemExit as end:
        assert not end.code
""",
}
TRACED = """
import sys
from pathlib import Path
files, root = set(), str(Path("comply_measure").resolve())
def watch(frame, event, arg):
    if event == "call" and frame.f_code.co_flags & 1:  # functions: neither modules nor bodies of classes
        files.add(frame.f_code.co_filename)
sys.setprofile(watch)
trip()
sys.setprofile(None)
print(sum(name.startswith(root) for name in files))
"""


def sources(root: Path) -> dict[str, ast.Module]:
    """Every file of the package, parsed, by its path in it."""
    package = root / "comply_measure"
    return {
        path.relative_to(package).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(package.rglob("*.py"))
        if "_shipped" not in path.parts
    }


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """All functions of a file, inner ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def deferred(tree: ast.Module) -> list[str]:
    """Modules imported inside functions."""
    found = []
    for function in functions(tree):
        for node in ast.walk(function):
            if isinstance(node, ast.Import):
                found += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                found.append(node.module or ".")
    return found


def family_questions(files: dict[str, ast.Module]) -> str:
    """Tests of which family it is, outside of ``sem/families``: how many, in how many files."""
    from test_sem_families import questions

    lines = {
        name: len(set(questions(tree)))
        for name, tree in files.items()
        if name.startswith("sem/") and "/families/" not in name and name != "sem/options.py"
    }
    return f"{sum(lines.values())} ({sum(map(bool, lines.values()))})"


def circles(root: Path) -> int:
    """Groups of files that import each other in circles, function-level imports included."""
    import test_architecture as house

    house.PACKAGE = root / "comply_measure"
    modules = {
        house.module_of(path): path for path in house.PACKAGE.rglob("*.py") if "_shipped" not in path.parts
    }
    house.MODULES = modules
    imports = {name: house.imported_modules(path) for name, path in modules.items()}
    number = 0
    while circle := house.circle_in(imports):
        number += 1
        imports = {name: set() if name == circle[-2] else others for name, others in imports.items()}
    return number


def files_of_trip(root: Path, prepared: str) -> int:
    """Files of the package whose functions a trip calls."""
    environment = {**os.environ, "PYTHONPATH": str(root), "MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, "-c", prepared + TRACED],
        cwd=root, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return int(done.stdout.splitlines()[-1])


def main(roots: list[Path]) -> None:
    """Print the tables."""
    trees = [sources(root) for root in roots]
    rooms = sorted({name.split("/")[0] for files in trees for name in files if "/" in name})
    print("room: files, lines, imports in functions (of the package / of libraries)")
    for room in rooms:
        cells = []
        for root, files in zip(roots, trees, strict=True):
            mine = {name: tree for name, tree in files.items() if name.startswith(f"{room}/")}
            lines = sum(
                len((root / "comply_measure" / name).read_text(encoding="utf-8").splitlines())
                for name in mine
            )
            late = [module for tree in mine.values() for module in deferred(tree)]
            own = sum(module.startswith((".", "comply_measure")) for module in late)
            cells.append(f"{len(mine):4d} {lines:6d} {own:3d} / {len(late) - own:3d}")
        print(f"{room:14s}" + " | ".join(cells))
    for title, of in (
        ("questions about the family (in files)", lambda root, files: family_questions(files)),
        ("circles between files", lambda root, files: circles(root)),
        ("median and longest function, lines", lambda root, files: lengths(files)),
        *(
            (f"files of the trip {name}", lambda root, files, text=text: files_of_trip(root, text))
            for name, text in TRIPS.items()
        ),
    ):
        print(
            f"{title}: " + " | ".join(str(of(root, files)) for root, files in zip(roots, trees, strict=True))
        )


def lengths(files: dict[str, ast.Module]) -> str:
    """Median and largest number of lines of a function, its documentation left out."""
    found = []
    for name, tree in files.items():
        for function in functions(tree):
            first = function.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(getattr(first.value, "value", 0), str)
            text = first.end_lineno - first.lineno + 1 if documented else 0
            found.append((function.end_lineno - function.lineno + 1 - text, f"{name}:{function.name}"))
    longest, where = max(found)
    return f"{statistics.median(length for length, _ in found):g}, {longest} ({where})"


if __name__ == "__main__":
    main([*map(Path.resolve, map(Path, sys.argv[1:])), HERE.parent])
