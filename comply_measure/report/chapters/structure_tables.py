"""Tables of the structural chapter: hypotheses, moderations, what changes with measurement, what was left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from comply_measure.evidence.fits import standardized, value_of
from comply_measure.evidence.moderation import Moderation
from comply_measure.evidence.structural_verdicts import indirect_verdicts, moderation_verdicts, path_verdicts
from comply_measure.evidence.topics.structure import StructureEvidence
from comply_measure.evidence.unit_variables import MEASUREMENTS
from comply_measure.evidence.verdicts import Verdict
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.format import MINUS, bounded, listing
from comply_measure.report.moderation import moderation_lines, moderation_region
from comply_measure.report.parts import Block, Details, Figure, Prose
from comply_measure.report.tables import Columns, Counts, TableSpec, of, table_of
from comply_measure.statistics.multiplicity import rejects

if TYPE_CHECKING:
    import pandas as pd

Label = Callable[[str], str]
MEASURED: Mapping[str, str] = {
    "means": "unit means",
    "corrected": "corrected means",
    "roles": "role views",
    "two_level": "two levels",
    "items": "items",
    "reflective": "items, reflective reading",
    "sam": "two steps",
}
_PLOTS = 3


def hypothesis_table(results: StructureEvidence, cutoffs: Cutoffs, label: Label) -> TableSpec | None:
    """Every hypothesis with its estimate, interval, corrected p and answer."""
    import pandas as pd

    conventions = {key: cutoffs[key].value for key in ("test_level", "small_effect")}
    verdicts: list[Verdict] = []
    if not results.named.obstacle:
        verdicts += path_verdicts(results.named, results.hypotheses, results.names, conventions)
    if results.mediated and results.indirect is not None:
        verdicts += indirect_verdicts(results.indirect, results.mediated, results.names, conventions)
    if results.moderation is not None:
        verdicts += moderation_verdicts(results.moderation, results.names, conventions)
    moderated = [] if results.moderation is None else results.moderation.table.to_dict("records")
    stated = [
        (each.label, f"{label(each.predictor)} → {label(each.outcome)}", "Paths")
        for each in results.hypotheses
    ]
    if results.named.obstacle:
        stated = []
    if results.indirect is not None:
        chains = [(h.label, (h.predictor, *h.through, h.outcome)) for h in results.mediated]
        stated += [(name, " → ".join(map(label, chain)), "Indirect effects") for name, chain in chains]
    for row in moderated:
        path = f"{label(str(row['predictor']))} → {label(str(row['outcome']))}"
        stated.append((str(row["label"]), f"{label(str(row['moderator']))} on {path}", "Moderations"))
    if not stated:
        return None
    rows = []
    for (name, what, kind), verdict in zip(stated, verdicts, strict=True):
        low, high = cast("tuple[float, float]", verdict.numbers["ci"])
        rows.append(
            {
                "label": f"{name}: " * bool(name) + what,
                "expected": "+" if verdict.numbers["sign"] == 1 else MINUS,
                "est_std": verdict.numbers["beta"],
                "ci_lower": low,
                "ci_upper": high,
                "p": verdict.numbers["p"],
                "answer": verdict.answer,
                "kind": kind,
            }
        )
    notes = [] if results.moderation is None else [r["note"] for r in moderated if r["note"]]
    return table_of(
        Counts(results.n_units),
        "structure_hypotheses",
        "Hypotheses and what the data say",
        pd.DataFrame(rows),
        (
            of("hypothesis", "label"), "expected", of("beta", "est_std"), of("ci_beta", "ci"), of("p_holm", "p"),
            "answer",
        ),
        "p: corrected after Holm, paths, indirect effects and moderations each among themselves. β of a moderation: "
        "b·SD(X)·SD(Z)/SD(Y).",
        *(f"Not estimated: {note}." for note in dict.fromkeys(notes)),
        estimator=results.estimator,
        group="kind",
    )  # fmt: skip


def moderation_blocks(
    moderation: Moderation, estimator: str, label: Label, level: float, language: str
) -> list[Block]:
    """The equations in words, the table, and pictures of the clearest moderations."""
    table = moderation.table
    data = table.assign(
        predictor_label=table["predictor"].map(label),
        moderator_label=table["moderator"].map(label),
        outcome_label=table["outcome"].map(label),
    )
    how = (
        "Errors of unit means are taken off by the method of moments (Wall & Amemiya, 2000), with the share that "
        "roles do not have in common as error"
        if moderation.corrected
        else "Unit means are taken as they are, so that products, less reliable than their parts, are underestimated"
    )
    known = int(table["n_units"].max())
    blocks: list[Block] = [
        Prose(
            "Each outcome with an expected moderation has an equation with all its predictors, the moderators and the "
            f"products, over units with all scores. {how}. Standard errors allow for clusters."
        ),
        table_of(
            Counts(known),
            "structure_moderations",
            "Expected moderations",
            data,
            (
                of("predictor", "predictor_label"), of("moderator", "moderator_label"), of("b", "est"), "se",
                of("p", "pvalue"), of("beta", "est_std"), of("ci_beta", "ci"), "r_squared", "remark",
            ),
            "b, p: of the product of deviations from means. β: b·SD(X)·SD(Z)/SD(Y); t interval with clusters less one "
            "degrees of freedom; standard deviations are taken as given. R²: of the equation.",
            estimator=estimator,
            group="outcome_label",
        ),
    ]  # fmt: skip
    return blocks + _pictures(moderation, label, level, language)


def _pictures(moderation: Moderation, label: Label, level: float, language: str) -> list[Block]:
    """Lines and regions of the moderations with the smallest p, where it is at most the level."""
    table = moderation.table[moderation.table["n_units"] > 0].reset_index(drop=True)
    clear = table[rejects(table["pvalue"], level)].sort_values("pvalue", kind="stable").head(_PLOTS)
    if not len(clear):
        return []
    names = {
        key: label(key) for column in ("outcome", "predictor", "moderator") for key in table[column].unique()
    }
    found: list[Figure] = []
    for number, place in enumerate(clear.index, start=1):
        row = clear.loc[place]
        title = f"{names[row['moderator']]} and the path from {names[row['predictor']]} to {names[row['outcome']]}"
        found.append(
            moderation_lines(
                f"structure_moderation_{number}", title, moderation.slopes[place], names, language=language
            )
        )
        found.append(
            moderation_region(
                f"structure_region_{number}",
                f"{title}: where it holds",
                moderation.regions[place],
                names,
                language=language,
            )
        )
    text = "Shown are the moderations with the smallest p before correction."
    return [Prose(text), *found[:2], *([Details("More moderations", tuple(found[2:]))] if found[2:] else [])]


def comparison_blocks(results: StructureEvidence, label: Label) -> list[Block]:
    """The same paths under every measurement, and why one is absent."""
    import pandas as pd

    if results.comparison is None:
        return []
    long = results.comparison
    keys = list(dict.fromkeys(zip(long["outcome"], long["predictor"], strict=True)))
    data = pd.DataFrame(keys, columns=["outcome", "predictor"])
    shown = [name for name in MEASUREMENTS if long["measurement"].eq(name).any()]
    for name in shown:
        data[name] = long.loc[long["measurement"] == name, "est_std"].to_numpy()
    data["outcome_label"] = data["outcome"].map(label)
    data["predictor_label"] = data["predictor"].map(label)
    notes = [
        f"{MEASURED[str(name)].capitalize()}: {note}."
        for name, note in dict.fromkeys(zip(long["measurement"], long["note"], strict=True))
        if note
    ]
    return [
        Prose(_comparison_text(long, results.measurement)),
        table_of(
            Counts(int(long["n_units"].max())),
            "structure_measurement",
            "What changes with measurement: standardised paths",
            data,
            (
                of("predictor", "predictor_label"),
                *(of("beta", each, heading=MEASURED[each].capitalize()) for each in shown),
            ),
            "Unit means: as they are. Corrected means: without what the roles' views do not share. Role views: an "
            "indicator per role. Two levels: what informants of a unit share; what one informant says alike in two "
            "constructs, which stays in the paths of all other columns, is taken off. "
            "Items: unit means of items. Two steps: role views measured first. Dimensions measure what stands above "
            "them in every column.",
            _formed(results, label),
            *notes,
            estimator=results.estimator,
            group="outcome_label",
        ),
    ]  # fmt: skip


def _formed(results: StructureEvidence, label: Label) -> str:
    """How constructs that their items form enter the columns by items."""
    if not results.formed:
        return ""
    names = listing([label(key) for key in results.formed])
    return (
        f"Formed by their items, and by items an index (their mean, equal weights) without a measurement model: "
        f"{names}. "
        "The reflective reading takes their items as indicators all the same."
    )


def _comparison_text(long: pd.DataFrame, chosen: str) -> str:
    wide = (
        long.pivot_table(index=["outcome", "predictor"], columns="measurement", values="est_std").abs().mean()
    )
    sizes = [
        f"{bounded(float(wide[name]))} with {MEASURED[name]}" for name in MEASUREMENTS if name in wide.index
    ]
    return (
        f"The paths above are those of {MEASURED[chosen]}. What informants of a unit do not share weakens paths "
        f"between unit means; the mean size of β is {listing(sizes)}."
        if sizes
        else f"The paths above are those of {MEASURED[chosen]}; no other measurement could be estimated."
    )


def remedy_blocks(results: StructureEvidence, label: Label) -> list[Block]:
    """Estimates that stand in for a solution that cannot be used."""
    import pandas as pd

    if not results.remedies:
        return []
    first = results.remedies[0].fit.estimates
    first = first[first["op"] == "~"]
    keys = list(dict.fromkeys(zip(first["lhs"].map(str), first["rhs"].map(str), strict=True)))
    rows: list[dict[str, Any]] = []
    for named in results.remedies:
        table = standardized(named.fit)
        remark = "" if named.fit.admissible else "not admissible either"
        for outcome, predictor in keys:
            values = {
                column: value_of(table, outcome, "~", predictor, column)
                for column in ("est_std", "ci_lower", "ci_upper")
            }
            about = {"label": f"{label(predictor)} → {label(outcome)}", "way": named.label, "note": remark}
            rows.append(about | values)
    found = results.named
    state = found.obstacle or "reached a solution that is not admissible"
    return [
        Prose(
            f"The model {state}: too few units for so many parameters, or a wrong model. Estimates beside it: "
            f"{listing([named.label.lower() for named in results.remedies])}. Fewer paths, or paths one "
            "outcome at a time, are the other way out."
        ),
        table_of(
            Counts(results.n_units),
            "structure_remedies",
            "Paths where the model itself gives no usable solution",
            pd.DataFrame(rows),
            (of("parameter", "label"), of("beta", "est_std"), of("ci_beta", "ci"), "remark"),
            estimator=results.estimator,
            group="way",
        ),
    ]  # fmt: skip


def detail_blocks(results: StructureEvidence, label: Label) -> list[Block]:
    """Residuals and modification indices, and the covariance matrix, folded."""
    sample, blocks = Counts(results.n_units, results.n_informants or None), []
    if len(results.residuals):
        data = results.residuals.assign(
            label=[
                f"{label(a)}, {label(b)}"
                for a, b in zip(results.residuals["first"], results.residuals["second"], strict=True)
            ]
        )
        columns: Columns = (of("variables", "label"), of("residual_r", "residual"))
        blocks.append(
            table_of(sample, "structure_residuals", "Largest residual correlations", data, columns,
                     estimator=results.estimator)
        )  # fmt: skip
    if len(results.indices):
        rows = results.indices
        data = rows.assign(
            label=[
                f"{label(a)} {op} {label(b)}"
                for a, op, b in zip(rows["lhs"], rows["op"], rows["rhs"], strict=True)
            ]
        )
        columns = (of("parameter", "label"), of("modification_index", "mi"), of("expected_change", "epc"))
        note = "Searching by these indices turns a test into an exploration (MacCallum et al., 1992)."
        blocks.append(
            table_of(sample, "structure_modification", "Largest modification indices", data, columns, note,
                     estimator=results.estimator)
        )  # fmt: skip
    found: list[Block] = [Details("Residuals and modification indices", tuple(blocks))] if blocks else []
    if len(results.covariance):
        names = [str(name) for name in results.covariance.columns if name != "variable"]
        matrix = results.covariance.assign(label=results.covariance["variable"])
        columns = (of("variable", "label"), *(of("covariance", name, heading=name) for name in names))
        what = (
            "Between units, estimated without the model"
            if results.n_informants
            else "What the model was fitted to"
        )
        table = table_of(sample, "structure_covariance", "Covariance matrix of the structural model", matrix, columns,
                         f"{what}; divisor n.", estimator=results.estimator)  # fmt: skip
        found.append(Details("Covariance matrix", (table,)))
    return found
