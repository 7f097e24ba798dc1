"""Stored files of every tool for the buyers of the small plan; ``python tests/survey/golden.py`` writes them anew."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
TOOLS = ("limesurvey", "qualtrics", "qsf", "surveyjs", "redcap", "sosci", "print")


def stored() -> Iterator[tuple[Path, bytes]]:
    """Path and content of every stored file."""
    from comply_measure.survey import load_survey, survey_files

    plan = load_survey(HERE / "plans" / "plan.yaml")
    for tool in TOOLS:
        one = ["en"] if tool in ("qualtrics", "redcap", "sosci", "print") else None
        for name, content in survey_files(plan, tool, ["buyer"], one).items():
            yield HERE / "golden" / f"{tool}_{name}", content


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent.parent))
    (HERE / "golden").mkdir(exist_ok=True)
    for path, content in stored():
        path.write_bytes(content)
        print(path.relative_to(HERE))
