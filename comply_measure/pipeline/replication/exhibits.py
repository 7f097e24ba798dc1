"""Which step makes which table and figure, and in which file it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.pipeline.document import build_report
from comply_measure.pipeline.folder import places
from comply_measure.report.html import number_blocks
from comply_measure.report.parts import DETAILS
from comply_measure.report.translation.translator import translator

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.pipeline.run import Run


def exhibits(run: Run) -> pd.DataFrame:
    """Every table and figure of the report: exhibit (``Table 3``), title, step, file, command."""
    import pandas as pd

    place = places(run)
    report = build_report(run)
    say = translator(report.language)
    numbers = number_blocks(report.sections)
    rows = []
    for section in report.sections:
        chapter = section.key.removesuffix(DETAILS)  # its appendix, too
        step = chapter if chapter in run.steps else "report"
        command = "comply-measure run study.yaml" + (f" --steps {step}" if step != "report" else "")
        found = [(say("Table"), t.key, t.title, ".csv") for t in section.tables()]
        found += [(say("Figure"), f.key, f.title, ".svg") for f in section.figures()]
        for kind, key, title, ending in found:
            file = f"results/{place[key]}{ending}" if key in place else "results/report.html"
            rows.append((f"{kind} {numbers[key]}", title, step, file, command))
    return pd.DataFrame(rows, columns=["exhibit", "title", "step", "file", "command"])
