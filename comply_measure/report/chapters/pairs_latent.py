"""Blocks of the chapter on pairs: the latent model of all ratings of pairs and of the triad."""

from __future__ import annotations

from collections.abc import Callable

from comply_measure.evidence.pair_states import TRIAD, PairStates
from comply_measure.evidence.topics.pairs import PairsEvidence
from comply_measure.report.chapters.columns import labelled
from comply_measure.report.fits import fit_table, range_sentence
from comply_measure.report.format import bounded
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Details, Notice, Prose
from comply_measure.report.tables import Columns, TableSpec, of, table_of

_STATES: Columns = (
    of("variable", "first_label", heading="First"), of("variable", "second_label", heading="Second"), "r",
    of("ci_bounded", "r"), "remark",
)  # fmt: skip
_RATERS: Columns = (of("role", "rater"), "loading", of("ci_bounded", "loading"), "remark")


def latent_blocks(facts: PairsEvidence, labels: Labels, name: Callable[[str], str]) -> list[Block]:
    """What the members of a pair agree on; or why there is no such model. `name` labels a pair or the triad."""
    found = facts.latent
    title = f"{facts.title}: fit of the latent model of pairs"
    fit: list[Block] = []
    if found.fits:
        table = fit_table(facts, "pairs_fit", title, found.fits, estimator=found.estimator)
        fit.append(Details("Fit of the latent model of pairs", (table,)))
    if found.obstacle:
        return [Notice(f"The latent model of pairs: {found.obstacle}.", "info"), *fit]
    return [Prose(_text(found)), _states(facts, name), _raters(facts, labels, name), *fit]


def _text(found: PairStates) -> str:
    states, own = found.states, found.raters[found.raters["pair"] != TRIAD]
    with_triad = (states["second"] == TRIAD).to_numpy()
    inside = own["inside"].to_numpy(dtype=bool)
    sentences = {
        "The states of the pairs correlate {} with one another.": states.loc[~with_triad, "r"],
        "With the state of the triad they correlate {}.": states.loc[with_triad, "r"],
        "Members load on the state of their pair {}.": own.loc[inside, "loading"],
        "Those outside load on it {}.": own.loc[~inside, "loading"],
    }
    known = {text: values.dropna() for text, values in sentences.items()}
    return " ".join(
        (
            "A latent model of all ratings: the state of a pair is what its members agree on, apart from what a rater "
            "gives all answers.",
            *(
                text.format(range_sentence(values) if len(values) > 1 else bounded(values.iloc[0]))
                for text, values in known.items()
                if len(values)
            ),
        )
    )


def _states(facts: PairsEvidence, name: Callable[[str], str]) -> TableSpec:
    data = labelled(facts.latent.states, 0, first_label=(name, "first"), second_label=(name, "second"))
    return table_of(
        facts, "pairs_states", f"{facts.title}: correlations of the states of pairs", data, _STATES,
        "Correlations of what different raters agree on, without error of measurement; nothing that one rater gives "
        "all answers is in them.",
        estimator=facts.latent.estimator,
    )  # fmt: skip


def _raters(facts: PairsEvidence, labels: Labels, name: Callable[[str], str]) -> TableSpec:
    data = labelled(facts.latent.raters, 0, label=(name, "pair"), rater=(labels.role, "role"))
    data["rater"] = [
        text if inside else f"{text}, from outside"
        for text, inside in zip(data["rater"], data["inside"], strict=True)
    ]
    return table_of(
        facts, "pairs_loadings", f"{facts.title}: how well raters tell the state of a pair", data, _RATERS,
        "Standardised loadings on the state; unstandardised those of members are equal. The square is the share of a "
        "rater's variance that is the state's (Kenny & La Voie, 1985).",
        group="label", estimator=facts.latent.estimator,
    )  # fmt: skip
