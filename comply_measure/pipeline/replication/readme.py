"""README of a package after the template of the American Economic Association's data editor (Vilhuber et al., 2022)."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comply_measure import __version__
from comply_measure.pipeline.replication.cost import Cost, storage_class
from comply_measure.pipeline.replication.declared import declared
from comply_measure.report.format import count, plural
from comply_measure.report.references.styles import apa, doi_address
from comply_measure.report.references.work import Work
from comply_measure.report.translation.translator import Translator, translator

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.pipeline.run import Run

SOURCE = (
    "Vilhuber, L., Connolly, M., Koren, M., Llull, J., & Morrow, P. (2022). A template README for social science "
    "replication packages (v1.1). https://doi.org/10.5281/zenodo.7293838"
)


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
    """The text of ``README.md``, in the language of the study's report."""
    say = translator(run.study.file.language)
    parts = (_overview(run, facts, say), _data(run, facts, say), _requirements(run, facts, say), _programs(run, say),
             _replicate(facts, say), _exhibits(facts, say), _references(run, facts.works, say))  # fmt: skip
    return "\n\n".join(parts) + "\n"


def not_stated(key: str, say: Translator) -> str:
    """What stands where the authors left a key of ``package`` open."""
    return say(f"*Not stated; the authors add it under `package` of the study file (`{key}`).*")


def _head(level: int, text: str, say: Translator) -> str:
    return f"{'#' * level} {say.heading(text)}\n"


def _columns(say: Translator, *heads: str) -> str:
    return f"| {' | '.join(map(say.heading, heads))} |\n{'|---' * len(heads)}|\n"


def _overview(run: Run, facts: Facts, say: Translator) -> str:
    file = run.study.file
    by = f"\n\n{say.heading('Authors')}: {'; '.join(file.package.authors)}" if file.package.authors else ""
    paper = f"\n\n{say.heading('Paper')}: {file.package.citation}" if file.package.citation else ""
    kind = "a synthetic stand-in for the data" if facts.stand_in else "the data"
    one = len(facts.exhibits) == 1
    sentences = (
        f"One command, `comply-measure run study.yaml`, reads {kind}, runs {plural(len(run.outputs), 'step')} and "
        f"makes {'1 table or figure' if one else f'{count(len(facts.exhibits))} tables and figures'}.",
        f"Expected time: {facts.cost.time_class}.",
        "`comply-measure verify .` does this anew and compares every table.",
    )
    return (
        f"# {file.title}: {say('replication package')}{by}{paper}\n\n{file.description}\n\n"
        f"{_head(2, 'Overview', say)}{' '.join(map(say, sentences))}"
    )


def _data(run: Run, facts: Facts, say: Translator) -> str:
    part = declared(run.study)
    rights = {"provenance": "Provenance", "ethics": "Ethics and consent", "access": "Access to the data"}
    told = [
        f"{_head(3, head, say)}{getattr(part, key) or not_stated(key, say)}"
        for key, head in rights.items()
        if key != "access" or facts.stand_in or part.access
    ]
    box = (
        "Some data **cannot be made** publicly available."
        if facts.stand_in
        else "All data **are** publicly available."
    )
    licence = part.data_licence or not_stated("data_licence", say)
    code = part.code_licence or not_stated("code_licence", say)
    lines = [
        _head(2, "Data availability and provenance", say).rstrip(),
        _head(3, "Statement about rights", say)
        + say(
            "The authors certify that they have legitimate access to and permission to use the data of this study."
        ),
        f"{_head(3, 'Licences', say)}{say('Data')}: {licence}. {say('Code and study file')}: {code}. "
        "`comply-measure`: GPL-3.0-or-later.",
        _head(3, "Summary of availability", say) + say(box),
        *told,
        _head(3, "Data set list", say) + _data_sets(facts, say),
    ]
    if facts.stand_in:
        lines.append(_about_stand_in(facts, say))
    return "\n\n".join(lines)


def _data_sets(facts: Facts, say: Translator) -> str:
    files = (
        (
            "`data/`, or where `study.yaml` says",
            "answers of informants, variables of units",
            "no: a synthetic stand-in is" if facts.stand_in else "yes",
        ),
        (
            "`codebook/`",
            "every variable; the same data as CSV, SPSS and Stata files; Data Package and Psych-DS descriptions",
            "yes",
        ),
        ("`questionnaire/`", "what each role was asked, in each language", "yes"),
        (
            "`moments/`",
            "covariances of items and scores with the number of informants each rests on",
            "yes",
        ),
    )
    rows = "\n".join(f"| {' | '.join(map(say, cells))} |" for cells in files)
    return _columns(say, "file", "content", "provided") + rows


