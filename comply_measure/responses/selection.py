"""Which items a study asked: scales, form, attribute set, minus what was not asked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from comply_measure.errors import ComplyError
from comply_measure.instrument import Item, Scale
from comply_measure.responses.faults import Faults
from comply_measure.statistics.words import require_known, unknown_message

FULL = "full"
JOIN = "+"


@dataclass(frozen=True, slots=True)
class Selection:
    """The items a file of responses must hold.

    Parameters
    ----------
    scales : tuple of Scale
        The instruments.
    attribute_set : str or None
        Attribute set in force; None if no scale has named sets.
    form : str
        Form in force; several joined by ``+``.
    items : tuple of (Scale, Item)
        Items asked, in the order of the scales.
    outside : frozenset of str
        Ids of the scales' other items: their columns are known and left out.
    notes : tuple of str
        Scales read in another form.
    """

    scales: tuple[Scale, ...]
    attribute_set: str | None
    form: str
    items: tuple[tuple[Scale, Item], ...]
    outside: frozenset[str]
    notes: tuple[str, ...]

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of all scales, in the order of the first that names them."""
        return tuple(dict.fromkeys(role for scale in self.scales for role in scale.roles))


def forms_of(scale: Scale, form: str) -> tuple[str, ...]:
    """Forms in which a scale is read: of those asked for (``full+journey``) the ones it has, else ``full``."""
    return tuple(name for name in named_forms(form) if name in scale.forms) or (FULL,)


def form_of(scale: Scale, form: str) -> str:
    """Form whose items make the scores of a scale: the first of :func:`forms_of`."""
    return forms_of(scale, form)[0]


def named_forms(form: str) -> tuple[str, ...]:
    """Forms asked at once, joined by ``+``; the first makes the scores, the others bring further items."""
    return tuple(dict.fromkeys(name.strip() for name in form.split(JOIN)))


def set_of(scale: Scale, attribute_set: str | None) -> str | None:
    """Attribute set in which a scale is read: the one asked for, or its own default if it has other sets."""
    return attribute_set if attribute_set in scale.attribute_sets else scale.resolve_set()


def select_items(
    scales: Sequence[Scale],
    attribute_set: str | None,
    form: str,
    not_asked: Collection[str],
    faults: Faults,
) -> Selection:
    """Items that a study asked.

    Parameters
    ----------
    scales : sequence of Scale
        At least one.
    attribute_set : str or None
        Named set; None for each scale's default.
    form : str
        Form, or several joined by ``+``. A scale that has none of them, while another has, is read in its full form.
    not_asked : collection of str
        Item ids, construct keys or kinds to leave out.
    faults : Faults
        Receives unknown names in `not_asked` and item ids that two scales share.

    Returns
    -------
    Selection

    Raises
    ------
    ComplyError
        If there is no scale, or no scale knows the form or the set.
    """
    if not scales:
        raise ComplyError("responses need at least one scale")
    known_forms = dict.fromkeys(name for scale in scales for name in scale.forms)
    for name in named_forms(form):
        require_known("form", name, known_forms)
    known_sets = dict.fromkeys(name for scale in scales for name in scale.attribute_sets)
    if attribute_set is None:
        attribute_set = next(iter(known_sets), None)
    elif known_sets:
        require_known("attribute set", attribute_set, known_sets)
    chosen: dict[str, tuple[Scale, Item]] = {}
    for scale in scales:
        for item in items_of_forms(scale, form, attribute_set):
            if item.id in chosen:
                faults.add("two scales share this item", column=item.id, allowed="each item id once")
            chosen[item.id] = (scale, item)
    left_out = _left_out(scales, not_asked, faults)
    kept = tuple(entry for name, entry in chosen.items() if name not in left_out)
    every = {item.id for scale in scales for item in scale.items}
    notes = tuple(
        f"scale {scale.key} has no form '{name}': read in form '{JOIN.join(forms_of(scale, form))}'"
        for scale in scales
        for name in named_forms(form)
        if name not in scale.forms
    )
    outside = frozenset(every - {item.id for _, item in kept})
    return Selection(tuple(scales), attribute_set, form, kept, outside, notes)


def items_of_forms(scale: Scale, form: str, attribute_set: str | None) -> tuple[Item, ...]:
    """Items of a scale in all forms asked for, in the order of the scale."""
    wanted = {
        item.id
        for name in forms_of(scale, form)
        for item in scale.items_for(name, set_of(scale, attribute_set))
    }
    return tuple(item for item in scale.items if item.id in wanted)


def _left_out(scales: Sequence[Scale], not_asked: Collection[str], faults: Faults) -> set[str]:
    items = [item for scale in scales for item in scale.items]
    parents = {entry.key: entry.parent for scale in scales for entry in scale.constructs}
    names = {item.id for item in items} | set(parents) | {item.kind for item in items}
    for name in not_asked:
        if name not in names:
            faults.add(unknown_message("entry of not_asked", name, sorted(names)), value=name)
    wanted = set(not_asked)
    return {
        item.id
        for item in items
        if wanted & {item.id, item.kind, item.construct, parents.get(item.construct)}
    }
