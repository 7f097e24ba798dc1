"""README of a package after the template of the American Economic Association's data editor (Vilhuber et al., 2022)."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comply_measure import __version__
from comply_measure.pipeline.replication.cost import Cost, storage_class
from comply_measure.pipeline.replication.declared import declared
from comply_measure.report.references.styles import apa, doi_address
from comply_measure.report.references.work import Work

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.pipeline.run import Run

SOURCE = (
    "Vilhuber, L., Connolly, M., Koren, M., Llull, J., & Morrow, P. (2022). A template README for social science "
    "replication packages (v1.1). https://doi.org/10.5281/zenodo.7293838"
)
_NOT_STATED = "*Not stated; the authors add it under `package` of the study file (`{key}`).*"


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What the README tells beside the study itself.

    Parameters
    ----------
    exhibits : DataFrame
        exhibit, title, step, file, command.
    files : mapping of str to str
        File of the data set -> what it is, and whether it is provided.
    cost : Cost
        What the run needed.
    size : float
        Bytes of the package.
    stand_in : bool
        Whether the data are a stand-in.
    left_out : tuple of str
        Tables of single units that are left out.
    works : tuple of Work
        What the report cites.
    """

    exhibits: pd.DataFrame
    cost: Cost
    size: float
    stand_in: bool
    left_out: tuple[str, ...] = ()
    works: tuple[Work, ...] = ()


def readme(run: Run, facts: Facts) -> str:
    """The text of ``README.md``."""
    parts = (_overview(run, facts), _data(run, facts), _requirements(run, facts), _programs(run), _replicate(facts),
             _exhibits(facts), _references(run, facts.works))  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _overview(run: Run, facts: Facts) -> str:
    file = run.study.file
    by = f"\n\nAuthors: {'; '.join(file.package.authors)}" if file.package.authors else ""
    paper = f"\n\nPaper: {file.package.citation}" if file.package.citation else ""
    kind = "a synthetic stand-in for the data" if facts.stand_in else "the data"
    return (
        f"# {file.title}: replication package{by}{paper}\n\n{file.description}\n\n## Overview\n"
        f"One command, `comply-measure run study.yaml`, reads {kind}, runs {len(run.outputs)} steps and makes "
        f"{len(facts.exhibits)} tables and figures. Expected time: {facts.cost.time_class}. "
        "`comply-measure verify .` does this anew and compares every table."
    )


def _data(run: Run, facts: Facts) -> str:
    part = declared(run.study)
    rights = {
        "provenance": "### Provenance",
        "ethics": "### Ethics and consent",
        "access": "### Access to the data",
    }
    said = [
        f"{head}\n{getattr(part, key) or _NOT_STATED.format(key=key)}"
        for key, head in rights.items()
        if key != "access" or facts.stand_in or part.access
    ]
    box = (
        "Some data **cannot be made** publicly available."
        if facts.stand_in
        else "All data **are** publicly available."
    )
    licence = part.data_licence or _NOT_STATED.format(key="data_licence")
    code = part.code_licence or _NOT_STATED.format(key="code_licence")
    provided = "no: a synthetic stand-in is" if facts.stand_in else "yes"
    lines = [
        "## Data availability and provenance",
        "### Statement about rights\nThe authors certify that they have legitimate access to and permission to use "
        "the data of this study.",
        f"### Licences\nData: {licence}. Code and study file: {code}. `comply-measure`: GPL-3.0-or-later.",
        f"### Summary of availability\n{box}",
        *said,
        "### Data set list\n| file | content | provided |\n|---|---|---|\n"
        f"| `data/`, or where `study.yaml` says | answers of informants, variables of units | {provided} |\n"
        "| `codebook/` | every variable; the same data as CSV, SPSS and Stata files; Data Package and Psych-DS "
        "descriptions | yes |\n"
        "| `questionnaire/` | what each role was asked, in each language | yes |\n"
        "| `moments/` | covariances of items and scores with the number of informants each rests on | yes |",
    ]
    if facts.stand_in:
        lines.append(_about_stand_in(facts))
    return "\n\n".join(lines)


