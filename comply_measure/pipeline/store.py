"""The cache: evidence and printed chapter of each step, a JSON file under its key, signed for its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from comply_measure.errors import ComplyError
from comply_measure.evidence.base import Evidence
from comply_measure.evidence.codec import decode, encode
from comply_measure.pipeline.files import write_text
from comply_measure.pipeline.signature import is_signed, sign
from comply_measure.pipeline.step import Found, StepOutput
from comply_measure.report.serialise import decode_section, encode_section
from comply_measure.report.verdicts import StatedVerdict, plain_numbers

Content = TypeVar("Content")

_FORMAT = 3
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
        """File of a step's output: its chapter and values."""
        return self.folder / step / f"{key}.json"

    def load(self, step: str, key: str) -> StepOutput | None:
        """The stored output; None if there is none or the file is damaged (it is then made anew)."""
        return _read(self.path(step, key), _decode)

    def save(self, step: str, key: str, output: StepOutput) -> None:
        """Keep an output, and only the latest few of each step."""
        self._write(self.path(step, key), _encode(output))

    def load_evidence(self, step: str, key: str) -> Found | None:
        """The stored evidence of a step's topic; None if there is none or it is damaged."""
        return _read(self.path(f"{step}-evidence", key), _decode_evidence)

    def save_evidence(self, step: str, key: str, found: Found) -> None:
        """Keep evidence, and only the latest few of each step.

        Raises
        ------
        ComplyError
            If it holds values that cannot be stored, which is a defect of the topic.
        """
        document = {"evidence": encode(found.evidence), "warnings": list(found.warnings)}
        self._write(self.path(f"{step}-evidence", key), document)

    def _write(self, path: Path, document: dict[str, Any]) -> None:
        tag = self.folder / "CACHEDIR.TAG"
        if not tag.exists():
            write_text(tag, _TAG)
        body = json.dumps({"format": _FORMAT, **document}, allow_nan=False, separators=(",", ":"))
        write_text(path, f"{sign(_place(path), body.encode('utf-8'))}\n{body}")
        self._prune(path.parent.name)

    def _prune(self, step: str) -> None:
        entries = sorted(
            (self.folder / step).glob("*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True
        )
        for path in entries[_KEPT:]:
            path.unlink(missing_ok=True)


def _place(path: Path) -> str:
    """What an entry claims to be: step and key."""
    return f"{path.parent.name}/{path.stem}"


def _read(path: Path, decoded: Callable[[dict[str, Any]], Content]) -> Content | None:
    """The content of a file; None if there is none, another hand wrote it, or it does not read as it should."""
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    signature, _, body = raw.partition(b"\n")
    if not is_signed(_place(path), body, signature):
        return None
    try:
        data = json.loads(body)
        return decoded(data) if data["format"] == _FORMAT else None
    except (ComplyError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return None


def _decode_evidence(data: dict[str, Any]) -> Found:
    evidence = decode(data["evidence"])
    if not isinstance(evidence, Evidence):
        raise ComplyError("stored evidence is damaged: no evidence")
    return Found(evidence, tuple(data["warnings"]))


def _encode(output: StepOutput) -> dict[str, Any]:
    values = {name: None if name in output.reasons else value for name, value in output.values.items()}
    return {
        "section": encode_section(output.section),
        "values": values,
        "reasons": dict(output.reasons),
        "headline": list(output.headline),
        "problems": list(output.problems),
        "verdicts": [{**asdict(v), "numbers": plain_numbers(v.numbers)} for v in output.verdicts],
    }


def _decode(data: dict[str, Any]) -> StepOutput:
    values = {name: float("nan") if value is None else value for name, value in data["values"].items()}
    return StepOutput(
        section=decode_section(data["section"]),
        values=values,
        reasons=data["reasons"],
        headline=tuple(data["headline"]),
        problems=tuple(data["problems"]),
        verdicts=tuple(
            StatedVerdict(**{**stored, "numbers": _numbers(stored["numbers"])}) for stored in data["verdicts"]
        ),
    )


def _numbers(stored: dict[str, Any]) -> dict[str, Any]:
    """Numbers of a verdict as they were: undefined ones NaN, intervals and lists of keys tuples."""
    return {
        name: tuple(map(_number, value)) if isinstance(value, list) else _number(value)
        for name, value in stored.items()
    }


def _number(value: Any) -> Any:
    return float("nan") if value is None else value
