"""A packaged study run anew, in an environment of its own or in this one."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from comply_measure.errors import ComplyError
from comply_measure.pipeline.fingerprint import code_version
from comply_measure.pipeline.replication.versions import differing

_SHOWN = 2000


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What ran.

    Parameters
    ----------
    tables : Path
        The new tables.
    environment : str
        Where it ran, in a sentence.
    """

    tables: Path
    environment: str


def rebuild(
    package: Path, steps: Sequence[str], aside: Path, wheels: Path | None, source: object = None
) -> Rebuilt:
    """Run the study of a package.

    Parameters
    ----------
    package : Path
        The package.
    steps : sequence of str
        Steps to run.
    aside : Path
        Empty folder for the environment and the results.
    wheels : Path, optional
        Folder of wheels: the versions of the lock file are installed from there, without a network, into a new
        environment. Without it the study runs in the present one.
    source : str, optional
        Digest of the source that made the package; that the present one is another is said.

    Raises
    ------
    ComplyError
        If the environment cannot be made or the study does not run, with what was said.
    """
    lock = package / "requirements.lock"
    if wheels is None:
        python, said = Path(sys.executable), _present(lock, source)
    else:
        python, said = _fresh(lock, aside / "env", wheels), f"a new environment with the wheels of {wheels}"
    out = aside / "again"
    command = [str(python), "-m", "comply_measure", "run", str(package / "study.yaml"), "--out", str(out)]
    _called(
        [*command, "--steps", ",".join(steps), "--quiet"], "the study does not run", fresh=wheels is not None
    )
    return Rebuilt(out / "tables", said)


def _present(lock: Path, source: object) -> str:
    """The present environment, and how it differs from the package's."""
    other = differing(lock.read_text(encoding="utf-8")) if lock.is_file() else ["no requirements.lock"]
    if source is not None and source != code_version():
        other = [*other, "comply-measure with other source"]
    told = f"; other versions than in requirements.lock: {'; '.join(other)}" if other else ", same versions"
    return f"the present environment (no --wheels){told}"


def _fresh(lock: Path, place: Path, wheels: Path) -> Path:
    """The Python of a new environment with the locked versions, from wheels alone."""
    venv.create(place, with_pip=True)
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    _called(
        [*install, "--find-links", str(wheels), "-r", str(lock)], "the wheels cannot be installed", fresh=True
    )
    return python


def _called(command: Sequence[str], failed: str, *, fresh: bool) -> None:
    """Run a command; in a fresh environment nothing of the present one is seen."""
    kept = {
        key: value for key, value in os.environ.items() if not (fresh and key.startswith(("PYTHON", "PIP_")))
    }
    done = subprocess.run(command, env=kept, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-_SHOWN:]
        raise ComplyError(f"{failed} (exit code {done.returncode}):\n{said}")