def _about_stand_in(facts: Facts) -> str:
    gone = ""
    if facts.left_out:
        gone = f" Left out of `results/`, since their rows are units: {', '.join(facts.left_out)}."
    return (
        "### The stand-in\nNo row of the stand-in is an informant. It has the structure of the data (firms, units, "
        "roles, missing answers), the same frequencies of every answer, and nearly the same correlations, within and "
        "between firms; relations of categorical variables of units are lost. `results/` were computed from the data, "
        "`results_stand_in/` from the stand-in, and `comply-measure verify` compares with the latter." + gone
    )


def _requirements(run: Run, facts: Facts) -> str:
    version = platform.python_version_tuple()
    return (
        "## Computational requirements\n### Software\n"
        f"Python {version[0]}.{version[1]} and comply-measure {__version__}; all packages with their versions are in "
        "`requirements.lock` (`pip install -r requirements.lock`).\n\n"
        f"### Controlled randomness\nSeed {run.study.file.seed} (`seed` in `study.yaml`). Each step draws from a "
        "stream of its own, made from the seed and the step's name; results do not depend on the number of workers.\n\n"
        "### Memory, run time and storage\n"
        f"Measured where the results were computed ({platform.system()}, {platform.machine()}, one process):\n\n"
        "| what | class |\n|---|---|\n"
        f"| time of all steps | {facts.cost.time_class} |\n| memory | {facts.cost.memory_class} |\n"
        f"| this package on disk | {storage_class(facts.size)} |"
    )


def _programs(run: Run) -> str:
    rows = "\n".join(
        f"| `{name}` | {step.title} |" for name, step in run.steps.items() if name in run.outputs
    )
    return (
        "## Description of programs\nThere is no code of this study's own: `study.yaml` names data, scales, steps and "
        f"options, and `comply-measure` runs them.\n\n| step | what it makes |\n|---|---|\n{rows}"
    )


def _replicate(facts: Facts) -> str:
    compared = "results_stand_in" if facts.stand_in else "results"
    return (
        "## Instructions to replicators\n"
        "In this folder; what is made stands beside it, so that the folder stays as it was.\n\n"
        "1. `python -m venv ../env`, then `../env/bin/pip install -r requirements.lock` (Windows: "
        "`..\\env\\Scripts\\pip`). A comply-measure that no index has is made a wheel of first (`pip wheel --no-deps "
        "SOURCE -w ../wheels`) and found with `--find-links ../wheels`. For a computer without a network fill "
        "`../wheels` where there is one: `pip wheel --find-links ../wheels -r requirements.lock -w ../wheels`.\n"
        "2. `../env/bin/comply-measure run study.yaml --out ../again`\n"
        f"3. Compare `../again/tables` with `{compared}/tables`; or let `../env/bin/comply-measure verify .` do 2 "
        "and 3, and `verify . --wheels ../wheels` all three without a network.\n\n"
        "`SHA256SUMS` lists every file (`sha256sum --check SHA256SUMS`). `deviations.csv`, where there is one, "
        "holds the registered plan against what was run."
    )


def _exhibits(facts: Facts) -> str:
    rows = "\n".join(
        f"| {row.exhibit} | {_cell(row.title)} | `{row.step}` | `{row.file}` |"
        for row in facts.exhibits.itertuples(index=False)
    )
    return f"## List of tables and figures\n| exhibit | title | step | file |\n|---|---|---|---|\n{rows}"


def _references(run: Run, works: tuple[Work, ...]) -> str:
    """What ``references.bib`` holds: sources of the scales, of this template, and the works of the report."""
    sources: dict[str, str] = {}
    for scale in run.study.scales:
        sources |= {text: text for text in scale.references.values()}
    lines = "\n".join(f"- {text}" for text in (*sources, SOURCE, *map(_entry, works)))
    return f"## References\n`references.bib` holds the same for BibTeX.\n\n{lines}"


def _entry(work: Work) -> str:
    text = "".join(f"*{part}*" if slanted else part for part, slanted in apa(work))
    return f"{text} {doi_address(work)}" if work.doi else text


def _cell(text: object) -> str:
    return str(text).replace("|", r"\|").replace("\n", " ")
