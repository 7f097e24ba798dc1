"""Indirect effects of the structural model, in print."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any

from comply_measure.evidence.structural_verdicts import moderated_mediation_verdicts
from comply_measure.evidence.topics.structure import StructureEvidence
from comply_measure.report.format import bounded, count, listing
from comply_measure.report.parts import Block, Details, Notice, Prose
from comply_measure.report.tables import Columns, Counts, TableSpec, of, table_of
from comply_measure.sem.mediation.result import IndirectEffects

if TYPE_CHECKING:
    import pandas as pd

Label = Callable[[str], str]
_COLUMNS: Columns = (
    of("b", "est"), of("ci", "mc"), of("p", "mc_pvalue"), of("beta", "est_std"), of("ci_beta", "std_mc"),
)  # fmt: skip
_OF_UNITS = ("", "between")  # the model of units, and that of the parts of units on two levels
_ROUTES = 12  # more than these are folded, sums over them are shown
_BOOTSTRAP: Columns = (of("b", "est"), of("ci", "perc", heading="Percentile"), of("ci", "bca", heading="BCa"))


def indirect_blocks(results: StructureEvidence, label: Label) -> list[Block]:
    """What goes through what: sums and routes, differences of routes in a fold, opposed signs in words."""
    effects = results.indirect
    if effects is None:
        text = results.indirect_note
        return [Notice(f"Indirect effects are not told: {text}.", "warning")] if text else []
    table = effects.table[effects.table["group"].isin(_OF_UNITS)].reset_index(drop=True)
    main = _without_equal_totals(table[table["kind"].isin(["specific", "total_indirect", "direct", "total"])])
    routes = main[main["kind"] == "specific"]
    many = len(routes) > _ROUTES
    summed = _summed(main) if many else main
    blocks: list[Block] = [
        Prose(_text(routes)),
        _printed(results, "structure_indirect", "Indirect effects", summed, label, *effects.notes),
    ]
    blocks += [Prose(sentence) for sentence in _suppression(effects, label)]
    more: list[Block] = []
    if many:
        more.append(_printed(results, "structure_routes", "Indirect effects along each route", routes, label))
    rest = table[table["kind"].isin(["contrast", "index", "difference"])]
    if len(rest):
        more.append(_printed(results, "structure_contrasts", "Differences of indirect effects", rest, label))
    if effects.replications:
        more.append(_bootstrapped(results, effects, main, label))
    return [*blocks, Details("More on indirect effects", tuple(more))] if more else blocks


def _without_equal_totals(table: pd.DataFrame) -> pd.DataFrame:
    """Without direct paths, which have a table, and without total effects that are sums of routes alone."""
    pairs = list(zip(table["predictor"], table["outcome"], strict=True))
    direct = {pair for pair, kind in zip(pairs, table["kind"], strict=True) if kind == "direct"}
    keep = [
        kind != "direct" and (kind != "total" or pair in direct)
        for pair, kind in zip(pairs, table["kind"], strict=True)
    ]
    return table[keep].reset_index(drop=True)


def _summed(main: pd.DataFrame) -> pd.DataFrame:
    """Sums over routes; the route itself where a pair of variables has one only."""
    pairs = list(zip(main["predictor"], main["outcome"], strict=True))
    sums = {pair for pair, kind in zip(pairs, main["kind"], strict=True) if kind == "total_indirect"}
    keep = [kind != "specific" or pair not in sums for pair, kind in zip(pairs, main["kind"], strict=True)]
    return main[keep].reset_index(drop=True)


def _text(specific: pd.DataFrame) -> str:
    clear = int(((specific["mc_lower"] > 0) | (specific["mc_upper"] < 0)).sum())
    return (
        f"An indirect effect is the product of the paths along a route. Of {count(len(specific))} routes, "
        f"{count(clear)} have an interval without zero (Monte Carlo intervals: not symmetric, as products are "
        "not; not corrected for their number)."
    )


def _printed(
    results: StructureEvidence, key: str, title: str, data: pd.DataFrame, label: Label, *notes: str
) -> TableSpec:
    named = data.assign(
        outcome_label=[label(name) for name in data["outcome"]],
        label=[_name(row, label) for row in data.to_dict("records")],
    )
    return table_of(
        Counts(results.n_units),
        key,
        title,
        named,
        (of("parameter", "label"), *_COLUMNS),
        "b: product of paths in the units of the variables; β: times SD(predictor)/SD(outcome). Monte Carlo intervals "
        "and p (MacKinnon et al., 2004), uncorrected.",
        *(f"{note[:1].upper()}{note[1:]}." for note in notes),
        estimator=results.estimator,
        group="outcome_label",
        warnings=results.named.warnings,
    )


def _bootstrapped(
    results: StructureEvidence, effects: IndirectEffects, data: pd.DataFrame, label: Label
) -> TableSpec:
    named = data.assign(
        outcome_label=[label(name) for name in data["outcome"]],
        label=[_name(row, label) for row in data.to_dict("records")],
    )
    return table_of(
        Counts(results.n_units),
        "structure_indirect_bootstrap",
        "Bootstrap intervals of indirect effects",
        named,
        (of("parameter", "label"), *_BOOTSTRAP),
        f"{effects.replications} replications; firms are drawn where they are clusters.",
        estimator=results.estimator,
        group="outcome_label",
    )


def _name(row: dict[object, object], label: Label) -> str:
    """An effect in words, variables by their labels."""

    def way(through: str) -> str:
        names = [str(row["predictor"]), *filter(None, through.split(" → ")), str(row["outcome"])]
        return " → ".join(map(label, names))

    kind, through, at = str(row["kind"]), str(row["through"]), str(row["at"])
    text = {
        "total_indirect": f"{label(str(row['predictor']))}: all routes",
        "total": f"{label(str(row['predictor']))}: total effect",
        "contrast": " less ".join(way(part) for part in through.split(" − ")),
    }.get(kind, way(through))
    if kind in ("index", "difference"):
        text = f"{label(str(row['moderator']))} on {text}"
    return f"{text} ({at})" if at else text


def _suppression(effects: IndirectEffects, label: Label) -> list[str]:
    found = effects.suppression()
    parts = [
        f"{label(each.predictor)} on {label(each.outcome)} ({_end(each.first, label)} {bounded(each.first_est)}, "
        f"{_end(each.second, label)} {bounded(each.second_est)})"
        for each in found
    ]
    if not parts:
        return []
    return [
        "Inconsistent mediation (suppression): effects of opposite signs, both intervals without zero, which hide each "
        f"other in their sum: {listing(parts)}. Numbers are b."
    ]


def _end(name: str, label: Label) -> str:
    head, _, through = name.partition(" through ")
    return f"{head} through {' → '.join(map(label, through.split(' → ')))}" if through else head


def moderated_mediation_blocks(
    results: StructureEvidence, label: Label, conventions: Mapping[str, float]
) -> list[Block]:
    """Expected indirect effects with a moderated step: index and verdict, the effect at values of the moderator."""
    table = results.moderated_mediation
    if table is None:
        return []
    index = table.index[table["kind"] == "index"]
    stated = dict(zip(index, moderated_mediation_verdicts(table, results.names, conventions), strict=True))
    data = table.assign(
        label=[_conditional_name(row, label) for row in table.to_dict("records")],
        p_holm=[stated[place].numbers["p"] if place in stated else math.nan for place in table.index],
        answer=[stated[place].answer if place in stated else "" for place in table.index],
        path=[_conditional_way(row, label) for row in table.to_dict("records")],
    )
    text = (
        "The effect of the predictor through the mediator changes with the moderator by the index of moderated "
        "mediation; what the index says is under answer."
        if (table.loc[index, "n_units"] > 0).any()
        else "No expected indirect effect with a moderated step could be estimated."
    )
    return [
        Prose(text),
        table_of(
            Counts(int(table["n_units"].max())),
            "structure_moderated_mediation",
            "Indirect effects at values of the moderator",
            data,
            (
                of("parameter", "label"), of("b", "est"), of("ci", "lower", "upper"), of("p", "pvalue"), "p_holm",
                of("beta", "est_std"), of("ci_beta", "std_lower", "std_upper"), "answer", "n_units", "remark",
            ),
            "Equations of unit scores, as those of moderations, over units with all scores. Index: change of the "
            "indirect effect with one unit of the moderator (Hayes, 2015). Monte Carlo intervals from the joint "
            "cluster-robust covariance matrix of all coefficients; p corrected after Holm over the indices.",
            estimator=results.estimator,
            group="path",
        ),
    ]  # fmt: skip


def _conditional_way(row: Mapping[Hashable, Any], label: Label) -> str:
    names = [str(row["predictor"]), *str(row["through"]).split(" → "), str(row["outcome"])]
    step = int(row["step"])
    moderated = f"{label(str(row['moderator']))} on {label(names[step - 1])} → {label(names[step])}"
    return f"{str(row['label']) + ': ' if row['label'] else ''}{' → '.join(map(label, names))} ({moderated})"


def _conditional_name(row: Mapping[Hashable, object], label: Label) -> str:
    if row["kind"] == "index":
        return "Index of moderated mediation"
    return f"Effect at {label(str(row['moderator']))}: {row['at']}"
