"""Tables of the chapter on measurement invariance beside the ladders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comply_measure.evidence.topics.invariance import Comparison, InvarianceEvidence
from comply_measure.report.chapters.columns import without_empty_remarks
from comply_measure.report.format import bounded
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Column, Table

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


def invariance_table(
    key: str,
    title: str,
    data: pd.DataFrame,
    columns: tuple[Column, ...],
    facts: InvarianceEvidence,
    estimator: str,
    *,
    notes: tuple[str, ...] = (),
    group: str | None = None,
) -> Table:
    """A table of the chapter, with its sample."""
    return Table(
        key,
        title,
        data,
        columns,
        notes=notes,
        n_units=facts.n_units,
        n_informants=facts.n_informants,
        estimator=estimator,
        group=group,
    )


def released_table(facts: InvarianceEvidence, usable: list[Comparison], labels: Labels) -> Table:
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
    columns = (
        Column("Indicator", "label"),
        Column("Parameter", "kind"),
        *(Column(labels.role(role), f"estimate_{role}", "number") for role in roles),
        Column("Farthest", "odd_label"),
        Column("z", "z", "number"),
        Column("Follows its loading", "follows_loading"),
    )
    return invariance_table(
        "invariance_released",
        f"{facts.title}: parameters that differ between roles",
        data,
        columns,
        facts,
        facts.estimator,
        notes=(
            f"Sequential search by score tests (p < {bounded(facts.alpha)} after Bonferroni's correction over the "
            "indicators of a dimension). z: distance of the farthest role from the mean of the others.",
        ),
        group="dimension" if len(data) else None,
    )


def gap_table(facts: InvarianceEvidence, usable: list[Comparison], labels: Labels) -> Table:
    """Role gaps with and without the bias of unequal parameters."""
    import pandas as pd

    data = pd.concat([c.gaps for c in usable if c.gaps is not None], ignore_index=True)
    data.insert(0, "label", [labels.construct(key) for key in data["factor"]])
    data.insert(
        1,
        "pair",
        [
            f"{labels.role(f)} − {labels.role(r)}"
            for f, r in zip(data["focal"], data["reference"], strict=True)
        ],
    )
    columns = (
        Column("Pair", "pair"),
        Column("Latent gap (SD)", "latent_gap", "number"),
        Column("Gap of scores", "observed_gap", "number"),
        Column("Bias", "bias", "number"),
        Column("Gap without bias", "gap_without_bias", "number"),
        Column("Remark", "note"),
    )
    return invariance_table(
        "invariance_gaps",
        f"{facts.title}: what unequal parameters do to role gaps",
        data,
        without_empty_remarks(columns, data),
        facts,
        facts.estimator,
        notes=("Implied by the model with the freed parameters; scale points, except the latent gap.",),
        group="label",
    )


def effect_table(facts: InvarianceEvidence, usable: list[Comparison], labels: Labels) -> Table:
    """DMACS of the indicators that differ."""
    import pandas as pd

    data = pd.concat([c.effects for c in usable if c.effects is not None], ignore_index=True)
    data = data[(data["d_macs"] > 0) | (data["note"] != "")].reset_index(drop=True)
    data.insert(0, "label", [labels.construct(key) for key in data["item"]])
    data.insert(
        1,
        "pair",
        [
            f"{labels.role(f)} − {labels.role(r)}"
            for f, r in zip(data["focal"], data["reference"], strict=True)
        ],
    )
    columns = (
        Column("Indicator", "label"),
        Column("Pair", "pair"),
        Column("dMACS", "d_macs", "number"),
        Column("signed", "d_macs_signed", "number"),
        Column("Δ loading", "loading_difference", "number"),
        Column("Δ intercept", "intercept_difference", "number"),
        Column("Bias", "bias", "number"),
        Column("Remark", "note"),
    )
    return invariance_table(
        "invariance_effects",
        f"{facts.title}: size of the differences between roles",
        data,
        without_empty_remarks(columns, data),
        facts,
        facts.estimator,
        notes=("dMACS: Nye and Drasgow (2011). Indicators with equal parameters are left out.",),
    )


def search_log(facts: InvarianceEvidence, usable: list[Comparison], labels: Labels) -> Table:
    """Every score test of the search."""
    import pandas as pd

    data = pd.concat(
        [c.search.steps.assign(dimension=labels.construct(c.key)) for c in usable if c.search is not None],
        ignore_index=True,
    )
    data.insert(0, "label", [labels.construct(key) for key in data["item"]])
    data.insert(1, "parameter", [_KINDS[kind] for kind in data["kind"]])
    data["freed"] = ["yes" if value else "" for value in data["released"]]
    columns = (
        Column("Step", "step", "count"),
        Column("Indicator", "label"),
        Column("Parameter", "parameter"),
        Column("Score χ²", "chisq", "number"),
        Column("df", "df", "count"),
        Column("p", "pvalue", "p"),
        Column("p, corrected", "pvalue_adjusted", "p"),
        Column("Freed", "freed"),
    )
    return invariance_table(
        "invariance_search",
        f"{facts.title}: log of the search",
        data,
        columns,
        facts,
        facts.estimator,
        group="dimension",
    )


def rule_table(
    facts: InvarianceEvidence, comparison: Comparison, key: str, compared: str, estimator: str
) -> Table:
    """Verdicts of the published cut-offs, one by one; `compared` says between whom."""
    import pandas as pd

    data = pd.DataFrame() if comparison.ladder is None else comparison.ladder.rules.copy()
    data.insert(0, "level_label", [LEVELS.get(level, level) for level in data["level"]])
    columns = (
        Column("Level", "level_label"),
        Column("Cut-off", "rule"),
        Column("Verdict", "verdict"),
        Column("Because", "reason"),
    )
    return invariance_table(
        key,
        f"{facts.title}: published cut-offs for changes of fit, {compared}",
        data,
        columns,
        facts,
        estimator,
    )
