"""Rates of right, wrong and undecided verdicts with their Monte Carlo errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure.results import Result
from comply_measure.statistics.arrays import Floats
from comply_measure.statistics.proportions import wilson_interval

SEPARATOR = " | "
COLUMNS = ("population", "units", "study", "rule", "subject", "answer", "right", "note")
OUTCOMES = ("right", "wrong", "cannot say")
_CELL = ["rule", "population", "units"]


@dataclass(frozen=True, eq=False)
class Calibration(Result):
    """Verdicts of simulated studies beside the answers that are right.

    Parameters
    ----------
    answers : DataFrame
        A row per verdict: ``population``, ``units``, ``study`` (number), ``rule``, ``subject`` (parts joined by " | "),
        ``answer``, ``right`` (answers that are right, joined by " | "; empty where the population does not decide),
        ``note`` (why a study has no verdict by the rule: then subject and answer are empty).
    """

    answers: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        r"""Rates, a row per rule, population and number of units.

        Verdicts of one study are not independent: with :math:`k_i` of :math:`m_i` verdicts of study i right, the
        rate is :math:`p = \sum k_i / \sum m_i` and its Monte Carlo error
        :math:`\sqrt{\frac{n}{n-1}\sum (k_i - p m_i)^2} / \sum m_i` (ratio of means, linearised).

        Returns
        -------
        DataFrame
            ``rule``, ``population``, ``units``; ``n_studies``, ``n_without`` (studies without a verdict),
            ``n_subjects``, ``n_undecided`` (subjects on which the population does not decide, left out of all rates);
            ``right``, ``wrong``, ``cannot_say`` with ``_mcse``; ``any_wrong``: share of studies with a wrong verdict or
            more, with the ends of its 95 % Wilson interval ``_lower``, ``_upper``; ``worst``: the subject wrong most
            often, ``worst_wrong`` how often, with such an interval.
        """
        return pd.DataFrame([_rates(part) for _, part in self.answers.groupby(_CELL, sort=False)])

    def by_subject(self) -> pd.DataFrame:
        """Rates of single verdicts.

        Returns
        -------
        DataFrame
            ``rule``, ``population``, ``units``, ``subject``, ``truth`` (answers that are right), ``n_studies`` with
            such a verdict, ``right``, ``wrong``, ``cannot_say``, and the ends of the 95 % Wilson interval of
            ``wrong``.
        """
        data = _outcomes(self.answers)
        found = data.groupby([*_CELL, "subject"], sort=False).agg(
            truth=("right", "first"),
            n_studies=("study", "size"),
            **{name.replace(" ", "_"): (f"is {name}", "mean") for name in OUTCOMES},
        )
        lower, upper = wilson_interval(
            found["wrong"].to_numpy(), found["n_studies"].to_numpy(dtype=np.float64)
        )
        return found.assign(wrong_lower=lower, wrong_upper=upper).reset_index()


def outcome(answer: str, right: str) -> str:
    """Whether an answer is right, wrong or undecided; empty where nothing is known."""
    if not answer or not right:
        return ""
    if answer == "cannot say":
        return answer
    return "right" if answer in right.split(SEPARATOR) else "wrong"


def _outcomes(answers: pd.DataFrame) -> pd.DataFrame:
    """Verdicts on which the population decides, with what they are."""
    pairs = zip(answers["answer"], answers["right"], strict=True)
    data = answers.assign(outcome=[outcome(answer, right) for answer, right in pairs])
    data = data[data["outcome"] != ""]
    return data.assign(**{f"is {name}": (data["outcome"] == name).astype(float) for name in OUTCOMES})


def _rates(part: pd.DataFrame) -> dict[str, object]:
    studies, named = part["study"].nunique(), part[part["answer"] != ""]
    data = _outcomes(part)
    row: dict[str, object] = {name: part[name].iloc[0] for name in _CELL}
    row |= {"n_studies": studies, "n_without": studies - named["study"].nunique()}
    row |= {"n_subjects": named["subject"].nunique()}
    row |= {"n_undecided": named.loc[named["right"] == "", "subject"].nunique()}
    by_study = data.groupby("study")[[f"is {name}" for name in OUTCOMES]].agg(["sum", "size"])
    for name in OUTCOMES:
        counts = by_study[f"is {name}"]
        rate, error = _ratio(counts["sum"].to_numpy(), counts["size"].to_numpy(dtype=np.float64))
        row |= {name.replace(" ", "_"): rate, f"{name.replace(' ', '_')}_mcse": error}
    return row | _any_wrong(by_study) | _worst(data)


def _any_wrong(by_study: pd.DataFrame) -> dict[str, object]:
    wrong = (by_study["is wrong"]["sum"] > 0).to_numpy(dtype=np.float64)
    share = float(wrong.mean()) if len(wrong) else float("nan")
    lower, upper = wilson_interval(np.array([share]), np.array([float(len(wrong))]))
    return {"any_wrong": share, "any_wrong_lower": lower[0], "any_wrong_upper": upper[0]}


def _worst(data: pd.DataFrame) -> dict[str, object]:
    nothing = float("nan")
    if data.empty:
        return {"worst": "", "worst_wrong": nothing, "worst_lower": nothing, "worst_upper": nothing}
    wrong = data.groupby("subject", sort=False)["is wrong"].agg(["mean", "size"])
    place = int(wrong["mean"].to_numpy().argmax())
    name = wrong.index[place]
    share, n = float(wrong["mean"].to_numpy()[place]), float(wrong["size"].to_numpy()[place])
    lower, upper = wilson_interval(np.array([share]), np.array([n]))
    return {"worst": str(name), "worst_wrong": share, "worst_lower": lower[0], "worst_upper": upper[0]}


def _ratio(hits: Floats, trials: Floats) -> tuple[float, float]:
    """Ratio of means over studies and its Monte Carlo error; NaN error with one study."""
    n, total = len(trials), float(trials.sum())
    if not n:
        return float("nan"), float("nan")
    rate = float(hits.sum()) / total
    if n == 1:
        return rate, float("nan")
    return rate, float(np.sqrt(n / (n - 1) * np.square(hits - rate * trials).sum())) / total
