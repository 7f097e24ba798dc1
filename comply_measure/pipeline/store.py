"""The cache: one JSON file per step result, under its key, checked against its own digest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from comply_measure.pipeline.files import write_text
from comply_measure.pipeline.step import StepOutput
from comply_measure.report.serialise import decode_section, encode_section

FOLDER = ".cache"
_FORMAT = 1
_KEPT = 4
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by comply-measure; safe to delete.\n"


@dataclass(frozen=True, slots=True)
class Store:
    """Results of steps in a folder.

    Parameters
    ----------
    folder : Path
        Made when the first result is saved.
    """

    folder: Path

    def path(self, step: str, key: str) -> Path:
        """File of a result."""
        return self.folder / step / f"{key}.json"

    def load(self, step: str, key: str) -> StepOutput | None:
        """The stored result; None if there is none or the file is damaged (it is then computed anew)."""
        try:
            raw = self.path(step, key).read_bytes()
        except OSError:
            return None
        digest, _, body = raw.partition(b"\n")
        if digest != sha256(body).hexdigest().encode("ascii"):
            return None
        data = json.loads(body)
        return _decode(data) if data["format"] == _FORMAT else None

    def save(self, step: str, key: str, output: StepOutput) -> None:
        """Keep a result, and only the latest few of each step."""
        tag = self.folder / "CACHEDIR.TAG"
        if not tag.exists():
            write_text(tag, _TAG)
        body = json.dumps(_encode(output), allow_nan=False, separators=(",", ":"))
        digest = sha256(body.encode("utf-8")).hexdigest()
        write_text(self.path(step, key), f"{digest}\n{body}")
        self._prune(step)

    def _prune(self, step: str) -> None:
        entries = sorted(
            (self.folder / step).glob("*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True
        )
        for path in entries[_KEPT:]:
            path.unlink(missing_ok=True)


def _encode(output: StepOutput) -> dict[str, Any]:
    values = {name: None if name in output.reasons else value for name, value in output.values.items()}
    return {
        "format": _FORMAT,
        "section": encode_section(output.section),
        "values": values,
        "reasons": dict(output.reasons),
        "headline": list(output.headline),
        "problems": list(output.problems),
    }


def _decode(data: dict[str, Any]) -> StepOutput:
    values = {name: float("nan") if value is None else value for name, value in data["values"].items()}
    return StepOutput(
        section=decode_section(data["section"]),
        values=values,
        reasons=data["reasons"],
        headline=tuple(data["headline"]),
        problems=tuple(data["problems"]),
    )
