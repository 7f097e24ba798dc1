"""Chapter: who answered, how complete the units are, what is missing."""

from __future__ import annotations

from comply_measure.evidence.topics.sample import SampleEvidence
from comply_measure.report.chapters.columns import labelled
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import count, listing, percent, plural
from comply_measure.report.labels import Labels, spaced
from comply_measure.report.parts import Block, Bullets, Chapter, Details, Prose, Section
from comply_measure.report.tables import Columns, Counts, TableSpec, of, table_of

_COUNTED = "Counts"
_MISSING: Columns = (
    of("role", "role_label"), "n_informants", of("n_answers_due", "n_asked"), "answered", "not_answered",
    "cannot_judge", "user_missing",
)  # fmt: skip

_TESTS: Columns = (
    of("roles", "pair_label"), "n_units", of("mean_gap", "mean"), "ci", "t", "df", "p_holm", of("d_z", "d_z_hedges"),
    "remark",
)  # fmt: skip


def sample_section(facts: SampleEvidence, labels: Labels) -> Section:
    """The chapter."""
    blocks: list[Block] = [
        Prose(_opening(facts, labels)),
        _completeness(facts, labels),
        _missing(facts, labels),
    ]
    if len(facts.several):
        blocks.insert(2, _several(facts, labels))
    if len(facts.informants):
        blocks.append(_informants(facts, labels))
    if len(facts.informant_tests):
        blocks.append(_informant_tests(facts, labels))
    if len(facts.units):
        blocks.append(Details("Unit-level variables", (_units(facts, labels),)))
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
    verb = "has" if facts.n_units == 1 else "have"
    text = (
        f"The data cover {_where(facts)}. {count(facts.n_informants)} informants took part "
        f"({listing(roles)}). {count(complete)} of {plural(facts.n_units, 'unit')} "
        f"({percent(complete / facts.n_units)}) {verb} an informant in every role; incomplete units are kept, "
        "and every table states the units and informants it rests on."
    )
    if silent:
        text += f" {plural(silent, 'informant')} gave no answer at all."
    return text


def _completeness(facts: SampleEvidence, labels: Labels) -> TableSpec:
    def pattern(text: str) -> str:
        return " + ".join(labels.role(part) for part in text.split("+"))

    return table_of(
        facts,
        "sample_completeness",
        "Completeness of the units by pattern of roles",
        labelled(facts.completeness, roles=(pattern, "pattern")),
        (of("roles_answered", "roles"), "n_units", "share", "n_informants"),
        estimator=_COUNTED,
    )


def _several(facts: SampleEvidence, labels: Labels) -> TableSpec:
    return table_of(
        Counts(facts.n_units, int(facts.several["n_informants"].sum())),
        "sample_several",
        "Informants by role, everyone who was read",
        labelled(facts.several, role_label=(labels.role, "role")),
        (of("role", "role_label"), "n_units", "n_informants", "n_several", of("n_most", "most")),
        "The notes on reading the data say what is done with several informants of one role in a unit.",
        estimator=_COUNTED,
    )


def _missing(facts: SampleEvidence, labels: Labels) -> TableSpec:
    return table_of(
        facts,
        "sample_missing",
        "Answers and missing answers by scale and role",
        labelled(facts.missing, 1, role_label=(labels.role, "role")),
        (*_MISSING, "does_not_apply") if "does_not_apply" in facts.missing else _MISSING,
        "Shares are of the answers due; items that are not meant for a role do not count.",
        estimator=_COUNTED,
        group="scale",
    )


def _informants(facts: SampleEvidence, labels: Labels) -> TableSpec:
    return table_of(
        facts,
        "sample_informants",
        "What informants say of themselves",
        labelled(facts.informants, label=(labels.construct, "construct"), role_label=(labels.role, "role")),
        (of("role", "role_label"), "n_informants", "mean", "sd"),
        "Means of the items of each construct.",
        estimator="Descriptive",
        group="label",
    )


def _informant_tests(facts: SampleEvidence, labels: Labels) -> TableSpec:
    return table_of(
        facts,
        "sample_informant_tests",
        "What informants say of themselves, roles of one unit compared",
        labelled(
            facts.informant_tests, label=(labels.construct, "construct"), pair_label=(labels.pair, "pair")
        ),
        _TESTS,
        "Gap: first role minus second, in points of the answer scale.",
        estimator="Paired t tests clustered by firm, Holm over the table",
        group="label",
    )


def _units(facts: SampleEvidence, labels: Labels) -> TableSpec:
    columns: Columns = (
        of("variable", "label"),
        "n_units",
        "n_missing",
        "mean",
        "sd",
        "range",
        of("categories", "categories_label"),
    )
    title = "Unit-level variables"
    data = labelled(facts.units, label=(labels.variable, "variable"))
    data["categories_label"] = [spaced(shares) for shares in facts.units["categories"]]
    return table_of(Counts(facts.n_units), "sample_units", title, data, columns, estimator="Descriptive")


def chapter(evidence: SampleEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Sample and completeness, in print."""
    return Chapter(sample_section(evidence, labels), sample_headline(evidence))