def _about_stand_in(facts: Facts, say: Translator) -> str:
    gone = ""
    if facts.left_out:
        gone = f" {say('Left out of `results/`, since their rows are units:')} {', '.join(facts.left_out)}."
    sentences = (
        "No row of the stand-in is an informant.",
        "It has the structure of the data (firms, units, roles, missing answers), the same frequencies of every "
        "answer, and nearly the same correlations, within and between firms; relations of categorical variables of "
        "units are lost.",
        "`results/` were computed from the data, `results_stand_in/` from the stand-in, and `comply-measure verify` "
        "compares with the latter.",
    )
    return f"{_head(3, 'The stand-in', say)}{' '.join(map(say, sentences))}{gone}"


def _requirements(run: Run, facts: Facts, say: Translator) -> str:
    version = ".".join(platform.python_version_tuple()[:2])
    software = (
        f"Python {version} and comply-measure {__version__}; all packages with their versions are in "
        "`requirements.lock` (`pip install -r requirements.lock`)."
    )
    randomness = (
        f"Seed {run.study.file.seed} (`seed` in `study.yaml`).",
        "Each step draws from a stream of its own, made from the seed and the step's name; results do not depend on "
        "the number of workers.",
    )
    measured = (
        f"Measured where the results were computed ({platform.system()}, {platform.machine()}, one process):"
    )
    classes = {
        "time of all steps": facts.cost.time_class,
        "memory": facts.cost.memory_class,
        "this package on disk": storage_class(facts.size),
    }
    rows = "\n".join(f"| {say.heading(what)} | {say(size)} |" for what, size in classes.items())
    return (
        f"{_head(2, 'Computational requirements', say)}{_head(3, 'Software', say)}{say(software)}\n\n"
        f"{_head(3, 'Controlled randomness', say)}{' '.join(map(say, randomness))}\n\n"
        f"{_head(3, 'Memory, run time and storage', say)}{say(measured)}\n\n"
        f"{_columns(say, 'what', 'class')}{rows}"
    )


def _programs(run: Run, say: Translator) -> str:
    rows = "\n".join(
        f"| `{name}` | {say(step.title)} |" for name, step in run.steps.items() if name in run.outputs
    )
    text = say(
        "There is no code of this study's own: `study.yaml` names data, scales, steps and options, and "
        "`comply-measure` runs them."
    )
    table = _columns(say, "step", "what it makes") + rows
    return f"{_head(2, 'Description of programs', say)}{text}\n\n{table}"


def _replicate(facts: Facts, say: Translator) -> str:
    compared = "results_stand_in" if facts.stand_in else "results"
    install = (
        "`python -m venv ../env`, then `../env/bin/pip install -r requirements.lock` (Windows: "
        "`..\\env\\Scripts\\pip`).",
        "A comply-measure that no index has is made a wheel of first (`pip wheel --no-deps SOURCE -w ../wheels`) and "
        "found with `--find-links ../wheels`.",
        "For a computer without a network fill `../wheels` where there is one: `pip wheel --find-links ../wheels -r "
        "requirements.lock -w ../wheels`.",
    )
    compare = (
        f"Compare `../again/tables` with `{compared}/tables`; or let `../env/bin/comply-measure verify .` do 2 and 3, "
        "and `verify . --wheels ../wheels` all three without a network."
    )
    rest = (
        "`SHA256SUMS` lists every file (`sha256sum --check SHA256SUMS`).",
        "`deviations.csv`, where there is one, holds the registered plan against what was run.",
    )
    start = say("In this folder; what is made stands beside it, so that the folder stays as it was.")
    return (
        f"{_head(2, 'Instructions to replicators', say)}{start}\n\n"
        f"1. {' '.join(map(say, install))}\n"
        "2. `../env/bin/comply-measure run study.yaml --out ../again`\n"
        f"3. {say(compare)}\n\n"
        f"{' '.join(map(say, rest))}"
    )


def _exhibits(facts: Facts, say: Translator) -> str:
    rows = "\n".join(
        f"| {row.exhibit} | {_cell(row.title)} | `{row.step}` | `{row.file}` |"
        for row in facts.exhibits.itertuples(index=False)
    )
    columns = _columns(say, "exhibit", "title", "step", "file")
    return f"{_head(2, 'List of tables and figures', say)}{columns}{rows}"


def _references(run: Run, works: tuple[Work, ...], say: Translator) -> str:
    """What ``references.bib`` holds: sources of the scales, of this template, and the works of the report."""
    sources: dict[str, str] = {}
    for scale in run.study.scales:
        sources |= {text: text for text in scale.references.values()}
    lines = "\n".join(f"- {text}" for text in (*sources, SOURCE, *map(_entry, works)))
    return f"{_head(2, 'References', say)}{say('`references.bib` holds the same for BibTeX.')}\n\n{lines}"


def _entry(work: Work) -> str:
    text = "".join(f"*{part}*" if slanted else part for part, slanted in apa(work))
    return f"{text} {doi_address(work)}" if work.doi else text


def _cell(text: object) -> str:
    return str(text).replace("|", r"\|").replace("\n", " ")
