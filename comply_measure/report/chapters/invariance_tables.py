"""Tables of the chapter on measurement invariance beside the ladders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.role_comparison import Comparison
from comply_measure.evidence.topics.invariance import InvarianceEvidence
from comply_measure.report.chapters.columns import labelled
from comply_measure.report.format import bounded
from comply_measure.report.labels import Labels
from comply_measure.report.tables import Columns, TableSpec, of, table_of

if TYPE_CHECKING:
    import pandas as pd

LEVELS = {
    "configural": "Configural",
    "metric": "+ loadings",
    "scalar": "+ intercepts",
    "strict": "+ residuals",
    "means": "+ means",
}
_KINDS = {"loading": "Loading", "intercept": "Intercept", "residual": "Residual"}


_EFFECTS: Columns = (
    "indicator", "pair", "d_macs", "d_macs_signed", "loading_difference", "intercept_difference", "bias", "remark",
)  # fmt: skip
_SEARCH: Columns = (
    "step", "indicator", "parameter", of("chisq_score", "chisq"), "df", of("p", "pvalue"),
    of("p_bonferroni", "pvalue_adjusted"), "freed",
)  # fmt: skip


_LATENT: Columns = (
    of("roles", "pair_label"), of("latent_gap_points", "gap"), of("ci", "ci"), "se", "z", "p_holm", of("cohen_d", "d"),
    "remark",
)  # fmt: skip


def released_table(facts: InvarianceEvidence, usable: list[Comparison], labels: Labels) -> TableSpec:
    """Parameters that the search freed, with the estimates of every role."""
    import pandas as pd

    rows = []
    roles: list[str] = []
    for comparison in usable:
        if comparison.search is None:
            continue
        for departure in comparison.search.departures:
            roles = list(departure.estimates)
            rows.append(
                {
                    "dimension": labels.construct(comparison.key),
                    "label": labels.construct(departure.item),
                    "item": departure.item,
                    "kind": _KINDS[departure.kind],
                    "odd": departure.odd,
                    "odd_label": labels.role(departure.odd),
                    "z": departure.z,
                    "follows_loading": "yes" if departure.follows_loading else "",
                }
                | {f"estimate_{role}": value for role, value in departure.estimates.items()}
            )
    base = ["dimension", "label", "item", "kind", "odd", "odd_label", "z", "follows_loading"]
    data = pd.DataFrame(rows, columns=[*base, *(f"estimate_{role}" for role in roles)])
    data["z"] = data["z"].astype(float)
    estimates = [of("estimate2", f"estimate_{role}", heading=labels.role(role)) for role in roles]
    farthest: Columns = (of("farthest", "odd_label"), "z", "follows_loading")
    return table_of(
        facts,
        "invariance_released",
        f"{facts.title}: parameters that differ between roles",
        data,
        ("indicator", of("parameter", "kind"), *estimates, *farthest),
        f"Sequential search by score tests, only on levels that are rejected (p ≤ {bounded(facts.alpha)} after Holm's "
        "correction over dimensions). Within a dimension Bonferroni's correction over its indicators, at "
        f"{bounded(facts.alpha)} times the share of dimensions searched (Benjamini & Bogomolov, 2014). z: distance of "
        "the farthest role from the mean of the others.",
        group="dimension" if len(data) else None,
    )


def latent_gap_table(facts: InvarianceEvidence, labels: Labels) -> TableSpec:
    """One latent gap per dimension and pair of roles."""
    return table_of(
        facts,
        "invariance_latent_gaps",
        f"{facts.title}: latent gaps between roles",
        labelled(facts.latent_gaps, label=(labels.construct, "factor"), pair_label=(labels.pair, "pair")),
        _LATENT,
        "From the scalar model with what was freed: items and attributes that were found to be answered differently at "
        "equal views do not speak for the gap. Scale points: the mean equal loading times the difference of latent "
        "means. p after Holm's correction over the table; d: in root mean latent variances of the two roles.",
        group="label",
    )


def gate_table(
    facts: InvarianceEvidence, by_items: list[Comparison], usable: list[Comparison], labels: Labels
) -> TableSpec:
    """Tests that decide which levels are searched."""
    import pandas as pd

    rows = [
        c.search.gates.assign(compared=kind, dimension=labels.construct(c.key))
        for kind, compared in (("Items", by_items), (facts.indicator_kind.capitalize(), usable))
        for c in compared
        if c.search is not None
    ]
    data = pd.concat(rows, ignore_index=True)
    data["level_label"] = [LEVELS[level] for level in data["level"]]
    data["searched_label"] = ["yes" if value else "" for value in data["searched"]]
    return table_of(
        facts,
        "invariance_gates",
        f"{facts.title}: which levels are searched",
        data,
        (
            of("dimension", "dimension"),
            of("rung", "level_label"),
            "chisq",
            "df",
            "p",
            "p_holm",
            of("searched", "searched_label"),
        ),
        "Each level, with what was freed below it, against the level below. Holm's correction over dimensions.",
        group="compared",
    )


def gap_table(facts: InvarianceEvidence, usable: list[Comparison], labels: Labels) -> TableSpec:
    """Role gaps with and without the bias of unequal parameters."""
    import pandas as pd

    data = pd.concat([c.gaps for c in usable if c.gaps is not None], ignore_index=True)
    return table_of(
        facts,
        "invariance_gaps",
        f"{facts.title}: what unequal parameters do to role gaps",
        _with_pair(data, labels, "factor"),
        ("pair", "latent_gap", "observed_gap", "bias", "gap_without_bias", "remark"),
        "Implied by the model with the freed parameters; scale points, except the latent gap.",
        group="label",
    )


def _with_pair(data: pd.DataFrame, labels: Labels, about: str) -> pd.DataFrame:
    """Names in print of what a row is about and of the two roles compared."""
    found = labelled(data, label=(labels.construct, about))
    pairs = zip(data["focal"], data["reference"], strict=True)
    found.insert(1, "pair", [f"{labels.role(f)} − {labels.role(r)}" for f, r in pairs])
    return found


def effect_table(facts: InvarianceEvidence, usable: list[Comparison], labels: Labels) -> TableSpec:
    """DMACS of the indicators that differ."""
    import pandas as pd

    data = pd.concat([c.effects for c in usable if c.effects is not None], ignore_index=True)
    data = data[(data["d_macs"] > 0) | (data["note"] != "")].reset_index(drop=True)
    return table_of(
        facts,
        "invariance_effects",
        f"{facts.title}: size of the differences between roles",
        _with_pair(data, labels, "item"),
        _EFFECTS,
        "dMACS: Nye and Drasgow (2011). Indicators with equal parameters are left out.",
    )


def search_log(facts: InvarianceEvidence, usable: list[Comparison], labels: Labels) -> TableSpec:
    """Every score test of the search."""
    import pandas as pd

    data = pd.concat(
        [c.search.steps.assign(dimension=labels.construct(c.key)) for c in usable if c.search is not None],
        ignore_index=True,
    )
    data = labelled(data, label=(labels.construct, "item"), parameter=(_KINDS.__getitem__, "kind"))
    data["freed"] = ["yes" if value else "" for value in data["released"]]
    title = f"{facts.title}: log of the search"
    return table_of(facts, "invariance_search", title, data, _SEARCH, group="dimension")


def rule_table(
    facts: InvarianceEvidence, comparison: Comparison, key: str, compared: str, estimator: str
) -> TableSpec:
    """Verdicts of the published cut-offs, one by one; `compared` says between whom."""
    import pandas as pd

    data = pd.DataFrame() if comparison.ladder is None else comparison.ladder.rules.copy()
    data.insert(0, "level_label", [LEVELS.get(level, level) for level in data["level"]])
    title = f"{facts.title}: published cut-offs for changes of fit, {compared}"
    columns: Columns = (of("rung", "level_label"), "rule", "verdict", "reason")
    return table_of(facts, key, title, data, columns, estimator=estimator)
