"""What experts need to judge a scale before it is fielded: item pool, definitions, rating sheet, item sort."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from comply_measure.errors import ComplyError
from comply_measure.instrument.scale import Scale
from comply_measure.instrument.types import Construct, Item
from comply_measure.statistics.words import require_known

if TYPE_CHECKING:
    import pandas as pd


def item_pool(scale: Scale, attribute_set: str | None = None) -> pd.DataFrame:
    """Every item of a scale with all that is known of it, whatever its form.

    Parameters
    ----------
    scale : Scale
        The instrument.
    attribute_set : str, optional
        Named set; the one that is asked by default.

    Returns
    -------
    pandas.DataFrame
        A row per item, and per role where wordings depend on it: ``dimension``, ``construct``, ``mode``, ``id``,
        ``kind``, ``keying``, ``facet``, ``stage``, ``pair``, ``forms``, ``offers``, ``wording_for``, ``text_LANGUAGE``,
        ``source``, ``rationale``.
    """
    import pandas as pd

    chosen = scale.collection_set if attribute_set is None else attribute_set
    included = {construct.key: construct for construct in scale.constructs_in(chosen)}
    rows = [
        row
        for item in scale.items
        if item.construct in included
        for row in _pool_rows(scale, item, included[item.construct])
    ]
    return pd.DataFrame(rows)


def _pool_rows(scale: Scale, item: Item, construct: Construct) -> Iterable[dict[str, Any]]:
    dimension = scale.dimension_of(construct.key)
    speaking: Sequence[str | None] = item.roles if item.role_specific else (None,)
    for role in speaking:
        yield {
            "dimension": dimension if scale.construct(dimension).level == "dimension" else "",
            "construct": construct.key,
            "mode": construct.mode or "",
            "id": item.id,
            "kind": item.kind,
            "keying": item.keying,
            "facet": item.facet or "",
            "stage": item.stage or "",
            "pair": item.pair or "",
            "forms": " ".join(item.forms),
            "offers": " ".join(item.offers),
            "wording_for": role or " ".join(item.roles),
            **{f"text_{language}": item.sentence(language, role) for language in scale.languages},
            "source": item.provenance.paper if item.provenance else "",
            "rationale": item.rationale,
        }


def construct_definitions(
    scale: Scale, language: str | None = None, attribute_set: str | None = None
) -> pd.DataFrame:
    """What each construct is, what it is made of, and what tells it from its neighbours.

    Parameters
    ----------
    scale : Scale
        The instrument.
    language : str, optional
        Language of the texts; the scale's first by default.
    attribute_set : str, optional
        Named set; the one that is asked by default.

    Returns
    -------
    pandas.DataFrame
        A row per construct: ``construct``, ``label``, ``level``, ``definition``, ``mode``, ``mode_reason``,
        ``facets``, ``neighbours``.
    """
    import pandas as pd

    chosen = scale.languages[0] if language is None else language
    require_known(f"language of scale {scale.key}", chosen, scale.languages)
    rows = []
    for entry in scale.constructs_in(scale.collection_set if attribute_set is None else attribute_set):
        against = [
            f"{scale.construct(other).label[chosen]}: {texts[chosen]}"
            for other, texts in entry.contrasts.items()
        ]
        rows.append(
            {
                "construct": entry.key,
                "label": entry.label[chosen],
                "level": entry.level,
                "definition": entry.definition.get(chosen, ""),
                "mode": entry.mode or "",
                "mode_reason": entry.mode_reason.get(chosen, ""),
                "facets": "; ".join(texts[chosen] for texts in entry.facets.values()),
                "neighbours": " ".join(against),
            }
        )
    return pd.DataFrame(rows)


def development_kit(scale: Scale, language: str | None = None, form: str | None = None) -> dict[str, str]:
    """The files that experts and judges fill in, before anyone is surveyed.

    Cards are numbered in an order that hides the construct; ``card_key.csv`` says which item is on which card. With
    the item in place of the card and without the text, a filled rating sheet is what
    ``measurement.content.read_definitional_ratings`` reads, and an item sort, turned to a row per judge, what
    ``read_item_sorts`` reads.

    Parameters
    ----------
    scale : Scale
        The instrument.
    language : str, optional
        Language of the texts; the scale's first by default.
    form : str, optional
        Form whose content items are judged; ``pool`` by default, ``full`` where there is no pool.

    Returns
    -------
    dict
        Name of the file -> content: ``definitions_LANGUAGE.csv``, ``rating_sheet_LANGUAGE.csv`` (item × construct,
        to be rated 1 to 7), ``item_sort_LANGUAGE.csv`` and ``card_key.csv``.

    Raises
    ------
    ComplyError
        If language or form is unknown, or no construct has a definition.
    """
    chosen = scale.languages[0] if language is None else language
    asked = form if form is not None else "pool" if "pool" in scale.forms else "full"
    definitions = construct_definitions(scale, chosen)
    if not any(definitions["definition"]):
        raise ComplyError(f"scale {scale.key} defines no construct: there is nothing to judge items against")
    items = _cards(scale.items_for(asked, scale.collection_set, kind="content"))
    measured = {item.construct for item in items}
    constructs = [entry.key for entry in scale.constructs if entry.key in measured]
    texts = {
        number: " / ".join(dict.fromkeys(item.sentence(chosen, role) for role in item.roles))
        for number, item in enumerate(items, start=1)
    }
    blank = [""] * len(constructs)
    return {
        f"definitions_{chosen}.csv": _csv(list(definitions.columns), definitions.itertuples(index=False)),
        f"rating_sheet_{chosen}.csv": _csv(
            ["judge", "card", "text", *constructs],
            (["", number, text, *blank] for number, text in texts.items()),
        ),
        f"item_sort_{chosen}.csv": _csv(
            ["judge", "card", "text", "construct"], (["", number, text, ""] for number, text in texts.items())
        ),
        "card_key.csv": _csv(
            ["card", "item"], ([number, item.id] for number, item in enumerate(items, start=1))
        ),
    }


def _cards(items: Iterable[Item]) -> list[Item]:
    """Items in an order that has nothing to do with their constructs, the same on every machine."""
    return sorted(items, key=lambda item: hashlib.sha256(item.id.encode()).hexdigest())


def _csv(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
