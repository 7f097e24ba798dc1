"""What every column of a table of answers is: wording, codes and labels, why answers are missing, its level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from comply_measure.instrument import Item, Question, Scale
from comply_measure.instrument.types import OPTIONS
from comply_measure.responses.vocabulary import REASONS, USER_MISSING
from comply_measure.statistics.words import require_known

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.responses.table import Responses

Level = Literal["nominal", "ordinal", "scale"]
Kind = Literal["id", "item", "informant", "unit"]
_IDS: dict[str, tuple[str, str]] = {
    "unit": (
        "Unit (the informants of a unit share it)",
        "Einheit (ihre Auskunftspersonen haben sie gemeinsam)",
    ),
    "firm": ("Firm of the unit", "Unternehmen der Einheit"),
    "role": ("Role of the informant", "Rolle der Auskunftsperson"),
    "informant": ("Informant", "Auskunftsperson"),
}


@dataclass(frozen=True, slots=True)
class Described:
    """What a variable beside the answers is, where no scale says so.

    Parameters
    ----------
    label : str
        Wording of the question.
    values : mapping
        Code -> label.
    """

    label: str
    values: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Variable:
    """One column.

    Parameters
    ----------
    name : str
        Column.
    kind : {"id", "item", "informant", "unit"}
        Whose it is.
    label : str
        Wording, or what it is; wordings of several roles with the role in front.
    level : {"nominal", "ordinal", "scale"}
        Level of measurement.
    text : bool
        Whether it holds text.
    values : mapping
        Code -> label of answers.
    missing : mapping
        Code of an answer outside the categories -> its label.
    words : tuple of str
        Words that stand for missing answers in the text files.
    scale, construct : str
        Where an item belongs.
    keying : int or None
        Of items.
    roles : tuple of str
        Who is asked.
    minimum, maximum : float or None
        Range of answers.
    """

    name: str
    kind: Kind
    label: str
    level: Level
    text: bool
    values: Mapping[int, str] = field(default_factory=dict)
    missing: Mapping[int, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    scale: str = ""
    construct: str = ""
    keying: int | None = None
    roles: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


def study_variables(
    responses: Responses, language: str | None = None, described: Mapping[str, Described] | None = None
) -> tuple[Variable, ...]:
    """Every column of the long table, in its order.

    Parameters
    ----------
    responses : Responses
        The answers.
    language : str, optional
        Language of wordings and labels; the first of the first scale by default.
    described : mapping, optional
        Variable -> what it is, for variables that no scale asks.
    """
    spoken = responses.scales[0].languages[0] if language is None else language
    for scale in responses.scales:
        require_known(f"language of scale {scale.key}", spoken, scale.languages)
    responses = responses.everyone or responses
    known = dict(_questions(responses.scales, spoken)) | dict(described or {})
    found = [
        Variable(name, "id", labels[spoken == "de"], "nominal", text=True) for name, labels in _IDS.items()
    ]
    kinds: tuple[tuple[Kind, pd.DataFrame], ...] = (
        ("informant", responses.informants),
        ("unit", responses.units),
    )
    for kind, table in kinds:
        found += [_beside(str(name), kind, table[name], known.get(str(name))) for name in table.columns]
    of_item = {item.id: (scale, item) for scale in responses.scales for item in scale.items}
    found += [_item(*of_item[id], responses, spoken) for id in responses.item_ids]
    return tuple(found)


def _questions(scales: tuple[Scale, ...], language: str) -> Iterator[tuple[str, Described]]:
    """Variables of the questions that scales ask beside their items."""
    for scale in scales:
        for question in scale.questions:
            yield from question_variables(question, language)


def question_variables(question: Question, language: str) -> Iterator[tuple[str, Described]]:
    """Variables of a question of fact; of one with several answers, a variable of 0 and 1 for each."""
    wording = question.text[language]
    if measure := question.measure.get(language):
        wording = f"{wording} ({measure})"
    if question.answer != "several":
        yield question.id, Described(wording, {c.code: c.label[language] for c in question.choices})
        return
    no_yes = {0: "nein", 1: "ja"} if language == "de" else {0: "no", 1: "yes"}
    for choice, name in zip(question.choices, question.variables, strict=True):
        yield name, Described(f"{wording} – {choice.label[language]}", no_yes)


def _beside(name: str, kind: Kind, values: pd.Series[Any], said: Described | None) -> Variable:
    text = values.dtype.kind != "f"
    labels = dict(said.values) if said is not None else {}
    level: Level = "nominal" if text or labels else "scale"
    return Variable(name, kind, said.label if said is not None else name, level, text=text, values=labels)


def _item(scale: Scale, item: Item, responses: Responses, language: str) -> Variable:
    response = scale.response
    labels = response.value_labels(language, ())
    reasons = set(responses.missing_reason[item.id].cat.codes.unique())
    # Answers without a code of their own, and user-missing ones, are words in text files.
    worded: list[str] = [
        name for name in OPTIONS if name not in response.options and REASONS.index(name) in reasons
    ]
    worded += [REASONS[USER_MISSING]] if USER_MISSING in reasons else []
    asked = tuple(role for role in item.roles if role in responses.roles)
    wording = (
        " | ".join(f"{role}: {item.sentence(language, role)}" for role in asked)
        if item.role_specific
        else item.sentence(language)
    )
    return Variable(
        item.id,
        "item",
        wording,
        "ordinal",
        text=False,
        values={code: labels.get(code, str(code)) for code in response.categories},
        missing={
            code: response.option_labels(name)[language]
            for name, code in response.options.items()
            if name in item.offers
        },
        words=tuple(worded),
        scale=scale.key,
        construct=scale.construct(item.construct).label[language],
        keying=item.keying,
        roles=asked,
        minimum=float(response.minimum),
        maximum=float(response.maximum),
    )


def variable_table(
    responses: Responses, language: str | None = None, described: Mapping[str, Described] | None = None
) -> pd.DataFrame:
    """The codebook of a data set, a row per variable.

    Parameters
    ----------
    responses : Responses
        The answers.
    language : str, optional
        Language of wordings and labels; the first of the first scale by default.
    described : mapping, optional
        Variable -> :class:`Described`, for variables that no scale asks.

    Returns
    -------
    pandas.DataFrame
        ``variable, kind, label, level, type, values, missing, scale, construct, keying, roles``, and in this data set
        ``n`` (values), ``n_missing`` (blank or outside the categories), ``minimum``, ``maximum`` (of the values found).
    """
    import pandas as pd

    everyone = responses.everyone or responses
    rows = []
    for variable in study_variables(responses, language, described):
        column = _column(everyone, variable)
        numbers = column.dropna() if not variable.text else column.iloc[:0]
        rows.append(
            {
                "variable": variable.name,
                "kind": variable.kind,
                "label": variable.label,
                "level": variable.level,
                "type": "text" if variable.text else "number",
                "values": _listed(variable.values),
                "missing": "; ".join(filter(None, (_listed(variable.missing), "; ".join(variable.words)))),
                "scale": variable.scale,
                "construct": variable.construct,
                "keying": variable.keying,
                "roles": " ".join(variable.roles),
                "n": int(column.notna().sum()),
                "n_missing": int(column.isna().sum()),
                "minimum": float(numbers.min()) if len(numbers) else float("nan"),
                "maximum": float(numbers.max()) if len(numbers) else float("nan"),
            }
        )
    return pd.DataFrame(rows)


def _column(responses: Responses, variable: Variable) -> pd.Series[Any]:
    if variable.kind == "informant":
        return responses.informants[variable.name]
    if variable.kind == "unit":
        return responses.units[variable.name]
    return responses.data[variable.name]


def _listed(values: Mapping[int, str]) -> str:
    return "; ".join(f"{code} = {label}" for code, label in values.items())
