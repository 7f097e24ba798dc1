"""The codebook of a form: one row per variable and wording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comply_measure.instrument.scale import Scale
from comply_measure.instrument.types import OPTIONS, Item
from comply_measure.statistics.words import require_known

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "variable",
    "wording_for",
    "scale",
    "kind",
    "dimension",
    "construct",
    "construct_label",
    "stage",
    "keying",
    "text",
    "minimum",
    "maximum",
    "value_labels",
    "cannot_judge",
    "does_not_apply",
    "pair",
    "facet",
    "mode",
    "instructed",
    "roles",
    "forms",
    "paper",
    "place",
    "rationale",
)


def codebook(
    scale: Scale, language: str | None = None, attribute_set: str | None = None, form: str = "full"
) -> pd.DataFrame:
    """Codebook of one form of a scale.

    Parameters
    ----------
    scale : Scale
        The instrument.
    language : str, optional
        Language of labels and wordings; the scale's first by default.
    attribute_set : str, optional
        Named set of attributes; the scale's default if not given.
    form : str
        Key of the form.

    Returns
    -------
    pandas.DataFrame
        One row per item, or one row per item and role where the wording depends on the role
        (``wording_for`` names the roles a wording is for). ``text`` is the full sentence.
        ``dimension`` is empty for constructs without a dimension.

    Raises
    ------
    ComplyError
        If language, set or form is unknown.
    """
    import pandas as pd

    chosen = scale.languages[0] if language is None else language
    require_known(f"language of scale {scale.key}", chosen, scale.languages)
    rows: list[dict[str, Any]] = []
    for item in scale.items_for(form, attribute_set):
        common = _common(scale, item, chosen)
        if item.role_specific:
            rows += [
                common | {"wording_for": role, "text": item.sentence(chosen, role)} for role in item.roles
            ]
        else:
            rows.append(common | {"wording_for": " ".join(item.roles), "text": item.sentence(chosen)})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _common(scale: Scale, item: Item, language: str) -> dict[str, Any]:
    construct = scale.construct(item.construct)
    dimension = scale.dimension_of(item.construct)
    response = scale.response
    labels = response.value_labels(language, item.offers)
    return {
        "variable": item.id,
        "scale": scale.key,
        "kind": item.kind,
        "dimension": dimension if scale.construct(dimension).level == "dimension" else "",
        "construct": item.construct,
        "construct_label": construct.label[language],
        "stage": item.stage or "",
        "keying": item.keying,
        "minimum": response.minimum,
        "maximum": response.maximum,
        "value_labels": "; ".join(f"{code} = {label}" for code, label in labels.items()),
        **{option: response.options.get(option) if option in item.offers else None for option in OPTIONS},
        "pair": item.pair or "",
        "facet": item.facet or "",
        "mode": construct.mode or "",
        "instructed": item.instructed,
        "roles": " ".join(item.roles),
        "forms": " ".join(item.forms),
        "paper": item.provenance.paper if item.provenance else "",
        "place": item.provenance.place if item.provenance else "",
        "rationale": item.rationale,
    }
