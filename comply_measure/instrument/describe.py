"""Tables that describe a scale, for the command line and for reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from comply_measure.instrument.load import list_scales, load_scale
from comply_measure.instrument.scale import Scale
from comply_measure.instrument.types import KINDS, Construct
from comply_measure.statistics.words import require_known

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class ScaleDescription:
    """A scale in tables, in one language, form and attribute set.

    Parameters
    ----------
    title, description : str
        What the scale is.
    facts : pandas.DataFrame
        Columns ``fact``, ``value``: version, languages, roles, attribute set, counts.
    constructs : pandas.DataFrame
        One row per construct of the set: key, label, level, parent, number of items in the form.
    items : pandas.DataFrame
        One row per item of the form: id, construct, kind, keying, roles, text.
    forms : pandas.DataFrame
        One row per form: key, title, number of items by kind.
    anchors : pandas.DataFrame
        Columns ``code``, ``label``: the answer categories.
    """

    title: str
    description: str
    facts: pd.DataFrame
    constructs: pd.DataFrame
    items: pd.DataFrame
    forms: pd.DataFrame
    anchors: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name, in reading order."""
        return {
            "facts": self.facts,
            "forms": self.forms,
            "anchors": self.anchors,
            "constructs": self.constructs,
            "items": self.items,
        }


def describe_scales(language: str = "en") -> pd.DataFrame:
    """One row per shipped scale: key, title, version, languages, roles, constructs, items.

    Counts are those of the full form in the scale's default attribute set.

    Parameters
    ----------
    language : str
        Language of the titles; a scale without it shows its first.

    Returns
    -------
    pandas.DataFrame
    """
    import pandas as pd

    rows = []
    for name in list_scales():
        scale = load_scale(name)
        rows.append(
            {
                "scale": scale.key,
                "title": scale.title.get(language, scale.title[scale.languages[0]]),
                "version": scale.version,
                "languages": " ".join(scale.languages),
                "roles": " ".join(scale.roles),
                "forms": " ".join(scale.forms),
                "constructs": len(scale.measurement()),
                "items": len(scale.items_for()),
            }
        )
    return pd.DataFrame(rows)


def describe_scale(
    scale: Scale, attribute_set: str | None = None, form: str = "full", language: str | None = None
) -> ScaleDescription:
    """Describe a scale in tables; every count comes from the chosen set and form.

    Parameters
    ----------
    scale : Scale
        The instrument.
    attribute_set : str, optional
        Named set; the scale's default if not given.
    form : str
        Key of the form.
    language : str, optional
        Language of labels and wordings; the scale's first by default.

    Returns
    -------
    ScaleDescription

    Raises
    ------
    ComplyError
        If set, form or language is unknown.
    """
    import pandas as pd

    chosen = scale.languages[0] if language is None else language
    require_known(f"language of scale {scale.key}", chosen, scale.languages)
    items = scale.items_for(form, attribute_set)
    return ScaleDescription(
        title=scale.title[chosen],
        description=scale.description.get(chosen, ""),
        facts=pd.DataFrame(_facts(scale, attribute_set, form), columns=["fact", "value"]),
        constructs=pd.DataFrame(
            [
                _construct_row(scale, entry, attribute_set, form, chosen)
                for entry in scale.constructs_in(attribute_set)
            ]
        ),
        items=pd.DataFrame(
            [
                {
                    "id": item.id,
                    "construct": item.construct,
                    "kind": item.kind,
                    "keying": item.keying,
                    "roles": " ".join(item.roles),
                    "text": " / ".join(dict.fromkeys(item.sentence(chosen, role) for role in item.roles)),
                }
                for item in items
            ],
            columns=["id", "construct", "kind", "keying", "roles", "text"],
        ),
        forms=pd.DataFrame([_form_row(scale, key, attribute_set, chosen) for key in scale.forms]),
        anchors=pd.DataFrame(list(scale.response.value_labels(chosen).items()), columns=["code", "label"]),
    )


def _facts(scale: Scale, attribute_set: str | None, form: str) -> list[tuple[str, Any]]:
    chosen = scale.resolve_set(attribute_set)
    response = scale.response
    counts = {kind: len(scale.items_for(form, attribute_set, kind=kind)) for kind in KINDS}
    content = {item.id for item in scale.items_for(form, attribute_set, kind="content")}
    facts: list[tuple[str, Any]] = [
        ("key", scale.key),
        ("version", scale.version),
        ("file", scale.source),
        ("languages", ", ".join(scale.languages)),
        ("roles", ", ".join(scale.roles)),
        ("form", form),
        ("attribute set", chosen or "none"),
        ("dimensions", len(scale.dimensions(attribute_set))),
        ("attributes", len(scale.attributes(attribute_set))),
        ("answer categories", f"{response.minimum} to {response.maximum}"),
        ("code of 'cannot judge'", "none" if response.cannot_judge is None else response.cannot_judge),
    ]
    if response.does_not_apply is not None:
        facts.append(("code of 'does not apply'", response.does_not_apply))
    if scale.collection_set is not None:
        facts.append(("attribute set that is asked", scale.collection_set))
    if scale.pairs:
        facts.append(("pairs of roles", ", ".join(pair.key for pair in scale.pairs)))
    if scale.questions:
        facts.append(("questions of fact", len(scale.questions)))
    facts += [(f"{kind} items", count) for kind, count in counts.items() if count]
    facts.append(("reverse-keyed content items", len(scale.reverse_keyed() & content)))
    return facts


def _construct_row(
    scale: Scale, entry: Construct, attribute_set: str | None, form: str, language: str
) -> dict[str, Any]:
    items = [item for item in scale.items_for(form, attribute_set) if item.construct == entry.key]
    return {
        "construct": entry.key,
        "label": entry.label[language],
        "level": entry.level,
        "parent": entry.parent or "",
        "items": len(items),
        "reverse_keyed": sum(item.keying == -1 for item in items),
    }


def _form_row(scale: Scale, form: str, attribute_set: str | None, language: str) -> dict[str, Any]:
    counts = {f"{kind}_items": len(scale.items_for(form, attribute_set, kind=kind)) for kind in KINDS}
    return {"form": form, "title": scale.forms[form].title[language], **counts}
