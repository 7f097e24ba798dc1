"""Chapter: who answered, how complete the units are, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.topics.sample import SampleEvidence
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import count, listing, percent, plural
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Bullets, Chapter, Column, Details, Prose, Section, Table

if TYPE_CHECKING:
    pass

_COUNTED = "Counts"


def sample_section(facts: SampleEvidence, labels: Labels) -> Section:
    """The chapter."""
    blocks: list[Block] = [
        Prose(_opening(facts, labels)),
        _completeness(facts, labels),
        _missing(facts, labels),
    ]
    if len(facts.informants):
        blocks.append(_informants(facts, labels))
    if len(facts.units):
        blocks.append(Details("Unit-level variables", (_units(facts),)))
    if facts.notes:
        blocks.append(Details("Noticed while reading the data", (Bullets(facts.notes),)))
    return Section("sample", "Sample and completeness", tuple(blocks))


def sample_headline(facts: SampleEvidence) -> tuple[str, ...]:
    """One sentence for the overview."""
    complete = _complete(facts)
    return (
        f"{_where(facts)} with {plural(facts.n_informants, 'informant')}; "
        f"{percent(complete / facts.n_units)} of the units have an informant in every role.",
    )


def _where(facts: SampleEvidence) -> str:
    units = plural(facts.n_units, "unit")
    return f"{units} in {plural(facts.n_firms, 'firm')}" if facts.n_firms else units


def _complete(facts: SampleEvidence) -> int:
    table = facts.completeness
    return int(table.loc[table["complete"], "n_units"].sum())


def _opening(facts: SampleEvidence, labels: Labels) -> str:
    roles = [
        f"{count(n)} from {labels.role(role)}"
        for role, n in zip(facts.roles["role"], facts.roles["n_informants"], strict=True)
    ]
    complete = _complete(facts)
    silent = int(facts.roles["n_without_answers"].sum())
    text = (
        f"The data cover {_where(facts)}. {count(facts.n_informants)} informants took part "
        f"({listing(roles)}). {count(complete)} of {plural(facts.n_units, 'unit')} "
        f"({percent(complete / facts.n_units)}) have an informant in every role; incomplete units are kept, "
        "and every table states the units and informants it rests on."
    )
    if silent:
        text += f" {plural(silent, 'informant')} gave no answer at all."
    return text


def _completeness(facts: SampleEvidence, labels: Labels) -> Table:
    data = facts.completeness.copy()
    data.insert(0, "roles", [_pattern(text, labels) for text in data["pattern"]])
    columns = (
        Column("Roles that answered", "roles"),
        Column("Units", "n_units", "count"),
        Column("Share of units", "share", "percent"),
        Column("Informants", "n_informants", "count"),
    )
    return Table(
        "sample_completeness",
        "Completeness of the units by pattern of roles",
        data,
        columns,
        n_units=facts.n_units,
        n_informants=facts.n_informants,
        estimator=_COUNTED,
    )


def _pattern(text: str, labels: Labels) -> str:
    return " + ".join(labels.role(part) for part in text.split("+"))


def _missing(facts: SampleEvidence, labels: Labels) -> Table:
    data = facts.missing.copy()
    data.insert(1, "role_label", [labels.role(role) for role in data["role"]])
    columns = (
        Column("Role", "role_label"),
        Column("Informants", "n_informants", "count"),
        Column("Answers asked for", "n_asked", "count"),
        Column("Answered", "answered", "percent"),
        Column("Left out", "not_answered", "percent"),
        Column("Cannot judge", "cannot_judge", "percent"),
        Column("Declared missing", "user_missing", "percent"),
    )
    return Table(
        "sample_missing",
        "Answers and missing answers by scale and role",
        data,
        columns,
        notes=("Shares are of the answers asked for; items that are not meant for a role do not count.",),
        n_units=facts.n_units,
        n_informants=facts.n_informants,
        estimator=_COUNTED,
        group="scale",
    )


def _informants(facts: SampleEvidence, labels: Labels) -> Table:
    data = facts.informants.copy()
    data.insert(0, "label", [labels.construct(key) for key in data["construct"]])
    data.insert(1, "role_label", [labels.role(role) for role in data["role"]])
    columns = (
        Column("Role", "role_label"),
        Column("Informants", "n_informants", "count"),
        Column("M", "mean", "number"),
        Column("SD", "sd", "number"),
    )
    return Table(
        "sample_informants",
        "What informants say of themselves",
        data,
        columns,
        notes=("Means of the items of each construct.",),
        n_units=facts.n_units,
        n_informants=facts.n_informants,
        estimator="Descriptive",
        group="label",
    )


def _units(facts: SampleEvidence) -> Table:
    columns = (
        Column("Variable", "variable"),
        Column("Units", "n_units", "count"),
        Column("Missing", "n_missing", "count"),
        Column("M", "mean", "number"),
        Column("SD", "sd", "number"),
        Column("Range", ("minimum", "maximum"), "span"),
        Column("Categories", "categories"),
    )
    return Table(
        "sample_units",
        "Unit-level variables",
        facts.units,
        columns,
        n_units=facts.n_units,
        estimator="Descriptive",
    )


def chapter(evidence: SampleEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Sample and completeness, in print."""
    return Chapter(sample_section(evidence, labels), sample_headline(evidence))
