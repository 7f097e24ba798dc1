"""``references.bib`` and ``CITATION.cff``: the software, the paper, sources of the scales, works of the report."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from comply_measure import __version__
from comply_measure.pipeline.replication.declared import declared
from comply_measure.pipeline.replication.readme import SOURCE
from comply_measure.report.references.styles import render_bibtex
from comply_measure.report.translation.translator import translator

if TYPE_CHECKING:
    from comply_measure.pipeline.study import Study
    from comply_measure.report.references.work import Work

_SIGNS = str.maketrans({"{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "$": r"\$"})


def bibliography(study: Study, works: tuple[Work, ...]) -> str:
    """BibTeX: this software, the paper if the study names it, the sources of its scales, the report's list."""
    entries = [
        f"@software{{comply_measure,\n  author = {{{{The comply-measure developers}}}},\n"
        f"  title = {{comply-measure}},\n  version = {{{__version__}}}\n}}"
    ]
    if study.file.package.citation:
        entries.append(_entry("paper", study.file.package.citation))
    sources: dict[str, str] = {}
    for scale in study.scales:
        for key, text in scale.references.items():
            sources.setdefault(key, text)
    entries += [_entry(key, text) for key, text in (*sources.items(), ("vilhuber2022", SOURCE))]
    own = "\n\n".join(entries) + "\n"
    return f"{own}\n{render_bibtex(works)}" if works else own


def _entry(key: str, text: str) -> str:
    """A source as the scale cites it, whole; its year where the text has one."""
    year = re.search(r"\((\d{4})\)", text)
    dated = f",\n  year = {{{year[1]}}}" if year else ""
    return f"@misc{{{re.sub(r'[^A-Za-z0-9_-]', '', key) or 'source'},\n  note = {{{text.translate(_SIGNS)}}}{dated}\n}}"


def citation_file(study: Study) -> str:
    """How the package is cited (Citation File Format 1.2.0)."""
    part, say = declared(study), translator(study.file.language)
    authors = part.authors or (say("The authors of the study"),)
    lines = [
        "cff-version: 1.2.0",
        f"message: {say('If you use these data or results, please cite the study and the software.')}",
        "type: dataset",
        f"title: {json.dumps(study.file.title, ensure_ascii=False)}",
        "authors:",
        *(f"  - name: {json.dumps(name, ensure_ascii=False)}" for name in authors),
        *([f"license: {json.dumps(part.data_licence)}"] if part.data_licence else []),
        "references:",
        "  - type: software",
        "    title: comply-measure",
        f"    version: {json.dumps(__version__)}",
        "    authors:",
        "      - name: The comply-measure developers",
    ]
    return "\n".join(lines) + "\n"
