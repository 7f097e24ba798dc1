"""Answers to a survey as one table, and how a study reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from comply_measure.errors import ComplyError
from comply_measure.responses import ColumnMapping, Described, Responses, responses_from_frame
from comply_measure.responses.codebook.variables import question_variables
from comply_measure.statistics.words import require_known
from comply_measure.survey.plan import SurveyPlan
from comply_measure.survey.reading.merged import NOT_ASKED

if TYPE_CHECKING:
    import pandas as pd

_PLACES = ("unit", "firm", "role")


@dataclass(frozen=True, eq=False)
class SurveyAnswers:
    """What was answered, by the plan's ids.

    Parameters
    ----------
    plan : SurveyPlan
        What was asked.
    table : DataFrame
        A row per interview, by unit and role: ``unit``, ``firm`` (where codes say it), ``role``, ``language``,
        ``finished``, ``planned_form`` (three-form designs), then items, attention items and questions. Codes of
        answers; blank where not answered or not meant for the role, ``not_asked`` where a form leaves an item out by
        design.
    notes : tuple of str
        What was noticed, and what was left out.
    """

    plan: SurveyPlan
    table: pd.DataFrame
    notes: tuple[str, ...]

    def study_form(self) -> tuple[str, tuple[str, ...]]:
        """Form that a study states for these answers, and the items of it that the survey did not ask.

        Raises
        ------
        ComplyError
            If no single form of the scales holds everything that was asked.
        """
        asked = {item.id for _, item in self.plan.rated()}
        for form in dict.fromkeys([*self.plan.forms.values(), "full"]):
            held = {
                item.id
                for scale in self.plan.scales
                for item in scale.items_for(form if form in scale.forms else "full", self.plan.set_of(scale))
            }
            if asked <= held:
                return form, tuple(sorted(held - asked))
        stated = ", ".join(f"{scale}: {form}" for scale, form in self.plan.forms.items())
        raise ComplyError(
            f"a study states one form, and none holds what was asked ({stated}); analyse the scales in two studies"
        )

    def mapping(self) -> ColumnMapping:
        """How a study reads the table."""
        items = {item.id for _, item in self.plan.rated()}
        units = [
            name
            for asked in self.plan.questions
            if asked.about == "unit"
            for name in asked.question.variables
            if name in self.table
        ]
        others = [n for n in self.table if n not in items and n not in _PLACES and n not in units]
        texts = [n for n in (*units, *others) if any(isinstance(cell, str) for cell in self.table[n])]
        _, left_out = self.study_form()
        stated: dict[str, Any] = {}
        if self.plan.blocks:
            stated["missing"] = {NOT_ASKED: "user_missing"}
        return ColumnMapping(
            firm="firm" if "firm" in self.table else None,
            informant=None,
            units={name: name for name in units},
            informants={name: name for name in others},
            as_text=tuple(texts),
            not_asked=left_out,
            **stated,
        )

    def described(self, language: str | None = None) -> dict[str, Described]:
        """What the variables beside the items are, for a codebook.

        Parameters
        ----------
        language : str, optional
            Language of wordings and labels; the first of the plan by default.
        """
        return plan_described(self.plan, language)

    def responses(self) -> Responses:
        """The answers as validated responses; raises as :func:`~comply_measure.responses.responses_from_frame` does."""
        several = self.table.duplicated(["unit", "role"]).any()
        form, _ = self.study_form()
        return responses_from_frame(
            self.table,
            self.plan.scales,
            self.mapping(),
            attribute_set=self.plan.attribute_set,
            form=form,
            name=f"answers to {self.plan.key}",
            informants="all" if several else None,
        )


def plan_described(plan: SurveyPlan, language: str | None = None) -> dict[str, Described]:
    """What the variables of a plan's own questions and attention items are."""
    spoken = plan.languages[0] if language is None else language
    require_known("language of the survey", spoken, plan.languages)
    no_yes = {0: "nein", 1: "ja"} if spoken == "de" else {0: "no", 1: "yes"}
    found = {
        "language": Described("Sprache des Interviews" if spoken == "de" else "Language of the interview"),
        "finished": Described("Interview beendet" if spoken == "de" else "Interview was finished", no_yes),
    }
    if plan.blocks:
        of_design = "Form des Drei-Formen-Designs" if spoken == "de" else "Form of the three-form design"
        found["planned_form"] = Described(of_design)
    for asked in plan.questions:
        found |= dict(question_variables(asked.question, spoken))
    scales = {scale.key: scale for scale in plan.scales}
    for attention in plan.attention:
        labels = scales[attention.scale].response.value_labels(spoken)
        found[attention.item.id] = Described(attention.item.text(spoken), labels)
    return found
