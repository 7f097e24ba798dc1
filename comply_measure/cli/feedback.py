"""What ``comply-measure feedback`` writes and says."""

from __future__ import annotations

import sys
from pathlib import Path

from comply_measure.errors import InputError, Problem


def feedback_command(
    study_file: Path, unit: str | None, out: Path, language: str | None, *, hide_roles: bool, minimum: int
) -> int:
    """Write feedback for one unit or all of them: HTML, Word and, with a browser, PDF.

    Returns
    -------
    int
        0.

    Raises
    ------
    InputError
        If the study cannot be used, or the language is neither English nor German.
    ComplyError
        If the unit is unknown or gets no feedback, with the reason.
    """
    from comply_measure.evidence.feedback import feedback_of, unit_feedback
    from comply_measure.pipeline import STEPS, load_study
    from comply_measure.pipeline.files import require_writable
    from comply_measure.report.feedback import feedback_html, feedback_page, feedback_word
    from comply_measure.report.labels import Labels
    from comply_measure.report.names import file_names, key_of
    from comply_measure.report.printing import browser, print_pdf
    from comply_measure.statistics.words import require_known

    require_writable(out)
    study = load_study(study_file, STEPS, read=True)
    spoken = study.file.language if language is None else language
    if spoken not in ("en", "de"):
        fault = Problem("no feedback in this language", column="language", value=spoken, allowed="en, de")
        raise InputError("feedback cannot be written", [fault])
    if unit is not None:
        require_known("unit", unit, map(str, study.responses.units.index))
    found = unit_feedback(study.responses, hide_roles=hide_roles, minimum=minimum)
    chosen = found[0] if unit is None else {unit: feedback_of(found, unit)}
    labels = Labels.of(study.scales, spoken)
    out.mkdir(parents=True, exist_ok=True)
    names = file_names(key_of("feedback", name) for name in chosen)
    for name, mine in chosen.items():
        page, place = feedback_page(mine, labels), out / names[key_of("feedback", name)]
        html = place.with_name(f"{place.name}.html")
        html.write_text(feedback_html(page), encoding="utf-8", newline="\n")
        place.with_name(f"{place.name}.docx").write_bytes(feedback_word(page))
        printed = print_pdf(html, place.with_name(f"{place.name}.pdf")) if browser() else False
        print(f"{html}{', .docx, .pdf' if printed else ', .docx'}")
    if browser() is None:
        print("no PDF: Chromium is not installed; print the HTML page instead", file=sys.stderr)
    for name, reason in found[1].items() if unit is None else ():
        print(f"no feedback for unit '{name}': {reason}", file=sys.stderr)
    return 0
