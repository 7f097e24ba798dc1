"""Chapter: do roles and groups answer by the same measuring rod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.role_comparison import Comparison, Ladder, level_tests
from comply_measure.evidence.topics.invariance import InvarianceEvidence
from comply_measure.report.chapters.columns import sentence
from comply_measure.report.chapters.invariance_tables import (
    LEVELS,
    effect_table,
    gap_table,
    gate_table,
    latent_gap_table,
    released_table,
    rule_table,
    search_log,
)
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import bounded, count, interval, listing, number, p_phrase, plural
from comply_measure.report.labels import Labels, in_words
from comply_measure.report.names import key_of
from comply_measure.report.parts import Block, Chapter, Details, Heading, Notice, Prose, Section
from comply_measure.report.reversals import with_reversals
from comply_measure.report.tables import Columns, TableSpec, of, table_of
from comply_measure.statistics.multiplicity import rejects

if TYPE_CHECKING:
    import pandas as pd

_LADDER: Columns = (
    of("rung", "level_label"), "chisq", "df", "cfi", "rmsea", of("delta_chisq", "chisq_difference"),
    of("delta_df", "df_difference"), of("p", "pvalue_difference"), "delta_cfi", "delta_rmsea", "delta_srmr",
    of("cutoff_verdicts", "verdict"), "remark",
)  # fmt: skip


_TAKEN = ("effects", "gaps", "gates", "items", "latent_gaps", "released", "roles", "search")


def invariance_section(facts: InvarianceEvidence, labels: Labels) -> Section:
    """The chapter."""
    blocks: list[Block] = [Prose(" ".join(invariance_headline(facts, labels)))]
    if facts.roles:
        blocks += [Heading("Across roles"), *_role_blocks(facts, labels)]
    for comparison in facts.groups:
        blocks.append(Heading(f"Across groups: {words(comparison.key, labels)}"))
        blocks += _group_blocks(facts, comparison, labels)
    return Section("invariance", "Measurement invariance", tuple(blocks))


def invariance_headline(facts: InvarianceEvidence, labels: Labels) -> tuple[str, ...]:
    """What holds across roles, and across each grouping."""
    found = []
    for kind, compared in (("items", facts.items), (facts.indicator_kind, facts.roles)):
        usable = [c for c in compared if c.ladder is not None]
        if usable:
            found.append(_compared_text(facts, kind, usable, labels))
    for comparison in facts.groups:
        if comparison.ladder is not None:
            ladder = comparison.ladder
            p = comparison.ladder.p("scalar")
            over = f"Across {plural(len(ladder.counts), 'group')} of {words(comparison.key, labels)}"
            if p != p:
                found.append(f"{over}: equal intercepts could not be tested.")
            else:
                found.append(f"{over} equal intercepts are {_rejected(p, facts.alpha)}.")
    return tuple(found)


def _rejected(p: float, alpha: float) -> str:
    """What a test of equal parameters says: not rejecting is no evidence that they are equal."""
    if rejects(p, alpha):
        return f"rejected ({p_phrase(p)})"
    return f"not rejected ({p_phrase(p)}), which does not show that they are equal"


def _compared_text(facts: InvarianceEvidence, kind: str, usable: list[Comparison], labels: Labels) -> str:
    """Levels rejected, and what the search frees."""
    tests = {level: level_tests(usable, level) for level in ("metric", "scalar")}
    opening = f"{facts.title}, {kind} across roles"
    if not any(tests.values()):
        return f"{opening}: no difference test could be made."
    parts = [
        f"equal {word} in {count(sum(rejects(p, facts.alpha) for p in tests[level].values()))} of "
        f"{count(len(tests[level]))}"
        for level, word in (("metric", "loadings"), ("scalar", "intercepts"))
    ]
    text = (
        f"{opening}, dimensions in which a test rejects (p ≤ {bounded(facts.alpha)}, Holm's correction over "
        f"dimensions): {' and '.join(parts)} tested"
    )
    if facts.searched:
        released = [labels.construct(item) for c in usable if c.search for item in c.search.items]
        text += f"; the search within these frees {listing(released) or 'nothing'}"
    return f"{text}."


def _formed(facts: InvarianceEvidence, labels: Labels) -> str:
    """What the comparison by items says of attributes that their items form."""
    names = listing([labels.construct(key) for key in facts.formed])
    return (
        f"By items, attributes are factors with loadings. That is a reflective reading of those formed by their items "
        f"({names}): an intercept that differs shows an item that roles answer differently at equal standing on the "
        "others, and shifts the index by its share; a loading that differs is no fault of an index."
    )


def _role_blocks(facts: InvarianceEvidence, labels: Labels) -> list[Block]:
    blocks: list[Block] = [
        Notice(f"{labels.construct(c.key)}: roles could not be compared{by_items}: {c.obstacle}.", "warning")
        for by_items, compared in ((" by items", facts.items), ("", facts.roles))
        for c in compared
        if c.ladder is None
    ]
    usable = [c for c in facts.roles if c.ladder is not None]
    by_items = [c for c in facts.items if c.ladder is not None]
    if not usable:
        return blocks
    blocks.append(Prose(_gap_text(facts, usable, labels)))
    if by_items and facts.formed:
        blocks.append(Prose(_formed(facts, labels)))
    if by_items:
        blocks.append(ladder_table(facts, by_items, labels, items=True))
    blocks += [ladder_table(facts, usable, labels), *_small(usable[0])]
    if facts.searched:
        blocks += [
            Notice(f"{labels.construct(c.key)}: no search: {c.search_obstacle}.", "warning")
            for c in (*by_items, *usable)
            if c.search is None
        ]
        if any(c.search is not None for c in (*by_items, *usable)):
            blocks.append(released_table(facts, [*by_items, *usable], labels))
    if len(facts.latent_gaps):
        blocks += [Prose(_latent_text(facts, labels)), latent_gap_table(facts, labels)]
    return [
        *blocks,
        Details(
            "Bias, effect sizes, log of the search, published cut-offs",
            _folded(facts, usable, by_items, labels),
        ),
    ]


def _folded(
    facts: InvarianceEvidence, usable: list[Comparison], by_items: list[Comparison], labels: Labels
) -> tuple[Block, ...]:
    folded: list[Block] = []
    if any(c.gaps is not None for c in usable):
        folded.append(gap_table(facts, usable, labels))
    if any(c.effects is not None for c in (*by_items, *usable)):
        folded.append(effect_table(facts, [*by_items, *usable], labels))
    if any(c.search is not None for c in (*by_items, *usable)):
        folded += [
            gate_table(facts, by_items, usable, labels),
            search_log(facts, [*by_items, *usable], labels),
        ]
    folded.append(
        rule_table(facts, usable[0], "invariance_rules_roles", "roles, first dimension", facts.estimator)
    )
    return tuple(folded)


def _latent_text(facts: InvarianceEvidence, labels: Labels) -> str:
    table = facts.latent_gaps.dropna(subset=["gap"])
    different = int(rejects(table["p_holm"], facts.alpha).sum())
    text = (
        f"With what was freed left out of the comparison, {count(different)} of {plural(len(table), 'latent gap')} "
        f"between roles {'differs' if different == 1 else 'differ'} from zero (Holm's correction over the table). "
        "These are the gaps that later chapters use."
    )
    if facts.searched:
        text += (
            " A search does not find every shift, and one that it misses stays in the gap (how often: "
            "docs/calibration.md, invariance.gap)."
        )
    if not len(table):
        return text
    top = table.iloc[int(table["gap"].abs().to_numpy().argmax())]
    return (
        f"{text} The largest: {labels.construct(str(top['factor']))}, {labels.pair(str(top['pair']))}: "
        f"{number(top['gap'])} points, 95% CI {interval(top['ci_lower'], top['ci_upper'])}."
    )


def _gap_text(facts: InvarianceEvidence, usable: list[Comparison], labels: Labels) -> str:
    import pandas as pd

    text = (
        "Roles of one unit are dependent, so they are compared in one model with a row per unit; residuals of the same "
        "indicator are correlated across roles. "
    )
    if facts.items:
        text += "Items are compared within their attributes first, attribute scores of the items that hold after. "
        if facts.left_out:
            names = listing([labels.construct(item) for item in facts.left_out])
            text += f"Left out of these scores: {names}. "
    parts = [c.gaps for c in usable if c.gaps is not None]
    if not parts:
        return text.strip()
    gaps = pd.concat(parts, ignore_index=True)
    top = gaps.iloc[int(gaps["bias"].abs().argmax())]
    if abs(top["bias"]) < 1e-12:
        return f"{text}With equal parameters throughout, no gap of {facts.indicator_kind} is biased."
    return (
        f"{text}Unequal parameters bias gaps of {facts.indicator_kind} most for {labels.construct(top['factor'])}, "
        f"{labels.role(top['focal'])} − {labels.role(top['reference'])}: {number(top['bias'])} scale points in "
        f"a gap of {number(top['observed_gap'])}."
    )


def _verdicts(ladder: Ladder) -> dict[str, str]:
    """Level -> what the published rules say, in one cell."""
    table = ladder.rules
    found = {}
    for level, part in table.groupby("level", sort=False):
        given = part[part["verdict"] != "withheld"]["verdict"].value_counts()
        words = [f"{verdict} ({n} of {len(part)})" for verdict, n in given.items()]
        found[str(level)] = "; ".join(words) or "withheld"
    return found


def _why_withheld(ladder: Ladder) -> str:
    """The commonest reasons in a sentence; empty if no verdict is withheld."""
    table = ladder.rules
    withheld = table[(table["verdict"] == "withheld") & (table["reason"] != "no cut-off for this level")]
    reasons = [reason for text in withheld["reason"] for reason in text.split("; ")]
    ordered = sorted(dict.fromkeys(reasons), key=reasons.count, reverse=True)
    return f"Withheld because cut-offs were {listing(ordered[:2])}." if ordered else ""


def _ladder_data(comparison: Comparison) -> pd.DataFrame:
    import pandas as pd

    if comparison.ladder is None:
        return pd.DataFrame()
    data = comparison.ladder.levels.copy()
    verdicts = _verdicts(comparison.ladder)
    data.insert(0, "level_label", [LEVELS.get(level, level) for level in data["level"]])
    data["verdict"] = [verdicts.get(level, "") for level in data["level"]]
    # What holds for the whole ladder is said once beside the table.
    data["note"] = [
        "; ".join(part for part in note.split("; ") if part != comparison.ladder.note)
        for note in data["note"]
    ]
    return data


def ladder_table(
    facts: InvarianceEvidence, usable: list[Comparison], labels: Labels, *, items: bool = False
) -> TableSpec:
    """Levels of every dimension, by items or by the indicators of `roles`."""
    import pandas as pd

    data = pd.concat(
        [_ladder_data(c).assign(dimension=labels.construct(c.key)) for c in usable], ignore_index=True
    )
    ladders = [c.ladder for c in usable if c.ladder is not None]
    kind = "items within attributes" if items else facts.indicator_kind
    return table_of(
        facts,
        "invariance_items" if items else "invariance_roles",
        f"{facts.title}: invariance across roles, {kind}",
        data,
        _LADDER,
        "Parameters held equal add up from level to level; each is compared with the one above it.",
        "Δχ² is scaled where the test is. Published cut-offs for changes of "
        "fit are withheld outside the conditions in which they were studied.",
        _why_withheld(ladders[0]),
        group="dimension",
    )


def _small(comparison: Comparison) -> list[Block]:
    if comparison.ladder is None or not comparison.ladder.note:
        return []
    return [Notice(sentence(comparison.ladder.note), "warning")]


def _key(variable: str, *, rules: bool = False) -> str:
    """Key of a table over groups of units; a variable may be called like a table of the chapter."""
    taken = variable in _TAKEN or variable.startswith("rules_")
    return key_of("invariance_rules" if rules else "invariance", variable, digest=taken)


def _group_blocks(facts: InvarianceEvidence, comparison: Comparison, labels: Labels) -> list[Block]:
    if comparison.ladder is None:
        return [Notice(f"The groups could not be compared: {comparison.obstacle}.", "warning")]
    ladder = comparison.ladder
    sizes = listing([f"{name} {count(n)}" for name, n in ladder.counts.items()])
    compared, estimator = words(comparison.key, labels), comparison.estimator or facts.group_estimator
    table = table_of(
        facts,
        _key(comparison.key),
        f"{facts.title}: invariance across groups of {compared}",
        _ladder_data(comparison),
        _LADDER,
        "All dimensions at once. Each level against the one above it.",
        _why_withheld(ladder),
        estimator=estimator,
    )
    rules = rule_table(facts, comparison, _key(comparison.key, rules=True), compared, estimator)
    return [
        Prose(f"Informants by {compared} of their unit: {sizes}."),
        *_small(comparison),
        table,
        Details("Published cut-offs one by one", (rules,)),
    ]


def words(name: str, labels: Labels) -> str:
    """A variable of the units in the middle of a sentence."""
    own = labels.variables.get(name, "")
    return own if own and own != in_words(name) else name.replace("_", " ")


def chapter(evidence: InvarianceEvidence, labels: Labels, cutoffs: Cutoffs) -> Chapter:
    """Measurement invariance, in print."""
    return Chapter(
        with_reversals(invariance_section(evidence, labels), evidence.turned, labels),
        invariance_headline(evidence, labels),
    )
