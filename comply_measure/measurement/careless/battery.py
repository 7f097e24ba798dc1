"""All careless indices of a table of answers, with what is undefined and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.careless.indices import (
    MIN_PAIRS,
    even_odd,
    guttman_errors,
    individual_variability,
    longstring,
    mahalanobis,
    modal_share,
    person_total,
    psychometric_pairs,
)
from comply_measure.measurement.frames import varying_items
from comply_measure.results import Result
from comply_measure.tables.numbers import column_problem

HEADLINE = "Careless answering cannot be judged."


@dataclass(frozen=True)
class CarelessIndices(Result):
    """All indices.

    Attributes
    ----------
    table : DataFrame
        One row per informant, index as given: ``longstring, mean_string, modal_share, irv, mahalanobis, mahalanobis_p,
        even_odd, synonyms, antonyms, person_total, guttman, contradiction, n_answered, note``. A contradiction is the
        same answer everywhere although items are keyed both ways (and it is not the middle one). The note says of
        every index that is undefined for the informant why it is.
    n_synonym_pairs, n_antonym_pairs, n_items : int
    notes : tuple of str
        Items that do not vary, and indices that are undefined for every informant, with the reason.
    """

    table: pd.DataFrame
    n_synonym_pairs: int
    n_antonym_pairs: int
    n_items: int
    notes: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """Return one row per informant."""
        return self.table.copy()


def careless_indices(
    answers: pd.DataFrame,
    scored: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    minimum: int,
    maximum: int,
    threshold: float = 0.60,
) -> CarelessIndices:
    """All indices for a table of answers.

    Parameters
    ----------
    answers : DataFrame, shape (n, p)
        As answered, in the order of the questionnaire (long strings and variability).
    scored : DataFrame, shape (n, p)
        The same after reverse scoring (all other indices).
    scales : mapping
        Scale → its items.
    minimum, maximum : int
        Ends of the answer scale.
    threshold : float
        Correlation beyond which item pairs count as synonyms or antonyms (antonyms are sought in ``answers``).

    Returns
    -------
    CarelessIndices

    Raises
    ------
    InputError
        An empty table, items of a scale that are absent, tables of other rows, answers outside the scale.
    """
    _check(answers, scored, scales, minimum, maximum)
    raw, recoded = (table.to_numpy(dtype=np.float64, na_value=np.nan) for table in (answers, scored))
    place = {str(c): i for i, c in enumerate(scored.columns)}
    longest, mean_run = longstring(raw)
    variability = individual_variability(raw)
    distance, tail = mahalanobis(recoded)
    synonyms, synonym_pairs = psychometric_pairs(recoded, threshold)
    antonyms, antonym_pairs = psychometric_pairs(raw, threshold, antonyms=True)
    table = pd.DataFrame(
        {
            "longstring": longest,
            "mean_string": mean_run,
            "modal_share": modal_share(raw),
            "irv": variability,
            "mahalanobis": distance,
            "mahalanobis_p": tail,
            "even_odd": even_odd(recoded, [[place[i] for i in items] for items in scales.values()]),
            "synonyms": synonyms,
            "antonyms": antonyms,
            "person_total": person_total(recoded),
            "guttman": guttman_errors(recoded, minimum, maximum),
            "contradiction": (variability == 0) & (individual_variability(recoded) > 0),
            "n_answered": (~np.isnan(raw)).sum(axis=1),
        },
        index=answers.index,
    )
    faults = varying_items(recoded, [str(c) for c in scored.columns])[1]
    counts = {"synonyms": len(synonym_pairs), "antonyms": len(antonym_pairs)}
    notes = (*(f"{item}: {reason}" for item, reason in faults), *_undefined(table, counts))
    table["note"] = _reasons(table, counts)
    return CarelessIndices(table, len(synonym_pairs), len(antonym_pairs), raw.shape[1], notes)


# index -> why nobody has it
_NEEDS = {
    "mahalanobis": "items determine each other, or there are fewer informants than items",
    "even_odd": "three scales of two items are needed, with answers that differ",
    "person_total": "three answers are needed, and items that differ",
    "guttman": "nobody answered every item",
}


def _undefined(table: pd.DataFrame, pairs: Mapping[str, int]) -> list[str]:
    """Indices that no informant has."""
    notes = [f"{index}: {why}" for index, why in _NEEDS.items() if table[index].isna().all()]
    notes += [
        f"{index}: {count} such pairs of items, {MIN_PAIRS} are needed"
        for index, count in pairs.items()
        if count < MIN_PAIRS
    ]
    return notes


# index -> why an informant who answered does not have it
_LACKS = {
    "irv": "one answer",
    "mahalanobis": "the answered items determine each other, or are as many as the informants",
    "even_odd": "fewer than three scales answered in both halves, or halves that do not differ",
    "synonyms": f"fewer than {MIN_PAIRS} pairs answered, or answers that do not differ",
    "antonyms": f"fewer than {MIN_PAIRS} pairs answered, or answers that do not differ",
    "person_total": "fewer than three answers, or answers that do not differ",
}


def _reasons(table: pd.DataFrame, pairs: Mapping[str, int]) -> list[str]:
    """For every informant, why indices are undefined; empty where all are defined."""
    lacks = _LACKS | {
        name: f"{count} such pairs of items, {MIN_PAIRS} are needed"
        for name, count in pairs.items()
        if count < MIN_PAIRS
    }
    reasons = {
        name: np.where(table[name].isna(), f"{name}: {why}; ", "").astype(object)
        for name, why in lacks.items()
    }
    most = table["n_answered"].max()  # items that nobody answered are left out
    flat = np.where(table["n_answered"] < most, "not every item answered", "no step passed, or every step")
    undefined = table["guttman"].isna()
    reasons["guttman"] = np.array(
        [f"guttman: {why}; " if gap else "" for gap, why in zip(undefined, flat, strict=True)], dtype=object
    )
    together = np.sum(list(reasons.values()), axis=0)
    answered = table["n_answered"].to_numpy() > 0
    return [text.removesuffix("; ") for text in np.where(answered, together, "no answers")]


def _check(
    answers: pd.DataFrame,
    scored: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    minimum: int,
    maximum: int,
) -> None:
    problems = [
        Problem("column is absent", column=str(item))
        for item in dict.fromkeys(item for items in scales.values() for item in items)
        if item not in scored.columns
    ]
    if len(answers) != len(scored):
        problems.append(Problem("rows", value=len(scored), allowed=f"{len(answers)}, as answered"))
    elif not answers.index.equals(scored.index):
        problems.append(Problem("rows of other informants", column="scored", allowed="the index of answers"))
    if not len(answers) or not answers.shape[1]:
        problems.append(Problem("the table is empty", value=answers.shape))
    for table in (answers, scored):
        faults = (column_problem(table, column) for column in dict.fromkeys(table.columns))
        unusable = [fault for fault in faults if fault is not None]
        problems += unusable or _outside(table, minimum, maximum)
    if problems:
        raise InputError(HEADLINE, problems)


def _outside(table: pd.DataFrame, minimum: int, maximum: int) -> list[Problem]:
    """Answers outside the scale: they would count as rare, and their givers as careless."""
    values = table.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.argwhere((values < minimum) | (values > maximum))
    return [
        Problem(
            "an answer outside the scale",
            row=str(table.index[row]),
            column=str(table.columns[column]),
            value=float(values[row, column]),
            allowed=f"{minimum} to {maximum}, or missing",
        )
        for row, column in bad.tolist()
    ]
